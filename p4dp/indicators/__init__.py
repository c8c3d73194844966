"""Measures as folders: their list, the union that runs them, the scaffold of a new one."""

from p4dp.indicators.case_definitions import (
    CaseDefinition,
    check_case_definitions,
    definitions_of,
    load_case_definitions,
)
from p4dp.indicators.measures import (
    Measure,
    check_measures,
    generate_union,
    load_measures,
    new_measure,
    union_sql,
)
from p4dp.indicators.pages import write_pages

__all__ = [
    "CaseDefinition",
    "Measure",
    "check_case_definitions",
    "check_measures",
    "definitions_of",
    "generate_union",
    "load_case_definitions",
    "load_measures",
    "new_measure",
    "union_sql",
    "write_pages",
]
