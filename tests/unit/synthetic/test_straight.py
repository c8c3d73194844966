"""Straight to landing is what `receive` would have landed of the same world."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from p4dp.errors import P4dpError
from p4dp.intake import receive
from p4dp.intake.straight import StraightLanding
from p4dp.settings import Home
from p4dp.synthetic.generate import generate, request_for
from p4dp.vault import warehouse_keys

REQUEST = request_for(seed=4, practices=4, patients=320, months=8)


def tables(home: Home) -> set[str]:
    return {f"{p.parent.name}/{p.name}" for p in home.landing.glob("*/*") if p.is_dir()}


def test_landing_is_the_same_whichever_way_it_was_made(tmp_path: Path) -> None:
    received, straight = Home(tmp_path / "received"), Home(tmp_path / "straight")
    keys = warehouse_keys(tmp_path / "keys", received)
    generate(tmp_path / "world", REQUEST, workers=1)
    receive([tmp_path / "world" / "inbox"], received, keys)

    land = StraightLanding(straight, keys.level2)
    report = generate(tmp_path / "other", REQUEST, workers=2, land=land)
    land.finish()

    assert tables(straight) == tables(received)
    assert len(tables(straight)) > 30
    for table in sorted(tables(received)):
        one, other = (
            f"(select * from read_parquet('{home.landing}/{table}/*/*.parquet',"
            " hive_partitioning = false))"
            for home in (received, straight)
        )
        differing = duckdb.sql(
            f"select count(*) from ((from {one} except all from {other})"
            f" union all (from {other} except all from {one}))"
        ).fetchall()[0][0]
        assert differing == 0, table
    assert list((tmp_path / "other" / "inbox").iterdir()) == []
    assert not list((tmp_path / "other" / "practices").rglob("*.*"))
    assert report.deliveries == duckdb.sql(
        f"select count(*) from '{straight.landing}/p4dp/delivery/*/*.parquet'"
    ).fetchall()[0][0]  # fmt: skip


def test_a_home_in_use_is_never_written_into(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.landing / "medirel").mkdir(parents=True)
    with pytest.raises(P4dpError, match="already holds"):
        StraightLanding(home, bytes(32))
