"""EARS C1, C2, C3: short-baseline detectors for series too young for a seasonal model.

Hutwagner et al. (2003), as implemented in R `surveillance::earsC` 1.20.3, which differs
from the paper in C3: its bound starts from the current count, so that a week alarms for
what the two weeks before it exceeded (the outbreak goes on), not for its own count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from p4dp.surveillance.parameters import accept_aliases

Method = Literal["C1", "C2", "C3"]
Array = NDArray[np.float64]

# Points between the baseline and the point tested, and points before the first result.
_GUARD = {"C1": 0, "C2": 2, "C3": 2}
_EARLIER_EXCESSES = {"C1": 0, "C2": 0, "C3": 2}


@dataclass(frozen=True)
class EarsResult:
    """Arrays of shape (series, times); NaN where the baseline is incomplete."""

    expected: Array
    sigma: Array
    upper_bound: Array
    score: Array


def ears_matrix(
    counts: Array,
    method: Method = "C1",
    *,
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float = 0.001,
) -> EarsResult:
    """Apply one EARS method to many series at once.

    `counts` has shape (series, times), equally spaced, NaN where a value is missing: a
    point is judged only if its whole baseline is there. `min_sigma` is a floor for the
    baseline's standard deviation, in cases. `score` is the standardised excess the method
    tests against the normal quantile of `1 - alpha`: of the point itself for C1 and C2, the
    sum of what exceeded 1 at the two previous points for C3.
    """
    if method not in _GUARD:
        raise ValueError(f"method must be C1, C2 or C3, not {method!r}")
    if baseline < 2:
        raise ValueError("baseline needs at least two points")
    if not 0 < alpha < 1:
        raise ValueError("alpha must lie between 0 and 1")
    y = np.asarray(counts, dtype=np.float64)
    guard = _GUARD[method]
    z = float(norm.ppf(1 - alpha))

    lags = range(guard + 1, guard + baseline + 1)
    mean = sum((_lag(y, lag) for lag in lags), np.zeros_like(y)) / baseline
    spread = sum(((_lag(y, lag) - mean) ** 2 for lag in lags), np.zeros_like(y))
    sigma = np.maximum(np.sqrt(spread / (baseline - 1)), min_sigma)
    # With no spread at all any excess is infinitely unusual, and equality is not unusual.
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where((sigma == 0) & (y == mean), 0.0, (y - mean) / sigma)

    if _EARLIER_EXCESSES[method] == 0:
        return EarsResult(mean, sigma, mean + z * sigma, score)

    carried = np.maximum(_lag(score, 1) - 1, 0) + np.maximum(_lag(score, 2) - 1, 0)
    with np.errstate(invalid="ignore"):
        carried_count = np.where(sigma == 0, 0.0, sigma * (z - carried))
    upper = np.where(np.isnan(carried), np.nan, np.maximum(y + carried_count, 0))
    return EarsResult(mean, sigma, upper, carried)


@accept_aliases
def ears(
    frame: pd.DataFrame,
    method: Method = "C1",
    *,
    baseline: int = 7,
    min_sigma: float = 0.0,
    alpha: float = 0.001,
    first_t: int | None = None,
    last_t: int | None = None,
) -> pd.DataFrame:
    """EARS on one series: `t, date, observed` in, `t, date, observed, upperbound, alarm` out.

    `t` counts from 1; rows from `first_t` to `last_t` are returned (default: every point
    with a complete baseline). `alarm` is 1 where the count is above the bound.
    """
    series = frame.sort_values("t").reset_index(drop=True)
    observed = series["observed"].to_numpy(np.float64)
    result = ears_matrix(
        observed[None, :], method, baseline=baseline, min_sigma=min_sigma, alpha=alpha
    )
    out = pd.DataFrame({"t": series["t"], "date": _dates(series), "observed": series["observed"]})
    out["upperbound"] = result.upper_bound[0]
    out["alarm"] = (observed > result.upper_bound[0]).astype(int)
    start = _GUARD[method] + baseline + _EARLIER_EXCESSES[method]
    first = first_t if first_t is not None else int(series["t"].iloc[0]) + start
    last = last_t if last_t is not None else int(series["t"].iloc[-1])
    return out[out["t"].between(first, last)].reset_index(drop=True)


def _dates(series: pd.DataFrame) -> pd.Series:
    return series["date"] if "date" in series else pd.Series([None] * len(series), dtype=object)


def _lag(y: Array, steps: int) -> Array:
    lagged = np.full_like(y, np.nan)
    lagged[:, steps:] = y[:, : y.shape[1] - steps]
    return lagged
