"""Any two frames in one shape: which column means what, and each value in a comparable form.

Columns are recognised by their usual names (English or French); an explicit mapping wins. Columns
that look like the answer (`person_id`, `cluster_id`, `true_id`…) are never used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from p4dp.errors import P4dpError

# role -> usual column names, after lower-casing, removing accents and joining words with "_"
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("rec_id", "record_id", "unique_id", "id", "num_patient", "dossier_id", "patient_id"),
    "key": (
        "soc_sec_id", "ssn", "social_security_number", "nir", "ins", "ins_matricule",
        "matricule_ins", "nhs_number", "national_id", "nir_pseudo", "numero_secu",
    ),
    "surname": (
        "surname", "last_name", "lastname", "family_name", "birth_name", "birth_surname",
        "nom_naissance", "nom_de_naissance", "nom_famille", "nom_de_famille", "nom", "sname",
        "lname", "nom_patronymique",
    ),
    "usual_surname": (
        "usual_surname", "usual_name", "nom_usage", "nom_d_usage", "nom_usuel", "married_name",
        "nom_marital",
    ),
    "given_name": (
        "given_name", "first_name", "firstname", "forename", "prenom", "given", "fname",
        "premier_prenom", "first_names", "given_names", "forenames", "prenoms",
    ),
    "other_given_names": (
        "middle_name", "middle_names", "other_given_names", "second_name", "autres_prenoms",
        "given_names", "first_names", "forenames", "prenoms",
    ),
    "full_name": ("full_name", "fullname", "nom_complet", "name"),
    "date_of_birth": (
        "date_of_birth", "dob", "birth_date", "birthdate", "date_naissance",
        "date_de_naissance", "ddn", "naissance", "date_nais", "birthday",
    ),
    "birth_year": ("birth_year", "year_of_birth", "annee_naissance", "yob"),
    "birth_month": ("birth_month", "month_of_birth", "mois_naissance", "mob"),
    "birth_day": ("birth_day", "day_of_birth", "jour_naissance"),
    "birth_place": (
        "birth_place", "place_of_birth", "birthplace", "lieu_naissance_insee", "lieu_naissance",
        "commune_naissance", "birth_commune", "birth_place_code",
    ),
    "sex": ("sex", "gender", "sexe", "genre"),
    "phone": (
        "phone", "phone_number", "telephone", "tel", "mobile", "phone_num", "mobile_phone",
        "telephone_mobile", "portable",
    ),
    "email": ("email", "e_mail", "mail", "courriel", "email_address", "adresse_email"),
    "postcode": (
        "postcode", "post_code", "postal_code", "zip", "zip_code", "zipcode", "code_postal",
        "cp", "postcode_fake",
    ),
    "city": (
        "suburb", "city", "town", "commune_insee", "commune_code", "code_commune", "commune",
        "ville", "municipality", "locality",
    ),
    "street_number": ("street_number", "house_number", "numero_voie", "street_num"),
    "street": (
        "address", "address_1", "address1", "street", "street_name", "adresse",
        "street_address", "address_line_1", "voie", "adresse_1",
    ),
    "street_2": ("address_2", "address2", "address_line_2", "adresse_2", "complement_adresse"),
}  # fmt: skip

IDENTIFYING = (
    "key", "surname", "given_name", "full_name", "date_of_birth", "birth_year", "phone", "email",
    "postcode", "city", "street",
)  # fmt: skip

# columns of the standard table, all text; null where the frame has no such value
STANDARD_COLUMNS = (
    "surname", "usual_surname", "given_name", "given_words", "surname_words", "birth_date",
    "birth_place", "sex", "phone", "email", "postcode", "city", "street_number", "street",
    "street_words", "record_key", "surname_sound", "given_sound",
)  # fmt: skip

Frame = Any  # pandas DataFrame, pyarrow Table, DuckDB relation, or the path of a CSV/Parquet file


def normalised_header(name: str) -> str:
    """`" Date de naissance"` -> `date_de_naissance`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.strip().lower()).strip("_")


def detect_columns(
    headers: Sequence[str], columns: Mapping[str, str] | None = None
) -> dict[str, str]:
    """role -> header of the frame. `columns` (role -> header) wins; a role may be set to "" (none).

    Errors: an unknown role, a named column that is not there, or nothing to link on.
    """
    chosen: dict[str, str] = {}
    explicit = dict(columns or {})
    by_name: dict[str, str] = {}
    for header in headers:
        by_name.setdefault(normalised_header(header), header)
    for role, header in explicit.items():
        if role not in SYNONYMS:
            raise P4dpError(
                f"Unknown role {role!r} in the column mapping",
                expected=f"one of {', '.join(SYNONYMS)}",
            )
        if not header:
            continue
        found = header if header in headers else by_name.get(normalised_header(header))
        if found is None:
            raise P4dpError(
                f"The frame has no column {header!r} for {role}",
                column=header,
                expected=f"one of {', '.join(map(repr, headers))}",
            )
        chosen[role] = found
    for role, names in SYNONYMS.items():
        if role in explicit:
            continue
        for name in names:
            usual = by_name.get(name)
            if usual is not None and usual not in chosen.values():
                chosen[role] = usual
                break
    if not any(role in chosen for role in IDENTIFYING):
        raise P4dpError(
            "No column of the frame says who a record is about",
            expected="a name, a birth date, a number, an address… under a usual name",
            remedy="name them: columns={'surname': 'my_column', …}",
        )
    return chosen


def read_frame(con: duckdb.DuckDBPyConnection, frame: Frame, name: str) -> list[str]:
    """Register `frame` as the view or table `name`; return its headers."""
    if isinstance(frame, str | Path):
        path = Path(frame)
        if not path.exists():
            raise P4dpError("There is no such file", file=path)
        quoted = str(path).replace("'", "''")
        reader = (
            f"read_parquet('{quoted}')"
            if path.suffix == ".parquet"
            else f"read_csv('{quoted}', all_varchar = true, header = true)"
        )
        con.execute(f"create or replace temp table {name} as from {reader}")
    elif isinstance(frame, duckdb.DuckDBPyRelation):
        con.register(f"{name}_arrow", frame.to_arrow_table())
        con.execute(f"create or replace temp table {name} as from {name}_arrow")
        con.unregister(f"{name}_arrow")
    else:
        if isinstance(frame, pd.DataFrame):
            frame = _with_index(frame)
        con.register(f"{name}_frame", frame)
        con.execute(f"create or replace temp table {name} as from {name}_frame")
        con.unregister(f"{name}_frame")
    return [row[0] for row in con.execute(f"describe {name}").fetchall()]


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """The index as column `rec_id`, where it is the identifier (as public benchmarks give it)."""
    names = {normalised_header(str(column)) for column in frame.columns}
    is_plain = isinstance(frame.index, pd.RangeIndex) or not frame.index.is_unique
    if is_plain or names & set(SYNONYMS["id"]):
        return frame
    return frame.reset_index(names=str(frame.index.name or "rec_id"))


def standardise(
    con: duckdb.DuckDBPyConnection,
    frame: Frame,
    name: str,
    columns: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Make the table `name`: record_no (0…), record_id, then STANDARD_COLUMNS as text.

    Text is upper-case ASCII words; dates are `YYYYMMDD` with zeros for unknown parts (impossible
    days are kept: they are typing errors, and still similar); phones keep their last nine digits.
    Returns the roles found (role -> header).

    Errors: see `detect_columns`; an identifier that is repeated or empty.
    """
    raw = f"{name}_raw"
    headers = read_frame(con, frame, raw)
    roles = detect_columns(headers, columns)

    def text(role: str) -> str:
        if role not in roles:
            return "null::varchar"
        header = roles[role].replace('"', '""')
        return f"nullif(regexp_replace(trim(\"{header}\"::varchar), '\\.0$', ''), '')"

    def words(expression: str) -> str:
        return (
            f"nullif(trim(regexp_replace(upper(strip_accents({expression})), "
            f"'[^A-Z0-9]+', ' ', 'g')), '')"
        )

    def letters(expression: str) -> str:
        return (
            f"nullif(trim(regexp_replace(upper(strip_accents({expression})), "
            f"'[^A-Z]+', ' ', 'g')), '')"
        )

    def parts(expression: str) -> str:
        return (
            f"nullif(list_distinct(list_filter(string_split({expression}, ' '), "
            "lambda word: length(word) > 2)), [])"
        )

    surname, given = text("surname"), text("given_name")
    if "full_name" in roles and "surname" not in roles and "given_name" not in roles:
        whole = letters(text("full_name"))
        given = f"regexp_extract({whole}, '^\\S+')"
        surname = f"nullif(trim(regexp_replace({whole}, '^\\S+', '')), '')"
    record_id = text("id") if "id" in roles else "(rowid)::varchar"
    con.execute(
        f"""
        create or replace temp table {name} as
        with raw as (
            select
                {record_id} as record_id,
                {letters(surname)} as birth_surname,
                {letters(text("usual_surname"))} as usual_surname,
                {letters(given)} as given_name,
                {letters(text("other_given_names"))} as other_given_names,
                {birth_date_sql(con, raw, roles)} as birth_date,
                {words(text("birth_place"))} as birth_place,
                case
                    when regexp_matches(upper({text("sex")}), '^(M|H|1)') then 'M'
                    when regexp_matches(upper({text("sex")}), '^(F|W|2)') then 'F'
                end as sex,
                right(nullif(regexp_replace({text("phone")}, '\\D', '', 'g'), ''), 9) as phone,
                lower({text("email")}) as email,
                {words(text("postcode"))} as postcode,
                {words(text("city"))} as city,
                {words(text("street_number"))} as house,
                {words(f"concat_ws(' ', {text('street')}, {text('street_2')})")} as way,
                {words(text("key"))} as record_key
            from {raw}
        )
        select
            row_number() over (order by record_id) - 1 as record_no,
            record_id,
            coalesce(birth_surname, usual_surname) as surname,
            usual_surname,
            given_name,
            {parts("concat_ws(' ', given_name, other_given_names)")} as given_words,
            {parts("concat_ws(' ', birth_surname, usual_surname)")} as surname_words,
            * exclude (
                record_id, birth_surname, usual_surname, given_name, other_given_names, house, way
            ),
            coalesce(house, nullif(regexp_extract(way, '^\\d+'), '')) as street_number,
            nullif(trim(regexp_replace(way, '^\\d+', '')), '') as street,
            {sound_sql("coalesce(birth_surname, usual_surname)")} as surname_sound,
            {sound_sql("given_name")} as given_sound,
            {parts("way")} as street_words
        from raw
        """
    )
    total, named, distinct = con.execute(
        f"select count(*), count(record_id), count(distinct record_id) from {name}"
    ).fetchall()[0]
    if named < total or distinct < named:
        raise P4dpError(
            f"{total - distinct} records have an empty or repeated identifier",
            column=roles.get("id"),
            expected="one identifier per record",
            remedy="name another column: columns={'id': …}, or {'id': ''} to number the rows",
        )
    con.execute(f"drop table {raw}")
    return roles


def sound_sql(expression: str) -> str:
    """How a name sounds, roughly, in French: first letter and the consonants that follow."""
    steps = (
        ("PH", "F"), ("[CQ]U?([AOU])", "K\\1"), ("QU|CK|CH", "K"), ("[SZ]|C([EIY])", "S"),
        ("[JG]([EI])", "J"), ("W", "V"), ("[HY ]", ""),
    )  # fmt: skip
    sound = f"upper(strip_accents({expression}))"
    for pattern, replacement in steps:
        sound = f"regexp_replace({sound}, '{pattern}', '{replacement}', 'g')"
    # vowels carry least; one letter stands for a run of itself
    first = f"left({sound}, 1)"
    rest = f"regexp_replace(substr({sound}, 2), '[AEIOU]', '', 'g')"
    for letter in "LNTRSMPFDKBGVJ":
        rest = f"regexp_replace({rest}, '{letter}{{2,}}', '{letter}', 'g')"
    return f"nullif(left({first} || {rest}, 5), '')"


def birth_date_sql(con: duckdb.DuckDBPyConnection, raw: str, roles: Mapping[str, str]) -> str:
    """An expression giving `YYYYMMDD` from whatever the frame holds about the birth date."""

    def quoted(role: str) -> str:
        header = roles[role].replace('"', '""')
        return f"regexp_replace(trim(\"{header}\"::varchar), '\\.0$', '')"

    def padded(expression: str, width: int) -> str:
        return f"lpad(coalesce(nullif({expression}, ''), '0'), {width}, '0')"

    if "date_of_birth" in roles:
        text = quoted("date_of_birth")
        # day first unless the column itself says otherwise
        month_first = con.execute(
            f"select coalesce(max(try_cast(part[1] as integer)) <= 12 "
            f"and max(try_cast(part[2] as integer)) > 12, false) "
            f"from (select regexp_extract_all({text}, '\\d+') as part from {raw} "
            f"where regexp_matches({text}, '^\\d{{1,2}}[-/. ]\\d{{1,2}}[-/. ]\\d{{4}}'))"
        ).fetchall()[0][0]
        day, month = ("2", "1") if month_first else ("1", "2")
        apart = "^(\\d{1,2})[-/. ](\\d{1,2})[-/. ](\\d{4})"
        iso = "^(\\d{4})[-/. ](\\d{1,2})[-/. ](\\d{1,2})"

        def piece(pattern: str, group: str, width: int) -> str:
            return padded(f"regexp_extract({text}, '{pattern}', {group})", width)

        return f"""case
            when regexp_matches({text}, '^(1[89]|20)\\d{{6}}$') then {text}
            when regexp_matches({text}, '^\\d{{4}}(1[89]|20)\\d{{2}}$')
                then substr({text}, 5, 4) || substr({text}, 3, 2) || substr({text}, 1, 2)
            when regexp_matches({text}, '^\\d{{8}}$') then {text}
            when regexp_matches({text}, '{iso}')
                then {piece(iso, "1", 4)} || {piece(iso, "2", 2)} || {piece(iso, "3", 2)}
            when regexp_matches({text}, '{apart}')
                then {piece(apart, "3", 4)} || {piece(apart, month, 2)} || {piece(apart, day, 2)}
            when regexp_matches({text}, '^\\d{{4}}[-/.]\\d{{1,2}}$')
                then left({text}, 4) || {padded(f"substr({text}, 6)", 2)} || '00'
            when regexp_matches({text}, '^\\d{{4}}$') then {text} || '0000'
        end"""
    if "birth_year" in roles:
        month = padded(quoted("birth_month"), 2) if "birth_month" in roles else "'00'"
        day = padded(quoted("birth_day"), 2) if "birth_day" in roles else "'00'"
        return f"nullif({padded(quoted('birth_year'), 4)} || {month} || {day}, '00000000')"
    return "null::varchar"
