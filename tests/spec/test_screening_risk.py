"""Risk groups of cancer screening: the highest that structured history gives."""

from __future__ import annotations

import pytest

from .history import AS_OF, Case, load
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow

PEOPLE = {
    "nothing": (
        "F 1970-05",
        "",
        {"colorectal": "average", "breast": "average", "cervix": "average"},
    ),
    "a man": ("M 1970-05", "", {"colorectal": "average"}),
    "Lynch": ("M 1970-05", "2015-01-10 snomed 315058005", {"colorectal": "very_high"}),
    "Lynch and a cancer": (
        "M 1970-05",
        "2012-01-10 cim10 C18.9; 2015-01-10 snomed 315058005",
        {"colorectal": "very_high"},
    ),
    "Crohn": ("M 1970-05", "2015-01-10 cisp2 D94", {"colorectal": "high"}),
    "polyp removed": ("M 1970-05", "2015-01-10 ccam HHFE002", {"colorectal": "high"}),
    "a relative, organ unknown": (
        "M 1970-05",
        "2015-01-10 cim10 Z80.0",
        {"colorectal": "high_possible"},
    ),
    "a sister": (
        "F 1970-05",
        "2015-01-10 cim10 Z80.3",
        {"colorectal": "average", "breast": "elevated", "cervix": "average"},
    ),
    "BRCA": (
        "F 1970-05",
        "2015-01-10 cim10 Z80.3; 2016-01-10 snomed 412734009",
        {"colorectal": "average", "breast": "very_high", "cervix": "average"},
    ),
    "irradiation, site unknown": (
        "F 1970-05",
        "2015-01-10 cim10 Z92.3",
        {"colorectal": "average", "breast": "high_possible", "cervix": "average"},
    ),
    "grafted, thirty": ("F 1995-05", "2015-01-10 cim10 Z94.0", {"cervix": "high"}),
    "HIV, thirty": ("F 1995-05", "2015-01-10 cim10 B20", {"cervix": "high"}),
    "abnormal smear, thirty": ("F 1995-05", "2024-01-10 cisp2 X86", {"cervix": "high"}),
    "after the date": ("F 1995-05", "2025-07-10 cisp2 X86", {"cervix": "average"}),
    "twenty-four": ("F 2000-07", "", {}),
    "seventy-five this month": ("F 1950-06", "2015-01-10 cisp2 D94", {}),
}


@pytest.fixture(scope="module")
def groups():
    warehouse = SmallWarehouse()
    cases = [
        Case("-", name, person, history, "", "", number)
        for number, (name, (person, history, _)) in enumerate(PEOPLE.items(), start=1)
    ]
    load(warehouse, cases)
    warehouse.build(AS_OF, ["fct_screening_risk"])
    rows = warehouse.rows("select * from indicators.fct_screening_risk where basis = 'record'")
    found: dict[str, dict[str, str]] = {name: {} for name in PEOPLE}
    names = dict(enumerate(PEOPLE, start=1))
    for row in rows:
        if row["person_key"] in names:
            found[names[row["person_key"]]][row["cancer"]] = row["risk_group"]
    return found


@pytest.mark.parametrize("name", PEOPLE)
def test_the_highest_group_holds(groups, name):
    assert groups[name] == PEOPLE[name][2]
