"""The linkage method on any frames: `dedupe` one, or `link` two.

Certified key → identical strict traits, unique both ways → Splink on the rest → one-to-one →
recalibration → review band → unresolved stays unresolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from p4dp.errors import P4dpError
from p4dp.linkage.deterministic import components
from p4dp.linkage.frames import Frame, derive, standardise, words_of
from p4dp.linkage.identity import connect
from p4dp.linkage.model import (
    Model,
    blocking_rules,
    kit_of,
    match_weight_table,
    score,
    train,
    usable_roles,
)
from p4dp.linkage.resolve import (
    ACCEPT_PROBABILITY,
    NAMESAKES,
    NO_BIRTH,
    NO_NAME,
    OTHER_NAME,
    PLAIN,
    RELATIVES,
    REVIEW_PROBABILITY,
    TWINS,
    UNCALIBRATED,
    Calibration,
    accept_from,
    best_one_to_one,
    calibrate,
    calibrate_within,
    calibration_table,
    cluster,
    decoy_links,
)

Cardinality = Literal["auto", "one-to-one", "many-to-one", "many-to-many"]

# A value of the key on more records than this is nobody's key.
MAX_RECORDS_PER_KEY = 8
# A side holds persons several times where this share of its records repeats the name and birth date
# of another, or more; chance alone makes fewer.
REPEATED_SHARE, MIN_REPEATED = 0.005, 5
# Certain records that play decoy, and the weight from which a scored link is certain enough to.
MAX_PROBES, MIN_PROBES, PROBES_PER_RECORD = 20_000, 2_000, 0.25
CERTAIN_WEIGHT = 14.0
MINIMUM_WEIGHT = -6.0
# Bits by which a record must fit one of two different people better to be counted as that one.
MARGIN = 3.0

# What contradicts that a scored pair is one person (see `resolve.KINDS`).
_FAR_BIRTH = """
    hamming(l.birth_date, r.birth_date) > 2
    and (l.birth_year = r.birth_year)::int + (l.birth_month = r.birth_month)::int
        + (l.birth_day = r.birth_day)::int < 2
    and not (l.birth_year = r.birth_year and l.birth_month = r.birth_day)
    and least(l.birth_month, r.birth_month) > 0
"""
KIND_SQL = f"""
case
    when not s.is_twin and {_FAR_BIRTH} then {NAMESAKES}
    when not s.is_twin and (l.birth_date is null) <> (r.birth_date is null) then {NO_BIRTH}
    when not s.is_twin then {PLAIN}
    when l.birth_date is distinct from r.birth_date then {RELATIVES}
    when l.given_name is null or r.given_name is null then {NO_NAME}
    when l.sex <> r.sex or len(l.given_words) > 1 or len(r.given_words) > 1 then {TWINS}
    else {OTHER_NAME}
end
"""


@dataclass(frozen=True)
class LinkageResult:
    """What was found.

    `links` (accepted) and `review` (to look at): left_id, right_id, method (`key`, `traits`,
    `probabilistic`, `implied`), match_weight (bits; null for deterministic tiers),
    match_probability (calibrated), is_twin (first names differ outright); in `review` also
    `weight_<comparison>`, the bits that each comparison adds.
    In `dedupe`, `links` holds every pair of records of one person, `implied` ones too.
    `clusters` (of `dedupe`): record_id, cluster_id (the smallest record id of the group), one row
    per record. Identifiers are the frame's own, in their own type: its identifier column, or its
    index, or the row number.
    `calibration`: stated against calibrated probability by band. `weights`: the model's weights.
    """

    links: pd.DataFrame
    review: pd.DataFrame
    clusters: pd.DataFrame | None
    calibration: pd.DataFrame
    weights: pd.DataFrame
    model: Model | None
    columns: dict[str, dict[str, str]]
    summary: dict[str, Any] = field(default_factory=dict)


def link(
    left: Frame,
    right: Frame,
    *,
    columns: Mapping[str, str] | None = None,
    right_columns: Mapping[str, str] | None = None,
    cardinality: Cardinality = "auto",
    accept: float = ACCEPT_PROBABILITY,
    review: float = REVIEW_PROBABILITY,
    model: Model | None = None,
    seed: int = 1,
) -> LinkageResult:
    """Find which records of `left` and `right` are the same person.

    A frame is a pandas DataFrame, a pyarrow Table, a DuckDB relation, or the path of a CSV or
    Parquet file. Columns are recognised by usual names (see `frames.SYNONYMS`); `columns` (role
    -> header, "" for none) wins, `right_columns` where the right frame differs.

    `cardinality`: with `one-to-one` each record has one partner at most; with `many-to-one` several
    left records may have one right record, each on its own evidence; with `many-to-many` the
    duplicates of each frame are found first, their persons linked one to one, and every pair of
    records of a linked person is given (`implied` where nothing else ties it). `auto` looks for
    duplicates: `many-to-many` for the frames that hold some, `one-to-one` where none does.

    A given `model` scores without training. Deterministic for a given input and seed.
    """
    if cardinality not in get_args(Cardinality):
        raise P4dpError(
            f"Unknown cardinality {cardinality!r}", expected=" or ".join(get_args(Cardinality))
        )
    _check_thresholds(accept, review)
    unique_right = cardinality != "many-to-one"
    with connect() as con:
        found = {
            "left": standardise(con, left, "left_record", columns),
            "right": standardise(con, right, "right_record", right_columns or columns),
        }
        persons: dict[str, pd.DataFrame] = {}
        for side, frame, names in (
            ("left", left, columns), ("right", right, right_columns or columns)
        ):  # fmt: skip
            if cardinality == "many-to-many" or (
                cardinality == "auto" and _has_repeats(con, f"{side}_record")
            ):
                clusters = dedupe(frame, columns=names, accept=accept, seed=seed).clusters
                assert clusters is not None
                persons[side] = _keep_representatives(con, f"{side}_record", clusters)
        sizes = [_count(con, "left_record"), _count(con, "right_record")]
        roles = usable_roles(con, ("left_record", "right_record")) if all(sizes) else ()
        _tiers_between(con, roles, unique_right=unique_right)
        calibration = UNCALIBRATED
        if roles and sizes[0] > _count(con, "tier"):
            if model is None and _is_trainable(roles):
                model = train(
                    con, ("left_record", "right_record"), roles,
                    expected_matches=max(_count(con, "tier"), 0.3 * min(sizes)), seed=seed,
                )  # fmt: skip
        if model is not None:
            calibration = _score_between(con, model, unique_right=unique_right, seed=seed)
        else:
            _no_pairs(con)
        result = _result(con, model, calibration, found, accept, review, dedupes=False)
    return _of_persons(result, persons) if persons else result


def _has_repeats(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a side holds persons several times, judged by name and full birth date."""
    total, repeated = con.execute(
        f"""
        select coalesce(sum(n), 0), coalesce(sum(n - 1), 0)
        from (
            select count(*) as n from {table}
            where surname is not null and given_name is not null
                and substr(birth_date, 5) not in ('0101', '0000')
            group by surname, given_name, birth_date
        )
        """
    ).fetchall()[0]
    return bool(repeated >= MIN_REPEATED and repeated >= REPEATED_SHARE * total)


def _keep_representatives(
    con: duckdb.DuckDBPyConnection, table: str, clusters: pd.DataFrame
) -> pd.DataFrame:
    """Leave in `table` the fullest record of each person; say whom it stands for.

    Returns record_id, representative: one row per record of the frame.
    """
    con.register("cluster_frame", clusters)
    con.execute(
        f"""
        create or replace temp table stands_for as
        select
            record_id,
            first_value(record_id) over (
                partition by cluster_id
                order by (surname is null)::int + (given_name is null)::int
                    + (birth_date is null)::int + (phone is null)::int + (street is null)::int
                    + (city is null and postcode is null)::int + (record_key is null)::int,
                    record_id
            ) as representative
        from {table} join cluster_frame using (record_id)
        """
    )
    con.unregister("cluster_frame")
    con.execute(
        f"delete from {table} where record_id not in (select representative from stands_for)"
    )
    return con.execute("from stands_for").df()


def _of_persons(result: LinkageResult, persons: Mapping[str, pd.DataFrame]) -> LinkageResult:
    """The links of representatives as those of all records they stand for."""
    links = result.links
    for side, stands in persons.items():
        column = f"{side}_id"
        links = links.merge(stands, left_on=column, right_on="representative")
        links["method"] = links["method"].where(links["record_id"] == links[column], "implied")
        links[column] = links["record_id"]
        links = links.drop(columns=["record_id", "representative"])
    is_implied = links["method"] == "implied"
    links.loc[is_implied, "match_weight"] = np.nan
    links = links.sort_values(["left_id", "right_id"], ignore_index=True)
    summary = {
        **result.summary,
        **{f"{side}_count": len(stands) for side, stands in persons.items()},
        "link_count": len(links),
        "by_method": links["method"].value_counts().to_dict(),
        "deduplicated": sorted(persons),
    }
    return replace(result, links=links, summary=summary)


def dedupe(
    frame: Frame,
    *,
    columns: Mapping[str, str] | None = None,
    accept: float = ACCEPT_PROBABILITY,
    review: float = REVIEW_PROBABILITY,
    model: Model | None = None,
    seed: int = 1,
) -> LinkageResult:
    """Find which records of one frame are the same person; see `link` for the arguments.

    In the result `links` are the accepted pairs, and `clusters` the persons they make.
    """
    _check_thresholds(accept, review)
    with connect() as con:
        found = {"left": standardise(con, frame, "left_record", columns)}
        total = _count(con, "left_record")
        roles = usable_roles(con, ("left_record",)) if total else ()
        _tiers_within(con, roles)
        calibration = UNCALIBRATED
        if roles and total > 1 and model is None and _is_trainable(roles):
            model = train(
                con, ("left_record",), roles,
                expected_matches=max(1.5 * _count(con, "tier"), 0.05 * total), seed=seed,
            )  # fmt: skip
        if model is not None and total > 1:
            calibration = _score_within(con, model)
        else:
            _no_pairs(con)
        return _result(con, model, calibration, found, accept, review, dedupes=True)


def _check_thresholds(accept: float, review: float) -> None:
    if not 0 < review <= accept < 1:
        raise P4dpError(
            f"Thresholds accept={accept}, review={review} make no band",
            expected="0 < review <= accept < 1",
        )


def _is_trainable(roles: tuple[str, ...]) -> bool:
    """One comparison alone says no more than equality, which the tiers have used already."""
    return len([role for role in roles if role not in ("usual_surname", "street_number")]) >= 2


def _agreement(roles: tuple[str, ...]) -> str:
    """SQL: besides the key, the first name agrees, or is unknown while something else agrees.

    A number may be the insured person's: the same family name and address prove nothing.
    """
    others = []
    if "birth_date" in roles:
        others.append("coalesce(damerau_levenshtein(l.birth_date, r.birth_date) <= 2, false)")
    if "surname" in roles:
        others.append("coalesce(jaro_winkler_similarity(l.surname, r.surname) >= 0.85, false)")
    if "given_name" not in roles:
        return f"({' or '.join(others)})" if others else "true"
    swapped = (
        "or coalesce(l.surname = r.given_name or l.given_name = r.surname, false)"
        if "surname" in roles
        else ""
    )
    alike = (
        "(coalesce(jaro_winkler_similarity(l.given_name, r.given_name) >= 0.85, false) "
        f"or coalesce(list_has_any({words_of('l.given_name', 'l.other_given_names')}, "
        f"{words_of('r.given_name', 'r.other_given_names')}), false) "
        f"or coalesce(starts_with(l.given_name, r.given_name), false) {swapped})"
    )
    if not others:
        return alike
    unknown = f"((l.given_name is null or r.given_name is null) and {others[0]})"
    return f"({alike} and ({' or '.join(others)}) or {unknown})"


def _tier_queries(roles: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(method, key expression over one record, condition on l and r) of each tier, in order."""
    tiers = []
    sex = "coalesce(l.sex = r.sex, true)" if "sex" in roles else "true"
    number = "coalesce(l.record_key = r.record_key, true)" if "record_key" in roles else "true"
    if "record_key" in roles:
        tiers.append(("key", "record_key", _agreement(roles)))
    if {"surname", "given_name", "birth_date"} <= set(roles):
        # a birth on 1 January may be a placeholder, and many people share it
        dated = "case when substr(birth_date, 5) not in ('0101', '0000') then birth_date end"
        tiers.append(
            ("traits", f"surname || '|' || given_name || '|' || ({dated})", f"{sex} and {number}")
        )
    return tiers


def _tiers_between(
    con: duckdb.DuckDBPyConnection, roles: tuple[str, ...], *, unique_right: bool
) -> None:
    """Table `tier` (record_no_l, record_no_r, method): keys unique on both sides."""
    con.execute(
        "create or replace temp table tier (record_no_l bigint, record_no_r bigint, method varchar)"
    )
    for method, key, condition in _tier_queries(roles):
        limit_left = 1 if unique_right else MAX_RECORDS_PER_KEY
        free_right = "where record_no not in (select record_no_r from tier)" if unique_right else ""
        con.execute(
            f"""
            insert into tier
            with l as (
                select *, {key} as k from left_record
                where record_no not in (select record_no_l from tier)
                qualify k is not null and count(*) over (partition by k) <= {limit_left}
            ),
            r as (
                select *, {key} as k from right_record
                {free_right}
                qualify k is not null and count(*) over (partition by k) = 1
            )
            select l.record_no, r.record_no, '{method}'
            from l join r using (k)
            where {condition}
            """
        )


def _tiers_within(con: duckdb.DuckDBPyConnection, roles: tuple[str, ...]) -> None:
    """Table `tier` of pairs (the first record of a group with each other one)."""
    con.execute(
        "create or replace temp table tier (record_no_l bigint, record_no_r bigint, method varchar)"
    )
    for method, key, condition in _tier_queries(roles):
        con.execute(
            f"""
            insert into tier
            with keyed as (
                select *, {key} as k, min(record_no) over (partition by k) as first_no
                from left_record
                qualify k is not null
                    and count(*) over (partition by k) between 2 and {MAX_RECORDS_PER_KEY}
            )
            select l.record_no, r.record_no, '{method}'
            from keyed as l join keyed as r on l.k = r.k and l.record_no = r.first_no
            where r.record_no > l.record_no and {condition}
            """
        )


def _no_pairs(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace temp table chosen (record_no_l bigint, record_no_r bigint, "
        "match_weight double, is_twin boolean, match_probability double, kind integer, "
        "is_plain boolean)"
    )


def _score_between(
    con: duckdb.DuckDBPyConnection, model: Model, *, unique_right: bool, seed: int
) -> Calibration:
    """Table `chosen`: the one-to-one pairs of the rest, with calibrated probabilities."""
    unlinked_count = _count(con, "left_record") - _count(con, "tier")
    wanted = min(MAX_PROBES, max(MIN_PROBES, int(unlinked_count * PROBES_PER_RECORD)))
    con.execute(
        f"""
        create or replace temp table probe as
        select record_no_l as record_no, record_no_r as partner_no from tier
        order by hash(record_no_l + {seed}) limit {wanted}
        """
    )
    derive(
        con,
        "from left_record where record_no not in (select record_no_l from tier) "
        "or record_no in (select record_no from probe)",
        "left_rest",
    )
    unlinked = "where record_no not in (select record_no_r from tier)" if unique_right else ""
    derive(con, f"from right_record {unlinked}", "right_rest")
    if not _count(con, "left_rest") or not _count(con, "right_rest"):
        _no_pairs(con)
        return UNCALIBRATED
    _score_in_steps(con, model, unique_right=unique_right)
    pairs = con.execute(
        f"""
        select s.record_no_l, s.record_no_r, s.match_weight, s.is_twin,
            probe.record_no is not null as is_probe,
            coalesce(probe.partner_no = s.record_no_r, false) as is_partner,
            {KIND_SQL} as kind
        from scored as s
        join left_rest as l on l.record_no = s.record_no_l
        join right_rest as r on r.record_no = s.record_no_r
        left join probe on probe.record_no = s.record_no_l
        order by s.record_no_l, s.record_no_r
        """
    ).fetchnumpy()
    left, right, weight, twin, is_probe, is_partner, kind = (np.asarray(pairs[name]) for name in (
        "record_no_l", "record_no_r", "match_weight", "is_twin", "is_probe", "is_partner", "kind",
    ))  # fmt: skip
    rest = ~is_probe
    kept = np.zeros(len(weight), dtype=bool)
    kept[rest] = best_one_to_one(left[rest], right[rest], weight[rest], unique_right=unique_right)
    taken = np.full(int(right.max(initial=0)) + 1, -np.inf)
    if unique_right:
        taken[right[kept]] = weight[kept]
    certain = kept & (weight >= CERTAIN_WEIGHT) & ~twin
    certain_left = np.zeros(int(left.max(initial=0)) + 1, dtype=bool)
    certain_left[left[certain]] = True
    offered = (is_probe & ~is_partner) | (rest & certain_left[left] & ~kept)
    where = np.flatnonzero(offered)
    decoys = where[decoy_links(left[where], right[where], weight[where], taken)]
    probes = _count(con, "probe") + int(certain.sum())
    looking = _count(con, "left_rest") - _count(con, "probe")
    calibration = calibrate(
        weight[kept], twin[kept], weight[decoys], twin[decoys],
        probe_count=probes, record_count=looking,
        unexplained=_unexplained(con, model, left[kept], right[kept], weight[kept], twin[kept]),
        kind=kind[kept], decoy_kind=kind[decoys],
    )  # fmt: skip
    _register_chosen(
        con, left[kept], right[kept], weight[kept], twin[kept],
        calibration.probability(weight[kept], twin[kept], kind[kept]), kind[kept],
    )  # fmt: skip
    return calibration


def _score_in_steps(con: duckdb.DuckDBPyConnection, model: Model, *, unique_right: bool) -> None:
    """Table `scored`: by the narrow rules; then by the loose ones what is still without a partner.

    A record is settled when it and its partner are each other's best, by CERTAIN_WEIGHT or more.
    """
    tables = ("left_rest", "right_rest")
    every = kit_of(model).rules(model.roles)
    narrow = blocking_rules(con, tables, every, is_loose=False)
    score(con, tables, model, "scored", minimum_weight=MINIMUM_WEIGHT, rules=narrow)
    con.execute(
        f"""
        create or replace temp table settled as
        select record_no_l, record_no_r
        from scored
        where record_no_l not in (select record_no from probe)
        qualify match_weight >= {CERTAIN_WEIGHT} and not is_twin
            and row_number() over (partition by record_no_l order by match_weight desc) = 1
            and row_number() over (partition by record_no_r order by match_weight desc) = 1
        """
    )
    con.execute(
        "create or replace temp table left_open as from left_rest "
        "where record_no not in (select record_no_l from settled)"
    )
    con.execute(
        "create or replace temp table right_open as from right_rest "
        + ("where record_no not in (select record_no_r from settled)" if unique_right else "")
    )
    tables = ("left_open", "right_open")
    if not all(_count(con, table) for table in tables):
        return
    loose = blocking_rules(con, tables, every, is_loose=True)
    score(con, tables, model, "scored_loosely", minimum_weight=MINIMUM_WEIGHT, rules=loose)
    con.execute(
        "insert into scored from scored_loosely anti join scored using (record_no_l, record_no_r)"
    )


def _score_within(con: duckdb.DuckDBPyConnection, model: Model) -> Calibration:
    """Table `chosen`: every scored pair of the records that stand for the others."""
    derive(
        con,
        "from left_record "
        "where record_no not in (select record_no_r from tier where method = 'traits')",
        "left_rest",
    )
    every = kit_of(model).rules(model.roles)
    rules: dict[str, float] = {}
    for is_loose in (False, True):
        rules |= blocking_rules(con, ("left_rest",), every, is_loose=is_loose)
    score(con, ("left_rest",), model, "scored", minimum_weight=MINIMUM_WEIGHT, rules=rules)
    pairs = con.execute(
        f"""
        select s.record_no_l, s.record_no_r, s.match_weight, s.is_twin, {KIND_SQL} as kind
        from scored as s
        join left_rest as l on l.record_no = s.record_no_l
        join left_rest as r on r.record_no = s.record_no_r
        anti join tier on tier.record_no_l = s.record_no_l and tier.record_no_r = s.record_no_r
        order by s.record_no_l, s.record_no_r
        """
    ).fetchnumpy()
    left, right, weight, twin, kind = (
        np.asarray(pairs[n])
        for n in ("record_no_l", "record_no_r", "match_weight", "is_twin", "kind")
    )
    twin = twin.astype(bool)
    calibration = _calibrate_within(con, model, left, right, weight, twin, kind)
    _register_chosen(
        con, left, right, weight, twin, calibration.probability(weight, twin, kind), kind
    )
    return calibration


def _calibrate_within(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    left: np.ndarray,
    right: np.ndarray,
    weight: np.ndarray,
    twin: np.ndarray,
    kind: np.ndarray,
) -> Calibration:
    """How often contradicted pairs are two people: pairs of *groups* that are both certain.

    A group of several records that agree on everything is a person; two such groups whose first
    names or births differ are two people. Their number, raised by the share of compared records
    that are in a group, is how many pairs of that kind are false.
    """
    total = _count(con, "left_record")
    tier = con.execute("select record_no_l, record_no_r from tier").fetchnumpy()
    tier_left, tier_right = np.asarray(tier["record_no_l"]), np.asarray(tier["record_no_r"])
    sure = (kind == PLAIN) & (weight >= CERTAIN_WEIGHT)
    group = components(
        total, np.concatenate([tier_left, left[sure]]), np.concatenate([tier_right, right[sure]])
    )
    size = np.bincount(group, minlength=total)
    grouped = size[group] > 1
    # one record stands for those with the same strict traits: only it was compared
    compared = np.asarray(con.execute("select record_no from left_rest").fetchnumpy()["record_no"])
    share = max(float(grouped[compared].mean()), 1e-6)
    contradicted = kind != PLAIN
    if grouped.sum() < 100 or not contradicted.any():
        return UNCALIBRATED
    both = grouped[left] & grouped[right] & (group[left] != group[right])
    return calibrate_within(
        weight[contradicted],
        kind[contradicted],
        both[contradicted],
        scale=1 / share**2,
        unexplained=_unexplained(con, model, left, right, weight, twin),
    )


def _unexplained(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    left: np.ndarray,
    right: np.ndarray,
    weight: np.ndarray,
    twin: np.ndarray,
) -> float:
    """Relative-like pairs that faults in writing cannot account for.

    A first name may be another one because the field was filled wrongly; then family names are
    filled wrongly about as often. So: same birth date, family names agree and first names do not,
    minus twice the pairs where it is the other way round (women are left out there where sex is
    known: their family name changes by marriage), minus three standard deviations.
    """
    if not {"surname", "given_name", "birth_date"} <= set(model.roles) or not twin.any():
        return 0.0
    likely = weight > 0
    con.register(
        "pair_arrow",
        pa.table(
            {
                "record_no_l": left[likely],
                "record_no_r": right[likely],
                "is_twin": twin[likely].astype(bool),
            }
        ),
    )
    is_between = "right_rest" in _tables(con)
    other, whole = ("right_rest", "right_record") if is_between else ("left_rest", "left_record")
    first, last, stable, total = con.execute(
        f"""
        with pair as (
            select
                p.is_twin,
                coalesce(l.sex, 'M') <> 'F' as is_stable,
                l.given_name is not null and r.given_name is not null as is_named,
                jaro_winkler_similarity(l.surname, r.surname) >= 0.85
                    or l.surname_sound = r.surname_sound
                    or list_has_any(l.surname_words, r.surname_words) as is_same_family
            from pair_arrow as p
            join left_rest as l on l.record_no = p.record_no_l
            join {other} as r on r.record_no = p.record_no_r
            where l.birth_date = r.birth_date
            union all
            select
                false,
                coalesce(l.sex, 'M') <> 'F',
                true,
                tier.method = 'traits' or jaro_winkler_similarity(l.surname, r.surname) >= 0.85
                    or list_has_any({words_of("l.birth_surname", "l.usual_surname")},
                        {words_of("r.birth_surname", "r.usual_surname")})
            from tier
            join left_record as l on l.record_no = tier.record_no_l
            join {whole} as r on r.record_no = tier.record_no_r
            where l.birth_date = r.birth_date
        )
        select
            count(*) filter (is_twin and is_named and is_same_family),
            count(*) filter (not is_twin and is_stable and not is_same_family),
            count(*) filter (is_stable),
            count(*)
        from pair
        """
    ).fetchall()[0]
    con.unregister("pair_arrow")
    explained = 2 * last * total / max(stable, 1)
    return max(first - explained - 3 * float(np.sqrt(explained)), 0.0)


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}


def _register_chosen(
    con: duckdb.DuckDBPyConnection,
    left: np.ndarray,
    right: np.ndarray,
    weight: np.ndarray,
    twin: np.ndarray,
    probability: np.ndarray,
    kind: np.ndarray,
) -> None:
    table = pa.table(
        {
            "record_no_l": left,
            "record_no_r": right,
            "match_weight": weight,
            "is_twin": twin,
            "match_probability": probability,
            "kind": kind,
            "is_plain": ~twin.astype(bool),
        }
    )
    con.register("chosen_arrow", table)
    con.execute("create or replace temp table chosen as from chosen_arrow")
    con.unregister("chosen_arrow")


def _result(
    con: duckdb.DuckDBPyConnection,
    model: Model | None,
    calibration: Calibration,
    columns: dict[str, dict[str, str]],
    accept: float,
    review: float,
    *,
    dedupes: bool,
) -> LinkageResult:
    right = "left_record" if dedupes else "right_record"
    plain = con.execute("select match_probability from chosen where is_plain").fetchnumpy()
    others, false = con.execute(
        "select count(*), coalesce(sum(1 - match_probability), 0) from chosen "
        f"where not is_plain and match_probability >= {accept}"
    ).fetchall()[0]
    lower = accept_from(
        np.asarray(plain["match_probability"]),
        _count(con, "tier") + others,
        accept,
        0.0 if dedupes else false,
    )
    con.execute(
        f"""
        create or replace temp table answer as
        select record_no_l, record_no_r, method, null::double as match_weight,
            false as is_twin, 1.0::double as match_probability, true as is_accepted
        from tier
        union all
        select record_no_l, record_no_r, 'probabilistic', match_weight, is_twin,
            match_probability,
            match_probability >= case when is_plain then {lower} else {accept} end
        from chosen where match_probability >= {review}
        """
    )
    named = f"""
        select l.record_id as left_id, r.record_id as right_id, a.method, a.match_weight,
            a.match_probability, a.is_twin, a.is_accepted, a.record_no_l, a.record_no_r
        from answer as a
        join left_record as l on l.record_no = a.record_no_l
        join {right} as r on r.record_no = a.record_no_r
    """
    clusters = None
    if dedupes:
        clusters = _clusters(con, calibration, accept)
        _complete_groups(con)
    links = con.execute(f"{named} where a.is_accepted order by left_id, right_id").df()
    bits, waterfall = _bits(con)
    doubtful = con.execute(
        f"""
        select named.* {bits}
        from ({named}) as named {waterfall}
        where not is_accepted
        order by match_probability desc, left_id, right_id
        """
    ).df()
    for frame in (links, doubtful):
        frame.drop(columns=["record_no_l", "record_no_r", "is_accepted"], inplace=True)
    summary = {
        "left_count": _count(con, "left_record"),
        "right_count": None if dedupes else _count(con, "right_record"),
        "link_count": len(links),
        "review_count": len(doubtful),
        "by_method": links["method"].value_counts().to_dict(),
        "accepted_from": {"probability": round(lower, 4), "if_relatives": accept},
        "expected_false_links": round(float((1 - links["match_probability"]).sum()), 2),
        "decoy_links": calibration.decoy_count,
        "cluster_count": None if clusters is None else int(clusters["cluster_id"].nunique()),
    }
    return LinkageResult(
        links=links,
        review=doubtful,
        clusters=clusters,
        calibration=pd.DataFrame(calibration_table(con, "chosen")),
        weights=pd.DataFrame(match_weight_table(model) if model else []),
        model=model,
        columns=columns,
        summary=summary,
    )


def _clusters(
    con: duckdb.DuckDBPyConnection, calibration: Calibration, accept: float
) -> pd.DataFrame:
    """Persons: accepted pairs joined, without ever joining a pair that two people explain better.

    A record that fits two such people about equally well is neither's. Leaves the table `person`
    (record_no, component).
    """
    total = _count(con, "left_record")
    apart = con.execute(
        f"select record_no_l, record_no_r, match_weight, is_twin, kind from chosen "
        f"where kind <> {PLAIN} order by all"
    ).fetchnumpy()
    two = calibration.are_two(
        np.asarray(apart["match_weight"], dtype=float), np.asarray(apart["is_twin"]),
        np.asarray(apart["kind"]), accept,
    )  # fmt: skip
    apart_left = np.asarray(apart["record_no_l"])[two]
    apart_right = np.asarray(apart["record_no_r"])[two]
    con.register("apart_arrow", pa.table({"one": apart_left, "other": apart_right}))
    edges = con.execute(
        f"""
        with edge as (
            select record_no_l, record_no_r, match_probability,
                coalesce(match_weight, 100.0) as bits
            from answer where is_accepted
        ),
        way as (
            select record_no_l as here, record_no_r as there, * from edge
            union all
            select record_no_r, record_no_l, * from edge
        ),
        ambiguous as (
            select distinct a.record_no_l, a.record_no_r
            from way as a
            join way as b on a.here = b.here and a.bits < b.bits + {MARGIN}
            join apart_arrow as p
                on p.one = least(a.there, b.there) and p.other = greatest(a.there, b.there)
        )
        select edge.* from edge anti join ambiguous using (record_no_l, record_no_r) order by all
        """
    ).fetchnumpy()
    con.unregister("apart_arrow")
    component = cluster(
        total,
        np.asarray(edges["record_no_l"]),
        np.asarray(edges["record_no_r"]),
        np.asarray(edges["match_probability"]),
        apart_left,
        apart_right,
    )
    con.register(
        "component_arrow",
        pa.table({"record_no": np.arange(total), "component": component}),
    )
    con.execute("create or replace temp table person as from component_arrow")
    con.unregister("component_arrow")
    return con.execute(
        """
        select l.record_id, min(l.record_id) over (partition by p.component) as cluster_id
        from person as p join left_record as l using (record_no)
        order by l.record_id
        """
    ).df()


def _complete_groups(con: duckdb.DuckDBPyConnection) -> None:
    """Make the accepted pairs of `answer` those of the persons: every pair of each, no other.

    A pair that nothing but others ties together is `implied`, as probable as the weakest pair of
    its person.
    """
    con.execute(
        """
        create or replace temp table answer as
        with pair as (
            select l.record_no as record_no_l, r.record_no as record_no_r, l.component
            from person as l join person as r
                on l.component = r.component and l.record_no < r.record_no
        ),
        accepted as (
            select
                least(record_no_l, record_no_r) as record_no_l,
                greatest(record_no_l, record_no_r) as record_no_r,
                * exclude (record_no_l, record_no_r)
            from answer where is_accepted
            qualify row_number() over (
                partition by least(record_no_l, record_no_r), greatest(record_no_l, record_no_r)
                order by match_probability desc, method
            ) = 1
        ),
        weakest as (
            select p.component, min(a.match_probability) as match_probability
            from accepted as a join pair as p using (record_no_l, record_no_r)
            group by p.component
        )
        select record_no_l, record_no_r, coalesce(a.method, 'implied') as method, a.match_weight,
            coalesce(a.is_twin, false) as is_twin,
            coalesce(a.match_probability, weakest.match_probability) as match_probability,
            true as is_accepted
        from pair
        join weakest using (component)
        left join accepted as a using (record_no_l, record_no_r)
        union all
        select a.* from answer as a
        anti join pair using (record_no_l, record_no_r)
        where not a.is_accepted
        """
    )


def _bits(con: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Columns and join that add each comparison's weight to a scored pair, if any was scored."""
    if "scored" not in _tables(con):
        return "", ""
    names = [row[0] for row in con.execute("describe scored").fetchall()]
    bits = "".join(f", scored.{name}" for name in names if name.startswith("weight_"))
    return bits, "left join scored using (record_no_l, record_no_r)"


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])
