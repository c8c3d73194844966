"""Commands of those who write measures: new, generate, check, pages."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from p4dp.cli.console import JsonOption, err, out, print_json


class Direction(enum.StrEnum):
    """Which way is better."""

    higher_is_better = "higher_is_better"
    lower_is_better = "lower_is_better"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Write and check measures.", no_args_is_help=True)
    group.command("new")(new)
    group.command("generate")(generate)
    group.command("check")(check)
    group.command("pages")(pages)
    app.add_typer(group, name="indicator")


def new(
    indicator_id: Annotated[str, typer.Argument(help="Public name.", metavar="ID")],
    title_en: Annotated[str, typer.Option("--title-en", help="English title.")],
    title_fr: Annotated[str, typer.Option("--title-fr", help="French title.")],
    direction: Annotated[Direction, typer.Option("--direction", help="Which way is better.")],
    family: Annotated[str, typer.Option(help="Family it is listed under.")] = "chronic",
    months: Annotated[
        int, typer.Option(min=1, help='Months over which a "no" must have been observable.')
    ] = 12,
    json: JsonOption = False,
) -> None:
    """Scaffold a measure: its folder, its catalogue row, its worked patients, the union.

    Example: p4dp indicator new AST-PLAN --title-en "Asthma: written action plan"
    --title-fr "Asthme : plan d'action écrit" --direction higher_is_better
    """
    from p4dp.indicators import new_measure
    from p4dp.settings import PROJECT_ROOT

    files = [
        str(path.relative_to(PROJECT_ROOT))
        for path in new_measure(
            indicator_id,
            title_fr=title_fr,
            title_en=title_en,
            direction=direction.value,
            family=family,
            look_back_months=months,
        )
    ]
    if json:
        print_json({"indicator_id": indicator_id, "files": files})
        return
    for file in files:
        out.print(file, highlight=False)
    err.print("Now write the SQL and a dozen worked patients, then `p4dp indicator check`.")


def generate() -> None:
    """Write the union of all measures anew after a part was added or removed.

    Example: p4dp indicator generate
    """
    from p4dp.indicators import generate_union

    out.print("union written" if generate_union() else "union is up to date")


def check(json: JsonOption = False) -> None:
    """Say where catalogue, folders, union and worked patients disagree; exit code 1 if they do.

    Example: p4dp indicator check
    """
    from p4dp.indicators import check_case_definitions, check_measures

    problems = check_measures() + check_case_definitions()
    if json:
        print_json({"problems": problems})
    else:
        for problem in problems:
            err.print(f"[red]·[/] {problem}", highlight=False)
        if not problems:
            out.print("measures, catalogue and worked patients agree")
    if problems:
        raise typer.Exit(1)


def pages(
    to: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder of the pages.")],
) -> None:
    """Write the public page of every measure, with the figures of the current release.

    Example: p4dp indicator pages --out docs/indicators
    """
    from p4dp.indicators import write_pages
    from p4dp.settings import Home

    written = write_pages(to, Home.from_environment())
    out.print(f"{len(written)} pages in {to}", highlight=False)
