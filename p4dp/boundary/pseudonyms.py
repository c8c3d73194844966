"""Pseudonyms of the first and second level.

HMAC-SHA-256 truncated to 128 bits, domain-separated by a purpose, with a prefix
that names the function and the key (`l1-3fa2-…`): the result says how it was made
(SNDS security referential, requirement 6.1). There is no call without a key.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence

from p4dp.boundary.keys import KEY_BYTES, key_id
from p4dp.errors import P4dpError

#: What a pseudonym of a level looks like; `{}` is the level.
PSEUDONYM = re.compile(r"l([12])-[0-9a-f]{4}-[0-9a-f]{32}")
LEVEL1_PATTERN = r"^l1-[0-9a-f]{4}-[0-9a-f]{32}$"
LEVEL2_PATTERN = r"^l2-[0-9a-f]{4}-[0-9a-f]{32}$"


def _require(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise P4dpError("Unusable key", expected=f"{KEY_BYTES} bytes")
    return key


def _message(purpose: str, parts: Iterable[str]) -> bytes:
    """Unambiguous bytes: each part is preceded by its length."""
    chunks = [b"p4dp/level1\x00", purpose.encode()]
    for part in parts:
        encoded = part.encode()
        chunks += [b"\x00", len(encoded).to_bytes(4, "big"), encoded]
    return b"".join(chunks)


def level1(key: bytes, purpose: str, *parts: str) -> str:
    """Level-1 pseudonym of `parts` for `purpose` (`patient`, `nir`, `traits`, …)."""
    digest = hmac.digest(_require(key), _message(purpose, parts), "sha256")
    return f"l1-{key_id(key)}-{digest[:16].hex()}"


def level1_many(key: bytes, purpose: str, *columns: Sequence[str | None]) -> list[str | None]:
    """Level-1 pseudonyms row by row, one column per part; None where a part is None.

    Each distinct combination is computed once.
    """
    _require(key)
    prefix = f"l1-{key_id(key)}-"
    known: dict[tuple[str | None, ...], str | None] = {}
    result: list[str | None] = []
    for parts in zip(*columns, strict=True):
        if parts not in known:
            present = [part for part in parts if part is not None]
            known[parts] = (
                prefix + hmac.digest(key, _message(purpose, present), "sha256")[:16].hex()
                if len(present) == len(parts)
                else None
            )
        result.append(known[parts])
    return result


def level2_many(key: bytes, level1_pseudonyms: Iterable[str]) -> list[str]:
    """Level-2 pseudonyms of level-1 ones, under the warehouse's independent secret."""
    _require(key)
    prefix = f"l2-{key_id(key)}-"
    return [
        prefix + hmac.digest(key, b"p4dp/level2\x00" + value.encode(), "sha256")[:16].hex()
        for value in level1_pseudonyms
    ]
