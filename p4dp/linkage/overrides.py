"""What readers decided, and what waits for them.

`register/override/override.parquet`: one row per decided pair (source_l, patient_pseudo_l,
source_r, patient_pseudo_r, is_same, reader, decided_at_version), written by the review desk only,
read by every run: decisions survive re-runs. `register/review/candidate.parquet`: the pairs of the
last run that a reader may be shown, with non-identifying evidence; disposable.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from p4dp.linkage.resolve import REVIEW_PROBABILITY

OVERRIDE_COLUMNS = (
    ("source_l", "varchar"),
    ("patient_pseudo_l", "varchar"),
    ("source_r", "varchar"),
    ("patient_pseudo_r", "varchar"),
    ("is_same", "boolean"),
    ("reader", "varchar"),
    ("decided_at_version", "bigint"),
)


def override_file(register: Path) -> Path:
    """Where the readers' decisions are."""
    return register / "override" / "override.parquet"


def candidate_file(register: Path) -> Path:
    """Where the pairs to review are."""
    return register / "review" / "candidate.parquet"


def load_overrides(con: duckdb.DuckDBPyConnection, register: Path) -> None:
    """Table `override` (identity_no_l < identity_no_r, is_same) of pairs both of which are here."""
    file = override_file(register)
    if file.exists():
        origin = f"read_parquet('{file}')"
    else:
        columns = ", ".join(f"null::{kind} as {name}" for name, kind in OVERRIDE_COLUMNS)
        origin = f"(select {columns} where false)"
    con.execute(
        f"""
        create or replace temp table override as
        select
            least(l.identity_no, r.identity_no) as identity_no_l,
            greatest(l.identity_no, r.identity_no) as identity_no_r,
            o.is_same
        from {origin} as o
        join identity as l on l.source = o.source_l and l.patient_pseudo = o.patient_pseudo_l
        join identity as r on r.source = o.source_r and r.patient_pseudo = o.patient_pseudo_r
        """
    )


def write_candidates(con: duckdb.DuckDBPyConnection, register: Path) -> None:
    """Write the scored pairs of this run that are worth a reader's time.

    Evidence without identity: agreement of sex, birth year and month, commune and département,
    practices the same or not, and how many days of care they share.
    """
    file = candidate_file(register)
    con.execute(
        f"""
        create or replace temp table candidate_pair as
        with scored as (
            select identity_no_l, identity_no_r, 'practices' as task, match_weight,
                match_probability, is_twin, null::bigint as visit_count, null::bigint as found_count
            from practice_pair
            where match_probability >= {REVIEW_PROBABILITY} / 50
            union all
            select identity_no_l, identity_no_r, 'claims', match_weight, match_probability, false,
                visit_count, found_count
            from claim_pair
        )
        select
            l.source as source_l, l.patient_pseudo as patient_pseudo_l,
            r.source as source_r, r.patient_pseudo as patient_pseudo_r,
            s.task, s.match_weight, s.match_probability, s.is_twin,
            l.sex = r.sex as is_same_sex,
            abs(l.birth_year - r.birth_year) as birth_year_gap,
            l.birth_month = r.birth_month as is_same_birth_month,
            l.commune_code = r.commune_code as is_same_commune,
            left(l.commune_code, 2) = left(r.commune_code, 2) as is_same_departement,
            l.practice_pseudo = r.practice_pseudo as is_same_practice,
            l.nir_status as nir_status_l, r.nir_status as nir_status_r,
            case when l.nir_pseudo is not null and r.nir_pseudo is not null
                then l.nir_pseudo = r.nir_pseudo end as is_same_number,
            s.visit_count, s.found_count
        from scored as s
        join identity as l on l.identity_no = s.identity_no_l
        join identity as r on r.identity_no = s.identity_no_r
        """
    )
    if not con.execute("select count(*) from candidate_pair").fetchall()[0][0]:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.tmp")
    con.execute(
        f"copy (from candidate_pair order by source_l, patient_pseudo_l, source_r, "
        f"patient_pseudo_r) to '{temporary}' (format parquet, compression zstd)"
    )
    temporary.replace(file)
