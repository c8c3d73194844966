"""The commands of boundary and gate, as a user types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from p4dp.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("P4DP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("P4DP_KEYS", str(tmp_path / "keys"))

    def invoke(*arguments: object):
        return CliRunner().invoke(app, [str(a) for a in arguments])

    return invoke


def test_receive_then_quarantine_list_and_show(run, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", lambda rows: rows[1].__setitem__(0, ""))
    result = run("receive", delivery, "--copy", "--json")
    assert result.exit_code == 0
    (receipt,) = json.loads(result.stdout)["deliveries"]
    assert receipt["status"] == "partially_accepted" and delivery.exists()
    (group,) = json.loads(run("quarantine", "list", "--json").stdout)
    assert (group["table"], group["rows"]) == ("acte", 1)
    (row,) = json.loads(run("quarantine", "show", delivery.name, "--json").stdout)
    assert (row["row"], row["column"]) == (1, "num_acte")
    replay = json.loads(run("quarantine", "replay", delivery.name, "--json").stdout)
    assert replay["remaining_row_count"] == 1


def test_a_refused_delivery_gives_exit_code_1_and_moves(run, sample):
    delivery = sample("medirel")
    (delivery / "manifest.json").write_text("{}")
    result = run("receive", delivery)
    assert result.exit_code == 1 and not delivery.exists()


def test_keys_init_and_pseudonymise(run, tmp_path):
    keys = tmp_path / "boundary"
    made = json.loads(run("keys", "init", keys, "--practice", "p1", "--json").stdout)["made"]
    assert len(made) == 3
    assert json.loads(run("keys", "init", keys, "--json").stdout)["made"] == []
    raw = tmp_path / "raw"
    raw.mkdir()
    encounter = {
        "resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/1"},
        "period": {"start": "2024-01-15", "end": "2024-01-15"},
    }  # fmt: skip
    patient = {"resourceType": "Patient", "id": "1", "birthDate": "1950-01-31"}
    (raw / "all.ndjson").write_text(json.dumps(patient) + "\n" + json.dumps(encounter) + "\n")
    out = tmp_path / "out"
    result = run("pseudonymise", raw, "--out", out, "--keys", keys, "--practice", "p1", "--json")
    told = json.loads(result.stdout)
    assert told["rows"] == 2
    assert run("check-delivery", told["path"]).exit_code == 0
    assert run("receive", told["path"]).exit_code == 0


@pytest.mark.parametrize(
    "command",
    ["pseudonymise", "resolve", "receive", "check-delivery", "keys init", "quarantine list",
     "quarantine show", "quarantine replay"],
)  # fmt: skip
def test_help_has_an_example(run, command):
    result = run(*command.split(), "--help")
    assert result.exit_code == 0 and "Example" in result.stdout


def test_a_contract_gives_its_page_and_a_sample_that_conforms(tmp_path):
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["contract", "list", "--json"]).stdout)
    assert ("medirel", "2.0") in [(c["source"], c["version"]) for c in listed]
    page = runner.invoke(app, ["contract", "page", "medirel", "1.0"])
    assert page.exit_code == 0 and page.stdout.startswith("# ") and "medirel 1.0" in page.stdout
    sample = runner.invoke(
        app, ["contract", "sample", "medirel", "1.0", "--out", str(tmp_path / "new"), "--json"]
    )
    folder = json.loads(sample.stdout)["path"]
    assert runner.invoke(app, ["check-delivery", folder]).exit_code == 0
    unknown = runner.invoke(app, ["contract", "page", "othermed"])
    assert unknown.exit_code == 1
