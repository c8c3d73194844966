"""Secrets as files of 32 random bytes (hex), or as environment variables.

A key file is readable by its owner only (600, its folder 700). `P4DP_KEY_<NAME>`
(hex) overrides the file of that name, which is the hook for a secret manager.
Two equal keys are refused: each secret protects against the holders of the others.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from p4dp.errors import P4dpError

KEY_BYTES = 32
_PRACTICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _parse(text: str, origin: str | Path) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise P4dpError(
            "Unusable key",
            file=origin,
            expected=f"{KEY_BYTES * 2} hexadecimal digits",
            remedy="Restore the key from its escrow; never edit a key file.",
        )
    return key


def check_folder(folder: Path) -> None:
    """Refuse a key folder that others may enter."""
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise P4dpError(
            "Key folder is open to other users",
            file=folder,
            expected="mode 700",
            remedy=f"chmod 700 {folder}",
        )


def environment_key(name: str) -> bytes | None:
    """The key in `P4DP_KEY_<NAME>`, if set."""
    variable = f"P4DP_KEY_{name.upper().replace('-', '_')}"
    text = os.environ.get(variable)
    return _parse(text, f"${variable}") if text else None


def read_key(path: Path, name: str | None = None) -> bytes:
    """The key called `name` (default: the file's stem): environment first, then the file.

    Raises P4dpError when it is missing, malformed or readable by others.
    """
    from_environment = environment_key(name or path.stem)
    if from_environment is not None:
        return from_environment
    if not path.is_file():
        raise P4dpError(
            "Missing key",
            file=path,
            remedy="Create boundary keys with `p4dp keys init DIR`, or restore the lost key.",
        )
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise P4dpError(
            "Key file is readable by other users",
            file=path,
            expected="mode 600",
            remedy=f"chmod 600 {path}",
        )
    return _parse(path.read_text(encoding="ascii"), path)


def write_key(path: Path, key: bytes) -> None:
    """Write a new key file (mode 600); an existing key is never overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(key.hex() + "\n")


def refuse_equal(keys: Mapping[str, bytes | None]) -> None:
    """Refuse when two of the named keys are the same secret."""
    seen: dict[bytes, str] = {}
    for name, key in keys.items():
        if key is None:
            continue
        if key in seen:
            raise P4dpError(
                f"Keys {seen[key]!r} and {name!r} are equal",
                expected="independent secrets",
                remedy="Replace the copy by a key of its own.",
            )
        seen[key] = name


def key_id(key: bytes) -> str:
    """Four hexadecimal digits that name a key without telling anything about it."""
    return hmac.digest(key, b"kid", "sha256").hex()[:4]


@dataclass(frozen=True)
class BoundaryKeys:
    """Secrets of one practice's boundary; never printed."""

    level1: bytes = field(repr=False)
    linkage: bytes = field(repr=False)
    practice: bytes = field(repr=False)

    @classmethod
    def load(cls, folder: Path, practice: str) -> BoundaryKeys:
        """The keys of `practice` in `folder` (see `create_boundary_keys`)."""
        check_practice_id(practice)
        if folder.is_dir():
            check_folder(folder)
            if (folder / "practices").is_dir():
                check_folder(folder / "practices")
        loaded = cls(
            level1=read_key(folder / "level1.key"),
            linkage=read_key(folder / "linkage.key"),
            practice=read_key(folder / "practices" / f"{practice}.key", "practice"),
        )
        refuse_equal(
            {"level1": loaded.level1, "linkage": loaded.linkage, "practice": loaded.practice}
        )
        return loaded


def check_practice_id(practice: str) -> None:
    """Refuse a practice identifier that could not be a file name."""
    if not _PRACTICE_ID.fullmatch(practice):
        raise P4dpError(
            f"Unusable practice identifier {practice!r}",
            expected="letters, digits, '.', '_' or '-', at most 64",
        )


def create_boundary_keys(
    folder: Path, practices: Sequence[str] = (), *, seed: bytes | None = None
) -> list[Path]:
    """Create the missing keys of a boundary folder; returns the files made.

    `level1.key` and `linkage.key` are shared by all boundaries of the network,
    `practices/<id>.key` belongs to one practice. With `seed` the keys are derived
    from it (demonstration worlds must be reproducible); never use that for real data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    own = folder / "practices"
    own.mkdir(exist_ok=True)
    own.chmod(0o700)
    made = []
    targets = {"level1": folder / "level1.key", "linkage": folder / "linkage.key"}
    for practice in practices:
        check_practice_id(practice)
        targets[f"practice/{practice}"] = own / f"{practice}.key"
    for name, path in targets.items():
        if path.exists():
            continue
        key = (
            secrets.token_bytes(KEY_BYTES)
            if seed is None
            else hashlib.blake2b(name.encode(), key=seed[:64], digest_size=KEY_BYTES).digest()
        )
        write_key(path, key)
        made.append(path)
    return made
