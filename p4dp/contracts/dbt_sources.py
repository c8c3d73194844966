"""dbt source declarations, generated from the contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from p4dp.contracts.landing import landing_columns, landing_contracts
from p4dp.contracts.model import Contract, Table

HEADER = "# Generated from p4dp/contracts/definitions by `python -m p4dp.contracts`: do not edit.\n"

#: dbt types of contract types; both engines accept them.
DBT_TYPES = {
    "string": "string",
    "int": "integer",
    "bigint": "bigint",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


def _table_node(contract: Contract, table: Table) -> dict[str, Any]:
    meta: dict[str, Any] = {"dagster": {"asset_key": [contract.source, table.name]}}
    pseudonyms = [c.name for c in table.landing_columns if c.is_pseudonym]
    if not contract.is_internal:
        pseudonyms.insert(0, "practice_pseudo")
    if pseudonyms:
        meta["pseudonym_columns"] = pseudonyms
    return {
        "name": table.name,
        "description": table.description,
        "config": {"meta": meta},
        "columns": [
            {"name": name, "data_type": DBT_TYPES[kind], "description": text}
            for name, kind, text in landing_columns(contract, table)
        ],
    }


def source_document(contract: Contract) -> dict[str, Any]:
    """The dbt yml of one source as a plain value."""
    return {
        "version": 2,
        "sources": [
            {
                "name": contract.source,
                "schema": contract.source,
                "description": f"{contract.title}. {contract.purpose} {contract.limitations}",
                "tables": [_table_node(contract, table) for table in contract.tables],
            }
        ],
    }


class _IndentedDumper(yaml.SafeDumper):
    """Indents sequences under their key, as yamllint wants."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def render_source(contract: Contract) -> str:
    """The dbt yml of one source as text, the same for the same contract."""
    body = yaml.dump(
        source_document(contract),
        Dumper=_IndentedDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    return HEADER + body


def generate_sources(models_dir: Path) -> list[Path]:
    """Write `staging/_<source>__sources.yml` under `models_dir` for every source."""
    folder = models_dir / "staging"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for contract in landing_contracts():
        target = folder / f"_{contract.source}__sources.yml"
        text = render_source(contract)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
        written.append(target)
    return written
