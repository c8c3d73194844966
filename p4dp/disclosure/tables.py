"""Protection of whole tables: from candidates in the warehouse to what may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from p4dp.disclosure.earlier import Before, published_before
from p4dp.disclosure.rules import Block, Nested, TableRule
from p4dp.disclosure.suppression import (
    MINIMUM_CELL,
    CountRule,
    Flags,
    Ints,
    by_depth,
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
    carried_rows: int = 0


def protect_table(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: str,
    rule: TableRule,
    territories: Territories,
    minimums: Minimums | None = None,
    *,
    followed: str | None = None,
    earlier: Sequence[str] = (),
) -> Protection:
    """Write to `target` what may be shown of the candidates in `source`.

    Both are qualified table names of `connection`. Rows of territories without a place in
    the tree (practices among them) and columns without a rule are left out; hidden counts
    become null, and `is_suppressed` says where a block was hidden. `followed` is the
    protected table that a `follows` rule looks at; `earlier` are the tables of this name in
    earlier releases, oldest first: what they show is known. A figure that was shown before
    and has changed by fewer people than a cell needs stays as it was (`is_carried_over`):
    the new one would tell who the change is about.
    """
    minimums = minimums or Minimums()
    present = [r[0] for r in connection.execute(f"describe {source}").fetchall()]
    missing = [c for c in rule.keys if c not in present]
    if missing:
        raise P4dpError(
            f"released table {rule.table} lacks its key column {missing[0]}",
            expected=f"columns {', '.join(rule.keys)}",
            remedy="give the model the column, or change the rule in p4dp/disclosure/published.yml",
        )
    # Between two cells that would do equally well the first is hidden: in an order of its own,
    # not in the one the warehouse happens to have written them in.
    order = ", ".join(f'"{key}"' for key in rule.keys)
    connection.execute(
        f"create or replace temp table candidate as select * from {source} order by {order}"
    )
    blocks = _usable_blocks(connection, rule)
    carried: dict[str, tuple[str, Flags]] = {}
    if rule.follows:
        shown, known = _follow(connection, rule, followed)
    else:
        shown, known, carried = _solve(connection, rule, blocks, territories, minimums, earlier)
    answered = {
        name: flag | carried[name][1] if name in carried else flag for name, flag in shown.items()
    }
    any_carried = np.zeros(len(known), dtype=bool)
    for _, flag in carried.values():
        any_carried |= flag
    flags = pa.table(
        {"row": pa.array(np.arange(len(known)))}
        | {"known": pa.array(known), "is_carried_over": pa.array(any_carried)}
        | {f"show_{name}": pa.array(flag) for name, flag in shown.items()}
        | {f"answer_{name}": pa.array(flag) for name, flag in answered.items()}
        | {f"carry_{name}": pa.array(flag) for name, (_, flag) in carried.items()}
    )
    connection.register("flags", flags)
    hidden_with = {c: b.name for b in blocks for c in b.hides}
    if rule.follows:
        hidden_with = {c: rule.follows.block for c in rule.follows.hides}
    kept = [c for c in present if c in rule.columns and c in (*rule.keys, *rule.open, *hidden_with)]
    joins = [
        f"left join {table} as before_{name} on candidate.rowid = before_{name}.row"
        for name, (table, _) in carried.items()
    ]
    old_columns = {
        name: {r[0] for r in connection.execute(f"describe {table}").fetchall()}
        for name, (table, _) in carried.items()
    }

    def column(c: str) -> str:
        if c not in hidden_with:
            return f'candidate."{c}"'
        name = hidden_with[c]
        before = (
            f' when "carry_{name}" then before_{name}."{c}"'
            if c in old_columns.get(name, ())
            else ""
        )
        return f'case when "show_{name}" then candidate."{c}"{before} end as "{c}"'

    everything = " and ".join(f'"answer_{name}"' for name in shown) or "true"
    carries = ", is_carried_over" if not rule.follows else ""
    connection.execute(
        f"""create or replace table {target} as
        select {", ".join(column(c) for c in kept)}, not ({everything}) as is_suppressed{carries}
        from candidate join flags on candidate.rowid = flags.row
        {" ".join(joins)}
        where flags.known
        order by {", ".join(f'candidate."{k}"' for k in rule.keys)}"""
    )
    for table, _ in carried.values():
        connection.execute(f"drop table {table}")
    connection.unregister("flags")
    connection.execute("drop table candidate")
    all_shown = np.logical_and.reduce(list(answered.values())) if shown else known
    return Protection(
        table=rule.table,
        rows=int(known.sum()),
        withheld_rows=int((~known).sum()),
        withheld_columns=tuple(c for c in present if c not in kept and c != "is_suppressed"),
        suppressed_rows=int((known & ~all_shown).sum()),
        shown_by_block={name: int(flag.sum()) for name, flag in shown.items()},
        carried_rows=int((known & any_carried).sum()),
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
    earlier: Sequence[str],
) -> tuple[dict[str, Flags], Flags, dict[str, tuple[str, Flags]]]:
    slices = _numbered(connection, rule.slice)
    territory = _numbered(connection, (rule.level, rule.code))
    if len(slices) == 0:
        return {b.name: np.zeros(0, bool) for b in blocks}, np.zeros(0, bool), {}
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
    cells = _numbered(connection, rule.cell)
    dates = _numbered(connection, (rule.stock_date,)) if rule.stock_date else np.zeros_like(cells)
    shown: dict[str, Flags] = {}
    carried: dict[str, tuple[str, Flags]] = {}
    for block in blocks:
        counts = _counts(connection, block)
        people = len(block.parts) + (block.total is not None)
        before = published_before(connection, rule, block, earlier)
        candidates = known & _may_be_shown(connection, block, minimums)
        if block.within:
            candidates &= shown[block.within]
        outers = [_outer_rows(connection, rule, nested) for nested in block.nested]
        gaps = [_gap_by_tree(parent, before)]
        for nested, outer in zip(block.nested, outers, strict=True):
            gap = np.where(
                (outer >= 0)[:, None], counts[np.maximum(outer, 0), :people] - counts[:, :people], 0
            )
            gaps.append(gap[:, people - 1 :] if nested.total_only else gap)
        values = np.hstack([counts[:, :people], *gaps, counts[:, people:]])
        count_rule = CountRule(
            parts=len(block.parts),
            has_total=block.total is not None,
            gaps=sum(gap.shape[1] for gap in gaps),
            minimum=minimums.cell,
            minimum_units=minimums.practices if block.units else None,
        )
        problem = _Problem(f"{rule.table}.{block.name}", count_rule)
        if block.slice is None:
            series = _Series(cells, dates, slices, counts[:, :people], before)
            shown[block.name] = _by_date(problem, parent, values, candidates, outers, series)
        else:
            # The same cell stands in several slices: judged once, with a tree of its own.
            shared = _numbered(connection, block.slice)
            _, first, cell = np.unique(
                shared * len(listed) + territory, return_index=True, return_inverse=True
            )
            own_parent, _ = territories.parents(shared[first], territory[first], listed)
            agrees = (counts == counts[first][cell]).all(axis=1) & candidates
            whole = np.bincount(cell, weights=~agrees, minlength=len(first)) == 0
            public = np.bincount(cell, weights=before.is_public, minlength=len(first)) > 0
            was_shown = before.was_shown[first]
            flags = problem.solve(
                own_parent, values[first], whole, public, was_shown, shared[first]
            )
            shown[block.name] = flags[cell]
        if before.table is not None:
            small = (np.abs(before.gap) < minimums.cell).all(axis=1)
            stays = known & before.was_shown & ~shown[block.name] & small
            if block.within:
                stays &= carried[block.within][1] if block.within in carried else False
            carried[block.name] = (before.table, stays)
    return shown, known, carried


@dataclass(frozen=True)
class _Problem:
    """The name of a block, for messages, and its rule."""

    name: str
    rule: CountRule

    def solve(
        self,
        parent: Ints,
        values: Ints,
        candidates: Flags,
        public: Flags,
        was_shown: Flags,
        slices: Ints,
    ) -> Flags:
        """Suppression, checked: no piece that a reader can compute is unsafe, but for pieces
        of counts that are all public already.

        Where a figure shown before keeps its old counts, those of a place that was never shown
        would tell the revision together with them: they wait.
        """
        if len(values) == 0:
            return np.zeros(0, dtype=bool)
        while True:
            flags = suppress(parent, values, self.rule, candidates=candidates, public=public)
            stays = np.bincount(slices, weights=was_shown & ~flags) > 0
            early = flags & ~was_shown & stays[slices]
            if not early.any():
                break
            candidates = candidates & ~(~was_shown & stays[slices])
        fixed = public & self.rule.allows(values)
        anchor, piece = pieces(parent, values, flags | fixed)
        unsafe = (flags | fixed) & ~self.rule.allows(piece)
        inner = np.flatnonzero((flags & ~fixed) & (anchor >= 0))
        if (unsafe & ~fixed).any() or unsafe[anchor[inner]].any():
            raise AssertionError(f"suppression of {self.name} left an unsafe piece")
        return flags


def _gap_by_tree(parent: Ints, before: Before) -> Ints:
    """Revisions of all cells: of one never shown before, that of the places within it which
    were, so that pieces take off what is known to have changed and no more."""
    gap = before.gap.copy()
    for level in by_depth(parent)[::-1]:
        inner = level[parent[level] >= 0]
        inner = inner[~before.was_shown[parent[inner]]]
        np.add.at(gap, parent[inner], gap[inner])
    return gap


@dataclass(frozen=True)
class _Series:
    """The place, date and slice of each row, its counts of people, and what was shown before."""

    cells: Ints
    dates: Ints
    slices: Ints
    people: Ints
    before: Before


def _by_date(
    problem: _Problem,
    parent: Ints,
    values: Ints,
    candidates: Flags,
    outers: Sequence[Ints],
    series: _Series,
) -> Flags:
    """Suppression date by date, the latest first.

    A stock hardly moves from month to month. A count that was shown at one date stands for the
    same count at another: it is public there, and what is hidden beside it must hold even so;
    a count that was hidden at one date is hidden at the others.
    """
    stacked = np.column_stack([series.cells, series.people])
    _, figure = np.unique(stacked, axis=0, return_inverse=True)
    figure = figure.reshape(-1)
    is_public = np.zeros(int(figure.max()) + 1, dtype=bool)
    is_public[figure[series.before.is_public]] = True
    is_hidden = np.zeros_like(is_public)
    depth = _depth(outers, len(values))
    shown = np.zeros(len(values), dtype=bool)
    for date in np.unique(series.dates)[::-1]:
        rows = np.flatnonzero(series.dates == date)
        allowed = candidates & ~is_hidden[figure]
        public = is_public[figure]
        for layer in range(int(depth[rows].max()) + 1):
            part = rows[depth[rows] == layer]
            _solve_layer(problem, parent, values, allowed, outers, part, public, series, shown)
        is_public[figure[rows[shown[rows]]]] = True
        is_hidden[figure[rows[~shown[rows]]]] = True
    return shown


def _depth(outers: Sequence[Ints], rows: int) -> Ints:
    """How many populations contain each row's, along the longest chain."""
    depth = np.zeros(rows, dtype=np.int64)
    for _ in outers:
        for outer in outers:
            deeper = np.where(
                outer >= 0, depth[np.maximum(outer, 0)] + 1, (outer != _NO_INNER).astype(np.int64)
            )
            depth = np.maximum(depth, deeper)
    return depth


def _solve_layer(
    problem: _Problem,
    parent: Ints,
    values: Ints,
    candidates: Flags,
    outers: Sequence[Ints],
    rows: Ints,
    public: Flags,
    series: _Series,
    shown: Flags,
) -> None:
    """Suppression of one layer of nested populations; fills `shown`.

    A cell is shown only where the cells that contain its population are; its pieces'
    differences from theirs are among the values.
    """
    place = np.full(len(values) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    allowed = candidates[rows]
    for outer in outers:
        allowed &= (outer[rows] < 0) | shown[np.maximum(outer[rows], 0)]
    shown[rows] = problem.solve(
        place[parent[rows]],
        values[rows],
        allowed,
        public[rows],
        series.before.was_shown[rows],
        series.slices[rows],
    )


_NO_INNER = -2


def _outer_rows(connection: duckdb.DuckDBPyConnection, rule: TableRule, nested: Nested) -> Ints:
    """For each row, the row of the containing population: -1 without one, -2 if none is due."""
    column = nested.column
    cases = " ".join(f"when '{inner}' then '{outer}'" for inner, outer in nested.pairs.items())
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
