"""The conformity kit: the gate's verdict, measures with examples, a page that needs nothing."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from p4dp.cli import app
from p4dp.contracts import load_contracts
from p4dp.contracts.sample import write_sample_delivery
from p4dp.intake.scorecard import score_delivery
from p4dp.intake.scorecard_page import render_page


def measure(card, aspect, column):
    (found,) = [m for m in card.measures if (m.aspect, m.column) == (aspect, column)]
    return found


@pytest.mark.parametrize("contract", load_contracts(), ids=lambda c: f"{c.source}-{c.version}")
def test_a_sample_conforms(tmp_path, contract):
    card = score_delivery(write_sample_delivery(tmp_path, contract.source, contract.version))
    assert card.verdict == "accepted" and card.accepted == card.received > 0
    assert {m.aspect for m in card.measures} >= {"completeness", "dates"}


def test_the_verdict_is_the_gates_own(gate, sample, damage):
    """Same counts, same verdict as `receive`, on a delivery with every kind of fault."""

    def faults(rows):
        rows[1][6] = "deux"
        rows[2][0] = ""
        rows.append(list(rows[3]))

    delivery = sample("medirel")
    damage(delivery).edit_csv("prescription.csv", faults)
    damage(delivery).edit_csv("acte.csv", lambda rows: rows[0].__setitem__(4, "ccam"))
    card = score_delivery(delivery)
    (receipt,) = gate.receive(delivery).deliveries
    assert card.verdict == receipt.status == "partially_accepted"
    assert card.received == receipt.received_row_count
    assert card.accepted == receipt.accepted_row_count
    assert sum(t.quarantined for t in card.tables) == receipt.quarantined_row_count
    assert sum(t.duplicate for t in card.tables) == receipt.duplicate_row_count
    (prescription,) = [t for t in card.tables if t.table == "prescription"]
    assert ("not a whole number", "nb_boites", 1, 1) in prescription.reasons


def test_content_is_measured_with_the_first_bad_example(sample, damage):
    def change(rows):
        rows[4][4] = "RDV"
        rows[6][3] = "31/02/2024"
        rows[8][3] = "01/01/2031"

    delivery = sample("medirel")
    damage(delivery).edit_csv("consultation.csv", change)
    card = score_delivery(delivery)
    kinds = measure(card, "values", "type_acte")
    assert (kinds.share, kinds.example, kinds.example_row) == (0.95, "RDV", 4)
    dates = measure(card, "dates", "date_consultation")
    # The sample's period ends in January: its February consultations are outside.
    assert dates.example_row is not None and dates.share < 0.95


def test_columns_that_are_rightly_empty_are_no_gap(sample):
    card = score_delivery(sample("medirel"))
    death = measure(card, "completeness", "date_deces")
    assert (death.share, death.expected, death.attained) == (0.0, 0.0, 1.0)
    whole = [m for m in card.measures if m.aspect == "completeness" and m.expected]
    assert card.mean_share("completeness") == pytest.approx(
        sum(m.attained * m.count for m in whole) / sum(m.count for m in whole)
    )


def test_orphan_references_are_told_and_land_all_the_same(gate, sample, damage):
    delivery = sample("fhirmed")
    path = delivery / "Condition.ndjson"
    lines = path.read_text().splitlines()
    lines[2] = re.sub(r'"Encounter/[^"]+"', '"Encounter/nowhere"', lines[2])
    # A resource may even refer to itself: no reference is followed further than its own end.
    own = json.loads(lines[3])["id"]
    lines[3] = re.sub(r'"Encounter/[^"]+"', f'"Condition/{own}"', lines[3])
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("Condition.ndjson")
    card = score_delivery(delivery)
    (found,) = [
        m
        for m in card.measures
        if (m.aspect, m.table, m.column) == ("references", "Condition", "encounter_id")
    ]
    assert (card.verdict, found.share, found.example) == ("accepted", 0.9, "nowhere")
    gate.receive(delivery)
    assert gate.landed_count("fhirmed", "condition") == 20


def test_units_and_codes_are_measured(sample, damage):
    def change(rows):
        for row in rows[1:11]:
            row[4], row[5] = "5,2", ""
        for row in rows[1:6]:
            row[3] = "SODIUM"

    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", change)
    card = score_delivery(delivery)
    units = measure(card, "units", "valeur")
    assert units.count == 20 and units.share <= 0.5
    assert measure(card, "mapping", "code_analyse").share < 1


def test_local_laboratory_codes_come_with_a_suggestion_or_none(sample, damage):
    def change(rows):
        for row in rows[1:]:
            row[3] = "BIO-HDLC"
        rows[1][3] = "ZZ-9"

    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", change)
    card = score_delivery(delivery)
    found = {s.label: (s.count, s.code, s.rule) for s in card.suggestions}
    assert found == {"BIO-HDLC": (19, "14646-4", "exact"), "ZZ-9": (1, None, None)}
    assert "BIO-HDLC" in render_page(card)


def test_an_identity_refuses_with_its_place(sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", lambda rows: rows[3].__setitem__(4, "a@b.example"))
    card = score_delivery(delivery)
    (identity,) = card.identities
    assert card.verdict == "refused"
    assert (identity.column, identity.row, identity.kind) == ("valeur", 3, "e-mail address")


def test_nothing_is_written_and_no_secret_is_needed(sample, tmp_path, monkeypatch):
    delivery = sample("dosmed")
    before = sorted(p for p in tmp_path.rglob("*"))
    monkeypatch.setenv("P4DP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("P4DP_KEYS", str(tmp_path / "keys"))
    score_delivery(delivery)
    assert sorted(p for p in tmp_path.rglob("*")) == before


def test_the_page_stands_alone(sample):
    page = render_page(score_delivery(sample("fhirmed")))
    assert "<svg" in page and "<script" not in page
    assert not re.findall(r"(?:src|href)=", page)
    assert not re.findall(r"https?://", page.replace("http://loinc.org", ""))


def test_content_of_a_delivery_cannot_break_the_page(sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv(
        "consultation.csv", lambda rows: rows[4].__setitem__(4, "<script>alert(1)</script>")
    )
    assert "<script" not in render_page(score_delivery(delivery))


def test_the_command_tells_by_exit_code_json_and_page(sample, damage, tmp_path):
    delivery = sample("medirel")
    page = tmp_path / "card.html"
    result = CliRunner().invoke(
        app, ["check-delivery", str(delivery), "--html", str(page), "--json"]
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout)["verdict"] == "accepted" and page.exists()
    damage(delivery).edit_csv("acte.csv", lambda rows: rows[1].__setitem__(0, ""))
    result = CliRunner().invoke(app, ["check-delivery", str(delivery)])
    assert result.exit_code == 1 and "Partly accepted" in result.stdout
