"""Participation and delay: equal to the reference, silent regions missing, never zero."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import chain_ladder, incidence_participation, poisson_limits


def test_incidence_equals_the_reference(oracle):
    result = incidence_participation(
        oracle("incidence_participation_practices"), oracle("incidence_participation_regions")
    )
    for table, name in ((result.regions, "region"), (result.national, "national")):
        expected = oracle(f"incidence_participation_{name}_output")
        assert list(table.columns) == list(expected.columns)
        for column in expected.columns:
            np.testing.assert_allclose(
                table[column].astype(float), expected[column], rtol=1e-9, err_msg=column
            )


def test_chain_ladder_equals_the_reference(oracle, parameters):
    given = parameters["chain_ladder_hus_20110602"]
    result = chain_ladder(oracle("nowcast_hus_input"), now=given["now"], D=given["D"])
    expected = oracle("chain_ladder_hus_20110602")
    assert result.days["day"].dt.strftime("%Y-%m-%d").tolist() == expected["day"].tolist()
    for name in expected.columns[1:]:
        np.testing.assert_allclose(result.days[name], expected[name], rtol=1e-9)
    np.testing.assert_allclose(
        result.factors["development_factor"],
        oracle("chain_ladder_hus_20110602_factors")["development_factor"],
    )


REGIONS = pd.DataFrame({"region": [1, 2], "gp_total": [100, 50], "population": [1e5, 5e4]})


def test_a_silent_region_is_missing():
    practices = pd.DataFrame(
        {
            "week": 1,
            "region": [1, 1, 2],
            "gp": ["a", "b", "c"],
            "participation": [1.0, 0.5, 0.0],
            "cases": [3, 0, 0],
        }
    )
    regions, national = incidence_participation(practices, REGIONS)
    assert regions["incidence"].tolist()[0] == pytest.approx(200)
    assert np.isnan(regions["incidence"].tolist()[1])
    assert national["regions_used"].tolist() == [1]
    assert national["rate_100k"].tolist() == pytest.approx([200])


def test_a_region_that_is_not_known_is_refused():
    practices = pd.DataFrame(
        {"week": [1], "region": [9], "gp": ["a"], "participation": [1.0], "cases": [3]}
    )
    with pytest.raises(ValueError, match="9"):
        incidence_participation(practices, REGIONS)


def test_exact_limits_of_no_case():
    lower, upper = poisson_limits(np.array([0.0, 10.0]))
    assert lower[0] == 0 and upper[0] == pytest.approx(3.6889, abs=1e-4)
    assert (lower[1], upper[1]) == pytest.approx((4.7954, 18.3904), abs=1e-4)


def test_a_steady_delay_is_undone():
    # Each day 10 cases: 5 reported at once, 5 the day after.
    days = pd.date_range("2025-01-01", "2025-01-20").repeat(10)
    delay = np.tile([0] * 5 + [1] * 5, 20)
    frame = pd.DataFrame({"event": days, "report": days + pd.to_timedelta(delay, unit="D")})
    result = chain_ladder(frame, now="2025-01-20", max_delay=3)
    assert result.days["reported_by_now"].iloc[-1] == 5
    np.testing.assert_allclose(result.days["chain_ladder"], 10)


def test_reports_before_events_and_missing_depth_are_refused():
    frame = pd.DataFrame({"event": ["2025-01-02"], "report": ["2025-01-01"]})
    with pytest.raises(ValueError, match="before it happened"):
        chain_ladder(frame, now="2025-01-03", max_delay=3)
    with pytest.raises(ValueError, match="max_delay"):
        chain_ladder(frame, now="2025-01-03")
