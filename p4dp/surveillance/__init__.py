"""Detection of unusual weekly counts, and the estimators that go with it.

Each method is a function from frame to frame and reproduces a published
implementation; `run` is the step of the pipeline.
"""

from p4dp.surveillance.ears import EarsResult, ears, ears_matrix
from p4dp.surveillance.weekly import SurveillanceReport, run

__all__ = ["EarsResult", "SurveillanceReport", "ears", "ears_matrix", "run"]
