"""The definitions of an empty home, loaded once without keys or data."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import Definitions

from p4dp.settings import Home


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An empty home with a folder of keys that nobody made; the environment points to it."""
    root = tmp_path_factory.mktemp("orchestration")
    before = dict(os.environ)
    os.environ["P4DP_HOME"] = str(root / "home")
    os.environ["P4DP_KEYS"] = str(root / "keys")
    yield Home(root / "home")
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def definitions(home: Home) -> Definitions:
    from orchestration.definitions import build

    return build(home)


@pytest.fixture(scope="session")
def manifest(home: Home, definitions: Definitions) -> dict[str, Any]:
    path: Path = home.dagster / "dbt" / "manifest.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
