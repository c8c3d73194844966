"""Bytes and rows of every table, and what they come to for a country.

    python -m benchmarks.budget WAREHOUSE [--people 5000000]

Reads a built warehouse (nobody else may be writing it) and prints a Markdown table: rows per
person, bytes per row as stored, and both for so many people. Bytes are the blocks a table
occupies, so small warehouses overstate small tables.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import duckdb

BLOCK_BYTES = 262_144
SCHEMAS = ("staging", "linked", "indicators", "statistics", "published")


@dataclass(frozen=True)
class TableSize:
    """One stored table: rows and bytes in blocks."""

    name: str
    rows: int
    stored_bytes: int


def table_sizes(warehouse: Path) -> list[TableSize]:
    """Every table of the layers that holds rows, largest first."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where list_contains($1, schema_name)",
            [list(SCHEMAS)],
        ).fetchall()
        sizes = []
        for (name,) in tables:
            rows = connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            blocks = connection.execute(
                "select count(distinct block_id) from pragma_storage_info($1)"
                " where persistent and block_id >= 0",
                [name],
            ).fetchall()[0][0]
            if rows:
                sizes.append(TableSize(name, rows, blocks * BLOCK_BYTES))
    return sorted(sizes, key=lambda size: -size.stored_bytes)


def count_people(warehouse: Path) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return int(connection.execute("select count(*) from linked.dim_patient").fetchall()[0][0])


def markdown(sizes: list[TableSize], measured_people: int, people: int) -> str:
    """The table, and a last line with the sum of everything."""
    factor = people / measured_people
    lines = [
        f"| table | rows per person | bytes per row | million rows at {people:,} | GB |",
        "|---|---|---|---|---|",
    ]
    for size in sizes:
        lines.append(
            f"| `{size.name}` | {size.rows / measured_people:.1f} |"
            f" {size.stored_bytes / size.rows:.1f} | {size.rows * factor / 1e6:,.0f} |"
            f" {size.stored_bytes * factor / 1e9:.2f} |"
        )
    total = sum(size.stored_bytes for size in sizes) * factor / 1e9
    lines.append(f"| **all {len(sizes)}** | | | | **{total:.1f}** |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--people", type=int, default=5_000_000)
    asked = parser.parse_args()
    print(markdown(table_sizes(asked.warehouse), count_people(asked.warehouse), asked.people))


if __name__ == "__main__":
    main()
