"""How fast worlds are made, in how much memory, and what they take on disk.

`python -m benchmarks.world [--sizes 10k,40k,180k] [--straight SIZE]` writes
`benchmarks/results/world.json` as it goes; a size already there is not measured again.
Each size is made twice: raw exports and claims alone (`generation`), and with every delivery
made at the boundary (`delivered`). With `--straight` the given size is also landed without
deliveries on disk. Rates are given by wall clock, and by processor time for two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.measure import run_command, size_on_disk_mb

ROOT = Path(__file__).resolve().parent.parent
P4DP = str(Path(sys.executable).parent / "p4dp")
RESULTS = ROOT / "benchmarks" / "results" / "world.json"
SIZES = {
    "10k": (12, 10_000),
    "40k": (25, 40_000),
    "180k": (70, 180_000),
    "500k": (200, 500_000),
    "5M": (2_000, 5_000_000),
}
CORES = 2


def make(folder: Path, size: str, *options: str) -> dict[str, Any]:
    """Generate one world with `options`; what it took."""
    practices, patients = SIZES[size]
    shutil.rmtree(folder, ignore_errors=True)
    environment = os.environ | {
        "P4DP_HOME": str(folder / "home"),
        "P4DP_KEYS": str(folder / "warehouse-keys"),
    }
    done = run_command(
        [P4DP, "synth", "--out", str(folder / "world"), "--practices", str(practices),
         "--patients", str(patients), "--months", "36", "--seed", "1", "--no-facts", "--json",
         *options],
        environment, ROOT,
    )  # fmt: skip
    report = done.result
    processor = report["generation_cpu_seconds"] + report["boundary_cpu_seconds"]
    rows = report["practice_rows"] + report["claim_rows"]
    return {
        "people": report["people"],
        "rows_per_person": round(rows / report["people"], 1),
        "wall_seconds": round(done.wall_seconds, 1),
        "generation_cpu_seconds": report["generation_cpu_seconds"],
        "boundary_cpu_seconds": report["boundary_cpu_seconds"],
        "people_per_second": round(report["people"] / done.wall_seconds),
        "people_per_second_two_idle_cores": round(report["people"] * CORES / processor),
        "peak_memory_mb": round(done.peak_memory_mb),
    }


def disk(folder: Path, people: int) -> dict[str, float]:
    """Bytes per person of exports, deliveries and truth, claims by table."""
    bytes_of: dict[str, float] = defaultdict(float)
    world = folder / "world"
    for name in ("practices", "truth"):
        bytes_of[name] = size_on_disk_mb(world / name)
    for path in (world / "inbox").glob("*/*"):
        source = path.parent.name.split("-")[0]
        table = path.stem.rsplit("-", 1)[0] if source == "snds" else ""
        bytes_of[f"inbox/{source}" + (f"/{table}" if table else "")] += path.stat().st_size / 1e6
    for table_folder in (folder / "home" / "landing").glob("*/*"):
        name = f"landing/{table_folder.parent.name}/{table_folder.name}"
        bytes_of[name] = size_on_disk_mb(table_folder)
    return {name: round(mb * 1e6 / people, 1) for name, mb in sorted(bytes_of.items()) if mb}


def main() -> None:
    """Measure what has not been measured yet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world", description=__doc__)
    parser.add_argument("--sizes", default="10k,40k", help=f"of {', '.join(SIZES)}")
    parser.add_argument("--straight", default="", help="sizes landed without deliveries on disk")
    parser.add_argument("--scratch", type=Path, default=ROOT / "build" / "bench" / "worlds")
    options = parser.parse_args()
    figures: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}

    def once(name: str, size: str, *arguments: str) -> None:
        if name in figures:
            return
        print(f"{name} …", flush=True)
        folder = options.scratch / name
        figures[name] = make(folder, size, *arguments)
        figures[name]["bytes_per_person"] = disk(folder, figures[name]["people"])
        shutil.rmtree(folder)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")

    for size in filter(None, options.sizes.split(",")):
        once(f"{size}-generation", size, "--no-deliver")
        once(f"{size}-delivered", size)
    for size in filter(None, options.straight.split(",")):
        once(f"{size}-straight", size, "--straight-to-landing")


if __name__ == "__main__":
    main()
