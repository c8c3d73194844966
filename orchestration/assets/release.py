"""Release: the finished, checked run becomes an immutable release."""

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    multi_asset,
)

from orchestration.assets import POOL, PYTHON_RETRIES, owner
from orchestration.assets.failures import refusals_as_failures
from orchestration.column_graph import MART_LAYERS, reach_as_markdown, recorded_graph
from orchestration.project import project_fingerprint
from orchestration.resources import RunSettings
from p4dp import __version__, governance, release
from p4dp.settings import Home, keys_dir
from p4dp.vault import warehouse_keys

AGGREGATES = AssetKey(["release", "aggregates"])
LINKED = AssetKey(["release", "linked"])

_SOURCES = {AGGREGATES: {"published"}, LINKED: {"linked", "indicators", "statistics"}}
_DESCRIPTIONS = {
    AGGREGATES: "Territory-level aggregates after disclosure control: `aggregates.duckdb` of the "
    "current release, open to any DuckDB client.",
    LINKED: "Person and practice rows of the current release: `linked.duckdb`, read through the "
    "access gate only.",
}


def release_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """The two files of a release, written by one step once every check of the run has passed."""

    @multi_asset(
        name="release",
        specs=[
            AssetSpec(
                key=key,
                deps=_models_in(manifest, schemas),
                description=_DESCRIPTIONS[key],
                group_name="release",
                kinds={"python", "duckdb"},
                owners=[owner("release")],
            )
            for key, schemas in _SOURCES.items()
        ],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
    )
    def release_step(
        context: AssetExecutionContext, settings: RunSettings
    ) -> Iterator[MaterializeResult]:
        home = Home.from_environment()
        with refusals_as_failures():
            report = release.publish(
                home.warehouse,
                home,
                as_of=as_of_date(home),
                inputs=release_inputs(home, settings.with_snds),
                code_version=f"{__version__}+{project_fingerprint()[:12]}",
                release_key=warehouse_keys(keys_dir(), home).release,
            )
            governance.ensure_demo_account(home)
        metadata = {"report": MetadataValue.json(report.as_dict())}
        _observe_reach(context)
        for key in _SOURCES:
            yield MaterializeResult(asset_key=key, metadata=metadata)

    return release_step


def _observe_reach(context: AssetExecutionContext) -> None:
    """Put beside every landing and staging table which marts its columns reach, now that all
    columns of this run are recorded."""
    graph = recorded_graph(context.instance)
    for table in sorted({table for table, _ in graph.children}):
        if table.partition(".")[0] in MART_LAYERS:
            continue
        if reach := reach_as_markdown(graph, table):
            context.log_event(
                AssetObservation(
                    asset_key=AssetKey(table.split(".")),
                    metadata={"columns reach": MetadataValue.md(reach)},
                )
            )


def _models_in(manifest: Mapping[str, Any], schemas: set[str]) -> list[AssetKey]:
    return sorted(
        AssetKey([node["schema"], node["name"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in schemas
    )


def as_of_date(home: Home) -> str:
    """The reference date the warehouse was built at."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        row = connection.execute("select as_of_date from staging.stg_run").fetchone()
    return str(row[0]) if row else ""


def release_inputs(home: Home, with_snds: bool) -> dict[str, Any]:
    """What entered the run: the deliveries taken in so far, and the switch for claims."""
    files = str(home.landing / "p4dp" / "delivery" / "**" / "*.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select delivery_id from read_parquet(?, union_by_name => true) order by 1", [files]
        ).fetchall()
    return {"deliveries": [row[0] for row in rows], "with_snds": with_snds}
