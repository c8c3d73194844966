"""A sample delivery made from a contract: what a vendor compares an own delivery with.

Every table has rows, every column its contract's examples; references between
tables hold. The pseudonyms have the shape of level 1 and stand for nobody.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from p4dp.contracts.landing import ARROW_TYPES
from p4dp.contracts.manifest import write_manifest
from p4dp.contracts.model import Column, Table, contract_for, delimiter_of

_DEFAULTS = {
    "int": "1",
    "bigint": "1",
    "double": "1.5",
    "boolean": "true",
    "date": "2024-01-15",
    "timestamp": "2024-01-15T09:30:00",
    "string": "A",
}


def sample_pseudonym(purpose: str, number: int) -> str:
    """A level-1-shaped pseudonym that stands for nobody."""
    digest = hashlib.sha256(f"sample/{purpose}/{number}".encode()).hexdigest()
    return f"l1-0000-{digest[:32]}"


def _sample_token(column: str, number: int) -> str:
    """A token of a sealed column's shape that was made of nothing."""
    digest = hashlib.sha512(f"sample/{column}/{number}".encode()).digest()
    if column.startswith("sealed_"):
        return base64.b64encode(digest).decode()
    if column.startswith("block_"):
        return digest[:16].hex()
    return f"rt-0000-{base64.urlsafe_b64encode(digest[:24]).decode()}"


def _key_value(table: Table, column: Column, row: int) -> str:
    if column.type in ("int", "bigint"):
        return str(row)
    if column.accepted:
        return column.accepted[row % len(column.accepted)]
    if column.type == "date":
        return f"2024-01-{1 + row % 28:02d}"
    if column.type == "timestamp":
        return f"2024-01-{1 + row % 28:02d}T09:30:00"
    return f"{table.name[:3].upper()}{row:05d}"


def _value(table: Table, column: Column, row: int, patients: int) -> str | None:
    if column.name in ("patient_pseudo", "BEN_NIR_PSA", "resource_id") and column.is_pseudonym:
        return sample_pseudonym("patient", row % patients)
    if column.is_pseudonym:
        return sample_pseudonym(column.name, row % 3)
    if column.is_sealed:
        return _sample_token(column.name, row)
    is_time = column.type in ("date", "timestamp")
    if column.key_position is not None and (is_time or not column.examples):
        return _key_value(table, column, row)
    if column.name.startswith("num_") or column.name in ("evenement_id", "encounter_id"):
        return f"{column.name.removeprefix('num_')[:3].upper()}{row:05d}"
    values = column.examples or column.accepted or (_DEFAULTS[column.type],)
    return values[row % len(values)] or None


def sample_rows(table: Table, rows: int, patients: int) -> list[dict[str, str | None]]:
    """`rows` sample rows of a table as texts; a patient table has one row per patient."""
    if any(c.is_sealed for c in table.columns):
        rows = patients
    if table.name == "suppression":
        return []
    return [{c.name: _value(table, c, row, patients) for c in table.columns} for row in range(rows)]


def _write_csv(path: Path, table: Table, rows: list[dict[str, str | None]], delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(
            handle, [c.name for c in table.columns], delimiter=delimiter, lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows({k: v or "" for k, v in row.items()} for row in rows)


def _write_parquet(path: Path, table: Table, rows: list[dict[str, str | None]]) -> None:
    arrays = [
        pc.cast(pa.array([row[c.name] for row in rows], pa.string()), ARROW_TYPES[c.type])
        for c in table.columns
    ]
    pq.write_table(pa.table(arrays, names=[c.name for c in table.columns]), path)


def _put(node: dict[str, Any], path: str, value: Any) -> None:
    """Set a value at a simple JSON path (`$.a.b[0].c`, `$.a[*].coding[*]`)."""
    parts = path.removeprefix("$.").split(".")
    current: dict[str, Any] = node
    for position, part in enumerate(parts):
        name, _, index = part.partition("[")
        last = position == len(parts) - 1
        if index:
            listed = current.setdefault(name, [{}])
            if last:
                current[name] = [value]
                return
            current = listed[0]
        elif last:
            current[name] = value
        else:
            current = current.setdefault(name, {})


def _resource(table: Table, row: dict[str, str | None]) -> dict[str, Any]:
    resource: dict[str, Any] = {"resourceType": row.get("resource_type") or table.raw_name}
    for coded in table.codings.values():
        if not coded.startswith("$.component"):
            _put(resource, coded, {"system": "http://loinc.org", "code": "4548-4"})
    for column in table.columns:
        text, path = row[column.name], column.path
        if text is None or path is None or column.name == "resource_type":
            continue
        value: Any = text
        if column.type in ("int", "double"):
            value = float(text) if column.type == "double" else int(text)
        elif column.type == "boolean":
            value = text == "true"
        if path.startswith("extension("):
            members = {int: "valueInteger", bool: "valueBoolean", float: "valueDecimal"}
            member = members.get(type(value), "valueString")
            resource.setdefault("extension", []).append({"url": path[10:-1], member: value})
        elif path.endswith(".reference"):
            targets = {"practitioner_pseudo": "Practitioner", "encounter_id": "Encounter"}
            _put(resource, path, f"{targets.get(column.name, 'Patient')}/{text}")
        else:
            _put(resource, path, value)
    return resource


def write_sample_delivery(
    out: Path,
    source: str,
    version: str,
    *,
    rows: int = 20,
    patients: int = 5,
    sequence: int = 1,
    kind: str = "full",
) -> Path:
    """Write a sample delivery of a contract under `out`; returns its folder."""
    contract = contract_for(source, version)
    has_practice = bool(contract.properties.get("practice", True))
    practice = sample_pseudonym("practice", 0) if has_practice else None
    tail = practice[-32:][:8] if practice else "202401"
    folder = out / f"{source}-{tail}-{sequence:06d}"
    folder.mkdir(parents=True)
    files = []
    for table in contract.tables:
        if table.derived_from is not None or table.name == "suppression":
            continue
        listed = sample_rows(table, rows, patients)
        if table.format == "ndjson":
            name = "DiagnosticReport" if table.name == "other_resource" else table.raw_name
            lines = [json.dumps(_resource(table, row), ensure_ascii=False) for row in listed]
            (folder / f"{name}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
            files.append((f"{name}.ndjson", name, "ndjson", len(listed)))
            continue
        path = folder / f"{table.name}.{table.format}"
        if table.format == "csv":
            _write_csv(path, table, listed, delimiter_of(contract))
        else:
            _write_parquet(path, table, listed)
        files.append((path.name, table.name, table.format, len(listed)))
    write_manifest(
        folder,
        source=source,
        vendor=source,
        software_version="sample",
        contract_version=version,
        sequence=sequence,
        kind=kind,
        period_start=date(2024, 1, 1),
        period_end=date(2024, 1, 31),
        is_synthetic=True,
        practice_pseudo=practice,
        commune_code="06088" if practice else None,
        delivery_id=folder.name,
        delimiter=delimiter_of(contract),
        files=files,
    )
    return folder
