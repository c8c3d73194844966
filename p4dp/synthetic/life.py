"""What befalls practices: a new software version, another software, figures out of line.

Planted and written down (`truth/practices.csv`, `version_steps.csv`, `outliers.csv`), so that
what watches for steps and outliers can be marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from p4dp.synthetic.world import World, stream

if TYPE_CHECKING:
    from p4dp.synthetic.people import People
    from p4dp.synthetic.practices import Practice

RECORDED = ("coding", "smoking", "blood_pressure")
"""What a new version may change in the recording."""
FAMILIES = ("fit", "flu", "hba1c")
"""Kinds of care in which a practice may be out of line with all others."""
INDICATORS = {"fit": "SCR-CRC-PART", "flu": "VAC-FLU65", "hba1c": "DM-A1C2"}
QUALITY = {"coding": "DQ-CODE", "smoking": "DQ-SMOK", "blood_pressure": "DQ-BP"}
_SHIFTS = (-1.4, 1.2, -1.0, 1.4)
_MULTIPLES = (0.4, 1.6, 0.5)


def plan(world: World, seed: int, practices: list[Practice], change_sets: int) -> list[Practice]:
    """The practices with what befalls them; nothing befalls one that leaves the network.

    `change_sets` is the number of deliveries after the first.
    """
    g = stream(seed, 11)
    rates = world.section("practice")
    count = len(practices)
    calm = [p.index for p in practices if p.leaves_after is None and p.silent is None]
    order = [calm[i] for i in g.permutation(len(calm))]
    updated = round(rates["update_share"] * count)
    migrating = round(rates["migration_share"] * count)
    shifted = round(rates["outlier_share"] * count)
    changed = list(practices)
    for rank, index in enumerate(order[: updated + migrating + shifted]):
        practice = practices[index]
        if rank < updated:
            changed[index] = replace(
                practice,
                step_set=1 + rank % max(change_sets, 1),
                step_measure=RECORDED[rank % len(RECORDED)],
                step_multiple=_MULTIPLES[rank % len(_MULTIPLES)],
            )
        elif rank < updated + migrating:
            others = [v for v in ("medirel", "dosmed", "fhirmed") if v != practice.vendor]
            changed[index] = replace(practice, migrates_to=others[int(g.integers(len(others)))])
        else:
            number = rank - updated - migrating
            changed[index] = replace(
                practice,
                outlier_family=FAMILIES[number % len(FAMILIES)],
                outlier_shift=_SHIFTS[number % len(_SHIFTS)],
            )
    return changed


def log_odds(practices: Sequence[Practice], people: People, family: str) -> np.ndarray:
    """Shift of each person's chance of that care, by own practice (0 for nearly everybody)."""
    shift = np.zeros(len(people))
    for practice in practices:
        if practice.outlier_family == family:
            shift[people.home_practice == practice.index] = practice.outlier_shift
    return shift


def shifted(chance: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Probabilities moved by a shift of their log-odds; unchanged where the shift is 0."""
    factor = np.exp(log_odds)
    return chance * factor / (1 - chance + chance * factor)
