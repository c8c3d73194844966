"""The weekly step: what may alarm, what may not, and what is written."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from p4dp.errors import P4dpError
from p4dp.surveillance import run
from p4dp.surveillance.weekly import ALARM_SCHEMA


def warehouse_with(path, rows):
    """`rows`: (territory_code, week number, cases, practices, consolidated)."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema indicators")
        connection.execute(
            """create table indicators.fct_weekly_syndrome (
                territory_level varchar, territory_code varchar, place_basis varchar,
                week_start_date date, syndrome_id varchar, case_count bigint,
                reporting_practices bigint, is_consolidated boolean)"""
        )
        for code, week, cases, practices, consolidated in rows:
            connection.execute(
                """insert into indicators.fct_weekly_syndrome values
                ('departement', ?, 'practice', date '2025-01-06' + 7 * ?::int, 'ILI', ?, ?, ?)""",
                [code, week, cases, practices, consolidated],
            )
    return path


def series(code, counts, practices=20, consolidated=True):
    return [(code, w, c, practices, consolidated) for w, c in enumerate(counts)]


QUIET = [10, 11, 9, 10, 12, 10, 9, 11, 10, 9, 10, 11]


def judged(tmp_path, rows):
    report = run(warehouse_with(tmp_path / "w.duckdb", rows), tmp_path / "exchange")
    return report, pq.read_table(report.path)


def test_an_outbreak_alarms_and_a_quiet_territory_does_not(tmp_path):
    rows = series("06", [*QUIET, 60, 55]) + series("13", [*QUIET, 10, 11])
    report, table = judged(tmp_path, rows)
    assert table.schema.equals(ALARM_SCHEMA)
    alarms = {
        (r["territory_code"], r["week_start_date"], r["method"])
        for r in table.to_pylist()
        if r["is_alarm"]
    }
    first, second = date(2025, 3, 31), date(2025, 4, 7)
    # C1 already counts the first week as baseline, C2 keeps two weeks apart, C3 follows C2.
    assert alarms == {
        ("06", first, "C1"),
        ("06", first, "C2"),
        ("06", second, "C2"),
        ("06", second, "C3"),
    }
    assert (report.series, report.weeks, report.alarms) == (2, 14, 4)


def test_only_consolidated_weeks_with_enough_cases_and_practices_alarm(tmp_path):
    rows = (
        series("01", QUIET)
        + [("01", 12, 60, 20, False)]
        + series("02", [*QUIET, 60], practices=3)
        + series("03", [0] * 12 + [10])
    )
    report, table = judged(tmp_path, rows)
    assert report.alarms == 0
    above = {r["territory_code"] for r in table.to_pylist() if r["is_pre_alert"]}
    assert above == {"01", "02", "03"}


def test_one_case_after_empty_weeks_is_not_even_a_pre_alert(tmp_path):
    report, _ = judged(tmp_path, series("06", [0] * 12 + [1]))
    assert report.pre_alerts == 0


def test_a_missing_week_is_not_read_as_zero(tmp_path):
    rows = [r for r in series("06", [*QUIET, 60]) if r[1] != 8]
    report, table = judged(tmp_path, rows)
    assert "C1" not in {r["method"] for r in table.to_pylist() if r["is_alarm"]}


def test_no_rows_gives_an_empty_file_and_a_missing_table_a_message(tmp_path):
    report, table = judged(tmp_path, [])
    assert (report.rows, table.num_rows) == (0, 0) and table.schema.equals(ALARM_SCHEMA)
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(P4dpError, match="no weekly counts"):
        run(empty, tmp_path / "exchange")


def test_the_step_leaves_nothing_but_the_finished_file(tmp_path):
    report, _ = judged(tmp_path, series("06", QUIET))
    assert [p.name for p in report.path.parent.iterdir()] == ["part-0.parquet"]
