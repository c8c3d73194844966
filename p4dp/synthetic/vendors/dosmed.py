"""dosmed: an entity-attribute-value export in Parquet, CIM-10, ATC, its own lab labels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from p4dp.synthetic.catalogue import PROCEDURES, VACCINES
from p4dp.synthetic.columns import NO_DAY, choose, dates, day_text, filled, integers, join, pick
from p4dp.synthetic.vendors.common import (
    Export,
    atc_codes,
    communes,
    note_text,
    nullable,
    problem_index,
    problem_text,
    values_of,
)

_TYPES = ("CONSULTATION", "VISITE", "TELECONSULTATION", "SECRETARIAT", "SECRETARIAT")
_WORDS = {
    "positive": "POSITIF",
    "negative": "NEGATIF",
    "never": "JAMAIS",
    "former": "ANCIEN",
    "current": "ACTUEL",
}
_ORDER = ("element_id", "attribut", "valeur", "unite", "evenement_id", "dossier_id", "date_element",
          "rubrique", "remplace_element_id", "libelle")  # fmt: skip
_PREFIX = {
    "problems": "D",
    "prescriptions": "T",
    "results": "B",
    "vitals": "C",
    "vaccinations": "V",
    "procedures": "A",
}


def write_dosmed(export: Export) -> int:
    """Writes DOSSIER, EVENEMENT, ELEMENT (and SUPPRESSION) Parquet files; returns their rows."""
    practice = export.recording.practice
    old = practice.contract_version == "1.0"
    total = 0

    def save(name: str, table: pa.Table) -> None:
        nonlocal total
        pq.write_table(table, export.folder / f"{name}.parquet", compression="zstd")
        total += table.num_rows

    save("DOSSIER", _dossiers(export))
    rows = export.rows("encounters")
    moments = rows["day"].astype("datetime64[D]").astype("datetime64[ms]")
    moments = moments + rows["minute"].astype("timedelta64[m]")
    when = pa.array(moments.astype("datetime64[ms]"), pa.timestamp("ms"))
    save(
        "EVENEMENT",
        pa.table(
            {
                "evenement_id": join("E", integers(rows["id"])),
                "dossier_id": join("P", integers(export.chart_ids(rows["chart"]))),
                "rpps": pick(list(practice.rpps), rows["doctor"]),
                "date_evenement": dates(rows["day"]) if old else when,
                "type_evenement": pick(_TYPES, rows["type"]),
                "note": note_text(rows),
            }
        ),
    )
    elements = pa.concat_tables(_elements(export))
    order = pc.sort_indices(elements, [("element_id", "ascending"), ("attribut", "ascending")])
    elements = elements.take(order)
    if old:
        elements = elements.drop_columns(["remplace_element_id"])
    save("ELEMENT", elements)
    if export.number:
        gone = [join(_PREFIX[table], integers(ids)) for table, ids in export.tombstones()] or [
            pa.array([], pa.string())
        ]
        ids = pa.concat_arrays(gone)
        save("SUPPRESSION", pa.table({"table_name": ["element"] * len(ids), "record_id": ids}))
    return total


def _dossiers(export: Export) -> pa.Table:
    chart = export.charts()
    state = export.state(chart)
    identities, charts = export.recording.identities, export.recording.charts
    return pa.table(
        {
            "dossier_id": join("P", integers(charts["id"][chart])),
            "nom_naissance": pc.utf8_title(pa.array(identities.birth_name[chart], pa.string())),
            "nom_usage": nullable(identities.used_name[chart]),
            "prenoms": pc.utf8_title(pa.array(identities.other_first_names[chart], pa.string())),
            "date_naissance": dates(identities.birth_day[chart]),
            "sexe": pick(("I", "H", "F"), identities.sex[chart]),
            "ins_matricule": nullable(state["nir"]),
            "lieu_naissance_insee": pa.array(identities.birth_place[chart], pa.string()),
            "telephone": nullable(identities.phone[chart]),
            "email": nullable(identities.email[chart]),
            "adresse": pa.array(identities.address[chart], pa.string()),
            "code_postal": pa.array(identities.postal_code[chart], pa.string()),
            "commune_insee": pick(communes(), state["commune"]),
            "date_deces": dates(state["death"]),
            "est_medecin_traitant": pa.array(charts["declared"][chart]),
            "date_ouverture": dates(charts["start"][chart]),
            "date_fermeture": dates(state["exit"]),
        }
    )


def _elements(export: Export) -> list[pa.Table]:
    recording = export.recording
    entries = recording.tables["encounters"]
    parts: list[pa.Table] = []

    def add(
        name: str,
        rows: dict[str, np.ndarray],
        section: pa.Array | str,
        attributes: dict[str, tuple[pa.Array, pa.Array | None]],
        title: pa.Array | None = None,
    ) -> None:
        size = len(rows["id"])
        if isinstance(section, str):
            section = pa.array([section] * size, pa.string())
        inside = rows["encounter"] >= 0
        event = choose(
            inside, join("E", integers(entries["id"][np.maximum(rows["encounter"], 0)])), None
        )
        base = {
            "element_id": join(_PREFIX[name], integers(rows["id"])),
            "evenement_id": event,
            "dossier_id": join("P", integers(export.chart_ids(rows["chart"]))),
            "date_element": dates(rows["day"]),
            "rubrique": section,
            "remplace_element_id": pa.nulls(size, pa.string()),
        }
        for attribute, (value, unit) in attributes.items():
            table = pa.table(
                base
                | {
                    "attribut": pa.array([attribute] * size, pa.string()),
                    "valeur": value,
                    "unite": pa.nulls(size, pa.string()) if unit is None else unit,
                    "libelle": title
                    if title is not None and attribute == "code"
                    else pa.nulls(size, pa.string()),
                }
            ).select(list(_ORDER))
            # a code may be missing where there are words for it
            kept = pc.or_(pc.is_valid(table["valeur"]), pc.is_valid(table["libelle"]))
            parts.append(table.filter(kept))

    def fixed(text: str, size: int) -> tuple[pa.Array, None]:
        return pa.array([text] * size, pa.string()), None

    rows = export.rows("problems")
    index, size = problem_index(rows), len(rows["id"])
    ended = np.where(rows["end"] < export.cut, rows["end"], NO_DAY)
    code = pc.replace_substring(problem_text(index, "cim10"), ".", "")
    add(
        "problems",
        rows,
        "DIAGNOSTIC",
        {
            "code": (choose(~rows["text_only"], code, None), None),
            "systeme": fixed("CIM10", size),
            "statut": (pick(("clos", "actif"), rows["active"].astype(np.int64)), None),
            "date_fin": (day_text(ended), None),
        },
        problem_text(index, "title"),
    )

    rows = export.rows("prescriptions")
    size = len(rows["id"])
    add(
        "prescriptions",
        rows,
        "TRAITEMENT",
        {
            "code": (atc_codes(rows["drug"].astype(np.int64)), None),
            "systeme": fixed("ATC", size),
            "quantite": (integers(rows["boxes"]), None),
            "duree_jours": (integers(rows["days"]), None),
        },
    )

    rows = export.rows("results")
    values, size = values_of(rows), len(rows["id"])
    coded = pc.is_valid(values.coded)
    text = pc.if_else(
        coded, filled(_words(values.coded)), join(filled(values.comparator), values.text)
    )
    known = rows["id"] % 10 < 3
    add(
        "results",
        rows,
        "BIOLOGIE",
        {
            "code": (choose(known, values.loinc, values.local), None),
            "systeme": (choose(known, "LOINC", "LOCAL"), None),
            "libelle_local": (values.local, None),
            "valeur": (text, pc.if_else(coded, "", values.unit)),
        },
    )

    rows = export.rows("vitals")
    values, size = values_of(rows), len(rows["id"])
    pressure = pc.is_valid(values.second)
    words = _words(values.coded)
    habit = pc.is_valid(values.coded)
    single = pc.if_else(pressure, pa.scalar(None, pa.string()), values.text)
    add(
        "vitals",
        rows,
        pc.if_else(habit, "HABITUS", "CONSTANTE"),
        {
            "code": (values.local, None),
            "systeme": fixed("LOCAL", size),
            "valeur": (pc.if_else(habit, words, single), values.unit),
            "valeur_systolique": (
                pc.if_else(pressure, values.text, pa.scalar(None, pa.string())),
                values.unit,
            ),
            "valeur_diastolique": (values.second, values.unit),
        },
    )

    rows = export.rows("vaccinations")
    add(
        "vaccinations",
        rows,
        "VACCIN",
        {
            "code": (pick([vaccine.atc for vaccine in VACCINES], rows["vaccine"]), None),
            "systeme": fixed("ATC", len(rows["id"])),
        },
    )
    rows = export.rows("procedures")
    add(
        "procedures",
        rows,
        "ACTE",
        {
            "code": (pick(PROCEDURES, rows["procedure"]), None),
            "systeme": fixed("CCAM", len(rows["id"])),
        },
    )
    return parts


def _words(coded: pa.Array) -> pa.Array:
    for word, written in _WORDS.items():
        coded = pc.if_else(pc.equal(coded, word), written, coded)
    return coded
