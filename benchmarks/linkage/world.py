"""A register of the synthetic world against its planted truth.

    python benchmarks/linkage/world.py --world DIR --home HOME --keys KEYS [--register DIR]

Prints precision and recall over pairs of identities, overall and by subgroup, with Wilson
intervals: of practices with each other, and of practices with the claims. The pipeline never reads
`truth/`; only this and the tests do.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import duckdb
import pandas as pd

from p4dp.boundary.pseudonyms import level2_many
from p4dp.linkage import score_against_truth
from p4dp.settings import Home
from p4dp.vault import warehouse_keys


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--register", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    home = Home(options.home)
    key = warehouse_keys(options.keys, home).level2
    table = scores(options.world, options.register or home.register, key)
    if options.out:
        options.out.write_text(json.dumps(table.to_dict("records"), indent=1, default=float))
    columns = ["scope", "dimension", "value", "identity_count", "precision", "recall", "recall_low"]
    print(table[columns].round(5).to_string(index=False))


def scores(world: Path, register: Path, level2: bytes) -> pd.DataFrame:
    """One row per scope (`practices`, `claims`) and subgroup."""
    with duckdb.connect() as con:
        frame = con.execute(
            f"""
            select
                i.source, i.patient_pseudo, i.beneficiary_rank, i.practice_id,
                i.person_id as person,
                p.sex,
                case when p.birth_date > date '2009-12-31' then '0-15'
                    when p.birth_date > date '1985-12-31' then '16-39'
                    when p.birth_date > date '1960-12-31' then '40-64'
                    when p.birth_date > date '1945-12-31' then '65-79' else '80+' end as age,
                p.origin, p.deprivation_quintile::varchar as deprivation,
                (p.twin_person_id is not null)::varchar as is_twin,
                coalesce(q.vendor, 'snds') as vendor
            from '{world}/truth/source_identity/*.parquet' as i
            join '{world}/truth/person/*.parquet' as p using (person_id)
            left join '{world}/truth/practices.csv' as q using (practice_id)
            """
        ).df()
    second = level2_many(level2, frame["patient_pseudo"])
    rank = frame["beneficiary_rank"]
    frame["patient_pseudo"] = [
        pseudo if pd.isna(n) else f"{pseudo}-{int(n)}"
        for pseudo, n in zip(second, rank, strict=True)
    ]
    frame = frame.drop_duplicates(["source", "patient_pseudo"])
    groups = ["sex", "age", "origin", "deprivation", "is_twin", "vendor"]
    labels = frame[["source", "patient_pseudo", *groups]]
    truth = frame[["source", "patient_pseudo", "person"]]
    care = truth["source"] != "snds"
    parts = [score_against_truth(register, truth[care], labels[care]).assign(scope="practices")]
    # one identity per person and practice side, so that every pair is a link to the claims
    parts.append(score_against_truth(register, truth, labels).assign(scope="with claims"))
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    main()
