"""What a dbt call leaves to show of each node: rows, columns, and where each column comes from.

dagster-dbt can fetch the same, at 1 to 3 s a model: it starts a dbt adapter in the step and
parses a model again for each of its columns. Here one read-only connection answers for all
nodes and a model is parsed once: 0.01 s a model (docs/decisions, node metadata).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from dagster import AssetKey, TableColumn, TableColumnDep, TableColumnLineage, TableSchema
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

Relation = tuple[str, str]  # schema, name

_log = logging.getLogger(__name__)
_COLUMNS = """
select schema_name, table_name, column_name, data_type
from duckdb_columns()
where database_name = current_database() and not internal
order by schema_name, table_name, column_index
"""


class NodeMetadata:
    """Metadata of the nodes one dbt call has built; `target` holds the call's compiled SQL."""

    def __init__(self, manifest: Mapping[str, Any], target: Path, warehouse: Path) -> None:
        self._manifest = manifest
        self._target = target
        self._columns: dict[Relation, dict[str, str]] = {}
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            for schema, table, column, kind in connection.execute(_COLUMNS).fetchall():
                self._columns.setdefault((schema, table), {})[column] = kind
            self._row_counts = _row_counts(connection)

    def of(self, unique_id: str) -> dict[str, Any]:
        """`dagster/…` metadata of a model or seed; views have no row count (it would run them)."""
        node = self._manifest["nodes"][unique_id]
        relation = _relation(node)
        columns = self._columns.get(relation)
        if columns is None:
            return {}
        metadata: dict[str, Any] = {"dagster/column_schema": _schema(columns, node)}
        if relation in self._row_counts:
            metadata["dagster/row_count"] = self._row_counts[relation]
        if node["resource_type"] == "model":
            origins = self._column_lineage(node)
            if origins is not None:
                metadata["dagster/column_lineage"] = origins
        return metadata

    def _column_lineage(self, node: Mapping[str, Any]) -> TableColumnLineage | None:
        path = self._target / "compiled" / node["package_name"] / node["original_file_path"]
        parents = {
            _relation(parent): AssetKey([parent["schema"], parent["name"]])
            for parent in (self._node(parent_id) for parent_id in node["depends_on"]["nodes"])
        }
        schema: dict[str, dict[str, dict[str, str]]] = {}
        for schema_name, table in parents:
            columns = self._columns.get((schema_name, table))
            if columns:
                schema.setdefault(schema_name, {})[table] = columns
        try:
            nodes = lineage(
                None,
                path.read_text(encoding="utf-8"),
                {node["database"]: schema},
                dialect="duckdb",
                trim_selects=False,
                copy=False,
            )
        except (SqlglotError, ValueError, OSError) as error:
            _log.warning("no column lineage for %s: %s", node["name"], error)
            return None
        return TableColumnLineage(
            deps_by_column={
                column: _origins(nodes[column], parents) if column in nodes else []
                for column in self._columns[_relation(node)]
            }
        )

    def _node(self, unique_id: str) -> Mapping[str, Any]:
        return self._manifest["nodes"].get(unique_id) or self._manifest["sources"][unique_id]


def _relation(node: Mapping[str, Any]) -> Relation:
    return node["schema"], node.get("identifier") or node["alias"]


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[Relation, int]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database() and not internal"
    ).fetchall()
    if not tables:
        return {}
    counts = connection.execute(
        " union all ".join(
            f"select '{schema}', '{table}', count(*) from \"{schema}\".\"{table}\""
            for schema, table in tables
        )
    ).fetchall()
    return {(schema, table): count for schema, table, count in counts}


def _schema(columns: Mapping[str, str], node: Mapping[str, Any]) -> TableSchema:
    described = {name.lower(): column for name, column in node.get("columns", {}).items()}
    return TableSchema(
        columns=[
            TableColumn(
                name=name,
                type=kind.lower(),
                description=described.get(name.lower(), {}).get("description") or None,
            )
            for name, kind in columns.items()
        ]
    )


def _origins(node: Node, parents: Mapping[Relation, AssetKey]) -> Sequence[TableColumnDep]:
    """The columns of direct parents that a column is computed from."""
    found: set[tuple[AssetKey, str]] = set()
    seen: set[int] = set()
    pending = [node]
    by_lower = {(schema.lower(), name.lower()): key for (schema, name), key in parents.items()}
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if current.downstream:
            pending.extend(current.downstream)
            continue
        table = current.expression.find(exp.Table)
        key = by_lower.get((table.db.lower(), table.name.lower())) if table is not None else None
        if key is not None:
            found.add((key, exp.to_column(current.name).name))
    return [TableColumnDep(key, column) for key, column in sorted(found, key=str)]
