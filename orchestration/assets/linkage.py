"""Linkage: the person register, between the link features and the linked marts."""

from collections.abc import Mapping
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from orchestration.assets import POOL, PYTHON_RETRIES, owner
from orchestration.assets.failures import refusals_as_failures
from orchestration.metadata import (
    ColumnSources,
    column_lineage,
    dbt_columns,
    parquet_rows,
    table_schema,
)
from orchestration.resources import RunSettings
from p4dp import linkage
from p4dp.settings import Home, keys_dir
from p4dp.vault import sealed_tokens, warehouse_keys

PERSON_LINK = AssetKey(["register", "person_link"])
LINK_SHARES = "link_shares"
IDENTITY = ["staging", "lnk_identity"]

CARE_DAY = ["staging", "lnk_care_day"]
STATUS = ["indicators", "fct_indicator_status"]
LINK_EFFECT = AssetKey(["exchange", "link_effect"])

_EVIDENCE = [
    *((IDENTITY, name) for name in ("nir_pseudo", "nir_status", "traits_pseudo")),
    *((CARE_DAY, name) for name in ("care_kind", "care_date", "care_code", "practitioner_pseudo")),
]
LINEAGE: ColumnSources = {
    "source": [(IDENTITY, "source")],
    "patient_pseudo": [(IDENTITY, "patient_pseudo")],
    "person_key": [(IDENTITY, "source"), (IDENTITY, "patient_pseudo"), *_EVIDENCE],
    "link_method": _EVIDENCE,
    "match_probability": _EVIDENCE,
    "register_version": [(IDENTITY, "patient_pseudo"), *_EVIDENCE],
}


def person_link_asset(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """The register's current links, one row per source identity."""
    source = next(s for s in manifest["sources"].values() if s["name"] == "person_link")

    @asset(
        key=PERSON_LINK,
        deps=[AssetKey(IDENTITY), AssetKey(CARE_DAY)],
        description=source.get("description"),
        group_name="linkage",
        kinds={"python", "parquet"},
        owners=[owner("linkage")],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
        check_specs=[
            AssetCheckSpec(
                LINK_SHARES,
                asset=PERSON_LINK,
                blocking=True,
                description="The share of linked identities of no practice has fallen suddenly, "
                "and no two practices are largely the same persons.",
            )
        ],
    )
    def person_link(context: AssetExecutionContext, settings: RunSettings) -> MaterializeResult:
        home = Home.from_environment()
        with refusals_as_failures():
            report = linkage.update_register(
                home.warehouse,
                home.register,
                with_snds=settings.with_snds,
                tokens=sealed_tokens(home, warehouse_keys(keys_dir(), home)),
            )
            problems = [
                *linkage.check_link_shares(home.register),
                *linkage.check_practice_overlap(home.register),
            ]
            tables = linkage.summary_tables(home.register)
        links = home.register / "person_link"
        return MaterializeResult(
            check_results=[
                AssetCheckResult(
                    check_name=LINK_SHARES,
                    passed=not problems,
                    severity=(
                        AssetCheckSeverity.WARN
                        if settings.accept_link_shares
                        else AssetCheckSeverity.ERROR
                    ),
                    description="; ".join(str(problem) for problem in problems) or None,
                )
            ],
            metadata={
                "dagster/row_count": parquet_rows(links),
                "dagster/column_schema": table_schema(
                    next(links.glob("*.parquet")), dbt_columns(source)
                ),
                "dagster/column_lineage": column_lineage(LINEAGE),
                "report": MetadataValue.json(report.as_dict()),
                **{name: MetadataValue.md(text) for name, text in tables.items()},
                "quality": MetadataValue.path(home.register / "quality" / "quality.html"),
            },
        )

    return person_link


def link_effect_asset() -> AssetsDefinition:
    """How far each indicator could move under the expected errors of the links."""

    @asset(
        key=LINK_EFFECT,
        deps=[AssetKey(STATUS), PERSON_LINK],
        description="Worst-case bounds of each indicator's share if links are false or missed, "
        "from the linkage quality of this register version. One row per indicator and version.",
        group_name="statistics",
        kinds={"python", "parquet"},
        owners=[owner("linkage")],
        pool=POOL,
        retry_policy=PYTHON_RETRIES,
    )
    def link_effect(context: AssetExecutionContext) -> MaterializeResult:
        home = Home.from_environment()
        with refusals_as_failures():
            rows = linkage.effect_on_indicators(home.warehouse, home.register, home.exchange)
        effects = home.exchange / "link_effect" / "part-0.parquet"
        return MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "dagster/column_schema": table_schema(effects),
            }
        )

    return link_effect
