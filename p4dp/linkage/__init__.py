"""Linkage: which identities of which sources are one person, with the error known.

`update_register` links what staging holds and keeps the person register.
"""

from p4dp.linkage.register import LinkReport, update_register

__all__ = ["LinkReport", "update_register"]
