"""Many small landing folders of one table → one: 20,000 small files scan 40 times slower.

The compacted folder carries the list of its members. It is renamed into place whole,
then the members are removed; `heal` removes members that a crash left beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import duckdb

from p4dp.duck import literal
from p4dp.settings import Home

MEMBERS = "_members.json"
PREFIX = "delivery=compacted-"

#: A table is compacted when it has this many small folders; larger ones stay alone.
MINIMUM_FOLDERS = 16
SMALL_BYTES = 64 * 1024 * 1024


def _members(folder: Path) -> list[str]:
    return list(json.loads((folder / MEMBERS).read_text(encoding="utf-8")))


def landed_deliveries(home: Home) -> set[str]:
    """Ids of the deliveries whose commit mark stands in landing."""
    landed: set[str] = set()
    for folder in (home.landing / "p4dp" / "delivery").glob("delivery=*"):
        if folder.name.startswith(PREFIX):
            landed.update(_members(folder))
        else:
            landed.add(folder.name.removeprefix("delivery="))
    return landed


def _size(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.glob("*.parquet"))


def compact_table(
    connection: duckdb.DuckDBPyConnection, table: Path, *, minimum: int = MINIMUM_FOLDERS
) -> int:
    """Merge the small folders of one landing table; returns how many were merged."""
    small = sorted(f for f in table.glob("delivery=*") if f.is_dir() and _size(f) < SMALL_BYTES)
    if len(small) < minimum:
        return 0
    members = sorted(
        member
        for folder in small
        for member in (
            _members(folder)
            if folder.name.startswith(PREFIX)
            else [folder.name.removeprefix("delivery=")]
        )
    )
    digest = hashlib.sha256("\n".join(members).encode()).hexdigest()[:16]
    scratch = table / f".compact-{os.getpid()}"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    files = ", ".join(literal(p) for f in small for p in sorted(f.glob("*.parquet")))
    connection.execute(
        f"copy (select * from read_parquet([{files}], hive_partitioning=false))"
        f" to {literal(scratch / 'part-0.parquet')} (format parquet, compression zstd)"
    )
    (scratch / MEMBERS).write_text(json.dumps(members), encoding="utf-8")
    os.replace(scratch, table / f"{PREFIX}{digest}")
    for folder in small:
        shutil.rmtree(folder)
    return len(small)


def compact(connection: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Compact every landing table that needs it; returns the number of folders merged."""
    return sum(
        compact_table(connection, table)
        for table in sorted(home.landing.glob("[!.]*/*"))
        if table.is_dir()
    )


def finish_compactions(home: Home) -> int:
    """Remove what a crash left of compactions; returns the number of folders removed."""
    removed = 0
    for scratch in home.landing.glob("[!.]*/*/.compact-*"):
        shutil.rmtree(scratch)
        removed += 1
    for table in home.landing.glob("[!.]*/*"):
        merged = {
            f.name: set(_members(f)) for f in table.glob(f"{PREFIX}*") if (f / MEMBERS).exists()
        }
        for folder in sorted(table.glob("delivery=*")):
            if folder.name in merged:
                contained = any(
                    merged[folder.name] < other
                    for name, other in merged.items()
                    if name != folder.name
                )
            else:
                delivery_id = folder.name.removeprefix("delivery=")
                contained = any(delivery_id in other for other in merged.values())
            if contained:
                shutil.rmtree(folder)
                removed += 1
    return removed
