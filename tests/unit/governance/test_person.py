"""One person's page: whole, labelled, only for those who may, always on the trail."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest
from typer.testing import CliRunner

from p4dp.cli import app
from p4dp.errors import P4dpError
from p4dp.governance import PersonReader, Trail, grant, person_page, revoke
from p4dp.release import publish
from p4dp.settings import Home

TODAY, LATER = date(2026, 1, 10), date(2099, 12, 31)
KEY = 4711


def build(home: Home) -> None:
    """Two persons; the second has a record at two practices."""
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as c:
        for schema in ("linked", "indicators", "catalogue", "published"):
            c.execute(f"create schema {schema}")
        c.execute(
            f"""create table linked.dim_patient as
            select * from (values
                (12::bigint, 1990, 2, 'F', '06088', null::date, false, 'single'),
                ({KEY}, 1950, 7, 'M', '06088', null, true, 'nir')
            ) as t(person_key, birth_year, birth_month, sex, commune_code, death_date,
                is_linked_snds, link_method)"""
        )
        c.execute(
            """create table linked.dim_practice as
            select 7::bigint as practice_key, 'medirel' as vendor"""
        )
        c.execute(
            f"""create table indicators.fct_cardiovascular_risk as
            select {KEY}::bigint as person_key,
            'SCORE2-OP' as model, null::double as risk_share, 0.08 as risk_low_share,
            0.16 as risk_high_share, 'very_high' as category_esc2021,
            'smoking' as missing_inputs"""
        )
        c.execute(
            f"""create table indicators.fct_out_of_pathway as select {KEY}::bigint as person_key,
            'no_declared_gp' as state, 'x' as reason, null::varchar as blind_spot"""
        )
        c.execute(
            """create table catalogue.indicator as select 'CV-BP' as indicator_id,
            '1' as indicator_version, 'cardiovascular' as family, 'Pression' as title_fr,
            'Pressure' as title_en, 'higher_is_better' as direction"""
        )
        c.execute(
            """create table catalogue.label as select * from (values
            ('status', 'unknown', 'Inconnu', 'Unknown'), ('status', 'met', 'Fait', 'Done'),
            ('reason', 'bp_not_measured', 'Non mesurée', 'Not measured'),
            ('evidence_source', 'snds', 'SNDS', 'Claims'),
            ('pathway_state', 'no_declared_gp', 'Sans médecin traitant', 'No GP'),
            ('risk_category', 'very_high', 'Très élevé', 'Very high')
            ) as t(kind, code, label_fr, label_en)"""
        )
        c.execute(
            f"""create table indicators.fct_indicator_status as select
                'CV-BP' as indicator_id, '1' as indicator_version, person_key::bigint as person_key,
                practice_key::bigint as practice_key, date '2025-12-31' as reference_date,
                'unknown' as record_status, 'bp_not_measured' as record_reason_code,
                false as record_is_observable, null::date as record_evidence_date,
                'met' as linked_status, 'new_reason' as linked_reason_code,
                true as linked_is_observable, date '2025-05-02' as linked_evidence_date,
                'snds' as linked_evidence_source
            from (values ({KEY}, 7), ({KEY}, 8), (12, 7)) as t(person_key, practice_key)"""
        )
    publish(home.warehouse, home, as_of="2025-12-31", inputs={}, code_version="test")


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "home")
    build(home)
    grant(home, "ana", "analyst", LATER, granted_by="test")
    grant(home, "epi", "epidemiologist", LATER, granted_by="test")
    return home


@pytest.fixture
def trail(home) -> Trail:
    return Trail(home, bytes(range(32)))


def test_the_page_holds_every_status_on_both_bases_with_labels(home, trail):
    page = person_page(home, KEY, trail, user="ana", today=TODAY)
    assert [row["practice_key"] for row in page.statuses] == [7, 8]
    row = page.statuses[0]
    assert (row["record_status_fr"], row["record_reason_fr"]) == ("Inconnu", "Non mesurée")
    assert (row["linked_status_fr"], row["linked_evidence_source_fr"]) == ("Fait", "SNDS")
    assert row["linked_evidence_date"] == date(2025, 5, 2)
    # A value without a label shows as it is.
    assert row["linked_reason_fr"] == "new_reason"
    assert page.person["pathway_state_fr"] == "Sans médecin traitant"
    assert page.person["risk_category_fr"] == "Très élevé"


def test_a_person_without_risk_or_pathway_still_has_a_page(home, trail):
    page = person_page(home, 12, trail, user="ana", today=TODAY)
    assert page.person["risk_model"] is None and len(page.statuses) == 1


def test_each_access_is_on_the_trail_without_naming_the_person(home, trail):
    person_page(home, KEY, trail, user="ana", purpose="check", today=TODAY)
    with pytest.raises(P4dpError, match="not open to this account"):
        person_page(home, KEY, trail, user="epi", today=TODAY)
    with pytest.raises(P4dpError, match="no account"):
        person_page(home, KEY, trail, user="nobody", today=TODAY)
    with pytest.raises(P4dpError, match="no person 5"):
        person_page(home, 5, trail, user="ana", today=TODAY)
    events = list(trail.events())
    assert [(e["action"], e["actor"], e["outcome"]) for e in events] == [
        ("person", "ana", "done"),
        ("person", "epi", "refused"),
        ("person", "nobody", "refused"),
        ("person", "ana", "failed"),
    ]
    assert events[0]["row_count"] == 3 and events[0]["purpose"] == "check"
    assert events[0]["details"]["person"] == events[1]["details"]["person"]
    assert events[0]["details"]["person"] != events[3]["details"]["person"]
    assert str(KEY) not in json.dumps([e["details"] for e in events])


def test_an_open_reader_meets_the_next_release_and_a_revoked_account(home, trail):
    with PersonReader(home, trail, user="ana") as reader:
        first = reader.page(KEY, today=TODAY)
        assert reader.page(12, today=TODAY).release_id == first.release_id
        with duckdb.connect(str(home.warehouse)) as c:
            c.execute("update linked.dim_patient set commune_code = '13055'")
        publish(home.warehouse, home, as_of="2026-01-31", inputs={}, code_version="test")
        second = reader.page(KEY, today=TODAY)
        assert second.release_id != first.release_id
        assert second.person["commune_code"] == "13055"
        revoke(home, "ana")
        with pytest.raises(P4dpError):
            reader.page(KEY, today=TODAY)
    outcomes = [(e["action"], e["outcome"]) for e in trail.events()]
    assert outcomes == [("person", "done")] * 3 + [("person", "refused")]


def test_persons_lie_together_in_the_release(home):
    from p4dp.release import open_release

    with open_release(home) as connection:
        keys = connection.execute("select person_key from indicators.fct_indicator_status")
        assert [key for (key,) in keys.fetchall()] == [12, KEY, KEY]


def test_the_command_prints_french_labels(home, tmp_path, monkeypatch):
    from p4dp.governance import os_user

    grant(home, os_user(), "analyst", LATER, granted_by="test")
    monkeypatch.setenv("P4DP_HOME", str(home.root))
    monkeypatch.setenv("P4DP_KEYS", str(tmp_path / "keys"))
    (tmp_path / "keys").mkdir(mode=0o700)
    for place, name in enumerate(("level2", "vault", "trail")):
        key = tmp_path / "keys" / f"{name}.key"
        key.write_text(f"{place + 1:064x}\n")
        key.chmod(0o600)
    result = CliRunner().invoke(app, ["person", str(KEY), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["statuses"][0]["linked_evidence_date"] == "2025-05-02"
    shown = CliRunner().invoke(app, ["person", str(KEY)])
    assert "Très élevé" in shown.output and "8.0% – 16.0%" in shown.output
    assert CliRunner().invoke(app, ["person", "5"]).exit_code == 1
