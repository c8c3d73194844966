"""Every dbt node as an asset; Dagster cuts the whole around the Python steps by itself."""

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetExecutionContext, AssetsDefinition, AssetSpec, Failure, Output
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration import progress
from orchestration.assets import POOL, PROJECT_FILES, owner
from orchestration.assets.failures import dbt_failure
from orchestration.node_metadata import NodeMetadata
from orchestration.resources import FastDbt, RunSettings
from p4dp.settings import Home


class LayerTranslator(DagsterDbtTranslator):
    """Groups and owners follow the layer, which is the schema."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetSpec:
        """Nodes without parents (seeds first of all) come from the checked-out files, which the
        intake step records: without that edge they would cost a dbt call of their own."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id)
        if node is not None and not node.get("depends_on", {}).get("nodes"):
            return spec.replace_attributes(deps=[*spec.deps, PROJECT_FILES])
        return spec

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        return [owner(str(dbt_resource_props["schema"]))]


def warehouse_assets(manifest: Mapping[str, Any]) -> AssetsDefinition:
    """The dbt project of a parsed manifest.

    No `project` is handed to dagster-dbt: with one it copies the whole project folder, virtual
    environments included, as soon as a cut selects more than 200 nodes.
    """

    @dbt_assets(
        manifest=manifest,
        name="warehouse",
        dagster_dbt_translator=LayerTranslator(),
        pool=POOL,
    )
    def warehouse(
        context: AssetExecutionContext, dbt: FastDbt, settings: RunSettings
    ) -> Iterator[Any]:
        home = Home.from_environment()
        invocation = dbt.cli(settings.dbt_arguments(), context=context)
        failure: Failure | None = None
        events = []
        try:
            with progress.counting(home, _expected_events(context)) as count:
                for event in invocation.stream():
                    events.append(event)
                    count()
        except DagsterDbtCliRuntimeError as error:
            failure = dbt_failure(invocation.target_path, error.description or str(error))
        # dbt has ended and left the file: only now can another connection read it.
        metadata = NodeMetadata(manifest, invocation.target_path, home.warehouse)
        for event in events:
            if isinstance(event, Output):
                unique_id = str(event.metadata["unique_id"].value)
                event = event.with_metadata({**event.metadata, **metadata.of(unique_id)})
            yield event
        if failure is not None:
            raise failure  # the folder of a failed call stays for its log, until the next run
        shutil.rmtree(invocation.target_path, ignore_errors=True)

    return warehouse


def _expected_events(context: AssetExecutionContext) -> int:
    return len(context.selected_asset_keys) + len(context.selected_asset_check_keys)
