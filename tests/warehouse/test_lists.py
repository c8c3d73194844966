"""Lists, residences and windows from deliveries: what any day looked like, told by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from .landing import Delivery, Warehouse

pytestmark = pytest.mark.slow

LAST_YEAR = (date(2023, 1, 1), date(2023, 12, 31))
JANUARY = (date(2024, 1, 1), date(2024, 1, 31))
FEBRUARY = (date(2024, 2, 1), date(2024, 2, 29))


def patient(name: str, since: str, declared: str = "O", **changes: Any) -> dict[str, Any]:
    return {
        "patient_pseudo": name,
        "annee_naissance": 1960,
        "mois_naissance": 5,
        "sexe": "F",
        "medecin_traitant_declare": declared,
        "date_inscription": since,
        "commune_insee": "06088",
        **changes,
    }


def medirel(practice: str, sequence: int, period: tuple[date, date], *rows: Any) -> Delivery:
    kind = "full" if sequence == 1 else "changes"
    return Delivery("medirel", practice, sequence, {"patient": rows}, kind=kind, period=period)


def lists(warehouse: Warehouse, day: str) -> list[tuple[Any, ...]]:
    """People on each list of a day, larger lists first."""
    return warehouse.rows(
        "select count(*) from linked.fct_list_interval"
        f" where start_date <= date '{day}' and (end_date is null or end_date > date '{day}')"
        " group by practice_key order by 1 desc"
    )


def test_the_lists_of_any_day_add_up_to_the_people_registered(warehouse: Warehouse) -> None:
    warehouse.deliver(
        medirel(
            "p1",
            1,
            LAST_YEAR,
            patient("a", "01/03/2020"),
            patient("b", "01/03/2020", date_sortie="01/06/2023"),
            patient("c", "01/03/2020", declared="N"),
            patient("d", "01/03/2020"),
        ),
        # a and d are the same people as in p1; d registered here in June without p1 letting go
        medirel("p2", 1, LAST_YEAR, patient("d2", "01/06/2023"), patient("e", "15/09/2023")),
    )
    warehouse.link(d=4, d2=4)
    warehouse.build()
    # March: a, b, d at p1. July: a at p1, d at p2. October: e too.
    assert lists(warehouse, "2023-03-15") == [(3,)]
    assert lists(warehouse, "2023-07-15") == [(1,), (1,)]
    assert lists(warehouse, "2023-10-15") == [(2,), (1,)]
    # c is declared from January on; e leaves with February's delivery.
    warehouse.deliver(medirel("p1", 2, JANUARY, patient("c", "01/03/2020")))
    warehouse.build()
    warehouse.deliver(
        medirel("p2", 2, FEBRUARY, patient("e", "15/09/2023", date_sortie="20/02/2024"))
    )
    warehouse.build()
    assert lists(warehouse, "2023-10-15") == [(2,), (1,)]
    assert lists(warehouse, "2024-01-15") == [(2,), (2,)]
    assert lists(warehouse, "2024-02-25") == [(2,), (1,)]
    step_by_step = warehouse.contents()
    warehouse.build(full_refresh=True)
    assert warehouse.contents() == step_by_step


def test_a_move_is_dated_by_the_delivery_that_first_tells_it(warehouse: Warehouse) -> None:
    warehouse.deliver(medirel("p1", 1, LAST_YEAR, patient("a", "01/03/2020")))
    warehouse.build()
    warehouse.deliver(medirel("p1", 2, FEBRUARY, patient("a", "01/03/2020", commune_insee="76102")))
    warehouse.build()
    # 76102 belongs to 76351 (Le Havre) since 1953: a former code is read as today's.
    assert warehouse.rows(
        "select commune_code, start_date, end_date from linked.fct_residence order by start_date"
    ) == [
        ("06088", date(2023, 1, 1), date(2024, 2, 1)),
        ("76351", date(2024, 2, 1), None),
    ]
    assert warehouse.rows("select commune_code from linked.dim_patient") == [("76351",)]
