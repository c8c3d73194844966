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
    "diabetes by its treatment": (
        "M 1965-05",
        "2024-01-10 rx A10AE04; 2024-04-10 rx A10AE04; 2024-07-10 rx A10AE04",
    ),
    "type 1": (
        "M 1965-05",
        f"2015-06-10 cim10 E10.9; {PRESSURE}; {LIPIDS}; 2025-01-10 smoking never;"
        " 2025-01-10 hba1c 50; 2025-01-10 creatinine 80",
    ),
    "type 1, seventy": (
        "M 1955-06",
        f"2015-06-10 cim10 E10.9; {PRESSURE}; {LIPIDS}; 2025-01-10 smoking never",
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
    "familial": (
        "M 1965-05",
        f"2010-01-10 snomed 398036000; {PRESSURE}; {LIPIDS}; 2025-01-10 smoking never;"
        " 2025-01-10 ldl 1.9",
    ),
    "familial and ascvd": ("M 1965-05", "2010-01-10 snomed 398036000; 2020-01-10 cim10 I21.9"),
    "ascvd on goal": ("M 1965-05", "2020-01-10 cim10 I21.9; 2025-01-10 ldl 1.39"),
    "ascvd at the goal": ("M 1965-05", "2020-01-10 cim10 I21.9; 2025-01-10 ldl 1.4"),
    "ascvd, old value": ("M 1965-05", "2020-01-10 cim10 I21.9; 2024-06-30 ldl 1.3"),
    "smoker of sixty-nine": (
        "M 1956-05",
        "2025-01-10 sbp 160; 2025-01-10 tchol 7; 2025-01-10 hdl 1; 2025-01-10 smoking current;"
        " 2025-01-10 ldl 2.5; 2025-01-10 rx C10AA05",
    ),
    "thirty-nine": ("M 1985-07", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "forty": ("M 1985-06", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "seventy": ("M 1955-06", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "sixty-nine": ("M 1955-07", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "eighty-nine": ("M 1935-07", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
    "ninety": ("M 1935-06", f"{PRESSURE}; {LIPIDS}; 2025-01-10 smoking never"),
}


# Active patients: whoever had a contact; everybody of this file gets one.
CONTACT = "2025-02-01 contact"


@pytest.fixture(scope="module")
def small():
    warehouse = SmallWarehouse()
    cases = [
        Case("-", name, person, f"{history}; {CONTACT}", "", "", number)
        for number, (name, (person, history)) in enumerate(PEOPLE.items(), start=1)
    ]
    load(warehouse, cases)
    warehouse.build(AS_OF, ["fct_cardiovascular_risk", "fct_statin_by_risk_class"])
    return warehouse


@pytest.fixture(scope="module")
def risks(small):
    rows = {
        row["person_key"]: row
        for row in small.rows("select * from indicators.fct_cardiovascular_risk")
    }
    names = dict(enumerate(PEOPLE, start=1))
    return {name: rows[key] for key, name in names.items() if key in rows}


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


def test_diabetes_that_only_its_treatment_proves_has_the_model_of_diabetes(risks):
    row = risks["diabetes by its treatment"]
    assert row["has_diabetes"] and row["model"] == "SCORE2-Diabetes"
    assert row["missing_inputs"] == "smoking,sbp,total_cholesterol,hdl,hba1c,egfr"


def test_no_score_is_for_type_1_below_seventy(risks):
    row = risks["type 1"]
    assert row["risk_share"] is None and row["risk_low_share"] is None
    assert row["category_esc2021"] is None and row["missing_inputs"] == ""
    assert row["category_reason"] == "type_1_diabetes"
    assert risks["type 1, seventy"]["model"] == "SCORE2-OP"
    assert risks["type 1, seventy"]["risk_share"] is not None


def test_kidney_disease_sets_the_class_when_confirmed(risks):
    assert risks["kidney 25"]["category_esc2021"] == "very_high"
    assert risks["kidney 40, ratio 1"]["category_esc2021"] == "high"
    assert risks["kidney 50, ratio 31"]["category_esc2021"] == "very_high"
    assert risks["one low rate"]["category_reason"] != "kidney_disease"


def test_an_unknown_ratio_leaves_the_kidney_class_open(risks):
    assert risks["kidney 40, ratio unknown"]["category_reason"] != "kidney_disease"


def test_familial_hypercholesterolaemia_is_high_unless_disease_says_more(risks):
    row = risks["familial"]
    assert row["category_esc2021"] == row["category_esc_eas2025"] == "high"
    assert row["category_reason"] == "familial_hypercholesterolaemia"
    assert risks["familial and ascvd"]["category_esc2021"] == "very_high"


def test_a_goal_goes_with_the_class_of_its_own_guideline(risks):
    low = risks["complete"]
    assert low["ldl_goal_esc2021_mmol_l"] is None  # low to moderate: no goal in 2021
    assert low["category_esc_eas2025"] == "moderate" and low["ldl_goal_esc_eas2025_mmol_l"] == 2.6
    assert risks["familial"]["is_ldl_on_goal_esc2021"] is False
    assert risks["ascvd on goal"]["is_ldl_on_goal_esc2021"] is True
    assert risks["ascvd at the goal"]["is_ldl_on_goal_esc2021"] is False
    assert risks["ascvd, old value"]["is_ldl_on_goal_esc2021"] is None
    assert risks["no smoking status"]["ldl_goal_esc2021_mmol_l"] is None  # no class, no goal


def test_the_pressure_guideline_asks_whether_the_risk_is_sufficiently_high(risks):
    assert risks["complete"]["category_esc2024_bp"] == "not_sufficiently_high"
    assert risks["smoker of sixty-nine"]["category_esc2024_bp"] == "sufficiently_high"
    assert risks["ascvd"]["category_esc2024_bp"] == "sufficiently_high"
    assert risks["nothing"]["category_esc2024_bp"] is None


def test_models_keep_to_their_ages(risks):
    assert "thirty-nine" not in risks and "ninety" not in risks
    models = {name: risks[name]["model"] for name in ("forty", "sixty-nine", "seventy")}
    assert models == {"forty": "SCORE2", "sixty-nine": "SCORE2", "seventy": "SCORE2-OP"}
    assert risks["eighty-nine"]["risk_share"] is not None


def test_a_missing_input_is_bounded_by_what_is_recorded_here():
    """The values of a hundred men of fifty; of ninety-nine, the chosen ones stand."""
    for people, origin, low, high in ((99, "seed", 108.0, 162.0), (101, "observed", 105.0, 195.0)):
        warehouse = SmallWarehouse()
        warehouse.connection.execute(
            f"""
            insert into staging.stg_run values (date '{AS_OF}', date '{AS_OF}', true);
            insert into linked.dim_patient (person_key, birth_year, birth_month, sex)
                select i, 1970, 1, 'M' from range({people}) as series(i);
            insert into linked.fct_measurement
                (person_key, measure, value, measurement_date, is_plausible)
                select i, 'sbp', 100 + i, date '2025-01-10', true from range({people}) as series(i);
            -- An older value and an implausible one count for nothing.
            insert into linked.fct_measurement
                (person_key, measure, value, measurement_date, is_plausible)
                select i, 'sbp', 50, date '2021-01-10', true from range({people}) as series(i)
                union all
                select i, 'sbp', 20, date '2025-02-10', false from range({people}) as series(i);
            """
        )
        warehouse.build(AS_OF, ["int_cardiovascular__percentile"])
        (row,) = warehouse.rows(
            "select * from indicators.int_cardiovascular__percentile"
            " where measure = 'sbp' and sex = 'M' and age_from_years = 50"
        )
        assert (row["origin"], row["p05"], row["p95"]) == (origin, low, high)


def test_statins_are_counted_by_the_class_of_each_guideline(small):
    rows = {
        (row["scheme"], row["category"]): row
        for row in small.rows(
            "select * from indicators.fct_statin_by_risk_class where practice_key = 1"
        )
    }
    very_high = rows["esc2021", "very_high"]
    people = small.rows(
        "select * from indicators.int_cardiovascular__risk"
        " where basis = 'record' and practice_key = 1 and category_esc2021 = 'very_high'"
    )
    assert very_high["person_count"] == len(people) > 0
    assert very_high["on_statin_count"] == sum(row["is_on_statin"] for row in people) == 1
    assert ("esc2021", "unknown") in rows


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
