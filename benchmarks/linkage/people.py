"""A hard world for linkage in clear: two files about overlapping people, with their faults.

Every rate is an argument drawn from `RATES` (or from another table: nothing in `p4dp.linkage` reads
it). Faults are correlated: each person and each practice has a multiplier, and a fault written on
the health-insurance card is repeated in both files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

RATES = {
    "overlap": 0.80,
    "married_name": 0.35,
    "usual_name_given": 0.5,
    "double_name_cut": 0.03,
    "compound_first_name_cut": 0.4,
    "usual_first_name": 0.03,
    "typing": 0.02,
    "birth_date_wrong": 0.006,
    "day_month_swapped": 0.003,
    "placeholder_birth": 0.03,
    "sex_wrong": 0.001,
    "moved": 0.12,
    "phone_missing": 0.35,
    "phone_changed": 0.15,
    "number_missing": 0.15,
    "insured_number": 0.7,
    "twins": 0.03,
    "foreign": 0.12,
    "value_missing": 0.005,
}


@dataclass
class People:
    """`left` and `right` in clear, and `truth` (left_id, right_id)."""

    left: pd.DataFrame
    right: pd.DataFrame
    truth: pd.DataFrame
    person: pd.DataFrame = field(repr=False)


def make_people(persons: int, *, seed: int, rates: dict[str, float] | None = None) -> People:
    """`persons` in the right file, and half as many in the left one, `overlap` of them common."""
    rate = {**RATES, **(rates or {})}
    rng = np.random.default_rng(seed)
    total = int(persons * (1 + 0.5 * (1 - rate["overlap"])))
    person = _persons(rng, total, rate)
    in_right = np.arange(total) < persons
    shared = rng.choice(persons, int(persons / 2 * rate["overlap"]), replace=False)
    left_only = np.arange(persons, total)
    in_left = np.concatenate([shared, left_only])
    right = _observe(rng, person[in_right].reset_index(drop=True), rate, "r")
    left = _observe(rng, person.iloc[in_left].reset_index(drop=True), rate, "l")
    truth = left.merge(right, on="person", suffixes=("_l", "_r"))[["id_l", "id_r", "person"]]
    truth.columns = ["left_id", "right_id", "person"]
    hidden = ["person", "is_foreign", "is_twin"]
    return People(left.drop(columns=hidden), right.drop(columns=hidden), truth, person)


def _names(rng: np.random.Generator, count: int, syllables: tuple[int, int]) -> np.ndarray:
    onset = np.array("b c d f g j l m n p r s t v br ch cl cr dr fr gr pl pr tr qu ph".split())
    vowel = np.array("a e i o u ou ai eau eu on an in oi".split())
    coda = np.array(["", "", "", "r", "l", "n", "t", "s", "d", "x", "rd", "nt", "ck"])
    sizes = rng.integers(syllables[0], syllables[1] + 1, count)
    words = np.full(count, "", dtype=object)
    for step in range(syllables[1]):
        add = sizes > step
        words[add] = (
            words[add]
            + onset[rng.integers(0, len(onset), add.sum())].astype(object)
            + vowel[rng.integers(0, len(vowel), add.sum())].astype(object)
        )
    return words + coda[rng.integers(0, len(coda), count)].astype(object)


def _zipf(rng: np.random.Generator, values: np.ndarray, size: int, power: float) -> np.ndarray:
    weight = 1 / np.arange(3, len(values) + 3) ** power
    return values[rng.choice(len(values), size, p=weight / weight.sum())]


def _persons(rng: np.random.Generator, total: int, rate: dict[str, float]) -> pd.DataFrame:
    surnames = np.unique(_names(rng, 60_000, (1, 3)))
    rng.shuffle(surnames)
    firsts = np.unique(_names(rng, 1500, (1, 3)))
    rng.shuffle(firsts)
    born = np.datetime64("1930-01-01") + rng.integers(0, 33_500, total).astype("timedelta64[D]")
    foreign = rng.random(total) < rate["foreign"]
    placeholder = foreign & (rng.random(total) < 4 * rate["placeholder_birth"])
    born = np.where(placeholder, born.astype("datetime64[Y]").astype("datetime64[D]"), born)
    surname = _zipf(rng, surnames, total, 0.75)
    double = rng.random(total) < 0.06
    surname = np.where(double, surname + "-" + _zipf(rng, surnames, total, 0.75), surname)
    particle = rng.random(total) < 0.03
    surname = np.where(particle, "de " + surname, surname)
    sex = np.where(rng.random(total) < 0.5, "M", "F")
    cohort = (born.astype("datetime64[Y]").astype(int) // 25) % 4
    first = np.empty(total, dtype=object)
    for group in range(4):
        for letter in "MF":
            own = (cohort == group) & (sex == letter)
            pool = rng.permutation(firsts)[:400]
            first[own] = _zipf(rng, pool, own.sum(), 0.9)
    compound = rng.random(total) < 0.07
    second = _zipf(rng, firsts, total, 0.6)
    first = np.where(compound, first + "-" + second, first)
    commune = rng.zipf(1.25, total) % 3000
    street = np.array([f"rue {name}" for name in surnames[:8000]])[rng.integers(0, 8000, total)]
    phone = rng.integers(10**8, 10**9, total)
    frame = pd.DataFrame(
        {
            "person": np.arange(total),
            "surname": surname,
            "first": first,
            "second": second,
            "born": born,
            "sex": sex,
            "commune": commune,
            "street": street,
            "street_no": rng.integers(1, 120, total),
            "phone": phone,
            "is_foreign": foreign,
            "spouse": _zipf(rng, surnames, total, 0.75),
            "is_married": (sex == "F") & (rng.random(total) < 0.6) & (born < np.datetime64("1998")),
            "is_twin": False,
        }
    )
    twins = rng.choice(total // 2, int(total * rate["twins"] / 2), replace=False) * 2
    for column in ("surname", "born", "commune", "street", "street_no", "phone"):
        frame.loc[twins + 1, column] = frame.loc[twins, column].to_numpy()
    same = rng.random(len(twins)) < 2 / 3
    frame.loc[twins[same] + 1, "sex"] = frame.loc[twins[same], "sex"].to_numpy()
    frame.loc[np.concatenate([twins, twins + 1]), "is_twin"] = True
    day = pd.Series(frame["born"])
    frame["nir"] = (
        np.where(frame["sex"] == "M", "1", "2")
        + day.dt.strftime("%y%m").to_numpy().astype(object)
        + pd.Series(rng.integers(10**7, 10**8, total)).astype(str).to_numpy()
    )
    frame["parent_nir"] = frame["nir"].sample(frac=1, random_state=int(seed_of(rng))).to_numpy()
    frame.loc[twins + 1, "parent_nir"] = frame.loc[twins, "parent_nir"].to_numpy()
    frame["care"] = rng.lognormal(0, 0.6, total)
    order = rng.permutation(total)
    frame = frame.iloc[order].reset_index(drop=True)
    return frame


def seed_of(rng: np.random.Generator) -> int:
    """A seed for a library that wants a number."""
    return int(rng.integers(0, 2**31))


def _typed(rng: np.random.Generator, words: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    out = words.astype(object).copy()
    letters = "abcdefghijklmnopqrstuvwxyz"
    for i in np.flatnonzero(wrong):
        word = str(out[i])
        if len(word) < 3:
            continue
        at = int(rng.integers(1, len(word)))
        kind = rng.integers(0, 5)
        letter = letters[rng.integers(0, 26)]
        if kind == 0:
            word = word[:at] + letter + word[at:]
        elif kind == 1:
            word = word[:at] + word[at + 1 :]
        elif kind == 2:
            word = word[:at] + letter + word[at + 1 :]
        elif kind == 3 and at < len(word) - 1:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        else:
            word = word.replace("ph", "f").replace("eau", "o").replace("qu", "k")
        out[i] = word
    return out


def _observe(
    rng: np.random.Generator, person: pd.DataFrame, rate: dict[str, float], side: str
) -> pd.DataFrame:
    n = len(person)
    practice = rng.integers(0, max(n // 900, 1), n)
    careless = rng.lognormal(0, 0.7, practice.max() + 1)[practice] * person["care"].to_numpy()
    careless = careless * np.where(person["is_foreign"], 2.0, 1.0)

    def happens(name: str, factor: np.ndarray | float = 1.0) -> np.ndarray:
        return rng.random(n) < np.minimum(rate[name] * factor, 0.9)

    surname = person["surname"].to_numpy().astype(object)
    spouse = person["spouse"].to_numpy().astype(object)
    married = person["is_married"].to_numpy()
    usual = np.where(married & happens("usual_name_given"), spouse, None)
    replaced = married & happens("married_name")
    surname = np.where(replaced, spouse, surname)
    surname = np.where(
        happens("double_name_cut", 10),
        np.array([str(s).split("-")[0] for s in surname], dtype=object),
        surname,
    )
    surname = np.where(
        rng.random(n) < 0.5,
        np.array([str(s).replace("de ", "de") for s in surname], dtype=object),
        surname,
    )
    surname = _typed(rng, surname, happens("typing", careless))
    first = person["first"].to_numpy().astype(object)
    first = np.where(
        happens("compound_first_name_cut"),
        np.array([str(f).split("-")[0] for f in first], dtype=object),
        first,
    )
    usual_first = happens("usual_first_name")
    second = person["second"].to_numpy().astype(object)
    shown = np.where(usual_first, second, first)
    shown = _typed(rng, shown, happens("typing", careless))
    firsts = np.where(
        rng.random(n) < 0.6, shown + " " + np.where(usual_first, first, second), shown
    )
    born = person["born"].to_numpy().astype("datetime64[D]")
    text = pd.Series(born).dt.strftime("%Y-%m-%d").to_numpy().astype(object)
    wrong = happens("birth_date_wrong", careless)
    shift = rng.choice([-366, -365, -31, -10, -1, 1, 2, 9, 30, 365, 3652], n)
    moved_day = pd.Series(born + shift.astype("timedelta64[D]")).dt.strftime("%Y-%m-%d").to_numpy()
    text = np.where(wrong, moved_day, text)
    day = pd.Series(born).dt.day.to_numpy()
    swap = happens("day_month_swapped") & (day <= 12)
    text = np.where(swap, np.array([f"{t[:4]}-{t[8:]}-{t[5:7]}" for t in text], dtype=object), text)
    sex = person["sex"].to_numpy().astype(object)
    sex = np.where(happens("sex_wrong"), np.where(sex == "M", "F", "M"), sex)
    away = happens("moved")
    commune = np.where(away, rng.zipf(1.25, n) % 3000, person["commune"])
    street = np.where(away, person["street"].sample(frac=1, random_state=1), person["street"])
    number = np.where(away, rng.integers(1, 120, n), person["street_no"])
    phone = np.where(happens("phone_changed"), rng.integers(10**8, 10**9, n), person["phone"])
    phone = np.where(happens("phone_missing"), None, ["0" + str(p) for p in phone])
    age = 2024 - born.astype("datetime64[Y]").astype(int) - 1970
    nir = person["nir"].to_numpy().astype(object)
    nir = np.where((age < 16) & happens("insured_number"), person["parent_nir"], nir)
    clusters = rng.random(practice.max() + 1) < 0.15
    nir = np.where(happens("number_missing", np.where(clusters[practice], 5, 0.6)), None, nir)
    frame = pd.DataFrame(
        {
            "id": [f"{side}{i}" for i in rng.permutation(n)],
            "nom_naissance": np.where(happens("value_missing"), None, surname),
            "nom_usage": usual,
            "prenom": np.where(happens("value_missing"), None, shown),
            "prenoms": firsts,
            "date_naissance": np.where(happens("value_missing"), None, text),
            "sexe": sex,
            "nir": nir,
            "telephone": phone,
            "adresse": [f"{n} {s}" for n, s in zip(number, street, strict=True)],
            "commune": [f"{c:05d}" for c in commune],
            "person": person["person"].to_numpy(),
            "is_foreign": person["is_foreign"].to_numpy(),
            "is_twin": person["is_twin"].to_numpy(),
        }
    )
    return frame.sample(frac=1, random_state=seed_of(rng)).reset_index(drop=True)
