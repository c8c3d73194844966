"""Command of the dashboard: the released aggregates as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from p4dp.cli.console import JsonOption, out, print_json


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(dashboard)


def dashboard(
    path: Annotated[Path, typer.Option("--out", help="Where to write the page.")] = Path(
        "build/dashboard.html"
    ),
    release: Annotated[
        str | None, typer.Option(help="A release; default: the current one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the released aggregates as one self-contained page (French and English).

    Example: p4dp dashboard --out build/dashboard.html
    """
    from p4dp.dashboard import write_overview
    from p4dp.settings import Home

    page = write_overview(Home.from_environment(), path, release).resolve()
    if as_json:
        print_json({"page": str(page)})
    else:
        out.print(f"Open {page}", soft_wrap=True)
