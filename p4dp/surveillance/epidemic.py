"""Seasonal epidemics: Serfling's periodic regression and the moving epidemic method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from scipy.stats import t as student

from p4dp.surveillance.parameters import accept_aliases

Array = NDArray[np.float64]

_HUBER = 1.345
_NORMAL_MAD = 0.6745
_HUBER_CHANGE = 1e-10
_HUBER_ROUNDS = 500


@accept_aliases
def serfling(
    frame: pd.DataFrame,
    *,
    train: Sequence[int] | None = None,
    test: Sequence[int] | None = None,
    period: float = 52.18,
    harmonics: int = 1,
    linear_trend: bool = True,
    quadratic_trend: bool = False,
    quantile: float = 0.85,
    level: float = 0.9,
) -> pd.DataFrame:
    """Baseline and threshold of a seasonal series after Serfling (1963).

    `frame`: `t, observed`. A line through time (`linear_trend`, `quadratic_trend`) and
    `harmonics` waves of `period` weeks are fitted by least squares to the weeks `train`
    (first and last t, default all) whose count is not above their `quantile`; the threshold
    is the upper end of the two-sided prediction interval of `level`. Periodic regressions
    differ in these settings: state them with a result.

    Returns `t, part, observed, baseline, threshold, above, epidemic_two_weeks` for the weeks
    of `train` and `test` (default: all after `train`); `epidemic_two_weeks` marks weeks
    above the threshold next to another one. `attrs` hold `cut`, `coefficients`, `sigma`,
    `n_fit`.
    """
    series, fitted, design, names = _periodic(
        frame, train, test, period, harmonics, linear_trend, quadratic_trend
    )
    observed = series["observed"].to_numpy(np.float64)
    cut = float(np.quantile(observed[fitted], quantile))
    used = fitted & (observed <= cut)
    x, y = design[used], observed[used]
    inverse = np.linalg.pinv(x)
    beta = inverse @ y
    df = len(y) - x.shape[1]
    if df < 1:
        raise ValueError("too few weeks below the quantile for this many terms")
    sigma = float(np.sqrt(((y - x @ beta) ** 2).sum() / df))
    baseline = design @ beta
    leverage = ((design @ inverse) ** 2).sum(axis=1)
    width = student.ppf((1 + level) / 2, df) * sigma * np.sqrt(1 + leverage)
    out = series[["t"]].copy()
    out["part"] = np.where(fitted, "train", "test")
    out["observed"] = series["observed"]
    out["baseline"], out["threshold"] = baseline, baseline + width
    above = observed > baseline + width
    before = np.concatenate([[False], above[:-1]])
    after = np.concatenate([above[1:], [False]])
    out["above"] = above.astype(int)
    out["epidemic_two_weeks"] = (above & (before | after)).astype(int)
    out.attrs.update(
        cut=cut,
        coefficients=dict(zip(names, beta.tolist(), strict=True)),
        sigma=sigma,
        n_fit=len(y),
    )
    return out


@accept_aliases
def serfling_robust(
    frame: pd.DataFrame,
    *,
    train: Sequence[int] | None = None,
    test: Sequence[int] | None = None,
    period: float = 52.18,
    harmonics: int = 1,
    linear_trend: bool = True,
    quadratic_trend: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """The same regression by Huber's M estimator (k = 1.345, MAD scale), no week left out.

    Returns `t, observed, baseline, threshold_z, scale` with threshold = baseline + z × scale, z
    the normal quantile of `level`;
    `attrs` hold `coefficients` and `scale`. As R `MASS::rlm`, iterated until the residuals
    change by less than 1e-10 of their length (R stops at 1e-4 by default).
    """
    series, fitted, design, names = _periodic(
        frame, train, test, period, harmonics, linear_trend, quadratic_trend
    )
    observed = series["observed"].to_numpy(np.float64)
    x, y = design[fitted], observed[fitted]
    beta, scale = _huber(x, y)
    out = series[["t", "observed"]].copy()
    out["baseline"] = design @ beta
    out["threshold_z"] = out["baseline"] + norm.ppf(level) * scale
    out["scale"] = scale
    out.attrs.update(coefficients=dict(zip(names, beta.tolist(), strict=True)), scale=scale)
    return out


def _huber(x: Array, y: Array) -> tuple[Array, float]:
    beta = _least_squares(x, y)
    residual = y - x @ beta
    scale = 0.0
    for _ in range(_HUBER_ROUNDS):
        scale = float(np.median(np.abs(residual)) / _NORMAL_MAD)
        if scale == 0:
            break
        weight = np.minimum(1.0, _HUBER * scale / np.maximum(np.abs(residual), 1e-300))
        root = np.sqrt(weight)
        beta = _least_squares(x * root[:, None], y * root)
        renewed = y - x @ beta
        length = max(1e-20, float((residual**2).sum()))
        change = float(np.sqrt(((residual - renewed) ** 2).sum() / length))
        residual = renewed
        if change <= _HUBER_CHANGE:
            break
    return beta, scale


def _least_squares(x: Array, y: Array) -> Array:
    return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], np.float64)


def _periodic(
    frame: pd.DataFrame,
    train: Sequence[int] | None,
    test: Sequence[int] | None,
    period: float,
    harmonics: int,
    linear_trend: bool,
    quadratic_trend: bool,
) -> tuple[pd.DataFrame, NDArray[np.bool_], Array, list[str]]:
    """The weeks asked for, which of them are fitted, the design and its names."""
    series = frame.sort_values("t").reset_index(drop=True)
    first, last = train or (int(series["t"].min()), int(series["t"].max()))
    from_, to = test or (last + 1, int(series["t"].max()))
    series = series[series["t"].between(first, last) | series["t"].between(from_, to)]
    series = series.reset_index(drop=True)
    t = series["t"].to_numpy(np.float64)
    columns, names = [np.ones_like(t)], ["(Intercept)"]
    if linear_trend:
        columns, names = [*columns, t], [*names, "t"]
    if quadratic_trend:
        columns, names = [*columns, t**2], [*names, "t2"]
    for k in range(1, harmonics + 1):
        angle = 2 * np.pi * k * t / period
        columns, names = [*columns, np.cos(angle), np.sin(angle)], [*names, f"c{k}", f"s{k}"]
    fitted = series["t"].between(first, last).to_numpy()
    return series, fitted, np.column_stack(columns), names


class MemResult(NamedTuple):
    """Thresholds (`threshold, value`) and the epidemic of each season
    (`season, start_position, end_position, duration, max_sum_percent`)."""

    thresholds: pd.DataFrame
    timing: pd.DataFrame


@accept_aliases
def mem(
    frame: pd.DataFrame,
    *,
    i_seasons: int = 10,
    i_type_threshold: int = 5,
    i_level_threshold: float = 0.95,
    i_tails_threshold: int = 1,
    i_type_intensity: int = 6,
    i_level_intensity: Sequence[float] = (0.4, 0.9, 0.975),
    i_tails_intensity: int = 1,
    i_n_max: int = -1,
    i_method: int = 2,
    i_param: float = 2.8,
) -> MemResult:
    """Moving epidemic method (Vega et al. 2013): when past epidemics ran, how high is high.

    `frame`: `week` and one column of rates a season, oldest first. In each season the
    epidemic is the run of weeks after which a longer run adds less than `i_param` percent
    of the season's total a week (map curve, smoothed). Thresholds: upper limits of the
    `i_n_max` highest values before and after the epidemics (-1: 30 shared among the
    seasons), and of the highest values of all (medium, high, very high). Types: 5 mean and
    standard deviation, 6 the same of logarithms. Parameters carry the names of R `mem` 2.19,
    with underscores.

    A gap inside a season is filled by a straight line (R's package smooths it); seasons
    without any case are left out.
    """
    if i_method != 2:
        raise ValueError("only method 2 (slope of the map curve) is provided")
    seasons = [c for c in frame.columns if c != "week" and frame[c].fillna(0).sum() > 0]
    if i_seasons > 0:
        seasons = seasons[-i_seasons:]
    if len(seasons) < 2:
        raise ValueError("the method needs two seasons with cases")
    n_max = max(1, round(30 / len(seasons))) if i_n_max == -1 else i_n_max
    n_max = n_max or len(frame)
    before, after, highest, timing = [], [], [], []
    for season in seasons:
        values = frame[season].interpolate(limit_area="inside").to_numpy(np.float64)
        start, end, percent = _epidemic(values, i_param)
        timing.append((season, start, end, end - start + 1, percent))
        before.append(_highest(values[: start - 1], n_max))
        after.append(_highest(values[end:], n_max))
        highest.append(_highest(values, n_max))
    limits = [
        _upper(np.concatenate(before), i_type_threshold, i_level_threshold, i_tails_threshold),
        _upper(np.concatenate(after), i_type_threshold, i_level_threshold, i_tails_threshold),
        *(
            _upper(np.concatenate(highest), i_type_intensity, level, i_tails_intensity)
            for level in i_level_intensity
        ),
    ]
    names = ["pre_epidemic", "post_epidemic", "medium", "high", "very_high"]
    columns = ["season", "start_position", "end_position", "duration", "max_sum_percent"]
    return MemResult(
        pd.DataFrame({"threshold": names[: len(limits)], "value": limits}),
        pd.DataFrame(timing, columns=columns),
    )


def _epidemic(values: Array, slope: float) -> tuple[int, int, float]:
    """First and last position (from 1) of the epidemic and its percent of the season."""
    filled = np.nan_to_num(values)
    total = np.concatenate([[0.0], np.cumsum(filled)])
    weeks = len(filled)
    starts, percents = [0], [0.0]
    for length in range(1, weeks + 1):
        sums = total[length:] - total[:-length]
        starts.append(int(np.argmax(sums >= sums.max() - 1e-12 * total[-1])) + 1)
        percents.append(100 * float(sums.max()) / float(total[-1]))
    gains = np.diff(_local_linear(np.array(percents)))
    below = np.flatnonzero(gains < slope)
    # The gain at index i is that of going from i to i + 1 weeks.
    length = max(int(below[0]), 1) if len(below) else weeks
    return starts[length], starts[length] + length - 1, percents[length]


def _local_linear(y: Array) -> Array:
    """Local linear smooth with a normal kernel of one week; negative values become 0."""
    x = np.arange(len(y), dtype=np.float64)
    distance = x[None, :] - x[:, None]
    weight = np.exp(-(distance**2) / 2)
    s0, s1, s2 = weight.sum(1), (weight * distance).sum(1), (weight * distance**2).sum(1)
    smooth = (s2 * (weight @ y) - s1 * ((weight * distance) @ y)) / (s0 * s2 - s1**2)
    return np.maximum(smooth, 0.0)


def _highest(values: Array, count: int) -> Array:
    return np.sort(values[np.isfinite(values)])[::-1][:count]


def _upper(values: Array, kind: int, level: float, tails: int) -> float:
    """Upper limit for a single value: normal (5) or log-normal (6)."""
    z = float(norm.ppf(1 - (1 - level) / tails))
    if kind == 5:
        return float(values.mean() + z * values.std(ddof=1))
    if kind == 6:
        shift = 0.0 if (values != 0).all() else 1.0
        logs = np.log(values + shift)
        return float(np.exp(logs.mean() + z * logs.std(ddof=1)) - shift)
    raise ValueError("limits of type 5 (normal) and 6 (log-normal) are provided")
