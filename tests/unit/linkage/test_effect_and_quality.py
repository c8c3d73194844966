"""What is said about the links: shares within their history, truth, effect on a figure."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pandas as pd
import pytest
from linkage_worlds import chart, claimant, warehouse

from p4dp.errors import P4dpError
from p4dp.linkage import (
    check_link_shares,
    check_practice_overlap,
    effect_on_indicators,
    score_against_truth,
    summary_tables,
    update_register,
)
from p4dp.linkage.effect import share_bounds
from p4dp.linkage.quality import wilson


def _practice(name: str, size: int, linked: int) -> list[dict]:
    rows = [chart(f"{name}-{i}", f"{name}{i}", practice_pseudo=name) for i in range(size)]
    return rows + [claimant(f"{name}c{i}-1", f"{name}{i}") for i in range(linked)]


def _run(tmp_path, rows):
    update_register(warehouse(tmp_path / "w.duckdb", rows), tmp_path / "register")
    return tmp_path / "register"


def test_a_practice_whose_linked_share_collapses_is_named(tmp_path):
    for extra in (0, 1):
        register = _run(tmp_path, _practice("good", 100 + extra, 90) + _practice("other", 100, 90))
    assert check_link_shares(register) == []
    _run(tmp_path, _practice("good", 101, 90) + _practice("other", 100, 20))
    (problem,) = check_link_shares(register)
    assert problem.practice_pseudo == "other"
    assert "20.0% of 100 identities" in str(problem) and "usually 90.0%" in str(problem)


def test_a_run_without_claims_is_not_judged(tmp_path):
    register = _run(tmp_path, _practice("good", 100, 90))
    update_register(tmp_path / "w.duckdb", register, with_snds=False)
    assert check_link_shares(register) == []


def test_the_quality_files_say_what_was_linked(tmp_path):
    register = _run(tmp_path, _practice("good", 100, 75))
    content = json.loads((register / "quality" / "quality.json").read_text())
    (everyone,) = [row for row in content["subgroups"] if row["value"] == "medirel"]
    assert everyone["linked_share"] == 0.75
    assert everyone["linked_share_low"] < 0.75 < everyone["linked_share_high"]
    page = (register / "quality" / "quality.html").read_text()
    assert "<strong>75.0%</strong> of 100 practice identities have a claims link" in page
    assert content["practices"]["practice_count"] == 1 and content["practices"]["median"] == 0.75
    assert "<script" not in page and "http" not in page


def test_contradictions_inside_a_person_are_counted(tmp_path):
    rows = [
        chart("a", "n1", "t1"),
        chart("b", None, "t1"),
        chart("c", "n2", "t2", practice_pseudo="practice-2"),
    ]
    register = _run(tmp_path, rows)
    content = json.loads((register / "quality" / "quality.json").read_text())
    count = {row["scenario"]: row["person_count"] for row in content["implausible"]}
    assert count["two charts of one practice"] == 1
    assert count["sex differs"] == 0


def test_a_practice_delivered_under_anothers_number_is_named(tmp_path):
    mine = [chart(f"a{i}", f"a{i}", practice_pseudo="practice-a") for i in range(80)]
    other = [chart(f"b{i}", f"b{i}", practice_pseudo="practice-b") for i in range(200)]
    # one in ten is seen in both places: locums, students, moves
    shared = [chart(f"s{i}", f"b{i}", practice_pseudo="practice-a") for i in range(20)]
    register = _run(tmp_path, mine + other + shared)
    assert check_practice_overlap(register) == []
    # the file of b comes again, as if it were that of c
    strayed = [chart(f"c{i}", f"b{i}", practice_pseudo="practice-c") for i in range(180)]
    _run(tmp_path, mine + other + shared + strayed)
    (problem,) = check_practice_overlap(register)
    assert {problem.practice_pseudo, problem.other_practice_pseudo} == {"practice-b", "practice-c"}
    assert "180 of 180 persons in common" in str(problem)
    assert "under the other's number" in str(problem)


def test_care_that_one_person_can_hardly_have_had_is_counted(tmp_path):
    rows = [
        chart("a", "n1", practice_pseudo="practice-1"),
        chart("b", "n1", practice_pseudo="practice-2"),
        chart("c", "n2", practice_pseudo="practice-1"),
        claimant("n2-1", "n2"),
    ]
    file = warehouse(tmp_path / "w.duckdb", rows)
    with duckdb.connect(str(file)) as con:
        con.execute("alter table staging.lnk_identity add column death_date date")
        con.execute(
            "update staging.lnk_identity set death_date = date '2024-03-01' where source = 'snds'"
        )
        con.execute(
            "create table staging.lnk_care_day as "
            "select 'medirel' as source, patient_pseudo, 'visit' as care_kind, day as care_date, "
            "null::varchar as care_code, null::varchar as practitioner_pseudo "
            "from (values ('a', date '2024-01-08'), ('b', date '2024-01-08'), "
            "('c', date '2024-03-20'), ('c', date '2024-06-01')) as v (patient_pseudo, day)"
        )
    update_register(file, tmp_path / "register")
    content = json.loads((tmp_path / "register" / "quality" / "quality.json").read_text())
    count = {row["scenario"]: row["person_count"] for row in content["implausible"]}
    assert count["visits in two practices on one day"] == 1
    assert count["visits more than 30 days after a death among the claims"] == 1
    assert (
        "visits in two practices on one day" in summary_tables(tmp_path / "register")["implausible"]
    )


def test_truth_gives_precision_and_recall_by_subgroup(tmp_path):
    rows = [
        chart("a", "n1", "t1"),
        chart("b", "n1", "t1", practice_pseudo="practice-2"),
        chart("c", None, None, practice_pseudo="practice-3", sex="M"),
        chart("d", "n4", "t4", practice_pseudo="practice-3", sex="M"),
    ]
    register = _run(tmp_path, rows)
    key = {"source": "medirel"}
    truth = pd.DataFrame(
        [{**key, "patient_pseudo": p, "person": x} for p, x in zip("abcd", "1122", strict=True)]
    )
    groups = pd.DataFrame(
        [{**key, "patient_pseudo": p, "sex": s} for p, s in zip("abcd", "FFMM", strict=True)]
    )
    found = score_against_truth(register, truth, groups).set_index(["dimension", "value"])
    assert found.loc[("overall", "all"), "precision"] == 1.0
    assert found.loc[("overall", "all"), "recall"] == 0.5
    assert found.loc[("sex", "F"), "recall"] == 1.0
    assert found.loc[("sex", "M"), "recall"] == 0.0


def test_wilson_intervals_match_published_values():
    # Newcombe 1998, table I: 81 of 263 and 0 of 20 (score method, doi in the docstring's source)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_effect_of_link_errors_bounds_a_share():
    low, high = share_bounds(60, 100, claims_numerator=40, false_share=0.05, missed_count=10)
    assert low == pytest.approx((60 - 2) / 110)
    assert high == pytest.approx((60 + 2 + 10) / 110)
    assert share_bounds(60, 100, claims_numerator=40, false_share=0, missed_count=0) == (0.6, 0.6)


def test_the_effect_is_written_per_indicator(tmp_path):
    register = _run(tmp_path, _practice("good", 100, 90))
    with pytest.raises(P4dpError, match="no indicator status"):
        effect_on_indicators(tmp_path / "w.duckdb", register, tmp_path / "exchange")
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute("create schema indicators")
        con.execute(
            "create table indicators.fct_indicator_status as "
            "select 'X' as indicator_id, '1' as indicator_version, ?::date as reference_date, "
            "case when i <= 6 then 'met' when i <= 10 then 'not_met' else 'unknown' end "
            "as linked_status, i <= 10 as linked_is_observable, "
            "case when i <= 4 then 'snds' when i <= 6 then 'ehr' end as linked_evidence_source "
            "from range(1, 13) as t(i)",
            [date(2024, 12, 31)],
        )
    count = effect_on_indicators(tmp_path / "w.duckdb", register, tmp_path / "exchange")
    assert count == 1
    with duckdb.connect() as con:
        (row,) = con.execute(
            "select share, link_share_low, link_share_high, claims_numerator_count "
            "from read_parquet(?)",
            [str(tmp_path / "exchange" / "link_effect" / "part-0.parquet")],
        ).fetchall()
    assert row[0] == 0.6 and row[1] <= 0.6 <= row[2] and row[3] == 4
