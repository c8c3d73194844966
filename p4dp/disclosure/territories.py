"""The tree of published territories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from p4dp.disclosure.suppression import Flags, Ints

COARSE_TO_FINE = ("country", "region", "departement", "epci", "commune")
_CODES = {
    "region": "region_code",
    "departement": "departement_code",
    "epci": "epci_code",
    "commune": "commune_code",
}


@dataclass(frozen=True)
class Territories:
    """For each (level, code), the codes of the territories that contain it.

    `frame` is indexed by (level, code) and has one column per coarser level, null where
    the level does not contain the territory whole.
    """

    frame: pd.DataFrame

    @classmethod
    def empty(cls) -> Territories:
        """A country and nothing within."""
        codes = ["commune_code", *(_CODES[level] for level in COARSE_TO_FINE[1:-1])]
        return cls.from_communes(pd.DataFrame(columns=codes, dtype=str))

    @classmethod
    def from_communes(cls, communes: pd.DataFrame) -> Territories:
        """From one row per commune with `commune_code`, `epci_code`, `departement_code`,
        `region_code` (the columns of `linked.dim_territory`).

        A territory that lies in two territories of a coarser level (some EPCI cross a
        department's border) breaks the tree: it is left out, hence never published, since
        its department's other EPCI would reveal the part that lies there.
        """
        levels = []
        for depth, level in enumerate(COARSE_TO_FINE[1:], start=1):
            above = [_CODES[name] for name in COARSE_TO_FINE[1:depth]]
            known = communes.dropna(subset=[_CODES[level]])
            known = known[[_CODES[level], *above]].drop_duplicates()
            known = known[~known[_CODES[level]].duplicated(keep=False)]
            columns = {"level": level, "code": known[_CODES[level]].astype(str)}
            columns |= {COARSE_TO_FINE[i + 1]: known[c] for i, c in enumerate(above)}
            levels.append(pd.DataFrame(columns))
        stacked = pd.concat(levels, ignore_index=True)
        if len(levels[-1]):
            # A commune of an EPCI that is left out hangs under its department.
            whole = set(stacked.loc[stacked["level"] == "epci", "code"])
            stacked["epci"] = stacked["epci"].where(stacked["epci"].isin(whole))
        return cls(stacked.set_index(["level", "code"]).sort_index())

    def parents(self, slices: Ints, territory: Ints, listed: pd.DataFrame) -> tuple[Ints, Flags]:
        """Row of the nearest containing territory of the same slice, and which rows have a place.

        `slices` and `territory` number the slice and the territory of each row; row i of
        `listed` (columns `level`, `code`) names territory i. A (slice, territory) pair occurs
        once. Parents are -1 where no containing territory has a row in the slice.
        """
        number = pd.Series(
            np.arange(len(listed)), index=pd.MultiIndex.from_frame(listed[["level", "code"]])
        )
        is_country = (listed["level"] == "country").to_numpy()
        place = self.frame.index.get_indexer(number.index)
        known = is_country | (place >= 0)

        key = slices * len(listed) + territory
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]

        def row_of(wanted: Ints) -> Ints:
            at = np.minimum(np.searchsorted(sorted_key, wanted), len(key) - 1)
            return np.where(sorted_key[at] == wanted, order[at], -1)

        parent = np.full(len(slices), -1, dtype=np.int64)
        for level in COARSE_TO_FINE[:-1]:
            if level == "country":
                top = np.flatnonzero(is_country)
                above = np.where(known & ~is_country, top[0] if len(top) else -1, -1)
            else:
                codes = self.frame[level].to_numpy()[place]
                above = number.index.get_indexer(
                    pd.MultiIndex.from_arrays([[level] * len(listed), codes])
                )
                above = np.where((place >= 0) & pd.notna(codes), above, -1)
            container = above[territory]
            rows = np.flatnonzero(container >= 0)
            found = row_of(slices[rows] * len(listed) + container[rows])
            parent[rows[found >= 0]] = found[found >= 0]
        return parent, known[territory]
