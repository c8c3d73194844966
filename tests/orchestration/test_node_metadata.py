"""Rows, columns and the origin of columns, read from a small warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetKey

from orchestration.node_metadata import NodeMetadata

SQL = """
with visits as (
    select * from "p4dp"."staging"."stg_encounter"
),
merged as (
    select patient_pseudo, encounter_date as seen_date, 'visit' as kind from visits
    union all
    select person, day, 'call' from "p4dp"."phone"."Call"
),
counted as (
    select patient_pseudo, count(distinct seen_date) as seen_count, max(kind) as kind
    from merged
    group by patient_pseudo
)
select counted.patient_pseudo, coalesce(counted.seen_count, 0)::bigint as seen_count, 1 as one
from counted
"""


def node(schema: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "database": "p4dp",
        "schema": schema,
        "name": name,
        "alias": name,
        "package_name": "p4dp",
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": []},
        "columns": {},
        **more,
    }


@pytest.fixture
def metadata(tmp_path: Path) -> NodeMetadata:
    warehouse = tmp_path / "p4dp.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema staging; create schema phone; create schema linked;
            create view staging.stg_encounter as
                select 'a' as patient_pseudo, date '2026-01-02' as encounter_date;
            create table phone."Call" (person varchar, day date);
            """
        )
        connection.execute(f"create table linked.fct_seen as {SQL}")
    compiled = tmp_path / "compiled" / "p4dp" / "models" / "fct_seen.sql"
    compiled.parent.mkdir(parents=True)
    compiled.write_text(SQL, encoding="utf-8")
    manifest = {
        "nodes": {
            "model.seen": node(
                "linked",
                "fct_seen",
                depends_on={"nodes": ["model.encounter", "source.call"]},
                columns={"seen_count": {"description": "Days with a contact"}},
            ),
            "model.encounter": node("staging", "stg_encounter"),
            "model.unbuilt": node("linked", "fct_unbuilt"),
        },
        "sources": {
            "source.call": node("phone", "Call", identifier="Call", resource_type="source")
        },
    }
    return NodeMetadata(manifest, tmp_path, warehouse)


def test_a_column_is_traced_through_ctes_unions_and_aggregates(metadata: NodeMetadata) -> None:
    lineage = metadata.of("model.seen")["dagster/column_lineage"].deps_by_column
    origins = {
        column: {(dep.asset_key, dep.column_name) for dep in deps}
        for column, deps in lineage.items()
    }
    encounter, call = AssetKey(["staging", "stg_encounter"]), AssetKey(["phone", "Call"])
    assert origins == {
        "patient_pseudo": {(encounter, "patient_pseudo"), (call, "person")},
        "seen_count": {(encounter, "encounter_date"), (call, "day")},
        "one": set(),
    }


def test_tables_are_counted_and_views_are_not(metadata: NodeMetadata) -> None:
    assert metadata.of("model.seen")["dagster/row_count"] == 1
    assert "dagster/row_count" not in metadata.of("model.encounter")


def test_columns_carry_type_and_description(metadata: NodeMetadata) -> None:
    columns = {c.name: c for c in metadata.of("model.seen")["dagster/column_schema"].columns}
    assert columns["seen_count"].type == "bigint"
    assert columns["seen_count"].description == "Days with a contact"


def test_a_node_that_was_not_built_has_nothing_to_show(metadata: NodeMetadata) -> None:
    assert metadata.of("model.unbuilt") == {}
