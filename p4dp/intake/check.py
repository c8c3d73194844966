"""The check of a delivery: the same code decides at the gate and in the vendor's kit.

A file that cannot be trusted is rejected whole (missing, other hash, other columns,
unreadable, other number of rows); in a sound file each bad row is set aside with its
line, column, reason and content. An identity found refuses the whole delivery.

Text files are read once, into Parquet in a private folder; every further look reads only the
columns it needs from there, so that memory does not grow with the delivery.
"""

from __future__ import annotations

import difflib
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.boundary.export import as_utf8, read_header
from p4dp.boundary.pseudonyms import LEVEL1_PATTERN
from p4dp.boundary.tokens import token_pattern
from p4dp.contracts import Column, Contract, Table, contract_for
from p4dp.contracts.manifest import DeliveredFile, Manifest, file_sha256, read_manifest
from p4dp.duck import literal, quoted
from p4dp.errors import P4dpError
from p4dp.intake import fhir
from p4dp.intake.identity import (
    Identity,
    identity_columns,
    scan_birth_parts,
    scan_elements,
    scan_lines,
    scan_numbers,
    scan_values,
)

MAX_LINE_BYTES = 4 * 1024 * 1024

#: How working copies are written: read several times, gone with the check.
WORKING_PARQUET = "(format parquet, compression lz4_raw)"

#: So many hashes of record keys are counted at once: about 400 MB.
_HASHES_AT_ONCE = 10_000_000

#: Types of numbers that may have the 15 digits of a NIR.
_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE", "DECIMAL")
#: Types of Parquet columns that are looked at as they are; anything else is read as text.
_PLAIN = (
    *_NUMBERS, "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT",
    "BOOLEAN", "DATE", "TIME",
)  # fmt: skip

REPEATED_KEY = "several contents for one record key; the last line was kept"


@dataclass(frozen=True)
class FileCheck:
    """What became of one delivered file.

    `rows`, `rejects` and `set_aside` name relations of the connection: `rows` holds the
    accepted rows (delivery_row, then the contract's columns, typed), `rejects` the rows set
    aside (delivery_row, column_name, reason, content), `set_aside` the record keys of these
    (where they can be read) with the reason. None for a rejected file; `rows` also where
    another part of the table carries its rows. `offset` is the number of rows that earlier
    parts of the table hold: delivery_row counts on in `rows`, anew in `rejects`.
    """

    file: DeliveredFile
    table: Table | None
    received: int
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    rows: str | None = None
    rejects: str | None = None
    set_aside: str | None = None
    offset: int = 0
    fault: P4dpError | None = None


@dataclass
class DeliveryCheck:
    """What the gate found in a delivery; `refusal` means that nothing of it lands."""

    folder: Path
    manifest: Manifest
    contract: Contract
    files: list[FileCheck] = field(default_factory=list)
    identities: list[tuple[str, Identity]] = field(default_factory=list)
    refusal: P4dpError | None = None

    @property
    def received(self) -> int:
        return sum(f.received for f in self.files)

    @property
    def accepted(self) -> int:
        return sum(f.accepted for f in self.files)

    @property
    def quarantined(self) -> int:
        return sum(f.quarantined for f in self.files)

    @property
    def duplicate(self) -> int:
        return sum(f.duplicate for f in self.files)


class _IdentityFound(Exception):
    def __init__(self, found: list[Identity]) -> None:
        super().__init__()
        self.found = found


def check_delivery(connection: duckdb.DuckDBPyConnection, folder: Path) -> DeliveryCheck:
    """Check the delivery in `folder`; its accepted rows stay as relations of `connection`.

    The relations read from a private folder that goes when the result is no longer held.
    Raises P4dpError when there is no usable manifest or contract: such a delivery is
    refused before any of its files is read.
    """
    manifest = read_manifest(folder)
    contract = contract_for(manifest.source, manifest.contract_version)
    if contract.properties.get("practice", True) and manifest.practice_pseudo is None:
        raise P4dpError("The manifest names no practice", file=folder / "manifest.json")
    check = DeliveryCheck(folder, manifest, contract)
    scratch = Path(tempfile.mkdtemp(prefix="p4dp-check-"))
    weakref.finalize(check, shutil.rmtree, scratch, ignore_errors=True)
    rows_before: dict[str, int] = {}
    for number, file in enumerate(manifest.files):
        offset = rows_before.get(file.table, 0)
        rows_before[file.table] = offset + file.rows
        try:
            check.files.append(
                _check_file(connection, folder, contract, file, number, offset, scratch)
            )
        except _IdentityFound as error:
            check.identities += [(file.path, identity) for identity in error.found]
            check.files.append(FileCheck(file, None, file.rows, quarantined=file.rows))
        except P4dpError as fault:
            check.files.append(FileCheck(file, None, file.rows, quarantined=file.rows, fault=fault))
    check.files = _join_parts(connection, check.files, scratch)
    if check.identities:
        path, first = check.identities[0]
        check.refusal = P4dpError(
            f"Identity found: {first.kind}" + (f" in {first.count} rows" if first.row else ""),
            file=path,
            row=first.row,
            column=first.column,
            expected="pseudonyms only",
            remedy="Make the delivery with `p4dp pseudonymise`, then send it under a new sequence.",
        )
    return check


def _check_file(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    contract: Contract,
    file: DeliveredFile,
    number: int,
    offset: int,
    scratch: Path,
) -> FileCheck:
    path = folder / file.path
    _check_bytes(path, file)
    table = _table_of(contract, file)
    names = RelationNames(number)
    fault = None
    if file.format == "parquet":
        fault = _load_parquet(connection, table, path, names)
    else:
        text = as_utf8(path, file.encoding, scratch)
        if file.format == "ndjson":
            _load_lines(connection, text, file, names, scratch)
            found = scan_elements(connection, names.lines)
            if found:
                raise _IdentityFound(found)
            _load_ndjson(connection, table, file, names, scratch)
        else:
            fault = _load_csv(connection, table, text, file, names, scratch)
        if text != path:
            text.unlink()
    foreign = _with_foreign_values(connection, table, names.raw)
    described = connection.execute(f"describe {names.raw}").fetchall()
    text_columns = [
        row[0]
        for row in described
        if row[1] == "VARCHAR"
        and row[0] not in ("line", "structural")
        and (row[0] in foreign or not _is_protected(table, row[0]))
    ]
    number_columns = [row[0] for row in described if row[1].startswith(_NUMBERS)]
    typed_columns = [row[0] for row in described if row[1] != "VARCHAR"]
    found = scan_values(connection, names.raw, table, text_columns)
    found += scan_numbers(connection, names.raw, table, number_columns)
    found += scan_birth_parts(connection, names.raw, typed_columns)
    if not found and file.format != "parquet":
        found += scan_lines(connection, names.raw, is_json=file.format == "ndjson")
    if found:
        raise _IdentityFound(found)
    if fault is not None:
        raise fault
    received = _count(connection, names.raw)
    if received != file.rows:
        raise P4dpError(
            f"The file holds {received} rows, the manifest says {file.rows}",
            file=file.path,
            remedy="Export again: rows were cut off or added after the manifest was made.",
        )
    return _check_rows(connection, table, file, names, received, offset, foreign)


def _is_protected(table: Table, name: str) -> bool:
    return any(c.name == name and (c.is_sealed or c.is_pseudonym) for c in table.columns)


def _join_parts(
    connection: duckdb.DuckDBPyConnection, files: list[FileCheck], scratch: Path
) -> list[FileCheck]:
    """Bring the parts of each table together and set repeated rows aside, each in its part.

    The first sound part carries the rows of all of them; counts stay with their part.
    """
    joined = list(files)
    tables: dict[str, list[int]] = {}
    for position, part in enumerate(files):
        if part.rows is not None:
            tables.setdefault(part.file.table, []).append(position)
    for positions in tables.values():
        first = joined[positions[0]]
        assert first.table is not None and first.rows is not None
        rows = first.rows
        if len(positions) > 1:
            rows = f"joined_{positions[0]}"
            parts = " union all ".join(f"from {joined[position].rows}" for position in positions)
            connection.execute(f"create temp view {rows} as {parts}")
            for position in positions[1:]:
                joined[position] = replace(joined[position], rows=None)
        received = sum(joined[position].received for position in positions)
        surplus = _surplus(connection, first.table, rows, received, scratch)
        if surplus is not None:
            content = "line" if first.file.format == "ndjson" else _content(first.table)
            for position in positions:
                joined[position] = _set_repeats_aside(
                    connection, joined[position], rows, surplus, content
                )
            rows = _without(connection, rows, surplus)
        joined[positions[0]] = replace(joined[positions[0]], rows=rows)
    return joined


@dataclass(frozen=True)
class RelationNames:
    """Names of the relations made for the n-th file of a delivery."""

    number: int

    @property
    def lines(self) -> str:
        return f"lines_{self.number}"

    @property
    def raw(self) -> str:
        return f"raw_{self.number}"

    @property
    def rows(self) -> str:
        return f"rows_{self.number}"

    @property
    def rejects(self) -> str:
        return f"rejects_{self.number}"

    @property
    def set_aside(self) -> str:
        return f"set_aside_{self.number}"


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _check_bytes(path: Path, file: DeliveredFile) -> None:
    if path.is_symlink() or not path.is_file():
        raise P4dpError(
            "File listed in the manifest is missing",
            file=file.path,
            remedy="Send the delivery again with all its files.",
        )
    if path.stat().st_size == 0:
        raise P4dpError(
            "The file is empty",
            file=file.path,
            expected="at least a header" if file.format == "csv" else f"a {file.format} file",
            remedy="Export again; a table without rows keeps its header.",
        )
    digest = file_sha256(path)
    if digest != file.sha256:
        raise P4dpError(
            "The file is not the one the manifest describes (other SHA-256)",
            file=file.path,
            expected=f"{file.sha256[:16]}…, found {digest[:16]}…",
            remedy="Send it again: it was cut or changed on its way.",
        )


def _table_of(contract: Contract, file: DeliveredFile) -> Table:
    """The contract's table for a delivered file (a FHIR type without one: other_resource)."""
    for table in contract.tables:
        if table.derived_from is None and file.table in (table.name, table.raw_name):
            return table
    if file.format == "ndjson" and contract.has_table("other_resource"):
        return contract.table("other_resource")
    raise P4dpError(
        f"The contract {contract.source} {contract.version} has no table {file.table!r}",
        file=file.path,
        expected=", ".join(t.name for t in contract.tables),
    )


def _check_columns(table: Table, found: list[str], file: str) -> P4dpError | None:
    """Refuse identity columns; returns the fault of any missing, extra or renamed column."""
    expected = [c.name for c in table.columns]
    identities = identity_columns(n for n in found if n not in expected)
    if identities:
        raise _IdentityFound([Identity("identity column", n, None, 0) for n in identities])
    optional = {c.name for c in table.columns if c.is_optional}
    missing = [n for n in expected if n not in found and n not in optional]
    extra = [n for n in found if n not in expected]
    if len(set(found)) != len(found):
        raise P4dpError("A column name occurs twice", file=file)
    if not missing and not extra:
        return None
    renamed = {
        m: close[0] for m in missing if (close := difflib.get_close_matches(m, extra, 1, 0.7))
    }
    parts = [f"{new!r} instead of {old!r}" for old, new in renamed.items()]
    parts += [f"missing {n!r}" for n in missing if n not in renamed]
    parts += [f"unexpected {n!r}" for n in extra if n not in renamed.values()]
    return P4dpError(
        f"Other columns than the contract's: {', '.join(parts)}",
        file=file,
        column=(missing + extra)[0],
        expected=", ".join(expected),
        remedy="Deliver under the contract version whose columns these are, or correct the export.",
    )


def _absent(table: Table, found: list[str]) -> list[str]:
    """Empty columns in place of the contract's that the file does not have."""
    return [f"null::varchar as {quoted(c.name)}" for c in table.columns if c.name not in found]


# --- loading ----------------------------------------------------------------------------------


def _load_text(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    file: DeliveredFile,
    columns: list[str],
    selected: str,
    dialect: str,
    names: RelationNames,
    scratch: Path,
) -> str:
    """Read a text file once, into Parquet; returns a relation over it.

    Columns: delivery_row (place in the file, from 1), structural (the fault of a line that cannot
    be read, else null), line (the text of such a line), then `selected`.
    """
    rejects = f"reject_{names.number}"
    typed = ", ".join(f"{literal(n)}: 'VARCHAR'" for n in columns)
    target = scratch / f"text_{names.number}.parquet"
    try:
        connection.execute(
            f"copy (select {selected} from read_csv({literal(path)}, {dialect},"
            f" nullstr='', auto_detect=false, columns={{{typed}}}, null_padding=false,"
            f" max_line_size={MAX_LINE_BYTES}, store_rejects=true, rejects_table='{rejects}',"
            f" rejects_scan='{rejects}_scan')) to {literal(target)} {WORKING_PARQUET}"
        )
    except duckdb.Error:
        raise P4dpError(
            f"The file is not readable as {file.format.upper()}",
            file=file.path,
            remedy="Export it again.",
        ) from None
    readable = (
        "select file_row_number + 1 as delivery_row, null::varchar as structural,"
        " null::varchar as line, * exclude (file_row_number)"
        f" from read_parquet({literal(target)}, file_row_number=true)"
    )
    broken = connection.execute(
        f"select line, any_value(error_type::varchar), any_value(csv_line)"
        f" from {rejects} group by line order by line"
    ).fetchall()
    if not broken:
        return f"({readable})"
    return _with_broken_lines(connection, readable, broken, file, names, scratch)


def _with_broken_lines(
    connection: duckdb.DuckDBPyConnection,
    readable: str,
    broken: list[tuple[int, str, str]],
    file: DeliveredFile,
    names: RelationNames,
    scratch: Path,
) -> str:
    """Give lines that cannot be read their place among the rows; returns a relation of all."""
    header = 0 if file.format == "ndjson" else 1
    explained = {
        "MISSING COLUMNS": "fewer fields than columns",
        "TOO MANY COLUMNS": "more fields than columns",
        "UNQUOTED VALUE": "quote that is not closed",
        "LINE SIZE OVER MAXIMUM": f"line longer than {MAX_LINE_BYTES} bytes",
        "INVALID ENCODING": f"not {file.encoding.upper()}",
    }
    lines = pa.table(
        {
            "delivery_row": pa.array([int(line) - header for line, _, _ in broken], pa.int64()),
            "structural": [explained.get(kind, kind.lower()) for _, kind, _ in broken],
            "line": [(text or "")[:2000] for _, _, text in broken],
        }
    )
    connection.register("broken_lines", lines)
    target = scratch / f"placed_{names.number}.parquet"
    # The k-th readable row has the k-th place that no broken line holds.
    connection.execute(
        f"""
        copy (
            with gaps as (
                select before_row, max(rank) as gaps_before
                from (
                    select row_number() over (order by delivery_row) as rank,
                        delivery_row - row_number() over (order by delivery_row) + 1 as before_row
                    from broken_lines
                )
                group by before_row
            )
            select r.* replace (r.delivery_row + coalesce(g.gaps_before, 0) as delivery_row)
            from ({readable}) as r asof left join gaps as g on r.delivery_row >= g.before_row
            union all by name
            select * from broken_lines
        ) to {literal(target)} {WORKING_PARQUET}
        """
    )
    connection.unregister("broken_lines")
    return f"read_parquet({literal(target)})"


def _load_csv(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    path: Path,
    file: DeliveredFile,
    names: RelationNames,
    scratch: Path,
) -> P4dpError | None:
    """`raw`: delivery_row, structural, line, the file's and the contract's columns as text.

    Returns the fault of other columns than the contract's: identities are looked for first.
    """
    found = read_header(path, file.delimiter)
    fault = _check_columns(table, found, file.path)
    selected = ", ".join([quoted(n) for n in found] + _absent(table, found))
    dialect = f"delim={literal(file.delimiter)}, header=true, quote='\"', escape='\"'"
    try:
        rows = _load_text(connection, path, file, found, selected, dialect, names, scratch)
    except P4dpError as unreadable:
        raise fault or unreadable from None
    connection.execute(f"create temp view {names.raw} as select * from {rows}")
    return fault


def _load_lines(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    file: DeliveredFile,
    names: RelationNames,
    scratch: Path,
) -> None:
    """`lines`: delivery_row, structural and line, for every line that is not empty."""
    dialect = "delim='\x1f', header=false, quote='', escape=''"
    rows = _load_text(connection, path, file, ["text"], "text", dialect, names, scratch)
    lines = (
        f"select delivery_row, structural, coalesce(line, text) as line from {rows}"
        " where coalesce(line, text) is not null"
    )
    blank = connection.execute(
        f"select count(*) from {rows} where coalesce(line, text) is null"
    ).fetchall()[0][0]
    if blank:
        # Rows are numbered without gaps: the parts of a table are numbered on.
        lines = (
            "select row_number() over (order by delivery_row) as delivery_row, structural, line"
            f" from ({lines})"
        )
    connection.execute(f"create temp view {names.lines} as {lines}")


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, names: RelationNames
) -> P4dpError | None:
    """`raw`: delivery_row, structural, then the file's columns, all but plain types as text.

    Returns the fault of other columns than the contract's: identities are looked for first.
    """
    try:
        found = pq.read_schema(path).names
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise P4dpError(
            "The Parquet file is truncated or damaged",
            file=path.name,
            remedy="Send it again.",
        ) from None
    fault = _check_columns(table, found, path.name)
    try:
        # Text without its annotation is bytes to the engine.
        source = f"read_parquet({literal(path)}, file_row_number=true, binary_as_string=true)"
        selected = [
            quoted(name)
            if kind.startswith(_PLAIN)
            else f"{quoted(name)}::varchar as {quoted(name)}"
            for name, kind, *_ in connection.execute(f"describe from {source}").fetchall()
            if name in found
        ]
        connection.execute(
            f"create temp view {names.raw} as select file_row_number + 1 as delivery_row,"
            f" null::varchar as structural, {', '.join(selected + _absent(table, found))}"
            f" from {source}"
        )
        # Every page is read once: what follows need not expect damage.
        every = ", ".join(f"bit_xor(hash({quoted(n)}))" for n in found)
        connection.execute(f"select {every} from {names.raw}").fetchall()
    except duckdb.Error:
        raise P4dpError(
            "The Parquet file is damaged", file=path.name, remedy="Send it again."
        ) from None
    return fault


def _load_ndjson(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    file: DeliveredFile,
    names: RelationNames,
    scratch: Path,
) -> None:
    """`raw`: delivery_row, structural, line, the contract's columns as text."""
    if table.name == "suppression":
        body = fhir.path_expressions({c.name: (f"$.{c.name}",) for c in table.columns})
        wrong_type = "false"
    else:
        body = fhir.column_expressions(table)
        kind = file.table if table.name == "other_resource" else table.raw_name
        wrong_type = f"resource_type is distinct from {literal(kind)}"
    selected = ", ".join(f"{expression} as {quoted(n)}" for n, expression in body.columns.items())
    target = scratch / f"raw_{names.number}.parquet"
    connection.execute(
        f"""
        copy (
            with parsed as (
                select delivery_row, structural, line,
                    case when structural is null and json_valid(line) then line::json end as body
                from {names.lines}
            ),
            found as (
                select *, json_extract_string(body, '$.resourceType') as resource_type,
                    json_extract_string(body, {body.paths}) as found
                from parsed
            )
            select delivery_row,
                case when structural is not null then structural when body is null then 'not JSON'
                    when {wrong_type} then 'resource of another type' end as structural,
                line, {selected}
            from found
        ) to {literal(target)} {WORKING_PARQUET}
        """
    )
    connection.execute(
        f"create temp view {names.raw} as select * from read_parquet({literal(target)})"
    )


# --- rows -------------------------------------------------------------------------------------


def _typed(column: Column, physical: str) -> str:
    """The column cast to its contract type; null where it does not fit."""
    name = quoted(column.name)
    if physical == column.sql_type:
        return f"nullif({name}, '')" if physical == "VARCHAR" else name
    if physical != "VARCHAR":
        cast = f"try_cast({name} as {column.sql_type})"
        if column.type in ("int", "bigint") and physical in ("DOUBLE", "FLOAT"):
            return f"case when {name} = floor({name}) then {cast} end"
        return cast
    text = f"nullif(trim({name}), '')"
    if column.type in ("int", "bigint"):
        whole = f"regexp_full_match({text}, '[+-]?[0-9]+(\\.0+)?')"
        number = f"try_cast(try_cast({text} as decimal(38, 1)) as {column.sql_type})"
        return f"case when {whole} then {number} end"
    if column.type == "double":
        return f"try_cast(replace({text}, ',', '.') as double)"
    return f"try_cast({text} as {column.sql_type})"


_KIND = {
    "int": "a whole number",
    "bigint": "a whole number",
    "double": "a number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a date and time",
    "string": "a text",
}


def _shape(column: Column) -> str:
    """Regular expression of what a column of pseudonyms or tokens holds."""
    return token_pattern(column.name) if column.is_sealed else LEVEL1_PATTERN


def _with_foreign_values(
    connection: duckdb.DuckDBPyConnection, table: Table, raw: str
) -> frozenset[str]:
    """Columns of pseudonyms or tokens with a value that is none; distinct values are tested."""
    tests = [
        f"select {literal(c.name)} where exists (from"
        f" (select distinct {quoted(c.name)}::varchar as v from {raw})"
        f" where v <> '' and not regexp_full_match(v, {literal(_shape(c))}))"
        for c in table.columns
        if c.is_pseudonym or c.is_sealed
    ]
    if not tests:
        return frozenset()
    return frozenset(row[0] for row in connection.execute(" union all ".join(tests)).fetchall())


def _row_faults(
    table: Table, physical: dict[str, str], foreign: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """(column, reason, SQL condition that a row has this fault), most basic first."""
    for column in table.columns:
        name, typed = quoted(column.name), _typed(column, physical[column.name])
        if typed != name and column.type != "string":
            yield (
                column.name,
                f"not {_KIND[column.type]}",
                f"nullif(trim({name}::varchar), '') is not null and {typed} is null",
            )
        if column.name in foreign:
            yield (
                column.name,
                "not a sealed token" if column.is_sealed else "not a level-1 pseudonym",
                f"{name} is not null and {name} <> ''"
                f" and not regexp_full_match({name}::varchar, {literal(_shape(column))})",
            )
        if column.required:
            yield column.name, "required and empty", f"{typed} is null"


def _content(table: Table) -> str:
    """The row's own columns as JSON text, tokens left out."""
    kept = [c.name for c in table.columns if not c.is_sealed]
    return "json_object(" + ", ".join(f"{literal(n)}, {quoted(n)}" for n in kept) + ")::varchar"


def _check_rows(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    file: DeliveredFile,
    names: RelationNames,
    received: int,
    offset: int,
    foreign: frozenset[str],
) -> FileCheck:
    physical = {r[0]: r[1] for r in connection.execute(f"describe {names.raw}").fetchall()}
    faults = list(_row_faults(table, physical, foreign))
    content = {
        "ndjson": "line",
        "csv": f"coalesce(line, {_content(table)})",
        "parquet": _content(table),
    }[file.format]
    column_case = " ".join(f"when {c} then {literal(n)}" for n, _, c in faults)
    reason_case = " ".join(f"when {c} then {literal(r)}" for _, r, c in faults)
    structural = "when structural is not null then"
    connection.execute(
        f"""
        create temp table {names.rejects} as
        with judged as (
            select *,
                case {structural} '' {column_case} end as column_name,
                case {structural} structural {reason_case} end as reason
            from {names.raw}
        )
        select delivery_row, nullif(column_name, '') as column_name, reason,
            {content} as content
        from judged where reason is not null
        """
    )
    selected = ", ".join(
        f"{_typed(c, physical[c.name])} as {quoted(c.name)}" for c in table.columns
    )
    body = ", line" if file.format == "ndjson" and table.name != "suppression" else ""
    quarantined = _count(connection, names.rejects)
    sound = (
        f" where not exists (from {names.rejects} as x where x.delivery_row = r.delivery_row)"
        if quarantined
        else ""
    )
    connection.execute(
        f"create temp view {names.rows} as"
        f" select delivery_row + {offset} as delivery_row, {selected}{body}"
        f" from {names.raw} as r{sound}"
    )
    return FileCheck(
        file,
        table,
        received,
        accepted=received - quarantined,
        quarantined=quarantined,
        rows=names.rows,
        rejects=names.rejects,
        set_aside=_set_aside_keys(connection, table, physical, names) if quarantined else None,
        offset=offset,
    )


def _set_aside_keys(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    physical: dict[str, str],
    names: RelationNames,
) -> str | None:
    """View: the typed record keys of the rows set aside, and why; None for a table without."""
    if not table.key or not table.has_unique_key:
        return None
    keys = [f"{_typed(table.column(k), physical[k])} as {quoted(k)}" for k in table.key]
    filled = " and ".join(f"{quoted(k)} is not null" for k in table.key)
    connection.execute(
        f"create temp view {names.set_aside} as select * from ("
        f" select {', '.join(keys)}, x.reason"
        f" from {names.raw} as r join {names.rejects} as x using (delivery_row)"
        f" where r.structural is null) where {filled}"
    )
    return names.set_aside


def _find_repeated_hashes(
    connection: duckdb.DuckDBPyConnection, key: str, rows: str, received: int, scratch: Path
) -> None:
    """Table `repeated_hash(h)` of the hashes (eight bytes, whatever the key) that occur twice.

    Of very many rows the hashes are first dealt out to parts on disk, each small enough to be
    counted in memory: what is needed does not grow with the delivery.
    """
    counted = "insert into repeated_hash select h from {} group by h having count(*) > 1"
    connection.execute("create or replace temp table repeated_hash (h ubigint)")
    parts = -(-received // _HASHES_AT_ONCE)
    if parts <= 1:
        connection.execute(counted.format(f"(select hash({key}) as h from {rows})"))
        return
    folder = scratch / f"hashes_{rows}"
    connection.execute(
        f"copy (select hash({key}) as h, hash({key}) % {parts} as part from {rows})"
        f" to {literal(folder)} (format parquet, compression lz4_raw, partition_by (part))"
    )
    for part in sorted(folder.iterdir()):
        connection.execute(counted.format(f"read_parquet({literal(part / '*.parquet')})"))
    shutil.rmtree(folder)


def _surplus(
    connection: duckdb.DuckDBPyConnection, table: Table, rows: str, received: int, scratch: Path
) -> str | None:
    """Of rows with one record key all but the last: table (delivery_row, is_duplicate), or None.

    A row is a duplicate when its content is repeated later, else it contradicts the last one.
    """
    if not table.key or not table.has_unique_key:
        return None
    key = ", ".join(quoted(k) for k in table.key)
    _find_repeated_hashes(connection, key, rows, received, scratch)
    if not _count(connection, "repeated_hash"):
        return None
    connection.execute(
        "create or replace temp table repeated as"
        f" select {key} from {rows} where hash({key}) in (select h from repeated_hash)"
        " group by all having count(*) > 1"
    )
    if not _count(connection, "repeated"):
        return None
    surplus = f"surplus_{rows}"
    same = " and ".join(f"r.{quoted(k)} is not distinct from x.{quoted(k)}" for k in table.key)
    columns = ", ".join(f"r.{quoted(c.name)}" for c in table.columns)
    connection.execute(
        f"""
        create temp table {surplus} as
        with involved as (
            select {", ".join(f"r.{quoted(k)}" for k in table.key)}, r.delivery_row,
                md5(row({columns})::varchar) as fingerprint
            from {rows} as r join repeated as x on {same}
        )
        select delivery_row, row_number() over (
                partition by {key}, fingerprint order by delivery_row desc
            ) > 1 as is_duplicate
        from involved
        qualify row_number() over (partition by {key} order by delivery_row desc) > 1
        """
    )
    return surplus


def _set_repeats_aside(
    connection: duckdb.DuckDBPyConnection, part: FileCheck, rows: str, surplus: str, content: str
) -> FileCheck:
    """The part with its own share of the surplus: contradicting rows in its rejects, counted."""
    assert part.table is not None and part.rejects is not None
    own = f"delivery_row > {part.offset} and delivery_row <= {part.offset + part.file.rows}"
    connection.execute(
        f"insert into {part.rejects} select delivery_row - {part.offset},"
        f" {literal(part.table.key[0])}, {literal(REPEATED_KEY)}, {content}"
        f" from {rows} join {surplus} using (delivery_row) where not is_duplicate and {own}"
    )
    duplicate, contradicted = connection.execute(
        "select count(*) filter (is_duplicate), count(*) filter (not is_duplicate)"
        f" from {surplus} where {own}"
    ).fetchall()[0]
    return replace(
        part,
        accepted=part.accepted - duplicate - contradicted,
        quarantined=part.quarantined + contradicted,
        duplicate=duplicate,
    )


def _without(connection: duckdb.DuckDBPyConnection, rows: str, surplus: str) -> str:
    """View of `rows` without the surplus."""
    kept = f"kept_{rows}"
    connection.execute(
        f"create temp view {kept} as select * from {rows} as r"
        f" where not exists (from {surplus} as x where x.delivery_row = r.delivery_row)"
    )
    return kept


def drop_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget every relation a check has made on this connection."""
    for kind in ("view", "table"):
        made = connection.execute(
            f"select {kind}_name from duckdb_{kind}s() where temporary and not internal"
        ).fetchall()
        for (name,) in made:
            connection.execute(f"drop {kind} {quoted(name)}")
