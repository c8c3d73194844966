"""Scan statistics: where, and since when, cases are more than expected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy

from p4dp.surveillance.parameters import accept_aliases

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

_REPLICATES_AT_ONCE = 200


class ScanResult(NamedTuple):
    """Significant clusters and all zones, most likely first."""

    clusters: pd.DataFrame
    zones: pd.DataFrame


@accept_aliases
def kulldorff(
    frame: pd.DataFrame,
    *,
    pop_upper_bound: float = 0.5,
    n_simulations: int = 999,
    seed: int = 1,
    alpha_level: float = 0.05,
    max_zones: int | None = 50,
) -> ScanResult:
    """Kulldorff's spatial scan (1997): circular windows, Poisson counts, Monte Carlo rank.

    `frame`: `id, x, y, cases, population, expected`. Windows grow from each area to its
    nearest neighbours while they hold at most `pop_upper_bound` of the population; the
    score is the log likelihood ratio of a higher risk inside. A set of areas reached from
    several centres is one zone. Ranks come from `n_simulations` multinomial replicates of
    all cases (seed: results repeat exactly).

    `zones` (the first `max_zones`): `rank, centre, llr, n_areas, cases, expected, members`.
    `clusters`: the most likely zone, then those that share no area with an earlier one and
    whose p value is below `alpha_level`: `cluster, members, population, cases, expected,
    smr, llr, mc_rank, p_value`. Members are joined by `;` in alphabetical order. `attrs` of
    `zones` hold `n_windows` and `n_distinct_zones`.
    """
    names = [str(name) for name in frame["id"]]
    cases, population, expected = (
        frame[c].to_numpy(np.float64) for c in ("cases", "population", "expected")
    )
    if (expected <= 0).any():
        raise ValueError("an area without expected cases has no risk: leave it out")
    if not 0 < pop_upper_bound < 1:
        raise ValueError("pop_upper_bound must lie between 0 and 1")
    windows = list(_windows(frame[["x", "y"]].to_numpy(np.float64), population, pop_upper_bound))
    distinct: dict[frozenset[int], tuple[int, int]] = {}
    for centre, order in windows:
        members: frozenset[int] = frozenset()
        for size, area in enumerate(order, start=1):
            members = members | {int(area)}
            distinct.setdefault(members, (centre, size))
    inside = np.array([cases[list(zone)].sum() for zone in distinct])
    inside_expected = np.array([expected[list(zone)].sum() for zone in distinct])
    scores = _poisson_ratio(inside, inside_expected, cases.sum(), expected.sum())
    ranking = np.argsort(-scores, kind="stable")
    highest = _simulated_maxima(windows, cases.sum(), expected, n_simulations, seed)

    zones = [frozenset(zone) for zone in distinct]
    centres = [centre for centre, _ in distinct.values()]
    listed = ranking if max_zones is None else ranking[:max_zones]
    zone_rows = [
        {
            "rank": rank,
            "centre": names[centres[i]],
            "llr": scores[i],
            "n_areas": len(zones[i]),
            "cases": inside[i],
            "expected": inside_expected[i],
            "members": _joined(names, zones[i]),
        }
        for rank, i in enumerate(listed, start=1)
    ]
    cluster_rows: list[dict[str, object]] = []
    taken: frozenset[int] = frozenset()
    for i in ranking:
        if taken & zones[i] or scores[i] <= 0:
            continue
        rank = 1 + int((highest >= scores[i]).sum())
        p_value = rank / (n_simulations + 1)
        if cluster_rows and p_value >= alpha_level:
            break
        taken = taken | zones[i]
        cluster_rows.append(
            {
                "cluster": len(cluster_rows) + 1,
                "members": _joined(names, zones[i]),
                "population": population[list(zones[i])].sum(),
                "cases": inside[i],
                "expected": inside_expected[i],
                "smr": inside[i] / inside_expected[i],
                "llr": scores[i],
                "mc_rank": rank,
                "p_value": p_value,
            }
        )
    columns = ["cluster", "members", "population", "cases", "expected", "smr", "llr"]
    clusters = pd.DataFrame(cluster_rows, columns=[*columns, "mc_rank", "p_value"])
    table = pd.DataFrame(zone_rows)
    table.attrs.update(
        n_windows=sum(len(order) for _, order in windows), n_distinct_zones=len(zones)
    )
    return ScanResult(clusters, table)


def _windows(points: Array, population: Array, bound: float) -> Iterator[tuple[int, Ints]]:
    """For each area, the areas its windows take in, nearest first."""
    limit = bound * population.sum()
    for centre in range(len(points)):
        distance = ((points - points[centre]) ** 2).sum(axis=1)
        order = np.argsort(distance, kind="stable")
        yield centre, order[np.cumsum(population[order]) <= limit]


def _poisson_ratio(inside: Array, expected: Array, total: float, total_expected: float) -> Array:
    """Log likelihood ratio of a higher risk inside; 0 where the risk is not higher."""
    outside, outside_expected = total - inside, total_expected - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = xlogy(inside, inside / expected) + xlogy(outside, outside / outside_expected)
    higher = inside * outside_expected > outside * expected
    return np.where(higher, ratio - total * np.log(total / total_expected), 0.0)


def _simulated_maxima(
    windows: list[tuple[int, Ints]], total: float, expected: Array, replicates: int, seed: int
) -> Array:
    """The highest score of each replicate under no cluster."""
    generator = np.random.default_rng(seed)
    share = expected / expected.sum()
    maxima = np.zeros(replicates)
    for start in range(0, replicates, _REPLICATES_AT_ONCE):
        stop = min(start + _REPLICATES_AT_ONCE, replicates)
        drawn = generator.multinomial(int(round(total)), share, size=stop - start).astype(float)
        for _, order in windows:
            if len(order) == 0:
                continue
            inside = np.cumsum(drawn[:, order], axis=1)
            scores = _poisson_ratio(
                inside, np.cumsum(expected[order])[None, :], total, float(expected.sum())
            )
            np.maximum(maxima[start:stop], scores.max(axis=1), out=maxima[start:stop])
    return maxima


def _joined(names: Sequence[str], zone: frozenset[int]) -> str:
    return ";".join(sorted(names[i] for i in zone))


@accept_aliases
def space_time_scan(
    frame: pd.DataFrame,
    coords: pd.DataFrame,
    *,
    model: Literal["pb", "eb"] = "pb",
    k_nearest: int = 15,
    top: int | None = 50,
    n_mcsim: int = 0,
    seed: int = 1,
) -> pd.DataFrame:
    """Prospective space-time scan: zones whose cases are too many since some time until now.

    `frame`: one row per time and area, with columns for the time (first), the area (second),
    `count` and `population`; `coords`: area, `x`, `y`. Zones are each area with up to
    `k_nearest` - 1 nearest others. Expected counts share all cases by population: within each
    time, all times alike, for `pb`; over all times and areas together for `eb`.
    `model="pb"` (population-based, Kulldorff 2001) compares with what is outside, `"eb"`
    (expectation-based, Neill 2005) with what was expected. As R `scanstatistics`.

    Returns `zone, duration, score, relrisk, members` (`eb`) or `…, relrisk_in, relrisk_out,
    members` (`pb`), highest score first; `duration` counts times back from the last one.
    With `n_mcsim`, `attrs["mc_p"]` is the Monte Carlo p value of the first row.
    """
    if model not in ("pb", "eb"):
        raise ValueError("model must be pb or eb")
    time, area = frame.columns[0], frame.columns[1]
    counts = frame.pivot(index=time, columns=area, values="count")
    people = frame.pivot(index=time, columns=area, values="population")[counts.columns]
    if counts.isna().any(axis=None) or people.isna().any(axis=None):
        raise ValueError("each time needs a row for each area")
    places = coords.set_index(coords.columns[0]).loc[counts.columns, ["x", "y"]]
    zones = _nearest_zones(places.to_numpy(np.float64), k_nearest)
    member = np.zeros((len(zones), counts.shape[1]))
    for i, zone in enumerate(zones):
        member[i, list(zone)] = 1.0
    observed = counts.to_numpy(np.float64)
    population = people.to_numpy(np.float64)
    total = observed.sum()
    if model == "pb":
        shares = population / population.sum(axis=1, keepdims=True)
        baseline = total / len(population) * shares
    else:
        baseline = total * population / population.sum()

    inside, expected = _since(observed, member), _since(baseline, member)
    scores = _prospective(inside, expected, total, model)
    order = np.argsort(-scores, axis=None, kind="stable")
    order = order if top is None else order[:top]
    duration, zone_index = np.unravel_index(order, scores.shape)
    names = [str(name) for name in counts.columns]
    risk_in = (inside / expected)[duration, zone_index]
    out = pd.DataFrame(
        {"zone": zone_index + 1, "duration": duration + 1, "score": scores[duration, zone_index]}
    )
    if model == "eb":
        out["relrisk"] = risk_in
    else:
        outside = (total - inside)[duration, zone_index]
        out["relrisk_in"] = risk_in
        out["relrisk_out"] = outside / (total - expected)[duration, zone_index]
    out["members"] = [_joined(names, zones[i]) for i in zone_index]
    if n_mcsim:
        generator = np.random.default_rng(seed)
        share = (baseline / total).ravel()
        reached = 0
        for _ in range(n_mcsim):
            if model == "eb":
                drawn = generator.poisson(baseline).astype(float)
            else:
                drawn = generator.multinomial(int(total), share).reshape(baseline.shape) * 1.0
            best = _prospective(_since(drawn, member), expected, float(drawn.sum()), model).max()
            reached += best >= scores.max()
        out.attrs["mc_p"] = (reached + 1) / (n_mcsim + 1)
    return out


def _nearest_zones(points: Array, count: int) -> list[frozenset[int]]:
    """Each distinct set of an area and its nearest others, in order of first appearance."""
    zones: dict[frozenset[int], None] = {}
    for centre in range(len(points)):
        distance = ((points - points[centre]) ** 2).sum(axis=1)
        order = np.argsort(distance, kind="stable")[:count]
        for size in range(1, len(order) + 1):
            zones.setdefault(frozenset(int(i) for i in order[:size]))
    return list(zones)


def _since(values: Array, member: Array) -> Array:
    """Sums by duration (rows: the last time, the last two, …) and zone (columns)."""
    return np.cumsum((values @ member.T)[::-1], axis=0)


def _prospective(inside: Array, expected: Array, total: float, model: str) -> Array:
    if model == "eb":
        score = xlogy(inside, inside / expected) + expected - inside
    else:
        outside, left = total - inside, np.maximum(total - expected, 1e-300)
        score = xlogy(inside, inside / expected) + xlogy(outside, outside / left)
    return np.where(inside > expected, score, 0.0)
