"""SQL that DuckDB and Spark both accept and read differently.

The models are written once, in DuckDB SQL, and run on Spark through a translation
(`tools/duckdb_to_spark.py`). What the translation cannot put right, because it would
need the types of the columns or because the meaning itself is engine-dependent, is
forbidden here: each rule names a construct that gives another value, not an error, on
the other engine. The differences were measured on DuckDB 1.5.5 and Spark 4.1.4;
`tests/spark/test_expressions.py` keeps the evidence.

    python -m tools.sql_traps [PATH...]        default: the dbt project
    python -m tools.sql_traps --rules          list the rules

A line that is right all the same says so, on itself or on the line above:

    -- trap-ok: round-double: the column is decimal(5,1)

A suppression without a reason, of an unknown rule or of nothing is itself a finding.
Macros named `duckdb__…` or `spark__…` are one engine's side of a pair and are not read,
nor is `default__…` where a `spark__…` of the same name exists.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Folders of macros that serve one engine: `spark`, and `engine`, DuckDB's own materialisations.
ONE_ENGINE = frozenset({"spark", "engine"})
DEFAULT_PATHS = ("dbt_project/models", "dbt_project/macros", "dbt_project/tests")
TEMPLATE = "¤"  # stands for a Jinja expression in the SQL view
EDGE = "\0"  # stands for the quotes of a string inside Jinja


@dataclass(frozen=True)
class Finding:
    """One trap in one place."""

    path: Path
    line: int
    rule: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.found}: {self.remedy}"


@dataclass(frozen=True)
class Text:
    """One file, in the views the rules read. All views have the length of the original.

    sql: what stands outside Jinja; comments and the inside of literals are blank, each
        Jinja expression is a run of `¤`.
    fragments: the strings inside Jinja (`{{ ratio('a', 'b') }}`): SQL passed to macros.
    jinja: the Jinja code itself, without its strings.
    """

    original: str
    sql: str
    fragments: str
    jinja: str


@dataclass(frozen=True)
class Call:
    """A function call: its name, its span and the spans of its arguments."""

    name: str
    start: int
    end: int
    arguments: tuple[tuple[int, int], ...]


def read(original: str) -> Text:
    """Split a Jinja-SQL file into its views."""
    sql, fragments, jinja = ([" "] * len(original) for _ in range(3))
    for position, character in enumerate(original):
        if character == "\n":
            sql[position] = fragments[position] = jinja[position] = "\n"

    def literal(start: int, view: list[str], stop: str = "") -> int:
        """Keep the quotes of a literal or quoted name, blank its inside; return its end."""
        quote, at = original[start], start + 1
        view[start] = quote
        while at < len(original):
            if original.startswith("{{", at):
                at = template(at, in_sql=False)
            elif original[at] == quote and original[at + 1 : at + 2] == quote:
                at += 2
            elif original[at] == quote:
                view[at] = quote
                return at + 1
            elif stop and original[at] == stop:
                return at
            else:
                at += 1
        return at

    def template(start: int, in_sql: bool = True) -> int:
        """Read `{{ … }}` or `{% … %}`; return its end."""
        expression = original.startswith("{{", start)
        closing, at = "}}" if expression else "%}", start + 2
        while at < len(original) and not original.startswith(closing, at):
            if original[at] in "'\"":
                quote, fragments[at], at = original[at], EDGE, at + 1
                while at < len(original) and original[at] != quote:
                    if original[at] == "\\":
                        at += 2
                    elif original[at] in "'\"":
                        at = literal(at, fragments, stop=quote)
                    else:
                        fragments[at] = original[at]
                        at += 1
                if at < len(original):
                    fragments[at] = EDGE
                at += 1
            else:
                jinja[at] = original[at]
                at += 1
        end = min(at + 2, len(original))
        if expression and in_sql:
            for position in range(start, end):
                if original[position] != "\n":
                    sql[position] = TEMPLATE
        return end

    at = 0
    while at < len(original):
        if original.startswith("{#", at):
            closing = original.find("#}", at)
            at = len(original) if closing < 0 else closing + 2
        elif original.startswith(("{{", "{%"), at):
            at = template(at)
        elif original.startswith("--", at):
            closing = original.find("\n", at)
            at = len(original) if closing < 0 else closing
        elif original.startswith("/*", at):
            closing = original.find("*/", at)
            at = len(original) if closing < 0 else closing + 2
        elif original[at] in "'\"":
            at = literal(at, sql)
        else:
            sql[at] = original[at]
            at += 1
    return Text(original, "".join(sql).lower(), "".join(fragments).lower(), "".join(jinja))


def closing(view: str, opening: int) -> int:
    """Where the parenthesis opened at `opening` closes; the end of the text if nowhere."""
    depth = 0
    for at in range(opening, len(view)):
        depth += (view[at] == "(") - (view[at] == ")")
        if depth == 0:
            return at
    return len(view)


def split(view: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans between the commas that stand outside any parenthesis."""
    spans, depth, first = [], 0, start
    for at in range(start, end):
        depth += (view[at] in "([") - (view[at] in ")]")
        if view[at] == "," and depth == 0:
            spans.append((first, at))
            first = at + 1
    spans.append((first, end))
    return spans


def calls(view: str, *names: str) -> Iterator[Call]:
    """The calls of these functions; methods and names inside longer names are left out."""
    for found in re.finditer(rf"(?<![\w.])({'|'.join(names)})\s*\(", view):
        end = closing(view, found.end() - 1)
        yield Call(
            found[1], found.start(), end + 1, tuple(split(view, found.end(), min(end, len(view))))
        )


Check = Callable[[Text, str], Iterator[int]]


@dataclass(frozen=True)
class Rule:
    """One trap: what it is, what to write instead, and where it is in a view of a file."""

    name: str
    found: str
    remedy: str
    check: Check
    views: tuple[str, ...] = ("sql", "fragments")


def pattern(regex: str) -> Check:
    """A check that is a regular expression over a view."""
    compiled = re.compile(regex)

    def check(text: Text, view: str) -> Iterator[int]:
        for found in compiled.finditer(getattr(text, view)):
            yield found.start()

    return check


def called(*names: str) -> Check:
    """A check that forbids calling functions at all."""

    def check(text: Text, view: str) -> Iterator[int]:
        for call in calls(getattr(text, view), *names):
            yield call.start

    return check


def argument(text: Text, call: Call, index: int) -> str:
    """The original text of an argument, lower case; empty where there is none."""
    if index >= len(call.arguments):
        return ""
    start, end = call.arguments[index]
    return text.original[start:end].strip().lower()


def date_difference(text: Text, view: str) -> Iterator[int]:
    for call in calls(getattr(text, view), "date_diff", "datediff", "date_sub", "datesub"):
        is_day = argument(text, call, 0) in {"'day'", "'days'"}
        if not is_day or call.name in {"date_sub", "datesub"}:
            yield call.start


def enclosing(view: str, at: int) -> int:
    """The opening parenthesis around a position, -1 at the top level."""
    depth = 0
    for position in range(at - 1, -1, -1):
        if view[position] == ")":
            depth += 1
        elif view[position] == "(":
            if depth == 0:
                return position
            depth -= 1
    return -1


CLAUSE_END = re.compile(
    r"\b(limit|offset|rows|range|groups|union|except|intersect|separator|qualify|exclude)\b"
)


def orderings(view: str) -> Iterator[tuple[int, int, str, str]]:
    """Each `order by`: start, end of its items, the word before its parenthesis, what follows."""
    for found in re.finditer(r"\border\s+by\b", view):
        around = enclosing(view, found.start())
        end = closing(view, around) if around >= 0 else len(view)
        stop, depth = end, 0
        for at in range(found.end(), end):
            depth += (view[at] == "(") - (view[at] == ")")
            if view[at] == EDGE:
                stop = at
                break
            if depth == 0 and (clause := CLAUSE_END.match(view, at)) and view[at - 1].isspace():
                stop = clause.start()
                break
        before = re.search(r"(\w+)\s*$", view[: max(around, 0)])
        yield found.end(), stop, before[1] if before else "", view[stop:end]


SUBQUERY = {"", "as", "from", "join", "in", "exists", "not", "and", "or", "on", "select", "where"}


def nulls_order(text: Text, view: str) -> Iterator[int]:
    content = getattr(text, view)
    for start, end, before, after in orderings(content):
        in_query = before in SUBQUERY or before in {"all", "union", "materialized", "with"}
        is_window_name = before == "as" and not re.search(
            r"\bfrom\b", content[enclosing(content, start) + 1 : start]
        )
        if in_query and not is_window_name and not after.strip().startswith("limit"):
            continue
        for first, last in split(content, start, end):
            item = content[first:last].strip().rstrip(";")
            if (
                item
                and not set(item) <= {TEMPLATE}
                and not re.search(r"nulls\s+(first|last)$", item)
            ):
                yield first + len(content[first:last]) - len(content[first:last].lstrip())


def window_order(text: Text, view: str) -> Iterator[int]:
    content = getattr(text, view)
    names = ("row_number", "rank", "dense_rank", "lag", "lead", "first_value", "last_value")
    for call in calls(content, *names, "nth_value", "ntile"):
        over = re.compile(r"\s*(?:(?:ignore|respect)\s+nulls\s*)?over\s*\(").match(
            content, call.end
        )
        if over:
            inside = content[over.end() : closing(content, over.end() - 1)]
            if not re.search(r"\border\s+by\b", inside) and TEMPLATE not in inside:
                yield call.start


DOUBLE = re.compile(r"::\s*double\b|\bas\s+double\b|double\(|\b(ratio|exp|ln|power|pow|sqrt)\s*\(")


def division(text: Text, view: str) -> Iterator[int]:
    """A division neither side of which is visibly a double."""
    content = getattr(text, view)
    operator = r"(?<![/*])/(?![/*])" if view == "sql" else r"(?<=\s)/(?=\s)"
    for found in re.finditer(operator, content):
        left = _operand_before(content, found.start())
        right = _operand_after(content, found.end())
        sides = text.original[left : found.start()], text.original[found.end() : right]
        if not (sides[0].strip() and sides[1].strip()) or "{{" in "".join(sides):
            continue  # an operand comes from Jinja: judged where it is written
        if not DOUBLE.search(" ".join(sides).lower()):
            yield found.start()


def _operand_before(view: str, at: int) -> int:
    """Where the operand that ends before `at` begins: one name, literal or parenthesis."""
    position = at - 1
    while position >= 0 and view[position].isspace():
        position -= 1
    while position >= 0 and (view[position].isalnum() or view[position] in f")_.:{TEMPLATE}"):
        if view[position] == ")":
            position = enclosing(view, position)
        position -= 1
    return position + 1


def _operand_after(view: str, at: int) -> int:
    position = at
    while position < len(view) and view[position].isspace():
        position += 1
    while position < len(view) and (
        view[position].isalnum() or view[position] in f"(_.:{TEMPLATE}"
    ):
        position = closing(view, position) if view[position] == "(" else position
        position += 1
    return position


def date_literal(text: Text, view: str) -> Iterator[int]:
    """A quoted date that is not marked as one."""
    for found in re.finditer(r"'\d{4}-\d{2}-\d{2}'", text.original):
        if getattr(text, view)[found.start()] != "'":
            continue
        before = text.original[: found.start()].rstrip().lower()
        after = text.original[found.end() :].lstrip().lower()
        marked = re.search(r"\b(date|timestamp|cast\s*\()$", before)
        if not marked and not re.match(r"::\s*(date|timestamp)\b", after):
            yield found.start()


def regular_expression(text: Text, view: str) -> Iterator[int]:
    content = getattr(text, view)
    for call in calls(content, r"regexp_\w+"):
        expression = argument(text, call, 1)
        options = argument(
            text, call, 3 if call.name in {"regexp_replace", "regexp_extract"} else 2
        )
        once = expression.startswith("'^")  # an anchored pattern matches once on any engine
        if call.name == "regexp_replace" and options != "'g'" and not (once and not options):
            yield call.start
        elif call.name == "regexp_extract" and options:
            yield call.start
        elif call.name in {"regexp_matches", "regexp_full_match"} and options:
            yield call.start
        elif re.search(r"\\b|\\B|\[\[:", text.original[call.start : call.end]) and expression:
            yield call.start
    for found in re.finditer(r"(?<=\s)!?~(?=\s)|\bsimilar\s+to\b", content):
        yield found.start()


def like_escape(text: Text, view: str) -> Iterator[int]:
    for found in re.finditer(r"\bi?like\s+(')", getattr(text, view)):
        end = text.original.find("'", found.end())
        if "\\" in text.original[found.end() : end]:
            yield found.start()


WHOLE = re.compile(r"^\(*\s*(round|floor|ceil|ceiling|length|count|sum|trunc|extract|year|month)\b")
FRACTION = re.compile(
    r"[^/*]/[^/*]|::\s*(double|decimal|numeric|float)|\bas\s+(double|decimal|numeric|float)"
    r"|\b\d+\.\d+\b|\b(avg|ratio|sqrt|exp|ln|power|median|quantile)\s*\("
)


def integer_cast(text: Text, view: str) -> Iterator[int]:
    """A cast to a whole number of what is visibly a fraction, without saying how to round."""
    content = getattr(text, view)
    for call in calls(content, "cast"):
        kind = re.search(r"\bas\s+(integer|int|bigint|smallint)\s*$", argument(text, call, 0))
        if kind and _is_unrounded(argument(text, call, 0)[: kind.start()]):
            yield call.start
    for found in re.finditer(r"::\s*(integer|int|bigint|smallint)\b", content):
        start = _operand_before(content, found.start())
        if _is_unrounded(text.original[start : found.start()].lower()):
            yield start


def _is_unrounded(expression: str) -> bool:
    return bool(FRACTION.search(expression)) and not WHOLE.match(expression.strip())


def text_cast(text: Text, view: str) -> Iterator[int]:
    for call in calls(getattr(text, view), "try_cast"):
        if not re.search(r"\bas\s+(string|varchar|text|boolean)\s*$", argument(text, call, 0)):
            yield call.start


def round_double(text: Text, view: str) -> Iterator[int]:
    for call in calls(getattr(text, view), "round"):
        digits = argument(text, call, 1)
        exact = re.search(r"decimal|numeric", argument(text, call, 0))
        if digits and not exact and not (digits.isdigit() and int(digits) >= 9):
            yield call.start


def decimal_average(text: Text, view: str) -> Iterator[int]:
    for call in calls(getattr(text, view), "avg", "mean"):
        if not DOUBLE.search(argument(text, call, 0)):
            yield call.start


def substring(text: Text, view: str) -> Iterator[int]:
    content = getattr(text, view)
    for call in calls(content, "substr", "substring"):
        if argument(text, call, 1) == "0":
            yield call.start
    for call in calls(content, "left", "right"):
        if argument(text, call, 1).startswith("-"):
            yield call.start


def limit(text: Text, view: str) -> Iterator[int]:
    """A `limit` in a query (or subquery) that has no order."""
    content = getattr(text, view)
    for found in re.finditer(r"\blimit\s+[\d(¤]", content):
        around = enclosing(content, found.start())
        before = content[around + 1 : found.start()]
        if not re.search(r"\border\s+by\b", before) and not content.startswith(
            "limit 0", found.start()
        ):
            yield found.start()


LEFT_JOIN = re.compile(
    rf"\bleft\s+(?:outer\s+)?join\s+(?:(?:\w+|{TEMPLATE}+)\s+(?:as\s+)?)?(\w+)\s+on\b"
)
CONDITION_END = re.compile(
    r"\b(left|right|full|inner|cross|join|where|group|order|window|qualify|having|union|limit)\b"
)


def one_sided_join(text: Text, view: str) -> Iterator[int]:
    """A condition of a left join that does not speak of the table it joins."""
    content = getattr(text, view)
    for found in LEFT_JOIN.finditer(content):
        start, depth, stop = found.end(), 0, len(content)
        parts = [start]
        for at in range(start, len(content)):
            depth += (content[at] == "(") - (content[at] == ")")
            at_word = content[at - 1].isspace() and depth == 0
            if depth < 0 or content[at] == "," or (at_word and CONDITION_END.match(content, at)):
                if depth <= 0:
                    stop = at
                    break
            elif at_word and re.match(r"and\b", content[at:]):
                parts.append(at + 3)
        between = False
        for first, last in zip(parts, [*parts[1:], stop], strict=True):
            condition = content[first:last]
            if between:  # the second half of `x between a and b`
                between = False
                continue
            between = bool(re.search(r"\bbetween\b", condition))
            names = re.findall(r"(\w+)\s*\.", condition)
            if names and TEMPLATE not in condition and found[1] not in names:
                yield first + len(condition) - len(condition.lstrip())


RULES: tuple[Rule, ...] = (
    Rule(
        "date-diff",
        "a date difference other than in days",
        "months, weeks and years are counted by boundaries on one engine, by elapsed time on the "
        "other; use days_between, months_between or age_years",
        date_difference,
    ),
    Rule(
        "dbt-cross-db",
        "a cross-database macro of dbt that differs between the engines",
        "use the macros of macros/portability (dbt.datediff counts otherwise on Spark, "
        "dbt.safe_cast is a plain cast on DuckDB)",
        pattern(r"\bdbt\.(datediff|safe_cast|date_spine|current_timestamp\w*|any_value|listagg)\b"),
        ("jinja",),
    ),
    Rule(
        "arg-max",
        "arg_max / arg_min / max_by / min_by",
        "whether a row whose value is null counts depends on the engine; use the macro `latest`",
        called("arg_max", "arg_min", "max_by", "min_by", "argmax", "argmin", r"arg_m\w\w_null"),
    ),
    Rule(
        "nulls-order",
        "an ordering that decides a result without saying where nulls go",
        "write `nulls first` or `nulls last` after each item",
        nulls_order,
    ),
    Rule(
        "window-order",
        "a window function that depends on order, without an order",
        "add an order by that ends in a unique key",
        window_order,
    ),
    Rule(
        "arbitrary-row",
        "a value of an arbitrary row",
        "any_value, first and last depend on the order of reading; use min, max or the macro for "
        "the latest value",
        called("any_value", "first", "last", "arbitrary"),
    ),
    Rule(
        "limit",
        "limit without order by",
        "which rows remain depends on the engine; add an order by that ends in a unique key",
        limit,
    ),
    Rule(
        "one-sided-join",
        "a condition of a left join on its left side alone",
        "DuckDB then compares every row with every row; give the joined table the column as part "
        "of the key, or decide in a case",
        one_sided_join,
        ("sql",),
    ),
    Rule(
        "distinct-on",
        "distinct on",
        "use row_number() with a full order and `qualify`",
        pattern(r"\bdistinct\s+on\b"),
    ),
    Rule(
        "mode",
        "mode()",
        "ties are broken otherwise on each engine; count, then take the first by a full order",
        called("mode"),
    ),
    Rule(
        "engine-hash",
        "hash()",
        "each engine has its own hash; use the surrogate key macro or md5",
        called("hash", "md5_number", "md5_number_lower", "md5_number_upper"),
    ),
    Rule(
        "weekday",
        "a number of the day or of the week",
        "Sunday is 0, 1 or 7 and week years differ; use the macros for the week's first day",
        pattern(
            r"(?<![\w.])(isodow|dayofweek|weekday|isoyear|yearweek)\b|(?<![\w.])(week|weekofyear)\s*\("
            r"|\bdate_part\s*\(\s*'|\bextract\s*\(\s*(week|dow|dayofweek|weekday)\b"
        ),
    ),
    Rule(
        "name-of-date",
        "the name of a month or day",
        "one engine abbreviates it; take names from a seed",
        called("monthname", "dayname"),
    ),
    Rule(
        "star-modifier",
        "`* exclude`, `* replace` or `columns()`",
        "the translation duplicates or drops columns; name the columns",
        pattern(r"\*\s*(exclude|replace)\b|(?<![\w.])columns\s*\("),
    ),
    Rule(
        "source-star",
        "select * from a source",
        "a column added in a delivery would enter the model unseen, and in another order on each "
        "engine; name the columns",
        lambda text, view: (
            found.start()
            for found in re.finditer(
                r"select\s+(?:\w+\.)?\*\s+from\s+\{\{\s*source\s*\(", text.original, re.IGNORECASE
            )
        ),
        ("sql",),
    ),
    Rule(
        "clock",
        "the clock or chance",
        "a run has an explicit date; take it from `stg_run`",
        pattern(
            r"(?<![\w.'])(current_date|current_timestamp|current_time|localtimestamp)\b"
            r"|(?<![\w.])(now|today|get_current_timestamp|random|uuid|gen_random_uuid|setseed)\s*\("
        ),
    ),
    Rule(
        "clock-jinja",
        "the clock",
        "a run has an explicit date; take it from `stg_run`",
        pattern(r"\brun_started_at\b|\bmodules\.datetime\b"),
        ("jinja",),
    ),
    Rule(
        "quantile",
        "a median or quantile",
        "one engine interpolates decimals otherwise or approximates; use the macros median and "
        "quantile",
        called("median", r"quantile\w*", r"percentile\w*", r"approx_\w+"),
    ),
    Rule(
        "division",
        "a division neither side of which is visibly a double",
        "decimals divide to another precision on each engine; use ratio(), or cast one side to "
        "double",
        division,
    ),
    Rule(
        "round-double",
        "a double rounded to few digits",
        "0.005 and the like fall on another side on each engine; use the "
        "macro `round_to`, or round a decimal",
        round_double,
    ),
    Rule(
        "decimal-average",
        "an average of what may be decimals",
        "one engine averages decimals as decimals; write `avg(x::double)`",
        decimal_average,
    ),
    Rule(
        "integer-cast",
        "a fraction cast to a whole number",
        "DuckDB rounds, Spark cuts; write floor(), ceil() or round() around it",
        integer_cast,
    ),
    Rule(
        "text-cast",
        "try_cast of text",
        "'2024-01', '1.5', '1e3' or '3d' are a value on one engine and null on the other; use the "
        "parsing macros",
        text_cast,
    ),
    Rule(
        "logarithm",
        "log() with one argument",
        "it is the decimal logarithm on DuckDB and the natural one on Spark; write ln() or log10()",
        called("log"),
    ),
    Rule(
        "regexp",
        "a regular expression that the engines read differently",
        "give regexp_replace the option 'g' (no other option anywhere); avoid `~`, `similar to`, "
        r"`\b` and `[[:class:]]`",
        regular_expression,
    ),
    Rule(
        "like-escape",
        "a backslash in a like pattern",
        "it escapes on Spark and is a character on DuckDB; use starts_with or regexp_matches",
        like_escape,
    ),
    Rule(
        "substring",
        "a substring from position 0 or of negative length",
        "each engine counts otherwise; start at 1",
        substring,
    ),
    Rule(
        "ordered-list",
        "a list with an order inside",
        "the translation drops the order; use list_sort(list(…)) or string_agg(… order by …)",
        lambda text, view: (
            call.start
            for call in calls(getattr(text, view), "list", "array_agg")
            if re.search(r"\border\s+by\b", text.original[call.start : call.end].lower())
        ),
    ),
    Rule(
        "series",
        "a generated series",
        "an empty series counts downwards on Spark, and series of dates have another type; use the "
        "macro for series",
        called("generate_series", "range"),
    ),
    Rule(
        "time-zone",
        "a time zone",
        "times are UTC and without zone here; cast to timestamp",
        pattern(r"\btimestamptz\b|\btimestamp\s+with\s+time\s+zone\b|\bat\s+time\s+zone\b"),
    ),
    Rule(
        "date-literal",
        "a date written as text",
        "the type of the whole expression may become text; write `date '…'`",
        date_literal,
    ),
)

SUPPRESSION = re.compile(
    r"(?:--|\{#-?)\s*trap-ok:\s*([\w-]+)\s*(?::\s*(\S.*?))?\s*(?:-?#\}.*)?$", re.MULTILINE
)
MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL)


def engine_pairs(texts: Sequence[str]) -> frozenset[str]:
    """The names of the macros that have a side of their own for Spark."""
    return frozenset(
        name.removeprefix("spark__")
        for text in texts
        for name in re.findall(r"\{%-?\s*macro\s+(spark__\w+)\s*\(", text)
    )


def check_text(original: str, path: Path, pairs: frozenset[str] = frozenset()) -> list[Finding]:
    """The traps in one file's text, those with a reasoned suppression left out."""
    text = read(original)
    exempt = [
        found.span()
        for found in MACRO.finditer(original)
        if found[1].startswith(("duckdb__", "spark__"))
        or (found[1].startswith("default__") and found[1].removeprefix("default__") in pairs)
    ]
    findings: dict[tuple[int, str], Finding] = {}
    for rule in RULES:
        for view in rule.views:
            for at in rule.check(text, view):
                if any(start <= at < end for start, end in exempt):
                    continue
                line = original.count("\n", 0, at) + 1
                findings[line, rule.name] = Finding(path, line, rule.name, rule.found, rule.remedy)
    known = {rule.name for rule in RULES}
    for found in SUPPRESSION.finditer(original):
        line, name = original.count("\n", 0, found.start()) + 1, found[1]
        places = [place for place in ((line, name), (line + 1, name)) if place in findings]
        if name not in known or not found[2] or not places:
            why = (
                f"no rule is called {name!r}"
                if name not in known
                else "no trap of this rule on this line or the next"
                if not places
                else "a reason is missing"
            )
            findings[line, "suppression"] = Finding(
                path, line, "suppression", why, "write `-- trap-ok: <rule>: <reason>`"
            )
        else:
            for place in places[:1]:
                del findings[place]
    return sorted(findings.values(), key=lambda finding: (finding.line, finding.rule))


def check_paths(paths: Sequence[Path]) -> list[Finding]:
    """The traps in all SQL files under the paths, in the order of the paths."""
    files = [
        file
        for path in paths
        for file in ([path] if path.is_file() else sorted(path.rglob("*.sql")))
        if not ONE_ENGINE.intersection(
            file.relative_to(ROOT if file.is_relative_to(ROOT) else path).parts
        )
    ]
    texts = [file.read_text(encoding="utf-8") for file in files]
    beside = [
        file.read_text(encoding="utf-8") for file in (ROOT / "dbt_project/macros").rglob("*.sql")
    ]
    pairs = engine_pairs([*texts, *beside])
    return [
        finding
        for file, text in zip(files, texts, strict=True)
        for finding in check_text(
            text, file.relative_to(ROOT) if file.is_relative_to(ROOT) else file, pairs
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the findings, one per line; 1 if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders of SQL")
    parser.add_argument("--rules", action="store_true", help="list the rules and stop")
    options = parser.parse_args(arguments)
    if options.rules:
        for rule in RULES:
            print(f"{rule.name}: {rule.found}; {rule.remedy}")
        return 0
    paths = options.paths or [ROOT / path for path in DEFAULT_PATHS if (ROOT / path).exists()]
    findings = check_paths([path.resolve() for path in paths])
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
