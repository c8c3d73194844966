"""The worked patients of all measures in one warehouse, built once for all tests."""

from __future__ import annotations

import pytest

from .history import AS_OF, load, read_cases
from .small_warehouse import SmallWarehouse


@pytest.fixture(scope="session")
def worked_patients() -> SmallWarehouse:
    warehouse = SmallWarehouse()
    load(warehouse, read_cases(AS_OF))
    warehouse.build(AS_OF)
    return warehouse
