"""Linkage to claims without identity: sex, birth month, commune, and the days of care.

A visit that the practice recorded should appear among the claims on that day, by that doctor; a
prescription should be followed by a dispensing of the same substance. For a pair that is one
person the shares found are high; for two people they are chance. Both are estimated from the
candidate pairs themselves by expectation-maximisation; nothing is copied from elsewhere.

Per comparison the evidence is a log-likelihood ratio in bits; visits are multinomial (same day,
within three days, not found), so that ten found of ten weigh more than one of one.
Measured in this form on a simulated world in the project's specification; the days carry the link.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa

from p4dp.linkage.resolve import (
    UNCALIBRATED,
    Calibration,
    best_one_to_one,
    calibrate,
    decoy_links,
)

# Chance agreement of a visit day within this many days counts as a shifted day.
SHIFT_DAYS = 3
# A prescription is looked for among dispensings up to this many days later.
DISPENSING_DAYS = 7
CERTAIN_WEIGHT = 18.0
# Below this weight a pair is never a link.
MINIMUM_WEIGHT = -8.0
_SMALL = 1e-6


@dataclass
class IndirectModel:
    """What was estimated: probabilities under match (m) and non-match (u), per comparison level.

    `coverage`: share of the practice's people found among the claims.
    """

    coverage: float
    m: dict[str, list[float]] = field(default_factory=dict)
    u: dict[str, list[float]] = field(default_factory=dict)


def link_indirectly(
    con: duckdb.DuckDBPyConnection,
    *,
    left: str,
    right: str,
    left_day: str,
    right_day: str,
    probe: str | None = None,
    name: str = "indirect",
    model: IndirectModel | None = None,
    calibration: Calibration | None = None,
) -> tuple[IndirectModel | None, Calibration]:
    """Fill the table `name` with the one-to-one pairs of `left` (practice) and `right` (claims).

    `left`, `right`: record_no, birth_year, birth_month, sex, commune_code, and for `left` practice.
    `left_day`, `right_day`: record_no, care_kind (`visit`, `drug`), care_date, care_code,
    practitioner. `probe`: a table (record_no) of left records whose partner is known and is not
    in `right`: they play decoy. Where no visit is known, the left records themselves play decoy
    with their birth month turned by half a year. A given `model` and `calibration` are used as
    they are.

    `name`: record_no_l, record_no_r, match_weight, match_probability, visit_count, found_count.
    """
    _candidates(con, left, right, left_day, right_day)
    pairs = con.execute("from candidate order by record_no_l, record_no_r").fetchnumpy()
    data = {key: np.asarray(values) for key, values in pairs.items()}
    total = len(data["record_no_l"])
    if not total:
        _write(con, name, data, np.zeros(0), np.zeros(0), np.zeros(0, dtype=int))
        return model, UNCALIBRATED
    rows = con.execute(f"select count(*) from {left}").fetchall()[0][0]
    known = np.zeros(0, dtype=np.int64)
    if probe is not None:
        known = np.asarray(con.execute(f"select record_no from {probe}").fetchnumpy()["record_no"])
    if model is None:
        free = ~np.isin(data["record_no_l"], known)
        model = _fit({key: values[free] for key, values in data.items()}, rows - len(known))
    weight = _weigh(data, model)
    likely = weight >= MINIMUM_WEIGHT
    data = {key: values[likely] for key, values in data.items()}
    weight, total = weight[likely], int(likely.sum())
    a, b = data["record_no_l"], data["record_no_r"]
    is_probe = np.isin(a, known)
    probes = probe_rows = len(known)
    rest = ~is_probe
    kept = np.zeros(total, dtype=bool)
    kept[rest] = best_one_to_one(a[rest], b[rest], weight[rest])
    taken = np.full(int(b.max(initial=0)) + 1, -np.inf)
    taken[b[kept]] = weight[kept]
    certain = kept & (weight >= CERTAIN_WEIGHT)
    certain_left = np.zeros(int(a.max(initial=0)) + 1, dtype=bool)
    certain_left[a[certain]] = True
    none = np.zeros(total, dtype=bool)
    if calibration is None:
        if data["visit_count"].any():
            where = np.flatnonzero(is_probe | (rest & certain_left[a] & ~kept))
            decoys = where[decoy_links(a[where], b[where], weight[where], taken)]
            decoy_weight, probes, unmatched = weight[decoys], probes + int(certain.sum()), None
        else:
            met = len(np.unique(a)) / rows
            decoy_weight, met_by_chance = _turned(
                con, left, right, left_day, right_day, model, taken, rows
            )
            probes, unmatched = rows, rows * min((1 - met) / max(1 - met_by_chance, 1e-6), 1.0)
        calibration = calibrate(
            weight[kept], none[kept], decoy_weight, np.zeros(len(decoy_weight), dtype=bool),
            probe_count=probes, record_count=rows - probe_rows,
            unmatched_count=unmatched,
        )  # fmt: skip
    chosen = np.flatnonzero(kept)
    _write(
        con, name, data, weight[chosen],
        calibration.probability(weight[chosen], none[chosen]), chosen,
    )  # fmt: skip
    return model, calibration


def _turned(
    con: duckdb.DuckDBPyConnection,
    left: str,
    right: str,
    left_day: str,
    right_day: str,
    model: IndirectModel,
    taken: np.ndarray,
    rows: int,
) -> tuple[np.ndarray, float]:
    """Weights of the links that `left` would get with birth months turned: false, every one.

    Also the share of these records that meet any candidate at all: by chance.
    """
    con.execute(
        f"create or replace temp table turned as "
        f"select * replace ((birth_month + 5) % 12 + 1 as birth_month) from {left}"
    )
    _candidates(con, "turned", right, left_day, right_day)
    pairs = con.execute("from candidate order by record_no_l, record_no_r").fetchnumpy()
    data = {key: np.asarray(values) for key, values in pairs.items()}
    if not len(data["record_no_l"]):
        return np.zeros(0), 0.0
    weight = _weigh(data, model)
    wins = best_one_to_one(data["record_no_l"], data["record_no_r"], weight)
    # the claimant must also be free: a turned record that wins a taken one would have been refused
    right_no = data["record_no_r"]
    bound = np.full(max(int(right_no.max()) + 1, len(taken)), -np.inf)
    bound[: len(taken)] = taken
    shown = wins & (weight > bound[right_no]) & (weight >= MINIMUM_WEIGHT)
    return weight[shown], len(np.unique(data["record_no_l"])) / rows


def _candidates(
    con: duckdb.DuckDBPyConnection, left: str, right: str, left_day: str, right_day: str
) -> None:
    """Table `candidate`: pairs that share a day of care or the indirect traits, with their counts.

    Blocks: sex, birth year and a visit day with the same doctor (or, where doctors are not
    comparable, in the same commune); sex, birth year, birth month and commune.
    """
    for side, person, day in (("l", left, left_day), ("r", right, right_day)):
        con.execute(
            f"""
            create or replace temp table visit_{side} as
            select distinct d.record_no, d.care_date, d.practitioner,
                p.sex, p.birth_year, p.birth_month, p.commune_code
            from {day} as d join {person} as p using (record_no)
            where d.care_kind = 'visit' and p.sex is not null and p.birth_year is not null
            """
        )
        con.execute(
            f"""
            create or replace temp table total_{side} as
            select record_no, count(distinct care_date) filter (care_kind = 'visit') as visit_count,
                count(*) filter (care_kind = 'drug') as drug_count
            from {day} group by record_no
            """
        )
    con.execute(
        f"""
        create or replace temp table pair as
        select l.record_no as record_no_l, r.record_no as record_no_r
        from visit_l as l join visit_r as r
            on l.sex = r.sex and l.birth_year = r.birth_year and l.care_date = r.care_date
            and l.practitioner = r.practitioner
        union
        select l.record_no, r.record_no
        from visit_l as l join visit_r as r
            on l.sex = r.sex and l.birth_year = r.birth_year and l.care_date = r.care_date
            and l.commune_code = r.commune_code and l.birth_month = r.birth_month
        union
        select l.record_no, r.record_no
        from {left} as l join {right} as r
            on l.sex = r.sex and l.birth_year = r.birth_year and l.birth_month = r.birth_month
            and l.commune_code = r.commune_code
        """
    )
    con.execute(
        f"""
        create or replace temp table nearest as
        select p.record_no_l, p.record_no_r, l.care_date,
            min(abs(l.care_date - r.care_date)) as gap,
            bool_or(l.care_date = r.care_date and l.practitioner = r.practitioner) as is_same_doctor
        from pair as p
        join visit_l as l on l.record_no = p.record_no_l
        join visit_r as r on r.record_no = p.record_no_r
            and r.care_date between l.care_date - {SHIFT_DAYS} and l.care_date + {SHIFT_DAYS}
        group by all
        """
    )
    con.execute(
        """
        create or replace temp table met as
        select record_no_l, record_no_r,
            count(*) filter (gap = 0) as exact_count,
            count(*) filter (gap > 0) as near_count,
            count(*) filter (is_same_doctor) as same_doctor_count
        from nearest group by all
        """
    )
    con.execute(
        f"""
        create or replace temp table here as
        with doctor as (
            select distinct l.practice, d.practitioner
            from {left_day} as d join {left} as l using (record_no)
            where d.care_kind = 'visit' and d.practitioner is not null
        )
        select p.record_no_l, p.record_no_r, count(distinct r.care_date) as claim_count
        from pair as p
        join {left} as l on l.record_no = p.record_no_l
        join doctor using (practice)
        join visit_r as r on r.record_no = p.record_no_r and r.practitioner = doctor.practitioner
        group by all
        """
    )
    con.execute(
        f"""
        create or replace temp table crowd as
        with claimant as (
            select sex, birth_year, commune_code, count(*) as n from {right} group by all
        ),
        wanted as (
            select distinct sex, birth_year, commune_code, left(commune_code, 2) as department
            from {left}
        )
        select w.sex, w.birth_year, w.commune_code,
            coalesce(sum(c.n) filter (c.commune_code = w.commune_code), 0) as n_commune,
            coalesce(sum(c.n) filter (left(c.commune_code, 2) = w.department), 0) as n_department,
            coalesce(sum(c.n), 0) as n_all
        from wanted as w join claimant as c on c.sex = w.sex and c.birth_year = w.birth_year
        group by all
        """
    )
    con.execute(
        f"""
        create or replace temp table dispensed as
        select p.record_no_l, p.record_no_r, count(distinct (l.care_date, l.care_code)) as n
        from pair as p
        join {left_day} as l on l.record_no = p.record_no_l and l.care_kind = 'drug'
        join {right_day} as r on r.record_no = p.record_no_r and r.care_kind = 'drug'
            and r.care_code = l.care_code
            and r.care_date between l.care_date and l.care_date + {DISPENSING_DAYS}
        group by all
        """
    )
    con.execute(
        f"""
        create or replace temp table candidate as
        with span as (
            select greatest(max(care_date) - min(care_date) + 1, 30) as days from visit_l
        )
        select
            p.record_no_l,
            p.record_no_r,
            case when l.birth_month is null or r.birth_month is null then -1
                else (l.birth_month = r.birth_month)::int end as month_level,
            case when l.commune_code is null or r.commune_code is null then -1
                when l.commune_code = r.commune_code then 2
                when left(l.commune_code, 2) = left(r.commune_code, 2) then 1
                else 0 end as commune_level,
            coalesce(tl.visit_count, 0) as visit_count,
            coalesce(m.exact_count, 0) as exact_count,
            coalesce(m.near_count, 0) as near_count,
            coalesce(m.same_doctor_count, 0) as same_doctor_count,
            coalesce(tr.visit_count, 0) as claim_count,
            coalesce(tl.drug_count, 0) as drug_count,
            coalesce(d.n, 0) as dispensed_count,
            least(coalesce(tr.visit_count, 0) / span.days, 0.2)::double as chance,
            least(coalesce(tl.visit_count, 0) / span.days, 0.2)::double as chance_back,
            coalesce(h.claim_count, 0) as here_count,
            (crowd.n_commune * (case when month_level = 0 then 11 else 1 end) / 12.0)::double
                as n_commune,
            (crowd.n_department * (case when month_level = 0 then 11 else 1 end) / 12.0)::double
                as n_department,
            (crowd.n_all * (case when month_level = 0 then 11 else 1 end) / 12.0)::double as n_all
        from pair as p
        cross join span
        join {left} as l on l.record_no = p.record_no_l
        join {right} as r on r.record_no = p.record_no_r
        left join total_l as tl on tl.record_no = p.record_no_l
        left join total_r as tr on tr.record_no = p.record_no_r
        left join met as m using (record_no_l, record_no_r)
        left join here as h using (record_no_l, record_no_r)
        left join crowd on crowd.sex = l.sex and crowd.birth_year = l.birth_year
            and crowd.commune_code is not distinct from l.commune_code
        left join dispensed as d using (record_no_l, record_no_r)
        """
    )


def _fit(data: dict[str, np.ndarray], rows: int, rounds: int = 60) -> IndirectModel:
    """EM over the candidate pairs, started from "the pairs with most days in common match"."""
    start = data["exact_count"] / np.maximum(data["visit_count"], 1)
    posterior = np.where(
        (start >= 0.6) & (data["exact_count"] >= 2) & (data["month_level"] != 0), 0.9, 0.0
    )
    if posterior.sum() < 20:  # no days to speak of: agreement on the traits alone
        posterior = np.where(_alone(data) & (data["commune_level"] == 2), 0.8, 0.05)
    model = IndirectModel(coverage=0.8)
    for _ in range(rounds):
        before = model.coverage
        model = _maximise(data, posterior, rows)
        odds = np.exp2(np.clip(_weigh(data, model), -60, 60))
        # a record has one partner or none: the posterior shares itself among its candidates
        posterior = odds / (1 + _sum_by(data["record_no_l"], odds))
        if abs(model.coverage - before) < 1e-5:
            break
    return model


def _maximise(data: dict[str, np.ndarray], posterior: np.ndarray, rows: int) -> IndirectModel:
    other = 1 - posterior
    model = IndirectModel(coverage=float(np.clip(posterior.sum() / rows, 0.05, 0.99)))
    for name, levels in (("month_level", 2), ("commune_level", 3)):
        known = data[name] >= 0
        model.m[name] = _shares(data[name][known], posterior[known], levels)
    exact, near = data["exact_count"], data["near_count"]
    missed = np.maximum(data["visit_count"] - exact - near, 0)
    model.m["visit"] = _totals(posterior, exact, near, missed)
    # what the practice's doctors billed and the practice did not record
    model.m["here"] = _totals(posterior, *_here(data))
    alike = (data["commune_level"] == 2) & (data["month_level"] == 1) & (exact > 0)
    elsewhere = exact - data["same_doctor_count"]
    model.m["doctor"] = _totals(posterior, data["same_doctor_count"], elsewhere)
    model.u["doctor"] = _totals(other[alike], data["same_doctor_count"][alike], elsewhere[alike])
    lost = data["drug_count"] - data["dispensed_count"]
    model.m["drug"] = _totals(posterior, data["dispensed_count"], lost)
    model.u["drug"] = _totals(other, data["dispensed_count"], lost)
    return model


def _weigh(data: dict[str, np.ndarray], model: IndirectModel) -> np.ndarray:
    """Match weight of each candidate, in bits: log2 of true against chance partners expected.

    The chance partners of a record are counted, not modelled: the claimants of its sex and birth
    year in its commune, its département, or anywhere, by the level at which the pair agrees.
    """
    month, commune = data["month_level"].astype(int), data["commune_level"].astype(int)
    agree_month = np.where(month >= 0, np.array(model.m["month_level"])[np.maximum(month, 0)], 1.0)
    agree_place = np.where(
        commune >= 0, np.array(model.m["commune_level"])[np.maximum(commune, 0)], 1.0
    )
    crowd = np.select(
        [commune == 2, commune == 1], [data["n_commune"], data["n_department"]], data["n_all"]
    ).astype(float)
    expected = np.maximum(crowd - 1 / 12, 1 / 24)
    weight = np.log2(model.coverage * agree_month * agree_place / expected)

    chance = np.clip(data["chance"].astype(float), 1e-4, 0.2)
    near_chance = np.clip(2 * SHIFT_DAYS * chance, 1e-4, 0.6)
    m = model.m["visit"]
    exact, near = data["exact_count"], data["near_count"]
    missed = np.maximum(data["visit_count"] - exact - near, 0)
    weight += exact * np.log2(m[0] / chance) + near * np.log2(m[1] / near_chance)
    weight += missed * np.log2(m[2] / (1 - chance - near_chance))
    found, unrecorded = _here(data)
    back = np.clip((1 + 2 * SHIFT_DAYS) * data["chance_back"].astype(float), 1e-3, 0.9)
    # the days found are counted above; here only what is missing speaks
    weight += unrecorded * np.log2(model.m["here"][1] / (1 - back))
    doctor = np.log2(model.m["doctor"][0] / model.u["doctor"][0])
    weight += data["same_doctor_count"] * np.clip(doctor, 0, 3)
    drug = np.log2(np.array(model.m["drug"]) / np.array(model.u["drug"]))
    weight += data["dispensed_count"] * drug[0]
    weight += (data["drug_count"] - data["dispensed_count"]) * drug[1]
    return weight


def _here(data: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Claims by the practice's own doctors: found in the record, and not."""
    found = np.minimum(data["exact_count"] + data["near_count"], data["here_count"])
    return found, data["here_count"] - found


def _totals(weight: np.ndarray, *counts: np.ndarray) -> list[float]:
    return _bounded(np.array([(weight * count).sum() for count in counts]) + 0.5)


def _alone(data: dict[str, np.ndarray]) -> np.ndarray:
    """Pairs whose records have no other candidate on either side."""
    left = np.bincount(data["record_no_l"])[data["record_no_l"]]
    right = np.bincount(data["record_no_r"])[data["record_no_r"]]
    return (left == 1) & (right == 1)


def _sum_by(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.bincount(group, weights=values)[group]


def _shares(level: np.ndarray, weight: np.ndarray, levels: int) -> list[float]:
    return _bounded(np.bincount(level.astype(int), weights=weight, minlength=levels) + 0.5)


def _bounded(counts: np.ndarray) -> list[float]:
    return [float(x) for x in np.clip(counts / counts.sum(), _SMALL, 1 - _SMALL)]


def _write(
    con: duckdb.DuckDBPyConnection,
    name: str,
    data: dict[str, np.ndarray],
    weight: np.ndarray,
    probability: np.ndarray,
    chosen: np.ndarray,
) -> None:
    empty = np.zeros(0, dtype=np.int64)
    table = pa.table(
        {
            "record_no_l": data.get("record_no_l", empty)[chosen],
            "record_no_r": data.get("record_no_r", empty)[chosen],
            "match_weight": weight,
            "match_probability": probability,
            "visit_count": data.get("visit_count", empty)[chosen],
            "found_count": data.get("exact_count", empty)[chosen],
        }
    )
    con.register("indirect_arrow", table)
    con.execute(f"create or replace temp table {name} as from indirect_arrow")
    con.unregister("indirect_arrow")
