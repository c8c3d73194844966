"""A raw export as a practice's software writes it: the descriptor and the files."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, cast

from p4dp.errors import P4dpError

DESCRIPTOR = "export.json"
FORMAT = "p4dp-export/1"
_CHUNK = 1 << 20

#: Beyond 16 MiB, a packed file that grows more than this is a bomb.
MAX_RATIO = 200
_FREE_BYTES = 16 * 1024**2


@dataclass(frozen=True)
class Export:
    """What `export.json` says of a raw export."""

    vendor: str
    software_version: str
    contract_version: str
    practice_id: str
    sequence: int
    kind: str
    period_start: date
    period_end: date
    is_synthetic: bool
    encoding: str = "utf-8"
    commune_code: str | None = None
    structure_type: str | None = None
    university_zone: str | None = None


def read_descriptor(path: Path, practice: str | None = None) -> Export | None:
    """The descriptor of a raw export; None when there is no such file.

    `practice`, when given, must agree with the descriptor. Raises P4dpError on an
    unreadable or incomplete descriptor.
    """
    if not path.is_file():
        return None
    try:
        node: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if node["format"] != FORMAT:
            raise P4dpError(f"Unknown export format {node['format']!r}", file=path, expected=FORMAT)
        place = node.get("practice") or {}
        export = Export(
            vendor=node["vendor"],
            software_version=str(node["software_version"]),
            contract_version=str(node["contract_version"]),
            practice_id=str(node["practice_id"]),
            sequence=int(node["sequence"]),
            kind=node["kind"],
            period_start=date.fromisoformat(node["period_start"]),
            period_end=date.fromisoformat(node["period_end"]),
            is_synthetic=bool(node["is_synthetic"]),
            encoding=str(node.get("encoding", "utf-8")).lower(),
            commune_code=place.get("commune_code"),
            structure_type=place.get("structure_type"),
            university_zone=place.get("university_zone"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise P4dpError(
            f"Unusable export descriptor: {type(error).__name__} {error}",
            file=path,
            expected=f"{FORMAT} with vendor, versions, practice_id, sequence, kind and period",
        ) from error
    if practice is not None and practice != export.practice_id:
        raise P4dpError(
            f"The export is of practice {export.practice_id!r}, not {practice!r}", file=path
        )
    return export


def find_file(raw: Path, name: str, extension: str) -> Path | None:
    """`<name>.<extension>` or its gzip in `raw`, whatever the case of the name."""
    wanted = {f"{name}.{extension}".lower(), f"{name}.{extension}.gz".lower()}
    found = sorted(p for p in raw.iterdir() if p.is_file() and p.name.lower() in wanted)
    return found[0] if found else None


def read_header(path: Path, delimiter: str) -> list[str]:
    """Column names in the first line of a CSV file; other lines are not decoded."""
    with path.open("rb") as handle:
        line = handle.readline(_CHUNK)
    text = line.decode("utf-8-sig", errors="replace")
    return [name.strip().strip('"') for name in text.rstrip("\r\n").split(delimiter)]


def as_utf8(path: Path, encoding: str, scratch: Path, *, strict: bool = False) -> Path:
    """The file itself when it is UTF-8, an unpacked and decoded copy in `scratch` otherwise.

    Streamed. A byte that is no text in the encoding stays as it is, so that the reader sets its
    line aside; with `strict` it is an error that names the row: at the practice a wrong
    encoding would spoil every name, and the export can be made again. Raises P4dpError for an
    unknown encoding, for a damaged gzip file and for one that grows beyond reason.
    """
    try:
        normal = codecs.lookup(encoding).name
    except LookupError:
        raise P4dpError(
            f"Unknown encoding {encoding!r}", file=path.name, expected="utf-8 or cp1252"
        ) from None
    is_packed = path.suffix == ".gz"
    if normal == "utf-8" and not is_packed:
        return path
    target = scratch / f"{path.name.removesuffix('.gz')}.utf8"
    limit = max(_FREE_BYTES, MAX_RATIO * path.stat().st_size)
    errors = "strict" if strict else "surrogateescape"
    try:
        with (gzip.open if is_packed else open)(path, "rb") as source, target.open("wb") as sink:
            _decode(cast(IO[bytes], source), sink, normal, errors, path, limit)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise P4dpError(
            "The gzip file is damaged", file=path.name, remedy="Send it again."
        ) from None
    return target


def _decode(
    source: IO[bytes], sink: IO[bytes], normal: str, errors: str, path: Path, limit: int
) -> None:
    decoder = codecs.getincrementaldecoder(normal)(errors)
    row = read = 0
    while chunk := source.read(_CHUNK):
        read += len(chunk)
        if read > limit:
            raise P4dpError(
                f"The file grows more than {MAX_RATIO} times when unpacked",
                file=path.name,
                remedy="Send it unpacked.",
            )
        if normal == "utf-8":
            sink.write(chunk)
            continue
        try:
            sink.write(decoder.decode(chunk).encode("utf-8", errors="surrogateescape"))
        except UnicodeError as error:
            start = error.start if isinstance(error, UnicodeDecodeError) else 0
            raise P4dpError(
                f"The file is not {normal}",
                file=path.name,
                row=row + chunk[:start].count(b"\n"),
                expected=f"text in {normal}",
                remedy="Name the encoding the file is written in.",
            ) from error
        row += chunk.count(b"\n")
    sink.write(decoder.decode(b"", final=True).encode("utf-8", errors="surrogateescape"))
