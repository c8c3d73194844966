"""The one door through which code outside Dagster starts a run."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from multiprocessing import forkserver
from types import FrameType
from typing import TYPE_CHECKING, Any

from orchestration.environment import prepare
from orchestration.preload import PRELOADED_MODULES
from orchestration.project import dbt_variables, prepare_manifest
from p4dp import run_lock
from p4dp.errors import P4dpError
from p4dp.processes import end_processes, marked_processes
from p4dp.settings import Home

if TYPE_CHECKING:
    from dagster import DagsterEvent
    from dagster._core.execution.plan.plan import ExecutionPlan

LAYERS = ("staging", "linked", "indicators", "statistics", "omop", "published")
RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"


@dataclass
class Step:
    """One step of a run: a call of dbt, or a Python asset."""

    key: str
    name: str
    started_at: str
    started: float
    status: str = RUNNING
    seconds: float = 0.0
    is_dbt: bool = False
    asset_count: int = 0
    check_count: int = 0
    sql_seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`: without the monotonic clock."""
        content = asdict(self)
        del content["started"]
        return content | {
            "seconds": round(self.seconds, 3),
            "sql_seconds": round(self.sql_seconds, 3),
        }


@dataclass
class RunResult:
    """What a run did. Times are wall-clock seconds; `sql_seconds` is the sum of the execution
    times of models and seeds, as dbt reports them."""

    run_id: str = ""
    success: bool = False
    interrupted: bool = False
    as_of: str | None = None
    release_id: str | None = None
    content_hash: str | None = None
    steps: list[Step] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sql_seconds: float = 0.0
    dbt_seconds: float = 0.0
    release_seconds: float = 0.0
    scan_seconds: float = 0.0
    wall_seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            **{name: getattr(self, name) for name in ("run_id", "success", "as_of")},
            "release_id": self.release_id,
            "content_hash": self.content_hash,
            "steps": [step.as_dict() for step in self.steps],
            "warnings": self.warnings,
            "errors": self.errors,
            "sql_seconds": round(self.sql_seconds, 3),
            "dbt_seconds": round(self.dbt_seconds, 3),
            "release_seconds": round(self.release_seconds, 3),
            "scan_seconds": round(self.scan_seconds, 3),
            "wall_seconds": round(self.wall_seconds, 3),
        }


Listener = Callable[[RunResult], None]


def run(
    home: Home,
    *,
    as_of: str | None = None,
    full_refresh: bool = False,
    with_snds: bool = True,
    accept_link_shares: bool = False,
    listener: Listener | None = None,
) -> RunResult:
    """Run everything that is due, up to a new release.

    `listener` is called with the growing result whenever a step starts or ends. Raises P4dpError
    when another run is at work or the dbt project does not parse, and KeyboardInterrupt after an
    interrupted run has ended its steps. A failing step is no exception: see `success`, `errors`.
    """
    started = time.monotonic()
    prepare(home)
    if current := run_lock.holder(home):
        raise run_lock.refusal(current)
    mark = run_lock.process_mark()
    prepare_manifest(home, dbt_variables(as_of, with_snds))
    _create_storage(home)
    _start_fork_server(home)

    settings = {
        "as_of": as_of,
        "full_refresh": full_refresh,
        "with_snds": with_snds,
        "accept_link_shares": accept_link_shares,
    }
    result = RunResult()
    progress = _Progress(result, listener or (lambda _: None))
    with _stoppable_by_termination():
        try:
            _execute(progress, settings)
        except KeyboardInterrupt:
            result.interrupted = True
        if result.interrupted:
            end_processes(lambda: marked_processes(run_lock.MARK_VARIABLE, mark))
            raise KeyboardInterrupt
    result.wall_seconds = time.monotonic() - started
    if result.success:
        _add_release(home, result)
    return result


def _create_storage(home: Home) -> None:
    """Make Dagster's databases, once: this process and the fork server open them at the same
    time, and the slower of the two fails on tables the other has just made."""
    if (home.dagster / "storage.made").exists():
        return
    from dagster import DagsterInstance

    with DagsterInstance.get():
        (home.dagster / "storage.made").touch()


def _start_fork_server(home: Home) -> None:
    """Start the process that steps are forked from; it imports while this process does too.

    Its output, which is that of dbt and of Dagster's step workers, goes to `dagster/run.log`.
    """
    modules = ["dagster._core.executor.multiprocess", *PRELOADED_MODULES]
    multiprocessing.get_context("forkserver").set_forkserver_preload(modules)
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    with (home.dagster / "run.log").open("wb") as log:
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            forkserver.ensure_running()
        finally:
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])


def _execute(progress: _Progress, settings: Mapping[str, Any]) -> None:
    from dagster import DagsterInstance, execute_job, reconstructable
    from dagster._core.errors import DagsterExecutionInterruptedError

    from orchestration import definitions
    from orchestration.executor import observed_by

    run_config = {
        "resources": {"settings": {"config": settings}},
        # Dagster prints every event on the terminal by default; the UI has them all.
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with ExitStack() as stack:
        instance = stack.enter_context(DagsterInstance.get())
        stack.enter_context(observed_by(progress))
        try:
            outcome = execute_job(
                reconstructable(definitions.run_job),
                instance=instance,
                run_config=run_config,
                tags={"p4dp/started_by": "command line"},
                raise_on_error=False,
            )
        except (DagsterExecutionInterruptedError, KeyboardInterrupt):
            progress.result.interrupted = True
            return
        progress.result.run_id = outcome.run_id
        progress.result.success = outcome.success
        if not outcome.success:
            _explain(outcome.all_events, progress.result)


def _explain(events: Sequence[DagsterEvent], result: RunResult) -> None:
    """Fill in why a run failed outside its steps, and whether it was interrupted."""
    from dagster import DagsterEventType

    for event in events:
        if event.event_type != DagsterEventType.RUN_FAILURE:
            continue
        error = event.job_failure_data.error
        if error is None:
            continue
        if error.cls_name in ("DagsterExecutionInterruptedError", "KeyboardInterrupt"):
            result.interrupted = True
        elif not result.errors:
            result.errors.append(error.message.strip())


class _Progress:
    """Turns Dagster's events into the steps of a `RunResult`."""

    def __init__(self, result: RunResult, listener: Listener) -> None:
        self.result = result
        self._listener = listener
        self._steps: dict[str, Step] = {}

    def __call__(self, event: DagsterEvent, plan: ExecutionPlan) -> None:
        from dagster import DagsterEventType

        from orchestration.executor import is_interruption

        if is_interruption(event):
            self.result.interrupted = True
        key = event.step_key
        if key is None:
            return
        kind = event.event_type
        if kind == DagsterEventType.STEP_START and key not in self._steps:
            self._start(key, plan)
        elif key not in self._steps:
            return
        step = self._steps[key]
        if kind == DagsterEventType.ASSET_MATERIALIZATION:
            step.asset_count += 1
            metadata = event.step_materialization_data.materialization.metadata
            if (duration := metadata.get("Execution Duration")) is not None:
                step.sql_seconds += float(str(duration.value))
            if (report := metadata.get("report")) is not None and isinstance(report.value, dict):
                self.result.scan_seconds = report.value.get("scan_seconds", 0.0)
        elif kind == DagsterEventType.ASSET_CHECK_EVALUATION:
            step.check_count += 1
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed:
                self.result.warnings.append(
                    f"check {evaluation.check_name} on {evaluation.asset_key.to_user_string()}: "
                    f"{evaluation.description or 'not passed'}"
                )
        elif kind == DagsterEventType.STEP_SUCCESS:
            self._end(step, SUCCEEDED)
        elif kind == DagsterEventType.STEP_FAILURE:
            self._end(step, FAILED)
            self.result.errors.append(f"{step.name}: {_failure_text(event)}")

    def _start(self, key: str, plan: ExecutionPlan) -> None:
        groups = _asset_groups(plan, key)
        is_dbt = key.startswith("warehouse")
        name = f"dbt · {', '.join(groups)}" if is_dbt else key.split("__")[-1]
        self._steps[key] = Step(
            key=key,
            name=name,
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            started=time.monotonic(),
            is_dbt=is_dbt,
        )
        self.result.steps.append(self._steps[key])
        self._listener(self.result)

    def _end(self, step: Step, status: str) -> None:
        step.status = status
        step.seconds = time.monotonic() - step.started
        if step.is_dbt:
            self.result.dbt_seconds += step.seconds
            self.result.sql_seconds += step.sql_seconds
        if step.key == "release":
            self.result.release_seconds = step.seconds
        self._listener(self.result)


def _asset_groups(plan: ExecutionPlan, step_key: str) -> list[str]:
    """The layers (first part of the asset keys) a step writes, in the order of the flow."""
    keys = [
        output.properties.asset_key
        for output in plan.get_step_by_key(step_key).step_outputs
        if output.properties is not None and output.properties.asset_key is not None
    ]
    layers = {key.path[0] for key in keys}
    seeds = ["seeds"] if layers - set(LAYERS) else []
    return [*seeds, *(layer for layer in LAYERS if layer in layers)]


def _failure_text(event: DagsterEvent) -> str:
    data = event.step_failure_data
    if data.user_failure_data is not None and data.user_failure_data.description:
        return data.user_failure_data.description.strip()
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "failed without a message"


@contextmanager
def _stoppable_by_termination() -> Iterator[None]:
    """TERM and HUP stop a run as Ctrl-C does: its steps are ended, what is finished stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    previous = {n: signal.signal(n, interrupt) for n in (signal.SIGTERM, signal.SIGHUP)}
    # Started in the background by a shell, a process finds SIGINT ignored: it would never stop.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _add_release(home: Home, result: RunResult) -> None:
    """The identity of the release the run ended with, from its manifest."""
    manifest = home.current_release / "manifest.json"
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise P4dpError("The run ended without a readable release", file=manifest) from error
    result.release_id = content["release_id"]
    result.content_hash = content["content_hash"]
    result.as_of = content["as_of"]
