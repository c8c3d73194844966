"""How tests share two workers: what shares a costly fixture stays together, the longest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent.name
# Folders whose tests share a world or a warehouse made once, the longest first.
TOGETHER = ("scenarios", "warehouse", "spec")


def _group(nodeid: str) -> tuple[int, str]:
    """Rank and name of the tests that one worker runs."""
    file = nodeid.split("::")[0]
    folder = file.removeprefix(f"{TESTS}/").split("/")[0]
    return (TOGETHER.index(folder), folder) if folder in TOGETHER else (len(TOGETHER), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups first."""
    items.sort(key=lambda item: _group(item.nodeid)[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """One worker for each group."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)[1]

    return ByGroup(config, log)
