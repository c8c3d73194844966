"""Commands of the synthetic group: `p4dp synth`, `calibrate` and `reference`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from p4dp.cli.console import JsonOption, out, print_json, print_table, progress

if TYPE_CHECKING:
    from p4dp.intake.straight import StraightLanding
    from p4dp.reference import LoadedTable


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("synth")(synth)
    app.command("calibrate")(calibrate)
    reference = typer.Typer(help="Official reference files (INSEE, BDPM).", no_args_is_help=True)
    reference.command("load")(reference_load)
    reference.command("list")(reference_list)
    app.add_typer(reference, name="reference")


def synth(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the world into.")],
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")],
    profile: Annotated[
        str, typer.Option("--profile", help="Size: small, pilot or national.")
    ] = "small",
    practices: Annotated[
        int | None, typer.Option("--practices", help="Number of practices.")
    ] = None,
    patients: Annotated[int | None, typer.Option("--patients", help="Number of people.")] = None,
    months: Annotated[int | None, typer.Option("--months", help="Months of care.")] = None,
    world: Annotated[
        str | None,
        typer.Option("--world", help="Other rates: hard, other, or a YAML file of one's own."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes (default: one per core).")
    ] = None,
    deliver: Annotated[
        bool,
        typer.Option(help="Also pseudonymise each raw export into a delivery in DIR/inbox."),
    ] = True,
    straight: Annotated[
        bool,
        typer.Option(
            "--straight-to-landing",
            help="For benchmarks: land each delivery in P4DP_HOME, keep neither it nor its export.",
        ),
    ] = False,
    facts: Annotated[
        bool | None,
        typer.Option(help="Truth of every recorded fact (default: worlds of up to 20,000)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Generate a synthetic French world: raw exports, deliveries, truth.

    Nobody in it is real. Writes practices/ (raw exports, with identities), inbox/
    (deliveries of every source), keys/ (demo keys) and truth/ into the folder.

    Example: p4dp synth --out data/world --seed 7
    """
    from p4dp.synthetic.generate import generate, request_for
    from p4dp.synthetic.world import world_file

    request = request_for(
        profile, seed=seed, practices=practices, patients=patients, months=months,
        world=world_file(world),
        facts=facts,
    )  # fmt: skip
    landing = _straight_landing() if straight else None
    with progress(quiet=as_json) as display:
        bar = display.add_task("Generating the world", total=request.patients)

        def advance(ready: int, total: int) -> None:
            display.update(bar, completed=ready, total=total)

        report = generate(
            out_dir, request, workers=workers, deliver=deliver, land=landing, progress=advance
        )
        if landing is not None:
            landing.finish()
    if as_json:
        print_json(report.as_dict())
        return
    rows = report.practice_rows + report.claim_rows
    out.print(
        f"{report.people:,} people, {report.practices} practices, {report.period_start} to "
        f"{report.period_end}: {rows:,} rows in {report.seconds} s, "
        f"{report.deliveries} deliveries in "
        f"{'landing' if straight else Path(report.out) / 'inbox'} (processor time: "
        f"{report.generation_cpu_seconds} s to generate, {report.boundary_cpu_seconds} s at the"
        " boundary)",
        highlight=False,
        soft_wrap=True,
    )


def _straight_landing() -> StraightLanding:
    from p4dp.intake.straight import StraightLanding
    from p4dp.settings import Home, keys_dir
    from p4dp.vault import warehouse_keys

    home = Home.from_environment()
    return StraightLanding(home, warehouse_keys(keys_dir(), home).level2)


def calibrate(
    world: Annotated[Path, typer.Argument(help="Folder written by `p4dp synth`.")],
    page: Annotated[
        Path | None, typer.Option("--page", help="Also write a self-contained HTML page.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a synthetic world with published French figures, one by one.

    Example: p4dp calibrate data/world --page calibration.html
    """
    from p4dp.synthetic.calibration import as_rows, write_page
    from p4dp.synthetic.calibration import calibrate as compare

    figures = compare(world)
    if page is not None:
        write_page(figures, world, page)
    if as_json:
        print_json(as_rows(figures))
        return
    print_table(
        f"{sum(figure.is_inside for figure in figures)} of {len(figures)} figures inside the"
        " published range",
        ("figure", "population", "published", "world", "unit", ""),
        [
            (
                figure.label,
                figure.population,
                f"{figure.low:.4g}-{figure.high:.4g}",
                f"{figure.world:.4g}",
                figure.unit,
                "" if figure.is_inside else "sampling" if figure.is_compatible else "outside",
            )
            for figure in figures
        ],
    )


def reference_load(
    folder: Annotated[Path, typer.Argument(help="Folder with the files as published.")],
    as_json: JsonOption = False,
) -> None:
    """Load the official INSEE and BDPM files into the home's reference tables.

    Takes v_commune_<year>.csv, v_mvt_commune_<year>.csv, donnees_communes.csv (INSEE) and
    CIS_bdpm.txt, CIS_CIP_bdpm.txt, CIS_GENER_bdpm.txt, CIS_MITM.txt (BDPM).

    Example: p4dp reference load ~/downloads/official
    """
    from p4dp.reference import load
    from p4dp.settings import Home

    tables = load(folder, Home.from_environment().reference)
    _print_reference(tables, as_json)


def reference_list(as_json: JsonOption = False) -> None:
    """List the reference tables loaded so far.

    Example: p4dp reference list
    """
    from p4dp.reference import loaded
    from p4dp.settings import Home

    _print_reference(loaded(Home.from_environment().reference), as_json)


def _print_reference(tables: list[LoadedTable], as_json: bool) -> None:
    if as_json:
        print_json([asdict(table) for table in tables])
        return
    print_table(
        "Reference tables",
        ("table", "rows", "from", "sha-256"),
        [(table.table, f"{table.rows:,}", table.file, table.sha256[:12]) for table in tables],
    )
