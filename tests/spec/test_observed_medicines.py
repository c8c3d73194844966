"""Claims of medicines may begin later than those of visits: a no is seen from then on only."""

from __future__ import annotations

from datetime import date

import pytest

from .history import AS_OF, Case, load
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("first_dispensing", "observed_from"),
    # Twelve months of dispensings from the first month that holds one.
    [(date(2015, 1, 5), date(2015, 12, 31)), (date(2023, 1, 17), date(2023, 12, 31))],
)
def test_medicines_are_observed_from_their_first_month(first_dispensing, observed_from):
    warehouse = SmallWarehouse()
    load(warehouse, [Case("-", "linked", "F 1940-05 linked", "", "", "", 1)])
    warehouse.connection.execute(
        "update linked.fct_dispensing set dispensing_date = ?", [first_dispensing]
    )
    warehouse.build(AS_OF, ["int_indicators__observable"])
    rows = warehouse.rows(
        "select indicator_id, valid_from from indicators.int_indicators__observable"
        " where unit_key = -1 and indicator_id in ('BZD-65', 'SCR-BRE-ORG', 'OUT-NOMT')"
    )
    found = {row["indicator_id"]: row["valid_from"] for row in rows}
    # Acts and visits are known since 2015 all the same.
    assert found.pop("BZD-65") == observed_from
    assert found == {"OUT-NOMT": date(2015, 12, 31), "SCR-BRE-ORG": date(2016, 12, 31)}
