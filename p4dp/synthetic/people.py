"""People of one cluster of practices: who they are, where they live, whom they see.

Everything is an array over people; a person is a position in them. `person_id` exists in the
truth only and never reaches a source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from p4dp.synthetic import names
from p4dp.synthetic.calendar import month_of, year_of
from p4dp.synthetic.columns import NO_DAY
from p4dp.synthetic.practices import Practice, Territory, territory
from p4dp.synthetic.world import World, reference_rows, stream

PEOPLE_PER_CLUSTER_LIMIT = 1 << 20
_BANDS = {
    "0_19": (0, 20),
    "20_39": (20, 40),
    "40_59": (40, 60),
    "60_74": (60, 75),
    "75_plus": (75, 105),
}
_DEPARTMENTS_OF_BIRTH = tuple(f"{n:02d}" for n in range(1, 96) if n != 20)


@dataclass
class People:
    """Arrays of equal length, one place per person; days since 1970-01-01, never is `NO_DAY`."""

    cluster: int
    person_id: np.ndarray
    sex: np.ndarray
    """1 man, 2 woman."""
    birth_day: np.ndarray
    death_day: np.ndarray
    commune: np.ndarray
    """Index in the territory at the start of the window."""
    move_day: np.ndarray
    next_commune: np.ndarray
    moves_far: np.ndarray
    """The move leads into another university zone, away from every practice of the cluster."""
    deprivation: np.ndarray
    """Quintile, 0 least to 4 most deprived."""
    origin: np.ndarray
    """Index in `names.ORIGINS`; 0 is born in France."""
    birth_name: np.ndarray
    married_name: np.ndarray
    """None where there is none."""
    first_name: np.ndarray
    other_first_names: np.ndarray
    birth_place: np.ndarray
    """Five characters; codes that were never assigned."""
    nir: np.ndarray
    """The person's own number, 13 characters without key."""
    insured_nir: np.ndarray
    """The number under which care is reimbursed: the parent's for most children."""
    beneficiary_rank: np.ndarray
    twin_of: np.ndarray
    """Index of the twin, or -1."""
    mother: np.ndarray
    partner: np.ndarray
    home_practice: np.ndarray
    """Index of the own practice, or -1 for nobody in the network."""
    second_practice: np.ndarray
    second_from_day: np.ndarray
    leaves_first: np.ndarray
    """True where the second practice replaces the first for good."""
    in_claims: np.ndarray
    patient_effect: np.ndarray
    """Factor on identity faults, shared by every source of the person."""
    borrowed_number: np.ndarray
    """A person whose number stands in this one's files though nothing links them, or -1."""
    institution_day: np.ndarray
    street: np.ndarray

    def __len__(self) -> int:
        return len(self.sex)

    def age(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Age in years (fractional) of these people on these days."""
        return (day - self.birth_day[person]) / 365.25


@cache
def _age_tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By department: (sex, age) cells of one year and their cumulative share."""
    tables: dict[str, list[tuple[int, int, float]]] = {}
    for row in reference_rows("age_sex"):
        low, high = _BANDS.get(row["age_band"], _BANDS["75_plus"])
        ages = np.arange(low, high)
        shape = np.exp(-0.095 * (ages - low)) if low == 75 else np.ones(len(ages))
        for code, column in ((1, "men"), (2, "women")):
            slope = np.exp((0.03 if code == 2 else -0.01) * (ages - low)) if low == 75 else 1.0
            weight = shape * slope
            cells = float(row[column]) * weight / weight.sum()
            tables.setdefault(row["departement_code"], []).extend(
                (code, int(age), float(cell)) for age, cell in zip(ages, cells, strict=True)
            )
    result = {}
    for department, cells in tables.items():
        array = np.array([(code, age) for code, age, _ in cells])
        share = np.cumsum([cell for _, _, cell in cells])
        result[department] = (array, share / share[-1])
    return result


def make_people(
    world: World,
    seed: int,
    cluster: int,
    practices: list[Practice],
    count: int,
    start: int,
    end: int,
) -> People:
    """`count` people around the practices of one cluster, seen over days [start, end)."""
    g = stream(seed, 2, cluster)
    place = territory()
    rates = world.section("people")
    home, commune = _homes(g, place, practices, count, rates["outside_practices_share"])
    sex, age = _ages(g, place, commune)
    birth_day = (end - age * 365.25 - g.random(count) * 365.25).astype(np.int32)
    zone = place.zones[practices[0].zone]

    deprivation_of_commune = stream(seed, 3).normal(size=len(place.commune))
    depth = deprivation_of_commune[commune] + g.normal(0, 1.2, count)
    deprivation = np.clip(np.floor(depth / 1.56 + 2.5), 0, 4).astype(np.int8)
    abroad = g.random(count) < rates["foreign_born_share"] * np.where(deprivation == 4, 2.0, 0.75)
    abroad &= age > 8
    origin_abroad = g.choice(np.arange(1, 7), count, p=[0.42, 0.2, 0.16, 0.07, 0.07, 0.08])
    second_generation = ~abroad & (g.random(count) < 0.07)
    origin = np.where(abroad, origin_abroad, 0)
    name_origin = np.where(abroad | second_generation, origin_abroad, 0)

    mother, twin_of, birth_day = _families(g, sex, birth_day, end, rates["twin_share"])
    partner = _couples(g, sex, birth_day, end, rates["couple_share"])
    birth_name = names.draw_surnames(g, name_origin, zone, world["identity", "double_name"])
    child = np.flatnonzero(mother >= 0)
    father = partner[mother[child]]
    namer = np.where(father >= 0, father, mother[child])
    birth_name[child] = birth_name[namer]
    commune[child] = commune[mother[child]]
    home[child] = np.where(g.random(len(child)) < 0.85, home[mother[child]], home[child])
    wife = np.flatnonzero((sex == 2) & (partner >= 0))
    commune[wife] = commune[partner[wife]]
    married = np.full(count, None, dtype=object)
    wed = wife[g.random(len(wife)) < world["identity", "married_share"]]
    married[wed] = birth_name[partner[wed]]

    first = names.draw_first_names(g, sex, year_of(birth_day), name_origin)
    others = names.draw_first_names(g, sex, year_of(birth_day) - 30, name_origin)
    birth_place = _birth_places(g, place, commune, origin, cluster, world)
    nir = _nirs(sex, birth_day, birth_place, cluster, g)
    insured, rank = _insured(g, world, nir, mother, partner, twin_of, birth_day, end)
    rank = distinct_ranks(insured, birth_day, sex, rank)

    hazard = rates["death_hazard_at_60"] * np.exp(rates["death_hazard_growth"] * (age - 60))
    hazard *= np.where(sex == 1, 1.35, 0.78) * np.exp(0.12 * (deprivation - 2))
    lived = g.exponential(1, count) / np.maximum(hazard, 1e-5)
    death = np.where(
        lived * 365.25 < end - start, (start + lived * 365.25).astype(np.int64), NO_DAY
    ).astype(np.int32)
    death = np.where(death <= birth_day, NO_DAY, death).astype(np.int32)

    years = (end - start) / 365.25
    moves = g.random(count) < 1 - (1 - rates["move_yearly"]) ** years
    move_day = np.where(moves, g.integers(start, end, count), NO_DAY).astype(np.int32)
    next_commune = commune[g.permutation(count)]
    moves_far = moves & (g.random(count) < rates["move_far_share"])
    abroad_zone = np.flatnonzero(place.zone != practices[0].zone)
    weight = place.population[abroad_zone] / place.population[abroad_zone].sum()
    next_commune[moves_far] = g.choice(abroad_zone, int(moves_far.sum()), p=weight)
    second, second_day, leaves = _second_practice(g, rates, practices, home, start, end, years)
    years_old = (end - birth_day) / 365.25
    lodged = np.where(years_old > 85, 1.0, 0.2 * (years_old > 75))
    institution = np.where(
        g.random(count) < rates["institution_share_from_85"] * lodged,
        g.integers(start - 700, end, count),
        NO_DAY,
    ).astype(np.int32)
    borrowed = _borrowed_numbers(stream(seed, 14, cluster), sex, birth_day, home, mother, end)
    return People(
        cluster=cluster,
        person_id=np.int64(cluster) * PEOPLE_PER_CLUSTER_LIMIT + np.arange(count),
        sex=sex,
        birth_day=birth_day,
        death_day=death,
        commune=commune,
        move_day=move_day,
        next_commune=next_commune,
        moves_far=moves_far,
        deprivation=deprivation,
        origin=origin.astype(np.int8),
        birth_name=birth_name,
        married_name=married,
        first_name=first,
        other_first_names=others,
        birth_place=birth_place,
        nir=nir,
        insured_nir=insured,
        beneficiary_rank=rank,
        twin_of=twin_of,
        mother=mother,
        partner=partner,
        home_practice=home,
        second_practice=second,
        second_from_day=second_day,
        leaves_first=leaves,
        in_claims=g.random(count) >= rates["outside_claims_share"],
        patient_effect=np.exp(g.normal(0, world["identity", "patient_effect_sd"], count))
        * np.where(abroad, world["identity", "foreign_born_factor"], 1.0)
        * np.where(deprivation == 4, 1.4, 1.0),
        borrowed_number=borrowed,
        institution_day=institution,
        street=g.integers(1, 180, count),
    )


def _homes(
    g: np.random.Generator,
    place: Territory,
    practices: list[Practice],
    count: int,
    outside: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Own practice (index or -1) and commune of each person."""
    size = np.array([practice.size for practice in practices])
    position = g.choice(len(practices), count, p=size / size.sum())
    numbers = np.array([practice.index for practice in practices])
    home = np.where(g.random(count) < outside, -1, numbers[position]).astype(np.int32)
    base = np.array([practice.commune for practice in practices])[position]
    draw = g.random(count)
    commune = base.copy()
    in_zone = np.flatnonzero(place.zone == practices[0].zone)
    for epci in np.unique(place.epci[base]):
        members = np.flatnonzero(place.epci == epci)
        near = np.flatnonzero((place.epci[base] == epci) & (draw > 0.55) & (draw <= 0.92))
        weight = place.population[members] / place.population[members].sum()
        commune[near] = g.choice(members, len(near), p=weight)
    far = np.flatnonzero(draw > 0.92)
    weight = place.population[in_zone] / place.population[in_zone].sum()
    commune[far] = g.choice(in_zone, len(far), p=weight)
    return home, commune.astype(np.int32)


def _ages(
    g: np.random.Generator, place: Territory, commune: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    sex = np.empty(len(commune), np.int8)
    age = np.empty(len(commune), np.int16)
    departments = np.array(place.department)[commune]
    tables = _age_tables()
    for department in np.unique(departments):
        chosen = np.flatnonzero(departments == department)
        cells, share = tables[str(department)]
        index = np.searchsorted(share, g.random(len(chosen)), side="right")
        cell = cells[np.minimum(index, len(cells) - 1)]
        sex[chosen], age[chosen] = cell[:, 0], cell[:, 1]
    return sex, age


def _families(
    g: np.random.Generator, sex: np.ndarray, birth: np.ndarray, end: int, twin_share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mother of each person under 25 where one fits, twin of each twin, birth days amended."""
    count = len(sex)
    mother = np.full(count, -1, np.int32)
    twin = np.full(count, -1, np.int32)
    birth = birth.copy()
    women = np.flatnonzero(sex == 2)
    women = women[np.argsort(birth[women], kind="stable")]
    child = np.flatnonzero(end - birth < 25 * 365.25)
    low = np.searchsorted(birth[women], birth[child] - int(43 * 365.25))
    high = np.searchsorted(birth[women], birth[child] - int(19 * 365.25))
    fits = high > low
    child, low, high = child[fits], low[fits], high[fits]
    mother[child] = women[low + (g.random(len(child)) * (high - low)).astype(np.int64)]
    order = child[np.argsort(birth[child], kind="stable")]
    firsts = order[:-1:2][g.random(len(order[:-1:2])) < twin_share]
    position = {int(person): rank for rank, person in enumerate(order)}
    for one in firsts:
        other = int(order[position[int(one)] + 1])
        twin[one], twin[other] = other, one
        birth[other], mother[other] = birth[one], mother[one]
        if g.random() < 2 / 3:
            sex[other] = sex[one]
    return mother, twin, birth


def _couples(
    g: np.random.Generator, sex: np.ndarray, birth: np.ndarray, end: int, share: float
) -> np.ndarray:
    """Partner of each person, or -1: men and women matched by age."""
    partner = np.full(len(sex), -1, np.int32)
    adult = (end - birth) / 365.25 > 22
    sides = []
    for code in (1, 2):
        members = np.flatnonzero((sex == code) & adult)
        members = members[g.random(len(members)) < share]
        key = birth[members] + g.normal(0, 900, len(members)) + (800 if code == 1 else 0)
        sides.append(members[np.argsort(key)])
    pairs = min(map(len, sides))
    if pairs:
        men = sides[0][np.linspace(0, len(sides[0]) - 1, pairs).astype(int)]
        women = sides[1][np.linspace(0, len(sides[1]) - 1, pairs).astype(int)]
        partner[men], partner[women] = women, men
    return partner


def _birth_places(
    g: np.random.Generator,
    place: Territory,
    commune: np.ndarray,
    origin: np.ndarray,
    cluster: int,
    world: World,
) -> np.ndarray:
    """Birth-place codes that no commune and no country ever had.

    Communes end with 920-979 (no department numbered its communes above 909; 980-999 are
    left to the register's own uses); countries are numbered 600-899, where no continent is.
    """
    count = len(commune)
    departments = np.array(place.department)[commune]
    own = g.random(count) < world["people", "born_in_own_department_share"]
    elsewhere = np.array((*_DEPARTMENTS_OF_BIRTH, "2A", "2B"))[
        g.integers(0, len(_DEPARTMENTS_OF_BIRTH) + 2, count)
    ]
    department = np.where(own, departments, elsewhere)
    number = 920 + cluster % 60
    overseas = np.char.startswith(department, "97")
    code = np.where(
        overseas,
        np.char.add(department, f"{50 + cluster % 40:02d}"),
        np.char.add(department, f"{number:03d}"),
    )
    country = np.char.mod("99%03d", 600 + origin.astype(int) * 40 + cluster % 40)
    return np.where(origin > 0, country, code).astype(object)


def _nirs(
    sex: np.ndarray,
    birth: np.ndarray,
    birth_place: np.ndarray,
    cluster: int,
    g: np.random.Generator,
) -> np.ndarray:
    """Distinct 13-character numbers; births in Corsica before 1976 carry department 20."""
    stem = np.char.mod("%d", sex.astype(int))
    year, month = year_of(birth), month_of(birth)
    stem = np.char.add(stem, np.char.mod("%02d", year % 100))
    stem = np.char.add(stem, np.char.mod("%02d", month))
    corsica = np.char.startswith(birth_place.astype(str), "2A") | np.char.startswith(
        birth_place.astype(str), "2B"
    )
    where = birth_place.astype(str)
    where = np.where(corsica & (year < 1976), np.char.add("20", np.char.ljust(where, 5)), where)
    where = np.where(corsica & (year < 1976), _corsica(where), where)
    stem = np.char.add(stem, where)
    order = g.permutation(len(sex))
    _, inverse = np.unique(stem[order], return_inverse=True)
    by_group = np.argsort(inverse, kind="stable")
    sorted_groups = inverse[by_group]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(sorted_groups)) + 1))
    lengths = np.diff(np.concatenate((starts, [len(order)])))
    rank = np.empty(len(order), np.int64)
    rank[by_group] = np.arange(len(order)) - np.repeat(starts, lengths)
    number = np.empty(len(order), np.int64)
    number[order] = 1 + (cluster // 60) * 80 % 880 + rank
    return np.char.add(stem, np.char.mod("%03d", number)).astype(object)


def _corsica(where: np.ndarray) -> np.ndarray:
    """`202A925` becomes `20925`: the department before 1976, the commune's own number."""
    return np.array([text[:2] + text[4:7] for text in where.tolist()])


def _insured(
    g: np.random.Generator,
    world: World,
    nir: np.ndarray,
    mother: np.ndarray,
    partner: np.ndarray,
    twin: np.ndarray,
    birth: np.ndarray,
    end: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The number and rank under which each person's care is reimbursed."""
    insured = nir.copy()
    rank = np.ones(len(nir), np.int64)
    child = np.flatnonzero((mother >= 0) & ((end - birth) / 365.25 < 18))
    child = child[g.random(len(child)) < world["identity", "child_under_insured_number"]]
    father = partner[mother[child]]
    parent = np.where((father >= 0) & (g.random(len(child)) < 0.4), father, mother[child])
    insured[child] = nir[parent]
    second = child[(twin[child] >= 0) & (twin[child] < child)]
    insured[second] = insured[twin[second]]
    rank[second] = 2
    return insured, rank


def distinct_ranks(
    insured: np.ndarray, birth: np.ndarray, sex: np.ndarray, rank: np.ndarray
) -> np.ndarray:
    """Ranks raised where people of one number, birth day and sex would share theirs.

    The claims know a beneficiary by these four, and give a rank to whoever they could not tell
    apart: children of one parent born on one day have one, twins or not.
    """
    order = np.lexsort((rank, sex, birth, insured.astype(str)))
    number, day, of_sex = insured[order], birth[order], sex[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (number[1:] != number[:-1]) | (day[1:] != day[:-1]) | (of_sex[1:] != of_sex[:-1])
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    raised = rank.copy()
    lowest = rank[order][first] + np.arange(len(order)) - first
    raised[order] = np.maximum(rank[order], lowest)
    return raised


def _borrowed_numbers(
    g: np.random.Generator,
    sex: np.ndarray,
    birth: np.ndarray,
    home: np.ndarray,
    mother: np.ndarray,
    end: int,
) -> np.ndarray:
    """One pair a cluster: two adults of one sex, years apart, under the same number."""
    borrowed = np.full(len(sex), -1, np.int32)
    age = (end - birth) / 365.25
    adults = g.permutation(np.flatnonzero((age > 30) & (age < 80) & (home >= 0) & (mother < 0)))
    for one, other in zip(adults[:40:2], adults[1:40:2], strict=False):
        if sex[one] == sex[other] and abs(age[one] - age[other]) > 3:
            borrowed[one] = other
            break
    return borrowed


def _second_practice(
    g: np.random.Generator,
    rates: dict[str, float],
    practices: list[Practice],
    home: np.ndarray,
    start: int,
    end: int,
    years: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Another practice of the cluster, from which day, and whether it replaces the first."""
    count = len(home)
    second = np.full(count, -1, np.int32)
    numbers = np.array([practice.index for practice in practices])
    if len(numbers) > 1:
        rate = 1 - (1 - rates["second_practice_yearly"]) ** years
        chosen = np.flatnonzero((home >= 0) & (g.random(count) < rate))
        position = np.searchsorted(numbers, home[chosen])
        shift = g.integers(1, len(numbers), len(chosen))
        second[chosen] = numbers[(position + shift) % len(numbers)]
    day = np.where(second >= 0, g.integers(start, end, count), NO_DAY).astype(np.int32)
    return second, day, (second >= 0) & (g.random(count) < 0.45)
