"""Every worked patient of every measure gets the status its table says."""

from __future__ import annotations

from collections import Counter

import pytest

from .history import expected, read_cases

pytestmark = pytest.mark.slow

CASES = read_cases()


@pytest.fixture(scope="module")
def statuses(worked_patients):
    rows = worked_patients.rows(
        "select * from indicators.fct_indicator_status where coalesce(practice_key, 1) = 1"
    )
    return {(row["indicator_id"], row["person_key"]): row for row in rows}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.indicator_id}: {case.name}")
def test_worked_patient(statuses, case):
    row = statuses.get((case.indicator_id, case.person_key))
    for basis, cell in (("record", case.record), ("linked", case.linked)):
        status, reason = expected(cell)
        found = row[f"{basis}_status"] if row else "not_applicable"
        why = row[f"{basis}_reason_code"] if row else None
        assert found == status, f"{basis}: {found} ({why})"
        if reason:
            assert why == reason


def test_every_measure_has_a_dozen_worked_patients():
    counts = Counter(case.indicator_id for case in CASES)
    assert counts and all(count >= 12 for count in counts.values()), counts
