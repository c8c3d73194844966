"""What the fork server imports once, so that no step has to (3 to 5 s each)."""

from __future__ import annotations

PRELOADED_MODULES = [
    "orchestration.warm",
    "p4dp.cli",  # the main module of the command line, imported again by every step process
]
