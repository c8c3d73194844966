"""What each role may see of a release.

A role that sees rows of persons reads the linked file itself. For a narrower role the gate
copies what it may see into a private in-memory database and detaches the rest before the
question runs, so that nothing else can be reached by any turn of SQL.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Grant:
    """Rows of one table: `condition` is a SQL filter over its columns."""

    table: str
    condition: str = "true"


@dataclass(frozen=True)
class Role:
    """`sees_persons` opens the whole linked file; `grants` name tables of it otherwise."""

    name: str
    description: str
    sees_persons: bool = False
    grants: tuple[Grant, ...] = ()


_AREAS = "territory_level <> 'practice'"

ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("analyst", "person and practice rows, all marts", sees_persons=True),
        Role(
            "epidemiologist",
            "weekly counts, alarms and indicators by territory, without persons or practices",
            grants=(
                Grant("linked.dim_territory"),
                Grant("indicators.fct_indicator_territory"),
                Grant("indicators.fct_weekly_syndrome", _AREAS),
                Grant("statistics.fct_surveillance_alarm", _AREAS),
                Grant("statistics.fct_indicator_rate", "unit_level <> 'practice'"),
                Grant("statistics.fct_cluster"),
            ),
        ),
        Role("public", "released aggregates only"),
    )
}
