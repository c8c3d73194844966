"""The vault's database: one encrypted DuckDB file (AES-256-GCM, authenticated).

Tables: `delivery` (the ledger), `quarantine` (rows and files set aside, with reason
and content), `set_aside_key` (record keys, as landed, of the rows that a full delivery set
aside), `sealed_identity` (level-1 pseudonym, sealed tokens and return token of
each level-2 identity). Every row carries the time it was recorded, for expiry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from p4dp.duck import CLOSED, literal, load_crypto
from p4dp.errors import P4dpError
from p4dp.settings import Home
from p4dp.vault.keys import WarehouseKeys

FORMAT_VERSION = 1

SEALED_COLUMNS = (
    "sealed_birth_name", "sealed_usual_name", "sealed_first_name", "sealed_first_names",
    "sealed_birth_date", "sealed_birth_place", "sealed_phone",
    "block_birth_name", "block_first_name", "block_birth_date", "block_phone",
)  # fmt: skip

_DDL = f"""
create table if not exists vault.format (version integer);
create table if not exists vault.delivery (
    delivery_id varchar primary key, content_hash varchar, source varchar,
    practice_pseudo varchar, sequence bigint, kind varchar, period_start date, period_end date,
    status varchar, received_row_count bigint, accepted_row_count bigint,
    quarantined_row_count bigint, duplicate_row_count bigint, messages varchar[],
    original varchar, recorded_at timestamp
);
create table if not exists vault.quarantine (
    delivery_id varchar, table_name varchar, file varchar, delivery_row bigint,
    column_name varchar, reason varchar, content varchar, row_count bigint,
    state varchar, recorded_at timestamp
);
create table if not exists vault.set_aside_key (
    delivery_id varchar, table_name varchar, record_key varchar
);
create table if not exists vault.sealed_identity (
    source varchar, practice_pseudo varchar, patient_pseudo varchar, level1_pseudo varchar,
    {", ".join(f"{c} varchar" for c in SEALED_COLUMNS)}, return_token varchar,
    delivery_id varchar, delivery_sequence bigint, recorded_at timestamp
);
"""


def attach_vault(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    keys: WarehouseKeys,
    *,
    read_only: bool = False,
) -> None:
    """Attach the vault's database as `vault`; created on first use.

    Raises P4dpError when the key is not the one the vault was made with.
    """
    home.vault.mkdir(parents=True, exist_ok=True)
    home.vault.chmod(0o700)
    path = home.vault / "vault.duckdb"
    load_crypto(connection)
    options = f"encryption_key {literal(keys.vault.hex())}" + (", read_only" if read_only else "")
    try:
        connection.execute(f"attach {literal(path)} as vault ({options})")
    except duckdb.Error as error:
        # The statement holds the key: only the kind of error is told.
        if "lock" in str(error).lower():
            raise P4dpError(
                "The vault is in use by another process", file=path, remedy="Try again later."
            ) from None
        raise P4dpError(
            "The vault cannot be opened with this key",
            file=path,
            remedy="Restore the vault.key this home was made with.",
        ) from None
    if not read_only:
        connection.execute(_DDL)
        versions = connection.execute("select version from vault.format").fetchall()
        if not versions:
            connection.execute(f"insert into vault.format values ({FORMAT_VERSION})")
        elif versions[0][0] != FORMAT_VERSION:
            raise P4dpError(
                f"The vault has format {versions[0][0]}", file=path, expected=str(FORMAT_VERSION)
            )


@contextmanager
def open_vault(
    home: Home, keys: WarehouseKeys, *, read_only: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the vault attached as `vault`; closed at the end."""
    if read_only and not (home.vault / "vault.duckdb").exists():
        read_only = False
    connection = duckdb.connect(config={**CLOSED})
    try:
        attach_vault(connection, home, keys, read_only=read_only)
        yield connection
    finally:
        connection.close()
