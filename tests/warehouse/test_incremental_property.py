"""However the deliveries are cut, the warehouse holds what a full refresh makes of them."""

from __future__ import annotations

from random import Random

import pytest

from .histories import differences, history, replay
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
