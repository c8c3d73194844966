"""fhirmed: a FHIR R4 bulk export (NDJSON, FR Core identifiers and extensions)."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from p4dp.synthetic.catalogue import MEASURE_INDEX, PROCEDURES, VACCINES
from p4dp.synthetic.columns import (
    NO_DAY,
    choose,
    day_text,
    filled,
    integers,
    join,
    pick,
    text_bytes,
)
from p4dp.synthetic.vendors.common import (
    CANARY_TEXT,
    Export,
    atc_codes,
    communes,
    is_canary,
    is_label,
    pack_codes,
    problem_index,
    problem_text,
    values_of,
)

CIM10 = "http://hl7.org/fhir/sid/icd-10"
CISP2 = "http://hl7.org/fhir/sid/icpc-2"
LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
CIP13 = "http://www.ansm.sante.fr/cip13"
CCAM = "http://interop-sante.fr/CodeSystem/ccam"
UCUM = "http://unitsofmeasure.org"
INS = "urn:oid:1.2.250.1.213.1.4.8"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_CLASSES = ("AMB", "HH", "VR", "VR", "AMB")
_UCUM = {"µmol/L": "umol/L", "mmHg": "mm[Hg]", "mUI/L": "m[IU]/L", "g/dL": "g/dL"}
_SMOKING = {"never": "LA18978-9", "former": "LA15920-4", "current": "LA18976-3"}
_RESOURCES = {
    "problems": "Condition",
    "prescriptions": "MedicationRequest",
    "results": "Observation",
    "vitals": "Observation",
    "vaccinations": "Immunization",
    "procedures": "Procedure",
}
_LETTER = {
    "problems": "c",
    "prescriptions": "m",
    "results": "o",
    "vitals": "v",
    "vaccinations": "i",
    "procedures": "p",
}


def write_fhirmed(export: Export) -> int:
    """Writes `<Resource>.ndjson` (and Deleted.ndjson); returns the number of resources."""
    practice = export.recording.practice
    old = practice.contract_version == "1.0"
    total = 0

    def save(name: str, *groups: pa.Array) -> None:
        nonlocal total
        (export.folder / f"{name}.ndjson").write_bytes(b"".join(map(text_bytes, groups)))
        total += sum(map(len, groups))

    save("Patient", _patients(export))
    save("Encounter", _encounters(export))
    save("Condition", _conditions(export))
    save("Observation", _results(export), _vitals(export))
    save("MedicationRequest", _medications(export))
    save("Immunization", _immunizations(export, old))
    if not old:
        save("Procedure", _procedures(export))
    gone = export.tombstones()
    if export.number and gone:
        entries = [
            {
                "request": {
                    "method": "DELETE",
                    "url": f"{_RESOURCES[table]}/{_LETTER[table]}{number}",
                }
            }
            for table, ids in gone
            if not (old and table == "procedures")
            for number in ids.tolist()
        ]
        bundle = {
            "resourceType": "Bundle",
            "id": "deleted",
            "type": "transaction",
            "entry": entries,
        }
        (export.folder / "Deleted.ndjson").write_text(json.dumps(bundle) + "\n", encoding="utf-8")
    return total


def _text(values: np.ndarray) -> pa.Array:
    """Free text made safe inside a JSON string."""
    array = pa.array(values, pa.string())
    return pc.replace_substring(pc.replace_substring(array, "\\", "\\\\"), '"', '\\"')


def _ids(name: str, rows: dict[str, np.ndarray]) -> pa.Array:
    return join(_LETTER[name], integers(rows["id"]))


def _subject(export: Export, rows: dict[str, np.ndarray], member: str = "subject") -> pa.Array:
    chart = integers(export.chart_ids(rows["chart"]))
    return join(f',"{member}":{{"reference":"Patient/p', chart, '"}')


def _encounter_of(export: Export, rows: dict[str, np.ndarray]) -> pa.Array:
    ids = export.recording.tables["encounters"]["id"]
    inside = rows["encounter"] >= 0
    number = integers(ids[np.maximum(rows["encounter"], 0)])
    return choose(inside, join(',"encounter":{"reference":"Encounter/e', number, '"}'), "")


def _coding(system: str, code: pa.Array) -> pa.Array:
    return join(f'{{"system":"{system}","code":"', code, '"}')


def _patients(export: Export) -> pa.Array:
    chart = export.charts()
    state = export.state(chart)
    identities, charts = export.recording.identities, export.recording.charts
    number = integers(charts["id"][chart])
    nir = pa.array(state["nir"], pa.string())
    has_nir = pc.not_equal(nir, "")
    used = _text(identities.used_name[chart])
    phone = pa.array(identities.phone[chart], pa.string())
    ended, death = day_text(state["exit"]), day_text(state["death"])
    insee = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
    base = "https://fhirmed.example/StructureDefinition/registration"
    gender = pick(("", ',"gender":"male"', ',"gender":"female"'), identities.sex[chart])
    given = pc.replace_substring(_text(identities.other_first_names[chart]), ", ", '","')
    return join(
        '{"resourceType":"Patient","id":"p', number,
        '","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace",'
        '"valueAddress":{"extension":[{"url":"', insee, '","valueCoding":{"code":"',
        pa.array(identities.birth_place[chart], pa.string()),
        '"}}]}},{"url":"', base, '","extension":[{"url":"declared","valueBoolean":',
        pick(("false", "true"), charts["declared"][chart].astype(np.int64)),
        '},{"url":"start","valueDate":"', day_text(charts["start"][chart]), '"}',
        filled(join(',{"url":"end","valueDate":"', ended, '"}')),
        ']}],"identifier":[{"system":"https://fhirmed.example/patient","value":"', number, '"}',
        pc.if_else(has_nir, join(f',{{"use":"official","system":"{INS}","value":"', nir, '"}'), ""),
        '],"name":[{"use":"official","family":"', _text(identities.birth_name[chart]),
        '","given":["', given, '"]}',
        pc.if_else(pc.not_equal(used, ""), join(',{"use":"usual","family":"', used, '"}'), ""),
        "]",
        pc.if_else(
            pc.not_equal(phone, ""),
            join(',"telecom":[{"system":"phone","value":"', phone, '"}]'),
            "",
        ),
        gender, ',"birthDate":"', day_text(identities.birth_day[chart]), '"',
        filled(join(',"deceasedDateTime":"', death, '"')),
        ',"address":[{"extension":[{"url":"', insee, '","valueCoding":{"code":"',
        pick(communes(), state["commune"]), '"}}],"line":["', _text(identities.address[chart]),
        '"],"postalCode":"', pa.array(identities.postal_code[chart], pa.string()), '"}]}',
    )  # fmt: skip


def _encounters(export: Export) -> pa.Array:
    rows = export.rows("encounters")
    day = day_text(rows["day"])
    clock = pick([f"T{m // 60:02d}:{m % 60:02d}:00+01:00" for m in range(24 * 60)], rows["minute"])
    return join(
        '{"resourceType":"Encounter","id":"e', integers(rows["id"]), '","status":"finished",'
        f'"class":{{"system":"{_TERMINOLOGY}/v3-ActCode","code":"',
        pick(_CLASSES, rows["type"]), '"}',
        _subject(export, rows),
        ',"participant":[{"individual":{"identifier":{"system":"https://rpps.esante.gouv.fr","value":"',
        pick(list(export.recording.practice.rpps), rows["doctor"]),
        '"}}}],"period":{"start":"', day, clock, '","end":"', day, clock, '"}}',
    )  # fmt: skip


def _conditions(export: Export) -> pa.Array:
    rows = export.rows("problems")
    index = problem_index(rows)
    cim10 = _coding(CIM10, problem_text(index, "cim10"))
    both = join(cim10, ",", _coding(CISP2, problem_text(index, "cisp2")))
    codings = join('"coding":[', choose(rows["id"] % 10 < 4, both, cim10), "],")
    active = rows["active"] | (rows["end"] >= export.cut)
    ended = day_text(np.where(active, NO_DAY, rows["end"]))
    return join(
        '{"resourceType":"Condition","id":"', _ids("problems", rows),
        f'","clinicalStatus":{{"coding":[{{"system":"{_TERMINOLOGY}/condition-clinical","code":"',
        pick(("resolved", "active"), active.astype(np.int64)),
        f'"}}]}},"verificationStatus":{{"coding":[{{"system":"{_TERMINOLOGY}/condition-ver-status",'
        '"code":"confirmed"}]},"code":{', choose(rows["text_only"], "", codings),
        '"text":"', problem_text(index, "title"), '"}',
        _subject(export, rows), _encounter_of(export, rows),
        ',"onsetDateTime":"', day_text(rows["start"]), '"',
        filled(join(',"abatementDateTime":"', ended, '"')),
        ',"recordedDate":"', day_text(rows["day"]), '"',
        choose(is_canary(rows["id"]), f',"note":[{{"text":"{CANARY_TEXT}"}}]}}', "}"),
    )  # fmt: skip


def _quantity(value: pa.Array, unit: pa.Array, comparator: pa.Array) -> pa.Array:
    code = unit
    for written, ucum in _UCUM.items():
        code = pc.if_else(pc.equal(code, written), ucum, code)
    less = pc.if_else(pc.is_valid(comparator), ',"comparator":"<"', "")
    units = pc.if_else(
        pc.not_equal(unit, ""),
        join(',"unit":"', unit, f'","system":"{UCUM}","code":"', code, '"'),
        "",
    )
    return join(',"valueQuantity":{"value":', value, less, units, "}")


def _results(export: Export) -> pa.Array:
    rows = export.rows("results")
    values = values_of(rows)
    coded = pc.is_valid(values.coded)
    french = pc.if_else(pc.equal(values.coded, "positive"), "Positif", "Négatif")
    value = pc.if_else(
        coded,
        join(',"valueString":"', filled(french), '"'),
        _quantity(values.text, values.unit, values.comparator),
    )
    local = join('{"system":"https://laboratoire.example/codes","code":"', values.local, '"}')
    loinc = _coding(LOINC, values.loinc)
    codings = choose(
        rows["id"] % 10 < 2, local, choose(rows["id"] % 10 < 5, join(loinc, ",", local), loinc)
    )
    named = choose(
        is_label(rows["id"]),
        join('"text":"', values.label, '"'),
        join('"coding":[', codings, "]"),
    )
    return join(
        '{"resourceType":"Observation","id":"', _ids("results", rows),
        f'","status":"final","category":[{{"coding":[{{"system":"{_TERMINOLOGY}/observation-category",'
        '"code":"laboratory"}]}],"code":{', named, '}',
        _subject(export, rows), ',"effectiveDateTime":"', day_text(rows["day"]), '"', value, "}",
    )  # fmt: skip


def _vitals(export: Export) -> pa.Array:
    rows = export.rows("vitals")
    values = values_of(rows)
    pressure = rows["measure"] == MEASURE_INDEX["sbp"]
    answer = values.coded
    for word, code in _SMOKING.items():
        answer = pc.if_else(pc.equal(answer, word), code, answer)
    smoking = join(',"valueCodeableConcept":{"coding":[', _coding(LOINC, filled(answer)), "]}")
    none = pa.nulls(len(rows["id"]), pa.string())
    parts = join(
        ',"component":[{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]}',
        _quantity(values.text, values.unit, none),
        '},{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]}',
        _quantity(filled(values.second, "0"), values.unit, none),
        "}]",
    )
    is_smoking = rows["measure"] == MEASURE_INDEX["smoking"]
    value = choose(is_smoking, smoking, _quantity(values.text, values.unit, none))
    category = choose(is_smoking, "social-history", "vital-signs")
    return join(
        '{"resourceType":"Observation","id":"', _ids("vitals", rows),
        f'","status":"final","category":[{{"coding":[{{"system":"{_TERMINOLOGY}/observation-category",'
        '"code":"', category, '"}]}],"code":{"coding":[',
        _coding(LOINC, choose(pressure, "85354-9", values.loinc)), "]}",
        _subject(export, rows), _encounter_of(export, rows),
        ',"effectiveDateTime":"', day_text(rows["day"]), '"', choose(pressure, parts, value), "}",
    )  # fmt: skip


def _medications(export: Export) -> pa.Array:
    rows = export.rows("prescriptions")
    cip = _coding(CIP13, pack_codes(rows["pack"]))
    atc = _coding(ATC, atc_codes(rows["drug"].astype(np.int64)))
    codings = choose(
        rows["id"] % 10 < 6, join(cip, ",", atc), choose(rows["id"] % 10 < 9, cip, atc)
    )
    doctor = pick(list(export.recording.practice.rpps), rows["doctor"])
    return join(
        '{"resourceType":"MedicationRequest","id":"', _ids("prescriptions", rows),
        '","status":"completed","intent":"order","medicationCodeableConcept":{"coding":[',
        codings, "]}", _subject(export, rows), _encounter_of(export, rows),
        ',"authoredOn":"', day_text(rows["day"]),
        '","requester":{"identifier":{"system":"https://rpps.esante.gouv.fr","value":"', doctor,
        '"}},"dispenseRequest":{"quantity":{"value":', integers(rows["boxes"]),
        '},"expectedSupplyDuration":{"value":', integers(rows["days"]),
        f',"unit":"d","system":"{UCUM}","code":"d"}}}}}}',
    )  # fmt: skip


def _immunizations(export: Export, old: bool) -> pa.Array:
    rows = export.rows("vaccinations")
    status = "" if old else ',"status":"completed"'
    return join(
        '{"resourceType":"Immunization","id":"', _ids("vaccinations", rows), f'"{status}'
        ',"vaccineCode":{"coding":[',
        _coding(ATC, pick([vaccine.atc for vaccine in VACCINES], rows["vaccine"])), "]}",
        _subject(export, rows, "patient"), ',"occurrenceDateTime":"', day_text(rows["day"]), '"}',
    )  # fmt: skip


def _procedures(export: Export) -> pa.Array:
    rows = export.rows("procedures")
    return join(
        '{"resourceType":"Procedure","id":"', _ids("procedures", rows),
        '","status":"completed","code":{"coding":[',
        _coding(CCAM, pick(PROCEDURES, rows["procedure"])), "]}", _subject(export, rows),
        ',"performedDateTime":"', day_text(rows["day"]), '"}',
    )  # fmt: skip
