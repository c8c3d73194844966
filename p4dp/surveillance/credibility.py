"""Shrunken rates: what a small unit's own figure says, weighed against all the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma
from scipy.stats import gamma

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Credibility:
    """Bühlmann–Straub estimates; the arrays have one entry per unit."""

    individual_mean: Array
    weight: Array
    credibility: Array
    premium: Array
    collective: float
    between_variance: float
    within_variance: float


def buhlmann_straub_arrays(ratios: Array, weights: Array) -> Credibility:
    """Bühlmann–Straub credibility with the unbiased variance estimators.

    `ratios` and `weights` have shape (units, periods); a period is left out where its weight
    is missing or zero or its ratio missing. Bühlmann and Gisler (2005), chapter 4, as in R
    `actuar::cm(method = "Buhlmann-Gisler")`: a negative between-variance becomes 0, every
    unit then gets the collective. A unit without any period gets credibility 0.
    """
    x = np.asarray(ratios, np.float64)
    w = np.asarray(weights, np.float64)
    used = np.isfinite(x) & np.isfinite(w) & (w > 0)
    w = np.where(used, w, 0.0)
    x = np.where(used, x, 0.0)
    weight = w.sum(axis=1)
    seen = weight > 0
    if seen.sum() < 2 or used.sum() - seen.sum() < 1:
        raise ValueError("credibility needs two units and one unit with two periods")
    with np.errstate(invalid="ignore"):
        mean = (w * x).sum(axis=1) / weight
    deviation = np.where(used, x - np.where(seen, mean, 0.0)[:, None], 0.0)
    within = float((w * deviation**2).sum() / (used.sum() - seen.sum()))
    total = weight.sum()
    overall = float((weight[seen] * mean[seen]).sum() / total)
    spread = float((weight[seen] * (mean[seen] - overall) ** 2).sum())
    between = total * (spread - (seen.sum() - 1) * within) / (total**2 - (weight**2).sum())
    between = max(float(between), 0.0)
    if between > 0:
        credibility = weight / (weight + within / between)
        collective = float((credibility[seen] * mean[seen]).sum() / credibility.sum())
    else:
        credibility = np.zeros_like(weight)
        collective = overall
    premium = np.where(seen, credibility * np.where(seen, mean, 0.0), 0.0)
    premium = premium + (1 - credibility) * collective
    return Credibility(mean, weight, credibility, premium, collective, between, within)


def buhlmann_straub_counts(shares: Array, people: Array) -> Credibility:
    """Bühlmann–Straub on shares of people, each person being one observation of 0 or 1.

    The same as `buhlmann_straub_arrays` on one column per person with weight 1, from the
    counts alone: the squares within a unit of n people and share p add up to n·p·(1 − p). A
    rate that looks back over two years hardly moves from month to month, so months taken as
    periods would hide the chance in it; people do not. Units without people get the
    collective.
    """
    p = np.asarray(shares, np.float64)
    n = np.asarray(people, np.float64)
    seen = n > 0
    if seen.sum() < 2 or n.sum() - seen.sum() < 1:
        raise ValueError("credibility needs two units and one unit with two people")
    p = np.where(seen, p, 0.0)
    total = n.sum()
    within = float((n * p * (1 - p)).sum() / (total - seen.sum()))
    overall = float((n * p).sum() / total)
    spread = float((n * (p - overall) ** 2)[seen].sum())
    between = total * (spread - (seen.sum() - 1) * within) / (total**2 - (n**2).sum())
    between = max(float(between), 0.0)
    if between > 0:
        credibility = n / (n + within / between)
        collective = float((credibility * p).sum() / credibility.sum())
    else:
        credibility = np.zeros_like(n)
        collective = overall
    premium = credibility * p + (1 - credibility) * collective
    return Credibility(
        np.where(seen, p, np.nan), n, credibility, premium, collective, between, within
    )


def buhlmann_straub(frame: pd.DataFrame) -> pd.DataFrame:
    """Bühlmann–Straub on a frame `g, r1…rk, w1…wk` (ratio and weight of each period).

    Returns `g, individual_mean, weight, credibility, premium`; `attrs` hold `collective`,
    `between_variance` and `within_variance`.
    """
    periods = sorted(int(c[1:]) for c in frame.columns if c[0] == "r" and c[1:].isdigit())
    result = buhlmann_straub_arrays(
        frame[[f"r{p}" for p in periods]].to_numpy(np.float64),
        frame[[f"w{p}" for p in periods]].to_numpy(np.float64),
    )
    out = pd.DataFrame(
        {
            "g": frame["g"].to_numpy(),
            "individual_mean": result.individual_mean,
            "weight": result.weight,
            "credibility": result.credibility,
            "premium": result.premium,
        }
    )
    out.attrs = {
        "collective": result.collective,
        "between_variance": result.between_variance,
        "within_variance": result.within_variance,
    }
    return out


@dataclass(frozen=True)
class MarshallPrior:
    """Prior mean `b` and variance `a` of the rates."""

    a: float
    b: float


def marshall(cases: Array, population: Array) -> tuple[Array, MarshallPrior]:
    """Empirical Bayes rates, moment estimators of Marshall (1991), all units together.

    As `spdep::EBest(family = "poisson")`; a negative prior variance becomes 0. Units
    without population get the prior mean.
    """
    cases, population = _counts(cases, population)
    people = population.sum()
    b = cases.sum() / people
    a = (population * (_rates(cases, population) - b) ** 2).sum() / people
    a = max(a - b / (people / len(cases)), 0.0)
    return _shrunk(cases, population, a, b), MarshallPrior(float(a), float(b))


def marshall_local(cases: Array, population: Array, neighbours: NDArray[np.bool_]) -> Array:
    """Marshall's estimator with the moments of each unit and its neighbours.

    `neighbours` is a square matrix; a unit belongs to its own surroundings whatever the
    diagonal says. As `spdep::EBlocal(geoda = FALSE)`: each neighbour's squared deviation is
    taken from the mean of *its* surroundings.
    """
    cases, population = _counts(cases, population)
    around = np.asarray(neighbours, np.float64).copy()
    np.fill_diagonal(around, 1.0)
    people = around @ population
    b = (around @ cases) / people
    a = around @ (population * (_rates(cases, population) - b) ** 2) / people
    a = np.maximum(a - b / (people / around.sum(axis=1)), 0.0)
    return _shrunk(cases, population, a, b)


@dataclass(frozen=True)
class GammaPoisson:
    """Relative risks under a gamma prior: posterior mean and median, prior shape, log mean."""

    relative_risk: Array
    median: Array
    alpha: float
    beta: float


def gamma_poisson(cases: Array, expected: Array) -> GammaPoisson:
    """Clayton and Kaldor (1987): Poisson counts, gamma risks, maximum likelihood.

    As `SpatialEpi::eBayes` without covariates. `alpha` is the shape of the prior (infinite
    where the counts vary no more than Poisson counts do: risks are then all equal), `beta`
    the logarithm of its mean.
    """
    y = np.asarray(cases, np.float64)
    e = np.asarray(expected, np.float64)
    if (y < 0).any() or (e <= 0).any():
        raise ValueError("counts must not be negative and expected counts must be positive")
    pooled = float(y.sum() / e.sum())
    if pooled == 0 or ((y - pooled * e) ** 2 - y).sum() <= 0:
        risk = np.full_like(y, pooled)
        beta = float(np.log(pooled)) if pooled > 0 else -np.inf
        return GammaPoisson(risk, risk.copy(), np.inf, beta)

    def mean_given(alpha: float) -> float:
        """The prior mean that maximises the likelihood for a given shape."""
        low, high = 1e-12, float((y / e).max()) + 1e-9
        return float(brentq(lambda m: ((y - m * e) / (alpha + m * e)).sum(), low, high, xtol=1e-14))

    def slope(log_alpha: float) -> float:
        """Derivative of the profile likelihood by the shape."""
        alpha = float(np.exp(log_alpha))
        mu = mean_given(alpha) * e
        terms = digamma(alpha + y) - digamma(alpha) + np.log(alpha / (alpha + mu))
        return float((terms + 1 - (alpha + y) / (alpha + mu)).sum())

    low, high = np.log(1e-6), np.log(1e8)
    if slope(low) <= 0 or slope(high) >= 0:
        risk = np.full_like(y, pooled)
        return GammaPoisson(risk, risk.copy(), np.inf, float(np.log(pooled)))
    alpha = float(np.exp(brentq(slope, low, high, xtol=1e-13)))
    mean = mean_given(alpha)
    shape, rate = alpha + y, alpha / mean + e
    return GammaPoisson(shape / rate, gamma.ppf(0.5, shape) / rate, alpha, float(np.log(mean)))


@dataclass(frozen=True)
class Moran:
    """Moran's I with row-standardised weights; variance under randomisation."""

    statistic: float
    expectation: float
    variance: float
    z: float


def moran(values: Array, neighbours: NDArray[np.bool_]) -> Moran:
    """Spatial autocorrelation of `values` (Cliff and Ord; `spdep::moran.test`).

    Units without neighbours count in the mean and are left out of the pairs.
    """
    x = np.asarray(values, np.float64)
    w = _row_standardised(neighbours)
    n = len(x)
    z = x - x.mean()
    s0 = w.sum()
    s1 = ((w + w.T) ** 2).sum() / 2
    s2 = ((w.sum(axis=0) + w.sum(axis=1)) ** 2).sum()
    statistic = n / s0 * float(z @ w @ z) / float(z @ z)
    expectation = -1 / (n - 1)
    kurtosis = n * float((z**4).sum()) / float((z**2).sum()) ** 2
    variance = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
    variance -= kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    variance = variance / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expectation**2
    z_score = (statistic - expectation) / variance**0.5
    return Moran(float(statistic), expectation, float(variance), float(z_score))


def local_moran(values: Array, neighbours: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Local Moran statistics and their z under conditional permutation (Sokal et al. 1998).

    As `spdep::localmoran(conditional = TRUE)` with row-standardised weights.
    """
    x = np.asarray(values, np.float64)
    w = _row_standardised(neighbours)
    n = len(x)
    z = x - x.mean()
    m2 = float((z**2).mean())
    statistic = z / m2 * (w @ z)
    total, squares = w.sum(axis=1), (w**2).sum(axis=1)
    expectation = -(z**2) * total / ((n - 1) * m2)
    variance = (z / m2) ** 2 * n / (n - 2) * (squares - total**2 / (n - 1)) * (m2 - z**2 / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return statistic, (statistic - expectation) / np.sqrt(variance)


def empirical_bayes(frame: pd.DataFrame, neighbours: pd.DataFrame | None = None) -> pd.DataFrame:
    """Raw and shrunken rates of `id, cases, population`.

    Returns `id, raw, eb_global_marshall, smr, gamma_poisson_rr, gamma_poisson_rr_median`
    and, where `neighbours` (pairs `id, neighbour`) is given, `eb_local_marshall`,
    `local_moran_ii`, `local_moran_z`. `attrs` hold the parameters: `global_a`, `global_b`,
    `gamma_alpha`, `gamma_beta` and Moran's I of the raw rates.
    """
    cases, population = _counts(frame["cases"], frame["population"])
    raw = cases / np.where(population > 0, population, np.nan)
    smoothed, prior = marshall(cases, population)
    expected = population * cases.sum() / population.sum()
    relative = gamma_poisson(cases, expected)
    columns: dict[str, Array] = {"raw": raw, "eb_global_marshall": smoothed}
    attributes = {
        "global_a": prior.a,
        "global_b": prior.b,
        "gamma_alpha": relative.alpha,
        "gamma_beta": relative.beta,
    }
    matrix = None if neighbours is None else neighbour_matrix(frame["id"], neighbours)
    if matrix is not None:
        columns["eb_local_marshall"] = marshall_local(cases, population, matrix)
    columns["smr"] = cases / expected
    columns["gamma_poisson_rr"] = relative.relative_risk
    columns["gamma_poisson_rr_median"] = relative.median
    if matrix is not None:
        columns["local_moran_ii"], columns["local_moran_z"] = local_moran(raw, matrix)
        overall = moran(raw, matrix)
        attributes |= {
            "moran_I_raw_rate": overall.statistic,
            "moran_expectation": overall.expectation,
            "moran_variance_randomisation": overall.variance,
            "moran_z": overall.z,
        }
    out = pd.DataFrame({"id": frame["id"].to_numpy(), **columns})
    out.attrs.update(attributes)
    return out


def neighbour_matrix(ids: pd.Series, pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """A square matrix in the order of `ids` from pairs `id, neighbour`."""
    index = pd.Index(ids)
    row, column = index.get_indexer(pairs["id"]), index.get_indexer(pairs["neighbour"])
    if (row < 0).any() or (column < 0).any():
        raise ValueError("a pair of neighbours names a unit that is not there")
    matrix = np.zeros((len(index), len(index)), dtype=bool)
    matrix[row, column] = True
    np.fill_diagonal(matrix, False)
    return matrix


def _counts(cases: object, population: object) -> tuple[Array, Array]:
    y = np.asarray(cases, np.float64)
    n = np.asarray(population, np.float64)
    if (y < 0).any() or (n < 0).any() or n.sum() <= 0:
        raise ValueError("counts must not be negative and somebody must live somewhere")
    return y, n


def _rates(cases: Array, population: Array) -> Array:
    return np.divide(cases, population, out=np.zeros_like(cases), where=population > 0)


def _shrunk(cases: Array, population: Array, a: Array | float, b: Array | float) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.nan_to_num(a / (a + b / population))
    return np.where(population > 0, b + weight * (_rates(cases, population) - b), b)


def _row_standardised(neighbours: NDArray[np.bool_]) -> Array:
    w = np.asarray(neighbours, np.float64)
    return w / np.maximum(w.sum(axis=1, keepdims=True), 1.0)
