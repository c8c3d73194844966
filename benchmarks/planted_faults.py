"""Every kind of fault planted in an otherwise sound delivery: is it found, with the right reason?

    python -m benchmarks.planted_faults [--out faults.json]

Each fault is planted alone; the delivery is checked by the code that decides at the gate. A fault
counts as found when verdict, reason, column and row are the ones planted.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from p4dp.contracts.manifest import FILE_NAME, file_sha256
from p4dp.contracts.sample import write_sample_delivery
from p4dp.errors import P4dpError
from p4dp.intake.scorecard import score_delivery

Plant = Callable[[Path], Path | None]


@dataclass(frozen=True)
class Fault:
    """A fault, how it is planted, and what must be said of it."""

    name: str
    source: str
    plant: Plant
    verdict: str
    reason: str
    column: str | None = None
    row: int | None = None


# --- planting ---------------------------------------------------------------------------------


def seal(folder: Path, name: str, **changes: object) -> None:
    """Make the manifest agree with a changed file again."""
    path = folder / FILE_NAME
    document = json.loads(path.read_text())
    for entry in document["files"]:
        if entry["path"] == name:
            entry |= {"sha256": file_sha256(folder / str(changes.get("path", name))), **changes}
    path.write_text(json.dumps(document))


def cell(table: str, row: int, column: str, value: str) -> Plant:
    """Put a value into one cell of a CSV table."""

    def plant(folder: Path) -> None:
        path = folder / f"{table}.csv"
        with path.open(newline="", encoding="utf-8") as handle:
            lines = list(csv.reader(handle, delimiter=";"))
        lines[row][lines[0].index(column)] = value
        with path.open("w", newline="", encoding="utf-8") as handle:
            csv.writer(handle, delimiter=";", lineterminator="\n").writerows(lines)
        seal(folder, path.name)

    return plant


def lines(name: str, change: Callable[[list[bytes]], None], *, added: int = 0) -> Plant:
    """Change the lines of a text file."""

    def plant(folder: Path) -> None:
        path = folder / name
        found = path.read_bytes().splitlines()
        change(found)
        path.write_bytes(b"\n".join(found) + b"\n")
        document = json.loads((folder / FILE_NAME).read_text())
        (rows,) = (f["rows"] for f in document["files"] if f["path"] == name)
        seal(folder, name, rows=rows + added)

    return plant


def replaced(name: str, row: int, old: bytes, new: bytes) -> Plant:
    """Replace text in one line (row 0 is the first line of the file)."""
    return lines(name, lambda found: found.__setitem__(row, found[row].replace(old, new, 1)))


def manifest(**values: object) -> Plant:
    """Set values of the manifest."""

    def plant(folder: Path) -> None:
        path = folder / FILE_NAME
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return plant


def bytes_of(name: str, change: Callable[[bytes], bytes], *, sealed: bool = True) -> Plant:
    """Change the bytes of a file."""

    def plant(folder: Path) -> None:
        (folder / name).write_bytes(change((folder / name).read_bytes()))
        if sealed:
            seal(folder, name)

    return plant


def packed(change: Callable[[bytes], bytes]) -> Plant:
    """Send the results gzipped, after a change of the packed bytes' source."""

    def plant(folder: Path) -> None:
        content = (folder / "resultat.csv").read_bytes()
        (folder / "resultat.csv.gz").write_bytes(change(content))
        (folder / "resultat.csv").unlink()
        seal(folder, "resultat.csv", path="resultat.csv.gz")

    return plant


def removed(name: str) -> Plant:
    """Leave a file of the manifest out."""

    def plant(folder: Path) -> None:
        (folder / name).unlink()

    return plant


def archive(member: str, size: int = 0) -> Plant:
    """Send a zip with a member of that name, of `size` zero bytes."""

    def plant(folder: Path) -> Path:
        target = folder.with_suffix(".zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as sink:
            for path in sorted(folder.iterdir()):
                sink.write(path, f"{folder.name}/{path.name}")
            sink.writestr(member, b"\0" * size)
        return target

    return plant


def traversal(folder: Path) -> None:
    """Name a file outside the delivery in the manifest."""
    path = folder / FILE_NAME
    document = json.loads(path.read_text())
    document["files"][0]["path"] = "../../etc/passwd"
    path.write_text(json.dumps(document))


def columns(change: Callable[[list[str]], list[str]]) -> Plant:
    """Change the header and every line of the acts, cell by cell."""

    def change_all(found: list[bytes]) -> None:
        found[:] = [";".join(change(line.decode().split(";"))).encode() for line in found]

    return lines("acte.csv", change_all)


def names(folder: Path) -> None:
    """Put family names into a column of units."""
    for row, name in enumerate(("MARTIN", "BERNARD", "DUBOIS", "Moreau"), 1):
        cell("resultat", row, "unite", name)(folder)


def condition(change: Callable[[dict], object]) -> Plant:
    """Change the fourth Condition resource."""

    def change_line(found: list[bytes]) -> None:
        resource = json.loads(found[3])
        change(resource)
        found[3] = json.dumps(resource).encode()

    return lines("Condition.ndjson", change_line)


PART, NONE, ALL = "partially_accepted", "refused", "accepted"
M, F, D, S = "medirel", "fhirmed", "dosmed", "snds"

FAULTS: tuple[Fault, ...] = (
    # the delivery
    Fault("no manifest", M, removed(FILE_NAME), NONE, "no manifest"),
    Fault("manifest is no JSON", M, bytes_of(FILE_NAME, lambda b: b[:90], sealed=False), NONE,
          "not JSON"),
    Fault("unknown source", M, manifest(source="othermed"), NONE, "Unknown source"),
    Fault("unknown contract version", M, manifest(contract_version="9.9"), NONE,
          "Unknown contract version"),
    Fault("no practice", M, manifest(practice={}), NONE, "names no practice"),
    Fault("path out of the delivery", M, traversal, NONE, "leads out"),
    Fault("archive leads out", M, archive("../out.csv"), NONE, "leads out of the archive"),
    Fault("archive is a bomb", M, archive("zeros.csv", 64 << 20), NONE, "grows more than"),
    # files
    Fault("file missing", M, removed("acte.csv"), PART, "missing"),
    Fault("file changed on its way", M,
          bytes_of("acte.csv", lambda b: b + b"\n", sealed=False), PART, "other SHA-256"),
    Fault("file empty", M, bytes_of("acte.csv", lambda b: b""), PART, "empty"),
    Fault("Parquet cut", D, bytes_of("element.parquet", lambda b: b[:-200]), PART,
          "truncated or damaged"),
    Fault("gzip cut", M, packed(lambda b: gzip.compress(b)[:-30]), PART, "gzip file is damaged"),
    Fault("gzip bomb", M, packed(lambda b: gzip.compress(b"0" * (64 << 20))), PART,
          "grows more than"),
    Fault("column missing", M, columns(lambda c: c[:-1]), PART, "missing 'code_ccam'"),
    Fault("column renamed", M, columns(lambda c: [x.replace("code_ccam", "code_cam") for x in c]),
          PART, "'code_cam' instead of 'code_ccam'"),
    Fault("column too many", M, columns(lambda c: [*c, c[0].replace("num_acte", "extra")]),
          PART, "unexpected 'extra'"),
    Fault("rows cut off", M, lines("acte.csv", lambda found: found.pop()), PART,
          "The file holds 19 rows, the manifest says 20"),
    # rows
    Fault("not a whole number", M, cell("prescription", 5, "nb_boites", "deux"), PART,
          "not a whole number", "nb_boites", 5),
    Fault("not a number", M, cell("consultation", 5, "motif_confiance", "sûr"), PART,
          "not a number", "motif_confiance", 5),
    Fault("no record key", M, cell("acte", 6, "num_acte", ""), PART, "required and empty",
          "num_acte", 6),
    Fault("no patient", M, cell("acte", 6, "patient_pseudo", ""), PART, "required and empty",
          "patient_pseudo", 6),
    Fault("foreign pseudonym", M, cell("acte", 7, "patient_pseudo", "P1234"), PART,
          "not a level-1 pseudonym", "patient_pseudo", 7),
    Fault("second-level pseudonym", M, cell("acte", 7, "patient_pseudo", f"l2-0000-{'a' * 32}"),
          PART, "not a level-1 pseudonym", "patient_pseudo", 7),
    Fault("fields too few", M, lines("acte.csv", lambda f: f.__setitem__(3, b"A;B")), PART,
          "fewer fields", row=3),
    Fault("fields too many", M, lines("acte.csv", lambda f: f.__setitem__(3, f[3] + b";;x")), PART,
          "more fields", row=3),
    Fault("bytes that are no text", M, replaced("acte.csv", 4, b"DEQP", b"DE\xffP"), PART,
          "not UTF-8", row=4),
    Fault("endless line", M, replaced("acte.csv", 4, b"DEQP", b"D" * (5 << 20)), PART,
          "longer than", row=4),
    Fault("one key, two contents", M,
          lines("acte.csv", lambda f: f.append(f[2].replace(b"DEQP003", b"HHFA016")), added=1),
          PART, "several contents for one record key", "num_acte", 2),
    Fault("row repeated", M, lines("acte.csv", lambda f: f.append(f[2]), added=1), ALL, "repeated"),
    Fault("no JSON", F, lines("Condition.ndjson", lambda f: f.__setitem__(3, f[3][:50])), PART,
          "not JSON", row=4),
    Fault("NDJSON: bytes that are no text", F,
          replaced("Condition.ndjson", 3, b"active", b"act\xffve"), PART, "not UTF-8", row=4),
    Fault("resource of another type", F, condition(lambda r: r.update(resourceType="Goal")), PART,
          "resource of another type", row=4),
    Fault("resource without patient", F, condition(lambda r: r.pop("subject")), PART,
          "required and empty", "patient_pseudo", 4),
    # identities
    Fault("NIR", M, cell("resultat", 9, "valeur", "1 85 05 78 006 084 91"), NONE, "NIR",
          "valeur", 9),
    Fault("NIR in a numeric column", M, cell("prescription", 9, "nb_boites", "185057800608491"),
          NONE, "NIR", "nb_boites", 9),
    Fault("e-mail", M, cell("resultat", 9, "unite", "a.martin@example.org"), NONE, "e-mail",
          "unite", 9),
    Fault("e-mail in an enumerated column", M,
          cell("consultation", 9, "type_acte", "a.martin@example.org"), NONE, "e-mail",
          "type_acte", 9),
    Fault("telephone", M, cell("resultat", 9, "valeur", "06 12 34 56 78"), NONE, "telephone",
          "valeur", 9),
    Fault("postal address", M, cell("resultat", 9, "valeur", "12 bis rue de la Paix"), NONE,
          "postal address", "valeur", 9),
    Fault("exact birth date", M, cell("patient", 2, "annee_naissance", "12/05/1985"), NONE,
          "exact birth date", "annee_naissance", 2),
    Fault("names", M, names, NONE, "personal name", "unite", 1),
    Fault("identity column", M, columns(lambda c: [*c, c[0].replace("num_acte", "telephone")]),
          NONE, "identity column", "telephone"),
    Fault("e-mail in a broken line", M,
          lines("acte.csv", lambda f: f.__setitem__(3, f[3] + b";;a.martin@example.org")), NONE,
          "e-mail", "line", 3),
    Fault("FHIR name element", F, condition(lambda r: r["subject"].update(display="Zoé")), NONE,
          "identity element", "display", 4),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What was said of a planted fault."""

    fault: str
    found: bool
    verdict: str
    said: str
    reasons: tuple[str, ...] = ()


def check(fault: Fault, scratch: Path) -> Finding:
    """Plant one fault and read the scorecard."""
    version = "1.0" if fault.source == S else "2.0"
    folder = write_sample_delivery(scratch, fault.source, version)
    sent = fault.plant(folder) or folder
    try:
        card = score_delivery(sent)
    except P4dpError as error:
        said = str(error)
        return Finding(fault.name, fault.verdict == NONE and fault.reason in said, NONE, said)
    entries = [(t.fault, None, None) for t in card.tables if t.fault]
    entries += [(r, c, row) for t in card.tables for r, c, _, row in t.reasons]
    entries += [(i.kind, i.column, i.row) for i in card.identities]
    entries += [("repeated", None, None) for t in card.tables if t.duplicate]
    found = card.verdict == fault.verdict and any(
        fault.reason in reason
        and (fault.column is None or column == fault.column)
        and (fault.row is None or row == fault.row)
        for reason, column, row in entries
    )
    said = "; ".join(f"{r} ({c}, row {n})" for r, c, n in entries)
    reasons = tuple(reason for reason, _, _ in entries if reason != "repeated")
    return Finding(fault.name, found, card.verdict, re.sub(r"\s+", " ", said), reasons)


def run() -> list[Finding]:
    """Plant every fault, each in a delivery of its own."""
    findings = []
    for fault in FAULTS:
        with tempfile.TemporaryDirectory(prefix="p4dp-faults-") as name:
            findings.append(check(fault, Path(name)))
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    findings = run()
    missed = [f for f in findings if not f.found]
    result = {
        "planted": len(findings),
        "found": len(findings) - len(missed),
        "missed": [f.__dict__ for f in missed],
        "faults": [f.fault for f in findings],
    }
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
