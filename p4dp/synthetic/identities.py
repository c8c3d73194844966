"""How a source writes down who somebody is: names, numbers, dates, and the faults in them.

Faults have three causes: the person (foreign-born, precarious: `patient_effect`; half of
those faults are on the health card and so repeated everywhere), the practice (its typing)
and chance. Nothing is drawn independently for each field of each file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from p4dp.synthetic.calendar import day_number, year_of
from p4dp.synthetic.columns import NO_DAY
from p4dp.synthetic.names import COMPOUND_HEADS, USUAL
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import Practice, territory
from p4dp.synthetic.world import World

_ACCENTS = str.maketrans("ÀÂÄÉÈÊËÎÏÔÖÙÛÜŸÇ", "AAAEEEEIIOOUUUYC")
_PHONETIC = (
    ("PH", "F"), ("EAU", "O"), ("AULT", "AUD"), ("TH", "T"), ("QU", "K"), ("LL", "L"),
    ("NN", "N"), ("Y", "I"),
)  # fmt: skip
_VARIANTS = (
    ("MOHAMED", "MOHAMMED"), ("KHADIJA", "KADIDJA"), ("FATIMA", "FATMA"), ("YOUSSEF", "YUSUF"),
    ("BEN ", "BEN"), ("EL ", "EL"), ("OU", "U"), ("CH", "SH"), ("DJ", "J"), ("AI", "AY"),
    ("GU", "G"),
)  # fmt: skip
_STREETS = (
    "rue de la République", "avenue Jean Jaurès", "rue Pasteur", "place du Marché",
    "chemin des Vignes", "rue Victor Hugo", "boulevard Gambetta", "impasse des Lilas",
    "rue de l'Église", "allée des Platanes",
)  # fmt: skip
IDENTITY_FAULTS = (
    "birth_date_wrong", "day_month_swapped", "placeholder_birth", "sex_wrong", "sex_missing",
    "name_typed", "first_name_typed", "double_name_cut", "particle_changed", "transliterated",
    "compound_cut", "usual_name", "married_name_only", "nir_missing", "nir_other_person",
    "nir_key_invalid", "nir_waiting", "child_under_insured_number", "canary_number",
)  # fmt: skip


@dataclass
class Card:
    """What the health card of each person says: arrays over people, shared faults included."""

    birth_name: np.ndarray
    first_name: np.ndarray
    birth_day: np.ndarray
    sex: np.ndarray


@dataclass
class Identities:
    """What one practice writes for each of its files (arrays over files)."""

    birth_name: np.ndarray
    used_name: np.ndarray
    first_name: np.ndarray
    other_first_names: np.ndarray
    birth_day: np.ndarray
    sex: np.ndarray
    """1, 2, or 0 where missing."""
    nir: np.ndarray
    """15 characters, or an empty string."""
    waiting_until: np.ndarray
    """Day on which the number replaces a waiting number (`NO_DAY`: never)."""
    final_nir: np.ndarray
    birth_place: np.ndarray
    phone: np.ndarray
    email: np.ndarray
    address: np.ndarray
    postal_code: np.ndarray
    commune: np.ndarray
    faults: np.ndarray
    """Files x `IDENTITY_FAULTS`."""


def nir_key(number: str) -> int:
    """Control key of a 13-character number: 97 minus the number modulo 97 (2A is 19, 2B is 18)."""
    return 97 - int(number.replace("2A", "19").replace("2B", "18")) % 97


def nir_keys(numbers: np.ndarray) -> np.ndarray:
    """Keys of many 13-character numbers, as two-digit text."""
    return np.array([f"{nir_key(number):02d}" for number in numbers.tolist()], dtype="U2")


def strip_accents(text: str) -> str:
    """Upper-case letters without their accents."""
    return text.translate(_ACCENTS)


def mistyped(text: str, draw: int) -> str:
    """One slip of the keyboard or of the ear, chosen by `draw`."""
    kind, place = draw % 5, draw // 5
    if len(text) < 3:
        return text + text[-1:]
    spot = 1 + place % (len(text) - 1)
    letter = "AEIOURNTLS"[place // 7 % 10]
    if kind == 0:
        return text[:spot] + letter + text[spot:]
    if kind == 1:
        return text[:spot] + text[spot + 1 :]
    if kind == 2:
        return text[:spot] + letter + text[spot + 1 :]
    if kind == 3:
        return text[: spot - 1] + text[spot] + text[spot - 1] + text[spot + 1 :]
    for heard, written in _PHONETIC:
        if heard in text:
            return text.replace(heard, written, 1)
    return text[:spot] + text[spot] + text[spot:]


def _without_part(name: str) -> str:
    return name.split("-")[0]


def _particle_moved(name: str, draw: int) -> str:
    head, _, tail = name.partition(" ")
    return (head + tail, tail, f"{tail} {head}")[draw % 3]


def _first_name_cut(name: str) -> str:
    return name.split("-")[0]


def make_cards(world: World, g: np.random.Generator, people: People) -> Card:
    """The health cards: the share of the faults that every source repeats."""
    rates = world.section("identity")
    shared = rates["carte_vitale_shared"]
    count = len(people)
    effect = people.patient_effect

    def fault(name: str, mask: np.ndarray | None = None) -> np.ndarray:
        hit = g.random(count) < np.minimum(0.5, rates[name] * shared * effect)
        return np.flatnonzero(hit if mask is None else hit & mask)

    birth_name = people.birth_name.copy()
    first_name = people.first_name.copy()
    draws = g.integers(0, 1 << 30, count)
    for row in fault("typing_error"):
        birth_name[row] = mistyped(birth_name[row], int(draws[row]))
    for row in fault("typing_error"):
        first_name[row] = mistyped(first_name[row], int(draws[row] >> 3))
    abroad = people.origin > 0
    for row in np.flatnonzero(abroad & (g.random(count) < rates["transliteration"] * shared)):
        birth_name[row] = _transliterated(birth_name[row])
    birth_day, sex = people.birth_day.copy(), people.sex.copy()
    rows = fault("birth_date_wrong")
    birth_day[rows] += g.integers(-400, 400, len(rows)).astype(np.int32)
    unknown = np.where(abroad, rates["placeholder_birth_foreign"], rates["placeholder_birth"])
    rows = np.flatnonzero(g.random(count) < unknown)
    years = (year_of(birth_day[rows]) - 1970).astype("datetime64[Y]")
    birth_day[rows] = years.astype("datetime64[D]").astype(np.int32)
    rows = fault("sex_wrong")
    sex[rows] = 3 - sex[rows]
    return Card(birth_name, first_name, birth_day, sex)


def _transliterated(name: str) -> str:
    for written, other in _VARIANTS:
        if written in name:
            return name.replace(written, other, 1)
    return name + "E"


def write_identities(
    world: World,
    g: np.random.Generator,
    people: People,
    card: Card,
    person: np.ndarray,
    practice: Practice,
    start: int,
    end: int,
) -> Identities:
    """The identity of each file of a practice (`person`: whose file it is)."""
    rates = world.section("identity")
    place = territory()
    count = len(person)
    own = 1 - rates["carte_vitale_shared"]
    effect = people.patient_effect[person] * practice.habits.typing
    faults = np.zeros((count, len(IDENTITY_FAULTS)), bool)

    def fault(rate: np.ndarray | float, name: str, mask: np.ndarray | None = None) -> np.ndarray:
        hit = g.random(count) < np.minimum(0.8, rate)
        hit = hit if mask is None else hit & mask
        faults[:, IDENTITY_FAULTS.index(name)] = hit
        return np.flatnonzero(hit)

    draws = g.integers(0, 1 << 30, count)
    birth_name = card.birth_name[person].copy()
    first_name = card.first_name[person].copy()
    has_hyphen = np.array(["-" in name for name in birth_name], bool)
    has_space = np.array([" " in name for name in birth_name], bool)
    compound = np.array([name.split("-")[0] in COMPOUND_HEADS for name in first_name], bool)
    compound &= np.array(["-" in name for name in first_name], bool)
    for row in fault(rates["double_name_cut"], "double_name_cut", has_hyphen):
        birth_name[row] = _without_part(birth_name[row])
    for row in fault(rates["particle_changed"], "particle_changed", has_space):
        birth_name[row] = _particle_moved(birth_name[row], int(draws[row]))
    abroad = people.origin[person] > 0
    for row in fault(rates["transliteration"] * own, "transliterated", abroad):
        birth_name[row] = _transliterated(birth_name[row])
    for row in fault(rates["typing_error"] * own * effect, "name_typed"):
        birth_name[row] = mistyped(birth_name[row], int(draws[row]))
    for row in fault(rates["compound_first_name_cut"], "compound_cut", compound):
        first_name[row] = _first_name_cut(first_name[row])
    for row in fault(rates["usual_first_name"] * 10, "usual_name"):
        first_name[row] = USUAL.get(strip_accents(first_name[row]), first_name[row])
    for row in fault(rates["typing_error"] * own * effect, "first_name_typed"):
        first_name[row] = mistyped(first_name[row], int(draws[row] >> 2))

    married = people.married_name[person]
    wed = np.array([name is not None for name in married], bool)
    older = (end - people.birth_day[person]) / 365.25 > 60
    used = np.where(wed, married, "").astype(object)
    for row in fault(
        rates["married_name_only"] * np.where(older, 1.3, 0.7), "married_name_only", wed
    ):
        birth_name[row] = used[row]

    birth = card.birth_day[person].copy()
    rows = fault(rates["birth_date_wrong"] * own * effect, "birth_date_wrong")
    birth[rows] += g.choice([-3650, -365, -31, -10, -1, 1, 9, 30, 365], len(rows)).astype(np.int32)
    rows = fault(rates["day_month_swapped"] * effect, "day_month_swapped")
    birth[rows] = _swapped(birth[rows])
    faults[:, IDENTITY_FAULTS.index("placeholder_birth")] = birth != people.birth_day[person]
    sex = card.sex[person].copy()
    rows = fault(rates["sex_wrong"] * own * effect, "sex_wrong")
    sex[rows] = 3 - sex[rows]
    sex[fault(rates["sex_missing"] * practice.habits.typing, "sex_missing")] = 0

    nir, final, waiting = _numbers(g, rates, people, person, practice, fault, start, end)
    if not practice.habits.accents:
        first_name = np.array([strip_accents(name) for name in first_name], object)
    others = people.other_first_names[person]
    commune = np.where(
        people.move_day[person] < start, people.next_commune[person], people.commune[person]
    )
    department = np.array([code[:2] for code in place.commune])[commune]
    # numbers kept free for fiction by the French regulator, and a reserved mail domain
    phone_number = (people.person_id[person] * 7_919) % 10_000
    keep_phone = g.random(count) < 0.85
    phone = np.where(keep_phone, np.char.mod("063998%04d", phone_number), "").astype(object)
    has_mail = g.random(count) < 0.45
    email = np.array(
        [
            f"{strip_accents(f).lower().replace(' ', '')}.{n.lower().replace(' ', '')}@example.org"
            if ok
            else ""
            for f, n, ok in zip(first_name, birth_name, has_mail, strict=True)
        ],
        object,
    )
    streets = np.array(_STREETS, object)[people.street[person] % len(_STREETS)]
    address = np.array(
        [f"{n} {s}" for n, s in zip(people.street[person], streets, strict=True)], object
    )
    return Identities(
        birth_name, used, first_name,
        np.array([f"{a}, {b}" for a, b in zip(first_name, others, strict=True)], object),
        birth, sex, nir, waiting, final, people.birth_place[person], phone, email, address,
        np.char.add(department, "000").astype(object), commune, faults,
    )  # fmt: skip


def _numbers(
    g: np.random.Generator,
    rates: dict[str, float],
    people: People,
    person: np.ndarray,
    practice: Practice,
    fault: Callable[..., np.ndarray],
    start: int,
    end: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number written at first, number written in the end, day of the change."""
    count = len(person)
    bare = people.nir[person].astype("U13")
    child = people.insured_nir[person] != people.nir[person]
    rows = fault(0.95, "child_under_insured_number", child)
    bare[rows] = people.insured_nir[person[rows]].astype("U13")
    relative = np.where(people.partner[person] >= 0, people.partner[person], people.mother[person])
    rows = fault(
        rates["nir_other_person"] * practice.habits.typing, "nir_other_person", relative >= 0
    )
    bare[rows] = people.nir[relative[rows]].astype("U13")
    other = people.borrowed_number[person]
    rows = fault(1.25, "canary_number", other >= 0)
    bare[rows] = people.nir[other[rows]].astype("U13")
    keys = nir_keys(bare)
    rows = fault(rates["nir_key_invalid"] * practice.habits.typing, "nir_key_invalid")
    keys[rows] = np.char.mod("%02d", (keys[rows].astype(int) + 13) % 97 + 1)
    final = np.char.add(bare, keys).astype(object)
    waiting = np.full(count, NO_DAY, np.int32)
    rows = fault(
        rates["nir_waiting"] * np.where(people.origin[person] > 0, 4.0, 0.6), "nir_waiting"
    )
    nir = final.copy()
    temporary = np.char.add(
        np.where(people.sex[person[rows]] == 1, "7", "8"),
        np.array([number[1:] for number in bare[rows]], dtype="U12"),
    )
    nir[rows] = np.char.add(temporary, nir_keys(temporary)).astype(object)
    waiting[rows] = g.integers(start, end + 365, len(rows))
    missing = fault(
        practice.habits.nir_missing * np.minimum(2.5, 0.6 + 0.4 * people.patient_effect[person]),
        "nir_missing",
    )
    nir[missing] = ""
    final[missing] = ""
    return nir, final, waiting


def _swapped(days: np.ndarray) -> np.ndarray:
    """Day and month exchanged where that is a date (else the 1st of the month)."""
    result = []
    for text in np.datetime_as_string(days.astype("datetime64[D]")).tolist():
        year, month, day = text.split("-")
        result.append(
            day_number(f"{year}-{day}-{month}" if int(day) <= 12 else f"{year}-{month}-01")
        )
    return np.array(result, np.int32)
