"""The rates of the world: read from `world.yaml`, overridden by a user's file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from p4dp.errors import P4dpError

HERE = Path(__file__).resolve().parent
DEFAULT_WORLD = HERE / "world.yaml"
REFERENCE = HERE / "reference"
WORLDS = HERE / "worlds"
"""Other worlds shipped with the project: `hard`, `other`."""


@dataclass(frozen=True)
class Rate:
    """One leaf of the configuration."""

    path: str
    value: Any
    source: str


class World:
    """The rates by section and name: `world["identity", "nir_missing"]`."""

    def __init__(self, rates: Mapping[str, Rate]):
        self.rates = dict(rates)

    def __getitem__(self, key: tuple[str, str] | str) -> Any:
        path = key if isinstance(key, str) else ".".join(key)
        return self.rates[path].value

    def section(self, name: str) -> dict[str, Any]:
        """All values of a section, by name, in the order of the file."""
        prefix = name + "."
        return {
            path.removeprefix(prefix): rate.value
            for path, rate in self.rates.items()
            if path.startswith(prefix)
        }

    def chosen(self) -> list[str]:
        """Paths of the rates without a published source."""
        return [path for path, rate in self.rates.items() if rate.source.startswith("chosen")]


def world_file(name: str | Path | None) -> Path | None:
    """The file of a shipped world (by name) or of the user (by path); None for the default.

    Raises P4dpError where there is neither.
    """
    if name is None:
        return None
    shipped = WORLDS / f"{name}.yaml"
    if Path(name).is_file():
        return Path(name).resolve()
    if shipped.is_file():
        return shipped
    raise P4dpError(
        "no such world",
        file=str(name),
        expected="a file, or " + " or ".join(sorted(path.stem for path in WORLDS.glob("*.yaml"))),
    )


def load_world(path: Path | None = None) -> World:
    """The default world, with the leaves of `path` (if given) in place of its own.

    Raises P4dpError for an unreadable file, an unknown leaf or a leaf without a source.
    """
    rates = dict(_default_rates())
    if path is not None:
        own = _read(path)
        unknown = sorted(set(own) - set(rates))
        if unknown:
            raise P4dpError(
                f"unknown rate {unknown[0]!r} in the world file",
                file=path,
                expected=f"the names of {DEFAULT_WORLD.name}",
                remedy="correct the name or remove the line",
            )
        rates |= own
    return World(rates)


@cache
def _default_rates() -> dict[str, Rate]:
    return _read(DEFAULT_WORLD)


def _read(path: Path) -> dict[str, Rate]:
    try:
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, yaml.YAMLError) as error:
        raise P4dpError(f"cannot read the world file: {error}", file=path) from error
    rates: dict[str, Rate] = {}

    def walk(node: Any, trail: tuple[str, ...]) -> None:
        where = ".".join(trail)
        if isinstance(node, dict) and "value" in node:
            if not str(node.get("source", "")).strip():
                raise P4dpError(
                    f"the rate {where!r} names no source",
                    file=path,
                    expected="{value: …, source: …}",
                    remedy='name the publication, or write "chosen"',
                )
            rates[where] = Rate(where, node["value"], str(node["source"]))
        elif isinstance(node, dict):
            for name, child in node.items():
                walk(child, (*trail, str(name)))
        else:
            raise P4dpError(
                f"{where or 'the file'} is not a rate",
                file=path,
                expected="{value: …, source: …}",
            )

    walk(tree, ())
    return rates


def curve(points: Mapping[str, Any], series: str, ages: np.ndarray) -> np.ndarray:
    """A rate given at some ages, read at others (linear between, constant outside)."""
    return np.interp(ages, points["ages"], points[series])


@cache
def reference_rows(name: str) -> list[dict[str, str]]:
    """Rows of one of the small fact tables beside this module."""
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def stream(seed: int, *path: int) -> np.random.Generator:
    """An independent random stream for one part of the world."""
    return np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, *path])))
