"""Metrics: each figure defined once, asked for by name.

Definitions are dbt's semantic models and metrics (`dbt_project/models/metrics`); `figure`
answers one on a release, and so do `p4dp query --metric` and the pages.
"""

from p4dp.metrics.definitions import Definitions, Metric, load
from p4dp.metrics.page import metrics_page, write_metrics_page
from p4dp.metrics.sql import compile_metric, dimensions_of

__all__ = [
    "Definitions",
    "Metric",
    "compile_metric",
    "dimensions_of",
    "load",
    "metrics_page",
    "write_metrics_page",
]
