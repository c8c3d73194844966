"""A list returned to a practice → its own patients. Works at the practice only."""

from __future__ import annotations

import csv
from pathlib import Path

from p4dp.boundary.keys import BoundaryKeys
from p4dp.boundary.tokens import open_return_token
from p4dp.errors import P4dpError

TOKEN_COLUMN = "return_token"
RESOLVED_COLUMN = "local_id"


def resolve(returned: Path, keys: Path, *, practice: str) -> list[dict[str, str]]:
    """Rows of a returned CSV (`;` or `,`) with `local_id` in place of `return_token`.

    Raises P4dpError naming the row of a token this practice cannot open.
    """
    own = BoundaryKeys.load(keys, practice)
    with returned.open(encoding="utf-8-sig", newline="") as handle:
        header = handle.readline()
        delimiter = ";" if ";" in header else ","
        handle.seek(0)
        reader = csv.DictReader(handle, delimiter=delimiter)
        if TOKEN_COLUMN not in (reader.fieldnames or ()):
            raise P4dpError(
                f"The list has no column {TOKEN_COLUMN!r}",
                file=returned,
                expected="a list returned by the platform",
            )
        rows = []
        for number, row in enumerate(reader, 1):
            try:
                local_id = open_return_token(own.practice, practice, row[TOKEN_COLUMN] or "")
            except P4dpError as error:
                error.file, error.row, error.column = returned, number, TOKEN_COLUMN
                raise
            rows.append(
                {RESOLVED_COLUMN: local_id}
                | {k: v or "" for k, v in row.items() if k and k != TOKEN_COLUMN}
            )
    return rows
