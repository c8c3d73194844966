"""Linkage by days of care: what the days decide, and what stays unresolved."""

from __future__ import annotations

import random
from datetime import date, timedelta

import duckdb
import pytest

from p4dp.linkage.indirect import link_indirectly

COMMUNES = [f"060{i:02d}" for i in range(8)]


def _world(seed: int, *, size: int = 900):
    """People of six doctors; four of five have claims; nine visits of ten are in both files."""
    rng = random.Random(seed)
    left, right, left_day, right_day = [], [], [], []
    for number in range(size):
        traits = (rng.randint(1950, 1999), rng.randint(1, 12), rng.choice("MF"))
        commune = rng.choice(COMMUNES)
        doctor = f"d{number % 6}"
        in_practice, in_base = rng.random() < 0.6, rng.random() < 0.8
        moved = rng.choice(COMMUNES) if rng.random() < 0.05 else commune
        if in_practice:
            left.append((number, *traits, commune, f"p{number % 6}"))
        if in_base:
            right.append((number, *traits, moved))
        for _ in range(rng.choice([0, 1, 3, 5, 8])):
            day = date(2023, 1, 1) + timedelta(days=rng.randrange(700))
            if in_practice and rng.random() < 0.95:
                left_day.append((number, "visit", day, None, doctor))
            if in_base and rng.random() < 0.97:
                right_day.append((number, "visit", day, None, doctor))
    return left, right, left_day, right_day


def _link(left, right, left_day, right_day):
    con = duckdb.connect()
    person = "record_no bigint, birth_year int, birth_month int, sex varchar, commune_code varchar"
    con.execute(f"create table l ({person}, practice varchar)")
    con.execute(f"create table r ({person})")
    for name in ("ld", "rd"):
        con.execute(
            f"create table {name} (record_no bigint, care_kind varchar, care_date date, "
            "care_code varchar, practitioner varchar)"
        )
    for name, rows in (("l", left), ("r", right), ("ld", left_day), ("rd", right_day)):
        if rows:
            con.executemany(f"insert into {name} values ({','.join('?' * len(rows[0]))})", rows)
    _, calibration = link_indirectly(con, left="l", right="r", left_day="ld", right_day="rd")
    return con.execute(
        "select record_no_l, record_no_r, match_probability from indirect"
    ).fetchall(), calibration


@pytest.mark.parametrize("seed", [1, 2])
def test_days_of_care_link_practice_and_claims(seed):
    left, right, left_day, right_day = _world(seed)
    found, _ = _link(left, right, left_day, right_day)
    accepted = [(a, b) for a, b, p in found if p >= 0.95]
    true = sum(a == b for a, b in accepted)
    visited = {row[0] for row in left_day}
    possible = {row[0] for row in left} & {row[0] for row in right} & visited
    assert true / len(accepted) >= 0.99
    assert len({a for a, b in accepted if a == b} & visited) / len(possible) >= 0.95


def test_people_who_share_traits_and_have_no_days_stay_unresolved():
    same = (1960, 3, "F", "06001")
    left = [(1, *same, "p1"), (2, *same, "p1")]
    right = [(11, *same), (12, *same)]
    found, _ = _link(left, right, [], [])
    assert found == []


def test_no_candidate_gives_no_link():
    found, _ = _link([(1, 1960, 3, "F", "06001", "p")], [(2, 1990, 3, "M", "06001")], [], [])
    assert found == []
