"""The worked patients of all measures in one warehouse, built once for all tests.

`pytest tests/spec/test_spec_cases.py --measure DM-FOOT` builds that measure alone, in seconds.
"""

from __future__ import annotations

import pytest

from p4dp.indicators.measures import load_measures, union_sql

from .history import AS_OF, Case, load, read_cases
from .small_warehouse import ROOT, SmallWarehouse

UNION = "int_indicators__part"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--measure", help="Run the worked patients of this measure only.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        cases = chosen(metafunc.config, read_cases())
        metafunc.parametrize("case", cases, ids=lambda case: f"{case.indicator_id}: {case.name}")


def chosen(config: pytest.Config, cases: list[Case]) -> list[Case]:
    """The cases of the measure asked for, or all."""
    measure = config.getoption("--measure", default=None)
    return [case for case in cases if measure in (None, case.indicator_id)]


@pytest.fixture(scope="session")
def one_measure(request, tmp_path_factory):
    """A warehouse at one date with the worked patients, and the SQL, of one measure."""
    measure = request.config.getoption("--measure", default=None)
    measures = [m for m in load_measures(ROOT) if m.indicator_id == measure]

    def build(as_of) -> SmallWarehouse:
        warehouse = SmallWarehouse()
        union = tmp_path_factory.mktemp("union") / f"{UNION}.sql"
        union.write_text(union_sql(measures), encoding="utf-8")
        warehouse.files[UNION] = union
        load(warehouse, chosen(request.config, read_cases(as_of)), as_of)
        warehouse.build(as_of, ["fct_indicator_status"])
        return warehouse

    return build if measure else None


@pytest.fixture(scope="session")
def worked_patients() -> SmallWarehouse:
    warehouse = SmallWarehouse()
    load(warehouse, read_cases(AS_OF))
    warehouse.build(AS_OF)
    return warehouse
