"""The manifest every delivery carries: who, what, when, and a fingerprint of each file."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from p4dp.errors import P4dpError

FORMAT = "p4dp-delivery/1"
FILE_NAME = "manifest.json"
KINDS = ("full", "changes")
FILE_FORMATS = ("csv", "ndjson", "parquet")
MAX_BYTES = 16 * 1024 * 1024

_DELIVERY_ID = re.compile(r"[a-z0-9]+-[A-Za-z0-9._-]{1,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery as its manifest describes it."""

    path: str
    table: str
    format: str
    rows: int
    sha256: str
    encoding: str = "utf-8"
    delimiter: str = ";"


@dataclass(frozen=True)
class Manifest:
    """A delivery's manifest, checked for shape (not yet against its files)."""

    delivery_id: str
    source: str
    vendor: str
    software_version: str
    contract_version: str
    practice_pseudo: str | None
    commune_code: str | None
    structure_type: str | None
    university_zone: str | None
    sequence: int
    kind: str
    period_start: date
    period_end: date
    created_at: datetime
    is_synthetic: bool
    files: tuple[DeliveredFile, ...]

    @property
    def content_hash(self) -> str:
        """Fingerprint of what the delivery says: same hash = same delivery."""
        described = [(f.path, f.table, f.sha256) for f in sorted(self.files, key=lambda f: f.path)]
        head = (
            self.delivery_id, self.source, self.contract_version, self.practice_pseudo,
            self.sequence, self.kind, str(self.period_start), str(self.period_end),
        )  # fmt: skip
        return hashlib.sha256(json.dumps([head, described]).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal; constant memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_manifest(
    folder: Path,
    *,
    source: str,
    vendor: str,
    software_version: str,
    contract_version: str,
    sequence: int,
    kind: str,
    period_start: date,
    period_end: date,
    is_synthetic: bool,
    files: Sequence[tuple[str, str, str, int]],
    practice_pseudo: str | None = None,
    commune_code: str | None = None,
    structure_type: str | None = None,
    university_zone: str | None = None,
    delivery_id: str | None = None,
    delimiter: str = ";",
) -> Path:
    """Write `manifest.json` for the files already in `folder`; hashes them itself.

    `files`: (path in the folder, table, format, rows). The creation time is the end
    of the period: the same export gives the same bytes.
    """
    if delivery_id is None:
        if practice_pseudo is None:
            raise P4dpError("A delivery without a practice needs a delivery_id of its own")
        delivery_id = f"{source}-{practice_pseudo.rsplit('-', 1)[-1][:8]}-{sequence:06d}"
    document = {
        "format": FORMAT,
        "delivery_id": delivery_id,
        "source": source,
        "vendor": vendor,
        "software_version": software_version,
        "contract_version": contract_version,
        "practice": {
            "practice_pseudo": practice_pseudo,
            "commune_code": commune_code,
            "structure_type": structure_type,
            "university_zone": university_zone,
        },
        "sequence": sequence,
        "kind": kind,
        "period_start": period_start.isoformat(),
        "period_end": period_end.isoformat(),
        "created_at": f"{period_end.isoformat()}T00:00:00+00:00",
        "is_synthetic": is_synthetic,
        "files": [
            {
                "path": path,
                "table": table,
                "format": kind_of_file,
                "encoding": "utf-8",
                **({"delimiter": delimiter} if kind_of_file == "csv" else {}),
                "rows": rows,
                "sha256": file_sha256(folder / path),
            }
            for path, table, kind_of_file, rows in files
        ],
    }
    target = folder / FILE_NAME
    temporary = folder / f".{FILE_NAME}.tmp"
    temporary.write_text(
        json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    os.replace(temporary, target)
    return target


class _Reader:
    """Reads typed values out of a JSON object, naming what is wrong."""

    def __init__(self, node: Any, file: Path, where: str) -> None:
        if not isinstance(node, Mapping):
            raise P4dpError(f"{where} is not an object", file=file)
        self.node, self.file, self.where = node, file, where

    def _wrong(self, name: str, expected: str) -> P4dpError:
        found = self.node.get(name, "nothing")
        return P4dpError(
            f"{self.where}: unusable {name!r}: {str(found)[:60]!r}",
            file=self.file,
            expected=expected,
            remedy="Write the manifest with `p4dp pseudonymise`, or correct it.",
        )

    def text(self, name: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.node.get(name)
        if not isinstance(value, str) or not value or len(value) > 200 or not value.isprintable():
            raise self._wrong(name, "a text")
        if pattern is not None and not pattern.fullmatch(value):
            raise self._wrong(name, f"text like {pattern.pattern}")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self.node.get(name) in (None, "") else self.text(name)

    def choice(self, name: str, options: Sequence[str]) -> str:
        value = self.node.get(name)
        if value not in options:
            raise self._wrong(name, f"one of {', '.join(options)}")
        return str(value)

    def integer(self, name: str) -> int:
        value = self.node.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**62:
            raise self._wrong(name, "a whole number")
        return value

    def boolean(self, name: str) -> bool:
        value = self.node.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def date(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as error:
            raise self._wrong(name, "a date YYYY-MM-DD") from error


def _safe_path(text: str, file: Path) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or "\x00" in text:
        raise P4dpError(
            f"Path leads out of the delivery: {text[:80]!r}",
            file=file,
            expected="a path inside the delivery folder",
        )
    return str(path)


def read_manifest(folder: Path) -> Manifest:
    """Read and check the manifest of a delivery folder; raises P4dpError."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise P4dpError(
            "The delivery has no manifest",
            file=path,
            remedy="Make deliveries with `p4dp pseudonymise RAW --out DIR --keys DIR`.",
        )
    if path.stat().st_size > MAX_BYTES:
        raise P4dpError("The manifest is too large", file=path, expected=f"<= {MAX_BYTES} bytes")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise P4dpError(
            f"The manifest is not JSON in UTF-8: {error}", file=path, remedy="Send it again."
        ) from error
    head = _Reader(document, path, "manifest")
    head.choice("format", [FORMAT])
    practice = _Reader(document.get("practice", {}), path, "manifest: practice")
    listed = document.get("files")
    if not isinstance(listed, list) or not listed:
        raise P4dpError("The manifest lists no file", file=path, expected="at least one file")
    files = []
    for number, node in enumerate(listed, 1):
        item = _Reader(node, path, f"manifest: file {number}")
        files.append(
            DeliveredFile(
                path=_safe_path(item.text("path"), path),
                table=item.text("table"),
                format=item.choice("format", FILE_FORMATS),
                rows=item.integer("rows"),
                sha256=item.text("sha256", _SHA256),
                encoding=item.optional_text("encoding") or "utf-8",
                delimiter=item.optional_text("delimiter") or ";",
            )
        )
    paths = [f.path for f in files]
    twice = sorted({p for p in paths if paths.count(p) > 1})
    if twice:
        raise P4dpError(f"The manifest lists {twice[0]!r} twice", file=path)
    try:
        created_at = datetime.fromisoformat(head.text("created_at"))
    except ValueError as error:
        raise P4dpError(
            "manifest: unusable 'created_at'", file=path, expected="an ISO 8601 time with offset"
        ) from error
    if created_at.tzinfo is None:
        raise P4dpError(
            "manifest: 'created_at' has no offset", file=path, expected="2026-01-31T00:00:00+00:00"
        )
    manifest = Manifest(
        delivery_id=head.text("delivery_id", _DELIVERY_ID),
        source=head.text("source"),
        vendor=head.text("vendor"),
        software_version=head.text("software_version"),
        contract_version=head.text("contract_version"),
        practice_pseudo=practice.optional_text("practice_pseudo"),
        commune_code=practice.optional_text("commune_code"),
        structure_type=practice.optional_text("structure_type"),
        university_zone=practice.optional_text("university_zone"),
        sequence=head.integer("sequence"),
        kind=head.choice("kind", KINDS),
        period_start=head.date("period_start"),
        period_end=head.date("period_end"),
        created_at=created_at,
        is_synthetic=head.boolean("is_synthetic"),
        files=tuple(files),
    )
    if manifest.period_end < manifest.period_start:
        raise P4dpError("The period ends before it starts", file=path)
    return manifest
