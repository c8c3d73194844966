"""Reading releases: a private, read-only connection that can reach nothing else."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from p4dp.duck import attach, connect_encrypting, literal
from p4dp.errors import P4dpError
from p4dp.release.publication import AGGREGATES, FORMAT, LINKED, MANIFEST
from p4dp.settings import Home

_ATTEMPTS = 5


def release_folder(home: Home, release_id: str | None = None) -> Path:
    """The folder of a release (default: the current one), with `current` resolved."""
    if release_id is None:
        if not home.current_release.is_symlink():
            raise P4dpError(
                "there is no release yet", file=home.releases, remedy="make one: `p4dp run`"
            )
        folder = home.current_release.resolve()
        if not (folder / MANIFEST).is_file():
            raise P4dpError(
                "the current release is not there any more",
                file=folder,
                remedy="name another one (`--release`), or make one: `p4dp run`",
            )
        return folder
    if release_id != Path(release_id).name or release_id.startswith("."):
        raise P4dpError(f"{release_id!r} is not the name of a release")
    folder = (home.releases / release_id).resolve()
    if not (folder / MANIFEST).is_file():
        known = ", ".join(list_releases(home)[-5:]) or "none"
        raise P4dpError(f"there is no release {release_id}", expected=f"one of: {known}")
    return folder


def list_releases(home: Home) -> list[str]:
    """The complete releases, oldest first."""
    if not home.releases.is_dir():
        return []
    return sorted(
        p.name
        for p in home.releases.iterdir()
        if not p.name.startswith(".") and not p.is_symlink() and (p / MANIFEST).is_file()
    )


def read_manifest(home: Home, release_id: str | None = None) -> dict[str, Any]:
    """The manifest of a release (default: the current one)."""
    path = release_folder(home, release_id) / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise P4dpError("this release has a format unknown to this version", file=path)
    return manifest


def open_release(
    home: Home,
    release_id: str | None = None,
    *,
    release_key: bytes | None = None,
    aggregates_only: bool = False,
) -> duckdb.DuckDBPyConnection:
    """A read-only connection to one release; a release published meanwhile changes nothing.

    Tables answer to `linked.dim_patient`, `indicators.…`, `statistics.…`, `published.…`
    and the vocabulary schemas. The connection reaches no other file and no network, and its
    settings are locked. `release_key` is needed where the linked file is encrypted;
    `aggregates_only` leaves the linked file out.
    """
    connection = attach_release(
        home, release_id, release_key=release_key, aggregates_only=aggregates_only
    )
    lock(connection)
    return connection


def attach_release(
    home: Home,
    release_id: str | None = None,
    *,
    release_key: bytes | None = None,
    aggregates_only: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Like `open_release`, before `lock`: for callers that narrow it further."""
    for attempt in range(1, _ATTEMPTS + 1):
        folder = release_folder(home, release_id)
        spill = Path(tempfile.gettempdir()) / f"p4dp-{os.getuid()}-{os.getpid()}"
        connection = connect_encrypting(spill, python_enable_replacements="false")
        try:
            _attach_files(connection, folder, release_key, aggregates_only)
        except duckdb.IOException:
            connection.close()
            # The current release may be withdrawn between its resolution and its opening.
            if attempt == _ATTEMPTS or release_folder(home, release_id) == folder:
                raise
            continue
        except BaseException:
            connection.close()
            raise
        return connection
    raise AssertionError("unreachable")


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Point unqualified schemas at what is attached, then close every other door."""
    schemas = connection.execute(
        """select database_name || '.' || schema_name from duckdb_schemas()
        where not internal and schema_name <> 'main' order by database_name desc, schema_name"""
    ).fetchall()
    if schemas:
        path = ",".join(name for (name,) in schemas)
        connection.execute(f"set search_path = {literal(path)}")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _attach_files(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    release_key: bytes | None,
    aggregates_only: bool,
) -> None:
    attach(connection, folder / AGGREGATES, "aggregates", read_only=True)
    if aggregates_only:
        return
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if manifest["is_encrypted"] and release_key is None:
        raise P4dpError(
            "this release is encrypted", file=folder, remedy="provide release.key in P4DP_KEYS"
        )
    key = release_key if manifest["is_encrypted"] else None
    attach(connection, folder / LINKED, "release", read_only=True, key=key)
