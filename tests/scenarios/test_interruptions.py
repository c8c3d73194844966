"""A run may be killed at any moment; the next one releases what an undisturbed run would have."""

from __future__ import annotations

import os
import signal
import time

import duckdb
import pytest

from p4dp import run_lock

from .conftest import Undisturbed
from .line import Line, kill_everything, kill_parent, wait_for_dbt, writers

pytestmark = pytest.mark.slow


def test_after_a_killed_parent_whose_dbt_goes_on_writing(
    received: Line, undisturbed: Undisturbed
) -> None:
    process = received.start("run")
    wait_for_dbt(received, process, call=2)
    kill_parent(received, process)
    assert writers(received), "the steps were expected to outlive their parent"
    assert received.run()["content_hash"] == undisturbed.result["content_hash"]


def test_after_everything_was_killed_in_the_middle_of_a_run(
    received: Line, undisturbed: Undisturbed
) -> None:
    process = received.start("run")
    time.sleep(undisturbed.result["wall_seconds"] / 2)
    kill_everything(received, process)
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


def test_a_second_run_is_refused_while_one_is_at_work(finished: Line) -> None:
    process = finished.start("run")
    wait_for_dbt(finished, process, call=1)
    refused = finished.start("run")
    _, message = refused.communicate(timeout=120)
    assert refused.returncode == 1
    assert f"process {process.pid}" in message
    process.communicate()
    assert process.returncode == 0


def test_readers_are_never_refused_while_a_run_writes(
    finished: Line, undisturbed: Undisturbed
) -> None:
    process = finished.start("run", "--full-refresh")
    reads = 0
    while process.poll() is None:
        # Whatever the run is doing, including the switch to its own release at the end.
        release = finished.home.current_release.resolve()
        for name in ("aggregates.duckdb", "linked.duckdb"):
            with duckdb.connect(str(release / name), read_only=True) as connection:
                connection.execute("select count(*) from duckdb_tables()").fetchone()
        reads += 1
        time.sleep(0.02)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert reads > 20


def test_the_same_inputs_give_the_same_release(finished: Line, undisturbed: Undisturbed) -> None:
    assert finished.run()["content_hash"] == undisturbed.result["content_hash"]
    refreshed = finished.run("--full-refresh")
    assert refreshed["content_hash"] == undisturbed.result["content_hash"]
