"""The metrics page of the documentation, from the definitions themselves."""

from __future__ import annotations

from pathlib import Path

from p4dp.metrics.definitions import Definitions, Metric, load
from p4dp.metrics.sql import compile_metric, dimensions_of

PAGE = Path("docs") / "metrics.md"

_HEAD = """# Metrics

Generated from `dbt_project/models/metrics` by `p4dp metrics --page`: do not edit.

Each figure is defined once, in dbt's semantic files, which dbt checks at every parse. Ask for
one by name:

```bash
p4dp query --metric indicator_share --by region \\
  --where indicator_id=SCR-CRC-PART --where basis=linked
p4dp query --metric practice_indicator_share --by practice_key --where indicator_id=CV-BP
p4dp query --metric recording_violated_share --by vendor --by software_version
p4dp metrics indicator_share --by region     # the SQL it stands for
```

- Figures of different measures, bases or populations do not add up: what you do not fix with
  `--where` comes back as a group.
- People at a date are a stock. Without `reference_date` among `--by` or `--where` you get the
  last one.
- `--by region` (or `departement`, `epci`) names the territory level; without one the answer is
  the country's.
- A hidden count is null, and so is everything it enters.
"""


def metrics_page(definitions: Definitions | None = None) -> str:
    """The page as Markdown."""
    definitions = definitions or load()
    parts = [_HEAD]
    for model in definitions.models.values():
        metrics = [m for m in definitions.metrics.values() if definitions.model_of(m) is model]
        if not metrics:
            continue
        parts += [f"## `{model.name}`\n", f"{model.description}\n"]
        parts += [f"Table `{model.table}`. Dimensions: "]
        names = dimensions_of(metrics[0].name, definitions)
        parts[-1] += ", ".join(f"`{name}`" for name in names) + ".\n"
        parts += ["| metric | | what | how |", "| --- | --- | --- | --- |"]
        parts += [
            f"| `{m.name}` | {m.label} | {m.description} | {_how(m, definitions)} |"
            for m in metrics
        ]
        ratio = next((m for m in metrics if m.kind == "ratio"), metrics[0])
        parts += [f"\n`{ratio.name}` in full:\n"]
        parts += [f"```sql\n{compile_metric(ratio.name, (), {}, definitions)}\n```\n"]
    return "\n".join(parts)


def write_metrics_page(path: Path) -> Path:
    """Write the page; returns its path."""
    path.write_text(metrics_page(), encoding="utf-8")
    return path


def _how(metric: Metric, definitions: Definitions) -> str:
    if metric.measure:
        measure = definitions.model_of(metric).measures[metric.measure]
        last = f", at the last `{measure.at_last}`" if measure.at_last else ""
        return f"sum of `{measure.expression}`{last}"
    if metric.terms:
        return " + ".join(f"`{term}`" for term in metric.terms)
    return f"`{metric.numerator}` / `{metric.denominator}`"
