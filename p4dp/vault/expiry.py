"""What the vault forgets, and when.

Originals and quarantined content serve corrections and replays: they are kept for a
limited time after the delivery was recorded. The ledger stays (it says what came, not
what it said), and so do tokens, which go with their person by the rights commands.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from p4dp.duck import literal
from p4dp.settings import Home
from p4dp.vault.keys import WarehouseKeys
from p4dp.vault.store import attach_vault, open_vault

#: Days after the record that originals and quarantined content are kept.
ORIGINAL_DAYS = 365
QUARANTINE_DAYS = 180


@dataclass(frozen=True)
class ExpiryReport:
    """What was forgotten."""

    originals: int
    quarantined_rows: int


def expire(
    home: Home,
    keys: WarehouseKeys,
    today: date,
    *,
    original_days: int = ORIGINAL_DAYS,
    quarantine_days: int = QUARANTINE_DAYS,
) -> ExpiryReport:
    """Forget originals and quarantined content recorded before their time; then rewrite the file.

    A database file keeps the bytes of deleted rows: the vault is copied to a new file
    which replaces the old one, so that what is forgotten is gone.
    """
    with open_vault(home, keys, read_only=False) as vault:
        old = vault.execute(
            "select delivery_id, original from vault.delivery"
            " where original is not null and recorded_at::date < ?",
            [today - timedelta(days=original_days)],
        ).fetchall()
        for delivery_id, original in old:
            (home.vault / "originals" / original).unlink(missing_ok=True)
            vault.execute(
                "update vault.delivery set original = null where delivery_id = ?", [delivery_id]
            )
        rows = vault.execute(
            "select count(*) from vault.quarantine"
            " where content is not null and recorded_at::date < ?",
            [today - timedelta(days=quarantine_days)],
        ).fetchall()[0][0]
        vault.execute(
            "update vault.quarantine set content = null, state = 'expired'"
            " where content is not null and recorded_at::date < ?",
            [today - timedelta(days=quarantine_days)],
        )
    if old or rows:
        rewrite_vault(home, keys)
    return ExpiryReport(len(old), int(rows))


def rewrite_vault(home: Home, keys: WarehouseKeys) -> None:
    """Copy the vault to a new encrypted file and put that in its place (atomic)."""
    path = home.vault / "vault.duckdb"
    fresh = home.vault / f".vault-{os.getpid()}.duckdb"
    fresh.unlink(missing_ok=True)
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    try:
        attach_vault(connection, home, keys)
        connection.execute(
            f"attach {literal(fresh)} as fresh (encryption_key {literal(keys.vault.hex())})"
        )
        connection.execute("copy from database vault to fresh")
        connection.execute("detach fresh")
        connection.execute("detach vault")
    finally:
        connection.close()
    os.replace(fresh, path)
    path.with_name("vault.duckdb.wal").unlink(missing_ok=True)
