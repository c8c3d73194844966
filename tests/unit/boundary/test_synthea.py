"""A vendor added by its contract alone: the Synthea CSV tables, written by somebody else."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from p4dp.boundary import create_boundary_keys, pseudonymise
from p4dp.contracts import contract_for
from p4dp.intake import receive
from p4dp.settings import Home
from p4dp.vault import warehouse_keys

DESCRIPTOR = {
    "format": "p4dp-export/1", "vendor": "synthea", "software_version": "3.3",
    "contract_version": "1.0", "practice_id": "synthea", "sequence": 1, "kind": "full",
    "period_start": "1950-01-01", "period_end": "2024-01-31", "is_synthetic": True,
}  # fmt: skip


def raw_export() -> Path:
    root = os.environ.get("P4DP_SHARED", Path(__file__).parents[4] / "shared")
    folder = Path(root) / "data" / "synthea"
    if not folder.is_dir():
        pytest.skip("no third-party Synthea export beside the project")
    return folder


def raw_rows(name: str) -> list[dict]:
    with (raw_export() / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def delivery(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("synthea")
    (folder / "export.json").write_text(json.dumps(DESCRIPTOR))
    create_boundary_keys(folder / "keys", ["synthea"])
    return pseudonymise(
        raw_export(), folder / "out", folder / "keys", descriptor=folder / "export.json"
    )


def test_no_identity_leaves(delivery):
    text = "".join(p.read_text(encoding="utf-8") for p in delivery.glob("*.csv"))
    for person in raw_rows("patients"):
        for name in ("Id", "SSN", "LAST", "MAIDEN", "ADDRESS", "DRIVERS"):
            if person[name]:
                assert person[name] not in text, name
        assert person["BIRTHDATE"] not in (delivery / "patient.csv").read_text()
    # The surveys ask for an address and a telephone: such answers are no results.
    said = {r["VALUE"] for r in raw_rows("observations") if r["DESCRIPTION"].startswith("What add")}
    assert said and not [answer for answer in said if answer in text]


def test_every_record_lands_under_its_codes(delivery, tmp_path):
    shutil.copytree(delivery, tmp_path / delivery.name)
    home = Home(tmp_path / "home")
    (receipt,) = receive(
        [tmp_path / delivery.name], home, warehouse_keys(tmp_path / "keys", home)
    ).deliveries
    assert (receipt.status, receipt.quarantined_row_count) == ("accepted", 0)
    for table in contract_for("synthea", "1.0").tables:
        if table.name == "suppression":
            continue
        landed = duckdb.sql(
            f"from read_parquet('{home.landing}/synthea/{table.name}/**/*.parquet')"
        )
        raw = raw_rows(table.raw_name)
        assert len(landed) == len(raw), table.name
        code = next((n for n in ("CODE", "PROCEDURE_CODE") if n in raw[0]), None)
        if code is not None:
            codes = [row[0] for row in landed.project("code").fetchall()]
            assert sorted(codes) == sorted(row[code] for row in raw), table.name
