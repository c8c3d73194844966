"""`p4dp query` and its neighbours, as typed."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from p4dp.cli import app
from p4dp.errors import P4dpError


@pytest.fixture
def p4dp(home, tmp_path, monkeypatch):
    keys = tmp_path / "keys"
    monkeypatch.setenv("P4DP_HOME", str(home.root))
    monkeypatch.setenv("P4DP_KEYS", str(keys))

    def call(*words):
        return CliRunner().invoke(app, words, env={"COLUMNS": "120"})

    return call


SQL = "select 1.5::decimal(4,2) as d, date '2025-01-02' as day, null as nothing, [1, 2] as l"


def test_the_formats_hold_the_same_row(p4dp, tmp_path):
    assert "2025-01-02" in p4dp("query", SQL, "--as", "ana").stdout
    expected = [{"d": 1.5, "day": "2025-01-02", "nothing": None, "l": [1, 2]}]
    assert json.loads(p4dp("query", SQL, "--as", "ana", "--json").stdout) == expected
    text = p4dp("query", SQL, "--as", "ana", "--format", "csv").stdout
    assert text == '"d","day","nothing","l"\n1.50,2025-01-02,,"[1, 2]"\n'
    file = tmp_path / "answer.parquet"
    p4dp("query", SQL, "--as", "ana", "--format", "parquet", "--out", str(file))
    assert pq.read_table(file).num_rows == 1


def test_a_narrow_answer_is_a_table_and_a_wide_one_a_list(p4dp):
    text = p4dp("query", "select 7 as n, 'x[b]y' as label", "--as", "ana").stdout
    assert text.splitlines()[:3] == ["n  label", "-  -----", "7  x[b]y"]
    wide = ", ".join(f"'{'v' * 30}' as column_{i}" for i in range(9))
    lines = p4dp("query", f"select {wide}", "--as", "ana").stdout.splitlines()
    assert lines[0] == "-- row 1" and lines[1] == f"column_0  {'v' * 30}"


def test_a_refusal_is_one_error(p4dp):
    result = p4dp("query", "select 1", "--as", "nobody")
    assert result.exit_code == 1 and isinstance(result.exception, P4dpError)


def test_trail_verify_tells_a_change(p4dp, home):
    p4dp("query", "select 1", "--as", "ana")
    result = p4dp("trail", "verify", "--json")
    assert result.exit_code == 0 and json.loads(result.stdout)["lines"] == 1
    (file,) = home.trail.glob("*.jsonl")
    file.write_text(file.read_text().replace("ana", "eve"))
    result = p4dp("trail", "verify", "--json")
    assert result.exit_code == 1 and json.loads(result.stdout)["line"] == 1


def test_accounts_are_granted_listed_and_revoked(p4dp):
    assert (
        p4dp("account", "grant", "zoe", "--role", "public", "--until", "2999-01-01").exit_code == 0
    )
    listed = json.loads(p4dp("account", "list", "--json").stdout)
    assert {"zoe": "public"}.items() <= {a["user"]: a["role"] for a in listed}.items()
    assert p4dp("account", "revoke", "zoe").exit_code == 0
    assert "zoe" not in p4dp("account", "list").stdout
