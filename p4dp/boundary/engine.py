"""The in-memory DuckDB in which the boundary works."""

from __future__ import annotations

from pathlib import Path

import duckdb


def connect(scratch: Path, memory: str = "2GB") -> duckdb.DuckDBPyConnection:
    """A closed-off connection: spills to `scratch` only, loads no extension, two threads."""
    connection = duckdb.connect(
        config={
            "temp_directory": str(scratch / "spill"),
            "memory_limit": memory,
            "threads": 2,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    return connection


def literal(text: object) -> str:
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
