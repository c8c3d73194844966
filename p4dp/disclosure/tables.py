"""Protection of whole tables: from candidates in the warehouse to what may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from p4dp.disclosure.rules import Block, TableRule
from p4dp.disclosure.suppression import (
    MINIMUM_CELL,
    CountRule,
    Flags,
    Ints,
    pieces,
    suppress,
)
from p4dp.disclosure.territories import Territories
from p4dp.errors import P4dpError

MINIMUM_PRACTICES = 3
"""Fewest practices behind a published count: with one or two, each could work out the other."""


@dataclass(frozen=True)
class Minimums:
    """The thresholds of a release."""

    cell: int = MINIMUM_CELL
    practices: int = MINIMUM_PRACTICES


@dataclass(frozen=True)
class Protection:
    """What happened to one table."""

    table: str
    rows: int
    withheld_rows: int
    withheld_columns: tuple[str, ...]
    suppressed_rows: int
    shown_by_block: Mapping[str, int]


def protect_table(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    rule: TableRule,
    territories: Territories,
    minimums: Minimums | None = None,
    *,
    followed: str | None = None,
) -> Protection:
    """Write to `target` what may be shown of the candidates in `source`.

    Both are qualified table names of `connection`. Rows of territories without a place in
    the tree (practices among them) and columns without a rule are left out; hidden counts
    become null, and `is_suppressed` says where a block was hidden. `followed` is the
    protected table that a `follows` rule looks at.
    """
    minimums = minimums or Minimums()
    connection.execute(f"create or replace temp table candidate as select * from {source}")
    present = [r[0] for r in connection.execute("describe candidate").fetchall()]
    missing = [c for c in rule.keys if c not in present]
    if missing:
        raise P4dpError(
            f"released table {rule.table} lacks its key column {missing[0]}",
            expected=f"columns {', '.join(rule.keys)}",
            remedy="give the model the column, or change the rule in p4dp/disclosure/published.yml",
        )
    blocks = _usable_blocks(connection, rule)
    if rule.follows:
        shown, known = _follow(connection, rule, followed)
    else:
        shown, known = _solve(connection, rule, blocks, territories, minimums)
    flags = pa.table(
        {"row": pa.array(np.arange(len(known)))}
        | {"known": pa.array(known)}
        | {f"show_{name}": pa.array(flag) for name, flag in shown.items()}
    )
    connection.register("flags", flags)
    hidden_with = {c: b.name for b in blocks for c in b.hides}
    if rule.follows:
        hidden_with = {c: rule.follows.block for c in rule.follows.hides}
    kept = [c for c in present if c in rule.columns and c in (*rule.keys, *rule.open, *hidden_with)]
    columns = [
        f'case when "show_{hidden_with[c]}" then "{c}" end as "{c}"'
        if c in hidden_with
        else f'"{c}"'
        for c in kept
    ]
    everything = " and ".join(f'"show_{name}"' for name in shown) or "true"
    connection.execute(
        f"""create or replace table {target} as
        select {", ".join(columns)}, not ({everything}) as is_suppressed
        from candidate join flags on candidate.rowid = flags.row
        where flags.known
        order by {", ".join(f'"{k}"' for k in rule.keys)}"""
    )
    connection.unregister("flags")
    connection.execute("drop table candidate")
    all_shown = np.logical_and.reduce(list(shown.values())) if shown else known
    return Protection(
        table=rule.table,
        rows=int(known.sum()),
        withheld_rows=int((~known).sum()),
        withheld_columns=tuple(c for c in present if c not in kept and c != "is_suppressed"),
        suppressed_rows=int((known & ~all_shown).sum()),
        shown_by_block={name: int(flag.sum()) for name, flag in shown.items()},
    )


def _usable_blocks(connection: duckdb.DuckDBPyConnection, rule: TableRule) -> tuple[Block, ...]:
    """Blocks all of whose counts are there; the columns of the others stay withheld."""
    usable: list[Block] = []
    for block in rule.blocks:
        if block.within is not None and block.within not in {b.name for b in usable}:
            continue
        try:
            connection.execute(f"select {', '.join(_needed(block))} from candidate limit 0")
        except duckdb.BinderException:
            continue
        usable.append(block)
    return tuple(usable)


def _needed(block: Block) -> list[str]:
    """The counts of a block as SQL: parts, total, units."""
    return [*block.parts, *(name for name in (block.total, block.units) if name)]


def _solve(
    connection: duckdb.DuckDBPyConnection,
    rule: TableRule,
    blocks: tuple[Block, ...],
    territories: Territories,
    minimums: Minimums,
) -> tuple[dict[str, Flags], Flags]:
    slices = _numbered(connection, rule.slice)
    territory = _numbered(connection, (rule.level, rule.code))
    if len(slices) == 0:
        return {b.name: np.zeros(0, bool) for b in blocks}, np.zeros(0, bool)
    listed = connection.execute(
        f"""select "{rule.level}" as level, "{rule.code}" as code
        from candidate group by all order by "{rule.level}", "{rule.code}" """
    ).df()
    if len(np.unique(slices * len(listed) + territory)) < len(slices):
        raise P4dpError(
            f"released table {rule.table} has two rows for one combination of its keys",
            expected=f"one row per {', '.join(rule.keys)}",
            remedy="name every dimension under `slice` in p4dp/disclosure/published.yml",
        )
    parent, known = territories.parents(slices, territory, listed)
    shown: dict[str, Flags] = {}
    for block in blocks:
        counts = _counts(connection, block)
        count_rule = CountRule(
            parts=len(block.parts),
            has_total=block.total is not None,
            minimum=minimums.cell,
            minimum_units=minimums.practices if block.units else None,
        )
        candidates = known & _may_be_shown(connection, block, minimums)
        if block.within:
            candidates &= shown[block.within]
        if block.nested:
            outers = [_outer_rows(connection, rule, c, p) for c, p in block.nested.items()]
            flags = _suppressed_by_layer(
                rule, block, parent, counts, count_rule, candidates, outers
            )
        elif block.slice is None:
            flags = _suppressed(rule, block, parent, counts, count_rule, candidates)
        else:
            # The same cell stands in several slices: judged once, with a tree of its own.
            shared = _numbered(connection, block.slice)
            _, first, cell = np.unique(
                shared * len(listed) + territory, return_index=True, return_inverse=True
            )
            own_parent, _ = territories.parents(shared[first], territory[first], listed)
            agrees = (counts == counts[first][cell]).all(axis=1) & candidates
            whole = np.bincount(cell, weights=~agrees, minlength=len(first)) == 0
            flags = _suppressed(rule, block, own_parent, counts[first], count_rule, whole)[cell]
        shown[block.name] = flags
    return shown, known


def _suppressed(
    rule: TableRule,
    block: Block,
    parent: Ints,
    counts: Ints,
    count_rule: CountRule,
    candidates: Flags,
) -> Flags:
    """Suppression, checked: no piece that a reader can compute is unsafe."""
    flags = suppress(parent, counts, count_rule, candidates=candidates)
    _, piece = pieces(parent, counts, flags)
    if not count_rule.allows(piece[flags]).all():
        raise AssertionError(f"suppression of {rule.table}.{block.name} left an unsafe piece")
    return flags


def _suppressed_by_layer(
    rule: TableRule,
    block: Block,
    parent: Ints,
    counts: Ints,
    count_rule: CountRule,
    candidates: Flags,
    outers: Sequence[Ints],
) -> Flags:
    """Suppression of nested populations, from the widest to the narrowest.

    A cell is shown only where the cells that contain its population are, and its pieces'
    differences from theirs are judged with it.
    """
    people = count_rule.parts + count_rule.has_total
    gaps = [
        np.where((outer >= 0)[:, None], counts[outer, :people] - counts[:, :people], 0)
        for outer in outers
    ]
    values = np.hstack([counts[:, :people], *gaps, counts[:, people:]])
    judged = replace(count_rule, gaps=people * len(outers))
    depth = np.sum([outer != _NO_INNER for outer in outers], axis=0)
    shown = np.zeros(len(counts), dtype=bool)
    for layer in range(int(depth.max()) + 1):
        rows = np.flatnonzero(depth == layer)
        place = np.full(len(counts) + 1, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        allowed = candidates[rows]
        for outer in outers:
            allowed &= (outer[rows] < 0) | shown[outer[rows]]
        shown[rows] = _suppressed(rule, block, place[parent[rows]], values[rows], judged, allowed)
    return shown


_NO_INNER = -2


def _outer_rows(
    connection: duckdb.DuckDBPyConnection, rule: TableRule, column: str, pairs: Mapping[str, str]
) -> Ints:
    """For each row, the row of the containing population: -1 without one, -2 if none is due."""
    cases = " ".join(f"when '{inner}' then '{outer}'" for inner, outer in pairs.items())
    same = " and ".join(
        f'inner_row."{k}" is not distinct from outer_row."{k}"' for k in rule.keys if k != column
    )
    rows = connection.execute(
        f"""select coalesce(
            outer_row.rowid, case when inner_row.wanted is null then {_NO_INNER} else -1 end
        ) as outer_row
        from (
            select *, rowid as row, case "{column}" {cases} end as wanted from candidate
        ) as inner_row
        left join candidate as outer_row
            on outer_row."{column}" = inner_row.wanted and {same}
        order by inner_row.row"""
    ).fetchnumpy()
    return np.asarray(rows["outer_row"], np.int64)


def _numbered(connection: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> Ints:
    """For each row, the number of its combination of `columns`, counted from 0 in order."""
    names = ", ".join(f'"{c}"' for c in columns)
    same = " and ".join(f'candidate."{c}" is not distinct from listed."{c}"' for c in columns)
    numbers = connection.execute(
        f"""with listed as (
            select {names}, row_number() over (order by {names}) - 1 as number
            from (select distinct {names} from candidate)
        )
        select number from candidate join listed on {same} order by candidate.rowid"""
    ).fetchnumpy()
    return np.asarray(numbers["number"], np.int64)


def _counts(connection: duckdb.DuckDBPyConnection, block: Block) -> Ints:
    """Columns in the order of `CountRule`."""
    names = [f"coalesce({c}, 0)" for c in (*block.parts, *([block.total] if block.total else []))]
    if block.units:
        conditions = [f"{c} = '{v}'" for c, v in block.units_add_up_where.items()] or ["false"]
        names.append(f"case when {' and '.join(conditions)} then {block.units} else 0 end")
    selected = ", ".join(f"({n})::bigint as c{i}" for i, n in enumerate(names))
    columns = connection.execute(f"select {selected} from candidate order by rowid").fetchnumpy()
    return np.column_stack([np.asarray(c, np.int64) for c in columns.values()])


def _may_be_shown(connection: duckdb.DuckDBPyConnection, block: Block, minimums: Minimums) -> Flags:
    """Rows with all their counts and, where asked, enough contributing practices."""
    needed = [f"{c} is not null" for c in (f"({n})" for n in _needed(block))]
    if block.units:
        needed.append(f"{block.units} >= {minimums.practices}")
    return _flag(connection, " and ".join(needed))


def _flag(connection: duckdb.DuckDBPyConnection, condition: str) -> Flags:
    query = f"select ({condition}) as flag from candidate order by rowid"
    return np.asarray(connection.execute(query).fetchnumpy()["flag"], bool)


def _follow(
    connection: duckdb.DuckDBPyConnection, rule: TableRule, followed: str | None
) -> tuple[dict[str, Flags], Flags]:
    assert rule.follows is not None
    if followed is None:
        rows = connection.execute("select count(*) from candidate").fetchone()
        nothing = np.zeros(rows[0] if rows else 0, bool)
        return {rule.follows.block: nothing}, nothing
    keys = [r[0] for r in connection.execute(f"describe {followed}").fetchall()]
    match = " and ".join(
        f'candidate."{k}" is not distinct from f."{k}"' for k in rule.keys if k in keys
    )
    flags = connection.execute(
        f"""select
            f.is_suppressed is not null as known,
            coalesce(not f.is_suppressed, false) as shown
        from candidate left join {followed} as f on {match}
        order by candidate.rowid"""
    ).fetchnumpy()
    return (
        {rule.follows.block: np.asarray(flags["shown"], bool)},
        np.asarray(flags["known"], bool),
    )


def territories_of(connection: duckdb.DuckDBPyConnection, table: str) -> Territories:
    """The tree from a table of communes (`linked.dim_territory`)."""
    communes: pd.DataFrame = connection.execute(
        f"select commune_code, epci_code, departement_code, region_code from {table}"
    ).df()
    return Territories.from_communes(communes)
