"""The vendor's page of a contract, in Markdown, from the contract itself."""

from __future__ import annotations

from pathlib import Path

from p4dp.contracts.model import Column, Contract, Table, load_contracts

_FORMATS = {
    "csv": "CSV in UTF-8, one record per line, header in lower case",
    "ndjson": "NDJSON in UTF-8, one FHIR R4 resource per line",
    "parquet": "Parquet",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _notes(column: Column) -> str:
    notes = [column.description]
    if column.accepted:
        notes.append("Values: " + ", ".join(f"`{v}`" for v in column.accepted) + ".")
    if column.unit:
        notes.append(f"Unit: {column.unit}.")
    if column.code_systems:
        notes.append("Code system: " + ", ".join(f"`{s}`" for s in column.code_systems) + ".")
    if column.may_hold_dates:
        notes.append("Dates may stand among the values.")
    if column.expected_share is not None:
        share = f"About {100 * column.expected_share:.0f} % of the rows are expected to hold it."
        notes.append(share if column.expected_share else "Rightly empty in any number of rows.")
    if column.result_words:
        words = ", ".join(f"`{w}`" for w in column.result_words)
        notes.append(f"Beside numbers and plain results these answers leave: {words}.")
    if column.path:
        paths = (column.path, *column.alternatives)
        notes.append("From " + ", else ".join(f"`{p}`" for p in paths) + ".")
    if column.examples:
        shown = ", ".join(f"`{e}`" if e else "empty" for e in column.examples)
        notes.append(f"Example: {shown}.")
    return _cell(" ".join(notes))


def _kind(column: Column) -> str:
    kind = column.type
    if column.is_pseudonym:
        kind += ", pseudonym"
    if column.is_sealed:
        kind += ", sealed"
    if column.key_position is not None:
        kind += f", key {column.key_position}"
    elif column.required:
        kind += ", required"
    elif column.is_optional:
        kind += ", optional"
    return kind


def _table(table: Table) -> list[str]:
    lines = [f"## {table.name}", "", table.description]
    if table.derived_from:
        lines[-1] += " Made by the platform from the delivered resources; not a file of its own."
    else:
        lines[-1] += f" Raw: `{table.raw_name}`. Format: {_FORMATS[table.format]}."
    if table.required_for:
        lines[-1] += " Needed for " + ", ".join(f"`{m}`" for m in table.required_for) + "."
    if table.identities or table.free_text:
        stays = sorted({*table.identity_columns, *table.free_text})
        lines += ["", "Stays at the practice: " + ", ".join(f"`{n}`" for n in stays) + "."]
    lines += ["", "| column | type | meaning | made from |", "| --- | --- | --- | --- |"]
    for column in table.columns:
        made = f"`{_cell(column.logic)}`" if column.logic else ""
        lines.append(f"| `{column.name}` | {_kind(column)} | {_notes(column)} | {made} |")
    if table.codings:
        lines += ["", "Codings kept (system and code; displays and texts stay):", ""]
        lines += [f"- `{element}` from `{path}`" for element, path in table.codings.items()]
    return [*lines, ""]


def contract_page(contract: Contract) -> str:
    """Markdown of one contract: what to deliver, column by column."""
    lines = [
        f"# {contract.title}: contract {contract.source} {contract.version}",
        "",
        f"Status: {contract.status}. {contract.purpose} {contract.limitations} {contract.usage}",
        "",
        "Check a delivery before sending it: `p4dp check-delivery DELIVERY --html scorecard.html`.",
        "A column marked *pseudonym* holds level-1 pseudonyms (`l1-…`) of `p4dp pseudonymise`;",
        "*sealed* columns go to the vault and are never seen again outside it.",
        "",
    ]
    for table in contract.tables:
        lines += _table(table)
    return "\n".join(lines)


def write_pages(folder: Path) -> list[Path]:
    """Write one page per contract as `<source>-<version>.md`; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for contract in load_contracts():
        path = folder / f"{contract.source}-{contract.version}.md"
        path.write_text(contract_page(contract), encoding="utf-8")
        written.append(path)
    return written
