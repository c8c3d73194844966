"""From a seed to folders: raw exports, deliveries, keys and truth.

The world is made cluster by cluster (a few neighbouring practices and everybody around
them), each from its own random streams: memory does not grow with the world, clusters can
be made in any order or side by side, and the same seed gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from p4dp.boundary import BoundaryKeys, create_boundary_keys, pseudonymise, write_manifest
from p4dp.errors import P4dpError
from p4dp.synthetic import truth
from p4dp.synthetic.calendar import day_number, month_index, month_start, to_date
from p4dp.synthetic.care import history_start, make_care
from p4dp.synthetic.claims import make_claims, write_batches
from p4dp.synthetic.epidemics import Epidemics, make_epidemics
from p4dp.synthetic.identities import make_cards
from p4dp.synthetic.people import make_people
from p4dp.synthetic.practices import CHANGE_MONTHS, Practice, make_practices, territory
from p4dp.synthetic.recording import migrate, record
from p4dp.synthetic.vendors import WRITERS
from p4dp.synthetic.vendors.common import Export
from p4dp.synthetic.world import World, load_world, stream

FACTS_PATIENTS = 20_000
"""Worlds of at most this many people come with every fact that should stand in the end."""
FOLDERS = ("practices", "inbox", "keys", "truth")
Progress = Callable[[int, int], None]
Land = Callable[[Path], None]
"""Takes one delivery folder straight to landing; the folder is removed afterwards."""
File = tuple[str, str, str, int]


@dataclass(frozen=True)
class Request:
    """What to generate."""

    seed: int
    practices: int
    patients: int
    months: int
    world: Path | None = None
    profile: str = "small"
    facts: bool = False
    """Also write every fact that should stand in the end (`truth/recorded_fact`)."""


@dataclass(frozen=True)
class SynthReport:
    """What was generated."""

    out: str
    seed: int
    practices: int
    people: int
    months: int
    period_start: str
    period_end: str
    practice_rows: int
    claim_rows: int
    deliveries: int
    seconds: float
    generation_cpu_seconds: float
    """Processor time: people, care, records, exports, claims, truth."""
    boundary_cpu_seconds: float
    """Processor time: pseudonymising the exports (and landing them, where asked)."""

    def as_dict(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class _Setting:
    """What every cluster of a world shares; made once per process."""

    world: World
    practices: list[Practice]
    epidemics: Epidemics
    start: int
    end: int
    cuts: list[int]


@cache
def _setting(request: Request) -> _Setting:
    world = load_world(request.world)
    start, end, cuts = window(world, request.months)
    practices = make_practices(
        world, request.seed, request.practices, end - start, request.patients
    )
    epidemics = make_epidemics(world, request.seed, practices, start, end)
    return _Setting(world, practices, epidemics, start, end, cuts)


@dataclass(frozen=True)
class _Task:
    request: Request
    cluster: int
    people: int
    out: Path
    deliver: bool
    land: Land | None


@dataclass(frozen=True)
class _Done:
    cluster: int
    people: int
    practice_rows: int
    files: list[list[File]]
    deliveries: int
    generation_seconds: float
    boundary_seconds: float


def request_for(
    profile: str = "small",
    *,
    seed: int = 1,
    practices: int | None = None,
    patients: int | None = None,
    months: int | None = None,
    world: Path | None = None,
    facts: bool | None = None,
) -> Request:
    """A request from a profile of the world file, with some of its sizes replaced.

    `facts`: also write what should stand in the end; by default in worlds of at most
    `FACTS_PATIENTS` people.

    Raises P4dpError for an unknown profile or a size that cannot make a world.
    """
    profiles = load_world(world).section("profiles")
    if profile not in profiles:
        raise P4dpError(
            f"unknown profile {profile!r}", expected=" or ".join(profiles), remedy="choose one"
        )
    size = profiles[profile]
    request = Request(
        seed,
        practices or size["practices"],
        patients or size["patients"],
        months or size["months"],
        world,
        profile,
        (patients or size["patients"]) <= FACTS_PATIENTS if facts is None else facts,
    )
    for name, low, high in (
        ("practices", 1, 20_000),
        ("patients", 50 * request.practices, 100_000_000),
        ("months", 6, 120),
    ):
        if not low <= getattr(request, name) <= high:
            raise P4dpError(
                f"{getattr(request, name)} {name} is out of range",
                expected=f"{name} from {low} to {high}",
                remedy=f"give another --{name}",
            )
    if seed < 0:
        raise P4dpError("a seed is a whole number from 0 on", remedy="give another --seed")
    return request


def generate(
    out: Path,
    request: Request,
    *,
    workers: int | None = None,
    deliver: bool = True,
    land: Land | None = None,
    progress: Progress | None = None,
) -> SynthReport:
    """Writes the world of `request` under `out`.

    `out/practices/<id>/<sequence>/` raw exports with identities, `out/inbox/` deliveries of
    every source (made with the demo keys in `out/keys/`; left out for practices when
    `deliver` is false), `out/truth/`. The folders appear together at the end: an interrupted
    run leaves nothing. With `land`, each delivery is handed to it as soon as it is made and
    neither exports nor deliveries are kept. Raises P4dpError when a folder is already there.
    """
    began = time.monotonic()
    out = out.expanduser().resolve()
    for name in FOLDERS:
        folder = out / name
        if folder.exists() and any(folder.iterdir()):
            raise P4dpError(
                "a world (or something else) is already there",
                file=folder,
                remedy="give another --out, or remove the folder first",
            )
    out.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".synth-", dir=out))
    try:
        done, start, end = _build(scratch, request, workers, deliver, land, progress)
        for name in FOLDERS:
            if (out / name).exists():
                (out / name).rmdir()
            os.replace(scratch / name, out / name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report = SynthReport(
        out=str(out),
        seed=request.seed,
        practices=request.practices,
        people=sum(item.people for item in done),
        months=request.months,
        period_start=to_date(start).isoformat(),
        period_end=to_date(end - 1).isoformat(),
        practice_rows=sum(item.practice_rows for item in done),
        claim_rows=sum(file[3] for item in done for batch in item.files for file in batch),
        deliveries=sum(item.deliveries for item in done) + CHANGE_MONTHS + 1,
        seconds=round(time.monotonic() - began, 1),
        generation_cpu_seconds=round(sum(item.generation_seconds for item in done), 1),
        boundary_cpu_seconds=round(sum(item.boundary_seconds for item in done), 1),
    )
    return report


def window(world: World, months: int) -> tuple[int, int, list[int]]:
    """First day, day after the last, and the days on which deliveries are cut."""
    end = day_number(str(world["period_end"])) + 1
    month = int(month_index(np.array([end]))[0])
    start = int(month_start(month - months))
    cuts = [int(month_start(month - back)) for back in range(CHANGE_MONTHS, -1, -1)]
    return start, end, cuts


def _build(
    out: Path,
    request: Request,
    workers: int | None,
    deliver: bool,
    land: Land | None,
    progress: Progress | None,
) -> tuple[list[_Done], int, int]:
    _setting.cache_clear()
    setting = _setting(request)
    world, practices = setting.world, setting.practices
    start, end, cuts = setting.start, setting.end, setting.cuts
    for name in FOLDERS:
        (out / name).mkdir()
    os.chmod(out / "keys", 0o700)
    create_boundary_keys(
        out / "keys", [practice.practice_id for practice in practices], seed=_key_seed(request)
    )
    batches = _batch_folders(out, cuts)
    for folder in batches:
        folder.mkdir()
    sizes: dict[int, float] = {}
    for practice in practices:
        sizes[practice.cluster] = sizes.get(practice.cluster, 0.0) + practice.size
    total = sum(sizes.values())
    tasks = [
        _Task(request, cluster, max(40, round(request.patients * size / total)), out, deliver, land)
        for cluster, size in sizes.items()
    ]
    done = _run(tasks, workers, progress)
    for number, folder in enumerate(batches):
        files = [file for item in done for file in item.files[number]]
        _write_claims_manifest(folder, number, history_start(world, end), cuts, files)
        if land is not None:
            land(folder)
            shutil.rmtree(folder)
    truth.write_plants(out / "truth", setting.epidemics)
    truth.write_practices(out / "truth", practices, cuts)
    described = {
        "format": "p4dp-world/1",
        "world": request.world.stem if request.world else "default",
        "seed": request.seed,
        "practices": request.practices,
        "patients": request.patients,
        "months": request.months,
        "period_start": to_date(start).isoformat(),
        "period_end": to_date(end - 1).isoformat(),
        "world_sha256": hashlib.sha256(
            json.dumps({path: rate.value for path, rate in world.rates.items()}).encode()
        ).hexdigest(),
    }
    (out / "truth" / "world.json").write_text(json.dumps(described, indent=2) + "\n")
    return done, start, end


def _key_seed(request: Request) -> bytes:
    return hashlib.sha256(f"p4dp demo keys {request.seed}".encode()).digest()


def _batch_folders(out: Path, cuts: list[int]) -> list[Path]:
    return [
        out / "inbox" / f"snds-{to_date(cut - 1):%Y%m}-{number + 1:06d}"
        for number, cut in enumerate(cuts)
    ]


def _run(tasks: list[_Task], workers: int | None, progress: Progress | None) -> list[_Done]:
    count = min(workers or os.cpu_count() or 1, len(tasks))
    total = sum(task.people for task in tasks)
    ready = 0
    done: list[_Done] = []

    def finished(item: _Done) -> None:
        nonlocal ready
        ready += item.people
        done.append(item)
        if progress is not None:
            progress(ready, total)

    if count == 1:
        for task in tasks:
            finished(_cluster(task))
    else:
        pool = ProcessPoolExecutor(count, mp_context=get_context("forkserver"))
        try:
            waiting: set[Future[_Done]] = {pool.submit(_cluster, task) for task in tasks}
            while waiting:
                ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in ended:
                    finished(future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return sorted(done, key=lambda item: item.cluster)


def _cluster(task: _Task) -> _Done:
    """One cluster: people, care, claims, then each practice's records, exports and deliveries.

    What a practice recorded is let go before the next one records.
    """
    began = time.process_time()
    request, out = task.request, task.out
    setting = _setting(request)
    world, epidemics = setting.world, setting.epidemics
    start, end, cuts = setting.start, setting.end, setting.cuts
    members = [practice for practice in setting.practices if practice.cluster == task.cluster]
    people = make_people(world, request.seed, task.cluster, members, task.people, start, end)
    card = make_cards(world, stream(request.seed, 8, task.cluster), people)
    care = make_care(world, request.seed, people, members, epidemics, start, end)
    keys = BoundaryKeys.load(out / "keys", members[0].practice_id)
    claims = make_claims(
        world, request.seed, keys.level1, people, care, members, cuts, start, end,
        with_facts=request.facts,
    )  # fmt: skip
    files = write_batches(claims, _batch_folders(out, cuts), task.cluster)
    claims.tables.clear()
    claims.batch.clear()
    rows = deliveries = 0
    boundary = 0.0
    parts = []
    for practice in members:
        recording = record(
            world, request.seed, people, card, care, practice, epidemics, cuts, start, end
        )
        using = [recording]
        if practice.migrates_to is not None:
            using = migrate(stream(request.seed, 12, practice.index), recording)
        for number, cut in enumerate(cuts):
            first = start if number == 0 else cuts[number - 1]
            if practice.leaves_after is not None and first >= start + practice.leaves_after:
                continue
            folder = out / "practices" / practice.practice_id / str(number + 1)
            folder.mkdir(parents=True)
            now = using[0 if number == 0 else -1]
            rows += WRITERS[now.practice.vendor](Export(now, people, folder, number, cut))
            _write_descriptor(folder, now.practice, number, first, cut, number < len(using))
            deliveries += 1
            paused = time.process_time()
            _deliver(task, folder)
            boundary += time.process_time() - paused
        for written in using:
            parts.append(truth.of_practice(keys.level1, people, written, request.facts))
    truth.write_cluster(out / "truth", people, care, members, parts, claims)
    del people, card, care, claims, recording, using, parts
    pa.default_memory_pool().release_unused()
    spent = time.process_time() - began
    return _Done(task.cluster, task.people, rows, files, deliveries, spent - boundary, boundary)


def _deliver(task: _Task, export: Path) -> None:
    """The delivery of one export, in the inbox or straight to landing."""
    if not task.deliver and task.land is None:
        return
    delivery = pseudonymise(export, task.out / "inbox", task.out / "keys")
    if task.land is not None:
        task.land(delivery)
        shutil.rmtree(delivery)
        shutil.rmtree(export)


def _write_descriptor(
    folder: Path, practice: Practice, number: int, first: int, cut: int, is_full: bool
) -> None:
    place = territory()
    descriptor = {
        "format": "p4dp-export/1",
        "vendor": practice.vendor,
        "software_version": practice.version_at(number),
        "contract_version": practice.contract_version,
        "practice_id": practice.practice_id,
        "practice": {
            "commune_code": place.commune[practice.commune],
            "structure_type": practice.structure_type,
            "university_zone": place.zones[practice.zone],
        },
        "sequence": number + 1,
        "kind": "full" if is_full else "changes",
        "period_start": to_date(first).isoformat(),
        "period_end": to_date(cut - 1).isoformat(),
        "is_synthetic": True,
        "encoding": practice.encoding,
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    (folder / "export.json").write_text(text, encoding="utf-8")


def _write_claims_manifest(
    folder: Path, number: int, start: int, cuts: list[int], files: list[File]
) -> None:
    first = start if number == 0 else cuts[number - 1]
    write_manifest(
        folder,
        source="snds",
        vendor="snds",
        software_version="2025",
        contract_version="1.0",
        sequence=number + 1,
        kind="changes",
        period_start=to_date(first),
        period_end=to_date(cuts[number] - 1),
        is_synthetic=True,
        delivery_id=folder.name,
        files=files,
    )
