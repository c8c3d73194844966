"""Writing a measure: the scaffold runs, and what does not fit together is named."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from p4dp.errors import P4dpError
from p4dp.indicators import (
    check_case_definitions,
    check_measures,
    definitions_of,
    generate_union,
    load_case_definitions,
    load_measures,
    new_measure,
    write_pages,
)
from p4dp.indicators.case_definitions import DEFINITIONS, PATIENTS, PROVEN
from p4dp.indicators.measures import CATALOGUE, CODE_LISTS, MEASURES, SPECS, UNION
from p4dp.indicators.pages import RATE_PATIENTS, RATES
from p4dp.settings import PROJECT_ROOT


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the files that measures consist of."""
    for folder in (MEASURES, SPECS, PATIENTS, RATE_PATIENTS):
        shutil.copytree(PROJECT_ROOT / folder, tmp_path / folder)
    for file in (UNION, CATALOGUE, DEFINITIONS, PROVEN, *RATES.values(), *CODE_LISTS):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_ROOT / file, tmp_path / file)
    return tmp_path


def edit_catalogue(project: Path, indicator_id: str, **changes: str) -> None:
    path = project / CATALOGUE
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["indicator_id"] == indicator_id:
            row.update(changes)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def scaffold(project: Path, indicator_id: str = "AST-PLAN", **options) -> list[Path]:
    defaults = {
        "title_fr": "Asthme : plan d'action écrit",
        "title_en": "Asthma: written action plan",
        "direction": "higher_is_better",
        "family": "chronic",
    }
    return new_measure(indicator_id, root=project, **(defaults | options))


def test_the_measures_of_the_project_fit_together():
    assert check_measures() == []


def test_a_scaffolded_measure_is_one_folder_and_one_row(project):
    files = scaffold(project)
    assert {path.parent.name for path in files if "measures" in path.parts} == {"ast_plan"}
    assert all(path.is_file() for path in files)
    # What only its author can write is missing, nothing else.
    problems = check_measures(project)
    assert len(problems) == 2 and all("AST-PLAN" in problem for problem in problems)
    assert "rule_fr, rule_en, source" in problems[0] and "1 worked patients" in problems[1]
    edit_catalogue(project, "AST-PLAN", rule_fr="…", rule_en="…", source="…")
    spec = project / SPECS / "AST-PLAN.md"
    spec.write_text(spec.read_text() + "| another | F 1960-05 | | not_met | not_met |\n" * 11)
    assert check_measures(project) == []
    measure = load_measures(project)[-1]
    assert (measure.indicator_id, measure.parts) == ("AST-PLAN", ("denominator", "numerator"))
    assert "ind_ast_plan__numerator" in (project / UNION).read_text()


def test_a_measure_is_not_scaffolded_twice(project):
    scaffold(project)
    with pytest.raises(P4dpError, match="already in the catalogue"):
        scaffold(project)


@pytest.mark.parametrize("name", ["dm-foot", "DMFOOT", "DM FOOT", "DM_FOOT", ""])
def test_an_unreadable_name_is_refused(project, name):
    with pytest.raises(P4dpError, match="not an indicator name"):
        scaffold(project, name)


def test_a_measure_without_direction_is_refused(project):
    edit_catalogue(project, "DM-A1C2", direction="")
    assert any(
        "DM-A1C2" in problem and "direction" in problem for problem in check_measures(project)
    )


def test_a_part_that_the_union_does_not_know_is_drift(project):
    part = project / MEASURES / "dm_a1c2" / "ind_dm_a1c2__declined.sql"
    part.write_text("select 1")
    assert any("p4dp indicator generate" in problem for problem in check_measures(project))
    assert generate_union(project) and not generate_union(project)
    assert check_measures(project) == []


def test_a_folder_without_row_and_a_row_without_worked_patients_are_named(project):
    (project / MEASURES / "stray").mkdir()
    (project / SPECS / "DM-A1C2.md").unlink()
    problems = " ".join(check_measures(project))
    assert "stray" in problems and "worked patients" in problems


def test_a_row_without_folder_is_refused(project):
    edit_catalogue(project, "DM-A1C2", folder="absent")
    with pytest.raises(P4dpError, match="absent"):
        check_measures(project)


def test_versions_may_not_be_valid_at_the_same_time(project):
    with (project / CATALOGUE).open("a", newline="") as file:
        row = next(
            row
            for row in csv.DictReader((project / CATALOGUE).open())
            if row["indicator_id"] == "DM-A1C2"
        )
        row |= {"indicator_version": "2", "valid_from": "2024-01-01"}
        csv.DictWriter(file, fieldnames=list(row), lineterminator="\n").writerow(row)
    assert any("same time" in problem for problem in check_measures(project))
    edit_catalogue(project, "DM-A1C2", valid_to="2024-01-01")
    with (project / CATALOGUE).open() as file:
        assert sum("DM-A1C2" in line for line in file) == 2


def add_code(project: Path, **row: str) -> None:
    path = project / CODE_LISTS[1]
    with path.open(newline="") as file:
        fields = csv.DictReader(file).fieldnames or []
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(fields), lineterminator="\n", restval="")
        writer.writerow({"code_system": "ATC", "match_type": "prefix", "role": "case"} | row)


def test_a_code_that_stands_twice_over_the_same_dates_is_refused(project):
    add_code(project, list_name="trial", code="A10A", valid_to="2020-01-01")
    add_code(project, list_name="trial", code="A10A", valid_from="2020-01-01")
    assert check_measures(project) == []
    add_code(project, list_name="trial", code="A10A", valid_from="2024-01-01")
    assert any("trial: ATC A10A stands twice" in problem for problem in check_measures(project))


def test_a_code_that_ends_before_it_starts_is_refused(project):
    add_code(
        project, list_name="trial", code="A10A", valid_from="2024-01-01", valid_to="2023-01-01"
    )
    assert any("ends before it starts" in problem for problem in check_measures(project))


def test_a_measure_of_an_expired_or_absent_list_is_refused(project):
    add_code(project, list_name="trial", code="A10A", valid_to="2020-01-01")
    edit_catalogue(project, "DM-A1C2", code_lists="trial")
    assert any("expired" in problem for problem in check_measures(project))
    edit_catalogue(project, "DM-A1C2", code_lists="no_such_list")
    assert any("does not exist" in problem for problem in check_measures(project))


def test_a_page_shows_rule_codes_and_worked_patients(project, tmp_path):
    pages = {path.name: path.read_text() for path in write_pages(tmp_path / "pages", root=project)}
    others = len(load_case_definitions(project)) + len(RATES)
    assert len(pages) == len(load_measures(project)) + others + 1
    page = pages["scr-crc-elig.md"]
    assert "colorectal cancer, CISP-2" in page and "C18" in page and "```sql" in page
    assert "SCR-CRC-ELIG</span>](scr-crc-elig.md)" in pages["index.md"]


def test_the_case_definitions_of_the_project_fit_together():
    assert check_case_definitions() == []


def test_a_definition_without_list_rule_or_patients_is_named(project):
    seed = project / DEFINITIONS
    seed.write_text(
        seed.read_text().replace("ckd_specific", "no_such_list").replace("COPD-CASE,copd", "X,x")
    )
    problems = " ".join(check_case_definitions(project))
    assert "CKD-CASE names the code list 'no_such_list'" in problems
    assert "X: no case 'x'" in problems and "X has no worked patients" in problems
    assert "COPD-CASE.md have no row" in problems


def test_a_measure_uses_the_definitions_its_sql_names(project):
    definitions = load_case_definitions(project)
    used = {
        measure.indicator_id: {d.case_id for d in definitions_of(measure, definitions, project)}
        for measure in load_measures(project)
    }
    assert used["HF-4P"] == {"HF-CASE"} and used["POLY5-65"] == set()
    # Any chronic disease, and by way of another measure.
    assert used["OUT-GP12"] == {d.case_id for d in definitions} == used["OUT-GP24"]
    assert used["CKD-SCREEN"] == {"DM-CASE", "CKD-CASE", "HTA-CASE", "ASCVD-CASE"}


def test_a_case_definition_has_a_page_and_its_measures_lead_there(project, tmp_path):
    pages = {path.name: path.read_text() for path in write_pages(tmp_path / "pages", root=project)}
    page = pages["hf-case.md"]
    assert "I50…" in page and "stays: main diagnosis" in page and "hf-4p.md" in page
    assert "Possible only" in page and "loop diuretic" in page
    assert "hf-case.md" in pages["hf-4p.md"] and "dm-case.md" in pages["index.md"]
    assert "dispensings per 100 patients" in pages["atb-rate.md"]
