"""One person, one lasting key: what the deterministic register must and must not do."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from linkage_worlds import chart, claimant, history, links, persons, warehouse

from p4dp.errors import P4dpError
from p4dp.linkage import update_register


@pytest.fixture
def world(tmp_path: Path):
    """A function: rows in, (register folder, report) out; each call is the next register run."""
    register = tmp_path / "register"

    def run(rows, **options):
        report = update_register(warehouse(tmp_path / "w.duckdb", rows), register, **options)
        return register, report

    return run


def test_two_practices_same_certified_number_get_one_key(world):
    register, report = world(
        [
            chart("a", "n1", "t1"),
            chart("b", "n1", "t2", source="dosmed", practice_pseudo="practice-2"),
            chart("c"),
        ]
    )
    found = links(register)
    assert found["a"][0] == found["b"][0] != found["c"][0]
    assert [found[p][1] for p in "abc"] == ["nir", "nir", "single"]
    assert (report.person_count, report.identity_count) == (2, 3)


def test_equal_traits_link_where_the_number_is_missing(world):
    register, _ = world(
        [
            chart("a", "n1", "t1"),
            chart("b", None, "t1", practice_pseudo="practice-2"),
            chart("c", "n1", None, practice_pseudo="practice-3"),
        ]
    )
    found = links(register)
    assert len({key for key, _, _ in found.values()}) == 1
    assert found["b"][1] == "traits"


def test_equal_traits_with_two_certified_numbers_stay_apart(world):
    register, _ = world(
        [chart("a", "n1", "t1"), chart("b", "n2", "t1", practice_pseudo="practice-2")]
    )
    assert len(set(persons(register).values())) == 2


def test_claims_join_the_practice_record_by_the_third_partys_number(world):
    register, _ = world([chart("a", "n1", "t1"), claimant("x-1", "n1"), claimant("y-1", "n9")])
    found = links(register)
    assert found["a"][0] == found["x-1"][0] != found["y-1"][0]
    assert found["x-1"][1] == "snds_direct"
    assert found["y-1"][1] == "single"


@pytest.mark.parametrize("column, value", [("birth_year", 1971), ("birth_month", 6), ("sex", "M")])
def test_a_number_with_other_birth_or_sex_is_no_key(world, column, value):
    register, _ = world(
        [chart("a", "n1"), chart("b", "n1", practice_pseudo="practice-2", **{column: value})]
    )
    assert len(set(persons(register).values())) == 2


def test_unknown_birth_and_sex_do_not_contradict(world):
    register, _ = world(
        [chart("a", "n1"), claimant("x-1", "n1", birth_year=None, birth_month=None, sex="U")]
    )
    assert len(set(persons(register).values())) == 1


def test_one_number_shared_by_500_people_is_refused_as_a_key(world):
    rows = [chart(f"p{i}", "shared", practice_pseudo=f"practice-{i % 90}") for i in range(500)]
    register, _ = world(rows)
    assert len(set(persons(register).values())) == 500


def test_twins_under_one_insured_number_are_not_merged(world):
    register, _ = world(
        [
            chart("twin-a", "parent", "t-a", nir_status="insured"),
            chart("twin-b", "parent", "t-b", nir_status="insured"),
            claimant("p-1", "parent"),
            claimant("p-2", "parent"),
        ]
    )
    assert len(set(persons(register).values())) == 4


def test_a_twin_bearing_the_others_certified_number_is_not_merged(world):
    register, _ = world([chart("twin-a", "n1", "t-a"), chart("twin-b", "n1", "t-b")])
    assert len(set(persons(register).values())) == 2


def test_a_child_under_the_insured_number_joins_its_only_claimant(world):
    register, _ = world(
        [chart("child", "parent", "t1", nir_status="insured"), claimant("p-1", "parent")]
    )
    assert len(set(persons(register).values())) == 1


def test_a_second_rank_alone_tells_of_a_twin_and_its_insured_number_is_no_key(world):
    register, _ = world(
        [chart("child", "parent", "t1", nir_status="insured"), claimant("p-2", "parent")]
    )
    assert len(set(persons(register).values())) == 2


def test_a_second_twin_is_known_by_a_certified_number_of_its_own(world):
    register, _ = world([chart("twin", "n1", "t1"), claimant("p-2", "n1")])
    assert len(set(persons(register).values())) == 1


def test_two_charts_of_one_practice_with_the_same_identity_are_one_person(world):
    register, _ = world([chart("a", "n1", "t1"), chart("b", "n1", "t1")])
    assert len(set(persons(register).values())) == 1


def test_a_waiting_number_never_ties_two_certified_people(world):
    rows = [
        chart("a", "n1", "t1"),
        chart("a2", "w", "t1", nir_status="waiting", practice_pseudo="practice-2"),
        chart("b2", "w", "t2", nir_status="waiting", practice_pseudo="practice-3"),
        chart("b", "n2", "t2", practice_pseudo="practice-4"),
    ]
    found = persons(world(rows)[0])
    assert found["a"] == found["a2"] != found["b"] == found["b2"]


def test_a_repeated_run_changes_no_byte(world):
    rows = [chart("a", "n1"), chart("b", "n1", practice_pseudo="practice-2"), claimant("x-1", "n1")]
    register, first = world(rows)
    before = {p: p.read_bytes() for p in register.rglob("*.parquet")}
    stamps = {p: p.stat().st_mtime_ns for p in before}
    _, second = world(list(reversed(rows)))
    assert first.is_changed and not second.is_changed
    assert second.register_version == first.register_version == 1
    assert {p: p.read_bytes() for p in register.rglob("*.parquet")} == before
    assert {p: p.stat().st_mtime_ns for p in before} == stamps


def test_growth_keeps_keys_and_merges_into_the_oldest(world):
    register, _ = world([chart("b", None, "t2", practice_pseudo="practice-2")])
    old_b = persons(register)["b"]
    world([chart("a", "n1", "t1"), chart("b", None, "t2", practice_pseudo="practice-2")])
    before = persons(register)
    bridge = chart("c", "n1", "t2", practice_pseudo="practice-3")
    _, report = world(
        [chart("a", "n1", "t1"), chart("b", None, "t2", practice_pseudo="practice-2"), bridge]
    )
    after = links(register)
    assert before["b"] == old_b
    assert {key for key, _, _ in after.values()} == {old_b}
    assert report.merged_count == 1
    assert (3, "merge", old_b, before["a"], None) in history(register)
    assert all(version == 3 for _, _, version in after.values())


def test_a_corrected_number_splits_and_the_larger_part_keeps_the_key(world):
    rows = [
        chart("a", "n1"),
        chart("b", "n1", practice_pseudo="practice-2"),
        chart("c", "n1", practice_pseudo="practice-3"),
    ]
    register, _ = world(rows)
    key = persons(register)["a"]
    rows[0] = chart("a", "n2")
    _, report = world(rows)
    after = links(register)
    assert after["b"][0] == after["c"][0] == key != after["a"][0]
    assert report.split_count == 1
    assert (2, "split", after["a"][0], key, None) in history(register)
    assert after["b"][2] == 1 and after["a"][2] == 2


def test_without_snds_and_back_gives_the_same_keys(world):
    rows = [chart("a", "n1"), claimant("x-1", "n1"), claimant("y-1", "n2")]
    register, _ = world(rows)
    before = persons(register)
    world(rows, with_snds=False)
    assert set(persons(register)) == {"a"}
    world(rows)
    assert persons(register) == before


@pytest.mark.parametrize("failing_call", [1, 2])
def test_a_crash_leaves_the_old_register_and_heals(world, monkeypatch, failing_call):
    register, _ = world([chart("a", "n1")])
    before = links(register)
    calls = 0
    replace = os.replace

    def crash(source, target):
        nonlocal calls
        calls += 1
        if calls == failing_call:
            raise KeyboardInterrupt
        replace(source, target)

    rows = [chart("a", "n1"), chart("b", "n2")]
    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        world(rows)
    assert links(register) == before
    monkeypatch.setattr(os, "replace", replace)
    _, report = world(rows)
    assert report.register_version == 2
    assert [e for e in history(register) if e[0] == 2] == [
        (2, "link", 2, None, "b"),
        (2, "mint", 2, None, None),
    ]


def test_an_empty_input_is_survived_and_said(world):
    register, report = world([])
    assert report.identity_count == 0 and "empty" in report.messages[0]
    assert links(register) == {}


def test_a_missing_warehouse_and_a_repeated_identity_are_refused(tmp_path, world):
    with pytest.raises(P4dpError, match="no warehouse"):
        update_register(tmp_path / "absent.duckdb", tmp_path / "register")
    with pytest.raises(P4dpError, match="repeat an identity"):
        world([chart("a"), chart("a")])
    duckdb.connect(str(tmp_path / "bare.duckdb")).close()
    with pytest.raises(P4dpError, match="no link features"):
        update_register(tmp_path / "bare.duckdb", tmp_path / "register")


def test_a_damaged_register_is_not_rebuilt_in_silence(world):
    register, _ = world([chart("a", "n1")])
    (register / "person_link" / "person_link.parquet").write_bytes(b"PAR1")
    with pytest.raises(P4dpError, match="cannot be read"):
        world([chart("a", "n1")])
