"""Where everything lives: the one place that knows the folders of a p4dp home."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOME = "data"
DEFAULT_KEYS = "keys"
PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folders under `P4DP_HOME`; each zone has one writing step (rule R3)."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The home named by `P4DP_HOME`, `./data` otherwise; always absolute."""
        return cls(Path(os.environ.get("P4DP_HOME", DEFAULT_HOME)).expanduser().resolve())

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def register(self) -> Path:
        return self.root / "register"

    @property
    def exchange(self) -> Path:
        return self.root / "exchange"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse" / "p4dp.duckdb"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def current_release(self) -> Path:
        """A symbolic link; resolve it once, then read the folder it names."""
        return self.releases / "current"

    @property
    def workspaces(self) -> Path:
        return self.root / "workspaces"

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def trail(self) -> Path:
        return self.root / "trail"

    @property
    def access(self) -> Path:
        """Accounts and their roles, read by the gate."""
        return self.root / "access"

    @property
    def dagster(self) -> Path:
        return self.root / "dagster"

    @property
    def lock(self) -> Path:
        """The lock of the one run that may write."""
        return self.root / "run.lock"

    @property
    def schemas(self) -> Path:
        """Zero-row Parquet schema files, generated from the contracts at the start of a run."""
        return self.root / "schemas"


def keys_dir() -> Path:
    """The folder of the warehouse's own secrets: `P4DP_KEYS`, `./keys` otherwise."""
    return Path(os.environ.get("P4DP_KEYS", DEFAULT_KEYS)).expanduser().resolve()
