"""Commands of linkage: review desk, quality, and the method on files of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from p4dp.cli.console import JsonOption, err, out, print_json, print_table
from p4dp.errors import P4dpError

_VERDICTS = {"s": "same", "d": "different", "u": "unsure"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    link = typer.Typer(
        help="One person, one key: review doubtful links, see their quality, link files.",
        no_args_is_help=True,
    )
    link.command("review")(review)
    link.command("result")(result)
    link.command("quality")(quality)
    link.command("files")(files)
    app.add_typer(link, name="link")


def review(
    reader: Annotated[str, typer.Option(metavar="NAME", help="Who reads; two are needed.")],
    sheet: Annotated[str, typer.Option(metavar="NAME", help="The draw to read.")] = "first",
    per_band: Annotated[int, typer.Option(min=1, help="Pairs drawn per band.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Read doubtful pairs, blind to the score.

    The first reader's call draws the pairs; the second reads the same ones. With --json the pairs
    still to read are printed, and nothing is asked.

    Example: p4dp link review --reader anna --sheet march
    """
    from p4dp.linkage import review as desk
    from p4dp.settings import Home

    home = Home.from_environment()
    if not desk.sheet_file(home.register, sheet).exists():
        desk.draw_sheet(home.register, sheet, per_band=per_band, seed=seed)
    drawn = desk.load_sheet(home.register, sheet)
    done = drawn["answers"].get(reader, {})
    pending = [pair for pair in drawn["pairs"] if pair["pair_id"] not in done]
    if as_json:
        print_json([{"pair_id": p["pair_id"], "evidence": desk.shown_evidence(p)} for p in pending])
        return
    if not pending:
        out.print(f"{reader} has read all {len(drawn['pairs'])} pairs of {sheet!r}.")
        return
    if not sys.stdin.isatty():
        raise P4dpError(
            "The review desk asks its questions in a terminal",
            remedy="use --json to print the pairs instead",
        )
    for number, pair in enumerate(pending, start=1):
        out.print(f"\n[bold]Pair {number} of {len(pending)}[/] ({desk.pair_code(pair['pair_id'])})")
        for name, value in desk.shown_evidence(pair).items():
            out.print(f"  {name}: {value}", highlight=False)
        said = ""
        while said not in (*_VERDICTS, "q"):
            said = typer.prompt("One person? [s]ame, [d]ifferent, [u]nsure, [q]uit").strip().lower()
        if said == "q":
            break
        desk.answer(home.register, sheet, reader, pair["pair_id"], _VERDICTS[said])


def result(
    sheet: Annotated[str, typer.Option(metavar="NAME", help="The draw that was read.")] = "first",
    apply: Annotated[
        bool, typer.Option("--apply", help="Make what both readers agree on binding.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Agreement of the readers and share of true links per band; --apply makes it binding.

    Example: p4dp link result --sheet march --apply
    """
    from p4dp.linkage import review as desk
    from p4dp.settings import Home

    home = Home.from_environment()
    found = desk.agreement(desk.load_sheet(home.register, sheet))
    applied = desk.apply_sheet(home.register, sheet) if apply else None
    if as_json:
        print_json({**found, "applied_count": applied})
        return
    kappa = "not known yet" if found["kappa"] is None else f"{found['kappa']:.2f}"
    print_table(
        f"Sheet {sheet}: readers {', '.join(found['readers']) or 'none'}, "
        f"{found['read_by_both']} pairs read by both, kappa {kappa}",
        ["probability", "pairs", "read", "true links", "95 % interval"],
        [
            (
                f"{band['from_probability']:.2f} to {band['to_probability']:.2f}",
                band["pair_count"],
                band["read_count"],
                "" if band["true_share"] is None else f"{band['true_share']:.0%}",
                f"{band['low']:.0%} to {band['high']:.0%}" if band["read_count"] else "",
            )
            for band in found["bands"]
        ],
    )
    if applied is not None:
        out.print(f"{applied} decisions are binding from the next run on.")


def quality(as_json: JsonOption = False) -> None:
    """How good the links are: by method and subgroup, expected errors, scenarios.

    Example: p4dp link quality
    """
    from p4dp.settings import Home

    folder = Home.from_environment().register / "quality"
    file = folder / "quality.json"
    if not file.exists():
        raise P4dpError(
            "No linkage has run here", file=file, remedy="p4dp run links what was received"
        )
    content = json.loads(file.read_text())
    if as_json:
        print_json(content)
        return
    print_table(
        f"Register version {content['register_version']}: identities",
        ["source", "method", "identities"],
        [
            (source, method, count)
            for source, methods in content["identities"].items()
            for method, count in methods.items()
        ],
    )
    print_table(
        "Practice identities with a claims link",
        ["dimension", "value", "identities", "linked", "95 % interval"],
        [
            (
                row["dimension"],
                row["value"],
                row["identity_count"],
                f"{row['linked_share']:.1%}",
                f"{row['linked_share_low']:.1%} to {row['linked_share_high']:.1%}",
            )
            for row in content["subgroups"]
        ],
    )
    print_table(
        "Implausible scenarios",
        ["scenario", "persons", "of"],
        [
            (r["scenario"], r["person_count"], r["of_joined_persons"])
            for r in content["implausible"]
        ],
    )
    out.print(f"Charts: {folder / 'quality.html'}", highlight=False)


def files(
    left: Annotated[Path, typer.Argument(help="A CSV or Parquet file.")],
    right: Annotated[
        Path | None, typer.Argument(help="Another one; left out, LEFT is deduplicated.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Links as .csv or .parquet.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="ROLE=HEADER", help="Name a column (repeatable)."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Link two files, or find the duplicates of one, by the same method as the register.

    Example: p4dp link files a.csv b.csv --column key= --out links.csv
    """
    from p4dp.linkage import dedupe, link

    mapping: dict[str, str] = {}
    for item in columns or []:
        role, equals, header = item.partition("=")
        if not equals:
            raise P4dpError(f"{item!r} names no column", expected="ROLE=HEADER, or ROLE= for none")
        mapping[role] = header
    with err.status("Linking…"):
        found = (
            dedupe(left, columns=mapping) if right is None else link(left, right, columns=mapping)
        )
    table = found.links if found.clusters is None else found.clusters
    if to is not None:
        if to.suffix == ".parquet":
            table.to_parquet(to, index=False)
        else:
            table.to_csv(to, index=False)
    if as_json:
        print_json({"summary": found.summary, "columns": found.columns})
        return
    print_table(
        "Linkage", ["what", "value"], [(key, value) for key, value in found.summary.items()]
    )
    for side, roles in found.columns.items():
        used = ", ".join(f"{role} = {header}" for role, header in roles.items())
        out.print(f"{side} columns: {used}", highlight=False)
