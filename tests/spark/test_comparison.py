"""The comparator finds what it is there to find: planted differences, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from .comparison import compare, compare_tables, report

ROWS = (
    "(values (1, 'a', 1.5::double, date '2024-01-01', true),"
    " (2, null, null, null, null), (null, 'c', 'nan'::double, date '1500-01-01', false))"
    " as t(id, label, value, day, flag)"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute(f"create table kept as select * from {ROWS}")
        opened.execute("create table other as select * from kept")
        yield opened


def differences(connection: duckdb.DuckDBPyConnection, *changes: str) -> list:
    for change in changes:
        connection.execute(change)
    return compare(connection, "s.t", "kept", "other", ["id"])


@pytest.mark.parametrize(
    "changes",
    [
        [],
        ["update other set value = value + 1e-10 where id = 1"],
        ["alter table other alter id type bigint"],
        ["create or replace table other as select * from kept order by id desc"],
        ["create or replace table other as select flag, day, value, label, id from kept"],
        [
            "update kept set value = 1e15 where id = 1",
            "update other set value = 1e15 + 0.25 where id = 1",
        ],
    ],
    ids=["same", "1e-10", "wider integer", "other order", "columns reordered", "relative to size"],
)
def test_what_is_no_difference(connection: duckdb.DuckDBPyConnection, changes: list[str]) -> None:
    assert differences(connection, *changes) == []


@pytest.mark.parametrize(
    ("change", "column", "what"),
    [
        ("update other set label = 'x' where id = 2", "label", "the value differs"),
        ("update other set label = null where id = 1", "label", "the value differs"),
        ("update kept set label = null where id = 1", "label", "the value differs"),
        ("update other set label = '' where id = 2", "label", "the value differs"),
        ("update other set value = value + 1e-8 where id = 1", "value", "the value differs"),
        ("update other set value = 'nan' where id = 2", "value", "the value differs"),
        ("update other set value = 'inf' where id = 1", "value", "the value differs"),
        ("update other set day = date '1500-01-02' where id is null", "day", "the value differs"),
        ("update other set flag = null where id = 1", "flag", "the value differs"),
        ("delete from other where id = 1", "", "the row is missing"),
        ("delete from kept where id is null", "", "the row is missing"),
        ("insert into other select * from kept where id = 1", "", "the row is missing"),
        ("insert into kept select * from other where id is null", "", "the row is missing"),
        ("alter table other add column extra integer", "extra", "the column is missing"),
        ("alter table other drop column flag", "flag", "the column is missing"),
        ("alter table other alter value type decimal(10, 3) using 1", "value", "the type differs"),
        ("alter table other alter day type timestamp", "day", "the type differs"),
    ],
)
def test_a_planted_difference_is_found(
    connection: duckdb.DuckDBPyConnection, change: str, column: str, what: str
) -> None:
    (found,) = differences(connection, change)
    assert (found.column, found.what) == (column, what)


def test_the_report_names_table_key_column_and_both_values(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = differences(connection, "update other set label = null where id = 1")
    text = report(found)
    assert (
        text
        == "s.t, id=1, column label: the value differs: 'a' on DuckDB, None on Spark (1 in all)"
    )


def test_many_differences_are_counted_and_few_are_shown(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute(
        "insert into kept select i, 'x', 0.0, null, true from range(10, 110) as r(i)"
    )
    connection.execute(
        "insert into other select i, 'y', 0.0, null, true from range(10, 110) as r(i)"
    )
    found = compare(connection, "s.t", "kept", "other", ["id"])
    assert len(found) == 5 and {difference.count for difference in found} == {100}


def test_a_missing_grain_or_table_is_a_difference(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert compare(connection, "s.t", "kept", "other", ["nothing"])
    assert compare(connection, "s.t", "kept", "other", [])
    with duckdb.connect(str(tmp_path / "w.duckdb")) as warehouse:
        warehouse.execute("create schema s; create table s.t as select 1 as id")
    found, rows = compare_tables(tmp_path / "w.duckdb", tmp_path, {("s", "t"): ["id"]})
    assert [difference.what for difference in found] == ["the table was not built"]
    assert rows == {}
