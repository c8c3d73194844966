"""R4: nothing reads to its right. A walk over everything dbt knows."""

from __future__ import annotations

from typing import Any

# From left to right. Code lists and constants may be read by every layer; Python steps write the
# sources `register` (after staging) and `exchange` (after the indicators).
ORDER = ["landing", "staging", "register", "linked", "indicators", "exchange", "statistics"]
RIGHT_OF_STATISTICS = ["omop", "published"]
REFERENCE = {"vocabulary", "geography", "clinical", "catalogue"}


def layer(node: dict[str, Any]) -> str:
    if node["resource_type"] == "source":
        name = node["source_name"]
        return name if name in ("register", "exchange") else "landing"
    return str(node["schema"])


def rank(name: str) -> int:
    if name in REFERENCE:
        return 0
    if name in RIGHT_OF_STATISTICS:
        return len(ORDER)
    return ORDER.index(name)


def test_no_model_reads_to_its_right(manifest: dict[str, Any]) -> None:
    nodes = manifest["nodes"] | manifest["sources"]
    backwards = [
        f"{node['name']} ({layer(node)}) reads {parent['name']} ({layer(parent)})"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        for parent in (nodes[parent_id] for parent_id in node["depends_on"]["nodes"])
        if rank(layer(parent)) > rank(layer(node))
    ]
    assert backwards == []


def test_every_model_and_seed_is_in_a_layer_of_the_flow(manifest: dict[str, Any]) -> None:
    known = {*ORDER, *RIGHT_OF_STATISTICS, *REFERENCE}
    found = {
        node["schema"]
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    assert found <= known


def test_models_are_never_ephemeral(manifest: dict[str, Any]) -> None:
    """An ephemeral parent breaks the column lineage of its children."""
    assert not [
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] == "ephemeral"
    ]
