"""`make check`: every static check in one place, each with its own verdict and time.

Runs from the repository root, with a throw-away `P4DP_HOME` because linting dbt models
opens (and creates) a warehouse. Exits 1 when one check fails, after running them all.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from p4dp.settings import Home

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON_CODE = ["p4dp", "orchestration", "tests", "tools", "benchmarks", "docs"]


def command(*arguments: str) -> Callable[[], str]:
    """A check that is a command: its output when it fails, nothing when it passes."""

    def run() -> str:
        done = subprocess.run(
            [str(BIN / arguments[0]), *arguments[1:]], cwd=ROOT, capture_output=True, text=True
        )
        return "" if done.returncode == 0 else (done.stdout + done.stderr) or "failed"

    return run


def tracked(*patterns: str) -> list[Path]:
    """Files git tracks that match the patterns."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def generated_sources() -> str:
    """The dbt sources are what the contracts generate: an edit by hand is drift."""
    from p4dp.contracts import generate_sources

    with tempfile.TemporaryDirectory() as fresh:
        generate_sources(Path(fresh))
        drift = [
            path.name
            for path in sorted(Path(fresh).rglob("*__sources.yml"))
            if not (kept := ROOT / "dbt_project/models/staging" / path.name).exists()
            or kept.read_text() != path.read_text()
        ]
    return f"differ from the contracts: {drift}; run `python -m p4dp.contracts`" if drift else ""


def dbt_project_rules() -> str:
    """Names, types, documentation, contracts, tests, lineage: the rules of dbt-bouncer.yml."""
    with tempfile.TemporaryDirectory() as scratch:
        artifacts = Path(scratch) / "target"
        environment = os.environ | {
            "DBT_TARGET_PATH": str(artifacts),
            "DBT_PROFILES_DIR": str(ROOT / "dbt_project"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        rules = (ROOT / "dbt-bouncer.yml").read_text(encoding="utf-8")
        config = Path(scratch) / "dbt-bouncer.yml"
        config.write_text(
            rules.replace("dbt_artifacts_dir: target", f"dbt_artifacts_dir: {artifacts}"),
            encoding="utf-8",
        )
        for arguments in (
            ["dbt", "parse", "--quiet", "--log-path", scratch],
            ["dbt-bouncer", "run", "--config-file", str(config), "--show-all-failures"],
        ):
            done = subprocess.run(
                [str(BIN / arguments[0]), *arguments[1:]],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode != 0:
                return (done.stdout + done.stderr) or "failed"
    return ""


def measures() -> str:
    """Every measure has its direction, its texts, its parts and its place in the union."""
    from p4dp.indicators import check_case_definitions, check_measures

    return "\n".join(check_measures(ROOT) + check_case_definitions(ROOT))


def one_yml_per_model() -> str:
    """Each model has a yml of its own name beside it, whose description begins with the grain."""
    faults = []
    for sql in tracked("dbt_project/models/**/*.sql"):
        yml = sql.with_suffix(".yml")
        if not yml.exists():
            faults.append(f"{sql.relative_to(ROOT)}: no {yml.name} beside it")
        elif not re.search(r"description:\s*[>|]?-?\s*[\"']?One row\b", yml.read_text()):
            faults.append(f"{yml.relative_to(ROOT)}: the description must begin with 'One row'")
    return "\n".join(faults)


def no_address_of_a_machine() -> str:
    """No registry host, no path of a machine, no link of a lock enters a commit."""
    pattern = re.compile(
        r"py[p]i\.org|python[h]osted|registry\.[n]pmjs|deb\.[d]ebian|/[w]ork/|/[r]oot/|/[h]ome/\w+/"
    )
    faults = []
    for path in tracked():
        if path.suffix in {".png", ".parquet", ".gz"} or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                faults.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return "\n".join(faults)


CHECKS: dict[str, Callable[[], str]] = {
    "format": command("ruff", "format", "--check", "."),
    "lint": command("ruff", "check", "."),
    "types": command("mypy"),
    "import rules": command("lint-imports", "--no-cache"),
    "yaml": command("yamllint", "--strict", "."),
    "sql both engines read alike": command("python", "-m", "tools.sql_traps"),
    "sql style": command("sqlfluff", "lint", "dbt_project/models", "--processes", "1"),
    "sources generated from contracts": generated_sources,
    "dbt project rules": dbt_project_rules,
    "measures": measures,
    "one yml per model": one_yml_per_model,
    "no address of a machine": no_address_of_a_machine,
}


def main() -> int:
    """Run the checks named on the command line, or all of them."""
    Home.from_environment().warehouse.parent.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[1:] or list(CHECKS)
    failed = []
    for name in chosen:
        started = time.monotonic()
        fault = CHECKS[name]()
        print(f"{'FAIL' if fault else 'ok  '} {name} ({time.monotonic() - started:.1f} s)")
        if fault:
            print("\n".join("     " + line for line in fault.strip().splitlines()[-60:]))
            failed.append(name)
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
