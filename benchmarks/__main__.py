"""`make bench`: measure every part, resume where it stopped, write JSON and a page.

`python -m benchmarks [--sizes 10k,180k] [--fresh]`. Figures go to `benchmarks/results/`,
the pages to `docs/benchmarks.md` and `docs/benchmarks-gate.md`; scratch data stay in
`build/bench/`.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from benchmarks import gate
from benchmarks.line import SIZES, Line
from benchmarks.report import write_report

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Measure what has not been measured yet, then write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes", default="10k,180k", help=f"comma-separated, of {', '.join(SIZES)}"
    )
    parser.add_argument("--fresh", action="store_true", help="forget earlier figures")
    options = parser.parse_args()
    scratch = ROOT / "build" / "bench"
    results = ROOT / "benchmarks" / "results"
    for size in options.sizes.split(","):
        if options.fresh:
            shutil.rmtree(scratch / size, ignore_errors=True)
            (results / f"line-{size}.json").unlink(missing_ok=True)
        Line(size, scratch, results / f"line-{size}.json").run()
    write_report(results, ROOT / "docs")
    gate.PAGE.write_text(gate.page(gate.measure(scratch)), encoding="utf-8")


if __name__ == "__main__":
    main()
