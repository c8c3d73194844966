"""Another world in clear, by other mechanisms: written after the method's settings were frozen.

Households with shared surname, address and telephone; fathers and sons, mothers and daughters of
one first name; siblings and same-sex twins; sites of their own quality. Faults: letters misread,
truncated fields, first and last name exchanged, pet names, names joined by marriage, digits
of the birth date exchanged, month off by one, unknown day written as the first, homes left, fields
empty by site. Nothing here comes from `people.py`, and nothing in `p4dp.linkage` reads it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

RATES = {
    "optical": 0.015, "truncated": 0.01, "exchanged": 0.008, "pet_name": 0.04, "joined": 0.12,
    "digits": 0.008, "month_off": 0.004, "first_of_month": 0.01, "left_home": 0.1,
    "other_phone": 0.2, "empty": 0.03, "sex_wrong": 0.002, "other_first_name": 0.01,
}  # fmt: skip
_OPTICAL = [("m", "rn"), ("l", "i"), ("e", "c"), ("u", "v"), ("n", "r"), ("cl", "d"), ("a", "o")]
_HEADS = "al ber car des ema fal gar hub isa jou ker lan mor nor ole pel ros sal tre val".split()
_MIDS = "be ca do fi gue la ma ne po ri sa te vi zo cha lle nni rra ssu tta".split()
_TAILS = "rd t n lle x nd s eau ault ez ski eff ou ard on in ic ez y".split()


def make_elsewhere(
    households: int, *, seed: int, factor: float = 1.0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(left, right, truth): about 2.6 persons a household; `factor` multiplies every rate."""
    rng = np.random.default_rng(seed)
    rate = {name: min(value * factor, 0.9) for name, value in RATES.items()}
    surnames = _words(rng, 30_000, 3)
    firsts = {sex: _words(rng, 700, 2) for sex in "MF"}
    rows: list[dict[str, object]] = []
    for house in range(households):
        surname, other = (str(surnames[int(len(surnames) * rng.random() ** 2.2)]) for _ in "ab")
        home = {
            "place": f"{int(rng.zipf(1.4)) % 900 + 100}0",
            "way": f"{rng.integers(1, 200)} avenue {surnames[rng.integers(0, 4000)]}",
            "phone": f"0{rng.integers(10**8, 10**9)}",
        }
        adults = int(rng.integers(1, 3))
        children = int(rng.poisson(0.9)) if adults == 2 else 0
        parents: dict[str, str] = {}
        previous = None
        for member in range(adults + children):
            is_child = member >= adults
            sex = "MF"[(member + int(rng.integers(0, 2)) * is_child) % 2]
            year = int(rng.integers(1935, 1998)) if not is_child else int(rng.integers(1999, 2024))
            first = str(firsts[sex][int(len(firsts[sex]) * rng.random() ** 1.8)])
            if is_child and rng.random() < 0.05 and sex in parents:
                first = parents[sex]
            born = np.datetime64(f"{year}-01-01") + np.timedelta64(int(rng.integers(0, 365)), "D")
            if is_child and previous is not None and rng.random() < 0.06:
                born, sex = previous
                first = str(firsts[sex][rng.integers(0, len(firsts[sex]))])
            if is_child:
                previous = (born, sex)
            parents.setdefault(sex, first)
            maiden = surname if is_child or member == 0 else other
            rows.append({**home, "house": house, "surname": maiden, "spouse": surname,
                         "first": first, "born": str(born), "sex": sex,
                         "is_child": is_child})  # fmt: skip
    person = pd.DataFrame(rows)
    person["person"] = np.arange(len(person))
    draw = rng.random(len(person))
    left = _seen(rng, person[draw < 0.6], rate, "a")
    right = _seen(rng, person[(draw < 0.45) | (draw >= 0.6)], rate, "b")
    truth = left.merge(right, on="person", suffixes=("_l", "_r"))[
        ["rec_id_l", "rec_id_r", "person"]
    ]
    return left.drop(columns="person"), right.drop(columns="person"), truth


def _words(rng: np.random.Generator, count: int, parts: int) -> np.ndarray:
    heads, mids, tails = (np.array(x, dtype=object) for x in (_HEADS, _MIDS, _TAILS))
    words = heads[rng.integers(0, len(heads), count)]
    for _ in range(parts - 1):
        words = words + mids[rng.integers(0, len(mids), count)]
    return rng.permutation(
        np.unique((words + tails[rng.integers(0, len(tails), count)]).astype(str))
    )


def _seen(
    rng: np.random.Generator, person: pd.DataFrame, rate: dict[str, float], side: str
) -> pd.DataFrame:
    people = person.sample(frac=1, random_state=int(rng.integers(2**31))).reset_index(drop=True)
    n = len(people)
    site = rng.integers(0, max(n // 700, 2), n)
    care = rng.gamma(2, 0.5, site.max() + 1)[site]

    def hits(name: str) -> np.ndarray:
        return rng.random(n) < np.minimum(rate[name] * care, 0.9)

    last, first = people["surname"].to_numpy(object), people["first"].to_numpy(object)
    married = (people["surname"] != people["spouse"]).to_numpy()
    last = np.where(married & hits("joined"), last + "-" + people["spouse"].to_numpy(object), last)
    first = np.where(hits("pet_name"), np.array([w[:3] + "i" for w in first], dtype=object), first)
    strange = people["first"].sample(frac=1, random_state=7).to_numpy(object)
    first = np.where(hits("other_first_name"), strange, first)
    for words in (last, first):
        for at in np.flatnonzero(hits("optical")):
            wrong = _OPTICAL[rng.integers(0, len(_OPTICAL))]
            words[at] = str(words[at]).replace(*wrong, 1)
        for at in np.flatnonzero(hits("truncated")):
            words[at] = str(words[at])[:5]
    swap = hits("exchanged")
    last, first = np.where(swap, first, last), np.where(swap, last, first)
    born = people["born"].to_numpy(object).copy()
    for at in np.flatnonzero(hits("digits")):
        date = list(str(born[at]).replace("-", ""))
        spot = int(rng.integers(2, 7))
        date[spot], date[spot + 1] = date[spot + 1], date[spot]
        born[at] = f"{''.join(date[:4])}-{''.join(date[4:6])}-{''.join(date[6:])}"
    for at in np.flatnonzero(hits("month_off")):
        month = int(str(born[at])[5:7]) % 12 + 1
        born[at] = f"{str(born[at])[:5]}{month:02d}{str(born[at])[7:]}"
    rounded = hits("first_of_month")
    born = np.where(rounded, np.array([f"{str(b)[:8]}01" for b in born], dtype=object), born)
    away = hits("left_home")
    shuffled = people[["place", "way"]].sample(frac=1, random_state=3).reset_index(drop=True)
    phone = np.where(
        hits("other_phone"), [f"0{p}" for p in rng.integers(10**8, 10**9, n)], people["phone"]
    )
    sex = np.where(hits("sex_wrong"), np.where(people["sex"] == "M", "F", "M"), people["sex"])
    frame = pd.DataFrame(
        {
            "rec_id": [f"{side}{i}" for i in rng.permutation(n)],
            "last_name": last, "first_name": first, "dob": born, "gender": sex,
            "zip": np.where(away, shuffled["place"], people["place"]),
            "street": np.where(away, shuffled["way"], people["way"]), "phone": phone,
            "person": people["person"],
        }
    )  # fmt: skip
    for name in ("last_name", "first_name", "dob", "zip", "street", "phone", "gender"):
        frame[name] = frame[name].where(~hits("empty"), None)
    return frame
