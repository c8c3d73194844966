"""The whole line as a user starts it: commands in processes of their own, and ways to kill them.

`python -m tests.scenarios.line --kills 10` kills ten runs at random moments and compares what the
next run releases with an undisturbed one (the benchmarks use it).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from p4dp.processes import marked_processes
from p4dp.run_lock import MARK_VARIABLE
from p4dp.settings import Home

P4DP = str(Path(sys.executable).parent / "p4dp")
SMALL_WORLD = ("--practices", "3", "--patients", "600", "--months", "24", "--seed", "7")
PATIENCE_SECONDS = 600
# Changes the files and the manifest of a delivery.
Spoil = Callable[[Path, dict[str, Any]], None]


@dataclass(frozen=True)
class Line:
    """A home, its keys, and the commands that work on them."""

    root: Path

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "DAGSTER_"))},
            "P4DP_HOME": str(self.home.root),
            "P4DP_KEYS": str(self.keys),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command at work, in a session of its own."""
        return subprocess.Popen(
            [P4DP, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def command(self, *arguments: str, expect: int = 0) -> str:
        """The standard output of a finished command."""
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == expect, (arguments, process.returncode, output, errors)
        return output

    def run(self, *arguments: str) -> dict[str, Any]:
        """The result of a whole run that succeeded."""
        result: dict[str, Any] = json.loads(self.command("run", "--json", *arguments))
        return result

    def copy(self, root: Path) -> Line:
        """The same home and keys elsewhere: what one scenario starts from."""
        shutil.copytree(self.root, root, symlinks=True)
        return Line(root)

    def query_release(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the current release's open file, read by any DuckDB client."""
        path = self.home.current_release.resolve() / "aggregates.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def received_line(root: Path, world: tuple[str, ...] = SMALL_WORLD) -> Line:
    """A line whose deliveries are taken in, ready for its first run; copies in `deliveries/`."""
    line = Line(root)
    line.command("synth", "--out", str(root / "world"), *world)
    shutil.copytree(root / "world" / "inbox", root / "deliveries")
    line.command("receive", str(root / "world" / "inbox"))
    shutil.rmtree(root / "world")
    return line


def redeliver(line: Line, source: str, sequence: int, spoil: Spoil | None = None) -> str:
    """The last delivery of a vendor's practice into the inbox once more, under another sequence."""
    original = sorted((line.root / "deliveries").glob(f"{source}-*"))[-1]
    manifest = json.loads((original / "manifest.json").read_text(encoding="utf-8"))
    manifest["sequence"] = sequence
    manifest["delivery_id"] = f"{original.name[:-6]}{sequence:06d}"
    # Under a hidden name until it is whole, as a sender does.
    folder = line.home.inbox / f".{manifest['delivery_id']}"
    shutil.copytree(original, folder)
    if spoil is not None:
        spoil(folder, manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    folder.rename(line.home.inbox / manifest["delivery_id"])
    return str(manifest["delivery_id"])


def writers(line: Line) -> list[int]:
    """Processes of a run that live on, by the mark of the run that is or was at work."""
    try:
        record = json.loads(line.home.lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return marked_processes(MARK_VARIABLE, record["mark"])


def wait_for_dbt(line: Line, process: subprocess.Popen[str], call: int) -> None:
    """Until the n-th dbt call of a run has finished some of its nodes."""
    seen, at_work = 0, False
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        now = (line.home.dagster / "progress").exists()
        seen += now and not at_work
        at_work = now
        if at_work and seen == call:
            return
        time.sleep(0.01)
    raise AssertionError(f"dbt call {call} was never at work")


def kill_parent(line: Line, process: subprocess.Popen[str]) -> None:
    """kill -9 of the leading process alone: its steps and their dbt go on writing."""
    process.kill()
    process.communicate()


def kill_everything(line: Line, process: subprocess.Popen[str]) -> None:
    """kill -9 of every process of a run at once."""
    for pid in [process.pid, *writers(line)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.communicate()


def main() -> None:
    """Kill runs at random moments; one JSON line per kill, exit 1 when a release differs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    moments = random.Random(arguments.seed)
    differing = 0
    with tempfile.TemporaryDirectory(prefix="p4dp-kills-") as folder:
        template = received_line(Path(folder) / "template")
        undisturbed = template.copy(Path(folder) / "undisturbed").run()
        for number in range(arguments.kills):
            line = template.copy(Path(folder) / f"kill-{number}")
            kill = kill_parent if number % 2 else kill_everything
            after = moments.uniform(0, undisturbed["wall_seconds"])
            process = line.start("run")
            time.sleep(after)
            survived = process.poll() is None
            kill(line, process)
            same = line.run()["content_hash"] == undisturbed["content_hash"]
            differing += not same
            record = {"kill": kill.__name__, "after_seconds": round(after, 2), "same": same}
            print(json.dumps(record | {"was_running": survived}), flush=True)
            shutil.rmtree(line.root)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
