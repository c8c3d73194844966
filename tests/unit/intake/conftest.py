"""A home, keys and sample deliveries that a test may damage."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from p4dp.contracts.manifest import file_sha256
from p4dp.contracts.sample import write_sample_delivery
from p4dp.intake import ReceiptReport, receive
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys, warehouse_keys


@dataclass
class Gate:
    """The gate of a fresh home."""

    home: Home
    keys: WarehouseKeys

    def receive(self, *paths: Path) -> ReceiptReport:
        return receive(paths, self.home, self.keys, copy=True)

    def landed(self, source: str, table: str, columns: str = "*") -> list[tuple]:
        folder = self.home.landing / source / table
        if not list(folder.rglob("*.parquet")):
            return []
        return duckdb.sql(
            f"select {columns} from read_parquet('{folder}/**/*.parquet') order by all"
        ).fetchall()

    def landed_count(self, source: str, table: str) -> int:
        return len(self.landed(source, table))


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    home = Home(tmp_path / "home")
    return Gate(home, warehouse_keys(tmp_path / "keys", home))


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Path]:
    """`sample("medirel")` writes a sample delivery of that source under a new folder."""
    made = 0

    def make(source: str, version: str | None = None, **options: object) -> Path:
        nonlocal made
        made += 1
        version = version or ("1.0" if source == "snds" else "2.0")
        return write_sample_delivery(tmp_path / f"sent-{made}", source, version, **options)

    return make


@dataclass
class Damage:
    """Changes a delivery the way senders do; `seal` rewrites hash and row count afterwards."""

    folder: Path

    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text())

    def write_manifest(self, document: dict) -> None:
        (self.folder / "manifest.json").write_text(json.dumps(document))

    def set(self, **values: object) -> Damage:
        self.write_manifest(self.manifest() | values)
        return self

    def seal(self, name: str, rows: int | None = None) -> Damage:
        document = self.manifest()
        for file in document["files"]:
            if file["path"] == name:
                file["sha256"] = file_sha256(self.folder / name)
                file["rows"] = file["rows"] if rows is None else rows
        self.write_manifest(document)
        return self

    def edit_csv(self, name: str, change: Callable[[list[list[str]]], None]) -> Damage:
        path = self.folder / name
        with path.open(newline="") as handle:
            lines = list(csv.reader(handle, delimiter=";"))
        change(lines)
        with path.open("w", newline="") as handle:
            csv.writer(handle, delimiter=";", lineterminator="\n").writerows(lines)
        return self.seal(name, len(lines) - 1)


@pytest.fixture
def damage() -> Callable[[Path], Damage]:
    return Damage
