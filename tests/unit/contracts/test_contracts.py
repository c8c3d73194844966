"""Contracts: one truth, read the same by validator, landing, dbt and vendors."""

from __future__ import annotations

import os

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from p4dp.contracts import (
    TECHNICAL_COLUMNS,
    contract_for,
    contract_page,
    current_contract,
    generate_sources,
    internal_contracts,
    load_contracts,
    schemas_are_current,
    sources,
    write_schemas,
)
from p4dp.contracts.dbt_sources import render_source
from p4dp.contracts.landing import landing_contracts
from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT

ALL = load_contracts()


@pytest.mark.parametrize("contract", ALL, ids=lambda c: f"{c.source}-{c.version}")
def test_every_table_has_a_key_a_description_and_known_columns(contract):
    for table in contract.tables:
        assert table.key, table.name
        assert table.description.startswith("One row per"), table.name
        names = [c.name for c in table.columns]
        assert len(names) == len(set(names))
        assert all(c.description for c in table.columns), table.name


@pytest.mark.parametrize("contract", ALL, ids=lambda c: f"{c.source}-{c.version}")
def test_every_version_lands_in_the_current_shape(contract):
    current = current_contract(contract.source)
    for table in contract.tables:
        landing = {c.name for c in current.table(table.name).columns}
        assert {c.landing_name for c in table.columns} <= landing


def test_no_identity_has_a_column():
    for contract in ALL:
        for table in contract.tables:
            identities = {
                raw for kind, listed in table.identities.items() if kind != "sex" for raw in listed
            }
            assert not identities & {c.name for c in table.landing_columns}


def test_a_vendor_has_two_versions_in_flight():
    for source in ("medirel", "dosmed", "fhirmed"):
        assert [c.version for c in ALL if c.source == source] == ["1.0", "2.0"]


def test_unknown_source_and_version_are_told_with_what_is_known():
    with pytest.raises(P4dpError, match="Unknown source") as caught:
        contract_for("othermed", "1.0")
    assert "medirel" in (caught.value.expected or "")
    with pytest.raises(P4dpError, match="Unknown contract version") as caught:
        contract_for("medirel", "3.0")
    assert "2.0" in (caught.value.expected or "")


def test_schema_files_are_empty_tables_with_technical_columns_first(tmp_path):
    files = write_schemas(tmp_path)
    internal = {"p4dp", "register", "exchange", "reference"}
    assert {p.parent.name for p in files} == {*sources(), *internal}
    technical = [name for name, _, _ in TECHNICAL_COLUMNS]
    for path in files:
        schema = pq.read_schema(path)
        assert pq.read_metadata(path).num_rows == 0
        if path.parent.name in sources():
            assert schema.names[:4] == technical
        relation = duckdb.sql(f"from '{path}'")
        assert set(map(str, relation.types)) <= {
            "VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP",
        }  # fmt: skip


def test_schema_files_older_than_a_contract_are_not_current(tmp_path):
    assert not schemas_are_current(tmp_path)
    files = write_schemas(tmp_path)
    assert schemas_are_current(tmp_path)
    os.utime(files[-1], (0, 0))
    assert not schemas_are_current(tmp_path)


def test_generated_dbt_sources_are_up_to_date(tmp_path):
    """Regenerate with `python -m p4dp.contracts` when this fails."""
    for path in generate_sources(tmp_path):
        kept = PROJECT_ROOT / "dbt_project" / "models" / "staging" / path.name
        assert kept.read_text() == path.read_text(), path.name


def test_every_source_table_names_its_asset_and_its_pseudonyms():
    for contract in landing_contracts():
        (source,) = yaml.safe_load(render_source(contract))["sources"]
        for table in source["tables"]:
            meta = table["config"]["meta"]
            assert meta["dagster"]["asset_key"] == [contract.source, table["name"]]
            pseudonyms = [
                c["name"]
                for c in table["columns"]
                if c["name"].endswith("_pseudo")
                and (contract.source, table["name"]) != ("exchange", "surveillance_alarm")
            ]
            assert set(pseudonyms) <= set(meta.get("pseudonym_columns", []))


@pytest.mark.parametrize("contract", ALL, ids=lambda c: f"{c.source}-{c.version}")
def test_the_vendors_page_names_every_column_and_what_stays(contract):
    page = contract_page(contract)
    for table in contract.tables:
        assert f"## {table.name}" in page
        assert all(f"| `{c.name}` |" in page for c in table.columns)
        assert all(f"`{raw}`" in page for raw in table.identity_columns)


def test_internal_tables_belong_to_the_platform():
    internal = {(c.source, t.name) for c in internal_contracts() for t in c.tables}
    assert {source for source, _ in internal} == {"p4dp", "register", "exchange", "reference"}
    assert {("p4dp", "delivery"), ("register", "person_link")} <= internal
    assert not {c.source for c in internal_contracts()} & set(sources())
