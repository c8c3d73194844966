"""Out of the care pathway: one state per person, the first of the order that holds."""

from __future__ import annotations

import pytest

from .history import AS_OF, Case, add_person, load
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow

# Claims are judged at 2024-12-30, six months before the reference date.
IN_CARE = "2024-10-10 contact @claims"
STATINS = "2023-01-10 line lipid_lowering 2023-09-07 @claims"
TENSION = "2023-01-10 line antihypertensive 2023-09-07 @claims"
RECENT = "2024-04-10 line antihypertensive 2024-12-07 @claims"
SHORT = "2023-04-10 line antihypertensive 2023-09-07 @claims"

PEOPLE = {
    "in care": ("F 1960-05 linked", IN_CARE, "in_care", "in_care"),
    "died": ("F 1960-05 linked died 2025-02-01", "", "deceased", "deceased"),
    "not linked": ("F 1960-05", "2020-01-10 cisp2 T90", "unknown", "not_linked"),
    "no claim and no contact": (
        "F 1960-05 linked undeclared",
        "2022-12-30 contact @claims",
        "no_care",
        "no_claim_and_no_contact_in_24_months",
    ),
    "a claim within two years is care": (
        "F 1960-05 linked undeclared",
        "2022-12-31 contact @claims",
        "no_declared_gp",
        "no_treating_doctor_in_claims_or_record",
    ),
    "no care comes before no declared doctor": (
        "F 1960-05 linked undeclared",
        "",
        "no_care",
        "no_claim_and_no_contact_in_24_months",
    ),
    "no declared doctor comes before a chronic disease": (
        "F 1960-05 linked undeclared",
        "2020-01-10 cisp2 T90; 2023-06-10 contact @claims",
        "no_declared_gp",
        "no_treating_doctor_in_claims_or_record",
    ),
    "no row, the last claim says none": (
        "F 1960-05 linked undeclared",
        f"2024-10-10 pathway 24; {IN_CARE}",
        "no_declared_gp",
        "no_treating_doctor_in_claims_or_record",
    ),
    "no row, the last claim names a declared doctor": (
        "F 1960-05 linked undeclared",
        f"2023-10-10 pathway 24; 2024-10-10 pathway 1; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "in a nursing home by the claims": (
        "F 1940-05 linked undeclared",
        "2025-02-01 nursing_home",
        "institution",
        "institution",
    ),
    "diabetes, last seen more than a year before": (
        "F 1960-05 linked",
        "2020-01-10 cisp2 T90; 2023-12-30 contact @claims",
        "chronic_no_gp_contact",
        "diabetes",
    ),
    "diabetes, seen within the year": (
        "F 1960-05 linked",
        "2020-01-10 cisp2 T90; 2023-12-31 contact @claims",
        "in_care",
        "in_care",
    ),
    "diabetes, seen here only": (
        "F 1960-05 linked",
        "2020-01-10 cisp2 T90; 2024-06-10 contact",
        "in_care",
        "in_care",
    ),
    "diabetes, a specialist is not enough": (
        "F 1960-05 linked",
        "2020-01-10 cisp2 T90; 2024-06-10 specialist @claims",
        "chronic_no_gp_contact",
        "diabetes",
    ),
    "long-term illness, no claim in a year": (
        "F 1960-05 linked",
        "2018-01-10 ald G35; 2023-06-10 contact @claims",
        "ald_without_follow_up",
        "G35",
    ),
    "long-term illness, seen by a specialist without exemption": (
        "F 1960-05 linked",
        "2018-01-10 ald G35; 2024-06-10 specialist @claims",
        "ald_without_follow_up",
        "G35",
    ),
    "long-term illness, exempted within the year": (
        "F 1960-05 linked",
        "2018-01-10 ald G35; 2024-06-10 exempted; 2024-06-10 specialist @claims",
        "in_care",
        "in_care",
    ),
    "long-term illness that ended": (
        "F 1960-05 linked",
        "2018-01-10 ald G35 2024-01-01; 2023-06-10 contact @claims",
        "in_care",
        "in_care",
    ),
    "antihypertensive stopped": (
        "F 1960-05 linked",
        f"{TENSION}; {IN_CARE}",
        "treatment_stopped",
        "antihypertensive",
    ),
    "antihypertensive still taken": (
        "F 1960-05 linked",
        f"{RECENT}; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "taken again since": (
        "F 1960-05 linked",
        f"{TENSION}; 2024-11-10 line antihypertensive 2025-01-10 430 @claims; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "taken for less than half a year": (
        "F 1960-05 linked",
        f"{SHORT}; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "positive colorectal test, no colonoscopy": (
        "F 1960-05 linked",
        f"2024-03-10 fit positive; {IN_CARE}",
        "ordered_test_missing",
        "colonoscopy_after_positive_test",
    ),
    "positive colorectal test and colonoscopy": (
        "F 1960-05 linked",
        f"2024-03-10 fit positive; 2024-05-10 ccam HHQE002 @claims; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "positive cervical tests, no colposcopy": (
        "F 1985-05 linked",
        f"2024-03-10 hpv positive; 2024-03-10 cytology abnormal; {IN_CARE}",
        "ordered_test_missing",
        "follow_up_of_cervical_test",
    ),
    "a first prescription that was never dispensed": (
        "F 1960-05 linked",
        f"2024-03-10 rx C10AA05; {IN_CARE}",
        "ordered_test_missing",
        "prescription_not_dispensed",
    ),
    "a first prescription too recent for the claims": (
        "F 1960-05 linked",
        f"2024-11-10 rx C10AA05; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "a stopped treatment comes before a missing test": (
        "F 1960-05 linked",
        f"{TENSION}; 2024-03-10 fit positive; {IN_CARE}",
        "treatment_stopped",
        "antihypertensive",
    ),
    "a statin stopped without heart disease": (
        "F 1960-05 linked",
        f"{STATINS}; {IN_CARE}",
        "in_care",
        "in_care",
    ),
    "a statin stopped after an infarction": (
        "F 1960-05 linked",
        f"2020-01-10 cim10 I21.9; {STATINS}; {IN_CARE}",
        "treatment_stopped",
        "lipid_lowering",
    ),
}


@pytest.fixture(scope="module")
def states():
    warehouse = SmallWarehouse()
    cases = [
        Case("-", name, person, history, "", "", number)
        for number, (name, (person, history, _, _)) in enumerate(PEOPLE.items(), start=1)
    ]
    load(warehouse, cases)
    child, closed = len(PEOPLE) + 1, len(PEOPLE) + 2
    others = [
        Case("-", "child", "F 2009-07 linked", "", "", "", child),
        Case("-", "closed", "F 1960-05 linked", IN_CARE, "", "", closed),
    ]
    for case in others:
        add_person(warehouse, case)
    warehouse.connection.execute(
        "update linked.fct_registration set end_date = date '2025-03-01' where person_key = ?",
        [closed],
    )
    # Doctor 7 signed a contact within the year before the claims' date, doctor 8 before it.
    for doctor, day in ((7, "2023-12-31"), (8, "2023-12-30")):
        patient = closed + doctor
        add_person(
            warehouse, Case("-", f"doctor {doctor}", "F 1960-05 linked", IN_CARE, "", "", patient)
        )
        warehouse.insert(
            "linked.fct_treating_doctor",
            person_key=patient,
            practitioner_key=doctor,
            start_date="2015-01-01",
        )
        warehouse.insert(
            "linked.fct_encounter",
            person_key=1_000_000,
            practitioner_key=doctor,
            encounter_date=day,
            source="medirel",
        )
    warehouse.build(AS_OF, ["fct_out_of_pathway"])
    rows = warehouse.rows("select * from indicators.fct_out_of_pathway")
    assert len({row["person_key"] for row in rows}) == len(rows)
    found = {row["person_key"]: row for row in rows}
    names = {case.person_key: case.name for case in (*cases, *others)}
    names |= {closed + doctor: f"doctor {doctor}" for doctor in (7, 8)}
    return {name: found.get(key) for key, name in names.items()}


@pytest.mark.parametrize("name", PEOPLE)
def test_the_first_state_of_the_order_holds(states, name):
    _, _, state, reason = PEOPLE[name]
    assert (states[name]["state"], states[name]["reason"]) == (state, reason)


def test_a_closed_chart_is_a_move(states):
    assert states["closed"]["state"] == "moved"


def test_a_declared_doctor_who_no_longer_practises_is_shown(states):
    assert not states["doctor 7"]["is_declared_gp_inactive"]
    assert states["doctor 8"]["is_declared_gp_inactive"]
    assert states["doctor 8"]["state"] == "in_care"


def test_children_are_not_judged(states):
    assert states["child"] is None


def test_a_state_says_what_its_sources_cannot_see(states):
    assert states["not linked"]["blind_spot"] == "care_outside_this_practice"
    assert states["antihypertensive stopped"]["blind_spot"] == "hospital_supply"
