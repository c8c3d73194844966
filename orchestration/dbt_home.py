"""A dbt plugin (profiles.yml): dbt started by hand finds a home, and leaves memory to others.

DuckDB makes a file but no folder, and the landing views read one empty Parquet file per table of
the contracts. With both in place `dbt compile` and `dbt build` work before anything was
delivered, on tables without rows, and after a contract got another column.

The engine would take four fifths of the machine and count only part of what it uses: two large
models side by side were killed by the system at 180,000 people. It gets three fifths, and spills.
"""

from __future__ import annotations

from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from p4dp.contracts import schemas_are_current, write_schemas
from p4dp.settings import Home

#: Of what the engine would take by itself: four fifths of the memory it finds.
ENGINE_SHARE = 0.75


class Plugin(BasePlugin):
    """Makes the folders dbt needs before it connects, then bounds its memory."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Called once per dbt process, before the warehouse is opened."""
        home = Home.from_environment()
        home.warehouse.parent.mkdir(parents=True, exist_ok=True)
        if not schemas_are_current(home.schemas):
            write_schemas(home.schemas)

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called once per dbt process, when the warehouse is opened."""
        number, unit = (
            conn.execute("select current_setting('memory_limit')").fetchall()[0][0].split()
        )
        conn.execute(f"set memory_limit = '{float(number) * ENGINE_SHARE:.1f}{unit}'")
