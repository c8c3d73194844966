"""The check that forbids SQL two engines read differently: a trap and a remedy per rule."""

from pathlib import Path

import pytest

from tools.sql_traps import RULES, check_text, engine_pairs, main

HERE = Path("model.sql")

# rule, SQL it must catch, SQL it must let through
EXAMPLES = [
    (
        "one-sided-join",
        "select 1 from a left join b on a.system = 'CIP13' and a.code = b.code where a.x = 1",
        "select 1 from a left join b on case when a.system = 'CIP13' then a.code end = b.code"
        " left join c on a.day between c.first and c.last and c.place = 1, d",
    ),
    ("date-diff", "select date_diff('month', a, b)", "select date_diff('day', a, b)"),
    ("date-diff", "select datediff('year', a, b)", "select {{ months_between('a', 'b') }}"),
    ("date-diff", "select date_diff(unit, a, b)", "select my_date_diff('month', a, b)"),
    (
        "dbt-cross-db",
        "select {{ dbt.datediff('a', 'b', 'day') }}",
        "select {{ dbt.concat(['a']) }}",
    ),
    ("arg-max", "select arg_max(value, day) from t", "select {{ latest('value', 'day') }} from t"),
    ("arg-max", "select max_by(value, day) from t", "select max(day) from t"),
    (
        "nulls-order",
        "select row_number() over (partition by a order by b desc) from t",
        "select row_number() over (partition by a order by b desc nulls last) from t",
    ),
    (
        "nulls-order",
        "select sum(x) over (order by b, c nulls last rows unbounded preceding) from t",
        "select sum(x) over (order by b nulls last, c nulls last rows unbounded preceding) from t",
    ),
    (
        "nulls-order",
        "select rank() over w from t window w as (partition by a order by b)",
        "select rank() over w from t window w as (partition by a order by b nulls last)",
    ),
    (
        "nulls-order",
        "select string_agg(x, ',' order by x) from t",
        "select string_agg(x, ',' order by x nulls last) from t",
    ),
    (
        "nulls-order",
        "select a from t order by a limit 5",
        "select a from t order by a",  # decides no result
    ),
    (
        "nulls-order",
        "select {{ first_of('row_number() over (order by b)') }}",
        "select {{ first_of('row_number() over (order by b nulls last)') }}",
    ),
    (
        "window-order",
        "select lag(x) over (partition by a) from t",
        "select lag(x) over (partition by a order by b nulls last) from t",
    ),
    ("arbitrary-row", "select any_value(x) from t", "select min(x) from t"),
    ("arbitrary-row", "select first(x) from t", "select first_date from t"),
    ("limit", "select a from t limit 1", "select a from t order by a nulls last limit 1"),
    (
        "distinct-on",
        "select distinct on (a) a, b from t",
        "select distinct a, b from t",
    ),
    ("mode", "select mode(x) from t", "select is_mode from t"),
    ("engine-hash", "select hash(a, b)", "select {{ surrogate_key(['a', 'b']) }}"),
    ("weekday", "select isodow(d)", "select {{ week_start('d') }}"),
    ("weekday", "select extract(week from d)", "select extract(month from d)"),
    ("weekday", "select week(d)", "select date_trunc('week', d)"),
    ("name-of-date", "select monthname(d)", "select month_name from m"),
    ("star-modifier", "select * exclude (a) from t", "select t.* from t"),
    (
        "source-star",
        "select * from {{ source('medirel', 'patient') }}",
        "select annee_naissance from {{ source('medirel', 'patient') }}",
    ),
    ("clock", "select current_date", "select run.as_of_date from run"),
    ("clock", "select now()", "select known(x)"),
    ("clock-jinja", "select '{{ run_started_at }}'", "select {{ var('as_of') }}"),
    ("quantile", "select median(x) from t", "select {{ median('x') }} from t"),
    ("quantile", "select quantile_cont(x, 0.5) from t", "select {{ quantile('x', 0.5) }} from t"),
    ("division", "select a / b", "select a::double / b"),
    ("division", "select sum(a) / 10.0", "select sum(a) / cast(b as double)"),
    ("division", "select {{ f('a / b') }}", "select {{ ratio('a', 'b') }}"),
    ("division", "select (a + b) / c.d", "select a // b, a / {{ c() }}"),
    (
        "round-double",
        "select round(x, 2)",
        "select round(x::decimal(38, 12), 2)::double, round(x)",
    ),
    ("decimal-average", "select avg(x) from t", "select avg(x::double) from t"),
    ("integer-cast", "select cast(a::double / b as integer)", "select cast(count(*) as bigint)"),
    ("integer-cast", "select (a * 1.5)::bigint", "select floor(a * 1.5)::bigint"),
    ("text-cast", "select try_cast(x as date)", "select {{ try_date('x', '%Y-%m-%d') }}"),
    ("text-cast", "select try_cast(x as integer)", "select cast(x as integer)"),
    ("logarithm", "select log(x)", "select ln(x), log10(x), catalog(x)"),
    ("regexp", "select regexp_replace(x, 'a', 'b')", "select regexp_replace(x, 'a', 'b', 'g')"),
    ("regexp", r"select regexp_matches(x, '\bmg')", r"select regexp_matches(x, '^\d+$')"),
    ("regexp", "select regexp_replace(x, 'a', 'b')", "select regexp_replace(x, '^a', 'b')"),
    ("regexp", "select regexp_matches(x, 'a', 'i')", "select regexp_matches(x, '(?i)a')"),
    ("regexp", "select x ~ 'a'", "select x like 'a'"),
    ("like-escape", r"select x like 'a\_b'", "select x like 'a_b'"),
    ("substring", "select substr(x, 0, 2)", "select substr(x, 1, 2)"),
    ("substring", "select left(x, -1)", "select left(x, 1)"),
    (
        "ordered-list",
        "select list(x order by y nulls last) from t",
        "select list_sort(list(x)) from t",
    ),
    ("series", "select unnest(generate_series(1, n))", "{{ date_series('a', 'b', 'day') }}"),
    ("time-zone", "select x::timestamptz", "select x::timestamp"),
    ("date-literal", "select coalesce(d, '2024-01-01')", "select coalesce(d, date '2024-01-01')"),
    ("date-literal", "select d > '2024-01-01'", "select d > '2024-01-01'::date"),
]


def rules_found(sql: str) -> list[str]:
    return [finding.rule for finding in check_text(sql, HERE)]


@pytest.mark.parametrize(("rule", "trap", "remedy"), EXAMPLES, ids=lambda text: text[:40])
def test_trap_is_found_and_its_remedy_is_not(rule: str, trap: str, remedy: str) -> None:
    assert rule in rules_found(trap)
    assert rule not in rules_found(remedy)


def test_every_rule_has_an_example() -> None:
    assert {rule.name for rule in RULES} == {rule for rule, _, _ in EXAMPLES}


def test_comments_and_literals_are_not_sql() -> None:
    sql = """
    -- median(x), now(), a / b
    /* arg_max(a, b) */
    {# mode(x) #}
    select 'a / b', 'it''s now()', "hash(x)", '{{ var("x") }} / 2' as label
    """
    assert check_text(sql, HERE) == []


def test_a_finding_names_file_line_and_remedy() -> None:
    (finding,) = check_text("select\n    a,\n    mode(b)\nfrom t\n", HERE)
    assert str(finding).startswith("model.sql:3: [mode] ")
    assert finding.remedy


def test_one_engine_side_of_a_macro_is_not_read() -> None:
    sql = """
    {% macro duckdb__latest(a, b) %}arg_max_null({{ a }}, {{ b }}){% endmacro %}
    {% macro spark__latest(a, b) %}max_by({{ a }}, {{ b }}){% endmacro %}
    {% macro shared(a) %}mode({{ a }}){% endmacro %}
    """
    assert rules_found(sql) == ["mode"]


def test_a_default_macro_is_read_unless_spark_has_its_own() -> None:
    sql = "{% macro default__middle(a) %}median({{ a }}){% endmacro %}"
    assert rules_found(sql) == ["quantile"]
    pairs = engine_pairs(["{% macro spark__middle(a) %}percentile({{ a }}, 0.5){% endmacro %}"])
    assert check_text(sql, HERE, pairs) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select mode(x) from t -- trap-ok: mode: one row per key, no ties",
        "-- trap-ok: mode: one row per key, no ties\nselect mode(x) from t",
        "{#- trap-ok: mode: one row per key -#}\nselect mode(x) from t",
    ],
)
def test_a_reasoned_suppression_holds(sql: str) -> None:
    assert check_text(sql, HERE) == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("select mode(x) from t -- trap-ok: mode", "a reason is missing"),
        ("select x from t -- trap-ok: mode: none here", "no trap of this rule"),
        ("select x from t -- trap-ok: moood: no such", "no rule is called 'moood'"),
        ("-- trap-ok: mode: too far away\n\nselect mode(x) from t", "no trap of this rule"),
    ],
)
def test_a_suppression_that_says_nothing_is_a_finding(sql: str, why: str) -> None:
    found = [finding for finding in check_text(sql, HERE) if finding.rule == "suppression"]
    assert len(found) == 1 and why in found[0].found


def test_the_command_fails_on_a_trap_and_passes_without(tmp_path, capsys) -> None:
    (tmp_path / "good.sql").write_text("select a from t\n")
    assert main([str(tmp_path)]) == 0
    (tmp_path / "bad.sql").write_text("select a\nfrom t\nlimit 1\n")
    assert main([str(tmp_path)]) == 1
    assert "bad.sql:3: [limit]" in capsys.readouterr().out
