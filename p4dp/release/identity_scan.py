"""No identity leaves in a release: names of columns and patterns of values are searched.

A sieve for mistakes, not a proof: it knows French identifiers (NIR, phone), e-mail
addresses and the names such columns usually have.
"""

from __future__ import annotations

import re

import duckdb

from p4dp.errors import P4dpError
from p4dp.release.content import Relation
from p4dp.release.engine import quoted

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
# 13 digits of a NIR or NIA, with or without its key: sex, year, month (from 20 where unknown),
# department (Corsica writes 2A, 2B), commune, order. CIP13 codes (34009…) begin with 3.
_NIR = r"[1278] ?\d{2} ?(0[1-9]|1[0-2]|[2-9]\d) ?(0[1-9]|[1-9]\d|2[AB]) ?\d{3} ?\d{3}( ?\d{2})?"
# A French phone number with or without prefix, its pairs separated by one same sign.
_PHONE = r"(\+33 ?|0033 ?|0)[1-9](\d{8}|( \d{2}){4}|(\.\d{2}){4}|(-\d{2}){4})"
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}"
_SHORTEST = 10


def scan(connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Refuse a relation that holds an identity.

    Raises P4dpError naming the table, the column and what it looks like; the value itself
    is never repeated. Text columns are searched row by row, except that a column of
    pseudonyms passes when each value has a pseudonym's form.
    """
    for name, _ in relation.columns:
        if _FORBIDDEN_NAMES.search(name):
            raise _refusal(relation, name, "its name announces an identity")
    texts = [name for name, kind in relation.columns if kind == "VARCHAR"]
    if not texts:
        return
    found = connection.execute(
        f"select {', '.join(_counted(name) for name in texts)} from {relation.path}"
    ).fetchone()
    assert found is not None
    for name, count in zip(texts, found, strict=True):
        if count:
            kind = "a NIR, a phone number or an e-mail address"
            raise _refusal(relation, name, f"{count} values look like {kind}")


def _counted(name: str) -> str:
    column = quoted(name)
    pattern = f"{_BEFORE}(({_NIR})|({_PHONE})){_AFTER}"
    suspicious = (
        f"(length({column}) >= {_SHORTEST} and regexp_matches({column}, '{pattern}'))"
        f" or (contains({column}, '@') and regexp_matches({column}, '{_EMAIL}'))"
    )
    if name.endswith("_pseudo"):
        # Hexadecimal digits may look like a number: a well-formed pseudonym needs no search.
        suspicious = (
            f"not regexp_full_match({column}, 'l2-[0-9a-f]+-[0-9a-f]{{32}}') and ({suspicious})"
        )
    return f"count(*) filter (where {suspicious})"


def _refusal(relation: Relation, column: str, why: str) -> P4dpError:
    return P4dpError(
        f"release refused: column {column} of {relation.label} may hold an identity ({why})",
        column=column,
        expected="pseudonyms, codes and dates no finer than a month of birth",
        remedy="drop or pseudonymise the column at intake; no release was written",
    )
