"""Recall of the identity detector on planted identities, and its false alarms.

    python benchmarks/identity_recall.py [--out recall.json]

Each trial plants one kind of identity into any one column of a sample delivery (record keys,
sealed columns and enumerated ones included), in one row or in a tenth of the rows, and asks whether
the check refuses it at the right column. Names and numbers are drawn afresh; numbers have an
unassigned place, so they are nobody's.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from p4dp.boundary.nir import control_key
from p4dp.contracts import contract_for
from p4dp.contracts.manifest import FILE_NAME, file_sha256
from p4dp.contracts.sample import write_sample_delivery
from p4dp.duck import connect_plain
from p4dp.intake.check import check_delivery, drop_relations

GIVEN = "Jean Marie Pierre Nathalie Isabelle Philippe Camille Léa Lucas Chloé Manon Hugo".split()
FAMILY = (
    "Martin Bernard Dubois Durand Moreau Laurent Simon Michel Garcia David Roux Fontaine".split()
)
STREETS = ("rue de la République", "avenue Jean Jaurès", "chemin des Vignes", "place du Marché")


def nir(draw: random.Random, first: str = "12", place: str = "06799") -> str:
    number = f"{draw.choice(first)}{draw.randrange(100):02d}{draw.randrange(1, 13):02d}{place}"
    number += f"{draw.randrange(1, 1000):03d}"
    return number + control_key(number)


def grouped_nir(draw: random.Random) -> str:
    number = nir(draw)
    return " ".join(number[i:j] for i, j in ((0, 1), (1, 3), (3, 5), (5, 7), (7, 10), (10, 15)))


def birth_date(draw: random.Random) -> str:
    return f"{draw.randrange(1, 29):02d}/{draw.randrange(1, 13):02d}/{draw.randrange(1930, 2010)}"


def phone(draw: random.Random) -> str:
    pairs = ["0" + draw.choice("1234679"), *(f"{draw.randrange(100):02d}" for _ in range(4))]
    return draw.choice(["", " ", ".", "-"]).join(pairs)


KINDS: dict[str, Callable[[random.Random], str]] = {
    "NIR, 15 digits": nir,
    "NIR, 13 digits": lambda d: nir(d)[:13],
    "NIR in groups": grouped_nir,
    "NIR of Corsica": lambda d: nir(d, place=d.choice(["2A799", "2B799"])),
    "waiting number": lambda d: nir(d, first="78"),
    "telephone": phone,
    "e-mail": lambda d: f"{d.choice(GIVEN)}.{d.choice(FAMILY)}@example.org".lower(),
    "postal address": lambda d: f"{d.randrange(1, 200)} {d.choice(STREETS)}",
    "given and FAMILY name": lambda d: f"{d.choice(GIVEN)} {d.choice(FAMILY).upper()}",
    "title and name": lambda d: f"{d.choice(['M.', 'Mme', 'Dr'])} {d.choice(FAMILY)}",
    "family name alone": lambda d: d.choice(FAMILY).upper(),
    "given name alone": lambda d: d.choice(GIVEN),
    "birth date for a year": birth_date,
    "exact birth date outside dates": birth_date,
}  # fmt: skip
_COLUMNS = [
    (f"{table.name}.csv", column)
    for table in contract_for("medirel", "2.0").tables
    if table.name != "suppression"
    for column in table.columns
]
#: (file, column) in which a kind is planted.
EVERYWHERE = [(file, column.name) for file, column in _COLUMNS]
PLACES = {
    "birth date for a year": [("patient.csv", "annee_naissance")],
    "exact birth date outside dates": [
        (file, column.name) for file, column in _COLUMNS if not column.holds_date
    ],
}
ROWS = 60


def plant(folder: Path, file: str, column: str, values: list[str], draw: random.Random) -> None:
    path = folder / file
    with path.open(newline="", encoding="utf-8") as handle:
        lines = list(csv.reader(handle, delimiter=";"))
    index = lines[0].index(column)
    for row, value in zip(draw.sample(range(1, len(lines)), len(values)), values, strict=True):
        lines[row][index] = value
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter=";", lineterminator="\n").writerows(lines)
    manifest = json.loads((folder / FILE_NAME).read_text())
    for entry in manifest["files"]:
        if entry["path"] == file:
            entry["sha256"] = file_sha256(path)
    (folder / FILE_NAME).write_text(json.dumps(manifest))


def measure(trials: int, seed: int) -> dict[str, dict[str, float]]:
    """Recall by kind, for one planted row and for a tenth of the rows."""
    draw = random.Random(seed)
    hits: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory(prefix="p4dp-recall-") as name:
        scratch = Path(name)
        connection = connect_plain(scratch)
        for kind, make in KINDS.items():
            for extent, count in (("one row", 1), ("a tenth of the rows", ROWS // 10)):
                for _ in range(trials):
                    folder = write_sample_delivery(
                        scratch / "sent", "medirel", "2.0", rows=ROWS, patients=ROWS
                    )
                    file, column = draw.choice(PLACES.get(kind, EVERYWHERE))
                    plant(folder, file, column, [make(draw) for _ in range(count)], draw)
                    check = check_delivery(connection, folder)
                    hits[kind][extent].append(
                        any(p == file and i.column == column for p, i in check.identities)
                    )
                    drop_relations(connection)
                    shutil.rmtree(scratch / "sent")
        connection.close()
    return {
        kind: {extent: round(sum(found) / len(found), 3) for extent, found in by.items()}
        for kind, by in hits.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    text = json.dumps(measure(arguments.trials, arguments.seed), indent=2, ensure_ascii=False)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
