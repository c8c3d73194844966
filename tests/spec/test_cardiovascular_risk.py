"""Cardiovascular risk per person: bounds, classes, precedence and what is missing."""

from __future__ import annotations

import pytest

from .history import AS_OF, Case, load
from .small_warehouse import SmallWarehouse

pytestmark = pytest.mark.slow

LIPIDS = "2025-01-10 tchol 6; 2025-01-10 hdl 1.3"
PRESSURE = "2025-01-10 sbp 120"
KIDNEY_DISEASE = "2024-01-10 creatinine {0}; 2024-06-10 creatinine {0}; 2024-12-10 creatinine {0}"

PEOPLE = {
    "complete": ("M 1965-05", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "no smoking status": ("M 1965-05", f"{PRESSURE}; {LIPIDS}"),
    "no smoking status, low either way": ("F 1984-05", f"{PRESSURE}; {LIPIDS}"),
    "nothing": ("M 1965-05", ""),
    "ascvd": ("M 1965-05", "2020-01-10 cim10 I21.9"),
    "old": ("M 1950-05", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "three readings": (
        "M 1965-05",
        "2023-09-10 sbp 200; 2024-01-10 sbp 130; 2024-06-10 sbp 140; 2025-01-10 sbp 150",
    ),
    "same day averaged first": (
        "M 1965-05",
        "2024-06-10 sbp 140; 2025-01-10 sbp 150; 2025-01-10 sbp 170",
    ),
    "diabetes": (
        "M 1965-05",
        f"2015-06-10 cisp2 T90; {PRESSURE}; {LIPIDS}; 2025-01-10 smoking never;"
        " 2025-01-10 hba1c 50; 2025-01-10 creatinine 80",
    ),
    "diabetes, albumin": (
        "M 1965-05",
        "2015-06-10 cisp2 T90; 2025-01-10 creatinine 80; 2025-01-10 acr 31",
    ),
    "kidney 25": ("M 1965-05", KIDNEY_DISEASE.format(250)),
    "kidney 40, ratio unknown": ("M 1965-05", KIDNEY_DISEASE.format(165)),
    "kidney 40, ratio 1": ("M 1965-05", KIDNEY_DISEASE.format(165) + "; 2025-01-10 acr 1"),
    "kidney 50, ratio 31": ("M 1965-05", KIDNEY_DISEASE.format(135) + "; 2025-01-10 acr 31"),
    "one low rate": ("M 1965-05", "2024-12-10 creatinine 250"),
}


@pytest.fixture(scope="module")
def risks():
    warehouse = SmallWarehouse()
    cases = [
        Case("-", name, person, history, "", "", number)
        for number, (name, (person, history)) in enumerate(PEOPLE.items(), start=1)
    ]
    load(warehouse, cases)
    warehouse.build(AS_OF)
    rows = {
        row["person_key"]: row
        for row in warehouse.rows("select * from indicators.fct_cardiovascular_risk")
    }
    return {case.name: rows[case.person_key] for case in cases}


def test_a_complete_record_gives_one_risk(risks):
    row = risks["complete"]
    assert row["model"] == "SCORE2" and row["missing_inputs"] == ""
    # The reference man of sixty: every covariate at its centre.
    assert row["risk_share"] == pytest.approx(0.04997436620034, abs=1e-9)
    assert row["risk_low_share"] == row["risk_share"] == row["risk_high_share"]
    assert row["category_esc2021"] == "low_moderate"
    assert row["category_esc_eas2025"] == "moderate"


def test_missing_smoking_takes_both_answers_and_leaves_the_class_open(risks):
    row, known = risks["no smoking status"], risks["complete"]
    assert row["risk_share"] is None and row["missing_inputs"] == "smoking"
    assert row["risk_low_share"] == pytest.approx(known["risk_share"], abs=1e-12)
    assert row["risk_high_share"] > row["risk_low_share"]
    assert row["category_esc2021"] is None


def test_a_class_is_given_where_both_bounds_fall_in_it(risks):
    row = risks["no smoking status, low either way"]
    assert row["missing_inputs"] == "smoking" and row["risk_high_share"] < 0.025
    assert row["category_esc2021"] == "low_moderate"
    assert row["category_reason"] == "score_bounds"


def test_nothing_recorded_gives_wide_bounds_and_the_whole_list(risks):
    row = risks["nothing"]
    assert row["missing_inputs"] == "smoking,sbp,total_cholesterol,hdl"
    assert row["risk_low_share"] < 0.03 < 0.1 < row["risk_high_share"]


def test_known_disease_sets_the_class(risks):
    assert risks["ascvd"]["category_esc2021"] == "very_high"
    assert risks["ascvd"]["category_reason"] == "ascvd"


def test_seventy_and_over_go_through_their_own_model(risks):
    assert risks["old"]["model"] == "SCORE2-OP" and risks["old"]["risk_share"] is not None


def test_pressure_is_the_mean_of_the_last_three_days(risks):
    assert risks["three readings"]["sbp_mmhg"] == 140
    assert risks["same day averaged first"]["sbp_mmhg"] == 150


def test_diabetes_has_its_model_and_its_classes(risks):
    row = risks["diabetes"]
    assert row["model"] == "SCORE2-Diabetes" and row["risk_share"] is not None
    assert row["category_esc2021"] is None and row["category_esc_dm2023"] == "moderate"
    assert risks["diabetes, albumin"]["category_esc_dm2023"] == "very_high"


def test_kidney_disease_sets_the_class_when_confirmed(risks):
    assert risks["kidney 25"]["category_esc2021"] == "very_high"
    assert risks["kidney 40, ratio 1"]["category_esc2021"] == "high"
    assert risks["kidney 50, ratio 31"]["category_esc2021"] == "very_high"
    assert risks["one low rate"]["category_reason"] != "kidney_disease"


def test_an_unknown_ratio_leaves_the_kidney_class_open(risks):
    assert risks["kidney 40, ratio unknown"]["category_reason"] != "kidney_disease"


def test_every_cell_of_the_kidney_table_has_one_class():
    warehouse = SmallWarehouse()
    rows = warehouse.rows(
        """
        select egfr, acr, count(category) as classes
        from (select unnest([0.0, 14.9, 29.99, 30, 44.99, 45, 59.99, 60, 89, 150]) as egfr)
        cross join (select unnest([0.0, 2.99, 3, 29.9, 30, 30.01, 31, 500]) as acr)
        left join clinical.kidney_category
            on egfr >= egfr_from and egfr < egfr_below and acr >= acr_from and acr < acr_below
        group by all having classes != 1
        """
    )
    assert rows == []


@pytest.mark.parametrize(
    ("scheme", "age", "limits"),
    [
        ("esc2021", 49, [0.025, 0.075]),
        ("esc2021", 50, [0.05, 0.1]),
        ("esc2021", 69, [0.05, 0.1]),
        ("esc2021", 70, [0.075, 0.15]),
        ("eas2025", 55, [0.02, 0.1, 0.2]),
        ("dm2023", 55, [0.05, 0.1, 0.2]),
    ],
)
def test_a_limit_opens_the_higher_class(scheme, age, limits):
    warehouse = SmallWarehouse()

    def category(risk: float) -> str:
        (row,) = warehouse.rows(
            "select category from clinical.risk_category where scheme = ? and age_from_years <= ?"
            " and age_below_years > ? and risk_from_share <= ? and risk_below_share > ?",
            [scheme, age, age, risk, risk],
        )
        return row["category"]

    classes = [category(0)]
    for limit in limits:
        assert category(limit - 1e-9) == classes[-1]
        classes.append(category(limit))
    assert len(set(classes)) == len(limits) + 1
    assert classes[-1] == "very_high"
