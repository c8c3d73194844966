"""The marks: perfect answers get 1, no answer gets 0, a wrong one is counted as such."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from p4dp.boundary.pseudonyms import level2_many
from p4dp.synthetic.scoring import score_alarms, score_links


def links(rows: list[tuple[str, int]]) -> pa.Table:
    return pa.table({"patient_pseudo": [r[0] for r in rows], "person_key": [r[1] for r in rows]})


def identities(truth: Any) -> list[tuple[str, int]]:
    return truth.sql(
        "select patient_pseudo || coalesce('-' || beneficiary_rank, ''), person_id"
        " from source_identity"
    ).fetchall()


def test_the_true_register_scores_one_in_every_subgroup(tiny_world: Path, truth: Any) -> None:
    for score in score_links(tiny_world, links(identities(truth)), draws=20):
        assert (score.precision, score.recall, score.f1) == (1, 1, 1), score.group


def test_no_link_at_all_finds_nothing(tiny_world: Path) -> None:
    score = score_links(tiny_world, links([]), draws=5)[0]
    assert (score.recall, score.found_pairs) == (0, 0)
    assert score.true_pairs > 500


def test_everybody_in_one_person_has_full_recall_and_no_precision(
    tiny_world: Path, truth: Any
) -> None:
    rows = [(name, 1) for name, _ in identities(truth)]
    score = score_links(tiny_world, links(rows), draws=5)[0]
    assert score.recall == 1
    assert score.precision < 0.01


def test_warehouse_pseudonyms_are_recognised_with_their_key(tiny_world: Path, truth: Any) -> None:
    key = bytes(range(32))
    rows = truth.sql(
        "select patient_pseudo, beneficiary_rank, person_id from source_identity"
    ).fetchall()
    second = level2_many(key, [row[0] for row in rows])
    named = [
        (name if rank is None else f"{name}-{rank}", person)
        for name, (_, rank, person) in zip(second, rows, strict=True)
    ]
    assert score_links(tiny_world, links(named), level2_key=key, draws=5)[0].f1 == 1


def test_an_alarm_in_each_outbreak_scores_one_and_a_stray_one_is_false(tiny_world: Path) -> None:
    with (tiny_world / "truth" / "outbreaks.csv").open() as handle:
        outbreaks = list(csv.DictReader(handle))
    rows = [(o["syndrome"], o["epci_code"], date.fromisoformat(o["first_week"])) for o in outbreaks]
    stray = (outbreaks[0]["syndrome"], "000000000", rows[0][2] + timedelta(days=7))
    alarms = pa.table(
        {
            "syndrome_id": [r[0] for r in [*rows, stray]],
            "epci_code": [r[1] for r in [*rows, stray]],
            "week_start_date": pa.array([r[2] for r in [*rows, stray]], pa.date32()),
        }
    )
    score = score_alarms(tiny_world, alarms, watched=1000)
    assert score.sensitivity == 1
    assert score.delay_weeks == 0
    assert score.false_alarm_share == pytest.approx(0.001)
