"""Dagster's definitions: they load anywhere, and the graph is the one a reviewer has seen."""

from __future__ import annotations

import os
from pathlib import Path

from dagster import Definitions
from dagster._core.execution.api import create_execution_plan

from p4dp.settings import Home, keys_dir

SNAPSHOT = Path(__file__).parent / "asset_graph.txt"
UPDATE = "P4DP_UPDATE_SNAPSHOTS"


def graph_as_text(definitions: Definitions) -> str:
    """One block a layer, one line an asset: what it is and what it is made from."""
    nodes = definitions.resolve_asset_graph().asset_nodes
    groups: dict[str, list[str]] = {}
    for node in sorted(nodes, key=lambda node: node.key.to_user_string()):
        parents = sorted(key.to_user_string() for key in node.parent_keys)
        line = node.key.to_user_string()
        groups.setdefault(node.group_name or "", []).append(
            f"{line} <- {', '.join(parents)}" if parents else line
        )
    return "\n".join(
        f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in sorted(groups.items())
    )


def test_loading_needs_no_key_and_makes_none(definitions: Definitions, home: Home) -> None:
    Definitions.validate_loadable(definitions)
    assert not keys_dir().exists()
    assert not home.vault.exists()


def test_the_asset_graph_is_the_one_in_the_repository(definitions: Definitions) -> None:
    text = graph_as_text(definitions)
    if os.environ.get(UPDATE):
        SNAPSHOT.write_text(text, encoding="utf-8")
    known = set(SNAPSHOT.read_text(encoding="utf-8").splitlines())
    current = set(text.splitlines())
    assert current == known, (
        f"The asset graph changed. If that is meant, run the test once with {UPDATE}=1 and commit "
        f"{SNAPSHOT.name}.\nNew: {sorted(current - known)}\nGone: {sorted(known - current)}"
    )


def test_dbt_is_called_three_times_around_the_python_steps(definitions: Definitions) -> None:
    plan = create_execution_plan(definitions.resolve_job_def("run"))
    levels = [sorted(step.key for step in level) for level in plan.get_steps_to_execute_by_level()]
    kinds = [["dbt" if key.startswith("warehouse") else key for key in level] for level in levels]
    assert kinds == [
        ["intake"],
        ["dbt"],
        ["register__person_link"],
        ["dbt"],
        ["exchange__indicator_rate", "exchange__link_effect", "exchange__surveillance_alarm"],
        ["dbt"],
        ["release"],
    ]


def test_every_asset_says_what_it_is_and_who_answers_for_it(definitions: Definitions) -> None:
    silent = [
        node.key.to_user_string()
        for node in definitions.resolve_asset_graph().asset_nodes
        if not (node.description and node.owners and node.group_name and node.kinds)
    ]
    assert silent == []
