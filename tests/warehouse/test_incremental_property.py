"""However the deliveries are cut, the warehouse holds what a full refresh makes of them."""

from __future__ import annotations

from random import Random

import pytest

from .histories import MONTHS, differences, history, replay
from .landing import Delivery, Warehouse

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [11, 23])
def test_any_cut_of_all_sources_gives_the_full_refresh(warehouse: Warehouse, seed: int) -> None:
    """Corrections, deletions, reversals, replacements, changed links and oppositions included.

    `python -m benchmarks.incrementality` plays many more.
    """
    replay(warehouse, history(Random(seed)))
    assert differences(warehouse) == []


def test_a_code_list_that_changes_makes_every_patient_due(warehouse: Warehouse) -> None:
    """A rule of another run is replaced for patients no delivery speaks of."""
    past = history(Random(5))
    replay(warehouse, past)
    complete = warehouse.contents()["fct_dispensing"]
    warehouse.execute("update linked.fct_dispensing set atc_code = 'of another list'")
    warehouse.execute("update ledger.processed_batch set rule_version = 'of another list'")
    warehouse.deliver(
        Delivery("snds", None, 9, {"IR_MTT_R": []}, period=past.deliveries[-1].period)
    )
    warehouse.build()
    assert complete
    assert "of another list" not in repr(warehouse.contents()["fct_dispensing"])
    assert differences(warehouse) == []


def test_a_record_moved_to_another_patient_leaves_the_first(warehouse: Warehouse) -> None:
    def problem(name: str) -> dict[str, str]:
        return {
            "num_diagnostic": "1",
            "patient_pseudo": name,
            "date_diagnostic": "03/01/2024",
            "codes_cisp2": "K86",
        }

    people = [{"patient_pseudo": name, "sexe": "F"} for name in "ab"]
    for sequence, name in enumerate("ab", start=1):
        warehouse.deliver(
            Delivery(
                "medirel",
                "p1",
                sequence,
                {"patient": people, "diagnostic": [problem(name)]},
                period=MONTHS[sequence],
            )
        )
    warehouse.build()
    warehouse.link(a=77)
    warehouse.build()
    assert warehouse.rows("select patient_pseudo from linked.fct_condition") == [("b",)]
