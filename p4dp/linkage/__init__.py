"""Linkage: which identities of which sources are one person, with the error known.

`update_register` links what staging holds and keeps the person register; `link` and `dedupe` run
the same method on any two frames, or on one; `check_link_shares` says whether the share linked of
each practice stays within its history, `score_against_truth` what a register is worth.
"""

from p4dp.linkage.effect import effect_on_indicators
from p4dp.linkage.match import LinkageResult, dedupe, link
from p4dp.linkage.quality import (
    check_link_shares,
    check_practice_overlap,
    score_against_truth,
    summary_tables,
)
from p4dp.linkage.register import LinkReport, forget, update_register

__all__ = [
    "LinkReport",
    "LinkageResult",
    "check_link_shares",
    "check_practice_overlap",
    "dedupe",
    "effect_on_indicators",
    "forget",
    "link",
    "score_against_truth",
    "summary_tables",
    "update_register",
]
