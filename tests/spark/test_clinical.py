"""The clinical formulas on Spark, against the published reference results (1e-9)."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.duckdb_to_spark import transpile

from .conftest import ROOT, render

ORACLES = Path(os.environ.get("P4DP_SHARED", ROOT.parent / "shared")) / "oracles" / "cardiovascular"
TOLERANCE = 1e-9
SEX = {"male": "M", "female": "F"}
MACROS = {"SCORE2": "score2", "SCORE2-OP": "score2_op", "SCORE2-Diabetes": "score2_diabetes"}

pytestmark = pytest.mark.skipif(
    not ORACLES.is_dir(), reason="reference results not found: set P4DP_SHARED"
)


def cases(name: str) -> list[dict[str, str]]:
    with (ORACLES / name).open(newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> str:
    return f"cast('{text}' as double)" if text else "cast(null as double)"


def evaluate(spark: Any, expressions: dict[str, str]) -> Iterator[tuple[str, float | None]]:
    """The value of each expression ({case: Jinja SQL}) on Spark, in one query."""
    rows = [f"select '{case}' as case_id, {sql} as value" for case, sql in expressions.items()]
    query = transpile(render("spark", " union all ".join(rows)))
    for row in spark.sql(query).collect():
        yield row["case_id"], row["value"]


@pytest.mark.parametrize("version", ["2009", "2021"])
def test_filtration_rate(spark: Any, version: str) -> None:
    expected = {row["case_id"]: row for row in cases("egfr_oracle.csv")}
    expressions = {
        case: f'{{{{ ckd_epi_{version}("{number(row["creat_umol_l"])}", '
        f'"{number(row["age"])}", "\'{SEX[row["sex"]]}\'") }}}}'
        for case, row in expected.items()
    }
    found = dict(evaluate(spark, expressions))
    assert len(found) == len(expected) > 5
    for case, value in found.items():
        stated = float(expected[case][f"egfr_ckdepi{version}_expected"])
        assert value == pytest.approx(stated, abs=TOLERANCE), case


def test_risk_of_a_cardiovascular_event(spark: Any) -> None:
    stated, expressions = {}, {}
    for row in cases("score2_oracle.csv"):
        arguments = {
            "age": number(row["age"]),
            "sex": f"'{SEX[row['sex']]}'",
            "is_smoker": "true" if row["smoker"] == "1" else "false",
            "sbp_mmhg": number(row["sbp_mmhg"]),
            "total_cholesterol_mmol_l": number(row["tchol_mmol_l"]),
            "hdl_mmol_l": number(row["hdl_mmol_l"]),
            "has_diabetes": "true" if row["diabetes"] == "1" else "false",
            "region": f"'{row['region']}'",
        }
        if row["model"] == "SCORE2-Diabetes":
            arguments |= {
                "age_at_diagnosis": number(row["age_at_diabetes_diagnosis"]),
                "hba1c_mmol_mol": number(row["hba1c_mmol_mol"]),
                "egfr": number(row["egfr"]),
            }
        named = ", ".join(f'{name}="{value}"' for name, value in arguments.items())
        expressions[row["case_id"]] = f"{{{{ {MACROS[row['model']]}({named}) }}}}"
        stated[row["case_id"]] = row["risk_pct_expected"]
    found = dict(evaluate(spark, expressions))
    assert len(found) == len(stated) > 20
    for case, value in found.items():
        if stated[case] in {"", "NA"}:
            assert value is None, case
        else:
            assert value == pytest.approx(float(stated[case]) / 100, abs=TOLERANCE), case
