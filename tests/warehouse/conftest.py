"""One parsed dbt project and one home for the tests of this folder."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from p4dp.contracts import write_schemas
from p4dp.intake import receive
from p4dp.linkage import update_register
from p4dp.settings import Home
from p4dp.synthetic.generate import generate, request_for
from p4dp.vault import warehouse_keys

from .landing import LINKED, Dbt, Warehouse, empty_warehouse


@pytest.fixture(scope="session")
def dbt_session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dbt]:
    """One home folder and one parsed project for every test here (parsing costs seconds)."""
    built = empty_warehouse(tmp_path_factory.mktemp("warehouse"))
    return built.home, built.dbt


@dataclass(frozen=True)
class PlantedWorld:
    """A generated world and the warehouse built from it, up to the statuses of indicators."""

    folder: Path
    facts: dict[str, Any]
    level2_key: bytes
    connection: duckdb.DuckDBPyConnection


@pytest.fixture(scope="session")
def planted_world(
    dbt_session: tuple[Path, Dbt], tmp_path_factory: pytest.TempPathFactory
) -> PlantedWorld:
    """A small world; its warehouse is a copy, so that other tests may use the home."""
    folder, dbt = dbt_session
    world = tmp_path_factory.mktemp("planted") / "world"
    generate(world, request_for(seed=7, practices=3, patients=600, months=24), workers=1)
    home = Home(folder)
    for zone in (home.landing, home.register, home.warehouse.parent):
        shutil.rmtree(zone, ignore_errors=True)
    home.warehouse.parent.mkdir(parents=True)
    shutil.copy(folder / "empty.duckdb", home.warehouse)
    keys = warehouse_keys(world.parent / "keys", home)
    receive([world / "inbox"], home, keys)
    write_schemas(home.schemas)
    dbt.build("--select", "+path:dbt_project/models/staging")
    update_register(home.warehouse, home.register)
    dbt.build("--select", LINKED, "+fct_indicator_status")
    copy = world.parent / "p4dp.duckdb"
    shutil.copy(home.warehouse, copy)
    facts = json.loads((world / "truth" / "world.json").read_text())
    return PlantedWorld(world, facts, keys.level2, duckdb.connect(str(copy)))


@pytest.fixture
def warehouse(dbt_session: tuple[Path, Dbt]) -> Warehouse:
    """An empty warehouse."""
    home, dbt = dbt_session
    built = Warehouse(home, dbt)
    built.clear()
    return built
