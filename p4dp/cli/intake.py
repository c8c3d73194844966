"""Commands of the gate: check-delivery, receive, quarantine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from p4dp.cli.console import JsonOption, out, print_json, print_table, progress

if TYPE_CHECKING:
    from p4dp.contracts import Contract
    from p4dp.intake import ReceiptReport
    from p4dp.intake.scorecard import Scorecard
    from p4dp.settings import Home
    from p4dp.vault import WarehouseKeys


quarantine_app = typer.Typer(help="See and replay what was set aside.", no_args_is_help=True)
contract_app = typer.Typer(help="What a vendor delivers.", no_args_is_help=True)
SourceArgument = Annotated[str, typer.Argument(help="Source, as in its contract: medirel.")]
VersionArgument = Annotated[
    str | None, typer.Argument(help="Contract version; without it, the current one.")
]


def check_delivery(
    path: Annotated[Path, typer.Argument(help="Delivery folder, .zip or .tar.gz of one.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the page there too.")
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="fr|en", help="Language of the page: French or English.")
    ] = "fr",
    as_json: JsonOption = False,
) -> None:
    """Does a delivery conform? The gate's own verdict, and how useful its content is.

    Runs anywhere: no warehouse, no secret. Exit code 1 unless everything would be
    accepted.

    Example: p4dp check-delivery deliveries/medirel-8163b02f-000001 --html scorecard.html
    """
    from p4dp.intake.scorecard import score_delivery
    from p4dp.intake.scorecard_page import render_page

    if language not in ("fr", "en"):
        raise typer.BadParameter("fr or en", param_hint="--language")
    card = score_delivery(path)
    if html is not None:
        html.write_text(render_page(card, "en" if language == "en" else "fr"), encoding="utf-8")
    if as_json:
        print_json(card.as_dict())
    else:
        _print_scorecard(card)
    if card.verdict != "accepted":
        raise typer.Exit(1)


def _print_scorecard(card: Scorecard) -> None:
    from p4dp.intake.scorecard_page import TITLES, VERDICTS, WARNING_SHARE

    out.print(VERDICTS[card.verdict], style="bold", highlight=False)
    if card.refusal:
        out.print(card.refusal, highlight=False, markup=False)
    print_table(
        f"{card.delivery_id}, contract {card.source} {card.contract_version}",
        ["table", "received", "accepted", "set aside", "repeated", "why"],
        [
            (
                t.table,
                t.received,
                t.accepted,
                t.quarantined,
                t.duplicate,
                t.fault
                or "; ".join(
                    f"{column or 'line'}: {reason} ({count} rows, first: row {row})"
                    for reason, column, count, row in t.reasons
                ),
            )
            for t in card.tables
        ],
    )
    rows = []
    for aspect, (title, _) in TITLES.items():
        share = card.mean_share(aspect)
        if share is not None:
            low = sorted(
                (m for m in card.measures if m.aspect == aspect and m.attained < WARNING_SHARE),
                key=lambda m: m.attained,
            )
            worst = ", ".join(f"{m.table}.{m.column} {100 * m.share:.0f} %" for m in low[:4])
            rows.append((title, f"{100 * share:.1f} %", worst))
    if rows:
        print_table("Content", ["aspect", "share", "lowest"], rows)
    if card.suggestions:
        print_table(
            "Local laboratory codes: what they seem to mean (for review)",
            ["label", "rows", "LOINC", "confidence", "rule"],
            [(s.label, s.count, s.code, s.confidence, s.rule) for s in card.suggestions],
        )


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

    home, keys = _home_and_keys()
    with run_lock.hold(home, "receive"):
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


@contract_app.command("list")
def contract_list(as_json: JsonOption = False) -> None:
    """List the contracts in force.

    Example: p4dp contract list
    """
    from p4dp.contracts import load_contracts

    rows = [(c.source, c.version, c.status, len(c.tables), c.title) for c in load_contracts()]
    if as_json:
        names = ("source", "version", "status", "tables", "title")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    print_table(f"{len(rows)} contracts", ["source", "version", "status", "tables", "title"], rows)


@contract_app.command("page")
def contract_page(source: SourceArgument, version: VersionArgument = None) -> None:
    """Print the vendor's page of a contract (Markdown): tables, columns, keys, codes, units.

    Example: p4dp contract page medirel 2.0 > medirel.md
    """
    from p4dp import contracts

    print(contracts.contract_page(_contract(source, version)))


@contract_app.command("sample")
def contract_sample(
    source: SourceArgument,
    out_dir: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the delivery folder is made.")
    ],
    version: VersionArgument = None,
    rows: Annotated[int, typer.Option(help="Rows of each table.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Write a sample delivery of a contract: what an own delivery is compared with.

    Its pseudonyms stand for nobody.

    Example: p4dp contract sample medirel 2.0 --out sample/
    """
    from p4dp.contracts.sample import write_sample_delivery

    contract = _contract(source, version)
    out_dir.mkdir(parents=True, exist_ok=True)
    folder = write_sample_delivery(out_dir, contract.source, contract.version, rows=rows)
    if as_json:
        print_json({"path": str(folder)})
    else:
        out.print(f"Sample delivery: {folder}", highlight=False, soft_wrap=True)


def _contract(source: str, version: str | None) -> Contract:
    from p4dp.contracts import contract_for, current_contract

    return current_contract(source) if version is None else contract_for(source, version)


@quarantine_app.command("list")
def quarantine_list(as_json: JsonOption = False) -> None:
    """List what is set aside, by delivery, table, column and reason.

    Example: p4dp quarantine list
    """
    from p4dp.intake import list_quarantine

    home, keys = _home_and_keys()
    groups = list_quarantine(home, keys)
    if as_json:
        print_json([asdict(group) for group in groups])
        return
    print_table(
        f"{sum(g.rows for g in groups)} rows in quarantine",
        ["delivery", "table", "column", "rows", "first row", "reason"],
        [
            (g.delivery_id, g.table, g.column, g.rows, g.first_row, g.reason.split("\n")[0])
            for g in groups
        ],
    )


@quarantine_app.command("show")
def quarantine_show(
    delivery: Annotated[str, typer.Argument(help="Delivery identifier.")],
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many rows.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show the rows set aside of one delivery: line, column, reason, content.

    Example: p4dp quarantine show medirel-8163b02f-000001 --table resultat
    """
    from p4dp.intake import show_quarantine

    home, keys = _home_and_keys()
    rows = show_quarantine(home, keys, delivery, table=table, limit=limit)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    print_table(
        f"{len(rows)} entries of {delivery}",
        ["table", "row", "column", "reason", "content", "state"],
        [(r.table, r.row, r.column, r.reason, r.content, r.state) for r in rows],
    )


@quarantine_app.command("replay")
def quarantine_replay(
    delivery: Annotated[str, typer.Argument(help="Delivery identifier.")],
    as_json: JsonOption = False,
) -> None:
    """Check what was set aside again, after a contract or rule was corrected.

    Rows that now pass land under the delivery's own sequence; the others stay.

    Example: p4dp quarantine replay medirel-8163b02f-000001
    """
    from p4dp import run_lock
    from p4dp.intake import replay_quarantine

    home, keys = _home_and_keys()
    with run_lock.hold(home, "quarantine replay"):
        report = replay_quarantine(home, keys, delivery)
    if as_json:
        print_json(asdict(report))
        return
    out.print(
        f"{report.accepted_row_count} rows taken in, {report.remaining_row_count} stay set aside.",
        highlight=False,
    )


def _home_and_keys() -> tuple[Home, WarehouseKeys]:
    from p4dp.settings import Home, keys_dir
    from p4dp.vault import warehouse_keys

    home = Home.from_environment()
    return home, warehouse_keys(keys_dir(), home)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("check-delivery")(check_delivery)
    app.command()(receive)
    app.add_typer(quarantine_app, name="quarantine")
    app.add_typer(contract_app, name="contract")
