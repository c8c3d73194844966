"""Records nobody here wrote flow through the marts: each once, under its code, in its unit."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from p4dp.boundary import create_boundary_keys, pseudonymise
from p4dp.contracts import write_schemas
from p4dp.intake import receive
from p4dp.linkage import update_register
from p4dp.settings import Home
from p4dp.vault import warehouse_keys

from .landing import LINKED, Dbt

pytestmark = pytest.mark.slow

SHARED = Path(os.environ.get("P4DP_SHARED", Path(__file__).parents[3] / "shared")) / "data"
CSV_EXPORT = {
    "format": "p4dp-export/1", "vendor": "synthea", "software_version": "3.3",
    "contract_version": "1.0", "practice_id": "synthea", "sequence": 1, "kind": "full",
    "period_start": "1950-01-01", "period_end": "2024-01-31", "is_synthetic": True,
}  # fmt: skip
# resource: (fact, where its status stands, statuses that say it never held)
RESOURCES = {
    "Encounter": ("encounter", "status", {"entered-in-error", "cancelled", "planned"}),
    "Condition": ("condition", "verificationStatus", {"entered-in-error", "refuted"}),
    "MedicationRequest": ("prescription", "status", {"entered-in-error", "cancelled", "draft"}),
    "Immunization": ("vaccination", "status", {"entered-in-error", "not-done"}),
    "Procedure": ("procedure", "status", {"entered-in-error", "not-done", "preparation"}),
}
TABLES = {
    "encounters": ("encounter", ("Id",)),
    "conditions": ("condition", ("ENCOUNTER", "CODE", "START")),
    "medications": ("prescription", ("ENCOUNTER", "CODE", "START")),
    "observations": ("measurement", ("PATIENT", "CODE", "DATE")),
    "immunizations": ("vaccination", ("ENCOUNTER", "CODE", "DATE")),
    "procedures": ("procedure", ("ENCOUNTER", "CODE", "START")),
}
HBA1C, WEIGHT, SYSTOLIC = "4548-4", "29463-7", "8480-6"


@pytest.fixture(scope="module")
def built(
    dbt_session: tuple[Path, Dbt], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both exports, pseudonymised, received and built up to linked, as two practices would be."""
    if not (SHARED / "fhir").is_dir() or not (SHARED / "synthea").is_dir():
        pytest.skip("no third-party records beside the project")
    folder, dbt = dbt_session
    root = tmp_path_factory.mktemp("third_party")
    create_boundary_keys(root / "keys", ["fhir-import", "synthea"])
    (root / "export.json").write_text(json.dumps(CSV_EXPORT))
    bundles = pseudonymise(SHARED / "fhir", root / "out", root / "keys")
    tables = pseudonymise(
        SHARED / "synthea", root / "out", root / "keys", descriptor=root / "export.json"
    )
    home = Home(folder)
    # a world that other tests received here has a vault under keys of its own
    for zone in (home.vault, home.landing, home.register, home.warehouse.parent):
        shutil.rmtree(zone, ignore_errors=True)
    home.warehouse.parent.mkdir(parents=True)
    shutil.copy(folder / "empty.duckdb", home.warehouse)
    receipts = receive([bundles, tables], home, warehouse_keys(root / "vault", home)).deliveries
    assert [receipt.status for receipt in receipts] == ["accepted", "accepted"]
    write_schemas(home.schemas)
    dbt.build("--exclude-resource-type", "seed", "--select", "+lnk_identity", "+lnk_care_day")
    update_register(home.warehouse, home.register)
    kinds = [f"{LINKED},config.materialized:{kind}" for kind in ("table", "incremental")]
    dbt.build("--exclude-resource-type", "seed", "--select", *kinds)
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        yield connection
    for zone in (home.vault, home.landing):
        shutil.rmtree(zone)


@pytest.fixture(scope="module")
def resources(built: duckdb.DuckDBPyConnection) -> dict[str, dict[str, dict[str, Any]]]:
    """Resources of the bundles by type and id."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted((SHARED / "fhir").glob("*.json.gz")):
        for entry in json.loads(gzip.open(path).read())["entry"]:
            resource = entry["resource"]
            found.setdefault(resource["resourceType"], {})[resource["id"]] = resource
    return found


def codes(concept: dict[str, Any]) -> list[str]:
    return [coding["code"] for coding in concept.get("coding", [])]


def status(resource: dict[str, Any], name: str) -> str | None:
    said = resource.get(name)
    return codes(said)[0] if isinstance(said, dict) else said


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()


@pytest.mark.parametrize("kind", RESOURCES)
def test_every_resource_that_held_is_one_fact(
    built: duckdb.DuckDBPyConnection, resources: dict[str, Any], kind: str
) -> None:
    fact, place, void = RESOURCES[kind]
    expected = sum(status(item, place) not in void for item in resources[kind].values())
    assert expected > 0
    assert rows(built, f"select count(*) from linked.fct_{fact} where source = 'fhirmed'") == [
        (expected,)
    ]


def test_every_observation_is_one_line_and_a_panel_one_for_each_component(
    built: duckdb.DuckDBPyConnection, resources: dict[str, Any]
) -> None:
    expected = sum(max(1, len(o.get("component", []))) for o in resources["Observation"].values())
    assert rows(built, "select count(*) from linked.fct_measurement where source = 'fhirmed'") == [
        (expected,)
    ]


def quantities(observations: Iterable[dict[str, Any]], code: str) -> dict[str, list[float]]:
    """Every number sent under a code, components too, by day."""
    found: dict[str, list[float]] = {}
    for part in observations:
        for line in (part, *part.get("component", [])):
            if code in codes(line["code"]) and "valueQuantity" in line:
                found.setdefault(part["effectiveDateTime"][:10], []).append(
                    line["valueQuantity"]["value"]
                )
    return found


@pytest.mark.parametrize(
    ("code", "measure", "as_sent"),
    [
        (WEIGHT, "weight", "value"),
        (SYSTOLIC, "sbp", "value"),
        (HBA1C, "hba1c", "(value + 23.5242676) / 10.9313511"),
    ],
)
def test_numbers_are_the_ones_sent_in_the_canonical_unit(
    built: duckdb.DuckDBPyConnection,
    resources: dict[str, Any],
    code: str,
    measure: str,
    as_sent: str,
) -> None:
    sent = quantities(resources["Observation"].values(), code)
    found: dict[str, list[float]] = {}
    beyond = 0
    for day, value, rule in rows(
        built,
        f"select measurement_date::text, {as_sent}, unit_rule from linked.fct_measurement"
        f" where source = 'fhirmed' and measure = '{measure}'",
    ):
        assert rule == "explicit"
        # beyond the hard bounds a number stands as sent and has no canonical value
        beyond += value is None
        found.setdefault(day, []).extend([] if value is None else [value])
    assert sum(map(len, found.values())) > 10
    assert sum(map(len, found.values())) + beyond == sum(map(len, sent.values()))
    for day, values in found.items():
        left = list(sent[day])
        for value in values:
            nearest = min(left, key=lambda number: abs(number - value))
            assert value == pytest.approx(nearest, abs=1e-5), (day, values, sent[day])
            left.remove(nearest)


def test_codes_of_another_country_are_counted_by_code(
    built: duckdb.DuckDBPyConnection, resources: dict[str, Any]
) -> None:
    expected = Counter(
        codes(condition["code"])[0]
        for condition in resources["Condition"].values()
        if status(condition, "verificationStatus") not in ("entered-in-error", "refuted")
    )
    counted = dict(
        rows(
            built,
            "select code, occurrence_count from linked.fct_unmapped_code"
            " where source = 'fhirmed' and entity = 'condition' and code_system = 'SNOMED'",
        )
    )
    assert counted == expected
    others = {
        kind.lower(): len(found)
        for kind, found in resources.items()
        if kind not in (*RESOURCES, "Observation", "Patient")
    }
    seen = dict(
        rows(
            built,
            "select entity, count(distinct (record_id, practice_pseudo))"
            " from staging.stg_other_code"
            " where source = 'fhirmed' group by entity",
        )
    )
    assert seen == others


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_csv_export_is_one_fact_under_its_code(
    built: duckdb.DuckDBPyConnection, table: str
) -> None:
    fact, key = TABLES[table]
    with (SHARED / "synthea" / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        sent = {tuple(row[name] for name in key): row for row in csv.DictReader(handle)}
    assert rows(built, f"select count(*) from linked.fct_{fact} where source = 'synthea'") == [
        (len(sent),)
    ]
    if "CODE" in key:
        assert dict(
            rows(
                built,
                f"select {fact}_code, count(*) from linked.fct_{fact} where source = 'synthea'"
                " group by all",
            )
        ) == Counter(row["CODE"] for row in sent.values())


def test_people_are_the_people_sent(
    built: duckdb.DuckDBPyConnection, resources: dict[str, Any]
) -> None:
    sent = Counter(
        (person["birthDate"][:4], {"male": "M", "female": "F"}[person["gender"]])
        for person in resources["Patient"].values()
    )
    found = rows(
        built,
        "select patient.birth_year::text, patient.sex from linked.dim_patient as patient"
        " inner join linked.fct_patient_link as link using (person_key)"
        " where link.source = 'fhirmed'",
    )
    assert Counter(found) == sent
