"""Quarantine is listed, shown, and taken in after a fix, to the row."""

from __future__ import annotations

import dataclasses

import pytest

from p4dp.contracts import model
from p4dp.errors import P4dpError
from p4dp.intake import list_quarantine, replay_quarantine, show_quarantine


@pytest.fixture
def held(gate, sample, damage):
    """A delivery with two rows whose number of boxes is a word, and a file of other columns."""
    delivery = sample("medirel")

    def words(rows):
        rows[3][6] = "deux"
        rows[5][6] = "trois"

    damage(delivery).edit_csv("prescription.csv", words)
    damage(delivery).edit_csv("acte.csv", lambda rows: rows[0].__setitem__(4, "ccam"))
    gate.receive(delivery)
    return delivery.name


def test_listed_by_reason_and_shown_by_row(gate, held):
    groups = {(g.table, g.column): g for g in list_quarantine(gate.home, gate.keys)}
    assert groups["prescription", "nb_boites"].rows == 2
    assert groups["prescription", "nb_boites"].first_row == 3
    assert groups["acte", "code_ccam"].rows == 20
    rows = show_quarantine(gate.home, gate.keys, held, table="prescription")
    assert [(r.row, r.state) for r in rows] == [(3, "open"), (5, "open")]
    assert "deux" in (rows[0].content or "")


def test_an_unknown_delivery_is_told(gate, held):
    with pytest.raises(P4dpError, match="No delivery"):
        show_quarantine(gate.home, gate.keys, "medirel-unknown")


def test_without_a_fix_nothing_is_replayed(gate, held):
    report = replay_quarantine(gate.home, gate.keys, held)
    assert (report.accepted_row_count, report.remaining_row_count) == (0, 22)
    assert gate.landed_count("medirel", "prescription") == 18


def test_after_a_fix_the_rows_land_once_under_the_same_sequence(gate, held, monkeypatch):
    """The fix: the contract takes the number of boxes as text (landing stays a number)."""

    def corrected(column):
        return dataclasses.replace(column, name="ccam") if column.name == "code_ccam" else column

    contracts = []
    for contract in model._all_contracts():
        tables = tuple(
            dataclasses.replace(t, columns=tuple(corrected(c) for c in t.columns))
            if t.name == "acte"
            else t
            for t in contract.tables
        )
        contracts.append(
            dataclasses.replace(contract, tables=tables)
            if contract.source == "medirel"
            else contract
        )
    monkeypatch.setattr(model, "_all_contracts", lambda: tuple(contracts))
    report = replay_quarantine(gate.home, gate.keys, held)
    assert (report.accepted_row_count, report.remaining_row_count) == (20, 2)
    assert gate.landed("medirel", "acte", "distinct delivery_id, delivery_sequence") == [
        (f"{held}.replay-1", 1)
    ]
    assert {g.table for g in list_quarantine(gate.home, gate.keys)} == {"prescription"}
    again = replay_quarantine(gate.home, gate.keys, held)
    assert (again.accepted_row_count, again.remaining_row_count) == (0, 2)
    assert gate.landed_count("medirel", "acte") == 20
