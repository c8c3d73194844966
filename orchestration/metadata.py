"""What assets show of themselves in the UI: columns, where they come from, rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from dagster import (
    AssetKey,
    MetadataValue,
    TableColumn,
    TableColumnDep,
    TableColumnLineage,
    TableSchema,
)

ColumnSources = Mapping[str, Sequence[tuple[Sequence[str], str]]]


def table_schema(schema_file: Path, descriptions: Mapping[str, str] | None = None) -> TableSchema:
    """The columns of a Parquet file, with their descriptions where known."""
    descriptions = descriptions or {}
    schema = pq.read_schema(schema_file)
    return TableSchema(
        columns=[
            TableColumn(
                name=field.name,
                type=str(field.type),
                description=descriptions.get(field.name),
            )
            for field in schema
        ]
    )


def column_lineage(sources: ColumnSources) -> TableColumnLineage:
    """Column lineage from `column -> [(asset key, column), …]`."""
    return TableColumnLineage(
        deps_by_column={
            column: [TableColumnDep(AssetKey(list(key)), origin) for key, origin in origins]
            for column, origins in sources.items()
        }
    )


def report_metadata(report: Any) -> MetadataValue:
    """The report of a domain function (a dataclass) as JSON."""
    return MetadataValue.json(json.loads(json.dumps(asdict(report), default=str)))


def parquet_rows(folder: Path) -> int:
    """Rows in all Parquet files under a folder, read from their footers."""
    return sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))


def dbt_columns(source_node: Mapping[str, Any]) -> dict[str, str]:
    """Column descriptions of a dbt node of the manifest."""
    return {
        name: column["description"]
        for name, column in source_node.get("columns", {}).items()
        if column.get("description")
    }
