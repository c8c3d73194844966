"""Every worked patient of a case definition is a case from the day its table says, or possible."""

from __future__ import annotations

import csv

import pytest

from .history import AS_OF, CASES, load, read_cases
from .small_warehouse import MODELS, ROOT, SmallWarehouse

pytestmark = pytest.mark.slow

PATIENTS = read_cases(folder=CASES.parent / "case_definitions")
with (ROOT / "seeds/catalogue/case_definition.csv").open(encoding="utf-8", newline="") as file:
    DEFINITIONS = {row["case_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def warehouse() -> SmallWarehouse:
    """The cases of measures, and the problem list, whose evidence is of the linked layer."""
    made = SmallWarehouse()
    for table in ("condition", "long_term_illness", "hospital_diagnosis", "dispensing"):
        made.connection.execute(f"alter table linked.fct_{table} add column patient_pseudo string")
    made.connection.execute(
        "alter table linked.fct_prescription add column patient_pseudo string;"
        " alter table linked.fct_prescription add column prescription_code string"
    )
    load(made, PATIENTS)
    made.build(AS_OF, ["int_indicators__case"])
    made.connection.execute(
        "create view linked.int_linked__measurement as select *, value as canonical_value,"
        " false as is_censored, cast(null as string) as patient_pseudo from linked.fct_measurement"
    )
    # Everybody is due here.
    everybody = dict.fromkeys(("is_due", "is_due_person"), lambda: "true")
    made.templates.globals |= everybody
    for name in ("int_linked__measurement", "int_linked__problem_episode"):
        made.schemas[name] = "linked"
    for name in ("fct_problem_evidence", "int_linked__problem_episode"):
        (made.files[name],) = (MODELS / "linked").rglob(f"{name}.sql")
        made.connection.execute(f"create or replace table linked.{name} as {made.render(name)}")
    return made


@pytest.mark.parametrize(
    "patient", PATIENTS, ids=lambda patient: f"{patient.indicator_id}: {patient.name}"
)
def test_worked_patient_of_the_definition(warehouse, patient):
    definition = DEFINITIONS[patient.indicator_id]
    proven = {
        row["basis"]: row["case_date"].isoformat()
        for row in warehouse.rows(
            "select unit.basis, disease.case_date from indicators.int_indicators__case as disease"
            " inner join indicators.int_indicators__unit as unit using (unit_key)"
            " where disease.case_name = ? and unit.person_key = ?"
            " and coalesce(unit.practice_key, 1) = 1",
            [definition["case_name"], patient.person_key],
        )
    }
    suspected = warehouse.rows(
        "select max(record_certainty) as record, max(certainty) as linked"
        " from linked.int_linked__problem_episode where problem_id = ? and person_key = ?",
        [definition["problem_id"], patient.person_key],
    )[0]
    for basis, expected in (("record", patient.record), ("linked", patient.linked)):
        found = proven.get(basis) or ("possible" if suspected[basis] == "possible" else "none")
        assert found == expected, f"{basis}: {found}"
