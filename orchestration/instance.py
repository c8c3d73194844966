"""What the runs of a home recorded."""

from __future__ import annotations

from dagster import DagsterInstance

from p4dp.errors import P4dpError
from p4dp.settings import Home


def recorded_instance(home: Home) -> DagsterInstance:
    """The Dagster instance of a home, for reading; close it by using it in a `with`."""
    if not (home.dagster / "dagster.yaml").exists():
        raise P4dpError("Nothing has run in this home yet", file=home.root, remedy="`p4dp run`")
    return DagsterInstance.from_config(str(home.dagster))
