"""One definition, one figure: from plain SQL, the command and the pages."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from p4dp.cli import app
from p4dp.errors import P4dpError
from p4dp.indicators.pages import write_pages
from p4dp.metrics import compile_metric, dimensions_of, load, metrics_page
from p4dp.release import publish
from p4dp.settings import PROJECT_ROOT, Home

NOW, BEFORE = "2025-12-31", "2025-11-30"
COUNTS = (
    "numerator_count, denominator_count, declined_count, excluded_count, unknown_count,"
    " met_unobservable_count, eligible_count"
)
TABLE = """(
    territory_level varchar, territory_code varchar, indicator_id varchar,
    indicator_version varchar, basis varchar, population_basis varchar, reference_date date,
    numerator_count bigint, denominator_count bigint, declined_count bigint,
    excluded_count bigint, unknown_count bigint, met_unobservable_count bigint,
    eligible_count bigint{more})"""
PLACES = (
    ("country", "FR", 700, 1200),
    ("region", "93", 400, 700),
    ("region", "84", 300, 500),
)


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Two dates, two bases, practices of two vendors."""
    connection.execute("create schema linked; create schema indicators; create schema published")
    connection.execute("create table linked.dim_practice (practice_key bigint, vendor varchar)")
    connection.execute("insert into linked.dim_practice values (1,'a'),(2,'a'),(3,'b')")
    connection.execute(f"create table indicators.fct_indicator_territory {TABLE.format(more='')}")
    connection.execute(
        "create table published.pub_indicator_territory "
        + TABLE.format(
            more=", practice_count bigint, share double, share_low double, share_high double"
        )
    )
    connection.execute(
        """create table indicators.fct_indicator_practice as
        select 0::bigint as practice_key, * exclude (territory_level, territory_code)
        from indicators.fct_indicator_territory"""
    )
    for at, basis, less in ((NOW, "record", 50), (NOW, "linked", 0), (BEFORE, "linked", 20)):
        for level, code, met, people in PLACES:
            row = (
                f"'{level}', '{code}', 'SCR-CRC-COV', '1', '{basis}', 'resident', '{at}',"
                f" {met - less}, {people}, 0, 30, 100, 20, {people + 120}"
            )
            connection.execute(f"insert into indicators.fct_indicator_territory values ({row})")
            connection.execute(
                f"insert into published.pub_indicator_territory values ({row}, 9,"
                f" ({met}.0 - {less}) / {people}, 0.1, 0.9)"
            )
        for key, met in ((1, 10), (2, 30), (3, 45)):
            connection.execute(
                "insert into indicators.fct_indicator_practice values"
                f" ({key}, 'SCR-CRC-COV', '1', '{basis}', 'active', '{at}',"
                f" {met}, 100, 0, 0, 20, 0, 120)"
            )


@pytest.fixture
def small() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fill(connection)
    return connection


def answer(connection, *arguments, **options) -> list[dict]:
    cursor = connection.execute(compile_metric(*arguments, **options))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_what_does_not_add_up_comes_back_as_a_group(small):
    rows = answer(small, "indicator_share", ["region"], {"indicator_id": "SCR-CRC-COV"})
    assert [(r["territory_code"], r["basis"], r["indicator_share"]) for r in rows] == [
        ("84", "linked", 0.6),
        ("84", "record", 0.5),
        ("93", "linked", round(400 / 700, 12)),
        ("93", "record", 0.5),
    ]
    # People at a date are counted at the last one, and the answer says so.
    assert {r["reference_date"] for r in rows} == {date(2025, 12, 31)}


def test_a_date_that_is_named_is_the_one_answered(small):
    by_date = answer(
        small, "indicator_met", ["reference_date"], {"basis": "linked", "territory_code": "FR"}
    )
    assert [(r["reference_date"].isoformat(), r["indicator_met"]) for r in by_date] == [
        (BEFORE, 680),
        (NOW, 700),
    ]
    fixed = answer(small, "indicator_met", [], {"basis": "linked", "reference_date": BEFORE})
    assert [r["indicator_met"] for r in fixed] == [680]


def test_without_a_place_the_answer_is_the_country(small):
    (row,) = answer(small, "indicator_share_high", [], {"basis": "linked"})
    assert row["territory_code"] == "FR"
    assert row["indicator_share_high"] == round((700 + 20 + 100) / 1320, 12)


def test_practices_add_up_by_what_they_are(small):
    rows = answer(small, "practice_indicator_share", ["vendor"], {"basis": "record"})
    assert [(r["vendor"], r["practice_indicator_share"]) for r in rows] == [("a", 0.2), ("b", 0.45)]
    named = answer(small, "practice_indicator_met", ["practice__vendor"], {"basis": "record"})
    assert [r["practice_indicator_met"] for r in named] == [40, 45]


def test_one_hidden_count_hides_what_it_enters(small):
    small.execute(
        "update indicators.fct_indicator_practice set numerator_count = null where practice_key = 1"
    )
    both = ["practice_indicator_share", "practice_indicator_observable"]
    rows = answer(small, both, ["vendor"], {"basis": "record"})
    assert [r["practice_indicator_share"] for r in rows] == [None, 0.45]
    assert [r["practice_indicator_observable"] for r in rows] == [200, 100]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "no metric 'nothing'"),
        (("indicator_share", ["vendor"]), "knows no dimension 'vendor'"),
        (("indicator_share", [], {"colour": "red"}), "knows no dimension 'colour'"),
        ((["indicator_share", "recording_violated"],), "different tables"),
        (("indicator_share", ["region"], {"territory_level": "epci"}), "both"),
    ],
)
def test_what_cannot_be_answered_is_refused(arguments, message):
    with pytest.raises(P4dpError, match=message):
        compile_metric(*arguments)


def test_a_value_is_never_sql():
    sql = compile_metric("indicator_met", [], {"indicator_id": "x') or ('1'='1"})
    assert "'x'') or (''1''=''1'" in sql


def test_every_metric_compiles_and_every_dimension_with_it():
    for name in load().metrics:
        for dimension in dimensions_of(name):
            duckdb.extract_statements(compile_metric(name, [dimension]))


def test_the_page_in_the_repository_is_the_one_the_definitions_give():
    page = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert page == metrics_page(), "write it again: `p4dp metrics --page docs/metrics.md`"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a release in which the figures below stand."""
    from datetime import UTC, datetime, timedelta

    from p4dp.governance import grant, os_user

    home = Home(tmp_path / "home")
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        fill(connection)
        connection.execute(
            """create table linked.dim_territory as select '06088' as commune_code,
            'e' as epci_code, '06' as departement_code, '93' as region_code
            union all select '69001', 'f', '69', '84'"""
        )
    publish(home.warehouse, home, as_of=NOW, inputs={}, code_version="test")
    monkeypatch.setenv("P4DP_HOME", str(home.root))
    monkeypatch.setenv("P4DP_KEYS", str(tmp_path / "keys"))
    (tmp_path / "keys").mkdir(mode=0o700)
    for place, name in enumerate(("level2", "vault", "trail")):
        key = tmp_path / "keys" / f"{name}.key"
        key.write_text(f"{place + 1:064x}\n")
        key.chmod(0o600)
    until = (datetime.now(UTC) + timedelta(days=30)).date()
    grant(home, os_user(), "analyst", until, granted_by="test")
    return home


def test_sql_command_and_page_give_the_same_figure(home: Home, tmp_path: Path):
    with duckdb.connect(str(home.current_release / "aggregates.duckdb"), read_only=True) as file:
        ((plain, stored),) = file.execute(
            f"""select round(numerator_count / denominator_count, 12), round(share, 12)
            from published.pub_indicator_territory
            where territory_level = 'country' and basis = 'linked'
                and indicator_id = 'SCR-CRC-COV' and reference_date = date '{NOW}'"""
        ).fetchall()
    where = ["--where", "indicator_id=SCR-CRC-COV", "--where", "basis=linked"]
    run = CliRunner().invoke(
        app, ["query", "--metric", "published_indicator_share", *where, "--json"]
    )
    assert run.exit_code == 0, run.output
    (row,) = json.loads(run.stdout)
    write_pages(tmp_path / "pages", home)
    page = (tmp_path / "pages" / "scr-crc-cov.md").read_text(encoding="utf-8")
    shown = re.search(rf"{NOW}: \*\*([\d.]+)%\*\*", page)
    assert shown is not None
    assert row["published_indicator_share"] == plain == stored
    assert shown[1] == f"{plain:.1%}".rstrip("%")
    assert "700" not in page  # counts stay in the table


def test_the_command_refuses_a_question_asked_twice_or_not_at_all(home: Home):
    runner = CliRunner()
    for arguments in (
        ["query"],
        ["query", "select 1", "--metric", "indicator_share"],
        ["query", "select 1", "--by", "region"],
        ["query", "--metric", "indicator_share", "--where", "basis"],
    ):
        assert runner.invoke(app, arguments).exit_code == 2
