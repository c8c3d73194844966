"""Small hand-made warehouses for the linkage tests: only `staging.lnk_identity` in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

COLUMNS = (
    "source",
    "practice_pseudo",
    "patient_pseudo",
    "nir_pseudo",
    "nir_status",
    "traits_pseudo",
    "birth_year",
    "birth_month",
    "sex",
    "commune_code",
)
DEFAULTS = {
    "source": "medirel",
    "practice_pseudo": "practice-1",
    "nir_pseudo": None,
    "nir_status": "missing",
    "traits_pseudo": None,
    "birth_year": 1970,
    "birth_month": 5,
    "sex": "F",
    "commune_code": "06088",
}


def chart(patient: str, nir: str | None = None, traits: str | None = None, **more: object) -> dict:
    """One identity; a number given without a status is certified."""
    row = {**DEFAULTS, "patient_pseudo": patient, "nir_pseudo": nir, "traits_pseudo": traits}
    if nir is not None:
        row["nir_status"] = "certified"
    return {**row, **more}


def claimant(patient: str, nir: str | None = None, **more: object) -> dict:
    """One SNDS beneficiary, its number given by the trusted third party."""
    return chart(patient, nir, source="snds", practice_pseudo=None, **more)


def warehouse(path: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """A warehouse file holding the identities `rows`, replacing an earlier one."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema staging")
        con.execute(
            "create table staging.lnk_identity (source varchar, practice_pseudo varchar, "
            "patient_pseudo varchar, nir_pseudo varchar, nir_status varchar, "
            "traits_pseudo varchar, birth_year integer, birth_month integer, sex varchar, "
            "commune_code varchar)"
        )
        values = [[row[name] for name in COLUMNS] for row in rows]
        if values:
            con.executemany(
                f"insert into staging.lnk_identity values ({', '.join('?' * len(COLUMNS))})",
                values,
            )
    return path


def links(register: Path) -> dict[str, tuple[int, str, int]]:
    """patient_pseudo -> (person_key, link_method, register_version), read from the register."""
    with duckdb.connect() as con:
        rows = con.execute(
            "select patient_pseudo, person_key, link_method, register_version from read_parquet(?)",
            [str(register / "person_link" / "person_link.parquet")],
        ).fetchall()
    return {patient: (key, method, version) for patient, key, method, version in rows}


def persons(register: Path) -> dict[str, int]:
    """patient_pseudo -> person_key."""
    return {patient: key for patient, (key, _, _) in links(register).items()}


def history(register: Path) -> list[tuple]:
    """(version, event, person_key, other_person_key, patient_pseudo), in order."""
    with duckdb.connect() as con:
        return con.execute(
            "select register_version, event, person_key, other_person_key, patient_pseudo "
            "from read_parquet(?) order by all",
            [str(register / "history" / "*.parquet")],
        ).fetchall()
