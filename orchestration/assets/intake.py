"""Intake: what lies in the inbox becomes landing tables; every landing table is an asset."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableRecord,
    TableSchema,
    multi_asset,
)

from orchestration.assets import POOL, PROJECT_FILES, PYTHON_RETRIES, REFERENCE_OWNER, owner
from orchestration.assets.failures import refusals_as_failures
from orchestration.metadata import dbt_columns, parquet_rows, table_schema
from orchestration.project import project_files, project_fingerprint
from p4dp import contracts, intake
from p4dp.settings import Home, keys_dir
from p4dp.vault import warehouse_keys

# Sources of dbt that Python steps further right write, or the user loads (`p4dp reference load`).
INTERNAL_SOURCES = ("register", "exchange", "reference")
DELIVERY = AssetKey(["p4dp", "delivery"])
RECEIVED_WHOLE = "received_whole"


def landing_sources(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The dbt sources that intake writes, in the order of their names."""
    return sorted(
        (s for s in manifest["sources"].values() if s["source_name"] not in INTERNAL_SOURCES),
        key=lambda source: (source["source_name"], source["name"]),
    )


def source_key(source: Mapping[str, Any]) -> AssetKey:
    return AssetKey([source["source_name"], source["name"]])


def reference_assets(manifest: Mapping[str, Any]) -> list[AssetSpec]:
    """The official files the user loads: no run writes them, models read them."""
    return [
        AssetSpec(
            key=source_key(source),
            description=source.get("description") or None,
            group_name="reference",
            kinds={"parquet"},
            owners=[REFERENCE_OWNER],
        )
        for source in manifest["sources"].values()
        if source["source_name"] == "reference"
    ]


def landing_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """One step, one asset per landing table of every contract."""
    sources = landing_sources(manifest)

    @multi_asset(
        name="intake",
        specs=[
            AssetSpec(
                key=PROJECT_FILES,
                description="The rules of this run: dbt project, code lists and constants as "
                "checked out. Their fingerprint is part of a release's manifest.",
                group_name="reference",
                kinds={"csv", "sql"},
                owners=[REFERENCE_OWNER],
            ),
        ]
        + [
            AssetSpec(
                key=source_key(source),
                description=source.get("description") or None,
                group_name="landing",
                kinds={"python", "parquet"},
                owners=[owner("landing")],
                tags={"source": source["source_name"]},
            )
            for source in sources
        ],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
        check_specs=[
            AssetCheckSpec(
                RECEIVED_WHOLE,
                asset=DELIVERY,
                description="Every delivery of this run was accepted with all its rows.",
            )
        ],
    )
    def intake_step(context: AssetExecutionContext) -> Iterator[MaterializeResult]:
        home = Home.from_environment()
        with refusals_as_failures():
            contracts.write_schemas(home.schemas)
            report = intake.receive_inbox(home, warehouse_keys(keys_dir(), home))
        yield MaterializeResult(
            asset_key=PROJECT_FILES,
            metadata={"fingerprint": project_fingerprint(), "files": len(list(project_files()))},
        )
        for delivery in report.deliveries:
            context.log.info(f"{delivery.delivery_id}: {delivery.status}")
        for source in sources:
            yield _landed(home, source, report.deliveries)

    return intake_step


def _landed(home: Home, source: Mapping[str, Any], deliveries: Sequence[Any]) -> MaterializeResult:
    schema_name, table = source["source_name"], source["name"]
    metadata: dict[str, Any] = {
        "dagster/row_count": parquet_rows(home.landing / schema_name / table),
        "dagster/column_schema": table_schema(
            home.schemas / schema_name / f"{table}.parquet", dbt_columns(source)
        ),
    }
    key = source_key(source)
    if key != DELIVERY:
        return MaterializeResult(asset_key=key, metadata=metadata)
    metadata["received"] = _receipts(deliveries)
    return MaterializeResult(
        asset_key=key, metadata=metadata, check_results=[_received_whole(deliveries)]
    )


def _received_whole(deliveries: Sequence[Any]) -> AssetCheckResult:
    """A warning that names what was refused or set aside; the rest goes its way."""
    incomplete = [d for d in deliveries if d.status in ("refused", "partially_accepted")]
    return AssetCheckResult(
        check_name=RECEIVED_WHOLE,
        passed=not incomplete,
        severity=AssetCheckSeverity.WARN,
        description="\n".join(
            f"{d.delivery_id} {d.status}: {'; '.join(d.messages)}" for d in incomplete
        )
        or None,
    )


def _receipts(deliveries: Sequence[Any]) -> MetadataValue:
    """What this run took in, one line per delivery."""
    counts = ("received", "accepted", "quarantined", "duplicate")
    return MetadataValue.table(
        records=[
            TableRecord(
                {
                    "delivery": delivery.delivery_id,
                    "status": delivery.status,
                    **{name: getattr(delivery, f"{name}_row_count") for name in counts},
                    "messages": "\n".join(delivery.messages),
                }
            )
            for delivery in deliveries
        ],
        schema=TableSchema(
            columns=[
                TableColumn("delivery"),
                TableColumn("status"),
                *(TableColumn(name, "int") for name in counts),
                TableColumn("messages"),
            ]
        ),
    )
