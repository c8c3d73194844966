"""The history of statuses, the counts of units and the statuses at a date say the same."""

from __future__ import annotations

from datetime import date

import pytest

from .history import AS_OF, load, read_cases
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow

EARLIER = date(2024, 5, 31)


@pytest.fixture(scope="module")
def now(worked_patients):
    return worked_patients


@pytest.fixture(scope="module")
def earlier():
    warehouse = SmallWarehouse()
    load(warehouse, read_cases(AS_OF))
    warehouse.build(EARLIER)
    return warehouse


STATUS = """
    select indicator_id, indicator_version, person_key, practice_key,
        record_status, record_is_observable, linked_status, linked_is_observable
    from indicators.fct_indicator_status
    order by all
"""
INTERVAL_AT = """
    select distinct interval.indicator_id, interval.indicator_version, interval.person_key,
        interval.practice_key, interval.record_status, interval.record_is_observable,
        interval.linked_status, interval.linked_is_observable
    from indicators.fct_indicator_status_interval as interval
    inner join indicators.int_indicators__membership as panel
        on interval.person_key = panel.person_key and interval.practice_key = panel.practice_key
        and panel.population_basis = 'panel' and panel.valid_from <= ? and panel.valid_to > ?
    where interval.valid_from_date <= ? and coalesce(interval.valid_to_date, date '9999-12-31') > ?
    order by all
"""


def in_a_practice(rows):
    return [row for row in rows if row["practice_key"] is not None]


def test_the_interval_of_the_reference_date_has_the_status_of_that_date(now):
    statuses = in_a_practice(now.rows(STATUS))
    assert len(statuses) > 100
    assert statuses == now.rows(INTERVAL_AT, [AS_OF] * 4)


def test_the_past_read_from_intervals_is_what_a_run_of_that_date_found(now, earlier):
    # A silent practice and deliveries after the date change what was observable, not what was done.
    assert in_a_practice(earlier.rows(STATUS)) == now.rows(INTERVAL_AT, [EARLIER] * 4)


def test_intervals_of_a_person_follow_each_other(now):
    rows = now.rows(
        """
        select * from (
            select *, lead(valid_from_date) over (
                partition by indicator_id, indicator_version, person_key, practice_key
                order by valid_from_date
            ) as next_from_date
            from indicators.fct_indicator_status_interval
        )
        where valid_to_date <= valid_from_date or valid_to_date > next_from_date
            or (valid_to_date is null and next_from_date is not null)
        """
    )
    assert rows == []


@pytest.mark.parametrize("population_basis", ["active", "declared"])
@pytest.mark.parametrize("basis", ["record", "linked"])
def test_a_practice_counts_its_members_by_their_status(now, basis, population_basis):
    """Counted again in plain SQL from persons, memberships and statuses."""
    expected = now.rows(
        f"""
        select indicator_id,
            count(*) filter ({basis}_status = 'unknown') as unknown_count,
            count(*) filter ({basis}_status = 'met' and {basis}_is_observable) as numerator_count,
            count(*) filter (
                {basis}_status in ('met', 'not_met', 'declined') and {basis}_is_observable
            ) as denominator_count,
            count(*) filter ({basis}_status = 'met' and not {basis}_is_observable)
                as met_unobservable_count
        from indicators.fct_indicator_status as status
        inner join indicators.int_indicators__membership as member using (person_key, practice_key)
        where practice_key = 1 and member.population_basis = ? and member.basis in ('both', ?)
            and valid_from <= ? and valid_to > ? and {basis}_status != 'not_applicable'
        group by all order by 1
        """,
        [population_basis, basis, AS_OF, AS_OF],
    )
    found = now.rows(
        """
        select indicator_id, unknown_count, numerator_count, denominator_count,
            met_unobservable_count
        from indicators.fct_indicator_practice
        where practice_key = 1 and basis = ? and population_basis = ? and reference_date = ?
        order by 1
        """,
        [basis, population_basis, AS_OF],
    )
    assert found == expected and found


def test_a_past_month_of_a_practice_is_what_a_run_of_that_month_counted(now, earlier):
    sql = """
        select indicator_id, basis, population_basis, denominator_count, numerator_count,
            declined_count, excluded_count, unknown_count, met_unobservable_count, share, ci_low
        from indicators.fct_indicator_practice
        where practice_key = 1 and reference_date = ?
        order by all
    """
    found = now.rows(sql, [EARLIER])
    assert found and found == earlier.rows(sql, [EARLIER])


def test_country_adds_up_to_its_people(now):
    rows = now.rows(
        """
        select territory.indicator_id, eligible_count + excluded_count as counted,
            count(distinct status.person_key) as people
        from indicators.fct_indicator_territory as territory
        inner join indicators.fct_indicator_status as status
            on territory.indicator_id = status.indicator_id
            and status.linked_status != 'not_applicable'
        where territory.territory_level = 'country' and territory.basis = 'linked'
            and territory.population_basis = 'resident' and territory.reference_date = ?
        group by all
        """,
        [AS_OF],
    )
    assert rows and all(row["counted"] == row["people"] for row in rows)


def test_shares_lie_within_their_bounds(now):
    rows = now.rows(
        """
        select * from indicators.fct_indicator_territory
        where share_low > share_high or ci_low > share or ci_high < share
            or denominator_count > eligible_count or share_low < 0 or share_high > 1
        """
    )
    assert rows == []


@pytest.mark.parametrize(
    ("name", "intervals"),
    [
        # Born in February 1975: met from the month of the birthday, by a test at forty-nine.
        (
            "tested at forty-nine, fifty since: the test counts",
            [("met", date(2025, 2, 1), None)],
        ),
        # Born in June 1950: not met, met by the test, then out in the month of the birthday.
        (
            "tested at seventy-four, seventy-five this month: no longer counted",
            [
                # Claims since 2015: the first date whose 24 months they cover.
                ("not_met", date(2016, 12, 31), date(2024, 9, 10)),
                ("met", date(2024, 9, 10), date(2025, 6, 1)),
            ],
        ),
    ],
)
def test_turning_fifty_and_seventy_five_in_the_window(now, name, intervals):
    (case,) = (case for case in read_cases(AS_OF) if case.name == name)
    rows = now.rows(
        """
        select linked_status, valid_from_date, valid_to_date
        from indicators.fct_indicator_status_interval
        where indicator_id = 'SCR-CRC-PART' and person_key = ? and practice_key = 1
            and linked_status in ('met', 'not_met')
        order by valid_from_date
        """,
        [case.person_key],
    )
    assert [tuple(row.values()) for row in rows] == intervals


def test_two_versions_of_a_rule_stand_side_by_side_by_date():
    """A grafted woman, HPV test of four years ago: covered until the rule changed."""
    cases = [
        case
        for case in read_cases()
        if (case.indicator_id, case.name) == ("SCR-CER-COV", "HPV test of four years ago, grafted")
    ]
    as_of = cases[0].as_of
    warehouse = SmallWarehouse()
    load(warehouse, cases, as_of)
    warehouse.build(as_of, ["fct_indicator_status", "fct_indicator_status_interval"])
    rows = warehouse.rows(
        """
        select indicator_version, linked_status, valid_from_date, valid_to_date
        from indicators.fct_indicator_status_interval
        where indicator_id = 'SCR-CER-COV' and practice_key = 1 and valid_from_date >= '2022-07-10'
        order by valid_from_date
        """
    )
    changed = date(2025, 10, 8)
    assert [tuple(row.values()) for row in rows] == [
        ("1", "met", date(2022, 7, 10), changed),
        ("2", "not_met", changed, None),
    ]
    versions = warehouse.rows(
        "select distinct indicator_version from indicators.fct_indicator_status"
        " where indicator_id = 'SCR-CER-COV'"
    )
    assert [row["indicator_version"] for row in versions] == ["2"]
