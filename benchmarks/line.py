"""The whole line at one size: a full build, then what a day and a month cost.

Deliveries are held out of a generated world: the last one of 1 % of the practices (at least
one), then the last one of every other practice and of the SNDS. Each step is stored as soon as
it is measured, so an interrupted benchmark goes on where it stopped.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, run_command, size_on_disk_mb

ROOT = Path(__file__).resolve().parent.parent
P4DP = str(Path(sys.executable).parent / "p4dp")
SIZES = {
    "10k": ["--profile", "small"],
    "40k": ["--practices", "25", "--patients", "40000", "--months", "36"],
    "180k": ["--profile", "pilot"],
}
# Dagster's overhead does not grow with people: it is measured where a build is short.
SCRIPTED = ("10k",)


class Line:
    """Measurements of one size; `results` is the JSON file they go into."""

    def __init__(self, size: str, scratch: Path, results: Path) -> None:
        self.size = size
        self.folder = scratch / size
        self.world = self.folder / "world"
        self.home = self.folder / "home"
        self.results = results
        self.folder.mkdir(parents=True, exist_ok=True)
        self.figures: dict[str, Any] = json.loads(results.read_text()) if results.exists() else {}

    def environment(self, home: Path) -> dict[str, str]:
        return os.environ | {"P4DP_HOME": str(home), "P4DP_KEYS": str(self.folder / "keys")}

    def p4dp(self, *arguments: str, home: Path | None = None) -> Measured:
        return run_command([P4DP, *arguments], self.environment(home or self.home), ROOT)

    def once(self, name: str, measure: Any) -> None:
        """Measure and store `name`, unless an earlier call has."""
        if name in self.figures:
            return
        print(f"{self.size}: {name} …", flush=True)
        self.figures[name] = measure()
        self.results.parent.mkdir(parents=True, exist_ok=True)
        self.results.write_text(json.dumps(self.figures, indent=2, sort_keys=True) + "\n")

    def run(self) -> None:
        """Every step in order."""
        self.once("world", self.make_world)
        base, few, month = self.hold_out()
        self.once("receive", lambda: self.receive(base))
        self.once("copy_floor", self.copy_floor)
        if self.size in SCRIPTED:
            self.once("script", self.script)
        self.once("full", self.full)
        self.once("one_percent", lambda: self.increment(few))
        self.once("one_month", lambda: self.increment(month))
        self.once("nothing_due", self.build)

    def make_world(self) -> dict[str, Any]:
        shutil.rmtree(self.world, ignore_errors=True)
        done = self.p4dp("synth", "--out", str(self.world), *SIZES[self.size], "--seed", "1")
        return {"seconds": done.wall_seconds, "peak_memory_mb": done.peak_memory_mb}

    def hold_out(self) -> tuple[list[Path], list[Path], list[Path]]:
        """Deliveries of the first build, of 1 % of practices, of everybody else's last month."""
        by_sender: dict[str, list[tuple[int, Path]]] = defaultdict(list)
        for manifest in sorted((self.world / "inbox").glob("*/manifest.json")):
            content = json.loads(manifest.read_text())
            practice = content["practice"] or {}
            sender = practice.get("practice_pseudo") or content["source"]
            by_sender[sender].append((content["sequence"], manifest.parent))
        base: list[Path] = []
        last: list[Path] = []
        few: list[Path] = []
        practices = [sender for sender in sorted(by_sender) if sender != "snds"]
        chosen = set(practices[: max(1, len(practices) // 100)])
        for sender, deliveries in by_sender.items():
            ordered = [path for _, path in sorted(deliveries)]
            base += ordered[:-1]
            (few if sender in chosen else last).append(ordered[-1])
        return base, few, last

    def receive(self, deliveries: list[Path]) -> dict[str, Any]:
        """Copies first: receiving moves what it takes."""
        drop = self.folder / "drop"
        shutil.rmtree(drop, ignore_errors=True)
        for path in deliveries:
            shutil.copytree(path, drop / path.name)
        size = size_on_disk_mb(drop)
        done = self.p4dp("receive", str(drop), "--json")
        return {
            "seconds": done.wall_seconds,
            "peak_memory_mb": done.peak_memory_mb,
            "delivered_mb": size,
            "deliveries": len(deliveries),
        }

    def copy_floor(self) -> dict[str, Any]:
        """Median of three, each in a process of its own."""
        target = self.folder / "floor.duckdb"
        code = (
            "import sys; from pathlib import Path; from benchmarks.floor import copy_floor;"
            "print(*copy_floor(Path(sys.argv[1]), Path(sys.argv[2])))"
        )
        seconds, rows = [], 0
        for _ in range(3):
            answer = subprocess.run(
                [sys.executable, "-c", code, str(self.home / "landing"), str(target)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            seconds.append(float(answer[0]))
            rows = int(answer[1])
        target.unlink()
        return {"seconds": statistics.median(seconds), "all_seconds": seconds, "rows": rows}

    def script(self) -> dict[str, Any]:
        """The same steps without Dagster, on a copy of the home."""
        copy = self.folder / "home-script"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.home, copy, symlinks=True)
        done = run_command(
            [sys.executable, "-m", "benchmarks.script_run", "--json"], self.environment(copy), ROOT
        )
        shutil.rmtree(copy)
        return done.result | {
            "wall_seconds": done.wall_seconds,
            "peak_memory_mb": done.peak_memory_mb,
        }

    def build(self) -> dict[str, Any]:
        done = self.p4dp("run", "--json")
        return done.result | {
            "wall_seconds": done.wall_seconds,
            "peak_memory_mb": done.peak_memory_mb,
        }

    def full(self) -> dict[str, Any]:
        figures = self.build()
        figures["disk_mb"] = {
            part: size_on_disk_mb(self.home / part)
            for part in ("landing", "vault", "register", "warehouse", "releases")
        }
        return figures

    def increment(self, deliveries: list[Path]) -> dict[str, Any]:
        received = self.receive(deliveries)
        return self.build() | {"receive": received}
