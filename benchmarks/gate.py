"""Boundary and gate measured: speed, memory, faults, fuzz, identities, coding.

    python -m benchmarks.gate [--world DIR] [--medicines FILE] [--fuzz 10000] [--gigabytes 1,4]

Each part is kept in `benchmarks/results/gate.json` as soon as it is measured and not measured
again: delete its entry, or the file, to measure anew. The page is `docs/benchmarks-gate.md`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import coding_accuracy, fuzz_intake, identity_recall, intake_speed, planted_faults
from p4dp.settings import PROJECT_ROOT

RESULT = PROJECT_ROOT / "benchmarks" / "results" / "gate.json"
PAGE = PROJECT_ROOT / "docs" / "benchmarks-gate.md"
#: What the figures alone do not say; stands at the end of the page.
NOTES = RESULT.with_name("gate-notes.md")
ROWS = 3_000_000
FUZZ_AT_ONCE = 500


def measure(
    scratch: Path,
    *,
    world: Path | None = None,
    medicines: Path | None = None,
    fuzz: int = 10_000,
    gigabytes: str = "1,4",
) -> dict[str, Any]:
    """Measure what has not been measured yet; returns every figure."""
    figures: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}

    def keep(name: str, part: Callable[[], Any]) -> None:
        if name not in figures:
            print(f"gate: {name}", file=sys.stderr, flush=True)
            figures[name] = part()
            RESULT.parent.mkdir(parents=True, exist_ok=True)
            RESULT.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")

    keep("faults", _faults)
    keep("speed", lambda: intake_speed.measure(ROWS))
    sizes = [float(size) for size in gigabytes.split(",") if size]
    for size in sizes:
        keep(f"memory {size:g} GB", lambda size=size: intake_speed.measure_size(size))
    keep("identities", lambda: identity_recall.measure(20, 1))
    keep("coding", lambda: coding_accuracy.measure(_world(world, scratch), medicines))
    for start in range(0, fuzz, FUZZ_AT_ONCE):
        keep(f"fuzz {start}", lambda start=start: _fuzz(start, min(FUZZ_AT_ONCE, fuzz - start)))
    return figures


def _faults() -> dict[str, Any]:
    findings = planted_faults.run()
    return {
        "planted": len(findings),
        "missed": [finding.fault for finding in findings if not finding.found],
    }


def _fuzz(start: int, count: int) -> dict[str, Any]:
    outcome = fuzz_intake.run(count, seed=1, first=start)
    return {
        "count": count,
        "verdicts": dict(outcome.verdicts),
        "violations": outcome.violations,
    }


def _world(world: Path | None, scratch: Path) -> Path:
    """The given synthetic world, or a small one made for the purpose."""
    if world is not None:
        return world
    made = scratch / "gate-world"
    if not (made / "practices").is_dir():
        command = [str(Path(sys.executable).parent / "p4dp"), "synth", "--out", str(made)]
        subprocess.run([*command, "--profile", "small", "--seed", "1"], check=True)
    return made


# --- the page ---------------------------------------------------------------------------------


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def page(figures: dict[str, Any]) -> str:
    """Markdown of the figures."""
    lines = [
        "# Boundary and gate: benchmarks",
        "",
        "Measured by `make bench` (or `python -m benchmarks.gate`) on 2 shared cores: read the",
        "ratios, taken within one run. The floor is DuckDB alone reading the same CSV and writing",
        "it as Parquet.",
        "",
    ]
    speed = figures.get("speed")
    if speed:
        lines += [
            "## Speed",
            "",
            f"One CSV of {speed['csv_bytes'] / 1e6:.0f} MB, {speed['rows']:,} rows.",
            "",
            "| step | seconds | × floor | GB/min | target |",
            "|---|---|---|---|---|",
            f"| floor | {speed['floor_seconds']} | 1 | | |",
            f"| `receive` | {speed['receive_seconds']} | {speed['receive_times_floor']} |"
            f" {speed['receive_gigabytes_per_minute']} | ≤ 3 ×, ≥ 0.5 GB/min |",
            f"| of which the check | {speed['check_seconds']} | | | |",
            f"| `pseudonymise` (own floor) | {speed['pseudonymise_seconds']} |"
            f" {speed['pseudonymise_times_floor']} |"
            f" {speed['pseudonymise_gigabytes_per_minute']} | |",
            "",
        ]
    sizes = {name: value for name, value in figures.items() if name.startswith("memory ")}
    if sizes:
        lines += [
            "## Memory",
            "",
            "Peak of resident memory of each step's process; the engine's part is capped at"
            " 1.5 GB.",
            "",
            "| delivery | floor | `receive` | `pseudonymise` | `receive` × floor |",
            "|---|---|---|---|---|",
        ]
        for value in sizes.values():
            boundary = value.get("pseudonymise_peak_megabytes")
            lines.append(
                f"| {value['csv_bytes'] / 1e9:.1f} GB, {value['rows']:,} rows |"
                f" {value['floor_peak_megabytes']} MB | {value['receive_peak_megabytes']} MB |"
                f" {f'{boundary} MB' if boundary else 'not measured'} |"
                f" {value['receive_times_floor']} |"
            )
        lines.append("")
    faults = figures.get("faults")
    if faults:
        missed = ", ".join(faults["missed"]) or "none missed"
        lines += [
            "## Planted faults",
            "",
            f"{faults['planted']} kinds of fault, each planted alone in a sound delivery:"
            f" {faults['planted'] - len(faults['missed'])} found with the right verdict, reason,"
            f" column and row ({missed}).",
            "",
        ]
    fuzz = [value for name, value in figures.items() if name.startswith("fuzz ")]
    if fuzz:
        verdicts: dict[str, int] = {}
        for part in fuzz:
            for verdict, count in part["verdicts"].items():
                verdicts[verdict] = verdicts.get(verdict, 0) + count
        broken = sum(len(part["violations"]) for part in fuzz)
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(verdicts.items()))
        lines += [
            "## Mutated deliveries",
            "",
            f"{sum(part['count'] for part in fuzz):,} deliveries damaged one to three times"
            f" ({told}): {broken} crashes, lost rows or rejects without a reason.",
            "",
        ]
    if "identities" in figures:
        lines += [
            "## Identities found",
            "",
            "Share of deliveries in which the planted identity was found in its column.",
            "",
            "| planted | one row | a tenth of the rows |",
            "|---|---|---|",
        ]
        for kind, found in figures["identities"].items():
            one, tenth = (_percent(found[extent]) for extent in sorted(found, reverse=True))
            lines.append(f"| {kind} | {one} | {tenth} |")
        lines += [
            "",
            "A single name in a column of codes means something else too often (Martin, Rose): it"
            " counts where a column holds several different ones.",
            "",
        ]
    if "coding" in figures:
        lines += [
            "## Automatic coding, by vendor",
            "",
            "Threshold in force: 0.75. *Coded*: share of labels given a code; *right*: share of"
            " these with the code the practice (or the official list) gave.",
            "",
            "| labels | number | threshold | coded | right |",
            "|---|---|---|---|---|",
        ]
        for name, scores in figures["coding"].items():
            for score in (scores[0], scores[2]):
                lines.append(
                    f"| {name} | {score['labels']:,} | {score['threshold']} |"
                    f" {_percent(score['coded'])} | {_percent(score['right'])} |"
                )
        lines.append("")
    if NOTES.exists():
        lines += [NOTES.read_text(encoding="utf-8").rstrip(), ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=Path)
    parser.add_argument("--medicines", type=Path)
    parser.add_argument("--fuzz", type=int, default=10_000)
    parser.add_argument("--gigabytes", default="1,4")
    options = parser.parse_args()
    figures = measure(
        PROJECT_ROOT / "build" / "bench",
        world=options.world,
        medicines=options.medicines,
        fuzz=options.fuzz,
        gigabytes=options.gigabytes,
    )
    PAGE.write_text(page(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
