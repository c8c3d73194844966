"""What hospitals send (PMSI): stays, and the acts and visits of outpatients.

A stay or an outpatient record names its patient by a chained pseudonym without twin rank,
with return codes that say whether the chaining worked. The two biggest hospitals report
twice, under a legal and a geographic number. Acts of outpatients may also stand in the
claims, where the hospital bills directly or sends the claim for information.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from p4dp.settings import PROJECT_ROOT
from p4dp.synthetic.care import Care, Columns, alive, select
from p4dp.synthetic.catalogue import CONDITIONS, PROCEDURES
from p4dp.synthetic.columns import dates, pick
from p4dp.synthetic.facts import ClaimFacts
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import territory
from p4dp.synthetic.world import World

TABLES = (
    "T_MCOaaB", "T_MCOaaC", "T_MCOaaD", "T_MCOaaA",
    "T_MCOaaCSTC", "T_MCOaaFMSTC", "T_MCOaaFCSTC", "T_MCOaaFLSTC",
)  # fmt: skip
DUPLICATES = PROJECT_ROOT / "seeds" / "vocabulary" / "duplicate_hospital.csv"
PUBLIC = 5
"""Public hospitals of a department; the first `DIRECTLY` of them bill directly."""
DIRECTLY = 2
PRIVATE = 3
_BIG_HOSPITAL = "750712184"
_BIG_SHARE = 0.03
_SENT_AFTER = 45
"""Days from the end of a stay or record to its delivery."""
_DIAGNOSES = (
    "K80.2", "S72.0", "J18.9", "K40.9", "H25.1", "N20.0", "O80", "R07.4", "K35.8", "A41.9",
    "S06.0", "M16.1",
)  # fmt: skip
_GROUPS = ("05M09T", "11M04T", "06C12J", "08C48J", "04M05T", "02C05J", "14Z13A", "06K04J", "10M02T")
_BAD_CODE = 0.004
"""Share of a return code that says the chaining failed."""


@dataclass(frozen=True)
class Chaining:
    """Pseudonyms of patients in the PMSI: `values` at the row `at(person, day)`."""

    values: pa.Array
    at: Callable[[np.ndarray, np.ndarray], np.ndarray]
    rank_at: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def pseudonyms(self, person: np.ndarray, day: np.ndarray) -> pa.Array:
        """NIR_ANO_17 of these people on these days."""
        return self.values.take(pa.array(self.at(person, day)))


@cache
def _geographic_numbers() -> tuple[str, ...]:
    with DUPLICATES.open(encoding="utf-8", newline="") as handle:
        codes = [row["hospital_code"] for row in csv.DictReader(handle)]
    return tuple(code for code in codes if code.startswith(_BIG_HOSPITAL[:2]))


def _hospitals(people: People) -> list[str]:
    """Establishment numbers: public ones, the big one, private ones."""
    department = territory().department[people.commune[0]][:2]
    return [
        *(f"{department}078{n:04d}" for n in range(PUBLIC)),
        _BIG_HOSPITAL,
        *(f"{department}079{n:04d}" for n in range(PRIVATE)),
    ]


def _flag(g: np.random.Generator, size: int) -> pa.Array:
    return pick(["0", "1"], (g.random(size) < _BAD_CODE).astype(int))


def _chained(table: pa.Table, codes: tuple[str, ...]) -> np.ndarray:
    """Records whose every return code says that the chaining worked."""
    failed = np.zeros(table.num_rows, bool)
    for name in codes:
        failed |= table[name].to_numpy() == "1"
    return ~failed


def _integers(values: np.ndarray | int, size: int) -> pa.Array:
    return pa.array(np.broadcast_to(np.asarray(values, np.int32), (size,)))


def _reported_twice(
    tables: dict[str, pa.Table], batch: dict[str, np.ndarray], key: str, main: str
) -> None:
    """Adds the second report of the big hospital's records under a geographic number."""
    chosen = _geographic_numbers()
    whole = tables[main]
    numbers = whole[key].combine_chunks()
    spread = [chosen[int(value) % len(chosen)] for value in numbers.to_pylist()]
    second = dict(zip(numbers.to_pylist(), spread, strict=True))
    for name, table in tables.items():
        rows = np.flatnonzero(table["ETA_NUM"].to_numpy() == _BIG_HOSPITAL)
        if not len(rows):
            continue
        copied = table.take(pa.array(rows))
        other = pa.array([second[value] for value in copied[key].to_pylist()], pa.string())
        copied = copied.set_column(copied.column_names.index("ETA_NUM"), "ETA_NUM", other)
        tables[name] = pa.concat_tables([table, copied])
        batch[name] = np.concatenate((batch[name], batch[name][rows]))


def stays(
    world: World,
    g: np.random.Generator,
    people: People,
    care: Care,
    chaining: Chaining,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    found: ClaimFacts,
) -> dict[str, pa.Table]:
    """Hospital stays: summary, chaining, associated diagnoses, acts."""
    acts = care.procedures
    inside = np.flatnonzero(acts["hospital"])
    person = np.concatenate((care.stays["person"], acts["person"][inside]))
    day = np.concatenate((care.stays["day"], acts["day"][inside]))
    last = np.concatenate((care.stays["end"], acts["day"][inside] + acts["nights"][inside]))
    cause = np.concatenate((care.stays["cause"], np.full(len(inside), -1)))
    act = np.concatenate((np.full(len(care.stays["day"]), -1), acts["procedure"][inside]))
    private = np.concatenate((np.zeros(len(care.stays["day"]), bool), acts["private"][inside]))
    available = last + _SENT_AFTER
    keep = people.in_claims[person] & (available < edges[-1]) & alive(people, person, day)
    keep = g.permutation(np.flatnonzero(keep))
    person, day, last, cause, act, private = (
        column[keep] for column in (person, day, last, cause, act, private)
    )
    size = len(person)
    of_batch = np.searchsorted(edges, available[keep], side="right")
    place = np.where(g.random(size) < _BIG_SHARE, PUBLIC, g.integers(0, PUBLIC, size))
    place = np.where(private, PUBLIC + 1 + g.integers(0, PRIVATE, size), place)
    hospital = pick(_hospitals(people), place)
    number = pa.array(g.permutation(size).astype(np.int64) * 13 + 1000 + people.cluster * 10**7)
    named = [item.cim10.replace(".", "") for item in CONDITIONS]
    others = [code.replace(".", "") for code in _DIAGNOSES]
    index = np.where(cause >= 0, cause, len(named) + g.integers(0, len(others), size))
    text = pick(named + others, index).to_numpy(zero_copy_only=False)
    operated = np.flatnonzero(act >= 0)
    text[operated] = "Z121"
    bad = g.random(size) < 0.006
    group = np.array(_GROUPS, object)[g.integers(0, len(_GROUPS), size)]
    group[bad] = "90Z00Z"
    died = people.death_day[person] <= last + 1
    secondary = np.flatnonzero(g.random(size) < 0.5)
    batch |= {
        "T_MCOaaB": of_batch,
        "T_MCOaaC": of_batch,
        "T_MCOaaD": of_batch[secondary],
        "T_MCOaaA": of_batch[operated],
    }
    codes = ("NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET")
    tables = {
        "T_MCOaaB": pa.table(
            {
                "ETA_NUM": hospital,
                "RSA_NUM": number,
                "DGN_PAL": pa.array(text, pa.string()),
                "DGN_REL": pa.nulls(size, pa.string()),
                "GRG_GHM": pa.array(group, pa.string()),
                "SOR_MOD": _integers(np.where(died, 9, 8), size),
                "ENT_MOD": _integers(8, size),
                "AGE_ANN": _integers((day - people.birth_day[person]) // 365.25, size),
            }
        ),
        "T_MCOaaC": pa.table(
            {
                "ETA_NUM": hospital,
                "RSA_NUM": number,
                "NIR_ANO_17": chaining.pseudonyms(person, day),
                "EXE_SOI_DTD": dates(day),
                "EXE_SOI_DTF": dates(last),
            }
            | {name: _flag(g, size) for name in codes}
        ),
        "T_MCOaaD": pa.table(
            {
                "ETA_NUM": hospital.take(pa.array(secondary)),
                "RSA_NUM": number.take(pa.array(secondary)),
                "ASS_DGN": pick(named, g.integers(0, len(named), len(secondary))),
            }
        ),
        "T_MCOaaA": pa.table(
            {
                "ETA_NUM": hospital.take(pa.array(operated)),
                "RSA_NUM": number.take(pa.array(operated)),
                "CDC_ACT": pick(PROCEDURES, act[operated]),
                "ENT_DAT_DEL": _integers(0, len(operated)),
                "NBR_EXE_ACT": _integers(1, len(operated)),
            }
        ),
    }
    sound = _chained(tables["T_MCOaaC"], codes) & ~bad
    rows = np.flatnonzero(sound)
    found.add(
        "hospital_stay", person[rows], day[rows], end=last[rows], needs_rank=True,
        code=text[rows], system="CIM-10", setting="pmsi",
    )  # fmt: skip
    rows = operated[sound[operated]]
    found.add(
        "procedure", person[rows], day[rows], code=pick(PROCEDURES, act[rows]), system="CCAM",
        setting="pmsi", needs_rank=True,
    )  # fmt: skip
    _reported_twice(tables, batch, "RSA_NUM", "T_MCOaaC")
    return tables


def outpatients(
    g: np.random.Generator,
    people: People,
    lines: Columns,
    direct: int,
    chaining: Chaining,
    batch: dict[str, np.ndarray],
    edges: np.ndarray,
    found: ClaimFacts,
) -> dict[str, pa.Table]:
    """Outpatient records of public hospitals, one per act or visit of `lines`.

    `lines` are the acts done there, whether or not the claims hold them too; those whose
    `place` is `direct` were done at a hospital that bills directly.
    """
    available = lines["day"] + _SENT_AFTER
    keep = g.permutation(np.flatnonzero(available < edges[-1]))
    lines, available = select(lines, keep), available[keep]
    person, day, size = lines["person"], lines["day"], len(keep)
    of_batch = np.searchsorted(edges, available, side="right")
    other = np.where(g.random(size) < _BIG_SHARE, PUBLIC, g.integers(DIRECTLY, PUBLIC, size))
    place = np.where(lines["place"] == direct, g.integers(0, DIRECTLY, size), other)
    hospital = pick(_hospitals(people), place)
    number = g.permutation(size) + people.cluster % 900 * 100_000
    sequence = pa.array(np.char.mod("%08d", number))
    known = g.random(size) < 0.3
    rank = pick([None, "1", "2"], np.where(known, chaining.rank_at(person, day), 0))
    kinds = {
        "T_MCOaaFMSTC": np.flatnonzero(lines["kind"] == 1),
        "T_MCOaaFLSTC": np.flatnonzero(lines["kind"] == 2),
        "T_MCOaaFCSTC": np.flatnonzero(lines["kind"] == 0),
    }
    batch |= {name: of_batch[rows] for name, rows in kinds.items()}
    batch["T_MCOaaCSTC"] = of_batch

    def of(name: str) -> tuple[np.ndarray, dict[str, pa.Array]]:
        rows = kinds[name]
        chosen = pa.array(rows)
        return rows, {"ETA_NUM": hospital.take(chosen), "SEQ_NUM": sequence.take(chosen)}

    codes = ("NIR_RET", "NAI_RET", "SEX_RET", "IAS_RET", "ENT_DAT_RET")
    acts, act_key = of("T_MCOaaFMSTC")
    labs, lab_key = of("T_MCOaaFLSTC")
    visits, visit_key = of("T_MCOaaFCSTC")
    # the declared speciality is unreliable: a third of the visits are signed by an intern
    speciality = np.where(g.random(len(visits)) < 0.33, 1, lines["speciality"][visits])
    tables = {
        "T_MCOaaCSTC": pa.table(
            {
                "ETA_NUM": hospital,
                "SEQ_NUM": sequence,
                "NIR_ANO_17": chaining.pseudonyms(person, day),
                "RNG_NAI": rank,
                "EXE_SOI_DTD": dates(day),
                "EXE_SOI_DTF": dates(day),
            }
            | {name: _flag(g, size) for name in codes}
        ),
        "T_MCOaaFMSTC": pa.table(
            act_key
            | {
                "CCAM_COD": pick(PROCEDURES, lines["detail"][acts] // 10),
                "ACV_ACT": pa.array(np.char.mod("%d", lines["detail"][acts] % 10)),
                "PHA_ACT": pick(["0"], np.zeros(len(acts), int)),
                "DEL_DAT_ENT": _integers(0, len(acts)),
            }
        ),
        "T_MCOaaFCSTC": pa.table(
            visit_key
            | {
                "ACT_COD": pick(["CS", "C"], (visits * 7 % 10 < 1).astype(int)),
                "ACT_NBR": _integers(1, len(visits)),
                "EXE_SPE": pa.array(np.char.mod("%02d", speciality)),
                "DEL_DAT_ENT": _integers(0, len(visits)),
            }
        ),
        "T_MCOaaFLSTC": pa.table(
            lab_key
            | {
                "NABM_COD": pa.array(np.char.mod("%04d", lines["detail"][labs])),
                "ACT_NBR": _integers(1, len(labs)),
                "DEL_DAT_ENT": _integers(0, len(labs)),
            }
        ),
    }
    sound = _chained(tables["T_MCOaaCSTC"], codes)
    for name, rows, entity, column, system in (
        ("T_MCOaaFMSTC", acts[lines["detail"][acts] % 10 == 1], "procedure", "CCAM_COD", "CCAM"),
        ("T_MCOaaFLSTC", labs, "procedure", "NABM_COD", "NABM"),
        ("T_MCOaaFCSTC", visits, "outpatient_visit", "ACT_COD", "NGAP"),
    ):
        code = tables[name][column].combine_chunks()
        code = code.take(pa.array(np.searchsorted(kinds[name], rows[sound[rows]])))
        rows = rows[sound[rows]]
        found.add(
            entity, person[rows], day[rows], code=code, system=system,
            setting="pmsi_outpatient", needs_rank=True,
        )  # fmt: skip
    _reported_twice(tables, batch, "SEQ_NUM", "T_MCOaaCSTC")
    return tables
