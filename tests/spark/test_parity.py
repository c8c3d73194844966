"""Both engines build the same marts from the same landing, register and alarms, row by row.

The home holds a small synthetic world that went through `p4dp synth` and `p4dp receive`, and
deliveries full of edge values (edge_landing.py). DuckDB builds it in the main environment
(build_warehouse.py, started as a process: `P4DP_MAIN_BIN` names the folder of its python and
p4dp, `.venv/bin` by default); Spark builds it here. Then every table of the marts is compared.
To look at a failure: `P4DP_SPARK_KEEP=DIR make test-spark` keeps the home and Spark's tables.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import spark_dbt

from .comparison import compare_tables, report
from .conftest import ROOT
from .edge_landing import write as write_edges

SCHEMAS = {"linked", "indicators", "statistics", "published"}
# Tables that may be empty here, and why; any other empty table would be compared in vain.
MAY_BE_EMPTY = {
    "linked.int_linked__due_patient": "everything is rebuilt: nobody is due in particular",
    "indicators.int_indicators__due_person": "everything is rebuilt: nobody is due in particular",
    "indicators.int_pathway__stopped_treatment": "nobody stops a treatment in so small a world",
}
MAIN = Path(os.environ.get("P4DP_MAIN_BIN", ROOT / ".venv" / "bin"))


def main_environment(home: Path, *command: str) -> None:
    """Run a command of the main environment on the home; fail with its output."""
    done = subprocess.run(
        [str(MAIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=os.environ | {"P4DP_HOME": str(home), "P4DP_KEYS": str(home.parent / "keys")},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a small world and the edge deliveries have landed, built by DuckDB."""
    if not (MAIN / "p4dp").exists():
        pytest.skip(f"the main environment is not at {MAIN} (make setup-dev)")
    kept = os.environ.get("P4DP_SPARK_KEEP")
    root = Path(kept).resolve() if kept else tmp_path_factory.mktemp("parity")
    home, world = root / "home", root / "world"
    home.mkdir(parents=True, exist_ok=True)
    size = ("--practices", "3", "--patients", "300", "--months", "14", "--workers", "1")
    main_environment(home, "p4dp", "synth", "--out", str(world), "--seed", "11", *size)
    main_environment(home, "p4dp", "receive", str(world / "inbox"))
    schemas = "import sys, pathlib, p4dp.contracts as c; c.write_schemas(pathlib.Path(sys.argv[1]))"
    main_environment(home, "python", "-c", schemas, str(home / "schemas"))
    write_edges(home)
    main_environment(home, "python", "-m", "tests.spark.build_warehouse")
    return home


@pytest.fixture(scope="module")
def grains(home: Path, spark: Any, spark_work: Path) -> dict[tuple[str, str], list[str]]:
    """The marts Spark has built: {(schema, table): grain}.

    A measure's parts, views on DuckDB, are compared stacked, in `int_indicators__part`.
    """
    done = spark_dbt.build(home, spark_work, ["--quiet"])
    failed = [
        f"{result.node.name}: {result.message}"
        for result in getattr(done.result, "results", [])
        if str(result.status) == "error"
    ]
    assert done.success, "\n\n".join(failed) or done.exception
    nodes = json.loads((spark_work / "target" / "manifest.json").read_text())["nodes"].values()
    return {
        (node["schema"], node["alias"]): node["config"]["meta"].get("grain", [])
        for node in nodes
        if node["resource_type"] == "model"
        and node["schema"] in SCHEMAS
        and node["config"]["materialized"] != "view"
        and "measures" not in node["fqn"]
    }


@pytest.mark.timeout(1800)
def test_every_mart_is_the_same_on_both_engines(
    home: Path, spark_work: Path, grains: dict[tuple[str, str], list[str]]
) -> None:
    differences, rows = compare_tables(
        home / "warehouse" / "p4dp.duckdb", spark_work / "tables", grains
    )
    assert not differences, "\n" + report(differences)
    assert {schema for schema, _ in grains} == SCHEMAS
    assert len(rows) == len(grains)
    print(f"{len(rows)} tables, {sum(rows.values())} rows equal")


def test_every_mart_had_rows_to_compare(
    home: Path, spark_work: Path, grains: dict[tuple[str, str], list[str]]
) -> None:
    _, rows = compare_tables(home / "warehouse" / "p4dp.duckdb", spark_work / "tables", grains)
    empty = {name for name, count in rows.items() if not count}
    assert empty <= set(MAY_BE_EMPTY)
