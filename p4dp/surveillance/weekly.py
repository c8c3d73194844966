"""The surveillance step of a run: weekly counts in, alarms out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.errors import P4dpError
from p4dp.surveillance.ears import Method, ears_matrix

METHODS: tuple[Method, ...] = ("C1", "C2", "C3")

# A baseline without spread would alarm on one case: a week varies by at least one case.
MIN_SIGMA = 1.0
ALPHA = 0.01
# Below these a count above the bound is shown as a pre-alert and never confirmed.
MIN_CASES = 11
MIN_PRACTICES = 10

ALARM_SCHEMA = pa.schema(
    [
        ("territory_level", pa.string()),
        ("territory_code", pa.string()),
        ("place_basis", pa.string()),
        ("week_start_date", pa.date32()),
        ("syndrome_id", pa.string()),
        ("method", pa.string()),
        ("expected_count", pa.float64()),
        ("upper_bound", pa.float64()),
        ("score", pa.float64()),
        ("is_pre_alert", pa.bool_()),
        ("is_alarm", pa.bool_()),
        ("nowcast_count", pa.float64()),
        ("nowcast_low", pa.float64()),
        ("nowcast_high", pa.float64()),
    ]
)

_SERIES = "territory_level, territory_code, place_basis, syndrome_id"
_WEEKS = f"""
    select
        territory_level, territory_code, place_basis, week_start_date, syndrome_id,
        dense_rank() over (order by {_SERIES}) - 1 as series,
        (week_start_date - min(week_start_date) over ()) // 7 as week,
        case_count::double as case_count,
        coalesce(reporting_practices, 0) as reporting_practices,
        coalesce(is_consolidated, false) as is_consolidated
    from indicators.fct_weekly_syndrome
    order by series, week
"""


@dataclass(frozen=True)
class SurveillanceReport:
    """What one surveillance step did."""

    path: Path
    series: int
    weeks: int
    rows: int
    pre_alerts: int
    alarms: int


def run(
    warehouse: Path, exchange: Path, *, methods: Sequence[Method] = METHODS
) -> SurveillanceReport:
    """Judge every series of `indicators.fct_weekly_syndrome` by the EARS methods.

    One row per territory, place basis, week, syndrome and method goes to
    `exchange/surveillance_alarm/part-0.parquet`; weeks without a complete baseline are left
    out. A week missing from a series is missing, not zero. `is_pre_alert` says that the count
    recorded so far is above the bound; `is_alarm` also wants a consolidated week, at least
    11 cases and 10 reporting practices (confirmed alarm of the indicator definitions).

    The warehouse is opened read-only. The file appears under its name only once complete.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        try:
            rows = connection.execute(_WEEKS).to_arrow_table()
        except duckdb.CatalogException as error:
            raise P4dpError(
                "the warehouse has no weekly counts to judge",
                file=warehouse,
                expected="table indicators.fct_weekly_syndrome",
                remedy="build the indicators first: `p4dp run`",
            ) from error
    alarms = _judge(rows, methods)
    path = exchange / "surveillance_alarm" / "part-0.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(alarms, temporary, compression="zstd")
    os.replace(temporary, path)
    return SurveillanceReport(
        path=path,
        series=0 if rows.num_rows == 0 else int(rows["series"][-1].as_py()) + 1,
        weeks=0 if rows.num_rows == 0 else int(np.max(rows["week"].to_numpy())) + 1,
        rows=alarms.num_rows,
        pre_alerts=int(np.sum(alarms["is_pre_alert"].to_numpy(zero_copy_only=False))),
        alarms=int(np.sum(alarms["is_alarm"].to_numpy(zero_copy_only=False))),
    )


def _judge(rows: pa.Table, methods: Sequence[Method]) -> pa.Table:
    if rows.num_rows == 0:
        return ALARM_SCHEMA.empty_table()
    series = rows["series"].to_numpy().astype(np.int64)
    week = rows["week"].to_numpy().astype(np.int64)
    counts = np.full((series[-1] + 1, week.max() + 1), np.nan)
    counts[series, week] = rows["case_count"].to_numpy()
    observed = counts[series, week]
    confirmable = (
        rows["is_consolidated"].to_numpy(zero_copy_only=False)
        & (observed >= MIN_CASES)
        & (rows["reporting_practices"].to_numpy() >= MIN_PRACTICES)
    )
    parts = []
    for method in methods:
        result = ears_matrix(counts, method, min_sigma=MIN_SIGMA, alpha=ALPHA)
        upper = result.upper_bound[series, week]
        judged = np.flatnonzero(~np.isnan(upper))
        above = observed > upper
        kept = rows.take(pa.array(judged))
        nothing = pa.nulls(len(judged), pa.float64())
        values = {
            "method": pa.repeat(pa.scalar(method, pa.string()), len(judged)),
            "expected_count": result.expected[series, week][judged].round(9),
            "upper_bound": upper[judged].round(9),
            "score": result.score[series, week][judged].round(9),
            "is_pre_alert": above[judged],
            "is_alarm": (above & confirmable)[judged],
            "nowcast_count": nothing,
            "nowcast_low": nothing,
            "nowcast_high": nothing,
        }
        columns = [values[f.name] if f.name in values else kept[f.name] for f in ALARM_SCHEMA]
        parts.append(pa.table(dict(zip(ALARM_SCHEMA.names, columns, strict=True))))
    return pa.concat_tables(p.cast(ALARM_SCHEMA) for p in parts)
