"""Accuracy of automatic coding, by vendor and kind of label.

    python -m benchmarks.coding_accuracy WORLD [--medicines FILE] [--out accuracy.json]

WORLD is the folder of `p4dp synth`. Problems: the practice's own code beside each title is taken
for the truth; the coder never sees it. Laboratory labels: the local label's reviewed measure
(seeds/vocabulary/measure_code.csv) against the measure of the LOINC code found. Medicines: the
official names and ATC codes of the public medicines database, from the file
`reference/medicine.parquet` that `p4dp reference load` makes. `coded` is the share of labels
coded, `right` the share of these that are coded as the truth says, for several thresholds.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import duckdb

from p4dp.boundary.coding import Kind, code_labels, known_codes
from p4dp.duck import literal
from p4dp.settings import PROJECT_ROOT

THRESHOLDS = (0.75, 0.85, 0.9, 1.0)
CISP2 = "http://hl7.org/fhir/sid/icpc-2"
CIM10 = "http://hl7.org/fhir/sid/icd-10"
_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")


def _medirel(export: Path, encoding: str) -> list[tuple[str, str, int]]:
    path = export / "DIAGNOSTIC.csv"
    if not path.exists():
        return []
    with path.open(encoding=encoding, newline="") as handle:
        counted = Counter(
            (row["LIBELLE"], row["CODES_CISP2"])
            for row in csv.DictReader(handle, delimiter=";")
            if row["LIBELLE"] and row["CODES_CISP2"]
        )
    return [(title, codes, count) for (title, codes), count in counted.items()]


def _fhirmed(export: Path) -> list[tuple[str, str, int]]:
    path = export / "Condition.ndjson"
    if not path.exists():
        return []
    return duckdb.sql(
        f"""
        select title, code, count(*) from (
            select json->>'$.code.text' as title,
                {_code_of(CISP2)} as code
            from read_ndjson_objects({literal(path)})
        ) where title is not null and code is not null group by all
        """
    ).fetchall()


def _dosmed(export: Path) -> list[tuple[str, str, int]]:
    """Titles whose CIM-10 code the vocabulary translates to CISP-2 in one way."""
    path = export / "ELEMENT.parquet"
    if not path.exists():
        return []
    columns = {row[0] for row in duckdb.sql(f"describe from {literal(path)}").fetchall()}
    if "libelle" not in columns:
        return []
    return duckdb.sql(
        f"select libelle, valeur, count(*) from {literal(path)} where rubrique = 'DIAGNOSTIC'"
        " and attribut = 'code' and libelle is not null and valeur is not null group by all"
    ).fetchall()


def _local_labels(export: Path, vendor: str, encoding: str) -> list[tuple[str, int]]:
    """Laboratory labels that are no LOINC code."""
    if vendor == "medirel" and (export / "RESULTAT.csv").exists():
        with (export / "RESULTAT.csv").open(encoding=encoding, newline="") as handle:
            labels = Counter(r["CODE_ANALYSE"] for r in csv.DictReader(handle, delimiter=";"))
        return [(k, n) for k, n in labels.items() if k and not _LOINC.fullmatch(k)]
    if vendor == "dosmed" and (export / "ELEMENT.parquet").exists():
        return duckdb.sql(
            f"select valeur, count(*) from {literal(export / 'ELEMENT.parquet')}"
            " where attribut = 'libelle_local' and rubrique = 'BIOLOGIE' and valeur is not null"
            " group by 1"
        ).fetchall()
    return []


def _measures() -> dict[str, str]:
    """Measure of each LOINC code and of each local label (upper case, no laboratory prefix)."""
    path = PROJECT_ROOT / "seeds" / "vocabulary" / "measure_code.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {row["code"]: row["measure"] for row in rows}


def score(
    pairs: Counter[tuple[str, str]], kind: Kind, is_right: Callable[[str, str], bool]
) -> list[dict[str, float]]:
    """Share coded and share right of (label, truth) pairs, by threshold."""
    total = pairs.total()
    listed = list(pairs)
    scores = []
    for threshold in THRESHOLDS:
        found = code_labels([label for label, _ in listed], kind, threshold)
        coded = right = 0
        for (label, truth), coding in zip(listed, found, strict=True):
            if coding is not None:
                coded += pairs[label, truth]
                right += pairs[label, truth] * is_right(coding.code, truth)
        scores.append(
            {
                "threshold": threshold,
                "labels": total,
                "coded": round(coded / total, 4) if total else 0.0,
                "right": round(right / coded, 4) if coded else 0.0,
            }
        )
    return scores


def measure(world: Path, medicines: Path | None = None) -> dict[str, list[dict[str, float]]]:
    """Scores by vendor and kind of label, over everything in a world's raw exports."""
    problems: dict[str, Counter[tuple[str, str]]] = {}
    labels: dict[str, Counter[tuple[str, str]]] = {}
    measures = _measures()
    for descriptor in sorted((world / "practices").glob("*/*/export.json")):
        export = json.loads(descriptor.read_text(encoding="utf-8"))
        vendor, folder = export["vendor"], descriptor.parent
        encoding = export.get("encoding", "utf-8")
        if vendor == "medirel":
            titles = _medirel(folder, encoding)
        else:
            titles = _fhirmed(folder) if vendor == "fhirmed" else _dosmed(folder)
        for title, codes, count in titles:
            problems.setdefault(vendor, Counter())[title, codes] += count
        for label, count in _local_labels(folder, vendor, encoding):
            plain = re.sub(r"^[A-Z0-9]+-", "", label.upper())
            if plain in measures:
                labels.setdefault(vendor, Counter())[label, measures[plain]] += count
    result = {}
    equal = _cisp2_of_cim10(world)
    for vendor, pairs in sorted(problems.items()):
        if vendor == "dosmed":
            pairs = Counter({p: n for p, n in pairs.items() if p[1].replace(".", "") in equal})
            result[f"{vendor}: problems"] = score(
                pairs, "problem", lambda code, truth: code in equal[truth.replace(".", "")]
            )
        else:
            result[f"{vendor}: problems"] = score(
                pairs, "problem", lambda code, truth: code in truth.split("|")
            )
    for vendor, pairs in sorted(labels.items()):
        result[f"{vendor}: laboratory labels"] = score(
            pairs, "lab", lambda code, truth: measures.get(code) == truth
        )
    if medicines is not None:
        result["official names: medicines"] = score(
            _official_names(medicines), "drug", lambda code, truth: truth.startswith(code)
        )
    return result


def _cisp2_of_cim10(world: Path) -> dict[str, set[str]]:
    """CISP-2 codes that records with both codings give to a CIM-10 code."""
    equal: dict[str, set[str]] = {}
    for path in world.glob("practices/*/*/Condition.ndjson"):
        both = duckdb.sql(
            f"""
            select distinct {_code_of(CIM10)} as cim10, {_code_of(CISP2)} as cisp2
            from read_ndjson_objects({literal(path)})
            """
        ).fetchall()
        for cim10, cisp2 in both:
            if cim10 and cisp2:
                equal.setdefault(cim10.replace(".", ""), set()).add(cisp2)
    return equal


def _code_of(system: str) -> str:
    return (
        "list_filter(json_extract(json, '$.code.coding[*]'),"
        f" lambda c: (c->>'$.system') = '{system}')[1]->>'$.code'"
    )


def _official_names(path: Path) -> Counter[tuple[str, str]]:
    """(name, ATC) of the medicines whose class stands in the synonyms; class as published."""
    known = {code for _, code in known_codes("drug")}
    rows = duckdb.sql(
        f"select name, atc_code from {literal(path)} where atc_source = 'official'"
    ).fetchall()
    return Counter((name, atc) for name, atc in rows if name and atc in known)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", type=Path)
    parser.add_argument("--medicines", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.world, arguments.medicines), indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
