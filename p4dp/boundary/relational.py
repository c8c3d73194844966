"""Pseudonymisation of table exports (medirel, dosmed), driven by the contract.

Each column of a delivered table says in `transformLogic` how it is made from the
raw table: a raw column's name (copied), `pseudonym(purpose, COLUMN)`, `year(…)`,
`month(…)`, `code(COLUMN)`, `result(COLUMN[, WHERE=value])`,
`coded(kind, TEXT, part[, ONLY_IF_EMPTY[, WHERE=value]])`, `nir_pseudo()`, `nir_status()`,
`traits_pseudo()`, `sealed(field)`, `block(field)`, `return_token()`; several `coded` for
different rows are joined by ` else `. `code` keeps what has the shape of a code, `result` what
is a result (where another attribute is meant: a code). What no column names (free text,
identities) does not leave.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pyarrow as pa

from p4dp.boundary.coding import IS_CODE, Kind, load_codings
from p4dp.boundary.export import Export, as_utf8, find_file, read_header
from p4dp.boundary.identities import protect
from p4dp.boundary.keys import BoundaryKeys
from p4dp.boundary.pseudonyms import level1_many
from p4dp.boundary.results import code_sql, result_sql
from p4dp.contracts import Contract, Table, delimiter_of
from p4dp.duck import literal, quoted
from p4dp.errors import P4dpError

_KINDS: dict[str, Kind] = {"problem": "problem", "lab": "lab", "drug": "drug"}
_ELSE = " else "
_CALL = re.compile(r"(\w+)\((.*)\)")
_IDENTITY_FIELDS = (
    "birth_name", "usual_name", "first_names", "sex", "nir", "birth_place", "phone",
)  # fmt: skip


def _raw_relation(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    table: Table,
    path: Path,
    export: Export,
    scratch: Path,
) -> str:
    """Create a view `raw_<table>` over the raw file; returns its name."""
    view = quoted(f"raw_{table.name}")
    if table.format == "parquet":
        source = f"read_parquet({literal(path)})"
    else:
        text = as_utf8(path, export.encoding, scratch, strict=True)
        delimiter = delimiter_of(contract)
        source = (
            f"read_csv({literal(text)}, delim={literal(delimiter)}, header=true, all_varchar=true,"
            " quote='\"', escape='\"', nullstr='', auto_detect=false, null_padding=false,"
            f" columns={_header_columns(text, delimiter)})"
        )
    try:
        connection.execute(f"create view {view} as select * from {source}")
        connection.execute(f"select * from {view} limit 0")
    except duckdb.Error as error:
        raise P4dpError(
            f"Unreadable raw file: {type(error).__name__}", file=path, remedy="Export it again."
        ) from error
    return view


def _header_columns(path: Path, delimiter: str) -> str:
    """The columns of a CSV file, all text, as DuckDB's `columns` argument."""
    names = read_header(path, delimiter)
    if not any(names):
        raise P4dpError("The raw file is empty", file=path, remedy="Export it again.")
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"


def _birth_date_sql(contract: Contract, column: str) -> str:
    pattern = contract.properties.get("dateFormat")
    if pattern is None:
        return f"try_cast({quoted(column)} as date)"
    return f"try_strptime(trim({quoted(column)}), {literal(pattern)})::date"


def _identity_query(contract: Contract, table: Table, view: str) -> str:
    """Identities of the patient table as the text columns `protect` reads."""
    names = table.identities
    chart = quoted(names["local_id"][0])
    selected = [
        f"{chart}::varchar as local_id",
        f"{_birth_date_sql(contract, names['birth_date'][0])}::varchar as birth_date",
    ]
    for field in _IDENTITY_FIELDS:
        held = names.get(field, ())
        if field == "first_names":
            held += names.get("first_name", ())
        filled = [f"nullif(trim({quoted(raw)}::varchar), '')" for raw in held]
        selected.append(f"coalesce({', '.join([*filled, 'null'])})::varchar as {field}")
    tie_break = ", ".join(quoted(raw) for raw in table.identity_columns)
    return (
        f"select {', '.join(selected)} from {view} where {chart} is not null"
        f" qualify row_number() over (partition by {chart} order by {tie_break}) = 1"
    )


class _Pseudonymiser:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contract: Contract,
        export: Export,
        keys: BoundaryKeys,
    ) -> None:
        self.connection, self.contract, self.export, self.keys = connection, contract, export, keys
        self.patient_table = next(t for t in contract.tables if t.identities)
        connection.execute(
            "create table pseudonym (purpose varchar, value varchar, pseudo varchar)"
        )

    def protect_patients(self, view: str) -> None:
        identities = self.connection.execute(
            _identity_query(self.contract, self.patient_table, view)
        ).to_arrow_table()
        protected = protect(identities, self.export.practice_id, self.keys)
        self.connection.register("protected_in", protected)
        self.connection.execute("create table protected as select * from protected_in")
        self.connection.unregister("protected_in")

    def learn(self, purpose: str, values_query: str) -> None:
        """Add the pseudonyms of the distinct non-empty texts of a query (one column `value`)."""
        new = (
            self.connection.execute(
                f"select distinct value from ({values_query}) where value is not null"
                " and value not in"
                f" (select value from pseudonym where purpose = {literal(purpose)})"
            )
            .to_arrow_table()
            .column(0)
            .to_pylist()
        )
        parts = [new] if purpose != "patient" else [[self.export.practice_id] * len(new), new]
        table = pa.table(
            {
                "purpose": pa.array([purpose] * len(new), pa.string()),
                "value": pa.array(new, pa.string()),
                "pseudo": pa.array(level1_many(self.keys.level1, purpose, *parts), pa.string()),
            }
        )
        self.connection.register("learned", table)
        self.connection.execute("insert into pseudonym select * from learned")
        self.connection.unregister("learned")

    def select(self, table: Table, view: str, raw_columns: set[str]) -> str:
        """The query that makes a delivered table from its raw view, sorted by its key."""
        selected, joins = [], []
        identities = table.identities
        if identities:
            local_id = f"r.{quoted(identities['local_id'][0])}::varchar"
            joins.append(f"left join protected as p on p.local_id = {local_id}")
        for number, column in enumerate(table.columns):
            logic = column.logic or column.name
            call = _CALL.fullmatch(logic)
            if call is not None and call.group(1) == "coded":
                expression = self._coded_column(number, logic, view, raw_columns, joins)
            elif call is None:
                self._require(table, logic, raw_columns)
                expression = f"r.{quoted(logic)}"
                if table.name == "suppression":
                    expression = self._suppression(column.name, view, joins)
            else:
                function, arguments = call.group(1), [a.strip() for a in call.group(2).split(",")]
                if function == "pseudonym":
                    purpose, raw = arguments
                    self._require(table, raw, raw_columns)
                    value = f"nullif(trim(r.{quoted(raw)}::varchar), '')"
                    self.learn(purpose, f"select {value} as value from {view} as r")
                    joins.append(
                        f"left join pseudonym as m{number} on m{number}.value = {value}"
                        f" and m{number}.purpose = {literal(purpose)}"
                    )
                    expression = f"m{number}.pseudo"
                elif function in ("year", "month"):
                    expression = f"p.birth_{function}"
                    if function == "year":
                        expression = (
                            f"coalesce({expression}, try_cast(regexp_extract("
                            f"r.{quoted(arguments[0])}::varchar, '(19|20)[0-9]{{2}}') as integer))"
                        )
                elif function in ("sealed", "block"):
                    expression = f"p.{function}_{arguments[0]}"
                elif function == "result":
                    value, *only_where = arguments
                    self._require(table, value, raw_columns)
                    expression = result_sql(f"r.{quoted(value)}", column.result_words)
                    if only_where:
                        name, wanted = only_where[0].split("=")
                        expression = (
                            f"case when r.{quoted(name)} = {literal(wanted)} then {expression}"
                            f" else {code_sql(f'r.{quoted(value)}')} end"
                        )
                elif function == "code":
                    self._require(table, arguments[0], raw_columns)
                    expression = code_sql(f"r.{quoted(arguments[0])}")
                else:
                    expression = f"p.{function}"
            selected.append(f"{expression} as {quoted(column.name)}")
        where = ""
        if table.free_text_attributes:
            accepted = ", ".join(literal(v) for v in table.column("attribut").accepted)
            where = f" where r.attribut in ({accepted})"
        return (
            f"select {', '.join(selected)} from {view} as r {' '.join(joins)}{where} order by all"
        )

    def _coded_column(
        self, number: int, logic: str, view: str, raw_columns: set[str], joins: list[str]
    ) -> str:
        """A part of the code found in a text of the raw row: the first `coded` that applies."""
        found = []
        for position, part in enumerate(logic.split(_ELSE)):
            call = _CALL.fullmatch(part.strip())
            if call is None or call.group(1) != "coded":
                raise P4dpError(
                    f"Unusable transformLogic {logic!r} in a contract",
                    expected=f"coded(…){_ELSE}coded(…)",
                )
            arguments = [argument.strip() for argument in call.group(2).split(",")]
            found.append(self._coded(f"c{number}_{position}", arguments, view, raw_columns, joins))
        return f"coalesce({', '.join([*found, 'null'])})"

    def _coded(
        self,
        alias: str,
        arguments: list[str],
        view: str,
        raw_columns: set[str],
        joins: list[str],
    ) -> str:
        """A part (code, system, confidence, rule) of the code found in a text column.

        Null where the row has no text to code; the rule is `none` where it has one and nothing
        reaches the threshold, so that what stays uncoded can be counted.
        """
        kind, text, part, *conditions = arguments
        if text not in raw_columns:
            return "null"
        label = f"trim(r.{quoted(text)}::varchar)"
        relation = f"coded_{view.strip(chr(34))}_{text}_{kind}"
        apply = [f"{label} <> ''", f"not regexp_full_match({label}, {literal(IS_CODE[kind])})"]
        for condition in filter(None, conditions):
            name, is_equal, wanted = condition.partition("=")
            if name not in raw_columns:
                continue
            value = f"trim(r.{quoted(name)}::varchar)"
            apply.append(
                f"{value} = {literal(wanted)}" if is_equal else f"nullif({value}, '') is null"
            )
        applies = " and ".join(apply)
        known = self.connection.execute(
            "select count(*) from duckdb_tables() where table_name = ?", [relation]
        ).fetchall()[0][0]
        if not known:
            labels = self.connection.execute(
                f"select distinct {label} from {view} as r where {applies}"
            ).fetchall()
            load_codings(self.connection, relation, [label for (label,) in labels], _KINDS[kind])
        joins.append(f"left join {quoted(relation)} as {alias} on {alias}.label = {label}")
        value = f"coalesce({alias}.rule, 'none')" if part == "rule" else f"{alias}.{part}"
        return f"case when {applies} then {value} end"

    def _require(self, table: Table, raw: str, raw_columns: set[str]) -> None:
        if raw not in raw_columns:
            raise P4dpError(
                f"The raw table {table.raw_name} has no column {raw}",
                file=f"{table.raw_name}.{table.format}",
                column=raw,
                expected=f"the columns of contract {self.contract.source} {self.contract.version}",
                remedy="Export again, or name the right contract_version in export.json.",
            )

    def _suppression(self, column: str, view: str, joins: list[str]) -> str:
        """A deleted patient is named by the pseudonym: the local number does not leave."""
        name, record = (c.logic or c.name for c in self.contract.table("suppression").columns)
        if column == "table_name":
            return f"lower(trim(r.{quoted(name)}))"
        is_patient = f"lower(trim(r.{quoted(name)})) = {literal(self.patient_table.name)}"
        value = f"case when {is_patient} then trim(r.{quoted(record)}::varchar) end"
        self.learn("patient", f"select {value} as value from {view} as r")
        joins.append(f"left join pseudonym as s on s.purpose = 'patient' and s.value = {value}")
        return f"case when {is_patient} then s.pseudo else r.{quoted(record)}::varchar end"


def pseudonymise_tables(
    connection: duckdb.DuckDBPyConnection,
    raw: Path,
    out: Path,
    contract: Contract,
    export: Export,
    keys: BoundaryKeys,
    scratch: Path,
) -> list[tuple[str, str, str, int]]:
    """Write the delivered files of a table export into `out`; returns the manifest's file list."""
    work = _Pseudonymiser(connection, contract, export, keys)
    views: dict[str, str] = {}
    for table in contract.tables:
        path = find_file(raw, table.raw_name, table.format)
        if path is not None:
            views[table.name] = _raw_relation(connection, contract, table, path, export, scratch)
    if work.patient_table.name not in views:
        raise P4dpError(
            f"The export has no file {work.patient_table.raw_name}.{work.patient_table.format}",
            file=raw,
            remedy="Export again: without patients nothing can be attributed.",
        )
    files = []
    for table in contract.tables:
        view = views.get(table.name)
        if view is None:
            continue
        description = connection.execute(f"describe {view}").fetchall()
        raw_columns = {str(row[0]) for row in description}
        name = f"{table.name}.{table.format}"
        try:
            if table.identities:
                for raw_name in table.identity_columns:
                    work._require(table, raw_name, raw_columns)
                work.protect_patients(view)
            query = work.select(table, view, raw_columns)
            options = (
                "format parquet, compression zstd"
                if table.format == "parquet"
                else f"format csv, header, delimiter {literal(delimiter_of(contract))}"
            )
            written = connection.execute(
                f"copy ({query}) to {literal(out / name)} ({options})"
            ).fetchall()
        except duckdb.Error as error:
            # The message of the engine may quote a line with identities: it is not repeated.
            line = re.search(r"[Ll]ine:? (\d+)", str(error))
            raise P4dpError(
                f"Unreadable raw file: {type(error).__name__}",
                file=f"{table.raw_name}.{table.format}",
                row=int(line.group(1)) - 1 if line else None,
                remedy="Export it again.",
            ) from None
        files.append((name, table.name, table.format, int(written[0][0])))
    return files
