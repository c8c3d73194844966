"""Accounts of the gate: named persons, one role each, always with an end date."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError
from p4dp.governance.roles import ROLES
from p4dp.governance.trail import os_user
from p4dp.settings import Home

DEMO_DAYS = 365


@dataclass(frozen=True)
class Account:
    """A person's right to ask; it ends after `expires_on`."""

    user: str
    role: str
    expires_on: date
    granted_on: date
    granted_by: str

    def is_expired(self, today: date) -> bool:
        return today > self.expires_on


def load_accounts(home: Home) -> dict[str, Account]:
    """Accounts by user name; none where the file does not exist."""
    path = _path(home)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        accounts = [
            Account(
                user=str(entry["user"]),
                role=str(entry["role"]),
                expires_on=date.fromisoformat(entry["expires_on"]),
                granted_on=date.fromisoformat(entry["granted_on"]),
                granted_by=str(entry["granted_by"]),
            )
            for entry in document["accounts"]
        ]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise P4dpError(
            f"the accounts cannot be read: {error!r}",
            file=path,
            expected='{"accounts": [{"user", "role", "expires_on", "granted_on", "granted_by"}]}',
        ) from error
    by_user = {a.user: a for a in accounts}
    if len(by_user) < len(accounts):
        raise P4dpError("two accounts have the same user name", file=path)
    return by_user


def grant(home: Home, user: str, role: str, expires_on: date, *, granted_by: str) -> Account:
    """Give a person an account, or replace the one they have."""
    if role not in ROLES:
        raise P4dpError(f"there is no role {role!r}", expected=f"one of {', '.join(ROLES)}")
    if not user.strip():
        raise P4dpError("an account needs a user name")
    account = Account(user, role, expires_on, datetime.now(UTC).date(), granted_by)
    _save(home, (load_accounts(home) | {user: account}).values())
    return account


def revoke(home: Home, user: str) -> Account:
    """Take an account away; the next question is refused."""
    accounts = load_accounts(home)
    if user not in accounts:
        raise P4dpError(f"{user!r} has no account", file=_path(home))
    account = accounts.pop(user)
    _save(home, accounts.values())
    return account


def ensure_demo_account(home: Home) -> Account | None:
    """Register the operating-system user as an analyst of a synthetic home.

    Does nothing where accounts exist already, or where a delivery is not marked synthetic:
    real records are opened to named persons only. Returns the account it made.
    """
    if _path(home).exists() or not is_synthetic(home):
        return None
    user = os_user()
    end = datetime.now(UTC).date() + timedelta(days=DEMO_DAYS)
    return grant(home, user, "analyst", end, granted_by="demo set-up")


def is_synthetic(home: Home) -> bool:
    """Whether every accepted delivery (at least one) is marked synthetic."""
    files = sorted((home.landing / "p4dp" / "delivery").glob("**/*.parquet"))
    if not files:
        return False
    with duckdb.connect() as connection:
        found = connection.execute(
            "select coalesce(bool_and(coalesce(is_synthetic, false)), false) from read_parquet(?)",
            [[str(f) for f in files]],
        ).fetchone()
    return bool(found and found[0])


def _path(home: Home) -> Path:
    return home.access / "accounts.json"


def _save(home: Home, accounts: Iterable[Account]) -> None:
    path = _path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {"accounts": [asdict(a) for a in sorted(accounts, key=lambda a: a.user)]}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(
        json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
    )
    temporary.chmod(0o600)
    os.replace(temporary, path)
