"""What the national health data system (SNDS) holds of what happened: claims, registers, stays.

Real table and column names; level-1 pseudonyms in the pseudonym columns. Amounts are left
out. Claims carry care, never results; they come late, are cancelled by negative lines, miss
some schemes, and see people whom no practice of the network ever saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.boundary import level1_many
from p4dp.synthetic import catalogue, facts, hospital, referentials
from p4dp.synthetic.calendar import month_index, month_of, month_start, year_of
from p4dp.synthetic.care import Care, Columns, alive, history_start, select, stack
from p4dp.synthetic.catalogue import (
    CONDITIONS,
    MEASURE_INDEX,
    PANELS,
    PROCEDURE_INDEX,
    PROCEDURES,
    VACCINE_INDEX,
    VACCINES,
)
from p4dp.synthetic.columns import NO_DAY, coded, dates, day_text, integers, pick
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import Practice, territory
from p4dp.synthetic.referentials import commune_columns
from p4dp.synthetic.world import World, stream

KEY9 = ("DCT_ORD_NUM", "FLX_DIS_DTD", "FLX_EMT_NUM", "FLX_EMT_ORD", "FLX_EMT_TYP",
        "FLX_TRT_DTD", "ORG_CLE_NUM", "PRS_ORD_NUM", "REM_TYP_AFF")  # fmt: skip
_HPV = 24
_OPEN_ENDED = -135_140  # 1600-01-01: how IR_IMB_R says "no end"
_SPECIALTIES = (3, 5, 7, 8, 11, 12, 13, 15, 33, 42, 16, 14)
SURGERY, CLINIC, DIRECT, HOSPITAL, INFORMATION = range(5)
"""Where a billed act was done: out of hospital; in a private clinic; as an outpatient of a public
hospital that bills directly (claims and PMSI), that does not (PMSI only), or that sends the claim
for information only (marked so in the claims, true in the PMSI)."""


@dataclass
class Claims:
    """One cluster's SNDS rows: tables as Arrow, split by batch afterwards with `batch`."""

    tables: dict[str, pa.Table]
    batch: dict[str, np.ndarray]
    beneficiaries: list[tuple[str, int, int]]
    """BEN_NIR_PSA, rank and person (position) of each beneficiary in the registers."""
    known_from: list[int]
    """Day since which each of them is in the register."""
    facts: pa.Table | None
    """What they should say in the end, where it was asked for."""


def make_claims(
    world: World,
    seed: int,
    level1_key: bytes,
    people: People,
    care: Care,
    practices: list[Practice],
    cuts: list[int],
    start: int,
    end: int,
    *,
    with_facts: bool = False,
) -> Claims:
    """SNDS rows of one cluster; `cuts` are the processing days (exclusive) of the batches."""
    g = stream(seed, 7, people.cluster)
    doctors = _Doctors(g, practices)
    ids = _Beneficiaries(level1_key, people, start, end)
    lines = _lines(world, g, people, care, doctors, start, end)
    lines = select(lines, people.in_claims[lines["person"]])
    outpatient = select(lines, lines["place"] >= DIRECT)
    lines = _flow(world, g, _claimable(world, lines, end), start)
    # a stream of their own: when the others come, and which are reversed, does not depend on it
    own = stream(seed, 15, people.cluster)
    handed = _hospital_medicines(world, own, people, start, end)
    handed = select(handed, people.in_claims[handed["person"]])
    handed = _flow(world, own, _claimable(world, handed, end), start)
    lines = stack([lines, handed])
    lines = select(lines, lines["process"] < cuts[-1])
    found = facts.ClaimFacts()
    if with_facts:
        _claimed(found, facts.net(lines), doctors)
    professional = _pseudonyms(level1_key, doctors.numbers)
    tables: dict[str, pa.Table] = {}
    batch: dict[str, np.ndarray] = {}
    edges = np.array(cuts)
    order = g.permutation(len(lines["day"]))
    lines = select(lines, order)
    key = _keys(g, people, lines)
    of_line = np.searchsorted(edges, lines["process"], side="right")
    tables["ER_PRS_F"] = _prestations(people, care, ids, lines, key, professional, doctors)
    batch["ER_PRS_F"] = of_line
    for name, kind in (("ER_CAM_F", 1), ("ER_BIO_F", 2), ("ER_PHA_F", 3), ("ER_UCD_F", 4)):
        rows = np.flatnonzero(lines["kind"] == kind)
        tables[name] = _detail(name, select(lines, rows), key.take(pa.array(rows)))
        batch[name] = of_line[rows]
    rows = np.flatnonzero(lines["place"])
    size = len(rows)
    tables["ER_ETE_F"] = _with(
        key.take(pa.array(rows)),
        ETE_IND_TAA=pa.array((lines["place"][rows] == DIRECT).astype(np.int32)),
        ETE_GHS_NUM=pa.array(np.zeros(size, np.int32)),
        ETE_TYP_COD=pa.array(np.full(size, 2, np.int32)),
    )
    batch["ER_ETE_F"] = of_line[rows]
    tables |= _registers(g, people, care, ids, practices, doctors, professional, batch, edges, end)
    chaining = hospital.Chaining(ids.values, ids.at, ids.rank_at)
    tables |= hospital.stays(world, g, people, care, chaining, batch, edges, found)
    g = stream(seed, 9, people.cluster)
    outpatient["speciality"] = doctors.speciality[outpatient["executor"]]
    tables |= hospital.outpatients(g, people, outpatient, DIRECT, chaining, batch, edges, found)
    tables["KI_CCI_R"] = referentials.deaths(
        world, g, level1_key, people, care, ids.person, batch, edges, start
    )
    pharmacies = professional.slice(doctors.pharmacy, 30)
    tables["IR_VAC_F"] = referentials.injections(
        world, g, people, care, chaining, pharmacies, batch, edges, found
    )
    tables["IR_ESM_R"] = referentials.homes(world, g, people, chaining, batch, edges)
    stands = None
    if with_facts:
        _registered(found, people, care, edges)
        stands = _as_table(found, people, ids)
    return Claims(tables, batch, ids.known, ids.known_from, stands)


def _claimed(found: facts.ClaimFacts, lines: Columns, doctors: _Doctors) -> None:
    """Acts, analyses, packs and visits of the claims, net of reversals."""
    lines = select(lines, (lines["place"] != INFORMATION) & (lines["complement"] < 2))

    def of(mask: np.ndarray) -> tuple[Columns, dict[str, Any]]:
        rows = select(lines, mask)
        return rows, {"person": rows["person"], "day": rows["day"], "value": rows["quantity"]}

    rows, common = of(lines["kind"] == 3)
    packs, drugs = facts.drug_names(rows["detail"])
    found.add(
        "dispensing", **common, code=packs, system="CIP13", other_code=drugs, other_system="ATC",
        setting="dcir", unit="box",
    )  # fmt: skip
    rows, common = of((lines["kind"] == 4) & (lines["place"] == SURGERY))
    medicines = catalogue.hospital_medicines()
    found.add(
        "dispensing", **common, code=pick(medicines.ucd, rows["detail"]), system="UCD",
        other_code=pick(medicines.atc, rows["detail"]), other_system="ATC", setting="dcir",
        unit="unit",
    )  # fmt: skip
    rows, common = of(lines["kind"] == 2)
    codes = pa.array(np.char.mod("%04d", rows["detail"]))
    found.add("procedure", **common, code=codes, system="NABM", setting="dcir")
    rows, common = of((lines["kind"] == 1) & (lines["detail"] % 10 == 1))
    codes = pick(PROCEDURES, rows["detail"] // 10)
    found.add("procedure", **common, code=codes, system="CCAM", setting="dcir")
    visit = np.isin(lines["act"], (1110, 1111, 1112, 1192, 1211))
    for entity, mask in (("encounter", visit), ("nature", ~visit & (lines["kind"] == 0))):
        rows, common = of(mask)
        speciality = integers(doctors.speciality[rows["executor"]])
        found.add(
            entity, **common, code=integers(rows["act"]), system="PRS_NAT_REF",
            other_code=speciality, other_system="PSE_SPE_COD", setting="dcir",
        )  # fmt: skip


def _registered(found: facts.ClaimFacts, people: People, care: Care, edges: np.ndarray) -> None:
    """Long-term illnesses of the register."""
    rows = select(care.long_term_illness, people.in_claims[care.long_term_illness["person"]])
    rows = select(rows, rows["start"] + 15 < edges[-1])
    condition = rows["condition"].astype(np.int64)
    found.add(
        "long_term_illness", rows["person"], rows["start"], end=rows["end"],
        code=pick([item.cim10.replace(".", "") for item in CONDITIONS], condition),
        system="CIM-10", setting="IR_IMB_R",
    )  # fmt: skip


def _as_table(found: facts.ClaimFacts, people: People, ids: _Beneficiaries) -> pa.Table:
    columns = found.columns()
    person, day = columns["person"], columns["day"]
    row, rank = ids.at(person, day), ids.rank_at(person, day)
    # a number that two twins share is nobody's where the table names no rank
    number = ids.values.dictionary_encode().indices.to_numpy()
    owner = np.tile(np.arange(ids.count), 2)
    low, high = np.full(number.max() + 1, ids.count), np.full(number.max() + 1, -1)
    np.minimum.at(low, number, owner)
    np.maximum.at(high, number, owner)
    shared = (low != high)[number[row]]
    return facts.claims_facts(
        ids.values.take(pa.array(row)), rank, ~(shared & columns["needs_rank"]), columns
    )


SCHEMES = ("01C000000", "02A000000", "03A000000")
"""Affiliation bodies of the general, the farmers' and the independents' scheme."""
LATE_SCHEME = 2


def scheme_of(person: np.ndarray) -> np.ndarray:
    """Index in `SCHEMES` of each person's scheme."""
    rank = np.asarray(person, np.int64) * 13 % 100
    return (rank > 88).astype(np.int64) + (rank > 96)


def joining_day(world: World, end: int) -> int:
    """First day of care that the claims of `LATE_SCHEME` hold."""
    return end - round(world["claims", "late_scheme_months"] * 30.4375)


def _claimable(world: World, lines: Columns, end: int) -> Columns:
    """Lines that reach the claims: hospitals report everybody, one scheme's claims begin late."""
    late = scheme_of(lines["person"]) == LATE_SCHEME
    in_time = ~late | (lines["day"] >= joining_day(world, end))
    return select(lines, (lines["place"] != HOSPITAL) & in_time)


class _Doctors:
    """Everybody who executes or prescribes: practices, other GPs, specialists, pharmacies…"""

    def __init__(self, g: np.random.Generator, practices: list[Practice]):
        self.numbers: list[str] = []
        self.practice_start: dict[int, int] = {}
        for practice in practices:
            self.practice_start[practice.index] = len(self.numbers)
            self.numbers += practice.rpps
        self.other_gp = self._add(g, 40)
        self.specialist = self._add(g, 12 * len(_SPECIALTIES))
        self.pharmacy = self._add(g, 30)
        self.laboratory = self._add(g, 8)
        self.paramedic = self._add(g, 40)
        speciality = np.full(len(self.numbers), 1)
        speciality[: self.specialist] = np.array([1, 22, 22, 23])[np.arange(self.specialist) % 4]
        speciality[self.specialist : self.pharmacy] = np.repeat(_SPECIALTIES, 12)
        speciality[self.pharmacy :] = 0
        self.speciality = speciality

    def _add(self, g: np.random.Generator, count: int) -> int:
        first = len(self.numbers)
        self.numbers += [f"98{n:09d}" for n in g.integers(0, 10**9, count)]
        return first

    def general(self, practice: np.ndarray, doctor: np.ndarray) -> np.ndarray:
        """Row of the general practitioner of each visit (`practice` -1: outside the network)."""
        size = max(self.practice_start, default=-1) + 2
        start = np.full(size, self.other_gp)
        for index, first in self.practice_start.items():
            start[index] = first
        return start[practice] + doctor


class _Beneficiaries:
    """Pseudonyms of the people: before and after they get a number of their own."""

    def __init__(self, key: bytes, people: People, start: int, end: int):
        birth = day_text(people.birth_day).to_pylist()
        sex = ["M" if code == 1 else "F" for code in people.sex.tolist()]
        own, insured = people.nir.tolist(), people.insured_nir.tolist()
        self.first = _required(level1_many(key, "snds_beneficiary", insured, birth, sex))
        self.second = _required(level1_many(key, "snds_beneficiary", own, birth, sex))
        self.person = _required(level1_many(key, "snds_beneficiary", ["person"] * len(own), own))
        self.nir_insured = _required(level1_many(key, "nir", insured, birth, sex))
        self.nir_own = _required(level1_many(key, "nir", own, birth, sex))
        self.values = pa.array(self.first + self.second)
        child = people.insured_nir != people.nir
        sixteen = people.birth_day + int(16 * 365.25)
        self.change = np.where(child & (sixteen < end), np.maximum(sixteen, start), NO_DAY)
        self.change[child & (sixteen < start)] = start - 100_000
        self.count = len(own)
        self.rank = people.beneficiary_rank
        self.known: list[tuple[str, int, int]] = []
        self.known_from: list[int] = []

    def rank_at(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Twin rank of each person on each day: 1 under a number of one's own."""
        return np.where(day >= self.change[person], 1, self.rank[person])

    def at(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Row of `values` for each person and day."""
        return np.where(day >= self.change[person], self.count, 0) + person


def _required(values: list[str | None]) -> list[str]:
    return [value or "" for value in values]


def _pseudonyms(key: bytes, numbers: Sequence[str]) -> pa.Array:
    return pa.array(_required(level1_many(key, "practitioner", list(numbers))))


# --------------------------------------------------------------------------- lines


def _places_of_care(
    world: World, g: np.random.Generator, size: int, outpatient_share: float
) -> np.ndarray:
    """Where acts were done: out of hospital, or as an outpatient billed in one of three ways."""
    direct = g.random(size) < world["claims", "public_direct_billing"]
    told = g.random(size) < world["claims", "for_information"]
    public = np.where(direct, DIRECT, np.where(told, INFORMATION, HOSPITAL))
    return np.where(g.random(size) < outpatient_share, public, SURGERY)


def _line(
    person: np.ndarray,
    day: np.ndarray,
    act: np.ndarray | int,
    executor: np.ndarray,
    *,
    prescriber: np.ndarray | None = None,
    kind: int = 0,
    detail: np.ndarray | int = 0,
    quantity: np.ndarray | int = 1,
    declared: np.ndarray | int = 0,
    place: np.ndarray | int = SURGERY,
) -> Columns:
    size = len(person)

    def full(value: np.ndarray | int, dtype: type) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, dtype), (size,)).copy()

    return {
        "person": np.asarray(person, np.int32),
        "day": np.asarray(day, np.int32),
        "act": full(act, np.int32),
        "executor": full(executor, np.int32),
        "prescriber": full(-1 if prescriber is None else prescriber, np.int32),
        "kind": full(kind, np.int8),
        "detail": full(detail, np.int64),
        "quantity": full(quantity, np.int32),
        "declared": full(declared, np.int8),
        "place": full(place, np.int8),
        "complement": full(0, np.int8),
    }


def _lines(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    doctors: _Doctors,
    start: int,
    end: int,
) -> Columns:
    visits = _visits(world, g, people, care, doctors)
    laboratory = _laboratory(world, g, care, doctors)
    others = _others(world, g, people, doctors, start, end)
    parts = [
        visits,
        _medicines(g, care, doctors),
        laboratory,
        *_screening(world, g, care, doctors),
        *_vaccinations(g, people, care, doctors),
        *others,
        _before(world, g, stack([visits, laboratory, others[0]]), start, end),
    ]
    lines = stack(parts)
    return select(lines, alive(people, lines["person"], lines["day"]))


def _before(world: World, g: np.random.Generator, lines: Columns, start: int, end: int) -> Columns:
    """Visits and analyses of the years before the window: each person's own rhythm, moved back.

    Screening has a history of its own; medicines and nursing care begin with the window.
    """
    first = history_start(world, end)
    rounds = []
    for back in range(end - start, end - first, end - start):
        moved = lines["day"] - back
        keep = (moved >= first) & (lines["detail"] != _HPV) & (g.random(len(moved)) < 0.95)
        rounds.append(select(lines, keep) | {"day": moved[keep]})
    return stack(rounds) if rounds else select(lines, np.zeros(len(lines["day"]), bool))


def _visits(
    world: World, g: np.random.Generator, people: People, care: Care, doctors: _Doctors
) -> Columns:
    visits = care.visits
    billed = (visits["type"] < 3) & (g.random(len(visits["day"])) >= world["practice", "unbilled"])
    rows = np.flatnonzero(billed)
    person, day = visits["person"][rows], visits["day"][rows]
    act = np.array([1111, 1211, 1192])[visits["type"][rows]]
    act = np.where((act == 1111) & (g.random(len(rows)) < 0.4), 1110, act)
    executor = doctors.general(visits["practice"][rows], visits["doctor"][rows])
    has_doctor = care.declared_from[person] <= day
    own = visits["practice"][rows] == people.home_practice[person]
    position = np.where(has_doctor, np.where(own, 1, 5), 24)
    lines = _line(person, day, act, executor, declared=position)
    extra = select(lines, g.random(len(rows)) < world["claims", "surcharge"])
    extra["act"] = np.where(g.random(len(extra["act"])) < 0.02, 1154, 1125).astype(np.int32)
    extra["complement"] += 2
    return stack([lines, extra])


def _medicines(g: np.random.Generator, care: Care, doctors: _Doctors) -> Columns:
    handed = care.dispensings
    visit = care.prescriptions["visit"][handed["prescription"]]
    prescriber = doctors.general(care.visits["practice"][visit], care.visits["doctor"][visit])
    size = len(handed["day"])
    usual = handed["person"] * 31 % 30
    pharmacy = np.where(g.random(size) < 0.88, usual, g.integers(0, 30, size))
    return _line(
        handed["person"],
        handed["day"],
        3313,
        doctors.pharmacy + pharmacy,
        prescriber=prescriber,
        kind=3,
        detail=handed["pack"],
        quantity=handed["boxes"],
    )


def _hospital_medicines(
    world: World, g: np.random.Generator, people: People, start: int, end: int
) -> Columns:
    """Medicines of hospital pharmacies, every four weeks; some are given beside a stay instead.

    The hospital has no number among the practitioners: nobody executes, nobody prescribes.
    """
    rates = world.section("claims")
    medicines = catalogue.hospital_medicines()
    person = np.flatnonzero(g.random(len(people)) < rates["hospital_medicine"])
    size = len(person)
    first = start + np.where(
        g.random(size) < 0.7, g.integers(0, 28, size), g.integers(0, end - start, size)
    )
    medicine = g.integers(0, len(medicines.ucd), size)
    rounds = (end - first + 27) // 28
    chosen = np.repeat(medicine, rounds)
    turn = np.arange(len(chosen)) - np.repeat(np.cumsum(rounds) - rounds, rounds)
    beside = g.random(len(chosen)) < rates["hospital_medicine_in_stay"]
    lines = _line(
        np.repeat(person, rounds),
        np.repeat(first, rounds) + 28 * turn,
        np.where(beside, 3320, 3317),
        np.full(len(chosen), -1),
        kind=4,
        detail=chosen,
        quantity=medicines.units[chosen],
        place=np.where(beside, CLINIC, SURGERY),
    )
    return select(lines, alive(people, lines["person"], lines["day"]))


def _laboratory(world: World, g: np.random.Generator, care: Care, doctors: _Doctors) -> Columns:
    acts = np.array([panel.nabm for panel in PANELS])
    panels = care.panels
    hpv = np.flatnonzero(care.tests["measure"] == MEASURE_INDEX["hpv"])
    person = np.concatenate((panels["person"], care.tests["person"][hpv]))
    day = np.concatenate((panels["day"], care.tests["day"][hpv]))
    nabm = np.concatenate((acts[panels["panel"]], np.full(len(hpv), _HPV)))
    size = len(day)
    laboratory = doctors.laboratory + (person * 17 % 8 + (g.random(size) < 0.06)) % 8
    place = _places_of_care(world, g, size, world["claims", "outpatient_laboratory"])
    return _line(person, day, 3211, laboratory, kind=2, detail=nabm, place=place)


def _screening(
    world: World, g: np.random.Generator, care: Care, doctors: _Doctors
) -> list[Columns]:
    rates = world.section("claims")
    fit = np.flatnonzero(care.tests["measure"] == MEASURE_INDEX["fit"])
    parts = [
        _line(
            care.tests["person"][fit],
            care.tests["day"][fit],
            9434,
            np.full(len(fit), doctors.laboratory),
        )
    ]
    acts = care.procedures
    code = acts["procedure"]
    hospital_only = np.isin(code, [PROCEDURE_INDEX[name] for name in ("JKFA015", "HHFA008")])
    scope = np.isin(
        code, [PROCEDURE_INDEX[name] for name in ("HHQE002", "HHQE005", "HHFE002", "HHQE004")]
    )
    in_hospital = hospital_only | (
        scope & (g.random(len(code)) < rates["hospital_route_colonoscopy"])
    )
    rows = np.flatnonzero(~in_hospital)
    numbers = np.full(len(PROCEDURES), 1352)
    numbers[PROCEDURE_INDEX["QEQK004"]] = 1336
    numbers[PROCEDURE_INDEX["QEQK001"]] = 1335
    chosen = code[rows]
    by_code = {
        "HHQE002": 3,
        "HHQE005": 3,
        "HHFE002": 3,
        "HHQE004": 3,
        "DEQP003": 0,
        "BGQP002": 7,
        "GLQP012": 6,
    }
    specialist = np.array([by_code.get(name, 2) for name in PROCEDURES])
    executor = doctors.specialist + 12 * specialist[chosen] + g.integers(0, 12, len(rows))
    place = _places_of_care(world, g, len(rows), rates["outpatient_acts"])
    place = np.where(scope[rows] & (place == SURGERY), CLINIC, place)
    # an endoscopy in a private clinic is a stay too: the act is then in both sources
    private = np.zeros(len(code), bool)
    private[rows] = (place == CLINIC) & (g.random(len(rows)) < rates["clinic_stay"])
    acts["hospital"], acts["private"] = in_hospital | private, private
    acts["nights"] = np.where(private, 0, 1)
    parts.append(
        _line(
            acts["person"][rows],
            acts["day"][rows],
            numbers[chosen],
            executor,
            kind=1,
            detail=chosen * 10 + 1,
            place=place,
        )
    )
    asleep = rows[(place == CLINIC) & (g.random(len(rows)) < 0.85)]
    parts.append(
        _line(
            acts["person"][asleep],
            acts["day"][asleep],
            1323,
            np.full(len(asleep), doctors.specialist),
            kind=1,
            detail=code[asleep] * 10 + 4,
        )
    )
    return parts


def _vaccinations(
    g: np.random.Generator, people: People, care: Care, doctors: _Doctors
) -> list[Columns]:
    doses = care.vaccinations
    medicines = catalogue.medicines()
    packs = np.array([medicines.first[medicines.index(vaccine.atc)] for vaccine in VACCINES])
    pharmacy = doctors.pharmacy + doses["person"] * 31 % 30
    flu = doses["vaccine"] == VACCINE_INDEX["influenza"]
    free = doses["vaccine"] == VACCINE_INDEX["covid"]
    seen = ~free & (g.random(len(flu)) < 0.95)
    bought = np.maximum(
        doses["day"] - np.where(doses["pharmacist"], 0, g.integers(0, 20, len(flu))), 0
    )
    given = np.flatnonzero(flu & doses["pharmacist"] & seen)
    return [
        _line(
            doses["person"][seen],
            bought[seen],
            np.where(flu[seen], 3331, 3313),
            pharmacy[seen],
            kind=3,
            detail=packs[doses["vaccine"][seen]],
        ),
        _line(doses["person"][given], doses["day"][given], 3360, pharmacy[given]),
    ]


def _others(
    world: World,
    g: np.random.Generator,
    people: People,
    doctors: _Doctors,
    start: int,
    end: int,
) -> list[Columns]:
    """Specialists, nurses, physiotherapists, dentists: volume around general practice."""
    rates, claims = world.section("care"), world.section("claims")
    years = (end - start) / 365.25
    age = (end - people.birth_day) / 365.25
    parts = []
    plans = (
        (
            rates["specialist_yearly"] * (0.5 + age / 60),
            1112,
            doctors.specialist,
            12 * len(_SPECIALTIES),
        ),
        (rates["nurse_yearly_from_75"] * (0.06 + (age > 75)), 3111, doctors.paramedic, 20),
        (rates["other_claims_yearly"] * 0.7 * (age > 15), 3125, doctors.paramedic + 20, 15),
        (rates["other_claims_yearly"] * 0.3, 1451, doctors.paramedic + 35, 5),
    )
    for mean, act, first, width in plans:
        effort = np.exp(g.normal(-0.3, 0.8, len(people)))
        person = np.repeat(np.arange(len(people)), g.poisson(mean * effort * years))
        day = g.integers(start, end, len(person))
        executor = first + g.integers(0, width, len(person))
        share = claims["outpatient_visits"] if act == 1112 else 0.0
        place = _places_of_care(world, g, len(person), share)
        parts.append(_line(person, day, act, executor, declared=5, place=place))
    return parts


def _flow(world: World, g: np.random.Generator, lines: Columns, start: int) -> Columns:
    """Processing day of each line, and the negative lines that cancel some of them."""
    rates = world.section("claims")
    low, high = rates["lag_weeks"]
    size = len(lines["day"])
    lag = 7 * low + np.minimum(g.gamma(1.4, 12.0, size), 7 * (high - low))
    slow = g.random(size) < rates["late_share"]
    lag = lag + np.where(slow, g.integers(90, 330, size), 0)
    lines["process"] = (lines["day"] + lag).astype(np.int32)
    # flows are delivered from the window's start on: older care comes in the first flow
    lines["process"] = np.maximum(lines["process"], start)
    lines["sign"] = np.ones(size, np.int8)
    cancelled = np.flatnonzero(g.random(size) < rates["reversal"])
    later = lines["process"][cancelled] + g.integers(20, 90, len(cancelled))
    negative = select(lines, cancelled) | {
        "process": later.astype(np.int32),
        "sign": np.full(len(cancelled), -1, np.int8),
    }
    again = cancelled[g.random(len(cancelled)) < 0.5]
    rebilled = select(lines, again) | {
        "process": (lines["process"][again] + g.integers(95, 120, len(again))).astype(np.int32)
    }
    return stack([lines, negative, rebilled])


# -------------------------------------------------------------------------- tables


def _with(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def _keys(g: np.random.Generator, people: People, lines: Columns) -> pa.Table:
    """The nine join keys: lines of one person, day, executor and flow share a document."""
    place = territory()
    size = len(lines["day"])
    group = lines["person"].astype(np.int64)
    for name, base in (("day", 100_000), ("executor", 1000), ("process", 100_000), ("sign", 3)):
        group = group * base + lines[name] % base
        _, group = np.unique(group, return_inverse=True)
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = (
        np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1)) if size else np.zeros(0, int)
    )
    lengths = np.diff(np.append(starts, size))
    rank = np.empty(size, np.int64)
    rank[order] = np.arange(size) - np.repeat(starts, lengths)
    count = int(group.max(initial=-1)) + 1
    document = g.integers(1 << 30, 1 << 45, count)[group] if size else np.zeros(0, np.int64)
    available = month_start(month_index(lines["process"]) + 1)
    department = np.array([code[:2] for code in place.department])[people.commune]
    offices = np.array([f"01C{code}0000" for code in department], dtype=object)
    return pa.table(
        {
            "DCT_ORD_NUM": pa.array(document),
            "FLX_DIS_DTD": dates(available),
            "FLX_EMT_NUM": pa.array((people.commune[lines["person"]] % 7 + 1).astype(np.int64)),
            "FLX_EMT_ORD": pa.array((lines["process"] % 31).astype(np.int64)),
            "FLX_EMT_TYP": pa.array(np.ones(size, np.int32)),
            "FLX_TRT_DTD": dates(lines["process"]),
            "ORG_CLE_NUM": _shared(offices, lines["person"]),
            "PRS_ORD_NUM": pa.array(rank + 1),
            "REM_TYP_AFF": pa.array(np.zeros(size, np.int32)),
        }
    )


def _shared(values: np.ndarray, index: np.ndarray) -> pa.Array:
    """`values[index]` as text, each distinct value stored once before it is spread."""
    return coded(pa.array(values, pa.string()), index)


def _prestations(
    people: People,
    care: Care,
    ids: _Beneficiaries,
    lines: Columns,
    key: pa.Table,
    professional: pa.Array,
    doctors: _Doctors,
) -> pa.Table:
    place = territory()
    person, day, size = lines["person"], lines["day"], len(lines["day"])
    moved = people.move_day[person] <= day
    commune = np.where(moved, people.next_commune[person], people.commune[person])
    exempt = np.zeros(len(people), bool)
    exempt[care.long_term_illness["person"]] = True
    department, local = commune_columns(place.commune)
    executor = lines["executor"]
    tele = np.isin(lines["act"], (1110, 1111, 1192, 1211))
    treating = np.where(lines["declared"] == 1, executor, -1)

    def ints(values: np.ndarray) -> pa.Array:
        return pa.array(np.asarray(values, np.int32))

    return _with(
        key,
        BEN_NIR_PSA=coded(ids.values, ids.at(person, day)),
        BEN_RNG_GEM=ints(ids.rank_at(person, day)),
        PRS_NAT_REF=ints(lines["act"]),
        EXE_SOI_DTD=dates(day),
        PRS_ACT_QTE=ints(lines["quantity"] * lines["sign"]),
        PSE_SPE_COD=ints(doctors.speciality[executor]),
        PSE_ACT_NAT=ints(np.where(executor >= doctors.pharmacy, 50, np.where(tele, 0, 0))),
        PFS_EXE_NUM=coded(professional, executor),
        PFS_PRE_NUM=coded(professional, lines["prescriber"]),
        PRS_MTT_NUM=coded(professional, treating),
        PRS_PDS_QCP=ints(lines["declared"]),
        EXO_MTF=ints(np.where(exempt[person] & (person % 20 < 17), 42, 0)),
        DPN_QLF=ints(np.where(lines["place"] == INFORMATION, 71, 0)),
        PRS_DPN_QLP=ints(np.zeros(size)),
        CPL_MAJ_TOP=ints(lines["complement"]),
        CPL_AFF_COD=ints(np.zeros(size)),
        BEN_EHP_TOP=ints((people.institution_day[person] <= day) & (person % 10 < 7)),
        BEN_RES_COM=coded(pa.array(local), commune),
        BEN_RES_DPT=coded(pa.array(department), commune),
    )


def _detail(name: str, lines: Columns, key: pa.Table) -> pa.Table:
    detail, signed = lines["detail"], lines["quantity"] * lines["sign"]
    size = len(detail)
    if name == "ER_CAM_F":
        return _with(
            key,
            CAM_PRS_IDE=pick(PROCEDURES, detail // 10),
            CAM_ACT_COD=pa.array((detail % 10).astype(np.int32)),
            CAM_TRT_PHA=pa.array(np.zeros(size, np.int32)),
        )
    if name == "ER_BIO_F":
        return _with(
            key,
            BIO_PRS_IDE=pa.array(detail.astype(np.int32)),
            BIO_ACT_QSN=pa.array(signed.astype(np.int32)),
        )
    if name == "ER_UCD_F":
        medicines = catalogue.hospital_medicines()
        return _with(
            key,
            UCD_UCD_COD=pick([code.zfill(13) for code in medicines.ucd], detail),
            UCD_DLV_NBR=pa.array(signed.astype(np.int32)),
            UCD_TOP_UCD=pa.array((lines["place"] == CLINIC).astype(np.int32)),
        )
    packs = np.array([int(code) for code in catalogue.medicines().cip13])
    return _with(
        key,
        PHA_PRS_C13=pa.array(packs[detail] if size else np.zeros(0, np.int64)),
        PHA_ACT_QSN=pa.array(signed.astype(np.int32)),
        PHA_DEC_QSU=pa.array(np.zeros(size, np.int32)),
    )


def _registers(
    g: np.random.Generator,
    people: People,
    care: Care,
    ids: _Beneficiaries,
    practices: list[Practice],
    doctors: _Doctors,
    professional: pa.Array,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    end: int,
) -> dict[str, pa.Table]:
    """Beneficiaries, declared doctors, long-term illnesses, and the table of pairing."""
    place = territory()
    inside = np.flatnonzero(people.in_claims & (people.birth_day < end))
    changes = inside[(ids.change[inside] < NO_DAY)]
    person = np.concatenate((inside, changes))
    row = np.concatenate((inside, changes + ids.count))
    rank = np.where(row >= ids.count, 1, people.beneficiary_rank[person])
    known = np.where(row >= ids.count, ids.change[person], people.birth_day[person] + 20)
    keep = (known < end) & ~((row < ids.count) & (ids.change[person] < edges[0] - 20_000))
    person, row, rank, known = person[keep], row[keep], rank[keep], known[keep]
    ids.known = [
        (name, int(number), int(who))
        for name, number, who in zip(
            ids.values.take(pa.array(row)).to_pylist(), rank, person, strict=True
        )
    ]
    ids.known_from = known.tolist()
    first = np.searchsorted(edges, np.maximum(known, 0), side="right")
    death = people.death_day[person]
    dead = np.searchsorted(edges, death, side="right")
    order = g.permutation(len(person))
    moved = people.move_day[person] < end
    commune = np.where(moved, people.next_commune[person], people.commune[person])
    department, local = commune_columns(place.commune)
    # a row leaves when the beneficiary appears, and again with the date of death
    again = np.flatnonzero((dead > first) & (dead < len(edges)))
    every = np.concatenate((order, again))
    leaves = np.concatenate((first[order], dead[again]))
    shown = np.where(
        np.searchsorted(edges, death[every], side="right") <= leaves, death[every], NO_DAY
    )
    person_, row_ = person[every], row[every]
    values = ids.values
    size = len(every)
    schemes = pick(SCHEMES, scheme_of(person_))
    beneficiaries = pa.table(
        {
            "BEN_NIR_PSA": values.take(pa.array(row_)),
            "BEN_RNG_GEM": pa.array(rank[every].astype(np.int32)),
            "BEN_IDT_ANO": pa.array(ids.person).take(pa.array(person_)),
            "BEN_NAI_ANN": pa.array(np.char.mod("%d", year_of(people.birth_day[person_]))),
            "BEN_NAI_MOI": pa.array(np.char.mod("%02d", month_of(people.birth_day[person_]))),
            "BEN_SEX_COD": pa.array(people.sex[person_].astype(np.int32)),
            "BEN_DCD_DTE": dates(shown),
            "BEN_RES_DPT": pick(department, commune[every]),
            "BEN_RES_COM": pick(local, commune[every]),
            "ORG_AFF_BEN": schemes,
            "BEN_TOP_CNS": pa.array(np.ones(size, np.int32)),
            "MAX_TRT_DTD": dates(np.full(size, end - 1)),
        }
    )
    batch["IR_BEN_R"] = leaves
    pairs = pa.table(
        {
            "BEN_NIR_PSA": pa.concat_arrays(
                [values.take(pa.array(row)), values.take(pa.array(row))]
            ),
            "BEN_RNG_GEM": pa.array(np.concatenate((rank, rank)).astype(np.int32)),
            "nir_pseudo": pa.concat_arrays(
                [
                    pa.array(ids.nir_own).take(pa.array(person)),
                    pa.array(ids.nir_insured).take(pa.array(person)),
                ]
            ),
        }
    )
    same = np.concatenate(
        (np.ones(len(person), bool), people.nir[person] != people.insured_nir[person])
    )
    chosen = g.permutation(np.flatnonzero(same))
    batch["APPARIEMENT"] = np.concatenate((first, first))[chosen]
    return {
        "IR_BEN_R": beneficiaries,
        "APPARIEMENT": pairs.take(pa.array(chosen)),
        "IR_MTT_R": _declared(g, people, care, ids, doctors, professional, batch, edges, end),
        "IR_IMB_R": _illnesses(g, people, care, ids, batch, edges),
    }


def _declared(
    g: np.random.Generator,
    people: People,
    care: Care,
    ids: _Beneficiaries,
    doctors: _Doctors,
    professional: pa.Array,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    end: int,
) -> pa.Table:
    """Declared general practitioners: one row per person and contract, ended by a change."""
    person = np.flatnonzero((care.declared_from < end) & people.in_claims)
    begin = care.declared_from[person]
    away = people.moves_far[person] & (people.move_day[person] > begin)
    leaves = people.leaves_first[person] & (people.second_from_day[person] > begin)
    # the first change only: whoever moves away declares a doctor there
    leaves &= ~away | (people.second_from_day[person] < people.move_day[person])
    changes = leaves | away
    until = np.where(leaves, people.second_from_day[person], NO_DAY)
    until = np.where(away & ~leaves, people.move_day[person], until)
    usual = people.person_id * 7919
    sizes = np.diff([*doctors.practice_start.values(), doctors.other_gp])
    size = np.full(max(doctors.practice_start, default=-1) + 2, 40)
    for (index, _), count in zip(doctors.practice_start.items(), sizes, strict=True):
        size[index] = count

    def doctor(practice: np.ndarray, who: np.ndarray) -> np.ndarray:
        return doctors.general(practice, usual[who] % size[practice])

    mover = person[changes]
    rows = np.concatenate((person, mover))
    towards = np.where(leaves[changes], people.second_practice[mover], -1)
    practice = np.concatenate((people.home_practice[person], towards))
    from_day = np.concatenate((begin, until[changes]))
    to_day = np.concatenate((until, np.full(len(mover), NO_DAY)))
    order = g.permutation(len(rows))
    rows, practice, from_day, to_day = rows[order], practice[order], from_day[order], to_day[order]
    batch["IR_MTT_R"] = np.searchsorted(edges, from_day, side="right")
    return pa.table(
        {
            "BEN_NIR_PSA": ids.values.take(pa.array(ids.at(rows, from_day))),
            "BEN_RNG_GEM": pa.array(ids.rank_at(rows, from_day).astype(np.int32)),
            "MTT_PFS_NUM": pick(professional, doctor(practice, rows)),
            "MTT_DEP_DTE": dates(from_day),
            "MTT_FIN_DTE": dates(np.where(to_day < end, to_day, NO_DAY)),
            "MTT_MTF_COD": pa.array(np.ones(len(rows), np.int32)),
        }
    )


def _illnesses(
    g: np.random.Generator,
    people: People,
    care: Care,
    ids: _Beneficiaries,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
) -> pa.Table:
    rows = select(care.long_term_illness, people.in_claims[care.long_term_illness["person"]])
    rows = select(rows, g.permutation(len(rows["person"])))
    condition = rows["condition"].astype(np.int64)
    numbers = np.array([item.ald for item in CONDITIONS])[condition]
    blank = g.random(len(condition)) < 0.4
    batch["IR_IMB_R"] = np.searchsorted(edges, rows["start"] + 15, side="right")
    until = np.where(rows["end"] >= NO_DAY, _OPEN_ENDED, rows["end"])
    return pa.table(
        {
            "BEN_NIR_PSA": ids.values.take(pa.array(ids.at(rows["person"], rows["start"]))),
            "BEN_RNG_GEM": pa.array(ids.rank_at(rows["person"], rows["start"]).astype(np.int32)),
            "IMB_ALD_NUM": pa.array(np.where(blank, 0, numbers).astype(np.int32)),
            "MED_NCL_IDT": pick(["CIM10"], np.zeros(len(condition), int)),
            "MED_MTF_COD": pick([item.cim10.replace(".", "") for item in CONDITIONS], condition),
            "IMB_ETM_NAT": pa.array(np.full(len(condition), 41, np.int32)),
            "IMB_ALD_DTD": dates(rows["start"]),
            "IMB_ALD_DTF": pa.array(until.astype(np.int32)).cast(pa.date32()),
        }
    )


def write_batches(
    claims: Claims, folders: Sequence[Path], part: int
) -> list[list[tuple[str, str, str, int]]]:
    """Writes each table's rows into the batches they leave with.

    Returns, per batch, the manifest's (path, table, format, rows) of the files written.
    """
    files: list[list[tuple[str, str, str, int]]] = [[] for _ in folders]
    for name, table in claims.tables.items():
        for number, folder in enumerate(folders):
            rows = np.flatnonzero(claims.batch[name] == number)
            path = f"{name}-{part:04d}.parquet"
            # without Arrow's own schema every reader sees plain text columns
            pq.write_table(
                table.take(pa.array(rows)), folder / path,
                compression="zstd", compression_level=1, store_schema=False,
            )  # fmt: skip
            files[number].append((path, name, "parquet", len(rows)))
    return files
