"""Weekly syndromes: what is a case, where and when it counts, and which practices count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from .history import Case, load
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow

AS_OF = date(2025, 6, 30)
WEEK = date(2025, 3, 3)

PEOPLE = {
    "flu": ("2025-03-04 cisp2 R80", [WEEK]),
    "flu by CIM-10": ("2025-03-04 cim10 J11.1", [WEEK]),
    "fever and cough in one contact": (
        "2025-03-04 cisp2 A03 501; 2025-03-04 cisp2 R05 501",
        [WEEK],
    ),
    "fever and muscle pain": ("2025-03-04 cisp2 A03 502; 2025-03-04 cisp2 L18 502", [WEEK]),
    "fever alone": ("2025-03-04 cisp2 A03", []),
    "fever and cough on different days": ("2025-03-04 cisp2 A03; 2025-03-06 cisp2 R05", []),
    "bird flu stands apart": ("2025-03-04 cim10 J09", []),
    "seen again within a fortnight": ("2025-03-04 cisp2 R80; 2025-03-18 cisp2 R80", [WEEK]),
    "ill again after a fortnight": (
        "2025-03-04 cisp2 R80; 2025-03-19 cisp2 R80",
        [WEEK, date(2025, 3, 17)],
    ),
    "seen in two practices": ("2025-03-04 cisp2 R80; 2025-03-06 cisp2 R80 @B", [WEEK]),
    "on a Sunday": ("2025-03-09 cisp2 R80", [WEEK]),
}


@pytest.fixture(scope="module")
def warehouse():
    warehouse = SmallWarehouse()
    cases = [
        Case("-", name, "F 1980-05", history, "", "", number)
        for number, (name, (history, _)) in enumerate(PEOPLE.items(), start=1)
    ]
    load(warehouse, cases)
    # Both practices see three patients on every working day; B closes for two weeks in April.
    day, key = date(2024, 1, 1), 10**6
    while day <= AS_OF:
        for practice in (1, 2):
            closed = practice == 2 and date(2025, 4, 14) <= day <= date(2025, 4, 27)
            if day.weekday() < 5 and not closed:
                for person in (1, 2, 3):
                    key += 1
                    warehouse.insert(
                        "linked.fct_encounter",
                        encounter_key=key,
                        person_key=person,
                        practice_key=practice,
                        encounter_date=day,
                        encounter_type="consultation",
                        is_clinical_contact=True,
                        is_gp=True,
                        source="medirel",
                    )
        day += timedelta(days=1)
    for person in (1, 2, 3):
        warehouse.insert(
            "linked.fct_registration",
            person_key=person,
            practice_key=2,
            source="medirel",
            start_date=date(2010, 1, 1),
        )
    warehouse.build(AS_OF)
    return warehouse


@pytest.mark.parametrize("name", PEOPLE)
def test_who_is_a_case_and_when(warehouse, name):
    person_key = list(PEOPLE).index(name) + 1
    rows = warehouse.rows(
        "select week_start_date from indicators.int_syndrome__case"
        " where person_key = ? and syndrome_id = 'influenza_like_illness' order by 1",
        [person_key],
    )
    assert [row["week_start_date"] for row in rows] == PEOPLE[name][1]


OTHERS = {
    "acute_diarrhoea": [
        ("2025-03-04 cisp2 D73", "F 1980-05", 1),
        ("2025-03-04 cisp2 D10", "F 1980-05", 0),
        ("2025-03-04 cisp2 D10", "F 2020-05", 1),
    ],
    "bronchiolitis": [
        ("2025-03-04 cisp2 R78", "F 2023-04", 1),
        ("2025-03-04 cisp2 R78", "F 2023-03", 0),
        ("2025-03-04 cisp2 R78", "F 1980-03", 0),
    ],
    "acute_respiratory_infection": [
        ("2025-03-04 cisp2 R74", "F 1980-05", 1),
        ("2025-03-04 cisp2 R76", "F 1980-05", 0),
    ],
    "chickenpox": [("2025-03-04 cisp2 A72; 2025-12-01 cisp2 A72", "F 1980-05", 1)],
    "heat_illness": [("2025-06-24 cim10 T67.0", "F 1940-05", 1)],
}


def test_each_syndrome_has_its_codes_ages_and_episodes():
    warehouse = SmallWarehouse()
    people = [(name, *person) for name, persons in OTHERS.items() for person in persons]
    load(
        warehouse,
        [
            Case("-", name, person, history, "", "", number)
            for number, (name, history, person, _) in enumerate(people, start=1)
        ],
    )
    warehouse.build(AS_OF)
    rows = warehouse.rows(
        "select syndrome_id, person_key, count(*) as cases from indicators.int_syndrome__case"
        " group by all"
    )
    found = {(row["syndrome_id"], row["person_key"]): row["cases"] for row in rows}
    for number, (name, history, person, cases) in enumerate(people, start=1):
        assert found.get((name, number), 0) == cases, (name, history, person)


def test_what_is_for_the_desk_only_is_not_published(warehouse):
    rows = warehouse.rows("select distinct syndrome_id from published.pub_weekly_syndrome")
    published = {row["syndrome_id"] for row in rows}
    assert "influenza_like_illness" in published
    assert not published & {"suicide_attempt", "measles"}


def test_what_is_for_the_desk_only_is_not_shown_per_practice(warehouse):
    rows = warehouse.rows(
        "select distinct syndrome_id from indicators.fct_weekly_syndrome"
        " where territory_level = 'practice'"
    )
    assert "suicide_attempt" not in {row["syndrome_id"] for row in rows}


def country_week(warehouse, week: date) -> dict | None:
    rows = warehouse.rows(
        "select * from indicators.fct_weekly_syndrome where territory_level = 'country'"
        " and place_basis = 'practice' and week_start_date = ?"
        " and syndrome_id = 'influenza_like_illness'",
        [week],
    )
    return rows[0] if rows else None


def test_a_week_counts_its_cases_once_at_every_level(warehouse):
    expected = sum(WEEK in weeks for _, weeks in PEOPLE.values())
    levels = warehouse.rows(
        "select territory_level, place_basis, sum(case_count) as cases"
        " from indicators.fct_weekly_syndrome where week_start_date = ?"
        " and syndrome_id = 'influenza_like_illness' group by all",
        [WEEK],
    )
    # A practice, and four levels by two places.
    assert len(levels) == 9 and {row["cases"] for row in levels} == {expected}


def test_a_week_without_a_case_is_a_row_of_zero(warehouse):
    row = country_week(warehouse, date(2025, 5, 5))
    assert row["case_count"] == 0 and row["incidence_per_100k"] == 0 and row["ci_low"] == 0
    assert row["ci_high"] > 0


def test_a_closed_practice_leaves_numerator_and_denominator(warehouse):
    open_week, closed_week = (
        country_week(warehouse, date(2025, 4, 7)),
        country_week(warehouse, date(2025, 4, 14)),
    )
    assert (open_week["reporting_practices"], closed_week["reporting_practices"]) == (2, 1)
    assert closed_week["population"] < open_week["population"]


def test_a_week_is_consolidated_a_fortnight_after_its_end(warehouse):
    assert country_week(warehouse, date(2025, 6, 9))["is_consolidated"]
    assert not country_week(warehouse, date(2025, 6, 16))["is_consolidated"]


def test_nothing_published_names_a_practice(warehouse):
    rows = warehouse.rows("select distinct territory_level from published.pub_weekly_syndrome")
    assert {row["territory_level"] for row in rows} == {"epci", "departement", "region", "country"}
