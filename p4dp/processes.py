"""Find and end processes by a mark in their environment.

Process groups are not enough to tell what a run started: a run shares its group with the
shell script or the web server that launched it, and a group number may be reused. A random
value in the environment is inherited by every descendant and by nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_PROC = Path("/proc")


def marked_processes(variable: str, value: str) -> list[int]:
    """Identifiers of the live processes that were started with `variable=value`, not our own."""
    needle = f"{variable}={value}"
    found = _from_proc(needle) if (_PROC / "self" / "environ").exists() else _from_ps(needle)
    return sorted(found - {os.getpid()})


def end_processes(
    find: Callable[[], Iterable[int]], *, grace_seconds: float = 0.0, patience_seconds: float = 20.0
) -> int:
    """End every process `find` returns, until it returns none; how many were met.

    With a grace, they are asked to stop (TERM) and given that time; what is left is killed.
    Raises TimeoutError when some process survives `patience_seconds` of killing.
    """
    met: set[int] = set()
    if grace_seconds > 0:
        met.update(_signal(find(), signal.SIGTERM))
        _wait(find, grace_seconds)
    deadline = time.monotonic() + patience_seconds
    while remaining := list(find()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {remaining} could not be ended")
        met.update(_signal(remaining, signal.SIGKILL))
        _wait(find, 0.2)
    return len(met)


def _signal(pids: Iterable[int], number: signal.Signals) -> list[int]:
    reached = []
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
        reached.append(pid)
    return reached


def _wait(find: Callable[[], Iterable[int]], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and list(find()):
        time.sleep(0.05)


def _from_proc(needle: str) -> set[int]:
    wanted = needle.encode()
    found = set()
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or another user's
        if wanted in environment.split(b"\0"):
            found.add(int(entry.name))
    return found


def _from_ps(needle: str) -> set[int]:
    listing = subprocess.run(
        ["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=False
    ).stdout
    return {
        int(line.split(None, 1)[0])
        for line in listing.splitlines()
        if needle in line.split() and line.split(None, 1)[0].isdigit()
    }
