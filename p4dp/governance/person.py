"""One person's page: every status with its reason and evidence, through the gate.

For an analyst who follows up a figure down to a person. Both bases stand side by side; what
goes back to a practice is made elsewhere, from its own record only.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from p4dp.errors import P4dpError
from p4dp.governance.gate import account_of, opened, recorded
from p4dp.governance.roles import ROLES, Role
from p4dp.governance.trail import Trail, os_user
from p4dp.release import release_folder
from p4dp.settings import Home

_PERSON = """
    select
        patient.person_key, patient.birth_year, patient.birth_month, patient.sex,
        patient.commune_code, patient.death_date, patient.is_linked_snds, patient.link_method,
        risk.model as risk_model, risk.risk_share, risk.risk_low_share, risk.risk_high_share,
        risk.category_esc2021 as risk_category,
        risk_label.label_fr as risk_category_fr, risk_label.label_en as risk_category_en,
        risk.missing_inputs,
        pathway.state as pathway_state,
        coalesce(state_label.label_fr, pathway.state) as pathway_state_fr,
        coalesce(state_label.label_en, pathway.state) as pathway_state_en,
        pathway.reason as pathway_reason,
        coalesce(blind_label.label_fr, pathway.blind_spot) as pathway_blind_spot_fr,
        coalesce(blind_label.label_en, pathway.blind_spot) as pathway_blind_spot_en
    from linked.dim_patient as patient
    left join indicators.fct_cardiovascular_risk as risk on patient.person_key = risk.person_key
    left join indicators.fct_out_of_pathway as pathway on patient.person_key = pathway.person_key
    left join catalogue.label as risk_label
        on risk_label.kind = 'risk_category' and risk_label.code = risk.category_esc2021
    left join catalogue.label as state_label
        on state_label.kind = 'pathway_state' and state_label.code = pathway.state
    left join catalogue.label as blind_label
        on blind_label.kind = 'pathway_blind_spot' and blind_label.code = pathway.blind_spot
    where patient.person_key = $key
"""

_BASIS = """
        {b}_status,
        coalesce({b}_label.label_fr, status.{b}_status) as {b}_status_fr,
        coalesce({b}_label.label_en, status.{b}_status) as {b}_status_en,
        {b}_reason_code,
        coalesce({b}_reason.label_fr, status.{b}_reason_code) as {b}_reason_fr,
        coalesce({b}_reason.label_en, status.{b}_reason_code) as {b}_reason_en,
        {b}_is_observable, {b}_evidence_date,
"""
_BASIS_JOINS = """
    left join catalogue.label as {b}_label
        on {b}_label.kind = 'status' and {b}_label.code = status.{b}_status
    left join catalogue.label as {b}_reason
        on {b}_reason.kind = 'reason' and {b}_reason.code = status.{b}_reason_code
"""
_STATUSES = f"""
    select
        status.indicator_id, status.indicator_version, indicator.family,
        indicator.title_fr, indicator.title_en, indicator.direction,
        status.reference_date, status.practice_key, practice.vendor,
        {_BASIS.format(b="record")}
        {_BASIS.format(b="linked")}
        status.linked_evidence_source,
        source_label.label_fr as linked_evidence_source_fr,
        source_label.label_en as linked_evidence_source_en
    from indicators.fct_indicator_status as status
    inner join catalogue.indicator as indicator
        on status.indicator_id = indicator.indicator_id
        and status.indicator_version = indicator.indicator_version
    left join linked.dim_practice as practice on status.practice_key = practice.practice_key
    {_BASIS_JOINS.format(b="record")}
    {_BASIS_JOINS.format(b="linked")}
    left join catalogue.label as source_label
        on source_label.kind = 'evidence_source'
        and source_label.code = status.linked_evidence_source
    where status.person_key = $key
    order by indicator.family, status.indicator_id, status.indicator_version, status.practice_key
"""


@dataclass(frozen=True)
class PersonPage:
    """Everything the indicators say of one person, at the release's date.

    `person`: one row (who, cardiovascular risk, place in the care pathway). `statuses`: one
    row per indicator, version and practice, with status, reason, observability and evidence
    date on both bases, and labels in French and English.
    """

    release_id: str
    person: dict[str, Any]
    statuses: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class PersonReader:
    """Pages of one person after the other from a release that stays open.

    Opening a release costs far more than a page. Whoever shows many keeps one reader, on one
    thread; account, role and current release are looked at again for each page all the same,
    and each access is recorded. Use as a context manager.
    """

    def __init__(
        self,
        home: Home,
        trail: Trail,
        *,
        user: str | None = None,
        release_id: str | None = None,
        release_key: bytes | None = None,
    ) -> None:
        self._home, self._trail, self._key = home, trail, release_key
        self._actor, self._release_id = user or os_user(), release_id
        self._stack = ExitStack()
        self._open: tuple[Path, Role, duckdb.DuckDBPyConnection] | None = None

    def __enter__(self) -> PersonReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the release; the next page opens it again."""
        self._open = None
        self._stack.close()

    def page(
        self, person_key: int, *, purpose: str | None = None, today: date | None = None
    ) -> PersonPage:
        """One page; recorded, the person as a token, before anything is handed out.

        Raises P4dpError where it is refused or there is no such person.
        """
        details: dict[str, Any] = {
            "person": self._trail.token(f"person {person_key}"),
            "release": self._release_id or "current",
        }
        with recorded(self._trail, self._actor, purpose, details, action="person") as record:
            account = account_of(self._home, self._actor, today or datetime.now(UTC).date())
            role = ROLES[account.role]
            details["role"] = role.name
            if not role.sees_persons:
                raise P4dpError(
                    "the page of a person is not open to this account",
                    remedy=f"the role {role.name} sees {role.description}",
                )
            folder = release_folder(self._home, self._release_id)
            details["release"] = folder.name
            connection = self._connection(folder, role)
            record.stage = "failed"
            try:
                persons = _rows(connection, _PERSON, person_key)
                statuses = _rows(connection, _STATUSES, person_key)
            except duckdb.CatalogException as error:
                raise P4dpError(
                    "this release was made before persons had pages",
                    file=folder,
                    remedy="make a new one: `p4dp run`",
                ) from error
            if not persons:
                raise P4dpError(f"the release has no person {person_key}")
            record.row_count = len(persons) + len(statuses)
        return PersonPage(folder.name, persons[0], tuple(statuses))

    def _connection(self, folder: Path, role: Role) -> duckdb.DuckDBPyConnection:
        """The open release, opened anew when another has become current or the role changed."""
        if self._open is None or self._open[:2] != (folder, role):
            self.close()
            connection = self._stack.enter_context(opened(self._home, folder.name, role, self._key))
            self._open = (folder, role, connection)
        return self._open[2]


def person_page(
    home: Home,
    person_key: int,
    trail: Trail,
    *,
    user: str | None = None,
    release_id: str | None = None,
    release_key: bytes | None = None,
    purpose: str | None = None,
    today: date | None = None,
) -> PersonPage:
    """The page of a person of a release (default: the current one); `PersonReader` for many.

    `user` (default: the operating-system user) needs a role that sees persons. The access is
    recorded, the person as a token, before anything is handed out. Raises P4dpError where it
    is refused or there is no such person.
    """
    with PersonReader(
        home, trail, user=user, release_id=release_id, release_key=release_key
    ) as reader:
        return reader.page(person_key, purpose=purpose, today=today)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, key: int) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, {"key": key})
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
