"""What an operator wants to know first: what arrived, what is stuck, what runs, what is out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from p4dp import run_lock
from p4dp.settings import Home

_DELIVERIES = """
select
    source,
    count(*) as delivery_count,
    count(distinct practice_pseudo) as practice_count,
    sum(accepted_row_count)::bigint as accepted_row_count,
    sum(quarantined_row_count)::bigint as quarantined_row_count,
    max(period_end)::varchar as latest_period_end,
    max(received_date)::varchar as latest_received
from read_parquet(?, union_by_name => true)
group by source
order by source
"""

_QUARANTINE = """
select delivery_id, quarantined_row_count::bigint as row_count
from read_parquet(?, union_by_name => true)
where quarantined_row_count > 0
order by delivery_id
"""


def home_status(home: Home) -> dict[str, Any]:
    """The state of a home; never waits for a run and never opens the warehouse."""
    working = run_lock.holder(home)
    return {
        "home": str(home.root),
        "working": str(working) if working else None,
        "sources": _query_deliveries(home, _DELIVERIES),
        "inbox": _names(home.inbox),
        "quarantine": _query_deliveries(home, _QUARANTINE),
        "last_run": _last_run(home),
        "release": _release(home),
    }


def _query_deliveries(home: Home, query: str) -> list[dict[str, Any]]:
    folder = home.landing / "p4dp" / "delivery"
    if not any(folder.rglob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        cursor = connection.execute(query, [str(folder / "**" / "*.parquet")])
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _names(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))


def _last_run(home: Home) -> dict[str, Any] | None:
    if not (home.dagster / "dagster.yaml").exists():
        return None
    from orchestration.instance import recorded_instance

    with recorded_instance(home) as instance:
        records = instance.get_run_records(limit=1)
    if not records:
        return None
    record = records[0]
    return {
        "run_id": record.dagster_run.run_id,
        "status": record.dagster_run.status.value.lower(),
        "started_at": _iso(record.start_time),
        "ended_at": _iso(record.end_time),
    }


def _iso(timestamp: float | None) -> str | None:
    if timestamp is None:
        return None
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds")


def _release(home: Home) -> dict[str, Any] | None:
    manifest = home.current_release / "manifest.json"
    if not manifest.exists():
        return None
    content = json.loads(manifest.read_text(encoding="utf-8"))
    return {name: content.get(name) for name in ("release_id", "as_of", "content_hash")}
