"""A world of practices and claims without identities, to measure the indirect linkage on."""

from __future__ import annotations

import numpy as np
import pandas as pd


def make_claims(gps: int, *, seed: int, visits_a_year: float = 3.9, years: float = 2.0) -> dict:
    """Tables left, right, left_day, right_day (see `p4dp.linkage.indirect`) and truth.

    Half of each doctor's 1,000 people are patients of the practice; 80 % of them appear among the
    claimants the base holds, and nobody else bears their visits.
    """
    rng = np.random.default_rng(seed)
    total = gps * 1000
    gp = np.repeat(np.arange(gps), 1000)
    town = gp * 4
    commune = town + rng.choice(4, total, p=[0.4, 0.25, 0.2, 0.15])
    born = rng.integers(1930, 2023, total)
    month = rng.integers(1, 13, total)
    sex = np.where(rng.random(total) < 0.48, "M", "F")
    days = int(365 * years)
    frailty = rng.gamma(1.1, 1 / 1.1, total)
    counts = rng.poisson(visits_a_year * years * frailty)
    owner = np.repeat(np.arange(total), counts)
    day = rng.integers(0, days, len(owner))
    place = rng.random(len(owner))
    doctor = np.where(place < 0.85, gp[owner], gp[owner] ^ 1)
    doctor = np.where(place > 0.95, rng.integers(0, gps, len(owner)), doctor)
    in_practice = rng.random(total) < 0.5
    in_base = rng.random(total) < np.where(in_practice, 0.97, 0.85)
    recorded = (doctor // 2 == gp[owner] // 2) & in_practice[owner]
    recorded &= rng.random(len(owner)) > 0.05
    billed = in_base[owner] & (rng.random(len(owner)) > 0.03)
    shift = np.where(rng.random(len(owner)) < 0.03, rng.integers(-3, 4, len(owner)), 0)
    person = pd.DataFrame(
        {"person": np.arange(total), "born": born, "month": month, "sex": sex, "commune": commune}
    )

    def side(keep: np.ndarray, wrong_month: float, moved: float) -> pd.DataFrame:
        people = person[keep].sample(frac=1, random_state=int(rng.integers(2**31)))
        people = people.reset_index(drop=True)
        n = len(people)
        other_month = rng.integers(1, 13, n)
        people["month"] = np.where(rng.random(n) < wrong_month, other_month, people["month"])
        away = rng.integers(0, total // 1000, n)
        people["commune"] = np.where(rng.random(n) < moved, away, people["commune"])
        return pd.DataFrame(
            {
                "record_no": np.arange(n),
                "person": people["person"],
                "birth_year": people["born"],
                "birth_month": people["month"],
                "sex": people["sex"],
                "commune_code": [f"{c:05d}" for c in people["commune"]],
                "practice": [f"p{d}" for d in gp[people["person"]] // 2],
            }
        )

    left, right = side(in_practice, 0.01, 0.04), side(in_base, 0.0, 0.04)
    epoch = np.datetime64("2022-01-01")

    def events(people: pd.DataFrame, keep: np.ndarray, at: np.ndarray) -> pd.DataFrame:
        number = np.full(total, -1)
        number[people["person"]] = people["record_no"]
        return pd.DataFrame(
            {
                "record_no": number[owner[keep]],
                "care_kind": "visit",
                "care_date": (epoch + at[keep].astype("timedelta64[D]")).astype("datetime64[s]"),
                "care_code": pd.Series([None] * int(keep.sum()), dtype="object"),
                "practitioner": [f"d{d}" for d in doctor[keep]],
            }
        )

    truth = left[["record_no", "person"]].merge(
        right[["record_no", "person"]], on="person", suffixes=("_l", "_r")
    )
    return {
        "left": left.drop(columns="person"),
        "right": right.drop(columns="person"),
        "left_day": events(left, recorded, day + shift),
        "right_day": events(right, billed, day),
        "truth": truth[["record_no_l", "record_no_r"]],
    }
