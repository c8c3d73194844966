"""Content hashes: equal for equal rows, whatever their order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from p4dp.duck import quoted

FLOAT_DIGITS = 9
"""Decimals of floating-point values that enter a hash."""


@dataclass(frozen=True)
class Relation:
    """A table or view of an attached database."""

    database: str
    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]
    is_view: bool = False

    @property
    def path(self) -> str:
        """The qualified, quoted name."""
        return ".".join(quoted(part) for part in (self.database, self.schema, self.name))

    @property
    def label(self) -> str:
        """`schema.table`, as people write it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class TableContent:
    """Rows and content hash of one table."""

    label: str
    rows: int
    content_hash: str


def relations(connection: duckdb.DuckDBPyConnection, database: str) -> list[Relation]:
    """Tables and views of an attached database, by schema and name, with their columns."""
    rows = connection.execute(
        """
        select
            c.schema_name, c.table_name,
            list((c.column_name, c.data_type) order by c.column_index),
            any_value(v.view_name) is not null
        from duckdb_columns() as c
        left join duckdb_views() as v
            on v.database_name = c.database_name
            and v.schema_name = c.schema_name
            and v.view_name = c.table_name
        where c.database_name = ? and not c.internal
        group by all
        order by all
        """,
        [database],
    ).fetchall()
    return [
        Relation(database, schema, name, tuple((c[0], c[1]) for c in columns), is_view)
        for schema, name, columns, is_view in rows
    ]


def relation_content(connection: duckdb.DuckDBPyConnection, relation: Relation) -> TableContent:
    """Rows and hash of a relation.

    The hash digests the relation's name, its columns with their types, the number of rows
    and the sum of the row hashes (a sum, since an exclusive or would cancel equal rows).
    Floating-point values are rounded to 9 decimals first. DuckDB's `hash()` is stable
    within a DuckDB version, which manifests therefore name.
    """
    values = ", ".join(
        f"round({quoted(name)}, {FLOAT_DIGITS})" if kind in ("DOUBLE", "FLOAT") else quoted(name)
        for name, kind in relation.columns
    )
    row = connection.execute(
        f"select count(*), coalesce(sum(hash({values})::hugeint), 0)::varchar from {relation.path}"
    ).fetchone()
    assert row is not None
    digest = _digest([relation.label, relation.columns, *row])
    return TableContent(relation.label, row[0], digest)


def content_hash(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """The content hash of `schema.table`, as the manifest of a release has it."""
    schema, _, name = table.partition(".")
    for (database,) in connection.execute(
        "select database_name from duckdb_databases() where not internal"
    ).fetchall():
        for relation in relations(connection, database):
            if (relation.schema, relation.name) == (schema, name):
                return relation_content(connection, relation).content_hash
    raise ValueError(f"no table {table}")


def overall_hash(tables: Iterable[TableContent]) -> str:
    """One hash for many tables, whatever their order."""
    return _digest(sorted((t.label, t.content_hash) for t in tables))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
