"""What does not fit into memory goes to the warehouse's folder, and work goes on after it did."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import LocalEnvironment
from jinja2 import Template

from p4dp.settings import PROJECT_ROOT


@pytest.fixture
def environment(tmp_path: Path) -> LocalEnvironment:
    """dbt's own engine, by the project's profile, on a home of this test."""
    text = Template((PROJECT_ROOT / "dbt_project" / "profiles.yml").read_text("utf-8")).render(
        env_var=lambda name, default=None: str(tmp_path)
    )
    output = yaml.safe_load(text)["p4dp"]["outputs"]["duckdb"]
    (tmp_path / "warehouse").mkdir()
    return LocalEnvironment(
        DuckDBCredentials.from_dict({**output, "schema": "main", "database": "p4dp"})
    )


def test_the_next_model_is_built_after_one_that_spilled(
    environment: LocalEnvironment, tmp_path: Path
) -> None:
    first = environment.handle().cursor()
    first.execute("set memory_limit = '60MB'")
    first.execute(
        "create table large as select md5(i::varchar) as text"
        " from range(2000000) as r(i) order by 1"
    )
    spill = tmp_path / "warehouse" / "spill"
    assert spill.is_dir(), "nothing was spilled, or elsewhere"
    second = environment.handle().cursor()
    second.execute("select count(*) from large")
    assert second.fetchall() == [(2_000_000,)]
