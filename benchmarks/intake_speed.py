"""Speed and memory of boundary and gate beside DuckDB's own read and write of the same file.

    python -m benchmarks.intake_speed --rows 3000000 [--out speed.json]
    python -m benchmarks.intake_speed --gigabytes 1,4,10 [--out memory.json]

One medirel export with a large table of results. Measured, each in a process of its own: DuckDB
reading the CSV and writing Parquet (the floor), `pseudonymise`, the check alone, and the whole of
`receive` (hashes, check, second-level pseudonyms, landing, sealed original), with the peak of
resident memory. Targets: 0.5 GB of CSV a minute, three times the floor, memory that does not
grow with the delivery.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from p4dp.boundary import create_boundary_keys, pseudonymise
from p4dp.contracts import contract_for
from p4dp.contracts.manifest import write_manifest
from p4dp.contracts.sample import sample_pseudonym
from p4dp.duck import connect_plain, literal
from p4dp.intake import receive
from p4dp.intake.check import check_delivery
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys

PATIENTS = 20_000
PRACTICE = "060001234"
#: Bytes of a row of the delivered results, measured; only to choose the number of rows.
_ROW_BYTES = 76.3
_RESULTS = {
    "num_resultat": "'R' || i::varchar",
    "date_resultat": "strftime(date '2020-01-01' + (hash(i + 1) % 1500)::integer, '%d/%m/%Y')",
    "code_analyse": "['4548-4','718-7','777-3','BIO-NA','LDLC'][1 + (hash(i) % 5)::integer]",
    "valeur": "replace(((hash(i + 2) % 2000) / 10.0)::varchar, '.', ',')",
    "unite": "['g/L','mmol/L','%',''][1 + (hash(i + 3) % 4)::integer]",
}
_PERIOD = (date(2020, 1, 1), date(2024, 12, 31))


def _write_csv(path: Path, columns: dict[str, str], rows: int) -> None:
    selected = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    duckdb.connect().execute(
        f"copy (select {selected} from range({rows}) as t(i)) to {literal(path)}"
        " (format csv, header, delimiter ';')"
    )


def make_delivery(folder: Path, rows: int) -> Path:
    """A delivery whose table of results has `rows` rows."""
    folder.mkdir(parents=True)
    pseudo = f"'l1-0000-' || md5('p' || (hash(i) % {PATIENTS})::varchar)"
    columns = _RESULTS | {"patient_pseudo": pseudo}
    table = contract_for("medirel", "2.0").table("resultat")
    names = [c.name for c in table.columns if not c.is_optional]
    _write_csv(folder / "resultat.csv", {name: columns[name] for name in names}, rows)
    write_manifest(
        folder, source="medirel", vendor="medirel", software_version="bench",
        contract_version="2.0", sequence=1, kind="changes", period_start=_PERIOD[0],
        period_end=_PERIOD[1], is_synthetic=True,
        practice_pseudo=sample_pseudonym("practice", 0),
        files=[("resultat.csv", "resultat", "csv", rows)],
    )  # fmt: skip
    return folder


def make_export(folder: Path, rows: int) -> Path:
    """A raw export with the same results and the identities of their patients."""
    folder.mkdir(parents=True)
    person = {
        "NUM_PATIENT": "i", "NOM_NAISSANCE": "'NOM' || i", "NOM_USAGE": "''",
        "PRENOM": "'Prenom'", "PRENOMS": "'Prenom'",
        "DATE_NAISSANCE": "strftime(date '1940-01-01' + (i % 25000)::integer, '%d/%m/%Y')",
        "SEXE": "'F'", "NIR": "''", "LIEU_NAISSANCE_INSEE": "'06088'", "TELEPHONE": "''",
        "EMAIL": "''", "ADRESSE": "''", "CODE_POSTAL": "'06000'", "COMMUNE_INSEE": "'06088'",
        "DATE_DECES": "''", "MEDECIN_TRAITANT_DECLARE": "'O'",
        "DATE_INSCRIPTION": "'01/01/2015'", "DATE_SORTIE": "''",
    }  # fmt: skip
    _write_csv(folder / "PATIENT.csv", person, PATIENTS)
    results = {name.upper(): expression for name, expression in _RESULTS.items()}
    _write_csv(folder / "RESULTAT.csv", results | {"NUM_PATIENT": f"(hash(i) % {PATIENTS})"}, rows)
    descriptor = {
        "format": "p4dp-export/1", "vendor": "medirel", "software_version": "bench",
        "contract_version": "2.0", "practice_id": PRACTICE, "sequence": 1, "kind": "full",
        "period_start": str(_PERIOD[0]), "period_end": str(_PERIOD[1]), "is_synthetic": True,
    }  # fmt: skip
    (folder / "export.json").write_text(json.dumps(descriptor))
    return folder


def run_floor(folder: Path, scratch: Path) -> None:
    """DuckDB alone: read the file as text, write it as Parquet."""
    (path,) = [p for p in folder.glob("*.csv") if p.stem.lower() == "resultat"]
    connection = connect_plain(scratch)
    connection.execute(
        f"copy (from read_csv({literal(path)}, delim=';', header=true, all_varchar=true))"
        f" to {literal(scratch / 'floor.parquet')} (format parquet, compression zstd)"
    )


def run_pseudonymise(folder: Path, scratch: Path) -> None:
    """Raw export → delivery."""
    create_boundary_keys(scratch / "boundary", [PRACTICE])
    pseudonymise(folder, scratch / "out", scratch / "boundary")


def run_check(folder: Path, scratch: Path) -> None:
    """The check alone."""
    assert check_delivery(connect_plain(scratch), folder).accepted


def run_receive(folder: Path, scratch: Path) -> None:
    """All of intake."""
    keys = WarehouseKeys(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)
    report = receive([folder], Home(scratch / "home"), keys, copy=True)
    assert report.deliveries[0].status == "accepted"


STEPS = {
    "floor": run_floor, "pseudonymise": run_pseudonymise, "check": run_check,
    "receive": run_receive,
}  # fmt: skip


def in_own_process(step: str, folder: Path) -> tuple[float, int]:
    """(seconds, peak megabytes) of one step in a process of its own; its files are removed."""
    command = [sys.executable, "-m", "benchmarks.intake_speed", "--step", step]
    command += ["--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = json.loads(done.stdout.splitlines()[-1])
    return float(seconds), int(peak)


def _step(step: str, folder: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="p4dp-speed-", dir=folder.parent))
    try:
        started = time.perf_counter()
        STEPS[step](folder, scratch)
        seconds = time.perf_counter() - started
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))


def measure(rows: int, *, boundary: bool = True) -> dict[str, float]:
    """Every step on one export of `rows` results; the floor is the better of two runs."""
    with tempfile.TemporaryDirectory(prefix="p4dp-speed-") as name:
        scratch = Path(name)
        delivery = make_delivery(scratch / "sent" / "d", rows)
        size = (delivery / "resultat.csv").stat().st_size
        floor, floor_peak = min(in_own_process("floor", delivery) for _ in range(2))
        checked, _ = in_own_process("check", delivery)
        received, received_peak = in_own_process("receive", delivery)
        result = {
            "rows": rows,
            "csv_bytes": size,
            "floor_seconds": round(floor, 2),
            "floor_peak_megabytes": floor_peak,
            "check_seconds": round(checked, 2),
            "receive_seconds": round(received, 2),
            "receive_times_floor": round(received / floor, 2),
            "receive_gigabytes_per_minute": round(size / 1e9 / received * 60, 2),
            "receive_peak_megabytes": received_peak,
        }
        shutil.rmtree(scratch / "sent")
        if boundary:
            export = make_export(scratch / "raw", rows)
            size = (export / "RESULTAT.csv").stat().st_size
            floor, _ = min(in_own_process("floor", export) for _ in range(2))
            seconds, peak = in_own_process("pseudonymise", export)
            result |= {
                "pseudonymise_seconds": round(seconds, 2),
                "pseudonymise_times_floor": round(seconds / floor, 2),
                "pseudonymise_gigabytes_per_minute": round(size / 1e9 / seconds * 60, 2),
                "pseudonymise_peak_megabytes": peak,
            }
    return result


def measure_size(gigabytes: float, *, boundary: bool = True) -> dict[str, float]:
    """`measure` on a delivery of about that many gigabytes of CSV."""
    return measure(int(gigabytes * 1e9 / _ROW_BYTES), boundary=boundary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--gigabytes", help="comma-separated sizes, instead of --rows")
    parser.add_argument("--no-boundary", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        _step(arguments.step, arguments.folder)
        return
    boundary = not arguments.no_boundary
    if arguments.gigabytes:
        sizes = [float(size) for size in arguments.gigabytes.split(",")]
        found = [measure_size(size, boundary=boundary) for size in sizes]
    else:
        found = [measure(arguments.rows, boundary=boundary)]
    text = json.dumps(found, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
