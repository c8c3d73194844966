"""Measures as folders: their list, the union that runs them, the scaffold of a new one."""

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
    "Measure",
    "check_measures",
    "generate_union",
    "load_measures",
    "new_measure",
    "union_sql",
    "write_pages",
]
