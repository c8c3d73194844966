"""The identities to link: one row per source identity, as `staging.lnk_identity` gives them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError

SNDS = "snds"

# The engine spills to disk above this; arrays and the frames given come on top.
MEMORY_LIMIT = "2500MB"

IDENTITY_COLUMNS = (
    ("source", "varchar"),
    ("practice_pseudo", "varchar"),
    ("patient_pseudo", "varchar"),
    ("nir_pseudo", "varchar"),
    ("nir_status", "varchar"),
    ("traits_pseudo", "varchar"),
    ("birth_year", "integer"),
    ("birth_month", "integer"),
    ("sex", "varchar"),
    ("commune_code", "varchar"),
)
# read where the warehouse has it: used to judge links, never to make them
DEATH_DATE = "death_date"


_NO_CARE_DAYS = (
    "(select null::varchar as source, null::varchar as patient_pseudo, null::varchar as care_kind, "
    "null::date as care_date, null::varchar as care_code, null::varchar as practitioner_pseudo "
    "where false)"
)


def connect(scratch: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory engine for one linkage step: two threads, spilling to `scratch` (or a temporary
    folder), no network.
    """
    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": 2,
        }
    )
    con.execute("set preserve_insertion_order = false")
    con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    spill = scratch or Path(tempfile.gettempdir()) / f"p4dp-linkage-{os.getpid()}"
    con.execute(f"set temp_directory = '{_quoted(spill)}'")
    return con


def load_identities(
    con: duckdb.DuckDBPyConnection, warehouse: Path, *, with_snds: bool = True
) -> int:
    """Copy `staging.lnk_identity` (and `lnk_care_day`, if it is there) into temporary tables.

    Rows of `identity` are numbered (`identity_no`, from 0) in the order of (source,
    patient_pseudo), so that nothing depends on the order in which they come. The warehouse is
    opened read-only and detached before returning. Returns the number of identities.

    Errors: the warehouse or the table is missing, or two rows describe one identity.
    """
    if not warehouse.exists():
        raise P4dpError(
            "There is no warehouse to link",
            file=warehouse,
            remedy="run the staging models first (p4dp run does it in the right order)",
        )
    # Under its own name: views of the warehouse name the file they are in.
    catalog = f'"{warehouse.stem}"'
    con.execute(f"attach '{_quoted(warehouse)}' as {catalog} (read_only)")
    try:
        found = {
            name
            for (name,) in con.execute(
                "select column_name from duckdb_columns() where database_name = ? "
                "and schema_name = 'staging' and table_name = 'lnk_identity'",
                [warehouse.stem],
            ).fetchall()
        }
        missing = [name for name, _ in IDENTITY_COLUMNS if name not in found]
        if missing:
            raise P4dpError(
                "The warehouse has no link features"
                if not found
                else f"staging.lnk_identity lacks {', '.join(missing)}",
                file=warehouse,
                expected="a table staging.lnk_identity, one row per source identity",
                remedy="run the staging models first (p4dp run does it in the right order)",
            )
        columns = ", ".join(f"{name}::{kind} as {name}" for name, kind in IDENTITY_COLUMNS)
        death = f"{DEATH_DATE}::date" if DEATH_DATE in found else "null::date"
        columns += f", {death} as {DEATH_DATE}"
        keep = "true" if with_snds else f"source is distinct from '{SNDS}'"
        con.execute(
            f"create or replace temp table identity as "
            f"select row_number() over (order by source, patient_pseudo) - 1 as identity_no, "
            f"{columns} from {catalog}.staging.lnk_identity where {keep}"
        )
        _load_care_days(con, warehouse.stem)
    finally:
        con.execute(f"detach {catalog}")
    return check_identities(con)


def _load_care_days(con: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Table `care_day` (identity_no, care_kind, care_date, care_code, practitioner_pseudo)."""
    there = con.execute(
        "select 1 from information_schema.tables where table_catalog = ? "
        "and table_schema = 'staging' and table_name = 'lnk_care_day'",
        [catalog],
    ).fetchall()
    origin = f'"{catalog}".staging.lnk_care_day' if there else _NO_CARE_DAYS
    con.execute(
        f"""
        create or replace temp table care_day as
        select i.identity_no, c.care_kind, c.care_date::date as care_date, c.care_code,
            c.practitioner_pseudo
        from {origin} as c
        join identity as i using (source, patient_pseudo)
        where c.care_date is not null
        """
    )


def check_identities(con: duckdb.DuckDBPyConnection) -> int:
    """Refuse nameless or repeated identities in the table `identity`; return their number."""
    total, nameless, distinct = con.execute(
        "select count(*), count(*) filter (source is null or patient_pseudo is null), "
        "count(distinct (source, patient_pseudo)) from identity"
    ).fetchall()[0]
    if nameless:
        raise P4dpError(
            f"{nameless} identities have no source or no patient_pseudo",
            file="staging.lnk_identity",
            expected="both on every row: they name the identity",
        )
    if distinct != total:
        raise P4dpError(
            f"{total - distinct} rows of staging.lnk_identity repeat an identity",
            file="staging.lnk_identity",
            expected="one row per (source, patient_pseudo), the latest version",
        )
    return int(total)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
