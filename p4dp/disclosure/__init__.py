"""Statistical disclosure control: the one seam between candidates and released tables.

Covered, within one release: counts of 1–10 people and what is computed from them;
complements of 0–10; differences between a territory and any of the territories it
contains, however many; differences of a rate between two populations declared nested (the
practice's record within all sources; active or declared patients within residents); fewer
than three contributing practices, also by difference where practices add up.

Not covered: differences between indicators whose definitions contain each other, between
two reference dates, between two releases; second differences (of two populations on two
bases). A reader who knows some of the people can always subtract them.
"""

from p4dp.disclosure.rules import Block, Follows, TableRule, load_rules
from p4dp.disclosure.suppression import MINIMUM_CELL, CountRule, pieces, suppress
from p4dp.disclosure.tables import (
    MINIMUM_PRACTICES,
    Minimums,
    Protection,
    protect_table,
    territories_of,
)
from p4dp.disclosure.territories import Territories

__all__ = [
    "MINIMUM_CELL",
    "MINIMUM_PRACTICES",
    "Block",
    "CountRule",
    "Follows",
    "Minimums",
    "Protection",
    "TableRule",
    "Territories",
    "load_rules",
    "pieces",
    "protect_table",
    "suppress",
    "territories_of",
]
