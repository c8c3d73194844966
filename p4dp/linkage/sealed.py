"""Sealed records: keyed bigram filters compared by their bits, nothing readable in them.

Two filters of one field are compared by Dice's coefficient of their bits (Schnell, Bachteler and
Reiher 2009, doi 10.1186/1472-6947-9-41). Equality of filters stands for equality of values;
`block_*` columns are keyed hashes from which candidate pairs come by hash join. Sex, birth year
and month and the commune are what the warehouse has in any case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from p4dp.linkage.comparisons import BlockingRule, Kit, as_it_is, comparison, exact, level, null

_FILTERS = ("birth_name", "usual_name", "first_name", "first_names", "birth_date", "phone")


def dice(left: str, right: str) -> str:
    """SQL: Dice's coefficient of two bit strings."""
    return f"2.0 * bit_count({left} & {right}) / (bit_count({left}) + bit_count({right}))"


def _inside(left: str, right: str) -> str:
    """SQL: share of the smaller filter's bits found in the other (a part of a longer name)."""
    return f"1.0 * bit_count({left} & {right}) / least(bit_count({left}), bit_count({right}))"


_FIRST_CLOSE = f"{dice('first_name_bits_l', 'first_name_bits_r')} >= 0.8"
# one typing error in a name of four letters leaves three of five bigrams
_FIRST_FAINT = f"{dice('first_name_bits_l', 'first_name_bits_r')} >= 0.58"
_FIRST_PART = (
    f"({_inside('first_name_bits_l', 'first_names_bits_r')} >= 0.95 "
    f"or {_inside('first_name_bits_r', 'first_names_bits_l')} >= 0.95)"
)

# Relatives, perhaps (twins above all): no sign that the first names are one.
TWIN_SQL = f"""
not coalesce({_FIRST_FAINT}, false)
and not coalesce({_FIRST_PART}, false)
"""


def make_sealed_records(con: duckdb.DuckDBPyConnection, tokens: pa.Table, name: str) -> None:
    """Make the table `name` from the table `identity` and the sealed tokens: one row per identity.

    record_no (= identity_no), the equality columns (hashes of the filters), `…_bits`, and a
    `fingerprint` that changes when anything compared does. Identities without tokens are left out.
    """
    con.register("token_arrow", tokens)
    filters = ", ".join(f"from_base64(t.sealed_{f})::bit as {f}_bits" for f in _FILTERS)
    con.execute(
        f"""
        create or replace temp table {name} as
        select
            i.identity_no as record_no,
            i.source,
            i.practice_pseudo,
            i.patient_pseudo,
            left(md5(coalesce(t.sealed_birth_name, t.sealed_usual_name)), 16) as surname,
            left(md5(t.sealed_usual_name), 16) as usual_surname,
            left(md5(t.sealed_first_name), 16) as given_name,
            left(md5(t.sealed_birth_date), 16) as birth_date,
            left(md5(t.sealed_birth_place), 16) as birth_place,
            left(md5(t.sealed_phone), 16) as phone,
            i.birth_year::varchar as birth_year,
            i.birth_month::varchar as birth_month,
            nullif(i.sex, 'U') as sex,
            i.commune_code as city,
            t.block_birth_name, t.block_first_name,
            {filters},
            md5(concat_ws('|', i.birth_year, i.birth_month, i.sex, i.commune_code,
                {", ".join(f"coalesce(t.sealed_{f}, '-')" for f in (*_FILTERS, "birth_place"))}
            )) as fingerprint
        from identity as i
        join token_arrow as t using (source, patient_pseudo)
        """
    )
    con.unregister("token_arrow")


def comparisons(roles: Sequence[str]) -> list[Any]:
    """Splink comparisons of sealed values, most specific level first."""
    made: list[Any] = []
    if "surname" in roles:
        crossed = [("birth", "usual"), ("usual", "birth"), ("usual", "usual")]
        close_cross = " or ".join(
            f"{dice(f'{a}_name_bits_l', f'{b}_name_bits_r')} >= 0.8" for a, b in crossed
        )
        part = " or ".join(
            f"{_inside(f'{a}_name_bits_l', f'{b}_name_bits_r')} >= 0.9"
            for a, b in (("birth", "birth"), *crossed)
        )
        usual = "usual_surname" in roles
        made.append(
            comparison(
                "surname",
                null("surname"),
                exact("surname"),
                *(
                    [
                        level(
                            "surname_l = usual_surname_r or usual_surname_l = surname_r "
                            "or usual_surname_l = usual_surname_r",
                            "birth name = usual name",
                        )
                    ]
                    if usual
                    else []
                ),
                level(f"{dice('birth_name_bits_l', 'birth_name_bits_r')} >= 0.8", "similar"),
                *([level(close_cross, "birth name similar to usual name")] if usual else []),
                level(part, "one part in common"),
                level(f"{dice('birth_name_bits_l', 'birth_name_bits_r')} >= 0.6", "faintly alike"),
            )
        )
    if "given_name" in roles:
        made.append(
            comparison(
                "given_name",
                null("given_name"),
                exact("given_name"),
                level(_FIRST_CLOSE, "similar"),
                level(_FIRST_PART, "one among several"),
                level(_FIRST_FAINT, "faintly alike"),
            )
        )
    if "birth_date" in roles:
        date = dice("birth_date_bits_l", "birth_date_bits_r")
        year, month = "birth_year_l = birth_year_r", "birth_month_l = birth_month_r"
        made.append(
            comparison(
                "birth_date",
                null("birth_date"),
                exact("birth_date"),
                level(f"{date} >= 0.82", "one digit"),
                level(f"{year} and {month}", "other day"),
                level(f"{date} >= 0.7", "two digits"),
                level(year, "same year"),
            )
        )
    if "birth_place" in roles:
        made.append(comparison("birth_place", null("birth_place"), exact("birth_place")))
    if "sex" in roles:
        made.append(comparison("sex", null("sex"), level("sex_l = sex_r", "equal")))
    if "phone" in roles:
        phone = dice("phone_bits_l", "phone_bits_r")
        made.append(
            comparison(
                "phone",
                null("phone"),
                exact("phone", rare=False),
                level(f"{phone} >= 0.85", "one digit"),
            )
        )
    if "city" in roles:
        made.append(
            comparison(
                "city",
                null("city"),
                exact("city"),
                level("left(city_l, 2) = left(city_r, 2)", "same département"),
            )
        )
    return made


_DERIVED = {
    "block_birth_name": "surname",
    "block_first_name": "given_name",
    "birth_year": "birth_date",
    "birth_month": "birth_date",
}


def candidate_rules(roles: Sequence[str]) -> list[BlockingRule]:
    """Candidate pairs of sealed records, by hash join only."""
    has = set(roles)
    rules: list[BlockingRule] = []

    def add(*keys: str | tuple[str, str], loose: bool = False) -> None:
        pairs = [(key, key) if isinstance(key, str) else key for key in keys]
        names = re.findall(r"[a-z_]+", " ".join(f"{a} {b}" for a, b in pairs))
        if {_DERIVED.get(name, name) for name in names} <= has:
            rules.append(
                BlockingRule(tuple(a for a, _ in pairs), tuple(b for _, b in pairs), loose)
            )

    add("birth_date", "block_birth_name")
    add("birth_date", "block_first_name")
    add("birth_date", ("surname", "usual_surname"))
    add("birth_date", ("usual_surname", "surname"))
    add("birth_date", "usual_surname")
    add("birth_year", "block_birth_name", "block_first_name")
    add("birth_year", "birth_month", "block_birth_name", "sex")
    add("phone")
    add("birth_date", "city")
    add("birth_year", "block_first_name", "city")
    add("block_birth_name", "block_first_name", "city")
    add("birth_date", "sex", loose=True)
    add("block_birth_name", "block_first_name", loose=True)
    return rules


def training_passes(roles: Sequence[str]) -> list[tuple[str, ...]]:
    """Columns to block on in each EM pass."""
    passes: list[tuple[str, ...]] = []
    if {"surname", "given_name"} <= set(roles):
        passes.append(("surname", "given_name"))
    if "birth_date" in roles:
        passes.append(("birth_date",))
    return passes or [(roles[0],)]


SEALED = Kit(
    name="sealed",
    columns=(
        "surname", "usual_surname", "given_name", "birth_date", "birth_place", "sex", "phone",
        "city",
    ),
    comparisons=comparisons,
    rules=candidate_rules,
    training=training_passes,
    twin_sql=TWIN_SQL,
    twin_columns=frozenset({"given_name"}),
    derive=as_it_is,
)  # fmt: skip
