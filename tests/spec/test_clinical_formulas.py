"""The clinical formulas against published reference results, and at their edges, run in DuckDB."""

from __future__ import annotations

import math
import os
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .clinical_macros import expression

ROOT = Path(__file__).resolve().parents[2]
ORACLES = Path(os.environ.get("P4DP_SHARED", ROOT.parent / "shared")) / "oracles" / "cardiovascular"
needs_oracles = pytest.mark.skipif(
    not ORACLES.is_dir(), reason="reference results not found: set P4DP_SHARED"
)

SCORE2 = {
    "age": "age",
    "sex": "sex",
    "is_smoker": "is_smoker",
    "sbp_mmhg": "sbp_mmhg",
    "total_cholesterol_mmol_l": "tchol",
    "hdl_mmol_l": "hdl",
    "has_diabetes": "has_diabetes",
    "region": "region",
}
DIABETES = SCORE2 | {
    "age_at_diagnosis": "age_at_diagnosis",
    "hba1c_mmol_mol": "hba1c",
    "egfr": "egfr",
}
TYPES = {
    "age": "double",
    "sex": "varchar",
    "is_smoker": "boolean",
    "sbp_mmhg": "double",
    "tchol": "double",
    "hdl": "double",
    "has_diabetes": "boolean",
    "region": "varchar",
    "age_at_diagnosis": "double",
    "hba1c": "double",
    "egfr": "double",
}
PERSON = {
    "age": 60,
    "sex": "M",
    "is_smoker": False,
    "sbp_mmhg": 120,
    "tchol": 6,
    "hdl": 1.3,
    "has_diabetes": False,
    "region": "low",
    "age_at_diagnosis": 50,
    "hba1c": 50,
    "egfr": 90,
}
MODELS = {"score2": SCORE2, "score2_op": SCORE2, "score2_diabetes": DIABETES}


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        yield connection


def literal(value, type_: str) -> str:
    if value is None:
        return f"cast(null as {type_})"
    return f"cast('{value}' as {type_})" if isinstance(value, str) else f"cast({value} as {type_})"


def risk(engine, model: str, **changes) -> float | None:
    """The model's result for the reference person with these changes."""
    person = PERSON | changes
    columns = ", ".join(f"{literal(person[c], t)} as {c}" for c, t in TYPES.items())
    sql = f"select {expression(model, **MODELS[model])} from (select {columns})"
    return engine.sql(sql).fetchone()[0]


def egfr(engine, formula: str, creatinine, age, sex) -> float | None:
    sql = expression(
        formula,
        creatinine_umol_l=literal(creatinine, "double"),
        age=literal(age, "double"),
        sex=literal(sex, "varchar"),
    )
    return engine.sql(f"select {sql}").fetchone()[0]


@needs_oracles
@pytest.mark.parametrize(
    ("model", "macro"),
    [("SCORE2", "score2"), ("SCORE2-OP", "score2_op"), ("SCORE2-Diabetes", "score2_diabetes")],
)
def test_risk_equals_the_reference_results(engine, model, macro):
    arguments = {
        "age": "age",
        "sex": "upper(substr(sex, 1, 1))",
        "is_smoker": "smoker = 1",
        "sbp_mmhg": "sbp_mmhg",
        "total_cholesterol_mmol_l": "tchol_mmol_l",
        "hdl_mmol_l": "hdl_mmol_l",
        "has_diabetes": "diabetes = 1",
        "region": "region",
    }
    if macro == "score2_diabetes":
        arguments |= {
            "age_at_diagnosis": "age_at_diabetes_diagnosis",
            "hba1c_mmol_mol": "hba1c_mmol_mol",
            "egfr": "egfr",
        }
    rows = engine.execute(
        f"""
        select case_id, risk_pct_expected / 100, {expression(macro, **arguments)}
        from read_csv(?) where model = ?
        """,
        [str(ORACLES / "score2_oracle.csv"), model],
    ).fetchall()
    assert len(rows) >= 15
    for case, expected, found in rows:
        assert found is not None, case
        # The reference prints twelve decimals of a percentage.
        assert found == pytest.approx(expected, rel=0, abs=1e-9), case


@needs_oracles
@pytest.mark.parametrize(
    ("macro", "column"),
    [
        ("ckd_epi_2009", "egfr_ckdepi2009_expected"),
        ("ckd_epi_2021", "egfr_ckdepi2021_expected"),
    ],
)
def test_kidney_function_equals_the_reference_results(engine, macro, column):
    formula = expression(
        macro, creatinine_umol_l="creat_umol_l", age="age", sex="upper(substr(sex, 1, 1))"
    )
    rows = engine.execute(
        f"select case_id, {column}, {formula} from read_csv(?)",
        [str(ORACLES / "egfr_oracle.csv")],
    ).fetchall()
    assert len(rows) >= 15
    for case, expected, found in rows:
        assert found == pytest.approx(expected, rel=0, abs=1e-9), case


@pytest.mark.parametrize("region", ["low", "moderate", "high", "very_high"])
@pytest.mark.parametrize(("sex", "survival"), [("M", 0.9605), ("F", 0.9776)])
def test_a_person_at_every_centre_has_the_scaled_baseline_risk(engine, sex, survival, region):
    """Independent of the coefficients: only the baseline and the regional scales are left."""
    scales = {
        ("M", "low"): (-0.5699, 0.7476),
        ("M", "moderate"): (-0.1565, 0.8009),
        ("M", "high"): (0.3207, 0.9360),
        ("M", "very_high"): (0.5836, 0.8294),
        ("F", "low"): (-0.7380, 0.7019),
        ("F", "moderate"): (-0.3143, 0.7701),
        ("F", "high"): (0.5710, 0.9369),
        ("F", "very_high"): (0.9412, 0.8329),
    }
    scale1, scale2 = scales[sex, region]
    expected = 1 - math.exp(-math.exp(scale1 + scale2 * math.log(-math.log(survival))))
    assert risk(engine, "score2", sex=sex, region=region) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("missing", list(TYPES))
def test_a_missing_input_gives_no_risk(engine, model, missing):
    age = 75 if model == "score2_op" else 60
    found = risk(engine, model, **({"age": age} | {missing: None}))
    if missing in MODELS[model].values():
        assert found is None
    else:
        assert found is not None


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_sex_or_region_gives_no_risk(engine, model):
    age = 75 if model == "score2_op" else 60
    assert risk(engine, model, age=age, sex="U") is None
    assert risk(engine, model, age=age, sex="m") is None
    assert risk(engine, model, age=age, region="France") is None


@pytest.mark.parametrize(
    ("model", "inside", "outside"),
    [
        ("score2", [40, 69, 69.99, 69.9999999], [39, 39.99, 70, 70.01, 90, 0, -1]),
        ("score2_diabetes", [40, 69.99], [39.99, 70, 85]),
        ("score2_op", [70, 70.0001, 89, 89.99], [69.99, 69.9999999, 90, 95, 40]),
    ],
)
def test_each_model_keeps_to_its_ages(engine, model, inside, outside):
    assert all(risk(engine, model, age=age) is not None for age in inside)
    assert all(risk(engine, model, age=age) is None for age in outside)


def test_an_impossible_kidney_function_gives_no_diabetes_risk(engine):
    assert risk(engine, "score2_diabetes", egfr=0) is None
    assert risk(engine, "score2_diabetes", egfr=-5) is None


def test_integer_and_decimal_columns_give_the_same_risk_as_doubles(engine):
    """A decimal literal times an integer column would be decimal arithmetic, rounded."""
    expected = risk(engine, "score2", age=62, sbp_mmhg=151, tchol=5.6, hdl=1.1)
    sql = expression(
        "score2",
        age="62",
        sex="'M'",
        is_smoker="false",
        sbp_mmhg="151",
        total_cholesterol_mmol_l="5.6",
        hdl_mmol_l="cast(1.1 as decimal(4, 2))",
        has_diabetes="false",
        region="'low'",
    )
    assert engine.sql(f"select {sql}").fetchone()[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("formula", ["ckd_epi_2009", "ckd_epi_2021"])
def test_kidney_function_is_for_adults_with_a_positive_creatinine(engine, formula):
    assert egfr(engine, formula, 80, 18, "F") is not None
    assert egfr(engine, formula, 80, 17.99, "F") is None
    assert egfr(engine, formula, 0, 50, "F") is None
    assert egfr(engine, formula, -80, 50, "F") is None
    assert egfr(engine, formula, None, 50, "F") is None
    assert egfr(engine, formula, 80, None, "F") is None
    assert egfr(engine, formula, 80, 50, None) is None
    assert egfr(engine, formula, 80, 50, "U") is None


people = {
    "sex": st.sampled_from(["M", "F"]),
    "region": st.sampled_from(["low", "moderate", "high", "very_high"]),
    "sbp_mmhg": st.floats(90, 200),
    "tchol": st.floats(2.5, 10),
    "hdl": st.floats(0.5, 3),
}


@settings(max_examples=60, deadline=None)
@given(age=st.floats(40, 69.9), smoker=st.booleans(), **people)
def test_risk_is_a_share_and_rises_with_blood_pressure(engine, age, smoker, **person):
    base = person | {"age": age, "is_smoker": smoker}
    low, high = (
        risk(engine, "score2", **(base | {"sbp_mmhg": base["sbp_mmhg"] + more})) for more in (0, 10)
    )
    assert 0 <= low <= high <= 1


@settings(max_examples=60, deadline=None)
@given(age=st.floats(40, 69.9), **people)
def test_smoking_raises_the_risk(engine, age, **person):
    assert risk(engine, "score2", age=age, is_smoker=True, **person) > risk(
        engine, "score2", age=age, is_smoker=False, **person
    )


@settings(max_examples=60, deadline=None)
@given(
    creatinine=st.floats(20, 1500),
    age=st.floats(18, 105),
    sex=st.sampled_from(["M", "F"]),
    formula=st.sampled_from(["ckd_epi_2009", "ckd_epi_2021"]),
)
def test_kidney_function_falls_with_creatinine_and_age(engine, creatinine, age, sex, formula):
    base = egfr(engine, formula, creatinine, age, sex)
    assert base > 0
    assert egfr(engine, formula, creatinine + 5, age, sex) < base
    assert egfr(engine, formula, creatinine, age + 1, sex) < base
