"""Where the practices are, what software they use, and how each of them records."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT
from p4dp.synthetic import life
from p4dp.synthetic.world import World, stream

TERRITORY = PROJECT_ROOT / "seeds" / "geography" / "territory.csv"
CONTRACTS = PROJECT_ROOT / "p4dp" / "contracts" / "definitions"
KNOWN_ZONES = ("Nice", "Rouen")
"""University zones of the P4DP pilot; the other zones of the seed are chosen."""

SOFTWARE = {
    "medirel": (("7.4.2", "8.2.0"), "cp1252"),
    "dosmed": (("2023.2", "2025.1"), "utf-8"),
    "fhirmed": (("3.9.0", "4.3.1"), "utf-8"),
}
"""Older and newer software of each vendor, and the encoding of the older one's files."""


NEXT_VERSION = {"medirel": "8.3.0", "dosmed": "2025.2", "fhirmed": "4.4.0"}
"""The version that follows the newer one."""
CHANGE_MONTHS = 2
"""Last months of the window, each delivered as a change set after one full delivery."""


@dataclass(frozen=True)
class Territory:
    """The communes of the seed, as columns of equal length."""

    commune: tuple[str, ...]
    department: tuple[str, ...]
    region: tuple[str, ...]
    population: np.ndarray
    epci: np.ndarray
    zone: np.ndarray
    epci_codes: tuple[str, ...]
    zones: tuple[str, ...]


@cache
def territory() -> Territory:
    """The compact territory of the project: 15 university zones with their communes."""
    try:
        with TERRITORY.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except OSError as error:
        raise P4dpError(
            "the territory of the project is missing",
            file=TERRITORY,
            remedy="run the command from a checkout of the project",
        ) from error
    epci = tuple(dict.fromkeys(row["epci_code"] for row in rows))
    names = {row["university_zone"] for row in rows}
    zones = (*KNOWN_ZONES, *sorted(names - set(KNOWN_ZONES)))
    return Territory(
        commune=tuple(row["commune_code"] for row in rows),
        department=tuple(row["departement_code"] for row in rows),
        region=tuple(row["region_code"] for row in rows),
        population=np.array([int(row["population"]) for row in rows]),
        epci=np.array([epci.index(row["epci_code"]) for row in rows]),
        zone=np.array([zones.index(row["university_zone"]) for row in rows]),
        epci_codes=epci,
        zones=zones,
    )


@dataclass(frozen=True)
class Habits:
    """How a practice records: shares in [0, 1] unless said otherwise."""

    coding: float
    repeats_chronic: bool
    blood_pressure: float
    smoking: float
    results: float
    typing: float
    """Factor on every typing or identity fault (mean about 1)."""
    nir_missing: float
    french_pressure: bool
    """Blood pressure typed in centimetres of mercury (13/8)."""
    si_units: bool
    """Laboratory in mmol/L rather than g/L."""
    unit_missing: float
    local_codes: bool
    accents: bool
    late_entry: float
    text_only: float
    """Of the problems not coded, those written in words."""


@dataclass(frozen=True)
class Practice:
    """One general practice: place, software, people in it, habits."""

    index: int
    practice_id: str
    cluster: int
    commune: int
    zone: int
    structure_type: str
    vendor: str
    software_version: str
    contract_version: str
    encoding: str
    rpps: tuple[str, ...]
    size: float
    """Relative size of the patient list (mean about 1)."""
    habits: Habits
    silent: tuple[int, int] | None
    """First day and last day (exclusive) without any record, as days from the window's start."""
    leaves_after: int | None
    """Day from the window's start on which the practice leaves the network."""
    step_set: int | None = None
    """Delivery from which on a newer version of the software is used (None: never)."""
    step_measure: str = ""
    step_multiple: float = 1.0
    """The new version multiplies the recording of this (`life.RECORDED`)."""
    migrates_to: str | None = None
    """Vendor whose software replaces the present one after the first delivery."""
    outlier_family: str = ""
    outlier_shift: float = 0.0
    """Care (`life.FAMILIES`) in which its patients' chances have other log-odds."""

    def version_at(self, number: int) -> str:
        """Version of the software that makes the export `number`."""
        if self.step_set is None or number < self.step_set:
            return self.software_version
        newest = SOFTWARE[self.vendor][0][1]
        return newest if self.software_version != newest else NEXT_VERSION[self.vendor]

    def multiple(self, measure: str, day: np.ndarray, cuts: list[int]) -> np.ndarray:
        """Factor on the recording of something on these days."""
        if self.step_set is None or measure != self.step_measure:
            return np.ones(len(day))
        return np.where(day >= cuts[self.step_set - 1], self.step_multiple, 1.0)


NEIGHBOURS = 5
PEOPLE_TOGETHER = 4_000
"""A cluster is made in one piece of memory: at most so many practices, about so many people."""


def make_practices(
    world: World, seed: int, count: int, window_days: int, patients: int = 0
) -> list[Practice]:
    """The practices of a world, grouped in clusters of neighbours of one university zone.

    `patients` people are to be shared between them: fewer neighbours where lists are long.
    """
    place = territory()
    generator = stream(seed, 1)
    zones = max(1, min(len(place.zones), count // 3))
    # two steps: zone of each practice, then clusters of a few neighbours in a zone
    zone_of = np.sort(np.arange(count) % zones)
    together = PEOPLE_TOGETHER * count / max(patients, 1)
    neighbours = int(np.clip(together, 2, NEIGHBOURS))
    clusters: list[int] = []
    cluster = -1
    for zone in range(zones):
        members = int((zone_of == zone).sum())
        pieces = max(1, -(-members // neighbours))
        for position in range(members):
            clusters.append(cluster + 1 + position * pieces // members)
        cluster += pieces
    vendors = _allocate(world["practice", "vendors"], count, generator)
    old, former = _ages_of_software(world, generator, vendors)
    practices = []
    numbers = generator.permutation(900_000)[:count] + 100_000
    for index in range(count):
        zone = int(zone_of[index])
        communes = np.flatnonzero(place.zone == zone)
        weight = np.sqrt(place.population[communes])
        commune = int(generator.choice(communes, p=weight / weight.sum()))
        vendor = vendors[index]
        versions, old_encoding = SOFTWARE[vendor]
        doctors = int(generator.choice(world["practice", "practitioners"]))
        department = place.department[commune][:2]
        practices.append(
            Practice(
                index=index,
                practice_id=f"{department}9{numbers[index]:06d}",
                cluster=clusters[index],
                commune=commune,
                zone=zone,
                structure_type=("cabinet", "msp", "centre")[
                    int(generator.choice(3, p=[0.62, 0.28, 0.10]))
                ],
                vendor=vendor,
                software_version=versions[0] if old[index] else versions[1],
                contract_version=_contract(vendor, bool(old[index] and former[index])),
                encoding=old_encoding if old[index] else "utf-8",
                rpps=tuple(f"99{n:09d}" for n in generator.integers(0, 10**9, doctors)),
                size=float(np.exp(generator.normal(-0.08, 0.4))),
                habits=_habits(world, generator, vendor, bool(old[index])),
                silent=_silence(world, generator, window_days),
                leaves_after=(
                    int(generator.integers(window_days // 2, window_days))
                    if generator.random() < world["practice", "leaving_share"]
                    else None
                ),
            )
        )
    return life.plan(world, seed, practices, CHANGE_MONTHS)


def after_migration(practice: Practice) -> Practice:
    """The same practice with its new software: newest version and contract."""
    vendor = practice.migrates_to or practice.vendor
    habits = replace(
        practice.habits,
        french_pressure=False,
        local_codes=vendor == "dosmed",
    )
    return replace(
        practice,
        vendor=vendor,
        software_version=SOFTWARE[vendor][0][1],
        contract_version=_contract(vendor, False),
        encoding="utf-8",
        habits=habits,
    )


def _allocate(shares: dict[str, float], count: int, generator: np.random.Generator) -> list[str]:
    names = list(shares)
    exact = np.array([shares[name] for name in names]) * count
    counts = np.maximum(np.floor(exact).astype(int), 1 if count >= len(names) else 0)
    while counts.sum() < count:
        counts[int(np.argmax(exact - counts))] += 1
    while counts.sum() > count:
        counts[int(np.argmax(counts))] -= 1
    vendors = np.repeat(names, counts)
    return [str(name) for name in generator.permutation(vendors)]


def _ages_of_software(
    world: World, generator: np.random.Generator, vendors: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Which practices run the older software, and which of those send under the older contract.

    A vendor with three practices or more has both of each.
    """
    count = len(vendors)
    old, former = np.zeros(count, bool), np.zeros(count, bool)
    for vendor in dict.fromkeys(vendors):
        members = generator.permutation([i for i, name in enumerate(vendors) if name == vendor])
        share = world["practice", "old_software_share"]
        several = len(members) > 2
        older = round(share * len(members))
        older = min(max(older, 1), len(members) - 1) if several else older
        sent = round(world["practice", "old_contract_share"] * len(members))
        old[members[:older]] = True
        former[members[: min(max(sent, int(several)), older)]] = True
    return old, former


def _between(generator: np.random.Generator, limits: list[float]) -> float:
    low, high = limits
    return float(low + (high - low) * generator.beta(2, 2))


def _habits(world: World, generator: np.random.Generator, vendor: str, old: bool) -> Habits:
    rates = world.section("practice")
    typing = float(np.exp(generator.normal(0, world["identity", "practice_effect_sd"])))
    return Habits(
        coding=_between(generator, rates["coding_rate"]) * (0.85 if old else 1.0),
        repeats_chronic=bool(generator.random() < rates["repeats_chronic"]),
        blood_pressure=_between(generator, rates["bp_recorded"]),
        smoking=_between(generator, rates["smoking_recorded"]),
        results=_between(generator, rates["results_integrated"]),
        typing=typing,
        nir_missing=float(generator.beta(1.2, 1.2 / world["identity", "nir_missing"] - 1.2)),
        french_pressure=bool(generator.random() < (0.6 if vendor == "medirel" else 0.0)),
        si_units=bool(generator.random() < 0.4),
        unit_missing=float(
            rates["unit_missing"] * 2 * generator.random() if vendor != "fhirmed" else 0.0
        ),
        local_codes=bool(generator.random() < rates["local_lab_codes"] or vendor == "dosmed"),
        accents=bool(vendor == "fhirmed" or (vendor == "medirel" and not old)),
        late_entry=float(rates["late_entry"] * np.exp(generator.normal(0, 0.5))),
        text_only=float(rates["text_only"] * 2 * generator.random()),
    )


def _silence(
    world: World, generator: np.random.Generator, window_days: int
) -> tuple[int, int] | None:
    if generator.random() >= world["practice", "silent_share"]:
        return None
    weeks = int(generator.integers(2, 21))
    start = int(generator.integers(0, max(1, window_days - 7 * weeks)))
    return start, start + 7 * weeks


def _contract(vendor: str, former: bool) -> str:
    """The contract the practice's software exports under: the vendor's oldest or newest."""
    versions = sorted(path.stem for path in (CONTRACTS / vendor).glob("*.yaml"))
    return versions[0] if former else versions[-1]
