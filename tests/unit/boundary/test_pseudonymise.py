"""Raw exports leave without identities, and nothing else is lost."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p4dp.boundary import BoundaryKeys, create_boundary_keys, level1, pseudonymise, resolve
from p4dp.boundary.tokens import return_tokens
from p4dp.contracts.manifest import read_manifest
from p4dp.errors import P4dpError

PRACTICE = "060001234"
DESCRIPTOR = {
    "format": "p4dp-export/1",
    "software_version": "8.2.0",
    "contract_version": "2.0",
    "practice_id": PRACTICE,
    "practice": {
        "commune_code": "06088",
        "structure_type": "msp",
        "university_zone": "nice",
    },
    "sequence": 3,
    "kind": "full",
    "period_start": "2024-01-01",
    "period_end": "2024-01-31",
    "is_synthetic": True,
}

#: What must be found nowhere in a delivery.
SECRETS = [
    "LEFÈVRE", "Lefèvre", "DURAND", "Zoé", "1985-05-12", "12/05/1985", "0612345678",
    "zoe@example.org", "rue des Lilas", "285050679900106", "CHART77", "10001234567",
    "toux depuis lundi",
]  # fmt: skip


@pytest.fixture
def keys(tmp_path) -> Path:
    create_boundary_keys(tmp_path / "keys", [PRACTICE, "fhir-import"], seed=b"test")
    return tmp_path / "keys"


def describe(folder: Path, **values) -> None:
    (folder / "export.json").write_text(json.dumps(DESCRIPTOR | values))


@pytest.fixture
def medirel(tmp_path) -> Path:
    raw = tmp_path / "medirel"
    raw.mkdir()
    describe(raw, vendor="medirel", encoding="cp1252")
    tables = {
        "PATIENT": [
            "NUM_PATIENT;NOM_NAISSANCE;NOM_USAGE;PRENOM;PRENOMS;DATE_NAISSANCE;SEXE;NIR;"
            "LIEU_NAISSANCE_INSEE;TELEPHONE;EMAIL;ADRESSE;CODE_POSTAL;COMMUNE_INSEE;DATE_DECES;"
            "MEDECIN_TRAITANT_DECLARE;DATE_INSCRIPTION;DATE_SORTIE",
            "CHART77;LEFÈVRE;DURAND;Zoé;Zoé Anne;12/05/1985;F;285050679900106;06799;0612345678;"
            'zoe@example.org;"12; rue des Lilas";06000;06088;;O;03/01/2015;',
            "CHART78;MARTIN;;Luc;;00/00/1950;1;;;;;;;06088;;N;03/01/2015;",
        ],
        "CONSULTATION": [
            "NUM_CONSULTATION;NUM_PATIENT;RPPS_PRATICIEN;DATE_CONSULTATION;TYPE_ACTE;MOTIF",
            'C1;CHART77;10001234567;15/01/2024;C;"toux depuis lundi; fièvre"',
            "C2;CHART99;10001234567;16/01/2024;V;",
        ],
        "RESULTAT": [
            "NUM_RESULTAT;NUM_PATIENT;DATE_RESULTAT;CODE_ANALYSE;VALEUR;UNITE",
            "R1;CHART77;15/01/2024;4548-4;6,8 %;",
            "R2;CHART77;15/01/2024;LDLC;<0,05;g/L",
            "R3;CHART77;15/01/2024;FIT;Négatif;",
            "R4;CHART77;15/01/2024;FIT;toux depuis lundi;",
            "R5;CHART77;15/01/2024;FIT;12 chez Mme DURAND, voir courrier;",
        ],
        "DIAGNOSTIC": [
            "NUM_DIAGNOSTIC;NUM_CONSULTATION;NUM_PATIENT;DATE_DIAGNOSTIC;CODES_CISP2;LIBELLE;"
            "DATE_DEBUT;DATE_FIN;STATUT",
            "D1;C1;CHART77;15/01/2024;K86;HTA, asthme;15/01/2024;;A",
            "D2;C1;CHART77;15/01/2024;;Angine à streptocoque;15/01/2024;;A",
            "D3;C1;CHART77;15/01/2024;;toux depuis lundi chez Mme DURAND;15/01/2024;;A",
        ],
        "SUPPRESSION": ["TABLE_NAME;RECORD_ID", "patient;CHART77", "consultation;C0"],
    }
    for name, lines in tables.items():
        (raw / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="cp1252")
    return raw


def delivered(folder: Path, name: str) -> list[dict]:
    path = folder / name
    if name.endswith(".csv"):
        relation = duckdb.sql(f"from read_csv('{path}', delim=';', all_varchar=true, header=true)")
    else:
        relation = duckdb.sql(f"from '{path}'")
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def assert_no_secret(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".parquet":
                content = str(delivered(folder, path.name)).encode()
            found = [s for s in SECRETS if s.encode() in content or s.encode("cp1252") in content]
            assert not found, (path.name, found)


def test_medirel_leaves_without_identities(medirel, keys, tmp_path):
    folder = pseudonymise(medirel, tmp_path / "out", keys)
    assert_no_secret(folder)
    manifest = read_manifest(folder)
    assert manifest.sequence == 3 and manifest.commune_code == "06088"
    assert {f.table: f.rows for f in manifest.files} == {
        "patient": 2, "consultation": 2, "diagnostic": 3, "resultat": 5, "suppression": 2,
    }  # fmt: skip
    own = BoundaryKeys.load(keys, PRACTICE)
    patients = {r["patient_pseudo"]: r for r in delivered(folder, "patient.csv")}
    zoe = patients[level1(own.level1, "patient", PRACTICE, "CHART77")]
    assert (zoe["annee_naissance"], zoe["mois_naissance"], zoe["nir_status"]) == (
        "1985", "5", "certified",
    )  # fmt: skip
    assert zoe["nir_pseudo"] == level1(own.level1, "nir", "2850506799001", "1985-05-12", "F")
    assert zoe["traits_pseudo"] == level1(own.level1, "traits", "LEFEVRE", "ZOE", "1985-05-12", "F")
    luc = patients[level1(own.level1, "patient", PRACTICE, "CHART78")]
    assert (luc["annee_naissance"], luc["mois_naissance"]) == ("1950", None)
    assert (luc["nir_status"], luc["nir_pseudo"], luc["traits_pseudo"]) == ("missing", None, None)


def test_every_reference_becomes_the_same_pseudonym(medirel, keys, tmp_path):
    folder = pseudonymise(medirel, tmp_path / "out", keys)
    own = BoundaryKeys.load(keys, PRACTICE)
    one, two = delivered(folder, "consultation.csv")
    assert one["patient_pseudo"] == level1(own.level1, "patient", PRACTICE, "CHART77")
    assert two["patient_pseudo"] == level1(own.level1, "patient", PRACTICE, "CHART99")
    assert one["praticien_pseudo"] == level1(own.level1, "practitioner", "10001234567")
    deleted = {r["table_name"]: r["record_id"] for r in delivered(folder, "suppression.csv")}
    assert deleted == {"patient": one["patient_pseudo"], "consultation": "C0"}


def test_results_leave_and_comments_in_their_place_do_not(medirel, keys, tmp_path):
    folder = pseudonymise(medirel, tmp_path / "out", keys)
    rows = {r["num_resultat"]: r["valeur"] for r in delivered(folder, "resultat.csv")}
    assert rows == {"R1": "6,8 %", "R2": "<0,05", "R3": "Négatif", "R4": None, "R5": None}


def test_text_is_coded_where_no_code_is_and_says_how(medirel, keys, tmp_path):
    folder = pseudonymise(medirel, tmp_path / "out", keys)
    rows = {r["num_diagnostic"]: r for r in delivered(folder, "diagnostic.csv")}
    coded = [
        (r["codes_cisp2"], r["libelle_code"], r["libelle_confiance"], r["libelle_regle"])
        for r in (rows["D1"], rows["D2"])
    ]
    assert coded == [("K86", None, None, None), (None, "R76", "0.9", "phrase")]
    assert "libelle" not in rows["D1"]
    one, two = delivered(folder, "consultation.csv")
    assert (one["motif_code"], two["motif_code"]) == (None, None)


def test_the_same_export_gives_the_same_bytes(medirel, keys, tmp_path):
    one = pseudonymise(medirel, tmp_path / "one", keys)
    two = pseudonymise(medirel, tmp_path / "two", keys)
    assert pseudonymise(medirel, tmp_path / "one", keys) == one
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_a_delivery_is_not_overwritten_by_another_content(medirel, keys, tmp_path):
    pseudonymise(medirel, tmp_path / "out", keys)
    (medirel / "CONSULTATION.csv").write_text(
        (medirel / "CONSULTATION.csv").read_text("cp1252").replace("15/01", "14/01"), "cp1252"
    )
    with pytest.raises(P4dpError, match="already there"):
        pseudonymise(medirel, tmp_path / "out", keys)


def test_a_missing_raw_column_is_named(medirel, keys, tmp_path):
    path = medirel / "CONSULTATION.csv"
    path.write_text(path.read_text("cp1252").replace("TYPE_ACTE", "GENRE"), "cp1252")
    with pytest.raises(P4dpError, match="no column TYPE_ACTE"):
        pseudonymise(medirel, tmp_path / "out", keys)
    assert not [p for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")]


def test_a_wrong_encoding_names_the_row(medirel, keys, tmp_path):
    describe(medirel, vendor="medirel", encoding="utf-8")
    with pytest.raises(P4dpError) as caught:
        pseudonymise(medirel, tmp_path / "out", keys)
    assert "PATIENT" in str(caught.value.file) and "LEF" not in str(caught.value)


def test_dosmed_leaves_without_identities(tmp_path, keys):
    raw = tmp_path / "dosmed"
    raw.mkdir()
    describe(raw, vendor="dosmed")
    dossier = {
        "dossier_id": "CHART77", "nom_naissance": "Lefèvre", "nom_usage": "DURAND",
        "prenoms": "Zoé", "date_naissance": date(1985, 5, 12), "sexe": "F",
        "ins_matricule": "285050679900106", "lieu_naissance_insee": "06799",
        "telephone": "0612345678", "email": "zoe@example.org", "adresse": "12 rue des Lilas",
        "code_postal": "06000", "commune_insee": "06088", "date_deces": None,
        "est_medecin_traitant": True, "date_ouverture": date(2015, 1, 3), "date_fermeture": None,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([dossier]), raw / "DOSSIER.parquet")
    element = {
        "element_id": "E1", "attribut": "code", "valeur": "I10", "unite": None,
        "evenement_id": "V1", "dossier_id": "CHART77", "date_element": date(2024, 1, 15),
        "rubrique": "DIAGNOSTIC", "remplace_element_id": None, "libelle": "toux depuis lundi",
    }  # fmt: skip
    comment = element | {"attribut": "commentaire", "valeur": "toux depuis lundi"}
    pq.write_table(pa.Table.from_pylist([element, comment]), raw / "ELEMENT.parquet")
    folder = pseudonymise(raw, tmp_path / "out", keys)
    assert_no_secret(folder)
    (row,) = delivered(folder, "dossier.parquet")
    assert (row["annee_naissance"], row["nir_status"]) == (1985, "certified")
    (kept,) = delivered(folder, "element.parquet")
    assert (kept["attribut"], kept["valeur"]) == ("code", "I10")


def test_the_same_person_in_two_practices_gets_one_number_pseudonym(medirel, keys, tmp_path):
    """The point of level 1: NIR and traits match across practices, charts do not."""
    one = delivered(pseudonymise(medirel, tmp_path / "one", keys), "patient.csv")
    create_boundary_keys(keys, ["069999999"])
    describe(medirel, vendor="medirel", encoding="cp1252", practice_id="069999999")
    two = delivered(pseudonymise(medirel, tmp_path / "two", keys), "patient.csv")
    for column, same in (("nir_pseudo", True), ("traits_pseudo", True), ("patient_pseudo", False)):
        values = [{r[column] for r in rows if r[column]} for rows in (one, two)]
        assert (values[0] == values[1]) is same, column


def test_a_returned_list_is_read_by_its_practice_only(keys, tmp_path):
    own = BoundaryKeys.load(keys, PRACTICE)
    token = return_tokens(own.practice, PRACTICE, ["CHART77"])[0]
    returned = tmp_path / "recall.csv"
    returned.write_text(f"return_token;reason\n{token};SCR-CRC-PART\n")
    assert resolve(returned, keys, practice=PRACTICE) == [
        {"local_id": "CHART77", "reason": "SCR-CRC-PART"}
    ]
    with pytest.raises(P4dpError, match="not made with this practice's key") as caught:
        resolve(returned, keys, practice="fhir-import")
    assert caught.value.row == 1


# --- FHIR -------------------------------------------------------------------------------------

FR_INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"


def fhir_patient() -> dict:
    place = {"extension": [{"url": FR_INSEE, "valueCoding": {"code": "06799"}}]}
    return {
        "resourceType": "Patient",
        "id": "CHART77",
        "identifier": [
            {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "285050679900106"},
            {"system": "https://fhirmed.example/patient", "value": "CHART77"},
        ],
        "name": [
            {"use": "official", "family": "Lefèvre", "given": ["Zoé", "Anne"]},
            {"use": "usual", "family": "DURAND"},
        ],
        "gender": "female",
        "birthDate": "1985-05-12",
        "telecom": [{"system": "phone", "value": "0612345678"}],
        "address": [
            {"line": ["12 rue des Lilas"], "postalCode": "06000"}
            | {"extension": [{"url": FR_INSEE, "valueCoding": {"code": "06088"}}]}
        ],
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": place,
            },
            {
                "url": "https://fhirmed.example/StructureDefinition/registration",
                "extension": [
                    {"url": "declared", "valueBoolean": True},
                    {"url": "start", "valueDate": "2015-01-03"},
                ],
            },
        ],
    }


def test_fhir_leaves_without_identities(tmp_path, keys):
    raw = tmp_path / "fhir"
    raw.mkdir()
    describe(raw, vendor="fhirmed")
    observation = {
        "resourceType": "Observation",
        "id": "O1",
        "status": "final",
        "subject": {"reference": "Patient/CHART77", "display": "Zoé Lefèvre"},
        "code": {
            "coding": [
                {"system": "http://loinc.org", "code": "85354-9", "display": "toux depuis lundi"},
                {"system": "http://snomed.info/sct", "code": "75367002"},
            ],
            "text": "toux depuis lundi",
        },
        "note": [{"text": "toux depuis lundi"}],
        "component": [
            {
                "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
                "valueQuantity": {"value": 128, "unit": "mmHg"},
            }
        ],
    }
    deleted = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"request": {"method": "DELETE", "url": "Observation/O0"}},
            {"request": {"method": "DELETE", "url": "Patient/CHART77"}},
        ],
    }
    for name, resource in (
        ("Patient", fhir_patient()), ("Observation", observation), ("Deleted", deleted),
    ):  # fmt: skip
        (raw / f"{name}.ndjson").write_text(json.dumps(resource, ensure_ascii=False) + "\n")
    folder = pseudonymise(raw, tmp_path / "out", keys)
    assert_no_secret(folder)
    own = BoundaryKeys.load(keys, PRACTICE)
    pseudo = level1(own.level1, "patient", PRACTICE, "CHART77")
    patient = json.loads((folder / "Patient.ndjson").read_text())
    told = {e["url"].rsplit(":", 1)[1]: e for e in patient["extension"]}
    assert patient["id"] == pseudo
    assert told["birth-year"]["valueInteger"] == 1985
    assert told["commune-code"]["valueString"] == "06088"
    assert told["is-declared"]["valueBoolean"] is True
    assert told["registration-start"]["valueString"] == "2015-01-03"
    assert told["nir-pseudo"]["valueString"] == level1(
        own.level1, "nir", "2850506799001", "1985-05-12", "F"
    )
    kept = json.loads((folder / "Observation.ndjson").read_text())
    assert kept["subject"] == {"reference": f"Patient/{pseudo}"}
    assert [c["code"] for c in kept["code"]["coding"]] == ["85354-9", "75367002"]
    assert kept["component"][0]["valueQuantity"] == {"value": 128, "code": "mmHg"}
    lines = (folder / "suppression.ndjson").read_text().splitlines()
    assert {json.loads(line)["record_id"] for line in lines} == {"O0", pseudo}


def shared_bundles() -> Path:
    root = os.environ.get("P4DP_SHARED", Path(__file__).parents[4] / "shared")
    folder = Path(root) / "data" / "fhir"
    if not folder.is_dir():
        pytest.skip("no third-party FHIR bundles beside the project")
    return folder


def codings_of(node, path=""):
    """(element, system, code) of every coding of a resource, found by walking the JSON."""
    if isinstance(node, list):
        for item in node:
            yield from codings_of(item, path)
    elif isinstance(node, dict):
        for name, child in node.items():
            if name in ("meta", "extension"):
                continue
            if name == "coding" and isinstance(child, list):
                for coding in child:
                    yield path.strip("."), coding.get("system"), coding.get("code")
            yield from codings_of(child, f"{path}.{name}")


def test_third_party_bundles_leave_whole(tmp_path, keys):
    """Every resource and every coding of records nobody here wrote is in the delivery."""
    folder = pseudonymise(shared_bundles(), tmp_path / "out", keys)
    resources, expected, names = Counter(), Counter(), set()
    for path in shared_bundles().glob("*.json.gz"):
        for entry in json.loads(gzip.open(path).read())["entry"]:
            resource = entry["resource"]
            resources[resource["resourceType"]] += 1
            if resource["resourceType"] == "Patient":
                names.add(resource["name"][0]["family"])
                continue
            expected.update((s, c) for _, s, c in codings_of(resource))
            if resource["resourceType"] == "Encounter":
                expected[resource["class"]["system"], resource["class"]["code"]] += 1
    found, delivered_resources = Counter(), Counter()
    for path in folder.glob("*.ndjson"):
        text = path.read_text()
        assert not [n for n in names if f'"{n}"' in text], path.name
        for line in text.splitlines():
            resource = json.loads(line)
            delivered_resources[resource["resourceType"]] += 1
            if "coding" in resource:
                found.update((c.get("system"), c.get("code")) for c in resource["coding"])
            else:
                found.update((s, c) for _, s, c in codings_of(resource))
                if resource["resourceType"] == "Encounter":
                    found[resource["class"]["system"], resource["class"]["code"]] += 1
    assert delivered_resources == resources
    assert not expected - found
