"""Dagster's databases (SQLite, write-ahead log) without waiting for the disk at every event.

Dagster opens and closes a connection for each event. The last connection to close writes the log
back into its database and waits for the disk, and so does every commit: together a quarter of the
time of a small run. Each process keeps one connection to every database it has used, and commits
without waiting (`synchronous = normal`): a killed process loses nothing, a power failure the last
events of a run that is dead anyway, and neither leaves a damaged database.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_kept: dict[str, sqlite3.Connection] = {}


def commit_without_waiting() -> None:
    """For every connection this process makes from now on; calling it again changes nothing."""
    if not event.contains(Engine, "connect", _on_connect):
        event.listen(Engine, "connect", _on_connect)


def _on_connect(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
        return
    connection.execute("pragma synchronous = normal")
    path = connection.execute("pragma database_list").fetchone()[2]
    if path not in _kept:
        kept = sqlite3.connect(path, check_same_thread=False)
        kept.execute("select count(*) from sqlite_master").fetchall()  # joins the log
        _kept[path] = kept
