"""A small world in clear for the tests: made by rule, every fault planted on purpose."""

from __future__ import annotations

import random

import pandas as pd

_HEADS = "Ber Cha Del Fau Gau Lam Mor Per Rou Ver Bou Car Dur Gir Hub Mas Pic Ren Sau Val".split()
_TAILS = "nard tel mont vier dier bert eau rin lot zac tin quet chet dot gnon ret lin aud".split()
_ENDS = ["", "s", "x", "t", "ot", "ier", "el", "in"]
_FIRSTS = (
    "Alice Bruno Camille Denis Elise Fabrice Gaelle Henri Ines Jules Karine Louis Manon Noel "
    "Odile Pascal Quentin Rose Simon Therese Ursule Victor Wendy Xavier Yvonne Zoe Basile Diane"
).split()


def _person(rng: random.Random, number: int) -> dict[str, str]:
    return {
        "person": str(number),
        "nom_naissance": rng.choice(_HEADS) + rng.choice(_TAILS) + rng.choice(_ENDS),
        "prenom": rng.choice(_FIRSTS),
        "date_naissance": f"{rng.randint(1935, 2020)}-{rng.randint(1, 12):02d}"
        f"-{rng.randint(2, 28):02d}",
        "sexe": rng.choice("MF"),
        "telephone": f"06{rng.randint(0, 10**8 - 1):08d}",
        "code_postal": f"{rng.randint(1, 95):02d}{rng.choice(['000', '100', '200', '300'])}",
        "nir": "",
    }


def _mistyped(rng: random.Random, word: str) -> str:
    at = rng.randint(1, len(word) - 1)
    return word[:at] + rng.choice("aeioubdrt") + word[at + 1 :]


def make(size: int = 1500, *, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(left, right, twins): `person` is the truth; `twins` lists the planted twin persons.

    The right file holds everybody; the left one four of five, a third of them with one fault, and
    forty of whom have a twin (same name, birth date, telephone) in the right file only.
    """
    rng = random.Random(seed)
    people = [_person(rng, number) for number in range(size)]
    left = [dict(p) for p in people if int(p["person"]) % 5]
    for row in left:
        fault = rng.random()
        if fault < 0.12:
            row["nom_naissance"] = _mistyped(rng, row["nom_naissance"])
        elif fault < 0.2:
            row["prenom"] = _mistyped(rng, row["prenom"])
        elif fault < 0.26:
            year, month, day = row["date_naissance"].split("-")
            row["date_naissance"] = f"{year}-{month}-{(int(day) % 27) + 1:02d}"
        elif fault < 0.34:
            row["telephone"] = ""
        if rng.random() < 0.15:
            row["code_postal"] = f"{rng.randint(1, 95):02d}000"
    lonely = [p for p in people if int(p["person"]) % 5 == 0][:40]
    twins = []
    for number, sibling in enumerate(lonely):
        first = rng.choice([f for f in _FIRSTS if f[0] != sibling["prenom"][0]])
        twins.append({**sibling, "person": f"twin-{number}", "prenom": first})
    left += twins
    frames = []
    for side, rows in (("l", left), ("r", people)):
        frame = pd.DataFrame(rows).replace("", None)
        frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
        frame.insert(0, "id", [f"{side}{i:05d}" for i in range(len(frame))])
        frames.append(frame)
    return frames[0], frames[1], pd.DataFrame(twins)
