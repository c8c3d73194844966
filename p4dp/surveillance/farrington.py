"""Farrington's outbreak detection, original (1996) and flexible (Noufaily et al. 2013).

A quasi-Poisson regression on comparable weeks of past years predicts the current week;
past outbreaks are weighed down. Reproduces R `surveillance::farringtonFlexible` 1.20.3,
with what that version does in the standard error of the prediction: after reweighting its
dispersion is Σ ω ((y − μ)/μ)² / df, while the bound itself uses Pearson's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import nbinom, norm, poisson
from scipy.stats import t as student

from p4dp.surveillance.parameters import accept_aliases
from p4dp.surveillance.quasipoisson import Fit, fit

Array = NDArray[np.float64]
ThresholdMethod = Literal["nbPlugin", "muan", "delta"]
PowerTransformation = Literal["2/3", "1/2", "none"]

_EXPONENT = {"2/3": 2 / 3, "1/2": 1 / 2, "none": 1.0}
_BLOCK = 500


@dataclass(frozen=True)
class FarringtonSettings:
    """Parameters, named as in R but in snake_case; see `farrington_flexible`."""

    b: int = 5
    w: int = 3
    no_periods: int = 10
    trend: bool = True
    p_threshold_trend: float = 1.0
    reweight: bool = True
    weights_threshold: float = 2.58
    past_weeks_not_included: int = 26
    powertrans: PowerTransformation = "2/3"
    alpha: float = 0.01
    limit54: tuple[int, int] = (5, 4)
    population_offset: bool = False
    threshold_method: ThresholdMethod = "nbPlugin"
    freq: int = 52

    def __post_init__(self) -> None:
        if self.b < 1 or self.w < 0 or self.no_periods < 1:
            raise ValueError("b and no_periods must be at least 1, w at least 0")
        if not 0 < self.alpha < 1:
            raise ValueError("alpha must lie between 0 and 1")
        if self.powertrans not in _EXPONENT:
            raise ValueError(f"powertrans must be one of {', '.join(_EXPONENT)}")
        if self.threshold_method not in ("nbPlugin", "muan", "delta"):
            raise ValueError("threshold_method must be nbPlugin, muan or delta")


@dataclass(frozen=True)
class FarringtonResult:
    """One value per series, for one week. NaN bounds: too few recent cases to speak of."""

    expected: Array
    upper_bound: Array
    phi: Array
    exceedance: Array
    has_trend: NDArray[np.bool_]
    p_value: Array
    is_alarm: NDArray[np.bool_]


@accept_aliases
def farrington_flexible(
    frame: pd.DataFrame,
    *,
    first_t: int | None = None,
    last_t: int | None = None,
    b: int = 5,
    w: int = 3,
    no_periods: int = 10,
    trend: bool = True,
    p_threshold_trend: float = 1.0,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    past_weeks_not_included: int | None = 26,
    powertrans: PowerTransformation = "2/3",
    alpha: float = 0.01,
    limit54: Sequence[int] = (5, 4),
    population_offset: bool = False,
    threshold_method: ThresholdMethod = "nbPlugin",
    fit_fun: str = "algo.farrington.fitGLM.flexible",
    freq: int = 52,
) -> pd.DataFrame:
    """Judge the weeks `first_t` to `last_t` of one series.

    `frame`: `t` (from 1), `date` (may be empty), `observed` and, with `population_offset`,
    `population`. Returns `t, date, observed, expected, upperbound, phi, exceedance, trend,
    p_value, alarm`; values are missing where fewer than `limit54[0]` cases occurred in the
    last `limit54[1]` weeks.

    `b` years back, windows of ±`w` weeks, `no_periods` levels of season in a year, the last
    `past_weeks_not_included` weeks left out, the trend kept where its p value is below
    `p_threshold_trend`, residuals above `weights_threshold` weighed down, a one-sided
    `1 - alpha` bound. With dates the reference weeks are the same date in earlier years,
    moved to the nearest same weekday; without, every `freq`-th week. Default range: every
    week with `b` years of history.
    """
    if fit_fun not in ("algo.farrington.fitGLM.flexible", "flexible"):
        raise ValueError("only the flexible fit of the original software is reproduced")
    settings = FarringtonSettings(
        b=b,
        w=w,
        no_periods=no_periods,
        trend=trend,
        p_threshold_trend=p_threshold_trend,
        reweight=reweight,
        weights_threshold=weights_threshold,
        past_weeks_not_included=past_weeks_not_included or 0,
        powertrans=powertrans,
        alpha=alpha,
        limit54=(int(limit54[0]), int(limit54[1])),
        population_offset=population_offset,
        threshold_method=threshold_method,
        freq=freq,
    )
    series = frame.sort_values("t").reset_index(drop=True)
    dates = _dates(series)
    counts = series["observed"].to_numpy(np.float64)[None, :]
    population = series["population"].to_numpy(np.float64)[None, :] if population_offset else None
    origin = int(series["t"].iloc[0])
    last = last_t if last_t is not None else int(series["t"].iloc[-1])
    rows: list[dict[str, Any]] = []
    first = first_t if first_t is not None else origin
    for position in range(first - origin, last - origin + 1):
        if first_t is None and _reference_weeks(position, dates, settings) is None:
            continue
        result = farrington_matrix(counts, position, settings, dates=dates, population=population)
        rows.append(
            {
                "t": origin + position,
                "date": series["date"].iloc[position] if "date" in series else None,
                "observed": series["observed"].iloc[position],
                "expected": result.expected[0],
                "upperbound": result.upper_bound[0],
                "phi": result.phi[0],
                "exceedance": result.exceedance[0],
                "trend": int(result.has_trend[0]),
                "p_value": result.p_value[0],
                "alarm": int(result.is_alarm[0]),
            }
        )
    columns = ["t", "date", "observed", "expected", "upperbound", "phi", "exceedance"]
    return pd.DataFrame(rows, columns=[*columns, "trend", "p_value", "alarm"])


@accept_aliases
def farrington(frame: pd.DataFrame, **parameters: Any) -> pd.DataFrame:
    """The original method: `farrington_flexible` with the settings of 1996.

    Four years, windows only (one period), a trend where significant at 5 %, all residuals
    above 1 weighed down, 2/3-power bound at 5 %; any of them can be given otherwise.
    """
    original: dict[str, Any] = {
        "b": 4,
        "no_periods": 1,
        "p_threshold_trend": 0.05,
        "weights_threshold": 1.0,
        "alpha": 0.05,
        "threshold_method": "delta",
    }
    return farrington_flexible(frame, **(original | parameters))


def farrington_matrix(
    counts: Array,
    position: int,
    settings: FarringtonSettings | None = None,
    *,
    dates: Sequence[date] | None = None,
    population: Array | None = None,
) -> FarringtonResult:
    """Judge one week of many series that share their dates.

    `counts` (series, weeks); `position` is the week's column, from 0; `population` has the
    shape of `counts` and is used with `population_offset`. Series without the history the
    settings ask for, and missing values in it, are a ValueError.
    """
    settings = settings or FarringtonSettings()
    levels = season_levels(position, counts.shape[1], settings, dates)
    results = [
        _judge(
            counts[start : start + _BLOCK],
            position,
            levels,
            settings,
            None if population is None else population[start : start + _BLOCK],
        )
        for start in range(0, len(counts), _BLOCK)
    ]
    return FarringtonResult(
        *(
            np.concatenate([getattr(r, name) for r in results])
            for name in FarringtonResult.__dataclass_fields__
        )
    )


def season_levels(
    position: int, length: int, settings: FarringtonSettings, dates: Sequence[date] | None = None
) -> NDArray[np.int64]:
    """Level of season of each week, -1 for weeks that are not used.

    The reference weeks with ±w weeks around them, and the w weeks up to the current one,
    share the last level; the weeks between two references are split into `no_periods - 1`
    runs, the longer ones first. The weeks left out at the end keep their level (the caller
    cuts them off).
    """
    weeks = _reference_weeks(position, dates, settings)
    if weeks is None:
        raise ValueError(
            f"week {position + 1} has no {settings.b} years of history with windows of "
            f"{settings.w} weeks before it"
        )
    w, last = settings.w, settings.no_periods - 1
    levels = np.full(length, -1, dtype=np.int64)
    levels[position - w : position + 1] = last
    for newer, older in zip(weeks, weeks[1:], strict=False):
        levels[older - w : older + w + 1] = last
        if last == 0:
            continue
        between = newer - 2 * w - 1 - older
        if between < last:
            raise ValueError("no_periods is too large for the weeks between two references")
        sizes = np.full(last, between // last)
        sizes[: between % last] += 1
        levels[older + w + 1 : older + w + 1 + between] = np.repeat(np.arange(last), sizes)
    return levels


def _reference_weeks(
    position: int, dates: Sequence[date] | None, settings: FarringtonSettings
) -> list[int] | None:
    """The current week and the same week of each earlier year, newest first."""
    weeks = [position]
    if dates is None:
        weeks += [position - year * settings.freq for year in range(1, settings.b + 1)]
    else:
        place = {day: i for i, day in enumerate(dates)}
        today = dates[position]
        for year in range(1, settings.b + 1):
            weeks.append(place.get(_same_weekday(today, _years_before(today, year)), -1))
    if min(weeks) - settings.w < 0:
        return None
    return weeks


def _years_before(day: date, years: int) -> date:
    """The same date of an earlier year; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _same_weekday(today: date, earlier: date) -> date:
    """The day nearest to `earlier` that is the same day of the week as `today`."""
    shift = (today.weekday() - earlier.weekday() + 3) % 7 - 3
    return earlier + timedelta(days=shift)


def _judge(
    counts: Array,
    position: int,
    levels: NDArray[np.int64],
    settings: FarringtonSettings,
    population: Array | None,
) -> FarringtonResult:
    kept = np.flatnonzero(levels >= 0)
    kept = kept[kept < position - settings.past_weeks_not_included]
    past = counts[:, kept]
    if not np.isfinite(past).all():
        raise ValueError("a count is missing among the weeks the prediction rests on")
    offset, offset_now = np.zeros_like(past), np.zeros(len(past))
    if settings.population_offset:
        if population is None:
            raise ValueError("population_offset needs a population")
        offset, offset_now = np.log(population[:, kept]), np.log(population[:, position])

    season = (levels[kept, None] == np.arange(settings.no_periods - 1)).astype(np.float64)
    ones = np.ones((len(kept), 1))
    plain = np.hstack([ones, season])
    plain_now = np.zeros(plain.shape[1])
    plain_now[0] = 1.0
    middle, spread = kept.mean(), max(kept.std(), 1.0)
    time = ((kept - middle) / spread)[:, None]
    with_trend = np.hstack([plain, time])
    now = np.append(plain_now, (position - middle) / spread)

    def estimate(design: Array, rows: NDArray[np.int64], x: Array) -> _Prediction:
        return _predict(design, past[rows], offset[rows], x, offset_now[rows], settings)

    everyone = np.arange(len(past))
    if settings.trend:
        prediction = estimate(with_trend, everyone, now)
        keeps = (
            prediction.converged
            & (settings.b >= 3)
            & (prediction.trend_p < settings.p_threshold_trend)
            & (prediction.mu <= past.max(axis=1))
        )
        rest = np.flatnonzero(~keeps)
        if len(rest):
            prediction = prediction.replaced(rest, estimate(plain, rest, plain_now))
    else:
        keeps = np.zeros(len(past), dtype=bool)
        prediction = estimate(plain, everyone, plain_now)

    observed = counts[:, position]
    upper, p_value = _bound(prediction, observed, settings)
    cases, weeks = settings.limit54
    recent = counts[:, position - weeks + 1 : position + 1].sum(axis=1)
    enough = recent >= cases
    with np.errstate(divide="ignore", invalid="ignore"):
        exceedance = np.where(
            upper == prediction.mu, 0.0, (observed - prediction.mu) / (upper - prediction.mu)
        )
    return FarringtonResult(
        expected=np.where(enough, prediction.mu, np.nan),
        upper_bound=np.where(enough, upper, np.nan),
        phi=prediction.phi,
        exceedance=np.where(enough, exceedance, np.nan),
        has_trend=keeps,
        p_value=p_value,
        is_alarm=enough & (observed > upper),
    )


@dataclass(frozen=True)
class _Prediction:
    mu: Array
    eta_error: Array
    phi: Array
    trend_p: Array
    converged: NDArray[np.bool_]

    def replaced(self, rows: NDArray[np.int64], other: _Prediction) -> _Prediction:
        fields = {}
        for name in self.__dataclass_fields__:
            values = getattr(self, name).copy()
            values[rows] = getattr(other, name)
            fields[name] = values
        return _Prediction(**fields)


def _predict(
    design: Array,
    past: Array,
    offset: Array,
    now: Array,
    offset_now: Array,
    settings: FarringtonSettings,
) -> _Prediction:
    """Fit, weigh past outbreaks down, fit again, predict the current week."""
    weights = np.ones_like(past)
    model = fit(design, past, weights, offset)
    phi = np.maximum(_pearson(past, model), 1.0)
    dispersion = phi
    if settings.reweight:
        weights = _weights(_anscombe(past, model, phi), settings.weights_threshold)
        model = fit(design, past, weights, offset)
        phi = np.maximum(_pearson(past, model), 1.0)
        dispersion = (weights * ((past - model.fitted) / model.fitted) ** 2).sum(axis=1)
        dispersion = dispersion / model.residual_df
    eta = model.coefficients @ now + offset_now
    variance = np.einsum("p,spq,q->s", now, model.covariance, now)
    with np.errstate(divide="ignore", invalid="ignore"):
        t_value = model.coefficients[:, -1] / np.sqrt(dispersion * model.covariance[:, -1, -1])
    return _Prediction(
        mu=np.exp(eta),
        eta_error=np.sqrt(np.maximum(dispersion * variance, 0.0)),
        phi=phi,
        trend_p=2 * student.sf(np.abs(t_value), model.residual_df),
        converged=model.converged,
    )


def _pearson(past: Array, model: Fit) -> Array:
    """Pearson's dispersion with the weights of the last round, as R's `summary.glm` has it."""
    squares = model.working * ((past - model.fitted) / model.fitted) ** 2
    return squares.sum(axis=1) / model.residual_df


def _anscombe(past: Array, model: Fit, phi: Array) -> Array:
    """Standardised Anscombe residuals of a Poisson fit."""
    mu = model.fitted
    raw = 1.5 * (past ** (2 / 3) * mu ** (-1 / 6) - mu**0.5)
    with np.errstate(divide="ignore", invalid="ignore"):
        return raw / np.sqrt(phi[:, None] * (1 - model.leverage))


def _weights(residuals: Array, threshold: float) -> Array:
    """Weights s⁻² above the threshold, scaled so that they sum to the number of weeks."""
    above = residuals > threshold
    raw = np.where(above, np.where(above, residuals, 1.0) ** -2.0, 1.0)
    return raw * (raw.shape[1] / raw.sum(axis=1))[:, None]


def _bound(
    prediction: _Prediction, observed: Array, settings: FarringtonSettings
) -> tuple[Array, Array]:
    """Upper bound and p value of the observed counts."""
    mu, phi, alpha = prediction.mu, prediction.phi, settings.alpha
    if settings.threshold_method == "delta":
        tau = phi + mu * prediction.eta_error**2
        exponent = _EXPONENT[settings.powertrans]
        error = exponent * mu ** (exponent - 1) * np.sqrt(mu * tau)
        upper = (mu**exponent + norm.ppf(1 - alpha) * error) ** (1 / exponent)
        return upper, norm.sf((observed**exponent - mu**exponent) / error)
    if settings.threshold_method == "muan":
        mu = np.exp(np.log(mu) + norm.ppf(1 - alpha) * prediction.eta_error)
    over = phi > 1
    size = np.where(over, mu / np.where(over, phi - 1, 1.0), 1.0)
    upper = np.where(over, nbinom.ppf(1 - alpha, size, 1 / phi), poisson.ppf(1 - alpha, mu))
    p_value = np.where(over, nbinom.sf(observed - 1, size, 1 / phi), poisson.sf(observed - 1, mu))
    return upper, p_value


def _dates(series: pd.DataFrame) -> list[date] | None:
    if "date" not in series or series["date"].isna().all():
        return None
    return [stamp.date() for stamp in pd.to_datetime(series["date"])]
