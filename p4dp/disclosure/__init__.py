"""Statistical disclosure control: the one seam between candidates and released tables.

Covered, within one release: counts of 1–10 people and what is computed from them;
complements of 0–10; differences between a territory and any of the territories it
contains, however many; differences between populations declared nested (the practice's
record within all sources; active or declared patients within residents; measures within
measures, as `published.yml` lists them); fewer than three contributing practices, also by
difference where practices add up; a hidden count that another date, where it was the same,
would give away.

Covered, over releases: what earlier ones have shown counts as known, so that another
choice of what to hide beside a small cell is never made; a revision of fewer than 11 people
leaves the figure as it was (`is_carried_over`) until revisions add up. Releases that have
been removed are forgotten here, not by their readers.

Not covered: net changes from one date to the next (people who came less people who left);
measures that contain each other and are not listed; second differences (of two populations
on two bases). A reader who knows some of the people can always subtract them.
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
