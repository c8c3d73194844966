"""Columns across the whole line: where each comes from, and which marts it reaches.

Read from the `dagster/column_lineage` that each asset recorded at its last materialisation. The
open-source UI draws lineage between tables only, so what a column reaches is put beside the asset
as a table (an observation at the end of a run) and answered by `p4dp lineage`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dagster import AssetKey, DagsterInstance, TableColumnLineage

MART_LAYERS = ("linked", "indicators", "statistics", "omop", "published")
MART_PREFIXES = ("dim_", "fct_", "pub_")

Column = tuple[str, str]  # table as schema.name, column


@dataclass(frozen=True)
class ColumnGraph:
    """Columns and the columns they are computed from; children are the reverse."""

    parents: Mapping[Column, frozenset[Column]]
    children: Mapping[Column, frozenset[Column]]

    def upstream(self, column: Column) -> set[Column]:
        """Every column this one is computed from, however far to the left."""
        return _closure(column, self.parents)

    def downstream(self, column: Column) -> set[Column]:
        """Every column computed from this one, however far to the right."""
        return _closure(column, self.children)

    def columns_of(self, table: str) -> list[str]:
        """The known columns of a table (`schema.name`)."""
        return sorted({name for owner, name in {*self.parents, *self.children} if owner == table})


def column_graph(lineages: Mapping[str, TableColumnLineage]) -> ColumnGraph:
    """The graph of the column lineages of tables (`schema.name`)."""
    parents: dict[Column, frozenset[Column]] = {}
    children: dict[Column, set[Column]] = defaultdict(set)
    for table, lineage in lineages.items():
        for name, deps in lineage.deps_by_column.items():
            origins = frozenset((table_name(dep.asset_key), dep.column_name) for dep in deps)
            parents[table, name] = origins
            for origin in origins:
                children[origin].add((table, name))
    return ColumnGraph(parents, {column: frozenset(found) for column, found in children.items()})


def recorded_graph(instance: DagsterInstance) -> ColumnGraph:
    """The graph as the runs of an instance recorded it."""
    lineages = {}
    for key, entry in instance.get_latest_materialization_events(instance.all_asset_keys()).items():
        materialization = entry.asset_materialization if entry is not None else None
        if materialization is None:
            continue
        recorded = materialization.metadata.get("dagster/column_lineage")
        if recorded is not None and isinstance(recorded.value, TableColumnLineage):
            lineages[table_name(key)] = recorded.value
    return column_graph(lineages)


def table_name(key: AssetKey) -> str:
    return ".".join(key.path)


def marts(columns: Iterable[Column]) -> dict[str, list[str]]:
    """Of these columns, those that a reader of the marts meets: table -> columns."""
    found: dict[str, list[str]] = defaultdict(list)
    for table, name in sorted(columns):
        layer, _, model = table.partition(".")
        if layer in MART_LAYERS and model.startswith(MART_PREFIXES):
            found[table].append(name)
    return dict(found)


def reach_as_markdown(graph: ColumnGraph, table: str) -> str | None:
    """A table of what each column of a table reaches; None when it reaches no mart."""
    rows = [(name, marts(graph.downstream((table, name)))) for name in graph.columns_of(table)]
    lines = [f"| `{name}` | {_listed(reached)} |" for name, reached in rows if reached]
    if not lines:
        return None
    return "\n".join(["| column | reaches |", "| --- | --- |", *lines])


def _listed(reached: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{table} ({', '.join(names)})" for table, names in reached.items())


def _closure(start: Column, edges: Mapping[Column, frozenset[Column]]) -> set[Column]:
    found: set[Column] = set()
    pending = [start]
    while pending:
        for column in edges.get(pending.pop(), frozenset()):
            if column not in found:
                found.add(column)
                pending.append(column)
    return found
