"""Indicators made again for the persons touched are what a full rebuild makes of everybody."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest

from .landing import Delivery, Warehouse

pytestmark = pytest.mark.slow

INDICATORS = "+path:dbt_project/models/indicators"
COMPARED = (
    "int_indicators__every_unit",
    "int_indicators__membership",
    "int_indicators__part",
    "int_indicators__observable",
    "int_indicators__unit_interval",
    "int_indicators__place_member",
    "fct_indicator_status",
    "fct_indicator_status_interval",
    "fct_indicator_practice",
    "fct_indicator_territory",
    "fct_cardiovascular_risk",
    "fct_out_of_pathway",
    "fct_recording_quality",
    "fct_weekly_syndrome",
)
MONTHS = [
    (date(2024, 9, 1), date(2024, 9, 30)),
    (date(2024, 10, 1), date(2024, 10, 31)),
    (date(2024, 11, 1), date(2024, 11, 30)),
]


def build(warehouse: Warehouse, *, full_refresh: bool = False) -> None:
    warehouse.dbt.build("--select", INDICATORS, *(["--full-refresh"] if full_refresh else []))


def contents(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table: sorted(warehouse.rows(f"from indicators.{table}"), key=repr) for table in COMPARED
    }


def month_of(practice: str, sequence: int, random: Random) -> Delivery:
    """What one practice sends for one month: its list first, then visits, readings and results."""
    start, end = MONTHS[sequence - 1]
    names = [f"{practice}-{number}" for number in range(6)]
    tables: dict[str, list[dict[str, Any]]] = {
        "consultation": [],
        "constante": [],
        "resultat": [],
        "diagnostic": [],
    }
    if sequence == 1:
        tables["patient"] = [
            {
                "patient_pseudo": name,
                "annee_naissance": random.choice([1950, 1958, 1970, 1974]),
                "mois_naissance": random.randint(1, 12),
                "sexe": random.choice("FM"),
                "commune_insee": "06088",
                "medecin_traitant_declare": random.choice("ON"),
            }
            for name in names
        ]
    for name in random.sample(names, 3):
        day = f"{random.randint(1, 28):02d}/{start.month:02d}/{start.year}"
        number = f"{sequence}-{name}"
        tables["consultation"].append(
            {
                "num_consultation": number,
                "patient_pseudo": name,
                "praticien_pseudo": f"doc-{practice}",
                "date_consultation": day,
                "type_acte": "C",
            }
        )
        tables["constante"].append(
            {
                "num_constante": number,
                "patient_pseudo": name,
                "num_consultation": number,
                "date_constante": day,
                "type_constante": "TA",
                "valeur": random.choice(["13/8", "158/92"]),
                "unite": "mmHg",
            }
        )
        tables["resultat"].append(
            {
                "num_resultat": number,
                "patient_pseudo": name,
                "date_resultat": day,
                "code_analyse": "4548-4",
                "valeur": random.choice(["6,5", "8,1"]),
                "unite": "%",
            }
        )
        tables["diagnostic"].append(
            {
                "num_diagnostic": number,
                "num_consultation": number,
                "patient_pseudo": name,
                "date_diagnostic": day,
                "codes_cisp2": random.choice(["T90", "K86", "R95", "R80"]),
                "statut": "A",
            }
        )
    return Delivery(
        "medirel", practice, sequence, tables, kind="changes", period=(start, end), vendor="v"
    )


def test_persons_touched_give_what_a_full_refresh_gives(warehouse: Warehouse) -> None:
    random = Random(7)
    deliveries = [
        month_of(practice, number, random) for practice in ("p1", "p2") for number in (1, 2, 3)
    ]
    first, rest = deliveries[:1] + deliveries[3:4], deliveries[1:3] + deliveries[4:]
    random.shuffle(rest)
    warehouse.deliver(*first)
    build(warehouse)
    kept = warehouse.rows("select count(*) from indicators.int_indicators__part")
    for delivery in rest[:1]:
        warehouse.deliver(delivery)
        build(warehouse)
        in_work = warehouse.rows(
            "select count(distinct practice_key) from indicators.int_indicators__unit"
        )
        assert in_work == [(1,)], "only the practice that delivered is made again"
    assert warehouse.rows("select count(*) from indicators.int_indicators__part") > kept
    # Two practices' records of one person turn out to be of the same person.
    warehouse.link(**{"p1_0": 1, "p2_0": 1})
    warehouse.deliver(*rest[1:])
    build(warehouse)
    step_by_step = contents(warehouse)
    build(warehouse, full_refresh=True)
    for table, rows in contents(warehouse).items():
        assert step_by_step[table] == rows, table
    assert step_by_step["fct_indicator_practice"]
