"""Statuses of a small generated world, counted again from what was planted and not from the SQL.

The expectation is written from the definitions: what should stand in the records and claims
(`standing_facts`), the true birth, sex and death of the person, and the dates of the file. It
borrows one thing from the warehouse, the person register: whether the linkage is right is measured
elsewhere, and a chart given to the wrong person would say nothing of a measure.

What the truth cannot determine is left out on both sides, and may not be many:
- register persons made of two people, and those whose elected birth month or sex is not the true
  one (files and health cards hold false ones, and a vote of them settles it);
- people of a practice's panel who have no contact there in 36 months and no declaration in its
  record, only in the claims' register of treating doctors, of which the truth keeps nothing;
- a status that hangs on a fact whose code the boundary had to find in words, or whose unit was
  wrong.

Not compared: exclusions and diseases on the linked basis. They may rest on secondary diagnoses of
stays, which the truth does not keep. Whether an absent influenza dose is `not_met` or `unknown`
depends on what the whole practice records: both count as open there, and on the linked basis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from p4dp.boundary.pseudonyms import level2_many
from p4dp.synthetic.truth import open_truth, standing_facts

from .conftest import PlantedWorld

pytestmark = pytest.mark.slow

CONTACTS = {"consultation", "visit", "teleconsultation"}
# How the export button of one vendor names a call and an office visit.
CONTACTS_OF_FHIRMED = CONTACTS | {"phone", "administrative"}
FOR_EVER = date(9999, 12, 31)

MAMMOGRAPHY = ("QEQK004", "QEQK001", "1336")
CYTOLOGY = ("JKQX261", "JKQX426", "JKQX347", "JKQX147")
HPV_ACT = ("0024", "4127")
COMPLETE_COLONOSCOPY = ("HHFE002", "HHFE004", "HHQE002", "HHQE003", "HHQE005")
TOTAL_HYSTERECTOMY = ("JKFA015",)
# Without what has another common use (metformin, gliflozins, analogues of GLP-1 sold for obesity).
ANTIDIABETIC = ("A10",)
NOT_ANTIDIABETIC = ("A10BA", "A10BJ02", "A10BJ06", "A10BK", "A10BX06")
ANTIHYPERTENSIVE = ("C02", "C03", "C08", "C09")
NOT_ANTIHYPERTENSIVE = ("C02KX", "C08EA02", "C09DX04", "C03C", "C03DA")
BENZODIAZEPINE = ("N05BA", "N05CD", "N05CF")


@dataclass(frozen=True)
class Fact:
    """One planted fact; `code` is the ATC class of a medicine and the measure of a result."""

    entity: str
    day: date
    code: str
    is_sure: bool


@dataclass
class Unit:
    """A person in a practice, or (practice None) with all that is linked to them."""

    sex: str
    born: date
    facts: list[Fact] = field(default_factory=list)
    observed_from: date = FOR_EVER

    def age(self, day: date) -> int:
        """Completed years at the month of the date: the day of birth is not kept."""
        return day.year - self.born.year - (day.month < self.born.month)

    def days(self, entity: str, *prefixes: str, but: Sequence[str] = ()) -> list[date]:
        """Distinct days of facts of which the code begins so."""
        return sorted(
            {
                fact.day
                for fact in self.facts
                if fact.entity == entity
                and fact.code.startswith(prefixes)
                and not (but and fact.code.startswith(tuple(but)))
            }
        )


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)


def within(days: Iterable[date], as_of: date, months: int) -> list[date]:
    """Those of (as_of - months, as_of]."""
    return [day for day in days if months_before(as_of, months) < day <= as_of]


def thrice_in_a_year(days: Sequence[date], as_of: date) -> bool:
    """Three dates of which the first lies within the twelve months before the last."""
    days = [day for day in days if day <= as_of]
    return any(
        months_before(third, 12) < first for first, third in zip(days, days[2:], strict=False)
    )


def is_diabetic(unit: Unit, as_of: date) -> bool:
    coded = unit.days("condition", "E10", "E11", "E12", "E13", "E14")
    drugs = unit.days("prescription", *ANTIDIABETIC, but=NOT_ANTIDIABETIC)
    return any(day <= as_of for day in coded) or thrice_in_a_year(drugs, as_of)


def is_hypertensive(unit: Unit, as_of: date) -> bool:
    coded = unit.days("condition", "I10", "I11", "I12", "I13", "I15")
    drugs = unit.days("prescription", *ANTIHYPERTENSIVE, but=NOT_ANTIHYPERTENSIVE)
    return any(day <= as_of for day in coded) or thrice_in_a_year(drugs, as_of)


def breast(unit: Unit, as_of: date) -> str | None:
    if unit.sex != "F" or not 50 <= unit.age(as_of) < 75:
        return None
    if any(day <= as_of for day in unit.days("condition", "C50", "D05")):
        return "excluded"
    if within(unit.days("condition", "N63", "R92"), as_of, 6):
        return "excluded"
    return "met" if within(unit.days("procedure", *MAMMOGRAPHY), as_of, 24) else "open"


def cervix(unit: Unit, as_of: date) -> str | None:
    if unit.sex != "F" or not 25 <= unit.age(as_of) < 66:
        return None
    gone = unit.days("condition", "C53", "D06") + unit.days("procedure", *TOTAL_HYSTERECTOMY)
    if any(day <= as_of for day in gone):
        return "excluded"
    cytology = unit.days("procedure", *CYTOLOGY) + unit.days("measurement", "cytology")
    hpv = unit.days("procedure", *HPV_ACT) + unit.days("measurement", "hpv")
    if within(cytology, as_of, 36) or (unit.age(as_of) >= 30 and within(hpv, as_of, 60)):
        return "met"
    return "open"


def colon(unit: Unit, as_of: date) -> str | None:
    if not 50 <= unit.age(as_of) < 75:
        return None
    read = unit.days("measurement", "fit") + unit.days("nature", "9434")
    colonoscopy = unit.days("procedure", *COMPLETE_COLONOSCOPY)
    return "met" if within(read, as_of, 24) or within(colonoscopy, as_of, 60) else "open"


def hba1c_twice(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 18 or not is_diabetic(unit, as_of):
        return None
    tests = within(unit.days("measurement", "hba1c") + unit.days("procedure", "1577"), as_of, 12)
    return "met" if tests and max(tests) - min(tests) >= timedelta(days=30) else "open"


def kidney_checked(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 18 or not is_diabetic(unit, as_of):
        return None
    blood = unit.days("measurement", "creatinine") + unit.days("procedure", "0592", "0593")
    urine = unit.days("measurement", "acr") + unit.days("procedure", "1133")
    return "met" if within(blood, as_of, 12) and within(urine, as_of, 12) else "open"


def pressure_measured(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 18 or not is_hypertensive(unit, as_of):
        return None
    return "met" if within(unit.days("measurement", "sbp"), as_of, 12) else "open"


def influenza(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 65:
        return None
    season = as_of.year if as_of.month >= 9 else as_of.year - 1
    doses = unit.days("vaccination", "J07BB") + unit.days("dispensing", "J07BB")
    doses += unit.days("nature", "3331", "3360")
    last = min(as_of, date(season + 1, 3, 31))
    return "met" if any(date(season, 9, 1) <= day <= last for day in doses) else "open"


def benzodiazepine(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 65:
        return None
    given = unit.days("prescription", *BENZODIAZEPINE) + unit.days("dispensing", *BENZODIAZEPINE)
    return "met" if within(given, as_of, 12) else "open"


def smoking(unit: Unit, as_of: date) -> str | None:
    if unit.age(as_of) < 18:
        return None
    return "met" if within(unit.days("measurement", "smoking"), as_of, 24) else "open"


@dataclass(frozen=True)
class Measure:
    """`window`: months a practice must have been observed for a "no" in its record.

    0: a record never says no (results of screening are not expected there); None: not determined.
    """

    status: Callable[[Unit, date], str | None]
    window: int | None
    is_compared_linked: bool = False


MEASURES = {
    "SCR-BRE-COV": Measure(breast, 0),
    "SCR-CER-COV": Measure(cervix, 0),
    "SCR-CRC-COV": Measure(colon, 0, is_compared_linked=True),
    "DM-A1C2": Measure(hba1c_twice, 12),
    # A creatinine in a unit that cannot be told was measured all the same.
    "DM-KID": Measure(kidney_checked, 12),
    "CV-BP-MEAS": Measure(pressure_measured, 12),
    "BZD-65": Measure(benzodiazepine, 12, is_compared_linked=True),
    "VAC-FLU65": Measure(influenza, None, is_compared_linked=True),
    # What is recorded is asked of every adult of the panel: one month of the practice is enough.
    "DQ-SMOK": Measure(smoking, 1, is_compared_linked=True),
}
LINKED_MEASURES = [name for name, measure in MEASURES.items() if measure.is_compared_linked]


@dataclass(frozen=True)
class Expected:
    """Units of the planted world: (person, practice), and persons with all that is linked."""

    as_of: date
    record: dict[tuple[int, int], Unit]
    linked: dict[int, Unit]


def pseudonyms(rows: list[dict[str, Any]], level2_key: bytes) -> list[str]:
    """The pseudonyms of the truth as the warehouse names them."""
    names = level2_many(level2_key, [row["patient_pseudo"] for row in rows])
    ranks = [row.get("beneficiary_rank") for row in rows]
    return [
        name if rank is None else f"{name}-{rank}" for name, rank in zip(names, ranks, strict=True)
    ]


def planted(world: PlantedWorld) -> Expected:
    """The units of which the truth is known at the end of the world's period."""
    truth = open_truth(world.folder)

    def rows(sql: str) -> list[dict[str, Any]]:
        return truth.execute(sql).to_arrow_table().to_pylist()

    links = {
        (source, pseudo): (person, practice)
        for source, pseudo, person, practice in world.connection.execute(
            "select source, patient_pseudo, person_key, practice_key from linked.fct_patient_link"
        ).fetchall()
    }
    as_of = date.fromisoformat(world.facts["period_end"])
    start = date.fromisoformat(world.facts["period_start"])

    people = {row["person_id"]: row for row in rows("from person")}
    identities = rows("from source_identity")
    persons: dict[int, set[int]] = {}
    for row, pseudo in zip(identities, pseudonyms(identities, world.level2_key), strict=True):
        persons.setdefault(links[row["source"], pseudo][0], set()).add(row["person_id"])
    elected = {
        key: rest
        for key, *rest in world.connection.execute(
            "select person_key, birth_year, birth_month, sex from linked.dim_patient"
        ).fetchall()
    }
    known = {
        key: people[min(ids)]
        for key, ids in persons.items()
        if len(ids) == 1
        and elected[key]
        == [
            people[min(ids)]["birth_date"].year,
            people[min(ids)]["birth_date"].month,
            people[min(ids)]["sex"],
        ]
    }
    assert len(known) > 0.97 * len(persons)

    charts = rows("from registration")
    chart_names = pseudonyms(charts, world.level2_key)
    covered = rows("from claims_coverage")
    death: dict[int, date] = {}
    for row, pseudo in zip(charts, chart_names, strict=True):
        if row["recorded_death_date"] is not None:
            death[links[row["source"], pseudo][0]] = row["recorded_death_date"]
    # The insured file knows best.
    for row, pseudo in zip(covered, pseudonyms(covered, world.level2_key), strict=True):
        if row["death_date"] is not None:
            death[links["snds", pseudo][0]] = row["death_date"]

    record: dict[tuple[int, int], Unit] = {}
    closed: dict[tuple[int, int], date] = {}
    panel: set[tuple[int, int]] = set()
    for row, pseudo in zip(charts, chart_names, strict=True):
        pair = links[row["source"], pseudo]
        if pair[0] not in known:
            continue
        person = known[pair[0]]
        unit = record.setdefault(pair, Unit(person["sex"], person["birth_date"]))
        unit.observed_from = max(start, min(unit.observed_from, row["start_date"]))
        end = row["end_date"] or FOR_EVER
        closed[pair] = max(closed.get(pair, end), end)
        if row["is_declared"] and row["start_date"] <= as_of < end:
            panel.add(pair)
    linked = {
        key: Unit(person["sex"], person["birth_date"])
        for key, person in known.items()
        if death.get(key, FOR_EVER) > as_of
    }

    for row in standing_facts(world.folder, level2_key=world.level2_key).to_pylist():
        pair = links[row["source"], row["patient_pseudo"]]
        if pair[0] not in linked or not row["is_attributable"] or row["fact_date"] is None:
            continue
        entity, day = row["entity"], row["fact_date"]
        code = {
            "measurement": row["measure"],
            "prescription": row["other_code"],
            "dispensing": row["other_code"],
        }.get(entity, row["code"])
        fact = Fact(entity, day, code or "", not (row["is_text_only"] or row["is_unit_wrong"]))
        linked[pair[0]].facts.append(fact)
        if pair in record:
            record[pair].facts.append(fact)
            contacts = CONTACTS_OF_FHIRMED if row["source"] == "fhirmed" else CONTACTS
            if entity == "encounter" and code in contacts and within([day], as_of, 36):
                panel.add(pair)
    return Expected(
        as_of,
        {
            pair: unit
            for pair, unit in record.items()
            if pair in panel and pair[0] in linked and closed[pair] > as_of
        },
        linked,
    )


def status_of(unit: Unit, measure: Measure, as_of: date) -> str | None:
    """The status by the planted facts; `unsure` where it hangs on one that may not be readable."""
    status = measure.status(unit, as_of)
    sure = Unit(unit.sex, unit.born, [fact for fact in unit.facts if fact.is_sure])
    return status if measure.status(sure, as_of) == status else "unsure"


def in_record(unit: Unit, measure: Measure, as_of: date) -> str | None:
    status = status_of(unit, measure, as_of)
    if status != "open" or measure.window is None:
        return status
    has_seen = months_before(as_of, measure.window) >= unit.observed_from - timedelta(days=1)
    return "not_met" if measure.window and has_seen else "unknown"


@pytest.fixture(scope="module")
def expected(planted_world: PlantedWorld) -> Expected:
    return planted(planted_world)


def found(world: PlantedWorld, indicator: str, basis: str) -> dict[tuple[int, int | None], str]:
    rows = world.connection.execute(
        f"select person_key, practice_key, {basis}_status from indicators.fct_indicator_status"
        f" where indicator_id = ? and {basis}_status <> 'not_applicable'",
        [indicator],
    ).fetchall()
    statuses = {(person, practice): status for person, practice, status in rows}
    assert len(statuses) == len(rows)
    return statuses


def differences(
    planted: dict[Any, str | None], built: dict[Any, str]
) -> dict[Any, tuple[str | None, str | None]]:
    return {
        key: (status, built.get(key))
        for key, status in planted.items()
        if status != "unsure" and status != built.get(key)
    }


def assert_mostly_sure(planted: dict[Any, str | None]) -> None:
    """Every status compared must occur, and few may be left out."""
    counts = Counter(planted.values())
    assert counts["met"] > 0
    assert counts["unsure"] <= 0.03 * sum(counts[status] for status in counts if status)


@pytest.mark.parametrize("indicator", MEASURES)
def test_a_practice_counts_what_was_planted_in_its_record(
    planted_world: PlantedWorld, expected: Expected, indicator: str
) -> None:
    measure = MEASURES[indicator]
    want = {
        pair: in_record(unit, measure, expected.as_of) for pair, unit in expected.record.items()
    }
    assert_mostly_sure(want)
    built = found(planted_world, indicator, "record")
    if measure.window is None:
        built = {
            key: "open" if status in ("not_met", "unknown") else status
            for key, status in built.items()
        }
    assert differences(want, built) == {}
    sure = [pair for pair, status in want.items() if status not in (None, "unsure")]
    assert Counter((pair[1], want[pair]) for pair in sure) == Counter(
        (pair[1], built[pair]) for pair in sure
    )


@pytest.mark.parametrize("indicator", LINKED_MEASURES)
def test_all_sources_together_prove_what_was_planted(
    planted_world: PlantedWorld, expected: Expected, indicator: str
) -> None:
    measure = MEASURES[indicator]
    want = {
        person: status_of(unit, measure, expected.as_of) for person, unit in expected.linked.items()
    }
    assert_mostly_sure(want)
    built = {
        person: "open" if status in ("not_met", "unknown") else status
        for (person, _), status in found(planted_world, indicator, "linked").items()
    }
    assert differences(want, built) == {}


def test_months_end_with_the_month() -> None:
    assert months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert months_before(date(2025, 1, 15), 24) == date(2023, 1, 15)
