"""Marks for what a pipeline found, against the truth of a synthetic world.

For tests and benchmarks only: nothing of the pipeline imports this module. Predictions go
in, numbers come out, to three decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from p4dp.boundary.pseudonyms import level2_many
from p4dp.synthetic.truth import open_truth

DIGITS = 3
SUBGROUPS = {
    "sex": "p.sex",
    "origin": "case when p.origin = 'france' then 'born in France' else 'born abroad' end",
    "deprivation": "'quintile ' || p.deprivation_quintile",
    "age": "case when year(p.birth_date) >= 2008 then 'child' when year(p.birth_date) >= 1961"
    " then 'adult' else '65 and over' end",
}


@dataclass(frozen=True)
class PairScore:
    """Pairs of source identities put together, over all pairs and by subgroup.

    `precision`: share of the pairs put together that are one person. `recall`: share of the
    pairs of one person that were put together. Intervals: bootstrap over practices.
    """

    group: str
    precision: float
    recall: float
    f1: float
    precision_low: float
    precision_high: float
    recall_low: float
    recall_high: float
    true_pairs: int
    found_pairs: int


@dataclass(frozen=True)
class AlarmScore:
    """Alarms against planted outbreaks.

    `sensitivity`: share of outbreaks with an alarm of their syndrome and place in their weeks.
    `delay_weeks`: median weeks from the first week to the first alarm, detected ones only.
    `false_alarm_share`: alarms outside every outbreak among all watched place-weeks.
    `decoy_share`: decoys that raised an alarm. `empty_share`: outbreaks of the truth without
    any case that raised one: no better than the share of weeks in alarm, unless the truth leaked.
    """

    outbreaks: int
    sensitivity: float
    delay_weeks: float
    false_alarm_share: float
    decoy_share: float
    empty_share: float


def score_links(
    world: Path,
    links: pa.Table,
    *,
    level2_key: bytes | None = None,
    draws: int = 200,
    seed: int = 0,
) -> list[PairScore]:
    """Marks a person register.

    `links` has `patient_pseudo` (of a practice file, or BEN_NIR_PSA || '-' || BEN_RNG_GEM for
    claims) and `person_key`. With `level2_key` the pseudonyms are those of the warehouse,
    without it those of the deliveries. Identities without a link count as alone. The first
    score is the whole, then one per subgroup of the truth (a pair belongs to the subgroup of
    the first identity's true person).
    """
    connection = open_truth(world)
    identity = connection.execute(
        """
        select s.source, coalesce(s.practice_id, 'snds') as practice_id, s.patient_pseudo,
            s.beneficiary_rank, s.person_id
        from source_identity as s
        """
    ).to_arrow_table()
    pseudo = identity["patient_pseudo"].to_pylist()
    if level2_key is not None:
        pseudo = level2_many(level2_key, pseudo)
    named = [
        name if rank is None else f"{name}-{rank}"
        for name, rank in zip(pseudo, identity["beneficiary_rank"].to_pylist(), strict=True)
    ]
    identity = identity.append_column("name", pa.array(named, pa.string()))
    connection.register("identity", identity)
    connection.register("links", links)
    connection.execute(
        f"""
        create table placed as
        select i.practice_id, i.person_id, i.source,
            coalesce('k' || l.person_key::varchar, 'alone ' || i.name) as key,
            {", ".join(f"{rule} as {name}" for name, rule in SUBGROUPS.items())}
        from identity as i
        join person as p using (person_id)
        left join links as l on l.patient_pseudo = i.name
        """
    )
    scores = [_pairs(connection, "everybody", "true", draws, seed)]
    for name in (*SUBGROUPS, "source"):
        values = connection.execute(f"select distinct {name} from placed order by 1").fetchall()
        for (value,) in values:
            if value is not None and value != "snds":
                condition = f"a.{name} = '{value}'"
                scores.append(_pairs(connection, str(value), condition, draws, seed))
    return scores


def _pairs(
    connection: duckdb.DuckDBPyConnection, group: str, condition: str, draws: int, seed: int
) -> PairScore:
    """Counts of right, found and true pairs by practice of the first identity, then shares."""
    counts = connection.execute(
        f"""
        with numbered as (select *, row_number() over (order by key, person_id, practice_id) as n
            from placed),
        found as (
            select a.practice_id, a.person_id = b.person_id as is_right
            from numbered as a join numbered as b on a.key = b.key and a.n < b.n
            where {condition}
        ),
        truly as (
            select a.practice_id
            from numbered as a join numbered as b on a.person_id = b.person_id and a.n < b.n
            where {condition}
        ),
        counted as (
            select practice_id, count(*) filter (where is_right) as good, count(*) as found,
                0 as truth from found group by 1
            union all
            select practice_id, 0, 0, count(*) from truly group by 1
        )
        select sum(good)::double, sum(found)::double, sum(truth)::double
        from counted group by practice_id order by practice_id
        """
    ).fetchall()
    table = np.array(counts, dtype=float).reshape(-1, 3)
    good, found, truth = table.sum(axis=0)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, max(len(table), 1), (draws, len(table)))
    sums = table[drawn].sum(axis=1) if len(table) else np.zeros((1, 3))
    precision = _ratio(sums[:, 0], sums[:, 1])
    recall = _ratio(sums[:, 0], sums[:, 2])

    def rounded(value: float) -> float:
        return round(float(value), DIGITS)

    p, r = float(_ratio(good, found)), float(_ratio(good, truth))
    return PairScore(
        group,
        rounded(p),
        rounded(r),
        rounded(2 * p * r / (p + r)) if p + r else 0.0,
        rounded(np.quantile(precision, 0.025)),
        rounded(np.quantile(precision, 0.975)),
        rounded(np.quantile(recall, 0.025)),
        rounded(np.quantile(recall, 0.975)),
        int(truth),
        int(found),
    )


def _ratio(part: np.ndarray | float, whole: np.ndarray | float) -> np.ndarray:
    whole = np.asarray(whole, float)
    return np.where(whole > 0, np.asarray(part, float) / np.maximum(whole, 1), 0.0)


def score_alarms(world: Path, alarms: pa.Table, watched: int) -> AlarmScore:
    """Marks alarms by EPCI and week.

    `alarms` has `syndrome_id` (the names of the truth), `epci_code` and `week_start_date` (a
    Monday); `watched` is the number of syndrome-place-weeks the method looked at.
    """
    connection = open_truth(world)
    connection.register("alarms", alarms)
    found = connection.execute(
        """
        select o.outbreak, min(date_diff('day', o.first_week::date, a.week_start_date::date)) // 7
        from outbreaks as o left join alarms as a on a.syndrome_id = o.syndrome
            and a.epci_code = o.epci_code and a.week_start_date >= o.first_week::date
            and a.week_start_date < o.first_week::date + interval 7 day * o.weeks::int
        group by 1
        """
    ).fetchall()
    false = connection.execute(
        """
        select count(*) from alarms as a where not exists (
            from outbreaks as o where a.syndrome_id = o.syndrome and a.epci_code = o.epci_code
                and a.week_start_date >= o.first_week::date
                and a.week_start_date < o.first_week::date + interval 7 day * (o.weeks::int + 1))
        """
    ).fetchall()[0][0]
    decoys = connection.execute(
        """
        select count(*), count(*) filter (where exists (
            from alarms as a where a.syndrome_id = d.syndrome and a.epci_code = d.epci
                and a.week_start_date >= d.first_day::date - interval 6 day
                and a.week_start_date < d.first_day::date + interval 1 day * d.days::int))
        from decoys as d
        """
    ).fetchall()[0]
    empty = connection.execute(
        """
        select count(*), count(*) filter (where exists (
            from alarms as a where a.syndrome_id = o.syndrome and a.epci_code = o.epci_code
                and a.week_start_date >= o.first_week::date
                and a.week_start_date < o.first_week::date + interval 7 day * o.weeks::int))
        from empty_outbreaks as o
        """
    ).fetchall()[0]
    delays = [delay for _, delay in found if delay is not None]
    return AlarmScore(
        outbreaks=len(found),
        sensitivity=round(len(delays) / len(found), DIGITS) if found else 0.0,
        delay_weeks=float(np.median(delays)) if delays else float("nan"),
        false_alarm_share=round(false / watched, DIGITS) if watched else 0.0,
        decoy_share=round(decoys[1] / decoys[0], DIGITS) if decoys[0] else 0.0,
        empty_share=round(empty[1] / empty[0], DIGITS) if empty[0] else 0.0,
    )
