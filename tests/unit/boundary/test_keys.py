"""Secrets: permissions, equality, absence, environment."""

from __future__ import annotations

import pytest

from p4dp.boundary import BoundaryKeys, create_boundary_keys
from p4dp.errors import P4dpError
from p4dp.settings import Home
from p4dp.vault import warehouse_keys


@pytest.fixture
def folder(tmp_path):
    create_boundary_keys(tmp_path / "keys", ["060001234"])
    return tmp_path / "keys"


def test_keys_are_private_files_of_32_bytes(folder):
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.key"))
    assert files == ["level1.key", "linkage.key", "practices/060001234.key"]
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in folder.rglob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(bytes.fromhex(path.read_text().strip())) == 32


def test_existing_keys_are_never_replaced(folder):
    before = (folder / "level1.key").read_text()
    assert create_boundary_keys(folder, ["060001234"]) == []
    assert (folder / "level1.key").read_text() == before


def test_readable_by_others_is_refused(folder):
    (folder / "level1.key").chmod(0o644)
    with pytest.raises(P4dpError, match="readable by other users"):
        BoundaryKeys.load(folder, "060001234")
    (folder / "level1.key").chmod(0o600)
    folder.chmod(0o755)
    with pytest.raises(P4dpError, match="open to other users"):
        BoundaryKeys.load(folder, "060001234")


def test_equal_keys_are_refused(folder):
    (folder / "linkage.key").write_text((folder / "level1.key").read_text())
    with pytest.raises(P4dpError, match="are equal"):
        BoundaryKeys.load(folder, "060001234")


def test_a_missing_or_damaged_key_is_refused(folder):
    with pytest.raises(P4dpError, match="Missing key"):
        BoundaryKeys.load(folder, "069999999")
    (folder / "level1.key").write_text("abc")
    with pytest.raises(P4dpError, match="Unusable key"):
        BoundaryKeys.load(folder, "060001234")


def test_a_practice_identifier_is_no_path(folder):
    with pytest.raises(P4dpError, match="practice identifier"):
        BoundaryKeys.load(folder, "../level1")


def test_the_environment_overrides_a_file(folder, monkeypatch):
    monkeypatch.setenv("P4DP_KEY_LEVEL1", "ab" * 32)
    assert BoundaryKeys.load(folder, "060001234").level1 == b"\xab" * 32


def test_keys_are_not_printed(folder):
    keys = BoundaryKeys.load(folder, "060001234")
    assert keys.level1.hex() not in repr(keys)


def test_seeded_keys_are_reproducible(tmp_path):
    for name in ("a", "b"):
        create_boundary_keys(tmp_path / name, ["p"], seed=b"demo")
    assert (tmp_path / "a/level1.key").read_text() == (tmp_path / "b/level1.key").read_text()


def test_warehouse_keys_are_made_once_and_must_differ(tmp_path):
    home = Home(tmp_path / "home")
    keys = warehouse_keys(tmp_path / "keys", home)
    assert warehouse_keys(tmp_path / "keys", home) == keys
    (tmp_path / "keys/trail.key").write_text((tmp_path / "keys/vault.key").read_text())
    with pytest.raises(P4dpError, match="are equal"):
        warehouse_keys(tmp_path / "keys", home)
