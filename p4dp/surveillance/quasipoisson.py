"""Log-linear quasi-Poisson regression of many series on one design at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

Array = NDArray[np.float64]

_TOLERANCE = 1e-8
_MAX_ITERATIONS = 25


@dataclass(frozen=True)
class Fit:
    """One fit per series.

    `coefficients` (series, terms), `fitted`, `leverage` and `working` (weights of the last
    round) (series, times), `covariance` (series, terms, terms) without dispersion,
    `converged` (series).
    """

    coefficients: Array
    fitted: Array
    leverage: Array
    working: Array
    covariance: Array
    converged: NDArray[np.bool_]

    @property
    def residual_df(self) -> int:
        """Times less terms."""
        return self.fitted.shape[1] - self.coefficients.shape[1]


def fit(design: Array, counts: Array, weights: Array, offset: Array) -> Fit:
    """Iteratively reweighted least squares, stopped as R's `glm` stops.

    `design` (times, terms); `counts`, prior `weights` and `offset` (series, times). A series
    is final once its relative change of deviance falls below 1e-8, at the latest after 25
    rounds: series whose maximum lies at infinity (a season without any case) then end where
    R's do.
    """
    series, times = counts.shape
    terms = design.shape[1]
    beta = np.zeros((series, terms))
    mu = counts + 0.1
    eta = np.log(mu)
    previous = _deviance(counts, mu, weights)
    # Products of design columns, so that all information matrices are one matrix product.
    products = (design[:, :, None] * design[:, None, :]).reshape(times, terms * terms)
    covariance = np.zeros((series, terms, terms))
    working = np.zeros_like(counts)
    converged = np.zeros(series, dtype=bool)
    active = np.arange(series)
    for _ in range(_MAX_ITERATIONS):
        w = weights[active] * mu[active]
        z = eta[active] - offset[active] + (counts[active] - mu[active]) / mu[active]
        inverse = _inverse((w @ products).reshape(-1, terms, terms))
        beta[active] = np.matmul(inverse, ((w * z) @ design)[:, :, None])[:, :, 0]
        covariance[active], working[active] = inverse, w
        eta[active] = beta[active] @ design.T + offset[active]
        mu[active] = np.exp(np.clip(eta[active], -700, 700))
        deviance = _deviance(counts[active], mu[active], weights[active])
        change = np.abs(deviance - previous[active]) / (np.abs(deviance) + 0.1)
        previous[active] = deviance
        done = change < _TOLERANCE
        converged[active[done]] = True
        active = active[~done]
        if len(active) == 0:
            break
    leverage = working * (covariance.reshape(series, -1) @ products.T)
    return Fit(beta, mu, leverage, working, covariance, converged)


def _deviance(counts: Array, mu: Array, weights: Array) -> Array:
    term = xlogy(counts, np.maximum(counts, 1e-300) / mu)
    return 2 * (weights * (term - (counts - mu))).sum(axis=1)


def _inverse(matrices: Array) -> Array:
    """Inverse after scaling to a unit diagonal (levels without cases make tiny weights)."""
    scale = 1 / np.sqrt(np.maximum(np.einsum("spp->sp", matrices), 1e-300))
    scaled = matrices * scale[:, :, None] * scale[:, None, :]
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(scaled, hermitian=True)
    return inverse * scale[:, :, None] * scale[:, None, :]
