"""`truth/recorded_fact` says what the deliveries say once all of them are in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from p4dp.synthetic.claims import KEY9
from p4dp.synthetic.truth import standing_facts

CSV_ENTITIES = {
    "CONSULTATION": "encounter", "PRESCRIPTION": "prescription", "VACCINATION": "vaccination",
    "ACTE": "procedure",
}  # fmt: skip


def standing(world: Path, vendor: str) -> dict[str, set[tuple[str, int]]]:
    """Records left in each raw table after all exports of each practice: practice, number."""
    found: dict[str, set[tuple[str, int]]] = {}
    for descriptor in sorted(world.glob("practices/*/*/export.json")):
        described = json.loads(descriptor.read_text())
        if described["vendor"] != vendor:
            continue
        practice, folder = described["practice_id"], descriptor.parent
        for table, number in _records(folder, vendor, described["encoding"]):
            found.setdefault(table, set()).add((practice, number))
        for table, number in _deleted(folder, vendor):
            found[table].discard((practice, number))
    return found


def _records(folder: Path, vendor: str, encoding: str) -> list[tuple[str, int]]:
    rows = []
    if vendor == "medirel":
        for table in CSV_ENTITIES:
            lines = (folder / f"{table}.csv").read_text(encoding=encoding).splitlines()[1:]
            rows += [(table, int(line.split(";")[0])) for line in lines]
    elif vendor == "dosmed":
        elements = pq.read_table(folder / "ELEMENT.parquet")["element_id"].to_pylist()
        rows = [("ELEMENT", int(name[1:]) * 10 + "DTBCVA".index(name[0])) for name in set(elements)]
    else:
        for resource in ("Condition", "Observation", "MedicationRequest"):
            for line in (folder / f"{resource}.ndjson").read_text().splitlines():
                name = json.loads(line)["id"]
                rows.append((resource, int(name[1:]) * 10 + "covm".index(name[0])))
    return rows


def _deleted(folder: Path, vendor: str) -> list[tuple[str, int]]:
    if vendor == "medirel" and (folder / "SUPPRESSION.csv").exists():
        lines = (folder / "SUPPRESSION.csv").read_text().splitlines()[1:]
        pairs = [line.split(";") for line in lines]
        return [(t.upper(), int(n)) for t, n in pairs if t.upper() in CSV_ENTITIES]
    if vendor == "dosmed" and (folder / "SUPPRESSION.parquet").exists():
        names = pq.read_table(folder / "SUPPRESSION.parquet")["record_id"].to_pylist()
        return [("ELEMENT", int(n[1:]) * 10 + "DTBCVA".index(n[0])) for n in names]
    if vendor == "fhirmed" and (folder / "Deleted.ndjson").exists():
        text = (folder / "Deleted.ndjson").read_text()
        found = re.findall(r'"(Condition|Observation|MedicationRequest)/([covm])(\d+)"', text)
        return [(kind, int(number) * 10 + "covm".index(letter)) for kind, letter, number in found]
    return []


def facts_of(truth: duckdb.DuckDBPyConnection, where: str) -> list[tuple[Any, ...]]:
    return truth.sql(
        f"select practice_id, record_number from recorded_fact where {where}"
    ).fetchall()


@pytest.mark.parametrize(("table", "entity"), CSV_ENTITIES.items())
def test_facts_of_medirel_are_the_records_left(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection, table: str, entity: str
) -> None:
    facts = facts_of(truth, f"source = 'medirel' and entity = '{entity}'")
    assert len(facts) == len(set(facts)) > 0
    assert set(facts) == standing(tiny_world, "medirel")[table]


def test_facts_of_dosmed_are_the_elements_left(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    kinds = {"condition": 0, "prescription": 1, "vaccination": 4, "procedure": 5}
    expected = standing(tiny_world, "dosmed")["ELEMENT"]
    for entity, digit in kinds.items():
        facts = facts_of(truth, f"source = 'dosmed' and entity = '{entity}'")
        assert {(p, n * 10 + digit) for p, n in facts} == {
            (p, n) for p, n in expected if n % 10 == digit
        }


def test_facts_of_fhirmed_are_the_resources_left(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    left = standing(tiny_world, "fhirmed")
    conditions = facts_of(truth, "source = 'fhirmed' and entity = 'condition'")
    assert {(p, n * 10) for p, n in conditions} == left["Condition"]
    count = truth.sql(
        "select count(*) from recorded_fact where source = 'fhirmed' and entity = 'measurement'"
        " and measure <> 'dbp'"
    ).fetchall()[0][0]
    assert count == len(left["Observation"])


def test_a_written_value_is_its_fact_in_another_unit(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    """Weights of dosmed, read where they are written, are the canonical values of the truth."""
    values = {
        (p, n): v
        for p, n, v in truth.sql(
            "select practice_id, record_number, value from recorded_fact"
            " where source = 'dosmed' and measure = 'weight'"
        ).fetchall()
    }
    written: dict[tuple[str, int], float] = {}
    for descriptor in sorted(tiny_world.glob("practices/*/*/export.json")):
        described = json.loads(descriptor.read_text())
        if described["vendor"] != "dosmed":
            continue
        rows = pq.read_table(descriptor.parent / "ELEMENT.parquet").to_pylist()
        weights = {r["element_id"] for r in rows if r["valeur"] == "POIDS"}
        for row in rows:
            key = (described["practice_id"], int(row["element_id"][1:]))
            if row["element_id"] in weights and row["attribut"] == "valeur":
                written[key] = float(row["valeur"])  # a later export holds the later version
    assert len(values) > 20
    assert {key: written[key] for key in values} == pytest.approx(values)


def test_dispensed_boxes_and_units_net_of_reversals_are_the_facts(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    claims = f"{tiny_world}/inbox/snds-*"
    difference = truth.sql(
        f"""
        with delivered as (
            select p.BEN_NIR_PSA as pseudo, p.BEN_RNG_GEM as rank, p.EXE_SOI_DTD as day,
                a.PHA_PRS_C13::varchar as code, sum(a.PHA_ACT_QSN) as boxes
            from '{claims}/ER_PRS_F-*.parquet' as p
            join '{claims}/ER_PHA_F-*.parquet' as a using ({", ".join(KEY9)})
            group by all having sum(a.PHA_ACT_QSN) > 0
            union all
            select p.BEN_NIR_PSA, p.BEN_RNG_GEM, p.EXE_SOI_DTD, right(a.UCD_UCD_COD, 7),
                sum(a.UCD_DLV_NBR)
            from '{claims}/ER_PRS_F-*.parquet' as p
            join '{claims}/ER_UCD_F-*.parquet' as a using ({", ".join(KEY9)})
            where a.UCD_TOP_UCD = 0
            group by all having sum(a.UCD_DLV_NBR) > 0
        ), facts as (
            select patient_pseudo, beneficiary_rank, fact_date, code, sum(value)::bigint
            from recorded_fact where entity = 'dispensing' group by all
        )
        select count(*) from ((from delivered except all from facts)
            union all (from facts except all from delivered))
        """
    ).fetchall()[0][0]
    assert difference == 0
    for system in ("CIP13", "UCD"):
        assert truth.sql(
            f"from recorded_fact where entity = 'dispensing' and system = '{system}'"
        ).fetchall()


def test_every_act_done_at_hospital_stands_once_whatever_tables_hold_it(
    tiny_world: Path, truth: duckdb.DuckDBPyConnection
) -> None:
    claims = f"{tiny_world}/inbox/snds-*"
    twice = truth.sql(
        """select count(*) from (select 1 from recorded_fact where entity = 'procedure'
        and source = 'snds' group by patient_pseudo, code, fact_date
        having count(distinct setting) > 1)"""
    ).fetchall()[0][0]
    direct = truth.sql(
        f"""select count(*) from '{claims}/ER_ETE_F-*.parquet' where ETE_IND_TAA = 1"""
    ).fetchall()[0][0]
    assert twice > 0 and direct > 0
    undelivered = truth.sql(
        f"""select count(*) from recorded_fact as f where setting = 'pmsi_outpatient'
        and system = 'CCAM' and not exists (
            from '{claims}/T_MCOaaFMSTC-*.parquet' as a
            join '{claims}/T_MCOaaCSTC-*.parquet' as c using (ETA_NUM, SEQ_NUM)
            where c.NIR_ANO_17 = f.patient_pseudo and c.EXE_SOI_DTD = f.fact_date
                and a.CCAM_COD = f.code)"""
    ).fetchall()[0][0]
    assert undelivered == 0


def test_claims_reach_back_further_than_the_records_of_practices(tiny_world: Path) -> None:
    """Five years of visits, analyses and screening, as the first delivery says."""
    first = json.loads((tiny_world / "inbox/snds-202510-000001/manifest.json").read_text())
    assert first["period_start"] == "2021-01-01"
    claims = f"{tiny_world}/inbox/snds-*/ER_PRS_F-*.parquet"
    years = duckdb.sql(
        f"select year(EXE_SOI_DTD), count(*) from '{claims}' where PRS_NAT_REF = 1111 group by 1"
    ).fetchall()
    counts = dict(years)
    assert set(counts) == {2021, 2022, 2023, 2024, 2025}
    assert min(counts.values()) > 0.6 * max(counts.values())


def test_standing_facts_are_named_as_the_warehouse_names_them(tiny_world: Path) -> None:
    key = bytes(range(32))
    own = standing_facts(tiny_world)
    named = standing_facts(tiny_world, level2_key=key)
    count = duckdb.sql(
        f"select count(*) from '{tiny_world}/truth/recorded_fact/*.parquet'"
    ).fetchall()[0][0]
    assert own.num_rows == named.num_rows == count
    pattern = {
        "snds": r"l2-[0-9a-f]{4}-[0-9a-f]{32}-[0-9]",
        "medirel": r"l2-[0-9a-f]{4}-[0-9a-f]{32}",
    }
    for source, shape in pattern.items():
        names = set(
            duckdb.sql(f"select patient_pseudo from named where source = '{source}'").fetchall()
        )
        assert names and all(re.fullmatch(shape, name) for (name,) in names)


def test_one_schemes_claims_begin_later(tiny_world: Path, truth: duckdb.DuckDBPyConnection) -> None:
    first = truth.sql(
        f"""select c.scheme, min(p.EXE_SOI_DTD)
        from '{tiny_world}/inbox/snds-*/ER_PRS_F-*.parquet' as p
        join claims_coverage as c on c.patient_pseudo = p.BEN_NIR_PSA
            and c.beneficiary_rank = p.BEN_RNG_GEM
        group by 1"""
    ).fetchall()
    days = {scheme: day.isoformat() for scheme, day in first}
    assert days["01C000000"] < "2021-02" and days["02A000000"] < "2021-03"
    assert "2023-07" <= days["03A000000"] < "2023-09"
