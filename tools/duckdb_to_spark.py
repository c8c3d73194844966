"""Translate a query from DuckDB's SQL to Spark's: sqlglot, plus what sqlglot leaves wrong.

sqlglot changes syntax. Where it keeps a function whose meaning differs, the query would run
and give another value; `corrected` rewrites those cases that can be decided from the query's
text alone. Those that need column types are refused beforehand by `tools/sql_traps.py`.
Both are proven on both engines by `tests/spark/test_expressions.py`.
"""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

# What DuckDB's trim() removes: all space separators of Unicode. Spark's removes U+0020 only.
SPACES = " \u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# DuckDB's DECIMAL without precision; Spark's is DECIMAL(10, 0).
DEFAULT_DECIMAL = (18, 3)


class AsWritten(DuckDB):
    """DuckDB's SQL with list positions left as written (sqlglot shifts those it can type)."""

    INDEX_OFFSET = 0


def transpile(query: str) -> str:
    """The same query in Spark's SQL.

    Raises sqlglot.errors.SqlglotError when the query is not one DuckDB statement or uses what
    has no counterpart in Spark.
    """
    (tree,) = sqlglot.parse(query.strip().rstrip(";"), read=AsWritten)
    assert tree is not None
    for node in reversed(list(tree.walk())):  # children first
        changed = corrected(node)
        if node is tree:
            tree = changed
        elif changed is not node:
            node.replace(changed)
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, comments=False)


def corrected(node: exp.Expression) -> exp.Expression:
    """One node of the tree, changed where Spark would read sqlglot's output otherwise."""
    if isinstance(node, exp.Select) and node.args.get("qualify"):
        return _without_qualify(node)
    if isinstance(node, exp.RegexpLike):
        node.set("expression", _java_literal(node.expression))
    elif isinstance(node, exp.RegexpFullMatch):
        whole = _java_literal(node.expression)
        if whole.is_string:
            whole = exp.Literal.string(rf"\A(?:{whole.name})\z")
        return exp.RegexpLike(this=node.this, expression=whole)
    elif isinstance(node, exp.RegexpExtract):
        node.set("expression", _java_literal(node.expression))
        if node.args.get("group") is None:  # DuckDB: the whole match; Spark: the first group
            node.set("group", exp.Literal.number(0))
    elif isinstance(node, exp.RegexpReplace):
        node.set("expression", _java_literal(node.expression))
        replacement = node.args.get("replacement")
        if replacement is not None and replacement.is_string:
            node.set("replacement", exp.Literal.string(java_replacement(replacement.name)))
    elif isinstance(node, exp.Trim) and node.expression is None:
        node.set("expression", exp.Literal.string(SPACES))
    elif isinstance(node, exp.DateDiff) and str(node.args.get("unit") or "DAY").upper() in {
        "DAY",
        "DAYS",
    }:
        # DuckDB counts midnights passed, Spark whole days elapsed.
        return exp.Anonymous(
            this="datediff",
            expressions=[
                exp.cast(node.this.copy(), "date"),
                exp.cast(node.expression.copy(), "date"),
            ],
        )
    elif isinstance(node, exp.Upper):
        # One letter stays one letter in DuckDB; Spark writes SS.
        node.set("this", exp.func("translate", node.this, *map(exp.Literal.string, "ßẞ")))
    elif isinstance(node, exp.Bracket):
        return _element(node)
    elif isinstance(node, exp.DataType) and node.is_type("decimal") and not node.expressions:
        return exp.DataType(
            this=exp.DataType.Type.DECIMAL,
            expressions=[
                exp.DataTypeParam(this=exp.Literal.number(number)) for number in DEFAULT_DECIMAL
            ],
        )
    return node


def _without_qualify(query: exp.Select) -> exp.Select:
    """`qualify` as a subquery that computes the condition's windows and columns beside the rest.

    Names in it are the input's first, then the select list's, as in DuckDB (sqlglot's own
    rewriting takes the select list's first, and keeps its helper columns in `select *`).
    """
    if query.args.get("distinct"):
        raise sqlglot.UnsupportedError("select distinct … qualify: put the distinct in a CTE")
    helpers: list[exp.Alias] = []

    def named(part: exp.Expression) -> exp.Expression:
        if not isinstance(part, exp.Window | exp.Column):
            return part
        helpers.append(exp.alias_(part.copy(), f"qualify_{len(helpers) + 1}"))
        return exp.column(helpers[-1].alias)

    condition = query.args["qualify"].this.transform(named)
    query.set("qualify", None)
    inner = query.copy()
    outer = exp.Select()
    for part in ("with_", "order", "limit", "offset"):
        if (moved := inner.args.get(part)) is not None:
            inner.set(part, None)
            outer.set(part, moved)
    inner.set("expressions", [*inner.expressions, *helpers])
    kept = exp.Star(except_=[exp.to_identifier(helper.alias) for helper in helpers])
    return outer.select(kept).from_(inner.subquery("qualified")).where(condition)


def _element(node: exp.Bracket) -> exp.Expression:
    """`list[i]`: counted from 1 and null beyond the end, whatever the index is made of."""
    (index,) = node.expressions
    if isinstance(index, exp.Slice):
        raise sqlglot.UnsupportedError(
            "a slice has no counterpart in Spark: use substr() or filter"
        )
    if index.is_string:
        return node  # a key of a map or a field of a struct
    return exp.Anonymous(this="try_element_at", expressions=[node.this, index])


def _java_literal(pattern: exp.Expression) -> exp.Expression:
    return exp.Literal.string(java_pattern(pattern.name)) if pattern.is_string else pattern


def java_pattern(pattern: str) -> str:
    r"""A regular expression of DuckDB (RE2) as Java reads it the same way.

    `$` is the very end (`\z`; Java's also stands before a last line feed), `(?i)` folds the
    case of all letters (`(?iu)`; Java's only of ASCII), `\s` has no vertical tab, `.` stops at a
    line feed only (`(?d)`; Java's also at a carriage return and others).
    """
    out, at, in_class = [], 0, False
    if "." in pattern:
        out.append("(?d)")
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            pair = pattern[at : at + 2]
            if pair in {r"\s", r"\S"}:
                blank = r"\t\n\f\r "
                negated = "^" if pair == r"\S" else ""
                pair = f"[{negated}{blank}]" if not in_class or negated else blank
            out.append(pair)
            at += 2
            continue
        if in_class:
            in_class = character != "]"
            # A nested class and `&&` are syntax in Java, characters in RE2.
            out.append("\\" + character if character in "[&" else character)
        elif character == "[":
            in_class = True
            out.append(character)
            following = re.match(r"\^?\]?", pattern[at + 1 :])
            assert following is not None
            out.append(following[0].replace("]", r"\]"))
            at += len(following[0])
        elif character == "$":
            out.append(r"\z")
        elif pattern.startswith("(?", at) and (flags := re.match(r"\(\?[a-zA-Z]*i", pattern[at:])):
            out.append(flags[0] + "u")
            at += len(flags[0]) - 1
        else:
            out.append(character)
        at += 1
    return "".join(out)


def java_replacement(replacement: str) -> str:
    r"""A replacement of DuckDB (groups as `\1`) as Java reads it (groups as `$1`)."""
    out, at = [], 0
    while at < len(replacement):
        if replacement[at] == "\\" and replacement[at + 1 : at + 2].isdigit():
            out.append("$" + replacement[at + 1])
            at += 2
        elif replacement.startswith("\\\\", at):
            out.append("\\\\")
            at += 2
        else:
            out.append("\\$" if replacement[at] == "$" else replacement[at])
            at += 1
    return "".join(out)
