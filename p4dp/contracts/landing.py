"""Landing schemas: what a table looks like once it has passed the gate."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.contracts.model import (
    DEFINITIONS,
    Contract,
    Table,
    current_contract,
    internal_contracts,
    sources,
)

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}

#: First columns of every landing table of every delivered source.
TECHNICAL_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("delivery_id", "string", "Delivery that brought the row."),
    ("delivery_sequence", "bigint", "Sequence of that delivery within its practice."),
    ("delivery_row", "bigint", "Line of the row in its file, from 1, header not counted."),
    ("practice_pseudo", "string", "Practice (level 2); null for claims."),
)


def landing_columns(contract: Contract, table: Table) -> tuple[tuple[str, str, str], ...]:
    """(name, contract type, description) of every landing column, in order."""
    own = tuple((c.name, c.type, c.description) for c in table.landing_columns)
    return own if contract.is_internal else TECHNICAL_COLUMNS + own


def landing_schema(contract: Contract, table: Table) -> pa.Schema:
    """Arrow schema of one landing table."""
    return pa.schema(
        [pa.field(name, ARROW_TYPES[kind]) for name, kind, _ in landing_columns(contract, table)]
    )


def landing_contracts() -> tuple[Contract, ...]:
    """The contract that shapes each schema of the landing: sources, then internal ones."""
    return tuple(current_contract(s) for s in sources()) + internal_contracts()


def write_schemas(schemas_dir: Path) -> list[Path]:
    """Write `<source>/<table>.parquet` with no rows for every landing table.

    An absent source still builds: dbt's landing views start from these files.
    Each file is written under a temporary name and renamed.
    """
    written = []
    for contract in landing_contracts():
        folder = schemas_dir / contract.source
        folder.mkdir(parents=True, exist_ok=True)
        for table in contract.tables:
            target = folder / f"{table.name}.parquet"
            temporary = folder / f".{table.name}.{os.getpid()}.tmp"
            pq.write_table(landing_schema(contract, table).empty_table(), temporary)
            os.replace(temporary, target)
            written.append(target)
    return written


def schemas_are_current(schemas_dir: Path) -> bool:
    """Were the schema files written after the last change of a contract? Reads no contract."""
    written = [path.stat().st_mtime for path in schemas_dir.rglob("*.parquet")]
    changed = max(path.stat().st_mtime for path in DEFINITIONS.rglob("*.yaml"))
    return bool(written) and min(written) >= changed
