"""What a killed run leaves in Dagster is repaired by the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, job, op
from dagster._core.test_utils import instance_for_test

from orchestration import heal
from p4dp.settings import Home


@op
def nothing() -> None: ...


@job
def empty() -> None:
    nothing()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with instance_for_test(
        temp_dir=str(tmp_path),
        overrides={"concurrency": {"pools": {"granularity": "op", "default_limit": 1}}},
    ) as instance:
        yield instance


def a_run(instance: DagsterInstance, status: DagsterRunStatus) -> str:
    return instance.create_run_for_job(empty, status=status).run_id


def status_of(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_dead_runs_fail_and_the_living_one_goes_on(instance: DagsterInstance) -> None:
    dead = a_run(instance, DagsterRunStatus.STARTED)
    alive = a_run(instance, DagsterRunStatus.STARTED)
    done = a_run(instance, DagsterRunStatus.SUCCESS)
    assert heal.fail_dead_runs(instance, alive=alive) == [dead]
    assert status_of(instance, dead) == DagsterRunStatus.FAILURE
    assert status_of(instance, alive) == DagsterRunStatus.STARTED
    assert status_of(instance, done) == DagsterRunStatus.SUCCESS


def test_the_slot_of_a_dead_run_is_free_for_the_next(instance: DagsterInstance) -> None:
    storage = instance.event_log_storage
    storage.initialize_concurrency_limit_to_default("warehouse")
    dead = a_run(instance, DagsterRunStatus.STARTED)
    alive = a_run(instance, DagsterRunStatus.STARTED)
    assert storage.claim_concurrency_slot("warehouse", dead, "step").is_claimed
    assert not storage.claim_concurrency_slot("warehouse", alive, "step").is_claimed
    heal.fail_dead_runs(instance, alive=alive)
    assert storage.claim_concurrency_slot("warehouse", alive, "step").is_claimed


def test_a_run_about_to_start_is_left_alone_by_the_sensor(instance: DagsterInstance) -> None:
    starting = a_run(instance, DagsterRunStatus.STARTING)
    assert heal.fail_dead_runs(instance, settled_seconds=300) == []
    assert status_of(instance, starting) == DagsterRunStatus.STARTING


def test_folders_of_dead_steps_go_and_the_parse_stays(tmp_path: Path) -> None:
    home = Home(tmp_path)
    target = home.dagster / "dbt"
    (target / "warehouse_2-abc").mkdir(parents=True)
    (target / "warehouse_2-abc" / "dbt.log").write_text("…", encoding="utf-8")
    (target / "manifest.json").write_text("{}", encoding="utf-8")
    heal.remove_leftovers(home)
    assert [path.name for path in target.iterdir()] == ["manifest.json"]
