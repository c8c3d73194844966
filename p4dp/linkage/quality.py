"""How good the links are: said with the data, with and without the truth.

`write_quality` runs at the end of every register run and leaves, under `register/quality/`:
`quality.json` (everything below, for Dagster metadata), `quality.html` (the same to read),
`subgroup.parquet` (the subgroup table) and `practice_share/version=NNNNNN.parquet` (share linked
per practice, one file per version: what `check_link_shares` compares with).

Without truth, two methods of the literature: expected false links from calibrated probabilities,
and implausible scenarios (care after death, sex or birth that disagree, two charts of one practice
on one person: the duplicate method, Blakely and Salmond 2002, doi 10.1093/ije/31.6.1246). With
planted truth, `score_against_truth` gives precision and recall by subgroup.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from p4dp.linkage.identity import SNDS
from p4dp.linkage.page import quality_page

# A practice's share may move this much, beyond chance, between two versions.
SHARE_TOLERANCE = 0.05
# Fewer identities than this: chance alone moves the share too much to judge.
MIN_IDENTITIES = 50
# Papers are written after a death: a visit later than this is another person's.
DAYS_AFTER_DEATH = 30
# Share of the smaller practice's persons found in another one: noted from, and no chance from.
MIN_OVERLAP, SAME_PRACTICE_SHARE = 0.2, 0.5


@dataclass(frozen=True)
class ShareProblem:
    """A practice whose share of identities linked to claims left the bounds of its history."""

    practice_pseudo: str
    identity_count: int
    share: float
    usual_share: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return (
            f"practice {self.practice_pseudo}: {self.share:.1%} of {self.identity_count} "
            f"identities are linked to claims, usually {self.usual_share:.1%} "
            f"(bounds {self.lower:.1%} to {self.upper:.1%})"
        )


def wilson(successes: float, total: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""
    if total <= 0:
        return 0.0, 1.0
    share = successes / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = (
        z / (1 + z * z / total) * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    )
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)


def write_quality(
    con: duckdb.DuckDBPyConnection,
    register: Path,
    version: int,
    report: dict[str, Any],
    weights: list[dict[str, Any]],
) -> dict[str, Any]:
    """Measure the links of this run and write the files; returns the content of `quality.json`.

    Needs the tables `identity`, `care_day`, `person_link`, `practice_pair` and `claim_pair`.
    """
    _measure(con)
    subgroups = con.execute("from subgroup order by dimension, value").df()
    content: dict[str, Any] = {
        "register_version": version,
        "identities": report.get("by_source_and_method", {}),
        "subgroups": _with_intervals(subgroups),
        "practices": _practice_spread(con),
        "expected_false_links": _expected_false(con),
        "missed_links": _missed(con),
        "implausible": _implausible(con),
        "calibration": _calibration(con),
        "weights": weights,
        "waterfalls": _waterfalls(con, weights),
        "probabilistic": report.get("probabilistic", {}),
        "indirect": report.get("indirect", {}),
    }
    folder = register / "quality"
    (folder / "practice_share").mkdir(parents=True, exist_ok=True)
    shares = folder / "practice_share" / f"version={version:06d}.parquet"
    _replace_with(con, "from practice_share order by practice_pseudo", shares)
    _replace_with(con, "from subgroup order by dimension, value", folder / "subgroup.parquet")
    overlap = "from practice_overlap order by practice_pseudo, other_practice_pseudo"
    _replace_with(con, overlap, folder / "practice_overlap.parquet")
    _replace_with(con, "from link_error order by practice_pseudo", folder / "link_error.parquet")
    for name, text in (
        ("quality.json", json.dumps(content, ensure_ascii=False, indent=1, default=str)),
        ("quality.html", quality_page(content)),
    ):
        temporary = folder / f".{name}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / name)
    return content


def check_link_shares(register: Path) -> list[ShareProblem]:
    """Practices whose share linked to claims left the bounds of its own history (empty = fine).

    The bounds: the median share of earlier versions, ± 5 points ± 3 standard errors of a share
    that size. Small practices and the first version are not judged, nor is a run without claims.
    """
    files = sorted((register / "quality" / "practice_share").glob("version=*.parquet"))
    if len(files) < 2:
        return []
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            with latest as (from read_parquet('{files[-1]}') where claimant_count > 0),
            usual as (
                select practice_pseudo, median(linked_count / identity_count) as share
                from read_parquet(?)
                where claimant_count > 0
                group by practice_pseudo
            )
            select l.practice_pseudo, l.identity_count, l.linked_count / l.identity_count, u.share
            from latest as l join usual as u using (practice_pseudo)
            where l.identity_count >= {MIN_IDENTITIES}
            order by l.practice_pseudo
            """,
            [[str(file) for file in files[:-1]]],
        ).fetchall()
    problems = []
    for practice, count, share, usual in rows:
        half = SHARE_TOLERANCE + 3 * float(np.sqrt(max(usual * (1 - usual), 0.01) / count))
        if abs(share - usual) > half:
            problems.append(
                ShareProblem(
                    practice, count, share, usual, max(usual - half, 0.0), min(usual + half, 1.0)
                )
            )
    return problems


@dataclass(frozen=True)
class OverlapProblem:
    """Two practices whose persons are largely the same: one delivered under the other's number?"""

    practice_pseudo: str
    other_practice_pseudo: str
    common_count: int
    smaller_count: int

    def __str__(self) -> str:
        return (
            f"practices {self.practice_pseudo} and {self.other_practice_pseudo} have "
            f"{self.common_count} of {self.smaller_count} persons in common: was one delivered "
            "under the other's number? (Expected where one took over the other's patients.)"
        )


def check_practice_overlap(register: Path) -> list[OverlapProblem]:
    """Pairs of practices with half of the smaller one's persons in common (empty = fine).

    What is seen when the files of a practice arrive under the number of another one. Practices of
    fewer than MIN_IDENTITIES persons are not judged.
    """
    file = register / "quality" / "practice_overlap.parquet"
    if not file.exists():
        return []
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            select practice_pseudo, other_practice_pseudo, common_count,
                least(person_count, other_person_count) as smaller_count
            from read_parquet(?)
            where common_count >= {SAME_PRACTICE_SHARE} * smaller_count
                and smaller_count >= {MIN_IDENTITIES}
            order by practice_pseudo, other_practice_pseudo
            """,
            [str(file)],
        ).fetchall()
    return [OverlapProblem(*row) for row in rows]


def summary_tables(register: Path) -> dict[str, str]:
    """The main tables of the quality page as Markdown, by title (for Dagster metadata)."""
    file = register / "quality" / "quality.json"
    if not file.exists():
        return {}
    content = json.loads(file.read_text())

    def table(headers: list[str], rows: list[list[object]]) -> str:
        lines: list[list[object]] = [[*headers], ["---"] * len(headers), *rows]
        return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)

    reach = max([abs(row["match_weight"]) for row in content["weights"]] + [1.0])
    return {
        "calibration": table(
            ["band", "pairs", "stated", "calibrated", "equal numbers"],
            [
                [row["band"], row["pair_count"], f"{row['stated']:.3f}",
                 f"{row['calibrated']:.3f}",
                 "" if row["same_number_share"] is None else f"{row['same_number_share']:.3f}"]
                for row in content["calibration"]
            ],
        ),
        "match_weights": table(
            ["comparison", "level", "bits", ""],
            [
                [row["comparison"], row["level"], f"{row['match_weight']:+.1f}",
                 ("▮" if row["match_weight"] > 0 else "▯")
                 * round(abs(row["match_weight"]) / reach * 20)]
                for row in content["weights"]
            ],
        ),
        "linked_share": table(
            ["dimension", "value", "identities", "linked to claims", "95 % interval"],
            [
                [row["dimension"], row["value"], row["identity_count"],
                 f"{row['linked_share']:.1%}",
                 f"{row['linked_share_low']:.1%} – {row['linked_share_high']:.1%}"]
                for row in content["subgroups"]
            ],
        ),
        "implausible": table(
            ["scenario", "persons", "of joined persons"],
            [
                [row["scenario"], row["person_count"], row["of_joined_persons"]]
                for row in content["implausible"]
            ],
        ),
    }  # fmt: skip


def score_against_truth(
    register: Path, truth: pd.DataFrame, subgroups: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Precision and recall of the register on planted truth, overall and by subgroup.

    `truth`: source, patient_pseudo, person. `subgroups`: source, patient_pseudo, then one column
    per dimension. Pairs are counted from each identity's side: of the identities that share its
    key, how many are the same person (precision), and of its true partners, how many share its
    key (recall), with Wilson intervals. Columns: dimension, value, identity_count, link_count,
    precision, precision_low, precision_high, partner_count, recall, recall_low, recall_high.
    """
    with duckdb.connect() as con:
        con.register("truth_frame", truth)
        con.execute(
            f"""
            create table judged as
            with known as (
                select t.source, t.patient_pseudo, t.person::varchar as person, l.person_key
                from truth_frame as t
                join '{register / "person_link" / "person_link.parquet"}' as l
                    using (source, patient_pseudo)
            )
            select source, patient_pseudo,
                count(*) over (partition by person_key) - 1 as link_count,
                count(*) over (partition by person) - 1 as partner_count,
                count(*) over (partition by person_key, person) - 1 as right_count
            from known
            """
        )
        dimensions = ["overall"]
        con.execute("create table labelled as select *, 'all' as overall from judged")
        if subgroups is not None:
            con.register("subgroup_frame", subgroups)
            con.execute(
                "create or replace table labelled as select l.*, s.* exclude "
                "(source, patient_pseudo) from labelled as l "
                "left join subgroup_frame as s using (source, patient_pseudo)"
            )
            dimensions += [str(c) for c in subgroups if c not in ("source", "patient_pseudo")]
        rows = []
        for name in dimensions:
            for value, count, linked, partners, right in con.execute(
                f'select "{name}"::varchar, count(*), sum(link_count), sum(partner_count), '
                f'sum(right_count) from labelled group by "{name}" order by 1'
            ).fetchall():
                precision, recall = wilson(right, linked), wilson(right, partners)
                rows.append(
                    {
                        "dimension": name,
                        "value": value,
                        "identity_count": count,
                        "link_count": linked,
                        "precision": right / linked if linked else None,
                        "precision_low": precision[0],
                        "precision_high": precision[1],
                        "partner_count": partners,
                        "recall": right / partners if partners else None,
                        "recall_low": recall[0],
                        "recall_high": recall[1],
                    }
                )
    return pd.DataFrame(rows)


def _measure(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `described`, `subgroup`, `practice_share` and `link_error`."""
    con.execute(
        f"""
        create or replace temp table described as
        with claimant as (
            select distinct person_key from person_link where source = '{SNDS}'
        ),
        place as (
            select commune_code, count(*) as n from identity group by commune_code
        )
        select
            i.identity_no,
            i.source,
            i.practice_pseudo,
            l.person_key,
            l.link_method,
            l.match_probability,
            claimant.person_key is not null as is_linked,
            count(*) over (partition by l.person_key) > 1 as is_joined,
            coalesce(
                case when (max(i.birth_year) over ()) - i.birth_year < 16 then '0-15'
                    when (max(i.birth_year) over ()) - i.birth_year < 40 then '16-39'
                    when (max(i.birth_year) over ()) - i.birth_year < 65 then '40-64'
                    when (max(i.birth_year) over ()) - i.birth_year < 80 then '65-79'
                    else '80+' end,
                'unknown') as age_band,
            coalesce(i.sex, 'U') as sex,
            case when i.commune_code is null then 'unknown'
                when place.n < 100 then 'under 100 identities'
                when place.n < 1000 then '100 to 999 identities'
                else '1,000 identities or more' end as commune_size,
            i.nir_status
        from identity as i
        join person_link as l using (source, patient_pseudo)
        left join claimant on claimant.person_key = l.person_key
        left join place on place.commune_code is not distinct from i.commune_code
        """
    )
    dimensions = ("link_method", "source", "age_band", "sex", "commune_size", "nir_status")
    parts = " union all ".join(
        f"select '{name}' as dimension, {name}::varchar as value, count(*) as identity_count, "
        f"count(*) filter (is_linked) as linked_count, "
        f"count(*) filter (is_joined) as joined_count, "
        f"coalesce(sum(1 - match_probability), 0) as expected_false_count "
        f"from described where source <> '{SNDS}' group by {name}"
        for name in dimensions
    )
    con.execute(f"create or replace temp table subgroup as {parts}")
    con.execute(
        f"""
        create or replace temp table practice_share as
        select
            practice_pseudo,
            count(*) as identity_count,
            count(*) filter (is_linked) as linked_count,
            (select count(*) from described where source = '{SNDS}') as claimant_count
        from described
        where source <> '{SNDS}' and practice_pseudo is not null
        group by practice_pseudo
        """
    )
    con.execute(
        f"""
        create or replace temp table practice_overlap as
        with held as (
            select distinct practice_pseudo, person_key
            from described where practice_pseudo is not null
        ),
        size as (select practice_pseudo, count(*) as person_count from held group by all),
        common as (
            select a.practice_pseudo, b.practice_pseudo as other_practice_pseudo,
                count(*) as common_count
            from held as a join held as b using (person_key)
            where a.practice_pseudo <> b.practice_pseudo
            group by all
        )
        select common.*, mine.person_count, other.person_count as other_person_count
        from common
        join size as mine using (practice_pseudo)
        join size as other on other.practice_pseudo = common.other_practice_pseudo
        where common_count >= {MIN_OVERLAP} * least(mine.person_count, other.person_count)
            and common.practice_pseudo < other_practice_pseudo
        """
    )
    con.execute(
        f"""
        create or replace temp table link_error as
        with claim_error as (
            select person_key, max(1 - match_probability) as false_probability
            from described where source = '{SNDS}' and match_probability is not null
            group by person_key
        ),
        overall as (
            select coalesce(max(linked_count / identity_count), 0) as best_share
            from practice_share where identity_count >= {MIN_IDENTITIES}
        )
        select
            d.practice_pseudo,
            count(*) as identity_count,
            count(*) filter (d.is_linked) as linked_count,
            coalesce(sum(e.false_probability), 0) as expected_false_count,
            greatest(max(overall.best_share) * count(*) - count(*) filter (d.is_linked), 0)
                as expected_missed_count
        from described as d
        cross join overall
        left join claim_error as e using (person_key)
        where d.source <> '{SNDS}' and d.practice_pseudo is not null
        group by d.practice_pseudo
        """
    )


def _with_intervals(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for row in frame.to_dict("records"):
        low, high = wilson(row["linked_count"], row["identity_count"])
        rows.append(
            {
                **{str(name): value for name, value in row.items()},
                "linked_share": row["linked_count"] / row["identity_count"],
                "linked_share_low": low,
                "linked_share_high": high,
            }
        )
    return rows


def _practice_spread(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """How the share linked spreads over practices (count, extremes, quarters)."""
    names = ("practice_count", "lowest", "lower_quarter", "median", "upper_quarter", "highest")
    row = con.execute(
        """
        with share as (select linked_count / identity_count as share from practice_share)
        select count(*), min(share), quantile_cont(share, 0.25), median(share),
            quantile_cont(share, 0.75), max(share)
        from share
        """
    ).fetchall()[0]
    return dict(zip(names, row, strict=True))


def _expected_false(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = con.execute(
        "select link_method, count(*), sum(1 - match_probability) from described "
        "where match_probability is not null group by link_method order by link_method"
    ).fetchall()
    return [
        {"link_method": method, "link_count": count, "expected_false_count": round(false, 3)}
        for method, count, false in rows
    ]


def _missed(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Expected missed links: pairs left in the review band, by their own probability."""
    practices = con.execute(
        "select count(*), coalesce(sum(match_probability), 0) from practice_pair "
        "where match_probability between 0.05 and 0.95"
    ).fetchall()[0]
    claims = con.execute(
        "select count(*), coalesce(sum(match_probability), 0) from claim_pair "
        "where match_probability < 0.95"
    ).fetchall()[0]
    return {
        "practices": {"unresolved_pairs": practices[0], "expected_true": round(practices[1], 2)},
        "claims": {"unresolved_pairs": claims[0], "expected_true": round(claims[1], 2)},
    }


def _implausible(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Persons whose identities contradict each other: each is a false link or a false record."""
    persons = con.execute(
        "select count(*) from (select person_key from person_link group by person_key "
        "having count(*) > 1)"
    ).fetchall()[0][0]
    checks = {
        "sex differs": "count(distinct nullif(i.sex, 'U')) > 1",
        "birth year differs by more than one": "max(i.birth_year) - min(i.birth_year) > 1",
        "two certified numbers": (
            "count(distinct i.nir_pseudo) filter (i.nir_status = 'certified') > 1"
        ),
        "two charts of one practice": (
            "count(i.practice_pseudo) > count(distinct i.practice_pseudo)"
        ),
        "two claimants": f"count(*) filter (i.source = '{SNDS}') > 1",
    }
    rows = []
    for name, condition in checks.items():
        count = con.execute(
            "select count(*) from (select l.person_key from person_link as l join identity as i "
            f"using (source, patient_pseudo) group by l.person_key having {condition})"
        ).fetchall()[0][0]
        rows.append({"scenario": name, "person_count": count, "of_joined_persons": persons})
    away = con.execute(
        """
        select count(distinct person_key) from (
            select l.person_key, c.care_date
            from care_day as c
            join identity as i using (identity_no)
            join person_link as l using (source, patient_pseudo)
            where c.care_kind = 'visit' and c.practitioner_pseudo is not null
            group by l.person_key, c.care_date
            having count(distinct c.practitioner_pseudo) > 2
        )
        """
    ).fetchall()[0][0]
    rows.append(
        {
            "scenario": "three doctors or more on one day",
            "person_count": away,
            "of_joined_persons": persons,
        }
    )
    for name, count in _implausible_care(con).items():
        rows.append({"scenario": name, "person_count": count, "of_joined_persons": persons})
    return rows


def _implausible_care(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Care that one person can hardly have had: two practices on one day, care after death."""
    two_places = """
        select l.person_key
        from care_day as c
        join identity as i using (identity_no)
        join person_link as l using (source, patient_pseudo)
        where c.care_kind = 'visit' and i.practice_pseudo is not null
        group by l.person_key, c.care_date
        having count(distinct i.practice_pseudo) > 1
    """
    after_death = f"""
        with dead as (
            select l.person_key, min(i.death_date) as death_date
            from identity as i join person_link as l using (source, patient_pseudo)
            where i.source = '{SNDS}' and i.death_date is not null
            group by l.person_key
        )
        select l.person_key
        from care_day as c
        join identity as i using (identity_no)
        join person_link as l using (source, patient_pseudo)
        join dead using (person_key)
        where i.source <> '{SNDS}' and c.care_kind = 'visit'
            and c.care_date > dead.death_date + {DAYS_AFTER_DEATH}
    """
    return {
        name: int(
            con.execute(f"select count(distinct person_key) from ({query})").fetchall()[0][0]
        )
        for name, query in (
            ("visits in two practices on one day", two_places),
            (f"visits more than {DAYS_AFTER_DEATH} days after a death among the claims",
             after_death),
        )
    }  # fmt: skip


def _calibration(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Stated against calibrated, and against the numbers where both are certified."""
    rows = con.execute(
        """
        with scored as (
            select
                p.match_probability,
                1 - 1 / (1 + pow(2, least(greatest(p.match_weight, -60), 60))) as stated,
                case when l.nir_status = 'certified' and r.nir_status = 'certified'
                    then l.nir_pseudo = r.nir_pseudo end as is_same
            from practice_pair as p
            join identity as l on l.identity_no = p.identity_no_l
            join identity as r on r.identity_no = p.identity_no_r
        )
        select
            case when match_probability < 0.1 then '<0.1' when match_probability < 0.5
                then '0.1-0.5' when match_probability < 0.8 then '0.5-0.8'
                when match_probability < 0.95 then '0.8-0.95'
                when match_probability < 0.99 then '0.95-0.99' else '>=0.99' end as band,
            count(*), avg(stated), avg(match_probability), count(is_same), avg(is_same::int)
        from scored group by band order by avg(match_probability)
        """
    ).fetchall()
    return [
        {
            "band": band,
            "pair_count": count,
            "stated": stated,
            "calibrated": calibrated,
            "checked_count": checked,
            "same_number_share": share,
            "interval": wilson((share or 0.0) * checked, checked),
        }
        for band, count, stated, calibrated, checked, share in rows
    ]


def _waterfalls(
    con: duckdb.DuckDBPyConnection, weights: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Three scored pairs, bit by bit: one likely, one doubtful, one unlikely."""
    names = sorted({row["comparison"] for row in weights})
    if not names:
        return []
    here = {row[0] for row in con.execute("describe known_pair").fetchall()}
    names = [name for name in names if f"weight_{name}" in here]
    columns = ", ".join(f"k.weight_{name}" for name in names)
    found = []
    for title, target in (("a likely", 0.98), ("a doubtful", 0.6), ("an unlikely", 0.1)):
        rows = con.execute(
            f"""
            select p.match_weight, p.match_probability, {columns}
            from practice_pair as p join known_pair as k using (identity_no_l, identity_no_r)
            order by abs(p.match_probability - {target}), p.identity_no_l, p.identity_no_r
            limit 1
            """
        ).fetchall()
        for weight, probability, *bits in rows:
            steps = {name: round(bit, 3) for name, bit in zip(names, bits, strict=True)}
            found.append(
                {
                    "title": title,
                    "prior": round(weight - sum(steps.values()), 3),
                    "steps": steps,
                    "match_weight": weight,
                    "match_probability": probability,
                }
            )
    return found


def _replace_with(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    con.execute(f"copy ({query}) to '{temporary}' (format parquet, compression zstd)")
    temporary.replace(path)


def as_rows(problems: list[ShareProblem]) -> list[dict[str, Any]]:
    """Problems as plain values (JSON, Dagster metadata)."""
    return [asdict(problem) for problem in problems]
