"""No identity leaves in a release: names of columns and patterns of values are searched.

A sieve for mistakes, not a proof: it knows French identifiers (NIR, phone), e-mail
addresses and the names such columns usually have.
"""

from __future__ import annotations

import re

import duckdb

from p4dp.duck import quoted
from p4dp.errors import P4dpError
from p4dp.release.content import Relation

_FORBIDDEN_NAMES = re.compile(
    r"(^|_)(nir|ins_matricule|nom(_naissance|_usage)?|prenoms?|(first|last|given|family|birth"
    r"|usual|patient)_names?|surname|birth_?date|date_(de_)?naissance|dob|e?mail|courriel|phone"
    r"|telephone|tel|mobile|adresse|address|street|postal_code|code_postal|return_token"
    r"|sealed_tokens?)$",
    re.IGNORECASE,
)

# Whole tokens only: digits beside a decimal point or comma belong to a measurement.
_BEFORE = r"(^|[^0-9A-Za-z.,])"
_AFTER = r"($|[^0-9A-Za-z.,]|[.,]($|[^0-9]))"
# A NIR or NIA: sex, year, month (from 20 where unknown), department (Corsica writes 2A, 2B),
# commune, order; with its key (97 less the number modulo 97), the key must be right.
_NIR = r"[1278] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:0[1-9]|[1-9]\d|2[AB]) ?\d{3} ?\d{3}"
# A French phone number with or without prefix, its pairs separated by one same sign.
_PHONE = r"(?:\+33 ?|0033 ?|0)[1-9](?:\d{8}|(?: \d{2}){4}|(?:\.\d{2}){4}|(?:-\d{2}){4})"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
_SHORTEST = 6


def scan(connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Refuse a relation that holds an identity.

    Raises P4dpError naming the table, the column and what it looks like; the value itself
    is never repeated. Columns of pseudonyms pass where each value has a pseudonym's form;
    in columns of codes (`x_code` beside `x_system`, `code` beside `code_system`) long numbers
    are codes.
    """
    for name, _ in relation.columns:
        if _FORBIDDEN_NAMES.search(name):
            raise _refusal(relation, name, "its name announces an identity")
    for name, kind in relation.columns:
        if kind == "VARCHAR" and (count := _suspicious(connection, relation, name)):
            what = "a NIR, a phone number or an e-mail address"
            raise _refusal(relation, name, f"{count} distinct values look like {what}")


def _suspicious(connection: duckdb.DuckDBPyConnection, relation: Relation, name: str) -> int:
    """How many distinct values of a text column look like an identity.

    Distinct values first: a column of codes or pseudonyms has far fewer than rows.
    """
    row = connection.execute(
        f"""select count(*) from (
            select distinct {quoted(name)} as value from {relation.path}
            where length({quoted(name)}) >= {_SHORTEST}
        ) where {_condition(name, _is_code(name, relation))}"""
    ).fetchone()
    assert row is not None
    return int(row[0])


def _is_code(name: str, relation: Relation) -> bool:
    """Whether a column holds codes of a system named beside it."""
    system = "code_system" if name == "code" else f"{name.removesuffix('_code')}_system"
    return (name == "code" or name.endswith("_code")) and system in dict(relation.columns)


def _condition(name: str, is_code: bool) -> str:
    """SQL that holds where `value` looks like an identity."""
    email = f"contains(value, '@') and regexp_matches(value, '{_EMAIL}')"
    if is_code:
        return email
    with_key = (
        "replace(replace(replace(regexp_extract(value, "
        f"'{_BEFORE}({_NIR} ?[0-9]{{2}}){_AFTER}', 2), ' ', ''), '2A', '19'), '2B', '18')"
    )
    condition = f"""({email})
        or regexp_matches(value, '{_BEFORE}(?:{_NIR}|{_PHONE}){_AFTER}')
        or try_cast(right({with_key}, 2) as bigint)
            = 97 - try_cast(left({with_key}, 13) as bigint) % 97"""
    if name.endswith("_pseudo"):
        # Hexadecimal digits may look like a number: a well-formed pseudonym needs no search.
        form = "l2-[0-9a-f]+-[0-9a-f]{32}"
        return f"not regexp_full_match(value, '{form}') and ({condition})"
    return condition


def _refusal(relation: Relation, column: str, why: str) -> P4dpError:
    return P4dpError(
        f"release refused: column {column} of {relation.label} may hold an identity ({why})",
        column=column,
        expected="pseudonyms, codes and dates no finer than a month of birth",
        remedy="drop or pseudonymise the column at intake; no release was written",
    )
