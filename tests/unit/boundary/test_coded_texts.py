"""Texts are coded at the practice, for every vendor, and never leave as texts."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p4dp.boundary import create_boundary_keys, pseudonymise
from p4dp.boundary.results import result_sql

PRACTICE = "060001234"


def described(folder: Path, **values: str) -> Path:
    folder.mkdir()
    descriptor = {
        "format": "p4dp-export/1", "software_version": "1", "contract_version": "2.0",
        "practice_id": PRACTICE, "sequence": 1, "kind": "full",
        "period_start": "2024-01-01", "period_end": "2024-01-31", "is_synthetic": True,
    }  # fmt: skip
    (folder / "export.json").write_text(json.dumps(descriptor | values))
    return folder


@pytest.fixture
def keys(tmp_path) -> Path:
    create_boundary_keys(tmp_path / "keys", [PRACTICE])
    return tmp_path / "keys"


def rows(path: Path, columns: str) -> list[tuple]:
    source = f"'{path}'"
    if path.suffix == ".csv":
        source = f"read_csv('{path}', delim=';', all_varchar=true)"
    return duckdb.sql(f"select {columns} from {source} order by all").fetchall()


PATIENT_HEADER = (
    "NUM_PATIENT;NOM_NAISSANCE;NOM_USAGE;PRENOM;PRENOMS;DATE_NAISSANCE;SEXE;NIR;"
    "LIEU_NAISSANCE_INSEE;TELEPHONE;EMAIL;ADRESSE;CODE_POSTAL;COMMUNE_INSEE;DATE_DECES;"
    "MEDECIN_TRAITANT_DECLARE;DATE_INSCRIPTION;DATE_SORTIE"
)


def test_medirel_labels_of_medicines_and_tests_are_coded(tmp_path, keys):
    raw = described(tmp_path / "raw", vendor="medirel")
    tables = {
        "PATIENT": [PATIENT_HEADER, "7;MARTIN;;Luc;;01/02/1950;1;;;;;;;06088;;N;03/01/2015;"],
        "PRESCRIPTION": [
            "NUM_PRESCRIPTION;NUM_CONSULTATION;NUM_PATIENT;RPPS_PRATICIEN;DATE_PRESCRIPTION;"
            "CODE_CIP13;NB_BOITES;DUREE_JOURS;LIBELLE",
            "P1;C1;7;1;15/01/2024;;1;30;Metformine 1000 mg",
            "P2;C1;7;1;15/01/2024;3400930000014;1;30;Metformine 1000 mg",
            "P3;C1;7;1;15/01/2024;;1;30;préparation de Mme DURAND",
        ],
        "RESULTAT": [
            "NUM_RESULTAT;NUM_PATIENT;DATE_RESULTAT;CODE_ANALYSE;VALEUR;UNITE",
            "R1;7;15/01/2024;4548-4;6,8 %;",
            "R2;7;15/01/2024;HbA1c;6,8;%",
            "R3;7;15/01/2024;ZZZZ;1;",
            "R4;7;15/01/2024;Hémoglobine glyquée;6,8;%",
            "R5;7;15/01/2024;voir courrier de Mme Durand;1;",
        ],
    }
    for name, lines in tables.items():
        (raw / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder = pseudonymise(raw, tmp_path / "out", keys)
    columns = "num_prescription, libelle_code, libelle_confiance, libelle_regle"
    assert rows(folder / "prescription.csv", columns) == [
        ("P1", "A10BA02", "0.9", "phrase"),
        ("P2", None, None, None),
        ("P3", None, None, "none"),
    ]
    columns = "num_resultat, code_analyse, analyse_code, analyse_regle"
    assert rows(folder / "resultat.csv", columns) == [
        ("R1", "4548-4", None, None),
        ("R2", "HbA1c", "4548-4", "exact"),
        ("R3", "ZZZZ", None, "none"),
        ("R4", None, "4548-4", "exact"),
        ("R5", None, None, "none"),
    ]
    assert "DURAND" not in (folder / "prescription.csv").read_text()


def test_dosmed_texts_are_coded_by_their_section(tmp_path, keys):
    raw = described(tmp_path / "raw", vendor="dosmed")
    identities = {
        "nom_naissance": "MARTIN", "nom_usage": None, "prenoms": "Luc", "sexe": "H",
        "ins_matricule": None, "lieu_naissance_insee": None, "telephone": None, "email": None,
        "adresse": None, "code_postal": None, "commune_insee": "06088", "date_deces": None,
        "est_medecin_traitant": True, "date_ouverture": None, "date_fermeture": None,
    }  # fmt: skip
    chart = {"dossier_id": "7", "date_naissance": "1950-02-01"} | identities
    pq.write_table(pa.table({k: pa.array([v]) for k, v in chart.items()}), raw / "DOSSIER.parquet")
    elements = [
        ("E1", "code", None, "DIAGNOSTIC", "Hypertension artérielle"),
        ("E2", "code", "I10", "DIAGNOSTIC", "Hypertension artérielle"),
        ("E3", "code", None, "DIAGNOSTIC", "va mieux depuis lundi"),
        ("E4", "code", None, "TRAITEMENT", "amlodipine 5 mg"),
        ("E5", "libelle_local", "HBA1C", "BIOLOGIE", None),
        ("E6", "libelle_local", "Hémoglobine glyquée", "BIOLOGIE", None),
    ]
    names = ("element_id", "attribut", "valeur", "rubrique", "libelle")
    table = {n: pa.array([e[i] for e in elements], pa.string()) for i, n in enumerate(names)}
    table |= {
        n: pa.array([None] * len(elements), pa.string())
        for n in ("unite", "evenement_id", "remplace_element_id")
    }
    table["dossier_id"] = pa.array(["7"] * len(elements))
    table["date_element"] = pa.array(["2024-01-15"] * len(elements))
    pq.write_table(pa.table(table), raw / "ELEMENT.parquet")
    folder = pseudonymise(raw, tmp_path / "out", keys)
    columns = "element_id, libelle_systeme, libelle_code, libelle_regle"
    assert rows(folder / "element.parquet", columns) == [
        ("E1", "CISP-2", "K86", "exact"),
        ("E2", None, None, None),
        ("E3", None, None, "none"),
        ("E4", "ATC", "C08CA01", "phrase"),
        ("E5", "LOINC", "4548-4", "exact"),
        ("E6", "LOINC", "4548-4", "exact"),
    ]
    values = {value for (value,) in rows(folder / "element.parquet", "valeur")}
    assert values == {"I10", "HBA1C", None}
    assert b"lundi" not in (folder / "element.parquet").read_bytes()


def test_fhir_texts_without_coding_become_codings(tmp_path, keys):
    raw = described(tmp_path / "raw", vendor="fhirmed")
    subject = {"subject": {"reference": "Patient/7"}}
    coded = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10"}]
    conditions = {
        "C1": {"text": "Hypertension artérielle"},
        "C2": {"text": "Hypertension artérielle", "coding": coded},
        "C3": {"text": "va mieux depuis lundi"},
        "C4": {"text": "HTA", "coding": [{"display": "sans code"}]},
    }
    resources = [
        {"resourceType": "Patient", "id": "7", "gender": "male", "birthDate": "1950-02-01"},
        *({"resourceType": "Condition", "id": i, "code": c} | subject
          for i, c in conditions.items()),
        {"resourceType": "Observation", "id": "O1", "status": "final",
         "code": {"text": "Hémoglobine glyquée"}} | subject,
        {"resourceType": "MedicationRequest", "id": "M1", "status": "active",
         "medicationCodeableConcept": {"text": "Amlodipine 5 mg"}} | subject,
    ]  # fmt: skip
    (raw / "all.ndjson").write_text("".join(json.dumps(r) + "\n" for r in resources))
    folder = pseudonymise(raw, tmp_path / "out", keys)

    def read(kind: str) -> dict[str, dict]:
        lines = (folder / f"{kind}.ndjson").read_text().splitlines()
        return {found["id"]: found for found in map(json.loads, lines)}

    def told(resource: dict) -> dict:
        return {
            e["url"].rsplit(":", 1)[1]: e.get("valueDecimal", e.get("valueString"))
            for e in resource.get("extension", [])
        }

    conditions = read("Condition")
    icpc = {"system": "http://hl7.org/fhir/sid/icpc-2", "code": "K86"}
    assert conditions["C1"]["code"]["coding"] == [icpc]
    assert told(conditions["C1"]) == {"confidence": 1.0, "rule": "exact"}
    assert conditions["C2"]["code"]["coding"] == coded and not told(conditions["C2"])
    assert "code" not in conditions["C3"] and told(conditions["C3"]) == {"rule": "none"}
    assert conditions["C4"]["code"]["coding"] == [icpc]
    (observation,) = read("Observation").values()
    assert observation["code"]["coding"] == [{"system": "http://loinc.org", "code": "4548-4"}]
    (request,) = read("MedicationRequest").values()
    assert request["medicationCodeableConcept"]["coding"] == [
        {"system": "http://www.whocc.no/atc", "code": "C08CA01"}
    ]
    assert "lundi" not in (folder / "Condition.ndjson").read_text()


RESULTS = [
    "<0,05", "13/8", "142/87 mmHg", "1,2 g/L", "90 mL/min/1.73m2", "6,8 %", "37,2 °C", "1 234",
    "150 10*3/uL", "145 mg/g creat", "10 mg/24h", "25 kg/m²", "60 /min", "Négatif", "non fumeur",
]  # fmt: skip
COMMENTS = [
    "12 rue Pasteur", "433 Mertz Crossroad", "1 Dupont", "85 ans Mme Durand", "12 av. Foch",
    "0612345678", "06 12 34 56 78", "285050679900106", "12/05/1985", "1985-05-12", "toux",
]  # fmt: skip


def leaves(value: str) -> bool:
    query = f"select {result_sql('v')} from (select ? as v)"
    return duckdb.execute(query, [value]).fetchall()[0][0] is not None


@pytest.mark.parametrize("value", RESULTS)
def test_a_result_leaves(value):
    assert leaves(value)


@pytest.mark.parametrize("value", COMMENTS)
def test_what_is_no_result_stays(value):
    assert not leaves(value)
