"""Shrunken rates and funnel limits: equal to the reference software, sound at the edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import (
    buhlmann_straub,
    buhlmann_straub_arrays,
    buhlmann_straub_counts,
    empirical_bayes,
    funnel_limits,
    gamma_poisson,
    marshall,
    neighbour_matrix,
)


def assert_columns_equal(result, expected, rtol=1e-9):
    for name in expected.columns:
        if expected[name].dtype.kind in "fi" and expected[name].notna().any():
            np.testing.assert_allclose(result[name], expected[name], rtol=rtol, err_msg=name)


@pytest.mark.parametrize("case", ["hachemeister", "practices"])
def test_buhlmann_straub_equals_the_reference(case, oracle, parameters):
    result = buhlmann_straub(oracle(f"buhlmann_straub_{case}_input"))
    assert_columns_equal(result, oracle(f"buhlmann_straub_{case}_output"))
    given = parameters[f"buhlmann_straub_{case}"]
    for name in ("collective", "between_variance", "within_variance"):
        assert result.attrs[name] == pytest.approx(given[name], rel=1e-10)


def test_empirical_bayes_equals_the_reference(oracle, parameters):
    result = empirical_bayes(oracle("eb_ncsids_1974_input"), oracle("eb_ncsids_1974_neighbours"))
    assert_columns_equal(result, oracle("eb_ncsids_1974_output"))
    given = parameters["eb_ncsids_1974"]
    assert set(result.attrs) <= set(given)
    for name, value in result.attrs.items():
        assert value == pytest.approx(given[name], rel=1e-6), name


@pytest.mark.parametrize(
    ("case", "family"), [("binomial_screening", "binomial"), ("poisson_pennLC", "poisson")]
)
def test_funnel_limits_equal_the_reference(case, family, oracle, parameters):
    result = funnel_limits(oracle(f"funnel_{case}_input"), family)
    assert_columns_equal(result, oracle(f"funnel_{case}_output"))
    given = parameters[f"funnel_{case}"]
    assert result.attrs["phi"] == pytest.approx(given["phi"], rel=1e-10)
    if family == "binomial":
        assert result.attrs["tau2"] == pytest.approx(given["tau2"], rel=1e-9)


def test_the_column_expected_serves_as_size(oracle):
    frame = oracle("funnel_poisson_pennLC_input")
    renamed = frame.rename(columns={"size": "expected"})
    pd.testing.assert_frame_equal(
        funnel_limits(frame, "poisson"), funnel_limits(renamed, "poisson")
    )


def test_units_that_differ_by_chance_alone_all_get_the_collective():
    weights = np.full((4, 3), 100.0)
    same = buhlmann_straub_arrays(np.tile([0.1, 0.3, 0.2], (4, 1)), weights)
    assert same.between_variance == 0 and same.credibility.tolist() == [0.0] * 4
    np.testing.assert_allclose(same.premium, 0.2)


def test_a_unit_without_data_gets_the_collective_and_hurts_nobody():
    ratios = np.array([[0.1, 0.12], [0.3, 0.28], [np.nan, np.nan]])
    weights = np.array([[50.0, 60.0], [40.0, 45.0], [0.0, np.nan]])
    with_empty = buhlmann_straub_arrays(ratios, weights)
    without = buhlmann_straub_arrays(ratios[:2], weights[:2])
    np.testing.assert_allclose(with_empty.premium[:2], without.premium)
    assert with_empty.premium[2] == pytest.approx(without.collective)


def test_credibility_of_one_unit_is_refused():
    with pytest.raises(ValueError, match="two units"):
        buhlmann_straub_arrays(np.array([[0.1, 0.2]]), np.array([[1.0, 1.0]]))


def test_small_units_are_drawn_in_more_than_large_ones():
    cases, population = np.array([0.0, 0.0, 300.0, 50.0]), np.array([20.0, 5000.0, 9000.0, 2000.0])
    smoothed, prior = marshall(cases, population)
    assert prior.a > 0
    assert abs(smoothed[0] - prior.b) < abs(smoothed[1] - prior.b)
    assert ((smoothed >= 0) & (smoothed <= 1)).all()


def test_nobody_in_a_unit_gives_the_prior_mean():
    smoothed, prior = marshall(np.array([5.0, 9.0, 0.0]), np.array([100.0, 90.0, 0.0]))
    assert smoothed[2] == prior.b


def test_counts_no_more_spread_than_chance_share_one_risk():
    result = gamma_poisson(np.array([10.0, 11.0, 9.0, 10.0]), np.full(4, 10.0))
    assert np.isinf(result.alpha) and result.relative_risk.tolist() == [1.0] * 4
    assert gamma_poisson(np.zeros(3), np.ones(3)).relative_risk.tolist() == [0.0] * 3


def test_negative_counts_and_strangers_as_neighbours_are_refused():
    with pytest.raises(ValueError, match="negative"):
        marshall(np.array([-1.0, 2.0]), np.array([10.0, 10.0]))
    with pytest.raises(ValueError, match="not there"):
        neighbour_matrix(pd.Series([1, 2]), pd.DataFrame({"id": [1], "neighbour": [3]}))
    with pytest.raises(ValueError, match="without size"):
        funnel_limits(pd.DataFrame({"id": [1], "cases": [0], "size": [0]}))


def test_funnels_narrow_with_size_and_surround_the_target():
    frame = pd.DataFrame({"id": range(3), "cases": [30, 300, 3000], "size": [100, 1000, 10000]})
    result = funnel_limits(frame, target=0.3)
    assert (result["l998"] < result["l95"]).all() and (result["u95"] < result["u998"]).all()
    assert (result["u95"] - result["l95"]).is_monotonic_decreasing
    assert ((result["l95"] < 0.3) & (result["u95"] > 0.3)).all()


def test_people_as_observations_equal_one_column_per_person():
    cases, people = np.array([3, 40, 9, 0, 25]), np.array([10, 80, 9, 12, 60])
    ratios = np.full((5, 80), np.nan)
    for unit, (yes, all_) in enumerate(zip(cases, people, strict=True)):
        ratios[unit, :all_] = np.arange(all_) < yes
    by_person = buhlmann_straub_arrays(ratios, np.where(np.isfinite(ratios), 1.0, np.nan))
    by_count = buhlmann_straub_counts(cases / people, people)
    for name in ("premium", "credibility", "weight", "individual_mean"):
        np.testing.assert_allclose(getattr(by_count, name), getattr(by_person, name), rtol=1e-12)
    for name in ("collective", "between_variance", "within_variance"):
        assert getattr(by_count, name) == pytest.approx(getattr(by_person, name), rel=1e-12)


def test_people_as_observations_give_no_credit_where_units_differ_by_chance_only():
    people = np.array([100.0, 100.0, 100.0, 0.0])
    result = buhlmann_straub_counts(np.array([0.5, 0.51, 0.49, 0.0]), people)
    assert result.between_variance == 0
    np.testing.assert_allclose(result.premium, 0.5)
