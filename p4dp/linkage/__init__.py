"""Linkage: which identities of which sources are one person, with the error known.

`update_register` links what staging holds and keeps the person register; `link` and `dedupe` run
the same method on any two frames, or on one.
"""

from p4dp.linkage.match import LinkageResult, dedupe, link
from p4dp.linkage.register import LinkReport, update_register

__all__ = ["LinkReport", "LinkageResult", "dedupe", "link", "update_register"]
