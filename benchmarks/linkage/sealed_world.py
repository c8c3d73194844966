"""The hard world of `people.py` as the warehouse sees it: pseudonyms, sealed tokens, claims."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from people import People

from p4dp.boundary.tokens import Sealer, first_given_name, letters

KEY = b"benchmark key of no other use..."


def _pseudo(*parts: object) -> str:
    return hashlib.md5("|".join(map(str, parts)).encode()).hexdigest()


def identities(people: People, *, seed: int) -> tuple[pd.DataFrame, pa.Table, pd.DataFrame]:
    """Rows of `staging.lnk_identity`, the sealed tokens, and patient_pseudo -> person."""
    rng = np.random.default_rng(seed)
    truth_left = dict(zip(people.truth["left_id"], people.truth["person"], strict=True))
    truth_right = dict(zip(people.truth["right_id"], people.truth["person"], strict=True))
    frames = []
    for side, frame, source in (("l", people.left, "dosmed"), ("r", people.right, "medirel")):
        known = truth_left if side == "l" else truth_right
        frames.append(
            frame.assign(
                source=source,
                practice=[
                    f"{source}-{p}" for p in rng.integers(0, max(len(frame) // 900, 1), len(frame))
                ],
                person=[known.get(i, f"only-{i}") for i in frame["id"]],
            )
        )
    both = pd.concat(frames, ignore_index=True)
    date = both["date_naissance"]
    year = pd.to_numeric(date.str[:4], errors="coerce").astype("Int64")
    month = pd.to_numeric(date.str[5:7], errors="coerce").astype("Int64")
    number = both["nir"].fillna("")
    consistent = (
        (number.str[:1] == both["sexe"].map({"M": "1", "F": "2"}))
        & (number.str[1:3] == date.str[2:4].fillna("??"))
        & (number.str[3:5] == date.str[5:7].fillna("??"))
    )
    status = np.where(number == "", "missing", np.where(consistent, "certified", "insured"))
    first = [first_given_name(p) for p in both["prenom"].fillna("")]
    name = [letters(n) for n in both["nom_naissance"].fillna("")]
    identity = pd.DataFrame(
        {
            "source": both["source"],
            "practice_pseudo": both["practice"],
            "patient_pseudo": [
                _pseudo("p", s, i) for s, i in zip(both["source"], both["id"], strict=True)
            ],
            "nir_pseudo": [
                _pseudo("n", n, d, s) if n else None
                for n, d, s in zip(number, date, both["sexe"], strict=True)
            ],
            "nir_status": status,
            "traits_pseudo": [
                _pseudo("t", n, f, d, s) if n and f and isinstance(d, str) else None
                for n, f, d, s in zip(name, first, date, both["sexe"], strict=True)
            ],
            "birth_year": year,
            "birth_month": month,
            "sex": both["sexe"],
            "commune_code": both["commune"],
        }
    )
    seal = Sealer(KEY)

    def text(column: str) -> list[str | None]:
        return [v if isinstance(v, str) else None for v in both[column]]

    tokens = pa.table(
        {
            "source": identity["source"].to_numpy(),
            "patient_pseudo": identity["patient_pseudo"].to_numpy(),
            "sealed_birth_name": seal.seal_many("birth_name", text("nom_naissance")),
            "sealed_usual_name": seal.seal_many("usual_name", text("nom_usage")),
            "sealed_first_name": seal.seal_many("first_name", [f or None for f in first]),
            "sealed_first_names": seal.seal_many("first_names", text("prenoms")),
            "sealed_birth_date": seal.seal_many("birth_date", text("date_naissance")),
            "sealed_birth_place": pa.nulls(len(both), pa.string()),
            "sealed_phone": seal.seal_many("phone", text("telephone")),
            "block_birth_name": seal.block_many("birth_name", text("nom_naissance")),
            "block_first_name": seal.block_many("first_name", [f or None for f in first]),
        }
    )
    truth = identity[["source", "patient_pseudo"]].assign(
        person=both["person"].to_numpy(), practice=both["practice"].to_numpy()
    )
    return identity, tokens, truth


def write_warehouse(path: Path, identity: pd.DataFrame, care_day: pd.DataFrame | None = None):
    """A warehouse with `staging.lnk_identity` (and `lnk_care_day`)."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("create schema staging")
        con.register("frame", identity)
        con.execute("create table staging.lnk_identity as from frame")
        if care_day is not None:
            con.register("days", care_day)
            con.execute("create table staging.lnk_care_day as from days")
    return path
