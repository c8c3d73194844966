"""Failures as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import Failure, MetadataValue

from p4dp.errors import P4dpError

_FAILED = {"error", "fail", "runtime error"}


@contextmanager
def refusals_as_failures() -> Iterator[None]:
    """A refusal of the domain library fails the step at once: trying again would not help."""
    try:
        yield
    except P4dpError as error:
        raise Failure(description=str(error), allow_retries=False) from error


def failed_dbt_nodes(target: Path) -> list[dict[str, Any]]:
    """The nodes that failed in a dbt call, from its `run_results.json`; [] when it wrote none."""
    results = target / "run_results.json"
    if not results.exists():
        return []
    return [
        {
            "node": result["unique_id"],
            "status": result["status"],
            "message": (result.get("message") or "").strip(),
        }
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]
        if result["status"] in _FAILED
    ]


def dbt_failure(target: Path, fallback: str) -> Failure:
    """One failure that names each node that failed and what the database said."""
    nodes = failed_dbt_nodes(target)
    if not nodes:
        return Failure(description=fallback, allow_retries=False)
    lines = [f"{node['node']}: {node['message']}" for node in nodes]
    return Failure(
        description=f"{len(nodes)} dbt node(s) failed\n" + "\n".join(lines),
        metadata={
            "failed_nodes": MetadataValue.json(nodes),
            "dbt_log": MetadataValue.path(str(target / "dbt.log")),
        },
        allow_retries=False,
    )
