"""What was set aside: listing, showing, and taking it in after a fix.

A fix is a corrected contract or rule on this side; a sender corrects by a delivery
with a higher sequence. Replay checks the sealed original again and lands the rows
that now pass as `<delivery>.replay-<n>`, with the delivery's own sequence.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from p4dp.duck import connect_plain, literal
from p4dp.errors import P4dpError
from p4dp.intake import landing
from p4dp.intake.check import DeliveryCheck, check_delivery
from p4dp.intake.kept import keep_earlier_content
from p4dp.intake.receive import heal, record_identities
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys, open_vault
from p4dp.vault.originals import restore_original
from p4dp.vault.store import attach_vault


@dataclass(frozen=True)
class QuarantineGroup:
    """Open quarantine of one delivery, table and reason."""

    delivery_id: str
    table: str
    file: str
    column: str | None
    reason: str
    rows: int
    first_row: int | None
    recorded_on: str


@dataclass(frozen=True)
class QuarantinedRow:
    """One row (or whole file: row None) set aside."""

    table: str
    file: str
    row: int | None
    column: str | None
    reason: str
    content: str | None
    state: str


@dataclass(frozen=True)
class ReplayReport:
    """What a replay took in and what stays."""

    delivery_id: str
    replayed_as: str | None
    accepted_row_count: int
    remaining_row_count: int


def list_quarantine(home: Home, keys: WarehouseKeys) -> list[QuarantineGroup]:
    """Open quarantine by delivery, table, column and reason, most rows first."""
    with open_vault(home, keys) as vault:
        found = vault.execute(
            """
            select delivery_id, table_name, file, column_name, reason, sum(row_count)::bigint,
                min(delivery_row), max(recorded_at)::date::varchar
            from vault.quarantine where state = 'open'
            group by all order by 6 desc, 1, 2, 5
            """
        ).fetchall()
    return [QuarantineGroup(*row) for row in found]


def show_quarantine(
    home: Home, keys: WarehouseKeys, delivery_id: str, *, table: str | None = None, limit: int = 50
) -> list[QuarantinedRow]:
    """Rows set aside of one delivery, in the order of table and line; P4dpError if unknown."""
    with open_vault(home, keys) as vault:
        _require_known(vault, delivery_id)
        found = vault.execute(
            """
            select table_name, file, delivery_row, column_name, reason, content, state
            from vault.quarantine
            where delivery_id = ? and (?::varchar is null or table_name = ?)
            order by table_name, delivery_row nulls first limit ?
            """,
            [delivery_id, table, table, limit],
        ).fetchall()
    return [QuarantinedRow(*row) for row in found]


def _require_known(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> tuple[str, str]:
    """(original, source status) of a delivery in the ledger."""
    known = connection.execute(
        "select original, status from vault.delivery where delivery_id = ?", [delivery_id]
    ).fetchall()
    if not known:
        raise P4dpError(
            f"No delivery {delivery_id!r} in the ledger",
            remedy="See `p4dp quarantine list` for the deliveries with rows set aside.",
        )
    return known[0]


def replay_quarantine(home: Home, keys: WarehouseKeys, delivery_id: str) -> ReplayReport:
    """Check the delivery's sealed original again; land what was set aside and now passes."""
    heal(home)
    with tempfile.TemporaryDirectory(prefix="p4dp-replay-") as name:
        scratch = Path(name)
        connection = connect_plain(scratch)
        try:
            attach_vault(connection, home, keys)
            original, _ = _require_known(connection, delivery_id)
            if original is None:
                raise P4dpError(
                    f"Nothing of {delivery_id} is kept",
                    remedy="It held an identity, or its original was forgotten (with time, or with"
                    " a person): ask for it again, made with `p4dp pseudonymise`.",
                )
            folder = restore_original(
                home.vault / "originals" / original, keys.vault, scratch / "original"
            )
            check = check_delivery(connection, folder)
            if check.refusal is not None:
                raise check.refusal
            return _replay(connection, check, home, keys, delivery_id)
        finally:
            connection.close()


def _replay(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    home: Home,
    keys: WarehouseKeys,
    delivery_id: str,
) -> ReplayReport:
    _keep_only_open(connection, check, delivery_id)
    accepted = check.accepted
    if accepted == 0:
        return ReplayReport(delivery_id, None, 0, _open_rows(connection, delivery_id))
    landing.make_level2(connection, check, keys.level2)
    practice = None
    if check.manifest.practice_pseudo is not None:
        practice = connection.execute(
            "select l2 from level2 where l1 = ?", [check.manifest.practice_pseudo]
        ).fetchall()[0][0]
    number = (
        1
        + connection.execute(
            "select count(*) from vault.delivery where starts_with(delivery_id, ?)",
            [f"{delivery_id}.replay-"],
        ).fetchall()[0][0]
    )
    replay_id = f"{delivery_id}.replay-{number}"
    incoming = landing.build(
        connection, check, home, delivery_id=replay_id, kind="partial", practice=practice
    )
    connection.execute("begin transaction")
    connection.execute(
        "insert into vault.delivery select ?, content_hash, source, practice_pseudo, sequence,"
        " 'changes', period_start, period_end, 'accepted', ?, ?, 0, 0, ?, null, recorded_at"
        " from vault.delivery where delivery_id = ?",
        [replay_id, accepted, accepted, [f"Replay of {delivery_id}."], delivery_id],
    )
    connection.execute(
        "update vault.delivery set accepted_row_count = accepted_row_count + ?,"
        " quarantined_row_count = quarantined_row_count - ? where delivery_id = ?",
        [accepted, accepted, delivery_id],
    )
    connection.execute(
        "update vault.quarantine set state = 'replayed' where delivery_id = ? and state = 'open'"
        " and exists (from replayed as p where p.file = quarantine.file"
        " and p.delivery_row is not distinct from quarantine.delivery_row)",
        [delivery_id],
    )
    record_identities(connection, check, practice, delivery_id=replay_id)
    # The files go into place while the ledger's change is not yet final: a crash in between
    # leaves them without an entry, and the next start removes or finishes them.
    landing.publish(incoming, home)
    connection.execute("commit")
    keep_earlier_content(connection, home, replay_id)
    return ReplayReport(delivery_id, replay_id, accepted, _open_rows(connection, delivery_id))


def _open_rows(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> int:
    return int(
        connection.execute(
            "select coalesce(sum(row_count), 0) from vault.quarantine"
            " where delivery_id = ? and state = 'open'",
            [delivery_id],
        ).fetchall()[0][0]
    )


def _keep_only_open(
    connection: duckdb.DuckDBPyConnection, check: DeliveryCheck, delivery_id: str
) -> None:
    """Leave in the accepted relations only rows that are in open quarantine.

    Fills table `replayed(file, delivery_row)`: the quarantine entries that are settled;
    a whole file's entry (null row) is settled when the file is sound now.
    """
    connection.execute("create temp table replayed (file varchar, delivery_row bigint)")
    before: dict[str, int] = {}
    wanted: dict[str, list[str]] = {}
    carriers: dict[str, str] = {}
    for file in check.files:
        entry = file.file
        offset = before.get(entry.table, 0)
        before[entry.table] = offset + entry.rows
        if file.rows is not None:
            carriers.setdefault(entry.table, file.rows)
        if file.fault is None:
            wanted.setdefault(entry.table, []).append(
                f"select {literal(entry.path)} as file, delivery_row as local_row,"
                f" coalesce(delivery_row + {offset}, 0) as global_row, {offset} as low,"
                f" {offset + entry.rows} as high from vault.quarantine"
                f" where delivery_id = {literal(delivery_id)} and file = {literal(entry.path)}"
                " and state = 'open'"
            )
    counts: dict[str, int] = {}
    kept: dict[str, str] = {}
    for table, rows in carriers.items():
        entries = f"entries_{rows}"
        connection.execute(f"create temp table {entries} as {' union all '.join(wanted[table])}")
        kept[rows] = f"open_{rows}"
        connection.execute(
            f"create temp view {kept[rows]} as select * from {rows} as r"
            f" where exists (from {entries} as e where e.global_row = r.delivery_row"
            " or (e.local_row is null and r.delivery_row > e.low and r.delivery_row <= e.high))"
        )
        connection.execute(
            f"insert into replayed select file, local_row from {entries} where local_row is null"
            f" or global_row in (select delivery_row from {kept[rows]})"
        )
        counts[table] = connection.execute(f"select count(*) from {kept[rows]}").fetchall()[0][0]
    # Counts stand with the part that carries the table's rows.
    check.files = [
        replace(
            file,
            rows=kept[file.rows] if file.rows else None,
            received=counts[file.file.table] if file.rows else 0,
            accepted=counts[file.file.table] if file.rows else 0,
            quarantined=0,
            duplicate=0,
        )
        for file in check.files
    ]
