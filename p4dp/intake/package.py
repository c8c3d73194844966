"""What a user hands over → delivery folders: folders, folders of them, archives."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from p4dp.contracts.manifest import FILE_NAME
from p4dp.errors import P4dpError

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_FILES = 10_000
MAX_BYTES = 64 * 1024**3
#: Beyond 16 MiB, an archive that grows more than this is a bomb.
MAX_RATIO = 200
_FREE_BYTES = 16 * 1024**2
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Package:
    """A delivery to take in: `origin` is what the sender put down, `folder` its content."""

    origin: Path
    folder: Path


def is_archive(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(ARCHIVES)


def find_packages(path: Path) -> list[Path]:
    """Delivery folders and archives under `path`, in the order of their names.

    A folder without a manifest counts as a collection when something inside is a
    delivery or an archive, as a (faulty) delivery of its own otherwise.
    """
    if not path.exists():
        raise P4dpError("No such delivery", file=path)
    if path.is_file():
        if not is_archive(path):
            raise P4dpError(
                "Neither a delivery folder nor an archive of one",
                file=path,
                expected=f"a folder with {FILE_NAME}, or {', '.join(ARCHIVES)}",
            )
        return [path]
    if (path / FILE_NAME).exists():
        return [path]
    inside = sorted(
        p for p in path.iterdir() if not p.name.startswith(".") and (p.is_dir() or is_archive(p))
    )
    found = [package for p in inside for package in find_packages(p)]
    return found or [path]


class _Budget:
    """Counts what comes out of an archive and refuses a bomb."""

    def __init__(self, archive: Path) -> None:
        self.archive, self.packed = archive, archive.stat().st_size
        self.files = self.bytes = 0

    def refuse(self, why: str) -> P4dpError:
        return P4dpError(
            f"Refused archive: {why}",
            file=self.archive,
            expected="a plain archive of one delivery",
            remedy="Send the delivery as a folder, or pack it again.",
        )

    def member(self, name: str) -> PurePosixPath:
        self.files += 1
        if self.files > MAX_FILES:
            raise self.refuse(f"more than {MAX_FILES} files")
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise self.refuse(f"{name[:80]!r} leads out of the archive")
        return path

    def copy(self, source: IO[bytes], target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as sink:
            while chunk := source.read(_CHUNK):
                self.bytes += len(chunk)
                if self.bytes > MAX_BYTES:
                    raise self.refuse(f"more than {MAX_BYTES} bytes inside")
                if self.bytes > _FREE_BYTES and self.bytes > MAX_RATIO * self.packed:
                    raise self.refuse(f"grows more than {MAX_RATIO} times")
                sink.write(chunk)


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a zip or tar into the new folder `into`; returns the delivery folder inside."""
    into.mkdir(parents=True)
    budget = _Budget(archive)
    try:
        if archive.name.lower().endswith(".zip"):
            with zipfile.ZipFile(archive) as packed:
                for entry in packed.infolist():
                    path = budget.member(entry.filename)
                    if entry.is_dir():
                        continue
                    with packed.open(entry) as source:
                        budget.copy(source, into / path)
        else:
            with tarfile.open(archive, "r|*") as stream:
                for member in stream:
                    path = budget.member(member.name)
                    if member.isdir():
                        continue
                    source_file = stream.extractfile(member) if member.isfile() else None
                    if source_file is None:
                        raise budget.refuse(f"{member.name[:80]!r} is not a plain file")
                    budget.copy(source_file, into / path)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError) as error:
        shutil.rmtree(into, ignore_errors=True)
        raise P4dpError(
            f"Damaged archive: {type(error).__name__}", file=archive, remedy="Send it again."
        ) from None
    except P4dpError:
        shutil.rmtree(into, ignore_errors=True)
        raise
    if (into / FILE_NAME).exists():
        return into
    inside = [p for p in into.iterdir() if p.is_dir() and (p / FILE_NAME).exists()]
    return inside[0] if len(inside) == 1 else into


def discard(paths: Iterable[Path]) -> None:
    """Remove folders or files that are no longer needed."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
