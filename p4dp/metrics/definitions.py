"""Metric definitions: dbt's semantic models and metrics, read as they stand in the project.

The same files are validated by dbt at every parse and open to MetricFlow; only the parts
that this project uses are read, and anything else is refused rather than ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT

FOLDER = Path("dbt_project") / "models" / "metrics"
MODELS = Path("dbt_project") / "models"


@dataclass(frozen=True)
class Dimension:
    """Something figures can be grouped or filtered by."""

    name: str
    expression: str
    is_time: bool


@dataclass(frozen=True)
class Measure:
    """A sum over a table; `at_last` names the date it must not be summed over."""

    name: str
    expression: str
    at_last: str | None


@dataclass(frozen=True)
class Levels:
    """The columns of territory level and code, and the level meant where none is named."""

    level: str
    code: str
    default: str


@dataclass(frozen=True)
class Model:
    """A table with its dimensions and measures.

    Figures that differ in one of `keys` must not be added up.
    """

    name: str
    description: str
    table: str
    keys: tuple[str, ...]
    levels: Levels | None
    dimensions: Mapping[str, Dimension]
    measures: Mapping[str, Measure]
    primary: Mapping[str, str]
    foreign: Mapping[str, str]


@dataclass(frozen=True)
class Metric:
    """A named figure: a measure, a ratio of two metrics, or a sum of several."""

    name: str
    label: str
    description: str
    kind: str
    measure: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definitions:
    """All metrics of the project."""

    models: Mapping[str, Model]
    metrics: Mapping[str, Metric]

    def metric(self, name: str) -> Metric:
        """The metric of a name (P4dpError where there is none)."""
        if name not in self.metrics:
            raise P4dpError(
                f"there is no metric {name!r}",
                expected=f"one of: {', '.join(self.metrics)}",
                remedy="`p4dp metrics` says what each counts",
            )
        return self.metrics[name]

    def model_of(self, metric: Metric) -> Model:
        """The table a metric is computed from."""
        for part in (metric.numerator, *metric.terms):
            if part:
                return self.model_of(self.metric(part))
        for model in self.models.values():
            if metric.measure in model.measures:
                return model
        raise P4dpError(f"metric {metric.name} has no measure {metric.measure}")


@cache
def load(root: Path = PROJECT_ROOT) -> Definitions:
    """Read every definition under `dbt_project/models/metrics`."""
    schemas = {path.stem: path.relative_to(root / MODELS).parts[0] for path in _sql_files(root)}
    models: dict[str, Model] = {}
    metrics: dict[str, Metric] = {}
    for path in sorted((root / FOLDER).glob("*.yml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        try:
            for entry in document.get("semantic_models", []):
                models[entry["name"]] = _model(entry, schemas)
            for entry in document.get("metrics", []):
                metrics[entry["name"]] = _metric(entry)
        except (KeyError, TypeError) as error:
            raise P4dpError(f"a metric definition cannot be read: {error!r}", file=path) from error
    definitions = Definitions(models, metrics)
    for metric in metrics.values():
        _check(definitions, metric)
    return definitions


def _sql_files(root: Path) -> list[Path]:
    return sorted((root / MODELS).rglob("*.sql"))


def _model(entry: dict[str, Any], schemas: Mapping[str, str]) -> Model:
    found = re.fullmatch(r"ref\('(\w+)'\)", entry["model"])
    if found is None or found[1] not in schemas:
        raise KeyError(entry["model"])
    meta = entry.get("config", {}).get("meta", {})
    dimensions = {
        d["name"]: Dimension(d["name"], str(d.get("expr", d["name"])), d["type"] == "time")
        for d in entry.get("dimensions", [])
    }
    measures = {}
    for m in entry.get("measures", []):
        if m["agg"] != "sum":
            raise P4dpError(f"measure {m['name']} is a {m['agg']}", expected="sum")
        last = m.get("non_additive_dimension")
        if last and last.get("window_choice") != "max":
            raise P4dpError(f"measure {m['name']}: only the last date of a window is known here")
        measures[m["name"]] = Measure(m["name"], str(m["expr"]), last["name"] if last else None)
    entities = entry.get("entities", [])
    return Model(
        name=entry["name"],
        description=entry["description"],
        table=f"{schemas[found[1]]}.{found[1]}",
        keys=tuple(meta.get("keys", ())),
        levels=Levels(**meta["levels"]) if "levels" in meta else None,
        dimensions=dimensions,
        measures=measures,
        primary={e["name"]: str(e["expr"]) for e in entities if e["type"] == "primary"},
        foreign={e["name"]: str(e["expr"]) for e in entities if e["type"] == "foreign"},
    )


def _metric(entry: dict[str, Any]) -> Metric:
    params = entry["type_params"]
    common = (entry["name"], entry["label"], entry["description"], entry["type"])
    if entry["type"] == "simple":
        return Metric(*common, measure=params["measure"])
    if entry["type"] == "ratio":
        return Metric(*common, numerator=params["numerator"], denominator=params["denominator"])
    if entry["type"] == "derived":
        names = {m["alias"]: m["name"] for m in params["metrics"]}
        terms = [term.strip() for term in params["expr"].split("+")]
        if set(terms) != set(names):
            raise P4dpError(f"metric {entry['name']} is no plain sum: {params['expr']}")
        return Metric(*common, terms=tuple(names[term] for term in terms))
    raise P4dpError(f"metric {entry['name']} is {entry['type']}", expected="simple, ratio, derived")


def _check(definitions: Definitions, metric: Metric) -> None:
    """Every part of a metric is known and counts over one table."""
    model = definitions.model_of(metric)
    for part in (metric.numerator, metric.denominator, *metric.terms):
        if part and definitions.model_of(definitions.metric(part)) is not model:
            raise P4dpError(f"metric {metric.name} mixes two tables: {part}")
