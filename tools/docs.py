"""`make docs`: the documentation site in `site/`, the dbt documentation inside it.

dbt reads column types from a warehouse. It gets a copy of the current one, in a throw-away
home, so that building documentation never holds up a run; without a warehouse the dbt pages
still carry every description, test and the lineage, only the catalogue is empty.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from p4dp.contracts import write_schemas
from p4dp.indicators import write_pages
from p4dp.settings import Home
from tools import entity_diagram

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def dbt_documentation(destination: Path) -> None:
    """Write the one-file dbt documentation to `destination`."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(scratch) / "home")
        home.warehouse.parent.mkdir(parents=True)
        current = Home.from_environment()
        if current.warehouse.exists():
            shutil.copy2(current.warehouse, home.warehouse)
        write_schemas(home.schemas)
        environment = os.environ | {
            "P4DP_HOME": str(home.root),
            "DBT_TARGET_PATH": str(Path(scratch) / "target"),
            "DBT_PROFILES_DIR": str(ROOT / "dbt_project"),
        }
        subprocess.run(
            [str(BIN / "dbt"), "docs", "generate", "--static", "--target", "duckdb"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        shutil.copy2(Path(scratch) / "target" / "static_index.html", destination)


def main() -> int:
    """Build the site; returns the exit code."""
    write_pages(ROOT / "docs" / "indicators", Home.from_environment())
    entity_diagram.write()
    subprocess.run([str(BIN / "mkdocs"), "build", "--clean", "--quiet"], cwd=ROOT, check=True)
    dbt_documentation(ROOT / "site" / "dbt.html")
    print(
        f"Documentation: {ROOT / 'site' / 'index.html'}; dbt models: {ROOT / 'site' / 'dbt.html'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
