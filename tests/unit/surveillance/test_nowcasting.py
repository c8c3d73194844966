"""Nowcasts: equal to the reference, honest about days nothing is known of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import nowcast

METHODS = {
    "nowcast_hus_lawless_20110602": ("lawless", 0),
    "nowcast_hus_bayes_notrunc_20110602": ("bayes.notrunc", 1),
    "nowcast_hus_bayes_trunc_20110602": ("bayes.trunc", 2),
}


@pytest.mark.parametrize("case", METHODS)
def test_nowcasts_equal_the_reference_up_to_its_sampling(case, oracle, parameters):
    method, tolerance = METHODS[case]
    given = {name: parameters[case][name] for name in ("now", "D", "dRange", "ci")}
    result = nowcast(oracle("nowcast_hus_input"), method, N_tInf_max=400, **given)
    expected = oracle(case)
    assert result["day"].dt.strftime("%Y-%m-%d").tolist() == expected["day"].tolist()
    for name in ("reported_by_now", "finally_reported"):
        assert result[name].tolist() == expected[name].tolist()
    for name in ("nowcast", "lo", "hi"):
        assert np.abs(result[name] - expected[name]).max() <= tolerance, name


@pytest.fixture
def cases() -> pd.DataFrame:
    """Twenty events a day; the delay is geometric with mean two days."""
    generator = np.random.default_rng(2)
    event = pd.date_range("2025-01-01", "2025-03-31").repeat(20)
    delay = np.minimum(generator.geometric(1 / 3, size=len(event)) - 1, 13)
    return pd.DataFrame({"event": event, "report": event + pd.to_timedelta(delay, unit="D")})


@pytest.mark.parametrize("method", ["lawless", "bayes.trunc"])
def test_the_interval_covers_the_final_count_where_reports_alone_fall_short(cases, method):
    covered, near, short = [], [], []
    for now in pd.date_range("2025-02-20", "2025-03-15", freq="4D"):
        result = nowcast(cases, method, now=now, max_delay=14, samples=500)
        last = result.tail(5)
        covered += (last["finally_reported"].between(last["lo"], last["hi"])).tolist()
        near.append(last["nowcast"].mean())
        short.append(last["reported_by_now"].mean())
    assert np.mean(covered) >= 0.85
    assert abs(np.mean(near) - 20) < 2 and np.mean(short) < 17


def test_reports_after_now_change_nothing(cases):
    early = cases[cases["report"] <= "2025-03-10"]
    now = {"now": "2025-03-10", "max_delay": 14}
    columns = ["reported_by_now", "nowcast", "lo", "hi"]
    pd.testing.assert_frame_equal(nowcast(cases, **now)[columns], nowcast(early, **now)[columns])


def test_the_same_seed_gives_the_same_interval(cases):
    one, two = (nowcast(cases, now="2025-03-10", max_delay=14, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_what_cannot_be_estimated_is_refused(cases):
    with pytest.raises(ValueError, match="max_delay"):
        nowcast(cases, now="2025-03-10")
    with pytest.raises(ValueError, match="method"):
        nowcast(cases, "guess", now="2025-03-10", max_delay=14)
    with pytest.raises(ValueError, match="fewer days"):
        nowcast(cases, now="2025-01-05", max_delay=14)
    with pytest.raises(ValueError, match="variance"):
        nowcast(cases, now="2025-03-10", max_delay=14, prior_variance=10)
