"""What every command shares: printing, `--json`, progress, errors and exit codes.

Exit codes: 0 done, 1 refused or failed (the message says why), 2 wrong usage,
130 interrupted. Colour follows the terminal and `NO_COLOR` (rich honours both).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from p4dp.errors import P4dpError

out = Console()
err = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def print_json(payload: Any) -> None:
    """One JSON document on standard output, never coloured or wrapped."""
    sys.stdout.write(json.dumps(payload, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table for people."""
    table = Table(title=title, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(table)


def fail(error: P4dpError, as_json: bool = False) -> typer.Exit:
    """Print a refusal and return the exit to raise: `raise fail(error)`."""
    if as_json:
        print_json({"error": error.as_dict()})
    else:
        err.print(f"[bold red]p4dp:[/] {_escape(str(error))}", highlight=False)
    return typer.Exit(1)


def _escape(text: str) -> str:
    return text.replace("[", r"\[")


@contextmanager
def progress(quiet: bool = False) -> Iterator[Progress]:
    """A progress display on standard error; silent when asked or when not a terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    ) as display:
        yield display
