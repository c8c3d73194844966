"""What the models may write: the same value on DuckDB and on Spark; and why the rest is banned.

`SAME` are expressions and macros the models use, with the value stated here. `DIFFERENT` is the
evidence for the rules of tools/sql_traps.py: both engines take the expression as it is after
translation and give different values. A rule whose evidence no longer differs can go.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from tools.sql_traps import RULES, check_text

DAY = dt.date
ROWS = (
    "(values (1, 10.0::double, date '2024-01-01', 'a'), (1, null, date '2024-01-03', 'b'),"
    " (1, 30.0::double, date '2024-01-02', null), (2, 5.0::double, null, 'c'))"
    " as rows(id, value, day, label)"
)


def macro(name: str, *arguments: str) -> str:
    """A call of a macro as a model writes it."""
    return "{{ " + name + "(" + ", ".join(map(json.dumps, arguments)) + ") }}"


def surrogate(text: str) -> int:
    """The first eight bytes of the text's md5, lowest first, without the sign."""
    return int.from_bytes(hashlib.md5(text.encode()).digest()[:8], "little") & (2**63 - 1)


SAME: list[tuple[str, Any]] = [
    # macros of macros/portability
    (f"{{{{ latest('value', 'day') }}}} from {ROWS}", None),
    (f"{{{{ latest('label', 'value') }}}} from {ROWS}", None),
    (f"{{{{ median('value') }}}} from {ROWS}", 10.0),
    (f"{{{{ quantile('value', 0.25) }}}} from {ROWS}", 7.5),
    ("{{ median('x') }} from (values (1.10::decimal(10,2)), (1.25::decimal(10,2))) as t(x)", 1.175),
    (macro("add_months", "date '2024-01-31'", "1"), DAY(2024, 2, 29)),
    (macro("add_months", "date '2024-02-29'", "1"), DAY(2024, 3, 29)),
    (macro("add_months", "date '2024-03-31'", "-1"), DAY(2024, 2, 29)),
    (macro("add_months", "date '2024-02-29'", "-12"), DAY(2023, 2, 28)),
    (macro("add_days", "date '2023-12-31'", "1"), DAY(2024, 1, 1)),
    (macro("add_days", "date '2024-03-01'", "-1::bigint"), DAY(2024, 2, 29)),
    (macro("days_between", "date '2024-01-01'", "date '2024-03-01'"), 60),
    (macro("days_between", "date '2024-03-01'", "date '2024-01-01'"), -60),
    (
        macro("days_between", "timestamp '2024-01-01 23:00:00'", "timestamp '2024-01-02 01:00:00'"),
        1,
    ),
    (macro("months_between", "date '2024-01-31'", "date '2024-03-01'"), 1),
    (macro("months_between", "date '2023-03-15'", "date '2024-03-15'"), 12),
    (macro("month_start", "date '2024-03-17'"), DAY(2024, 3, 1)),
    (macro("month_end", "date '2024-02-05'"), DAY(2024, 2, 29)),
    (macro("week_start", "date '2024-03-17'"), DAY(2024, 3, 11)),
    (macro("week_start", "date '2024-12-30'"), DAY(2024, 12, 30)),
    (macro("age_years", "1980", "6", "date '2024-05-31'"), 43),
    (macro("age_years", "1980", "6", "date '2024-06-01'"), 44),
    (macro("age_years", "1980", "null", "date '2024-01-01'"), 44),
    (macro("try_date", "'31/12/2023'", "%d/%m/%Y"), DAY(2023, 12, 31)),
    (macro("try_date", "'1/2/2023'", "%d/%m/%Y"), DAY(2023, 2, 1)),
    (macro("try_date", "'31/02/2023'", "%d/%m/%Y"), None),
    (macro("try_date", "'31/12/2023 10:00'", "%d/%m/%Y"), None),
    (macro("try_date", "'2023-12-31'", "%d/%m/%Y"), None),
    (macro("try_date", "''", "%d/%m/%Y"), None),
    (macro("try_date", "null", "%d/%m/%Y"), None),
    (macro("try_date", "'2023-12-31'", "%Y-%m-%d"), DAY(2023, 12, 31)),
    (macro("try_date", "'2023-12'", "%Y-%m-%d"), None),
    (macro("try_date", "'20231231'", "%Y%m%d"), DAY(2023, 12, 31)),
    (macro("try_date", "'2023123'", "%Y%m%d"), None),
    (macro("try_date", "' 31/12/2023 '", "%d/%m/%Y"), DAY(2023, 12, 31)),
    (macro("try_date", "'31/12/23'", "%d/%m/%Y"), None),
    (macro("try_date", "'202-12-31'", "%Y-%m-%d"), None),
    (macro("try_date", "'0001-01-01'", "%Y-%m-%d"), None),
    (macro("try_date", "'31/12/2023' || chr(13)", "%d/%m/%Y"), None),
    (macro("try_date", "'9999-12-31'", "%Y-%m-%d"), DAY(9999, 12, 31)),
    ("{{ surrogate_key([\"'l2-ab12-0123'\"]) }}", surrogate("l2-ab12-0123")),
    ("{{ surrogate_key([\"'a'\", 'null', \"'é'\"]) }}", surrogate("a||é")),
    ("{{ surrogate_key(['null']) }}", None),
    *(
        (macro("number_text", f"'{number}'"), text)
        for number, text in {
            "5.2": "5.2",
            "120": "120.0",
            "1e7": "10000000.0",
            "12345678.25": "12345678.25",
            "1e15": "1000000000000000.0",
            "1e16": "1e+16",
            "123456789012345678": "1.2345678901234568e+17",
            "1e-4": "0.0001",
            "0.00012345": "0.00012345",
            "1.5e-5": "1.5e-05",
            "-1e-7": "-1e-07",
            "1.5e100": "1.5e+100",
            "-0.0": "-0.0",
            "nan": "nan",
            "-inf": "-inf",
        }.items()
    ),
    (macro("number_text", "null"), None),
    (macro("round_to", "1.005::double", "2"), 1.01),
    (macro("round_to", "-2.5::double", "0"), -3.0),
    (macro("round_to", "1e20::double", "2"), 1e20),
    (macro("try_integer", "' +12 '"), 12),
    (macro("try_integer", "'1.5'"), None),
    (macro("try_integer", "'1e3'"), None),
    (macro("ratio", "1", "3"), 0.333333333333),
    (macro("ratio", "1", "0"), None),
    (macro("ratio", "2.50::decimal(10,2)", "7"), 0.357142857143),
    (
        "count(*) from ("
        + macro("date_series", "date '2024-01-01'", "date '2024-03-01'", "month")
        + ")",
        3,
    ),
    (
        "max(series_date) from ("
        + macro("date_series", "date '2024-01-01'", "date '2024-01-20'", "week")
        + ")",
        DAY(2024, 1, 15),
    ),
    (
        "count(*) from ("
        + macro("date_series", "date '2024-02-01'", "date '2024-01-01'", "day")
        + ")",
        0,
    ),
    # text
    ("regexp_extract('ab12', '([a-z]+)([0-9])')", "ab1"),
    ("regexp_extract('ab12', '([a-z]+)([0-9])', 2)", "1"),
    ("regexp_extract('zz', '([0-9])', 1)", ""),
    ("regexp_extract('1\u202f234 g', '(?s)^([0-9]+(?:[ \u202f][0-9]{3})*)', 1)", "1\u202f234"),
    ("translate('1\u202f234,5', ', \u202f', '.')", "1234.5"),
    ("regexp_extract(null, '([0-9])', 1)", None),
    ("regexp_replace('a1b2', '([0-9])', '<\\1>', 'g')", "a<1>b<2>"),
    ("regexp_replace('5', '5', '$', 'g')", "$"),
    ("regexp_matches('ÉTÉ', '(?i)été')", True),
    ("regexp_matches('a' || chr(10), 'a$')", False),
    ("regexp_matches('a' || chr(10) || 'b', 'a.b')", False),
    ("regexp_matches('a' || chr(13) || 'b', 'a.b')", True),
    ("regexp_matches(chr(11), '\\s')", False),
    ("regexp_matches('a b', 'a[\\s]b')", True),
    ("regexp_matches('a&b[', '^[a-z&&[]+$')", True),
    ("regexp_matches('a]', '^[]a]+$')", True),
    ("regexp_full_match('12', '\\d+')", True),
    ("regexp_full_match('12a', '\\d+')", False),
    ("trim('\u00a0 a\u202f')", "a"),
    ("trim(chr(9) || 'a ')", "\ta"),
    ("length('é👩')", 2),
    ("upper('éàß')", "ÉÀẞ"),
    ("split_part('a|b|c', '|', 2)", "b"),
    ("split_part('a|b|c', '|', 5)", ""),
    ("string_split('K86|T90', '|')[2]", "T90"),
    ("string_split('K86|T90', '|')[3]", None),
    ("string_split('K86|T90', '|')[1 + 0]", "K86"),
    ("string_split('K86|T90', '|')[trim(' 2 ')::integer]", "T90"),
    ("string_split('K86|T90', '|')[id] from " + ROWS + " where value = 5", "T90"),
    ("array_length(string_split('', '|'))", 1),
    ("concat('a', null, 'b')", "ab"),
    ("'a' || null", None),
    ("concat_ws('-', 'a', null, 'b')", "a-b"),
    ("nullif(trim('  '), '')", None),
    ("starts_with('I210', 'I21')", True),
    ("starts_with(null, 'I21')", None),
    ("contains('abc', 'b')", True),
    ("lpad('7', 4, '0')", "0007"),
    ("left('abcdef', 3) || right('abcdef', 2)", "abcef"),
    ("substr('abcdef', 2, 3)", "bcd"),
    ("md5('é')", hashlib.md5("é".encode()).hexdigest()),
    ("replace('1,5', ',', '.')", "1.5"),
    ("'a' < 'B'", False),
    ("string_agg(label, '|' order by label nulls last) from " + ROWS, "a|b|c"),
    ("array_to_string(list_sort(list(distinct id)), '|') from " + ROWS, "1|2"),
    # numbers
    ("7 // 2", 3),
    ("-7 // 2", -3),
    ("-7 % 3", -1),
    ("5 / 2", 2.5),
    ("1.10 * 2.123", Decimal("2.33530")),
    ("'1.005'::decimal(10, 2)", Decimal("1.01")),
    ("try_cast('abc' as decimal(10, 2))", None),
    ("cast('12.3456' as decimal)", Decimal("12.346")),
    ("round(1.005::double::decimal(38, 12), 2)::double", 1.01),
    ("round(2.5::double)", 3.0),
    ("round(-2.5::double)", -3.0),
    ("greatest(1, null, 3)", 3),
    ("least(null, 2)", 2),
    ("power(2.0::double, 0.5::double)", 2**0.5),
    ("ln(10.0::double)", 2.302585092994046),
    ("log10(100.0::double)", 2.0),
    ("sum(value) filter (where id = 1) from " + ROWS, 40.0),
    ("count(distinct label) from " + ROWS, 3),
    ("avg(value::double) from " + ROWS, 15.0),
    ("bool_or(label = 'z') from " + ROWS, False),
    ("count_if(value > 5) from " + ROWS, 2),
    # dates
    ("date_diff('day', timestamp '2024-01-01 23:00:00', timestamp '2024-01-02 01:00:00')", 1),
    ("extract(month from date '2024-03-15')", 3),
    ("strftime(date '2024-01-05', '%Y-%m')", "2024-01"),
    ("cast(timestamp '2024-01-05 23:59:59' as date)", DAY(2024, 1, 5)),
    ("make_date(2024, 2, 29)", DAY(2024, 2, 29)),
    ("cast('2024-01-05' as date)", DAY(2024, 1, 5)),
    ("cast(date '1500-02-28' + interval 1 day as date)", DAY(1500, 3, 1)),
    ("least(date '2024-01-05', null)", DAY(2024, 1, 5)),
    # windows and sets
    (
        "max(n) from (select row_number() over (partition by id order by value desc nulls last)"
        f" as n from {ROWS})",
        3,
    ),
    (
        "string_agg(label, '' order by label nulls last) from (select label from "
        f"{ROWS} qualify row_number() over (partition by id order by day nulls last) = 1)",
        "ac",
    ),
    (
        "sum(v) from (select -value as v from "
        f"{ROWS} qualify row_number() over (order by value nulls last) = 1 and value > 0)",
        -5.0,
    ),
    (
        "count(*) from (with a as (select * from "
        f"{ROWS} qualify rank() over (partition by id order by day nulls last) = 1)"
        " select * from a qualify row_number() over (order by id nulls last) = 1)",
        1,
    ),
    (
        "sum(before) from (select lag(value) over (partition by id order by day nulls last)"
        f" as before from {ROWS})",
        40.0,
    ),
    (
        "sum(n) from (select count(*) over (order by day nulls first range between interval 1 day "
        f"preceding and current row) as n from {ROWS} where day is not null)",
        5,
    ),
    ("count(*) from (select id from " + ROWS + " group by all)", 2),
    ("(1, 'a') in (select id, label from " + ROWS + ")", True),
    ("null is not distinct from null", True),
    ("1 in (2, null)", None),
]

# rule of tools/sql_traps.py, expression, value on DuckDB, value on Spark
DIFFERENT: list[tuple[str, str, Any, Any]] = [
    ("date-diff", "date_diff('month', date '2024-01-31', date '2024-03-01')", 2, 1),
    ("date-diff", "date_diff('year', date '2023-12-31', date '2024-01-01')", 1, 0),
    ("arg-max", f"arg_max(value, day) from {ROWS} where id = 1", 30.0, None),
    ("weekday", "dayofweek(date '2024-03-17')", 0, 1),
    ("name-of-date", "monthname(date '2024-01-01')", "January", "Jan"),
    ("division", "(5.0::decimal(3, 1) / 3)::double", 5 / 3, 1.666667),
    ("round-double", "round(1.005::double, 2)", 1.0, 1.01),
    ("integer-cast", "cast(2.7::double as integer)", 3, 2),
    ("integer-cast", "cast(2.5 as bigint)", 3, 2),
    ("text-cast", "try_cast('1.5' as integer)", 2, None),
    ("text-cast", "try_cast('1e3' as integer)", 1000, None),
    ("text-cast", "try_cast('3d' as double)", None, 3.0),
    ("text-cast", "try_cast('2024-01' as date)", None, DAY(2024, 1, 1)),
    ("text-cast", "try_cast('2024-01-05abc' as date)", DAY(2024, 1, 5), None),
    ("logarithm", "log(100.0::double)", 2.0, 4.605170185988092),
    ("regexp", "regexp_replace('aaa', 'a', 'b')", "baa", "bbb"),
    ("regexp", "regexp_matches('A', 'a', 'i')", True, False),
    ("regexp", "regexp_matches('été', '\\bt')", True, False),
    ("like-escape", "'a%' like 'a\\%'", False, True),
    ("substring", "substr('abc', 0, 2)", "a", "ab"),
    ("substring", "left('abc', -1)", "ab", ""),
    ("series", "array_length(generate_series(1, 0))", 0, 2),
]


@pytest.mark.parametrize(("expression", "value"), SAME, ids=lambda value: str(value)[:60])
def test_both_engines_give_the_stated_value(
    on_duckdb: Any, on_spark: Any, expression: str, value: Any
) -> None:
    for found in (on_duckdb(expression), on_spark(expression)):
        if isinstance(value, float):
            assert found == pytest.approx(value, abs=1e-12)
        else:
            assert found == value


@pytest.mark.parametrize(
    ("rule", "expression", "duckdb_value", "spark_value"),
    DIFFERENT,
    ids=lambda value: str(value)[:60],
)
def test_a_banned_expression_still_differs(
    on_duckdb: Any, on_spark: Any, rule: str, expression: str, duckdb_value: Any, spark_value: Any
) -> None:
    assert rule in {known.name for known in RULES}
    assert rule in {finding.rule for finding in check_text(f"select {expression}", __file__)}
    assert on_duckdb(expression) == duckdb_value
    assert on_spark(expression) == spark_value
