"""A status follows one order, for every measure and both bases, whatever else is recorded."""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import product

import pytest

from p4dp.indicators.measures import load_measures

from .history import AS_OF, expected, read_cases
from .small_warehouse import ROOT, SmallWarehouse

pytestmark = pytest.mark.slow

PARTS = ("denominator", "exclusion", "numerator", "declined", "not_met", "unobservable")
BUILT = ("fct_indicator_status", "int_indicators__unit_interval")


def expected_status(holds: set[str], observed: bool) -> str:
    """The order as the specification words it, read from the top."""
    if "denominator" not in holds:
        return "not_applicable"
    for part, status in (
        ("exclusion", "excluded"),
        ("numerator", "met"),
        ("declined", "declined"),
        ("not_met", "not_met"),
    ):
        if part in holds:
            return status
    return "not_met" if observed and "unobservable" not in holds else "unknown"


@pytest.fixture(scope="module")
def combinations():
    """A person for every combination of parts and observability; each measure is told them all."""
    warehouse = SmallWarehouse()
    run = warehouse.connection.execute
    people = {
        number: ({part for part, told in zip(PARTS, chosen, strict=True) if told}, observed)
        for number, (*chosen, observed) in enumerate(
            product((False, True), repeat=len(PARTS) + 1), start=1
        )
    }
    run("insert into staging.stg_run values ($1, $1, true)", [AS_OF])
    for name, query in {
        "int_indicators__every_unit": """
            select basis.sign * person.key as unit_key, basis.name as basis,
                person.key as person_key,
                case when basis.sign = 1 then cast(1 as bigint) end as practice_key,
                date '1960-01-01' as birth_month_date, 'F' as sex,
                date '9999-12-31' as life_end_date, true as is_linked_snds
            from person cross join (values (1, 'record'), (-1, 'linked')) as basis(sign, name)
        """,
        "int_indicators__membership": """
            select 'both' as basis, 'panel' as population_basis, key as person_key,
                cast(1 as bigint) as practice_key, date '2000-01-01' as valid_from,
                date '9999-12-31' as valid_to
            from person
        """,
        "int_indicators__part": """
            select indicator.indicator_id, indicator.indicator_version, told.part, told.unit_key,
                date '2000-01-01' as valid_from, date '9999-12-31' as valid_to,
                'why_' || told.part as reason_code, date '2025-01-01' as evidence_date,
                'ehr' as evidence_source
            from catalogue.indicator cross join told
        """,
        "int_indicators__observable": """
            select indicator.indicator_id, indicator.indicator_version, seen.unit_key,
                date '2000-01-01' as valid_from, date '9999-12-31' as valid_to
            from catalogue.indicator cross join seen
        """,
    }.items():
        if name == "int_indicators__every_unit":
            keys = ", ".join(f"({key})" for key in people)
            run(f"create table person as select * from (values {keys}) as person(key)")
            told = ", ".join(
                f"('{part}', {sign * key})"
                for key, (holds, _) in people.items()
                for part in holds
                for sign in (1, -1)
            )
            run(f"create table told as select * from (values {told}) as told(part, unit_key)")
            seen = ", ".join(
                f"({sign * key})"
                for key, (_, observed) in people.items()
                if observed
                for sign in (1, -1)
            )
            run(f"create table seen as select * from (values {seen}) as seen(unit_key)")
        run(f"create table indicators.{name} as {query}")
        del warehouse.files[name]
    for name in BUILT:
        run(f"create table indicators.{name} as {warehouse.render(name)}")
    return warehouse, people


def in_force() -> set[tuple[str, str]]:
    with (ROOT / "seeds" / "catalogue" / "indicator.csv").open(encoding="utf-8") as file:
        return {
            (row["indicator_id"], row["indicator_version"])
            for row in csv.DictReader(file)
            if row["valid_from"] <= str(AS_OF)
            and (not row["valid_to"] or row["valid_to"] > str(AS_OF))
        }


def test_every_measure_gives_every_combination_the_status_of_the_order(combinations):
    warehouse, people = combinations
    found = {
        (row["indicator_id"], row["indicator_version"], row["person_key"]): row
        for row in warehouse.rows("select * from indicators.fct_indicator_status")
    }
    measures = in_force()
    assert {key[:2] for key in found} == measures and len(measures) > 60
    for key, (holds, observed) in people.items():
        status = expected_status(holds, observed)
        for measure in measures:
            row = found.get((*measure, key))
            for basis in ("record", "linked"):
                given = row[f"{basis}_status"] if row else "not_applicable"
                assert given == status, (measure, basis, holds, observed)


def test_history_gives_the_same_statuses(combinations):
    warehouse, people = combinations
    rows = warehouse.rows(
        "select indicator_id, indicator_version, abs(unit_key) as person_key, status"
        " from indicators.int_indicators__unit_interval"
        " where valid_from <= ? and valid_to > ?",
        [AS_OF, AS_OF],
    )
    found = defaultdict(set)
    for row in rows:
        found[row["indicator_id"], row["indicator_version"], row["person_key"]].add(row["status"])
    for key, (holds, observed) in people.items():
        status = expected_status(holds, observed)
        for measure in in_force():
            given = found.get((*measure, key), {"not_applicable"})
            assert given == {status}, (measure, holds, observed)


REACHED_BY = {
    "exclusion": "excluded",
    "declined": "declined",
    "unobservable": "unknown",
    "not_met": "not_met",
    "numerator": "met",
}


@pytest.mark.parametrize("measure", load_measures(ROOT), ids=lambda m: f"{m.folder}")
def test_every_status_a_measure_can_give_has_a_worked_patient(measure):
    """And one who is not concerned; a part nobody exercises could say anything."""
    statuses = set()
    for case in read_cases():
        if (case.indicator_id, case.indicator_version) == (
            measure.indicator_id,
            measure.indicator_version,
        ):
            statuses |= {expected(case.record)[0], expected(case.linked)[0]}
    needed = {status for part, status in REACHED_BY.items() if part in measure.parts}
    assert needed | {"not_applicable"} <= statuses
