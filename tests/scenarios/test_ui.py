"""`p4dp ui`: it comes up, runs what is delivered, and leaves nobody behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from p4dp.processes import marked_processes

from .line import PATIENCE_SECONDS, Line, redeliver

pytestmark = pytest.mark.slow


def start_ui(line: Line) -> tuple[subprocess.Popen[str], str]:
    """The process of a UI that answers, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = line.start("ui", "--port", str(port))
    assert process.stdout is not None
    assert f":{port}" in process.stdout.readline()
    return process, f"http://127.0.0.1:{port}"


def children(line: Line) -> list[int]:
    mark = (line.home.dagster / "ui.mark").read_text(encoding="utf-8")
    return marked_processes("P4DP_UI_MARK", mark)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_ui_ends_all_its_children(finished: Line, stop: signal.Signals) -> None:
    process, address = start_ui(finished)
    with urllib.request.urlopen(f"{address}/server_info", timeout=10) as answer:
        assert answer.status == 200
    mark = (finished.home.dagster / "ui.mark").read_text(encoding="utf-8")
    assert len(children(finished)) >= 3
    process.send_signal(stop)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert marked_processes("P4DP_UI_MARK", mark) == []


def test_a_delivery_dropped_into_the_inbox_becomes_a_release(finished: Line) -> None:
    before = finished.home.current_release.resolve()
    process, _ = start_ui(finished)
    try:
        name = redeliver(finished, "medirel", 11)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while finished.home.current_release.resolve() == before and time.monotonic() < deadline:
            time.sleep(2)
        assert finished.home.current_release.resolve() != before
        assert finished.query_release("select count(*) from duckdb_tables()") != [(0,)]
        assert not list(finished.home.inbox.iterdir())
        landed = list(finished.home.landing.glob(f"p4dp/delivery/*{name}*"))
        assert len(landed) == 1
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
