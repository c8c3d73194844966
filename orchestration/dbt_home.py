"""A dbt plugin (profiles.yml): dbt started by hand finds a home, even on a fresh clone.

DuckDB makes a file but no folder, and the landing views read one empty Parquet file per table of
the contracts. With both in place `dbt compile` and `dbt build` work before anything was
delivered, on tables without rows; a home that a run has made is left as it is.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from p4dp.contracts import write_schemas
from p4dp.settings import Home


class Plugin(BasePlugin):
    """Makes the folders dbt needs, before it connects."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Called once per dbt process, before the warehouse is opened."""
        home = Home.from_environment()
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        if not home.schemas.exists():
            write_schemas(home.schemas)
