"""One parsed dbt project and one home for the tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p4dp.contracts import write_schemas
from p4dp.settings import PROJECT_ROOT

from .landing import LINKED, Warehouse, invoke


@pytest.fixture(scope="session")
def dbt_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """One home folder and one parsed project for every test here (parsing costs seconds)."""
    from dbt.cli.main import dbtRunner

    root = tmp_path_factory.mktemp("warehouse")
    home = root / "home"
    (home / "warehouse").mkdir(parents=True)
    write_schemas(home / "schemas")
    settings = {
        "P4DP_HOME": str(home),
        "DBT_PROJECT_DIR": str(PROJECT_ROOT),
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"),
        "DBT_TARGET_PATH": str(root / "target"),
        "DBT_LOG_PATH": str(root / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    parsed = dbtRunner().invoke(["parse", "--quiet"])
    assert parsed.success, parsed.exception
    runner = dbtRunner(manifest=parsed.result)
    # Seeds and views once, over an empty landing zone: every test starts from a copy of this.
    invoke(runner, ["build", "--select", LINKED, "--exclude-resource-type", "test", "unit_test"])
    shutil.copy(home / "warehouse" / "p4dp.duckdb", home / "empty.duckdb")
    yield home, runner
    for name, value in before.items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


@pytest.fixture
def warehouse(dbt_session: tuple[Path, Any]) -> Warehouse:
    """An empty warehouse."""
    home, runner = dbt_session
    built = Warehouse(home, runner)
    built.clear()
    return built
