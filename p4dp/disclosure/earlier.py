"""What earlier releases have already said: it cannot be taken back, and a change tells too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from p4dp.disclosure.rules import Block, TableRule
from p4dp.disclosure.suppression import Flags, Ints


@dataclass(frozen=True)
class Before:
    """For each candidate row of a block.

    `gap`: counts of people less those last shown for the same keys, 0 where none were (the
    difference is the number of people a revision is about). `was_shown`: some were.
    `is_public`: the very counts were shown before, for this date or, of a stock, for any.
    `table`: a temporary table with what was last shown (`row`, then the block's columns), or
    None.
    """

    gap: Ints
    was_shown: Flags
    is_public: Flags
    table: str | None = None


def published_before(
    connection: duckdb.DuckDBPyConnection,
    rule: TableRule,
    block: Block,
    earlier: Sequence[str],
) -> Before:
    """Compare the table `candidate` with the tables `earlier` (oldest first).

    A release made before the table, one of its keys or one of the block's counts existed
    says nothing about the block and is passed over.
    """
    counts = [*block.parts, *([block.total] if block.total else [])]
    people = [f"({count})::bigint as people_{i}" for i, count in enumerate(counts)]
    keys = [f'"{key}"' for key in rule.keys]
    cell = [f'"{key}"' for key in rule.cell]
    parts = []
    for number, table in enumerate(earlier):
        part = f"select *, {', '.join(people)}, {number} as release from {table}"
        try:
            connection.execute(f"select {', '.join(keys)} from ({part}) limit 0")
        except (duckdb.BinderException, duckdb.CatalogException):
            continue
        parts.append(part)
    rows = connection.execute("select count(*) from candidate").fetchall()[0][0]
    if not parts:
        nothing = np.zeros(rows, dtype=bool)
        return Before(np.zeros((rows, len(counts)), np.int64), nothing, nothing)
    places = range(len(counts))
    is_shown = " and ".join(f"people_{i} is not null" for i in places)
    connection.execute(
        f"create or replace temp table shown_before as "
        f"select * from ({' union all by name '.join(parts)}) where {is_shown}"
    )
    columns = {r[0] for r in connection.execute("describe shown_before").fetchall()}
    kept = [f'"{name}"' for name in block.hides if name in columns]
    last = f"last_shown_{block.name}"
    compared = f"(select *, rowid as row, {', '.join(_now(counts))} from candidate) as candidate"
    connection.execute(
        f"""create or replace temp table {last} as
        select candidate.row, {", ".join(f"old.{name}" for name in kept)},
            {", ".join(f"candidate.now_{i} - old.people_{i} as gap_{i}" for i in places)}
        from (
            from shown_before
            qualify row_number() over (partition by {", ".join(keys)} order by release desc) = 1
        ) as old
        inner join {compared} on {_same(keys)}"""
    )
    changed = connection.execute(f"from {last} select row, columns('^gap_')").fetchnumpy()
    found = np.asarray(changed.pop("row"), np.int64)
    gap = np.zeros((rows, len(counts)), np.int64)
    for place, values in enumerate(changed.values()):
        gap[found, place] = np.ma.filled(values, 0)
    was_shown = np.zeros(rows, dtype=bool)
    was_shown[found] = True
    public = connection.execute(
        f"""select candidate.row
        from {compared}
        semi join shown_before as old on {_same(cell)}
            and {" and ".join(f"candidate.now_{i} = old.people_{i}" for i in places)}"""
    ).fetchnumpy()
    connection.execute("drop table shown_before")
    is_public = np.zeros(rows, dtype=bool)
    is_public[np.asarray(public["row"], np.int64)] = True
    return Before(gap, was_shown, is_public, last)


def _now(counts: Sequence[str]) -> list[str]:
    return [f"({count})::bigint as now_{i}" for i, count in enumerate(counts)]


def _same(keys: Sequence[str]) -> str:
    return " and ".join(f"candidate.{key} is not distinct from old.{key}" for key in keys)
