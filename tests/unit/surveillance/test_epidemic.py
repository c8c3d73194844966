"""Serfling and the moving epidemic method: equal to the reference software."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import mem, serfling, serfling_robust

SHAPE = ("period", "harmonics", "linear_trend", "quadratic_trend", "train", "test")
CASES = ["serfling_influenza_germany", "serfling_influenza_germany_q90_2harm"]


@pytest.mark.parametrize("case", CASES)
def test_serfling_equals_the_reference(case, oracle, parameters):
    given = {name: parameters[case][name] for name in (*SHAPE, "quantile", "level")}
    expected = oracle(f"{case}_output")
    result = serfling(oracle(f"{case}_input"), **given)
    assert result["part"].tolist() == expected["part"].tolist()
    for name in ("t", "baseline", "threshold", "above", "epidemic_two_weeks"):
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-8, err_msg=name)
    assert result.attrs["n_fit"] == parameters[case]["n_fit"]
    assert result.attrs["sigma"] == pytest.approx(parameters[case]["sigma"])


@pytest.mark.parametrize("case", CASES)
def test_robust_serfling_equals_the_reference(case, oracle, parameters):
    given = {name: parameters[case][name] for name in SHAPE}
    expected = oracle(f"{case}_robust_output")
    result = serfling_robust(oracle(f"{case}_input"), **given)
    for name in ("t", "baseline", "threshold_z", "scale"):
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-8, err_msg=name)


@pytest.mark.parametrize("case", ["mem_flucyl", "mem_flucyl_first5"])
def test_mem_equals_the_reference(case, oracle, parameters):
    given = {n: v for n, v in parameters[case].items() if n.startswith("i.")}
    result = mem(oracle(f"{case}_input"), **given)
    thresholds, timing = oracle(f"{case}_thresholds"), oracle(f"{case}_timing")
    assert result.thresholds["threshold"].tolist() == thresholds["threshold"].tolist()
    np.testing.assert_allclose(result.thresholds["value"], thresholds["value"], rtol=1e-9)
    for name in timing.columns[1:]:
        np.testing.assert_allclose(result.timing[name], timing[name], rtol=1e-9, err_msg=name)


def wave(peak, height):
    week = np.arange(33)
    return 3 + height * np.exp(-((week - peak) ** 2) / 18)


@pytest.fixture
def seasons() -> pd.DataFrame:
    waves = {f"s{i}": wave(14 + i, 200 + 30 * i) for i in range(6)}
    return pd.DataFrame({"week": [*range(40, 53), *range(1, 21)]} | waves)


def test_the_epidemic_surrounds_the_peak(seasons):
    timing = mem(seasons).timing
    for i, row in timing.iterrows():
        assert row["start_position"] < 15 + i < row["end_position"]
    assert timing["max_sum_percent"].between(60, 100).all()


def test_thresholds_rise_and_seasons_without_cases_are_left_out(seasons):
    thresholds = mem(seasons).thresholds["value"]
    assert thresholds.iloc[2:].is_monotonic_increasing
    again = mem(seasons.assign(empty=0.0)).thresholds["value"]
    np.testing.assert_array_equal(thresholds, again)


def test_only_the_latest_seasons_count(seasons):
    latest = mem(seasons, i_seasons=3)
    assert latest.timing["season"].tolist() == ["s3", "s4", "s5"]


def test_a_gap_inside_a_season_is_bridged(seasons):
    whole = mem(seasons).timing
    seasons.loc[20, "s2"] = np.nan
    assert (
        mem(seasons).timing.equals(whole)
        or abs(mem(seasons).timing["start_position"] - whole["start_position"]).max() <= 1
    )


def test_what_is_not_provided_is_refused(seasons):
    with pytest.raises(ValueError, match="method 2"):
        mem(seasons, i_method=1)
    with pytest.raises(ValueError, match="type 5"):
        mem(seasons, i_type_threshold=3)
    with pytest.raises(ValueError, match="two seasons"):
        mem(seasons[["week", "s0"]])


def test_a_single_high_week_is_no_epidemic():
    t = np.arange(1, 200)
    observed = 50 + 10 * np.cos(2 * np.pi * t / 52.18) + np.random.default_rng(1).normal(0, 2, 199)
    observed[150] += 100
    result = serfling(pd.DataFrame({"t": t, "observed": observed}))
    assert result["above"].iloc[150] == 1
    assert result["epidemic_two_weeks"].iloc[150] == result["above"].iloc[[149, 151]].max()
