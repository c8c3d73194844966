"""One small world, delivered and run once; each scenario works on a copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .line import Line, received_line


@dataclass(frozen=True)
class Undisturbed:
    """A line before its first run, and after one that nobody disturbed."""

    received: Line
    finished: Line
    result: dict[str, Any]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("scenarios")
    received = received_line(root / "received")
    finished = received.copy(root / "finished")
    return Undisturbed(received, finished, finished.run())


@pytest.fixture
def received(undisturbed: Undisturbed, tmp_path: Path) -> Line:
    """Deliveries taken in, nothing run yet."""
    return undisturbed.received.copy(tmp_path / "line")


@pytest.fixture
def finished(undisturbed: Undisturbed, tmp_path: Path) -> Line:
    """A first run done, its release published."""
    return undisturbed.finished.copy(tmp_path / "line")
