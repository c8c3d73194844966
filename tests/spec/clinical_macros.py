"""The clinical dbt macros, rendered with Jinja alone: a formula runs without a warehouse."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "clinical"


def expression(macro: str, **arguments: str) -> str:
    """The SQL expression a clinical macro renders to, given its arguments as SQL expressions."""
    source = "\n".join(path.read_text("utf-8") for path in sorted(MACROS.glob("*.sql")))
    module = Environment().from_string(source).module
    return str(getattr(module, macro)(**arguments))
