"""The environment every Dagster and dbt process of a home runs in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from p4dp.settings import PROJECT_ROOT, Home, keys_dir

TARGET = "duckdb"
PROFILES = PROJECT_ROOT / "dbt_project"
DBT_EXECUTABLE = Path(sys.executable).parent / "dbt"

# No telemetry, no first-visit dialog, one run at a time from the daemon's queue and one step at a
# time in the warehouse. `p4dp run` does not pass through the queue: the run lock covers it.
_DAGSTER_YAML = """\
# Written by p4dp at each start; change it in orchestration/environment.py.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
  pools:
    granularity: op
    default_limit: 1
retention:
  sensor:
    purge_after_days: 7
  schedule:
    purge_after_days: 90
"""


def dbt_target(home: Home) -> Path:
    """The folder of dbt's artifacts: manifest, partial parse and each step's own folder."""
    return home.dagster / "dbt"


def prepare(home: Home) -> None:
    """Make the folders of a home and point this process and its children to it."""
    for folder in (home.inbox, home.warehouse.parent, home.dagster, dbt_target(home)):
        folder.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists() or settings.read_text(encoding="utf-8") != _DAGSTER_YAML:
        settings.write_text(_DAGSTER_YAML, encoding="utf-8")
    os.environ.update(
        {
            "P4DP_HOME": str(home.root),
            "P4DP_KEYS": str(keys_dir()),
            "DAGSTER_HOME": str(home.dagster),
            "DBT_PROFILES_DIR": str(PROFILES),
            "DBT_TARGET_PATH": str(dbt_target(home)),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # A line per statement is a sixth of a node's time; the run folder keeps the SQL.
            "DBT_LOG_LEVEL_FILE": "info",
            # Manifest and results are read here, whatever the user's own shell says of them.
            "DBT_WRITE_JSON": "true",
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DO_NOT_TRACK": "1",
        }
    )
