"""Speed of the gate beside DuckDB's own read and write of the same file.

    python benchmarks/intake_speed.py --rows 3000000 [--out speed.json]

One medirel delivery with a large table of results; measured: DuckDB reading the CSV and writing
Parquet (the floor), the check alone, and the whole of `receive` (hashes, check, second-level
pseudonyms, landing, sealed original). Targets: 0.5 GB of CSV a minute, three times the floor.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from p4dp.contracts import contract_for
from p4dp.contracts.manifest import write_manifest
from p4dp.contracts.sample import sample_pseudonym
from p4dp.duck import connect_plain, literal
from p4dp.intake import receive
from p4dp.intake.check import check_delivery
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys

PATIENTS = 20_000


def make_delivery(folder: Path, rows: int) -> Path:
    """A delivery whose table of results has `rows` rows."""
    folder.mkdir(parents=True)
    connection = duckdb.connect()
    path = folder / "resultat.csv"
    pseudo = f"'l1-0000-' || md5('p' || (hash(i) % {PATIENTS})::varchar)"
    columns = {
        "num_resultat": "'R' || i::varchar",
        "patient_pseudo": pseudo,
        "date_resultat": "strftime(date '2020-01-01' + (hash(i + 1) % 1500)::integer, '%d/%m/%Y')",
        "code_analyse": "['4548-4','718-7','777-3','BIO-NA','LDLC'][1 + (hash(i) % 5)::integer]",
        "valeur": "replace(((hash(i + 2) % 2000) / 10.0)::varchar, '.', ',')",
        "unite": "['g/L','mmol/L','%',''][1 + (hash(i + 3) % 4)::integer]",
    }
    table = contract_for("medirel", "2.0").table("resultat")
    names = [c.name for c in table.columns if not c.is_optional]
    selected = ", ".join(f"{columns[name]} as {name}" for name in names)
    connection.execute(
        f"copy (select {selected} from range({rows}) as t(i)) to {literal(path)}"
        " (format csv, header, delimiter ';')"
    )
    write_manifest(
        folder, source="medirel", vendor="medirel", software_version="bench",
        contract_version="2.0", sequence=1, kind="changes", period_start=date(2020, 1, 1),
        period_end=date(2024, 12, 31), is_synthetic=True,
        practice_pseudo=sample_pseudonym("practice", 0),
        files=[("resultat.csv", "resultat", "csv", rows)],
    )  # fmt: skip
    return folder


def timed(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def measure(rows: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="p4dp-speed-") as name:
        scratch = Path(name)
        folder = make_delivery(scratch / "sent" / "d", rows)
        path = folder / "resultat.csv"
        size = path.stat().st_size

        def floor() -> None:
            connection = connect_plain(scratch)
            connection.execute(
                f"copy (from read_csv({literal(path)}, delim=';', header=true, all_varchar=true))"
                f" to {literal(scratch / 'floor.parquet')} (format parquet, compression zstd)"
            )
            connection.close()

        def check() -> None:
            connection = connect_plain(scratch)
            assert check_delivery(connection, folder).accepted == rows
            connection.close()

        def whole() -> None:
            keys = WarehouseKeys(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)
            report = receive([folder], Home(scratch / "home"), keys, copy=True)
            assert report.deliveries[0].accepted_row_count == rows

        floor_seconds = min(timed(floor), timed(floor))
        check_seconds = timed(check)
        receive_seconds = timed(whole)
    return {
        "rows": rows,
        "csv_bytes": size,
        "floor_seconds": round(floor_seconds, 2),
        "check_seconds": round(check_seconds, 2),
        "receive_seconds": round(receive_seconds, 2),
        "times_floor": round(receive_seconds / floor_seconds, 2),
        "gigabytes_per_minute": round(size / 1e9 / receive_seconds * 60, 2),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.rows), indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
