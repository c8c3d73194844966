"""Commands of the gate: receive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from p4dp.cli.console import JsonOption, out, print_json, print_table, progress

if TYPE_CHECKING:
    from p4dp.intake import ReceiptReport


def receive(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Delivery folders, folders of deliveries, .zip or .tar.gz of one."),
    ],
    copy: Annotated[
        bool, typer.Option("--copy", help="Leave the sender's files where they are.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take deliveries in: check, second-level pseudonyms, landing, vault.

    Each delivery is accepted, partly accepted, refused or recognised as already
    received; bad rows go to quarantine with line and reason. Exit code 1 when a
    delivery was refused.

    Example: p4dp receive inbox/ --copy
    """
    from p4dp import run_lock
    from p4dp.intake import receive as take_in
    from p4dp.settings import Home, keys_dir
    from p4dp.vault import warehouse_keys

    home = Home.from_environment()
    with run_lock.hold(home, "receive"):
        keys = warehouse_keys(keys_dir(), home)
        with progress(quiet=as_json) as display:
            task = display.add_task("receive", total=None)
            report = take_in(
                paths,
                home,
                keys,
                copy=copy,
                progress=lambda name: display.update(task, description=f"receive {name}"),
            )
    if as_json:
        print_json(report.as_dict())
    else:
        _print_report(report)
    if any(d.status == "refused" for d in report.deliveries):
        raise typer.Exit(1)


def _print_report(report: ReceiptReport) -> None:
    print_table(
        f"{len(report.deliveries)} deliveries",
        ["delivery", "status", "received", "accepted", "quarantined", "duplicate"],
        [
            (
                d.delivery_id,
                d.status.replace("_", " "),
                d.received_row_count,
                d.accepted_row_count,
                d.quarantined_row_count,
                d.duplicate_row_count,
            )
            for d in report.deliveries
        ],
    )
    for delivery in report.deliveries:
        for message in delivery.messages:
            out.print(
                f"{delivery.delivery_id}: {message}",
                highlight=False,
                soft_wrap=True,
                markup=False,
            )


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(receive)
