"""A third world in clear: hospital files of a country with two family names. Never tuned on.

Written and committed before any setting was looked at again; its figures are reported as first
seen. Neither `p4dp.linkage` nor the other worlds share a name, a rate or a mechanism with it.

People bear a father's and a mother's family name, sons often their father's whole first name, and
composite first names. Sites differ in care and habits: the second family name left out, accents
broken by a wrong character set or dropped, first names abbreviated or familiar, particles dropped,
keys beside the right one struck, figures misread (1/7, 3/8, 0/6), the year one decade off, an
unknown day written as the 15th, years of two figures read into the other century, family
telephones, mail addresses made of the name, streets abbreviated, recent moves, numbers of a
relative, whole columns that a site does not keep. Any file may hold a person several times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

RATES = {
    "no_second_name": 0.10, "names_reversed": 0.006, "key_beside": 0.013, "key_doubled": 0.006,
    "familiar": 0.05, "abbreviated": 0.06, "first_part_only": 0.10, "particle_dropped": 0.4,
    "figure_misread": 0.006, "decade_off": 0.002, "middle_of_month": 0.008, "century": 0.001,
    "parts_exchanged": 0.002, "moved": 0.14, "street_rewritten": 0.3, "new_mobile": 0.12,
    "family_phone": 0.2, "other_mail": 0.2, "empty": 0.02, "sex_wrong": 0.0015,
    "relatives_number": 0.004, "number_misread": 0.006, "written_again": 0.05,
}  # fmt: skip
_ROOTS = "gar mar lop san per gom rui her dia mor alv rom nav tor dom vaz ram gil ser bla".split()
_ENDS = "ez a o ero al ares ino andez iguez ado illa ón ín uño án era ales enco eda oz".split()
_STEMS = "ant jos man fran jav car mig alej raf fern lu pab ser dan ad mar an is lau cris".split()
_MEN, _WOMEN = (
    "onio é uel cisco ier los io ar el ando is o gi i rián".split(),
    ("ía ela ina a isa ucía ena el uela ica ana ora is aría cía").split(),
)
_BESIDE = {"a": "sq", "s": "ad", "e": "wr", "r": "et", "o": "ip", "i": "uo", "n": "bm", "l": "kñ",
           "m": "n", "u": "yi", "d": "sf", "c": "xv", "t": "ry"}  # fmt: skip
_MISREAD = {"1": "7", "7": "1", "3": "8", "8": "3", "0": "6", "6": "0", "4": "9", "9": "4"}


@dataclass
class Abroad:
    """Two files with the planted person of each record (`person`), to be hidden from the method."""

    left: pd.DataFrame
    right: pd.DataFrame


def make_abroad(
    persons: int, *, seed: int, factor: float = 1.0, duplicates: tuple[bool, bool] = (False, False)
) -> Abroad:
    """Files of about 0.55 and 0.8 × `persons`; `factor` multiplies every rate.

    `duplicates`: whether the left and the right file may hold a person several times.
    """
    rng = np.random.default_rng([seed, 20261129])
    rate = {name: min(value * factor, 0.9) for name, value in RATES.items()}
    person = _people(rng, persons)
    draw = rng.random(len(person))
    left = person[draw < 0.55]
    right = person[(draw < 0.42) | (draw >= 0.62)]
    return Abroad(
        _file(rng, left, rate, "n", repeats=duplicates[0]),
        _file(rng, right, rate, "h", repeats=duplicates[1]),
    )


def _skewed(rng: np.random.Generator, pool: np.ndarray, size: int, power: float) -> np.ndarray:
    return pool[(len(pool) * rng.random(size) ** power).astype(int)].astype(object)


def _people(rng: np.random.Generator, persons: int) -> pd.DataFrame:
    middles = np.array(["", "", "t", "c", "m", "r", "n", "que", "di", "ba", "le"], dtype=object)
    roots, ends = np.array(_ROOTS, dtype=object), np.array(_ENDS, dtype=object)
    family = np.unique(
        (rng.choice(roots, 12_000) + rng.choice(middles, 12_000) + rng.choice(ends, 12_000)
         + rng.choice(np.array(["", "", "", "s", "n"], dtype=object), 12_000)).astype(str)
    )  # fmt: skip
    rng.shuffle(family)
    stems = np.array(_STEMS, dtype=object)
    firsts = {}
    for sex, tails in (("V", _MEN), ("M", _WOMEN)):
        tail = np.array(tails, dtype=object)
        firsts[sex] = np.unique((rng.choice(stems, 900) + rng.choice(tail, 900)).astype(str))
        rng.shuffle(firsts[sex])
    # households of one to five: two adults of different names, children bearing one of each
    size = rng.choice([1, 2, 3, 4, 5], persons, p=[0.3, 0.28, 0.18, 0.17, 0.07])
    house = np.repeat(np.arange(persons), size)[:persons]
    rank = np.arange(persons) - np.searchsorted(house, house)
    homes = int(house.max()) + 1
    father, father2, mother, mother2 = (_skewed(rng, family, homes, 2.4) for _ in range(4))
    is_child = rank >= 2
    sex = np.where(rank == 0, "V", "M")
    sex = np.where(is_child | (rng.random(persons) < 0.1), rng.choice(["V", "M"], persons), sex)
    year = (
        np.where(is_child, 0, rng.integers(-12, 12, persons))
        + rng.integers(1932, 1985, homes)[house]
    )
    year = np.where(is_child, year + rng.integers(24, 38, persons), year)
    year = np.clip(year, 1915, 2025)
    born = np.array([f"{y}-01-01" for y in year], dtype="datetime64[D]") + rng.integers(
        0, 365, persons
    )
    is_twin = is_child & (np.roll(is_child, 1)) & (rank > 2) & (rng.random(persons) < 0.07)
    born = np.where(is_twin, np.roll(born, 1), born)
    sex = np.where(is_twin & (rng.random(persons) < 0.6), np.roll(sex, 1), sex)
    first = np.where(
        sex == "V", _skewed(rng, firsts["V"], persons, 1.7), _skewed(rng, firsts["M"], persons, 1.7)
    )
    second = np.where(
        sex == "V", _skewed(rng, firsts["V"], persons, 1.2), _skewed(rng, firsts["M"], persons, 1.2)
    )
    second = np.where(rng.random(persons) < 0.25, second, "")
    named = is_child & ~is_twin & (rng.random(persons) < 0.12)
    start = np.searchsorted(house, house)
    for parent, own in ((start, "V"), (np.minimum(start + 1, persons - 1), "M")):
        heir = named & (sex == own) & (sex[parent] == own) & (parent < np.arange(persons))
        first = np.where(heir, first[parent], first)
    name1 = np.where(rank == 1, mother[house], father[house])
    name2 = np.where(is_child, mother[house], np.where(rank == 0, father2[house], mother2[house]))
    particle = rng.choice(np.array(["", "de ", "de la ", "del "], dtype=object), persons,
                          p=[0.94, 0.03, 0.02, 0.01])  # fmt: skip
    town = np.minimum(rng.zipf(1.35, homes), 1500)
    street = _skewed(rng, family, homes, 1.1)
    return pd.DataFrame(
        {
            "person": np.arange(persons), "house": house, "name1": particle + name1,
            "name2": name2, "first": first, "second": second, "born": born, "sex": sex,
            "is_twin": is_twin | (np.roll(is_twin, -1)), "town": town[house],
            "street": street[house], "number": rng.integers(1, 90, homes)[house],
            "home_phone": rng.integers(910_000_000, 990_000_000, homes)[house],
            "mobile": rng.integers(600_000_000, 799_999_999, persons),
            "dni": rng.integers(10_000_000, 99_999_999, persons),
            "relative": np.roll(np.arange(persons), 1),
            "care": rng.gamma(1.2, 1 / 1.2, persons),
        }
    )  # fmt: skip


def _file(
    rng: np.random.Generator, person: pd.DataFrame, rate: dict[str, float], side: str,
    *, repeats: bool,
) -> pd.DataFrame:  # fmt: skip
    if repeats:
        again = person[rng.random(len(person)) < rate["written_again"]]
        third = again[rng.random(len(again)) < 0.25]
        person = pd.concat([person, again, third])
    p = person.sample(frac=1, random_state=int(rng.integers(2**31))).reset_index(drop=True)
    n = len(p)
    site = rng.integers(0, max(n // 1500, 3), n)
    sites = int(site.max()) + 1
    haste = rng.gamma(1.5, 1 / 1.5, sites)[site] * p["care"].to_numpy()

    def hits(name: str, *, by_haste: bool = True) -> np.ndarray:
        return rng.random(n) < np.minimum(rate[name] * (haste if by_haste else 1.0), 0.9)

    def text(name: str) -> np.ndarray:
        return p[name].to_numpy(object)

    def struck(words: np.ndarray) -> np.ndarray:
        words = words.copy()
        for at in np.flatnonzero(hits("key_beside")):
            word = str(words[at])
            spot = int(rng.integers(0, len(word)))
            choices = _BESIDE.get(word[spot], "")
            if choices:
                letter = choices[int(rng.integers(0, len(choices)))]
                words[at] = word[:spot] + letter + word[spot + 1 :]
        for at in np.flatnonzero(hits("key_doubled")):
            word = str(words[at])
            spot = int(rng.integers(0, len(word)))
            words[at] = word[:spot] + word[spot] + word[spot:]
        return words

    def misread(values: np.ndarray, name: str) -> np.ndarray:
        values = values.copy()
        for at in np.flatnonzero(hits(name)):
            value = str(values[at])
            spots = [i for i, sign in enumerate(value) if sign in _MISREAD]
            if spots:
                spot = spots[int(rng.integers(0, len(spots)))]
                values[at] = value[:spot] + _MISREAD[value[spot]] + value[spot + 1 :]
        return values

    bare = np.array([w.removeprefix("de la ").removeprefix("del ").removeprefix("de ")
                     for w in p["name1"]], dtype=object)  # fmt: skip
    one = struck(np.where(hits("particle_dropped", by_haste=False), bare, text("name1")))
    two = struck(text("name2"))
    keeps_two = (rng.random(sites) > 2 * rate["no_second_name"] / (1 + rate["no_second_name"]))[
        site
    ] & ~hits("no_second_name")
    last = np.where(keeps_two, one + " " + two, one)
    last = np.where(keeps_two & hits("names_reversed"), two + " " + one, last)
    whole = np.where(text("second") == "", text("first"), text("first") + " " + text("second"))
    first = np.where(hits("first_part_only", by_haste=False), text("first"), whole)
    first = struck(first)
    short = np.array([f"{w[0]}. {w.split(' ')[1]}" if " " in w else w for w in first], dtype=object)
    first = np.where(hits("abbreviated"), short, first)
    pet = np.array([w.split(" ")[0][-4:] + "ito" for w in text("first")], dtype=object)
    first = np.where(hits("familiar"), pet, first)
    script = rng.choice([0, 1, 2], sites, p=[0.55, 0.35, 0.10])[site]
    plain = str.maketrans("áéíóúñ", "aeioun")
    for words in (last, first):
        for at in np.flatnonzero(script > 0):
            word = str(words[at])
            words[at] = (
                word.translate(plain) if script[at] == 1 else word.encode("utf-8").decode("latin-1")
            )
    born = np.array(p["born"].dt.strftime("%Y-%m-%d"), dtype=object)
    middle = np.array([f"{b[:8]}15" for b in born], dtype=object)
    born = np.where(hits("middle_of_month"), middle, born)
    born = misread(born, "figure_misread")
    off = np.array([f"{int(b[:4]) + 10}{b[4:]}" for b in born], dtype=object)
    born = np.where(hits("decade_off"), off, born)
    other = np.array([f"{'19' if b[:2] == '20' else '20'}{b[2:]}" for b in born], dtype=object)
    born = np.where(hits("century"), other, born)
    crossed = np.array([f"{b[:4]}-{b[8:]}-{b[5:7]}" for b in born], dtype=object)
    born = np.where(hits("parts_exchanged"), crossed, born)
    born = np.array([f"{b[8:]}/{b[5:7]}/{b[:4]}" for b in born], dtype=object)
    away = hits("moved", by_haste=False)
    town = np.where(away, rng.permutation(p["town"].to_numpy()), p["town"].to_numpy())
    street = np.where(away, rng.permutation(text("street")), text("street"))
    number = np.where(away, rng.integers(1, 90, n), p["number"].to_numpy())
    way = np.where(hits("street_rewritten", by_haste=False), "C/ ", "calle ")
    mobile = np.where(hits("new_mobile", by_haste=False),
                      rng.integers(600_000_000, 799_999_999, n), p["mobile"])  # fmt: skip
    phone = np.where(hits("family_phone", by_haste=False), p["home_phone"], mobile)
    mail = [f"{str(f)[:3]}{str(a).split(' ')[-1]}{m % 97}@correo.example"
            for f, a, m in zip(text("first"), bare, p["mobile"], strict=True)]  # fmt: skip
    elsewhere = [f"{str(a)[:2]}{m % 9973}@otro.example" for a, m in zip(bare, mobile, strict=True)]
    mail = np.where(hits("other_mail", by_haste=False), elsewhere, mail)
    all_numbers = p.set_index("person")["dni"]
    relative = p["relative"].map(all_numbers[~all_numbers.index.duplicated()])
    dni = np.where(
        hits("relatives_number") & relative.notna(), relative.fillna(0).astype(int), p["dni"]
    )
    dni = misread(dni.astype(str).astype(object), "number_misread")
    is_minor = (2026 - p["born"].dt.year) < 14
    dni = np.where(is_minor | (rng.random(sites) < 0.25)[site], None, dni)
    keeps_mail = (rng.random(sites) < 0.5)[site]
    sex = np.where(hits("sex_wrong"), np.where(p["sex"] == "V", "M", "V"), p["sex"])
    frame = pd.DataFrame(
        {
            "n_historia": rng.permutation(n) + (10_000_000 if side == "h" else 1),
            "apellidos": last,
            "nombre": first, "fecha_nac": born, "sexo": np.where(sex == "V", "Varón", "Mujer"),
            "dni": dni, "tfno": phone.astype(str), "correo": np.where(keeps_mail, mail, None),
            "domicilio": [f"{w}{s}, {k}" for w, s, k in zip(way, street, number, strict=True)],
            "municipio": [f"M{t:05d}" for t in town], "person": p["person"],
            "is_twin": p["is_twin"],
        }
    )  # fmt: skip
    for name in ("apellidos", "nombre", "fecha_nac", "tfno", "domicilio", "municipio"):
        frame[name] = frame[name].where(~hits("empty"), None)
    return frame
