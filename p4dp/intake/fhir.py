"""Delivered FHIR lines → rows: the contract's paths, and every coding."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from p4dp.contracts import Contract, Table
from p4dp.duck import literal, quoted
from p4dp.errors import P4dpError

_EXTENSION = re.compile(r"extension\((.+)\)")
_VALUES = ("$.valueString", "$.valueInteger", "$.valueBoolean", "$.valueDecimal")
_LOCAL_REFERENCES = frozenset({"patient_pseudo", "practitioner_pseudo", "encounter_id"})


def load_lines(
    connection: duckdb.DuckDBPyConnection, path: Path, relation: str, max_line_bytes: int
) -> None:
    """Table `relation`: delivery_row (from 1) and line, for every non-empty line."""
    try:
        connection.execute(
            f"create temp table {relation} as"
            f" select row_number() over () as delivery_row, line"
            f" from read_csv({literal(path)}, columns={{'line': 'VARCHAR'}}, delim='\x1f',"
            f" quote='', escape='', header=false, auto_detect=false, nullstr='',"
            f" max_line_size={max_line_bytes}) where line is not null"
        )
    except duckdb.Error:
        raise P4dpError(
            "The file is not readable as lines of UTF-8 text",
            file=path.name,
            expected=f"NDJSON in UTF-8, lines of at most {max_line_bytes} bytes",
            remedy="Export it again.",
        ) from None


def column_expressions(table: Table) -> dict[str, str]:
    """SQL text expression over `body` for each column of a resource's table."""
    expressions = {}
    for column in table.columns:
        path = column.path or ""
        call = _EXTENSION.fullmatch(path)
        if call:
            found = (
                "list_filter(json_extract(body, '$.extension[*]'),"
                f" lambda e: (e->>'$.url') = {literal(call.group(1))})[1]"
            )
            values = ", ".join(f"({found}->>'{value}')" for value in _VALUES)
            expression = f"coalesce({values})"
        else:
            paths = (path, *column.alternatives)
            listed = ", ".join(f"(body->>{literal(p)})" for p in paths)
            expression = f"coalesce({listed})" if len(paths) > 1 else listed
            if column.name in _LOCAL_REFERENCES and path.endswith(".reference"):
                expression = f"nullif(regexp_extract({expression}, '([^/:]+)$', 1), '')"
        expressions[column.name] = expression
    return expressions


def coding_query(table: Table, kind: str, rows: str) -> str:
    """Rows of the table `coding` from the accepted rows of a resource type."""
    head = f"{literal(kind)} as resource_type, delivery_row, resource_id, patient_pseudo"
    if table.name == "other_resource":
        return f"""
            select resource_type, resource_id, patient_pseudo, coding->>'$.element' as element,
                row_number() over (
                    partition by delivery_row, coding->>'$.element' order by position
                )::integer - 1 as coding_index,
                coding->>'$.system' as code_system, coding->>'$.code' as code, delivery_row
            from (
                select {head}, unnest(json_extract(line::json, '$.coding[*]')) as coding,
                    unnest(range(len(json_extract(line::json, '$.coding[*]')))) as position
                from {rows}
            )
        """
    parts = []
    for element, path in table.codings.items():
        found = f"json_extract(line::json, {literal(path)})"
        if not path.endswith("[*]"):
            found = f"case when {found} is not null then [{found}] else [] end"
        parts.append(
            f"""
            select resource_type, resource_id, patient_pseudo, {literal(element)} as element,
                position::integer as coding_index, coding->>'$.system' as code_system,
                coding->>'$.code' as code, delivery_row
            from (
                select {head}, unnest({found}) as coding, unnest(range(len({found}))) as position
                from {rows}
            )
            """
        )
    return " union all ".join(parts)


def component_query(rows: str) -> str:
    """Rows of the table `observation_component` from accepted observations."""
    return f"""
        select resource_id, position::integer as component_index, patient_pseudo,
            component->>'$.code.coding[0].system' as code_system,
            component->>'$.code.coding[0].code' as code,
            try_cast(component->>'$.valueQuantity.value' as double) as value_number,
            coalesce(component->>'$.valueQuantity.code', component->>'$.valueQuantity.unit')
                as value_unit,
            delivery_row
        from (
            select delivery_row, resource_id, patient_pseudo,
                unnest(json_extract(line::json, '$.component[*]')) as component,
                unnest(range(len(json_extract(line::json, '$.component[*]')))) as position
            from {rows}
        )
    """


def derived_queries(contract: Contract, resources: list[tuple[Table, str, str]]) -> dict[str, str]:
    """Queries of the derived tables, from (table, resource type, relation of accepted rows)."""
    codings, components = [], []
    for table, kind, rows in resources:
        if table.name == "suppression" or not (table.codings or table.name == "other_resource"):
            continue
        codings.append(coding_query(table, kind, rows))
        if kind == "Observation":
            components.append(component_query(rows))
    queries = {}
    for name, parts in (("coding", codings), ("observation_component", components)):
        if parts and contract.has_table(name):
            columns = ", ".join(quoted(c.name) for c in contract.table(name).columns)
            queries[name] = f"select delivery_row, {columns} from ({' union all '.join(parts)})"
    return queries
