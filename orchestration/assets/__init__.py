"""The assets: dbt's own, and the Python steps between them."""

from __future__ import annotations

from dagster import AssetKey, Backoff, RetryPolicy

POOL = "warehouse"
PYTHON_RETRIES = RetryPolicy(max_retries=2, delay=2, backoff=Backoff.EXPONENTIAL)

# The rules a run applies: the dbt project and the reference files as checked out.
PROJECT_FILES = AssetKey(["p4dp", "project_files"])

OWNERS = {
    "landing": "team:data-engineering",
    "staging": "team:data-engineering",
    "linkage": "team:data-engineering",
    "linked": "team:data-engineering",
    "indicators": "team:clinical-measures",
    "surveillance": "team:surveillance",
    "statistics": "team:surveillance",
    "omop": "team:research",
    "published": "team:release-desk",
    "release": "team:release-desk",
}
REFERENCE_OWNER = "team:clinical-measures"


def owner(group: str) -> str:
    """The team that answers for a layer; seeds belong to those who curate code lists."""
    return OWNERS.get(group, REFERENCE_OWNER)
