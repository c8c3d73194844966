"""What the inbox sensor takes for a delivery, and when it starts a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dagster import DagsterInstance, Definitions, RunRequest, SkipReason, build_sensor_context

from orchestration.automation import complete_deliveries, content_key
from p4dp import run_lock
from p4dp.settings import Home


def deliver(inbox: Path, name: str, complete: bool = True) -> Path:
    folder = inbox / name
    folder.mkdir(parents=True)
    (folder / "patient.csv").write_text("…", encoding="utf-8")
    if complete:
        (folder / "manifest.json").write_text(json.dumps({"delivery_id": name}), encoding="utf-8")
    return folder


def test_only_what_is_complete_counts(tmp_path: Path) -> None:
    whole = deliver(tmp_path, "medirel-0a1b2c3d-000001")
    deliver(tmp_path, "medirel-0a1b2c3d-000002", complete=False)
    deliver(tmp_path, ".medirel-0a1b2c3d-000003")
    archive = tmp_path / "dosmed-0a1b2c3d-000001.tar.gz"
    archive.write_bytes(b"")
    (tmp_path / "notes.txt").write_text("…", encoding="utf-8")
    assert complete_deliveries(tmp_path) == [archive, whole]
    assert complete_deliveries(tmp_path / "missing") == []


def test_the_same_content_starts_one_run(tmp_path: Path) -> None:
    deliver(tmp_path, "a")
    first = content_key(complete_deliveries(tmp_path))
    assert content_key(complete_deliveries(tmp_path)) == first
    deliver(tmp_path, "b")
    assert content_key(complete_deliveries(tmp_path)) != first


@pytest.fixture
def inbox_home(definitions: Definitions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("P4DP_HOME", str(tmp_path))
    return Home(tmp_path)


def tick(definitions: Definitions) -> RunRequest | SkipReason:
    sensor = definitions.resolve_sensor_def("inbox")
    with DagsterInstance.ephemeral() as instance, build_sensor_context(instance) as context:
        [outcome] = list(sensor(context))
    return outcome


def test_the_sensor_starts_a_run_for_a_delivery(definitions: Definitions, inbox_home: Home) -> None:
    assert isinstance(tick(definitions), SkipReason)
    deliver(inbox_home.inbox, "medirel-0a1b2c3d-000001")
    assert isinstance(tick(definitions), RunRequest)


def test_the_sensor_waits_while_someone_writes(definitions: Definitions, inbox_home: Home) -> None:
    deliver(inbox_home.inbox, "medirel-0a1b2c3d-000001")
    with run_lock.hold(inbox_home, "receive"):
        outcome = tick(definitions)
    assert isinstance(outcome, SkipReason) and "receive" in str(outcome.skip_message)
