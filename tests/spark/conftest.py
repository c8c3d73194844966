"""One Spark session for the whole folder, and macros rendered for either engine.

These tests run in the environment of `make setup-spark`, not in the main one; where pyspark
or Java is missing the folder is skipped visibly.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

pytest.importorskip("pyspark", reason="needs the environment of `make setup-spark`")

from tools import spark_dbt  # noqa: E402
from tools.duckdb_to_spark import transpile  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.spark

Evaluate = Callable[[str], Any]


@pytest.fixture(scope="session")
def spark_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder under which Spark, Derby and dbt write."""
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="session")
def spark(spark_work: Path) -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("Java 17 is not installed")
    session = spark_dbt.open_session(spark_work)
    yield session
    session.stop()


class Adapter:
    """Stands for dbt's adapter where a macro only dispatches."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.macros: Any = None

    def dispatch(self, name: str, _: str | None = None) -> Any:
        for side in (self.engine, "default"):
            if hasattr(self.macros, f"{side}__{name}"):
                return getattr(self.macros, f"{side}__{name}")
        raise AssertionError(f"macro {name} has no side for {self.engine}")


@functools.cache
def macros_of(engine: str) -> jinja2.Environment:
    """All macros of the project as globals of a Jinja environment, for one engine."""
    adapter = Adapter(engine)
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals.update(adapter=adapter, **{"return": lambda value: value})
    folder = ROOT / "dbt_project" / "macros"
    # macros/engine replaces DuckDB's materialisations: no model calls it.
    macros = "\n".join(
        path.read_text() for path in sorted(folder.rglob("*.sql")) if path.parent.name != "engine"
    )
    adapter.macros = environment.from_string(macros).module
    names = [name for name in dir(adapter.macros) if not name.startswith("__")]
    environment.globals.update({name: getattr(adapter.macros, name) for name in names})
    return environment


def render(engine: str, sql: str) -> str:
    """A piece of Jinja SQL with the project's macros, as one engine's dbt would render it."""
    return macros_of(engine).from_string(sql).render()


@pytest.fixture(scope="session")
def on_duckdb() -> Iterator[Evaluate]:
    """The value of a DuckDB expression (with macros) on DuckDB."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")

        def evaluate(expression: str) -> Any:
            query = render("duckdb", f"select {expression}")
            return connection.execute(query).fetchone()[0]  # type: ignore[index]

        yield evaluate


@pytest.fixture(scope="session")
def on_spark(spark: Any) -> Evaluate:
    """The value of the same expression, translated, on Spark."""

    def evaluate(expression: str) -> Any:
        query = transpile(render("spark", f"select {expression}"))
        return spark.sql(query).collect()[0][0]

    return evaluate
