"""`python -m p4dp.contracts`: regenerate the dbt sources from the contracts."""

from p4dp.contracts.dbt_sources import generate_sources
from p4dp.settings import PROJECT_ROOT

if __name__ == "__main__":
    for path in generate_sources(PROJECT_ROOT / "dbt_project" / "models"):
        print(path.relative_to(PROJECT_ROOT))
