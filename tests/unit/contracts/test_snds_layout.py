"""The claims contract names tables and columns as the SNDS does in its public schema."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from p4dp.contracts import contract_for

SHARED = Path(os.environ.get("P4DP_SHARED", Path(__file__).parents[4] / "shared"))
LAYOUT = SHARED / "data" / "snds" / "snds_columns.csv"
# Known by the documentation alone: the public schema of 2020 holds no table of these names.
ELSEWHERE = {"APPARIEMENT", "T_MCOaaFLSTC", "IR_VAC_F", "IR_ESM_R"}


@pytest.fixture(scope="module")
def layout() -> dict[str, set[str]]:
    if not LAYOUT.is_file():
        pytest.skip("no public schema of the SNDS beside the project")
    columns: dict[str, set[str]] = {}
    with LAYOUT.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            columns.setdefault(row["table_name"], set()).add(row["column_name"])
    return columns


def test_every_table_and_column_of_the_contract_is_the_snds_own(
    layout: dict[str, set[str]],
) -> None:
    tables = contract_for("snds", "1.0").tables
    assert {table.name for table in tables} - set(layout) == ELSEWHERE
    assert [
        f"{table.name}.{column.name}"
        for table in tables
        if table.name in layout
        for column in table.columns
        if column.name not in layout[table.name]
    ] == []
