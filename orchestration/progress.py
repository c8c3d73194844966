"""How far the dbt call at work has come: a two-number file, read by whoever draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from p4dp.settings import Home


@contextmanager
def counting(home: Home, total: int) -> Iterator[Callable[[], None]]:
    """Publish the count of finished nodes and checks out of `total` while the block runs."""
    path = _file(home)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        path.write_text(f"{done} {total}", encoding="utf-8")

    try:
        yield count
    finally:
        path.unlink(missing_ok=True)


def read(home: Home) -> tuple[int, int] | None:
    """(finished, expected) of the dbt call at work, None when there is none."""
    try:
        done, total = _file(home).read_text(encoding="utf-8").split()
        return int(done), int(total)
    except (OSError, ValueError):
        return None


def _file(home: Home) -> Path:
    return home.dagster / "progress"
