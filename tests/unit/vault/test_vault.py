"""The vault: encrypted, authenticated, forgetful in time."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from p4dp.contracts.sample import write_sample_delivery
from p4dp.errors import P4dpError
from p4dp.intake import receive
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys, expire, open_vault, return_tokens
from p4dp.vault.originals import restore_original, store_original

KEYS = WarehouseKeys(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "home")
    delivery = write_sample_delivery(tmp_path / "sent", "medirel", "2.0")
    path = delivery / "acte.csv"
    path.unlink()
    receive([delivery], home, KEYS, copy=True)
    return home


def test_the_file_does_not_open_without_its_key(home):
    with pytest.raises(duckdb.Error):
        duckdb.connect(str(home.vault / "vault.duckdb"), read_only=True)
    other = WarehouseKeys(level2=b"2" * 32, vault=b"9" * 32, trail=b"4" * 32)
    with pytest.raises(P4dpError, match="cannot be opened") as caught, open_vault(home, other):
        pass
    assert (b"9" * 32).hex() not in str(caught.value)


def test_an_original_comes_back_byte_for_byte(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "small.csv").write_text("a;b\n1;2\n")
    (folder / "large.bin").write_bytes(bytes(range(256)) * 10_000)
    stored = store_original(tmp_path / "vault", "one", folder, KEYS.vault)
    back = restore_original(stored, KEYS.vault, tmp_path / "back")
    for path in folder.iterdir():
        assert (back / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "key"])
def test_a_damaged_original_does_not_open(tmp_path, damage):
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "large.bin").write_bytes(random.Random(1).randbytes(3_500_000))
    stored = store_original(tmp_path / "vault", "one", folder, KEYS.vault)
    content = bytearray(stored.read_bytes())
    step = (1 << 20) + 16 + 4
    start = 6 + 16
    if damage == "flip":
        content[len(content) // 2] ^= 1
    elif damage == "cut":
        content = content[: start + 2 * step]
    elif damage == "swap":
        one, two = content[start : start + step], content[start + step : start + 2 * step]
        content[start : start + 2 * step] = two + one
    stored.write_bytes(content)
    key = b"8" * 32 if damage == "key" else KEYS.vault
    with pytest.raises(P4dpError, match="damaged or was made with another key"):
        restore_original(stored, key, tmp_path / "back")


def test_return_tokens_are_kept_for_the_practice(home):
    rows = return_tokens(home, KEYS).to_pylist()
    assert len(rows) == 5 and all(r["practice_pseudo"].startswith("l2-") for r in rows)


def test_originals_and_quarantine_are_forgotten_in_time(home):
    today = datetime.now(UTC).date()
    kept = expire(home, KEYS, today)
    assert (kept.originals, kept.quarantined_rows) == (0, 0)
    assert len(list((home.vault / "originals").iterdir())) == 1
    gone = expire(home, KEYS, today + timedelta(days=366))
    assert gone.originals == 1
    assert list((home.vault / "originals").iterdir()) == []
    with open_vault(home, KEYS) as vault:
        assert vault.execute("select count(*), count(original) from vault.delivery").fetchall() == [
            (1, 0)
        ]
        assert vault.execute("select count(*) from vault.sealed_identity").fetchall() == [(5,)]
    assert expire(home, KEYS, date(2100, 1, 1)).originals == 0


def test_quarantined_content_is_forgotten_and_its_bytes_are_gone(tmp_path):
    home = Home(tmp_path / "home")
    delivery = write_sample_delivery(tmp_path / "sent", "dosmed", "2.0")
    receive([delivery], home, KEYS, copy=True)
    with open_vault(home, KEYS, read_only=False) as vault:
        vault.execute(
            "insert into vault.quarantine values"
            " ('d', 't', 'f', 1, 'c', 'r', 'content', 1, 'open', timestamp '2020-01-01')"
        )
    before = (home.vault / "vault.duckdb").stat().st_ino
    assert expire(home, KEYS, date(2021, 1, 1)).quarantined_rows == 1
    assert (home.vault / "vault.duckdb").stat().st_ino != before
    with open_vault(home, KEYS) as vault:
        assert vault.execute("select content, state from vault.quarantine").fetchall() == [
            (None, "expired")
        ]
