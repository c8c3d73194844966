"""Detection of unusual weekly counts, and the estimators that go with it.

Each method is a function from frame to frame and reproduces a published
implementation; `run` and `rates` are the steps of the pipeline.
"""

from p4dp.surveillance.control_charts import cusum, glr
from p4dp.surveillance.credibility import (
    Credibility,
    GammaPoisson,
    MarshallPrior,
    Moran,
    buhlmann_straub,
    buhlmann_straub_arrays,
    buhlmann_straub_counts,
    empirical_bayes,
    gamma_poisson,
    local_moran,
    marshall,
    marshall_local,
    moran,
    neighbour_matrix,
)
from p4dp.surveillance.ears import EarsResult, ears, ears_matrix
from p4dp.surveillance.epidemic import MemResult, mem, serfling, serfling_robust
from p4dp.surveillance.farrington import (
    FarringtonResult,
    FarringtonSettings,
    farrington,
    farrington_flexible,
    farrington_matrix,
)
from p4dp.surveillance.funnel import funnel_limits
from p4dp.surveillance.nowcasting import ReportingTriangle, nowcast, reporting_triangle
from p4dp.surveillance.rates import RatesReport, compare_units, rates
from p4dp.surveillance.reporting import (
    ChainLadder,
    Incidence,
    chain_ladder,
    incidence_participation,
    poisson_limits,
)
from p4dp.surveillance.scan import ScanResult, kulldorff, space_time_scan
from p4dp.surveillance.weekly import SurveillanceReport, run

__all__ = [
    "ChainLadder",
    "Credibility",
    "EarsResult",
    "FarringtonResult",
    "FarringtonSettings",
    "GammaPoisson",
    "Incidence",
    "MarshallPrior",
    "MemResult",
    "Moran",
    "RatesReport",
    "ReportingTriangle",
    "ScanResult",
    "SurveillanceReport",
    "buhlmann_straub",
    "buhlmann_straub_arrays",
    "buhlmann_straub_counts",
    "chain_ladder",
    "compare_units",
    "cusum",
    "ears",
    "ears_matrix",
    "empirical_bayes",
    "farrington",
    "farrington_flexible",
    "farrington_matrix",
    "funnel_limits",
    "gamma_poisson",
    "glr",
    "incidence_participation",
    "kulldorff",
    "local_moran",
    "marshall",
    "marshall_local",
    "mem",
    "moran",
    "neighbour_matrix",
    "nowcast",
    "poisson_limits",
    "rates",
    "reporting_triangle",
    "run",
    "serfling",
    "serfling_robust",
    "space_time_scan",
]
