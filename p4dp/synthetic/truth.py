"""The truth: who is who, what happened, what was planted. Never read by the pipeline.

Parquet parts per cluster under `truth/<table>/`, and small CSV files. Only tests and
benchmarks read them: with `open_truth` and `standing_facts`, or through
`p4dp.synthetic.scoring`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.boundary import level1_many
from p4dp.boundary.pseudonyms import level2_many
from p4dp.errors import P4dpError
from p4dp.synthetic import life
from p4dp.synthetic.calendar import to_date
from p4dp.synthetic.care import DROP_OUT_REASONS, Care, Columns
from p4dp.synthetic.catalogue import (
    CONDITIONS,
    MEASURES,
    PROCEDURES,
    REASONS,
    SMOKING_VALUES,
    VACCINES,
    medicines,
)
from p4dp.synthetic.claims import SCHEMES, Claims, scheme_of
from p4dp.synthetic.columns import NO_DAY, dates, integers, join, pick
from p4dp.synthetic.epidemics import FIRST_DECOY, Epidemics
from p4dp.synthetic.facts import SCHEMA, practice_facts
from p4dp.synthetic.identities import IDENTITY_FAULTS
from p4dp.synthetic.names import ORIGINS
from p4dp.synthetic.people import People
from p4dp.synthetic.practices import Practice, territory
from p4dp.synthetic.recording import NEVER_SENT, Recording
from p4dp.synthetic.vendors.common import CANARIES, LOCAL_PREFIX


def open_truth(world: Path) -> duckdb.DuckDBPyConnection:
    """A connection with one view per table and CSV file of the truth of a generated world.

    The columns of CSV files (practices, outbreaks, decoys, version_steps…) are text.
    Raises P4dpError where the folder holds none.
    """
    folder = world / "truth"
    if not (folder / "world.json").is_file():
        raise P4dpError("no truth here", file=folder, expected="a world written by `p4dp synth`")
    connection = duckdb.connect()
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            reader = f"read_parquet('{path}/*.parquet')"
        elif path.suffix == ".csv":
            reader = f"read_csv('{path}', header = true, all_varchar = true)"
        else:
            continue
        connection.execute(f'create view "{path.stem}" as select * from {reader}')
    return connection


def standing_facts(world: Path, *, level2_key: bytes | None = None) -> pa.Table:
    """Every fact that should stand once all deliveries are in, one row each.

    The columns of `facts.SCHEMA` without `beneficiary_rank`, and `person_id`. `patient_pseudo`
    is the source identity as the warehouse names it: with `level2_key` the second-level
    pseudonym, without it the first-level one; for claims followed by `-` and the twin rank.
    Raises P4dpError for a world made without facts (see `request_for`).
    """
    connection = open_truth(world)
    if not (world / "truth" / "recorded_fact").is_dir():
        raise P4dpError(
            "this world was made without its facts",
            file=world / "truth",
            remedy="p4dp synth --facts",
        )
    identity = connection.execute(
        "select patient_pseudo, beneficiary_rank, any_value(person_id) as person_id"
        " from source_identity group by all"
    ).to_arrow_table()
    names = identity["patient_pseudo"].to_pylist()
    named = names if level2_key is None else level2_many(level2_key, names)
    ranks = identity["beneficiary_rank"].to_pylist()
    shown = [n if rank is None else f"{n}-{rank}" for n, rank in zip(named, ranks, strict=True)]
    connection.register("named", identity.append_column("shown", pa.array(shown, pa.string())))
    kept = ", ".join(
        f"f.{name}" for name in SCHEMA.names if name not in ("patient_pseudo", "beneficiary_rank")
    )
    return connection.execute(
        f"""select n.shown as patient_pseudo, n.person_id, {kept}
        from recorded_fact as f
        join named as n on n.patient_pseudo = f.patient_pseudo
            and n.beneficiary_rank is not distinct from f.beneficiary_rank"""
    ).to_arrow_table()


def of_practice(
    level1_key: bytes, people: People, recording: Recording, with_facts: bool
) -> dict[str, pa.Table]:
    """What is to be kept of one practice's records: tables by name."""
    pseudonyms = _patient_pseudonyms(level1_key, recording)
    tables = {
        "source_identity": _source_identities(people, recording, pseudonyms),
        "fault": _faults(people, recording),
        "registration": _registrations(people, recording, pseudonyms),
    }
    if with_facts:
        tables["recorded_fact"] = practice_facts(recording, pseudonyms)
    return tables


def write_cluster(
    folder: Path,
    people: People,
    care: Care,
    practices: Sequence[Practice],
    parts: Sequence[dict[str, pa.Table]],
    claims: Claims,
) -> None:
    """The truth of one cluster; `parts` are the tables of its practices."""
    part = people.cluster

    def save(name: str, table: pa.Table) -> None:
        target = folder / name
        target.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, target / f"part-{part:04d}.parquet", compression="zstd")

    place = territory()
    person = people.person_id
    save(
        "person",
        pa.table(
            {
                "person_id": person,
                "sex": pick(("", "M", "F"), people.sex),
                "birth_date": dates(people.birth_day),
                "death_date": dates(people.death_day),
                "commune_code": pick(place.commune, people.commune),
                "deprivation_quintile": people.deprivation + 1,
                "origin": pick(ORIGINS, people.origin),
                "twin_person_id": _linked(person, people.twin_of),
                "birth_name": pa.array(people.birth_name, pa.string()),
                "first_name": pa.array(people.first_name, pa.string()),
                "nir": pa.array(people.nir, pa.string()),
                "is_in_claims": people.in_claims,
                "home_practice_id": _practice_ids(people.home_practice, practices),
                "smoking": pick(SMOKING_VALUES, care.body.smoking),
                "systolic_mmhg": care.body.systolic,
                "cholesterol_mmol_l": care.body.cholesterol,
                "hdl_mmol_l": care.body.hdl,
                "drop_out_date": dates(care.drop_out),
                "declared_from_date": dates(care.declared_from),
                "drop_out_reason": pick(DROP_OUT_REASONS, care.drop_out_reason),
            }
        ),
    )
    rows, columns = np.nonzero(care.onset < NO_DAY)
    save(
        "condition",
        pa.table(
            {
                "person_id": person[rows],
                "condition": pick([item.name for item in CONDITIONS], columns),
                "onset_date": dates(care.onset[rows, columns]),
                "is_known": care.known[rows, columns],
            }
        ),
    )
    drugs = medicines()
    treatments = care.treatments
    save(
        "treatment",
        pa.table(
            {
                "person_id": person[treatments["person"]],
                "atc_code": pick(drugs.atc, treatments["drug"].astype(np.int64)),
                "condition": pick([item.name for item in CONDITIONS], treatments["condition"]),
                "start_date": dates(treatments["start"]),
                "end_date": dates(treatments["end"]),
            }
        ),
    )
    illness = care.long_term_illness
    save(
        "long_term_illness",
        pa.table(
            {
                "person_id": person[illness["person"]],
                "condition": pick([item.name for item in CONDITIONS], illness["condition"]),
                "start_date": dates(illness["start"]),
                "end_date": dates(illness["end"]),
            }
        ),
    )
    save("visit", _visits(person, care, practices))
    save("test", _dated(person, care.tests, "measure", [m.name for m in MEASURES], value=True))
    save("procedure", _dated(person, care.procedures, "procedure", PROCEDURES))
    save("vaccination", _dated(person, care.vaccinations, "vaccine", [v.name for v in VACCINES]))
    save("claims_coverage", _coverage(people, claims))
    of_claims = {"source_identity": _beneficiaries(people, claims)}
    if claims.facts is not None:
        of_claims["recorded_fact"] = claims.facts
    for name in parts[0]:
        save(
            name, pa.concat_tables([table[name] for table in (*parts, of_claims) if name in table])
        )


def _registrations(people: People, recording: Recording, pseudonyms: pa.Array) -> pa.Table:
    """What each file says of the registration, and the true dates beside it."""
    practice, charts = recording.practice, recording.charts
    sent = np.flatnonzero(charts["set"] < NEVER_SENT)
    size = len(sent)
    person = charts["person"][sent]
    return pa.table(
        {
            "source": pa.array([practice.vendor] * size, pa.string()),
            "practice_id": pa.array([practice.practice_id] * size, pa.string()),
            "patient_pseudo": pseudonyms.take(pa.array(sent)),
            "person_id": pa.array(people.person_id[person]),
            "is_declared": pa.array(charts["declared"][sent]),
            "start_date": dates(charts["start"][sent]),
            "end_date": dates(charts["exit"][sent]),
            "recorded_death_date": dates(charts["death"][sent]),
            "death_date": dates(people.death_day[person]),
        }
    )


def _coverage(people: People, claims: Claims) -> pa.Table:
    """Each beneficiary key: since when it stands for the person, death, nursing home."""
    names, ranks, persons = zip(*claims.beneficiaries, strict=True)
    person = np.array(persons)
    return pa.table(
        {
            "patient_pseudo": pa.array(names, pa.string()),
            "beneficiary_rank": pa.array(ranks, pa.int64()),
            "person_id": pa.array(people.person_id[person]),
            "known_from_date": dates(np.array(claims.known_from)),
            "scheme": pick(SCHEMES, scheme_of(person)),
            "death_date": dates(people.death_day[person]),
            "institution_date": dates(people.institution_day[person]),
            "has_nursing_home_flag": pa.array(
                (people.institution_day[person] < NO_DAY) & (person % 10 < 7)
            ),
        }
    )


def _linked(person: np.ndarray, index: np.ndarray) -> pa.Array:
    return pick(pa.array(person), index)


def _practice_ids(index: np.ndarray, practices: Sequence[Practice]) -> pa.Array:
    first = practices[0].index
    return pick(
        [practice.practice_id for practice in practices], np.where(index < 0, -1, index - first)
    )


def _visits(person: np.ndarray, care: Care, practices: Sequence[Practice]) -> pa.Table:
    visits = care.visits
    return pa.table(
        {
            "person_id": person[visits["person"]],
            "visit_date": dates(visits["day"]),
            "practice_id": _practice_ids(visits["practice"], practices),
            "reason": pick(
                [reason.name for reason in REASONS] + ["renewal"],
                np.where(visits["reason"] < 0, len(REASONS), visits["reason"]),
            ),
            "outbreak": pa.array(visits["outbreak"], mask=visits["outbreak"] < 0),
            "decoy": pa.array(
                FIRST_DECOY - visits["outbreak"], mask=visits["outbreak"] > FIRST_DECOY
            ),
        }
    )


def _dated(
    person: np.ndarray, columns: Columns, name: str, names: Sequence[str], value: bool = False
) -> pa.Table:
    table = {
        "person_id": pa.array(person[columns["person"]]),
        "date": dates(columns["day"]),
        name: pick(list(names), columns[name]),
    }
    if value:
        table["value"] = pa.array(columns["value"])
    return pa.table(table)


def _local_ids(recording: Recording) -> pa.Array:
    return join(LOCAL_PREFIX[recording.practice.vendor], integers(recording.charts["id"]))


def _patient_pseudonyms(key: bytes, recording: Recording) -> pa.Array:
    """Level-1 pseudonym of every file of a practice."""
    local = _local_ids(recording).to_pylist()
    practice = [recording.practice.practice_id] * len(local)
    return pa.array(level1_many(key, "patient", practice, local), pa.string())


def _source_identities(people: People, recording: Recording, pseudonyms: pa.Array) -> pa.Table:
    practice, charts = recording.practice, recording.charts
    sent = np.flatnonzero(charts["set"] < NEVER_SENT)
    size = len(sent)
    return pa.table(
        {
            "source": pa.array([practice.vendor] * size, pa.string()),
            "practice_id": pa.array([practice.practice_id] * size, pa.string()),
            "local_id": _local_ids(recording).take(pa.array(sent)),
            "patient_pseudo": pseudonyms.take(pa.array(sent)),
            "beneficiary_rank": pa.nulls(size, pa.int64()),
            "person_id": pa.array(people.person_id[charts["person"][sent]]),
        }
    )


def _beneficiaries(people: People, claims: Claims) -> pa.Table:
    names, ranks, persons = zip(*claims.beneficiaries, strict=True)
    size = len(names)
    return pa.table(
        {
            "source": pa.array(["snds"] * size, pa.string()),
            "practice_id": pa.nulls(size, pa.string()),
            "local_id": pa.nulls(size, pa.string()),
            "patient_pseudo": pa.array(names, pa.string()),
            "beneficiary_rank": pa.array(ranks, pa.int64()),
            "person_id": pa.array(people.person_id[list(persons)]),
        }
    )


def _faults(people: People, recording: Recording) -> pa.Table:
    rows, columns = np.nonzero(recording.identities.faults)
    charts = recording.charts
    return pa.table(
        {
            "practice_id": pa.array([recording.practice.practice_id] * len(rows), pa.string()),
            "local_id": _local_ids(recording).take(pa.array(rows)),
            "person_id": pa.array(people.person_id[charts["person"][rows]]),
            "fault": pick(IDENTITY_FAULTS, columns),
        }
    )


def write_plants(folder: Path, epidemics: Epidemics) -> None:
    """Outbreaks and decoys: what an alarm should and should not find."""
    place = territory()
    outbreaks = [
        {
            "outbreak": item.number,
            "syndrome": item.syndrome,
            "epci_code": place.epci_codes[item.epci],
            "first_week": to_date(epidemics.first_week + 7 * item.first_week).isoformat(),
            "weeks": item.weeks,
            "multiple": item.multiple,
        }
        for item in epidemics.outbreaks
    ]
    decoys = [
        asdict(item)
        | {"epci": place.epci_codes[item.epci], "first_day": to_date(item.first_day).isoformat()}
        for item in epidemics.decoys
    ]
    _write_csv(folder / "outbreaks.csv", outbreaks)
    _write_csv(folder / "decoys.csv", decoys)
    empty = [
        {
            "syndrome": item.syndrome,
            "epci_code": place.epci_codes[item.epci],
            "first_week": to_date(epidemics.first_week + 7 * item.first_week).isoformat(),
            "weeks": item.weeks,
        }
        for item in epidemics.empty
    ]
    _write_csv(folder / "empty_outbreaks.csv", empty)
    _write_csv(
        folder / "canaries.csv",
        [{"kind": kind, "token": token} for kind, token in CANARIES.items()],
    )


def write_practices(folder: Path, practices: Sequence[Practice], cuts: Sequence[int]) -> None:
    """How each practice truly records, and what befell it."""
    _write_csv(
        folder / "version_steps.csv",
        [
            {
                "practice_id": practice.practice_id,
                "vendor": practice.vendor,
                "from_version": practice.version_at(0),
                "to_version": practice.version_at(practice.step_set),
                "first_date": to_date(cuts[practice.step_set - 1]).isoformat(),
                "recorded": practice.step_measure,
                "measure": life.QUALITY[practice.step_measure],
                "multiple": practice.step_multiple,
            }
            for practice in practices
            if practice.step_set is not None
        ],
        ("practice_id", "vendor", "from_version", "to_version", "first_date", "recorded",
         "measure", "multiple"),
    )  # fmt: skip
    _write_csv(
        folder / "outliers.csv",
        [
            {
                "practice_id": practice.practice_id,
                "family": practice.outlier_family,
                "indicator_id": life.INDICATORS[practice.outlier_family],
                "shift_log_odds": practice.outlier_shift,
            }
            for practice in practices
            if practice.outlier_family
        ],
        ("practice_id", "family", "indicator_id", "shift_log_odds"),
    )
    _write_csv(
        folder / "practices.csv",
        [
            {
                "practice_id": practice.practice_id,
                "vendor": practice.vendor,
                "software_version": practice.software_version,
                "contract_version": practice.contract_version,
                "cluster": practice.cluster,
                "silent": practice.silent,
                "leaves_after": practice.leaves_after,
                "migrates_to": practice.migrates_to,
                "migration_date": to_date(cuts[0]).isoformat() if practice.migrates_to else None,
            }
            | asdict(practice.habits)
            for practice in practices
        ],
    )


def _write_csv(path: Path, rows: list[dict[str, Any]], columns: Sequence[str] = ()) -> None:
    """`columns` are the header of a table that may have no row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]) if rows else columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
