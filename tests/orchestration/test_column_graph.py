"""Where a column comes from and what it reaches, over several tables."""

from __future__ import annotations

import pytest
from dagster import AssetKey, TableColumnDep, TableColumnLineage

from orchestration.column_graph import ColumnGraph, column_graph, marts, reach_as_markdown


def lineage(**columns: list[tuple[str, str]]) -> TableColumnLineage:
    return TableColumnLineage(
        {
            name: [TableColumnDep(AssetKey(table.split(".")), column) for table, column in origins]
            for name, origins in columns.items()
        }
    )


@pytest.fixture
def graph() -> ColumnGraph:
    """landing → staging → a Python step → linked → published."""
    return column_graph(
        {
            "staging.stg_patient": lineage(
                sex=[("medirel.patient", "sexe")], birth=[("medirel.patient", "annee")]
            ),
            "register.person_link": lineage(person_key=[("staging.stg_patient", "birth")]),
            "linked.int_linked__x": lineage(sex=[("staging.stg_patient", "sex")]),
            "linked.dim_patient": lineage(
                sex=[("linked.int_linked__x", "sex")],
                person_key=[("register.person_link", "person_key")],
            ),
            "published.pub_count": lineage(count=[("linked.dim_patient", "sex")]),
        }
    )


def test_a_published_column_is_traced_back_to_landing(graph: ColumnGraph) -> None:
    assert ("medirel.patient", "sexe") in graph.upstream(("published.pub_count", "count"))


def test_lineage_passes_through_python_steps(graph: ColumnGraph) -> None:
    assert ("linked.dim_patient", "person_key") in graph.downstream(("medirel.patient", "annee"))


def test_what_a_column_reaches_names_marts_only(graph: ColumnGraph) -> None:
    reached = graph.downstream(("staging.stg_patient", "sex"))
    assert marts(reached) == {"linked.dim_patient": ["sex"], "published.pub_count": ["count"]}


def test_a_table_shows_the_reach_of_each_column(graph: ColumnGraph) -> None:
    assert reach_as_markdown(graph, "staging.stg_patient") == (
        "| column | reaches |\n| --- | --- |\n"
        "| `birth` | linked.dim_patient (person_key) |\n"
        "| `sex` | linked.dim_patient (sex); published.pub_count (count) |"
    )
    assert reach_as_markdown(graph, "published.pub_count") is None
