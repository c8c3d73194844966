"""The Dagster UI and its daemon as children that end when their parent does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

from orchestration.environment import prepare
from orchestration.project import prepare_manifest
from p4dp.errors import P4dpError
from p4dp.processes import end_processes, marked_processes
from p4dp.settings import PROJECT_ROOT, Home

MARK_VARIABLE = "P4DP_UI_MARK"
STOP_GRACE_SECONDS = 10.0
READY_SECONDS = 180.0


def serve(home: Home, host: str, port: int, *, ready: Callable[[str], None]) -> int:
    """Serve the UI until it ends or is stopped (Ctrl-C, TERM); its exit code, 0 when stopped.

    `ready` is called with the address once it answers. The web server, the daemon, the code
    server and the runs they started are all ended on the way out: asked first, then killed.
    Raises P4dpError when the port is taken or the UI does not come up.
    """
    prepare(home)
    if not _is_free(host, port):
        raise P4dpError(
            f"Port {port} on {host} is in use", remedy="choose another one: `p4dp ui --port 3001`"
        )
    prepare_manifest(home)
    _end_former(home)
    mark = uuid.uuid4().hex
    _record(home).write_text(mark, encoding="utf-8")
    log = home.dagster / "ui.log"
    stop = _Stop()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "dagster",
                "dev",
                "--module-name",
                "orchestration.definitions",
                "--host",
                host,
                "--port",
                str(port),
            ],
            cwd=PROJECT_ROOT,
            env={**os.environ, MARK_VARIABLE: mark},
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C reaches this process alone, which then ends the others
            # in order (`dagster dev` leaves children behind when the whole group is interrupted).
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, f"http://{host}:{port}", stop, log)
            if not stop.requested:
                ready(f"http://{host}:{port}")
            while process.poll() is None and not stop.requested:
                time.sleep(0.2)
        finally:
            end_processes(
                lambda: marked_processes(MARK_VARIABLE, mark), grace_seconds=STOP_GRACE_SECONDS
            )
            process.wait()
            _record(home).unlink(missing_ok=True)
            stop.restore()
    return 0 if stop.requested else process.returncode


class _Stop:
    """Remembers that a stop was asked for, so that it is never lost between two lines."""

    def __init__(self) -> None:
        self.requested = False
        self._former = {
            number: signal.signal(number, self._request)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }

    def _request(self, *_: object) -> None:
        self.requested = True

    def restore(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)


def _record(home: Home) -> Path:
    return home.dagster / "ui.mark"


def _end_former(home: Home) -> None:
    """End what a killed `p4dp ui` of this home left behind."""
    if _record(home).exists():
        former = _record(home).read_text(encoding="utf-8").strip()
        if former:
            end_processes(lambda: marked_processes(MARK_VARIABLE, former), grace_seconds=2.0)


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _wait_until_ready(
    process: subprocess.Popen[bytes], address: str, stop: _Stop, log: Path
) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not stop.requested:
        if process.poll() is not None or time.monotonic() > deadline:
            raise P4dpError("The Dagster UI did not start", file=log, remedy="read that log")
        try:
            with urllib.request.urlopen(f"{address}/server_info", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
