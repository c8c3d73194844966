"""The warehouse's own secrets: level 2, vault, trail, and the optional release key."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path

from p4dp.boundary.keys import (
    KEY_BYTES,
    check_folder,
    environment_key,
    read_key,
    refuse_equal,
    write_key,
)
from p4dp.errors import P4dpError
from p4dp.settings import Home

REQUIRED = ("level2", "vault", "trail")
OPTIONAL = ("release",)


@dataclass(frozen=True)
class WarehouseKeys:
    """Secrets of the warehouse side; never printed, never derived from the boundary's."""

    level2: bytes = field(repr=False)
    vault: bytes = field(repr=False)
    trail: bytes = field(repr=False)
    release: bytes | None = field(repr=False, default=None)


def _holds_data(home: Home) -> bool:
    """Is there anything that only the lost keys could go with?"""
    return any(zone.is_dir() and any(zone.iterdir()) for zone in (home.landing, home.vault))


def create_warehouse_keys(folder: Path, home: Home) -> list[Path]:
    """Create the missing warehouse keys; refused when the home already holds data."""
    missing = [
        name
        for name in REQUIRED
        if not (folder / f"{name}.key").exists() and environment_key(name) is None
    ]
    if missing and _holds_data(home):
        raise P4dpError(
            f"Missing key{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
            file=folder,
            expected=f"the keys with which {home.root} was filled",
            remedy="Restore them from escrow, or set P4DP_KEYS. New keys would orphan the data.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []
    for name in missing:
        path = folder / f"{name}.key"
        write_key(path, secrets.token_bytes(KEY_BYTES))
        made.append(path)
    return made


def warehouse_keys(folder: Path, home: Home) -> WarehouseKeys:
    """The warehouse's keys; a first start creates them and says so on standard error.

    `P4DP_KEY_<NAME>` (hex) overrides a file. Raises P4dpError when keys are missing
    beside existing data, equal to one another, or readable by other users.
    """
    made = create_warehouse_keys(folder, home)
    for path in made:
        print(f"p4dp: made key {path} (keep a copy in a safe place)", file=sys.stderr)
    check_folder(folder)
    loaded = {name: read_key(folder / f"{name}.key") for name in REQUIRED}
    release = folder / "release.key"
    optional = (
        read_key(release) if release.exists() or environment_key("release") is not None else None
    )
    refuse_equal({**loaded, "release": optional})
    return WarehouseKeys(**loaded, release=optional)
