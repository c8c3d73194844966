"""Farrington: equal to the reference software, many series as one, honest about history."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import (
    FarringtonSettings,
    farrington,
    farrington_flexible,
    farrington_matrix,
)

FLEXIBLE = [
    f"farrington_flexible_{name}"
    for name in (
        "agona_nb",
        "agona_muan",
        "agona_notrend",
        "stsNewport_nb",
        "momo_75to84_nb",
        "campyDE_nb",
    )
]
ORIGINAL = [f"farrington_original_{name}_delta" for name in ("agona", "momo_75to84", "campyDE")]
GIVEN = (
    "first_t",
    "last_t",
    "freq",
    "b",
    "w",
    "noPeriods",
    "trend",
    "pThresholdTrend",
    "reweight",
    "weightsThreshold",
    "pastWeeksNotIncluded",
    "powertrans",
    "alpha",
    "limit54",
    "populationOffset",
    "thresholdMethod",
    "fitFun",
)


@pytest.mark.parametrize("case", FLEXIBLE + ORIGINAL)
def test_every_column_equals_the_reference(case, oracle, parameters):
    given = {name: parameters[case][name] for name in GIVEN}
    expected = oracle(f"{case}_output")
    result = farrington_flexible(oracle(f"{case}_input"), **given)
    for name in ("t", "expected", "upperbound", "phi", "exceedance", "trend", "p_value", "alarm"):
        np.testing.assert_allclose(
            result[name].astype(float), expected[name], rtol=1e-6, atol=1e-9, err_msg=name
        )


def test_the_original_method_is_the_default_of_farrington(oracle, parameters):
    case = "farrington_original_agona_delta"
    given = {name: parameters[case][name] for name in ("first_t", "last_t")}
    result = farrington(oracle(f"{case}_input"), **given)
    np.testing.assert_array_equal(result["alarm"], oracle(f"{case}_output")["alarm"])


@pytest.fixture
def weeks() -> pd.DataFrame:
    generator = np.random.default_rng(3)
    start = date(2018, 1, 1)
    days = [start + timedelta(weeks=i) for i in range(340)]
    season = 20 + 8 * np.cos(2 * np.pi * np.arange(340) / 52.18)
    return pd.DataFrame({"t": range(1, 341), "date": days, "observed": generator.poisson(season)})


def test_an_outbreak_alarms_and_an_ordinary_week_does_not(weeks):
    weeks.loc[339, "observed"] = 80
    result = farrington_flexible(weeks, first_t=339)
    assert result["alarm"].tolist() == [0, 1]
    assert result["exceedance"].iloc[1] > 1 > result["exceedance"].iloc[0]


def test_a_past_outbreak_is_weighed_down(weeks):
    quiet = farrington_flexible(weeks, first_t=340)
    weeks.loc[339 - 104, "observed"] = 400
    after = farrington_flexible(weeks, first_t=340)
    without = farrington_flexible(weeks, first_t=340, reweight=False)
    assert after["upperbound"].iloc[0] < 1.3 * quiet["upperbound"].iloc[0]
    assert without["upperbound"].iloc[0] > 2 * quiet["upperbound"].iloc[0]


def test_many_series_at_once_equal_one_at_a_time(weeks):
    generator = np.random.default_rng(5)
    counts = generator.poisson(generator.uniform(0.2, 30, size=(12, 1)), size=(12, 340))
    counts = counts.astype(float)
    counts[3] = 0
    together = farrington_matrix(counts, 339, dates=list(weeks["date"]))
    for i, series in enumerate(counts):
        alone = farrington_flexible(weeks.assign(observed=series), first_t=340).iloc[0]
        # Batched products add in another order: equal but for the last digits.
        assert together.phi[i] == pytest.approx(alone["phi"], rel=1e-9)
        assert together.is_alarm[i] == alone["alarm"]
        assert np.isnan(together.expected[i]) == pd.isna(alone["expected"])
        if not np.isnan(together.expected[i]):
            assert together.expected[i] == pytest.approx(alone["expected"], rel=1e-9)
            assert together.upper_bound[i] == alone["upperbound"]


def test_few_recent_cases_never_alarm(weeks):
    weeks["observed"] = 0
    weeks.loc[339, "observed"] = 4
    row = farrington_flexible(weeks, first_t=340).iloc[0]
    assert row["alarm"] == 0 and pd.isna(row["upperbound"])


def test_a_doubled_population_doubles_what_is_expected(weeks):
    weeks["population"] = 1000.0
    before = farrington_flexible(weeks, first_t=340, population_offset=True)
    weeks.loc[339, "population"] = 2000.0
    after = farrington_flexible(weeks, first_t=340, population_offset=True)
    # without the trend, which an extrapolation beyond the highest count would drop
    weeks_flat = farrington_flexible(weeks, first_t=340, population_offset=True, trend=False)
    assert after["expected"].iloc[0] > 1.5 * before["expected"].iloc[0]
    assert weeks_flat["expected"].iloc[0] > 1.5 * before["expected"].iloc[0]


def test_weeks_without_history_are_refused_or_left_out(weeks):
    with pytest.raises(ValueError, match="years of history"):
        farrington_flexible(weeks, first_t=100, last_t=100)
    assert farrington_flexible(weeks, b=3)["t"].min() > 156
    assert farrington_flexible(weeks.head(50)).empty


def test_a_missing_count_in_the_history_is_refused(weeks):
    weeks["observed"] = weeks["observed"].astype(float)
    weeks.loc[200, "observed"] = np.nan
    with pytest.raises(ValueError, match="missing"):
        farrington_flexible(weeks, first_t=340)


@pytest.mark.parametrize(
    "wrong", [{"alpha": 0}, {"b": 0}, {"powertrans": "3/2"}, {"threshold_method": "guess"}]
)
def test_settings_without_meaning_are_refused(wrong):
    with pytest.raises(ValueError):
        FarringtonSettings(**wrong)
