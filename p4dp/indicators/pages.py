"""The public page of each measure: rule, code lists, SQL, versions, worked patients, figures.

Everything comes from the files the warehouse itself runs on, so a page cannot say another thing
than the measure does. Figures are those of the current release, after disclosure control.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError
from p4dp.indicators.case_definitions import (
    CaseDefinition,
    definitions_of,
    load_case_definitions,
)
from p4dp.indicators.measures import (
    CODE_LISTS,
    MEASURES,
    SPECS,
    Measure,
    catalogue_rows,
    load_measures,
)
from p4dp.metrics import compile_metric
from p4dp.settings import PROJECT_ROOT, Home

CALENDAR = Path("seeds/clinical/vaccination_calendar.csv")
PUBLISHED = Path("seeds/catalogue/reference_figure.csv")
# Rates that count events have a table of their own and no status of a person: their model by name.
RATES = {"ATB-RATE": Path("dbt_project/models/indicators/prescribing/fct_antibiotic_rate.sql")}
RATE_PATIENTS = SPECS.parent / "rates"
FAMILIES = {
    "screening": "Cancer screening",
    "cardiovascular": "Cardiovascular",
    "chronic": "Chronic diseases",
    "prescribing": "Prescribing",
    "pathway": "Care pathway",
    "vaccination": "Vaccination",
    "recording": "Recording quality",
    "fmt": "Payment scheme of 2026 (FMT)",
}
LABELS = {
    "population": "everybody in the ages named, nobody left out",
    "eligible": "people for whom the measure is meant, exclusions taken out",
    "coverage": "any accepted test, within the programme or outside it",
    "cases": "people with the disease or event named",
}
OBSERVED_BY = {
    "ehr": "the practice was delivering over the whole look-back",
    "claims": "the person's claims were known over the whole look-back",
    "dispensing": "the person's dispensings were known over the whole look-back",
    "either": "the practice was delivering, or claims were known, over the whole look-back",
    "evidence": "an answer, yes or no, is recorded",
    "none": "never: without a yes the status stays unknown",
}
PART_TITLES = {
    "denominator": "Whom it is about",
    "exclusion": "Who is excluded",
    "numerator": "What counts as done",
    "declined": "What counts as declined",
    "not_met": "What counts as the contrary",
    "unobservable": "Where a no could not have been seen",
}
FIGURES = (
    "published_indicator_share",
    "published_indicator_share_low",
    "published_indicator_share_high",
)
WORDS = "worked-patients.md"
WIDTH, HEIGHT, MARGIN = 640, 200, 34


@dataclass(frozen=True)
class Point:
    """One published figure of the country; shares 0-1, None where suppressed."""

    reference_date: date
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Territory:
    """One region or department at the last date; shares 0-1, None where suppressed."""

    level: str
    code: str
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LinkEffect:
    """How far errors of linkage could move the country's figure, in the worst case; shares 0-1."""

    down: float
    up: float
    false_links: float


@dataclass(frozen=True)
class Figures:
    """What the current release says of a measure, by `(indicator_id, indicator_version)`."""

    points: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    territories: dict[tuple[str, str], list[Territory]] = field(default_factory=dict)
    effects: dict[tuple[str, str], LinkEffect] = field(default_factory=dict)


@dataclass(frozen=True)
class Notes:
    """What a page shows besides the measure's own files, by name."""

    codes: dict[str, list[dict[str, str]]]
    calendar: dict[str, list[dict[str, str]]]
    published: dict[str, list[dict[str, str]]]
    siblings: list[Measure]
    rows: dict[tuple[str, str], dict[str, str]]
    definitions: dict[str, list[CaseDefinition]]


def write_pages(out: Path, home: Home | None = None, root: Path = PROJECT_ROOT) -> list[Path]:
    """Write one Markdown page per measure, case definition and rate, and an index; the files.

    Args:
        out: folder of the pages; made when absent.
        home: where to look for the current release; without one the pages have no figures.
    """
    rows = {(row["indicator_id"], row["indicator_version"]): row for row in catalogue_rows(root)}
    measures = load_measures(root)
    definitions = load_case_definitions(root)
    notes = Notes(
        codes=_codes(root),
        calendar=_by(root / CALENDAR, "rule_name"),
        published=_by(root / PUBLISHED, "indicator_id"),
        siblings=measures,
        rows=rows,
        definitions={m.folder: definitions_of(m, definitions, root) for m in measures},
    )
    figures = _figures(home) if home else Figures()
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for measure in measures:
        row = rows[measure.indicator_id, measure.indicator_version]
        path = out / f"{_slug(measure)}.md"
        path.write_text(_page(measure, row, notes, figures, root), encoding="utf-8")
        written.append(path)
    for definition in definitions:
        path = out / f"{definition.case_id.lower()}.md"
        path.write_text(_definition_page(definition, notes, root), encoding="utf-8")
        written.append(path)
    for rate_id, model in RATES.items():
        path = out / f"{rate_id.lower()}.md"
        path.write_text(_rate_page(rate_id, model, root), encoding="utf-8")
        written.append(path)
    words = root / SPECS.parent / "README.md"
    if words.is_file():
        written.append(out / WORDS)
        written[-1].write_text(words.read_text("utf-8"), encoding="utf-8")
    index = out / "index.md"
    index.write_text(_index(measures, rows, definitions, figures), encoding="utf-8")
    return [*written, index]


def _slug(measure: Measure) -> str:
    version = "" if measure.indicator_version == "1" else f"-{measure.indicator_version}"
    return measure.indicator_id.lower() + version


def _codes(root: Path) -> dict[str, list[dict[str, str]]]:
    codes: dict[str, list[dict[str, str]]] = {}
    for path in CODE_LISTS:
        with (root / path).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                codes.setdefault(row["list_name"], []).append(row)
    return codes


def _by(path: Path, column: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a seed by the value of one column; none where the seed is absent."""
    found: dict[str, list[dict[str, str]]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row[column], []).append(row)
    return found


def _figures(home: Home) -> Figures:
    """The linked figures of residents, of the country and its parts; none without a release."""
    from p4dp.release import open_release

    if not home.current_release.exists():
        return Figures()
    try:
        connection = open_release(home, aggregates_only=True)
    except P4dpError:
        return Figures()
    measure = ("indicator_id", "indicator_version")
    residents = {"basis": "linked", "population_basis": "resident"}
    figures = Figures()
    with connection:
        for indicator_id, version, day, share, low, high in connection.execute(
            compile_metric(
                FIGURES,
                by=(*measure, "reference_date"),
                where=residents | {"territory_level": "country", "territory_code": "FR"},
            )
        ).fetchall():
            points = figures.points.setdefault((indicator_id, version), [])
            points.append(Point(day, share, low, high))
        for level in ("region", "departement"):
            for indicator_id, version, code, _, share, low, high in connection.execute(
                compile_metric(FIGURES, by=(*measure, level), where=residents)
            ).fetchall():
                territories = figures.territories.setdefault((indicator_id, version), [])
                territories.append(Territory(level, code, share, low, high))
        for indicator_id, version, *effect in _link_effects(connection):
            figures.effects[indicator_id, version] = LinkEffect(*effect)
    return figures


def _link_effects(
    connection: duckdb.DuckDBPyConnection,
) -> list[tuple[str, str, float, float, float]]:
    """Measure, version, how far down, how far up, share of false links; not in old releases."""
    try:
        return connection.execute(
            "select indicator_id, indicator_version, link_error_down, link_error_up,"
            " expected_false_link_share"
            " from published.pub_link_effect"
            " where link_error_down is not null and link_error_up is not null"
        ).fetchall()
    except duckdb.CatalogException:
        return []


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _link(measure: Measure) -> str:
    return _page_link(measure.indicator_id, _slug(measure))


def _index(
    measures: list[Measure],
    rows: dict[tuple[str, str], dict[str, str]],
    definitions: list[CaseDefinition],
    figures: Figures,
) -> str:
    days = [points[-1].reference_date for points in figures.points.values()]
    now = (
        f" Shares are those of residents, all linked sources, on {max(days)}; figures that count"
        " otherwise are not compared.\n"
        if days
        else "\n"
    )
    parts = ["# Indicators\n", f"Each page shows the rule as it is run.{now}"]
    families: dict[str, list[list[str]]] = {}
    for measure in measures:
        row = rows[measure.indicator_id, measure.indicator_version]
        families.setdefault(row["family"], []).append(
            [
                _link(measure),
                row["title_fr"],
                row["title_en"],
                row["population_label"],
                _last_share(figures.points.get((measure.indicator_id, measure.indicator_version))),
                row["verification"].replace("_", " "),
            ]
        )
    for family, lines in families.items():
        parts.append(f"## {FAMILIES.get(family, family.capitalize())}\n")
        parts.append(_table(["", "Titre", "Title", "Counts", "Share", "Source"], lines) + "\n")
    parts.append("## Rates that count events\n")
    parts.append(" ".join(_page_link(rate_id) for rate_id in RATES) + "\n")
    parts.append("## Case definitions\n")
    parts.append(
        _table(
            ["", "Titre", "Title", "Source"],
            [
                [
                    _page_link(definition.case_id),
                    definition.row["title_fr"],
                    definition.row["title_en"],
                    definition.row["verification"].replace("_", " "),
                ]
                for definition in definitions
            ],
        )
        + "\n"
    )
    return "\n".join(parts)


def _page_link(name: str, page: str | None = None) -> str:
    """A page by its public name, which a narrow column must not break."""
    return f'[<span style="white-space: nowrap">{name}</span>]({page or name.lower()}.md)'


def _definition_page(definition: CaseDefinition, notes: Notes, root: Path) -> str:
    row = definition.row
    used_by = [
        _link(measure)
        for measure in notes.siblings
        if definition in notes.definitions[measure.folder]
    ]
    parts = [
        f"# {definition.case_id}: {row['title_en']}\n",
        f"*{row['title_fr']}*\n",
        "## A case\n",
        f"{row['rule_en']} A case from the first proof on, for good.\n",
        f"*{row['rule_fr']} Un cas dès la première preuve, pour toujours.*\n",
        f"`int_indicators__case.case_name = '{definition.case_name}'`\n",
        "## Possible only: no measure counts it\n",
        f"{row['possible_en']}\n",
        f"*{row['possible_fr']}*\n",
        f"`fct_problem_episode.problem_id = '{row['problem_id']}'`, `certainty = 'possible'`\n",
        f"Source: {row['source']} ({row['verification'].replace('_', ' ')}).\n",
        "## Measures that use it\n",
        (" ".join(used_by) or "None.") + "\n",
        "## Worked patients\n",
        _worked_patients(root / definition.patients),
    ]
    return "\n".join(parts + _code_section(definition.code_lists, notes))


def _rate_page(rate_id: str, model: Path, root: Path) -> str:
    spec = root / RATE_PATIENTS / f"{rate_id}.md"
    title = spec.read_text("utf-8").splitlines()[0] if spec.is_file() else f"# {rate_id}"
    sql = (root / model).read_text("utf-8").rstrip()
    return (
        f"{title}\n\nIn `{model.stem}`; events per 100 patients, no share of people.\n\n"
        f"## Worked patients\n\n{_worked_patients(spec)}\n## Rule\n\n```sql\n{sql}\n```\n"
    )


def _last_share(points: list[Point] | None) -> str:
    """The share at the release's own date; empty where there is none to show."""
    if not points or points[-1].share is None:
        return ""
    return f"{points[-1].share:.1%}"


def _page(
    measure: Measure,
    row: dict[str, str],
    notes: Notes,
    figures: Figures,
    root: Path,
) -> str:
    better = (
        "A higher share is better."
        if row["direction"].startswith("h")
        else ("A lower share is better.")
    )
    until = f" to {row['valid_to']}" if row["valid_to"] else ""
    parts = [
        f"# {measure.indicator_id}: {row['title_en']}\n",
        f"*{row['title_fr']}*\n",
        f"{row['rule_en']}\n",
        f"*{row['rule_fr']}*\n",
        f"{better} It counts {LABELS[row['population_label']]}"
        " and must not be compared with a figure that counts otherwise.\n",
        _table(
            ["Version", f"{measure.indicator_version}, valid from {row['valid_from']}{until}"],
            [
                ["Source", row["source"]],
                ["Verification", row["verification"].replace("_", " ")],
                ["Look-back", f"{row['look_back_months']} months"],
                ["A no in the practice's record", OBSERVED_BY[row["record_observed_by"]]],
                ["A no once linked", OBSERVED_BY[row["linked_observed_by"]]],
            ],
        )
        + "\n",
    ]
    if cases := notes.definitions[measure.folder]:
        links = " ".join(_page_link(definition.case_id) for definition in cases)
        parts.append(f"Case definitions it uses: {links}\n")
    parts += _versions(measure, notes) + _same_subject(measure, row, notes)
    key = (measure.indicator_id, measure.indicator_version)
    if points := figures.points.get(key, []):
        parts += ["## Figures of the current release\n", _figure_section(points)]
        parts += _link_effect(figures.effects.get(key))
        parts += _territories(figures.territories.get(key, []))
    parts += _published(measure, notes) + _calendar(measure, notes)
    parts.append("## Worked patients\n")
    parts.append(_worked_patients(root / measure.spec))
    parts.append("## Rule\n")
    for part in measure.parts:
        sql = (root / MEASURES / measure.folder / f"{measure.model(part)}.sql").read_text("utf-8")
        parts += [f"### {PART_TITLES[part]}\n", f"```sql\n{sql.rstrip()}\n```\n"]
    names = [name for name in row["code_lists"].split("|") if name]
    return "\n".join(parts + _code_section(names, notes))


def _code_section(names: list[str], notes: Notes) -> list[str]:
    """The codes of these lists; nothing without a list."""
    if not names:
        return []
    lines = [
        [
            name,
            code["code_system"],
            code["code"] + ("…" if code["match_type"] == "prefix" else ""),
            _validity(code),
            code["role"] + (" (stays: main diagnosis)" if code["stay_diagnosis"] == "main" else ""),
        ]
        for name in names
        for code in notes.codes.get(name, [])
    ]
    return ["## Codes\n", _table(["List", "System", "Code", "", "Role"], lines) + "\n"]


def _versions(measure: Measure, notes: Notes) -> list[str]:
    """All versions of the rule by date, when there are several."""
    versions = [m for m in notes.siblings if m.indicator_id == measure.indicator_id]
    if len(versions) < 2:
        return []
    lines = [
        [
            f"[{version.indicator_version}]({_slug(version)}.md)",
            version.valid_from,
            version.valid_to or "still",
            notes.rows[version.indicator_id, version.indicator_version]["source"],
        ]
        for version in versions
    ]
    return ["## Versions\n", _table(["Version", "From", "To", "Source"], lines) + "\n"]


def _same_subject(measure: Measure, row: dict[str, str], notes: Notes) -> list[str]:
    """Measures of the same subject that count otherwise, so that nobody takes one for another."""
    subject = measure.indicator_id.rsplit("-", 1)[0]
    lines = []
    for other in notes.siblings:
        beside = notes.rows[other.indicator_id, other.indicator_version]
        if (
            "-" in subject
            and other.indicator_id != measure.indicator_id
            and other.indicator_id.rsplit("-", 1)[0] == subject
        ):
            counts = LABELS[beside["population_label"]]
            lines.append([_link(other), beside["title_en"], counts])
    if not lines:
        return []
    own = f"This one counts {LABELS[row['population_label']]}.\n"
    return ["## Same subject, counted otherwise\n", own, _table(["", "", "Counts"], lines) + "\n"]


def _published(measure: Measure, notes: Notes) -> list[str]:
    """Published figures to read the measure beside, each with its own denominator."""
    lines = [
        [
            f"{float(figure['share']):.1%}",
            figure["population"],
            LABELS[figure["denominator_label"]],
            figure["period"],
            figure["source"],
        ]
        for figure in notes.published.get(measure.indicator_id, [])
    ]
    if not lines:
        return []
    header = ["", "Population", "Counts", "Period", "Source"]
    return ["## Published figures\n", _table(header, lines) + "\n"]


def _months(text: str) -> str:
    """An age in months as people say it."""
    if not text:
        return ""
    months = int(text)
    return f"{months // 12} years" if months >= 24 and months % 12 == 0 else f"{months} months"


def _calendar(measure: Measure, notes: Notes) -> list[str]:
    """The rows of the vaccination calendar the measure reads."""
    lines = []
    for rule in notes.calendar.get(measure.indicator_id, []):
        until = f" to {rule['valid_to']}" if rule["valid_to"] else ""
        doses = rule["dose_count"] + (
            f" ({rule['late_dose_count']} when begun from {_months(rule['late_from_months'])})"
            if rule["late_from_months"]
            else ""
        )
        ages = f"{_months(rule['age_from_months'])} – {_months(rule['age_below_months']) or '…'}"
        lines.append(
            [
                f"{rule['valid_from']}{until}",
                f"{rule['antigen']} {rule['product']}".strip(),
                f"{ages} {rule['sex']}".strip(),
                rule["population"].replace("_", " "),
                doses,
                rule["source"] + ("" if rule["verification"] == "verified" else " (to verify)"),
            ]
        )
    if not lines:
        return []
    header = ["In force", "Vaccine", "Ages", "Population", "Doses", "Source"]
    return ["## Calendar\n", _table(header, lines) + "\n"]


def _validity(code: dict[str, str]) -> str:
    if not code["valid_from"] and not code["valid_to"]:
        return ""
    return f"{code['valid_from'] or '…'} to {code['valid_to'] or '…'}"


def _worked_patients(spec: Path) -> str:
    if not spec.is_file():
        return "None yet.\n"
    table = [line for line in spec.read_text("utf-8").splitlines() if line.startswith("|")]
    date_line = re.search(r"Reference date (\S+)\.", spec.read_text("utf-8"))
    intro = (
        f"On {date_line[1]}, and run with every build ([what the words mean]({WORDS})):\n\n"
        if date_line
        else ""
    )
    return intro + "\n".join(table) + "\n"


def _figure_section(points: list[Point]) -> str:
    last = next((point for point in reversed(points) if point.share is not None), points[-1])
    if last.share is None:
        if last.low is None or last.high is None:
            return f"On {last.reference_date} no share can be shown: too few people.\n"
        return (
            f"On {last.reference_date} nobody's no could have been seen (the sources do not reach"
            f" back over the whole look-back), so there is no share; over everybody it is meant"
            f" for it lies between {last.low:.1%} and {last.high:.1%}.\n\n{svg_history(points)}\n"
        )
    bounds = (
        f"; over everybody it is meant for, between {last.low:.1%} and {last.high:.1%}"
        if last.low is not None and last.high is not None
        else ""
    )
    return (
        f"Residents, all linked sources, {last.reference_date}: **{last.share:.1%}** of people"
        f" whose answer could be seen{bounds}.\n\n{svg_history(points)}\n"
    )


def _link_effect(effect: LinkEffect | None) -> list[str]:
    """How much of the figure errors of linkage could be, in the worst case."""
    if effect is None:
        return []
    return [
        "Errors of linkage: at the very worst, links to the wrong person would make the true"
        f" figure up to {100 * effect.down:.1f} points lower, and missed ones up to"
        f" {100 * effect.up:.1f} points higher ({effect.false_links:.2%} of links are expected to"
        " be false). *Erreurs d'appariement : au pire,"
        f" −{100 * effect.down:.1f} / +{100 * effect.up:.1f} point.*\n"
    ]


def _territories(territories: list[Territory]) -> list[str]:
    """The plot of regions and departments that have a figure, and how many are hidden."""
    shown = [place for place in territories if place.share is not None]
    if not territories:
        return []
    if not shown:
        return ["Regions and departments: all hidden, the counts are too small.\n"]
    hidden = len(territories) - len(shown)
    note = f" {hidden} hidden or without an answer." if hidden else ""
    return [f"Regions and departments at the last date.{note}\n\n{svg_territories(shown)}\n"]


def svg_territories(places: list[Territory]) -> str:
    """A dot per territory on the scale of shares, with its unknown bounds; one SVG element."""
    label, row = 110, 18
    height = row * len(places) + 30

    def x(share: float) -> float:
        return label + (WIDTH - label - MARGIN) * share

    lines = []
    for number, place in enumerate(places):
        y = row * number + 14
        name = f"{'Region' if place.level == 'region' else 'Département'} {place.code}"
        lines.append(f'<text x="0" y="{y + 4}" font-size="11">{escape(name)}</text>')
        if place.low is not None and place.high is not None:
            lines.append(
                f'<line x1="{x(place.low):.1f}" x2="{x(place.high):.1f}" y1="{y}" y2="{y}"'
                ' stroke="#4c78a8" stroke-width="8" opacity="0.2"/>'
            )
        lines.append(
            f'<circle cx="{x(place.share or 0):.1f}" cy="{y}" r="4" fill="#4c78a8">'
            f"<title>{escape(name)}: {place.share or 0:.1%}</title></circle>"
        )
    grid = "".join(
        f'<line x1="{x(s):.1f}" x2="{x(s):.1f}" y1="0" y2="{height - 22}" stroke="#ccc"/>'
        f'<text x="{x(s):.1f}" y="{height - 6}" font-size="11" text-anchor="middle">{s:.0%}</text>'
        for s in (0.0, 0.5, 1.0)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Share by territory"'
        f' style="max-width: {WIDTH}px">{grid}{"".join(lines)}</svg>'
    )


def svg_history(points: list[Point]) -> str:
    """A small plot of the share by month, with the band of its unknown bounds; one SVG element."""
    known = [point for point in points if point.share is not None]
    first, last = points[0].reference_date.toordinal(), points[-1].reference_date.toordinal()

    def x(day: date) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (day.toordinal() - first) / max(1, last - first)

    def y(share: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share

    band = [point for point in points if point.low is not None and point.high is not None]
    upper = [f"{x(p.reference_date):.1f},{y(p.high or 0):.1f}" for p in band]
    lower = [f"{x(p.reference_date):.1f},{y(p.low or 0):.1f}" for p in reversed(band)]
    line = [f"{x(p.reference_date):.1f},{y(p.share or 0):.1f}" for p in known]
    grid = "".join(
        f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y(s):.1f}" y2="{y(s):.1f}"'
        f' stroke="#ccc"/><text x="2" y="{y(s) + 4:.1f}" font-size="11">{s:.0%}</text>'
        for s in (0.0, 0.5, 1.0)
    )
    # One month alone makes no line.
    dot = (
        f'<circle cx="{x(known[-1].reference_date):.1f}" cy="{y(known[-1].share or 0):.1f}" r="3.5"'
        ' fill="#4c78a8"/>'
        if known
        else ""
    )
    ends = "".join(
        f'<text x="{x(day):.1f}" y="{HEIGHT - 12}" font-size="11" text-anchor="{anchor}">'
        f"{day:%Y-%m}</text>"
        for day, anchor in ((points[0].reference_date, "start"), (points[-1].reference_date, "end"))
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Share by month"'
        f' style="max-width: {WIDTH}px">{grid}'
        f'<polygon points="{" ".join(upper + lower)}" fill="#4c78a8" opacity="0.2"/>'
        f'<polyline points="{" ".join(line)}" fill="none" stroke="#4c78a8" stroke-width="2"/>'
        f"{dot}{ends}</svg>"
    )
