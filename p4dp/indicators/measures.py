"""A measure is a folder of SQL parts and a row of the catalogue; this module keeps them together.

A part is a dbt model `ind_<folder>__<part>` that returns intervals, `unit_key, valid_from,
valid_to`, and what the part needs besides (`reason_code` for an exclusion, `evidence_date` and
`evidence_source` for a numerator). dbt cannot discover models, so the union of all parts,
`int_indicators__part.sql`, is generated from the folders and checked for drift.
"""

from __future__ import annotations

import csv
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT

MEASURES = Path("dbt_project/models/indicators/measures")
UNION = Path("dbt_project/models/indicators/base/int_indicators__part.sql")
CATALOGUE = Path("seeds/catalogue/indicator.csv")
SPECS = Path("tests/spec/cases")
CODE_LISTS = (
    Path("seeds/vocabulary/code_list.csv"),
    Path("seeds/catalogue/indicator_code_list.csv"),
)

PARTS = ("denominator", "exclusion", "numerator", "declined", "not_met", "unobservable")
REQUIRED_PARTS = ("denominator", "numerator")
DIRECTIONS = ("higher_is_better", "lower_is_better")
EXTRA_COLUMNS = {
    "denominator": (),
    "exclusion": ("reason_code",),
    "numerator": ("evidence_date", "evidence_source"),
    "declined": ("evidence_date", "evidence_source"),
    "not_met": ("evidence_date", "evidence_source", "reason_code"),
    "unobservable": ("reason_code",),
}
COLUMN_TYPES = {
    "reason_code": "string",
    "evidence_date": "date",
    "evidence_source": "string",
}
REGENERATE = "p4dp indicator generate"
WORKED_PATIENTS = 12
IN_WORDS = ("title_fr", "title_en", "rule_fr", "rule_en", "source")


@dataclass(frozen=True)
class Measure:
    """One version of an indicator: its catalogue row and the parts its folder holds."""

    indicator_id: str
    indicator_version: str
    folder: str
    parts: tuple[str, ...]
    valid_from: str = ""
    valid_to: str = ""

    def model(self, part: str) -> str:
        return f"ind_{self.folder}__{part}"

    @property
    def spec(self) -> Path:
        """The table of its worked patients."""
        version = "" if self.indicator_version == "1" else f".{self.indicator_version}"
        return SPECS / f"{self.indicator_id}{version}.md"


def catalogue_rows(root: Path = PROJECT_ROOT) -> list[dict[str, str]]:
    """The rows of the indicator catalogue, as written."""
    with (root / CATALOGUE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_measures(root: Path = PROJECT_ROOT) -> list[Measure]:
    """All measures of the catalogue, in its order, with the parts found in their folders.

    Raises:
        P4dpError: a row names a folder that is absent.
    """
    measures = []
    for number, row in enumerate(catalogue_rows(root), start=2):
        folder = root / MEASURES / row["folder"]
        if not folder.is_dir():
            raise P4dpError(
                f"the catalogue names the measure folder {row['folder']!r}, which does not exist",
                file=root / CATALOGUE,
                row=number,
                column="folder",
                remedy=f"create {MEASURES / row['folder']} or correct the row",
            )
        parts = tuple(p for p in PARTS if (folder / f"ind_{row['folder']}__{p}.sql").is_file())
        measures.append(
            Measure(
                row["indicator_id"],
                row["indicator_version"],
                row["folder"],
                parts,
                row["valid_from"],
                row["valid_to"],
            )
        )
    return measures


def union_sql(measures: list[Measure]) -> str:
    """The model that stacks the parts of all measures in one narrow relation.

    Each part is read once; repeats and people outside the denominator are left out of the whole
    stack at once. (Asked branch by branch, every denominator is planned up to five times.)
    """
    denominators = [_denominator(measure) for measure in measures]
    others = [
        _part(measure, part)
        for measure in measures
        for part in PARTS
        if part in measure.parts and part != "denominator"
    ]
    nothing = ",\n".join(
        f"    cast(null as {type_}) as {name}" for name, type_ in COLUMN_TYPES.items()
    )
    described = ",\n    ".join(f"other_part.{name}" for name in COLUMN_TYPES)
    stack = "\nunion all\n"
    return f"""\
-- Generated from the folders of measures by `{REGENERATE}`: do not edit.
-- Evidence is kept for people of the denominator only.
with

denominator_part as (
{_indented(stack.join(denominators))}
),

other_part as (
{_indented(stack.join(others))}
),

-- A join, not a condition: Spark would push a condition into every branch of the stack.
member as (
    select distinct
        denominator_part.indicator_id,
        denominator_part.indicator_version,
        denominator_part.unit_key
    from denominator_part
)

select distinct
    denominator_part.indicator_id,
    denominator_part.indicator_version,
    'denominator' as part,
    denominator_part.unit_key,
    denominator_part.valid_from,
    denominator_part.valid_to,
{nothing}
from denominator_part
union all
select distinct
    other_part.indicator_id,
    other_part.indicator_version,
    other_part.part,
    other_part.unit_key,
    other_part.valid_from,
    other_part.valid_to,
    {described}
from other_part
inner join member
    on
        other_part.unit_key = member.unit_key
        and other_part.indicator_id = member.indicator_id
        and other_part.indicator_version = member.indicator_version
"""


def _denominator(measure: Measure) -> str:
    return f"""\
select
    '{measure.indicator_id}' as indicator_id,
    '{measure.indicator_version}' as indicator_version,
    part.unit_key,
    part.valid_from,
    part.valid_to
{_source(measure, "denominator")}"""


def _part(measure: Measure, part: str) -> str:
    extra = EXTRA_COLUMNS[part]
    columns = ",\n".join(
        f"    part.{name}" if name in extra else f"    cast(null as {type_}) as {name}"
        for name, type_ in COLUMN_TYPES.items()
    )
    return f"""\
select
    '{measure.indicator_id}' as indicator_id,
    '{measure.indicator_version}' as indicator_version,
    '{part}' as part,
    part.unit_key,
    part.valid_from,
    part.valid_to,
{columns}
{_source(measure, part)}"""


def _source(measure: Measure, part: str) -> str:
    return f"""\
from {{{{ ref('{measure.model(part)}') }}}} as part
where
    part.valid_from < part.valid_to{_in_force(measure)}"""


def _indented(sql: str) -> str:
    return textwrap.indent(sql, "    ")


def _in_force(measure: Measure) -> str:
    """Only what touches the dates of the version is kept."""
    condition = ""
    if measure.valid_from:
        condition += f"\n    and part.valid_to > cast('{measure.valid_from}' as date)"
    if measure.valid_to:
        condition += f"\n    and part.valid_from < cast('{measure.valid_to}' as date)"
    return condition


def generate_union(root: Path = PROJECT_ROOT) -> bool:
    """Write the union; True when it changed."""
    path, text = root / UNION, union_sql(load_measures(root))
    if path.is_file() and path.read_text("utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def check_measures(root: Path = PROJECT_ROOT) -> list[str]:
    """What keeps catalogue, folders, union and spec cases apart, one sentence each."""
    problems = []
    rows = catalogue_rows(root)
    measures = load_measures(root)
    seen: set[tuple[str, str]] = set()
    for row, measure in zip(rows, measures, strict=True):
        name = f"{measure.indicator_id} version {measure.indicator_version}"
        if (measure.indicator_id, measure.indicator_version) in seen:
            problems.append(f"{name} stands twice in {CATALOGUE}")
        seen.add((measure.indicator_id, measure.indicator_version))
        if row["direction"] not in DIRECTIONS:
            problems.append(f"{name} has no direction ({' or '.join(DIRECTIONS)}) in {CATALOGUE}")
        for part in REQUIRED_PARTS:
            if part not in measure.parts:
                problems.append(f"{name} has no {measure.model(part)}.sql")
        missing = [column for column in IN_WORDS if not row[column].strip()]
        if missing:
            problems.append(f"{name} has no {', '.join(missing)} in {CATALOGUE}")
        problems += check_worked_patients(name, measure.spec, root)
    for first, second in _overlapping_versions(rows):
        problems.append(f"{first} and {second} are valid at the same time")
    problems += check_code_lists(root)
    known = {measure.folder for measure in measures}
    for folder in sorted((root / MEASURES).iterdir()):
        if folder.is_dir() and folder.name not in known:
            problems.append(f"the folder {folder.name} has no row in {CATALOGUE}")
    union = root / UNION
    if not union.is_file() or union.read_text("utf-8") != union_sql(measures):
        problems.append(f"{UNION} is not what the folders say: run `{REGENERATE}`")
    return problems


def check_worked_patients(name: str, table: Path, root: Path) -> list[str]:
    """The sentence that says that a table of worked patients is missing or too short, if it is."""
    spec = root / table
    lines = spec.read_text("utf-8").splitlines() if spec.is_file() else []
    patients = max(0, sum(line.startswith("|") for line in lines) - 2)
    if patients >= WORKED_PATIENTS:
        return []
    return [
        f"{name} has {patients or 'no'} worked patients in {table}:"
        f" {WORKED_PATIENTS} or more are needed"
    ]


def check_code_lists(root: Path = PROJECT_ROOT) -> list[str]:
    """What is wrong with the dates of code lists, and with how measures name them, by sentence.

    A code may stand several times in a list, over dates that do not overlap; a row ends after it
    starts; a measure names lists that exist and still have a row in force in its last year.
    """
    problems = []
    spans: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    ends: dict[str, list[tuple[str, str]]] = {}
    for path in CODE_LISTS:
        with (root / path).open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                start, end = row["valid_from"] or "0001-01-01", row["valid_to"] or "9999-12-31"
                name = f"{row['list_name']}: {row['code_system']} {row['code']}"
                if end <= start:
                    problems.append(f"{name} ends before it starts ({path}, line {number})")
                key = (row["list_name"], row["code_system"], row["code"])
                for other_start, other_end in spans.setdefault(key, []):
                    if start < other_end and other_start < end:
                        problems.append(
                            f"{name} stands twice over the same dates ({path}, line {number})"
                        )
                spans[key].append((start, end))
                ends.setdefault(row["list_name"], []).append((start, end))
    for row in catalogue_rows(root):
        name = f"{row['indicator_id']} version {row['indicator_version']}"
        since, until = row["valid_from"], row["valid_to"] or "9999-12-31"
        for list_name in filter(None, row["code_lists"].split("|")):
            if list_name not in ends:
                problems.append(f"{name} names the code list {list_name!r}, which does not exist")
            elif not any(start < until and end >= until for start, end in ends[list_name]):
                problems.append(
                    f"{name} (from {since}) reads the code list {list_name!r}, which has expired"
                )
    return problems


def _overlapping_versions(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    def name(row: dict[str, str]) -> str:
        return f"{row['indicator_id']} version {row['indicator_version']}"

    def end(row: dict[str, str]) -> str:
        return row["valid_to"] or "9999-12-31"

    return [
        (name(first), name(second))
        for index, first in enumerate(rows)
        for second in rows[index + 1 :]
        if first["indicator_id"] == second["indicator_id"]
        and first["valid_from"] < end(second)
        and second["valid_from"] < end(first)
    ]


def new_measure(
    indicator_id: str,
    *,
    title_fr: str,
    title_en: str,
    direction: str,
    family: str,
    look_back_months: int = 12,
    root: Path = PROJECT_ROOT,
) -> list[Path]:
    """Scaffold a measure (folder, parts, yml, catalogue row, spec table, union): the files made.

    Args:
        indicator_id: public name in capitals, such as `DM-A1C2`.
        look_back_months: months over which a "no" must have been observable.

    Raises:
        P4dpError: the name or direction is not valid, or the measure exists.
    """
    if not re.fullmatch(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+", indicator_id):
        raise P4dpError(
            f"{indicator_id!r} is not an indicator name",
            expected="capitals, digits and dashes, such as DM-A1C2",
        )
    if direction not in DIRECTIONS:
        raise P4dpError(f"{direction!r} is not a direction", expected=" or ".join(DIRECTIONS))
    rows = catalogue_rows(root)
    if any(row["indicator_id"] == indicator_id for row in rows):
        raise P4dpError(
            f"{indicator_id} is already in the catalogue",
            file=root / CATALOGUE,
            remedy="give the new version its own folder and row by hand, with its dates",
        )
    folder = indicator_id.lower().replace("-", "_")
    target = root / MEASURES / folder
    target.mkdir(parents=True)
    made = []
    for part in REQUIRED_PARTS:
        model = f"ind_{folder}__{part}"
        for suffix, text in (
            ("sql", _scaffold_sql(part, look_back_months)),
            ("yml", part_yml(model, part, title_en)),
        ):
            path = target / f"{model}.{suffix}"
            path.write_text(text, encoding="utf-8")
            made.append(path)
    row = dict.fromkeys(rows[0], "") | {
        "indicator_id": indicator_id,
        "indicator_version": "1",
        "folder": folder,
        "family": family,
        "title_fr": title_fr,
        "title_en": title_en,
        "direction": direction,
        "population_label": "eligible",
        "look_back_months": str(look_back_months),
        "record_observed_by": "ehr",
        "linked_observed_by": "either",
        "record_unknown_reason": "practice_not_observed",
        "linked_unknown_reason": "not_observed",
        "verification": "to_verify",
        "valid_from": "2015-01-01",
    }
    with (root / CATALOGUE).open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n").writerow(row)
    spec = root / SPECS / f"{indicator_id}.md"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text(_scaffold_spec(indicator_id, title_en), encoding="utf-8")
    generate_union(root)
    return [*made, root / CATALOGUE, spec, root / UNION]


def _scaffold_sql(part: str, months: int) -> str:
    if part == "denominator":
        return """\
-- Who the measure is about.
select
    unit_key,
    {{ age_reached('birth_month_date', 18) }} as valid_from,
    life_end_date as valid_to
from {{ ref('int_indicators__unit') }}
where birth_month_date is not null
"""
    return f"""\
-- What proves that it was done, and for how long the proof counts.
select
    unit_key,
    event_date as valid_from,
    {{{{ window_end('event_date', {months}) }}}} as valid_to,
    event_date as evidence_date,
    evidence_source
from {{{{ ref('int_indicators__event') }}}}
where list_name = 'name of the code list'
"""


DESCRIPTIONS = {
    "denominator": "One row per unit and interval in which the measure is about it",
    "exclusion": "One row per unit, reason and interval in which it is excluded",
    "numerator": "One row per unit and interval over which a proof counts",
    "declined": "One row per unit and interval after an offer that was refused",
    "not_met": "One row per unit and interval in which the contrary is recorded",
    "unobservable": "One row per unit, reason and interval in which a no could not have been seen",
}


def part_yml(model: str, part: str, title: str) -> str:
    """The contract of a part: its columns follow from its kind."""
    columns = [
        ("unit_key", "bigint", "Person seen through one practice, or through all linked sources."),
        ("valid_from", "date", "First reference date on which it holds."),
        ("valid_to", "date", "First reference date on which it no longer holds."),
    ]
    details = {
        "reason_code": "Why.",
        "evidence_date": "Date of the proof.",
        "evidence_source": "ehr or snds.",
    }
    columns += [(n, t, details[n]) for n, t in COLUMN_TYPES.items() if n in EXTRA_COLUMNS[part]]
    lines = [
        "version: 2",
        "models:",
        f"  - name: {model}",
        "    description: >-",
        f"      {DESCRIPTIONS[part]}: {title}.",
        "    columns:",
    ]
    for name, type_, description in columns:
        lines += [
            f"      - name: {name}",
            f"        data_type: {type_}",
            f"        description: {description}",
        ]
    return "\n".join(lines) + "\n"


def _scaffold_spec(indicator_id: str, title: str) -> str:
    return f"""\
# {indicator_id}: {title}

Reference date 2025-06-30. The words are explained in `../README.md`.

| case | person | history | record | linked |
| --- | --- | --- | --- | --- |
| nothing is known | F 1960-05 | | not_met | not_met |
"""
