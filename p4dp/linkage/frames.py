"""Any two frames in one shape: which column means what, and each value in a comparable form.

Columns are recognised by their usual names (English, French, and the commonest
Spanish, German, Italian, Portuguese and Dutch ones); an explicit mapping wins. Columns
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
    "id": ("rec_id", "record_id", "unique_id", "id", "num_patient", "dossier_id", "patient_id",
        "num_dossier", "numero_historia", "n_historia", "patientennummer",
    ),
    "key": (
        "soc_sec_id", "ssn", "social_security_number", "nir", "ins", "ins_matricule",
        "matricule_ins", "nhs_number", "national_id", "nir_pseudo", "numero_secu",
        "dni", "nif", "codice_fiscale", "bsn", "cpf", "sozialversicherungsnummer",
    ),
    "surname": (
        "surname", "last_name", "lastname", "family_name", "birth_name", "birth_surname",
        "nom_naissance", "nom_de_naissance", "nom_famille", "nom_de_famille", "nom", "sname",
        "lname", "nom_patronymique", "lname_c1", "last", "family", "maiden_name", "nom_jeune_fille",
        "apellidos", "apellido", "primer_apellido", "apellido_1", "apellido1", "nachname",
        "familienname", "geburtsname", "cognome", "sobrenome", "apelido", "achternaam",
    ),
    "usual_surname": (
        "usual_surname", "usual_name", "nom_usage", "nom_d_usage", "nom_usuel", "married_name",
        "nom_marital",
        "nom_epouse", "ehename",
    ),
    "given_name": (
        "given_name", "first_name", "firstname", "forename", "prenom", "given", "fname",
        "premier_prenom", "first_names", "given_names", "forenames", "prenoms", "fname_c1",
        "first", "prenom_1",
        "nombre", "vorname", "rufname", "nome", "voornaam", "primer_nombre", "primeiro_nome",
    ),
    "other_given_names": (
        "middle_name", "middle_names", "other_given_names", "second_name", "autres_prenoms",
        "given_names", "first_names", "forenames", "prenoms", "fname_c2", "middle", "midl_name",
        "prenom_2",
    ),
    "full_name": ("full_name", "nom_complet", "name", "person_name", "patient_name",
        "first_and_surname",
        "nombre_completo", "nombre_y_apellidos", "nome_completo", "naam",
    ),
    "date_of_birth": (
        "date_of_birth", "dob", "birth_date", "birthdate", "date_naissance",
        "date_de_naissance", "ddn", "naissance", "date_nais", "birthday",
        "fecha_nacimiento", "fecha_de_nacimiento", "fecha_nac", "geburtsdatum", "gebdat",
        "data_nascita", "data_di_nascita", "data_nascimento", "data_de_nascimento",
        "geboortedatum", "date_birth", "birth_dt", "bdate",
    ),
    "birth_year": ("birth_year", "year_of_birth", "annee_naissance", "yob", "by",
        "geburtsjahr", "ano_nacimiento", "anno_nascita", "ano_nascimento",
    ),
    "birth_month": ("birth_month", "month_of_birth", "mois_naissance", "mob", "bm",
        "geburtsmonat", "mes_nacimiento", "mese_nascita",
    ),
    "birth_day": ("birth_day", "day_of_birth", "jour_naissance", "bd",
        "geburtstag", "dia_nacimiento", "giorno_nascita",
    ),
    "birth_place": (
        "birth_place", "place_of_birth", "birthplace", "lieu_naissance_insee", "lieu_naissance",
        "commune_naissance", "birth_commune", "birth_place_code",
        "lugar_nacimiento", "geburtsort", "luogo_nascita", "luogo_di_nascita",
    ),
    "sex": ("sex", "gender", "sexe", "genre",
        "geschlecht", "sesso", "sexo", "geslacht", "genero",
    ),
    "phone": (
        "phone", "phone_number", "telephone", "tel", "mobile", "phone_num", "mobile_phone",
        "telephone_mobile", "portable",
        "telefono", "telefon", "telefoon", "telefone", "celular", "movil", "handy", "tfno", "cell",
        "telefonnummer",
    ),
    "email": ("email", "e_mail", "mail", "courriel", "email_address", "adresse_email",
        "correo", "correo_electronico",
    ),
    "postcode": (
        "postcode", "post_code", "postal_code", "zip", "zip_code", "zipcode", "code_postal",
        "cp", "postcode_fake",
        "codigo_postal", "plz", "postleitzahl", "cap",
    ),
    "city": (
        "suburb", "city", "town", "commune_insee", "commune_code", "code_commune", "commune",
        "ville", "municipality", "locality",
        "municipio", "ciudad", "localidad", "stadt", "ort", "wohnort", "citta", "comune", "cidade",
        "plaats", "woonplaats", "gemeente",
    ),
    "street_number": ("street_number", "house_number", "numero_voie", "street_num",
        "hausnummer", "hausnr", "numero_civico",
    ),
    "street": (
        "address", "address_1", "address1", "street", "street_name", "adresse",
        "street_address", "address_line_1", "voie", "adresse_1",
        "direccion", "domicilio", "calle", "strasse", "strae", "anschrift", "indirizzo", "via",
        "endereco", "morada", "straat", "adres",
    ),
    "street_2": ("address_2", "address2", "address_line_2", "adresse_2", "complement_adresse"),
}  # fmt: skip

NUMBERS = frozenset({"key", "birth_place", "sex", "phone", "postcode", "city", "street_number"})
IDENTIFYING = (
    "key", "surname", "given_name", "full_name", "date_of_birth", "birth_year", "phone", "email",
    "postcode", "city", "street",
)  # fmt: skip

# a year of two digits up to this one is of this century
CENTURY = 29
WRITTEN_DATES = "'%d %b %Y', '%d %B %Y', '%b %d, %Y', '%B %d, %Y', '%d-%b-%Y', '%d-%b-%y'"

# what pandas finds in a column of objects that DuckDB reads as it is
PLAIN_KINDS = frozenset(
    {"string", "empty", "date", "datetime", "integer", "floating", "boolean", "decimal"}
)

Frame = Any  # pandas DataFrame, pyarrow Table, DuckDB relation, or the path of a CSV/Parquet file


def normalised_header(name: str) -> str:
    """`" Date de naissance"` -> `date_de_naissance`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.strip().lower()).strip("_")


def _joined_header(name: str) -> str:
    """`dateOfBirth`, `Date_of_Birth` -> `dateofbirth`."""
    return normalised_header(name).replace("_", "")


def _core_header(name: str) -> str:
    """`patient_first_name_l` -> `first_name`: what is said of the whole row is left out."""
    plain = normalised_header(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))
    plain = re.sub(r"^(patient|person|client|individual|customer|beneficiary)_", "", plain)
    return re.sub(r"_(l|r|a|b|x|y|left|right|clean|std)$", "", plain)


def detect_columns(
    headers: Sequence[str], columns: Mapping[str, str] | None = None
) -> dict[str, str]:
    """role -> header of the frame. `columns` (role -> header) wins; a role may be set to "" (none).

    Errors: an unknown role, a named column that is not there, or nothing to link on.
    """
    chosen: dict[str, str] = {}
    explicit = dict(columns or {})
    by_name: dict[str, str] = {}
    for spelling in (normalised_header, _joined_header, _core_header):
        for header in headers:
            by_name.setdefault(spelling(header), header)
    for role, named in explicit.items():
        header = "" if named is None else str(named)
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
        for name in (*names, *(name.replace("_", "") for name in names)):
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
    # rows without an identifier are numbered: their order is kept while they are read
    con.execute("set preserve_insertion_order = true")
    try:
        _copy_frame(con, frame, name)
    finally:
        con.execute("set preserve_insertion_order = false")
    return [row[0] for row in con.execute(f"describe {name}").fetchall()]


def _copy_frame(con: duckdb.DuckDBPyConnection, frame: Frame, name: str) -> None:
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
        return
    if isinstance(frame, duckdb.DuckDBPyRelation):
        frame = frame.to_arrow_table()
    elif isinstance(frame, pd.DataFrame):
        frame = _plain_frame(frame)
    con.register(f"{name}_frame", frame)
    con.execute(f"create or replace temp table {name} as from {name}_frame")
    con.unregister(f"{name}_frame")


def _plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as DuckDB reads it: unique text headers, mixed values as text, the index a column.

    The index becomes `rec_id` where it is the identifier (as public benchmarks give it). Of columns
    of one name the first counts.
    """
    frame = frame.copy(deep=False)
    if isinstance(frame.columns, pd.MultiIndex):
        frame.columns = ["_".join(map(str, header)).strip("_") for header in frame.columns]
    frame.columns = [str(header) for header in frame.columns]
    frame = frame.loc[:, ~frame.columns.str.lower().duplicated()]
    names = {normalised_header(header) for header in frame.columns}
    index = frame.index
    is_counter = isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1
    if isinstance(index, pd.MultiIndex) or is_counter or not index.is_unique:
        frame = frame.reset_index(drop=True)
    elif names & set(SYNONYMS["id"]):
        frame = frame.reset_index(drop=True)
    else:
        named = str(index.name) if normalised_header(str(index.name)) in SYNONYMS["id"] else ""
        frame = frame.reset_index(names=named or "rec_id")
    for position, header in enumerate(frame.columns):
        column = frame.iloc[:, position]
        if isinstance(column.dtype, pd.CategoricalDtype):
            frame[header] = column.astype(object)
        elif column.dtype == object:
            if pd.api.types.infer_dtype(column, skipna=True) not in PLAIN_KINDS:
                frame[header] = column.map(str, na_action="ignore")
    return frame


def standardise(
    con: duckdb.DuckDBPyConnection,
    frame: Frame,
    name: str,
    columns: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Make the table `name`: record_no (0…), record_id (as in the frame), a column per trait.

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
        plain = f'trim("{header}"::varchar)'
        if role in NUMBERS:  # whole numbers that pandas read as decimals
            plain = f"(case when {plain} like '%.0' then left({plain}, -2) else {plain} end)"
        return f"nullif({plain}, '')"

    def words(expression: str) -> str:
        plain = _plain_sql(expression)
        return f"nullif(trim(regexp_replace({plain}, '[^\\p{{L}}0-9]+', ' ', 'g')), '')"

    def letters(expression: str) -> str:
        plain = _plain_sql(expression)
        return f"nullif(trim(regexp_replace({plain}, '[^\\p{{L}}]+', ' ', 'g')), '')"

    surname, given = text("surname"), text("given_name")
    if "full_name" in roles and "surname" not in roles and "given_name" not in roles:
        whole = letters(text("full_name"))
        # "Martin, Anne" or "Anne Martin"
        comma = f"{text('full_name')} like '%,%'"
        parts = [f"split_part({text('full_name')}, ',', {place})" for place in (1, 2)]
        given = f"case when {comma} then {parts[1]} else regexp_extract({whole}, '^\\S+') end"
        surname = f"case when {comma} then {parts[0]} else regexp_replace({whole}, '^\\S+', '') end"
    record_id = _identifier_sql(con, raw, roles["id"]) if "id" in roles else "rowid"
    con.execute(
        f"""
        create or replace temp table {name} as
        with plain as (
            select
                {record_id} as record_id,
                {letters(surname)} as birth_surname,
                {letters(text("usual_surname"))} as usual_surname,
                {letters(given)} as given_name,
                {letters(text("other_given_names"))} as other_given_names,
                {birth_date_sql(con, raw, roles)} as birth_date,
                {words(text("birth_place"))} as birth_place,
                {_sex_sql(con, raw, text("sex"))} as sex,
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
            * exclude (house),
            coalesce(birth_surname, usual_surname) as surname,
            coalesce(house, nullif(regexp_extract(way, '^\\d+'), '')) as street_number,
            nullif(trim(regexp_replace(way, '^\\d+', '')), '') as street,
            try_cast(substr(birth_date, 1, 4) as smallint) as birth_year,
            try_cast(substr(birth_date, 5, 2) as smallint) as birth_month,
            try_cast(substr(birth_date, 7, 2) as smallint) as birth_day
        from plain
        """
    )
    con.execute(f"drop table {raw}")
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
    return roles


def derive(con: duckdb.DuckDBPyConnection, query: str, name: str) -> None:
    """Make the table `name`: the standard records of `query` with what is compared besides.

    Words, marks and sounds are made for the records that are compared, not for all that come.
    """
    con.execute(
        f"""
        create or replace temp table {name} as
        with chosen as ({query}),
        sounded as (
            select word, {sound_sql("word")} as sound
            from (select surname as word from chosen union select given_name from chosen)
            where word is not null
        ),
        worded as (
            select
                *,
                {words_of("given_name", "other_given_names")} as given_words,
                {words_of("birth_surname", "usual_surname")} as surname_words,
                {words_of("way")} as street_words
            from chosen
        )
        select
            worded.*,
            surname_sound.sound as surname_sound,
            given_sound.sound as given_sound,
            {_marks("surname_words")} as surname_marks,
            {_marks("given_words")} as given_marks,
            {_marks("street_words")} as street_marks
        from worded
        left join sounded as surname_sound on surname_sound.word = worded.surname
        left join sounded as given_sound on given_sound.word = worded.given_name
        """
    )


def _plain_sql(expression: str) -> str:
    """SQL: upper case without accents; the letters that are two elsewhere written as two."""
    plain = f"upper(strip_accents({expression}))"
    spelled = plain
    for letter, usual in (("Œ", "OE"), ("Æ", "AE"), ("ß", "SS"), ("ẞ", "SS"), ("Ø", "O"),
                          ("Ł", "L"), ("Đ", "D")):  # fmt: skip
        spelled = f"replace({spelled}, '{letter}', '{usual}')"
    return f"(case when strlen({plain}) = length({plain}) then {plain} else {spelled} end)"


def _sex_sql(con: duckdb.DuckDBPyConnection, raw: str, text: str) -> str:
    """SQL: `M` or `F` from words, letters or figures.

    A lone M is a woman's where H stands for men (mujer) and no letter for women is used; a lone V
    is a woman's where M stands for men (vrouw).
    """
    has_h, has_m, has_f = con.execute(
        f"select coalesce(bool_or({text} ilike 'h'), false), "
        f"coalesce(bool_or({text} ilike 'm'), false), "
        f"coalesce(bool_or(regexp_matches(upper({text}), '^(F|W|2)')), false) from {raw}"
    ).fetchall()[0]
    women = "MUJ|MUL|F|W|DON|DAM|VR|GIRL|2"
    if has_h and has_m and not has_f:
        women += "|M$"
    elif has_m and not has_f:
        women += "|V$"
    return (
        f"case when regexp_matches(upper({text}), '^({women})') then 'F' "
        f"when regexp_matches(upper({text}), '^(M|H|1|V|UOM|BOY)') then 'M' end"
    )


def words_of(*columns: str) -> str:
    """SQL: the words of more than two letters of one or several columns."""
    text = f"concat_ws(' ', {', '.join(columns)})"
    return (
        f"nullif(list_distinct(list_filter(string_split({text}, ' '), "
        "lambda word: length(word) > 2)), [])"
    )


def _marks(column: str) -> str:
    return f"list_bit_or(list_transform({column}, lambda word: 1::ubigint << (hash(word) % 64)))"


def _identifier_sql(con: duckdb.DuckDBPyConnection, raw: str, header: str) -> str:
    """The identifier in its own type: text trimmed, whole numbers read as decimals made whole."""
    quoted = '"' + header.replace('"', '""') + '"'
    kind = con.execute(f"select any_value(typeof({quoted})) from {raw}").fetchall()[0][0] or ""
    if kind == "VARCHAR":
        return f"nullif(trim({quoted}), '')"
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"bool_and({quoted} is null or isnan({quoted}) or {quoted} = floor({quoted}))"
        if con.execute(f"select coalesce({whole}, false) from {raw}").fetchall()[0][0]:
            return f"(case when not isnan({quoted}) then {quoted}::bigint end)"
    if kind.startswith(("ENUM", "UUID")) or not kind or "[" in kind or "(" in kind:
        return f"nullif(trim({quoted}::varchar), '')"
    return quoted


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
        plain = f'trim("{header}"::varchar)'
        return f"(case when {plain} like '%.0' then left({plain}, -2) else {plain} end)"

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
        short = "^(\\d{1,2})[-/. ](\\d{1,2})[-/. ](\\d{2})$"
        iso = "^(\\d{4})[-/. ](\\d{1,2})[-/. ](\\d{1,2})"

        def piece(pattern: str, group: str, width: int) -> str:
            return padded(f"regexp_extract({text}, '{pattern}', {group})", width)

        return f"""case
            when regexp_matches({text}, '^\\d{{4}}-\\d\\d-\\d\\d')
                then replace(left({text}, 10), '-', '')
            when regexp_matches({text}, '^(1[89]|20)\\d{{6}}$') then {text}
            when regexp_matches({text}, '^\\d{{4}}(1[89]|20)\\d{{2}}$')
                then substr({text}, 5, 4) || substr({text}, 3, 2) || substr({text}, 1, 2)
            when regexp_matches({text}, '^\\d{{8}}$') then {text}
            when regexp_matches({text}, '{iso}')
                then {piece(iso, "1", 4)} || {piece(iso, "2", 2)} || {piece(iso, "3", 2)}
            when regexp_matches({text}, '{apart}')
                then {piece(apart, "3", 4)} || {piece(apart, month, 2)} || {piece(apart, day, 2)}
            when regexp_matches({text}, '{short}')
                then (case when {piece(short, "3", 2)}::int <= {CENTURY} then '20' else '19' end)
                    || {piece(short, "3", 2)} || {piece(short, month, 2)} || {piece(short, day, 2)}
            when regexp_matches({text}, '[A-Za-z]')
                then strftime(try_strptime({text}, [{WRITTEN_DATES}]), '%Y%m%d')
            when regexp_matches({text}, '^\\d{{4}}[-/.]\\d{{1,2}}$')
                then left({text}, 4) || {padded(f"substr({text}, 6)", 2)} || '00'
            when regexp_matches({text}, '^\\d{{4}}$') then {text} || '0000'
        end"""
    if "birth_year" in roles:
        month = padded(quoted("birth_month"), 2) if "birth_month" in roles else "'00'"
        day = padded(quoted("birth_day"), 2) if "birth_day" in roles else "'00'"
        return f"nullif({padded(quoted('birth_year'), 4)} || {month} || {day}, '00000000')"
    return "null::varchar"
