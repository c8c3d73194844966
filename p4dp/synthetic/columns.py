"""Columns of text made at Arrow speed: dates, numbers, identifiers, lines of a file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from p4dp.synthetic.calendar import LAST_DAY, day_number

NO_DAY = np.int32(2_000_000)
"""A day that never comes (days are counted from 1970-01-01): not dead, not ended."""

_FIRST = day_number("1880-01-01")
_LAST = LAST_DAY


@cache
def _day_texts(french: bool) -> pa.Array:
    days = np.arange(_FIRST, _LAST + 1).astype("datetime64[D]")
    iso = np.datetime_as_string(days)
    if not french:
        return pa.array(iso)
    texts = [f"{text[8:10]}/{text[5:7]}/{text[0:4]}" for text in iso.tolist()]
    return pa.array(texts)


def day_text(days: np.ndarray, *, french: bool = False, empty: str | None = None) -> pa.Array:
    """Days as `yyyy-mm-dd` (or `dd/mm/yyyy`); a day out of the calendar is null or `empty`."""
    known = (days >= _FIRST) & (days <= _LAST)
    index = pa.array(np.where(known, days - _FIRST, 0).astype(np.int32), mask=~known)
    texts = _day_texts(french).take(index)
    return texts if empty is None else pc.fill_null(texts, empty)


def dates(days: np.ndarray) -> pa.Array:
    """Days as an Arrow date column; a day out of the calendar is null."""
    known = (days >= _FIRST) & (days <= _LAST)
    return pa.array(np.where(known, days, 0).astype(np.int32), mask=~known).cast(pa.date32())


def pick(values: Sequence[Any] | pa.Array, index: np.ndarray) -> pa.Array:
    """`values[index]`; a negative index gives null."""
    table = values if isinstance(values, pa.Array) else pa.array(values)
    missing = index < 0
    return table.take(pa.array(np.where(missing, 0, index), mask=missing))


def coded(values: pa.Array, index: np.ndarray) -> pa.Array:
    """`values[index]` (negative: null), each text kept once; much smaller than `pick`."""
    distinct = values.dictionary_encode()
    missing = index < 0
    chosen = distinct.indices.to_numpy()[np.where(missing, 0, index)]
    codes = pa.array(chosen, pa.int32(), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, distinct.dictionary)


def integers(values: np.ndarray) -> pa.Array:
    """Integers as text."""
    return pc.cast(pa.array(values), pa.string())


def decimal(values: np.ndarray, digits: int, comma: bool = False) -> pa.Array:
    """Non-negative numbers as text with a fixed number of digits after the separator."""
    scale = 10**digits
    scaled = np.rint(np.asarray(values) * scale).astype(np.int64)
    if digits == 0:
        return integers(scaled)
    fractions = pa.array([str(i).zfill(digits) for i in range(scale)])
    return pc.binary_join_element_wise(
        integers(scaled // scale),
        fractions.take(pa.array(scaled % scale)),
        "," if comma else ".",
    )


def join(*parts: pa.Array | str) -> pa.Array:
    """Element-wise concatenation; a null part makes the whole null."""
    return pc.binary_join_element_wise(*parts, "")


def choose(mask: np.ndarray, yes: pa.Array | str, no: pa.Array | str | None) -> pa.Array:
    """`yes` where the mask holds, else `no`."""
    other = pa.scalar(None, pa.string()) if no is None else no
    return pc.if_else(pa.array(mask), yes, other)


def filled(array: pa.Array, value: str = "") -> pa.Array:
    """Nulls replaced by `value`."""
    return pc.fill_null(array, value)


def text_bytes(lines: pa.Array) -> bytes:
    """The lines, each ended by a newline, as UTF-8 bytes."""
    if len(lines) == 0:
        return b""
    wide = pa.large_string()
    ended = pc.binary_join_element_wise(
        lines.cast(wide), pa.scalar("\n", wide), pa.scalar("", wide)
    )
    if isinstance(ended, pa.ChunkedArray):
        ended = ended.combine_chunks()
    offsets = np.frombuffer(ended.buffers()[1], dtype=np.int64)
    start, stop = offsets[ended.offset], offsets[ended.offset + len(ended)]
    return bytes(memoryview(ended.buffers()[2])[start:stop])


def hex_ids(generator: np.random.Generator, count: int, *, dashed: bool = False) -> pa.Array:
    """Random 128-bit identifiers: 32 hexadecimal digits, or with the dashes of a UUID."""
    if count == 0:
        return pa.array([], pa.string())
    digits = np.frombuffer(generator.bytes(16 * count).hex().encode(), dtype="S32")
    texts = pa.array(digits.astype("U32"))
    if not dashed:
        return texts
    cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    parts = [pc.utf8_slice_codeunits(texts, start, stop) for start, stop in cuts]
    return pc.binary_join_element_wise(*parts, "-")


def fresh_numbers(
    generator: np.random.Generator, count: int, *, first: int = 100_000
) -> np.ndarray:
    """`count` distinct random integers whose order says nothing about the rows they name."""
    step = 7
    return (
        first
        + generator.permutation(count).astype(np.int64) * step
        + generator.integers(0, step, count)
    )
