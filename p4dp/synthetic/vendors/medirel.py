"""medirel: a relational export in CSV, French columns, dates as text, CISP-2 and CIP13."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from p4dp.synthetic.catalogue import MEASURE_INDEX, PROCEDURES, VACCINES, medicines
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
from p4dp.synthetic.recording import encounter_ids
from p4dp.synthetic.vendors.common import (
    Export,
    communes,
    note_text,
    pack_codes,
    problem_index,
    problem_text,
    values_of,
)

_TYPES = ("C", "V", "TC", "TEL", "ADM")
_TABLES = {
    "problems": "diagnostic",
    "prescriptions": "prescription",
    "results": "resultat",
    "vitals": "constante",
    "vaccinations": "vaccination",
    "procedures": "acte",
}
_WORDS = {
    "positive": "positif",
    "negative": "négatif",
    "never": "non fumeur",
    "former": "ancien fumeur",
    "current": "fumeur",
}
_KINDS = {
    "sbp": "TA",
    "weight": "POIDS",
    "height": "TAILLE",
    "heart_rate": "FC",
    "smoking": "TABAC",
}


def write_medirel(export: Export) -> int:
    """Writes `<TABLE>.csv`; returns the number of rows."""
    practice = export.recording.practice
    old = practice.contract_version == "1.0"
    total = 0

    def save(name: str, columns: dict[str, pa.Array]) -> None:
        nonlocal total
        header = ";".join(columns) + "\n"
        texts = [filled(column) for column in columns.values()]
        body = text_bytes(pc.binary_join_element_wise(*texts, ";"))
        encoding = practice.encoding
        data = (header.encode() + body).decode().encode(encoding, errors="replace")
        (export.folder / f"{name}.csv").write_bytes(data)
        total += len(texts[0])

    def french(days: np.ndarray) -> pa.Array:
        return day_text(days, french=True, empty="")

    def optional_id(ids: np.ndarray) -> pa.Array:
        return choose(ids >= 0, integers(np.maximum(ids, 0)), "")

    doctors = list(practice.rpps)
    save("PATIENT", _patients(export, french))

    rows = export.rows("encounters")
    save(
        "CONSULTATION",
        {
            "NUM_CONSULTATION": integers(rows["id"]),
            "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
            "RPPS_PRATICIEN": pick(doctors, rows["doctor"]),
            "DATE_CONSULTATION": french(rows["day"]),
            "TYPE_ACTE": pick(_TYPES, rows["type"]),
            "MOTIF": _quoted(note_text(rows)),
        },
    )

    rows = _grouped_problems(export)
    save(
        "DIAGNOSTIC",
        {
            "NUM_DIAGNOSTIC": integers(rows["id"]),
            "NUM_CONSULTATION": integers(encounter_ids(export.recording, rows)),
            "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
            "DATE_DIAGNOSTIC": french(rows["day"]),
            "CODES_CISP2": pa.array(rows["codes"]),
            "LIBELLE": _quoted(problem_text(problem_index(rows), "title")),
            "DATE_DEBUT": french(rows["start"]),
            "DATE_FIN": french(np.where(rows["end"] < export.cut, rows["end"], NO_DAY)),
            "STATUT": pick(("R", "A"), rows["active"].astype(np.int64)),
        },
    )

    rows = export.rows("prescriptions")
    save(
        "PRESCRIPTION",
        {
            "NUM_PRESCRIPTION": integers(rows["id"]),
            "NUM_CONSULTATION": integers(encounter_ids(export.recording, rows)),
            "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
            "RPPS_PRATICIEN": pick(doctors, rows["doctor"]),
            "DATE_PRESCRIPTION": french(rows["day"]),
            "CODE_CIP13": pack_codes(rows["pack"]),
            "NB_BOITES": integers(rows["boxes"]),
            "DUREE_JOURS": integers(rows["days"]),
        },
    )

    rows = export.rows("results")
    values = values_of(rows, comma=True)
    text = filled(_french_words(values.coded), "")
    number = join(filled(values.comparator), values.text)
    text = pc.if_else(pc.is_valid(values.coded), text, number)
    code = values.loinc
    if practice.habits.local_codes:
        local = (rows["id"] % 10 < 7) | (rows["style"] < 0)
        code = choose(local, join("BIO-", values.local), code)
    results = {
        "NUM_RESULTAT": integers(rows["id"]),
        "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
        "DATE_RESULTAT": french(rows["day"]),
        "CODE_ANALYSE": code,
        "VALEUR": text,
    }
    if old:
        unit = pc.if_else(pc.is_valid(values.coded), "", values.unit)
        given = pc.not_equal(unit, "")
        results["VALEUR"] = pc.if_else(given, join(text, " ", unit), text)
    else:
        results["UNITE"] = pc.if_else(pc.is_valid(values.coded), "", values.unit)
    save("RESULTAT", results)

    rows = export.rows("vitals")
    values = values_of(rows, comma=True)
    pressure = rows["measure"] == MEASURE_INDEX["sbp"]
    centimetres = pressure & practice.habits.french_pressure & (rows["id"] % 20 > 1)
    in_cm = join(
        integers(np.rint(rows["value"] / 10).astype(np.int64)),
        "/",
        integers(np.rint(rows["second"] / 10).astype(np.int64)),
    )
    both = join(values.text, "/", filled(values.second))
    text = choose(centimetres, in_cm, choose(pressure, both, values.text))
    smoking = rows["measure"] == MEASURE_INDEX["smoking"]
    text = choose(smoking, filled(_french_words(values.coded)), text)
    kinds = [""] * (max(MEASURE_INDEX.values()) + 1)
    for name, kind in _KINDS.items():
        kinds[MEASURE_INDEX[name]] = kind
    vitals = {
        "NUM_CONSTANTE": integers(rows["id"]),
        "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
        "NUM_CONSULTATION": optional_id(encounter_ids(export.recording, rows)),
        "DATE_CONSTANTE": french(rows["day"]),
        "TYPE_CONSTANTE": pick(kinds, rows["measure"]),
        "VALEUR": text,
        "UNITE": choose(centimetres, "", values.unit),
    }
    if old:
        del vitals["NUM_CONSULTATION"]
    save("CONSTANTE", vitals)

    rows = export.rows("vaccinations")
    packs = [
        medicines().cip13[int(medicines().first[medicines().index(vaccine.atc)])]
        for vaccine in VACCINES
    ]
    save(
        "VACCINATION",
        {
            "NUM_VACCINATION": integers(rows["id"]),
            "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
            "DATE_VACCINATION": french(rows["day"]),
            "CODE_CIP13": choose(rows["id"] % 5 > 0, pick(packs, rows["vaccine"]), ""),
            "VALENCE": pick([vaccine.valence for vaccine in VACCINES], rows["vaccine"]),
        },
    )

    rows = export.rows("procedures")
    save(
        "ACTE",
        {
            "NUM_ACTE": integers(rows["id"]),
            "NUM_PATIENT": integers(export.chart_ids(rows["chart"])),
            "RPPS_PRATICIEN": pick(doctors, rows["doctor"]),
            "DATE_ACTE": french(rows["day"]),
            "CODE_CCAM": pick(PROCEDURES, rows["procedure"]),
        },
    )

    gone = [(_TABLES[table], ids) for table, ids in export.tombstones()]
    if export.number:
        save(
            "SUPPRESSION",
            {
                "TABLE_NAME": pa.array([name for name, ids in gone for _ in ids], pa.string()),
                "RECORD_ID": integers(
                    np.concatenate([ids for _, ids in gone]) if gone else np.zeros(0, np.int64)
                ),
            },
        )
    return total


def _quoted(texts: pa.Array) -> pa.Array:
    return join('"', filled(texts), '"')


def _french_words(coded: pa.Array) -> pa.Array:
    for word, french in _WORDS.items():
        coded = pc.if_else(pc.equal(coded, word), french, coded)
    return coded


def _grouped_problems(export: Export) -> dict[str, np.ndarray]:
    """One row per encounter and kind: chronic problems of a visit share a row (`T90|K86`)."""
    rows = export.rows("problems")
    cisp2 = choose(rows["text_only"], "", problem_text(problem_index(rows), "cisp2"))
    codes = cisp2.to_numpy(zero_copy_only=False)
    rows = rows | {"codes": codes}
    shared = export.recording.practice.habits.repeats_chronic
    if not shared or not len(codes):
        return rows
    key = np.where(rows["condition"] >= 0, rows["encounter"], -1 - rows["id"])
    order = np.argsort(key, kind="stable")
    sorted_key = key[order]
    first = np.ones(len(key), bool)
    first[1:] = sorted_key[1:] != sorted_key[:-1]
    starts = np.flatnonzero(first)
    lists = pa.ListArray.from_arrays(
        pa.array(np.append(starts, len(key)).astype(np.int32)), pa.array(codes[order], pa.string())
    )
    joined = pc.binary_join(lists, "|").to_numpy(zero_copy_only=False)
    kept = order[starts]
    grouped = {name: values[kept] for name, values in rows.items()}
    grouped["codes"] = joined
    back = np.argsort(grouped["id"])
    return {name: values[back] for name, values in grouped.items()}


def _patients(export: Export, french) -> dict[str, pa.Array]:  # type: ignore[no-untyped-def]
    chart = export.charts()
    state = export.state(chart)
    identities, charts = export.recording.identities, export.recording.charts
    letters = ("", "M", "F") if export.recording.practice.index % 2 else ("", "1", "2")
    birth = identities.birth_day[chart]
    return {
        "NUM_PATIENT": integers(charts["id"][chart]),
        "NOM_NAISSANCE": pa.array(identities.birth_name[chart], pa.string()),
        "NOM_USAGE": pa.array(identities.used_name[chart], pa.string()),
        "PRENOM": pa.array(identities.first_name[chart], pa.string()),
        "PRENOMS": pa.array(identities.other_first_names[chart], pa.string()),
        "DATE_NAISSANCE": french(birth),
        "SEXE": pick(letters, identities.sex[chart]),
        "NIR": pa.array(state["nir"], pa.string()),
        "LIEU_NAISSANCE_INSEE": pa.array(identities.birth_place[chart], pa.string()),
        "TELEPHONE": pa.array(identities.phone[chart], pa.string()),
        "EMAIL": pa.array(identities.email[chart], pa.string()),
        "ADRESSE": _quoted(pa.array(identities.address[chart], pa.string())),
        "CODE_POSTAL": pa.array(identities.postal_code[chart], pa.string()),
        "COMMUNE_INSEE": pick(communes(), state["commune"]),
        "DATE_DECES": french(state["death"]),
        "MEDECIN_TRAITANT_DECLARE": pick(("N", "O"), charts["declared"][chart].astype(np.int64)),
        "DATE_INSCRIPTION": french(charts["start"][chart]),
        "DATE_SORTIE": french(state["exit"]),
    }
