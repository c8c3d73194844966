"""Forgetting persons in the vault: what an opposition or an erasure removes there.

Tokens, record keys of rows set aside, the content of quarantined rows and the stored originals
all speak of persons. The ledger stays: it says what came, and of nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from p4dp.boundary.pseudonyms import LEVEL1_PATTERN, level2_many
from p4dp.contracts import Contract, current_contract
from p4dp.duck import literal, quoted
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys
from p4dp.vault.expiry import rewrite_vault
from p4dp.vault.store import open_vault

_LEVEL1 = re.compile(LEVEL1_PATTERN.strip("^$"))


@dataclass(frozen=True)
class ForgetReport:
    """How much of the persons the vault held, and holds no more."""

    tokens: int
    record_keys: int
    quarantined_rows: int
    originals: int


def forget_in_vault(
    home: Home, keys: WarehouseKeys, identities: Iterable[tuple[str, str]]
) -> ForgetReport:
    """Remove every trace of identities (source, level-2 patient pseudonym) from the vault.

    Call it before the persons' rows leave landing: the record keys of their rows are read there.
    Originals cannot be opened for one person only: those of every delivery of the person's
    practices go (of the whole source where persons have no practice), so that rows still in
    quarantine there must be sent again. The file is rewritten, since a database keeps the bytes of
    deleted rows. After a crash the same call finishes.
    """
    listed = sorted(set(identities))
    with open_vault(home, keys, read_only=False) as vault:
        gone = pa.table(
            {
                "source": pa.array([source for source, _ in listed], pa.string()),
                "pseudo": pa.array([pseudo for _, pseudo in listed], pa.string()),
            }
        )
        vault.register("gone_in", gone)
        vault.execute("create temp table gone as from gone_in")
        vault.execute("create temp table gone_key (source varchar, table_name varchar, k varchar)")
        _keys_of_landed_rows(vault, home)
        # Originals first: while tokens and keys stand, a second call finds them again.
        originals = _remove_originals(vault, home)
        quarantined = _forget_quarantined(vault, keys.level2)
        vault.execute("begin transaction")
        record_keys = _deleted(
            vault,
            "set_aside_key as s where exists (from vault.delivery as d"
            " where d.delivery_id = s.delivery_id and (exists (from gone as g where"
            " g.source = d.source and list_contains(string_split(s.record_key, '|'), g.pseudo))"
            " or exists (from gone_key as k where k.source = d.source"
            " and k.table_name = s.table_name and k.k = s.record_key)))",
        )
        tokens = _deleted(
            vault,
            "sealed_identity as s where exists (from gone as g where g.source = s.source"
            " and g.pseudo = s.patient_pseudo)",
        )
        vault.execute("commit")
    rewrite_vault(home, keys)
    return ForgetReport(tokens, record_keys, quarantined, originals)


def _deleted(vault: duckdb.DuckDBPyConnection, rest: str) -> int:
    return int(vault.execute(f"delete from vault.{rest}").fetchall()[0][0])


def _keys_of_landed_rows(vault: duckdb.DuckDBPyConnection, home: Home) -> None:
    """`gone_key`: record keys of the persons' landed rows, of tables with keys set aside."""
    tables = vault.execute(
        "select distinct d.source, s.table_name from vault.set_aside_key as s"
        " join vault.delivery as d using (delivery_id) where d.source in (select source from gone)"
        " order by all"
    ).fetchall()
    for source, name in tables:
        table = current_contract(source).table(name)
        folder = home.landing / source / name
        pseudonyms = [c.name for c in table.landing_columns if c.is_pseudonym]
        if not pseudonyms or not any(folder.glob("delivery=*/*.parquet")):
            continue
        of_person = " or ".join(
            f"{quoted(n)} in (select pseudo from gone where source = {literal(source)})"
            for n in pseudonyms
        )
        key = ", ".join(f"{quoted(n)}::varchar" for n in table.key)
        vault.execute(
            f"insert into gone_key select distinct {literal(source)}, {literal(name)},"
            f" concat_ws('|', {key}) from read_parquet({literal(folder / '*/*.parquet')},"
            f" union_by_name=true, hive_partitioning=false) where {of_person}"
        )


def _remove_originals(vault: duckdb.DuckDBPyConnection, home: Home) -> int:
    found = vault.execute(
        """
        with practice as (
            select distinct g.source, s.practice_pseudo
            from gone as g left join vault.sealed_identity as s
                on s.source = g.source and s.patient_pseudo = g.pseudo
        )
        select distinct d.delivery_id, d.original from vault.delivery as d join practice as p
            on p.source = d.source and coalesce(p.practice_pseudo = d.practice_pseudo, true)
        where d.original is not null
        """
    ).fetchall()
    for delivery_id, original in found:
        (home.vault / "originals" / original).unlink(missing_ok=True)
        vault.execute(
            "update vault.delivery set original = null where delivery_id = ?", [delivery_id]
        )
    return len(found)


def _forget_quarantined(vault: duckdb.DuckDBPyConnection, level2_key: bytes) -> int:
    """Empty the content of quarantined rows that name a person; their keys join `gone_key`."""
    gone = set(vault.execute("select source, pseudo from gone").fetchall())
    cursor = vault.execute(
        "select q.rowid, d.source, q.table_name, q.content"
        " from vault.quarantine as q join vault.delivery as d using (delivery_id)"
        " where q.content is not null and d.source in (select source from gone)"
    )
    rows: list[int] = []
    record_keys: list[tuple[str, str, str]] = []
    while batch := cursor.fetchmany(50_000):
        named = [_LEVEL1.findall(content) for *_, content in batch]
        known = sorted({pseudo for found in named for pseudo in found})
        level2 = dict(zip(known, level2_many(level2_key, known), strict=True))
        for (row, source, table, content), found in zip(batch, named, strict=True):
            if any((source, level2[pseudo]) in gone for pseudo in found):
                rows.append(row)
                key = _key_in(current_contract(source), table, content, level2)
                if key is not None:
                    record_keys.append((source, table, key))
    if record_keys:
        vault.executemany("insert into gone_key values (?, ?, ?)", record_keys)
    if rows:
        vault.register("rows_in", pa.table({"row": pa.array(rows, pa.int64())}))
        vault.execute(
            "update vault.quarantine set content = null, state = 'forgotten'"
            ' where rowid in (select "row" from rows_in)'
        )
        vault.unregister("rows_in")
    return len(rows)


def _key_in(contract: Contract, table: str, content: str, level2: dict[str, str]) -> str | None:
    """The record key in a quarantined row's content, as `set_aside_key` holds it."""
    if not contract.has_table(table):
        found = [t.name for t in contract.tables if t.raw_name == table]
        if not found:
            return None
        table = found[0]
    try:
        body = json.loads(content)
        parts = [
            body.get(column.name, body.get("id"))
            for column in map(contract.table(table).column, contract.table(table).key)
        ]
    except (ValueError, AttributeError):
        return None
    return "|".join(level2.get(str(part), str(part)) for part in parts if part is not None)
