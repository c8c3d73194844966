"""Raw exports: what each vendor's files look like, and how change sets follow the full one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fhir.resources.R4B import get_fhir_model_class

from p4dp.synthetic.identities import nir_key


def exports(world: Path, vendor: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(world.glob("practices/*/*/export.json")):
        descriptor = json.loads(path.read_text(encoding="utf-8"))
        if descriptor["vendor"] == vendor:
            yield path.parent, descriptor


def medirel_rows(folder: Path, table: str, encoding: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding=encoding, newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def resources(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_medirel_writes_text_as_french_practices_do(tiny_world: Path) -> None:
    folder, descriptor = next(exports(tiny_world, "medirel"))
    patients = medirel_rows(folder, "PATIENT", descriptor["encoding"])
    assert all(len(row["DATE_NAISSANCE"].split("/")) == 3 for row in patients)
    assert any("É" in row["PRENOM"] for row in patients) or descriptor["encoding"] == "cp1252"
    values = medirel_rows(folder, "RESULTAT", descriptor["encoding"])
    assert any("," in row["VALEUR"] for row in values)
    assert any(row["VALEUR"].startswith("<") for row in values)
    pressures = [
        row["VALEUR"]
        for row in medirel_rows(folder, "CONSTANTE", descriptor["encoding"])
        if row["TYPE_CONSTANTE"] == "TA"
    ]
    assert pressures and all(value.count("/") == 1 for value in pressures)


def test_keys_of_numbers_are_right_except_for_the_planted_ones(
    tiny_world: Path, truth: Any
) -> None:
    planted = dict(
        truth.sql(
            "select practice_id || ' ' || local_id, 1 from fault where fault = 'nir_key_invalid'"
        ).fetchall()
    )
    for folder, descriptor in exports(tiny_world, "medirel"):
        for row in medirel_rows(folder, "PATIENT", descriptor["encoding"]):
            if row["NIR"]:
                wrong = nir_key(row["NIR"][:13]) != int(row["NIR"][13:])
                assert wrong == (f"{descriptor['practice_id']} {row['NUM_PATIENT']}" in planted)


def test_the_published_sample_number_has_its_key() -> None:
    assert nir_key("2390888154002") == 43  # sample of the Agence du numérique en santé


def test_every_line_refers_to_an_encounter_already_sent(tiny_world: Path) -> None:
    sent: set[tuple[str, str]] = set()
    for folder, descriptor in exports(tiny_world, "medirel"):
        practice = descriptor["practice_id"]
        for row in medirel_rows(folder, "CONSULTATION", descriptor["encoding"]):
            sent.add((practice, row["NUM_CONSULTATION"]))
        for table in ("DIAGNOSTIC", "PRESCRIPTION"):
            for row in medirel_rows(folder, table, descriptor["encoding"]):
                assert (practice, row["NUM_CONSULTATION"]) in sent


def test_tombstones_name_records_of_earlier_deliveries(tiny_world: Path) -> None:
    seen: set[str] = set()
    gone = 0
    for folder, descriptor in exports(tiny_world, "dosmed"):
        if descriptor["sequence"] > 1:
            removed = pq.read_table(folder / "SUPPRESSION.parquet")
            gone += removed.num_rows
            assert set(removed["record_id"].to_pylist()) <= seen
        seen |= set(pq.read_table(folder / "ELEMENT.parquet")["element_id"].to_pylist())
    assert gone > 0


def test_corrections_keep_the_identifier_of_the_record(tiny_world: Path) -> None:
    first, corrected = None, 0
    for folder, descriptor in exports(tiny_world, "dosmed"):
        names = set(pq.read_table(folder / "ELEMENT.parquet")["element_id"].to_pylist())
        if descriptor["sequence"] == 1:
            first = names
        elif first is not None:
            corrected += len(names & first)
    assert corrected > 0


@pytest.mark.parametrize(
    "name",
    [
        "Patient", "Encounter", "Condition", "Observation", "MedicationRequest", "Immunization",
        "Procedure",
    ],
)  # fmt: skip
def test_resources_are_valid_fhir_r4(tiny_world: Path, name: str) -> None:
    model = get_fhir_model_class(name)
    folder, _ = next(exports(tiny_world, "fhirmed"))
    found = resources(folder, name)
    assert found
    for resource in found[:: max(1, len(found) // 60)]:
        model.model_validate(resource)


def test_deleted_resources_come_as_delete_requests(tiny_world: Path) -> None:
    model = get_fhir_model_class("Bundle")
    bundles = [
        bundle
        for folder, _ in exports(tiny_world, "fhirmed")
        if (folder / "Deleted.ndjson").exists()
        for bundle in resources(folder, "Deleted")
    ]
    for bundle in bundles:
        model.model_validate(bundle)
        assert {entry["request"]["method"] for entry in bundle["entry"]} == {"DELETE"}
    assert bundles


def test_older_software_sends_under_the_older_contract(tmp_path: Path) -> None:
    from p4dp.synthetic.practices import make_practices
    from p4dp.synthetic.world import load_world

    practices = make_practices(load_world(), 7, 12, 1096)
    for vendor in ("medirel", "dosmed", "fhirmed"):
        own = [practice for practice in practices if practice.vendor == vendor]
        assert {practice.contract_version for practice in own} == {"1.0", "2.0"}
        assert len({practice.software_version for practice in own}) == 2
