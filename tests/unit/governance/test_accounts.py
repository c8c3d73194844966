"""Accounts: named, dated, and made by themselves only for synthetic homes."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p4dp.errors import P4dpError
from p4dp.governance import ensure_demo_account, grant, load_accounts, revoke
from p4dp.settings import Home


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path)


def delivered(home, name, is_synthetic):
    folder = home.landing / "p4dp" / "delivery" / f"delivery={name}"
    folder.mkdir(parents=True)
    table = pa.table({"is_synthetic": pa.array([is_synthetic], pa.bool_())})
    pq.write_table(table, folder / "part-0.parquet")


def test_the_first_run_of_a_synthetic_home_registers_its_user(home, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "me")
    delivered(home, "a", True)
    account = ensure_demo_account(home)
    assert account and (account.user, account.role) == ("me", "analyst")
    assert account.expires_on > account.granted_on
    assert ensure_demo_account(home) is None


@pytest.mark.parametrize("marks", [[], [False], [True, False], [True, None]])
def test_a_home_with_anything_real_registers_nobody(home, marks):
    for i, mark in enumerate(marks):
        delivered(home, str(i), mark)
    assert ensure_demo_account(home) is None
    assert load_accounts(home) == {}


def test_a_revoked_account_does_not_come_back(home):
    delivered(home, "a", True)
    account = ensure_demo_account(home)
    assert account
    revoke(home, account.user)
    assert ensure_demo_account(home) is None and load_accounts(home) == {}


def test_granting_again_replaces(home):
    grant(home, "ana", "analyst", date(2030, 1, 1), granted_by="x")
    grant(home, "ana", "public", date(2031, 1, 1), granted_by="x")
    assert {a.user: a.role for a in load_accounts(home).values()} == {"ana": "public"}


def test_unknown_role_unknown_user_and_a_damaged_file_are_named(home):
    with pytest.raises(P4dpError, match="no role"):
        grant(home, "ana", "king", date(2030, 1, 1), granted_by="x")
    with pytest.raises(P4dpError, match="no account"):
        revoke(home, "ana")
    home.access.mkdir(exist_ok=True)
    (home.access / "accounts.json").write_text("{")
    with pytest.raises(P4dpError, match="cannot be read"):
        load_accounts(home)
