"""What a run makes of what changed: what a full rebuild makes, whatever came, in any order."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest

from .landing import Delivery, Warehouse

pytestmark = pytest.mark.slow

JANUARY = (date(2024, 1, 1), date(2024, 1, 31))
FEBRUARY = (date(2024, 2, 1), date(2024, 2, 29))
MARCH = (date(2024, 3, 1), date(2024, 3, 31))


def patient(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "patient_pseudo": name,
        "annee_naissance": 1960,
        "mois_naissance": 5,
        "sexe": "F",
        **changes,
    }


def visit(number: str, name: str, day: str, **changes: Any) -> dict[str, Any]:
    return {
        "num_consultation": number,
        "patient_pseudo": name,
        "praticien_pseudo": "doc",
        "date_consultation": day,
        "type_acte": "C",
        **changes,
    }


def medirel(
    practice: str, sequence: int, period: tuple[date, date], kind: str = "changes", **tables: Any
) -> Delivery:
    return Delivery("medirel", practice, sequence, tables, kind=kind, period=period)


def visits(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        "select patient_pseudo, encounter_date, encounter_type"
        " from linked.fct_encounter order by all"
    )


def assert_same_as_full_refresh(warehouse: Warehouse) -> None:
    step_by_step = warehouse.contents()
    warehouse.build(full_refresh=True)
    assert step_by_step == warehouse.contents()


BASE = medirel(
    "p1",
    1,
    JANUARY,
    "full",
    patient=[patient("a"), patient("b")],
    consultation=[
        visit("1", "a", "03/01/2024"),
        visit("2", "b", "04/01/2024"),
        visit("3", "a", "05/01/2024"),
    ],
)
CORRECTION = medirel("p1", 2, FEBRUARY, consultation=[visit("1", "a", "13/01/2024", type_acte="V")])
DELETION = medirel("p1", 3, MARCH, suppression=[{"table_name": "consultation", "record_id": "2"}])
OTHER_PRACTICE = medirel(
    "p2", 1, JANUARY, "full", patient=[patient("c")], consultation=[visit("1", "c", "09/01/2024")]
)


def test_order_of_arrival_does_not_matter(warehouse: Warehouse) -> None:
    expected = [
        ("a", date(2024, 1, 5), "consultation"),
        ("a", date(2024, 1, 13), "visit"),
        ("c", date(2024, 1, 9), "consultation"),
    ]
    orders = [
        [[DELETION, OTHER_PRACTICE], [CORRECTION], [BASE]],
        [[CORRECTION], [BASE, OTHER_PRACTICE], [DELETION]],
    ]
    for order in orders:
        warehouse.clear()
        for together in order:
            warehouse.deliver(*together)
            warehouse.build()
        assert visits(warehouse) == expected
    assert_same_as_full_refresh(warehouse)


def test_a_second_delivery_for_one_period_replaces_the_first(warehouse: Warehouse) -> None:
    again = medirel("p1", 4, FEBRUARY, consultation=[visit("3", "a", "06/01/2024")])
    warehouse.deliver(BASE, CORRECTION)
    warehouse.build()
    warehouse.deliver(again)
    warehouse.build()
    assert visits(warehouse) == [
        ("a", date(2024, 1, 3), "consultation"),
        ("a", date(2024, 1, 6), "consultation"),
        ("b", date(2024, 1, 4), "consultation"),
    ]
    assert_same_as_full_refresh(warehouse)


def test_a_full_delivery_drops_what_it_no_longer_holds(warehouse: Warehouse) -> None:
    whole = medirel(
        "p1", 5, MARCH, "full", patient=[patient("a")], consultation=[visit("3", "a", "05/01/2024")]
    )
    warehouse.deliver(BASE, CORRECTION, OTHER_PRACTICE)
    warehouse.build()
    warehouse.deliver(whole)
    warehouse.build()
    assert visits(warehouse) == [
        ("a", date(2024, 1, 5), "consultation"),
        ("c", date(2024, 1, 9), "consultation"),
    ]
    assert_same_as_full_refresh(warehouse)


def test_a_changed_link_moves_the_rows_of_its_person(warehouse: Warehouse) -> None:
    warehouse.deliver(BASE, OTHER_PRACTICE)
    warehouse.link(a=1, b=2, c=3)
    warehouse.build()
    warehouse.link(c=1)
    warehouse.build()
    persons = warehouse.rows(
        "select patient_pseudo, person_key from linked.fct_encounter group by all order by all"
    )
    assert persons == [("a", 1), ("b", 2), ("c", 1)]
    assert_same_as_full_refresh(warehouse)


def test_an_identity_that_leaves_the_register_leaves_the_facts(warehouse: Warehouse) -> None:
    warehouse.deliver(BASE)
    warehouse.build()
    warehouse.link(b=0)
    warehouse.build()
    assert {row[0] for row in visits(warehouse)} == {"a"}


def test_a_withdrawn_delivery_leaves_no_trace(warehouse: Warehouse) -> None:
    warehouse.deliver(BASE, OTHER_PRACTICE)
    warehouse.build()
    warehouse.withdraw(OTHER_PRACTICE)
    warehouse.link(c=0)
    warehouse.build()
    assert {row[0] for row in visits(warehouse)} == {"a", "b"}


def test_a_model_that_missed_a_run_catches_up(warehouse: Warehouse) -> None:
    """The ledger is kept per model: what one failed to take in, it takes in next time."""
    diagnosis = {
        "num_diagnostic": "1", "num_consultation": "1", "patient_pseudo": "a",
        "date_diagnostic": "03/01/2024", "codes_cisp2": "K86|T90", "statut": "A",
    }  # fmt: skip
    warehouse.deliver(BASE)
    warehouse.build()
    warehouse.deliver(medirel("p1", 2, FEBRUARY, diagnostic=[diagnosis]))
    warehouse.build(exclude=["fct_condition+"])
    assert warehouse.rows("from linked.fct_condition") == []
    warehouse.build()
    codes = warehouse.rows("select condition_code from linked.fct_condition order by 1")
    assert codes == [("K86",), ("T90",)]


def test_a_second_run_with_nothing_new_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.deliver(BASE, CORRECTION)
    warehouse.build()
    before = warehouse.contents()
    warehouse.build()
    assert warehouse.contents() == before


def test_random_splits_give_the_full_refresh(warehouse: Warehouse) -> None:
    random = Random(7)
    deliveries = [
        *_history(random, "p1", ["a", "b", "d"]),
        *_history(random, "p2", ["c", "e"]),
    ]
    for _ in range(2):
        warehouse.clear()
        order = random.sample(deliveries, len(deliveries))
        while order:
            size = random.randint(4, 8)
            batch, order = order[:size], order[size:]
            warehouse.deliver(*batch)
            if random.random() < 0.5:
                warehouse.link(**{random.choice("abcde"): random.randint(1, 3)})
            warehouse.build()
        assert_same_as_full_refresh(warehouse)


def _history(random: Random, practice: str, people: list[str]) -> list[Delivery]:
    """Deliveries of one practice that create, change and delete the same few records."""
    history = []
    for sequence in range(1, 7):
        month = random.choice([JANUARY, FEBRUARY, MARCH])
        tables: dict[str, Any] = {
            "patient": [
                patient(name, commune_insee=random.choice(["06088", "13055"])) for name in people
            ],
            "consultation": [
                visit(str(number), random.choice(people), f"{random.randint(1, 28):02d}/01/2024")
                for number in random.sample(range(6), 3)
            ],
            "suppression": [{"table_name": "consultation", "record_id": str(random.randrange(6))}],
        }
        history.append(
            medirel(
                practice, sequence, month, random.choice(["full", "changes", "changes"]), **tables
            )
        )
    return history
