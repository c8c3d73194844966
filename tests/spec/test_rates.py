"""Rates that count events: of how many people and events each worked patient is."""

from __future__ import annotations

from datetime import date

import pytest

from p4dp.indicators.measures import load_measures, union_sql

from .conftest import UNION
from .history import CASES, load, read_cases
from .small_warehouse import ROOT, SmallWarehouse

pytestmark = pytest.mark.slow

# Claims are complete up to six months before.
RUN = date(2025, 12, 30)
STATUSES = "fct_indicator_status_interval"
PATIENTS = read_cases(folder=CASES.parent / "rates")


@pytest.fixture(scope="module")
def statuses(tmp_path_factory):
    """A warehouse with the statuses of the people the rate is of."""
    warehouse = SmallWarehouse()
    warehouse.files[UNION] = tmp_path_factory.mktemp("union") / f"{UNION}.sql"
    of_the_rate = [m for m in load_measures(ROOT) if m.indicator_id == "ATB-ANY"]
    warehouse.files[UNION].write_text(union_sql(of_the_rate), encoding="utf-8")
    load(warehouse, PATIENTS, RUN)
    warehouse.build(RUN, [STATUSES, "int_indicators__membership"])
    warehouse.connection.execute(f"alter table indicators.{STATUSES} rename to everybody")
    return warehouse


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: patient.name)
def test_worked_patient_of_the_rate(statuses, patient):
    statuses.connection.execute(
        f"create or replace table indicators.{STATUSES} as"
        f" select * from indicators.everybody where person_key = {patient.person_key}"
    )
    found = [
        row
        for row in statuses.rows(statuses.render("fct_antibiotic_rate"))
        if row["practice_key"] == 1
    ]
    patients, dispensings = int(patient.record), int(patient.linked)
    assert [(row["patient_count"], row["dispensing_count"]) for row in found] == (
        [(patients, dispensings)] if patients else []
    )
