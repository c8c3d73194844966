"""Case definitions: when somebody is known to have a disease, by name, and which measures say so.

The rules themselves are SQL (`int_indicators__case` for what is proven, the problem list for what
is possible only); a definition gives them a public name, words, code lists and worked patients.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from p4dp.indicators.measures import (
    CODE_LISTS,
    MEASURES,
    SPECS,
    Measure,
    check_worked_patients,
)
from p4dp.settings import PROJECT_ROOT

DEFINITIONS = Path("seeds/catalogue/case_definition.csv")
PROVEN = Path("dbt_project/models/indicators/base/int_indicators__case.sql")
PATIENTS = SPECS.parent / "case_definitions"
IN_WORDS = ("title_fr", "title_en", "rule_fr", "rule_en", "possible_fr", "possible_en", "source")


@dataclass(frozen=True)
class CaseDefinition:
    """One row of the seed, in words; `case_name` is its name in the SQL."""

    case_id: str
    case_name: str
    row: dict[str, str]

    @property
    def code_lists(self) -> list[str]:
        return [name for name in self.row["code_lists"].split("|") if name]

    @property
    def patients(self) -> Path:
        """The table of its worked patients."""
        return PATIENTS / f"{self.case_id}.md"


def load_case_definitions(root: Path = PROJECT_ROOT) -> list[CaseDefinition]:
    """All definitions in the order of the seed."""
    with (root / DEFINITIONS).open(encoding="utf-8", newline="") as file:
        return [
            CaseDefinition(row["case_id"], row["case_name"], row) for row in csv.DictReader(file)
        ]


def definitions_of(
    measure: Measure, definitions: list[CaseDefinition], root: Path = PROJECT_ROOT
) -> list[CaseDefinition]:
    """The definitions the SQL of a measure names, its own or that of the measure it builds on."""
    seen: set[str] = set()
    waiting = [measure.model(part) for part in measure.parts]
    named: set[str] = set()
    while waiting:
        model = waiting.pop()
        if model in seen:
            continue
        seen.add(model)
        folder = model.removeprefix("ind_").rpartition("__")[0]
        sql = (root / MEASURES / folder / f"{model}.sql").read_text("utf-8")
        waiting += re.findall(r"ref\('(ind_\w+)'\)", sql)
        if "ref('int_indicators__case')" in sql:
            # Without a name, any of the diseases will do.
            quoted = set(re.findall(r"'(\w+)'", sql)) & {d.case_name for d in definitions}
            named |= quoted or (set() if "case_name" in sql else {d.case_name for d in definitions})
    return [definition for definition in definitions if definition.case_name in named]


def check_case_definitions(root: Path = PROJECT_ROOT) -> list[str]:
    """What keeps definitions, SQL, code lists and worked patients apart, one sentence each."""
    problems = []
    proven = (root / PROVEN).read_text("utf-8")
    lists: set[str] = set()
    for path in CODE_LISTS:
        with (root / path).open(encoding="utf-8", newline="") as file:
            lists |= {row["list_name"] for row in csv.DictReader(file)}
    definitions = load_case_definitions(root)
    for definition in definitions:
        name = definition.case_id
        if f"'{definition.case_name}'" not in proven:
            problems.append(f"{name}: no case {definition.case_name!r} in {PROVEN.name}")
        missing = [column for column in IN_WORDS if not definition.row[column].strip()]
        if missing:
            problems.append(f"{name} has no {', '.join(missing)} in {DEFINITIONS}")
        problems += [
            f"{name} names the code list {code_list!r}, which does not exist"
            for code_list in definition.code_lists
            if code_list not in lists
        ]
        problems += check_worked_patients(name, definition.patients, root)
    known = {definition.case_id for definition in definitions}
    for table in sorted((root / PATIENTS).glob("*.md")):
        if table.stem not in known:
            problems.append(f"the worked patients {table.name} have no row in {DEFINITIONS}")
    return problems
