"""The executor of every run: several processes, one run at a time.

The run lock is taken here, in the process that leads the run, because this is the one place that
the command line, the sensor, the schedule and the launchpad have in common.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dagster import (
    DagsterEvent,
    Executor,
    InitExecutorContext,
    executor,
    multiple_process_executor_requirements,
)
from dagster._core.events import EngineEventData
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.multiprocess import MultiprocessExecutor

from orchestration.event_log import commit_without_waiting
from orchestration.heal import heal
from orchestration.preload import PRELOADED_MODULES
from p4dp import run_lock
from p4dp.processes import end_processes, marked_processes
from p4dp.settings import Home

STEP_PROCESSES = 2
INTERRUPTION_GRACE_SECONDS = 10.0

# Here, because every process of a run loads its executor.
commit_without_waiting()

Observer = Callable[[DagsterEvent, ExecutionPlan], None]
_observers: list[Observer] = []


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Show the events of runs led by this process to `observer` as they happen."""
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)


def is_interruption(event: DagsterEvent) -> bool:
    """Whether this event says that the run was asked to stop and passed it on to its steps."""
    return event.is_engine_event and "steps_interrupted" in event.engine_event_data.metadata


def _kill_steps_after(seconds: float) -> None:
    """A step that does not stop when asked is killed: dbt's threads may never come back."""
    mark = run_lock.process_mark()
    timer = threading.Timer(
        seconds, end_processes, [lambda: marked_processes(run_lock.MARK_VARIABLE, mark)]
    )
    timer.daemon = True
    timer.start()


class OneRunExecutor(MultiprocessExecutor):
    """Holds the run lock while steps run, and repairs what a killed run left before the first."""

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[DagsterEvent]:
        home = Home.from_environment()
        run_id = plan_context.run_id
        with run_lock.hold(home, f"run {run_id}") as dead_holder:
            dead_runs = heal(plan_context.instance, home, alive=run_id)
            if dead_holder is not None or dead_runs:
                yield DagsterEvent.engine_event(
                    plan_context,
                    f"Repaired after a run that died: {dead_holder or ', '.join(dead_runs)}",
                    EngineEventData(),
                )
            for event in super().execute(plan_context, execution_plan):
                if is_interruption(event):
                    _kill_steps_after(INTERRUPTION_GRACE_SECONDS)
                for observer in _observers:
                    observer(event, execution_plan)
                yield event


@executor(name="one_run", requirements=multiple_process_executor_requirements())
def one_run_executor(_init_context: InitExecutorContext) -> Executor:
    """Steps in processes forked from one that has everything imported."""
    return OneRunExecutor(
        retries=RetryMode.ENABLED,
        max_concurrent=STEP_PROCESSES,
        start_method="forkserver",
        explicit_forkserver_preload=PRELOADED_MODULES,
    )
