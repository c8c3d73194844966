"""Deliveries written straight to landing, without the vault: for benchmarks on generated worlds.

The same check, the same second-level pseudonyms and the same landing files as `receive`
makes of the same deliveries. Nothing is sealed: no original, no linkage token, no
quarantine, no ledger. A home filled this way can be run, and serves nothing else.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from p4dp.duck import connect_plain
from p4dp.errors import P4dpError
from p4dp.intake import landing
from p4dp.intake.check import check_delivery
from p4dp.intake.compaction import compact
from p4dp.settings import Home


@dataclass(frozen=True)
class StraightLanding:
    """Lands delivery folders of a synthetic world under `home`, one call each."""

    home: Home
    level2_key: bytes
    memory: str = "2GB"

    def __post_init__(self) -> None:
        filled = (self.home.landing, self.home.vault)
        if any(folder.exists() and any(folder.iterdir()) for folder in filled):
            raise P4dpError(
                "This home already holds deliveries",
                file=self.home.root,
                remedy="Give P4DP_HOME an empty folder.",
            )

    def __call__(self, delivery: Path) -> None:
        """Land one delivery; raises P4dpError for one the gate would not accept whole."""
        with tempfile.TemporaryDirectory(prefix="p4dp-straight-") as scratch:
            connection = connect_plain(Path(scratch), self.memory)
            try:
                connection.execute("set preserve_insertion_order = true")
                check = check_delivery(connection, delivery)
                fault = check.refusal or next((f.fault for f in check.files if f.fault), None)
                if fault is not None:
                    raise fault
                if not check.manifest.is_synthetic:
                    raise P4dpError("Only synthetic deliveries skip the vault", file=delivery)
                landing.make_level2(connection, check, self.level2_key)
                practice = None
                if check.manifest.practice_pseudo is not None:
                    practice = connection.execute(
                        "select l2 from level2 where l1 = ?", [check.manifest.practice_pseudo]
                    ).fetchall()[0][0]
                incoming = landing.build(
                    connection,
                    check,
                    self.home,
                    delivery_id=check.manifest.delivery_id,
                    kind=check.manifest.kind,
                    practice=practice,
                )
                landing.publish(incoming, self.home)
            finally:
                connection.close()

    def finish(self) -> None:
        """Merge the many small folders, as `receive` does at its end."""
        with tempfile.TemporaryDirectory(prefix="p4dp-straight-") as scratch:
            connection = connect_plain(Path(scratch), self.memory)
            try:
                compact(connection, self.home)
            finally:
                connection.close()
