"""One tiny world for all tests of the generator."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from p4dp.synthetic.generate import generate, request_for


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three practices, one of each vendor, 900 people, 24 months, many amendments."""
    folder = tmp_path_factory.mktemp("world")
    rates = folder / "rates.yaml"
    rates.write_text(
        "practice:\n"
        "  correction: {value: 0.02, source: chosen}\n"
        "  deletion: {value: 0.02, source: chosen}\n"
    )
    out = folder / "tiny"
    request = request_for(seed=11, practices=3, patients=900, months=24, world=rates)
    generate(out, request, workers=1)
    return out


@pytest.fixture()
def truth(tiny_world: Path) -> duckdb.DuckDBPyConnection:
    """A connection with one view per truth table."""
    connection = duckdb.connect()
    for folder in sorted((tiny_world / "truth").iterdir()):
        if folder.is_dir():
            connection.execute(
                f"create view {folder.name} as select * from read_parquet('{folder}/*.parquet')"
            )
    return connection
