"""What should stand in the warehouse once everything is delivered: one row per recorded fact.

The last version of each record sent and not deleted, as the source meant it: the code, the
canonical value of the number written, the day. Claims are net of reversals. Written for
small worlds only (`truth/recorded_fact`), for tests that look for every fact once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from p4dp.synthetic.care import VISIT_TYPES, Columns, select
from p4dp.synthetic.catalogue import MEASURE_INDEX, MEASURES, PROCEDURES, VACCINES, medicines
from p4dp.synthetic.columns import NO_DAY, choose, dates, pick
from p4dp.synthetic.practices import Practice
from p4dp.synthetic.recording import NEVER_SENT, Recording
from p4dp.synthetic.vendors.common import (
    atc_codes,
    is_label,
    pack_codes,
    problem_index,
    problem_text,
    values_of,
)

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("practice_id", pa.string()),
        ("patient_pseudo", pa.string()),
        ("beneficiary_rank", pa.int64()),
        ("entity", pa.string()),
        ("record_number", pa.int64()),
        ("fact_date", pa.date32()),
        ("end_date", pa.date32()),
        ("code", pa.string()),
        ("system", pa.string()),
        ("other_code", pa.string()),
        ("other_system", pa.string()),
        ("measure", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("value_code", pa.string()),
        ("comparator", pa.string()),
        ("is_unit_given", pa.bool_()),
        ("is_unit_wrong", pa.bool_()),
        ("setting", pa.string()),
        ("is_attributable", pa.bool_()),
        ("is_text_only", pa.bool_()),
    ]
)
"""Columns of `truth/recorded_fact`; see docs/reference/synthetic-world.md."""

CANONICAL = {
    "sbp": "mmHg", "dbp": "mmHg", "weight": "kg", "height": "cm", "heart_rate": "/min",
    "hba1c": "mmol/mol", "tchol": "mmol/L", "hdl": "mmol/L", "ldl": "mmol/L",
    "triglycerides": "mmol/L", "creatinine": "umol/L", "potassium": "mmol/L", "acr": "mg/mmol",
    "glucose_fasting": "mmol/L", "haemoglobin": "g/dL", "tsh": "mUI/L", "leukocytes": "G/L",
    "platelets": "G/L", "sodium": "mmol/L", "crp": "mg/L", "alt": "UI/L", "ggt": "UI/L",
    "fit": "ng/mL", "psa": "ng/mL",
}  # fmt: skip
"""Unit of each measure in the world and in the warehouse."""
_RENAMED = {"alat": "alt"}


def final_rows(recording: Recording, name: str) -> Columns:
    """Rows of a table as they stand in the end: last version sent, deletions applied."""
    table = recording.tables[name]
    sent = np.flatnonzero(table["set"] < NEVER_SENT)
    order = sent[np.lexsort((table["set"][sent], table["id"][sent]))]
    ids = table["id"][order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.zeros(0, bool)
    gone = [ids for table_name, ids, _ in recording.deletions if table_name == name]
    keep = order[last]
    if gone:
        keep = keep[~np.isin(table["id"][keep], np.concatenate(gone))]
    return select(table, keep)


def _table(size: int, **columns: pa.Array | str | None) -> pa.Table:
    arrays = []
    for field in SCHEMA:
        value = columns.get(field.name)
        if value is None:
            array = pa.nulls(size, field.type)
        elif isinstance(value, str):
            array = pa.array([value] * size, field.type)
        else:
            array = value.cast(field.type)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def practice_facts(recording: Recording, pseudo: pa.Array) -> pa.Table:
    """Every fact that stands in one practice's records; `pseudo` names each of its files."""
    practice = recording.practice
    parts = []

    def add(entity: str, rows: Columns, **columns: Any) -> None:
        size = len(rows["id"])
        parts.append(
            _table(
                size,
                source=practice.vendor,
                practice_id=practice.practice_id,
                patient_pseudo=pseudo.take(pa.array(rows["chart"])),
                entity=entity,
                record_number=pa.array(rows["id"]),
                fact_date=dates(rows["day"]),
                is_attributable=pa.array(np.ones(size, bool)),
                **columns,
            )
        )

    rows = final_rows(recording, "encounters")
    add("encounter", rows, code=pick(VISIT_TYPES, rows["type"].astype(np.int64)))
    rows = final_rows(recording, "problems")
    index = problem_index(rows)
    add(
        "condition",
        rows,
        code=pc.replace_substring(problem_text(index, "cim10"), ".", ""),
        system="CIM-10",
        other_code=problem_text(index, "cisp2"),
        other_system="CISP-2",
        is_text_only=pa.array(rows["text_only"]),
        end_date=dates(rows["end"]),
    )
    rows = final_rows(recording, "prescriptions")
    add(
        "prescription",
        rows,
        code=pack_codes(rows["pack"]),
        system="CIP13",
        other_code=atc_codes(rows["drug"].astype(np.int64)),
        other_system="ATC",
        value=pa.array(rows["boxes"].astype(float)),
        unit="box",
        end_date=dates(rows["day"] + rows["days"]),
    )
    rows = final_rows(recording, "vaccinations")
    add(
        "vaccination",
        rows,
        code=pick([vaccine.atc for vaccine in VACCINES], rows["vaccine"].astype(np.int64)),
        system="ATC",
        other_code=pick(
            [vaccine.valence for vaccine in VACCINES], rows["vaccine"].astype(np.int64)
        ),
        other_system="valence",
    )
    if not (practice.vendor == "fhirmed" and practice.contract_version == "1.0"):
        rows = final_rows(recording, "procedures")
        add(
            "procedure",
            rows,
            code=pick(PROCEDURES, rows["procedure"].astype(np.int64)),
            system="CCAM",
        )
    rows = final_rows(recording, "results")
    labelled = np.zeros(len(rows["id"]), bool)
    if practice.vendor == "fhirmed":
        labelled = is_label(rows["id"])
    add("measurement", rows, is_text_only=pa.array(labelled), **_measured(rows))
    rows = final_rows(recording, "vitals")
    add("measurement", rows, **_measured(rows, practice))
    pressure = select(rows, rows["measure"] == MEASURE_INDEX["sbp"])
    diastolic = np.maximum(pressure["second"], 0)
    coarse = _in_centimetres(pressure, practice)
    diastolic = np.where(coarse, np.rint(diastolic / 10) * 10, np.rint(diastolic))
    add(
        "measurement",
        pressure,
        measure="dbp",
        value=pa.array(diastolic),
        unit="mmHg",
        is_unit_given=pa.array(pressure["unit_given"]),
        is_unit_wrong=pa.array(np.zeros(len(diastolic), bool)),
    )
    return pa.concat_tables(parts)


def _in_centimetres(rows: Columns, practice: Practice) -> np.ndarray:
    """Blood pressures written `13/8`: known to the ten millimetres."""
    size = len(rows["id"])
    if practice.vendor != "medirel" or not practice.habits.french_pressure:
        return np.zeros(size, bool)
    return (rows["measure"] == MEASURE_INDEX["sbp"]) & (rows["id"] % 20 > 1)


def _measured(rows: Columns, practice: Practice | None = None) -> dict[str, pa.Array]:
    """Measure, canonical value of the number written, and how sure its unit is."""
    texts = values_of(rows)
    style = rows.get("unit_style", rows["style"])
    factor, offset = np.ones(len(style)), np.zeros(len(style))
    for index, measure in enumerate(MEASURES):
        for position, written in enumerate(measure.styles):
            chosen = (rows["measure"] == index) & (style == position)
            factor[chosen], offset[chosen] = written.factor, written.offset
    coded = pc.is_valid(texts.coded).to_numpy(zero_copy_only=False)
    numbers = pc.cast(texts.text, pa.float64()).to_numpy(zero_copy_only=False)
    value = (numbers - offset) / factor
    if practice is not None:
        coarse = _in_centimetres(rows, practice)
        value = np.where(coarse, np.rint(value / 10) * 10, value)
    names = [_RENAMED.get(measure.name, measure.name) for measure in MEASURES]
    units = [CANONICAL.get(name) for name in names]
    of_row = rows["measure"].astype(np.int64)
    return {
        "measure": pick(names, of_row),
        "value": pa.array(value, mask=coded),
        "unit": choose(coded, pa.nulls(len(coded), pa.string()), pick(units, of_row)),
        "value_code": texts.coded,
        "comparator": texts.comparator,
        "code": texts.loinc,
        "system": pick(["LOINC"], np.zeros(len(coded), int)),
        "other_code": texts.local,
        "other_system": pick(["local"], np.zeros(len(coded), int)),
        "is_unit_given": pa.array(rows["unit_given"]),
        "is_unit_wrong": pa.array(style != rows["style"]),
    }


def claims_facts(
    pseudonyms: pa.Array, rank: np.ndarray, attributable: np.ndarray, columns: Columns
) -> pa.Table:
    """Facts of the claims from columns made with `ClaimFacts`."""
    size = len(columns["entity"])
    given = {
        name: pa.array(columns[name], pa.string())
        for name in ("entity", "code", "system", "other_code", "other_system", "setting", "unit")
    }
    return _table(
        size,
        source="snds",
        patient_pseudo=pseudonyms,
        beneficiary_rank=pa.array(rank.astype(np.int64)),
        fact_date=dates(columns["day"]),
        end_date=dates(columns["end"]),
        value=pa.array(columns["value"]),
        is_attributable=pa.array(attributable),
        **given,
    )


class ClaimFacts:
    """Collects what the claims should say of each person, whatever table it comes from."""

    def __init__(self) -> None:
        self.parts: list[Columns] = []

    def add(
        self,
        entity: str,
        person: np.ndarray,
        day: np.ndarray,
        *,
        code: pa.Array | Sequence[str | None],
        system: str,
        setting: str,
        end: np.ndarray | None = None,
        value: np.ndarray | None = None,
        unit: str | None = None,
        other_code: pa.Array | Sequence[str | None] | None = None,
        other_system: str | None = None,
        needs_rank: bool = False,
    ) -> None:
        """Facts of one kind; `needs_rank` where the table names no twin rank."""
        size = len(person)

        def text(values: pa.Array | Sequence[str | None] | str | None) -> np.ndarray:
            if values is None or isinstance(values, str):
                return np.full(size, values, dtype=object)
            if isinstance(values, pa.Array):
                return values.to_numpy(zero_copy_only=False)
            return np.array(values, dtype=object)

        self.parts.append(
            {
                "person": np.asarray(person, np.int64),
                "day": np.asarray(day, np.int32),
                "end": np.full(size, NO_DAY) if end is None else np.asarray(end, np.int32),
                "value": np.full(size, 1.0) if value is None else value.astype(float),
                "entity": text(entity),
                "code": text(code),
                "system": text(system),
                "other_code": text(other_code),
                "other_system": text(other_system),
                "setting": text(setting),
                "unit": text(unit),
                "needs_rank": np.full(size, needs_rank),
            }
        )

    def columns(self) -> Columns:
        """All of them, one after the other."""
        names = self.parts[0]
        return {name: np.concatenate([part[name] for part in self.parts]) for name in names}


def net(lines: Columns) -> Columns:
    """Lines of one act of one person and day taken together; those that cancel out are gone."""
    key = lines["person"].astype(np.int64)
    for name, base in (("day", 1 << 15), ("act", 1 << 14), ("place", 8), ("complement", 4)):
        key = key * base + lines[name].astype(np.int64) % base
    detail = lines["detail"].astype(np.int64) * 8 + lines["kind"]
    order = np.lexsort((lines["executor"], detail, key))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(key[order]) != 0) | (np.diff(detail[order]) != 0)
    first[1:] |= np.diff(lines["executor"][order]) != 0
    starts = np.flatnonzero(first)
    signed = (lines["quantity"] * lines["sign"])[order]
    total = np.add.reduceat(signed, starts) if len(starts) else signed
    kept = select(lines, order[starts]) | {"quantity": total.astype(np.int32)}
    return select(kept, total > 0)


def drug_names(pack: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """CIP13 and ATC code of each pack."""
    drugs = medicines()
    return pick(drugs.cip13, pack), pick(drugs.pack_atc(), pack)
