"""Funnel limits: how far a unit of a given size may lie from the target by chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom, poisson

from p4dp.surveillance.parameters import accept_aliases

Array = NDArray[np.float64]
Family = Literal["binomial", "poisson"]

_LIMITS = {"l998": 0.001, "l95": 0.025, "u95": 0.975, "u998": 0.999}


@accept_aliases
def funnel_limits(
    frame: pd.DataFrame,
    family: Family = "binomial",
    *,
    target: float | None = None,
    winsorise: float = 0.1,
) -> pd.DataFrame:
    """Exact 95 and 99.8 % limits around a target, and z scores with and without over-dispersion.

    `frame`: `id, cases, size` (binomial) or `id, cases, expected` (Poisson; the column may
    also be called `size`). `target`: the share or the ratio the limits surround (default:
    all units together; 1 for Poisson).
    Returns `id, rate, l998, l95, u95, u998, z, z_multiplicative, z_additive`; `attrs` hold
    `target`, `phi` and `tau2`.

    Spiegelhalter (2005), Statistics in Medicine 24:1185–1202: limits interpolated between
    the exact quantiles; z on the raw scale (binomial) or of square roots (Poisson); φ from
    z scores winsorised at `winsorise` on each side; the multiplicative model divides z by
    √max(φ, 1), the additive one adds the between-unit variance τ² (binomial only: missing
    for Poisson). With many large units nearly all lie outside the plain limits: prefer the
    additive score then. A lower limit below 0 (small
    units) says that no count can be too low.
    """
    cases = frame["cases"].to_numpy(np.float64)
    if family == "binomial":
        size = frame["size"].to_numpy(np.float64)
    elif family == "poisson":
        column = "expected" if "expected" in frame else "size"
        size = frame[column].to_numpy(np.float64)
    else:
        raise ValueError(f"family must be binomial or poisson, not {family!r}")
    if (size <= 0).any():
        raise ValueError("a unit without size has no limits: leave it out")
    default = float(cases.sum() / size.sum()) if family == "binomial" else 1.0
    centre = default if target is None else target
    rate = cases / size

    columns: dict[str, Array] = {"rate": rate}
    for name, level in _LIMITS.items():
        limit = _interpolated_quantile(level, size, centre, family) / size
        columns[name] = limit

    tau2 = None
    if family == "binomial":
        error = np.sqrt(centre * (1 - centre) / size)
        z = (rate - centre) / error
    else:
        z = 2 * (np.sqrt(cases) - np.sqrt(size * centre))
    lower, upper = np.quantile(z, [winsorise, 1 - winsorise])
    phi = float((np.clip(z, lower, upper) ** 2).mean())
    additive = np.full_like(z, np.nan)
    if family == "binomial":
        precision = 1 / error**2
        units = len(z)
        spread = precision.sum() - (precision**2).sum() / precision.sum()
        tau2 = max((units * phi - (units - 1)) / spread, 0.0) if units > 1 else 0.0
        additive = (rate - centre) / np.sqrt(error**2 + tau2)
    columns |= {"z": z, "z_multiplicative": z / max(phi, 1.0) ** 0.5, "z_additive": additive}
    out = pd.DataFrame({"id": frame["id"].to_numpy(), **columns})
    out.attrs = {"target": centre, "phi": phi, "tau2": tau2}
    return out


def _interpolated_quantile(level: float, size: Array, target: float, family: Family) -> Array:
    """The count below which a share `level` of outcomes lies, between integers if need be."""
    if family == "binomial":
        r = binom.ppf(level, size, target)
        up_to, exactly = binom.cdf(r, size, target), binom.pmf(r, size, target)
    else:
        r = poisson.ppf(level, size * target)
        up_to, exactly = poisson.cdf(r, size * target), poisson.pmf(r, size * target)
    return r - (up_to - level) / exactly
