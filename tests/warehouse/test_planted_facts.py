"""Every fact a small generated world planted is found once in the warehouse, and none is invented.

The truth is read here and nowhere in the pipeline. Values are compared where a unit was sent; what
the boundary coded from a label counts by its day.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from p4dp.boundary.pseudonyms import level2_many
from p4dp.synthetic.truth import open_truth, standing_facts

from .conftest import PlantedWorld

pytestmark = pytest.mark.slow

TYPE_AS_WRITTEN = """
    case
        when source = 'dosmed' and code = 'phone' then 'administrative'
        when source = 'fhirmed' and code = 'phone' then 'teleconsultation'
        when source = 'fhirmed' and code = 'administrative' then 'consultation'
        else code
    end"""

# name: (what was planted, what was found), as multisets of rows.
PLANTED: dict[str, tuple[str, str]] = {
    "contacts in records": (
        f"select source, patient_pseudo, fact_date, {TYPE_AS_WRITTEN} from truth"
        " where entity = 'encounter' and source <> 'snds'",
        "select source, patient_pseudo, encounter_date, encounter_type"
        " from linked.fct_encounter where source <> 'snds'",
    ),
    "contacts in claims": (
        "select patient_pseudo, fact_date, code, try_cast(other_code as int) from truth"
        " where entity = 'encounter' and source = 'snds'",
        "select patient_pseudo, encounter_date, encounter_code, specialty_code"
        " from linked.fct_encounter"
        " where source = 'snds' and encounter_type <> 'hospital_outpatient'",
    ),
    "hospital consultations": (
        "select patient_pseudo, fact_date, code from truth where entity = 'outpatient_visit'",
        "select patient_pseudo, encounter_date, encounter_code from linked.fct_encounter"
        " where encounter_type = 'hospital_outpatient'",
    ),
    "problems": (
        "select source, patient_pseudo, fact_date from truth where entity = 'condition'",
        "select source, patient_pseudo, condition_date from linked.fct_condition",
    ),
    "prescriptions": (
        "select source, patient_pseudo, fact_date, other_code from truth"
        " where entity = 'prescription'",
        "select source, patient_pseudo, prescription_date, atc_code from linked.fct_prescription",
    ),
    "dispensings": (
        "select patient_pseudo, fact_date, code, sum(value)::bigint from truth"
        " where entity = 'dispensing' group by all",
        "select patient_pseudo, dispensing_date, dispensing_code, sum(quantity)::bigint"
        " from linked.fct_dispensing group by all",
    ),
    "acts in records": (
        "select source, patient_pseudo, fact_date, code from truth"
        " where entity = 'procedure' and source <> 'snds'",
        "select source, patient_pseudo, procedure_date, procedure_code from linked.fct_procedure"
        " where source <> 'snds'",
    ),
    "acts in claims, outpatient records and stays, each once": (
        "select distinct patient_pseudo, fact_date, code from truth"
        " where entity = 'procedure' and source = 'snds' and is_attributable",
        "select patient_pseudo, procedure_date, procedure_code from linked.fct_procedure"
        " where source = 'snds' and procedure_system <> 'PRS_NAT_REF'"
        " group by patient_pseudo, procedure_date, procedure_code, setting",
    ),
    "organised screening tests": (
        "select distinct patient_pseudo, fact_date, code from truth"
        " where entity = 'nature' and code = '9434'",
        "select patient_pseudo, procedure_date, procedure_code from linked.fct_procedure"
        " where procedure_system = 'PRS_NAT_REF' and procedure_code = '9434'",
    ),
    "hospital stays": (
        "select patient_pseudo, fact_date, end_date, replace(code, '.', '') from truth"
        " where entity = 'hospital_stay' and is_attributable",
        "select patient_pseudo, hospital_stay_date, end_date, hospital_stay_code"
        " from linked.fct_hospital_stay",
    ),
    "long-term illnesses": (
        "select patient_pseudo, fact_date, replace(code, '.', '') from truth"
        " where entity = 'long_term_illness'",
        "select patient_pseudo, start_date, long_term_illness_code"
        " from linked.fct_long_term_illness",
    ),
    "vaccinations in records": (
        "select source, patient_pseudo, fact_date from truth"
        " where entity = 'vaccination' and source <> 'snds'",
        "select source, patient_pseudo, vaccination_date from linked.fct_vaccination"
        " where source <> 'snds'",
    ),
    "measurements": (
        "select source, patient_pseudo, fact_date, measure from truth"
        " where entity = 'measurement' and not coalesce(is_text_only, false)",
        "select f.source, f.patient_pseudo, measurement_date, f.measure"
        " from linked.fct_measurement as f where f.measure is not null"
        " except all select source, patient_pseudo, fact_date, measure from truth"
        " where entity = 'measurement' and is_text_only",
    ),
}

# Twins share a number: their records count where the hospital sent the rank, else nobody's.
NAMED_BY_RANK = {"hospital consultations"}

# Nth value of a person, day and measure against the nth planted one, in the canonical unit.
VALUES_THAT_DIFFER = """
    with planted as (
        select source, patient_pseudo, fact_date as day, measure, unit, value,
            is_unit_given and not is_unit_wrong as is_sure,
            row_number() over (partition by all_of_day order by value) as n,
            count(*) over (partition by all_of_day) as of_day
        from (
            select *, (source, patient_pseudo, fact_date, measure) as all_of_day from truth
            where entity = 'measurement' and value is not null
        )
    ),
    found as (
        select source, patient_pseudo, measurement_date as day, measure, unit, value,
            row_number() over (
                partition by source, patient_pseudo, measurement_date, measure order by value
            ) as n
        from linked.fct_measurement where measure is not null
    )
    select planted.*, found.value from planted inner join found
        using (source, patient_pseudo, day, measure, n)
    where is_sure
        and of_day = 1
        and (
            found.value is null
            or found.unit <> planted.unit
            or abs(found.value - planted.value) > 0.005 * abs(planted.value) + 0.051
        )
"""


@pytest.fixture(scope="module")
def compared(planted_world: PlantedWorld) -> duckdb.DuckDBPyConnection:
    """The warehouse of a small world, with table `truth` beside it."""
    connection = planted_world.connection
    facts = standing_facts(planted_world.folder, level2_key=planted_world.level2_key)
    connection.register("planted", facts)
    connection.execute("create temp table truth as select * from planted")
    return connection


@pytest.mark.parametrize("kind", PLANTED)
def test_every_planted_fact_is_found_once_and_none_is_invented(
    compared: duckdb.DuckDBPyConnection, kind: str
) -> None:
    planted, found = PLANTED[kind]
    named = f"{planted} and is_attributable" if kind in NAMED_BY_RANK else planted
    missing = compared.execute(f"({named}) except all ({found}) limit 5").fetchall()
    invented = compared.execute(f"({found}) except all ({planted}) limit 5").fetchall()
    assert compared.execute(f"select count(*) from ({planted})").fetchall()[0][0] > 0
    assert (missing, invented) == ([], [])


# What a practice coded: a code that is there is the planted one, in the system it is given in.
CODES = {"CIM-10": "replace(code, '.', '')", "CISP-2": "other_code"}


@pytest.mark.parametrize("system", CODES)
def test_a_code_is_the_planted_one_in_its_system(
    compared: duckdb.DuckDBPyConnection, system: str
) -> None:
    found = (
        "select source, patient_pseudo, condition_date, condition_code from linked.fct_condition"
        f" where condition_system = '{system}' and condition_code is not null"
    )
    planted = (
        f"select source, patient_pseudo, fact_date, {CODES[system]} from truth"
        " where entity = 'condition'"
    )
    assert compared.execute(f"select count(*) from ({found})").fetchall()[0][0] > 0
    assert compared.execute(f"({found}) except all ({planted}) limit 5").fetchall() == []


def test_charts_open_when_they_were_opened_and_deaths_in_claims_are_the_true_ones(
    planted_world: PlantedWorld, compared: duckdb.DuckDBPyConnection
) -> None:
    truth = open_truth(planted_world.folder)
    charts = truth.execute(
        "select source, patient_pseudo, start_date, is_declared from registration"
    ).to_arrow_table()
    insured = truth.execute(
        "select patient_pseudo, beneficiary_rank, death_date from claims_coverage"
    ).to_arrow_table()
    named = level2_many(planted_world.level2_key, charts["patient_pseudo"].to_pylist())
    numbers = level2_many(planted_world.level2_key, insured["patient_pseudo"].to_pylist())
    compared.register("chart", charts.append_column("shown", pa.array(named)))
    compared.register("insured", insured.append_column("shown", pa.array(numbers)))
    assert compared.execute(
        "select count(*) > 0, count(*) filter (where found.start_date is distinct from"
        " chart.start_date or coalesce(found.is_declared, false) <> chart.is_declared)"
        " from chart left join linked.fct_registration as found"
        " on chart.source = found.source and chart.shown = found.patient_pseudo"
    ).fetchall() == [(True, 0)]
    assert compared.execute(
        "select count(insured.death_date) > 0, count(*) filter (where"
        " person.death_date is distinct from insured.death_date)"
        " from insured left join linked.fct_patient_link as link on link.source = 'snds'"
        " and link.patient_pseudo = insured.shown || '-' || insured.beneficiary_rank"
        " left join linked.dim_patient as person on link.person_key = person.person_key"
    ).fetchall() == [(True, 0)]


def test_values_are_the_planted_ones_in_the_canonical_unit(
    compared: duckdb.DuckDBPyConnection,
) -> None:
    assert compared.execute(VALUES_THAT_DIFFER).fetchall() == []
