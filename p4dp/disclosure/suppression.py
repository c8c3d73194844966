"""Which counts of a published hierarchy may be shown, so that nothing small follows.

The cells of one table slice (one indicator, one date, …) form a tree of territories:
a country, its regions, their departments, their EPCI, their communes. Two published
cells are then either disjoint or one contains the other, and everything a reader can
compute by adding and subtracting published counts is a sum of *pieces*: the piece of a
published cell is the cell less its nearest published descendants. Hence the test used
here, which is necessary and sufficient for counts: **every piece passes the primary
rule**. A sum of pieces then passes it too (0 or at least the minimum, plus the same).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MINIMUM_CELL = 11
"""Smallest count of people that may be shown (CASD and CMS convention: 1–10 are hidden)."""

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class CountRule:
    """Primary rule for the counts of a cell, in the order of a value array's columns.

    Columns are `parts` counts of people, then one total if `has_total`, then `gaps`
    differences from cells of a wider population, then one number of contributing units if
    `minimum_units` is set. Each part must be 0 or at least `minimum`; what the parts leave of
    the total must be at least `minimum` (nobody is then known to be without, or all but a few
    to be with), unless the cell is empty; gaps must be 0 or at least `minimum` either way;
    contributors must be none or at least `minimum_units`.
    """

    parts: int
    has_total: bool = False
    gaps: int = 0
    minimum: int = MINIMUM_CELL
    minimum_units: int | None = None

    @property
    def width(self) -> int:
        """Number of columns of a value array."""
        return self.parts + self.has_total + self.gaps + (self.minimum_units is not None)

    def allows(self, values: Ints) -> Flags:
        """One flag per row of `values` (shape rows × width)."""
        parts = values[:, : self.parts]
        allowed = ((parts == 0) | (parts >= self.minimum)).all(axis=1)
        if self.has_total:
            total = values[:, self.parts]
            empty = (total == 0) & (parts == 0).all(axis=1)
            allowed &= empty | (total - parts.sum(axis=1) >= self.minimum)
        first_gap = self.parts + self.has_total
        gaps = np.abs(values[:, first_gap : first_gap + self.gaps])
        allowed &= ((gaps == 0) | (gaps >= self.minimum)).all(axis=1)
        if self.minimum_units is not None:
            units = values[:, -1]
            allowed &= (units == 0) | (units >= self.minimum_units)
        return allowed


def suppress(
    parent: Ints,
    values: Ints,
    rule: CountRule,
    *,
    candidates: Flags | None = None,
    public: Flags | None = None,
) -> Flags:
    """Primary and complementary suppression over a forest of cells.

    `parent[i]` is the row of the cell that contains cell `i`, -1 for a root; a parent's
    counts include those of all its descendants, whether these have rows or not. `values`
    has the columns of `rule`. `candidates` limits what may be shown at all (default: all).
    `public` marks cells whose counts are known from elsewhere (another date, an earlier
    release): they cannot be hidden any more, so that others are hidden in their stead.

    Returns the cells that may be shown. Where a piece would be unsafe, the smallest
    descendant whose hiding makes it safe is hidden, smallest first, until every piece is
    safe; parents are kept before their descendants, as totals serve most readers.
    """
    parent = np.asarray(parent, dtype=np.int64)
    values = np.asarray(values, dtype=np.int64)
    allowed = rule.allows(values)
    shown = allowed if candidates is None else allowed & candidates
    fixed = np.zeros(len(parent), dtype=bool) if public is None else public & allowed
    known = shown | fixed
    order = by_depth(parent)
    size = values[:, : rule.parts + rule.has_total].max(axis=1, initial=0)
    while True:
        anchor, piece = pieces(parent, values, known, order)
        unsafe = known & ~rule.allows(piece)
        inner = np.flatnonzero(known & ~fixed & (anchor >= 0) & unsafe[anchor])
        lonely = unsafe & ~fixed
        lonely[anchor[inner]] = False
        if len(inner) == 0 and not lonely.any():
            return known & shown
        known[lonely] = False
        if len(inner) == 0:
            continue
        outer = anchor[inner]
        mends = rule.allows(piece[outer] + piece[inner])
        moves_nothing = ~piece[inner].any(axis=1)
        best = np.lexsort((inner, size[inner], moves_nothing, ~mends, outer))
        first = np.ones(len(best), dtype=bool)
        first[1:] = outer[best][1:] != outer[best][:-1]
        known[inner[best[first]]] = False


def pieces(
    parent: Ints, values: Ints, shown: Flags, order: list[Ints] | None = None
) -> tuple[Ints, Ints]:
    """The nearest shown cell above each cell (-1: none), and each shown cell's piece.

    Rows of the second array are meaningful for shown cells only.
    """
    anchor = np.full(len(parent), -1, dtype=np.int64)
    for level in (order if order is not None else by_depth(parent))[1:]:
        above = parent[level]
        anchor[level] = np.where(shown[above], above, anchor[above])
    piece = values.copy()
    inner = np.flatnonzero(shown & (anchor >= 0))
    np.subtract.at(piece, anchor[inner], values[inner])
    return anchor, piece


def by_depth(parent: Ints) -> list[Ints]:
    """Rows grouped by depth, roots first; a cycle is a ValueError."""
    depth = np.where(parent < 0, 0, -1)
    levels = [np.flatnonzero(depth == 0)]
    while True:
        below = np.flatnonzero((depth < 0) & (depth[parent] == len(levels) - 1))
        if len(below) == 0:
            break
        depth[below] = len(levels)
        levels.append(below)
    if (depth < 0).any():
        raise ValueError("the hierarchy contains a cycle")
    return levels
