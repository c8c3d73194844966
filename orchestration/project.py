"""The parsed dbt project: prepared once, used by the definitions and by every dbt step.

dbt throws its partial parse away when the target, the variables or the profile differ from the
run that made it, so the parse here passes exactly what the steps pass. It is skipped when nothing
that enters it has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.environment import DBT_EXECUTABLE, PROFILES, TARGET, dbt_target
from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT, Home

_PARSED_FOLDERS = ("dbt_project", "seeds")
_PARTIAL_PARSE = "partial_parse.msgpack"


def manifest_path(home: Home) -> Path:
    return dbt_target(home) / "manifest.json"


def dbt_variables(as_of: str | None = None, with_snds: bool = True) -> dict[str, str | bool]:
    """The variables of a run: only what departs from the project's defaults."""
    variables: dict[str, str | bool] = {}
    if as_of is not None:
        variables["as_of"] = as_of
    if not with_snds:
        variables["with_snds"] = False
    return variables


def variable_arguments(variables: Mapping[str, Any]) -> list[str]:
    return ["--vars", json.dumps(variables, sort_keys=True)] if variables else []


def project_files() -> Iterator[Path]:
    """Every file the parse reads."""
    yield PROJECT_ROOT / "dbt_project.yml"
    for folder in _PARSED_FOLDERS:
        yield from sorted(p for p in (PROJECT_ROOT / folder).rglob("*") if p.is_file())


def project_fingerprint() -> str:
    """SHA-256 over the dbt project's files: the version of the rules a run applies."""
    digest = hashlib.sha256()
    for path in project_files():
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def prepare_manifest(home: Home, variables: Mapping[str, Any] | None = None) -> Path:
    """Parse the project if anything changed since the last parse; the manifest's path.

    Raises P4dpError with dbt's own message when the project does not parse.
    """
    variables = variables or {}
    target = dbt_target(home)
    stamp = json.dumps(
        {
            "project": project_fingerprint(),
            "variables": variables,
            "home": str(home.root),
            "versions": {name: version(name) for name in ("dbt-core", "dbt-duckdb")},
        },
        sort_keys=True,
    )
    stamp_file = target / "parsed.json"
    if (
        manifest_path(home).exists()
        and stamp_file.exists()
        and stamp_file.read_text(encoding="utf-8") == stamp
    ):
        return manifest_path(home)

    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parse-", dir=target) as folder:
        fresh = Path(folder)
        if (target / _PARTIAL_PARSE).exists():
            shutil.copy(target / _PARTIAL_PARSE, fresh)
        outcome = subprocess.run(
            [
                str(DBT_EXECUTABLE),
                "--quiet",
                "parse",
                "--target",
                TARGET,
                *variable_arguments(variables),
            ],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(PROFILES),
                "DBT_TARGET_PATH": folder,
                "DBT_LOG_PATH": folder,
                "P4DP_HOME": str(home.root),
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
        )
        if outcome.returncode != 0:
            raise P4dpError(
                "The dbt project does not parse:\n"
                + (outcome.stdout.strip() or outcome.stderr.strip()),
                remedy="correct the file named above",
            )
        # Whoever reads beside sees the old or the new file, never half of one; the stamp, last,
        # makes the parse count.
        stamp_file.unlink(missing_ok=True)
        for name in ("manifest.json", _PARTIAL_PARSE):
            os.replace(fresh / name, target / name)
        (fresh / "parsed.json").write_text(stamp, encoding="utf-8")
        os.replace(fresh / "parsed.json", stamp_file)
    return manifest_path(home)
