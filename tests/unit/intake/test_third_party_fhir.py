"""Records nobody here wrote: all of them land, with every coding."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from p4dp.boundary import create_boundary_keys, pseudonymise

TABLES = {
    "Patient": "patient", "Encounter": "encounter", "Condition": "condition",
    "Observation": "observation", "MedicationRequest": "medication_request",
    "Immunization": "immunization", "Procedure": "procedure",
}  # fmt: skip


def _bundles() -> Path:
    root = os.environ.get("P4DP_SHARED", Path(__file__).parents[4] / "shared")
    folder = Path(root) / "data" / "fhir"
    if not folder.is_dir():
        pytest.skip("no third-party FHIR bundles beside the project")
    return folder


def _codings(node):
    if isinstance(node, list):
        for item in node:
            yield from _codings(item)
    elif isinstance(node, dict):
        for name, child in node.items():
            if name == "coding" and isinstance(child, list):
                yield from ((c.get("system"), c.get("code")) for c in child)
            if name not in ("meta", "extension"):
                yield from _codings(child)


def test_every_resource_and_every_coding_lands(gate, tmp_path):
    create_boundary_keys(tmp_path / "boundary", ["fhir-import"])
    delivery = pseudonymise(_bundles(), tmp_path / "out", tmp_path / "boundary")
    (receipt,) = gate.receive(delivery).deliveries
    assert receipt.status == "accepted"

    resources: dict[tuple[str, str], dict] = {}
    sent = 0
    for path in sorted(_bundles().glob("*.json.gz")):
        for entry in json.loads(gzip.open(path).read())["entry"]:
            sent += 1
            resource = entry["resource"]
            resources[resource["resourceType"], resource["id"]] = resource
    assert receipt.received_row_count == sent
    assert receipt.accepted_row_count == len(resources)
    assert receipt.duplicate_row_count == sent - len(resources)

    kinds = Counter(kind for kind, _ in resources)
    for kind, table in TABLES.items():
        assert gate.landed_count("fhirmed", table) == kinds.pop(kind)
    others = Counter(k for (k,) in gate.landed("fhirmed", "other_resource", "resource_type"))
    assert others == kinds

    expected = Counter(
        coding
        for (kind, _), resource in resources.items()
        if kind != "Patient"
        for coding in _codings(resource)
    )
    landed = Counter(gate.landed("fhirmed", "coding", "code_system, code"))
    assert not expected - landed
    components = sum(len(r.get("component", [])) for r in resources.values())
    assert gate.landed_count("fhirmed", "observation_component") == components
