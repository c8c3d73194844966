"""What circulates, where and when: weekly incidence by EPCI, planted outbreaks, decoys."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from p4dp.synthetic.calendar import to_date, week_start
from p4dp.synthetic.catalogue import SYNDROMES
from p4dp.synthetic.practices import Practice, territory
from p4dp.synthetic.world import World, stream

DECOYS = ("media_effect", "strike", "definition_change", "new_code", "double_entry")
"""Changes of the counts without any outbreak.

media_effect: worried people consult twice as much for the syndrome in one EPCI. strike: the
practices of an EPCI are closed for the first week. definition_change: the users of one
vendor's software call half of their acute respiratory infections influenza-like. new_code:
they coded the syndrome half as often before that day. double_entry: each contact of the
practices of that vendor in one EPCI is entered twice.
"""
FIRST_DECOY = -2
"""In the column of outbreaks, decoy n is -2 - n; -1 is neither."""


@dataclass(frozen=True)
class Outbreak:
    """A true local excess: place (EPCI), time, and how large."""

    number: int
    syndrome: str
    epci: int
    first_week: int
    weeks: int
    multiple: int
    """Size as a multiple of the baseline standard deviation of the place's weekly count."""
    shape: np.ndarray = field(repr=False)
    """Share of the cases in each week; sums to 1."""


@dataclass(frozen=True)
class Decoy:
    """A change of the counts that is no outbreak: how and where."""

    number: int
    kind: str
    syndrome: str
    vendor: str
    epci: int
    first_day: int
    days: int

    def covers(self, day: np.ndarray) -> np.ndarray:
        """The decoy is at work on these days."""
        return (day >= self.first_day) & (day < self.first_day + self.days)


@dataclass(frozen=True)
class Epidemics:
    """Incidence per person and week: `incidence[syndrome, epci, week]`."""

    first_week: int
    incidence: np.ndarray = field(repr=False)
    outbreaks: tuple[Outbreak, ...]
    decoys: tuple[Decoy, ...]
    empty: tuple[Outbreak, ...] = ()
    """Written down as planted, with no case at all: whoever finds them has read the truth."""


def make_epidemics(
    world: World, seed: int, practices: list[Practice], start: int, end: int
) -> Epidemics:
    """Seasons, territorial shifts, outbreaks and decoys over the weeks of [start, end)."""
    place = territory()
    first = int(week_start(np.array([start]))[0])
    weeks = -(-(end - first) // 7)
    starts = first + 7 * np.arange(weeks)
    year = np.array([to_date(int(day) + 3).isocalendar().year for day in starts])
    week = np.array([to_date(int(day) + 3).isocalendar().week for day in starts])
    position = (year - year[0]) * 52.18 + week
    g = stream(seed, 4)
    rates = world.section("epidemics")
    epcis = len(place.epci_codes)
    department_of = np.zeros(epcis, int)
    departments = sorted(set(place.department))
    for commune, epci in enumerate(place.epci):
        department_of[epci] = departments.index(place.department[commune])
    incidence = np.empty((len(SYNDROMES), epcis, weeks))
    for number, name in enumerate(SYNDROMES):
        rate = world["syndromes", name]
        level = np.full((epcis, weeks), float(rate["floor"]))
        shift = g.normal(0, rates["territory_shift_weeks"], len(departments))[department_of]
        height = np.exp(g.normal(0, rates["territory_height_sd"], len(departments)))[department_of]
        for season in range(-1, int((position[-1]) // 52.18) + 2):
            peak = season * 52.18 + rate["week"] + g.normal(0, 1.5)
            size = rate["peak"] * np.exp(g.normal(0, rate["spread"]))
            distance = position[None, :] - (peak + shift[:, None])
            level += size * height[:, None] * np.exp(-0.5 * (distance / rate["width"]) ** 2)
        noise = g.gamma(1 / rates["overdispersion"], rates["overdispersion"], (epcis, weeks))
        incidence[number] = level * noise / 100_000
    outbreaks = _outbreaks(g, rates, practices, weeks)
    decoys = _decoys(g, rates, practices, start, end)
    empty = _outbreaks(
        stream(seed, 13), rates | {"outbreaks_per_practice": 0.025}, practices, weeks
    )
    return Epidemics(first, incidence, outbreaks, decoys, empty)


def _outbreaks(
    g: np.random.Generator, rates: dict[str, float], practices: list[Practice], weeks: int
) -> tuple[Outbreak, ...]:
    place = territory()
    count = max(4, round(rates["outbreaks_per_practice"] * len(practices)))
    sizes = np.array(rates["outbreak_sizes"])
    outbreaks = []
    for number in range(count):
        practice = practices[int(g.integers(len(practices)))]
        duration = int(g.integers(1, 13))
        first = int(g.integers(min(20, weeks // 3), max(21, weeks - duration)))
        middle = np.arange(duration) + 0.5
        shape = np.exp(-0.5 * (np.log(middle / (0.4 * duration)) / 0.5) ** 2)
        syndrome = SYNDROMES[int(g.choice(len(SYNDROMES)))]
        outbreaks.append(
            Outbreak(
                number,
                syndrome,
                int(place.epci[practice.commune]),
                first,
                duration,
                int(sizes[number % len(sizes)]),
                shape / shape.sum(),
            )
        )
    return tuple(outbreaks)


def _decoys(
    g: np.random.Generator, rates: dict[str, float], practices: list[Practice], start: int, end: int
) -> tuple[Decoy, ...]:
    place = territory()
    count = max(3, round(rates["decoys_per_practice"] * len(practices)))
    decoys = []
    for number in range(count):
        practice = practices[int(g.integers(len(practices)))]
        days = 7 * int(g.integers(1, 7))
        decoys.append(
            Decoy(
                number,
                DECOYS[number % len(DECOYS)],
                SYNDROMES[int(g.integers(3))],
                practice.vendor,
                int(place.epci[practice.commune]),
                int(g.integers(min(start + 150, (start + end) // 2), end - days)),
                days,
            )
        )
    return tuple(decoys)


def cases(
    world: World,
    epidemics: Epidemics,
    g: np.random.Generator,
    epci: np.ndarray,
    age: np.ndarray,
    start: int,
    end: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Consulting cases among people living in `epci`: person, day, syndrome, outbreak.

    The last is the number of the outbreak, -1 for none, `FIRST_DECOY - n` for decoy n.

    `age` is each person's age in years in the middle of the window. Days are drawn within the
    week with fewer on the week-end.
    """
    persons, days, syndromes, sources = [], [], [], []
    weeks = epidemics.incidence.shape[2]
    monday = epidemics.first_week + 7 * np.arange(weeks)
    by_epci = {int(value): np.flatnonzero(epci == value) for value in np.unique(epci)}
    within = np.array([0.26, 0.19, 0.17, 0.15, 0.16, 0.06, 0.01])
    for number, name in enumerate(SYNDROMES):
        rate = world["syndromes", name]
        edges = np.array(rate["ages"])
        band = np.clip(np.searchsorted(edges, age, side="right") - 1, 0, len(edges) - 1)
        weight = np.array(rate["weights"], float)[band] * (age >= edges[0])
        mean = weight.mean() or 1.0
        for value, members in by_epci.items():
            own = np.cumsum(weight[members] / mean)
            if len(own) == 0 or own[-1] == 0:
                continue
            expected = epidemics.incidence[number, value] * own[-1]
            counts = g.poisson(expected)
            source = np.full(int(counts.sum()), -1)
            week = np.repeat(np.arange(weeks), counts)
            for outbreak in epidemics.outbreaks:
                if outbreak.syndrome != name or outbreak.epci != value:
                    continue
                last = outbreak.first_week + outbreak.weeks
                usual = expected[outbreak.first_week : last]
                extra = outbreak.multiple * np.sqrt(max(usual.mean(), 0.3)) * outbreak.weeks
                more = g.poisson(extra * outbreak.shape[: len(usual)])
                week = np.concatenate(
                    (week, np.repeat(outbreak.first_week + np.arange(len(usual)), more))
                )
                source = np.concatenate((source, np.full(int(more.sum()), outbreak.number)))
            for decoy in epidemics.decoys:
                if (decoy.kind, decoy.syndrome, decoy.epci) == ("media_effect", name, value):
                    worried = g.poisson(expected * decoy.covers(monday + 3))
                    week = np.concatenate((week, np.repeat(np.arange(weeks), worried)))
                    mark = np.full(int(worried.sum()), FIRST_DECOY - decoy.number)
                    source = np.concatenate((source, mark))
            draw = g.random(len(week)) * own[-1]
            person = members[np.minimum(np.searchsorted(own, draw, side="right"), len(own) - 1)]
            day = monday[week] + g.choice(7, len(week), p=within)
            persons.append(person)
            days.append(day)
            syndromes.append(np.full(len(week), number))
            sources.append(source)
    person = np.concatenate(persons).astype(np.int32)
    day = np.concatenate(days).astype(np.int32)
    keep = (day >= start) & (day < end)
    return (
        person[keep],
        day[keep],
        np.concatenate(syndromes).astype(np.int16)[keep],
        np.concatenate(sources).astype(np.int32)[keep],
    )
