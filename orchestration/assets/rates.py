"""Rates: shrinkage, funnel limits and ranks, between the indicators and the statistics."""

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
from p4dp.surveillance.rates import RATE_SCHEMA

RATE = AssetKey(["exchange", "indicator_rate"])
PRACTICE = ["indicators", "fct_indicator_practice"]
TERRITORY = ["indicators", "fct_indicator_territory"]
VENDOR = ["linked", "dim_practice"]

_MEASURE = ("indicator_id", "indicator_version", "basis", "population_basis")
_GROUPED = [(VENDOR, "vendor"), (VENDOR, "software_version")]
_COUNTED = [
    (unit, name)
    for unit in (PRACTICE, TERRITORY)
    for name in ("denominator_count", "numerator_count", "expected_share")
]
LINEAGE: ColumnSources = {
    **{name: [*_COUNTED, *_GROUPED] for name in RATE_SCHEMA.names},
    **{name: [(PRACTICE, name), (TERRITORY, name)] for name in _MEASURE},
    "unit_level": [(TERRITORY, "territory_level")],
    "unit_code": [(PRACTICE, "practice_key"), (TERRITORY, "territory_code")],
    "comparison": [],
    "comparison_group": _GROUPED,
}


def indicator_rate_asset(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """Shrunken shares, funnel limits, ranks and positions of every unit."""
    source = next(s for s in manifest["sources"].values() if s["name"] == "indicator_rate")

    @asset(
        key=RATE,
        deps=[AssetKey(PRACTICE), AssetKey(TERRITORY), AssetKey(VENDOR)],
        description=source.get("description"),
        group_name="statistics",
        kinds={"python", "parquet"},
        owners=[owner("statistics")],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
    )
    def indicator_rate(context: AssetExecutionContext) -> MaterializeResult:
        home = Home.from_environment()
        with refusals_as_failures():
            report = surveillance.rates(home.warehouse, home.exchange)
        folder = home.exchange / "indicator_rate"
        return MaterializeResult(
            metadata={
                "dagster/row_count": parquet_rows(folder),
                "dagster/column_schema": table_schema(report.path, dbt_columns(source)),
                "dagster/column_lineage": column_lineage(LINEAGE),
                "report": report_metadata(report),
            }
        )

    return indicator_rate
