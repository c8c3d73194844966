"""How tests share two workers: what shares a costly fixture stays together, the longest first."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# Folders whose tests share a world or a warehouse made once, the longest first.
TOGETHER = ("scenarios", "warehouse", "spec")


def _group(item: pytest.Item) -> tuple[int, str]:
    folder = item.path.relative_to(TESTS).parts[0]
    if folder in TOGETHER:
        return TOGETHER.index(folder), folder
    return len(TOGETHER), str(item.path.relative_to(TESTS))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the group of every test (`--dist loadgroup`) and order the groups."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    items.sort(key=lambda item: _group(item)[0])
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)[1]))
