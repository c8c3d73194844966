"""A tiny landing zone written by hand, and the real dbt models built on it."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p4dp.contracts import write_schemas
from p4dp.settings import PROJECT_ROOT

Row = Mapping[str, Any]
LINKED = "+path:dbt_project/models/linked"
FACTS = (
    "dim_patient",
    "fct_registration",
    "fct_encounter",
    "fct_condition",
    "fct_prescription",
    "fct_dispensing",
    "fct_measurement",
    "fct_procedure",
    "fct_vaccination",
    "fct_hospital_stay",
    "fct_hospital_diagnosis",
    "fct_long_term_illness",
    "fct_treating_doctor",
    "fct_unmapped_code",
    "fct_problem_evidence",
    "fct_problem_episode",
    "fct_drug_supply",
    "fct_drug_exposure",
    "fct_death_record",
    "fct_institution_stay",
    "fct_residence",
    "fct_list_interval",
    "fct_observation_window",
)


@dataclass(frozen=True)
class Delivery:
    """One delivery as intake would land it: rows per landing table, keyed by column."""

    source: str
    practice: str | None
    sequence: int
    tables: Mapping[str, Sequence[Row]]
    kind: str = "changes"
    period: tuple[date, date] = (date(2024, 1, 1), date(2024, 12, 31))
    vendor: str = "vendor"

    @property
    def delivery_id(self) -> str:
        if self.source == "snds":
            return f"snds-{self.period[0]:%Y%m}-{self.sequence:06d}"
        return f"{self.source}-{self.practice}-{self.sequence:06d}"


class Dbt:
    """The project parsed once, and dbt in this process with settings of its own."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        from dbt.cli.main import dbtRunner

        self._settings = settings
        with self._environment():
            parsed = dbtRunner().invoke(["parse", "--quiet"])
        assert parsed.success, parsed.exception
        self._runner = dbtRunner(manifest=parsed.result)

    def build(self, *arguments: str) -> None:
        """`dbt build` without tests; lets go of the warehouse file."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        command = ["build", "--quiet", "--exclude-resource-type", "test", "unit_test"]
        with self._environment():
            result = self._runner.invoke([*command, *arguments])
            DuckDBConnectionManager.close_all_connections()
        gc.collect()
        failed = [
            node
            for node in (result.result or [])
            if str(node.status) in ("error", "fail", "skipped")
        ]
        assert result.success, [
            f"{node.node.name}: {node.message}" for node in failed
        ] or result.exception

    @contextmanager
    def _environment(self) -> Iterator[None]:
        # Only while dbt runs: other tests of this process have settings of their own.
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._settings.items():
                patch.setenv(name, value)
            yield


@dataclass
class Warehouse:
    """A home with its landing zone, a hand-made register and the warehouse built from them."""

    home: Path
    dbt: Dbt
    persons: dict[str, int] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything but the schema files, seeds and views."""
        for zone in ("landing", "register", "warehouse"):
            shutil.rmtree(self.home / zone, ignore_errors=True)
        (self.home / "warehouse").mkdir(parents=True)
        shutil.copy(self.home / "empty.duckdb", self.home / "warehouse" / "p4dp.duckdb")
        self.persons.clear()
        self.links.clear()
        self.sources.clear()

    def deliver(self, *deliveries: Delivery) -> None:
        """Land deliveries; patients not linked yet become persons of their own."""
        for delivery in deliveries:
            for table, rows in delivery.tables.items():
                self._write(delivery, delivery.source, table, rows)
                for row in rows:
                    self._know(delivery.source, row)
            self._write(delivery, "p4dp", "delivery", [self._receipt(delivery)])
        self._write_register()

    def withdraw(self, delivery: Delivery) -> None:
        """Remove a delivery from the landing zone, as erasure or retention does."""
        for folder in (self.home / "landing").glob(f"*/*/delivery={delivery.delivery_id}"):
            shutil.rmtree(folder)

    def link(self, **persons: int) -> None:
        """Say which person a patient pseudonym (underscores for hyphens) belongs to."""
        self.links.update({name.replace("_", "-"): key for name, key in persons.items()})
        self._write_register()

    def build(
        self, *, full_refresh: bool = False, exclude: Sequence[str] = (), **variables: Any
    ) -> None:
        """`dbt build` of the tables up to linked; seeds and views are there already."""
        arguments = ["--exclude-resource-type", "seed", "--select"]
        arguments += [f"{LINKED},config.materialized:{kind}" for kind in ("table", "incremental")]
        if exclude:
            arguments += ["--exclude", *exclude]
        if full_refresh:
            arguments.append("--full-refresh")
        if variables:
            arguments += ["--vars", str(variables)]
        self.dbt.build(*arguments)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the built warehouse."""
        path = self.home / "warehouse" / "p4dp.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Change the built warehouse behind dbt's back."""
        with duckdb.connect(str(self.home / "warehouse" / "p4dp.duckdb")) as connection:
            connection.execute(sql)

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every linked table, rows in a canonical order."""
        return {table: sorted(self.rows(f"from linked.{table}"), key=repr) for table in FACTS}

    def _know(self, source: str, row: Row) -> None:
        pseudo = row.get("patient_pseudo")
        if source == "snds" and "BEN_NIR_PSA" in row:
            pseudo = f"{row['BEN_NIR_PSA']}-{row['BEN_RNG_GEM']}"
        if pseudo is not None and pseudo not in self.persons:
            self.persons[pseudo] = 1000 + len(self.persons)
            self.links.setdefault(pseudo, self.persons[pseudo])
            self.sources[pseudo] = source

    def _write(self, delivery: Delivery, source: str, table: str, rows: Sequence[Row]) -> None:
        schema = pq.read_schema(self.home / "schemas" / source / f"{table}.parquet")
        technical = {
            "delivery_id": delivery.delivery_id,
            "delivery_sequence": delivery.sequence,
            "practice_pseudo": delivery.practice,
        }
        complete = [
            {**technical, "delivery_row": number, **row} for number, row in enumerate(rows, start=1)
        ]
        unknown = {name for row in rows for name in row} - set(schema.names)
        assert not unknown, f"{source}.{table} has no column {unknown}"
        columns = [
            pa.array([row.get(name) for row in complete], schema.field(name).type)
            for name in schema.names
        ]
        folder = self.home / "landing" / source / table / f"delivery={delivery.delivery_id}"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), folder / "part-0.parquet")

    @staticmethod
    def _receipt(delivery: Delivery) -> Row:
        return {
            "source": delivery.source,
            "vendor": delivery.vendor,
            "software_version": "1",
            "contract_version": "2.0",
            "commune_code": "06088",
            "structure_type": "cabinet",
            "delivery_kind": delivery.kind,
            "period_start": delivery.period[0],
            "period_end": delivery.period[1],
            "received_date": delivery.period[1],
            "is_synthetic": True,
        }

    def _write_register(self) -> None:
        schema = pq.read_schema(self.home / "schemas" / "register" / "person_link.parquet")
        known = [pseudo for pseudo in self.links if pseudo in self.persons]
        rows = [
            {
                "source": self.sources[pseudo],
                "patient_pseudo": pseudo,
                "person_key": self.links[pseudo],
                "link_method": "single",
                "match_probability": 1.0,
                "register_version": 1,
            }
            for pseudo in known
            if self.links[pseudo] != 0
        ]
        folder = self.home / "register" / "person_link"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "person_link.parquet")


def empty_warehouse(root: Path) -> Warehouse:
    """A home with schemas, seeds and views: `Warehouse.clear` goes back to it."""
    home = root / "home"
    (home / "warehouse").mkdir(parents=True)
    write_schemas(home / "schemas")
    dbt = Dbt(
        {
            "P4DP_HOME": str(home),
            "DBT_PROJECT_DIR": str(PROJECT_ROOT),
            "DBT_PROFILES_DIR": str(PROJECT_ROOT / "dbt_project"),
            "DBT_TARGET_PATH": str(root / "target"),
            "DBT_LOG_PATH": str(root / "logs"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            # The manifest again after every call: a second each, read by nobody.
            "DBT_WRITE_JSON": "false",
        }
    )
    dbt.build("--select", LINKED)
    shutil.copy(home / "warehouse" / "p4dp.duckdb", home / "empty.duckdb")
    return Warehouse(home, dbt)
