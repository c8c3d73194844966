"""Nothing in a delivery betrays who is who: neither identities, nor order, nor identifiers."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np

from p4dp.synthetic.practices import territory


def delivered_order(world: Path, source: str) -> list[str]:
    """Patient pseudonyms in the order of the rows of each source's first delivery."""
    if source == "snds":
        pattern, query = "snds-*-000001/ER_PRS_F-*.parquet", "select BEN_NIR_PSA from '{}'"
    elif source == "medirel":
        pattern, query = (
            "medirel-*-000001/patient.csv",
            "select patient_pseudo from read_csv('{}', all_varchar=true)",
        )
    elif source == "dosmed":
        pattern, query = "dosmed-*-000001/dossier.parquet", "select patient_pseudo from '{}'"
    else:
        pattern, query = (
            "fhirmed-*-000001/Patient.ndjson",
            "select json->>'$.id' from read_json_objects('{}')",
        )
    order: list[str] = []
    for path in sorted(world.glob(f"inbox/{pattern}")):
        order += [row[0] for row in duckdb.sql(query.format(path)).fetchall()]
    return list(dict.fromkeys(order))


def test_no_identity_of_the_truth_is_found_in_a_delivery(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    numbers = {row[0] for row in truth.sql("select nir from person").fetchall()}
    for path in tiny_world.glob("inbox/*/*"):
        if path.suffix in (".csv", ".ndjson", ".json"):
            text = path.read_text(encoding="utf-8")
            assert not numbers & set(re.findall(r"[12][0-9]{5}[0-9AB][0-9]{6}", text)), path
            assert "063998" not in text


def test_numbers_cannot_be_those_of_real_people(truth: duckdb.DuckDBPyConnection) -> None:
    real = {code for code in territory().commune}
    for number, place in truth.sql("select nir, nir[6:10] from person").fetchall():
        assert len(number) == 13
        assert place not in real
        if place.startswith("99"):
            assert 600 <= int(place[2:]) <= 899
        elif place.startswith("97"):
            assert 50 <= int(place[3:]) <= 89
        else:
            assert 920 <= int(place[2:]) <= 979


def test_each_person_has_a_number_of_their_own(truth: duckdb.DuckDBPyConnection) -> None:
    people, numbers = truth.sql("select count(*), count(distinct nir) from person").fetchall()[0]
    assert people == numbers


def test_a_linker_by_rank_does_no_better_than_chance(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    owner = dict(truth.sql("select patient_pseudo, person_id from source_identity").fetchall())
    claims = [owner[pseudo] for pseudo in delivered_order(tiny_world, "snds") if pseudo in owner]
    for source in ("medirel", "dosmed", "fhirmed"):
        people = [owner[pseudo] for pseudo in delivered_order(tiny_world, source)]
        assert len(people) > 50
        known = set(people)
        others = [person for person in claims if person in known]
        hits = sum(a == b for a, b in zip(people, others, strict=False))
        assert hits <= 6, source  # a random order gives 1 on average
        rank = {person: place for place, person in enumerate(others)}
        both = [(place, rank[person]) for place, person in enumerate(people) if person in rank]
        correlation = np.corrcoef(np.array(both).T)[0, 1]
        assert abs(correlation) < 4 / np.sqrt(len(both)), source


def test_local_numbers_say_nothing_about_the_person(truth: duckdb.DuckDBPyConnection) -> None:
    for source in ("medirel", "dosmed", "fhirmed"):
        rows = truth.execute(
            "select regexp_extract(local_id, '[0-9]+')::int, person_id from source_identity"
            " where source = ?",
            [source],
        ).fetchall()
        correlation = np.corrcoef(np.array(rows, dtype=float).T)[0, 1]
        assert abs(correlation) < 4 / np.sqrt(len(rows)), source


def test_every_beneficiary_of_the_claims_is_somebody_in_the_truth(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    delivered = f"read_parquet('{tiny_world}/inbox/snds-*/IR_BEN_R-*.parquet')"
    unknown = truth.sql(
        f"""select count(*) from {delivered} as b
        anti join source_identity as s on s.source = 'snds'
            and s.patient_pseudo = b.BEN_NIR_PSA and s.beneficiary_rank = b.BEN_RNG_GEM"""
    ).fetchall()[0][0]
    assert unknown == 0
    several = truth.sql(
        """select count(*) from (select person_id from source_identity where source = 'snds'
        group by 1 having count(*) > 1)"""
    ).fetchall()[0][0]
    assert several > 0  # children who got a number of their own


def test_every_claim_is_of_a_registered_beneficiary(tiny_world: Path) -> None:
    """Twins too, before and after they get a number of their own."""
    inbox = f"{tiny_world}/inbox/snds-*"
    for table in ("ER_PRS_F", "IR_MTT_R", "IR_IMB_R"):
        strangers = duckdb.sql(
            f"""select count(*) from '{inbox}/{table}-*.parquet' as c
            anti join '{inbox}/IR_BEN_R-*.parquet' as b using (BEN_NIR_PSA, BEN_RNG_GEM)"""
        ).fetchall()[0][0]
        assert strangers == 0, table
