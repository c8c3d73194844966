"""A failed dbt call names the node and what the database said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dagster import Failure

from orchestration.assets.failures import dbt_failure, refusals_as_failures
from p4dp.errors import P4dpError


def test_the_failing_node_and_its_message_are_named(tmp_path: Path) -> None:
    results = [
        {"unique_id": "model.p4dp.fct_encounter", "status": "success", "message": "OK"},
        {"unique_id": "model.p4dp.fct_patient", "status": "error", "message": "Binder Error: x\n"},
        {"unique_id": "test.p4dp.unique", "status": "fail", "message": "Got 3 results"},
        {"unique_id": "model.p4dp.pub_x", "status": "skipped", "message": None},
    ]
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    failure = dbt_failure(tmp_path, "dbt failed")
    assert failure.description == (
        "2 dbt node(s) failed\n"
        "model.p4dp.fct_patient: Binder Error: x\n"
        "test.p4dp.unique: Got 3 results"
    )
    assert not failure.allow_retries


def test_a_call_that_died_before_any_node_keeps_its_own_message(tmp_path: Path) -> None:
    assert dbt_failure(tmp_path, "no profile").description == "no profile"


def test_a_refusal_is_not_tried_again() -> None:
    with pytest.raises(Failure) as raised, refusals_as_failures():
        raise P4dpError("key missing", remedy="run `p4dp keys init`")
    assert raised.value.description == "key missing\nRemedy: run `p4dp keys init`"
    assert not raised.value.allow_retries
