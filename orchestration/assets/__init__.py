"""The assets: dbt's own, and the Python steps between them."""

from __future__ import annotations

from dagster import Backoff, RetryPolicy

POOL = "warehouse"
PYTHON_RETRIES = RetryPolicy(max_retries=2, delay=2, backoff=Backoff.EXPONENTIAL)

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
