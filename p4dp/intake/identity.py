"""Finds identities left in a delivery: by column name, by element name, by value.

The detector looks at every column, those that should hold pseudonyms and sealed tokens
included. A number is taken for a NIR when its key is right, or when it has 13 characters of the
NIR's shape outside a record key. A single name means something else too often: it counts in a
column of numbers or of listed values, elsewhere where a column holds several different ones. A
whole date counts where the contract has no date. Values are never repeated in a message: a finding
says where and what kind.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

from p4dp.boundary.nir import control_key, normalise
from p4dp.boundary.tokens import letters, token_pattern
from p4dp.contracts import Column, Table
from p4dp.duck import literal, quoted

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
    "note", "display", "div", "family", "given", "comment",
)  # fmt: skip

#: What people put between groups of digits, spaces that do not break among it.
_GAP = "[ .\u00a0\u202f\u2009-]?"
_NIR_VALUE = re.compile(
    rf"(?:^|[^0-9A-Za-z.,])([1-478]{_GAP}[0-9]{{2}}{_GAP}(?:0[1-9]|1[0-2]|[2-9][0-9]){_GAP}"
    rf"(?:[0-9]{{2}}|2[ABab]){_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}(?:{_GAP}[0-9]{{2}})?)(?:$|[^0-9A-Za-z])"
)
#: A number with decimals has digits enough for anything and is none of it.
_DECIMAL = re.compile(r"[+-]?[0-9]+[.,][0-9]+(?:[eE][+-]?[0-9]+)?")
_MAIL_VALUE = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")
_PHONE_VALUE = re.compile(
    rf"(?:^|[^0-9A-Za-z-])(?:(?:\+|00)33{_GAP}(?:\(0\){_GAP})?|0)[1-9](?:{_GAP}[0-9]{{2}}){{4}}"
    r"(?:$|[^0-9A-Za-z-])"
)
#: In a record key ten digits in a row are a local number as well: only what is dressed counts.
_PHONE_IN_KEY = re.compile(
    rf"^(?:(?:\+|00)33{_GAP}(?:\(0\){_GAP})?[1-9](?:{_GAP}[0-9]{{2}}){{4}}"
    rf"|0[1-9](?:{_GAP[:-1]}[0-9]{{2}}){{4}})$"
)
_WAYS = (
    r"rue|avenue|av\.|boulevard|bd|place|chemin|impasse|all[ée]e|route|quai|square|cours|lotissement|"
    r"r[ée]sidence|passage|faubourg|hameau|sentier|esplanade|voie"
)
_ADDRESS_VALUE = re.compile(
    rf"\b[0-9]{{1,4}}\s*(?:bis|ter)?,?\s+(?:{_WAYS})\b"
    r"|\b(?:rue|avenue|boulevard|impasse|all[ée]e)\s+(?:d[eu]s?|la|le|les)\s",
    re.IGNORECASE,
)
_BIRTH_DATE = re.compile(
    r"(?:[0-3]?[0-9][/.-][01]?[0-9][/.-](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9])"
)
#: A date and nothing else, with its separators: digits alone are a code or a number.
_WHOLE_DATE = re.compile(
    r"(?:0?[1-9]|[12][0-9]|3[01])([/.-])(?:0?[1-9]|1[0-2])\1(?:19|20)[0-9]{2}"
    r"|(?:19|20)[0-9]{2}([/.-])(?:0?[1-9]|1[0-2])\2(?:0?[1-9]|[12][0-9]|3[01])"
)
_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_LETTER = f"[{_UPPER}{_LOWER}'-]"
_GIVEN = f"[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?"
_FAMILY = f"[{_UPPER}]{{2,}}(?:[ '-][{_UPPER}]{{2,}})*"
_NAME_VALUE = re.compile(
    rf"(?:^|[^{_UPPER}{_LOWER}])(?:M\.|Mme|Mlle|Mr|Monsieur|Madame|Docteur|Dr)\s+[{_UPPER}]{_LETTER}+"
    rf"|^{_GIVEN}\s+{_FAMILY}$|^{_FAMILY}\s+{_GIVEN}$"
)

#: Words and nothing else; a column with this many different names, and this share of its words
#: being names, holds names.
_WORDS = r"[A-Za-zÀ-ÖØ-öø-ÿ'-]{3,}( [A-Za-zÀ-ÖØ-öø-ÿ'-]{2,}){0,3}"
_NAMES_AT_LEAST = 3
_NAMES_SHARE = 0.2

#: What is worth a closer look, as a pattern the engine tests fast: an address sign, nine digits
#: in a row, or two words. In a record key only the first and a whole NIR count.
_SUSPECT = (
    rf"@|[0-9](?:{_GAP}[0-9ABab]){{8}}|[A-Za-zÀ-ÖØ-öø-ÿ].* ..|^[0-9]+.* [A-Za-z]"
    r"|^[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4}$"
)
_SUSPECT_KEY = (
    rf"@|(?:^|[^0-9A-Za-z])[1-478](?:{_GAP}[0-9ABab]){{14}}(?:$|[^0-9A-Za-z])"
    rf"|^(?:\+|00)33|^0[1-9](?:{_GAP[:-1]}[0-9]{{2}}){{4}}"
    r"|[A-Za-zÀ-ÖØ-öø-ÿ] +[A-Za-zÀ-ÖØ-öø-ÿ]{2}"
)
#: In a column of numbers or of listed values a word alone is worth a look too.
_SUSPECT_WORD = _SUSPECT + "|[A-Za-zÀ-ÖØ-öø-ÿ]{3}"
#: What is worth a closer look in a line of JSON: an address of mail has been looked for.
_SUSPECT_LINE = (
    rf"[^0-9A-Za-z.,-](?:[12](?:{_GAP}[0-9ABab]){{12}}|[3478](?:{_GAP}[0-9ABab]){{14}})"
    rf"|[^0-9A-Za-z-](?:(?:\+|00)33{_GAP}(?:\(0\){_GAP})?|0)[1-9](?:{_GAP}[0-9]{{2}}){{4}}[^0-9A-Za-z-]"
    rf"|(?i:[0-9]\s*(?:bis|ter)?,?\s+(?:{_WAYS})\s|(?:rue|avenue|boulevard)\s)"
)
#: Whole numbers between these have the 15 digits of a NIR or of a waiting number.
_NIR_RANGE = (100_000_000_000_000, 899_999_999_999_999)
#: A value of a sealed column shorter than this can be read: no token is.
_READABLE = 32

#: Pseudonyms, UUIDs and hexadecimal digests say nothing whatever digits they hold.
_OPAQUE_ID = (
    r"l[12]-[0-9a-f]{4}-[0-9a-f]{32}|[0-9a-f]{32,64}"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
)

_OPAQUE = re.compile(_OPAQUE_ID)
#: What separates the values in a line whose shape is not known.
_CELLS = re.compile(r"[;,|\t\"{}\[\]]+")

_LETTERS = re.compile(r"[^a-z]")
_LINES_AT_ONCE = 10_000


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


def _has_nir(value: str, *, shape_suffices: bool) -> bool:
    for found in _NIR_VALUE.finditer(value):
        compact = normalise(found.group(1))
        if len(compact) == 13:
            if shape_suffices and compact[0] in "12":
                return True
        elif control_key(compact[:13]) == compact[13:]:
            return True
    return False


def kind_of_identity(value: str, *, is_key: bool = False) -> str | None:
    """What identity a value holds, if any; `is_key` for values of record keys."""
    if _MAIL_VALUE.search(value):
        return "e-mail address"
    if _DECIMAL.fullmatch(value.strip()):
        return None
    if _has_nir(value, shape_suffices=not is_key):
        return "NIR"
    if is_key:
        if _PHONE_IN_KEY.match(value.strip()):
            return "telephone number"
    elif _PHONE_VALUE.search(value):
        return "telephone number"
    if _ADDRESS_VALUE.search(value):
        return "postal address"
    if _NAME_VALUE.search(value) or (" " in value and _is_full_name(value)):
        return "personal name"
    return None


def kind_in_column(value: str, column: Column | None) -> str | None:
    """`kind_of_identity`, where the contract's column says what a value there may be."""
    if column is None:
        return kind_of_identity(value)
    if column.is_sealed:
        return kind_of_identity(value) or ("identity not sealed" if is_readable(value) else None)
    if value in column.accepted:
        return None
    kind = kind_of_identity(value, is_key=_is_record_key(column))
    if kind is not None:
        return kind
    if column.name in _BIRTH_PARTS:
        return "exact birth date" if _BIRTH_DATE.match(value.strip()) else None
    if not (column.holds_date or column.may_hold_dates) and _WHOLE_DATE.fullmatch(value.strip()):
        return "exact birth date"
    if _takes_no_words(column) and is_personal_name(value):
        return "personal name"
    return None


def _is_record_key(column: Column) -> bool:
    """A record key that is the vendor's own number, which may look like anything."""
    return column.key_position is not None and not column.is_pseudonym


def is_readable(value: str) -> bool:
    """Can somebody read the value of a sealed column? A damaged token still says nothing."""
    return len(value) < _READABLE or " " in value.strip()


def _takes_no_words(column: Column) -> bool:
    """Columns in which a word that is not listed is out of place."""
    return bool(column.accepted) or column.type in ("int", "bigint", "double", "boolean")


def scan_values(
    connection: duckdb.DuckDBPyConnection, relation: str, table: Table, columns: Sequence[str]
) -> list[Identity]:
    """Identities in the values of text `columns` of `relation` (which has `delivery_row`).

    The engine picks the distinct values worth a look; only these are examined one by one.
    """
    if not columns:
        return []
    parts = []
    for name in columns:
        text, column = quoted(name), _column_of(table, name)
        suspect = _SUSPECT
        # Keys are nearly all distinct: tested as they stand, the cheap test first. Of the
        # other columns the distinct values are tested.
        tested = f"select distinct {text} as value from {relation}"
        if column is None:
            pass
        elif name in _BIRTH_PARTS:
            suspect = ".{5,}"
        elif column.is_sealed:
            suspect = "."
            token = literal(token_pattern(name))
            tested += f" where {text} <> '' and not regexp_full_match({text}, {token})"
        elif _is_record_key(column):
            suspect = _SUSPECT_KEY
            tested = (
                f"select {text} as value from {relation} where length({text}) >= 12"
                f" or contains({text}, '@') or contains({text}, ' ')"
            )
        elif column.is_pseudonym:
            tested += f" where not starts_with({text}, 'l1-')"
        elif _takes_no_words(column):
            suspect = _SUSPECT_WORD
        parts.append(
            f"select distinct {literal(name)} as name, value from ({tested})"
            f" where regexp_matches(value, {literal(suspect)})"
            f" and not regexp_full_match(value, {literal(_OPAQUE_ID)})"
        )
    suspects = connection.execute(" union all ".join(parts)).fetchall()
    values: dict[tuple[str, str], list[str]] = {}
    for name, value in suspects:
        kind = kind_in_column(value, _column_of(table, name))
        if kind is not None:
            values.setdefault((kind, name), []).append(value)
    values |= _name_columns(connection, relation, table, columns)
    found = []
    for (kind, name), matching in sorted(values.items()):
        first, count = connection.execute(
            f"select min(delivery_row), count(*) from {relation}"
            f" where {quoted(name)} in (select unnest(?))",
            [matching],
        ).fetchall()[0]
        found.append(Identity(kind, name, first, count))
    return found


def scan_lines(
    connection: duckdb.DuckDBPyConnection, relation: str, *, is_json: bool
) -> list[Identity]:
    """Identities in lines (column `line`) outside any column.

    Lines that could not be read as rows (`structural` set), and with `is_json` elements of a
    resource that the contract does not know.
    """
    suspect = f"structural is not null and regexp_matches(line, {literal(_SUSPECT)})"
    if is_json:
        suspect = f"({suspect}) or regexp_matches(line, {literal(_SUSPECT_LINE)})"
    lines = connection.execute(
        f"select delivery_row, line from {relation} where {suspect} order by delivery_row"
    )
    found: dict[str, list[int]] = {}
    while batch := lines.fetchmany(_LINES_AT_ONCE):
        for row, line in batch:
            cells = {cell.strip(" :") for cell in _CELLS.split(line)}
            kinds = {kind_of_identity(c) for c in cells if not _OPAQUE.fullmatch(c)} - {None}
            for kind in kinds:
                found.setdefault(str(kind), []).append(row)
    return [Identity(kind, "line", rows[0], len(rows)) for kind, rows in sorted(found.items())]


def scan_birth_parts(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> list[Identity]:
    """Whole dates in `columns`, of any type but text, that hold a year or month of birth."""
    found = []
    for name in columns:
        if name not in _BIRTH_PARTS:
            continue
        first, count = connection.execute(
            f"select min(delivery_row), count(*) from {relation}"
            f" where regexp_matches({quoted(name)}::varchar, '[0-9]{{5}}|[0-9][/-][0-9]')"
        ).fetchall()[0]
        if count:
            found.append(Identity("exact birth date", name, first, count))
    return found


def scan_numbers(
    connection: duckdb.DuckDBPyConnection, relation: str, table: Table, columns: Sequence[str]
) -> list[Identity]:
    """NIR with a right key among the values of numeric `columns` of `relation`."""
    found = []
    low, high = _NIR_RANGE
    for name in columns:
        numbers = connection.execute(
            f"select distinct {quoted(name)}::bigint from {relation}"
            f" where {quoted(name)} between {low} and {high}"
        ).fetchall()
        matching = [n for (n,) in numbers if _has_nir(str(n), shape_suffices=False)]
        if matching:
            first, count = connection.execute(
                f"select min(delivery_row), count(*) from {relation}"
                f" where {quoted(name)} in (select unnest(?::bigint[]))",
                [matching],
            ).fetchall()[0]
            found.append(Identity("NIR", name, first, count))
    return found


@cache
def _frequent_names() -> frozenset[str]:
    """The most frequent family and given names of France (INSEE), as letters."""
    text = files("p4dp.intake").joinpath("frequent_names.csv").read_text(encoding="utf-8")
    return frozenset(row["name"] for row in csv.DictReader(text.splitlines()))


def is_personal_name(value: str) -> bool:
    """Is a value made of nothing but frequent names? (Alone, a word may mean something else.)"""
    words = letters(value).split()
    return 0 < len(words) <= 4 and all(word in _frequent_names() for word in words if len(word) > 1)


def _is_full_name(value: str) -> bool:
    """Two or more frequent names and nothing else."""
    return sum(len(word) > 2 for word in letters(value).split()) > 1 and is_personal_name(value)


def _name_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, table: Table, columns: Sequence[str]
) -> dict[tuple[str, str], list[str]]:
    """Columns in which names are no accident: several different ones, a good part of the words."""
    parts = []
    for name in columns:
        column = _column_of(table, name)
        if column is None or column.type != "string" or column.is_pseudonym:
            continue
        if column.key_position is not None or name in _BIRTH_PARTS:
            continue
        text = quoted(name)
        parts.append(
            f"(select distinct {literal(name)} as name, {text} as value from {relation}"
            f" where regexp_full_match({text}, {literal(_WORDS)}) limit 20000)"
        )
    if not parts:
        return {}
    words: dict[str, list[str]] = {}
    for name, value in connection.execute(" union all ".join(parts)).fetchall():
        column = _column_of(table, name)
        if column is not None and value not in column.accepted:
            words.setdefault(name, []).append(value)
    found = {}
    for name, texts in words.items():
        named = [text for text in texts if is_personal_name(text)]
        if len(named) >= _NAMES_AT_LEAST and len(named) >= _NAMES_SHARE * len(texts):
            found["personal name", name] = named
    return found


_BIRTH_PARTS = frozenset(
    {
        "annee_naissance", "mois_naissance", "birth_year", "birth_month",
        "BEN_NAI_ANN", "BEN_NAI_MOI",
    }
)  # fmt: skip


def _column_of(table: Table, name: str) -> Column | None:
    return next((c for c in table.columns if c.name == name), None)


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
        f" where contains(line, '@') and regexp_matches(line, {literal(_MAIL_VALUE.pattern)})"
    ).fetchall()[0]
    if mail[1]:
        found.append(Identity("e-mail address", "line", mail[0], mail[1]))
    return found
