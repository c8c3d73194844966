"""Originals as received, kept encrypted until they expire.

One file per delivery: a tar stream packed with zstd, cut into chunks of 1 MiB, each
sealed with AES-256-GCM under a key derived from the vault key and a random salt
(HKDF-SHA-256). The nonce of a chunk is its number, its associated data say whether it
is the last one: a cut, reordered or altered file does not open.

Layout: magic `P4DPV1`, 16 bytes of salt, then per chunk a 4-byte length and the sealed bytes.
"""

from __future__ import annotations

import os
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from p4dp.errors import P4dpError

MAGIC = b"P4DPV1"
CHUNK = 1 << 20
SUFFIX = ".p4dpv"


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    derived = HKDF(hashes.SHA256(), 32, salt, b"p4dp/vault/original").derive(key)
    return AESGCM(derived)


class _SealedWriter:
    """A write-only binary stream that seals what is written to it."""

    closed = False

    def __init__(self, sink: BinaryIO, key: bytes) -> None:
        salt = secrets.token_bytes(16)
        self._sink, self._cipher = sink, _cipher(key, salt)
        self._buffer, self._number = bytearray(), 0
        sink.write(MAGIC + salt)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > CHUNK:
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Nothing to do: chunks are sealed when they are full."""

    def close(self) -> None:
        """The owner finishes the stream."""

    def finish(self) -> None:
        self._seal(bytes(self._buffer), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = self._number.to_bytes(12, "big")
        sealed = self._cipher.encrypt(nonce, plain, b"last" if last else b"more")
        self._sink.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def _chunks(source: BinaryIO, key: bytes, path: Path) -> Iterator[bytes]:
    damaged = P4dpError(
        "The stored original is damaged or was made with another key",
        file=path,
        remedy="Ask the sender for the delivery again.",
    )
    if source.read(len(MAGIC)) != MAGIC:
        raise damaged
    cipher = _cipher(key, source.read(16))
    number, last = 0, False
    header = source.read(4)
    while header:
        sealed = source.read(int.from_bytes(header, "big"))
        header = source.read(4)
        last = not header
        try:
            yield cipher.decrypt(number.to_bytes(12, "big"), sealed, b"last" if last else b"more")
        except InvalidTag as error:
            raise damaged from error
        number += 1
    if not last:
        raise damaged


class _ChunkReader:
    """A read-only binary stream over chunks."""

    closed = False

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def close(self) -> None:
        """The owner closes what is read from."""

    def read(self, size: int = -1) -> bytes:
        parts = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        self._rest = data[size:] if size >= 0 else b""
        return data[:size] if size >= 0 else data


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def store_original(folder: Path, name: str, source: Path, key: bytes) -> Path:
    """Seal `source` (a delivery folder or archive) as `folder/<name>.p4dpv`; atomic."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}{SUFFIX}"
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    with temporary.open("wb") as sink:
        writer = _SealedWriter(sink, key)
        with (
            pa.CompressedOutputStream(pa.PythonFile(writer, "w"), "zstd") as packed,
            tarfile.open(fileobj=packed, mode="w|", bufsize=CHUNK) as archive,
        ):
            archive.add(source, arcname="delivery", filter=_anonymous)
        writer.finish()
        sink.flush()
        os.fsync(sink.fileno())
    os.replace(temporary, target)
    return target


def restore_original(path: Path, key: bytes, into: Path) -> Path:
    """Unseal a stored original into the folder `into`; returns what was stored."""
    with path.open("rb") as source:
        reader = _ChunkReader(_chunks(source, key, path))
        with (
            pa.CompressedInputStream(pa.PythonFile(reader, "r"), "zstd") as packed,
            tarfile.open(fileobj=packed, mode="r|", bufsize=CHUNK) as archive,
        ):
            archive.extractall(into, filter="data")
        while reader.read(CHUNK):  # to the end: the last chunk says that nothing is missing
            pass
    return into / "delivery"
