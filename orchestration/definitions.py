"""Everything Dagster knows of p4dp: `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

import json
from functools import cache

from dagster import AssetSelection, Definitions, JobDefinition, define_asset_job

from orchestration.assets.intake import landing_assets, reference_assets
from orchestration.assets.linkage import link_effect_asset, person_link_asset
from orchestration.assets.rates import indicator_rate_asset
from orchestration.assets.release import release_assets
from orchestration.assets.surveillance import surveillance_alarm_asset
from orchestration.assets.warehouse import warehouse_assets
from orchestration.automation import daily_schedule, inbox_sensor
from orchestration.environment import prepare
from orchestration.executor import one_run_executor
from orchestration.project import manifest_path, prepare_manifest
from orchestration.resources import RunSettings, dbt_resource
from p4dp.settings import Home

JOB = "run"


def build(home: Home) -> Definitions:
    """The definitions of a home; parses the dbt project when there is no manifest yet."""
    prepare(home)
    path = manifest_path(home)
    if not path.exists():
        path = prepare_manifest(home)
    manifest = json.loads(path.read_text(encoding="utf-8"))
    job = define_asset_job(
        JOB,
        selection=AssetSelection.all(),
        description="All that is due: from the inbox to a new release.",
    )
    return Definitions(
        assets=[
            landing_assets(manifest),
            *reference_assets(manifest),
            warehouse_assets(manifest),
            person_link_asset(manifest),
            surveillance_alarm_asset(manifest),
            indicator_rate_asset(manifest),
            link_effect_asset(),
            release_assets(manifest),
        ],
        jobs=[job],
        sensors=[inbox_sensor(job)],
        schedules=[daily_schedule(job)],
        resources={"dbt": dbt_resource(), "settings": RunSettings()},
        executor=one_run_executor,
    )


defs = build(Home.from_environment())


@cache
def _resolved_job() -> JobDefinition:
    return defs.resolve_job_def(JOB)


def run_job() -> JobDefinition:
    """The whole line as a job; the handle by which step processes find it again."""
    return _resolved_job()
