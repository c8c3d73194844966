"""The steps of a run as plain calls, without Dagster: what its overhead is measured against.

    P4DP_HOME=… python -m benchmarks.script_run [--full-refresh]

Three dbt calls around the two Python steps, then the release, as `p4dp run` does them; prints one
JSON object: wall_seconds and the steps with their seconds. The difference of its wall time to
that of `p4dp run --json` on the same home is Dagster's overhead.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

from orchestration.environment import DBT_EXECUTABLE, TARGET, dbt_target, prepare
from orchestration.project import prepare_manifest
from p4dp.settings import PROJECT_ROOT, Home

# What stands left of each crossing; the last call builds the rest.
CALLS = (
    ["--exclude", "source:register+", "source:exchange+"],
    ["--select", "source:register+", "--exclude", "source:exchange+"],
    ["--select", "source:exchange+"],
)


def dbt(selection: list[str], options: list[str]) -> None:
    """One `dbt build`, the way a step of a run calls it."""
    subprocess.run(
        [
            str(DBT_EXECUTABLE),
            "--quiet",
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--target",
            TARGET,
            *selection,
            *options,
        ],
        cwd=PROJECT_ROOT,
        env={**os.environ, "DBT_LOG_PATH": str(dbt_target(Home.from_environment()))},
        check=True,
        stdout=sys.stderr,
    )


def python_step(code: str) -> None:
    """A Python step in a process of its own, as in a run."""
    preamble = (
        "from p4dp import contracts, intake, linkage, release, surveillance\n"
        "from p4dp.settings import Home, keys_dir\n"
        "from p4dp.vault import sealed_tokens, warehouse_keys\n"
        "home = Home.from_environment(); keys = warehouse_keys(keys_dir(), home)\n"
    )
    subprocess.run([sys.executable, "-c", preamble + code], check=True, stdout=sys.stderr)


def main() -> None:
    """Run every step and print their times."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--full-refresh", action="store_true")
    parser.add_argument("--json", action="store_true", help="the only format there is")
    options = ["--full-refresh"] if parser.parse_args().full_refresh else []
    home = Home.from_environment()
    prepare(home)
    prepare_manifest(home)
    steps: list[tuple[str, Callable[[], None]]] = [
        (
            "intake",
            lambda: python_step(
                "contracts.write_schemas(home.schemas); intake.receive_inbox(home, keys)"
            ),
        ),
        ("dbt 1", lambda: dbt(CALLS[0], options)),
        (
            "linkage",
            lambda: python_step(
                "linkage.update_register(home.warehouse, home.register, "
                "tokens=sealed_tokens(home, keys))"
            ),
        ),
        ("dbt 2", lambda: dbt(CALLS[1], options)),
        (
            "surveillance",
            lambda: python_step(
                "surveillance.run(home.warehouse, home.exchange)\n"
                "linkage.effect_on_indicators(home.warehouse, home.register, home.exchange)"
            ),
        ),
        ("dbt 3", lambda: dbt(CALLS[2], options)),
        (
            "release",
            lambda: python_step(
                "from orchestration.assets.release import as_of_date, release_inputs\n"
                "release.publish(home.warehouse, home, as_of=as_of_date(home), "
                "inputs=release_inputs(home, True), code_version='script', "
                "release_key=keys.release)"
            ),
        ),
    ]
    result = []
    begin = time.monotonic()
    for name, step in steps:
        started = time.monotonic()
        step()
        result.append({"name": name, "seconds": round(time.monotonic() - started, 3)})
    wall = round(time.monotonic() - begin, 3)
    print(json.dumps({"wall_seconds": wall, "steps": result}))


if __name__ == "__main__":
    main()
