"""The benchmark page: tables and plots from the stored figures, targets beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference else float("nan")


def _verdict(value: float, target: float) -> str:
    return "met" if value <= target else "**missed**"


def _size_section(size: str, figures: dict[str, Any]) -> list[str]:
    floor, full = figures["copy_floor"], figures["full"]
    few, month, idle = figures["one_percent"], figures["one_month"], figures["nothing_due"]
    compared = []
    if script := figures.get("script"):
        overhead = full["wall_seconds"] - script["wall_seconds"]
        compared = [
            f"| the same steps as a script | {script['wall_seconds']:.1f} s | | |",
            f"| Dagster's overhead | {overhead:.1f} s | ≤ 30 s | {_verdict(overhead, 30)} |",
        ]
    sql_ratio = _ratio(full["sql_seconds"], floor["seconds"])
    wall_ratio = _ratio(full["wall_seconds"], floor["seconds"])
    few_share = _ratio(few["sql_seconds"], full["sql_seconds"])
    lines = [
        f"## {size} patients",
        "",
        f"{floor['rows']:,} landing rows, {figures['receive']['delivered_mb']:.0f} MB delivered in "
        f"{figures['receive']['deliveries']} deliveries.",
        "",
        "| measurement | figure | target | verdict |",
        "|---|---|---|---|",
        f"| copy floor (median of 3) | {floor['seconds']:.1f} s | | |",
        f"| full build, SQL time | {full['sql_seconds']:.1f} s = {sql_ratio:.1f} × floor | ≤ 3 × | {_verdict(sql_ratio, 3)} |",
        f"| full build, wall time through Dagster | {full['wall_seconds']:.1f} s = {wall_ratio:.1f} × floor | ≤ 4 × | {_verdict(wall_ratio, 4)} |",
        *compared,
        f"| after a delivery of 1 % of the practices, SQL time | {few['sql_seconds']:.1f} s = {100 * few_share:.0f} % of full | ≤ 10 % | {_verdict(few_share, 0.1)} |",
        f"| … wall time | {few['wall_seconds']:.1f} s | | |",
        f"| after one month from all practices, SQL time | {month['sql_seconds']:.1f} s | | |",
        f"| … wall time | {month['wall_seconds']:.1f} s | | |",
        f"| nothing due, SQL time / wall time | {idle['sql_seconds']:.1f} s / {idle['wall_seconds']:.1f} s | | |",
        f"| release: copy / identity scan | {full['release_seconds']:.1f} s / {full['scan_seconds']:.1f} s | | |",
        f"| generate the world | {figures['world']['seconds']:.1f} s | | |",
        f"| receive (contract, pseudonyms, landing) | {figures['receive']['seconds']:.1f} s | | |",
        f"| peak memory: receive / full build | {figures['receive']['peak_memory_mb']:.0f} MB / {full['peak_memory_mb']:.0f} MB | | |",
        "| disk | "
        + ", ".join(f"{part} {value:.0f} MB" for part, value in full["disk_mb"].items())
        + " | | |",
        "",
    ]
    return lines


def person_page_section(figures: dict[str, Any]) -> list[str]:
    """The page of a person: `results/person-page.json` as a section."""

    def row(name: str, part: str, target: str = "", verdict: str = "") -> str:
        spread = figures[part]
        return (
            f"| {name} | {spread['median_ms']:,.0f} ms | {spread['p95_ms']:,.0f} ms "
            f"| {spread['max_ms']:,.0f} ms | {target} | {verdict} |"
        )

    return [
        "## A person's page",
        "",
        f"All statuses and evidence of one person from a release of {figures['persons']:,} people "
        f"({figures['statuses']:,} statuses,",
        f"{figures['mean_statuses']:.0f} a person, encrypted file of {figures['linked_mb']:.0f} MB), "
        f"account checked and access recorded; {figures['pages']} persons drawn by hash,",
        f"load {figures['load']:.0f}. `python -m benchmarks.person_page`; the disk's first read is not in it.",
        "",
        "| | median | 95 % | longest | target | verdict |",
        "|---|---|---|---|---|---|",
        row(
            "release open (`PersonReader`)",
            "open",
            "< 100 ms",
            _verdict(figures["open"]["p95_ms"], 100),
        ),
        row("release opened for the page", "opened_for_it"),
        row("`p4dp person KEY`, Python's start included", "command"),
        "",
        f"The first page of an open reader took {figures['first_ms']:.0f} ms. Opening is mostly the loading of the "
        "encryption library, once a connection.",
        "",
    ]


def _plot(sizes: dict[str, dict[str, Any]], picture: Path) -> None:
    parts = ["copy_floor", "full", "one_percent", "one_month", "nothing_due"]
    labels = ["copy floor", "full build", "1 % of practices", "one month, all", "nothing due"]
    figure, axes = plt.subplots(1, len(sizes), figsize=(5.5 * len(sizes), 3.2), squeeze=False)
    for axis, (size, figures) in zip(axes[0], sizes.items(), strict=True):
        sql = [figures[part].get("sql_seconds", figures[part].get("seconds")) for part in parts]
        wall = [figures[part].get("wall_seconds", figures[part].get("seconds")) for part in parts]
        axis.barh(labels, wall, color="#c8d6e5", label="wall")
        axis.barh(labels, sql, color="#2e6f95", height=0.45, label="SQL")
        axis.invert_yaxis()
        axis.set_xlabel("seconds")
        axis.set_title(f"{size} patients")
        axis.legend(frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(picture, dpi=110)
    plt.close(figure)


def write_report(results: Path, docs: Path) -> None:
    """Write `docs/benchmarks.md` and its picture from `results/*.json`."""
    sizes = {
        path.stem.removeprefix("line-"): json.loads(path.read_text())
        for path in sorted(
            results.glob("line-*.json"), key=lambda path: (len(path.stem), path.stem)
        )
    }
    complete = {size: figures for size, figures in sizes.items() if "nothing_due" in figures}
    lines = [
        "# Benchmarks",
        "",
        "Measured by `make bench` on 2 shared cores and 24 GB: read the ratios, taken within one run, rather than the",
        "seconds. SQL time is the sum of dbt's node times; wall time is what a user waits for `p4dp run`. The copy floor is",
        "a script that never changes: DuckDB reads all landing Parquet and writes the same rows sorted.",
        "",
        "![Seconds by step](images/benchmarks.png)",
        "",
    ]
    for size, figures in complete.items():
        lines += _size_section(size, figures)
    person_page = results / "person-page.json"
    if person_page.exists():
        lines += person_page_section(json.loads(person_page.read_text()))
    notes = results / "notes.md"
    if notes.exists():
        lines += [notes.read_text().rstrip(), ""]
    (docs / "images").mkdir(parents=True, exist_ok=True)
    if complete:
        _plot(complete, docs / "images" / "benchmarks.png")
    (docs / "benchmarks.md").write_text("\n".join(lines))
