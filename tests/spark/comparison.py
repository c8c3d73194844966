"""Compare the same table built by two engines, row by row, both ways.

Rows are matched by the table's grain, NULLs being equal to NULLs. Doubles agree when they are
within 1e-9 of each other (of their size, above 1); everything else must be identical. Types are
compared by family: an integer may be wider on one engine, a decimal may not be a double.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

TOLERANCE = 1e-9
EXAMPLES = 5  # differing rows shown per column
MISSING = "(no row)"

FAMILIES = {
    "integer": {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER"},
    "double": {"DOUBLE", "FLOAT"},
    "text": {"VARCHAR"},
}


@dataclass(frozen=True)
class Difference:
    """One disagreement: of a table, a column or a value (`count` rows differ alike)."""

    table: str
    what: str
    key: str = ""
    column: str = ""
    on_duckdb: object = None
    on_spark: object = None
    count: int = 1

    def __str__(self) -> str:
        place = f"{self.table}, {self.key}" if self.key else self.table
        column = f", column {self.column}" if self.column else ""
        return (
            f"{place}{column}: {self.what}: {self.on_duckdb!r} on DuckDB, "
            f"{self.on_spark!r} on Spark ({self.count} in all)"
        )


@dataclass(frozen=True)
class Side:
    """A table on one engine, as DuckDB reads it."""

    relation: str
    types: dict[str, str]


def family(type_name: str) -> str:
    """The family of a DuckDB type name: what must agree between the engines."""
    base = type_name.upper().split("(")[0]
    return next((name for name, members in FAMILIES.items() if base in members), base.lower())


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def side(connection: duckdb.DuckDBPyConnection, relation: str) -> Side:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return Side(relation, {row[0]: row[1] for row in described})


def compare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    on_duckdb: str,
    on_spark: str,
    key: Sequence[str],
) -> list[Difference]:
    """The differences between two relations of `connection` that should be the same table.

    `key` is the grain: the columns that identify a row. An empty list means that both have the
    same columns, the same types by family and the same rows the same number of times.
    """
    left, right = side(connection, on_duckdb), side(connection, on_spark)
    differences = [
        Difference(
            name,
            "the column is missing",
            "",
            column,
            left.types.get(column),
            right.types.get(column),
        )
        for column in [*left.types, *(set(right.types) - set(left.types))]
        if column not in left.types or column not in right.types
    ]
    shared = [column for column in left.types if column in right.types]
    differences += [
        Difference(name, "the type differs", "", column, left.types[column], right.types[column])
        for column in shared
        if family(left.types[column]) != family(right.types[column])
    ]
    absent = [column for column in key if column not in shared]
    if absent or not key:
        return [*differences, Difference(name, f"the grain {list(key)} cannot be matched")]
    if differences:
        shared = [c for c in shared if family(left.types[c]) == family(right.types[c])]
    return differences + _rows(connection, name, left, right, list(key), shared)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    left: Side,
    right: Side,
    key: list[str],
    columns: list[str],
) -> list[Difference]:
    values = [column for column in columns if column not in key]
    keys = ", ".join(map(quoted, key))
    order = ", ".join(f"{quoted(column)} nulls last" for column in values) or "1"
    # Rows of a repeated key are told apart by their rank: a surplus row finds no partner.
    ranked = (
        "(select *, true as here__, row_number() over "
        f"(partition by {keys} order by {order}) as copy__ from {{}})"
    )
    on = " and ".join(f"l.{quoted(c)} is not distinct from r.{quoted(c)}" for c in [*key, "copy__"])
    selected = [
        *(f"coalesce(l.{quoted(c)}, r.{quoted(c)}) as k{i}" for i, c in enumerate(key)),
        *(f"l.{quoted(c)} as l{i}, r.{quoted(c)} as r{i}" for i, c in enumerate(values)),
        "l.here__ is not null as in_left",
        "r.here__ is not null as in_right",
    ]
    connection.execute(
        f"create or replace temp table joined__ as select {', '.join(selected)}"
        f" from {ranked.format(left.relation)} as l"
        f" full join {ranked.format(right.relation)} as r on {on}"
    )
    both = "in_left and in_right and "
    tests = [
        ("", "in_left and not in_right", "'one row'", f"'{MISSING}'"),
        ("", "in_right and not in_left", f"'{MISSING}'", "'one row'"),
        *(
            (column, both + _unequal(i, family(left.types[column])), f"l{i}", f"r{i}")
            for i, column in enumerate(values)
        ),
    ]
    counts = connection.execute(
        "select "
        + ", ".join(f"count(*) filter (where {test[1]})" for test in tests)
        + " from joined__"
    ).fetchone()
    assert counts is not None
    differences = []
    key_columns = ", ".join(f"k{i}" for i in range(len(key)))
    for (column, condition, on_left, on_right), count in zip(tests, counts, strict=True):
        if not count:
            continue
        found = connection.execute(
            f"select {on_left}, {on_right}, {key_columns} from joined__ where {condition}"
            f" order by {key_columns} limit {EXAMPLES}"
        ).fetchall()
        for on_duckdb, on_spark, *key_values in found:
            shown = ", ".join(f"{c}={v!r}" for c, v in zip(key, key_values, strict=True))
            what = "the value differs" if column else "the row is missing"
            differences.append(Difference(name, what, shown, column, on_duckdb, on_spark, count))
    connection.execute("drop table joined__")
    return differences


def _unequal(index: int, kind: str) -> str:
    left, right = f"l{index}", f"r{index}"
    if kind != "double":
        return f"({left} is distinct from {right})"
    near = f"abs({left} - {right}) <= {TOLERANCE} * greatest(1, abs({left}))"
    return (
        f"({left} is distinct from {right} and not coalesce({near}, false)"
        f" and not coalesce(isnan({left}) and isnan({right}), false))"
    )


def compare_tables(
    warehouse: Path, spark_tables: Path, grains: Mapping[tuple[str, str], Sequence[str]]
) -> tuple[list[Difference], dict[str, int]]:
    """Compare every table of `grains` ({(schema, table): grain}) in a warehouse file with Spark's.

    Returns the differences and, per table compared, its number of rows on DuckDB.
    """
    differences: list[Difference] = []
    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        for (schema, table), grain in grains.items():
            name = f"{schema}.{table}"
            files = spark_tables / f"{schema}.db" / table
            if not any(files.glob("*.parquet")):
                differences.append(Difference(name, "the table was not built", on_spark=MISSING))
                continue
            relation = f"warehouse.{quoted(schema)}.{quoted(table)}"
            differences += compare(
                connection, name, relation, f"read_parquet('{files}/*.parquet')", grain
            )
            counted = connection.execute(f"select count(*) from {relation}").fetchone()
            rows[name] = counted[0] if counted else 0
    return differences, rows


def report(differences: Sequence[Difference], limit: int = 60) -> str:
    """The differences as lines to read, most of a long list left out."""
    lines = [str(difference) for difference in differences[:limit]]
    if len(differences) > limit:
        lines.append(f"… and {len(differences) - limit} more")
    return "\n".join(lines)
