"""Build a DuckDB warehouse from what has landed in P4DP_HOME, without tests and without release.

Runs in the main environment (`.venv/bin/python -m tests.spark.build_warehouse`): the Spark
tests start it as a process, because dbt-duckdb is not in theirs. The steps are those of
`p4dp run` up to the marts: the register and the statistics written are then read by both engines.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from p4dp import linkage, surveillance
from p4dp.contracts import write_schemas
from p4dp.settings import Home

ROOT = Path(__file__).resolve().parent.parent.parent


def dbt(*arguments: str) -> None:
    """One dbt build of DuckDB's target; ends the process when it fails."""
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "build", "--target", "duckdb"),
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project")),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *arguments,
        ],
        cwd=ROOT,
        text=True,
        capture_output=True,
    )
    if done.returncode:
        sys.exit(done.stdout[-6000:] + done.stderr[-2000:])


def main() -> None:
    home = Home.from_environment()
    os.environ.setdefault("DBT_TARGET_PATH", str(home.root / "target"))
    os.environ.setdefault("DBT_LOG_PATH", str(home.root / "logs"))
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    write_schemas(home.schemas)
    dbt("--select", "+lnk_identity")
    linkage.update_register(home.warehouse, home.register)
    statistics = ("fct_surveillance_alarm+", "fct_link_effect+", "fct_indicator_rate+")
    dbt("--exclude", *statistics)
    linkage.effect_on_indicators(home.warehouse, home.register, home.exchange)
    surveillance.rates(home.warehouse, home.exchange)
    surveillance.run(home.warehouse, home.exchange)
    dbt("--select", *statistics)


if __name__ == "__main__":
    main()
