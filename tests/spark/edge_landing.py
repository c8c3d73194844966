"""Deliveries full of edge values, written straight into a landing zone.

What a vendor may send within its contract and an engine may read in its own way: nulls
everywhere, empty texts, no-break spaces, accents, quotes, backslashes, line ends, partial and
impossible dates, the first and the last day of the calendar, numbers written in every fashion,
ties of all kinds. Codes, units and measures come from the project's seeds, so that every
code list, unit rule and fact type is met. The same call always writes the same rows.

Intake's own guarantees are kept: a record key is there and unique within a delivery, and the
columns have the contract's types.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent.parent
FIRST, LAST = dt.date(2022, 1, 1), dt.date(2024, 12, 31)
PATIENTS = 60  # per practice
Row = dict[str, Any]

NASTY = [
    None, "", " ", "\u00a0", "é", "É", "ß", "O'Brien", 'a"b', "a\\b", "a\tb", "a\nb", "x\r", "🩺",
    "%", "_", "null", "NaN", "0", "-1", "a|b", "|", ";", "١٢", "‰", "K86|", "{{ x }}", "--",
]  # fmt: skip
FRENCH_DATES = [
    None, "", " ", "31/02/2023", "1/2/2023", "00/00/0000", "01/01/0001", "31/12/9999", "2023-12",
    "2023", "2023-06-15", "12/31/2023", "01/01/23", "01/01/2023 ", " 01/01/2023",
    "01/01/2023 10:30", "29/02/2024", "29/02/2023", "n/a", "01-01-2023", "15/06/2023\r",
]  # fmt: skip
FHIR_DATES = [
    None, "", "2023", "2023-05", "2023-02-30", "2023-05-06T10:11:12+02:00", "2023-05-06T23:30:00Z",
    "2023-12-31T23:59:59.999-11:00", "0001-01-01", "9999-12-31", "2024-02-29", "06/05/2023",
    "2023-5-6", "2023-05-06abc", " 2023-05-06",
]  # fmt: skip
DAYS = [None, dt.date(1, 1, 1), dt.date(1582, 10, 10), dt.date(1899, 12, 31), dt.date(9999, 12, 31)]
NUMBERS = [
    None, "", "5,2", "5.2", "5,20", "<0,05", "< 0,05", ">= 90", "=<3", "1,2 g/L", "1.2 mmol/l",
    "1 200", "1\u00a0200", "1\u202f200", "positif", "Négatif", "POSITIF ", "négatif\n", "13/8",
    "128/76", "128 / 76", "12,8/7,6", "8/13", "72,5", "72.5 kg", "NaN", "inf", "1e3", "2.5e-3",
    "3d", "3f", "-5", "0", "0,000", "99999999999999999999", "5,2\n", "5,2\r", "½", "fumeur",
    "non fumeur", "Ancien fumeur", "ex-fumeur", "0.0005", "1.0000005", "2,675", "1.005", "--",
    "5,2,1", "<", "90", "140", "85", "6.5", "42", "120", "175", "1.75", "250", "0,9", "88,4",
]  # fmt: skip
SEXES = ["M", "F", "1", "2", "H", "I", "", None, "m", " F", "male", "female", "unknown", "other"]
STATES = ["A", "R", "actif", "clos", "active", "resolved", "finished", "final", "completed"]
STATES += ["entered-in-error", "not-done", "confirmed", "refuted", "cancelled", "", None, "x"]


def seed(name: str, column: str, **having: str) -> list[str]:
    """The values of a seed's column, where the other columns have the given values."""
    with (ROOT / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return [
            row[column]
            for row in csv.DictReader(file)
            if all(row[key] == value for key, value in having.items())
        ]


def list_codes(system: str) -> list[str]:
    return sorted(set(seed("vocabulary/code_list", "code", code_system=system)))


class Maker:
    """Draws the cells of a row: mostly what a practice would send, now and then an edge."""

    def __init__(self, source: str, practice: int, table: str, sequence: int) -> None:
        self.random = random.Random(f"{source}/{table}/{practice}/{sequence}")
        self.chart = f"l2-edge-{source}-{practice}-"
        units = [
            *seed("vocabulary/unit_alias", "unit_as_sent"),
            *seed("vocabulary/unit_conversion", "unit"),
        ]
        self.units: list[str | None] = [*sorted(set(units)), "", None, "G/L", "µmol/L", "μmol/L"]
        self.cisp2 = list_codes("CISP-2")
        self.cim10 = list_codes("CIM-10")
        self.ccam = list_codes("CCAM")
        self.nabm = [code for code in list_codes("NABM") if code.isdigit()]
        self.atc = list_codes("ATC")
        self.cip13 = seed("vocabulary/cip_atc", "cip13")
        self.ucd = seed("vocabulary/ucd_atc", "ucd_code")
        self.communes = seed("geography/territory", "commune_code")[::20]
        self.natures = [int(code) for code in seed("vocabulary/claim_nature", "nature_code")]

    def pick(self, values: Sequence[Any]) -> Any:
        return self.random.choice(values)

    def mostly(self, usual: Any, edges: Sequence[Any], share: float = 0.15) -> Any:
        return self.pick(edges) if self.random.random() < share else usual

    def day(self) -> dt.date:
        return FIRST + dt.timedelta(days=self.random.randrange((LAST - FIRST).days + 1))

    def date(self) -> dt.date | None:
        return self.mostly(self.day(), DAYS, 0.08)

    def french_date(self) -> str | None:
        return self.mostly(self.day().strftime("%d/%m/%Y"), FRENCH_DATES)

    def fhir_date(self) -> str | None:
        return self.mostly(self.day().isoformat(), FHIR_DATES)

    def number(self) -> str | None:
        return self.mostly(
            f"{self.random.uniform(0, 200):.{self.random.randrange(4)}f}", NUMBERS, 0.5
        )

    def integer(self) -> int | None:
        return self.pick([None, 0, 1, 1, 1, 2, 3, 28, 30, 90, -1, 2147483647])

    def pseudo(self, kind: str, count: int) -> str:
        return f"l2-edge-{kind}-{self.random.randrange(count)}"

    def patient(self) -> str:
        return f"{self.chart}{self.random.randrange(PATIENTS)}"

    def icd(self) -> str | None:
        code = self.pick(self.cim10)
        dotted = code[:3] + "." + code[3:] if len(code) > 3 else code
        return self.mostly(self.pick([code, dotted, code.lower(), code + "0"]), NASTY, 0.1)

    def identity(self) -> Row:
        return {
            "nir_pseudo": self.mostly(self.pseudo("nir", 90), [None], 0.4),
            "nir_status": self.pick(["certified", "key_invalid", "insured", "waiting", "missing"]),
            "traits_pseudo": self.mostly(self.pseudo("traits", 120), [None], 0.2),
        }


def write(home: Path) -> dict[str, int]:
    """Write the edge deliveries of every source into `home/landing`; rows per `source/table`.

    `home/schemas` holds the zero-row schema files. Raises KeyError when a table of the
    contracts is not known here: a new one needs its edges.
    """
    written: dict[str, int] = {}
    for source, makers in SOURCES.items():
        known = {path.stem for path in (home / "schemas" / source).glob("*.parquet")}
        if missing := known - set(makers) - {"suppression"}:
            raise KeyError(f"no edge values for {source}: {sorted(missing)}")
        for practice in range(1 if source == "snds" else 2):
            for sequence in (1, 2):
                rows = _delivery(home, source, practice, sequence, makers)
                for table, count in rows.items():
                    written[f"{source}/{table}"] = written.get(f"{source}/{table}", 0) + count
    for table, rows in REFERENCE.items():
        schema = pq.read_schema(home / "schemas" / "reference" / f"{table}.parquet")
        folder = home / "reference" / table
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "part-0.parquet")
        written[f"reference/{table}"] = len(rows)
    return written


def _delivery(
    home: Path,
    source: str,
    practice: int,
    sequence: int,
    makers: dict[str, Callable[[Maker], list[Row]]],
) -> dict[str, int]:
    delivery = f"{source}-edge{practice}-{sequence:06d}"
    pseudo = None if source == "snds" else f"l2-edge-practice-{source}-{practice}"
    technical = {"delivery_id": delivery, "delivery_sequence": sequence, "practice_pseudo": pseudo}
    counts = {}
    for table, make in makers.items():
        rows = make(Maker(source, practice, table, sequence))
        _write_table(home, source, table, delivery, technical, rows)
        counts[table] = len(rows)
    if source != "snds" and sequence == 2:
        rows = SUPPRESSIONS[source]
        _write_table(home, source, "suppression", delivery, technical, rows)
        counts["suppression"] = len(rows)
    flow = dt.date(2024, 10 + sequence, 1)
    _write_table(home, "p4dp", "delivery", delivery, technical, [{
        "source": source,
        "vendor": source,
        "software_version": [None, "8.2"][sequence - 1],
        "contract_version": "2.0",
        "commune_code": [None, "01053"][practice],
        "structure_type": ["cabinet", "msp"][practice],
        "university_zone": ["", None][practice],
        "delivery_kind": "changes" if source == "snds" or sequence == 2 else "full",
        "period_start": flow if source == "snds" else FIRST,
        "period_end": dt.date(2024, 10 + sequence, 30),
        "received_date": dt.date(2025, 1, sequence),
        "received_row_count": 1,
        "accepted_row_count": 1,
        "quarantined_row_count": 0,
        "duplicate_row_count": 0,
        "is_synthetic": True,
    }])  # fmt: skip
    return counts


def _write_table(
    home: Path, source: str, table: str, delivery: str, technical: Row, rows: list[Row]
) -> None:
    schema = pq.read_schema(home / "schemas" / source / f"{table}.parquet")
    known = set(schema.names)
    if unknown := {name for row in rows for name in row} - known:
        raise KeyError(f"{source}/{table} has no column {sorted(unknown)}")
    columns = {
        field.name: pa.array(
            [
                number
                if field.name == "delivery_row"
                else row.get(field.name, technical.get(field.name))
                for number, row in enumerate(rows, 1)
            ],
            field.type,
        )
        for field in schema
    }
    folder = home / "landing" / source / table / f"delivery={delivery}"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, schema=schema), folder / "part-0.parquet")


# ---- official files --------------------------------------------------------------------------

# Beyond the seeds: a commune, a pack that edge claims hold, a code that edge residences hold.
_SEEN = seed("geography/territory", "commune_code")[0]
REFERENCE: dict[str, list[Row]] = {
    "commune": [
        {
            "commune_code": "29019",
            "commune_name": "Brest",
            "commune_type": "COM",
            "departement_code": "29",
            "region_code": "53",
            "population": 139456,
        }
    ],
    "commune_movement": [
        {
            "event_type": 31,
            "event_date": dt.date(1972, 12, 15),
            "code_before": f"{_SEEN[:2]}000",
            "code_after": "29999",
        },
        {
            "event_type": 32,
            "event_date": dt.date(2016, 1, 1),
            "code_before": "29999",
            "code_after": _SEEN,
        },
    ],
    "medicine_pack": [
        {"cip13": "3400900000000", "atc_code": "C10AA05", "atc_source": "generic group"}
    ],
}

# ---- medirel ---------------------------------------------------------------------------------


def _medirel_patient(make: Maker) -> list[Row]:
    return [
        {
            "patient_pseudo": f"{make.chart}{number}",
            "annee_naissance": make.pick([None, 1900, *range(1930, 2024)]),
            "mois_naissance": make.pick([None, *range(1, 13)]),
            "sexe": make.pick(SEXES),
            "commune_insee": make.mostly(make.pick(make.communes), NASTY),
            "date_deces": make.mostly(None, ["15/06/2023", *FRENCH_DATES], 0.2),
            "medecin_traitant_declare": make.pick(["O", "N", "o", "", None, "?"]),
            "date_inscription": make.french_date(),
            "date_sortie": make.mostly(None, ["15/06/2024", *FRENCH_DATES], 0.2),
            **make.identity(),
        }
        for number in range(PATIENTS)
    ]


def _medirel_consultation(make: Maker) -> list[Row]:
    return [
        {
            "num_consultation": str(number),
            "patient_pseudo": make.patient(),
            "praticien_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "date_consultation": make.french_date(),
            "type_acte": make.pick(["C", "C", "C", "V", "TC", "TEL", "ADM", "ACT", "c ", "", None]),
        }
        for number in range(300)
    ]


def _medirel_diagnostic(make: Maker) -> list[Row]:
    def codes() -> str | None:
        some = [make.pick(make.cisp2) for _ in range(make.random.randrange(1, 4))]
        return make.mostly("|".join(some), ["", "|", "T90|", " T90 | t89", "|K86", *NASTY], 0.2)

    return [
        {
            "num_diagnostic": str(number),
            "num_consultation": make.mostly(str(make.random.randrange(300)), [None, "", "9999"]),
            "patient_pseudo": make.patient(),
            "date_diagnostic": make.french_date(),
            "codes_cisp2": codes(),
            "date_debut": make.french_date(),
            "date_fin": make.mostly(None, [make.french_date()], 0.3),
            "statut": make.pick(STATES),
        }
        for number in range(300)
    ]


def _medirel_prescription(make: Maker) -> list[Row]:
    return [
        {
            "num_prescription": str(number),
            "num_consultation": make.mostly(str(make.random.randrange(300)), [None, ""]),
            "patient_pseudo": make.patient(),
            "praticien_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "date_prescription": make.french_date(),
            "code_cip13": make.mostly(make.pick(make.cip13), ["3400900000000", *NASTY]),
            "nb_boites": make.integer(),
            "duree_jours": make.integer(),
        }
        for number in range(300)
    ]


def _medirel_resultat(make: Maker) -> list[Row]:
    codes = seed("vocabulary/measure_code", "code", code_system="medirel:code_analyse")
    codes += seed("vocabulary/measure_code", "code", code_system="LOINC")
    return [
        {
            "num_resultat": str(number),
            "patient_pseudo": make.patient(),
            "date_resultat": make.french_date(),
            "code_analyse": make.mostly(make.pick(codes), NASTY, 0.1),
            "valeur": make.number(),
            "unite": make.pick(make.units),
        }
        for number in range(900)
    ]


def _medirel_constante(make: Maker) -> list[Row]:
    kinds = seed("vocabulary/measure_code", "code", code_system="medirel:type_constante")
    return [
        {
            "num_constante": str(number),
            "patient_pseudo": make.patient(),
            "num_consultation": make.mostly(str(make.random.randrange(300)), [None]),
            "date_constante": make.french_date(),
            "type_constante": make.mostly(make.pick(kinds), ["ta", "POIDS ", *NASTY], 0.1),
            "valeur": make.number(),
            "unite": make.pick(make.units),
        }
        for number in range(900)
    ] + [row for patient in range(20) for row in _medirel_body(make, patient)]


def _medirel_body(make: Maker, patient: int) -> list[Row]:
    """Height, weight and the index computed from them, of one day: what can be computed again."""
    day = make.day().strftime("%d/%m/%Y")
    height, weight = make.random.randrange(150, 190), make.random.randrange(50, 110)
    index = weight * 10_000 / height**2 + make.pick([0, 0, 3])
    return [
        {
            "num_constante": f"body-{patient}-{kind}",
            "patient_pseudo": f"{make.chart}{patient}",
            "num_consultation": None,
            "date_constante": day,
            "type_constante": kind,
            "valeur": value,
            "unite": unit,
        }
        for kind, value, unit in (
            ("TAILLE", str(height), "cm"),
            ("POIDS", str(weight), "kg"),
            ("IMC", f"{index:.1f}", "kg/m2"),
        )
    ]


def _medirel_vaccination(make: Maker) -> list[Row]:
    return [
        {
            "num_vaccination": str(number),
            "patient_pseudo": make.patient(),
            "date_vaccination": make.french_date(),
            "code_cip13": make.mostly(make.pick(make.cip13), [None, "", "x"], 0.4),
            "valence": make.pick(
                ["GRIPPE", "DTP", "ROR", "HPV", "PNEUMO", "COVID", "ZONA", "", None]
            ),
        }
        for number in range(120)
    ]


def _medirel_acte(make: Maker) -> list[Row]:
    return [
        {
            "num_acte": str(number),
            "patient_pseudo": make.patient(),
            "praticien_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "date_acte": make.french_date(),
            "code_ccam": make.mostly(make.pick(make.ccam), NASTY),
        }
        for number in range(120)
    ]


# ---- dosmed ----------------------------------------------------------------------------------


def _dosmed_dossier(make: Maker) -> list[Row]:
    return [
        {
            "patient_pseudo": f"{make.chart}{number}",
            "annee_naissance": make.pick([None, 1900, *range(1930, 2024)]),
            "mois_naissance": make.pick([None, *range(1, 13)]),
            "sexe": make.pick(SEXES),
            "commune_insee": make.mostly(make.pick(make.communes), NASTY),
            "date_deces": make.mostly(None, [make.date()]),
            "est_medecin_traitant": make.pick([True, False, None]),
            "date_ouverture": make.date(),
            "date_fermeture": make.mostly(None, [make.date()], 0.2),
            **make.identity(),
        }
        for number in range(PATIENTS)
    ]


def _dosmed_evenement(make: Maker) -> list[Row]:
    kinds = ["CONSULTATION", "VISITE", "TELECONSULTATION", "COURRIER", "SECRETARIAT", "", None]
    return [
        {
            "evenement_id": f"e{number}",
            "patient_pseudo": make.patient(),
            "praticien_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "date_evenement": make.mostly(
                dt.datetime.combine(make.day(), dt.time(make.random.randrange(24), 59, 59, 999999)),
                [None, dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59)],
                0.08,
            ),
            "type_evenement": make.pick(kinds),
        }
        for number in range(300)
    ]


def _dosmed_element(make: Maker) -> list[Row]:
    labels = seed("vocabulary/measure_code", "code", code_system="dosmed:local")
    loinc = seed("vocabulary/measure_code", "code", code_system="LOINC")
    rows = []
    for number in range(1200):
        rubric = make.pick(
            ["DIAGNOSTIC", "TRAITEMENT", "BIOLOGIE", "CONSTANTE", "VACCIN", "ACTE", "HABITUS"]
        )
        attributes: Row = {}
        if rubric == "DIAGNOSTIC":
            attributes = {"code": make.icd(), "systeme": make.mostly("CIM10", [None, "CISP2"])}
            attributes |= {
                "statut": make.pick(STATES),
                "date_fin": make.mostly(None, FHIR_DATES, 0.4),
            }
        elif rubric in {"TRAITEMENT", "VACCIN"}:
            attributes = {
                "code": make.pick(make.atc),
                "systeme": make.mostly("ATC", [None, "CIP13"]),
            }
            attributes |= {"quantite": make.number(), "duree_jours": make.number()}
        elif rubric == "ACTE":
            attributes = {"code": make.pick(make.ccam), "systeme": "CCAM"}
        else:
            system = make.pick(["LOINC", "LOCAL", "LOCAL", None])
            attributes = {"systeme": system, "valeur": make.number()}
            attributes["libelle_local" if system == "LOCAL" else "code"] = make.pick(
                labels if system == "LOCAL" else loinc
            )
            if rubric == "CONSTANTE" and make.random.random() < 0.4:
                del attributes["valeur"]
                attributes |= {
                    "valeur_systolique": make.number(),
                    "valeur_diastolique": make.number(),
                }
        shared = {
            "element_id": f"el{number}",
            "evenement_id": make.mostly(f"e{make.random.randrange(300)}", [None, ""]),
            "patient_pseudo": make.patient(),
            "date_element": make.date(),
            "rubrique": rubric,
            "remplace_element_id": make.mostly(None, [f"el{make.random.randrange(1200)}"], 0.05),
        }
        for name, value in attributes.items():
            if make.random.random() < 0.95:
                unit = make.pick(make.units) if name.startswith("valeur") else None
                rows.append({**shared, "attribut": name, "valeur": value, "unite": unit})
    return rows


# ---- fhirmed ---------------------------------------------------------------------------------


def _fhir_patient(make: Maker) -> list[Row]:
    return [
        {
            "resource_id": f"{make.chart}{number}",
            "patient_pseudo": f"{make.chart}{number}",
            "birth_year": make.pick([None, 1900, *range(1930, 2024)]),
            "birth_month": make.pick([None, *range(1, 13)]),
            "gender": make.pick(SEXES),
            "commune_code": make.mostly(make.pick(make.communes), NASTY),
            "deceased_date": make.mostly(None, FHIR_DATES, 0.2),
            "is_declared": make.pick([True, False, None]),
            "registration_start": make.fhir_date(),
            "registration_end": make.mostly(None, FHIR_DATES, 0.2),
            **make.identity(),
        }
        for number in range(PATIENTS)
    ]


def _fhir_resource(
    kind: str, count: int, cells: Callable[[Maker], Row]
) -> Callable[[Maker], list[Row]]:
    def make_rows(make: Maker) -> list[Row]:
        rows = []
        for number in range(count):
            row = {
                "resource_id": f"{kind}-{number}",
                "patient_pseudo": make.patient(),
            }
            if kind != "Encounter":
                row["encounter_id"] = make.mostly(
                    f"Encounter-{make.random.randrange(250)}", [None, ""]
                )
            rows.append(row | cells(make))
        return rows

    return make_rows


FHIR_SYSTEMS = {
    "Condition": ["http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icpc-2"],
    "Observation": ["http://loinc.org"],
    "MedicationRequest": ["http://www.whocc.no/atc"],
    "Immunization": ["http://www.whocc.no/atc", "http://hl7.org/fhir/sid/cvx"],
    "Procedure": [],
}
FHIR_COUNTS = {"Condition": 250, "Observation": 900, "MedicationRequest": 250, "Immunization": 80}
FHIR_COUNTS |= {"Procedure": 80, "Encounter": 250}


def _fhir_coding(make: Maker) -> list[Row]:
    loinc = seed("vocabulary/measure_code", "code", code_system="LOINC")
    sent = seed("vocabulary/code_system_map", "system_as_sent")
    pools = {
        "Condition": [make.cim10, make.cisp2],
        "Observation": [loinc],
        "MedicationRequest": [make.atc, make.cip13],
        "Immunization": [make.atc],
        "Procedure": [make.ccam],
    }
    rows = []
    for kind, systems in FHIR_SYSTEMS.items():
        for number in range(FHIR_COUNTS[kind]):
            for index in range(make.pick([0, 1, 1, 1, 2, 3])):
                system = make.mostly(make.pick(systems or sent), [*sent, None, "", "urn:x"], 0.25)
                rows.append(
                    {
                        "resource_type": kind,
                        "resource_id": f"{kind}-{number}",
                        "patient_pseudo": make.patient(),
                        "element": make.mostly("code", ["value", "type", "category"]),
                        "coding_index": index,
                        "code_system": system,
                        "code": make.mostly(make.pick(make.pick(pools[kind])), NASTY, 0.1),
                    }
                )
    return rows


def _fhir_component(make: Maker) -> list[Row]:
    rows = []
    for number in range(0, FHIR_COUNTS["Observation"], 3):
        for index, code in enumerate(("8480-6", "8462-4")):
            rows.append(
                {
                    "resource_id": f"Observation-{number}",
                    "component_index": index,
                    "patient_pseudo": make.patient(),
                    "code_system": make.mostly("http://loinc.org", [None, ""]),
                    "code": make.mostly(code, [None, "x"]),
                    "value_number": make.pick(
                        [None, 120.0, 80.0, 13.0, 8.0, float("nan"), -1.0, 0.0]
                    ),
                    "value_unit": make.pick(["mm[Hg]", "mmHg", "cmHg", "", None]),
                }
            )
    return rows


def _double(make: Maker) -> float | None:
    return make.mostly(
        round(make.random.uniform(0, 200), make.random.randrange(8)),
        [None, 0.0, -0.0, 1.0, 1e-7, 1e20, -5.0, float("nan"), float("inf"), 2.675, 0.1 + 0.2],
    )


FHIRMED: dict[str, Callable[[Maker], list[Row]]] = {
    "patient": _fhir_patient,
    "encounter": _fhir_resource(
        "Encounter",
        FHIR_COUNTS["Encounter"],
        lambda make: {
            "practitioner_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "status": make.pick(STATES),
            "class_code": make.pick(["AMB", "HH", "VR", "IMP", "EMER", "", None, "amb"]),
            "period_start": make.fhir_date(),
            "period_end": make.fhir_date(),
        },
    ),
    "condition": _fhir_resource(
        "Condition",
        FHIR_COUNTS["Condition"],
        lambda make: {
            "clinical_status": make.pick(STATES),
            "verification_status": make.pick(STATES),
            "onset_date": make.fhir_date(),
            "abatement_date": make.mostly(None, FHIR_DATES, 0.3),
            "recorded_date": make.fhir_date(),
        },
    ),
    "observation": _fhir_resource(
        "Observation",
        FHIR_COUNTS["Observation"],
        lambda make: {
            "status": make.pick(STATES),
            "category_code": make.pick(["laboratory", "vital-signs", "social-history", "", None]),
            "effective_date": make.fhir_date(),
            "value_number": _double(make),
            "value_text": make.mostly(None, [*NUMBERS, *NASTY], 0.3),
            "value_comparator": make.mostly(None, ["<", "<=", ">", ">=", "", "~"], 0.2),
            "value_unit": make.pick(make.units),
        },
    ),
    "observation_component": _fhir_component,
    "medication_request": _fhir_resource(
        "MedicationRequest",
        FHIR_COUNTS["MedicationRequest"],
        lambda make: {
            "practitioner_pseudo": make.mostly(make.pseudo("gp", 3), [None]),
            "status": make.pick(STATES),
            "authored_date": make.fhir_date(),
            "quantity": _double(make),
            "duration_days": make.integer(),
        },
    ),
    "immunization": _fhir_resource(
        "Immunization",
        FHIR_COUNTS["Immunization"],
        lambda make: {"status": make.pick(STATES), "occurrence_date": make.fhir_date()},
    ),
    "procedure": _fhir_resource(
        "Procedure",
        FHIR_COUNTS["Procedure"],
        lambda make: {"status": make.pick(STATES), "performed_date": make.fhir_date()},
    ),
    "coding": _fhir_coding,
    "other_resource": lambda make: [
        {
            "resource_type": make.pick(["CarePlan", "Device", "", None]),
            "resource_id": f"o{number}",
            "patient_pseudo": make.mostly(make.patient(), [None]),
            "status": make.pick(STATES),
            "resource_date": make.fhir_date(),
        }
        for number in range(30)
    ],
}

# ---- snds ------------------------------------------------------------------------------------

CLAIMS = 600
# Number and rank: every third number is shared by twins.
BENEFICIARIES = [(n, rank) for n in range(90) for rank in (1, 2) if rank == 1 or n % 3 == 0]


def _claim_key(number: int) -> Row:
    return {
        "DCT_ORD_NUM": number,
        "FLX_DIS_DTD": dt.date(2024, 11, 1),
        "FLX_EMT_NUM": number % 3,
        "FLX_EMT_ORD": 1,
        "FLX_EMT_TYP": 1,
        "FLX_TRT_DTD": dt.date(2024, 11, 5),
        "ORG_CLE_NUM": ["01C691", "é", ""][number % 3],
        "PRS_ORD_NUM": number // 7,
        "REM_TYP_AFF": number % 2,
    }


def _beneficiary(make: Maker) -> Row:
    return {"BEN_NIR_PSA": make.pseudo("nir", 90), "BEN_RNG_GEM": make.pick([1, 1, 1, 2])}


def _snds_claim(make: Maker) -> list[Row]:
    return [
        {
            **_claim_key(number),
            **_beneficiary(make),
            "PRS_NAT_REF": make.mostly(make.pick(make.natures), [None, 0, 1111, 3125, 3313, 9434]),
            "EXE_SOI_DTD": make.mostly(make.day(), DAYS, 0.05),
            "PRS_ACT_QTE": make.pick([1, 1, 1, 1, -1, 0, 2, None]),
            "PSE_SPE_COD": make.pick([0, 1, 3, 22, 23, 99, None]),
            "PSE_ACT_NAT": make.pick([0, 24, 50, None]),
            "PFS_EXE_NUM": make.mostly(make.pseudo("gp", 5), [None, ""]),
            "PFS_PRE_NUM": make.mostly(make.pseudo("gp", 5), [None, ""]),
            "PRS_MTT_NUM": make.mostly(make.pseudo("gp", 5), [None]),
            "PRS_PDS_QCP": make.pick([0, 21, 22, 24, None]),
            "EXO_MTF": make.pick([0, 4, 41, 43, 45, None]),
            "DPN_QLF": make.pick([0, 0, 0, 71, None]),
            "PRS_DPN_QLP": make.pick([0, 0, 0, 71, None]),
            "CPL_MAJ_TOP": make.pick([0, 1, 2, None]),
            "CPL_AFF_COD": make.pick([0, 16, None]),
            "BEN_EHP_TOP": make.pick([0, 1, None]),
            "BEN_RES_COM": make.mostly(make.pick(make.communes)[2:], [None, "", "000"]),
            "BEN_RES_DPT": make.mostly(
                "0" + make.pick(make.communes)[:2], [None, "", "999", "02A"]
            ),
        }
        for number in range(CLAIMS)
    ]


def _detail(step: int, cells: Callable[[Maker], Row]) -> Callable[[Maker], list[Row]]:
    return lambda make: [_claim_key(number) | cells(make) for number in range(0, CLAIMS, step)]


def _stays(make: Maker, cells: Callable[[Maker], Row], each: int = 1) -> list[Row]:
    hospitals = ["010000024", seed("vocabulary/duplicate_hospital", "hospital_code")[0], ""]
    return [
        {"ETA_NUM": hospitals[number % 3], "RSA_NUM": number, **cells(make)}
        for number in range(80)
        for _ in range(each)
    ]


def _outpatient(make: Maker, cells: Callable[[Maker], Row], each: int = 1) -> list[Row]:
    return [
        {"ETA_NUM": stay["ETA_NUM"], "SEQ_NUM": str(stay["RSA_NUM"]), **cells(make)}
        for stay in _stays(make, lambda _: {}, each)
    ]


SNDS: dict[str, Callable[[Maker], list[Row]]] = {
    "IR_BEN_R": lambda make: [
        {
            "BEN_NIR_PSA": f"l2-edge-nir-{number}",
            "BEN_RNG_GEM": rank,
            "BEN_IDT_ANO": make.mostly(f"l2-edge-ano-{number}", [None, "l2-edge-ano-0"], 0.1),
            "BEN_NAI_ANN": make.mostly(
                str(make.random.randrange(1930, 2024)), [None, "", "0000", "1600"]
            ),
            "BEN_NAI_MOI": make.mostly(
                f"{make.random.randrange(1, 13):02d}", [None, "00", "99", "x"]
            ),
            "BEN_SEX_COD": make.pick([1, 2, 0, 9, None]),
            "BEN_DCD_DTE": make.mostly(None, [make.day(), dt.date(1600, 1, 1)]),
            "BEN_RES_DPT": make.mostly(
                "0" + make.pick(make.communes)[:2], [None, "", "999", "02A"]
            ),
            "BEN_RES_COM": make.mostly(make.pick(make.communes)[2:], [None, "", "000"]),
            "ORG_AFF_BEN": make.pick(["01C691", "", None]),
            "BEN_TOP_CNS": make.pick([0, 1, None]),
            "MAX_TRT_DTD": make.date(),
        }
        for number, rank in BENEFICIARIES
    ],
    "IR_MTT_R": lambda make: [
        {
            **_beneficiary(make),
            "MTT_PFS_NUM": make.mostly(make.pseudo("gp", 5), [None, ""]),
            "MTT_DEP_DTE": make.date(),
            "MTT_FIN_DTE": make.mostly(
                None, [make.day(), dt.date(1600, 1, 1), dt.date(2600, 1, 1)], 0.4
            ),
            "MTT_MTF_COD": make.pick([0, 1, 99, None]),
        }
        for _ in range(150)
    ],
    "IR_IMB_R": lambda make: [
        {
            **_beneficiary(make),
            "IMB_ALD_NUM": make.pick([None, 0, 5, 8, 13, 30, 31, 32, 99]),
            "MED_NCL_IDT": make.mostly("CIM10", [None, ""]),
            "MED_MTF_COD": make.icd(),
            "IMB_ETM_NAT": make.pick([41, 43, 45, 11, None]),
            "IMB_ALD_DTD": make.date(),
            "IMB_ALD_DTF": make.mostly(
                dt.date(1600, 1, 1), [None, make.day(), dt.date(2099, 1, 1)], 0.5
            ),
        }
        for _ in range(150)
    ],
    "ER_PRS_F": _snds_claim,
    "ER_CAM_F": _detail(
        5,
        lambda make: {
            "CAM_PRS_IDE": make.mostly(make.pick(make.ccam), NASTY),
            "CAM_ACT_COD": make.pick([1, 4, None]),
            "CAM_TRT_PHA": make.pick([0, 1, None]),
        },
    ),
    "ER_BIO_F": _detail(
        3,
        lambda make: {
            "BIO_PRS_IDE": make.mostly(int(make.pick(make.nabm)), [None, 0, 1, 99999]),
            "BIO_ACT_QSN": make.pick([1, 1, -1, 0, 2, None]),
        },
    ),
    "ER_PHA_F": _detail(
        2,
        lambda make: {
            "PHA_PRS_C13": make.mostly(int(make.pick(make.cip13)), [None, 0, 3400900000000]),
            "PHA_ACT_QSN": make.pick([1, 1, 1, -1, 0, 2, None]),
            "PHA_DEC_QSU": make.pick([0, 1, None]),
        },
    ),
    "ER_UCD_F": _detail(
        7,
        lambda make: {
            "UCD_UCD_COD": make.mostly(
                make.pick(make.ucd).zfill(13), [None, "", "  ", "9439795", "3400894397954", "é"]
            ),
            "UCD_DLV_NBR": make.pick([30, 30, 30, -30, 0, 1, None]),
            "UCD_TOP_UCD": make.pick([0, 0, 0, 1, 9, None]),
        },
    ),
    "ER_ETE_F": _detail(
        11,
        lambda make: {
            "ETE_IND_TAA": make.pick([0, 1, 2, None]),
            "ETE_GHS_NUM": make.pick([0, 1234, None]),
            "ETE_TYP_COD": make.pick([1, 2, 4, None]),
        },
    ),
    "T_MCOaaB": lambda make: _stays(
        make,
        lambda make: {
            "DGN_PAL": make.mostly(make.icd(), ["I500", "I501", "I50.9"], 0.3),
            "DGN_REL": make.mostly(None, [make.icd()], 0.4),
            "GRG_GHM": make.pick(["05M091", "90Z00Z", "28Z04Z", "", None]),
            "SOR_MOD": make.pick([6, 7, 8, 9, None]),
            "ENT_MOD": make.pick([6, 7, 8, None]),
            "AGE_ANN": make.pick([None, 0, 45, 99]),
        },
    ),
    "T_MCOaaC": lambda make: _stays(
        make,
        lambda make: {
            "NIR_ANO_17": make.mostly(make.pseudo("nir", 90), [None, ""]),
            "EXE_SOI_DTD": make.mostly(make.day(), DAYS, 0.1),
            "EXE_SOI_DTF": make.mostly(make.day(), [None]),
            **{
                name: make.mostly("0", ["1", None], 0.05)
                for name in (
                    "NIR_RET",
                    "NAI_RET",
                    "SEX_RET",
                    "SEJ_RET",
                    "FHO_RET",
                    "PMS_RET",
                    "DAT_RET",
                )
            },
        },
    ),
    "T_MCOaaD": lambda make: _stays(make, lambda make: {"ASS_DGN": make.icd()}, each=2),
    "T_MCOaaA": lambda make: _stays(
        make,
        lambda make: {
            "CDC_ACT": make.mostly(make.pick(make.ccam), NASTY),
            "ENT_DAT_DEL": make.pick([0, 1, 5, None, -1]),
            "NBR_EXE_ACT": make.pick([1, 2, 0, None]),
        },
    ),
    "T_MCOaaCSTC": lambda make: _outpatient(
        make,
        lambda make: {
            "NIR_ANO_17": make.mostly(make.pseudo("nir", 90), [None, ""]),
            "RNG_NAI": make.pick(["1", "2", "", None]),
            "EXE_SOI_DTD": make.mostly(make.day(), DAYS, 0.1),
            "EXE_SOI_DTF": make.mostly(make.day(), [None]),
            **{
                name: make.mostly("0", ["1", None], 0.05)
                for name in ("NIR_RET", "NAI_RET", "SEX_RET", "IAS_RET", "ENT_DAT_RET")
            },
        },
    ),
    "T_MCOaaFMSTC": lambda make: _outpatient(
        make,
        lambda make: {
            "CCAM_COD": make.mostly(make.pick(make.ccam), NASTY),
            "ACV_ACT": make.pick(["1", "4", "", None]),
            "PHA_ACT": make.pick(["0", "1", None]),
            "DEL_DAT_ENT": make.pick([0, 1, None, -1]),
        },
        each=2,
    ),
    "T_MCOaaFLSTC": lambda make: _outpatient(
        make,
        lambda make: {
            "NABM_COD": make.mostly(make.pick(["1577", "0592", "1610"]), ["592", "", None, "x"]),
            "ACT_NBR": make.pick([1, 2, 0, None]),
            "DEL_DAT_ENT": make.pick([0, 1, None, -1]),
        },
        each=2,
    ),
    "T_MCOaaFCSTC": lambda make: _outpatient(
        make,
        lambda make: {
            "ACT_COD": make.mostly(make.pick(["C", "CS", "G", "GS"]), ["", None, "x"]),
            "ACT_NBR": make.pick([1, 2, 0, None]),
            "EXE_SPE": make.pick(["01", "03", "22", "", None]),
            "DEL_DAT_ENT": make.pick([0, 1, None]),
        },
    ),
    "KI_CCI_R": lambda make: [
        {
            "DCD_IDT_ENC": f"death-{number}",
            "BEN_IDT_ANO": make.mostly(f"l2-edge-ano-{number}", [None, "l2-edge-ano-0"], 0.1),
            "DCD_IDT_TOP": make.pick([0, 1, None]),
            "FLX_PER_ANN": "2024",
            "BEN_DCD_DTE": make.date(),
            "BEN_DCD_AME": make.pick(["202406", "", None]),
            "DCD_DPT_COD": make.pick(["001", "", None]),
            "BEN_RES_DPT": make.pick(["001", "", None]),
            "BEN_RES_COM": make.pick(["053", "", None]),
            "DCD_LIE_COD": make.pick([1, 9, None]),
            "BEN_NAI_ANN": make.pick(["1940", "", None]),
            "BEN_NAI_MOI": make.pick(["05", "00", None]),
            "BEN_SEX_COD": make.pick([1, 2, 9, None]),
            "DCD_CIM_COD": make.icd(),
        }
        for number in range(0, 90, 6)
    ],
    "IR_ESM_R": lambda make: [
        {
            **_beneficiary(make),
            "PEC_DEB_DTE": make.date(),
            "PEC_FIN_DTE": make.mostly(None, [make.day(), dt.date(1600, 1, 1)], 0.5),
            "DST_MTF_COD": make.pick([0, 1, None]),
            "ESM_DPT_COD": make.pick(["001", None]),
            "ESM_CAT_COD": make.pick(["500", "202", "", None]),
            "ESM_DOM_COD": make.pick(["1", None]),
            "ESM_TAR_COD": make.pick(["40", None]),
        }
        for _ in range(40)
    ],
    "IR_VAC_F": lambda make: [
        {
            "BEN_NIR_PSA": make.mostly(make.pseudo("nir", 90), [None, ""]),
            "BEN_AGE_ANN": make.pick([12, 65, 90, None]),
            "BEN_SEX_COD": make.pick([1, 2, 9, None]),
            "BEN_STA_VAC": make.pick(["1", "2", "R", "", None]),
            "EXE_SOI_DTD": make.mostly(make.day(), DAYS, 0.1),
            "PHA_PRS_C13": make.mostly(3400930222003, [None, 0]),
            "PFS_EXE_NUM": make.mostly(make.pseudo("gp", 5), [None, ""]),
            "ETB_VAC_CAT": make.pick([1, 2, None]),
        }
        for _ in range(60)
    ],
    "APPARIEMENT": lambda make: [
        {
            "BEN_NIR_PSA": f"l2-edge-nir-{number}",
            "BEN_RNG_GEM": rank,
            "nir_pseudo": make.mostly(make.pseudo("nir", 90), [None]),
        }
        for number, rank in BENEFICIARIES
        if number % 5
    ],
}

SOURCES: dict[str, dict[str, Callable[[Maker], list[Row]]]] = {
    "medirel": {
        "patient": _medirel_patient,
        "consultation": _medirel_consultation,
        "diagnostic": _medirel_diagnostic,
        "prescription": _medirel_prescription,
        "resultat": _medirel_resultat,
        "constante": _medirel_constante,
        "vaccination": _medirel_vaccination,
        "acte": _medirel_acte,
    },
    "dosmed": {
        "dossier": _dosmed_dossier,
        "evenement": _dosmed_evenement,
        "element": _dosmed_element,
    },
    "fhirmed": FHIRMED,
    "snds": SNDS,
}

SUPPRESSIONS: dict[str, list[Row]] = {
    "medirel": [
        {"table_name": table, "record_id": record}
        for table in ("consultation", "CONSULTATION", "diagnostic", "resultat", "unknown", "")
        for record in ("1", "2", "9999", "")
    ],
    "dosmed": [
        {"table_name": table, "record_id": record}
        for table in ("evenement", "element", "dossier")
        for record in ("e1", "el1", "el2", "x", "")
    ],
    "fhirmed": [
        {"table_name": kind, "record_id": f"{kind}-1"}
        for kind in ("Condition", "Observation", "Encounter", "MedicationRequest", "Patient")
    ],
}
