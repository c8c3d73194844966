"""What a practice writes down of what truly happened, and in which export it leaves.

The result is the same for every vendor: tables of columns, one row per record and version,
each with a random identifier, the day it was entered and the export (`set`) that carries it.
Set 0 is the full export; the following ones are change sets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from p4dp.synthetic import catalogue
from p4dp.synthetic.care import CHRONIC, Care, Columns, expand, panel_values, select, stack
from p4dp.synthetic.catalogue import CONDITIONS, MEASURE_INDEX, MEASURES, REASON_INDEX
from p4dp.synthetic.columns import NO_DAY, fresh_numbers
from p4dp.synthetic.epidemics import Decoy, Epidemics
from p4dp.synthetic.identities import Card, Identities, write_identities
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import Practice, after_migration, territory
from p4dp.synthetic.world import World, stream

TABLES = (
    "encounters", "problems", "prescriptions", "results", "vitals", "vaccinations", "procedures",
)  # fmt: skip
NEVER_SENT = 99


@dataclass
class Recording:
    """Everything one practice recorded over the window, for all its exports."""

    practice: Practice
    charts: Columns
    """One row per file: person, start, end, declared, death, number, and the set in which it
    first leaves (`set`) or leaves again changed (`changed_set`)."""
    identities: Identities
    tables: dict[str, Columns]
    deletions: list[tuple[str, np.ndarray, np.ndarray]]
    """Table, record identifiers, set of the tombstone."""
    faults: dict[str, int]


def record(
    world: World,
    seed: int,
    people: People,
    card: Card,
    care: Care,
    practice: Practice,
    epidemics: Epidemics,
    cuts: list[int],
    start: int,
    end: int,
) -> Recording:
    """The records of one practice; `cuts` are the days (exclusive) on which exports are made."""
    g = stream(seed, 6, practice.index)
    charts, chart_of = _charts(world, g, people, care, practice, start, end)
    entries = _encounters(world, g, care, practice, charts, chart_of, start, end)
    place = int(territory().epci[practice.commune])
    decoys = [decoy for decoy in epidemics.decoys if decoy.vendor == practice.vendor]
    entries = _deceived(g, entries, [decoy for decoy in decoys if decoy.epci == place])
    tables: dict[str, Columns] = {"encounters": entries}
    tables["problems"] = _problems(g, care, practice, charts, entries, decoys, cuts)
    tables["prescriptions"] = _prescriptions(g, care, entries)
    tables["vitals"] = _vitals(world, g, people, care, practice, charts, entries, cuts)
    tables["results"] = _results(world, g, people, care, practice, charts, start)
    tables["vaccinations"] = _vaccinations(g, care, practice, charts)
    tables["procedures"] = _procedures(g, care, practice, charts)
    last = end if practice.leaves_after is None else start + practice.leaves_after
    deletions: list[tuple[str, np.ndarray, np.ndarray]] = []
    faults: dict[str, int] = {}
    first_set = np.full(len(charts["person"]), NEVER_SENT)
    for name, table in tables.items():
        table["id"] = fresh_numbers(g, len(table["chart"]))
        table["set"] = np.searchsorted(np.array(cuts), table["entry"], side="right")
        table["set"][(table["entry"] >= last) | (table["set"] >= len(cuts))] = NEVER_SENT
        if name != "encounters":
            visit = table["encounter"]
            inside = visit >= 0
            # a line cannot leave before the encounter it belongs to
            table["set"][inside] = np.maximum(table["set"][inside], entries["set"][visit[inside]])
    for name, table in tables.items():
        if name not in ("encounters",):
            deletions += _amend(world, g, name, table, practice, cuts, last, faults)
        np.minimum.at(first_set, table["chart"], table["set"])
    identities = write_identities(world, g, people, card, charts["person"], practice, start, end)
    charts["set"] = np.where(charts["start"] < cuts[0], 0, first_set)
    charts["set"] = np.minimum(charts["set"], first_set)
    charts["changed_set"] = _changed(people, charts, identities, cuts)
    charts["id"] = fresh_numbers(g, len(charts["person"]), first=1000)
    return Recording(practice, charts, identities, tables, deletions, faults)


def migrate(g: np.random.Generator, recording: Recording) -> list[Recording]:
    """The practice's records under its old and its new software.

    The old one stops after the first export. The new one takes the files over under other
    numbers and holds only what is recorded from then on; corrections of older records are lost.
    """
    practice = after_migration(recording.practice)
    charts = recording.charts
    before, after = dict(charts), dict(charts)
    known = charts["set"] < NEVER_SENT
    before["set"] = np.where(charts["set"] == 0, 0, NEVER_SENT)
    before["changed_set"] = np.full(len(known), -1)
    after["set"] = np.where(known, np.maximum(charts["set"], 1), NEVER_SENT)
    changed = charts["changed_set"]
    after["changed_set"] = np.where(changed > after["set"], changed, -1)
    after["id"] = fresh_numbers(g, len(known), first=1000)
    entries = recording.tables["encounters"]
    old: dict[str, Columns] = {}
    new: dict[str, Columns] = {}
    deletions = []
    for name, table in recording.tables.items():
        first = table["set"]
        old[name] = table | {"set": np.where(first == 0, 0, NEVER_SENT)}
        kept = np.isin(table["id"], table["id"][first == 0], invert=True)
        if name != "encounters" and "encounter" in table:
            visit = table["encounter"]
            kept &= (visit < 0) | (entries["set"][np.maximum(visit, 0)] > 0)
        new[name] = table | {"set": np.where(kept & (first > 0), first, NEVER_SENT)}
        ids = table["id"][kept]
        for of_table, gone, sets in recording.deletions:
            if of_table == name:
                inside = np.isin(gone, ids)
                deletions.append((name, gone[inside], sets[inside]))
    return [
        Recording(recording.practice, before, recording.identities, old, [], recording.faults),
        Recording(practice, after, recording.identities, new, deletions, recording.faults),
    ]


def _charts(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    practice: Practice,
    start: int,
    end: int,
) -> tuple[Columns, dict[str, np.ndarray]]:
    """Files of the practice, and for each person the file, the duplicate file and its first day."""
    rates = world.section("identity")
    seen = np.unique(care.visits["person"][care.visits["practice"] == practice.index])
    listed = np.flatnonzero((people.home_practice == practice.index) & (people.birth_day < end))
    person = np.union1d(seen, listed)
    merged = g.random(len(person)) < rates["merged_file"]
    host = person[g.integers(0, max(1, len(person)), len(person))]
    keep = person[~merged | (host == person)]
    double = keep[g.random(len(keep)) < rates["duplicate_file"] * practice.habits.typing]
    owner = np.concatenate((keep, double))
    order = g.permutation(len(owner))
    owner, is_double = owner[order], (np.arange(len(owner)) >= len(keep))[order]
    chart = np.full(len(people), -1, np.int64)
    chart[owner[~is_double]] = np.flatnonzero(~is_double)
    second = np.full(len(people), -1, np.int64)
    second[owner[is_double]] = np.flatnonzero(is_double)
    lost = person[merged & (host != person)]
    chart[lost] = chart[host[merged & (host != person)]]
    lost = lost[chart[lost] < 0]
    split = g.integers(start, end, len(people))

    from_home = people.home_practice[owner] == practice.index
    begin = np.where(
        from_home & ~is_double,
        np.maximum(people.birth_day[owner], start - g.integers(100, 5000, len(owner))),
        np.maximum(people.second_from_day[owner] % NO_DAY, start),
    )
    begin = np.where(is_double, split[owner], begin)
    begin = np.minimum(begin, end - 1)
    left = (people.second_practice[owner] >= 0) & people.leaves_first[owner] & from_home
    exit_day = np.where(left, people.second_from_day[owner], NO_DAY)
    moved = (care.drop_out_reason[owner] == 1) & (care.drop_out[owner] >= start)
    exit_day = np.where(moved, np.minimum(exit_day, care.drop_out[owner]), exit_day)
    away = people.moves_far[owner]
    exit_day = np.where(away, np.minimum(exit_day, people.move_day[owner]), exit_day)
    noted = g.random(len(owner)) < 0.6
    forgotten = g.random(len(owner)) < rates["exit_unrecorded"] * 10
    death = np.where(forgotten, NO_DAY, people.death_day[owner])
    declared = (care.declared_from[owner] < end) & from_home & ~left
    return (
        {
            "person": owner.astype(np.int32),
            "start": begin.astype(np.int32),
            "exit": np.where(noted, exit_day, NO_DAY).astype(np.int32),
            "declared": declared,
            "death": death.astype(np.int32),
            "is_double": is_double,
        },
        {"chart": chart, "second": second, "split": split},
    )


def _encounters(
    world: World,
    g: np.random.Generator,
    care: Care,
    practice: Practice,
    charts: Columns,
    chart_of: dict[str, np.ndarray],
    start: int,
    end: int,
) -> Columns:
    rates = world.section("practice")
    visit = np.flatnonzero(care.visits["practice"] == practice.index)
    visit = visit[g.random(len(visit)) >= rates["unrecorded"]]
    person, day = care.visits["person"][visit], care.visits["day"][visit]
    if practice.silent is not None:
        first, last = practice.silent
        keep = (day < start + first) | (day >= start + last)
        visit, person, day = visit[keep], person[keep], day[keep]
    chart = chart_of["chart"][person]
    use_second = (chart_of["second"][person] >= 0) & (day >= chart_of["split"][person])
    use_second &= g.random(len(day)) < 0.6
    chart = np.where(use_second, chart_of["second"][person], chart)
    keep = chart >= 0
    visit, chart, day = visit[keep], chart[keep], day[keep]
    shifted = g.random(len(day)) < rates["date_shift"]
    written = day + np.where(shifted, g.integers(-3, 4, len(day)), 0)
    late = g.random(len(day)) < practice.habits.late_entry
    entry = np.maximum(day, written) + np.where(late, g.integers(1, 60, len(day)), 0)
    doctor = care.visits["doctor"][visit]
    return {
        "visit": visit,
        "chart": chart,
        "day": np.clip(written, start, end - 1).astype(np.int32),
        "minute": (g.integers(8 * 60, 19 * 60, len(day)) // 15 * 15).astype(np.int32),
        "entry": entry.astype(np.int32),
        "type": care.visits["type"][visit],
        "doctor": (doctor % len(practice.rpps)).astype(np.int16),
        "reason": care.visits["reason"][visit],
        "variant": care.visits["variant"][visit],
        "note": g.integers(0, 1 << 16, len(day)).astype(np.int32),
    }


def _deceived(g: np.random.Generator, entries: Columns, decoys: list[Decoy]) -> Columns:
    """Contacts entered twice while a decoy of that kind is at work here."""
    for decoy in decoys:
        if decoy.kind == "double_entry":
            twice = np.flatnonzero(decoy.covers(entries["day"]))
            entries = stack([entries, select(entries, twice)])
    return entries


def _problems(
    g: np.random.Generator,
    care: Care,
    practice: Practice,
    charts: Columns,
    entries: Columns,
    decoys: list[Decoy],
    cuts: list[int],
) -> Columns:
    """Coded problems: acute ones (`reason` and `variant`) and chronic ones (`condition`)."""
    size = len(entries["chart"])
    clinical = entries["type"] < 4
    coding = np.minimum(
        practice.habits.coding * practice.multiple("coding", entries["day"], cuts), 0.99
    )
    rate = coding.copy()
    for decoy in decoys:
        syndrome = REASON_INDEX[decoy.syndrome]
        if decoy.kind == "new_code":
            rate[(entries["reason"] == syndrome) & (entries["day"] < decoy.first_day)] *= 0.5
        elif decoy.kind == "definition_change":
            respiratory = entries["reason"] == REASON_INDEX["acute_respiratory_infection"]
            renamed = respiratory & decoy.covers(entries["day"]) & (g.random(size) < 0.5)
            entries["reason"][renamed] = REASON_INDEX["influenza_like_illness"]
            entries["variant"][renamed] = 0
    draw = g.random(size)
    # of what is not coded, a part is at least written in words
    in_words = rate + (1 - rate) * practice.habits.text_only
    acute = np.flatnonzero((entries["reason"] >= 0) & clinical & (draw < in_words))
    day = entries["day"][acute]
    parts = [
        {
            "encounter": acute,
            "reason": entries["reason"][acute],
            "variant": entries["variant"][acute],
            "condition": np.full(len(acute), -1, np.int16),
            "start": day,
            "end": (day + 10).astype(np.int32),
            "active": np.zeros(len(acute), bool),
            "text_only": draw[acute] >= rate[acute],
        }
    ]
    renewals = np.flatnonzero((entries["reason"] == CHRONIC) & clinical)
    owner = charts["person"][entries["chart"][renewals]]
    for index in range(len(CONDITIONS)):
        onset = care.onset[owner, index]
        has = care.known[owner, index] & (onset < entries["day"][renewals])
        rows = renewals[has]
        if practice.habits.repeats_chronic:
            rows = rows[g.random(len(rows)) < coding[rows] * 0.75]
        else:
            chart = entries["chart"][rows]
            _, first = np.unique(chart, return_index=True)
            rows = rows[first]
            rows = rows[g.random(len(rows)) < coding[rows]]
        begin = care.onset[charts["person"][entries["chart"][rows]], index]
        parts.append(
            {
                "encounter": rows,
                "reason": np.full(len(rows), CHRONIC, np.int16),
                "variant": (g.random(len(rows)) * len(CONDITIONS[index].titles)).astype(np.int8),
                "condition": np.full(len(rows), index, np.int16),
                "start": begin.astype(np.int32),
                "end": np.full(len(rows), NO_DAY, np.int32),
                "active": np.ones(len(rows), bool),
                "text_only": np.zeros(len(rows), bool),
            }
        )
    problems = stack(parts)
    return _from_encounters(problems, entries)


def _from_encounters(table: Columns, entries: Columns) -> Columns:
    row = table["encounter"]
    table["chart"], table["day"] = entries["chart"][row], entries["day"][row]
    table["entry"] = entries["entry"][row]
    return table


def _prescriptions(g: np.random.Generator, care: Care, entries: Columns) -> Columns:
    """Lines of the prescriptions made at recorded encounters."""
    position = np.full(len(care.visits["day"]), -1, np.int64)
    position[entries["visit"]] = np.arange(len(entries["visit"]))
    line = np.flatnonzero(position[care.prescriptions["visit"]] >= 0)
    row = position[care.prescriptions["visit"][line]]
    table = {
        "encounter": row,
        "pack": care.prescriptions["pack"][line],
        "drug": care.prescriptions["drug"][line],
        "boxes": care.prescriptions["boxes"][line],
        "days": care.prescriptions["days"][line],
        "doctor": entries["doctor"][row],
    }
    return _from_encounters(table, entries)


def _vitals(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    practice: Practice,
    charts: Columns,
    entries: Columns,
    cuts: list[int],
) -> Columns:
    """Blood pressure, weight, height, heart rate, smoking: measure, value, second value."""
    rates = world.section("practice")
    habits = practice.habits
    face_to_face = np.flatnonzero(entries["type"] < 2)
    owner = charts["person"][entries["chart"][face_to_face]]
    day = entries["day"][face_to_face]
    age = people.age(owner, day)
    chronic = entries["reason"][face_to_face] == CHRONIC
    chances = {
        "sbp": habits.blood_pressure
        * np.where(chronic, 0.95, 0.4)
        * practice.multiple("blood_pressure", day, cuts)
        * (age >= 15),
        "weight": np.where(age < 15, 0.6, np.where(chronic, 0.45, 0.15)),
        "height": np.where(age < 15, 0.5, 0.07),
        "heart_rate": 0.10 * (age >= 15),
        "smoking": habits.smoking
        * np.where(chronic, 0.22, 0.10)
        * practice.multiple("smoking", day, cuts)
        * (age >= 16),
    }
    body = care.body
    pressure = np.full(len(people), NO_DAY, np.int64)
    codes = np.array(
        [code.startswith(("C02", "C03", "C07", "C08", "C09")) for code in catalogue.medicines().atc]
    )
    lowering = np.flatnonzero(codes[care.treatments["drug"]])
    np.minimum.at(pressure, care.treatments["person"][lowering], care.treatments["start"][lowering])
    parts = []
    for name, chance in chances.items():
        rows = np.flatnonzero(g.random(len(owner)) < chance)
        person, when = owner[rows], day[rows]
        years = age[rows]
        second = np.zeros(len(rows))
        if name == "sbp":
            value = body.systolic[person] - 15 * (when > pressure[person] + 60)
            value = value + g.normal(0, 8, len(rows))
            second = 0.42 * value + 24 + g.normal(0, 6, len(rows))
            preferred = g.random(len(rows)) < rates["digit_preference"]
            value = np.where(preferred, np.round(value, -1), np.round(value))
            second = np.where(preferred, np.round(second, -1), np.round(second))
            default = g.random(len(rows)) < rates["value_carried"]
            value, second = np.where(default, 120, value), np.where(default, 80, second)
            second = np.minimum(second, value - 10)
        elif name == "height":
            value = body.height[person] * np.interp(years, [0, 2, 10, 16], [0.3, 0.5, 0.8, 1.0])
        elif name == "weight":
            size = (
                body.height[person] * np.interp(years, [0, 2, 10, 16], [0.3, 0.5, 0.8, 1.0]) / 100
            )
            value = (
                size**2 * body.body_mass[person] * np.interp(years, [0, 10, 18], [0.62, 0.68, 1.0])
            )
            value = value * g.normal(1, 0.02, len(rows))
        elif name == "heart_rate":
            value = np.round(g.normal(74, 10, len(rows)))
        else:
            value = body.smoking[person].astype(float)
        parts.append(
            {
                "encounter": face_to_face[rows],
                "measure": np.full(len(rows), MEASURE_INDEX[name], np.int16),
                "value": value,
                "second": second,
                "style": np.zeros(len(rows), np.int8),
                "unit_given": g.random(len(rows)) >= habits.unit_missing,
            }
        )
    vitals = stack(parts)
    metres = (vitals["measure"] == MEASURE_INDEX["height"]) & (
        g.random(len(vitals["value"])) < 10 * rates["unit_error"]
    )
    vitals["style"][metres] = 1
    return _from_encounters(vitals, entries)


def _results(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    practice: Practice,
    charts: Columns,
    start: int,
) -> Columns:
    """Laboratory results that reached the practice: chart, day, measure, value, style."""
    rates = world.section("practice")
    habits = practice.habits
    values = panel_values(g, people, care, care.panels)
    values["encounter"] = np.full(len(values["day"]), -1, np.int64)
    tests = dict(care.tests)
    tests["request"] = np.arange(len(tests["day"])) + (1 << 40)
    tests["encounter"] = np.full(len(tests["day"]), -1, np.int64)
    values = stack([values, {name: tests[name] for name in values}])
    chart = _chart_at(people, practice, charts, values["person"], values["day"])
    request = values["request"]
    # one request is integrated as a whole or not at all
    share = (request * 2_654_435_761 + practice.index * 97) % 1_000_003 / 1_000_003
    fit = values["measure"] == MEASURE_INDEX["fit"]
    keep = (chart >= 0) & (share < habits.results * np.where(fit, 0.85, 1.0))
    keep &= values["day"] >= start - 400
    values, chart = select(values, keep), chart[keep]
    size = len(chart)
    styles = np.array([len(measure.styles) for measure in MEASURES])[values["measure"]]
    style = np.where(styles > 1, int(habits.si_units), 0)
    creatinine = values["measure"] == MEASURE_INDEX["creatinine"]
    style = np.where(creatinine, int(not habits.si_units), style)
    style = np.where(values["measure"] == MEASURE_INDEX["hba1c"], 0, style)
    fit = values["measure"] == MEASURE_INDEX["fit"]
    style = np.where(fit, share[keep] * 1000 % 2 < 0.8, style)
    other_laboratory = (styles > 1) & (g.random(size) < 0.05) & ~fit
    style = np.where(other_laboratory, 1 - style, style).astype(np.int8)
    wrong = (styles > 1) & (g.random(size) < rates["unit_error"]) & ~fit
    values.pop("person")
    return values | {
        "chart": chart,
        "second": np.zeros(size),
        "style": style,
        "unit_style": np.where(wrong, 1 - style, style).astype(np.int8),
        "unit_given": g.random(size) >= habits.unit_missing,
        "entry": (values["day"] + g.integers(0, 6, size)).astype(np.int32),
    }


def _chart_at(
    people: People, practice: Practice, charts: Columns, person: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """The file of a person at this practice if it is the one that follows them on that day."""
    first = np.full(len(people), -1, np.int64)
    single = np.flatnonzero(~charts["is_double"])
    first[charts["person"][single]] = single
    moved = people.leaves_first[person] & (day >= people.second_from_day[person])
    follows = np.where(moved, people.second_practice[person], people.home_practice[person])
    return np.where(follows == practice.index, first[person], -1)


def _vaccinations(
    g: np.random.Generator, care: Care, practice: Practice, charts: Columns
) -> Columns:
    first = np.full(len(care.drop_out), -1, np.int64)
    single = np.flatnonzero(~charts["is_double"])
    first[charts["person"][single]] = single
    doses = care.vaccinations
    chart = first[doses["person"]]
    chance = np.where(doses["pharmacist"], 0.2, 0.85) * (0.6 + 0.4 * practice.habits.coding)
    keep = np.flatnonzero((chart >= 0) & (g.random(len(chart)) < chance))
    # a person with files in two practices is vaccinated in one of them
    keep = keep[charts["start"][chart[keep]] <= doses["day"][keep]]
    return {
        "chart": chart[keep],
        "encounter": np.full(len(keep), -1, np.int64),
        "day": doses["day"][keep],
        "vaccine": doses["vaccine"][keep],
        "entry": doses["day"][keep] + g.integers(0, 8, len(keep)),
    }


def _procedures(g: np.random.Generator, care: Care, practice: Practice, charts: Columns) -> Columns:
    """Acts the practice heard of (letters of specialists) or did itself."""
    first = np.full(len(care.drop_out), -1, np.int64)
    single = np.flatnonzero(~charts["is_double"])
    first[charts["person"][single]] = single
    acts = care.procedures
    chart = first[acts["person"]]
    keep = np.flatnonzero((chart >= 0) & (g.random(len(chart)) < 0.35 * practice.habits.results))
    keep = keep[acts["day"][keep] >= charts["start"][chart[keep]] - 700]
    return {
        "chart": chart[keep],
        "encounter": np.full(len(keep), -1, np.int64),
        "day": acts["day"][keep],
        "procedure": acts["procedure"][keep],
        "doctor": g.integers(0, len(practice.rpps), len(keep)).astype(np.int16),
        "entry": acts["day"][keep] + g.integers(3, 40, len(keep)),
    }


def _amend(
    world: World,
    g: np.random.Generator,
    name: str,
    table: Columns,
    practice: Practice,
    cuts: list[int],
    last: int,
    faults: dict[str, int],
) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Corrections (a second version of a record) and deletions; returns the tombstones.

    None is made from the day `last` on, when the practice has left.
    """
    rates = world.section("practice")
    size = len(table["chart"])
    made = table["entry"] + g.integers(1, 120, size)
    later = np.searchsorted(np.array(cuts), made, side="right")
    later = np.where((later >= len(cuts)) | (made >= last), NEVER_SENT, later)
    sent = table["set"] < NEVER_SENT
    draw = g.random(size)
    if name == "problems" and practice.vendor == "medirel" and practice.habits.repeats_chronic:
        # chronic problems of a visit share a row there: the row is never touched again
        draw = np.where(table["condition"] >= 0, 1.0, draw)
    gone = sent & (draw < rates["deletion"])
    corrected = sent & ~gone & (draw < rates["deletion"] + rates["correction"])
    corrected &= (later > table["set"]) & (later < NEVER_SENT)
    faults[f"{name}.deleted"] = int(gone.sum())
    faults[f"{name}.corrected"] = int(corrected.sum())
    tombstones = gone & (later > table["set"]) & (later < NEVER_SENT)
    silently = gone & (later <= table["set"])
    table["set"][silently] = NEVER_SENT
    rows = np.flatnonzero(corrected)
    for column in list(table):
        table[column] = np.concatenate((table[column], table[column][rows]))
    table["set"][size:] = later[rows]
    if "value" in table:
        table["value"][size:] = table["value"][size:] * np.where(
            table["measure"][size:] == MEASURE_INDEX["smoking"], 1, 1.05
        )
    elif "days" in table:
        table["days"][size:] = table["days"][size:] // 2 + 1
    return [(name, table["id"][:size][tombstones], later[tombstones])]


def _changed(
    people: People, charts: Columns, identities: Identities, cuts: list[int]
) -> np.ndarray:
    """The set in which a file leaves again because its number, address or end changed."""
    moments = np.stack(
        [
            identities.waiting_until,
            charts["death"],
            charts["exit"],
            people.move_day[charts["person"]],
        ]
    )
    sets = np.searchsorted(np.array(cuts), moments, side="right")
    sets = np.where((sets >= len(cuts)) | (sets <= charts["set"]), -1, sets)
    return sets.max(axis=0)


def encounter_ids(recording: Recording, table: Columns) -> np.ndarray:
    """Identifier of the encounter of each row, -1 where there is none."""
    ids = recording.tables["encounters"]["id"]
    row = table["encounter"]
    return np.where(row >= 0, ids[np.maximum(row, 0)], -1)


def certificate(entries: Columns) -> np.ndarray:
    """Encounters for a certificate."""
    return entries["reason"] == REASON_INDEX["certificate"]


__all__ = ["NEVER_SENT", "TABLES", "Recording", "encounter_ids", "expand", "record"]
