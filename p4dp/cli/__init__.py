"""The `p4dp` command line. One module per group of commands; each adds its own."""

from __future__ import annotations

import importlib
import os
import sys

import typer

from p4dp import __version__
from p4dp.cli.console import err, fail
from p4dp.errors import P4dpError

# Telemetry is off for everything a command may start (governance: no network at run time).
_QUIET = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
}

COMMAND_MODULES = (
    "synthetic",
    "boundary",
    "intake",
    "run",
    "query",
    "dashboard",
    "link",
    "indicator",
)

app = typer.Typer(
    name="p4dp",
    help="An open lakehouse for French primary-care records.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"p4dp {__version__}")
        raise typer.Exit()


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
) -> None:
    """An open lakehouse for French primary-care records."""


for _name in COMMAND_MODULES:
    importlib.import_module(f"p4dp.cli.{_name}").register(app)


def main() -> None:
    """Entry point: refusals become one message and exit code 1, Ctrl-C becomes 130."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        app(standalone_mode=True)
    except P4dpError as error:
        sys.exit(fail(error, as_json="--json" in sys.argv).exit_code)
    except KeyboardInterrupt:
        err.print("p4dp: interrupted", highlight=False)
        sys.exit(130)
