"""One writer at a time, whatever happened to the one before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from p4dp import run_lock
from p4dp.errors import P4dpError
from p4dp.processes import end_processes, marked_processes
from p4dp.settings import Home

# Takes the lock, starts a child that outlives it, says so, and waits to be killed.
HOLDER = """
import subprocess, sys, time
from pathlib import Path
from p4dp import run_lock
from p4dp.settings import Home
with run_lock.hold(Home(Path(sys.argv[1])), "run of the test"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def holder(home: Home) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds the lock, and the identifier of its child."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    yield process, child
    for pid in (process.pid, child):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_second_writer_is_refused_and_told_who_is_at_work(
    home: Home, holder: tuple[subprocess.Popen[str], int]
) -> None:
    with pytest.raises(P4dpError, match=f"run of the test .process {holder[0].pid}"):
        with run_lock.hold(home, "second"):
            pass
    current = run_lock.holder(home)
    assert current is not None and current.pid == holder[0].pid


def test_the_lock_is_free_after_use_and_between_uses(home: Home) -> None:
    assert run_lock.holder(home) is None
    for _ in range(2):
        with run_lock.hold(home, "receive") as dead:
            assert dead is None
    assert run_lock.holder(home) is None


def test_an_exception_frees_the_lock(home: Home) -> None:
    with pytest.raises(ValueError):
        with run_lock.hold(home, "run"):
            raise ValueError
    with run_lock.hold(home, "run") as dead:
        assert dead is None


def test_children_of_a_killed_holder_are_ended_before_the_lock_is_handed_over(
    home: Home, holder: tuple[subprocess.Popen[str], int]
) -> None:
    process, child = holder
    process.kill()
    process.wait()
    assert is_alive(child)
    with run_lock.hold(home, "next") as dead:
        assert dead is not None and dead.pid == process.pid
        assert not is_alive(child)


def test_a_half_written_record_does_not_stop_the_next_run(home: Home) -> None:
    home.root.mkdir(parents=True)
    home.lock.write_text('{"activity": "run', encoding="utf-8")
    with run_lock.hold(home, "next") as dead:
        assert dead is None
        assert json.loads(home.lock.read_text(encoding="utf-8"))["activity"] == "next"


def test_only_processes_with_the_mark_are_ended() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    marked = subprocess.Popen(command, env={**os.environ, "P4DP_TEST_MARK": "mine"})
    other = subprocess.Popen(command, env={**os.environ, "P4DP_TEST_MARK": "mine-too"})
    try:
        deadline = time.monotonic() + 10
        while marked_processes("P4DP_TEST_MARK", "mine") != [marked.pid]:
            assert time.monotonic() < deadline
        assert end_processes(lambda: marked_processes("P4DP_TEST_MARK", "mine")) == 1
        assert marked.wait(timeout=10) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        for process in (marked, other):
            process.kill()
            process.wait()
