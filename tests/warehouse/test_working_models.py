"""What holds the due persons only is read by nothing that speaks of everybody."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from p4dp.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "dbt_project" / "models"
# Reads the run's date, to know which practices have fallen silent, and speaks of units in work.
READS_THE_DATE = {"int_indicators__observation"}


def texts() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in MODELS.rglob("*.sql")}


def references(sql: str) -> set[str]:
    return set(re.findall(r"ref\('([a-z0-9_]+)'\)", sql))


def kept_models(folders: dict) -> set[str]:
    """Models of `indicators` that dbt_project.yml keeps by due persons."""
    kept = set()
    for name, settings in folders.items():
        if isinstance(settings, dict) and not name.startswith("+"):
            if "delete_due_persons" in str(settings.get("+pre-hook")):
                kept.add(name)
            kept |= kept_models(settings)
    return kept


def working_models(sql: dict[str, str], kept: set[str]) -> set[str]:
    """Those that read facts of persons in work, and those made of them."""
    working = {name for name, text in sql.items() if "is_in_work(" in text} - kept
    while True:
        more = {
            name
            for name, text in sql.items()
            if name not in kept | working
            and references(text) & working
            and "ref('stg_run')" not in text
        }
        if not more:
            return working
        working |= more


def test_figures_at_the_runs_date_read_no_model_of_persons_in_work() -> None:
    project = yaml.safe_load(Path(PROJECT_ROOT / "dbt_project.yml").read_text("utf-8"))
    sql = texts()
    kept = kept_models(project["models"]["p4dp"]["indicators"])
    working = working_models(sql, kept)
    assert "int_indicators__event" in working and "int_indicators__part" in kept
    wrong = {
        name: sorted(references(text) & working)
        for name, text in sql.items()
        if name not in kept
        and name not in READS_THE_DATE
        and references(text) & working
        and (name not in working or not name.startswith(("int_", "ind_")))
    }
    assert wrong == {}


def test_what_is_kept_does_not_depend_on_the_runs_date() -> None:
    """But for the frame: the calendar year it lies in."""
    project = yaml.safe_load(Path(PROJECT_ROOT / "dbt_project.yml").read_text("utf-8"))
    sql = texts()
    kept = kept_models(project["models"]["p4dp"]["indicators"])
    concerned = kept | working_models(sql, kept)
    assert [
        name
        for name in sorted(concerned - READS_THE_DATE)
        if "as_of_date" in re.sub(r"--.*", "", sql[name])
    ] == []
