"""Accuracy of automatic coding on the titles of a synthetic world, by vendor.

    python benchmarks/coding_accuracy.py WORLD [--out accuracy.json]

WORLD is the folder of `p4dp synth`. The practices' own code beside each title is taken for the
truth; the coder never sees it. `coded` is the share of titles coded, `right` the share of these
whose code the practice gave too, each for several thresholds.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from pathlib import Path

import duckdb

from p4dp.boundary.coding import code_labels
from p4dp.duck import literal

THRESHOLDS = (0.75, 0.85, 0.9, 1.0)
CISP2 = "http://hl7.org/fhir/sid/icpc-2"


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
                list_filter(json_extract(json, '$.code.coding[*]'),
                    lambda c: (c->>'$.system') = '{CISP2}')[1]->>'$.code' as code
            from read_ndjson_objects({literal(path)})
        ) where title is not null and code is not null group by all
        """
    ).fetchall()


def measure(world: Path) -> dict[str, list[dict[str, float]]]:
    """Share coded and share right, by vendor and threshold, over all titles of full exports."""
    titles: dict[str, Counter[tuple[str, str]]] = {"medirel": Counter(), "fhirmed": Counter()}
    for descriptor in sorted((world / "practices").glob("*/*/export.json")):
        export = json.loads(descriptor.read_text(encoding="utf-8"))
        vendor = export["vendor"]
        if vendor == "medirel":
            rows = _medirel(descriptor.parent, export.get("encoding", "utf-8"))
        elif vendor == "fhirmed":
            rows = _fhirmed(descriptor.parent)
        else:
            continue
        for title, codes, count in rows:
            titles[vendor][title, codes] += count
    result: dict[str, list[dict[str, float]]] = {}
    for vendor, counted in titles.items():
        pairs = list(counted)
        total = counted.total()
        result[vendor] = []
        for threshold in THRESHOLDS:
            found = code_labels([title for title, _ in pairs], "problem", threshold)
            coded = right = 0
            for (title, codes), coding in zip(pairs, found, strict=True):
                if coding is not None:
                    coded += counted[title, codes]
                    right += counted[title, codes] * (coding.code in codes.split("|"))
            result[vendor].append(
                {
                    "threshold": threshold,
                    "titles": total,
                    "coded": round(coded / total, 4) if total else 0.0,
                    "right": round(right / coded, 4) if coded else 0.0,
                }
            )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.world), indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
