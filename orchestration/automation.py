"""When runs start by themselves: a delivery in the inbox, or the clock."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    ScheduleDefinition,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from orchestration.heal import fail_dead_runs
from p4dp import run_lock
from p4dp.errors import P4dpError
from p4dp.settings import Home

INBOX_INTERVAL_SECONDS = 30
# A run is started before it takes the lock; younger ones may be just about to.
SETTLING_SECONDS = 300
DAILY = "0 4 * * *"
TIMEZONE = "Europe/Paris"


def complete_deliveries(inbox: Path) -> list[Path]:
    """What can be taken from an inbox now, in the order of names.

    A folder counts once its manifest is there (senders write it last), an archive by its suffix;
    hidden names are still being copied.
    """
    if not inbox.exists():
        return []
    return sorted(
        entry
        for entry in inbox.iterdir()
        if not entry.name.startswith(".")
        and (
            (entry / "manifest.json").exists()
            if entry.is_dir()
            else entry.name.endswith((".zip", ".tar.gz"))
        )
    )


def content_key(deliveries: list[Path]) -> str:
    """Names, sizes and times of what waits: the same content starts one run, not one a tick."""
    digest = hashlib.sha256()
    for path in deliveries:
        stat = (path / "manifest.json" if path.is_dir() else path).stat()
        digest.update(f"{path.name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def inbox_sensor(job: UnresolvedAssetJobDefinition) -> SensorDefinition:
    """Starts a run when complete deliveries wait in the inbox and nobody is writing."""

    @sensor(
        job=job,
        minimum_interval_seconds=INBOX_INTERVAL_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Starts a run when complete deliveries wait in `P4DP_HOME/inbox`.",
    )
    def inbox(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        home = Home.from_environment()
        if current := run_lock.holder(home):
            yield SkipReason(f"{current} is at work")
            return
        _unblock_queue(context.instance, home)
        waiting = complete_deliveries(home.inbox)
        if not waiting:
            yield SkipReason("the inbox is empty")
            return
        yield RunRequest(run_key=content_key(waiting), tags={"p4dp/deliveries": str(len(waiting))})

    return inbox


def _unblock_queue(instance: DagsterInstance, home: Home) -> None:
    """Fail runs that were killed: the queue starts nothing while it counts them as running."""
    try:
        with run_lock.hold(home, "repair after a killed run"):
            fail_dead_runs(instance, settled_seconds=SETTLING_SECONDS)
    except P4dpError:
        return  # a run has just started: it repairs by itself


def daily_schedule(job: UnresolvedAssetJobDefinition) -> ScheduleDefinition:
    """A run at night; switch it on in the UI where no sensor is wanted."""
    return ScheduleDefinition(
        name="daily",
        job=job,
        cron_schedule=DAILY,
        execution_timezone=TIMEZONE,
        default_status=DefaultScheduleStatus.STOPPED,
        description="Everything that is due, every night at four.",
    )
