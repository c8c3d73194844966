"""Spoiled deliveries in the inbox: each is named, the good rest goes on, nothing half lands."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .line import Line, Spoil, redeliver

pytestmark = pytest.mark.slow


def rewritten(name: str, change: Callable[[bytes], bytes], honest: bool = True) -> Spoil:
    """Changes a file; an honest sender then gives its true hash and number of rows."""

    def spoil(folder: Path, manifest: dict[str, Any]) -> None:
        path = folder / name
        path.write_bytes(change(path.read_bytes()))
        entry = next(entry for entry in manifest["files"] if entry["path"] == name)
        if honest:
            entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
            if name.endswith(".csv"):
                entry["rows"] = max(len(path.read_bytes().splitlines()) - 1, 0)

    return spoil


def missing_file(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "consultation.csv").unlink()


def unknown_contract(folder: Path, manifest: dict[str, Any]) -> None:
    manifest["contract_version"] = "99.0"


def first_row(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """A change of the fields of the first row of a CSV file."""

    def apply(content: bytes) -> bytes:
        header, row, *rest = content.splitlines()
        return b"\n".join([header, b";".join(change(row.split(b";"))), *rest]) + b"\n"

    return apply


def without_type(content: bytes) -> bytes:
    """A CSV file of consultations without its fifth column, `type_acte`."""
    rows = [line.split(b";") for line in content.splitlines()]
    return b"\n".join(b";".join([*row[:4], *row[5:]]) for row in rows) + b"\n"


def with_names(content: bytes) -> bytes:
    header, *rows = content.splitlines()
    named = [row + b";MARTIN" for row in rows]
    return b"\n".join([header + b";nom_naissance", *named]) + b"\n"


def warning_of_intake(result: dict[str, Any]) -> str:
    """Checks of the records' quality may warn beside it."""
    [warning] = [text for text in result["warnings"] if text.startswith("check received_whole ")]
    return warning


# What is wrong, whose delivery it is, what happens to the delivery, and words of its message.
SPOILED: list[tuple[str, Spoil, str, str]] = [
    ("medirel", missing_file, "partially_accepted", "missing"),
    (
        "medirel",
        rewritten("consultation.csv", lambda c: c + c[-40:], honest=False),
        "partially_accepted",
        "SHA-256",
    ),
    ("medirel", rewritten("consultation.csv", without_type), "partially_accepted", "type_acte"),
    (
        "medirel",
        rewritten("consultation.csv", lambda c: c.replace(b"type_acte", b"acte_type", 1)),
        "partially_accepted",
        "acte_type",
    ),
    ("medirel", rewritten("consultation.csv", lambda c: b""), "partially_accepted", "empty"),
    (
        "dosmed",
        rewritten("element.parquet", lambda c: c[: len(c) // 2]),
        "partially_accepted",
        "truncated",
    ),
    ("medirel", unknown_contract, "refused", "99.0"),
    ("medirel", rewritten("consultation.csv", with_names), "refused", "Identity"),
]


def test_what_is_spoiled_is_named_and_the_rest_goes_on(finished: Line) -> None:
    names = [
        redeliver(finished, source, 11 + number, spoil)
        for number, (source, spoil, _, _) in enumerate(SPOILED)
    ]
    again = sorted((finished.root / "deliveries").glob("medirel-*"))[0]
    shutil.copytree(again, finished.home.inbox / again.name)

    result = finished.run()

    warning = warning_of_intake(result)
    for name, (_, _, status, words) in zip(names, SPOILED, strict=True):
        assert f"{name} {status}: " in warning
        assert words in warning.partition(f"{name} {status}: ")[2].partition("\n" + name[:6])[0]
        if status == "refused":
            assert not list(finished.home.landing.rglob(f"*{name}*"))
    assert f"{again.name} " not in warning
    assert not list(finished.home.inbox.iterdir())
    assert result["release_id"] == finished.home.current_release.resolve().name


def test_one_bad_row_is_set_aside_and_the_rest_goes_its_way(finished: Line) -> None:
    bad_year = first_row(lambda fields: [fields[0], b"mille neuf cent", *fields[2:]])
    name = redeliver(finished, "medirel", 11, rewritten("patient.csv", bad_year))
    result = finished.run()
    warning = warning_of_intake(result)
    assert f"{name} partially_accepted: " in warning
    status = json.loads(finished.command("status", "--json"))
    assert status["quarantine"] == [{"delivery_id": name, "row_count": 1}]
    assert name in finished.command("quarantine", "show", name)
