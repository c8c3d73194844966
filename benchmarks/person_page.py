"""One person's page from a release: all statuses and evidence, through the gate and on the trail.

`python -m benchmarks.person_page --people 200` measures the current release of `P4DP_HOME` with
the keys of `P4DP_KEYS`, and writes benchmarks/results/person-page.json, from which the page of
benchmarks takes its section. Three figures: a release that is open (what an application pays for
each page), one that is opened for the page, and the command with the start of Python. The
release's files are read once beforehand: a disk's first read is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from p4dp import governance
from p4dp.governance import PersonReader, Trail
from p4dp.settings import PROJECT_ROOT, Home, keys_dir
from p4dp.vault import warehouse_keys

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "person-page.json"
TARGET_MS = 100.0
PURPOSE = "benchmark"


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and greatest, in milliseconds."""
    return {
        "median_ms": round(1000 * median(seconds), 1),
        "p95_ms": round(1000 * quantiles(seconds, n=20, method="inclusive")[-1], 1),
        "max_ms": round(1000 * max(seconds), 1),
    }


def _timed(show: Callable[[int], None], person_key: int) -> float:
    started = time.perf_counter()
    show(person_key)
    return time.perf_counter() - started


def measure(home: Home, people: int) -> dict[str, Any]:
    """Pages of `people` persons drawn by hash; fewer for what opens a release or starts Python."""
    keys = warehouse_keys(keys_dir(), home)
    trail = Trail(home, keys.trail)

    def ask(sql: str) -> list[dict[str, Any]]:
        answer = governance.query(home, sql, trail, release_key=keys.release, purpose=PURPOSE)
        rows: list[dict[str, Any]] = answer.table.to_pylist()
        return rows

    sizes = ask(
        """select count(distinct person_key) as persons, count(*) as statuses,
            count(*) / count(distinct person_key) as mean_statuses
        from indicators.fct_indicator_status"""
    )[0]
    drawn = [
        row["person_key"]
        for row in ask(
            f"select person_key from linked.dim_patient order by hash(person_key) limit {people}"
        )
    ]
    few = drawn[:20]
    command = [str(Path(sys.executable).with_name("p4dp")), "person"]

    def alone(key: int) -> None:
        governance.person_page(home, key, trail, release_key=keys.release, purpose=PURPOSE)

    def by_command(key: int) -> None:
        arguments = [*command, str(key), "--json", "--purpose", PURPOSE]
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)

    with PersonReader(home, trail, release_key=keys.release) as reader:

        def opened(key: int) -> None:
            reader.page(key, purpose=PURPOSE)

        first = _timed(opened, drawn[0])
        warm = [_timed(opened, key) for key in drawn]
    cold = [_timed(alone, key) for key in few]
    shell = [_timed(by_command, key) for key in few[:5]]
    linked = home.current_release.resolve() / "linked.duckdb"
    return {
        "persons": sizes["persons"],
        "statuses": sizes["statuses"],
        "mean_statuses": round(sizes["mean_statuses"], 1),
        "linked_mb": round(linked.stat().st_size / 1e6, 1),
        "pages": len(drawn),
        "load": round(os.getloadavg()[0], 1),
        "first_ms": round(1000 * first, 1),
        "open": _spread(warm),
        "opened_for_it": _spread(cold),
        "command": _spread(shell),
    }


def main() -> None:
    """Measure and keep the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.person_page", description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    options = parser.parse_args()
    figures = measure(Home.from_environment(), options.people)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
