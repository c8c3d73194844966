"""From the identities of a patient file to what may leave the practice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from p4dp.boundary.keys import BoundaryKeys
from p4dp.boundary.nir import read_nir
from p4dp.boundary.pseudonyms import level1_many
from p4dp.boundary.tokens import (
    BLOCK_FIELDS,
    SEALED_FIELDS,
    Sealer,
    first_given_name,
    letters,
    return_tokens,
)

_SEX = {"M": "M", "H": "M", "1": "M", "MALE": "M", "F": "F", "2": "F", "FEMALE": "F"}


def normal_sex(values: Sequence[str | None]) -> list[str | None]:
    """`M`, `F` or None from the codes vendors use."""
    return [_SEX.get((value or "").strip().upper()) for value in values]


def protect(identities: pa.Table, practice: str, keys: BoundaryKeys) -> pa.Table:
    """One row per row of `identities`, holding no identity.

    In: text columns local_id, birth_name, usual_name, first_names, birth_date (ISO
    or null), sex, nir, birth_place, phone. Out: local_id (to join with, never
    delivered), patient_pseudo, birth_year, birth_month, nir_pseudo, nir_status,
    traits_pseudo, sealed_<field>…,
    block_<field>…, return_token.
    """
    column: dict[str, list[str | None]] = {
        name: identities.column(name).to_pylist() for name in identities.column_names
    }
    local_ids = [str(value) for value in column["local_id"]]
    births = [date.fromisoformat(text) if text else None for text in column["birth_date"]]
    sexes = normal_sex(column["sex"])
    numbers = [
        read_nir(text, birth, sex)
        for text, birth, sex in zip(column["nir"], births, sexes, strict=True)
    ]
    names = [letters(name).replace(" ", "") or None for name in column["birth_name"]]
    firsts = [first_given_name(name) or None for name in column["first_names"]]
    column["first_name"] = firsts
    sealer = Sealer(keys.linkage)
    protected: dict[str, pa.Array] = {
        "local_id": pa.array(local_ids, pa.string()),
        "patient_pseudo": pa.array(
            level1_many(keys.level1, "patient", [practice] * len(local_ids), local_ids),
            pa.string(),
        ),
        "birth_year": pa.array([b.year if b else None for b in births], pa.int32()),
        "birth_month": pa.array([b.month if b else None for b in births], pa.int32()),
        "nir_pseudo": pa.array(
            level1_many(
                keys.level1, "nir", [n.number for n in numbers], column["birth_date"], sexes
            ),
            pa.string(),
        ),
        "nir_status": pa.array([n.status for n in numbers], pa.string()),
        "traits_pseudo": pa.array(
            level1_many(keys.level1, "traits", names, firsts, column["birth_date"], sexes),
            pa.string(),
        ),
        "return_token": pa.array(return_tokens(keys.practice, practice, local_ids), pa.string()),
    }
    for field in SEALED_FIELDS:
        protected[f"sealed_{field}"] = pa.array(sealer.seal_many(field, column[field]), pa.string())
    for field in BLOCK_FIELDS:
        protected[f"block_{field}"] = pa.array(sealer.block_many(field, column[field]), pa.string())
    return pa.table(protected)
