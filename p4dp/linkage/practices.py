"""Practices with each other, beyond equal keys: sealed tokens scored by the register's own model.

The model (`register/model/sealed.json`, with its calibration) is trained once, on the first input
large enough, and never again unless asked. Scores are kept (`register/scored/`): a run scores only
records that are new or changed, against all others and among themselves. Both files hold
second-level pseudonyms and numbers, no token.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from p4dp.errors import P4dpError
from p4dp.linkage.model import Model, load_model, save_model, score, train, usable_roles
from p4dp.linkage.resolve import (
    ACCEPT_PROBABILITY,
    REVIEW_PROBABILITY,
    Calibration,
    cluster,
    fit_calibration,
)
from p4dp.linkage.sealed import SEALED, make_sealed_records

# Fewer records than this teach a model nothing; equal keys do alone until then.
MIN_RECORDS = 500
MINIMUM_WEIGHT = -6.0
# Pairs of known truth (both numbers certified) needed on each side to fit a calibration.
MIN_LABELS = 30


@dataclass(frozen=True)
class PairReport:
    """What the probabilistic step did. Counts of records and pairs."""

    is_run: bool
    record_count: int = 0
    scored_record_count: int = 0
    pair_count: int = 0
    accepted_count: int = 0
    review_count: int = 0
    is_trained: bool = False
    calibration: dict[str, Any] | None = None


def score_practices(
    con: duckdb.DuckDBPyConnection, register: Path, tokens: pa.Table | None
) -> PairReport:
    """Fill the table `practice_pair`: scored pairs of identities not yet known to be one person.

    Its columns: identity_no_l, identity_no_r, match_weight, is_twin, is_same_birth,
    match_probability.

    Needs the tables `identity` and `membership`. New scores are left in the tables `new_pair` and
    `new_record`, which `keep_scores` writes once the register is committed.
    """
    con.execute(
        "create or replace temp table practice_pair (identity_no_l bigint, identity_no_r bigint, "
        "match_weight double, is_twin boolean, is_same_birth boolean, match_probability double)"
    )
    if tokens is None or not tokens.num_rows:
        return PairReport(is_run=False)
    make_sealed_records(con, tokens, "sealed_record")
    con.execute(
        """
        create or replace temp table sealed_rest as
        select s.*
        from sealed_record as s
        join identity as i on i.identity_no = s.record_no
        join membership as m on m.identity_no = s.record_no
        qualify i.traits_pseudo is null
            or row_number() over (
                partition by m.component, i.traits_pseudo order by s.record_no
            ) = 1
        """
    )
    total = _count(con, "sealed_rest")
    file = model_file(register)
    if not file.exists() and total < MIN_RECORDS:
        return PairReport(is_run=False, record_count=total)
    _load_scores(con, register, must_have_model=file.exists())
    is_trained = not file.exists()
    model = _train(con, total) if is_trained else load_model(file)
    con.execute(
        """
        create or replace temp table fresh as
        from sealed_rest
        anti join scored_record using (source, patient_pseudo, fingerprint)
        """
    )
    con.execute(
        "create or replace temp table settled as from sealed_rest anti join fresh using (record_no)"
    )
    fresh = _count(con, "fresh")
    parts = []
    if fresh and _count(con, "settled"):
        score(con, ("fresh", "settled"), model, "between", minimum_weight=MINIMUM_WEIGHT)
        parts.append("between")
    if fresh > 1:
        score(con, ("fresh",), model, "among", minimum_weight=MINIMUM_WEIGHT)
        parts.append("among")
    columns = (
        "least(record_no_l, record_no_r) as record_no_l, "
        "greatest(record_no_l, record_no_r) as record_no_r, match_weight, is_twin, "
        "columns('^weight_.*$')"
    )
    union = " union all ".join(f"select {columns} from {part}" for part in parts) or (
        "select null::bigint as record_no_l, null::bigint as record_no_r, "
        "null::double as match_weight, null::boolean as is_twin where false"
    )
    con.execute(
        f"""
        create or replace temp table new_pair as
        select
            l.source as source_l,
            l.patient_pseudo as patient_pseudo_l,
            l.fingerprint as fingerprint_l,
            r.source as source_r,
            r.patient_pseudo as patient_pseudo_r,
            r.fingerprint as fingerprint_r,
            round(p.match_weight, 6) as match_weight,
            -- a number's pseudonym is made with birth date and sex: where these differ, unequal
            -- pseudonyms say nothing about the numbers
            coalesce(l.birth_date = r.birth_date and l.sex = r.sex, false) as is_same_birth,
            p.* exclude (record_no_l, record_no_r, match_weight)
        from ({union}) as p
        join sealed_rest as l on l.record_no = p.record_no_l
        join sealed_rest as r on r.record_no = p.record_no_r
        """
    )
    con.execute(
        "create or replace temp table new_record as "
        "select source, patient_pseudo, fingerprint from fresh"
    )
    con.execute(
        """
        create or replace temp table known_pair as
        select l.record_no as identity_no_l, r.record_no as identity_no_r,
            p.* exclude (source_l, patient_pseudo_l, fingerprint_l,
                source_r, patient_pseudo_r, fingerprint_r)
        from (from scored_pair union all by name from new_pair) as p
        join sealed_rest as l on l.source = p.source_l and l.patient_pseudo = p.patient_pseudo_l
            and l.fingerprint = p.fingerprint_l
        join sealed_rest as r on r.source = p.source_r and r.patient_pseudo = p.patient_pseudo_r
            and r.fingerprint = p.fingerprint_r
        """
    )
    if is_trained:
        calibration = _calibrate(con)
        file.parent.mkdir(parents=True, exist_ok=True)
        save_model(model, file.with_suffix(".new.json"))
        _calibration_file(register).with_suffix(".new.json").write_text(
            json.dumps(asdict(calibration))
        )
    else:
        calibration = Calibration(**json.loads(_calibration_file(register).read_text()))
    pairs = con.execute(
        """
        select p.identity_no_l, p.identity_no_r, p.match_weight, p.is_twin, p.is_same_birth
        from known_pair as p
        join membership as l on l.identity_no = p.identity_no_l
        join membership as r on r.identity_no = p.identity_no_r
        where l.component <> r.component
        order by all
        """
    ).fetchnumpy()
    weight, twin = np.asarray(pairs["match_weight"]), np.asarray(pairs["is_twin"])
    probability = np.round(calibration.probability(weight, twin), 6)
    table = pa.table(
        {
            "identity_no_l": np.asarray(pairs["identity_no_l"]),
            "identity_no_r": np.asarray(pairs["identity_no_r"]),
            "match_weight": weight,
            "is_twin": twin,
            "is_same_birth": np.asarray(pairs["is_same_birth"]),
            "match_probability": probability,
        }
    )
    con.register("pair_arrow", table)
    con.execute("create or replace temp table practice_pair as from pair_arrow")
    con.unregister("pair_arrow")
    return PairReport(
        is_run=True,
        record_count=total,
        scored_record_count=fresh,
        pair_count=len(weight),
        accepted_count=int((probability >= ACCEPT_PROBABILITY).sum()),
        review_count=int(
            ((probability >= REVIEW_PROBABILITY) & (probability < ACCEPT_PROBABILITY)).sum()
        ),
        is_trained=is_trained,
        calibration=asdict(calibration),
    )


def join_persons(con: duckdb.DuckDBPyConnection, *, has_tokens: bool) -> None:
    """Merge deterministic persons by the accepted pairs: rewrites `membership`.

    Two certified numbers never end in one person, nor do pairs that look like twins; a pair a
    reader has decided (`override`: identity_no_l, identity_no_r, is_same) goes their way.
    """
    total = _count(con, "identity")
    deterministic = con.execute(
        "select component from membership order by identity_no"
    ).fetchnumpy()["component"]
    pairs = con.execute(
        f"""
        with decided as (
            select p.identity_no_l, p.identity_no_r, p.is_same_birth,
                case when o.is_same then 1.0 when not o.is_same then 0.0
                    else p.match_probability end as match_probability
            from practice_pair as p left join override as o using (identity_no_l, identity_no_r)
            union all
            select o.identity_no_l, o.identity_no_r, false, o.is_same::int::double
            from override as o anti join practice_pair using (identity_no_l, identity_no_r)
        )
        select d.identity_no_l, d.identity_no_r, d.match_probability
        from decided as d
        join identity as l on l.identity_no = d.identity_no_l
        join identity as r on r.identity_no = d.identity_no_r
        where match_probability >= {ACCEPT_PROBABILITY}
            and (match_probability = 1.0 or not coalesce(
                l.nir_status = 'certified' and r.nir_status = 'certified'
                and l.nir_pseudo <> r.nir_pseudo and d.is_same_birth, false))
        order by all
        """
    ).fetchnumpy()
    apart = con.execute(
        f"""
        select identity_no_l, identity_no_r from practice_pair
        where is_twin and match_probability < {ACCEPT_PROBABILITY}
        union
        select identity_no_l, identity_no_r from override where not is_same
        """
    ).fetchnumpy()
    # unequal pseudonyms of numbers contradict each other under one birth date only
    sealed = "left join sealed_record as s on s.record_no = i.identity_no" if has_tokens else ""
    birth = "coalesce(s.birth_date, i.birth_year::varchar)" if has_tokens else "'one'"
    certified = con.execute(
        f"select i.identity_no, i.nir_pseudo, {birth} as birth from identity as i {sealed} "
        "where i.nir_status = 'certified' order by i.identity_no"
    ).fetchnumpy()
    component = np.asarray(deterministic)
    left = np.asarray(pairs["identity_no_l"])
    right = np.asarray(pairs["identity_no_r"])
    probability = np.asarray(pairs["match_probability"])
    apart_left = component[np.asarray(apart["identity_no_l"])]
    apart_right = component[np.asarray(apart["identity_no_r"])]
    merged = cluster(
        total, component[left], component[right], probability, apart_left, apart_right
    )[component]
    # two numbers in one person: take its weakest joins apart
    numbers = np.asarray(certified["nir_pseudo"], dtype=object)
    bearer = np.asarray(certified["identity_no"])
    first: dict[tuple[int, str], dict[str, int]] = {}
    extra_left, extra_right = [], []
    births = np.asarray(certified["birth"], dtype=object)
    for at, number, born in zip(bearer.tolist(), numbers.tolist(), births.tolist(), strict=True):
        known = first.setdefault((int(merged[at]), born), {})
        if number not in known:
            for other in known.values():
                extra_left.append(int(component[other]))
                extra_right.append(int(component[at]))
            known[number] = at
    if extra_left:
        merged = cluster(
            total, component[left], component[right], probability,
            np.concatenate([apart_left, np.array(extra_left, dtype=np.int64)]),
            np.concatenate([apart_right, np.array(extra_right, dtype=np.int64)]),
        )[component]  # fmt: skip
    best = np.zeros(total)
    np.maximum.at(best, component[left], probability)
    np.maximum.at(best, component[right], probability)
    con.register(
        "merged_arrow",
        pa.table(
            {
                "identity_no": np.arange(total),
                "joined": merged,
                "is_joined": merged != component,
                "best": best[component],
            }
        ),
    )
    con.execute(
        """
        create or replace temp table membership as
        with grown as (
            select joined, count(distinct component) > 1 as is_grown
            from membership join merged_arrow using (identity_no)
            group by joined
        )
        select
            m.identity_no,
            a.joined as component,
            case
                when grown.is_grown and m.link_method = 'single' then 'probabilistic'
                else m.link_method
            end as link_method,
            case
                when grown.is_grown and m.link_method = 'single' then a.best
                when m.link_method <> 'single' then 1.0
            end as match_probability
        from membership as m
        join merged_arrow as a using (identity_no)
        join grown on grown.joined = a.joined
        """
    )
    con.unregister("merged_arrow")


def keep_scores(con: duckdb.DuckDBPyConnection, register: Path, report: PairReport) -> None:
    """Write what `score_practices` made, after the register itself: pairs, then records, model.

    A crash in between costs only time: scores without their record are made again.
    """
    if not report.is_run:
        return
    folder = register / "scored"
    folder.mkdir(parents=True, exist_ok=True)
    for name, key in (
        ("pair", "source_l, patient_pseudo_l, source_r, patient_pseudo_r"),
        ("record", "source, patient_pseudo"),
    ):
        if not report.scored_record_count:
            break
        target, temporary = folder / f"{name}.parquet", folder / f".{name}.parquet.tmp"
        con.execute(
            f"copy (select distinct * from (from scored_{name} union all by name from new_{name}) "
            f"order by {key}) to '{temporary}' (format parquet, compression zstd)"
        )
        temporary.replace(target)
    if report.is_trained:
        for file in (_calibration_file(register), model_file(register)):
            file.with_suffix(".new.json").replace(file)


def model_file(register: Path) -> Path:
    """The model that scores sealed records."""
    return register / "model" / "sealed.json"


def _calibration_file(register: Path) -> Path:
    return register / "model" / "calibration.json"


def _load_scores(con: duckdb.DuckDBPyConnection, register: Path, *, must_have_model: bool) -> None:
    pair, record = (register / "scored" / f"{name}.parquet" for name in ("pair", "record"))
    if record.exists() and not must_have_model:
        raise P4dpError(
            "The register has scores but the model that made them is missing",
            file=model_file(register),
            remedy="restore it from the last copy; or remove register/scored to train a new one",
        )
    if record.exists() and pair.exists():
        con.execute(f"create or replace temp table scored_pair as from '{pair}'")
        con.execute(f"create or replace temp table scored_record as from '{record}'")
        return
    con.execute(
        "create or replace temp table scored_pair (source_l varchar, patient_pseudo_l varchar, "
        "fingerprint_l varchar, source_r varchar, patient_pseudo_r varchar, "
        "fingerprint_r varchar, match_weight double, is_twin boolean)"
    )
    con.execute(
        "create or replace temp table scored_record "
        "(source varchar, patient_pseudo varchar, fingerprint varchar)"
    )


def _train(con: duckdb.DuckDBPyConnection, total: int) -> Model:
    """A model on what there is. Persons already linked by keys say how many matches to expect."""
    roles = usable_roles(con, ("sealed_rest",), SEALED)
    linked = con.execute(
        "select count(*) - count(distinct component) from membership "
        "join sealed_rest on identity_no = record_no"
    ).fetchall()[0][0]
    return train(
        con, ("sealed_rest",), roles, expected_matches=max(linked, 0.02 * total), kit=SEALED
    )


def _calibrate(con: duckdb.DuckDBPyConnection) -> Calibration:
    """Fit on the pairs whose truth is known: both numbers certified, equal or not."""
    rows = con.execute(
        """
        select p.match_weight, p.is_twin, l.nir_pseudo = r.nir_pseudo as is_same
        from known_pair as p
        join identity as l on l.identity_no = p.identity_no_l
        join identity as r on r.identity_no = p.identity_no_r
        where l.nir_status = 'certified' and r.nir_status = 'certified' and p.is_same_birth
        """
    ).fetchnumpy()
    same = np.asarray(rows["is_same"], dtype=bool)
    return fit_calibration(
        np.asarray(rows["match_weight"]), np.asarray(rows["is_twin"], dtype=bool), same,
        minimum=MIN_LABELS,
    )  # fmt: skip


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
