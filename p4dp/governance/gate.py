"""The gate: one question at a time, by a named person, on a release, always recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from p4dp.errors import P4dpError
from p4dp.governance.accounts import Account, load_accounts
from p4dp.governance.roles import ROLES, Role
from p4dp.governance.trail import Trail, os_user
from p4dp.release import attach_release, lock, release_folder
from p4dp.settings import Home


@dataclass(frozen=True)
class Answer:
    """The result of a question, and what it was asked of."""

    table: pa.Table
    release_id: str
    account: Account


def query(
    home: Home,
    sql: str,
    trail: Trail,
    *,
    user: str | None = None,
    release_id: str | None = None,
    release_key: bytes | None = None,
    purpose: str | None = None,
    today: date | None = None,
) -> Answer:
    """Answer one read-only SQL statement on a release (default: the current one).

    `user` (default: the operating-system user) needs an account that has not ended; what it
    may see follows from its role. Each question goes to the trail with its outcome, before
    its rows are handed out; a question that cannot be recorded is not answered.

    Raises P4dpError where the question is refused or fails.
    """
    actor = user or os_user()
    details: dict[str, Any] = {"sql": sql, "release": release_id or "current"}
    with recorded(trail, actor, purpose, details) as record:
        account = account_of(home, actor, today or datetime.now(UTC).date())
        role = ROLES[account.role]
        details["role"] = role.name
        folder = release_folder(home, release_id)
        details["release"] = folder.name
        check_statement(sql)
        with opened(home, folder.name, role, release_key) as connection:
            record.stage = "failed"
            try:
                table = connection.execute(sql).to_arrow_table()
            except duckdb.Error as error:
                raise _explained(error, role) from error
        record.row_count = table.num_rows
    return Answer(table, folder.name, account)


def check_statement(sql: str) -> None:
    """Refuse anything but exactly one statement that reads."""
    with duckdb.connect(config={"autoload_known_extensions": "false"}) as parser:
        try:
            statements = parser.extract_statements(sql)
        except duckdb.Error as error:
            raise P4dpError(f"the question is no valid SQL: {_first_line(error)}") from error
    if len(statements) != 1:
        raise P4dpError(
            f"the question holds {len(statements)} statements", expected="exactly one statement"
        )
    kind = statements[0].type
    if kind not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise P4dpError(
            f"a {kind.name} statement is not answered: releases are read-only",
            expected="a question that reads: SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, EXPLAIN",
        )


@dataclass
class Record:
    """How far an access has come."""

    stage: str = "refused"
    row_count: int | None = None


@contextmanager
def recorded(
    trail: Trail,
    actor: str,
    purpose: str | None,
    details: Mapping[str, Any],
    action: str = "query",
) -> Iterator[Record]:
    """Record one access with its outcome, before what it found is handed out.

    `details` may be completed inside; the caller says how far it came (`stage`, the outcome
    of an error) and how many rows it hands out.
    """
    record = Record()
    try:
        yield record
    except P4dpError as error:
        trail.append(
            action,
            actor=actor,
            outcome=record.stage,
            purpose=purpose,
            details={**details, "reason": error.message},
        )
        raise
    except BaseException as error:
        trail.append(
            action,
            actor=actor,
            outcome="failed",
            purpose=purpose,
            details={**details, "reason": type(error).__name__},
        )
        raise
    trail.append(
        action,
        actor=actor,
        outcome="done",
        purpose=purpose,
        row_count=record.row_count,
        details=details,
    )


def account_of(home: Home, user: str, today: date) -> Account:
    """The account of a person, if it is known and has not ended (P4dpError otherwise)."""
    account = load_accounts(home).get(user)
    if account is None:
        raise P4dpError(
            f"{user!r} has no account here",
            file=home.access / "accounts.json",
            remedy="ask whoever keeps the accounts: `p4dp account grant`",
        )
    if account.is_expired(today):
        raise P4dpError(
            f"the account of {user!r} ended on {account.expires_on}",
            remedy="have it renewed: `p4dp account grant`",
        )
    if account.role not in ROLES:
        raise P4dpError(
            f"the account of {user!r} has a role unknown here: {account.role}",
            expected=f"one of {', '.join(ROLES)}",
        )
    return account


@contextmanager
def opened(
    home: Home, release_id: str, role: Role, release_key: bytes | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release as a role sees it, read-only and locked."""
    connection = attach_release(
        home,
        release_id,
        release_key=release_key,
        aggregates_only=not role.sees_persons and not role.grants,
    )
    try:
        if role.grants:
            _narrow(connection, role)
        lock(connection)
        yield connection
    finally:
        connection.close()


def _narrow(connection: duckdb.DuckDBPyConnection, role: Role) -> None:
    """Keep copies of what the role may see; the linked file itself is detached."""
    present = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'release'"
        ).fetchall()
    }
    for grant in role.grants:
        if grant.table not in present:
            continue
        schema = grant.table.partition(".")[0]
        connection.execute(f"create schema if not exists memory.{schema}")
        connection.execute(
            f"create table memory.{grant.table} as "
            f"from release.{grant.table} where {grant.condition}"
        )
    connection.execute("detach release")


def _explained(error: duckdb.Error, role: Role) -> P4dpError:
    remedy = None
    if isinstance(error, duckdb.CatalogException) and not role.sees_persons:
        remedy = f"the role {role.name} sees {role.description}"
    elif isinstance(error, duckdb.PermissionException):
        remedy = "questions reach the release only, no files and no network"
    return P4dpError(f"the question failed: {_first_line(error)}", remedy=remedy)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
