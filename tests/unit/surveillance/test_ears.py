"""EARS: equal to the reference software, and safe on short and flat series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import ears, ears_matrix

CASES = [f"ears_{m}_{s}" for m in ("c1", "c2", "c3") for s in ("agona", "momo_65to74")]
GIVEN = ("baseline", "minSigma", "alpha", "first_t", "last_t")


@pytest.mark.parametrize("case", CASES)
def test_bounds_and_alarms_equal_the_reference(case, oracle, parameters):
    given = {name: parameters[case][name] for name in GIVEN}
    expected = oracle(f"{case}_output")
    result = ears(oracle(f"{case}_input"), case.split("_")[1].upper(), **given)
    assert result["t"].tolist() == expected["t"].tolist()
    np.testing.assert_allclose(result["upperbound"], expected["upperbound"], rtol=1e-9)
    assert result["alarm"].tolist() == expected["alarm"].tolist()
    assert result["alarm"].sum() == parameters[case]["n_alarms"]


def test_c1_by_hand():
    counts = [1, 2, 3, 4, 5, 6, 7, 30]
    frame = pd.DataFrame({"t": range(1, 9), "observed": counts})
    row = ears(frame, "C1", alpha=0.025).iloc[0]
    # mean 4, standard deviation sqrt(28 / 6), normal quantile 1.959964
    assert row["upperbound"] == pytest.approx(4 + 1.959963984540054 * (28 / 6) ** 0.5)
    assert (row["t"], row["alarm"]) == (8, 1)


def test_default_range_starts_with_the_first_complete_baseline():
    frame = pd.DataFrame({"t": range(1, 21), "observed": range(20)})
    assert ears(frame, "C1")["t"].min() == 8
    assert ears(frame, "C2")["t"].min() == 10
    assert ears(frame, "C3")["t"].min() == 12
    for method in ("C1", "C2", "C3"):
        assert ears(frame, method)["upperbound"].notna().all()


def test_a_floor_for_sigma_stops_alarms_on_a_single_case():
    flat = np.array([[0.0] * 9 + [1.0]])
    assert flat[0, 9] > ears_matrix(flat, "C1").upper_bound[0, 9]
    assert flat[0, 9] <= ears_matrix(flat, "C1", min_sigma=1.0).upper_bound[0, 9]


def test_many_series_at_once_equal_one_at_a_time():
    counts = np.random.default_rng(7).poisson(4, size=(5, 60)).astype(float)
    for method in ("C1", "C2", "C3"):
        together = ears_matrix(counts, method).upper_bound
        for i, series in enumerate(counts):
            alone = ears_matrix(series[None, :], method).upper_bound[0]
            np.testing.assert_array_equal(together[i], alone)


def test_a_missing_week_leaves_no_bound_wherever_it_is_in_the_baseline():
    counts = np.arange(20.0)[None, :].copy()
    counts[0, 8] = np.nan
    upper = ears_matrix(counts, "C1").upper_bound[0]
    assert np.isnan(upper[9:16]).all() and not np.isnan(upper[16:]).any()


def test_unknown_parameter_and_doubled_parameter_are_refused():
    frame = pd.DataFrame({"t": range(1, 21), "observed": range(20)})
    with pytest.raises(TypeError):
        ears(frame, "C1", minimumSigma=1)
    with pytest.raises(TypeError):
        ears(frame, "C1", min_sigma=1, minSigma=1)
