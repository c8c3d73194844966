"""Mutated deliveries against the gate: no crash, no lost row, every reject explained.

    python benchmarks/fuzz_intake.py --count 10000 --seed 1 [--out fuzz.json]

Each delivery is a sample of a random contract, damaged one to three times. Every one is
checked; one in twenty is also received into a home and its landing counted. Resumable by seed:
delivery n of a seed is always the same.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from p4dp.contracts import load_contracts
from p4dp.contracts.manifest import FILE_NAME, file_sha256
from p4dp.contracts.sample import write_sample_delivery
from p4dp.duck import connect_plain
from p4dp.errors import P4dpError
from p4dp.intake import receive
from p4dp.intake.check import check_delivery, drop_relations
from p4dp.settings import Home
from p4dp.vault import WarehouseKeys

STRANGE = [
    "", " ", "NULL", "nan", "-1", "1e309", "99999999999999999999", "5,2", "O'Brien", 'a"b', "a;b",
    "\u0000", "\u202e", "é" * 50, "x" * 70_000, "31/02/2024", "0000-00-00", "=cmd()", "{}", "[]",
    "💉", "a\tb", "l1-xxxx", "true", "../../etc/passwd", "'; drop table x; --",
]  # fmt: skip


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.name != FILE_NAME)


def _reseal(folder: Path, *, rows: bool) -> None:
    """Make the manifest agree with the damaged files again, so that deeper checks are reached."""
    path = folder / FILE_NAME
    document = json.loads(path.read_text())
    for entry in document["files"]:
        file = folder / entry["path"]
        if not file.is_file():
            continue
        entry["sha256"] = file_sha256(file)
        if rows and entry["format"] != "parquet":
            lines = file.read_bytes().count(b"\n")
            entry["rows"] = max(0, lines - (entry["format"] == "csv"))
    path.write_text(json.dumps(document))


def flip_byte(folder: Path, draw: random.Random) -> None:
    path = draw.choice(_files(folder))
    content = bytearray(path.read_bytes())
    if content:
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)


def cut(folder: Path, draw: random.Random) -> None:
    path = draw.choice(_files(folder))
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content) + 1)])


def delete(folder: Path, draw: random.Random) -> None:
    draw.choice(_files(folder)).unlink()


def empty(folder: Path, draw: random.Random) -> None:
    draw.choice(_files(folder)).write_bytes(b"")


def garbage(folder: Path, draw: random.Random) -> None:
    with draw.choice(_files(folder)).open("ab") as handle:
        handle.write(draw.randbytes(draw.randrange(1, 400)))


def swap_files(folder: Path, draw: random.Random) -> None:
    one, two = draw.choice(_files(folder)), draw.choice(_files(folder))
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def other_encoding(folder: Path, draw: random.Random) -> None:
    path = draw.choice(_files(folder))
    if path.suffix != ".parquet":
        text = path.read_text(encoding="utf-8", errors="replace").replace("A", "É")
        path.write_bytes(text.encode(draw.choice(["cp1252", "utf-16", "utf-8-sig"]), "replace"))


def _lines(folder: Path, draw: random.Random) -> tuple[Path, list[str]] | None:
    texts = [p for p in _files(folder) if p.suffix != ".parquet"]
    if not texts:
        return None
    path = draw.choice(texts)
    return path, path.read_text(encoding="utf-8", errors="replace").splitlines()


def edit_cell(folder: Path, draw: random.Random) -> None:
    found = _lines(folder, draw)
    if found is None or len(found[1]) < 2:
        return
    path, lines = found
    row = draw.randrange(len(lines))
    separator = ";" if path.suffix == ".csv" else ","
    cells = lines[row].split(separator)
    cells[draw.randrange(len(cells))] = draw.choice(STRANGE)
    lines[row] = separator.join(cells)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def repeat_line(folder: Path, draw: random.Random) -> None:
    found = _lines(folder, draw)
    if found is not None and found[1]:
        path, lines = found
        lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def drop_column(folder: Path, draw: random.Random) -> None:
    found = _lines(folder, draw)
    if found is not None and found[0].suffix == ".csv" and found[1]:
        path, lines = found
        index = draw.randrange(len(lines[0].split(";")))
        kept = [";".join(c for i, c in enumerate(x.split(";")) if i != index) for x in lines]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def deep_json(folder: Path, draw: random.Random) -> None:
    found = _lines(folder, draw)
    if found is not None and found[0].suffix == ".ndjson":
        path, lines = found
        depth = draw.choice([10, 1000, 50_000])
        lines.append('{"a":' * depth + "1" + "}" * depth)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def edit_manifest(folder: Path, draw: random.Random) -> None:
    path = folder / FILE_NAME
    document = json.loads(path.read_text())
    target = draw.choice([document, document["practice"], draw.choice(document["files"])])
    name = draw.choice(sorted(target))
    if draw.random() < 0.3:
        del target[name]
    else:
        target[name] = draw.choice([None, -1, [], {}, True, 3.5, *STRANGE])
    path.write_text(json.dumps(document))


def break_manifest(folder: Path, draw: random.Random) -> None:
    path = folder / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content))])


MUTATIONS: tuple[Callable[[Path, random.Random], None], ...] = (
    flip_byte, cut, delete, empty, garbage, swap_files, other_encoding, edit_cell, edit_cell,
    edit_cell, repeat_line, drop_column, deep_json, edit_manifest, break_manifest,
)  # fmt: skip


def make_mutant(out: Path, seed: int, number: int) -> tuple[Path, list[str]]:
    """The n-th mutated delivery of a seed, and the names of what was done to it."""
    draw = random.Random(f"{seed}/{number}")
    contract = draw.choice(load_contracts())
    folder = write_sample_delivery(out, contract.source, contract.version, rows=8, patients=3)
    done = []
    for _ in range(draw.choice([1, 1, 2, 3])):
        mutation = draw.choice(MUTATIONS)
        try:
            mutation(folder, draw)
        except (KeyError, IndexError, TypeError, ValueError, FileNotFoundError):
            continue  # an earlier mutation left nothing for this one to damage
        done.append(mutation.__name__)
        if mutation in (edit_manifest, break_manifest):
            break
    else:
        if draw.random() < 0.7:
            _reseal(folder, rows=draw.random() < 0.8)
            done.append("reseal")
    return folder, done


@dataclass
class Outcome:
    """What became of the mutants: counts by verdict, and every violation of a promise."""

    verdicts: Counter[str] = field(default_factory=Counter)
    mutations: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def judge_mutant(
    connection: duckdb.DuckDBPyConnection, folder: Path, done: list[str], outcome: Outcome
) -> None:
    """Check one mutant; anything but a refusal or a balanced verdict is a violation."""
    outcome.mutations.update(done)
    what = f"{folder.name} after {', '.join(done)}"
    try:
        check = check_delivery(connection, folder)
    except P4dpError as fault:
        outcome.verdicts["refused: manifest"] += 1
        if not fault.message:
            outcome.violations.append(f"{what}: refused without a reason")
        return
    except Exception as error:
        outcome.violations.append(f"{what}: crash {type(error).__name__}: {str(error)[:200]}")
        return
    for file in check.files:
        if file.accepted + file.quarantined + file.duplicate != file.received:
            outcome.violations.append(f"{what}: {file.file.path} does not balance")
        if file.rejects is not None:
            silent = connection.execute(
                f"select count(*) from {file.rejects} where reason is null or content is null"
            ).fetchall()[0][0]
            if silent:
                outcome.violations.append(f"{what}: {silent} rejects without reason or content")
        elif file.fault is None and check.refusal is None and file.rows is None and file.received:
            if file.table is None:
                outcome.violations.append(f"{what}: {file.file.path} set aside without a reason")
    if check.refusal is not None:
        outcome.verdicts["refused: identity"] += 1
    elif all(f.fault is not None for f in check.files):
        outcome.verdicts["refused: files"] += 1
    elif check.quarantined:
        outcome.verdicts["partly accepted"] += 1
    else:
        outcome.verdicts["accepted"] += 1


def receive_mutant(folder: Path, scratch: Path, outcome: Outcome) -> None:
    """Receive one mutant into a home of its own: what is accepted is what has landed."""
    home = Home(scratch / "home")
    keys = WarehouseKeys(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)
    try:
        (receipt,) = receive([folder], home, keys, copy=True).deliveries
        marks = list((home.landing / "p4dp" / "delivery").glob("*/*.parquet"))
        landed = 0
        if marks:
            derived = {"coding", "observation_component", "delivery"}
            for table in home.landing.glob("[!.]*/*"):
                if table.name not in derived:
                    landed += duckdb.sql(
                        f"select count(*) from read_parquet('{table}/**/*.parquet')"
                    ).fetchall()[0][0]
        if landed != receipt.accepted_row_count:
            outcome.violations.append(
                f"{folder.name}: {receipt.accepted_row_count} accepted, {landed} landed"
            )
        if receipt.status in ("refused", "partially_accepted") and not receipt.messages:
            outcome.violations.append(f"{folder.name}: {receipt.status} without a message")
    except Exception as error:
        outcome.violations.append(f"{folder.name}: receive {type(error).__name__}: {error}")
    finally:
        shutil.rmtree(scratch / "home", ignore_errors=True)


def run(count: int, seed: int, *, first: int = 0, receive_every: int = 20) -> Outcome:
    """Make and judge `count` mutants of a seed, from the `first` on."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="p4dp-fuzz-") as name:
        scratch = Path(name)
        connection = connect_plain(scratch)
        for number in range(first, first + count):
            folder, done = make_mutant(scratch / "sent", seed, number)
            judge_mutant(connection, folder, done, outcome)
            drop_relations(connection)
            if number % receive_every == 0:
                receive_mutant(folder, scratch, outcome)
            shutil.rmtree(scratch / "sent")
        connection.close()
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    started = time.monotonic()
    outcome = run(arguments.count, arguments.seed)
    result = {
        "count": arguments.count,
        "seed": arguments.seed,
        "seconds": round(time.monotonic() - started, 1),
        "verdicts": dict(outcome.verdicts.most_common()),
        "mutations": dict(outcome.mutations.most_common()),
        "violations": outcome.violations,
    }
    text = json.dumps(result, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    raise SystemExit(1 if outcome.violations else 0)


if __name__ == "__main__":
    main()
