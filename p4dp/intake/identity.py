"""Finds identities left in a delivery: by column name, by element name, by value.

The detector looks at every text column. A number is taken for a NIR when its key is
right, or when it has 13 characters of the NIR's shape outside a record key. Values
are never repeated in a message: a finding says where and what kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from p4dp.boundary.engine import literal, quoted
from p4dp.boundary.nir import control_key, normalise
from p4dp.contracts import Table

#: Column names (letters only) that name an identity in the exports seen.
IDENTITY_COLUMNS = frozenset(
    """nom nomnaissance nomusage nomjeunefille nompatient prenom prenoms prenompatient
    datenaissance datedenaissance ddn birthdate dateofbirth naissance nir ins insmatricule
    numerosecu numsecu nss securitesociale telephone tel portable mobile phone email mail
    courriel adresse adresse1 adresse2 address rue codepostal lieunaissance lieunaissanceinsee
    name firstname lastname familyname surname givenname numpatient dossierid rppspraticien rpps
    motif libelle note commentaire observationlibre""".split()
)

#: FHIR elements that hold identities or free text.
IDENTITY_ELEMENTS = (
    "name", "telecom", "address", "birthDate", "identifier", "contact", "photo", "text",
    "note", "display", "div",
)  # fmt: skip

_NIR_VALUE = (
    r"(?:^|[^0-9A-Za-z.,])([12][ .]?[0-9]{2}[ .]?(?:0[1-9]|1[0-2]|[2-9][0-9])[ .]?"
    r"(?:[0-9]{2}|2[AB])[ .]?[0-9]{3}[ .]?[0-9]{3}(?:[ .]?[0-9]{2})?)(?:$|[^0-9A-Za-z])"
)
_NIR_NUMBER = "^[12][0-9]{14}$"
_MAIL_VALUE = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+"
_PHONE_VALUE = (
    r"(?:^|[^0-9A-Za-z-])(?:\+33[ .]?|0033[ .]?|0)[1-9](?:[ .-]?[0-9]{2}){4}(?:$|[^0-9A-Za-z-])"
)
_BARE_PHONE = r"^(?:0[1-7]|09)[0-9]{8}$"
_ADDRESS_VALUE = (
    r"(?i)\b[0-9]{1,4}\s*(?:bis|ter)?,?\s+(?:rue|avenue|av\.|boulevard|bd|place|chemin|impasse|"
    r"all[ée]e|route|quai|square|cours|lotissement|r[ée]sidence)\b"
)
_DATE_VALUE = (
    r"^(?:[0-3]?[0-9][/.-][01]?[0-9][/.-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9])"
)
_NAME_VALUE = (
    r"(?:^|[^\p{L}])(?:M\.|Mme|Mlle|Mr|Monsieur|Madame|Docteur|Dr)\s+\p{Lu}[\p{L}'-]+"
    r"|^\p{Lu}[\p{L}'-]+\s+\p{Lu}{2,}(?:[ '-]\p{Lu}{2,})*$"
    r"|^\p{Lu}{2,}(?:[ '-]\p{Lu}{2,})*\s+\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)*$"
)

#: Pseudonyms, UUIDs and hexadecimal digests say nothing whatever digits they hold.
_OPAQUE_ID = (
    r"l[12]-[0-9a-f]{4}-[0-9a-f]{32}|[0-9a-f]{32,64}"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
)

_LETTERS = re.compile(r"[^a-z]")


@dataclass(frozen=True)
class Identity:
    """An identity found: its kind, its column and the first row (None: the column's name)."""

    kind: str
    column: str
    row: int | None
    count: int


def identity_columns(names: Iterable[str]) -> list[str]:
    """The column names that name an identity."""
    return [n for n in names if _LETTERS.sub("", n.lower()) in IDENTITY_COLUMNS]


def _is_nir(value: str, bare_allowed: bool) -> bool:
    for found in re.finditer(_NIR_VALUE, value):
        compact = normalise(found.group(1))
        if len(compact) == 15:
            if control_key(compact[:13]) == compact[13:]:
                return True
        elif bare_allowed:
            return True
    return False


def scan_values(
    connection: duckdb.DuckDBPyConnection, relation: str, table: Table, columns: Sequence[str]
) -> list[Identity]:
    """Identities in the values of text `columns` of `relation` (which has `delivery_row`)."""
    found = []
    for name in columns:
        column = next((c for c in table.columns if c.name == name), None)
        is_key = column is not None and column.key_position is not None
        dates_belong = table.identities == {} and table.name != "patient"
        text = quoted(name)
        is_text = column is None or column.type == "string"
        kinds = {
            "NIR": f"regexp_matches({text}, {literal(_NIR_VALUE)})",
            "e-mail address": f"contains({text}, '@')"
            f" and regexp_matches({text}, {literal(_MAIL_VALUE)})",
            "telephone number": f"regexp_matches({text}, {literal(_PHONE_VALUE)})"
            + (f" and not regexp_matches({text}, {literal(_BARE_PHONE)})" if is_key else ""),
            "postal address": f"regexp_matches({text}, {literal(_ADDRESS_VALUE)})",
            "personal name": f"regexp_matches({text}, {literal(_NAME_VALUE)})",
        }
        if not is_text:
            kinds = {"NIR": f"regexp_matches({text}, {literal(_NIR_NUMBER)})"}
        if not dates_belong and name.lower() in _YEAR_COLUMNS:
            kinds["exact birth date"] = f"regexp_matches({text}, {literal(_DATE_VALUE)})"
        cheap = f"length({text}) >= 5 and not regexp_full_match({text}, {literal(_OPAQUE_ID)})"
        # One pass over the distinct values; rows are looked up for the few that match.
        flags = ", ".join(f"({condition}) as {quoted(kind)}" for kind, condition in kinds.items())
        hits = connection.execute(
            f"with distinct_value as (select distinct {text} from {relation} where {cheap}),"
            f" flagged as (select {text} as value, {flags} from distinct_value)"
            f" select * from flagged where {' or '.join(quoted(k) for k in kinds)} limit 10000"
        ).fetchall()
        for number, kind in enumerate(kinds, 1):
            values = [row[0] for row in hits if row[number]]
            if kind == "NIR":
                values = [v for v in values if _is_nir(v, bare_allowed=not is_key)]
            if values:
                first, count = connection.execute(
                    f"select min(delivery_row), count(*) from {relation}"
                    f" where {text} in (select unnest(?))",
                    [values],
                ).fetchall()[0]
                found.append(Identity(kind, name, first, count))
    return found


_YEAR_COLUMNS = frozenset({"annee_naissance", "mois_naissance", "birth_year", "birth_month"})


def scan_elements(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Identity]:
    """Identities in FHIR lines (column `line`): elements that must not be there, e-mails."""
    found = []
    pattern = "|".join(IDENTITY_ELEMENTS)
    hits = connection.execute(
        f"""
        select element, min(delivery_row), count(*) from (
            select delivery_row,
                unnest(regexp_extract_all(line, '"({pattern})"\\s*:', 1)) as element
            from {relation}
        ) group by element order by element
        """
    ).fetchall()
    found += [Identity("identity element", element, row, count) for element, row, count in hits]
    mail = connection.execute(
        f"select min(delivery_row), count(*) from {relation}"
        f" where contains(line, '@') and regexp_matches(line, {literal(_MAIL_VALUE)})"
    ).fetchall()[0]
    if mail[1]:
        found.append(Identity("e-mail address", "line", mail[0], mail[1]))
    return found
