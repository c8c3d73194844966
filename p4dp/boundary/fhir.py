"""Pseudonymisation of FHIR R4: bulk export NDJSON and transaction or collection bundles.

A resource leaves with the elements its contract names and nothing else: the paths
of the columns and of the codings are the list of what may pass. Displays, texts,
extensions and contained notes stay; a text without any code is coded where it says plainly
what it means, and the coding leaves in its place with confidence and rule. A type without
a table of its own leaves with its id, status, first date, patient and all its codings, so
that none is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from p4dp.boundary.coding import IS_CODE, Kind, load_codings
from p4dp.boundary.export import Export
from p4dp.boundary.identities import protect
from p4dp.boundary.keys import BoundaryKeys
from p4dp.boundary.pseudonyms import level1_many
from p4dp.boundary.results import result_sql
from p4dp.boundary.tokens import BLOCK_FIELDS, SEALED_FIELDS
from p4dp.contracts import Contract, Table
from p4dp.duck import literal, quoted
from p4dp.errors import P4dpError

MAX_RESOURCE_BYTES = 64 * 1024 * 1024

_NIR_SYSTEMS = ("urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.9")
_EXTENSION = re.compile(r"extension\((.+)\)")
_ABOUT_STAFF = ("Practitioner", "PractitionerRole")
_EXTENSION_VALUES = {"int": "valueInteger", "boolean": "valueBoolean", "double": "valueDecimal"}
#: How a column of a coded text is made: kind, path of the text, part, path of the codings.
_CODED = re.compile(r"coded\((\w+), (\S+), (\w+), (\S+)\)")
_KINDS: dict[str, Kind] = {"problem": "problem", "lab": "lab", "drug": "drug"}
_SYSTEM_URIS = {
    "CISP-2": "http://hl7.org/fhir/sid/icpc-2",
    "CIM-10": "http://hl7.org/fhir/sid/icd-10",
    "LOINC": "http://loinc.org",
    "ATC": "http://www.whocc.no/atc",
}


def looks_like_fhir(raw: Path) -> bool:
    """Does the folder (or file) hold FHIR bundles or NDJSON?"""
    return bool(_resource_files(raw))


def _resource_files(raw: Path) -> list[Path]:
    if raw.is_file():
        return [raw]
    suffixes = (".ndjson", ".ndjson.gz", ".json", ".json.gz")
    return sorted(
        path
        for path in raw.iterdir()
        if path.is_file() and path.name.endswith(suffixes) and path.name != "export.json"
    )


def _read_resources(connection: duckdb.DuckDBPyConnection, raw: Path, contract: Contract) -> None:
    """Fill `resource(type, own_id, patient_id, practitioner_id, resource_date, body)`.

    From every file; bundles give their entries. Deletions of bulk exports (bundles of DELETE
    requests) fill `deletion(table_name, record_id)`. Each document is parsed and stored once.
    """
    connection.execute(
        "create table resource (type varchar, own_id varchar, patient_id varchar,"
        " practitioner_id varchar, resource_date varchar, body json)"
    )
    for path in _resource_files(raw):
        layout = "newline_delimited" if ".ndjson" in path.name else "unstructured"
        read = (
            f"(select json as body from read_json_objects({literal(path)}, format='{layout}',"
            f" maximum_object_size={MAX_RESOURCE_BYTES}))"
        )
        try:
            connection.execute(f"insert into resource {_referring(read, contract)}")
        except duckdb.Error:
            # The engine's message may quote the document: it is not repeated.
            raise P4dpError(
                "Not readable as FHIR JSON", file=path, remedy="Export the file again."
            ) from None
    connection.execute(
        """
        create table entry as
        select unnest(json_extract(body, '$.entry[*]')) as entry
        from resource where type = 'Bundle'
        """
    )
    connection.execute("delete from resource where type = 'Bundle'")
    inside = (
        "(select entry->'$.resource' as body from entry where (entry->'$.resource') is not null)"
    )
    connection.execute(f"insert into resource {_referring(inside, contract)}")
    connection.execute(
        """
        create table deletion as
        select split_part(entry->>'$.request.url', '/', 1) as table_name,
            split_part(entry->>'$.request.url', '/', 2) as record_id
        from entry where (entry->>'$.request.method') = 'DELETE'
        """
    )
    connection.execute("drop table entry")
    unnamed = connection.execute(
        "select count(*) from resource where type is null or own_id is null"
    ).fetchall()[0][0]
    if unnamed:
        raise P4dpError(
            f"{unnamed} resources have no resourceType or no id",
            file=raw,
            remedy="Export again: a record without an id cannot be corrected or deleted later.",
        )


def _referring(relation: str, contract: Contract) -> str:
    """Query of the documents `body` of a relation, with what each says of itself and others."""
    other = contract.table("other_resource")
    places = _Places()
    kind, own = places.text("$.resourceType"), places.text("$.id")
    staff = places.first_text(
        (
            "$.participant[0].individual.identifier.value",
            "$.participant[0].individual.reference",
            "$.requester.identifier.value",
            "$.requester.reference",
        )
    )
    staff_types = ", ".join(literal(t) for t in _ABOUT_STAFF)
    patient = places.first_text(_paths(other, "patient_pseudo"))
    dated = places.first_text(_paths(other, "resource_date"))
    return f"""
        select {kind}, {own}, {_local(patient)},
            case when {kind} in ({staff_types}) then {own} else {_local(staff)} end,
            left({dated}, 10), body
        from {places.located(relation)}
    """


def _local(reference: str) -> str:
    """The id at the end of `Patient/x` or `urn:uuid:x`."""
    return f"nullif(regexp_extract({reference}, '([^/:]+)$', 1), '')"


class _Places:
    """Places of a resource that a query looks at; each resource is parsed once for all of them.

    `text` and `json` give SQL expressions over the columns `texts` and `pieces`, which `located`
    adds to a relation.
    """

    def __init__(self) -> None:
        self._texts: dict[str, int] = {}
        self._pieces: dict[str, int] = {}

    def text(self, path: str) -> str:
        return f"texts[{self._texts.setdefault(path, len(self._texts) + 1)}]"

    def first_text(self, paths: tuple[str, ...]) -> str:
        """The first of several paths that holds something."""
        return "coalesce(" + ", ".join(map(self.text, paths)) + ", null)"

    def json(self, path: str) -> str:
        return f"pieces[{self._pieces.setdefault(path, len(self._pieces) + 1)}]"

    def located(self, relation: str) -> str:
        """The relation with `texts` and `pieces`; called last."""
        texts, pieces = (
            "[" + ", ".join(literal(path) for path in paths) + "]" if paths else "['$']"
            for paths in (self._texts, self._pieces)
        )
        return (
            f"(select *, json_extract_string(body, {texts}) as texts,"
            f" json_extract(body, {pieces}) as pieces from {relation})"
        )


def _paths(table: Table, column: str) -> tuple[str, ...]:
    found = table.column(column)
    return ((found.path,) if found.path else ()) + found.alternatives


def _extension_value(url: str, where: str, value: str) -> str:
    """A value of the first extension whose url ends with `url`."""
    found = (
        f"list_filter(json_extract({where}, '$.extension[*]'),"
        f" lambda e: suffix(e->>'$.url', {literal(url)}))[1]"
    )
    return f"({found}->>{literal(value)})"


def _named(use: str, path: str) -> str:
    """A part of the patient's name of that use, else of the first name without use."""
    return (
        "(list_filter(json_extract(body, '$.name[*]'), lambda n: "
        f"coalesce(n->>'$.use', 'official') = '{use}')[1]->>'{path}')"
    )


def _identity_query() -> str:
    """Identities of Patient resources (FR Core) as the text columns `protect` reads."""
    systems = ", ".join(literal(s) for s in _NIR_SYSTEMS)
    insee = "fr-core-address-insee-code"
    birth_place = (
        "list_filter(json_extract(body, '$.extension[*]'),"
        " lambda e: suffix(e->>'$.url', 'patient-birthPlace'))[1]->'$.valueAddress'"
    )
    given = (
        "array_to_string(list_transform(json_extract(list_filter(json_extract(body, '$.name[*]'),"
        " lambda n: coalesce(n->>'$.use', 'official') = 'official')[1], '$.given[*]'),"
        " lambda g: (g->>'$')), ' ')"
    )
    registration = (
        "list_filter(json_extract(body, '$.extension[*]'),"
        " lambda e: suffix(e->>'$.url', 'StructureDefinition/registration'))[1]"
    )
    declared = _extension_value("declared", registration, "$.valueBoolean")
    commune = _extension_value(insee, "(body->'$.address[0]')", "$.valueCoding.code")
    by_practice = "(body->'$.generalPractitioner') is not null"
    return f"""
        select
            (body->>'$.id') as local_id,
            try_cast(body->>'$.birthDate' as date)::varchar as birth_date,
            try_cast(left(body->>'$.birthDate', 4) as integer) as year_only,
            {_named("official", "$.family")} as birth_name,
            {_named("usual", "$.family")} as usual_name,
            nullif({given}, '') as first_names,
            (body->>'$.gender') as sex,
            list_filter(json_extract(body, '$.identifier[*]'),
                lambda i: (i->>'$.system') in ({systems}))[1]->>'$.value' as nir,
            coalesce({_extension_value(insee, birth_place, "$.valueCoding.code")},
                {birth_place}->>'$.city') as birth_place,
            list_filter(json_extract(body, '$.telecom[*]'),
                lambda t: (t->>'$.system') = 'phone')[1]->>'$.value' as phone,
            (body->>'$.gender') as gender,
            {commune} as commune_code,
            (body->>'$.deceasedDateTime') as deceased_date,
            coalesce({declared} = 'true', {by_practice}) as is_declared,
            {_extension_value("start", registration, "$.valueDate")} as registration_start,
            {_extension_value("end", registration, "$.valueDate")} as registration_end
        from resource where type = 'Patient'
        qualify row_number() over (partition by (body->>'$.id') order by body) = 1
    """


# --- building JSON in SQL ---------------------------------------------------------------------


def _insert(tree: dict, path: str, leaf: str) -> None:
    """Put a leaf expression at a JSON path; `[*]` and `[0]` make one-element lists."""
    node = tree
    parts = path.removeprefix("$.").split(".")
    for part in parts[:-1]:
        node = node.setdefault(part, {})
    node[parts[-1]] = leaf


def _render(tree: dict | str) -> str:
    """SQL of the JSON text of the tree's leaves that are not null; null when none is.

    Text is put together, no document is built: that took most of the time.
    """
    if isinstance(tree, str):
        return f"to_json({tree})::varchar"
    members = []
    for part, child in tree.items():
        name, _, index = part.partition("[")
        value = _render(child)
        if index and not isinstance(child, str):
            value = f"'[' || {value} || ']'"
        start = literal(f'"{name}":')
        members.append(f"{start} || {value}")
    return f"'{{' || nullif(concat_ws(',', {', '.join(members)}), '') || '}}'"


def _coding(of: str) -> str:
    return f"json_object('system', {of}->>'$.system', 'code', {of}->>'$.code')"


#: The elements of a coding that may leave.
_CODING = '{"system": "VARCHAR", "code": "VARCHAR"}'


def _codings(path: str, places: _Places) -> str:
    """JSON array of the codings at a path (system and code only); null when there is none."""
    at, *inner = path.split("[*]")
    found = places.json(at)
    if inner == []:
        return f"case when ({found}->>'$.code') is not null then {_coding(found)} end"
    if inner == [""]:
        listed = f"from_json({found}, {literal('[' + _CODING + ']')})"
    elif inner == [".coding", ""]:
        shape = literal('[{"coding": [' + _CODING + "]}]")
        concepts = f"from_json({found}, {shape})"
        listed = f"flatten(list_transform({concepts}, lambda c: c.coding))"
    else:
        listed = (
            f"list_transform(json_extract({found}, {literal(path.replace(at, '$', 1))}),"
            f" lambda c: {_coding('c')})"
        )
    return f"case when len({listed}) > 0 then to_json({listed}) end"


def _component_codings(path: str) -> str:
    """The codings of a component `c`."""
    found = f"json_extract(c, {literal(path)})"
    listed = f"list_transform({found}, lambda d: {_coding('d')})"
    return f"case when len({found}) > 0 then to_json({listed}) end"


def _component(places: _Places) -> str:
    """Components of an observation: code, quantity, coded value."""
    quantity = "(c->'$.valueQuantity')"
    body = _render(
        {
            "code": {"coding[*]": _component_codings("$.code.coding[*]")},
            "valueQuantity": {
                "value": f"{quantity}->'$.value'",
                "comparator": f"{quantity}->>'$.comparator'",
                "code": f"coalesce({quantity}->>'$.code', {quantity}->>'$.unit')",
            },
            "valueCodeableConcept": {
                "coding[*]": _component_codings("$.valueCodeableConcept.coding[*]")
            },
        }
    )
    found = places.json("$.component")
    listed = f"list_transform(json_extract({found}, '$[*]'), lambda c: ({body})::json)"
    return f"case when {found} is not null then to_json({listed}) end"


@dataclass(frozen=True)
class _CodedText:
    """Where a resource type has a text to code: kind of text, its path, its codings' path."""

    kind: str
    text: str
    codings: str

    def label(self, places: _Places) -> str:
        return f"trim({places.text(self.text)})"

    def applies(self, places: _Places) -> str:
        """SQL: there is a text, and no coding with a code."""
        label = self.label(places)
        coded = f"json_extract({places.json(self.codings)}, '$[*].code')"
        return (
            f"coalesce({label} <> ''"
            f" and not regexp_full_match({label}, {literal(IS_CODE[self.kind])})"
            f" and coalesce(len(list_filter({coded}, lambda c: (c->>'$') is not null)), 0) = 0,"
            " false)"
        )


def _coded_text(table: Table) -> _CodedText | None:
    """What the contract says of coding the texts of a resource type; None: nothing."""
    for column in table.columns:
        call = _CODED.fullmatch(column.logic or "")
        if call is not None:
            kind, text, _, codings = call.groups()
            return _CodedText(kind, text, codings)
    return None


def _code_texts(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Tables `coded_<type>` (label, system as URI, code, confidence, rule) of the coded texts."""
    connection.execute("create table system_uri (system varchar, uri varchar)")
    connection.executemany("insert into system_uri values (?, ?)", list(_SYSTEM_URIS.items()))
    for table in contract.tables:
        coded = _coded_text(table)
        if coded is None:
            continue
        places = _Places()
        label, applies = coded.label(places), coded.applies(places)
        kind = literal(table.raw_name)
        labels = connection.execute(
            f"select distinct {label}"
            f" from {places.located(f'(from resource where type = {kind})')} where {applies}"
        ).fetchall()
        load_codings(
            connection, f"coded_{table.name}", [label for (label,) in labels], _KINDS[coded.kind]
        )


def _resource_query(table: Table) -> str:
    """Scrubbed resources of a type with a table of its own, from its contract's paths."""
    coded_text = _coded_text(table)
    places = _Places()
    tree: dict = {"resourceType": literal(table.raw_name), "id": places.text("$.id")}
    coded = [path.removesuffix(".coding[*]").removesuffix("[*]") for path in table.codings.values()]
    for column in table.columns:
        path = column.path
        if path is None or path == "$.id" or path.startswith("extension("):
            continue
        if any(path.replace("[0]", "").startswith(prefix.replace("[*]", "")) for prefix in coded):
            continue
        if column.name == "patient_pseudo":
            leaf = "'Patient/' || patient_pseudo"
        elif column.name == "practitioner_pseudo":
            leaf = "'Practitioner/' || practitioner_pseudo"
        elif path.endswith(".reference"):
            local = _local(places.text(path))
            leaf = f"{literal(column.name.removesuffix('_id').title())} || '/' || {local}"
        elif column.type in ("double", "int"):
            leaf = places.json(path)
        elif path == "$.valueString":
            leaf = result_sql(places.text(path))
        else:
            leaf = places.first_text((path, *column.alternatives))
        _insert(tree, path, leaf)
    has_component = False
    for path in table.codings.values():
        if path.startswith("$.component"):
            has_component = True
        elif coded_text is not None and path == coded_text.codings + "[*]":
            found = "json_array(json_object('system', u.uri, 'code', t.code))"
            _insert(
                tree,
                path,
                f"case when {coded_text.applies(places)} then"
                f" case when t.code is not null then {found} end"
                f" else {_codings(path, places)} end",
            )
        else:
            _insert(tree, path, _codings(path, places))
    if has_component:
        tree["component"] = _component(places)
    joined = ""
    if coded_text is not None:
        joined = (
            f" left join {quoted(f'coded_{table.name}')} as t"
            f" on t.label = {coded_text.label(places)} and {coded_text.applies(places)}"
            " left join system_uri as u on u.system = t.system"
        )
        tree["extension"] = _text_extensions(table, coded_text, places)
    line = _render(tree)
    resources = places.located(f"(from linked where type = {literal(table.raw_name)})")
    return f"select {line} as line from {resources}{joined}"


def _text_extensions(table: Table, coded_text: _CodedText, places: _Places) -> str:
    """JSON array: confidence and rule of a coded text; null where there was none to code."""
    values = []
    for column in table.columns:
        call, place = _CODED.fullmatch(column.logic or ""), _EXTENSION.fullmatch(column.path or "")
        if call is None or place is None:
            continue
        value = "coalesce(t.rule, 'none')" if call.group(3) == "rule" else f"t.{call.group(3)}"
        member = _EXTENSION_VALUES.get(column.type, "valueString")
        values.append(
            f"case when {value} is not null then"
            f" json_object('url', {literal(place.group(1))}, '{member}', {value}) end"
        )
    listed = f"list_filter([{', '.join(values)}], lambda e: e is not null)"
    return f"case when {coded_text.applies(places)} then to_json({listed}) end"


def _other_query(kind: str) -> str:
    """Scrubbed resources of a type without a table: id, status, date, patient, all codings."""
    tree = {
        "resourceType": literal(kind),
        "id": "coalesce(practitioner_pseudo, (body->>'$.id'))"
        if kind in _ABOUT_STAFF
        else "(body->>'$.id')",
        "status": "case when json_type(body, '$.status') = 'VARCHAR' then (body->>'$.status') end",
        "subject": {"reference": "'Patient/' || patient_pseudo"},
        "date": "resource_date",
        "coding": "codings",
    }
    return f"""
        with numbered as (
            select *, row_number() over () as number from linked where type = {literal(kind)}
        ),
        tree as (
            select number, t.id as position, t.value as coding,
                regexp_replace(regexp_replace(t.path, '\\[[0-9]+\\]', '', 'g'),
                    '^\\$\\.|\\.coding$', '', 'g') as element
            from numbered, json_tree(body) as t
            where t.type = 'OBJECT' and not regexp_matches(t.fullkey, '\\.meta\\b|xtension\\b')
                and (suffix(t.path, '.coding') or ((t.value->>'$.code') is not null
                    and (t.value->>'$.system') is not null and (t.value->'$.value') is null))
        ),
        listed as (
            select number, to_json(list(json_object('element', element,
                'system', (coding->>'$.system'), 'code', (coding->>'$.code')) order by position))
                as codings
            from tree group by number
        )
        select {_render(tree)} as line
        from numbered left join listed using (number)
    """


def _patient_query(table: Table) -> str:
    """Patient resources rebuilt from what `protect` returned: no identity has a place in them."""
    values = []
    for column in table.columns:
        call = _EXTENSION.fullmatch(column.path or "")
        if call is None:
            continue
        member = _EXTENSION_VALUES.get(column.type, "valueString")
        source = {"int": "i.", "boolean": "i."}.get(column.type, "i.")
        expression = f"{source}{quoted(column.name)}"
        extension = f"json_object('url', {literal(call.group(1))}, '{member}', {expression})"
        values.append(f"case when {expression} is not null then {extension} end")
    extensions = f"list_filter([{', '.join(values)}], lambda e: e is not null)"
    body = _render(
        {
            "resourceType": "'Patient'",
            "id": "i.patient_pseudo",
            "gender": "i.gender",
            "deceasedDateTime": "i.deceased_date",
            "extension": f"to_json({extensions})",
        }
    )
    return f"select {body} as line from patient_out as i order by i.patient_pseudo"


def pseudonymise_fhir(
    connection: duckdb.DuckDBPyConnection,
    raw: Path,
    out: Path,
    contract: Contract,
    export: Export,
    keys: BoundaryKeys,
) -> list[tuple[str, str, str, int]]:
    """Write `<Resource>.ndjson` files into `out`; returns the manifest's file list."""
    _read_resources(connection, raw, contract)
    _link(connection, export, keys)
    _code_texts(connection, contract)
    tables = {t.raw_name: t for t in contract.tables if t.derived_from is None}
    kinds = [
        row[0]
        for row in connection.execute("select distinct type from resource order by type").fetchall()
    ]
    files = []
    for kind in kinds:
        if kind == "Patient":
            query = _patient_query(tables[kind])
        elif kind in tables:
            query = _resource_query(tables[kind]) + " order by line"
        else:
            query = _other_query(kind) + " order by line"
        files.append(_write_lines(connection, query, out, f"{kind}.ndjson", kind))
    deleted = connection.execute("select count(*) from deletion").fetchall()[0][0]
    if deleted:
        query = """
            select json_object('table_name', table_name, 'record_id',
                case when table_name = 'Patient' then p.pseudo else record_id end)::varchar as line
            from deletion left join pseudonym as p
                on p.purpose = 'patient' and p.value = record_id order by line
        """
        files.append(_write_lines(connection, query, out, "suppression.ndjson", "suppression"))
    return files


def _link(connection: duckdb.DuckDBPyConnection, export: Export, keys: BoundaryKeys) -> None:
    """Protect the patients and attach pseudonyms to every resource (table `linked`)."""
    connection.execute(f"create table identity as {_identity_query()}")
    identities = connection.execute("select * from identity").to_arrow_table()
    protected = protect(identities, export.practice_id, keys)
    connection.register("protected_in", protected)
    tokens = [f"p.sealed_{f}" for f in SEALED_FIELDS] + [f"p.block_{f}" for f in BLOCK_FIELDS]
    connection.execute(
        f"""
        create table patient_out as
        select p.patient_pseudo, coalesce(p.birth_year, i.year_only) as birth_year, p.birth_month,
            i.gender, i.commune_code, i.deceased_date, i.is_declared, i.registration_start,
            i.registration_end, p.nir_pseudo, p.nir_status, p.traits_pseudo, p.return_token,
            {", ".join(tokens)}
        from identity as i join protected_in as p using (local_id)
        """
    )
    connection.unregister("protected_in")
    connection.execute("create table pseudonym (purpose varchar, value varchar, pseudo varchar)")
    for purpose, query in (
        (
            "patient",
            "select patient_id from resource union select local_id from identity union"
            " select record_id from deletion where table_name = 'Patient'",
        ),
        ("practitioner", "select practitioner_id from resource"),
    ):
        values = [row[0] for row in connection.execute(query).fetchall() if row[0] is not None]
        parts = [values] if purpose != "patient" else [[export.practice_id] * len(values), values]
        connection.register(
            "learned",
            pa.table(
                {
                    "value": pa.array(values, pa.string()),
                    "pseudo": pa.array(level1_many(keys.level1, purpose, *parts), pa.string()),
                }
            ),
        )
        connection.execute(
            f"insert into pseudonym select distinct '{purpose}', value, pseudo from learned"
        )
        connection.unregister("learned")
    connection.execute(
        """
        create view linked as
        select r.type, r.body, r.resource_date,
            p.pseudo as patient_pseudo, s.pseudo as practitioner_pseudo
        from resource as r
        left join pseudonym as p on p.purpose = 'patient' and p.value = r.patient_id
        left join pseudonym as s on s.purpose = 'practitioner' and s.value = r.practitioner_id
        """
    )


def _write_lines(
    connection: duckdb.DuckDBPyConnection, query: str, out: Path, name: str, table: str
) -> tuple[str, str, str, int]:
    """Write a query's column `line` as one line per row."""
    written = connection.execute(
        f"copy ({query}) to {literal(out / name)}"
        " (format csv, header false, delimiter '\x1f', quote '', escape '')"
    ).fetchall()
    return name, table, "ndjson", int(written[0][0])


def period_of(
    connection: duckdb.DuckDBPyConnection, raw: Path, contract: Contract
) -> tuple[str, str, bool]:
    """First and last day of the encounters in `raw`; do the records say they are synthetic?"""
    _read_resources(connection, raw, contract)
    start, end = connection.execute(
        """
        select min(left(body->>'$.period.start', 10)),
            max(left(coalesce(body->>'$.period.end', (body->>'$.period.start')), 10))
        from resource where type = 'Encounter'
        """
    ).fetchall()[0]
    synthetic = connection.execute(
        "select count(*) > 0 from resource where type = 'Patient'"
        " and contains(body::varchar, 'synthea')"
    ).fetchall()[0][0]
    for name in ("resource", "deletion"):
        connection.execute(f"drop table {name}")
    if start is None:
        raise P4dpError(
            "No encounter with a period: the period of the export is unknown",
            file=raw,
            remedy="Add an export.json that names vendor, practice and period.",
        )
    return start, end, bool(synthetic)
