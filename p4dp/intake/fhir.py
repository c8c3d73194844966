"""Delivered FHIR lines → rows: the contract's paths, and every coding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from p4dp.contracts import Contract, Table
from p4dp.duck import literal, quoted

_EXTENSION = re.compile(r"extension\((.+)\)")
_VALUES = ("$.valueString", "$.valueInteger", "$.valueBoolean", "$.valueDecimal")
_LOCAL_REFERENCES = frozenset({"patient_pseudo", "practitioner_pseudo", "encounter_id"})


@dataclass(frozen=True)
class PathExpressions:
    """Text of a resource's columns: `columns` in terms of `found`, the list of `paths` (SQL)."""

    columns: Mapping[str, str]
    paths: str


def path_expressions(wanted: Mapping[str, Sequence[str]]) -> PathExpressions:
    """Columns by JSON paths, the first one filled: every line is parsed once for all of them."""
    places: dict[str, int] = {}
    columns = {}
    for name, paths in wanted.items():
        found = [f"found[{places.setdefault(path, len(places) + 1)}]" for path in paths]
        columns[name] = f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]
    listed = ", ".join(literal(path) for path in places)
    return PathExpressions(columns, f"[{listed}]")


def column_expressions(table: Table) -> PathExpressions:
    """SQL text expression for each column of a resource's table, over `body` and `found`."""
    plain = {
        column.name: (column.path, *column.alternatives)
        for column in table.columns
        if column.path is not None and not _EXTENSION.fullmatch(column.path)
    }
    expressions = path_expressions(plain)
    columns = {}
    for column in table.columns:
        call = _EXTENSION.fullmatch(column.path or "")
        if call:
            found = (
                "list_filter(json_extract(body, '$.extension[*]'),"
                f" lambda e: (e->>'$.url') = {literal(call.group(1))})[1]"
            )
            values = ", ".join(f"({found}->>'{value}')" for value in _VALUES)
            expression = f"coalesce({values})"
        else:
            expression = expressions.columns[column.name]
            if column.name in _LOCAL_REFERENCES and (column.path or "").endswith(".reference"):
                expression = f"nullif(regexp_extract({expression}, '([^/:]+)$', 1), '')"
        columns[column.name] = expression
    return PathExpressions(columns, expressions.paths)


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
