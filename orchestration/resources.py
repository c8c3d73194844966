"""What the steps are given: dbt, and the settings of this run."""

from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version as installed_version

from dagster import ConfigurableResource
from dagster_dbt import DbtCliResource
from packaging.version import Version, parse
from pydantic import Field

from orchestration.environment import DBT_EXECUTABLE, PROFILES, TARGET
from orchestration.project import dbt_variables, variable_arguments
from p4dp.settings import PROJECT_ROOT


class FastDbt(DbtCliResource):
    """dbt without what dagster-dbt adds to every step: a `dbt --version` (3 s), and an adapter of
    its own to fetch metadata with (see `orchestration.node_metadata`)."""

    @cached_property
    def _cli_version(self) -> Version:
        return parse(installed_version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


class RunSettings(ConfigurableResource):
    """The choices of one run; the launchpad of the UI shows them."""

    as_of: str | None = Field(
        default=None,
        description="Reference date (YYYY-MM-DD); the end of the latest delivered period if absent",
    )
    full_refresh: bool = Field(default=False, description="Rebuild every table from landing")
    with_snds: bool = Field(default=True, description="Use the claims data (SNDS)")

    accept_link_shares: bool = Field(
        default=False, description="Go on although a practice's share of linked patients fell"
    )

    def dbt_arguments(self) -> list[str]:
        """The arguments of `dbt build`; unit tests belong to `make test`, not to a run."""
        return [
            "build",
            "--exclude-resource-type",
            "unit_test",
            *(["--full-refresh"] if self.full_refresh else []),
            *variable_arguments(dbt_variables(self.as_of, self.with_snds)),
        ]


def dbt_resource() -> FastDbt:
    return FastDbt(
        project_dir=str(PROJECT_ROOT),
        profiles_dir=str(PROFILES),
        target=TARGET,
        dbt_executable=str(DBT_EXECUTABLE),
    )
