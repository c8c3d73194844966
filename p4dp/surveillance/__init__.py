"""Detection of unusual weekly counts, and the estimators that go with it.

Each method is a function from frame to frame and reproduces a published
implementation; `run` is the step of the pipeline.
"""

from p4dp.surveillance.credibility import (
    Credibility,
    GammaPoisson,
    MarshallPrior,
    Moran,
    buhlmann_straub,
    buhlmann_straub_arrays,
    empirical_bayes,
    gamma_poisson,
    local_moran,
    marshall,
    marshall_local,
    moran,
    neighbour_matrix,
)
from p4dp.surveillance.ears import EarsResult, ears, ears_matrix
from p4dp.surveillance.farrington import (
    FarringtonResult,
    FarringtonSettings,
    farrington,
    farrington_flexible,
    farrington_matrix,
)
from p4dp.surveillance.funnel import funnel_limits
from p4dp.surveillance.weekly import SurveillanceReport, run

__all__ = [
    "Credibility",
    "EarsResult",
    "FarringtonResult",
    "FarringtonSettings",
    "GammaPoisson",
    "MarshallPrior",
    "Moran",
    "SurveillanceReport",
    "buhlmann_straub",
    "buhlmann_straub_arrays",
    "ears",
    "ears_matrix",
    "empirical_bayes",
    "farrington",
    "farrington_flexible",
    "farrington_matrix",
    "funnel_limits",
    "gamma_poisson",
    "local_moran",
    "marshall",
    "marshall_local",
    "moran",
    "neighbour_matrix",
    "run",
]
