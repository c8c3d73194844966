"""Running a command as a user would, with its time, peak memory and result."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


@dataclass(frozen=True)
class Measured:
    """One finished command: seconds of wall time, peak resident memory of its whole tree in MB."""

    wall_seconds: float
    peak_memory_mb: float
    result: dict[str, Any]


def _tree_memory(process: psutil.Process) -> int:
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def run_command(arguments: list[str], environment: dict[str, str], cwd: Path) -> Measured:
    """Run, sample memory five times a second, parse a JSON answer if there is one.

    Raises `RuntimeError` with the end of the command's output when it fails.
    """
    with tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            arguments, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        peak = 0
        finished = threading.Event()

        def sample() -> None:
            nonlocal peak
            try:
                watched = psutil.Process(process.pid)
                while not finished.wait(0.2):
                    peak = max(peak, _tree_memory(watched))
            except psutil.NoSuchProcess:
                return

        sampler = threading.Thread(target=sample, daemon=True)
        sampler.start()
        answer, _ = process.communicate()
        wall = time.perf_counter() - started
        finished.set()
        sampler.join()
        if process.returncode != 0:
            errors.seek(0)
            raise RuntimeError(f"{arguments} failed:\n{answer[-2000:]}\n{errors.read()[-4000:]}")
    try:
        result = json.loads(answer)
    except json.JSONDecodeError:
        result = {}
    return Measured(wall, peak / 1e6, result if isinstance(result, dict) else {"rows": result})


def size_on_disk_mb(folder: Path) -> float:
    """Bytes of all files below `folder`, in MB (10^6 bytes)."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
