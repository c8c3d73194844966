"""From a finished warehouse to an immutable release, switched in one step.

A release is written under a hidden name, renamed once complete, then `current` is
replaced: a reader meets the old release or the new one, never a half of either, and a
crash at any point leaves the old one in place.
"""

from __future__ import annotations

import hmac
import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from p4dp import disclosure
from p4dp.duck import attach, connect_encrypting, literal, quoted
from p4dp.errors import P4dpError
from p4dp.release.content import (
    Relation,
    TableContent,
    overall_hash,
    relation_content,
    relations,
)
from p4dp.release.identity_scan import scan
from p4dp.settings import Home

FORMAT = "p4dp-release/1"
AGGREGATES = "aggregates.duckdb"
LINKED = "linked.duckdb"
MANIFEST = "manifest.json"

LINKED_SCHEMAS = (
    "linked",
    "indicators",
    "statistics",
    "vocabulary",
    "geography",
    "clinical",
    "catalogue",
)
"""Schemas of the warehouse that go into `linked.duckdb`; helpers (`int_`, `lnk_`, and the
parts of measures, `ind_`, whose outcome is in the statuses) stay behind."""

BY_PERSON = (
    "linked.dim_patient",
    "indicators.fct_indicator_status",
    "indicators.fct_indicator_status_interval",
    "indicators.fct_cardiovascular_risk",
    "indicators.fct_out_of_pathway",
)
"""Tables laid down by person: one person's rows then lie in one row group, and the page of
a person reads that group only."""

_HELPERS = ("int_", "lnk_", "ind_")
_UNFINISHED = ".writing-"


@dataclass(frozen=True)
class ReleaseReport:
    """What `publish` wrote. Seconds are wall time; `seconds` covers the whole step."""

    release_id: str
    path: Path
    as_of: str
    content_hash: str
    is_unchanged: bool
    tables: tuple[TableContent, ...]
    protections: tuple[disclosure.Protection, ...]
    withheld_tables: tuple[str, ...]
    copy_seconds: float
    hash_seconds: float
    scan_seconds: float
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and asset metadata."""
        return {
            "release_id": self.release_id,
            "path": str(self.path),
            "as_of": self.as_of,
            "content_hash": self.content_hash,
            "is_unchanged": self.is_unchanged,
            "table_count": len(self.tables),
            "row_count": sum(t.rows for t in self.tables),
            "suppressed": {p.table: p.suppressed_rows for p in self.protections},
            "withheld_tables": list(self.withheld_tables),
            "copy_seconds": round(self.copy_seconds, 3),
            "hash_seconds": round(self.hash_seconds, 3),
            "scan_seconds": round(self.scan_seconds, 3),
            "seconds": round(self.seconds, 3),
        }


def publish(
    warehouse: Path,
    home: Home,
    *,
    as_of: date | str,
    inputs: Mapping[str, Any],
    code_version: str,
    release_key: bytes | None = None,
    minimums: disclosure.Minimums | None = None,
) -> ReleaseReport:
    """Publish the warehouse as a new release and make it the current one.

    The warehouse is opened read-only; the caller holds the run's lock (one publication at a
    time). Person and practice tables go to `linked.duckdb`, encrypted if `release_key` (32
    bytes) is given; `published` candidates go, disclosure-controlled, to the open
    `aggregates.duckdb`. `inputs` says what the run was made from (`deliveries`, options) and
    goes into the manifest as it is. The release is refused if a table may hold an identity.
    Unchanged content is linked, not copied.
    """
    started = time.perf_counter()
    minimums = minimums or disclosure.Minimums()
    if not warehouse.is_file():
        raise P4dpError("there is no warehouse to publish", file=warehouse, remedy="`p4dp run`")
    home.releases.mkdir(parents=True, exist_ok=True)
    _remove_unfinished(home)
    previous = _current_manifest(home)
    created_at = datetime.now(UTC)
    folder = home.releases / f"{_UNFINISHED}{created_at:%Y%m%dT%H%M%SZ}-{os.getpid()}"
    folder.mkdir()
    clock = _Clock()
    try:
        content = _write(warehouse, folder, release_key, minimums, previous, clock)
        manifest = {
            "format": FORMAT,
            "release_id": _release_id(home, created_at, content.content_hash),
            "as_of": str(as_of),
            "created_at": created_at.isoformat(timespec="seconds"),
            "code_version": code_version,
            "duckdb_version": duckdb.__version__,
            "content_hash": content.content_hash,
            "is_encrypted": release_key is not None,
            "key_id": _key_id(release_key),
            "inputs": dict(inputs),
            "disclosure": _disclosure_summary(content, minimums),
            "tables": [
                {"file": name, "table": t.label, "rows": t.rows, "content_hash": t.content_hash}
                for name, tables in ((LINKED, content.linked), (AGGREGATES, content.published))
                for t in tables
            ],
        }
        (folder / MANIFEST).write_text(
            json.dumps(manifest, indent=2, ensure_ascii=False, default=str) + "\n",
            encoding="utf-8",
        )
        target = home.releases / str(manifest["release_id"])
        _seal(folder)
        os.rename(folder, target)
        _sync(home.releases)
        switch(home, target.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return ReleaseReport(
        release_id=target.name,
        path=target,
        as_of=str(as_of),
        content_hash=content.content_hash,
        is_unchanged=content.is_unchanged,
        tables=content.linked + content.published,
        protections=content.protections,
        withheld_tables=content.withheld,
        copy_seconds=clock.copy,
        hash_seconds=clock.hash,
        scan_seconds=clock.scan,
        seconds=time.perf_counter() - started,
    )


def switch(home: Home, release_id: str) -> None:
    """Make a complete release the current one, atomically."""
    if not (home.releases / release_id / MANIFEST).is_file():
        raise P4dpError(f"there is no release {release_id}", file=home.releases)
    temporary = home.releases / f".current-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release_id)
    os.replace(temporary, home.current_release)
    _sync(home.releases)


@dataclass
class _Clock:
    copy: float = 0.0
    hash: float = 0.0
    scan: float = 0.0


@dataclass(frozen=True)
class _Content:
    linked: tuple[TableContent, ...]
    published: tuple[TableContent, ...]
    protections: tuple[disclosure.Protection, ...]
    withheld: tuple[str, ...]
    is_unchanged: bool

    @property
    def content_hash(self) -> str:
        return overall_hash(self.linked + self.published)


def _write(
    warehouse: Path,
    folder: Path,
    key: bytes | None,
    minimums: disclosure.Minimums,
    previous: Mapping[str, Any] | None,
    clock: _Clock,
) -> _Content:
    """Both database files of a release; reuses the previous file where nothing changed."""
    scratch = folder / "scratch"
    connection = connect_encrypting(scratch, preserve_insertion_order="false")
    try:
        # dbt's views name their own database: it is attached under the name dbt gave it.
        attach(connection, warehouse, warehouse.stem, read_only=True)
        found = relations(connection, warehouse.stem)
        linked = [
            r for r in found if r.schema in LINKED_SCHEMAS and not r.name.startswith(_HELPERS)
        ]
        candidates = [r for r in found if r.schema == "published"]
        if not linked:
            raise P4dpError(
                "the warehouse holds no linked tables to publish",
                file=warehouse,
                remedy="finish a run first: `p4dp run`",
            )
        earlier = _earlier_hashes(previous, key)
        with _timed(clock, "hash"):
            contents = [relation_content(connection, relation) for relation in linked]
        hashes = {(LINKED, c.label): c.content_hash for c in contents}
        if previous is not None and hashes == {k: v for k, v in earlier.items() if k[0] == LINKED}:
            os.link(Path(previous["folder"]) / LINKED, folder / LINKED)
        else:
            with _timed(clock, "copy"):
                attach(connection, folder / LINKED, "linked_file", read_only=False, key=key)
                _copy(connection, linked, "linked_file")
                _verify(connection, contents)
            with _timed(clock, "scan"):
                for copied in relations(connection, "linked_file"):
                    if earlier.get((LINKED, copied.label)) != hashes[LINKED, copied.label]:
                        scan(connection, copied)
            connection.execute("detach linked_file")
        with _timed(clock, "copy"):
            protections, withheld = _protect(connection, found, candidates, folder, minimums)
        with _timed(clock, "scan"):
            published = relations(connection, "aggregates_file")
            for relation in published:
                scan(connection, relation)
        with _timed(clock, "hash"):
            published_contents = tuple(relation_content(connection, r) for r in published)
        connection.execute("detach aggregates_file")
    finally:
        connection.close()
        shutil.rmtree(scratch, ignore_errors=True)
    return _Content(
        linked=tuple(contents),
        published=published_contents,
        protections=protections,
        withheld=withheld,
        is_unchanged=previous is not None
        and overall_hash((*contents, *published_contents)) == previous["content_hash"],
    )


def _copy(connection: duckdb.DuckDBPyConnection, linked: Sequence[Relation], database: str) -> None:
    for schema in dict.fromkeys(r.schema for r in linked):
        connection.execute(f"create schema {database}.{quoted(schema)}")
    for relation in linked:
        target = f"{database}.{quoted(relation.schema)}.{quoted(relation.name)}"
        is_sorted = relation.label in BY_PERSON and "person_key" in dict(relation.columns)
        order = " order by person_key" if is_sorted else ""
        connection.execute(f"create table {target} as from {relation.path}{order}")
    _copy_comments(connection, linked, database)
    connection.execute(f"checkpoint {database}")


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, linked: Sequence[Relation], database: str
) -> None:
    """Descriptions of tables and columns, where the warehouse has them."""
    source = linked[0].database
    wanted = {(r.schema, r.name) for r in linked}
    for schema, table, column, comment in connection.execute(
        """
        select schema_name, table_name, null, comment from duckdb_tables()
        where database_name = $name and comment is not null
        union all
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = $name and comment is not null
        """,
        {"name": source},
    ).fetchall():
        if (schema, table) not in wanted:
            continue
        path = f"{database}.{quoted(schema)}.{quoted(table)}"
        target = f"column {path}.{quoted(column)}" if column else f"table {path}"
        connection.execute(f"comment on {target} is {literal(comment)}")


def _verify(connection: duckdb.DuckDBPyConnection, contents: Sequence[TableContent]) -> None:
    """What arrived is what was hashed: same tables, same number of rows."""
    copied = {
        f"{schema}.{name}": rows
        for schema, name, rows in connection.execute(
            """select schema_name, table_name, estimated_size from duckdb_tables()
            where database_name = 'linked_file'"""
        ).fetchall()
    }
    expected = {c.label: c.rows for c in contents}
    if copied != expected:
        raise P4dpError(
            "the release differs from the warehouse it was copied from",
            expected="no writer on the warehouse while it is published",
            remedy="run again: `p4dp run`",
        )


@dataclass(frozen=True)
class _Earlier:
    """Attached databases of earlier releases; by table, its differing contents, oldest first."""

    databases: tuple[str, ...]
    tables: Mapping[str, Sequence[str]]


def _protect(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Relation],
    candidates: Sequence[Relation],
    folder: Path,
    minimums: disclosure.Minimums,
) -> tuple[tuple[disclosure.Protection, ...], tuple[str, ...]]:
    attach(connection, folder / AGGREGATES, "aggregates_file", read_only=False)
    connection.execute("create schema aggregates_file.published")
    communes = next((r for r in found if r.label == "linked.dim_territory"), None)
    tree = (
        disclosure.territories_of(connection, communes.path)
        if communes
        else disclosure.Territories.empty()
    )
    earlier = _attach_earlier(connection, folder.parent)
    by_name = {r.name: r for r in candidates}
    protections: list[disclosure.Protection] = []
    for table, rule in disclosure.load_rules().items():
        if table not in by_name:
            continue
        followed = None
        if rule.follows and rule.follows.table in {p.table for p in protections}:
            followed = f"aggregates_file.published.{quoted(rule.follows.table)}"
        protections.append(
            disclosure.protect_table(
                connection,
                by_name[table].path,
                f"aggregates_file.published.{quoted(table)}",
                rule,
                tree,
                minimums,
                followed=followed,
                earlier=earlier.tables.get(table, ()),
            )
        )
    for name in earlier.databases:
        connection.execute(f"detach {name}")
    connection.execute("checkpoint aggregates_file")
    done = {p.table for p in protections}
    return tuple(protections), tuple(sorted(set(by_name) - done))


def _attach_earlier(connection: duckdb.DuckDBPyConnection, releases: Path) -> _Earlier:
    """Attach the open files of the complete releases that say something of their own.

    Most releases repeat the one before: of tables with one content only the newest is compared.
    """
    newest: dict[tuple[str, str], Path] = {}
    for path in sorted(releases.iterdir()):
        if path.is_symlink() or path.name.startswith(".") or not (path / MANIFEST).is_file():
            continue
        for table in json.loads((path / MANIFEST).read_text(encoding="utf-8"))["tables"]:
            if table["file"] == AGGREGATES:
                newest[table["table"], table["content_hash"]] = path
    names = {path: f"earlier_{i}" for i, path in enumerate(sorted(set(newest.values())))}
    for path, name in names.items():
        attach(connection, path / AGGREGATES, name, read_only=True)
    tables: dict[str, list[str]] = {}
    for (label, _), path in sorted(newest.items(), key=lambda item: item[1]):
        schema, table = label.split(".")
        tables.setdefault(table, []).append(f"{names[path]}.{quoted(schema)}.{quoted(table)}")
    return _Earlier(tuple(names.values()), tables)


def _disclosure_summary(content: _Content, minimums: disclosure.Minimums) -> dict[str, Any]:
    return {
        "minimum_cell": minimums.cell,
        "minimum_practices": minimums.practices,
        "withheld_tables": list(content.withheld),
        "tables": [
            {
                "table": p.table,
                "rows": p.rows,
                "suppressed_rows": p.suppressed_rows,
                "carried_rows": p.carried_rows,
                "withheld_rows": p.withheld_rows,
                "withheld_columns": list(p.withheld_columns),
            }
            for p in content.protections
        ],
    }


def _earlier_hashes(
    previous: Mapping[str, Any] | None, key: bytes | None
) -> dict[tuple[str, str], str]:
    """Table hashes of the current release, if its files could be used again."""
    if (
        previous is None
        or previous["duckdb_version"] != duckdb.__version__
        or previous["key_id"] != _key_id(key)
    ):
        return {}
    return {(t["file"], t["table"]): t["content_hash"] for t in previous["tables"]}


def _current_manifest(home: Home) -> Mapping[str, Any] | None:
    folder = home.current_release.resolve()
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if manifest.get("format") != FORMAT or not (folder / LINKED).is_file():
        return None
    return manifest | {"folder": str(folder)}


def _release_id(home: Home, created_at: datetime, content_hash: str) -> str:
    """Sortable by time; the suffix tells contents apart at a glance."""
    base = f"{created_at:%Y%m%dT%H%M%SZ}-{content_hash[:8]}"
    taken = {p.name for p in home.releases.iterdir()}
    number = 1
    name = base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def _key_id(key: bytes | None) -> str | None:
    return None if key is None else hmac.new(key, b"kid", "sha256").hexdigest()[:8]


def _remove_unfinished(home: Home) -> None:
    for path in home.releases.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def _seal(folder: Path) -> None:
    """On disk and read-only: the open file for all, the linked file for its owner."""
    for name, mode in ((AGGREGATES, 0o444), (LINKED, 0o400), (MANIFEST, 0o444)):
        with open(folder / name, "rb") as file:
            os.fsync(file.fileno())
        os.chmod(folder / name, mode)
    _sync(folder)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _timed:
    """Adds the time of a block to a field of the clock."""

    def __init__(self, clock: _Clock, field: str) -> None:
        self._clock, self._field = clock, field

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        spent = getattr(self._clock, self._field) + time.perf_counter() - self._started
        setattr(self._clock, self._field, spent)
