"""The practice boundary: what a vendor embeds so that no identity leaves the practice."""

from p4dp.boundary.keys import BoundaryKeys, create_boundary_keys
from p4dp.boundary.pseudonymise import pseudonymise
from p4dp.boundary.pseudonyms import level1, level1_many
from p4dp.boundary.resolve import resolve
from p4dp.contracts.manifest import write_manifest

__all__ = [
    "BoundaryKeys",
    "create_boundary_keys",
    "level1",
    "level1_many",
    "pseudonymise",
    "resolve",
    "write_manifest",
]
