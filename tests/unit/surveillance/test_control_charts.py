"""CUSUM and likelihood ratio charts: equal to the reference software."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import cusum, glr

CUSUM = ("first_t", "last_t", "k", "h", "trans")
GLR = ("first_t", "last_t", "c_ARL", "mu0_model", "alpha", "Mtilde", "M", "change", "ret", "dir")


@pytest.mark.parametrize("scaling", ["rossi", "standard", "anscombe"])
def test_cusum_equals_the_reference(scaling, oracle, parameters):
    case = f"cusum_agona_{scaling}"
    given = {name: parameters[case][name] for name in CUSUM}
    expected = oracle(f"{case}_output")
    result = cusum(oracle(f"{case}_input"), **given)
    for name in ("t", "observed", "cusum", "upperbound", "alarm"):
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("case", "family"),
    [("glr_pois_agona", "poisson"), ("glr_nb_agona", "negbin"), ("glr_pois_epi_agona", "poisson")],
)
def test_glr_equals_the_reference(case, family, oracle, parameters):
    given = {name: parameters[case][name] for name in GLR}
    expected = oracle(f"{case}_output")
    result = glr(oracle(f"{case}_input"), family, **given)
    for name in ("t", "mu0", "glr", "alarm"):
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-6, atol=1e-8, err_msg=name)


def flat(counts):
    return pd.DataFrame({"t": range(1, len(counts) + 1), "observed": counts})


def test_a_lasting_small_rise_is_caught_by_the_sum_not_by_any_week():
    result = cusum(flat([4] * 10 + [7] * 6), "standard", m=4, first_t=11)
    assert result["alarm"].iloc[0] == 0 and result["alarm"].iloc[-1] == 1


def test_the_bound_is_the_count_that_just_alarms():
    frame = flat([4] * 20)
    for scaling in ("rossi", "anscombe"):
        bound = cusum(frame, scaling, m=4, first_t=20)["upperbound"].iloc[0]
        for change, alarm in ((-0.01, 0), (0.01, 1)):
            changed = flat([4.0] * 19 + [bound + change])
            assert cusum(changed, scaling, m=4, first_t=20)["alarm"].iloc[0] == alarm


def test_glr_starts_anew_after_an_alarm():
    result = glr(flat([2] * 60 + [30, 2, 2]), first_t=61)
    assert result["alarm"].tolist() == [1, 0, 0]
    assert result["glr"].iloc[1] < 1


def test_a_look_back_limits_the_change_points():
    counts = flat([5] * 60 + [7] * 30)
    far = glr(counts, first_t=61, c_arl=100)["glr"].iloc[-1]
    near = glr(counts, first_t=61, c_arl=100, m=3)["glr"].iloc[-1]
    assert 0 < near < far


@pytest.mark.parametrize("wrong", [{"scaling": "log"}, {"m": 0}, {"first_t": 1}])
def test_cusum_refuses_what_it_cannot_do(wrong):
    with pytest.raises(ValueError):
        cusum(flat([1, 2, 3]), **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dir": "dec"},
        {"family": "normal"},
        {"change": "trend"},
        {"mu0": [1.0]},
        {"change": "epi", "family": "negbin"},
    ],
)
def test_glr_refuses_what_it_cannot_do(wrong):
    with pytest.raises(ValueError):
        glr(flat([1, 2, 3]), **wrong)
