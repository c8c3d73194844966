"""Commands of the run group: `run`, `status`, `ui`."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from p4dp.cli.console import JsonOption, err, out, print_json, print_table
from p4dp.errors import P4dpError
from p4dp.settings import Home

if TYPE_CHECKING:
    from orchestration.launch import RunResult


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(status)
    app.command()(lineage)
    app.command()(ui)


def run(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Reference date; the end of the latest delivered period by default.",
        ),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild every table from landing.")
    ] = False,
    without_snds: Annotated[
        bool, typer.Option("--without-snds", help="Leave the claims data (SNDS) out.")
    ] = False,
    accept_link_shares: Annotated[
        bool,
        typer.Option(
            "--accept-link-shares", help="Go on although a practice's share of links fell."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run all that is due: from the inbox, through every layer, to a new release.

    Example: p4dp run --as-of 2026-06-30
    """
    from orchestration import launch, progress
    from p4dp.cli.steps import StepTree

    home = Home.from_environment()
    reference: date | None = as_of.date() if as_of else None
    with StepTree(quiet=as_json, counts=lambda: progress.read(home)) as tree:
        result = launch.run(
            home,
            as_of=reference.isoformat() if reference else None,
            full_refresh=full_refresh,
            with_snds=not without_snds,
            accept_link_shares=accept_link_shares,
            listener=tree.show,
        )
    if as_json:
        print_json(result.as_dict())
    else:
        _print_result(home, result)
    if not result.success:
        raise typer.Exit(1)


def _print_result(home: Home, result: RunResult) -> None:
    for warning in result.warnings:
        err.print("[yellow]warning[/]", end=" ")
        err.print(warning, highlight=False, markup=False, soft_wrap=True)
    for error in result.errors:
        err.print("[bold red]failed[/]", end=" ")
        err.print(error, highlight=False, markup=False, soft_wrap=True)
    if not result.success:
        err.print(
            f"Run {result.run_id} failed after {result.wall_seconds:.0f} s. The last release stays "
            "current; correct the cause and start `p4dp run` again. Details: `p4dp ui`.",
            highlight=False,
            soft_wrap=True,
        )
        return
    out.print(
        f"Release [bold]{result.release_id}[/] as of {result.as_of}, "
        f"{result.wall_seconds:.0f} s.\n"
        f"Read it: [bold]p4dp query[/], or any DuckDB client on "
        f"{home.current_release / 'aggregates.duckdb'}",
        highlight=False,
        soft_wrap=True,
    )


def status(as_json: JsonOption = False) -> None:
    """Show deliveries, quarantine, freshness, the last run and the current release.

    Example: p4dp status --json
    """
    from orchestration.status import home_status

    home = Home.from_environment()
    content = home_status(home)
    if as_json:
        print_json(content)
        return
    out.print(f"[bold]Home[/] {home.root}", highlight=False)
    if content["working"]:
        out.print(f"[bold]At work[/] {content['working']}", highlight=False)
    print_table(
        "Deliveries",
        [
            "source",
            "deliveries",
            "practices",
            "accepted rows",
            "quarantined rows",
            "period end",
            "received",
        ],
        [
            [
                source["source"],
                source["delivery_count"],
                source["practice_count"],
                source["accepted_row_count"],
                source["quarantined_row_count"],
                source["latest_period_end"],
                source["latest_received"],
            ]
            for source in content["sources"]
        ],
    )
    if content["inbox"]:
        out.print(f"[bold]Waiting in the inbox[/] {len(content['inbox'])}", highlight=False)
    if content["quarantine"]:
        print_table(
            "Quarantine",
            ["delivery", "rows"],
            [[item["delivery_id"], item["row_count"]] for item in content["quarantine"]],
        )
    last = content["last_run"]
    out.print(
        "[bold]Last run[/] "
        + (f"{last['status']}, {last['ended_at'] or last['started_at']}" if last else "none yet"),
        highlight=False,
    )
    current = content["release"]
    out.print(
        "[bold]Current release[/] "
        + (
            f"{current['release_id']} as of {current['as_of']}, content {current['content_hash']}"
            if current
            else "none yet"
        ),
        highlight=False,
    )


def lineage(
    column: Annotated[str, typer.Argument(help="A column as schema.table.column.")],
    as_json: JsonOption = False,
) -> None:
    """Show where a column comes from and which marts it reaches, as the last runs recorded it.

    Example: p4dp lineage staging.stg_measurement.raw_value
    """
    from orchestration.column_graph import marts, recorded_graph
    from orchestration.instance import recorded_instance

    table, _, name = column.rpartition(".")
    with recorded_instance(Home.from_environment()) as instance:
        graph = recorded_graph(instance)
    if name not in graph.columns_of(table):
        raise P4dpError(
            f"No run has recorded the column {column}",
            expected=f"one of {', '.join(graph.columns_of(table)) or 'the tables of a run'}",
            remedy="start `p4dp run` once, and write schema.table.column",
        )
    origins = sorted(graph.upstream((table, name)))
    reached = marts(graph.downstream((table, name)))
    if as_json:
        print_json(
            {"column": column, "comes_from": [".".join(c) for c in origins], "reaches": reached}
        )
        return
    print_table("Comes from", ["table", "column"], [list(origin) for origin in origins])
    print_table(
        "Reaches",
        ["mart", "columns"],
        [[mart, ", ".join(names)] for mart, names in reached.items()],
    )


def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 3000,
) -> None:
    """Start the Dagster UI and the daemon (inbox sensor, schedule); Ctrl-C ends both.

    Example: p4dp ui --port 3001
    """
    from orchestration.ui import serve

    code = serve(
        Home.from_environment(),
        host,
        port,
        ready=lambda address: out.print(
            f"Dagster UI on [bold]{address}[/]; Ctrl-C stops it.", highlight=False
        ),
    )
    if code != 0:
        raise P4dpError(
            f"The Dagster UI ended by itself with code {code}",
            file=Home.from_environment().dagster / "ui.log",
            remedy="read that log",
        )
