"""Nowcasting: how many events of the last days there will be, once all are reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy
from scipy.stats import norm

from p4dp.surveillance.parameters import accept_aliases

Array = NDArray[np.float64]
Method = Literal["lawless", "bayes.notrunc", "bayes.trunc"]

_KAPPA = 0.1


@dataclass(frozen=True)
class ReportingTriangle:
    """Events by day and delay as known at `now`.

    `days` (first to `now`); `counts` (day, delay 0…D), reports later than D counted at D;
    `at_delay[x]` and `up_to_delay[x]`: reports with delay x, and up to x, of the days for
    which x days have passed; `known` (day): reported by now.
    """

    days: pd.DatetimeIndex
    counts: Array
    at_delay: Array
    up_to_delay: Array
    known: Array

    @property
    def max_delay(self) -> int:
        """The longest delay told apart."""
        return self.counts.shape[1] - 1


def reporting_triangle(
    event: pd.Series,
    report: pd.Series,
    *,
    now: pd.Timestamp,
    max_delay: int,
    first: pd.Timestamp | None = None,
) -> ReportingTriangle:
    """The triangle of everything reported by `now`, from the day `first` on."""
    start = first if first is not None else event.min()
    days = pd.date_range(start, now, freq="D")
    if len(days) <= max_delay:
        raise ValueError("long delays cannot be estimated: fewer days than max_delay")
    delay = (report - event).dt.days.to_numpy()
    if (delay < 0).any():
        raise ValueError("a case is reported before it happened")
    used = ((report <= now) & (event >= start)).to_numpy()
    place = (event - start).dt.days.to_numpy()[used]
    counts = np.zeros((len(days), max_delay + 1))
    np.add.at(counts, (place, np.minimum(delay[used], max_delay)), 1.0)
    passed = np.arange(len(days))[::-1]
    cumulative = np.cumsum(counts, axis=1)
    at_delay, up_to_delay = np.zeros(max_delay + 1), np.zeros(max_delay + 1)
    for x in range(max_delay + 1):
        at_delay[x] = counts[passed >= x, x].sum()
        up_to_delay[x] = cumulative[passed >= x, x].sum()
    return ReportingTriangle(days, counts, at_delay, up_to_delay, cumulative[:, -1])


@accept_aliases
def nowcast(
    frame: pd.DataFrame,
    method: Method = "bayes.trunc",
    *,
    now: str | pd.Timestamp,
    max_delay: int | None = None,
    d: int | None = None,
    d_range: tuple[str, str] | None = None,
    prior_mean: float = 20.0,
    prior_variance: float = 300.0,
    n_t_inf_max: int = 400,
    ci: float = 0.95,
    samples: int = 2000,
    seed: int = 1,
) -> pd.DataFrame:
    """Median and interval of the final count of each of the last `max_delay` - 1 days.

    `frame`: one row per case with the dates `event` and `report`; only what was reported by
    `now` is used. `d_range` sets the first day whose delays count. Methods of R
    `surveillance::nowcast` 1.20.3: `lawless` (reverse-time hazards; truncated normal with
    variance N (1 - W) / W²), `bayes.trunc` and `bayes.notrunc` (delays with a generalised
    Dirichlet posterior, with and without regard to delays still unseen; counts with a
    negative binomial prior of `prior_mean` and `prior_variance`, at most `n_t_inf_max`).
    The delay's posterior is sampled (`samples`, `seed`), so the Bayes methods differ from
    the reference by its Monte Carlo error.

    Returns `day, reported_by_now, nowcast, lo, hi, finally_reported`, the last one from all
    rows of `frame`, for comparison.
    """
    depth = max_delay if max_delay is not None else d
    if depth is None or depth < 2:
        raise ValueError("give max_delay, at least 2")
    if method not in ("lawless", "bayes.notrunc", "bayes.trunc"):
        raise ValueError("method must be lawless, bayes.notrunc or bayes.trunc")
    if prior_variance <= prior_mean:
        raise ValueError("prior_variance must be larger than prior_mean")
    end = pd.Timestamp(now)
    event, report = pd.to_datetime(frame["event"]), pd.to_datetime(frame["report"])
    triangle = reporting_triangle(
        event,
        report,
        now=end,
        max_delay=depth,
        first=None if d_range is None else pd.Timestamp(d_range[0]),
    )
    wanted = np.arange(len(triangle.days) - depth, len(triangle.days) - 1)
    support = np.arange(n_t_inf_max + 1, dtype=np.float64)
    if method == "lawless":
        distribution = _lawless(triangle, wanted, support)
    else:
        chance = _sampled_completeness(triangle, method, samples, seed)
        distribution = _posterior(triangle, wanted, support, chance, prior_mean, prior_variance)
    tail = (1 - ci) / 2
    final = event.value_counts().reindex(triangle.days[wanted], fill_value=0)
    return pd.DataFrame(
        {
            "day": triangle.days[wanted],
            "reported_by_now": triangle.known[wanted].astype(np.int64),
            "nowcast": _first_above(distribution, 0.5),
            "lo": _first_above(distribution, tail),
            "hi": _first_above(distribution, 1 - tail),
            "finally_reported": final.to_numpy(np.int64),
        }
    )


def _lawless(triangle: ReportingTriangle, wanted: NDArray[np.int64], support: Array) -> Array:
    """Cumulative distributions (day, count) from the reverse-time hazards."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.nan_to_num(triangle.at_delay / triangle.up_to_delay)
    passed = len(triangle.days) - 1 - wanted
    rows = []
    for day, delay in zip(wanted, passed, strict=True):
        seen = float(np.prod(1 - hazard[delay + 1 :]))
        known = triangle.known[day]
        if known == 0 or seen == 1:
            rows.append((support >= known).astype(np.float64))
            continue
        if seen == 0:
            rows.append(np.zeros(len(support)))
            continue
        mean, deviation = known / seen, np.sqrt(known * (1 - seen)) / seen
        above = norm.cdf(support, mean, deviation) / norm.sf(known, mean, deviation)
        rows.append(np.where(support < known, 0.0, above))
    return np.array(rows)


def _sampled_completeness(
    triangle: ReportingTriangle, method: str, samples: int, seed: int
) -> Array:
    """Draws (sample, delay) of the share of events reported within each delay."""
    depth = triangle.max_delay
    at_delay, up_to = triangle.at_delay, triangle.up_to_delay
    # From the longest delay down: the share of a delay among this and all shorter ones.
    longest_first = np.arange(depth, 0, -1)
    alpha = at_delay[longest_first] + _KAPPA
    shorter = _KAPPA * longest_first
    if method == "bayes.trunc":
        beta = shorter + up_to[longest_first] - at_delay[longest_first]
    else:
        beta = shorter + np.cumsum(at_delay)[longest_first - 1]
    broken = np.random.default_rng(seed).beta(alpha, beta, size=(samples, depth))
    # Reported within delay x: nothing longer than x was broken off.
    within = np.cumprod(1 - broken, axis=1)
    complete = np.ones((samples, depth + 1))
    complete[:, depth - np.arange(1, depth + 1)] = within
    return complete


def _posterior(
    triangle: ReportingTriangle,
    wanted: NDArray[np.int64],
    support: Array,
    complete: Array,
    prior_mean: float,
    prior_variance: float,
) -> Array:
    """Cumulative distributions (day, count), averaged over the draws of the delays.

    With a negative binomial prior and binomial reporting, what is still to come is negative
    binomial again.
    """
    size = prior_mean**2 / (prior_variance - prior_mean)
    scale = prior_mean / (prior_mean + size)
    passed = len(triangle.days) - 1 - wanted
    rows = []
    for day, delay in zip(wanted, passed, strict=True):
        known = triangle.known[day]
        missed = scale * (1 - complete[:, delay])
        to_come = np.maximum(support - known, 0.0)
        shape = size + known
        ways = gammaln(to_come + shape) - gammaln(shape) - gammaln(to_come + 1)
        weight = np.exp(ways[:, None] + xlogy(to_come[:, None], missed) + shape * np.log1p(-missed))
        weight[support < known] = 0.0
        rows.append(np.cumsum((weight / weight.sum(axis=0)).mean(axis=1)))
    return np.array(rows)


def _first_above(cumulative: Array, level: float) -> NDArray[np.int64]:
    """The smallest count whose cumulative probability exceeds `level` (0 if none does)."""
    return np.argmax(cumulative > level, axis=1).astype(np.int64)
