"""The generated folders: complete, reproducible, refused where they would overwrite."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from p4dp.errors import P4dpError
from p4dp.synthetic import generate as generate_module
from p4dp.synthetic.generate import generate, request_for

QUICK = {"practices": 3, "patients": 240, "months": 8}


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes_whatever_the_number_of_processes(tmp_path: Path) -> None:
    request = request_for(seed=3, practices=6, patients=480, months=8)
    generate(tmp_path / "one", request, workers=1)
    generate(tmp_path / "two", request, workers=2)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    generate(tmp_path / "a", request_for(seed=1, **QUICK), workers=1, deliver=False)
    generate(tmp_path / "b", request_for(seed=2, **QUICK), workers=1, deliver=False)
    names = [set(digest(tmp_path / x)) for x in "ab"]
    assert names[0] != names[1]


def test_every_practice_sends_one_full_delivery_then_monthly_changes(tiny_world: Path) -> None:
    manifests = [
        json.loads(path.read_text()) for path in sorted(tiny_world.glob("inbox/*/manifest.json"))
    ]
    assert len(manifests) == len(list((tiny_world / "inbox").iterdir()))
    by_practice: dict[str, list[tuple[int, str]]] = {}
    for manifest in manifests:
        if manifest["source"] != "snds":
            by_practice.setdefault(manifest["practice"]["practice_pseudo"], []).append(
                (manifest["sequence"], manifest["kind"])
            )
    assert len(by_practice) == 3
    for deliveries in by_practice.values():
        assert sorted(deliveries)[0] == (1, "full")
        assert {kind for number, kind in deliveries if number > 1} <= {"changes"}
    claims = [manifest for manifest in manifests if manifest["source"] == "snds"]
    assert [manifest["delivery_id"] for manifest in claims] == [
        "snds-202510-000001",
        "snds-202511-000002",
        "snds-202512-000003",
    ]


def test_manifest_rows_and_hashes_are_those_of_the_files(tiny_world: Path) -> None:
    for path in tiny_world.glob("inbox/snds-*/manifest.json"):
        for file in json.loads(path.read_text())["files"]:
            written = path.parent / file["path"]
            assert hashlib.sha256(written.read_bytes()).hexdigest() == file["sha256"]
            assert pq.read_metadata(written).num_rows == file["rows"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generate_module.truth, "write_practices", stop)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, request_for(seed=1, **QUICK), workers=1, deliver=False)
    assert list(tmp_path.iterdir()) == []


def test_a_world_is_never_overwritten(tiny_world: Path) -> None:
    before = digest(tiny_world / "truth")
    with pytest.raises(P4dpError, match="already there"):
        generate(tiny_world, request_for(seed=1, **QUICK))
    assert digest(tiny_world / "truth") == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"profile": "huge"}, "unknown profile"),
        ({"patients": 3}, "patients is out of range"),
        ({"months": 2}, "months is out of range"),
        ({"seed": -1}, "seed"),
    ],
)
def test_sizes_that_make_no_world_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(P4dpError, match=message):
        request_for(**arguments)
