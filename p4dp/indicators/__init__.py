"""Measures as folders: their list, the union that runs them, the scaffold of a new one."""

from p4dp.indicators.measures import (
    Measure,
    check_measures,
    generate_union,
    load_measures,
    new_measure,
    union_sql,
)

__all__ = [
    "Measure",
    "check_measures",
    "generate_union",
    "load_measures",
    "new_measure",
    "union_sql",
]
