"""Every worked patient of every measure gets the status its table says."""

from __future__ import annotations

from collections import Counter

import pytest

from .conftest import chosen
from .history import AS_OF, expected, load, read_cases
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def statuses(request, one_measure):
    """The statuses of the cases by measure, version and person; one warehouse for each date."""
    found = {}
    for as_of in sorted({case.as_of for case in chosen(request.config, read_cases())}):
        if one_measure:
            warehouse = one_measure(as_of)
        elif as_of == AS_OF:
            warehouse = request.getfixturevalue("worked_patients")
        else:
            warehouse = SmallWarehouse()
            load(warehouse, read_cases(as_of), as_of)
            warehouse.build(as_of, ["fct_indicator_status"])
        rows = warehouse.rows(
            "select * from indicators.fct_indicator_status where coalesce(practice_key, 1) = 1"
        )
        for row in rows:
            key = (as_of, row["indicator_id"], row["indicator_version"], row["person_key"])
            found[key] = row
    return found


def test_worked_patient(statuses, case):
    row = statuses.get((case.as_of, case.indicator_id, case.indicator_version, case.person_key))
    for basis, cell in (("record", case.record), ("linked", case.linked)):
        status, reason = expected(cell)
        found = row[f"{basis}_status"] if row else "not_applicable"
        why = row[f"{basis}_reason_code"] if row else None
        assert found == status, f"{basis}: {found} ({why})"
        if reason:
            assert why == reason


def test_every_measure_has_a_dozen_worked_patients(request):
    cases = chosen(request.config, read_cases())
    counts = Counter((case.indicator_id, case.indicator_version) for case in cases)
    assert counts and all(count >= 12 for count in counts.values()), counts
