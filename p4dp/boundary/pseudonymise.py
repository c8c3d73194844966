"""Raw export → delivery without identities."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import date
from pathlib import Path

from p4dp.boundary.export import DESCRIPTOR, Export, read_descriptor
from p4dp.boundary.fhir import looks_like_fhir, period_of, pseudonymise_fhir
from p4dp.boundary.keys import BoundaryKeys
from p4dp.boundary.pseudonyms import level1
from p4dp.boundary.relational import pseudonymise_tables
from p4dp.contracts import contract_for, current_contract, delimiter_of
from p4dp.contracts.manifest import FILE_NAME, read_manifest, write_manifest
from p4dp.duck import ENGINE_MEMORY, connect_plain
from p4dp.errors import P4dpError

FHIR_SOURCE = "fhirmed"
DEFAULT_FHIR_PRACTICE = "fhir-import"


def pseudonymise(
    raw: Path,
    out: Path,
    keys: Path,
    *,
    practice: str | None = None,
    descriptor: Path | None = None,
    memory: str = ENGINE_MEMORY,
) -> Path:
    """Make a delivery from the raw export in `raw`; returns its folder `out/<delivery_id>`.

    `keys` is the boundary key folder (`p4dp keys init DIR --practice ID`). `descriptor` is an
    `export.json` that does not lie in the folder of the export. A folder
    of FHIR without `export.json` is taken as a full export of `practice`. The
    delivery appears complete or not at all; an earlier one of the same id and
    content is left as it is, one of other content is refused.
    """
    if not raw.exists():
        raise P4dpError("No such raw export", file=raw)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".p4dp-", dir=out) as name:
        scratch = Path(name)
        connection = connect_plain(scratch, memory)
        try:
            export = None
            if descriptor is not None or raw.is_dir():
                export = read_descriptor(descriptor or raw / DESCRIPTOR, practice)
            if export is None:
                if not looks_like_fhir(raw):
                    raise P4dpError(
                        f"Neither {DESCRIPTOR} nor FHIR files",
                        file=raw,
                        remedy="Give the folder the practice software exported to.",
                    )
                current = current_contract(FHIR_SOURCE)
                start, end, synthetic = period_of(connection, raw, current)
                export = Export(
                    vendor=FHIR_SOURCE,
                    software_version="unknown",
                    contract_version=current.version,
                    practice_id=practice or DEFAULT_FHIR_PRACTICE,
                    sequence=1,
                    kind="full",
                    period_start=date.fromisoformat(start),
                    period_end=date.fromisoformat(end),
                    is_synthetic=synthetic,
                )
            contract = contract_for(export.vendor, export.contract_version)
            own = BoundaryKeys.load(keys, export.practice_id)
            delivery = scratch / "delivery"
            delivery.mkdir()
            if contract.source == FHIR_SOURCE:
                files = pseudonymise_fhir(connection, raw, delivery, contract, export, own)
            else:
                files = pseudonymise_tables(
                    connection, raw, delivery, contract, export, own, scratch
                )
        finally:
            connection.close()
        write_manifest(
            delivery,
            source=contract.source,
            vendor=export.vendor,
            software_version=export.software_version,
            contract_version=contract.version,
            sequence=export.sequence,
            kind=export.kind,
            period_start=export.period_start,
            period_end=export.period_end,
            is_synthetic=export.is_synthetic,
            files=files,
            practice_pseudo=level1(own.level1, "practice", export.practice_id),
            commune_code=export.commune_code,
            structure_type=export.structure_type,
            university_zone=export.university_zone,
            delimiter=delimiter_of(contract),
        )
        return _publish(delivery, out)


def _publish(delivery: Path, out: Path) -> Path:
    manifest = read_manifest(delivery)
    target = out / manifest.delivery_id
    if (target / FILE_NAME).exists():
        if read_manifest(target).content_hash == manifest.content_hash:
            return target
        raise P4dpError(
            "Another delivery of that practice and sequence is already there",
            file=target,
            remedy="Raise `sequence` in export.json, or remove the earlier delivery.",
        )
    if target.exists():
        shutil.rmtree(target)
    os.replace(delivery, target)
    return target
