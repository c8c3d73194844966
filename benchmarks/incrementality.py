"""Random histories taken in step by step against a full refresh, row by row.

`python -m benchmarks.incrementality --histories 50 --seed 1` plays the histories of
tests/warehouse/histories.py one after the other and stops at none: each result is written as it
comes to benchmarks/results/incrementality.json, and histories already there are not played again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from p4dp.settings import PROJECT_ROOT
from tests.warehouse.histories import differences, history, replay
from tests.warehouse.landing import empty_warehouse

RESULTS = PROJECT_ROOT / "benchmarks" / "results" / "incrementality.json"


def main() -> int:
    """Play histories; exit 1 when one differs from its full refresh."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    known: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="p4dp-histories-") as scratch:
        warehouse = empty_warehouse(Path(scratch))
        for seed in range(options.seed, options.seed + options.histories):
            if str(seed) in known:
                continue
            started = time.perf_counter()
            past = history(Random(seed))
            warehouse.clear()
            replay(warehouse, past)
            known[str(seed)] = {
                "deliveries": len(past.deliveries),
                "batches": len(past.batches),
                "tables_that_differ": differences(warehouse),
                "seconds": round(time.perf_counter() - started, 1),
            }
            RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
            print(seed, known[str(seed)], flush=True)
    return 1 if any(result["tables_that_differ"] for result in known.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
