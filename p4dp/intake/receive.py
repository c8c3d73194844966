"""Taking deliveries in: check, second-level pseudonyms, landing, vault, ledger.

The order makes a crash harmless: the original is sealed first, the vault then
records the delivery as `landing …`, the landing files are renamed into place with
their commit mark last, and only then the ledger says `accepted`. Whatever point the
power fails at, the next `receive` finds either nothing or everything, or finishes it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import duckdb

from p4dp.boundary.export import DESCRIPTOR as RAW_DESCRIPTOR
from p4dp.contracts.manifest import FILE_NAME as MANIFEST
from p4dp.duck import ENGINE_MEMORY, connect_plain, literal, quoted
from p4dp.errors import P4dpError
from p4dp.intake import landing
from p4dp.intake.check import DeliveryCheck, check_delivery, drop_relations
from p4dp.intake.compaction import compact, finish_compactions, landed_deliveries
from p4dp.intake.kept import keep_earlier_content, record_set_aside_keys
from p4dp.intake.package import discard, find_packages, is_archive, unpack
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys
from p4dp.vault.originals import restore_original, store_original
from p4dp.vault.store import SEALED_COLUMNS, attach_vault

Status = Literal["accepted", "partially_accepted", "refused", "duplicate"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class DeliveryReceipt:
    """What became of one delivery; accepted + quarantined + duplicate = received."""

    delivery_id: str
    source: str | None
    status: Status
    received_row_count: int
    accepted_row_count: int
    quarantined_row_count: int
    duplicate_row_count: int
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiptReport:
    """What became of everything handed over."""

    deliveries: tuple[DeliveryReceipt, ...] = ()
    compacted_folders: int = 0
    healed: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@contextmanager
def _workbench(home: Home, keys: WarehouseKeys) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A connection with the vault attached, and a private scratch folder outside the home."""
    with tempfile.TemporaryDirectory(prefix="p4dp-intake-") as name:
        scratch = Path(name)
        connection = connect_plain(scratch)
        try:
            attach_vault(connection, home, keys)
            connection.execute("set temp_file_encryption = true")
            yield connection, scratch
        finally:
            connection.close()


def receive(
    paths: Sequence[Path],
    home: Home,
    keys: WarehouseKeys,
    *,
    copy: bool = False,
    progress: Progress | None = None,
) -> ReceiptReport:
    """Take in deliveries: folders, folders of deliveries, `.zip` or `.tar.gz` of one.

    Each delivery is accepted, partially accepted, refused or recognised as a
    duplicate on its own. What is taken moves into the vault; with `copy` the
    sender's files stay where they are. `progress` is called with each delivery's name.
    """
    packages = [package for path in paths for package in find_packages(path)]
    if not packages:
        return ReceiptReport(healed=heal(home))
    healed = heal(home)
    receipts = []
    with _workbench(home, keys) as (connection, scratch):
        receipts += _finish_interrupted(connection, home, keys, scratch)
        for package in packages:
            if progress is not None:
                progress(package.name)
            try:
                receipts.append(_take(connection, package, home, keys, scratch, copy=copy))
            except duckdb.OutOfMemoryException:
                raise P4dpError(
                    "This machine's memory does not suffice for the delivery",
                    file=package,
                    expected=f"{ENGINE_MEMORY} for the engine, and space for its spill in the"
                    " folder for temporary files",
                    remedy="Free memory or set TMPDIR to a larger disk, then run `p4dp receive`"
                    " again: what was taken in before stays, nothing of this one has landed.",
                ) from None
            drop_relations(connection)
        merged = compact(connection, home)
    return ReceiptReport(tuple(receipts), merged, healed)


def receive_inbox(
    home: Home, keys: WarehouseKeys, *, progress: Progress | None = None
) -> ReceiptReport:
    """Take in whatever lies in the home's inbox; the inbox is empty afterwards."""
    home.inbox.mkdir(parents=True, exist_ok=True)
    waiting = sorted(
        p
        for p in home.inbox.iterdir()
        if not p.name.startswith(".") and (p.is_dir() or is_archive(p))
    )
    return receive(waiting, home, keys, progress=progress)


def heal(home: Home) -> tuple[str, ...]:
    """Remove what a crash left in landing; returns the ids of unfinished deliveries.

    Their originals are in the vault: the next `receive` takes them in again.
    """
    if not home.landing.is_dir():
        return ()
    finish_compactions(home)
    return tuple(landing.remove_unfinished(home))


def _finish_interrupted(
    connection: duckdb.DuckDBPyConnection, home: Home, keys: WarehouseKeys, scratch: Path
) -> list[DeliveryReceipt]:
    """Deliveries the ledger holds as `landing`: done when their mark stands, else taken again."""
    landed = landed_deliveries(home)
    receipts = []
    pending = connection.execute(
        "select delivery_id, original, status from vault.delivery"
        " where starts_with(status, 'landing ') order by delivery_id"
    ).fetchall()
    for delivery_id, original, intended in pending:
        if delivery_id in landed:
            keep_earlier_content(connection, home, delivery_id)
            connection.execute(
                "update vault.delivery set status = ? where delivery_id = ?",
                [intended.removeprefix("landing "), delivery_id],
            )
            continue
        _forget(connection, delivery_id)
        folder = restore_original(
            home.vault / "originals" / original, keys.vault, scratch / f"again-{delivery_id}"
        )
        receipts.append(_take(connection, folder, home, keys, scratch, copy=False))
        drop_relations(connection)
    return receipts


def _forget(connection: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
    for table in ("delivery", "quarantine", "set_aside_key", "sealed_identity"):
        connection.execute(f"delete from vault.{table} where delivery_id = ?", [delivery_id])


def _take(
    connection: duckdb.DuckDBPyConnection,
    package: Path,
    home: Home,
    keys: WarehouseKeys,
    scratch: Path,
    *,
    copy: bool,
) -> DeliveryReceipt:
    """One package, whatever is wrong with it: never raises for a fault of the delivery.

    A package is taken from its place unless `copy`; what is no delivery, or holds an
    identity, is taken from the inbox only: elsewhere it stays with its owner.
    """
    folder = package
    unpacked = scratch / f"unpacked-{package.name}"
    in_home = home.root in package.resolve().parents
    is_delivery = is_archive(package) or (package / MANIFEST).exists()
    try:
        if is_archive(package):
            folder = unpack(package, unpacked)
        if (folder / RAW_DESCRIPTOR).exists():
            raise P4dpError(
                "This is a raw export, not a delivery; nothing of it is kept",
                file=package,
                remedy="Make the delivery with `p4dp pseudonymise RAW --out DIR --keys DIR`.",
            )
        check = check_delivery(connection, folder)
        receipt = _judge(connection, check, home, keys)
        is_delivery = check.refusal is None
    except P4dpError as fault:
        is_raw = (folder / RAW_DESCRIPTOR).exists()
        is_delivery = is_delivery and not is_raw
        keep = not is_raw and (is_delivery or in_home)
        receipt = _refuse_unreadable(connection, package, fault, home, keys, keep=keep)
    discard([unpacked])
    if not copy and (is_delivery or in_home):
        discard([package])
    return receipt


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _refuse_unreadable(
    connection: duckdb.DuckDBPyConnection,
    package: Path,
    fault: P4dpError,
    home: Home,
    keys: WarehouseKeys,
    *,
    keep: bool,
) -> DeliveryReceipt:
    """A package without usable manifest or contract: recorded, refused, sealed when `keep`."""
    name = f"refused-{package.name}-{_now():%Y%m%dT%H%M%S%f}"
    original = (
        store_original(home.vault / "originals", name, package, keys.vault).name if keep else None
    )
    connection.execute(
        "insert or replace into vault.delivery (delivery_id, status, received_row_count,"
        " accepted_row_count, quarantined_row_count, duplicate_row_count, messages, original,"
        " recorded_at) values (?, 'refused', 0, 0, 0, 0, ?, ?, ?)",
        [name, [str(fault)], original, _now()],
    )
    return DeliveryReceipt(package.name, None, "refused", 0, 0, 0, 0, (str(fault),))


def _refuse(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    messages: tuple[str, ...],
    original: str | None,
) -> DeliveryReceipt:
    """Record a refusal beside, never in place of, what the ledger says of the delivery's id."""
    manifest, received = check.manifest, check.received
    _record(
        connection, check, "refused", original, messages, received, 0, received, 0,
        entry=f"{manifest.delivery_id}.refused-{manifest.content_hash[:12]}",
    )  # fmt: skip
    return DeliveryReceipt(
        manifest.delivery_id, manifest.source, "refused", received, 0, received, 0, messages
    )


def _judge(
    connection: duckdb.DuckDBPyConnection, check: DeliveryCheck, home: Home, keys: WarehouseKeys
) -> DeliveryReceipt:
    """Decide on a checked delivery and carry it out."""
    manifest = check.manifest
    received = check.received
    if check.refusal is not None:
        # An identity must not stay inside the platform: nothing of the delivery is kept.
        message = (
            f"{check.refusal}\nThe delivery is refused and nothing of it is kept: no identity"
            " may stay inside the platform."
        )
        return _refuse(connection, check, (message,), None)
    known = connection.execute(
        "select content_hash, status from vault.delivery where delivery_id = ?"
        " and status in ('accepted', 'partially_accepted')",
        [manifest.delivery_id],
    ).fetchall()
    if known:
        if known[0][0] == manifest.content_hash:
            message = "Already received with the same content: nothing to do."
            return DeliveryReceipt(
                manifest.delivery_id, manifest.source, "duplicate",
                received, 0, 0, received, (message,),
            )  # fmt: skip
        message = str(
            P4dpError(
                f"A delivery {manifest.delivery_id} with other content was already received",
                remedy="Send corrections under a higher sequence.",
            )
        )
        return _refuse(connection, check, (message,), _seal(check, home, keys))
    messages = list(_file_messages(check))
    rejected = [f for f in check.files if f.fault is not None]
    kind = manifest.kind
    if rejected:
        kind = "partial"
        messages.append(
            "Adds to what was delivered before and replaces none of it: a delivery with rejected"
            " files is not whole."
        )
    if check.accepted == 0 and len(rejected) == len(check.files):
        return _refuse(connection, check, tuple(messages), _seal(check, home, keys))
    return _land(connection, check, home, keys, kind, messages)


def _land(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    home: Home,
    keys: WarehouseKeys,
    kind: str,
    messages: list[str],
) -> DeliveryReceipt:
    manifest = check.manifest
    landing.make_level2(connection, check, keys.level2)
    practice = None
    if manifest.practice_pseudo is not None:
        practice = connection.execute(
            "select l2 from level2 where l1 = ?", [manifest.practice_pseudo]
        ).fetchall()[0][0]
    messages += _period_messages(connection, check, practice) if kind != "partial" else []
    messages += _key_messages(connection, check)
    incoming = landing.build(
        connection, check, home, delivery_id=manifest.delivery_id, kind=kind, practice=practice
    )
    original = _seal(check, home, keys)
    counts = (check.received, check.accepted, check.quarantined, check.duplicate)
    is_whole = not check.quarantined and all(f.fault is None for f in check.files)
    status: Status = "accepted" if is_whole else "partially_accepted"
    connection.execute("begin transaction")
    _forget(connection, manifest.delivery_id)
    _record(
        connection, check, f"landing {status}", original, tuple(messages), *counts,
        practice=practice,
    )  # fmt: skip
    _record_quarantine(connection, check)
    record_set_aside_keys(connection, check, kind)
    record_identities(connection, check, practice, delivery_id=manifest.delivery_id)
    connection.execute("commit")
    landing.publish(incoming, home)
    keep_earlier_content(connection, home, manifest.delivery_id)
    connection.execute(
        "update vault.delivery set status = ? where delivery_id = ?",
        [status, manifest.delivery_id],
    )
    return DeliveryReceipt(manifest.delivery_id, manifest.source, status, *counts, tuple(messages))


def _seal(check: DeliveryCheck, home: Home, keys: WarehouseKeys) -> str:
    name = f"{check.manifest.delivery_id}-{check.manifest.content_hash[:12]}"
    return store_original(home.vault / "originals", name, check.folder, keys.vault).name


def _file_messages(check: DeliveryCheck) -> Iterator[str]:
    """One message per rejected file and per kind of bad row."""
    for file in check.files:
        if file.fault is not None:
            yield f"File rejected: {file.fault}"
        elif file.quarantined or file.duplicate:
            parts = []
            if file.quarantined:
                parts.append(f"{file.quarantined} rows quarantined")
            if file.duplicate:
                parts.append(f"{file.duplicate} repeated rows left out")
            yield f"{file.file.path}: {', '.join(parts)} of {file.received}"


def _period_messages(
    connection: duckdb.DuckDBPyConnection, check: DeliveryCheck, practice: str | None
) -> list[str]:
    """Says when a delivery supersedes, or is superseded by, another of its practice."""
    manifest = check.manifest
    others = connection.execute(
        "select delivery_id, sequence, period_start, period_end from vault.delivery"
        " where source = ? and practice_pseudo is not distinct from ? and delivery_id <> ?"
        " and status in ('accepted', 'partially_accepted') and not contains(delivery_id, '.kept-')",
        [manifest.source, practice, manifest.delivery_id],
    ).fetchall()
    messages = []
    for delivery_id, sequence, start, end in others:
        if (start, end) == (manifest.period_start, manifest.period_end):
            word = "Supersedes" if manifest.sequence > sequence else "Is superseded by"
            messages.append(f"{word} {delivery_id} (same practice and period).")
    if others and manifest.sequence < max(o[1] for o in others):
        messages.append("Arrived after a later sequence; versions are resolved by sequence.")
    return messages


def _key_messages(connection: duckdb.DuckDBPyConnection, check: DeliveryCheck) -> list[str]:
    """Says when a delivery was made with another boundary key: its people would match nobody."""
    used = {
        row[0]
        for row in connection.execute(
            "select distinct split_part(l1, '-', 2) from level2 where l1 in"
            f" (select patient_pseudo from ({_patient_pseudonyms(check)}))"
        ).fetchall()
    }
    known = {
        row[0]
        for row in connection.execute(
            "select distinct split_part(level1_pseudo, '-', 2) from"
            " (select level1_pseudo from vault.sealed_identity limit 1)"
        ).fetchall()
    }
    if used and known and used != known:
        return [
            f"Made with boundary key {', '.join(sorted(used))}, earlier deliveries with"
            f" {', '.join(sorted(known))}: the same person will not match. Check level1.key."
        ]
    return []


def _patient_pseudonyms(check: DeliveryCheck) -> str:
    parts = [
        f"select patient_pseudo from {f.rows}"
        for f in check.files
        if f.rows is not None
        and f.table is not None
        and any(c.name == "patient_pseudo" for c in f.table.columns)
    ]
    return " union ".join(parts) or "select null::varchar as patient_pseudo limit 0"


def _record(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    status: str,
    original: str | None,
    messages: tuple[str, ...],
    received: int,
    accepted: int,
    quarantined: int,
    duplicate: int,
    *,
    practice: str | None = None,
    entry: str | None = None,
) -> None:
    manifest = check.manifest
    connection.execute(
        "insert or replace into vault.delivery values"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            entry or manifest.delivery_id, manifest.content_hash, manifest.source, practice,
            manifest.sequence, manifest.kind, manifest.period_start, manifest.period_end, status,
            received, accepted, quarantined, duplicate, list(messages), original, _now(),
        ],
    )  # fmt: skip


def _record_quarantine(connection: duckdb.DuckDBPyConnection, check: DeliveryCheck) -> None:
    delivery_id = check.manifest.delivery_id
    for file in check.files:
        if file.fault is not None:
            connection.execute(
                "insert into vault.quarantine values (?, ?, ?, null, ?, ?, null, ?, 'open', ?)",
                [delivery_id, file.file.table, file.file.path, file.fault.column,
                 str(file.fault), file.received, _now()],
            )  # fmt: skip
        elif file.quarantined:
            connection.execute(
                f"insert into vault.quarantine select ?, ?, ?, delivery_row, column_name, reason,"
                f" content, 1, 'open', ? from {file.rejects}",
                [delivery_id, file.file.table, file.file.path, _now()],
            )


def record_identities(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    practice: str | None,
    *,
    delivery_id: str,
) -> None:
    """Put the sealed tokens and return tokens of the accepted patients into the vault."""
    for file in check.files:
        if file.table is None or file.rows is None or not file.table.sealed_columns:
            continue
        present = {c.name for c in file.table.sealed_columns}
        tokens = ", ".join(
            f"r.{quoted(n)}" if n in present else "null" for n in (*SEALED_COLUMNS, "return_token")
        )
        connection.execute(
            f"insert into vault.sealed_identity select {literal(check.manifest.source)}, ?, k.l2,"
            f" k.l1, {tokens}, ?, ?, ? from {file.rows} as r"
            " join level2 as k on k.l1 = r.patient_pseudo",
            [practice, delivery_id, check.manifest.sequence, _now()],
        )
