"""The rates step of a run: what a unit's share says once age, sex and chance are allowed for.

Counts by practice and territory in; shrunken shares, funnel limits, ranks and positions
out. A practice is compared with all practices, with those of its software vendor, and with
those of its vendor and version, since software shows in the figures.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import norm

from p4dp.errors import P4dpError
from p4dp.surveillance.credibility import Array, buhlmann_straub_counts, marshall
from p4dp.surveillance.funnel import funnel_limits

MIN_UNITS = 5
"""Fewest units of a comparison: the spread between two or three units says nothing."""

MIN_PEOPLE = 50
"""Fewest people in a unit's denominator for it to be ranked or flagged."""

FLAG_LEVEL = 0.998
"""A flag wants both the funnel and the shrunken share to be outside chance at this level."""

RANK_DRAWS = 500
RANK_SHARE = 0.95

COMPARISONS = ("all", "vendor", "version")

_UNIT = ("unit_level", "unit_code")
_MEASURE = ("indicator_id", "indicator_version", "basis", "population_basis")

RATE_SCHEMA = pa.schema(
    [
        ("unit_level", pa.string()),
        ("unit_code", pa.string()),
        ("indicator_id", pa.string()),
        ("indicator_version", pa.string()),
        ("basis", pa.string()),
        ("population_basis", pa.string()),
        ("comparison", pa.string()),
        ("comparison_group", pa.string()),
        ("unit_count", pa.int64()),
        ("target_share", pa.float64()),
        ("standardised_ratio", pa.float64()),
        ("standardised_share", pa.float64()),
        ("credibility", pa.float64()),
        ("credibility_share", pa.float64()),
        ("credibility_low", pa.float64()),
        ("credibility_high", pa.float64()),
        ("bayes_ratio", pa.float64()),
        ("bayes_share", pa.float64()),
        ("funnel_low_998", pa.float64()),
        ("funnel_low_95", pa.float64()),
        ("funnel_high_95", pa.float64()),
        ("funnel_high_998", pa.float64()),
        ("z_score", pa.float64()),
        ("z_score_additive", pa.float64()),
        ("ranked_unit_count", pa.int64()),
        ("rank_low", pa.int64()),
        ("rank_high", pa.int64()),
        ("position", pa.string()),
    ]
)

_COUNTS = """
    with counted as (
        select
            'practice' as unit_level,
            practice.practice_key::varchar as unit_code,
            practice.vendor,
            practice.vendor || ' ' || coalesce(practice.software_version, '?') as version,
            fct.* exclude (practice_key)
        from indicators.fct_indicator_practice as fct
        inner join linked.dim_practice as practice on fct.practice_key = practice.practice_key
        union all by name
        select
            territory_level as unit_level,
            territory_code as unit_code,
            fct.* exclude (territory_level, territory_code)
        from indicators.fct_indicator_territory as fct
        where territory_level <> 'country'
    )
    select
        unit_level, unit_code, vendor, version,
        indicator_id, indicator_version, basis, population_basis,
        denominator_count::double as people,
        numerator_count::double as cases,
        coalesce(expected_share * denominator_count, 0)::double as expected
    from counted
    where denominator_count > 0 and reference_date = (select as_of_date from staging.stg_run)
    order by all
"""


@dataclass(frozen=True)
class RatesReport:
    """What one rates step did."""

    path: Path
    rows: int
    units: int
    comparisons: int
    flagged: int


def rates(warehouse: Path, exchange: Path) -> RatesReport:
    """Judge every unit's share of every measure at the run's date.

    Reads `indicators.fct_indicator_practice`, `indicators.fct_indicator_territory` and
    `linked.dim_practice`, read-only; one row per unit, measure, basis, population and
    comparison goes to `exchange/indicator_rate/part-0.parquet`, which appears under its name
    only once complete. Comparisons of fewer than five units are left out.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        try:
            counts = connection.execute(_COUNTS).df()
        except duckdb.CatalogException as error:
            raise P4dpError(
                "the warehouse has no indicator counts to compare",
                file=warehouse,
                expected="tables indicators.fct_indicator_practice and fct_indicator_territory",
                remedy="build the indicators first: `p4dp run`",
            ) from error
    table, groups = _compare(counts)
    path = exchange / "indicator_rate" / "part-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(table, temporary, compression="zstd")
    os.replace(temporary, path)
    return RatesReport(
        path=path,
        rows=table.num_rows,
        units=len(counts[list(_UNIT)].drop_duplicates()),
        comparisons=groups,
        flagged=sum(p in ("above", "below") for p in table["position"].to_pylist()),
    )


def _compare(counts: pd.DataFrame) -> tuple[pa.Table, int]:
    parts = []
    groups = 0
    for comparison in COMPARISONS:
        rows = counts
        if comparison == "all":
            rows = rows.assign(comparison_group="all")
        else:
            rows = rows[rows["unit_level"] == "practice"]
            rows = rows.assign(comparison_group=rows[comparison]).dropna(
                subset=["comparison_group"]
            )
        for _, group in rows.groupby(["unit_level", *_MEASURE, "comparison_group"], sort=True):
            if len(group) < MIN_UNITS or group["people"].max() < 2:
                continue
            groups += 1
            judged = compare_units(group)
            names = [*_UNIT, *_MEASURE, "comparison_group"]
            kept = group[names].reset_index(drop=True).assign(comparison=comparison)
            parts.append(pd.concat([kept, judged], axis=1))
    if not parts:
        return RATE_SCHEMA.empty_table(), 0
    frame = pd.concat(parts, ignore_index=True)[RATE_SCHEMA.names]
    return pa.Table.from_pandas(frame, schema=RATE_SCHEMA, preserve_index=False), groups


def compare_units(group: pd.DataFrame) -> pd.DataFrame:
    """Compare the units of one measure with each other.

    `group` has one row per unit with `people` (denominator, > 0), `cases` and `expected`
    (cases expected from age and sex by indirect standardisation; 0 or missing where unknown,
    then the unit's own mix counts as average). Returns, in the same order, the columns of
    `RATE_SCHEMA` from `unit_count` on:

    - `target_share`: all units together. `standardised_ratio` = observed over expected,
      scaled so that all units together have 1; `standardised_share` = ratio × target.
    - `credibility_share`: Bühlmann–Straub on the standardised share, people as
      observations, with its 95 % interval.
    - `bayes_ratio`: Marshall's empirical Bayes on observed over expected;
      `bayes_share` = ratio × target, at most 1.
    - funnel limits around the target and z scores for the standardised share at the unit's
      size (Spiegelhalter 2005; the additive score allows for over-dispersion).
    - `rank_low`–`rank_high`: 95 % interval of the unit's rank from the highest share (1),
      among units of at least 50 people. Ties by chance are what the interval is wide for.
    - `position`: `above` or `below` the target only where the additive funnel score and the
      shrunken share both lie outside chance at 99.8 %, on the same side; `as_expected`
      otherwise; `not_compared` under 50 people.

    At least two units, one of them of two people or more (ValueError).
    """
    people = group["people"].to_numpy(np.float64)
    cases = group["cases"].to_numpy(np.float64)
    target = float(cases.sum() / people.sum())
    expected = group["expected"].fillna(0).to_numpy(np.float64)
    expected = np.where(expected > 0, expected, people * target)
    if target > 0:
        expected = expected * cases.sum() / expected.sum()
        ratio = cases / expected
    else:
        ratio = np.ones_like(cases)
    standardised = ratio * target

    shrunk = buhlmann_straub_counts(np.clip(standardised, 0, 1), people)
    error = np.sqrt((1 - shrunk.credibility) * shrunk.between_variance)
    bayes = marshall(cases, expected)[0] if target > 0 else np.ones_like(cases)

    varies = 0 < target < 1
    limits = (
        funnel_limits(
            pd.DataFrame(
                {"id": np.arange(len(people)), "cases": standardised * people, "size": people}
            ),
            target=target,
        )
        if varies
        else None
    )

    def limit(name: str) -> Array:
        if limits is None:
            return np.full_like(people, np.nan)
        values: Array = limits[name].to_numpy(np.float64)
        return values

    z_additive = limit("z_additive")
    compared = people >= MIN_PEOPLE
    beyond = float(norm.ppf(0.5 + FLAG_LEVEL / 2))
    differs = shrunk.between_variance > 0
    with np.errstate(invalid="ignore"):
        above = differs & (z_additive > beyond) & (shrunk.premium - beyond * error > target)
        below = differs & (z_additive < -beyond) & (shrunk.premium + beyond * error < target)
    position = np.where(above, "above", np.where(below, "below", "as_expected"))
    position = np.where(compared, position, "not_compared")
    rank_low, rank_high = _rank_interval(shrunk.premium[compared], error[compared])
    ranks = np.full((2, len(people)), np.nan)
    ranks[:, compared] = rank_low, rank_high

    z95 = float(norm.ppf(0.975))
    shares = {
        "target_share": np.full_like(people, target),
        "standardised_ratio": ratio,
        "standardised_share": np.clip(standardised, 0, 1),
        "credibility": shrunk.credibility,
        "credibility_share": shrunk.premium,
        "credibility_low": np.clip(shrunk.premium - z95 * error, 0, 1),
        "credibility_high": np.clip(shrunk.premium + z95 * error, 0, 1),
        "bayes_ratio": bayes,
        "bayes_share": np.clip(bayes * target, 0, 1),
        "funnel_low_998": np.clip(limit("l998"), 0, 1),
        "funnel_low_95": np.clip(limit("l95"), 0, 1),
        "funnel_high_95": np.clip(limit("u95"), 0, 1),
        "funnel_high_998": np.clip(limit("u998"), 0, 1),
        "z_score": limit("z"),
        "z_score_additive": z_additive,
    }
    return pd.DataFrame(
        {
            "unit_count": np.full(len(people), len(people)),
            **{name: np.round(values, 9) for name, values in shares.items()},
            "ranked_unit_count": np.full(len(people), int(compared.sum())),
            "rank_low": pd.array(ranks[0], dtype="Int64"),
            "rank_high": pd.array(ranks[1], dtype="Int64"),
            "position": position,
        }
    )


def _rank_interval(mean: Array, error: Array) -> tuple[Array, Array]:
    """Limits of each unit's rank from the highest, by normal draws of the shrunken shares.

    The draws are the same in every run. Where the units differ by no more than chance, each
    may rank anywhere.
    """
    if len(mean) == 0:
        return mean, mean
    if not error.any():
        return np.ones_like(mean), np.full_like(mean, len(mean))
    draws = np.random.default_rng(0).standard_normal((RANK_DRAWS, len(mean)))
    order = np.argsort(-(mean + error * draws), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(mean) + 1)[None, :], axis=1)
    tail = (1 - RANK_SHARE) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return low.astype(np.float64), high.astype(np.float64)
