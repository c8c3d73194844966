"""SNDS referentials beside the claims: causes of death, COVID-19 injections, nursing homes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from p4dp.boundary import level1_many
from p4dp.synthetic import catalogue
from p4dp.synthetic.calendar import day_number, month_of, year_of
from p4dp.synthetic.care import Care
from p4dp.synthetic.catalogue import DEATH_CAUSES, VACCINE_INDEX, VACCINES
from p4dp.synthetic.columns import NO_DAY, dates, pick
from p4dp.synthetic.facts import ClaimFacts
from p4dp.synthetic.hospital import Chaining
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import territory
from p4dp.synthetic.world import World

TABLES = ("KI_CCI_R", "IR_VAC_F", "IR_ESM_R")
_STILL = day_number("2999-12-31")
_PLACES_OF_DEATH = (1, 2, 3, 4, 6)
_HOME_NURSING = "354"


def _whole(values: np.ndarray) -> pa.Array:
    return pa.array(np.asarray(values, np.int32))


def commune_columns(codes: Sequence[str]) -> tuple[list[str], list[str]]:
    """BEN_RES_DPT and BEN_RES_COM of INSEE codes (`06088`: 006, 088; `97411`: 974, 011)."""
    departments = [code[:3] if code.startswith("97") else "0" + code[:2] for code in codes]
    communes = ["0" + code[3:] if code.startswith("97") else code[2:] for code in codes]
    return departments, communes


def deaths(
    world: World,
    g: np.random.Generator,
    level1_key: bytes,
    people: People,
    care: Care,
    certified: Sequence[str],
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    start: int,
) -> pa.Table:
    """Certificates that reached the base: months after the death, a few of them unmatched."""
    low, high = world["claims", "death_cause_months"]
    person = np.flatnonzero(people.in_claims & (people.death_day >= start))
    coded = people.death_day[person] + (g.uniform(low, high, len(person)) * 30.44).astype(np.int64)
    order = g.permutation(np.flatnonzero((coded < edges[-1]) & (care.death_cause[person] >= 0)))
    person, coded = person[order], coded[order]
    day, size = people.death_day[person], len(person)
    matched = g.random(size) < world["claims", "death_cause_matched"]
    moved = people.move_day[person] <= day
    commune = np.where(moved, people.next_commune[person], people.commune[person])
    department, local = commune_columns(territory().commune)
    names = [certified[index] for index in person.tolist()]
    records = level1_many(level1_key, "death_record", names)
    at_home = people.institution_day[person] <= day
    place = g.choice(_PLACES_OF_DEATH, size, p=[0.27, 0.5, 0.08, 0.12, 0.03])
    batch["KI_CCI_R"] = np.searchsorted(edges, coded, side="right")
    birth = people.birth_day[person]
    return pa.table(
        {
            "DCD_IDT_ENC": pa.array(records, pa.string()),
            "BEN_IDT_ANO": pa.array(names, pa.string(), mask=~matched),
            "DCD_IDT_TOP": _whole(matched),
            "FLX_PER_ANN": pa.array(np.char.mod("%d", year_of(day))),
            "BEN_DCD_DTE": dates(day),
            "BEN_DCD_AME": pa.array(np.char.mod("%d", year_of(day) * 100 + month_of(day))),
            "DCD_DPT_COD": pick(department, commune),
            "BEN_RES_DPT": pick(department, commune),
            "BEN_RES_COM": pick(local, commune),
            "DCD_LIE_COD": _whole(np.where(at_home & (place == 1), 4, place)),
            "BEN_NAI_ANN": pa.array(np.char.mod("%d", year_of(birth))),
            "BEN_NAI_MOI": pa.array(np.char.mod("%02d", month_of(birth))),
            "BEN_SEX_COD": _whole(people.sex[person]),
            "DCD_CIM_COD": pick(
                [code.replace(".", "") for code in DEATH_CAUSES], care.death_cause[person]
            ),
        }
    )


def injections(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    chaining: Chaining,
    pharmacies: pa.Array,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    found: ClaimFacts,
) -> pa.Table:
    """COVID-19 injections: free of charge, so in no claim; known without twin rank."""
    doses = care.vaccinations
    covid = doses["vaccine"] == VACCINE_INDEX["covid"]
    covid &= people.in_claims[doses["person"]]
    covid &= g.random(len(covid)) < world["claims", "injection_recorded"]
    sent = doses["day"] + g.integers(3, 20, len(covid))
    rows = g.permutation(np.flatnonzero(covid & (sent < edges[-1])))
    person, day, size = doses["person"][rows], doses["day"][rows], len(rows)
    batch["IR_VAC_F"] = np.searchsorted(edges, sent[rows], side="right")
    drugs = catalogue.medicines()
    pack = int(drugs.cip13[int(drugs.first[drugs.index(VACCINES[VACCINE_INDEX["covid"]].atc)])])
    lodged = people.institution_day[person] <= day
    found.add(
        "vaccination", person, day, code=[str(pack)] * size, system="CIP13", setting="IR_VAC_F",
        needs_rank=True,
    )  # fmt: skip
    return pa.table(
        {
            "BEN_NIR_PSA": chaining.pseudonyms(person, day),
            "BEN_AGE_ANN": _whole((day - people.birth_day[person]) // 365.25),
            "BEN_SEX_COD": _whole(people.sex[person]),
            "BEN_STA_VAC": pick(["TE"], np.zeros(size, int)),
            "EXE_SOI_DTD": dates(day),
            "PHA_PRS_C13": pa.array(np.full(size, pack, np.int64)),
            "PFS_EXE_NUM": pick(pharmacies, person * 31 % 30),
            "ETB_VAC_CAT": _whole(np.where(lodged, 1, 7)),
        }
    )


def homes(
    world: World,
    g: np.random.Generator,
    people: People,
    chaining: Chaining,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
) -> pa.Table:
    """Stays in nursing homes (not all of them), and care at home by a social service.

    A stay is sent when it begins, and again with its end.
    """
    last = int(edges[-1])
    resident = people.in_claims & (people.institution_day < last)
    resident &= people.institution_day < people.death_day
    resident &= g.random(len(people)) < world["claims", "home_registered"]
    age = (last - people.birth_day) / 365.25
    nursed = people.in_claims & (age > 80) & (people.institution_day >= NO_DAY)
    nursed &= (g.random(len(people)) < 0.06) & (people.death_day > edges[0])
    begin = np.where(resident, people.institution_day, last - g.integers(90, 900, len(people)))
    who = np.flatnonzero(resident | nursed)
    first = np.searchsorted(edges, begin[who] + 20, side="right")
    ended = np.searchsorted(edges, people.death_day[who] + 20, side="right")
    again = np.flatnonzero((ended > first) & (ended < len(edges)))
    person = np.concatenate((who, who[again]))
    leaves = np.concatenate((first, ended[again]))
    end = people.death_day[person]
    shown = np.searchsorted(edges, end + 20, side="right") <= leaves
    order = g.permutation(np.flatnonzero(leaves < len(edges)))
    person, leaves, end, shown = person[order], leaves[order], end[order], shown[order]
    size = len(person)
    lodged = resident[person]
    category = np.where(lodged, np.where(person % 9 == 0, 1, 0), 2)
    batch["IR_ESM_R"] = leaves
    department, _ = commune_columns(territory().commune)
    return pa.table(
        {
            "BEN_NIR_PSA": chaining.pseudonyms(person, begin[person]),
            "BEN_RNG_GEM": pa.array(
                chaining.rank_at(person, begin[person]).astype(np.int32), mask=person % 3 == 0
            ),
            "PEC_DEB_DTE": pa.array(begin[person].astype(np.int32)).cast(pa.date32()),
            "PEC_FIN_DTE": pa.array(np.where(shown, end, _STILL).astype(np.int32)).cast(
                pa.date32()
            ),
            "DST_MTF_COD": _whole(np.where(shown, 3, 0)),
            "ESM_DPT_COD": pick(department, people.commune[person]),
            "ESM_CAT_COD": pick(["200", "362", _HOME_NURSING], category),
            "ESM_DOM_COD": pick(["N", "O"], (category == 2).astype(int)),
            "ESM_TAR_COD": pick(["20", "24"], np.zeros(size, int)),
        }
    )
