"""Every coded value that the models can write has a French and an English label."""

from __future__ import annotations

import csv
import re

import pytest

from p4dp.indicators.measures import catalogue_rows
from p4dp.settings import PROJECT_ROOT

MODELS = PROJECT_ROOT / "dbt_project" / "models" / "indicators"


def labels(kind: str) -> set[str]:
    with (PROJECT_ROOT / "seeds" / "catalogue" / "label.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    assert all(row["label_fr"].strip() and row["label_en"].strip() for row in rows)
    return {row["code"] for row in rows}


def written_reasons() -> set[str]:
    """Reason codes as the SQL of the measures spells them."""
    found: set[str] = set()
    for path in [*(MODELS / "measures").rglob("*.sql"), *(MODELS / "facts").rglob("*status.sql")]:
        sql = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"'([a-z0-9_]+)'\s+(?:end\s+)?as reason_code", sql))
        for case in re.findall(
            r"case\b((?:(?!\bcase\b).)*?)end\s+as (?:\w+_)?reason_code", sql, re.S
        ):
            found |= set(re.findall(r"(?:then|else) '([a-z0-9_]+)'", case))
        found |= set(re.findall(r"excluded_by_lists\([^\]]*\],\s*'([a-z0-9_]+)'", sql))
        for lists in re.findall(
            r"list_name as reason_code\s+from \w+\s+where list_name in \(([^)]*)\)", sql
        ):
            found |= set(re.findall(r"'([a-z0-9_]+)'", lists))
    return found


def test_the_search_finds_reasons_of_every_shape():
    assert {
        "above_target",  # a literal
        "polyp_surveillance",  # a case
        "cervical_cancer",  # a macro's argument
        "palliative",  # a list that names its own reason
        "not_linked",  # the status itself
    } <= written_reasons()


def test_every_reason_has_a_label():
    reasons = written_reasons()
    for row in catalogue_rows(PROJECT_ROOT):
        reasons |= {row["record_unknown_reason"], row["linked_unknown_reason"]}
    assert sorted(reasons - {""} - labels("reason")) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("status", {"met", "not_met", "declined", "excluded", "unknown", "not_applicable"}),
        ("evidence_source", {"ehr", "snds", "both"}),
    ],
)
def test_statuses_and_sources_have_labels(kind, values):
    assert labels(kind) == values


def test_every_state_of_the_pathway_has_a_label():
    sql = (MODELS / "pathway" / "fct_out_of_pathway.yml").read_text(encoding="utf-8")
    states = re.search(r"values:\n((?:\s+- \w+\n)+)", sql)
    assert states is not None
    assert set(re.findall(r"- (\w+)", states[1])) <= labels("pathway_state")
