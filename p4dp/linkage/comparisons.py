"""The vocabulary a linkage model is written in: comparisons, blocking rules, and kits of both.

A kit says how one kind of record is compared: in clear (`clear.py`) or sealed (`sealed.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True)
class BlockingRule:
    """Pairs to look at: every expression of `left` equals its partner of `right`.

    A `loose` rule is used only where it stays affordable on the data at hand.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    is_loose: bool = False

    @property
    def sql(self) -> str:
        pairs = zip(self.left, self.right, strict=True)
        return " and ".join(f"{aliased(a, 'l')} = {aliased(b, 'r')}" for a, b in pairs)


@dataclass(frozen=True)
class Kit:
    """How records of one kind are compared.

    `columns`: the columns that may be compared; `comparisons`, `rules` and `training` give
    Splink's comparisons, the candidate rules and the columns of each EM pass for the columns
    in use; `derive` makes a table of a query's records with every column that is compared;
    `twin_sql` (on `x_l`, `x_r`) marks pairs that may be twins and needs `twin_columns`.
    """

    name: str
    columns: tuple[str, ...]
    comparisons: Callable[[Sequence[str]], list[Any]]
    rules: Callable[[Sequence[str]], list[BlockingRule]]
    training: Callable[[Sequence[str]], list[tuple[str, ...]]]
    twin_sql: str
    twin_columns: frozenset[str]
    derive: Callable[[duckdb.DuckDBPyConnection, str, str], None]


def comparison(name: str, *levels: dict[str, Any]) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_levels": [
            *levels,
            {"sql_condition": "ELSE", "label_for_charts": "different"},
        ],
    }


def level(condition: str, label: str) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label}


def null(column: str) -> dict[str, Any]:
    return {
        "sql_condition": f"{column}_l is null or {column}_r is null",
        "label_for_charts": "missing",
        "is_null_level": True,
    }


def exact(column: str, *, rare: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {
        "sql_condition": f"{column}_l = {column}_r",
        "label_for_charts": "equal",
    }
    if rare:
        found |= {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0}
    return found


def as_it_is(con: duckdb.DuckDBPyConnection, query: str, name: str) -> None:
    """`derive` of a kit whose records hold all that is compared."""
    con.execute(f"create or replace temp table {name} as {query}")


def aliased(expression: str, alias: str) -> str:
    return re.sub(r"(?<![a-z_])(?!left\b|substr\b)([a-z_]+)", rf"{alias}.\1", expression)
