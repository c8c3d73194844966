"""The unit tests of dbt models: each rule on rows made by hand, where every model stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from p4dp.settings import PROJECT_ROOT

from .line import Line

DBT = Path(sys.executable).parent / "dbt"


def test_every_rule_of_a_model_holds(finished: Line, tmp_path: Path) -> None:
    done = subprocess.run(
        [DBT, "test", "--select", "test_type:unit", "--quiet"],
        cwd=PROJECT_ROOT,
        env=os.environ
        | finished.environment
        | {
            "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"),
            "DBT_TARGET_PATH": str(tmp_path),
            "DBT_LOG_PATH": str(tmp_path),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
    )
    results = json.loads((tmp_path / "run_results.json").read_text("utf-8"))["results"]
    rules = [result for result in results if result["unique_id"].startswith("unit_test.")]
    assert {r["unique_id"]: r["message"] for r in rules if r["status"] != "pass"} == {}
    assert rules and done.returncode == 0, done.stdout + done.stderr
