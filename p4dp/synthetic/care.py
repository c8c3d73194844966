"""What truly happens to people: disease, treatment, care. Nothing here is recorded yet.

All events are columns; days are counted from 1970-01-01. The window is [start, end); screening
acts reach back to the longest look-back of a rule (`claims.history_months`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr

from p4dp.synthetic import catalogue, epidemics, life
from p4dp.synthetic.calendar import day_number, to_date, weekday
from p4dp.synthetic.catalogue import (
    AGEING,
    COMFORT,
    CONDITION_INDEX,
    CONDITIONS,
    DEATH_CAUSES,
    MEASURE_INDEX,
    PANEL_INDEX,
    PANELS,
    PROCEDURE_INDEX,
    REASON_AGES,
    REASON_INDEX,
    REASONS,
    SYNDROMES,
    VACCINE_INDEX,
)
from p4dp.synthetic.columns import NO_DAY
from p4dp.synthetic.epidemics import Epidemics
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import Practice, territory
from p4dp.synthetic.world import World, curve, stream

Columns = dict[str, np.ndarray]
CHRONIC = -1
"""Reason of a visit that renews the treatment of chronic conditions."""
VISIT_TYPES = ("consultation", "visit", "teleconsultation", "phone", "administrative")
DROP_OUT_REASONS = ("no_reason", "moved_away", "specialist_only", "refusal")


@dataclass
class Body:
    """What can be measured on each person, before treatment and noise (arrays over people)."""

    systolic: np.ndarray
    height: np.ndarray
    body_mass: np.ndarray
    cholesterol: np.ndarray
    hdl: np.ndarray
    triglycerides: np.ndarray
    hba1c: np.ndarray
    creatinine: np.ndarray
    smoking: np.ndarray
    """Index in `catalogue.SMOKING_VALUES`."""


@dataclass
class Care:
    """The true events of one cluster; columns of each table are arrays of equal length."""

    onset: np.ndarray
    """Day each condition begins, people x conditions; never is NO_DAY."""
    known: np.ndarray
    """A doctor knows of the condition (people x conditions)."""
    body: Body
    drop_out: np.ndarray
    drop_out_reason: np.ndarray
    declared_from: np.ndarray
    """Day since which the person has a declared general practitioner; never is NO_DAY."""
    long_term_illness: Columns
    treatments: Columns
    visits: Columns
    prescriptions: Columns
    dispensings: Columns
    panels: Columns
    tests: Columns
    procedures: Columns
    vaccinations: Columns
    stays: Columns
    death_cause: np.ndarray
    """Index in `catalogue.DEATH_CAUSES` of those who die, -1 of the others."""


def make_care(
    world: World,
    seed: int,
    people: People,
    practices: list[Practice],
    outbreaks: Epidemics,
    start: int,
    end: int,
) -> Care:
    """Everything that happens to the people of one cluster over [start, end)."""
    g = stream(seed, 5, people.cluster)
    history = history_start(world, end)
    onset, known, treated = _conditions(world, g, people, end)
    body = _bodies(world, g, people, onset, end)
    drop_out, reason = _drop_out(world, g, people, start, end)
    treatments = _treatments(world, g, people, onset, known & treated, end)
    illness = _long_term_illness(world, g, onset, known, end)
    has_illness = np.zeros(len(people), bool)
    has_illness[illness["person"]] = True
    declared = np.where(
        has_illness,
        world["care", "declared_gp_share_ald"],
        world["care", "declared_gp_share"],
    )
    adult = (end - people.birth_day) / 365.25 >= 16
    has_gp = (g.random(len(people)) < declared) & adult
    declared_from = np.where(has_gp, start - g.integers(200, 4000, len(people)), NO_DAY)
    late = has_gp & (g.random(len(people)) < 0.05)
    declared_from[late] = g.integers(start, end, int(late.sum()))
    visits = _visits(
        world, g, people, practices, onset, known, treatments, drop_out, outbreaks, start, end
    )
    prescriptions = _prescriptions(world, g, visits, treatments)
    dispensings = _dispensings(world, g, people, prescriptions, end)
    hba1c = life.log_odds(practices, people, "hba1c")
    panels = _panels(world, g, people, known, drop_out, hba1c, start, end)
    shift = {family: life.log_odds(practices, people, family) for family in life.FAMILIES}
    tests, procedures = _screening(world, g, people, onset, drop_out, shift["fit"], history, end)
    vaccinations = _vaccinations(world, g, people, onset, known, shift["flu"], history, start, end)
    stays = _stays(world, g, people, onset, start, end)
    return Care(
        onset, known, body, drop_out, reason, declared_from.astype(np.int32), illness, treatments,
        visits, prescriptions, dispensings, panels, tests, procedures, vaccinations, stays,
        _death_causes(stream(seed, 10, people.cluster), people, onset),
    )  # fmt: skip


def history_start(world: World, end: int) -> int:
    """First day of the care that claims still hold, before the window of the practices."""
    return end - round(world["claims", "history_months"] * 30.4375)


def expand(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For counts per row: the row of each item, and the item's rank in its row."""
    counts = np.asarray(counts, np.int64)
    row = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return row, np.arange(len(row)) - starts[row]


def alive(people: People, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Born and not yet dead on that day."""
    return (day >= people.birth_day[person]) & (day < people.death_day[person])


def select(columns: Columns, keep: np.ndarray) -> Columns:
    """The same columns, rows restricted (mask) or reordered (index)."""
    return {name: values[keep] for name, values in columns.items()}


def stack(parts: list[Columns]) -> Columns:
    """Tables with the same columns, one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


# ------------------------------------------------------------------------- disease


def _conditions(
    world: World, g: np.random.Generator, people: People, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Onset day, known, treated: the age at which prevalence passes a person's own rank.

    Ranks share a metabolic and a mental factor, so that diseases meet in the same people.
    """
    count = len(people)
    steepness = world["people", "deprived_effect"]
    metabolic, mental = g.normal(size=count), g.normal(size=count)
    onset = np.full((count, len(CONDITIONS)), NO_DAY, np.int32)
    known = np.zeros((count, len(CONDITIONS)), bool)
    treated = np.zeros((count, len(CONDITIONS)), bool)
    ages = np.arange(0, 106)
    loads = {"diabetes_2": 0.6, "hypertension": 0.45, "dyslipidaemia": 0.45, "obesity": 0.6,
             "ischaemic_heart_disease": 0.5, "stroke": 0.4, "heart_failure": 0.45, "ckd": 0.45,
             "peripheral_artery": 0.5, "gout": 0.4, "atrial_fibrillation": 0.3}  # fmt: skip
    mental_loads = {"depression": 0.6, "anxiety": 0.6, "insomnia": 0.5}
    for index, condition in enumerate(CONDITIONS):
        rate = world["conditions", condition.name]
        load, other = loads.get(condition.name, 0.0), mental_loads.get(condition.name, 0.0)
        own = load * metabolic + other * mental
        own = own + sqrt(1 - load**2 - other**2) * g.normal(size=count)
        rank = 1 - ndtr(own)
        rank = rank * np.exp(-0.5 * steepness * (people.deprivation - 2) / 2)
        for code, series in ((1, "men"), (2, "women")):
            prevalence = np.maximum.accumulate(curve(rate, series, ages))
            prevalence[ages < rate["ages"][0]] = 0 if rate["ages"][0] > 5 else prevalence[0]
            members = np.flatnonzero(people.sex == code)
            at = np.searchsorted(prevalence, rank[members], side="right")
            has = at < len(ages)
            day = people.birth_day[members] + ((at + g.random(len(members))) * 365.25).astype(int)
            day = np.where(has & (day < people.death_day[members]) & (day < end), day, NO_DAY)
            onset[members, index] = day
        known[:, index] = (onset[:, index] < NO_DAY) & (g.random(count) < rate["known"])
        treated[:, index] = g.random(count) < rate["treated"]
    one = CONDITION_INDEX["diabetes_1"]
    two = CONDITION_INDEX["diabetes_2"]
    onset[onset[:, one] < NO_DAY, two] = NO_DAY
    known[:, two] &= onset[:, two] < NO_DAY
    return onset, known, treated


def _bodies(
    world: World, g: np.random.Generator, people: People, onset: np.ndarray, end: int
) -> Body:
    count = len(people)
    age = (end - people.birth_day) / 365.25
    man = people.sex == 1
    has = {name: onset[:, index] < NO_DAY for name, index in CONDITION_INDEX.items()}
    systolic = 108 + 0.28 * age + 5 * man + 19 * has["hypertension"] + g.normal(0, 7, count)
    height = np.where(man, g.normal(176, 7, count), g.normal(163, 6.5, count))
    body_mass = 24.6 + g.normal(0, 3.0, count) + 8 * has["obesity"] + 2 * has["diabetes_2"]
    cholesterol = 5.1 + 0.006 * (age - 50) + 1.2 * has["dyslipidaemia"] + g.normal(0, 0.7, count)
    hdl = np.where(man, 1.25, 1.5) + g.normal(0, 0.27, count) - 0.15 * has["diabetes_2"]
    triglycerides = np.exp(g.normal(0.1, 0.4, count)) * np.where(has["obesity"], 1.3, 1.0)
    diabetic = has["diabetes_2"] | has["diabetes_1"]
    hba1c = np.where(diabetic, 44 + g.gamma(2.2, 5.2, count), g.normal(36, 2.5, count))
    creatinine = np.where(man, g.normal(82, 12, count), g.normal(66, 10, count))
    creatinine = np.maximum(creatinine, 42) * np.where(
        has["ckd"], 1.35 + g.gamma(1.5, 0.15, count), 1
    )
    rate = world["care", "smoking"]
    current = np.where(man, rate["current_men"], rate["current_women"])
    current = current * np.interp(age, [15, 18, 25, 55, 70, 85], [0.1, 0.7, 1.15, 1.0, 0.5, 0.2])
    current = current * np.exp(0.15 * (people.deprivation - 2))
    draw = g.random(count)
    former = (1 - current) * rate["former_share"] * np.interp(age, [20, 45, 70], [0.15, 0.8, 1.1])
    smoking = np.where(draw < current, 2, np.where(draw < current + former, 1, 0))
    smoking[age < 15] = 0
    return Body(
        np.clip(systolic, 85, 230), np.clip(height, 130, 210), np.clip(body_mass, 15, 60),
        np.clip(cholesterol, 2.4, 11), np.clip(hdl, 0.5, 3), np.clip(triglycerides, 0.3, 9),
        np.clip(hba1c, 24, 150), np.clip(creatinine, 35, 700), smoking.astype(np.int8),
    )  # fmt: skip


def _drop_out(
    world: World, g: np.random.Generator, people: People, start: int, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """The day after which a person sees no general practitioner any more, and why."""
    count = len(people)
    yearly = world["care", "drop_out_yearly"] * np.exp(0.2 * (people.deprivation - 2))
    yearly = yearly * np.where((end - people.birth_day) / 365.25 < 16, 0.3, 1.0)
    wait = g.exponential(1, count) / yearly * 365.25
    day = np.where(wait < end - start, start + wait, NO_DAY).astype(np.int32)
    never = g.random(count) < world["care", "no_gp_contact_share"]
    never &= (end - people.birth_day) / 365.25 > 16
    day[never] = start - 1
    shares = world["care", "drop_out_reasons"]
    chances = np.array([shares[name] for name in DROP_OUT_REASONS])
    reason = g.choice(len(chances), count, p=chances / chances.sum()).astype(np.int8)
    return day, np.where(day < NO_DAY, reason, -1).astype(np.int8)


def _treatments(
    world: World,
    g: np.random.Generator,
    people: People,
    onset: np.ndarray,
    treated: np.ndarray,
    end: int,
) -> Columns:
    """Treatment episodes: person, drug, condition, first and last day; sorted by person."""
    medicines = catalogue.medicines()
    persons, drugs, conditions, starts = [], [], [], []
    for index, definition in enumerate(CONDITIONS):
        members = np.flatnonzero(treated[:, index])
        for chance, codes in definition.slots:
            chosen = members[g.random(len(members)) < chance]
            options = np.array([medicines.index(code) for code in codes])
            weight = 1.0 / np.arange(1, len(options) + 1)
            persons.append(chosen)
            drugs.append(g.choice(options, len(chosen), p=weight / weight.sum()))
            conditions.append(np.full(len(chosen), index))
            starts.append(onset[chosen, index] + g.integers(0, 400, len(chosen)))
    years = np.clip((end - people.birth_day) / 365.25 - 55, 0, 25) / 25
    person, _ = expand(g.poisson(world["care", "other_chronic_drugs_at_80"] * years**1.5))
    options = np.array([medicines.index(code) for code in AGEING])
    weight = 1.0 / np.arange(3, len(options) + 3)
    persons.append(person)
    drugs.append(g.choice(options, len(person), p=weight / weight.sum()))
    conditions.append(np.full(len(person), -1))
    starts.append(end - g.integers(200, 4000, len(person)))
    person, drug = np.concatenate(persons), np.concatenate(drugs)
    condition, begin = np.concatenate(conditions), np.concatenate(starts)
    key = person.astype(np.int64) * 1000 + drug
    order = np.lexsort((begin, key))
    first = np.ones(len(order), bool)
    first[1:] = np.diff(key[order]) > 0
    order = order[first]
    stops = g.random(len(order)) < 0.12
    duration = np.where(stops, g.integers(200, 3000, len(order)), 60_000)
    return {
        "person": person[order].astype(np.int32),
        "drug": drug[order].astype(np.int16),
        "condition": condition[order].astype(np.int16),
        "start": begin[order].astype(np.int32),
        "end": (begin[order] + duration).astype(np.int32),
    }


def _long_term_illness(
    world: World, g: np.random.Generator, onset: np.ndarray, known: np.ndarray, end: int
) -> Columns:
    """ALD rows: person, condition, first day, last day (NO_DAY while open)."""
    persons, conditions, starts = [], [], []
    for index, condition in enumerate(CONDITIONS):
        if not condition.ald:
            continue
        share = world["care", "ald_share" if condition.severe else "ald_share_mild"]
        members = np.flatnonzero(known[:, index])
        members = members[g.random(len(members)) < share]
        persons.append(members)
        conditions.append(np.full(len(members), index))
        starts.append(onset[members, index] + g.integers(10, 250, len(members)))
    person, begin = np.concatenate(persons), np.concatenate(starts)
    open_ended = g.random(len(person)) < 0.5
    length = np.where(g.random(len(person)) < 0.5, 1826, 3652)
    renewals = np.maximum(0, (end - begin) // length + (g.random(len(person)) < 0.95))
    last = np.where(open_ended, NO_DAY, begin + length * np.maximum(1, renewals))
    keep = begin < end
    return select(
        {
            "person": person.astype(np.int32),
            "condition": np.concatenate(conditions).astype(np.int16),
            "start": begin.astype(np.int32),
            "end": last.astype(np.int32),
        },
        keep,
    )


# -------------------------------------------------------------------------- visits


def _visits(
    world: World,
    g: np.random.Generator,
    people: People,
    practices: list[Practice],
    onset: np.ndarray,
    known: np.ndarray,
    treatments: Columns,
    drop_out: np.ndarray,
    outbreaks: Epidemics,
    start: int,
    end: int,
) -> Columns:
    """Contacts with general practitioners, in order of person and day."""
    place = territory()
    count = len(people)
    middle_age = np.maximum(0, ((start + end) / 2 - people.birth_day) / 365.25)
    person, day, syndrome, source = epidemics.cases(
        world, outbreaks, g, place.epci[people.commune], middle_age, start, end
    )
    parts = [_rows(person, day, syndrome, source)]

    acute = _acute_reasons()
    frailty = np.exp(g.normal(0, world["care", "frailty_sd"], count))
    frailty /= np.exp(world["care", "frailty_sd"] ** 2 / 2)
    rate = world["care", "acute_visit_yearly"]
    yearly = np.where(
        people.sex == 1, curve(rate, "men", middle_age), curve(rate, "women", middle_age)
    )
    number = g.poisson(yearly * frailty * (end - start) / 365.25)
    person, _ = expand(number)
    day = g.integers(start, end, len(person))
    band = np.searchsorted(REASON_AGES, people.age(person, day), side="right") - 1
    reason = np.empty(len(person), np.int64)
    for code in (1, 2):
        for value in range(len(REASON_AGES)):
            chosen = np.flatnonzero((people.sex[person] == code) & (np.maximum(band, 0) == value))
            weight = acute[code - 1, value]
            reason[chosen] = g.choice(len(weight), len(chosen), p=weight / weight.sum())
    parts.append(_rows(person, day, reason, np.full(len(person), -1)))

    interval = world["care", "follow_up_interval_days"]
    first = np.full(count, NO_DAY, np.int64)
    np.minimum.at(first, treatments["person"], treatments["start"])
    begin = np.maximum(first, start) + g.integers(0, interval, count)
    own = interval * np.exp(g.normal(0, 0.18, count))
    number = np.where(begin < end, (end - begin) / own, 0).astype(int)
    person, rank = expand(number)
    day = begin[person] + rank * own[person] + g.normal(0, 9, len(person))
    parts.append(_rows(person, day, np.full(len(person), CHRONIC), np.full(len(person), -1)))

    visits = stack(parts)
    sunday = weekday(visits["day"]) == 6
    visits["day"] = visits["day"] + sunday
    keep = alive(people, visits["person"], visits["day"])
    keep &= (visits["day"] >= start) & (visits["day"] < end)
    after = visits["day"] >= drop_out[visits["person"]]
    keep &= ~after | ((g.random(len(after)) < 0.04) & (drop_out[visits["person"]] >= start))
    visits = select(visits, keep)
    order = np.lexsort((visits["day"], visits["person"]))
    visits = select(visits, order)
    _places(world, g, people, practices, visits)
    visits = select(visits, ~_on_strike(practices, outbreaks, visits))
    size = len(visits["day"])
    codes = np.array([len(reason.codes) for reason in REASONS] + [1])
    visits["variant"] = (g.random(size) ** 1.6 * codes[visits["reason"]]).astype(np.int8)
    age = people.age(visits["person"], visits["day"])
    draw = g.random(size)
    at_home = draw < world["care", "home_visit_share_from_80"] * (age >= 80)
    at_home |= people.institution_day[visits["person"]] <= visits["day"]
    remote = ~at_home & (draw > 1 - world["care", "teleconsultation_share"])
    kind = np.where(at_home, 1, np.where(remote, 2, 0))
    paper = (visits["reason"] == REASON_INDEX["certificate"]) & (g.random(size) < 0.12)
    visits["type"] = np.where(paper, 4, np.where(g.random(size) < 0.02, 3, kind)).astype(np.int8)
    return visits


def _on_strike(practices: list[Practice], outbreaks: Epidemics, visits: Columns) -> np.ndarray:
    """Visits that do not take place because the practices of an EPCI are closed."""
    place = territory()
    closed = np.zeros(len(visits["day"]), bool)
    for decoy in outbreaks.decoys:
        if decoy.kind == "strike":
            inside = [p.index for p in practices if place.epci[p.commune] == decoy.epci]
            week = (visits["day"] >= decoy.first_day) & (visits["day"] < decoy.first_day + 7)
            closed |= week & np.isin(visits["practice"], inside)
    return closed


def _rows(person: np.ndarray, day: np.ndarray, reason: np.ndarray, source: np.ndarray) -> Columns:
    return {
        "person": np.asarray(person, np.int32),
        "day": np.asarray(day, np.int32),
        "reason": np.asarray(reason, np.int16),
        "outbreak": np.asarray(source, np.int32),
    }


def _acute_reasons() -> np.ndarray:
    """Weights of the reasons by sex, age band and reason."""
    weights = np.zeros((2, len(REASON_AGES), len(REASONS)))
    for index, reason in enumerate(REASONS):
        weights[0, :, index], weights[1, :, index] = reason.men, reason.women
    return weights


def _places(
    world: World,
    g: np.random.Generator,
    people: People,
    practices: list[Practice],
    visits: Columns,
) -> None:
    """Adds practice (-1: outside the network) and the doctor's position in it."""
    person, day = visits["person"], visits["day"]
    size = len(person)
    practice = people.home_practice[person].copy()
    second = people.second_practice[person]
    later = (second >= 0) & (day >= people.second_from_day[person])
    chance = np.where(people.leaves_first[person], 1.0, 0.15)
    practice = np.where(later & (g.random(size) < chance), second, practice)
    draw = g.random(size)
    own, associate = world["care", "own_gp_share"], world["care", "associate_share"]
    practice = np.where(draw > own + associate, -1, practice)
    away = people.moves_far[person] & (day >= people.move_day[person])
    practice = np.where(away, -1, practice)
    doctors = {practice_.index: len(practice_.rpps) for practice_ in practices}
    number = np.array([doctors.get(index, 1) for index in range(max(doctors) + 1)] + [40])
    usual = people.person_id[person] * 7919 % number[practice]
    other = (usual + g.integers(1, 9, size)) % number[practice]
    visits["practice"] = practice.astype(np.int32)
    visits["doctor"] = np.where((draw > own) & (practice >= 0), other, usual).astype(np.int16)


# ---------------------------------------------------------------------- medication


def _prescriptions(
    world: World, g: np.random.Generator, visits: Columns, treatments: Columns
) -> Columns:
    """Prescribed drugs: visit, person, day, drug, boxes, days, chronic or not."""
    medicines = catalogue.medicines()
    sizes = np.bincount(treatments["person"], minlength=int(visits["person"].max(initial=0)) + 1)
    starts = np.cumsum(sizes) - sizes
    chronic = np.flatnonzero((visits["reason"] == CHRONIC) & (visits["type"] < 4))
    row, rank = expand(sizes[visits["person"][chronic]])
    visit = chronic[row]
    line = starts[visits["person"][visit]] + rank
    day = visits["day"][visit]
    on = (treatments["start"][line] <= day) & (day < treatments["end"][line])
    on &= g.random(len(on)) < 0.97
    visit, drug = visit[on], treatments["drug"][line[on]]
    short = np.array([code.startswith(("N05B", "N05C")) for code in medicines.atc])[drug]
    parts = [
        {
            "visit": visit,
            "drug": drug,
            "boxes": np.where(short, 1, 3).astype(np.int16),
            "days": np.where(short, 28, 90).astype(np.int16),
            "chronic": np.ones(len(visit), bool),
        }
    ]
    for index, reason in enumerate(REASONS):
        members = np.flatnonzero((visits["reason"] == index) & (visits["type"] < 4))
        for chance, codes, boxes, days in reason.drugs:
            chosen = members[g.random(len(members)) < chance]
            options = np.array([medicines.index(code) for code in codes])
            parts.append(
                {
                    "visit": chosen,
                    "drug": g.choice(options, len(chosen)).astype(np.int16),
                    "boxes": np.full(len(chosen), boxes, np.int16),
                    "days": np.full(len(chosen), days, np.int16),
                    "chronic": np.zeros(len(chosen), bool),
                }
            )
    clinical = np.flatnonzero(visits["type"] < 4)
    row, _ = expand(g.poisson(world["care", "comfort_drugs_per_visit"], len(clinical)))
    options = np.array([medicines.index(code) for code in COMFORT])
    weight = 1.0 / np.arange(1, len(options) + 1)
    parts.append(
        {
            "visit": clinical[row],
            "drug": g.choice(options, len(row), p=weight / weight.sum()).astype(np.int16),
            "boxes": g.integers(1, 3, len(row)).astype(np.int16),
            "days": np.full(len(row), 10, np.int16),
            "chronic": np.zeros(len(row), bool),
        }
    )
    prescriptions = stack(parts)
    prescriptions["person"] = visits["person"][prescriptions["visit"]]
    prescriptions["day"] = visits["day"][prescriptions["visit"]]
    prescriptions["pack"] = medicines.packs(
        prescriptions["drug"], g.random(len(prescriptions["drug"])) ** 2
    )
    return prescriptions


def _dispensings(
    world: World, g: np.random.Generator, people: People, prescriptions: Columns, end: int
) -> Columns:
    """Packs handed out: renewals monthly up to the prescribed months, generic substitution."""
    medicines = catalogue.medicines()
    rates = world.section("claims")
    times = np.where(prescriptions["chronic"], prescriptions["boxes"], 1)
    row, rank = expand(times)
    chronic = prescriptions["chronic"][row]
    chance = np.where(chronic, rates["dispensed_renewal"], rates["dispensed_acute"])
    delay = g.integers(0, 4, len(row)) + rank * 29
    day = prescriptions["day"][row] + delay
    keep = (g.random(len(row)) < chance) & (day < end)
    keep &= alive(people, prescriptions["person"][row], day)
    # some people take a pack for three months at once, of the drugs that have one
    habit = (prescriptions["person"][row] * 7919 + prescriptions["drug"][row]) % 100
    large = medicines.large_packs(prescriptions["drug"][row])
    quarterly = chronic & (large >= 0) & (habit < 100 * rates["large_packs"])
    keep &= ~quarterly | (rank == 0)
    row, day, chronic = row[keep], day[keep], chronic[keep]
    drug = prescriptions["drug"][row]
    large = np.where(quarterly, large, -1)[keep]
    swapped = g.random(len(row)) < rates["substitution"]
    other = medicines.packs(drug, g.random(len(row)))
    return {
        "prescription": row.astype(np.int64),
        "person": prescriptions["person"][row],
        "day": day.astype(np.int32),
        "pack": np.where(large >= 0, large, np.where(swapped, other, prescriptions["pack"][row])),
        "boxes": np.where(chronic, 1, prescriptions["boxes"][row]).astype(np.int16),
    }


# ------------------------------------------------------------- tests and prevention


def _panels(
    world: World,
    g: np.random.Generator,
    people: People,
    known: np.ndarray,
    drop_out: np.ndarray,
    shift: np.ndarray,
    start: int,
    end: int,
) -> Columns:
    """Laboratory requests carried out: person, day, panel."""
    count = len(people)
    rates = world.section("laboratory")
    age = (end - people.birth_day) / 365.25
    index = CONDITION_INDEX
    diabetic = known[:, index["diabetes_1"]] | known[:, index["diabetes_2"]]
    vascular = diabetic.copy()
    for name in ("hypertension", "ckd", "heart_failure", "ischaemic_heart_disease", "stroke"):
        vascular |= known[:, index[name]]
    lipid = vascular | known[:, index["dyslipidaemia"]]
    adult = age >= 18
    volume = rates["other_tests_factor"]
    yearly = {
        "hba1c": np.where(diabetic, rates["hba1c_yearly"], 0.03 * (age > 45)) * np.exp(shift),
        "lipids": np.where(
            lipid, rates["lipids_yearly_chronic"], rates["lipids_yearly_adult"] * (age > 35)
        ),
        "creatinine": np.where(vascular, rates["creatinine_yearly_chronic"], 0.3 * (age > 40)),
        "albuminuria": np.where(diabetic, rates["albuminuria_yearly_diabetes"], 0.03 * vascular),
        "glucose": np.where(age > 40, 0.45, 0.08) * adult,
        "blood_count": rates["blood_count_yearly"] * (0.4 + age / 60) * (age > 1),
        "tsh": np.where(known[:, index["hypothyroidism"]], 1.2, 0.12) * adult,
        "electrolytes": np.where(vascular, 2.0, 0.6 * (age > 40)) * volume,
        "crp": 0.45 * (0.4 + age / 60) * volume,
        "liver": np.where(lipid, 1.2, 0.45) * adult * volume,
        "ggt": np.where(lipid, 1.0, 0.4) * adult * volume,
        "psa": rates["psa_yearly_men_from_50"] * (people.sex == 1) * (age >= 50) * (age < 85),
    }
    effort = np.exp(g.normal(-0.12, 0.5, count))
    persons, days, panels = [], [], []
    for name, mean in yearly.items():
        number = g.poisson(mean * effort * (end - start) / 365.25)
        person, _ = expand(number)
        persons.append(person)
        days.append(g.integers(start, end, len(person)))
        panels.append(np.full(len(person), PANEL_INDEX[name]))
    person, day = np.concatenate(persons), np.concatenate(days)
    day = day + np.where(weekday(day) == 6, 1, 0)
    keep = alive(people, person, day) & (day < end)
    keep &= (day < drop_out[person]) | (g.random(len(day)) < 0.25)
    return select(
        {
            "person": person.astype(np.int32),
            "day": day.astype(np.int32),
            "panel": np.concatenate(panels).astype(np.int16),
        },
        keep,
    )


def _years_since(care: Care, name: str, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Years since a condition began; negative before it."""
    return (day - care.onset[person, CONDITION_INDEX[name]].astype(np.int64)) / 365.25


def _blood_sugar(care: Care, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """HbA1c of these people on these days (mmol/mol): rises for years around the diagnosis."""
    own = care.body.hba1c[person]
    years = np.maximum(
        _years_since(care, "diabetes_2", person, day), _years_since(care, "diabetes_1", person, day)
    )
    diabetic = care.body.hba1c[person] >= 44
    before = 38 + np.clip(years + 6, 0, 6) / 6 * np.maximum(own - 38, 0)
    after = own + 0.5 * np.clip(years - 5, -5, 12)
    return np.where(diabetic & (years > -1000), np.where(years < 0, before, after), own)


def _kidney_decline(care: Care, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Factor on creatinine: near normal before chronic kidney disease, 3 % more a year after."""
    years = _years_since(care, "ckd", person, day)
    ever = years > -1000
    change = np.where(
        years < 0, np.clip(1 + 0.05 * years, 0.7, 1), 1 + 0.03 * np.clip(years, 0, 15)
    )
    return np.where(ever, change, 1.0)


def panel_values(g: np.random.Generator, people: People, care: Care, panels: Columns) -> Columns:
    """True result of each measure of each request: person, day, request, measure, value."""
    body = care.body
    statin = np.full(len(people), NO_DAY, np.int64)
    codes = np.array([code.startswith("C10") for code in catalogue.medicines().atc])
    lowering = np.flatnonzero(codes[care.treatments["drug"]])
    np.minimum.at(statin, care.treatments["person"][lowering], care.treatments["start"][lowering])
    parts = []
    for number, panel in enumerate(PANELS):
        rows = np.flatnonzero(panels["panel"] == number)
        person, day = panels["person"][rows], panels["day"][rows]
        noise = g.normal(1, 0.06, len(rows))
        sugar = _blood_sugar(care, person, day)
        kidney = body.creatinine[person] * _kidney_decline(care, person, day)
        lowered = np.where(day > statin[person] + 30, 0.72, 1.0)
        hdl = body.hdl[person] * g.normal(1, 0.05, len(rows))
        fats = body.triglycerides[person] * np.exp(g.normal(0, 0.15, len(rows)))
        total = body.cholesterol[person] * lowered * noise
        values = {
            "tchol": total,
            "hdl": hdl,
            "triglycerides": fats,
            "ldl": np.maximum(0.4, total - hdl - fats / 2.2),
            "hba1c": sugar * noise,
            "creatinine": kidney * noise,
            "potassium": g.normal(4.2, 0.35, len(rows)),
            "acr": np.exp(g.normal(0.2, 1.0, len(rows)))
            * np.where(care.onset[person, CONDITION_INDEX["ckd"]] < day, 6.0, 1.0),
            "glucose_fasting": (sugar / 7.0) * noise,
            "haemoglobin": np.where(people.sex[person] == 1, 14.8, 13.3) * noise,
            "tsh": np.exp(g.normal(0.6, 0.5, len(rows))),
            "leukocytes": g.gamma(14.0, 0.48, len(rows)),
            "platelets": g.normal(245, 52, len(rows)),
            "sodium": g.normal(140, 2.4, len(rows)),
            "crp": np.exp(g.normal(0.9, 1.1, len(rows))),
            "alat": np.exp(g.normal(3.15, 0.4, len(rows))),
            "ggt": np.exp(g.normal(3.2, 0.6, len(rows))),
            "psa": np.exp(g.normal(0.1, 0.75, len(rows)))
            * np.where(care.onset[person, CONDITION_INDEX["prostate_cancer"]] < day, 4.0, 1.0),
            "hpv": np.zeros(len(rows)),
        }
        for name in panel.measures:
            parts.append(
                {
                    "person": person,
                    "day": day,
                    "request": rows.astype(np.int64),
                    "measure": np.full(len(rows), MEASURE_INDEX[name], np.int16),
                    "value": values[name],
                }
            )
    return stack(parts)


def _rounds(
    g: np.random.Generator,
    people: People,
    members: np.ndarray,
    chance: np.ndarray,
    period_days: int,
    first: int,
    last: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Answers to invitations every `period_days`: person and day.

    Each person has an own propensity of mean `chance`: some nearly always come, others never.
    """
    phase = g.integers(0, period_days, len(members))
    mean = np.clip(chance, 0.01, 0.97)
    propensity = g.beta(mean * 0.9, (1 - mean) * 0.9)
    number = (last - first - phase + period_days - 1) // period_days
    row, rank = expand(np.maximum(number, 0))
    came = g.random(len(row)) < propensity[row]
    day = first + phase[row] + rank * period_days + np.minimum(g.exponential(70, len(row)), 600)
    day = day.astype(np.int64)
    keep = came & (day < last)
    return members[row[keep]], day[keep] + (weekday(day[keep]) == 6)


def _screening(
    world: World,
    g: np.random.Generator,
    people: People,
    onset: np.ndarray,
    drop_out: np.ndarray,
    shift: np.ndarray,
    first: int,
    last: int,
) -> tuple[Columns, Columns]:
    """Screening tests with results, and procedures (endoscopy, mammography, cytology…)."""
    rates = world.section("screening")
    fall = 1 - rates["deprivation_effect"] * (people.deprivation - 2) / 2
    ready = 1.0 - 0.35 * (drop_out < last)
    everyone = np.arange(len(people))
    keen = np.where(people.sex == 2, 1.03, 0.96)

    def between(person: np.ndarray, day: np.ndarray, low: float, high: float) -> np.ndarray:
        age = people.age(person, day)
        return alive(people, person, day) & (age >= low) & (age < high) & (day < last)

    tests: list[Columns] = []
    procedures: list[Columns] = []

    def add_procedure(person: np.ndarray, day: np.ndarray, code: str) -> None:
        procedures.append(
            {
                "person": person.astype(np.int32),
                "day": day.astype(np.int32),
                "procedure": np.full(len(person), PROCEDURE_INDEX[code], np.int16),
            }
        )

    def add_test(person: np.ndarray, day: np.ndarray, name: str, value: np.ndarray) -> None:
        tests.append(
            {
                "person": person.astype(np.int32),
                "day": day.astype(np.int32),
                "measure": np.full(len(person), MEASURE_INDEX[name], np.int16),
                "value": value.astype(float),
            }
        )

    cancer = onset[:, CONDITION_INDEX["colorectal_cancer"]]
    answer = np.clip(rates["fit_response"] * fall * ready * keen, 0, 0.97)
    person, day = _rounds(g, people, everyone, life.shifted(answer, shift), 730, first, last)
    keep = between(person, day, 50, 75) & (day < cancer[person])
    person, day = person[keep], day[keep]
    positive = g.random(len(person)) < rates["fit_positive"]
    level = np.where(
        positive, 150 + g.exponential(400, len(person)), g.exponential(18, len(person))
    )
    add_test(person, day, "fit", np.where(positive, level, np.minimum(level, 149)))
    seen = positive & (g.random(len(person)) < rates["colonoscopy_after_positive"])
    scope_person = person[seen]
    scope_day = day[seen] + 15 + g.gamma(2.0, 25.0, len(scope_person)).astype(int)
    number = g.poisson(
        rates["colonoscopy_other_yearly"] * fall * (last - first) / 365.25, len(people)
    )
    other, _ = expand(number)
    other_day = g.integers(first, last, len(other))
    keep = between(other, other_day, 45, 80)
    scope_person = np.concatenate((scope_person, other[keep]))
    scope_day = np.concatenate((scope_day, other_day[keep]))
    keep = scope_day < last
    scope_person, scope_day = scope_person[keep], scope_day[keep]
    draw = g.random(len(scope_person))
    for low, high, code in (
        (0, 0.5, "HHQE002"), (0.5, 0.62, "HHQE005"), (0.62, 0.93, "HHFE002"), (0.93, 1, "HHQE004")
    ):  # fmt: skip
        chosen = (draw >= low) & (draw < high)
        add_procedure(scope_person[chosen], scope_day[chosen], code)

    women = np.flatnonzero(people.sex == 2)
    breast = onset[:, CONDITION_INDEX["breast_cancer"]]
    for key, code in (("mammography_organised", "QEQK004"), ("mammography_individual", "QEQK001")):
        person, day = _rounds(g, people, women, rates[key] * fall[women], 730, first, last)
        low = 50 if code == "QEQK004" else 42
        keep = between(person, day, low, 75) & (day < breast[person])
        add_procedure(person[keep], day[keep], code)
    uterus = g.random(len(people)) < rates["hysterectomy"]
    removed = women[uterus[women]]
    day = (people.birth_day[removed] + g.normal(48, 7, len(removed)) * 365.25).astype(int)
    keep = between(removed, day, 30, 80) & (day >= first)
    add_procedure(removed[keep], day[keep], "JKFA015")
    kept = women[~uterus[women]]
    person, day = _rounds(
        g, people, kept, rates["cervix_covered"] * fall[kept] * 1.1, 1095, first, last
    )
    keep = between(person, day, 25, 66)
    person, day = person[keep], day[keep]
    cytology = people.age(person, day) < 30
    cytology |= g.random(len(person)) < rates["cytology_share_from_30"]
    add_test(person, day, "cytology", (g.random(len(person)) < 0.035))
    tests[-1] = select(tests[-1], cytology)
    positive = g.random(len(person)) < 0.08
    add_test(person[~cytology], day[~cytology], "hpv", positive[~cytology])
    chosen = cytology & (g.random(len(person)) < 0.5)
    add_procedure(person[chosen], day[chosen], "JKQX426")
    add_procedure(person[cytology & ~chosen], day[cytology & ~chosen], "JKQX147")
    bowel = np.flatnonzero(cancer < last)
    day = cancer[bowel] + g.integers(20, 90, len(bowel))
    keep = between(bowel, day, 18, 95) & (day >= first)
    add_procedure(bowel[keep], day[keep], "HHFA008")
    for name, code, yearly in (("copd", "GLQP012", 0.3), ("hypertension", "DEQP003", 0.25),
                               ("diabetes_2", "BGQP002", 0.45)):  # fmt: skip
        members = np.flatnonzero(onset[:, CONDITION_INDEX[name]] < last)
        number = g.poisson(yearly * (last - first) / 365.25, len(members))
        row, _ = expand(number)
        day = g.integers(first, last, len(row))
        keep = between(members[row], day, 18, 100)
        keep &= day >= onset[members[row], CONDITION_INDEX[name]]
        add_procedure(members[row][keep], day[keep], code)
    return stack(tests), stack(procedures)


def _vaccinations(
    world: World,
    g: np.random.Generator,
    people: People,
    onset: np.ndarray,
    known: np.ndarray,
    shift: np.ndarray,
    first: int,
    start: int,
    end: int,
) -> Columns:
    """Doses given: person, day, vaccine, by a pharmacist or not.

    Children's and adolescents' doses reach back to `first`, the others to `start`.
    """
    rates = world.section("vaccination")
    count = len(people)
    at_risk = np.zeros(count, bool)
    for name in ("diabetes_2", "diabetes_1", "copd", "heart_failure", "ischaemic_heart_disease",
                 "stroke", "ckd", "asthma"):  # fmt: skip
        at_risk |= known[:, CONDITION_INDEX[name]]
    taste = g.beta(0.9, 0.9, count)
    parts: list[Columns] = []

    def add(person: np.ndarray, day: np.ndarray, name: str, pharmacist: np.ndarray | float) -> None:
        begin = first if name in ("infant", "mmr", "hpv") else start
        keep = alive(people, person, day) & (day >= begin) & (day < end)
        by = np.broadcast_to(np.asarray(pharmacist), (len(person),))
        parts.append(
            {
                "person": person[keep].astype(np.int32),
                "day": day[keep].astype(np.int32),
                "vaccine": np.full(int(keep.sum()), VACCINE_INDEX[name], np.int16),
                "pharmacist": (g.random(len(person)) < by)[keep],
            }
        )

    everyone = np.arange(count)
    for year in range(to_date(start).year - 1, to_date(end).year + 1):
        season = day_number(f"{year}-10-10")
        age = (season - people.birth_day) / 365.25
        chance = np.where(
            age >= 65,
            rates["influenza_65"] + 0.006 * (age - 75),
            np.where(at_risk, rates["influenza_risk"], rates["influenza_other"] * (age >= 18)),
        )
        chance = np.clip(chance + g.normal(0, 0.06, count), 0, 0.98)
        took = taste < life.shifted(chance, shift) * (age > 0.5)
        person = everyone[took]
        day = season + np.minimum(g.gamma(2.0, 14.0, len(person)), 120).astype(int)
        add(person, day, "influenza", rates["influenza_pharmacist"])
        add(
            everyone[took & (age >= 65) & (taste < 0.3)],
            season + g.integers(0, 60, int((took & (age >= 65) & (taste < 0.3)).sum())),
            "covid",
            0.6,
        )
    adult = np.flatnonzero((start - people.birth_day) / 365.25 >= 20)
    number = g.poisson(rates["booster_yearly"] * (end - start) / 365.25, len(adult))
    row, _ = expand(number)
    add(adult[row], g.integers(start, end, len(row)), "booster", 0.05)
    complete = g.random(count) < rates["child_complete"]
    for name, months in (("infant", (2, 4, 11)), ("mmr", (12, 17))):
        for month in months:
            person = everyone[complete & (g.random(count) < 0.97)]
            day = people.birth_day[person] + int(month * 30.44)
            day = day + g.gamma(1.5, 12, len(person)).astype(int)
            add(person, day, name, 0.0)
    teenager = everyone[g.random(count) < rates["hpv_at_15"]]
    day = people.birth_day[teenager] + (g.uniform(11.2, 14.8, len(teenager)) * 365.25).astype(int)
    add(teenager, day, "hpv", 0.05)
    back = g.random(len(teenager)) < 0.7
    add(teenager[back], day[back] + 200, "hpv", 0.05)
    older = np.flatnonzero((end - people.birth_day) / 365.25 >= 65)
    older = older[g.random(len(older)) < rates["pneumococcus_65"]]
    add(older, g.integers(start, end, len(older)), "pneumococcus", 0.1)
    zoster = older[g.random(len(older)) < 0.15]
    add(zoster, g.integers(start, end, len(zoster)), "zoster", 0.1)
    return stack(parts)


def _stays(
    world: World, g: np.random.Generator, people: People, onset: np.ndarray, start: int, end: int
) -> Columns:
    """Hospital stays: person, first day, last day, condition (-1: another cause), vital exit."""
    age = (end - people.birth_day) / 365.25
    severe = np.array([condition.severe for condition in CONDITIONS])
    burden = (onset[:, severe] < end).sum(axis=1)
    yearly = world["care", "stay_yearly_base"] * (1 + age / 45) * (1 + 0.7 * burden) * 1.6
    number = g.poisson(yearly * (end - start) / 365.25)
    person, _ = expand(number)
    day = g.integers(start, end, len(person))
    length = np.minimum(g.gamma(1.2, 4.0, len(person)), 60).astype(int)
    numbers = np.flatnonzero(severe)
    cause = np.full(len(person), -1, np.int16)
    draw = g.random((len(person), len(numbers))) * (onset[person][:, numbers] < day[:, None])
    best = draw.argmax(axis=1)
    linked = (draw.max(axis=1) > 0) & (g.random(len(person)) < 0.45)
    cause[linked] = numbers[best[linked]]
    keep = alive(people, person, day) & (day + length < end)
    return select(
        {
            "person": person.astype(np.int32),
            "day": day.astype(np.int32),
            "end": (day + length).astype(np.int32),
            "cause": cause,
        },
        keep,
    )


def _death_causes(g: np.random.Generator, people: People, onset: np.ndarray) -> np.ndarray:
    """Why people die: mostly of a severe condition they have, else of age, infection, accident."""
    severe = np.array([condition.severe for condition in CONDITIONS])
    cancer = np.array([condition.cim10.startswith("C") for condition in CONDITIONS])
    person = np.flatnonzero(people.death_day < NO_DAY)
    has = onset[person] < people.death_day[person][:, None]
    weight = (severe + 3.0 * cancer) * has
    draw = weight * g.random(weight.shape)
    age = people.age(person, people.death_day[person])
    others = len(DEATH_CAUSES) - len(CONDITIONS)
    old, young = np.array([0, 1, 2, 3, 4]), np.array([2, 3, 5, 6])
    other = np.where(age >= 65, g.choice(old, len(person)), g.choice(young, len(person)))
    other = np.where(age < 1, others - 1, other)
    chronic = (weight.max(axis=1, initial=0) > 0) & (g.random(len(person)) < 0.85)
    cause = np.full(len(people), -1, np.int16)
    cause[person] = np.where(chronic, draw.argmax(axis=1), len(CONDITIONS) + other)
    return cause


def reason_count_by_syndrome(visits: Columns) -> dict[str, int]:
    """Number of true consulting cases of each syndrome."""
    return {name: int((visits["reason"] == index).sum()) for index, name in enumerate(SYNDROMES)}
