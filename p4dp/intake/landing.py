"""Accepted rows → landing Parquet under second-level pseudonyms, all or nothing.

A delivery is built in `landing/.incoming/<id>/`, then its folders are renamed into
place one by one, the row of `p4dp/delivery` last. That row is the commit mark: what
stands in landing without it is the rest of a crash and is removed by `heal`.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa

from p4dp.boundary.pseudonyms import level2_many
from p4dp.contracts import Contract, Table, current_contract, internal_contracts
from p4dp.duck import literal, quoted
from p4dp.intake import fhir
from p4dp.intake.check import DeliveryCheck
from p4dp.intake.compaction import landed_deliveries
from p4dp.settings import Home

INCOMING = ".incoming"
PARQUET = "(format parquet, compression zstd)"
_PSEUDONYMS_AT_ONCE = 200_000


def folder_name(delivery_id: str) -> str:
    return f"delivery={delivery_id}"


def make_level2(
    connection: duckdb.DuckDBPyConnection, check: DeliveryCheck, level2_key: bytes
) -> None:
    """Table `level2(l1, l2)` for every pseudonym of the accepted rows of this delivery."""
    connection.execute("create or replace temp table level2 (l1 varchar, l2 varchar)")
    parts = [
        f"select distinct {quoted(c.name)} as l1 from {f.rows}"
        for f in check.files
        if f.rows is not None and f.table is not None
        for c in f.table.columns
        if c.is_pseudonym
    ]
    if check.manifest.practice_pseudo is not None:
        parts.append(f"select {literal(check.manifest.practice_pseudo)} as l1")
    if not parts:
        return
    connection.execute(
        "create or replace temp table level1 as"
        f" select distinct l1 from ({' union all '.join(parts)}) where l1 is not null"
    )
    count = connection.execute("select count(*) from level1").fetchall()[0][0]
    for start in range(0, count, _PSEUDONYMS_AT_ONCE):
        values = (
            connection.execute(
                "select l1 from level1 where rowid >= ? and rowid < ?",
                [start, start + _PSEUDONYMS_AT_ONCE],
            )
            .to_arrow_table()
            .column(0)
        )
        pairs = pa.table(
            {
                "l1": values,
                "l2": pa.array(level2_many(level2_key, values.to_pylist()), pa.string()),
            }
        )
        connection.register("new_level2", pairs)
        connection.execute("insert into level2 select * from new_level2")
        connection.unregister("new_level2")


def _landing_query(
    check: DeliveryCheck,
    delivered: Table,
    current: Contract,
    rows: str,
    delivery_id: str,
    practice: str | None,
) -> str:
    """Rows in the shape of the current contract, technical columns first."""
    target = current.table(delivered.name)
    by_landing_name = {c.landing_name: c for c in delivered.columns}
    selected = [
        f"{literal(delivery_id)} as delivery_id",
        f"{check.manifest.sequence}::bigint as delivery_sequence",
        "r.delivery_row",
        f"{literal(practice) if practice else 'null'}::varchar as practice_pseudo",
    ]
    joins = []
    for number, column in enumerate(target.landing_columns):
        source = by_landing_name.get(column.name)
        if source is None:
            expression = f"null::{column.sql_type}"
        elif column.is_pseudonym:
            joins.append(f"left join level2 as p{number} on p{number}.l1 = r.{quoted(source.name)}")
            expression = f"p{number}.l2"
        elif source.type != column.type:
            expression = f"r.{quoted(source.name)}::{column.sql_type}"
        else:
            expression = f"r.{quoted(source.name)}"
        selected.append(f"{expression} as {quoted(column.name)}")
    return f"select {', '.join(selected)} from {rows} as r {' '.join(joins)}"


def build(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    home: Home,
    *,
    delivery_id: str,
    kind: str,
    practice: str | None,
) -> Path:
    """Write the delivery's landing files into `.incoming/<id>`; returns that folder."""
    incoming = home.landing / INCOMING / delivery_id
    if incoming.exists():
        shutil.rmtree(incoming)
    current = current_contract(check.contract.source)
    accepted: Counter[str] = Counter()
    for file in check.files:
        accepted[file.file.table] += file.accepted
    resources: list[tuple[Table, str, str]] = []
    merged: dict[str, list[str]] = {}
    for file in check.files:
        if file.rows is None or file.table is None or not accepted[file.file.table]:
            continue
        resources.append((file.table, file.file.table, file.rows))
        merged.setdefault(file.table.name, []).append(
            _landing_query(check, file.table, current, file.rows, delivery_id, practice)
        )
    for name, query in fhir.derived_queries(check.contract, resources).items():
        merged[name] = [
            _landing_query(
                check, check.contract.table(name), current, f"({query})", delivery_id, practice
            )
        ]
    for name, queries in merged.items():
        folder = incoming / current.source / name
        folder.mkdir(parents=True)
        connection.execute(
            f"copy ({' union all by name '.join(queries)})"
            f" to {literal(folder / 'part-0.parquet')} {PARQUET}"
        )
    _write_delivery_row(connection, check, incoming, delivery_id, kind, practice)
    return incoming


def _write_delivery_row(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    incoming: Path,
    delivery_id: str,
    kind: str,
    practice: str | None,
) -> None:
    manifest = check.manifest
    values = {
        "delivery_id": delivery_id,
        "source": manifest.source,
        "vendor": manifest.vendor,
        "software_version": manifest.software_version,
        "contract_version": manifest.contract_version,
        "practice_pseudo": practice,
        "commune_code": manifest.commune_code,
        "structure_type": manifest.structure_type,
        "university_zone": manifest.university_zone,
        "delivery_sequence": manifest.sequence,
        "delivery_kind": kind,
        "period_start": manifest.period_start,
        "period_end": manifest.period_end,
        "received_date": manifest.created_at.date(),
        "received_row_count": check.received,
        "accepted_row_count": check.accepted,
        "quarantined_row_count": check.quarantined,
        "duplicate_row_count": check.duplicate,
        "is_synthetic": manifest.is_synthetic,
    }
    contract = next(c for c in internal_contracts() if c.source == "p4dp")
    selected = ", ".join(
        f"?::{column.sql_type} as {quoted(column.name)}"
        for column in contract.table("delivery").columns
    )
    folder = incoming / "p4dp" / "delivery"
    folder.mkdir(parents=True)
    ordered = [values[c.name] for c in contract.table("delivery").columns]
    row = connection.execute(f"select {selected}", ordered).to_arrow_table()
    connection.register("delivery_row_out", row)
    connection.execute(f"copy delivery_row_out to {literal(folder / 'part-0.parquet')} {PARQUET}")
    connection.unregister("delivery_row_out")


def publish(incoming: Path, home: Home) -> None:
    """Rename the built folders into place; the commit mark last. Safe to repeat."""
    delivery_id = incoming.name
    mark = home.landing / "p4dp" / "delivery" / folder_name(delivery_id)
    if mark.exists():
        shutil.rmtree(mark)
    built = sorted(p for p in incoming.glob("*/*") if p.is_dir())
    for folder in sorted(built, key=lambda p: p.parent.name == "p4dp"):
        target = home.landing / folder.parent.name / folder.name / folder_name(delivery_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(target)
        os.replace(folder, target)
    shutil.rmtree(incoming)


def remove_unfinished(home: Home) -> list[str]:
    """Remove what a crash left: builds, and landed folders without their commit mark."""
    removed = []
    incoming = home.landing / INCOMING
    if incoming.is_dir():
        removed += [p.name for p in incoming.iterdir()]
        shutil.rmtree(incoming)
    landed = landed_deliveries(home)
    for folder in home.landing.glob("*/*/delivery=*"):
        if folder.parent.parent.name == "p4dp":
            continue
        delivery_id = folder.name.removeprefix("delivery=")
        if not delivery_id.startswith("compacted-") and delivery_id not in landed:
            shutil.rmtree(folder)
            removed.append(delivery_id)
    return sorted(set(removed))
