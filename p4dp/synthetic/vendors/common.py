"""What the three vendors share: the state of a file at an export, codes and values as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from p4dp.synthetic.care import CHRONIC, Columns, select
from p4dp.synthetic.catalogue import CONDITIONS, MEASURE_INDEX, MEASURES, REASONS, medicines
from p4dp.synthetic.columns import NO_DAY, choose, decimal, filled, join, pick
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import territory
from p4dp.synthetic.recording import Recording

LOCAL_PREFIX = {"medirel": "", "dosmed": "P", "fhirmed": "p"}
"""What stands before the number of a file, by vendor."""
Writer = Callable[["Export"], int]


@dataclass(frozen=True)
class Export:
    """One export of one practice: what to write, and where."""

    recording: Recording
    people: People
    folder: Path
    number: int
    """Position of the export: 0 is the full one."""
    cut: int
    """Day on which the export is made; nothing of that day or later is in it."""

    def rows(self, table: str) -> Columns:
        """The rows of a table that leave with this export, in an order that says nothing."""
        columns = self.recording.tables[table]
        chosen = np.flatnonzero(columns["set"] == self.number)
        order = np.argsort(columns["id"][chosen], kind="stable")
        return select(columns, chosen[order])

    def charts(self) -> np.ndarray:
        """Files that leave: new ones and changed ones, in the order of their numbers."""
        charts = self.recording.charts
        chosen = np.flatnonzero(
            (charts["set"] == self.number) | (charts["changed_set"] == self.number)
        )
        return chosen[np.argsort(charts["id"][chosen])]

    def chart_ids(self, chart: np.ndarray) -> np.ndarray:
        """Number of each file in the practice's software."""
        return self.recording.charts["id"][chart]

    def state(self, chart: np.ndarray) -> dict[str, np.ndarray]:
        """What the file says on the day of the export: number, commune, end, death."""
        charts, identities = self.recording.charts, self.recording.identities
        person = charts["person"][chart]
        arrived = identities.waiting_until[chart] <= self.cut
        moved = (self.people.move_day[person] < self.cut) & (
            (self.people.person_id[person] + self.recording.practice.index) % 10 < 4
        )
        commune = np.where(moved, self.people.next_commune[person], identities.commune[chart])
        return {
            "nir": np.where(arrived, identities.final_nir[chart], identities.nir[chart]),
            "commune": commune,
            "death": np.where(charts["death"][chart] < self.cut, charts["death"][chart], NO_DAY),
            "exit": np.where(charts["exit"][chart] < self.cut, charts["exit"][chart], NO_DAY),
        }

    def tombstones(self) -> list[tuple[str, np.ndarray]]:
        """Records deleted since the previous export: table, identifiers."""
        found = []
        for table, ids, sets in self.recording.deletions:
            gone = ids[sets == self.number]
            if len(gone):
                found.append((table, gone))
        return found


def communes() -> tuple[str, ...]:
    """INSEE codes by commune index."""
    return territory().commune


@cache
def _problem_table() -> tuple[np.ndarray, np.ndarray, pa.Array, pa.Array, pa.Array]:
    cisp2: list[str] = []
    cim10: list[str] = []
    titles: list[str] = []
    reason_start: list[int] = []
    condition_start: list[int] = []
    for reason in REASONS:
        reason_start.append(len(cisp2))
        for code, other, title in reason.codes:
            cisp2.append(code)
            cim10.append(other)
            titles.append(title)
    for condition in CONDITIONS:
        condition_start.append(len(cisp2))
        for title in condition.titles:
            cisp2.append(condition.cisp2)
            cim10.append(condition.cim10)
            titles.append(title)
    cisp2.append("")
    cim10.append("")
    titles.append("Renouvellement")
    return (
        np.array(reason_start),
        np.array(condition_start),
        pa.array(cisp2),
        pa.array(cim10),
        pa.array(titles),
    )


def problem_index(table: Columns) -> np.ndarray:
    """Row of the problem vocabulary for each record (the last row means a renewal)."""
    reason_start, condition_start, codes, _, _ = _problem_table()
    condition = table.get("condition", np.full(len(table["reason"]), -1))
    index = np.where(
        condition >= 0,
        condition_start[condition],
        np.where(table["reason"] == CHRONIC, len(codes) - 1, reason_start[table["reason"]]),
    )
    renewal = (condition < 0) & (table["reason"] == CHRONIC)
    return index + np.where(renewal, 0, table["variant"])


def problem_text(index: np.ndarray, what: str) -> pa.Array:
    """`cisp2`, `cim10` or `title` of each row of the problem vocabulary."""
    _, _, cisp2, cim10, titles = _problem_table()
    return pick({"cisp2": cisp2, "cim10": cim10, "title": titles}[what], index)


_REMARKS = (
    "", "", "", "revu ce jour", "à surveiller", "état stable", "bilan demandé", "à revoir",
    "arrêt de travail 3 jours", "conseils donnés", "accompagné de sa fille", "tension au calme",
)  # fmt: skip


CANARIES = {
    "name": "ZIBELINECANARI",
    "mail": "zibeline.canari@example.org",
    "phone": "0639980017",
    "nir": "251023395512370",
}
"""Identities of nobody, planted in free texts: none may be found behind the boundary."""
CANARY_TEXT = "Rappeler Mme {name} au {phone}, {mail}, NIR {nir}".format(**CANARIES)


def is_canary(numbers: np.ndarray) -> np.ndarray:
    """The records whose free text holds the canaries: at least one of each export."""
    return (numbers % 499 == 3) | (numbers == numbers.min(initial=1 << 62))


def is_label(numbers: np.ndarray) -> np.ndarray:
    """The results that come under the laboratory's words in place of a code."""
    return numbers % 40 == 11


def note_text(entries: Columns) -> pa.Array:
    """The free text of a consultation: a title and a remark, seldom a canary."""
    remark = pick(_REMARKS, entries["note"] % len(_REMARKS))
    title = problem_text(problem_index(entries), "title")
    text = choose(entries["note"] % len(_REMARKS) > 2, join(title, ", ", remark), title)
    return choose(is_canary(entries["id"]), CANARY_TEXT, text)


def pack_codes(pack: np.ndarray) -> pa.Array:
    """CIP13 of each pack."""
    return pick(medicines().cip13, pack)


def atc_codes(drug: np.ndarray) -> pa.Array:
    """ATC code of each drug."""
    return pick(medicines().atc, drug)


@dataclass(frozen=True)
class Values:
    """Results and vital signs as a vendor may write them."""

    text: pa.Array
    """The number as text with a point (`120/76` has two: see `second`)."""
    second: pa.Array
    """Diastolic pressure as text; null elsewhere."""
    unit: pa.Array
    """Unit; empty where the practice's laboratory gives none."""
    comparator: pa.Array
    """`<` or null."""
    coded: pa.Array
    """Word for a qualitative result (`positive`, `negative`, `current`…); null elsewhere."""
    loinc: pa.Array
    local: pa.Array
    label: pa.Array


def values_of(table: Columns, *, comma: bool = False) -> Values:
    """Texts of the values of a table of measures, in the unit style of each row."""
    size = len(table["measure"])
    text = np.empty(size, dtype=object)
    unit = np.full(size, "", dtype=object)
    loinc = np.full(size, "", dtype=object)
    coded = np.full(size, None, dtype=object)
    comparator = np.full(size, None, dtype=object)
    number_style = table.get("unit_style", table["style"])
    for index, measure in enumerate(MEASURES):
        for position, style in enumerate(measure.styles):
            rows = np.flatnonzero((table["measure"] == index) & (table["style"] == position))
            if not len(rows):
                continue
            unit[rows], loinc[rows] = style.unit, style.loinc
            written = measure.styles[position]
            for actual, other in enumerate(measure.styles):
                chosen = rows[number_style[rows] == actual]
                if not len(chosen):
                    continue
                value = table["value"][chosen] * other.factor + other.offset
                digits = max(other.digits, written.digits if actual != position else 0)
                text[chosen] = _decimals(value, digits, comma)
        rows = np.flatnonzero(table["measure"] == index)
        if measure.name == "fit":
            qualitative = rows[table["style"][rows] == 0]
            positive = table["value"][qualitative] >= 150
            coded[qualitative] = np.where(positive, "positive", "negative")
            low = rows[(table["style"][rows] == 1) & (table["value"][rows] < 10)]
            comparator[low], text[low] = "<", "10"
        elif measure.name in ("hpv", "cytology"):
            coded[rows] = np.where(table["value"][rows] > 0.5, "positive", "negative")
        elif measure.name == "smoking":
            names = np.array(["never", "former", "current"], dtype=object)
            coded[rows] = names[np.clip(np.rint(table["value"][rows]), 0, 2).astype(int)]
        elif measure.name == "crp":
            low = rows[table["value"][rows] < 3]
            comparator[low], text[low] = "<", "3"
        elif measure.name == "tsh":
            low = rows[table["value"][rows] < 0.45]
            comparator[low] = "<"
            text[low] = "0,05" if comma else "0.05"
    unit = np.where(table["unit_given"], unit, "")
    pressure = table["measure"] == MEASURE_INDEX["sbp"]
    second = choose(pressure, decimal(np.maximum(table["second"], 0), 0), None)
    return Values(
        pa.array(text, pa.string()),
        second,
        pa.array(unit, pa.string()),
        pa.array(comparator, pa.string()),
        pa.array(coded, pa.string()),
        pa.array(loinc, pa.string()),
        pick([measure.local for measure in MEASURES], table["measure"].astype(np.int64)),
        pick([measure.label for measure in MEASURES], table["measure"].astype(np.int64)),
    )


def _decimals(values: np.ndarray, digits: int, comma: bool) -> np.ndarray:
    return decimal(np.maximum(values, 0), digits, comma).to_numpy(zero_copy_only=False)


def nullable(values: np.ndarray) -> pa.Array:
    """Object text with empty strings turned into nulls."""
    array = pa.array(values, pa.string())
    return pc.if_else(pc.equal(filled(array), ""), pa.scalar(None, pa.string()), array)
