"""Build the dbt project on Apache Spark: the same models, landing and register as on DuckDB.

    .venv-spark/bin/python -m tools.spark_dbt --home HOME --work DIR [--select …] [--vars …]

Runs in the environment of `make setup-spark` (Java 17). Opens a Spark session, teaches
dbt-spark two things (translate a model's body, read a seed) and starts dbt with target
`spark`, full refresh. The tables are Parquet folders afterwards:
`DIR/tables/<schema>.db/<table>/*.parquet`. All that Spark, dbt and Derby write lies under DIR.

On a cluster, start it through `spark-submit`: settings given there win over the local ones
below, and P4DP_HOME names a folder every node can read.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Types of a seed's yml as DuckDB names them.
DUCKDB_TYPES = {"string": "varchar"}


def open_session(work: Path, *, cores: int = 2, memory: str = "2g") -> Any:
    """A Spark session in local mode, quiet, in UTC, that writes nowhere but under `work`.

    Its catalog lives in memory: tables of an earlier session under `work` are removed.
    Every setting gives way to one already made by spark-submit or SPARK_CONF_DIR.
    """
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    shutil.rmtree(work / "tables", ignore_errors=True)  # of an earlier session: not in its catalog
    for folder in ("tables", "scratch", "metastore"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("SPARK_LOCAL_DIRS", str(work / "scratch"))
    settings = {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": memory,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # C1 and the serial collector: many short queries, few cores.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xss8m"
        " -XX:ReservedCodeCacheSize=512m"  # every query brings its own compiled classes
        f" -Duser.timezone=UTC -Dderby.system.home={work / 'metastore'}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Nobody looks at past queries here, and their plans fill the heap.
        "spark.sql.ui.retainedExecutions": "1",
        "spark.ui.retainedJobs": "1",
        "spark.ui.retainedStages": "1",
        "spark.ui.retainedTasks": "1",
        "spark.sql.warehouse.dir": str(work / "tables"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * cores),
        # Planned once: replanning a union of hundreds of parts after each stage takes gigabytes.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # As in DuckDB: a date before 1582 is the same date in every file; overflow is an error.
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.autoBroadcastJoinThreshold": "10m",
    }
    configuration = SparkConf()
    for name, value in settings.items():
        configuration.setIfMissing(name, value)
    session = SparkSession.builder.config(conf=configuration).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    # pyspark 4 logs each refused query with its whole Java stack; dbt reports the message.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    return session


def teach_adapter(work: Path) -> None:
    """Give dbt-spark's adapter the two methods that the macros in macros/spark call."""
    from dbt.adapters.base.meta import available
    from dbt.adapters.spark.impl import SparkAdapter

    from tools.duckdb_to_spark import transpile

    def write_seed_under_work(
        _: SparkAdapter,
        path: str,
        schema: str,
        name: str,
        types: dict[str, str],
    ) -> str:
        return str(write_seed(Path(path), work / "seeds" / schema / name, types))

    methods = {
        "transpile": lambda _, query: transpile(query),
        "write_seed": write_seed_under_work,
    }
    for name, method in methods.items():
        setattr(SparkAdapter, name, available(method))
    SparkAdapter._available_ = SparkAdapter._available_ | frozenset(methods)


def write_seed(path: Path, folder: Path, types: dict[str, str]) -> Path:
    """A seed's CSV as one Parquet file in `folder`, read as dbt-duckdb reads it.

    `types` maps each column, in the order of the file, to its SQL type.
    """
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    definition = ", ".join(
        f'"{name}" {DUCKDB_TYPES.get(kind, kind)}' for name, kind in types.items()
    )
    with duckdb.connect() as connection:
        connection.execute(f"create table seed ({definition})")
        connection.execute("copy seed from $path (format csv, header true)", {"path": str(path)})
        connection.execute(f"copy seed to '{folder}/seed.parquet' (format parquet)")
    return folder


def build(home: Path, work: Path, arguments: Sequence[str] = ()) -> Any:
    """Run `dbt build` without tests on Spark; returns dbt's result (`.success`, `.result`)."""
    os.environ["P4DP_HOME"] = str(home)
    os.environ["DBT_TARGET_PATH"] = str(work / "target")
    os.environ["DBT_LOG_PATH"] = str(work / "logs")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    from dbt.cli.main import dbtRunner

    teach_adapter(work)
    return dbtRunner().invoke(
        [
            "build",
            *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "dbt_project")),
            *("--target", "spark", "--full-refresh"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *arguments,
        ]
    )


def timings(work: Path) -> list[tuple[str, str, float]]:
    """What the last build did: model, status and seconds, slowest first."""
    results = json.loads((work / "target" / "run_results.json").read_text())["results"]
    return sorted(
        ((r["unique_id"].split(".")[-1], r["status"], r["execution_time"]) for r in results),
        key=lambda row: -row[2],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Build on Spark; 0 when every model was built."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, default=os.environ.get("P4DP_HOME", "data"))
    parser.add_argument("--work", type=Path, required=True, help="folder for all Spark writes")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--memory", default="2g")
    options, dbt_arguments = parser.parse_known_args(arguments)
    work = options.work.resolve()
    session = open_session(work, cores=options.cores, memory=options.memory)
    try:
        done = build(Path(options.home).resolve(), work, dbt_arguments)
    finally:
        session.stop()
    if done.exception:
        print(done.exception, file=sys.stderr)
    print(f"Tables: {work / 'tables'}")
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main())
