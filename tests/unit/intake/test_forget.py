"""What an opposition or an erasure removes from the vault."""

from __future__ import annotations

import pytest

from p4dp.boundary.pseudonyms import level2_many
from p4dp.errors import P4dpError
from p4dp.intake import replay_quarantine
from p4dp.intake.forget import ForgetReport, forget_in_vault
from p4dp.vault import open_vault


def held(gate, table: str, columns: str) -> list[tuple]:
    with open_vault(gate.home, gate.keys) as vault:
        return vault.execute(f"select {columns} from vault.{table} order by all").fetchall()


@pytest.fixture
def person(gate, sample, damage):
    """A person of whom an act, and the own row, were set aside by a full delivery."""
    import csv

    first, second = sample("medirel", sequence=1), sample("medirel", sequence=2)
    with (second / "acte.csv").open(newline="") as handle:
        acts = list(csv.reader(handle, delimiter=";"))
    pseudo = acts[3][acts[0].index("patient_pseudo")]

    def spoil_act(rows):
        rows[3][rows[0].index("praticien_pseudo")] = "somebody"

    def spoil_patient(rows):
        own, year = rows[0].index("patient_pseudo"), rows[0].index("annee_naissance")
        for row in rows[1:]:
            if row[own] == pseudo:
                row[year] = "young"

    damage(second).edit_csv("acte.csv", spoil_act).edit_csv("patient.csv", spoil_patient)
    gate.receive(first, second)
    return "medirel", level2_many(gate.keys.level2, [pseudo])[0], second.name


def test_nothing_of_a_person_stays_in_the_vault(gate, person):
    source, pseudo, _ = person
    tokens = held(gate, "sealed_identity", "patient_pseudo")
    assert (pseudo,) in held(gate, "set_aside_key", "record_key"), "the case is planted"
    report = forget_in_vault(gate.home, gate.keys, [(source, pseudo)])
    assert report == ForgetReport(tokens=1, record_keys=2, quarantined_rows=2, originals=2)
    assert held(gate, "set_aside_key", "record_key") == []
    assert held(gate, "sealed_identity", "patient_pseudo") == [t for t in tokens if t != (pseudo,)]
    assert held(gate, "quarantine", "distinct content, state") == [(None, "forgotten")]
    assert list((gate.home.vault / "originals").iterdir()) == []
    again = forget_in_vault(gate.home, gate.keys, [(source, pseudo)])
    assert again == ForgetReport(0, 0, 0, 0)


def test_others_keep_theirs(gate, person):
    source, _, _ = person
    before = held(gate, "set_aside_key", "*"), held(gate, "quarantine", "content")
    report = forget_in_vault(gate.home, gate.keys, [("dosmed", person[1]), (source, "l2-nobody")])
    assert (report.tokens, report.record_keys, report.quarantined_rows) == (0, 0, 0)
    assert (held(gate, "set_aside_key", "*"), held(gate, "quarantine", "content")) == before


def test_a_replay_says_that_the_original_is_gone(gate, person):
    source, pseudo, delivery = person
    forget_in_vault(gate.home, gate.keys, [(source, pseudo)])
    with pytest.raises(P4dpError, match="Nothing of .* is kept"):
        replay_quarantine(gate.home, gate.keys, delivery)


def test_a_late_delivery_lands_nothing_of_the_person_again(gate, person, sample):
    """The keys are gone: earlier content that comes late is not kept for them."""
    source, pseudo, _ = person
    forget_in_vault(gate.home, gate.keys, [(source, pseudo)])
    gate.receive(sample("medirel", sequence=0))
    names = [p.name for p in (gate.home.landing / "p4dp" / "delivery").iterdir()]
    assert not [n for n in names if ".kept-" in n and n.endswith("-0")]
