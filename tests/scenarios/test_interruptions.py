"""A run may be killed at any moment; the next one releases what an undisturbed run would have."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass

import duckdb
import pytest

from p4dp import run_lock

from .conftest import Undisturbed
from .line import Line, kill_everything, kill_parent, wait_for_dbt, writers

pytestmark = pytest.mark.slow


def test_after_two_kills_the_next_run_is_as_if_nothing_had_happened(
    received: Line, undisturbed: Undisturbed
) -> None:
    """First everything dies at once, then the parent alone: its dbt goes on writing."""
    process = received.start("run")
    time.sleep(undisturbed.result["wall_seconds"] / 2)
    kill_everything(received, process)

    process = received.start("run")
    wait_for_dbt(received, process, call=2)
    kill_parent(received, process)
    assert writers(received), "the steps were expected to outlive their parent"

    assert received.run()["content_hash"] == undisturbed.result["content_hash"]


def test_an_interrupt_ends_the_steps_and_exits_with_130(received: Line) -> None:
    process = received.start("run")
    wait_for_dbt(received, process, call=1)
    running = writers(received)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert running and not writers(received)
    assert run_lock.holder(received.home) is None
    assert not received.home.current_release.exists()


@dataclass(frozen=True)
class Refresh:
    """A rebuild of everything, beside which releases were read and a second run was tried."""

    line: Line
    process: subprocess.Popen[str]
    output: str
    errors: str
    reads: int
    second: subprocess.Popen[str]
    message: str


@pytest.fixture(scope="module")
def refresh(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    line = undisturbed.finished.copy(tmp_path_factory.mktemp("refresh") / "line")
    process = line.start("run", "--full-refresh", "--json")
    wait_for_dbt(line, process, call=1)
    second = line.start("run")
    reads = 0
    while process.poll() is None:
        # Whatever the run is doing, including the switch to its own release at the end.
        release = line.home.current_release.resolve()
        for name in ("aggregates.duckdb", "linked.duckdb"):
            with duckdb.connect(str(release / name), read_only=True) as connection:
                connection.execute("select count(*) from duckdb_tables()").fetchone()
        reads += 1
        time.sleep(0.02)
    _, message = second.communicate()
    output, errors = process.communicate()
    return Refresh(line, process, output, errors, reads, second, message)


def test_a_second_run_is_refused_while_one_is_at_work(refresh: Refresh) -> None:
    assert refresh.second.returncode == 1
    assert f"process {refresh.process.pid}" in refresh.message


def test_readers_are_never_refused_while_a_run_writes(refresh: Refresh) -> None:
    assert refresh.process.returncode == 0, refresh.errors
    assert refresh.reads > 20


def test_the_same_inputs_give_the_same_release(refresh: Refresh, undisturbed: Undisturbed) -> None:
    refreshed = json.loads(refresh.output)
    assert refreshed["content_hash"] == undisturbed.result["content_hash"]
    assert refresh.line.run()["content_hash"] == undisturbed.result["content_hash"]
