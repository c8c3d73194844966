"""What the next start repairs after a run that was killed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from orchestration.environment import dbt_target
from p4dp.settings import Home

_UNFINISHED = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def fail_dead_runs(
    instance: DagsterInstance, *, alive: str | None = None, settled_seconds: float = 0
) -> list[str]:
    """Report every unfinished run but `alive` as failed and free what it held of the pools.

    Call it while holding the run lock, after the dead run's processes were ended. A killed run
    leaves its pool slot claimed: the next run would wait for it for ever. Who is not a run itself
    leaves alone those younger than `settled_seconds`, which may be about to take the lock.
    """
    created_before = datetime.now(UTC) - timedelta(seconds=settled_seconds)
    dead = [
        run
        for run in instance.get_runs(
            RunsFilter(statuses=_UNFINISHED, created_before=created_before)
        )
        if run.run_id != alive
    ]
    for run in dead:
        instance.report_run_failed(run, "The process of this run died; found by the next start.")
    storage = instance.event_log_storage
    if storage.supports_global_concurrency_limits:
        for pool in storage.get_concurrency_keys():
            for run_id in storage.get_concurrency_info(pool).active_run_ids:
                claimant = instance.get_run_by_id(run_id)
                if run_id != alive and (claimant is None or claimant.is_finished):
                    storage.free_concurrency_slots_for_run(run_id)
    return [run.run_id for run in dead]


def remove_leftovers(home: Home) -> None:
    """Remove the step folders of earlier dbt calls; a failed step's folder is kept until here."""
    target = dbt_target(home)
    for folder in target.iterdir() if target.exists() else ():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def heal(instance: DagsterInstance, home: Home, *, alive: str | None = None) -> Sequence[str]:
    """Repair everything a killed run may have left; the identifiers of the runs found dead."""
    dead = fail_dead_runs(instance, alive=alive)
    remove_leftovers(home)
    from p4dp import intake

    intake.heal(home)
    return dead
