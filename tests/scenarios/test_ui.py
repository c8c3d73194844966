"""`p4dp ui`: it comes up, runs what is delivered, and leaves nobody behind."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from p4dp.processes import marked_processes

from .line import PATIENCE_SECONDS, Line

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


def test_a_delivery_dropped_into_the_inbox_becomes_a_release(received: Line) -> None:
    process, _ = start_ui(received)
    try:
        delivery = sorted((received.root / "deliveries").glob("medirel-*"))[0]
        copy = received.home.inbox / f".{delivery.name}"
        shutil.copytree(delivery, copy)
        copy.rename(received.home.inbox / delivery.name)
        deadline = time.monotonic() + PATIENCE_SECONDS
        last: dict[str, str] = {}
        while last.get("status") not in ("success", "failure") and time.monotonic() < deadline:
            time.sleep(2)
            last = json.loads(received.command("status", "--json"))["last_run"] or {}
        assert last["status"] == "success"
        assert received.query_release("select count(*) from duckdb_tables()") != [(0,)]
        assert not list(received.home.inbox.iterdir())
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
