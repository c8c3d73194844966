"""Incomplete reporting: practices that take part, weeks that are still filling up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from p4dp.surveillance.parameters import accept_aliases

Array = NDArray[np.float64]


class Incidence(NamedTuple):
    """Estimates per week and region, and per week for the country."""

    regions: pd.DataFrame
    national: pd.DataFrame


@accept_aliases
def incidence_participation(
    practices: pd.DataFrame, regions: pd.DataFrame, *, z: float = 1.96
) -> Incidence:
    """Cases of all GPs of a region from those of the GPs who took part, week by week.

    `practices`: `week, region, gp, participation` (share of the week covered, 0–1),
    `cases`. `regions`: `region, gp_total, population`. A region's cases are multiplied by
    its GPs over its equivalent GPs (sum of participations); the variance is that of a
    Poisson count; limits at `z` (never below 0) and exact ones. The country is the sum of
    the regions where somebody took part: a silent region is missing, never zero.

    Returns `week, region, cases, equivalent_gps, incidence, variance, lo_normal, hi_normal,
    lo_exact, hi_exact, rate_100k` and `week, regions_used, cases, equivalent_gps, incidence,
    lo, hi, rate_100k`.
    """
    summed = practices.groupby(["week", "region"], as_index=False, sort=True).agg(
        cases=("cases", "sum"), equivalent_gps=("participation", "sum")
    )
    table = summed.merge(regions, on="region", how="left", validate="many_to_one")
    if table["gp_total"].isna().any():
        missing = table.loc[table["gp_total"].isna(), "region"].iloc[0]
        raise ValueError(f"region {missing!r} of the practices is not among the regions")
    cases = table["cases"].to_numpy(np.float64)
    active = table["equivalent_gps"].to_numpy(np.float64)
    factor = np.divide(
        table["gp_total"].to_numpy(np.float64),
        active,
        out=np.full(len(table), np.nan),
        where=active > 0,
    )
    table["incidence"] = factor * cases
    table["variance"] = factor**2 * cases
    half = z * np.sqrt(table["variance"])
    table["lo_normal"] = np.maximum(table["incidence"] - half, 0.0)
    table["hi_normal"] = table["incidence"] + half
    lower, upper = poisson_limits(cases)
    table["lo_exact"], table["hi_exact"] = factor * lower, factor * upper
    table["rate_100k"] = table["incidence"] / table["population"] * 1e5

    heard = table[active > 0]
    national = heard.groupby("week", as_index=False, sort=True).agg(
        regions_used=("region", "size"),
        cases=("cases", "sum"),
        equivalent_gps=("equivalent_gps", "sum"),
        incidence=("incidence", "sum"),
        variance=("variance", "sum"),
        population=("population", "sum"),
    )
    half = z * np.sqrt(national["variance"])
    national["lo"] = np.maximum(national["incidence"] - half, 0.0)
    national["hi"] = national["incidence"] + half
    national["rate_100k"] = national["incidence"] / national["population"] * 1e5
    return Incidence(
        table.drop(columns=["gp_total", "population"]),
        national.drop(columns=["variance", "population"]),
    )


def poisson_limits(counts: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Exact (Garwood) limits for the mean of Poisson counts."""
    counts = np.asarray(counts, np.float64)
    tail = (1 - level) / 2
    lower = np.where(counts > 0, chi2.ppf(tail, np.maximum(2 * counts, 1)) / 2, 0.0)
    return lower, chi2.ppf(1 - tail, 2 * (counts + 1)) / 2


class ChainLadder(NamedTuple):
    """`day, reported_by_now, chain_ladder, finally_within_D` and `k, development_factor`."""

    days: pd.DataFrame
    factors: pd.DataFrame


@accept_aliases
def chain_ladder(
    frame: pd.DataFrame,
    *,
    now: str | pd.Timestamp,
    max_delay: int | None = None,
    d: int | None = None,
    step_days: int = 1,
) -> ChainLadder:
    """What the latest days will have once all reports are in, from the delays so far.

    `frame`: one row per case with the dates `event` and `report`. Delays up to `max_delay`
    (published name: D) steps of `step_days` count. Factor k is the number reported within k
    steps over that within k − 1, on days for which k steps have passed by `now`; a day's
    count is multiplied by the factors still to come. A factor without a count to rest on is
    1. `finally_within_D` counts all reports of `frame` within `max_delay`, for comparison.
    """
    depth = max_delay if max_delay is not None else d
    if depth is None or depth < 1:
        raise ValueError("give max_delay, at least 1")
    end = pd.Timestamp(now)
    event = pd.to_datetime(frame["event"])
    delay = (pd.to_datetime(frame["report"]) - event).dt.days.to_numpy()
    if (delay < 0).any():
        raise ValueError("a case is reported before it happened")
    step = pd.Timedelta(days=step_days)
    used = (event <= end).to_numpy()
    if not used.any():
        raise ValueError("no event up to `now`")
    first = event[used].min()
    days = pd.date_range(first, end, freq=step)
    place = ((event - first) // step).to_numpy()[used]
    steps = delay[used] // step_days
    within = steps <= depth
    counts = np.zeros((len(days), depth + 1))
    np.add.at(counts, (place[within], steps[within]), 1.0)
    passed = np.arange(len(days))[::-1]
    seen = np.arange(depth + 1)[None, :] <= passed[:, None]
    cumulative = np.cumsum(np.where(seen, counts, 0.0), axis=1)
    factors = np.ones(depth + 1)
    for k in range(1, depth + 1):
        known = passed >= k
        base = cumulative[known, k - 1].sum()
        factors[k] = cumulative[known, k].sum() / base if base > 0 else 1.0
    to_come = np.append(np.cumprod(factors[::-1])[::-1], 1.0)
    reported = cumulative[:, -1]
    out = pd.DataFrame({"day": days, "reported_by_now": reported.astype(np.int64)})
    out["chain_ladder"] = reported * to_come[np.minimum(passed, depth) + 1]
    out["finally_within_D"] = counts.sum(axis=1).astype(np.int64)
    return ChainLadder(
        out,
        pd.DataFrame({"k": np.arange(1, depth + 1), "development_factor": factors[1:]}),
    )
