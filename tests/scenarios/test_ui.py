"""`p4dp ui`: it comes up, and leaves nobody behind."""

from __future__ import annotations

import signal
import socket
import urllib.request

import pytest

from p4dp.processes import marked_processes

from .line import Line

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_ui_ends_all_its_children(finished: Line, stop: signal.Signals) -> None:
    port = free_port()
    process = finished.start("ui", "--port", str(port))
    assert process.stdout is not None
    assert f":{port}" in process.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=10) as answer:
        assert answer.status == 200
    mark = (finished.home.dagster / "ui.mark").read_text(encoding="utf-8")
    assert len(marked_processes("P4DP_UI_MARK", mark)) >= 3
    process.send_signal(stop)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert marked_processes("P4DP_UI_MARK", mark) == []
