"""Surveillance: detection on the weekly series, between the indicators and the statistics."""

from collections.abc import Mapping
from typing import Any

from dagster import AssetExecutionContext, AssetKey, AssetsDefinition, MaterializeResult, asset

from orchestration.assets import POOL, PYTHON_RETRIES, owner
from orchestration.assets.failures import refusals_as_failures
from orchestration.metadata import (
    ColumnSources,
    column_lineage,
    dbt_columns,
    parquet_rows,
    report_metadata,
    table_schema,
)
from p4dp import surveillance
from p4dp.settings import Home

ALARM = AssetKey(["exchange", "surveillance_alarm"])
SERIES = ["indicators", "fct_weekly_syndrome"]

_GRAIN = ("territory_level", "territory_code", "place_basis", "week_start_date", "syndrome_id")
_COUNTED = [(SERIES, name) for name in ("case_count", "reporting_practices", "week_start_date")]
_ESTIMATED = (
    "expected_count",
    "upper_bound",
    "score",
    "is_pre_alert",
    "is_alarm",
    "nowcast_count",
    "nowcast_low",
    "nowcast_high",
)
LINEAGE: ColumnSources = {
    **{name: [(SERIES, name)] for name in _GRAIN},
    "method": [],
    **{name: _COUNTED for name in _ESTIMATED},
}


def surveillance_alarm_asset(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """Expected counts, bounds and alarms, one row per series, week and method."""
    source = next(s for s in manifest["sources"].values() if s["name"] == "surveillance_alarm")

    @asset(
        key=ALARM,
        deps=[AssetKey(SERIES)],
        description=source.get("description"),
        group_name="surveillance",
        kinds={"python", "parquet"},
        owners=[owner("surveillance")],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
    )
    def surveillance_alarm(context: AssetExecutionContext) -> MaterializeResult:
        home = Home.from_environment()
        with refusals_as_failures():
            report = surveillance.run(home.warehouse, home.exchange)
        alarms = home.exchange / "surveillance_alarm"
        return MaterializeResult(
            metadata={
                "dagster/row_count": parquet_rows(alarms),
                "dagster/column_schema": table_schema(
                    next(alarms.glob("*.parquet")), dbt_columns(source)
                ),
                "dagster/column_lineage": column_lineage(LINEAGE),
                "report": report_metadata(report),
            }
        )

    return surveillance_alarm
