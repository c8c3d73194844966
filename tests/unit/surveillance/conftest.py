"""Reference results of other software, read where the work machine keeps them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
ORACLES = Path(os.environ.get("P4DP_SHARED", ROOT.parent / "shared")) / "oracles" / "surveillance"


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], pd.DataFrame]:
    """`oracle("ears_c1_agona_output")` → the reference table of that name."""
    if not ORACLES.is_dir():
        pytest.skip(f"no reference results at {ORACLES} (set P4DP_SHARED)")

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(ORACLES / f"{name}.csv")

    return read


@pytest.fixture(scope="session")
def parameters(oracle: Callable[[str], pd.DataFrame]) -> dict[str, dict]:
    """The published parameters of every reference result, by id."""
    found: dict[str, dict] = {}
    for path in sorted(ORACLES.glob("params_*.json")):
        found.update(json.loads(path.read_text(encoding="utf-8")))
    return found
