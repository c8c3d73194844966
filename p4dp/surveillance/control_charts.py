"""CUSUM and generalised likelihood ratio charts of counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import xlogy

from p4dp.surveillance.parameters import accept_aliases
from p4dp.surveillance.quasipoisson import fit

Array = NDArray[np.float64]
Scaling = Literal["rossi", "standard", "anscombe"]
Family = Literal["poisson", "negbin"]
Change = Literal["intercept", "epi"]

_FIRST_SHARE = 0.5
_NEWTON_STEPS = 1000


@accept_aliases
def cusum(
    frame: pd.DataFrame,
    scaling: Scaling = "rossi",
    *,
    k: float = 1.04,
    h: float = 2.26,
    m: float | None = None,
    first_t: int | None = None,
    last_t: int | None = None,
    trans: Scaling | None = None,
) -> pd.DataFrame:
    """CUSUM of scaled counts, without reset after an alarm.

    `frame`: `t, date, observed`. `k` is the reference value, `h` the decision limit, `m` the
    mean in control (default: mean of the counts before `first_t`). `trans` is the published
    name of `scaling`. Returns `t, date, observed, cusum, upperbound, alarm`; `upperbound` is
    the count that would just reach `h` (rounded up for `standard`).

    Rossi, Lampugnani and Marchi (1999); as R `surveillance::cusum` 1.20.3.
    """
    scaling = trans or scaling
    if scaling not in ("rossi", "standard", "anscombe"):
        raise ValueError("scaling must be rossi, standard or anscombe")
    series, first, last = _range(frame, first_t, last_t)
    if m is None:
        before = series.loc[series["t"] < first, "observed"]
        if before.empty:
            raise ValueError("without counts before first_t give the mean in control, m")
        m = float(before.mean())
    if m <= 0:
        raise ValueError("the mean in control must be positive")
    window = series[series["t"].between(first, last)].reset_index(drop=True)
    observed = window["observed"].to_numpy(np.float64)
    excess = _scaled(observed, m, scaling) - k
    # The chart that never falls below 0 is the walk less its lowest point so far.
    walk = np.cumsum(excess)
    chart = walk - np.minimum(np.minimum.accumulate(walk), 0.0)
    earlier = np.concatenate([[0.0], chart[:-1]])
    out = window[["t"]].copy()
    out["date"] = window["date"] if "date" in window else None
    out["observed"] = window["observed"]
    out["cusum"] = chart
    out["upperbound"] = _count_reaching(h + k - earlier, m, scaling)
    out["alarm"] = (chart >= h).astype(int)
    return out


def _scaled(y: Array, m: float, scaling: Scaling) -> Array:
    if scaling == "standard":
        return (y - m) / m**0.5
    if scaling == "anscombe":
        return 1.5 * (y ** (2 / 3) - m ** (2 / 3)) / m ** (1 / 6)
    return (y - 3 * m + 2 * np.sqrt(y * m)) / (2 * m**0.5)


def _count_reaching(value: Array, m: float, scaling: Scaling) -> Array:
    """The count whose scaled value is `value`; 0 where any count exceeds it."""
    if scaling == "standard":
        return np.maximum(np.ceil(m**0.5 * value + m), 0.0)
    if scaling == "anscombe":
        return np.maximum(2 / 3 * value * m ** (1 / 6) + m ** (2 / 3), 0.0) ** 1.5
    root = np.sqrt(np.maximum(4 * m + 2 * m**0.5 * value, 0.0)) - m**0.5
    return np.maximum(root, 0.0) ** 2


@dataclass(frozen=True)
class SeasonalMean:
    """Mean in control: Poisson or negative binomial regression on time before the range."""

    coefficients: Array
    harmonics: int
    trend: bool
    period: float

    def at(self, t: Array) -> Array:
        """Mean at each time."""
        return np.exp(_seasonal(t, self.harmonics, self.trend, self.period) @ self.coefficients)


def seasonal_mean(
    t: Array,
    observed: Array,
    *,
    harmonics: int = 1,
    trend: bool = False,
    dispersion: float = 0.0,
    period: float = 52,
) -> SeasonalMean:
    """Fit log μ = a (+ bt) + harmonics of the year, with variance μ + `dispersion` μ²."""
    design = _seasonal(t, harmonics, trend, period)
    y = observed[None, :]
    model = fit(design, y, np.ones_like(y), np.zeros_like(y))
    beta: Array = model.coefficients[0]
    if dispersion > 0:
        beta = _negative_binomial(design, observed, 1 / dispersion, beta)
    return SeasonalMean(beta, harmonics, trend, period)


def _seasonal(t: Array, harmonics: int, trend: bool, period: float) -> Array:
    columns = [np.ones_like(t)]
    if trend:
        columns.append(t)
    for s in range(1, harmonics + 1):
        angle = 2 * np.pi * s * t / period
        columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _negative_binomial(design: Array, y: Array, size: float, beta: Array) -> Array:
    """Regression coefficients for a known shape."""
    for _ in range(50):
        mu = np.exp(design @ beta)
        weight = mu / (1 + mu / size)
        target = design @ beta + (y - mu) / mu
        information = (design.T * weight) @ design
        renewed = np.asarray(np.linalg.solve(information, design.T @ (weight * target)), np.float64)
        done = np.abs(renewed - beta).max() < 1e-12
        beta = renewed
        if done:
            break
    return beta


@accept_aliases
def glr(
    frame: pd.DataFrame,
    family: Family = "poisson",
    *,
    first_t: int | None = None,
    last_t: int | None = None,
    c_arl: float = 5.0,
    mu0_model: dict[str, Any] | None = None,
    mu0: Array | None = None,
    alpha: float = 0.0,
    mtilde: int = 1,
    m: int = -1,
    change: Change = "intercept",
    ret: str = "value",
    dir: str = "inc",
    freq: float = 52,
) -> pd.DataFrame:
    """Generalised likelihood ratio chart for a rise, restarted after each alarm.

    For each week the largest log likelihood ratio over all points since which the mean may
    have risen: by a factor (`change="intercept"`), or by a share of the previous count
    (`"epi"`, Poisson only). `family="negbin"` uses the variance μ + `alpha` μ². `c_arl` is the
    alarm limit, `mtilde` the fewest weeks after a change point, `m` the longest look-back (-1:
    none). `mu0` are the means of weeks `first_t`…; otherwise they come from the regression
    `mu0_model` (`S` harmonics, `trend`) on the weeks before.

    Returns `t, date, observed, mu0, glr, alarm`. Höhle and Paul (2008); as R
    `surveillance::glrpois` and `glrnb` 1.20.3 with `dir = "inc"`, `ret = "value"`.
    """
    if ret != "value" or dir != "inc":
        raise ValueError("only the value of the statistic for an increase is computed")
    if family not in ("poisson", "negbin"):
        raise ValueError("family must be poisson or negbin")
    if change not in ("intercept", "epi"):
        raise ValueError("change must be intercept or epi")
    if change == "epi" and family == "negbin":
        raise ValueError("the epidemic change is for Poisson counts only")
    series, first, last = _range(frame, first_t, last_t)
    window = series[series["t"].between(first, last)].reset_index(drop=True)
    observed = window["observed"].to_numpy(np.float64)
    dispersion = alpha if family == "negbin" else 0.0
    if mu0 is not None and len(mu0) != len(observed):
        raise ValueError("mu0 needs one mean per week of the range")
    if mu0 is None:
        shape = {"S": 1, "trend": False} | (mu0_model or {})
        before = series[series["t"] < first]
        in_control = seasonal_mean(
            before["t"].to_numpy(np.float64),
            before["observed"].to_numpy(np.float64),
            harmonics=int(shape["S"]),
            trend=bool(shape["trend"]),
            dispersion=dispersion,
            period=freq,
        )
        mean = in_control.at(window["t"].to_numpy(np.float64))
    else:
        mean = np.asarray(mu0, np.float64)
    lagged = np.concatenate([[0.0], observed[:-1]])
    statistics, alarms = np.zeros(len(observed)), np.zeros(len(observed), dtype=int)
    start = 0
    for n in range(len(observed)):
        oldest = start if m < 0 else max(start, n - m)
        share = _FIRST_SHARE
        for i in range(oldest, n - mtilde + 2):
            rise = slice(i, n + 1)
            if change == "intercept":
                value = _factor_ratio(observed[rise], mean[rise], dispersion)
            else:
                share = _share(observed[rise], mean[rise], lagged[rise], share)
                value = _share_ratio(observed[rise], mean[rise], lagged[rise], share)
            if value > statistics[n]:
                statistics[n] = value
        if statistics[n] >= c_arl:
            alarms[n], start = 1, n + 1
    out = window[["t"]].copy()
    out["date"] = window["date"] if "date" in window else None
    out["observed"] = window["observed"]
    out["mu0"], out["glr"], out["alarm"] = mean, statistics, alarms
    return out


def _factor_ratio(y: Array, mu: Array, dispersion: float) -> float:
    """Largest log likelihood ratio of a rise of the mean by a factor over these weeks."""
    if dispersion == 0:
        cases, expected = y.sum(), mu.sum()
        if cases <= expected:
            return 0.0
        return float(xlogy(cases, cases / expected) - (cases - expected))

    def loss(log_factor: float) -> float:
        risen = mu * np.exp(log_factor)
        terms = y * log_factor
        terms -= (y + 1 / dispersion) * np.log((1 + dispersion * risen) / (1 + dispersion * mu))
        return -float(terms.sum())

    highest = np.log((y / mu).max() + 1) + 1
    best = minimize_scalar(loss, bounds=(0.0, highest), method="bounded", options={"xatol": 1e-10})
    return max(0.0, -float(best.fun))


def _share(y: Array, mu: Array, lagged: Array, start: float) -> float:
    """The likeliest share of the previous count that comes on top of the mean.

    Newton's method on the logarithm, from the share of the change point before, as the
    reference has it: it can leave the maximum and, once at 0, stays there.
    """
    log_share = np.log(start) if start > 0 else -np.inf
    with np.errstate(all="ignore"):
        for _ in range(_NEWTON_STEPS):
            share = np.exp(log_share)
            risen = mu + share * lagged
            slope = share * (y * lagged / risen - lagged).sum()
            curvature = share**2 * (y * lagged**2 / risen**2).sum() - slope
            log_share = log_share + slope / curvature
            if not log_share > -18 or abs(np.exp(log_share) - share) <= 1e-6:
                break
        return float(np.exp(log_share))


def _share_ratio(y: Array, mu: Array, lagged: Array, share: float) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        return float((xlogy(y, 1 + share * lagged / mu) - share * lagged).sum())


def _range(
    frame: pd.DataFrame, first_t: int | None, last_t: int | None
) -> tuple[pd.DataFrame, int, int]:
    series = frame.sort_values("t").reset_index(drop=True)
    first = first_t if first_t is not None else int(series["t"].iloc[0])
    last = last_t if last_t is not None else int(series["t"].iloc[-1])
    return series, first, last
