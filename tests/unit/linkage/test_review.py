"""The review desk: blind, two readers, decisions that bind later runs."""

from __future__ import annotations

import duckdb
import pytest
from linkage_worlds import chart, persons, warehouse

from p4dp.errors import P4dpError
from p4dp.linkage import forget, update_register
from p4dp.linkage import review as desk
from p4dp.linkage.overrides import candidate_file, override_file


@pytest.fixture
def register(tmp_path):
    """A register of 60 single charts, and 30 doubtful pairs among them waiting for readers."""
    rows = [chart(f"p{i:02d}", practice_pseudo=f"practice-{i % 7}") for i in range(60)]
    update_register(warehouse(tmp_path / "w.duckdb", rows), tmp_path / "register")
    file = candidate_file(tmp_path / "register")
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute(
            f"""
            copy (
                select 'medirel' as source_l, 'p' || lpad((2 * i)::varchar, 2, '0')
                        as patient_pseudo_l,
                    'medirel' as source_r, 'p' || lpad((2 * i + 1)::varchar, 2, '0')
                        as patient_pseudo_r,
                    'practices' as task, 4.0 as match_weight, i / 30.0 as match_probability,
                    false as is_twin, true as is_same_sex, 0 as birth_year_gap,
                    true as is_same_birth_month, false as is_same_commune,
                    true as is_same_departement, false as is_same_practice,
                    'missing' as nir_status_l, 'missing' as nir_status_r,
                    null::boolean as is_same_number, null::bigint as visit_count,
                    null::bigint as found_count
                from range(30) as t(i)
            ) to '{file}' (format parquet)
            """
        )
    return tmp_path / "register"


def test_the_draw_is_stratified_and_repeatable(register):
    sheet = desk.draw_sheet(register, "march", per_band=2, seed=4)
    bands = [pair["band"] for pair in sheet["pairs"]]
    assert max(bands.count(band) for band in bands) == 2
    assert set(bands) == set(range(8)) - {7} or len(set(bands)) >= 6
    assert desk.draw_sheet(register, "march", per_band=2, seed=4) == sheet


def test_readers_see_no_score_and_no_pseudonym(register):
    sheet = desk.draw_sheet(register, "march")
    for pair in sheet["pairs"]:
        shown = desk.shown_evidence(pair)
        text = " ".join(f"{name} {value}" for name, value in shown.items())
        assert "probability" not in text and "weight" not in text and "score" not in text
        assert pair["patient_pseudo_l"] not in text and pair["patient_pseudo_r"] not in text


def test_kappa_follows_cohens_definition(register):
    sheet = desk.draw_sheet(register, "march", per_band=50)
    # 20 both yes, 5 yes/no, 10 no/yes scaled to 30 pairs: a = 17, b = 4, c = 3, d = 6
    verdicts = ["same same"] * 17 + ["same different"] * 4 + ["different same"] * 3
    verdicts += ["different different"] * 6
    for pair, said in zip(sheet["pairs"], verdicts, strict=True):
        anna, ben = said.split()
        desk.answer(register, "march", "anna", pair["pair_id"], anna)
        desk.answer(register, "march", "ben", pair["pair_id"], ben)
    found = desk.agreement(desk.load_sheet(register, "march"))
    observed, chance = 23 / 30, (21 / 30) * (20 / 30) + (9 / 30) * (10 / 30)
    assert found["kappa"] == pytest.approx((observed - chance) / (1 - chance))
    assert found["agreed_count"] == 23


def test_agreed_decisions_bind_later_runs_and_disagreement_binds_nothing(register, tmp_path):
    sheet = desk.draw_sheet(register, "march", per_band=50)
    same, apart, split = sheet["pairs"][:3]
    for reader, verdicts in (
        ("anna", ("same", "different", "same")),
        ("ben", ("same", "different", "different")),
    ):
        for pair, verdict in zip((same, apart, split), verdicts, strict=True):
            desk.answer(register, "march", reader, pair["pair_id"], verdict)
    assert desk.apply_sheet(register, "march") == 2
    for _ in range(2):
        update_register(tmp_path / "w.duckdb", register)
        key = persons(register)
        assert key[same["patient_pseudo_l"]] == key[same["patient_pseudo_r"]]
        assert key[apart["patient_pseudo_l"]] != key[apart["patient_pseudo_r"]]
        assert key[split["patient_pseudo_l"]] != key[split["patient_pseudo_r"]]


def test_a_decision_against_keeps_apart_what_equal_traits_would_join(tmp_path):
    register = tmp_path / "register"
    rows = [chart("a", None, "t1"), chart("b", None, "t1", practice_pseudo="practice-2")]
    update_register(warehouse(tmp_path / "w.duckdb", rows), register)
    assert len(set(persons(register).values())) == 1
    file = override_file(register)
    file.parent.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            "copy (select 'medirel' as source_l, 'a' as patient_pseudo_l, 'medirel' as source_r, "
            "'b' as patient_pseudo_r, false as is_same, 'x+y' as reader, "
            f"1::bigint as decided_at_version) to '{file}' (format parquet)"
        )
    update_register(tmp_path / "w.duckdb", register)
    assert len(set(persons(register).values())) == 2


def test_one_reader_is_not_enough(register):
    sheet = desk.draw_sheet(register, "march")
    desk.answer(register, "march", "anna", sheet["pairs"][0]["pair_id"], "same")
    with pytest.raises(P4dpError, match="read by 1 reader"):
        desk.apply_sheet(register, "march")
    with pytest.raises(P4dpError, match="has answers already"):
        desk.draw_sheet(register, "march")
    with pytest.raises(P4dpError, match="Unknown verdict"):
        desk.answer(register, "march", "anna", sheet["pairs"][0]["pair_id"], "perhaps")


def test_forgetting_leaves_no_trace_and_no_hole(register, tmp_path):
    desk.draw_sheet(register, "march", per_band=50)
    before = persons(register)
    assert forget(register, [("medirel", "p00"), ("medirel", "never seen")]) == 1
    after = persons(register)
    assert after == {patient: key for patient, key in before.items() if patient != "p00"}
    for file in register.rglob("*.parquet"):
        with duckdb.connect() as con:
            text = str(con.execute(f"from '{file}'").fetchall())
        assert "'p00'" not in text
    assert "p00" not in desk.sheet_file(register, "march").read_text()
    rows = [chart(f"p{i:02d}", practice_pseudo=f"practice-{i % 7}") for i in range(1, 60)]
    assert not update_register(warehouse(tmp_path / "w.duckdb", rows), register).is_changed
    rows.append(chart("new"))
    update_register(warehouse(tmp_path / "w.duckdb", rows), register)
    assert persons(register)["new"] not in before.values()
