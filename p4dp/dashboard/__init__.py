"""What everybody may see of a release: its aggregates, on one page."""

from p4dp.dashboard.overview import write_overview

__all__ = ["write_overview"]
