"""The copy floor: what any build must at least do, measured the same way for ever.

FROZEN: the figure is compared across versions, so this script does not change with the models.
DuckDB reads every compacted landing Parquet file and writes the same rows, sorted by whom they
speak of, into a fresh database file. Two threads, as the builds it is compared with.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb

SORT_COLUMNS = (
    "patient_pseudo",
    "BEN_NIR_PSA",
    "NIR_ANO_17",
    "ETA_NUM",
    "DCT_ORD_NUM",
    "delivery_id",
)


def copy_floor(landing: Path, target: Path) -> tuple[float, int]:
    """Seconds and rows of the sorted copy of `landing` into the new database `target`."""
    target.unlink(missing_ok=True)
    started = time.perf_counter()
    rows = 0
    with duckdb.connect(str(target), config={"threads": 2}) as connection:
        connection.execute("set enable_progress_bar = false")
        for source in sorted(path for path in landing.iterdir() if path.is_dir()):
            for table in sorted(path for path in source.iterdir() if path.is_dir()):
                pattern = f"{table}/**/*.parquet"
                relation = (
                    f"read_parquet('{pattern}', union_by_name = true, hive_partitioning = false)"
                )
                columns = [
                    row[0] for row in connection.execute(f"describe from {relation}").fetchall()
                ]
                key = next(column for column in SORT_COLUMNS if column in columns)
                name = f'"{source.name}_{table.name}"'
                connection.execute(
                    f'create table {name} as from {relation} order by "{key}" nulls last'
                )
                rows += connection.execute(f"select count(*) from {name}").fetchall()[0][0]
    return time.perf_counter() - started, rows


if __name__ == "__main__":
    seconds, rows = copy_floor(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{rows} rows in {seconds:.2f} s")
