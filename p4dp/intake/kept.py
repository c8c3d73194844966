"""Records whose row was set aside keep their last known content.

A full delivery replaces everything before it. A record that it holds in a row set aside still
exists at the practice: what earlier deliveries said of it is landed once more, as the partial
delivery `<full>.kept-<earlier>` under the full's sequence and below all of its rows, so that the
corrected row, replayed or sent again, takes its place.

Every pair of an earlier delivery and a full one gives the same folder whichever came first: the
landing does not depend on the order of arrival. A line from which no key can be read keeps nothing.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from p4dp.contracts import Table, current_contract
from p4dp.duck import literal, quoted
from p4dp.intake import landing
from p4dp.intake.check import REPEATED_KEY, DeliveryCheck
from p4dp.settings import Home

#: Rows of earlier content stand below every row of the full delivery itself.
_BELOW = 1_000_000_000


def record_set_aside_keys(
    connection: duckdb.DuckDBPyConnection, check: DeliveryCheck, kind: str
) -> None:
    """Note in the vault the keys (as landed) of records that a full delivery set aside."""
    if kind != "full":
        return
    current = current_contract(check.contract.source)
    for file in check.files:
        if file.set_aside is None or file.table is None or not file.quarantined:
            continue
        target = current.table(file.table.name)
        by_landing_name = {c.landing_name: c.name for c in file.table.columns}
        parts, joins = [], []
        for number, name in enumerate(target.key):
            source = f"k.{quoted(by_landing_name.get(name, name))}"
            if target.column(name).is_pseudonym:
                joins.append(f"join level2 as p{number} on p{number}.l1 = {source}")
                source = f"p{number}.l2"
            parts.append(f"{source}::varchar")
        accepted = " union all ".join(
            f"select {', '.join(quoted(n) for n in file.table.key)} from {f.rows}"
            for f in check.files
            if f.rows is not None and f.file.table == file.file.table
        )
        same = " and ".join(f"a.{quoted(n)} = k.{quoted(n)}" for n in file.table.key)
        connection.execute(
            f"insert into vault.set_aside_key select distinct ?, ?, concat_ws('|',"
            f" {', '.join(parts)}) from {file.set_aside} as k {' '.join(joins)}"
            f" where k.reason <> {literal(REPEATED_KEY)}"
            + (f" and not exists (from ({accepted}) as a where {same})" if accepted else ""),
            [check.manifest.delivery_id, file.table.name],
        )


def keep_earlier_content(
    connection: duckdb.DuckDBPyConnection, home: Home, delivery_id: str
) -> list[str]:
    """Land earlier content for every pair with a full delivery that `delivery_id` completes.

    `delivery_id` has landed, as the earlier or as the full one. Returns the ids of what was
    landed. Safe to repeat.
    """
    pairs = connection.execute(
        """
        with own as (select * from vault.delivery where delivery_id = ?),
        landed as (
            select d.* from vault.delivery as d, own
            where d.source = own.source
                and d.practice_pseudo is not distinct from own.practice_pseudo
                and not contains(d.delivery_id, '.kept-') and d.accepted_row_count > 0
                and (d.status in ('accepted', 'partially_accepted')
                    or d.delivery_id = own.delivery_id)
        )
        select e.delivery_id, e.sequence, f.delivery_id
        from landed as e join landed as f on e.sequence < f.sequence
        where ? in (e.delivery_id, f.delivery_id)
            and f.delivery_id in (select delivery_id from vault.set_aside_key)
        order by all
        """,
        [delivery_id, delivery_id],
    ).fetchall()
    made = [_keep(connection, home, earlier, sequence, full) for earlier, sequence, full in pairs]
    return [kept for kept in made if kept is not None]


def _keep(
    connection: duckdb.DuckDBPyConnection, home: Home, earlier: str, sequence: int, full: str
) -> str | None:
    source, full_sequence = connection.execute(
        "select source, sequence from vault.delivery where delivery_id = ?", [full]
    ).fetchall()[0]
    contract = current_contract(source)
    kept = f"{full}.kept-{earlier.split('-', 2)[-1].replace('.', '-')}"
    changed = (
        f"{literal(kept)} as delivery_id, {full_sequence}::bigint as delivery_sequence,"
        f" {sequence - _BELOW}::bigint as delivery_row"
    )
    incoming = home.landing / landing.INCOMING / kept
    rows = 0
    for name in [
        row[0]
        for row in connection.execute(
            "select distinct table_name from vault.set_aside_key where delivery_id = ? order by 1",
            [full],
        ).fetchall()
    ]:
        table = contract.table(name)
        keys = ", ".join(f"{quoted(k)}::varchar" for k in table.key)
        wanted = (
            f"delivery_id = {literal(earlier)} and concat_ws('|', {keys}) in"
            " (select record_key from vault.set_aside_key"
            f" where delivery_id = {literal(full)} and table_name = {literal(name)})"
        )
        found = _write(connection, home, source, name, wanted, changed, incoming)
        rows += found
        if found:
            _keep_derived(connection, home, source, table, earlier, changed, incoming)
    if not rows:
        return None
    _write_delivery(connection, home, full, kept, rows, incoming)
    landing.publish(incoming, home)
    return kept


def _landed(home: Home, source: str, table: str) -> Path | None:
    folder = home.landing / source / table
    return folder if any(folder.glob("delivery=*/*.parquet")) else None


def _write(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    source: str,
    table: str,
    wanted: str,
    changed: str,
    incoming: Path,
    part: str = "part-0",
) -> int:
    """Write the wanted rows of a landed table under their new delivery; returns their number."""
    folder = _landed(home, source, table)
    if folder is None:
        return 0
    query = (
        f"select * replace ({changed}) from read_parquet({literal(folder / '*/*.parquet')},"
        f" union_by_name=true, hive_partitioning=false) where {wanted}"
    )
    rows = int(connection.execute(f"select count(*) from ({query})").fetchall()[0][0])
    if rows:
        target = incoming / source / table
        target.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"copy ({query}) to {literal(target / f'{part}.parquet')} {landing.PARQUET}"
        )
    return rows


def _keep_derived(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    source: str,
    table: Table,
    earlier: str,
    changed: str,
    incoming: Path,
) -> None:
    """What intake derives from a resource (codings, components) stays with it."""
    for derived in current_contract(source).tables:
        if derived.derived_from is None:
            continue
        names = {c.name for c in derived.columns}
        of_type = (
            f" and resource_type = {literal(table.raw_name)}" if "resource_type" in names else ""
        )
        if not of_type and derived.name != f"{table.name}_component":
            continue
        written = literal(incoming / source / table.name / "part-0.parquet")
        wanted = (
            f"delivery_id = {literal(earlier)}{of_type}"
            f" and resource_id in (select resource_id from read_parquet({written}))"
        )
        _write(connection, home, source, derived.name, wanted, changed, incoming, table.name)


def _write_delivery(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    full: str,
    kept: str,
    rows: int,
    incoming: Path,
) -> None:
    """The kept delivery's own row in landing and in the ledger: those of its full delivery."""
    folder = home.landing / "p4dp" / "delivery"
    target = incoming / "p4dp" / "delivery"
    target.mkdir(parents=True)
    connection.execute(
        f"copy (select * replace ({literal(kept)} as delivery_id, 'partial' as delivery_kind,"
        f" {rows}::bigint as received_row_count, {rows}::bigint as accepted_row_count,"
        " 0::bigint as quarantined_row_count, 0::bigint as duplicate_row_count)"
        f" from read_parquet({literal(folder / '*/*.parquet')}, union_by_name=true,"
        f" hive_partitioning=false) where delivery_id = {literal(full)})"
        f" to {literal(target / 'part-0.parquet')} {landing.PARQUET}"
    )
    connection.execute(
        "insert or replace into vault.delivery select ?, content_hash, source, practice_pseudo,"
        " sequence, 'partial', period_start, period_end, 'accepted', ?, ?, 0, 0, ?, null,"
        " recorded_at from vault.delivery where delivery_id = ?",
        [kept, rows, rows, [f"Earlier content of records that {full} set aside."], full],
    )
