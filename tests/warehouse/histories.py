"""Random histories of deliveries: every source, corrections, deletions, reversals, replacements.

A record keeps its patient; what one that moves to another patient does is a test of its own.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from .landing import Delivery, Warehouse

MONTHS = [(date(2024, m, 1), date(2024, m, monthrange(2024, m)[1])) for m in range(1, 5)]
CODES = ("K86", "T90", "R05", "ZZZ")
PACKS = ("3400930060704", "3400949758791", "9999999999999")


@dataclass(frozen=True)
class History:
    """Deliveries and what is decided between them, in the order a run meets them."""

    deliveries: tuple[Delivery, ...]
    batches: tuple[tuple[int, ...], ...]
    links: tuple[Mapping[str, int], ...]
    """Before each batch: person of a pseudonym, 0 for one that left the register (opposition)."""


def history(random: Random) -> History:
    """Deliveries of three practices and of the claims, cut into batches at random."""
    deliveries: list[Delivery] = []
    for source, practice in (("medirel", "p1"), ("dosmed", "p2"), ("fhirmed", "p3")):
        makers = {"medirel": _medirel, "dosmed": _dosmed, "fhirmed": _fhirmed}
        for sequence in range(1, random.randint(3, 5)):
            kind = "full" if sequence == 1 else random.choice(["full", "changes", "changes"])
            deliveries.append(
                Delivery(
                    source,
                    practice,
                    sequence,
                    makers[source](random),
                    kind=kind,
                    period=random.choice(MONTHS),
                )
            )
    for month in MONTHS[:3]:
        for sequence in range(1, random.randint(2, 3)):
            deliveries.append(Delivery("snds", None, sequence, _snds(random), period=month))
    order = random.sample(range(len(deliveries)), len(deliveries))
    batches: list[tuple[int, ...]] = []
    while order:
        size = random.randint(2, 6)
        batches.append(tuple(order[:size]))
        order = order[size:]
    people = ["a", "b", "c", "d", "e", "f", "n1-1", "n2-1"]
    links = tuple(
        {name: random.randint(0, 3) for name in random.sample(people, random.randint(0, 2))}
        for _ in batches
    )
    return History(tuple(deliveries), tuple(batches), links)


def replay(warehouse: Warehouse, past: History) -> None:
    """Take in the batches one after the other, building after each."""
    for batch, links in zip(past.batches, past.links, strict=True):
        warehouse.deliver(*(past.deliveries[number] for number in batch))
        warehouse.links.update(links)
        warehouse.link()
        warehouse.build()


def differences(warehouse: Warehouse) -> list[str]:
    """Tables that a full refresh of the same landing zone and register makes otherwise."""
    step_by_step = warehouse.contents()
    warehouse.build(full_refresh=True)
    whole = warehouse.contents()
    return [table for table in whole if step_by_step[table] != whole[table]]


def _day(random: Random) -> date:
    return date(2024, 1, 1) + timedelta(days=random.randrange(120))


def _some(random: Random, values: Sequence[Any], at_most: int) -> list[Any]:
    return random.sample(list(values), random.randint(1, at_most))


def _medirel(random: Random) -> dict[str, Any]:
    def french() -> str:
        return random.choice([_day(random).strftime("%d/%m/%Y"), "01/01/1900", "31/02/2024", ""])

    return {
        "patient": [
            {
                "patient_pseudo": name,
                "annee_naissance": random.choice([1960, 1961, None]),
                "mois_naissance": 5,
                "sexe": random.choice("MF"),
                "commune_insee": random.choice(["06088", "13055"]),
                "medecin_traitant_declare": random.choice(["O", "N"]),
                "date_inscription": "01/01/2020",
            }
            for name in ("a", "b")
        ],
        "consultation": [
            {
                "num_consultation": str(number),
                "patient_pseudo": "ab"[number % 2],
                "praticien_pseudo": "doc",
                "date_consultation": french(),
                "type_acte": random.choice(["C", "V", "?"]),
            }
            for number in _some(random, range(5), 4)
        ],
        "diagnostic": [
            {
                "num_diagnostic": str(number),
                "num_consultation": str(random.randrange(6)),
                "patient_pseudo": "ab"[number % 2],
                "date_diagnostic": french(),
                "codes_cisp2": random.choice(["K86|T90", "R05", "ZZZ", ""]),
                "statut": "A",
            }
            for number in _some(random, range(4), 3)
        ],
        "constante": [
            {
                "num_constante": str(number),
                "patient_pseudo": "ab"[number % 2],
                "date_constante": french(),
                "type_constante": random.choice(["TA", "POIDS"]),
                "valeur": random.choice(["13/8", "128/76", "72,5", "-3"]),
            }
            for number in _some(random, range(4), 3)
        ],
        "suppression": [
            {
                "table_name": random.choice(["consultation", "diagnostic"]),
                "record_id": str(random.randrange(5)),
            }
        ],
    }


def _dosmed(random: Random) -> dict[str, Any]:
    elements = []
    for number in _some(random, range(6), 5):
        one = {
            "element_id": str(number),
            "patient_pseudo": "cd"[number % 2],
            "evenement_id": str(random.randrange(4)),
            "date_element": _day(random),
            "rubrique": "DIAGNOSTIC",
            # now and then a correction: of another element, of itself, of one that never came
            "remplace_element_id": random.choice([None, None, str(random.randrange(8))]),
        }
        elements += [
            one | {"attribut": "code", "valeur": random.choice(["I10", "E119", "X"])},
            one | {"attribut": "systeme", "valeur": "CIM10"},
        ]
    return {
        "dossier": [
            {
                "patient_pseudo": name,
                "annee_naissance": 1950,
                "mois_naissance": 3,
                "sexe": random.choice("HF"),
                "est_medecin_traitant": True,
                "date_ouverture": date(2020, 1, 1),
            }
            for name in "cd"
        ],
        "evenement": [
            {
                "evenement_id": str(number),
                "patient_pseudo": "cd"[number % 2],
                "praticien_pseudo": "doc2",
                "date_evenement": datetime.combine(_day(random), time(9, 30)),
                "type_evenement": random.choice(["CONSULTATION", "COURRIER"]),
            }
            for number in _some(random, range(4), 3)
        ],
        "element": elements,
        "suppression": [{"table_name": "element", "record_id": str(random.randrange(6))}],
    }


def _fhirmed(random: Random) -> dict[str, Any]:
    conditions = _some(random, range(4), 3)
    return {
        "patient": [
            {
                "resource_id": name,
                "patient_pseudo": name,
                "birth_year": 1970,
                "birth_month": 1,
                "gender": random.choice(["male", "female", "unknown"]),
                "is_declared": True,
            }
            for name in "ef"
        ],
        "encounter": [
            {
                "resource_id": str(number),
                "patient_pseudo": "ef"[number % 2],
                "practitioner_pseudo": "doc3",
                "status": random.choice(["finished", "entered-in-error"]),
                "class_code": random.choice(["AMB", "VR"]),
                "period_start": _day(random).isoformat(),
            }
            for number in _some(random, range(4), 3)
        ],
        "condition": [
            {
                "resource_id": str(number),
                "patient_pseudo": "ef"[number % 2],
                "encounter_id": str(random.randrange(4)),
                "clinical_status": "active",
                "verification_status": random.choice(["confirmed", "entered-in-error"]),
                "recorded_date": _day(random).isoformat(),
            }
            for number in conditions
        ],
        "coding": [
            {
                "resource_type": "Condition",
                "resource_id": str(number),
                "patient_pseudo": "e",
                "element": "code",
                "coding_index": index,
                "code_system": system,
                "code": random.choice(CODES),
            }
            for number in conditions
            for index, system in enumerate(
                ["http://snomed.info/sct", "http://hl7.org/fhir/sid/icpc-2"]
            )
        ],
        "suppression": [{"table_name": "Condition", "record_id": str(random.randrange(4))}],
    }


def _snds(random: Random) -> dict[str, Any]:
    claims, packs, units = [], [], []
    for number in range(1, 7):
        key = {
            "DCT_ORD_NUM": number,
            "FLX_DIS_DTD": date(2024, 6, 1),
            "FLX_EMT_NUM": 1,
            "FLX_EMT_ORD": 1,
            "FLX_EMT_TYP": 1,
            "FLX_TRT_DTD": date(2024, 5, 1),
            "ORG_CLE_NUM": "o",
            "PRS_ORD_NUM": 1,
            "REM_TYP_AFF": 0,
        }
        sign = random.choice([1, 1, -1])
        claims.append(
            key
            | {
                "BEN_NIR_PSA": random.choice(["n1", "n2"]),
                "BEN_RNG_GEM": 1,
                "PRS_NAT_REF": random.choice([1111, 3313]),
                "EXE_SOI_DTD": date(2024, 1, random.randint(1, 3)),
                "PRS_ACT_QTE": sign,
                "PSE_SPE_COD": 1,
                "PFS_EXE_NUM": "doc",
                "DPN_QLF": random.choice([0, 0, 71]),
            }
        )
        packs.append(key | {"PHA_PRS_C13": int(random.choice(PACKS)), "PHA_ACT_QSN": sign})
        units.append(
            key | {"UCD_UCD_COD": "0000009439795", "UCD_DLV_NBR": 30 * sign, "UCD_TOP_UCD": 0}
        )
    return {
        "IR_BEN_R": [
            {
                "BEN_NIR_PSA": name,
                "BEN_RNG_GEM": 1,
                "BEN_NAI_ANN": "1960",
                "BEN_NAI_MOI": "05",
                "BEN_SEX_COD": random.choice([1, 2]),
                "ORG_AFF_BEN": "01C061",
            }
            for name in ("n1", "n2")
        ],
        "ER_PRS_F": claims,
        "ER_PHA_F": packs[: random.randint(0, 6)],
        "ER_UCD_F": units[: random.randint(0, 3)],
        "IR_IMB_R": [
            {
                "BEN_NIR_PSA": "n1",
                "BEN_RNG_GEM": 1,
                "IMB_ETM_NAT": random.choice([41, 43, 11]),
                "MED_NCL_IDT": "CIM10",
                "MED_MTF_COD": random.choice(["E119", "I10"]),
                "IMB_ALD_DTD": date(2020, 1, 1),
                "IMB_ALD_DTF": random.choice([date(1600, 1, 1), date(2023, 1, 1)]),
            }
        ],
        "T_MCOaaCSTC": [
            {
                "ETA_NUM": "h",
                "SEQ_NUM": "1",
                "NIR_ANO_17": random.choice(["n1", "n2", "stranger"]),
                "EXE_SOI_DTD": date(2024, 1, 2),
                "NIR_RET": random.choice(["0", "1"]),
            }
        ],
        "T_MCOaaFMSTC": [
            {"ETA_NUM": "h", "SEQ_NUM": "1", "CCAM_COD": "QEQK004", "ACV_ACT": "1"},
        ],
    }
