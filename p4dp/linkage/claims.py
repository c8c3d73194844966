"""Practices with the claims where no number ties them: the indirect linkage, inside the register.

Persons without a claimant meet claimants without a person. The model and its calibration are
estimated once (`register/model/indirect.json`) and kept. A link made stays as long as the evidence
still makes it more likely than not, so that new days of care do not shake old keys.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError
from p4dp.linkage.indirect import IndirectModel, link_indirectly
from p4dp.linkage.resolve import ACCEPT_PROBABILITY, REVIEW_PROBABILITY, Calibration

MODEL_FORMAT = "p4dp-indirect/1"
# Fewer persons than this on either side teach a model nothing.
MIN_PERSONS = 200
MAX_PROBES = 20_000


@dataclass(frozen=True)
class IndirectReport:
    """What the indirect step did. Counts of persons and of pairs."""

    is_run: bool
    person_count: int = 0
    claimant_count: int = 0
    accepted_count: int = 0
    review_count: int = 0
    is_trained: bool = False
    coverage: float | None = None


def link_claims(con: duckdb.DuckDBPyConnection, register: Path) -> IndirectReport:
    """Join claimants to persons in `membership` by the days of care; see the module.

    Needs `identity`, `care_day`, `membership` and `old_link` (the register in force). Claimants
    and persons that direct linkage has already tied are left as they are; a sample of them plays
    decoy.
    """
    con.execute(
        "create or replace temp table claim_pair (identity_no_l bigint, identity_no_r bigint, "
        "match_weight double, match_probability double, visit_count bigint, found_count bigint)"
    )
    _sides(con)
    persons, claimants = _count(con, "person_left"), _count(con, "person_right")
    file = model_file(register)
    if not claimants or not persons or not _count(con, "day_right"):
        return IndirectReport(False, persons, claimants)
    if not file.exists() and min(persons, claimants) < MIN_PERSONS:
        return IndirectReport(False, persons, claimants)
    is_trained = not file.exists()
    known = None if is_trained else _load(file)
    model, calibration = link_indirectly(
        con, left="person_left", right="person_right", left_day="day_left", right_day="day_right",
        probe="probe", name="found", model=known[0] if known else None,
        calibration=known[1] if known else None,
    )  # fmt: skip
    if model is None:
        return IndirectReport(False, persons, claimants)
    if is_trained:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".new.json").write_text(
            json.dumps(
                {
                    "format": MODEL_FORMAT,
                    "model": asdict(model),
                    "calibration": {
                        k: float(v) for k, v in asdict(calibration).items() if k != "by_kind"
                    },
                }
            )
        )
    con.execute(
        f"""
        create or replace temp table claim_pair as
        select f.record_no_l as identity_no_l, f.record_no_r as identity_no_r, f.match_weight,
            round(f.match_probability, 6) as match_probability, f.visit_count, f.found_count
        from found as f
        where f.match_probability >= {REVIEW_PROBABILITY}
        """
    )
    con.execute(
        f"""
        create or replace temp table claim_link as
        with decided as (
            select c.*, o.is_same,
                old.link_method = 'snds_indirect' and old.person_key = mine.person_key as is_kept,
                old.match_probability as old_probability
            from claim_pair as c
            join identity as l on l.identity_no = c.identity_no_l
            join identity as r on r.identity_no = c.identity_no_r
            left join old_link as old
                on old.source = r.source and old.patient_pseudo = r.patient_pseudo
            left join old_link as mine
                on mine.source = l.source and mine.patient_pseudo = l.patient_pseudo
            left join override as o
                on o.identity_no_l = least(c.identity_no_l, c.identity_no_r)
                and o.identity_no_r = greatest(c.identity_no_l, c.identity_no_r)
        )
        select identity_no_l, identity_no_r,
            case when is_same then 1.0 when is_kept then old_probability
                else match_probability end as match_probability
        from decided
        where coalesce(is_same, true)
            and (is_same or coalesce(is_kept, false) or match_probability >= {ACCEPT_PROBABILITY})
        """
    )
    con.execute(
        """
        create or replace temp table membership as
        with joined as (
            select p.component as from_component, q.component as to_component,
                c.match_probability
            from claim_link as c
            join membership as q on q.identity_no = c.identity_no_l
            join membership as p on p.identity_no = c.identity_no_r
        ),
        sized as (select component, count(*) as n from membership group by component)
        select
            m.identity_no,
            least(
                m.component,
                coalesce(a.to_component, m.component),
                coalesce(b.from_component, m.component)
            ) as component,
            case when a.to_component is not null
                or (b.from_component is not null and m.link_method = 'single')
                then 'snds_indirect' else m.link_method end as link_method,
            case when a.to_component is not null
                or (b.from_component is not null and m.link_method = 'single')
                then coalesce(a.match_probability, b.match_probability)
                else m.match_probability end as match_probability
        from membership as m
        left join joined as a on a.from_component = m.component
        left join joined as b on b.to_component = m.component
        """
    )
    accepted = _count(con, "claim_link")
    return IndirectReport(
        True, persons, claimants, accepted, _count(con, "claim_pair") - accepted, is_trained,
        model.coverage,
    )  # fmt: skip


def keep_model(register: Path, report: IndirectReport) -> None:
    """Put a newly estimated model in force, after the register itself."""
    if report.is_trained:
        file = model_file(register)
        file.with_suffix(".new.json").replace(file)


def model_file(register: Path) -> Path:
    """The model of the indirect linkage, with its calibration."""
    return register / "model" / "indirect.json"


def _load(file: Path) -> tuple[IndirectModel, Calibration]:
    try:
        content = json.loads(file.read_text())
    except ValueError as error:
        raise P4dpError("The indirect linkage model is damaged", file=file) from error
    if content.get("format") != MODEL_FORMAT:
        raise P4dpError(
            "The indirect linkage model was written by another version of p4dp",
            file=file,
            expected=f"format {MODEL_FORMAT}",
            remedy="remove it to estimate a new one on purpose; links made keep their keys",
        )
    return IndirectModel(**content["model"]), Calibration(**content["calibration"])


def _sides(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `person_left`, `person_right`, their days, and `probe` (persons already tied)."""
    con.execute(
        """
        create or replace temp table person as
        select
            m.component,
            min(i.identity_no) filter (i.source <> 'snds') as left_no,
            min(i.identity_no) filter (i.source = 'snds') as right_no,
            mode(i.birth_year order by i.identity_no) as birth_year,
            mode(i.birth_month order by i.identity_no) as birth_month,
            mode(nullif(i.sex, 'U') order by i.identity_no) as sex,
            max(i.practice_pseudo) as practice,
            max(i.commune_code) filter (i.source <> 'snds') as left_commune,
            max(i.commune_code) filter (i.source = 'snds') as right_commune
        from membership as m join identity as i using (identity_no)
        group by m.component
        """
    )
    con.execute(
        f"""
        create or replace temp table probe_person as
        from person where left_no is not null and right_no is not null
        order by md5(left_no::varchar) limit {MAX_PROBES}
        """
    )
    con.execute(
        "create or replace temp table probe as select left_no as record_no from probe_person"
    )
    con.execute(
        """
        create or replace temp table person_left as
        select left_no as record_no, birth_year, birth_month, sex, left_commune as commune_code,
            practice
        from person
        where left_no is not null and birth_year is not null and sex is not null
            and (right_no is null or left_no in (select record_no from probe))
        """
    )
    con.execute(
        """
        create or replace temp table person_right as
        select right_no as record_no, birth_year, birth_month, sex, right_commune as commune_code
        from person
        where right_no is not null and left_no is null and birth_year is not null
            and sex is not null
        """
    )
    for side, condition in (("left", "i.source <> 'snds'"), ("right", "i.source = 'snds'")):
        con.execute(
            f"""
            create or replace temp table day_{side} as
            select distinct p.{side}_no as record_no, c.care_kind, c.care_date, c.care_code,
                c.practitioner_pseudo as practitioner
            from care_day as c
            join identity as i using (identity_no)
            join membership as m using (identity_no)
            join person as p on p.component = m.component
            where {condition} and p.{side}_no in (select record_no from person_{side})
            """
        )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
