"""French names: common ones at their real frequency, a long tail made letter by letter.

The frequencies of the 2,000 commonest surnames and of the commonest first names by decade
are facts of the INSEE name files (births 1921-2000, and 1900-2022). The tail comes from a
second-order letter model of those surnames: at least 200,000 distinct names of French
shape that are drawn with a Zipf law, so that homonyms are as frequent as in life.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from p4dp.synthetic.world import reference_rows, stream

TAIL_SIZE = 220_000
COMMON_SHARE = 0.30
"""Share of births that carry one of the 2,000 commonest surnames (18.4 of 60.7 million)."""

ORIGINS = ("france", "maghreb", "sub_saharan", "portugal", "turkey", "asia", "east_europe")
_PARTICLES = ("DE ", "D'", "DE LA ", "DU ", "LE ")
COMPOUND_HEADS = {
    "JEAN": ("PIERRE", "PAUL", "CLAUDE", "LUC", "MICHEL"),
    "MARIE": ("CLAUDE", "FRANCE", "CHRISTINE", "ANNE"),
}
USUAL = {
    "MOHAMED": "MOMO",
    "JEAN-PIERRE": "PIERRE",
    "ELISABETH": "BABETTE",
    "CATHERINE": "CATHY",
    "ALEXANDRE": "ALEX",
    "MADELEINE": "MADO",
    "ANTOINE": "TONIO",
    "JOSEPHINE": "JO",
    "FREDERIC": "FRED",
    "NICOLAS": "NICO",
}


@cache
def group_names(group: str, kind: str, sex: str = "") -> np.ndarray:
    """Names of an origin or a university zone (`kind`: surname or first_name)."""
    chosen = [
        row["name"]
        for row in reference_rows("group_names")
        if (row["group"], row["kind"], row["sex"]) == (group, kind, sex)
    ]
    return np.array(chosen, dtype=object)


@cache
def surnames() -> tuple[list[str], np.ndarray]:
    """All surnames of French shape and the cumulative share of each in the population."""
    rows = reference_rows("surnames")
    common = [row["surname"] for row in rows]
    births = np.array([float(row["births"]) for row in rows])
    tail = _letter_names(common, births, TAIL_SIZE)
    rank = np.arange(1, len(tail) + 1)
    zipf = 1.0 / (rank + 900.0) ** 0.95
    share = np.concatenate(
        (COMMON_SHARE * births / births.sum(), (1 - COMMON_SHARE) * zipf / zipf.sum())
    )
    return common + tail, np.cumsum(share)


def _letter_names(names: list[str], weight: np.ndarray, count: int) -> list[str]:
    """`count` distinct new names from a second-order letter model of `names`."""
    alphabet = " ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    plain = [name for name in names if name.isalpha() and name.isascii()]
    mass = dict(zip(names, np.sqrt(weight), strict=True))
    table = np.full((27, 27, 27), 0.0)
    for name in plain:
        codes = [0, 0, *(alphabet.index(letter) for letter in name), 0]
        for triple in zip(codes, codes[1:], codes[2:], strict=False):
            table[triple] += mass[name]
    cumulated = np.cumsum(table, axis=2)
    generator = stream(20_251, 7)
    known = set(names)
    made: dict[str, None] = {}
    while len(made) < count:
        size = 200_000
        letters = np.zeros((size, 14), dtype=np.uint8)
        first, second = np.zeros(size, np.int64), np.zeros(size, np.int64)
        for position in range(13):
            steps = cumulated[first, second]
            draw = generator.random(size) * steps[:, -1]
            third = (steps <= draw[:, None]).sum(axis=1)
            third = np.where(steps[:, -1] == 0, 0, np.minimum(third, 26))
            if position:
                third = np.where(second == 0, 0, third)
            letters[:, position] = third
            first, second = second, third
        lengths = (letters > 0).sum(axis=1)
        ascii_letters = np.where(letters > 0, letters + 64, 0).astype(np.uint8)
        texts = ascii_letters.view("S14").ravel()[(lengths >= 4) & (lengths <= 12)]
        for text in texts.tolist():
            name = text.decode("ascii")
            if name not in known:
                made[name] = None
    return list(made)[:count]


@cache
def first_names() -> dict[tuple[str, int], tuple[np.ndarray, np.ndarray]]:
    """First names and cumulative shares by sex (M, F) and decade of birth."""
    groups: dict[tuple[str, int], list[tuple[str, float]]] = {}
    for row in reference_rows("first_names"):
        key = (row["sex"], int(row["decade"]))
        groups.setdefault(key, []).append((row["first_name"], float(row["births"])))
    result = {}
    for key, pairs in groups.items():
        share = np.array([births for _, births in pairs])
        result[key] = (
            np.array([name for name, _ in pairs], dtype=object),
            np.cumsum(share / share.sum()),
        )
    return result


def draw_surnames(
    generator: np.random.Generator, origin: np.ndarray, zone: str, double_share: float
) -> np.ndarray:
    """A birth name for each person: origin, territory and double names included."""
    names, cumulated = surnames()
    size = len(origin)
    index = np.searchsorted(cumulated, generator.random(size) * cumulated[-1], side="right")
    pool = np.array(names, dtype=object)
    drawn = pool[np.minimum(index, len(names) - 1)]
    local = group_names(zone, "surname")
    if len(local):
        here = generator.random(size) < 0.06
        drawn[here] = generator.choice(local, int(here.sum()))
    noble = generator.random(size) < 0.008
    if noble.any():
        particles = generator.choice(np.array(_PARTICLES, dtype=object), int(noble.sum()))
        drawn[noble] = [p + n for p, n in zip(particles, drawn[noble], strict=True)]
    for number, name in enumerate(ORIGINS):
        chosen = np.flatnonzero(origin == number)
        if number and len(chosen):
            drawn[chosen] = generator.choice(group_names(name, "surname"), len(chosen))
    double = np.flatnonzero(generator.random(size) < double_share)
    if len(double):
        others = drawn[generator.integers(0, size, len(double))]
        drawn[double] = [f"{a}-{b}" for a, b in zip(drawn[double], others, strict=True)]
    return drawn


def draw_first_names(
    generator: np.random.Generator, sex: np.ndarray, birth_year: np.ndarray, origin: np.ndarray
) -> np.ndarray:
    """The first first-name of each person, by sex, decade of birth and origin."""
    tables = first_names()
    decades = sorted({decade for _, decade in tables})
    decade = np.clip(birth_year // 10 * 10, decades[0], decades[-1])
    result = np.empty(len(sex), dtype=object)
    for code, letter in ((1, "M"), (2, "F")):
        for value in np.unique(decade[sex == code]):
            chosen = np.flatnonzero((sex == code) & (decade == value))
            names, cumulated = tables[letter, int(value)]
            index = np.searchsorted(cumulated, generator.random(len(chosen)), side="right")
            result[chosen] = names[np.minimum(index, len(names) - 1)]
        for number, name in enumerate(ORIGINS):
            chosen = np.flatnonzero((sex == code) & (origin == number))
            if number and len(chosen):
                own = generator.random(len(chosen)) < 0.8
                given = group_names(name, "first_name", letter)
                result[chosen[own]] = generator.choice(given, int(own.sum()))
    for head, seconds in COMPOUND_HEADS.items():
        chosen = np.flatnonzero((result == head) & (generator.random(len(result)) < 0.45))
        if len(chosen):
            tails = generator.choice(np.array(seconds, dtype=object), len(chosen))
            result[chosen] = [f"{head}-{tail}" for tail in tails]
    return result
