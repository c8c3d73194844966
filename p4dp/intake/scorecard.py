"""The conformity kit: what a vendor learns from a delivery before sending it.

The verdict is the gate's own (`check_delivery`, the same code as intake); the
measures say how useful the accepted rows are. Nothing is written but the report.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from p4dp.boundary.coding import code_labels
from p4dp.contracts import Column, Table
from p4dp.duck import connect_plain, literal, quoted
from p4dp.intake import fhir
from p4dp.intake.check import DeliveryCheck, FileCheck, check_delivery
from p4dp.intake.package import is_archive, unpack

Verdict = Literal["accepted", "partially_accepted", "refused"]
Aspect = Literal["completeness", "values", "dates", "mapping", "texts", "units", "references"]

#: Shape of a code by its system: what can be told without the terminology itself.
CODE_SHAPES = {
    "http://loinc.org": r"[0-9]{1,5}-[0-9]",
    "http://hl7.org/fhir/sid/icpc-2": r"[A-Z][0-9]{2}(\|[A-Z][0-9]{2})*",
    "http://hl7.org/fhir/sid/icd-10": r"[A-Z][0-9]{2}(\.?[0-9A-Z+-]{1,4})?",
    "http://www.whocc.no/atc": r"[A-Z][0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?",
    "urn:oid:1.2.250.1.213.2.3.2": r"34009[0-9]{8}",
    "urn:oid:1.2.250.1.213.2.5": r"[A-Z]{4}[0-9]{3}",
}
#: Systems the platform maps; a coding of another system is kept and counted as unmapped.
MAPPED_SYSTEMS = (
    *CODE_SHAPES,
    "http://www.ansm.sante.fr/cip13",
    "urn:oid:1.2.250.1.213.2.3.1",
    "http://interop-sante.fr/CodeSystem/ccam",
)

_MOST_LABELS = 40
_RESULT_WITH_UNIT = r"[0-9]\s*[a-zA-Zµ%]"
_NUMERIC_RESULT = r"\s*[<>≤≥]?=?\s*[0-9]+([.,][0-9]+)?.*"


@dataclass(frozen=True)
class Measure:
    """One measure of a column: `share` of `count` rows that are as they should be (0..1).

    `expected` is the share that can be expected: the contract knows columns that are rightly
    empty in part of the rows (an end date, a date of death).
    """

    aspect: Aspect
    table: str
    column: str
    share: float
    count: int
    example: str | None = None
    example_row: int | None = None
    expected: float = 1.0

    @property
    def attained(self) -> float:
        """Share of what can be expected, 0..1."""
        return min(1.0, self.share / self.expected) if self.expected else 1.0


@dataclass(frozen=True)
class TableScore:
    """What the gate does with one file.

    FHIR types without a table of their own land with their codes and count as unmapped.
    """

    table: str
    file: str
    received: int
    accepted: int
    quarantined: int
    duplicate: int
    fault: str | None
    reasons: tuple[tuple[str, str | None, int, int], ...] = ()
    has_own_table: bool = True


@dataclass(frozen=True)
class IdentityScore:
    """An identity found: the delivery would be refused."""

    file: str
    kind: str
    column: str
    row: int | None
    count: int


@dataclass(frozen=True)
class Suggestion:
    """A local laboratory code of the delivery and the LOINC code its label seems to mean.

    For review: nothing is mapped by a suggestion. `code` is None where no synonym is near.
    """

    table: str
    column: str
    label: str
    count: int
    code: str | None
    confidence: float | None
    rule: str | None


@dataclass(frozen=True)
class Scorecard:
    """Everything a vendor is told of a delivery."""

    delivery_id: str
    source: str
    contract_version: str
    contract_status: str
    verdict: Verdict
    refusal: str | None
    tables: tuple[TableScore, ...]
    identities: tuple[IdentityScore, ...]
    measures: tuple[Measure, ...] = field(default=())
    suggestions: tuple[Suggestion, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @property
    def received(self) -> int:
        return sum(t.received for t in self.tables)

    @property
    def accepted(self) -> int:
        return sum(t.accepted for t in self.tables)

    def mean_share(self, aspect: Aspect) -> float | None:
        """Share of what can be expected over all rows measured; None when nothing was measured.

        Columns of which nothing is expected do not count.
        """
        chosen = [m for m in self.measures if m.aspect == aspect and m.expected]
        total = sum(m.count for m in chosen)
        return sum(m.attained * m.count for m in chosen) / total if total else None


def score_delivery(path: Path) -> Scorecard:
    """Check a delivery (folder or archive) as the gate would, and measure what it accepts.

    Raises P4dpError when the delivery has no usable manifest or contract.
    """
    with tempfile.TemporaryDirectory(prefix="p4dp-check-") as name:
        scratch = Path(name)
        folder = unpack(path, scratch / "unpacked") if is_archive(path) else path
        connection = connect_plain(scratch)
        try:
            check = check_delivery(connection, folder)
            return _score(connection, check)
        finally:
            connection.close()


def _score(connection: duckdb.DuckDBPyConnection, check: DeliveryCheck) -> Scorecard:
    faults = [f for f in check.files if f.fault is not None]
    verdict: Verdict = "accepted"
    if check.refusal is not None or (faults and len(faults) == len(check.files)):
        verdict = "refused"
    elif faults or check.quarantined:
        verdict = "partially_accepted"
    measures: list[Measure] = []
    suggestions: list[Suggestion] = []
    for file in check.files:
        if file.rows is not None and file.table is not None and file.accepted:
            measures += _measure(connection, check, file, file.table, file.rows)
            measures += _reference_measures(connection, check, file, file.table, file.rows)
            suggestions += _suggestions(connection, file, file.table, file.rows)
    return Scorecard(
        delivery_id=check.manifest.delivery_id,
        source=check.manifest.source,
        contract_version=check.contract.version,
        contract_status=check.contract.status,
        verdict=verdict,
        refusal=str(check.refusal) if check.refusal else None,
        tables=tuple(_table_score(connection, f) for f in check.files),
        identities=tuple(
            IdentityScore(path, i.kind, i.column, i.row, i.count) for path, i in check.identities
        ),
        measures=tuple(measures),
        suggestions=tuple(suggestions),
    )


def _table_score(connection: duckdb.DuckDBPyConnection, file: FileCheck) -> TableScore:
    reasons: list[tuple[str, str | None, int, int]] = []
    if file.rejects is not None:
        reasons = connection.execute(
            f"select reason, column_name, count(*)::bigint, min(delivery_row) from {file.rejects}"
            " group by all order by 3 desc, 1"
        ).fetchall()
    return TableScore(
        table=file.file.table,
        file=file.file.path,
        received=file.received,
        accepted=file.accepted,
        quarantined=file.quarantined,
        duplicate=file.duplicate,
        fault=str(file.fault) if file.fault else None,
        reasons=tuple(reasons),
        has_own_table=file.table is None or file.table.name != "other_resource",
    )


# --- measures ---------------------------------------------------------------------------------


def _ratio(
    connection: duckdb.DuckDBPyConnection,
    aspect: Aspect,
    table: str,
    column: str,
    rows: str,
    value: str,
    good: str,
    among: str = "true",
    expected: float = 1.0,
) -> Measure | None:
    """Share of rows of `rows` that are `good`, among those that count; the first bad example."""
    total, fine, example, row = connection.execute(
        "select count(*), count(*) filter (good), arg_min(value, delivery_row) filter (not good),"
        " min(delivery_row) filter (not good)"
        f" from (select delivery_row, {value}::varchar as value, coalesce({good}, false) as good"
        f" from {rows} where {among})"
    ).fetchall()[0]
    if not total:
        return None
    return Measure(aspect, table, column, fine / total, total, example, row, expected)


def _date_sql(check: DeliveryCheck, column: Column) -> str:
    name = quoted(column.name)
    pattern = check.contract.properties.get("dateFormat")
    if column.type != "string":
        return f"{name}::date"
    if pattern:
        return f"try_strptime({name}, {literal(pattern)})::date"
    return f"try_cast(left({name}, 10) as date)"


def _measure(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    file: FileCheck,
    table: Table,
    rows: str,
) -> list[Measure]:
    label = file.file.table
    found: list[Measure | None] = []
    for column in table.columns:
        name = quoted(column.name)
        present = f"{name} is not null"
        if column.is_sealed or column.key_position is not None:
            continue
        if not column.is_optional:
            found.append(
                _ratio(
                    connection, "completeness", label, column.name, rows, name, present,
                    expected=1.0 if column.expected_share is None else column.expected_share,
                )
            )  # fmt: skip
        if "none" in column.accepted:
            found.append(
                _ratio(
                    connection, "texts", label, column.name, rows, name, f"{name} <> 'none'",
                    present,
                )
            )  # fmt: skip
        elif column.accepted:
            listed = ", ".join(literal(v) for v in column.accepted)
            found.append(
                _ratio(
                    connection, "values", label, column.name, rows, name,
                    f"{name} in ({listed})", present,
                )
            )  # fmt: skip
        if column.holds_date:
            day = _date_sql(check, column)
            last = literal(check.manifest.period_end)
            found.append(
                _ratio(
                    connection, "dates", label, column.name, rows, name,
                    f"{day} between date '1900-01-01' and date {last}", present,
                )
            )  # fmt: skip
        shapes = [CODE_SHAPES[s] for s in column.code_systems if s in CODE_SHAPES]
        if shapes:
            found.append(
                _ratio(
                    connection, "mapping", label, column.name, rows, name,
                    f"regexp_full_match({name}, {literal('|'.join(shapes))})", present,
                )
            )  # fmt: skip
    found += _result_measures(connection, label, table, rows)
    found += _coding_measures(connection, label, table, file, rows)
    return [m for m in found if m is not None]


def _reference_measures(
    connection: duckdb.DuckDBPyConnection,
    check: DeliveryCheck,
    file: FileCheck,
    table: Table,
    rows: str,
) -> list[Measure]:
    """References of a full delivery whose target is in it; an orphan lands all the same."""
    if check.manifest.kind != "full":
        return []
    delivered = {f.table.name: f.rows for f in check.files if f.rows is not None and f.table}
    found = []
    for column in table.columns:
        target = check.contract.target_of(table, column)
        if target is None or target.name not in delivered:
            continue
        name, key = quoted(column.name), quoted(target.key[0])
        found.append(
            _ratio(
                connection, "references", file.file.table, column.name, rows, name,
                f"{name} in (select {key} from {delivered[target.name]})", f"{name} is not null",
            )
        )  # fmt: skip
    return [m for m in found if m is not None]


def _result_measures(
    connection: duckdb.DuckDBPyConnection, label: str, table: Table, rows: str
) -> list[Measure | None]:
    """Units of numeric results, in the shapes the vendors have."""
    names = {c.name for c in table.columns}
    if {"valeur", "unite", "attribut"} <= names:
        numeric = f"regexp_full_match(valeur, {literal(_NUMERIC_RESULT)})"
        among = f"attribut = 'valeur' and rubrique = 'BIOLOGIE' and {numeric}"
        mapped = "valeur <> 'LOCAL'"
        return [
            _ratio(connection, "units", label, "unite", rows, "valeur", "unite is not null", among),
            _ratio(
                connection, "mapping", label, "systeme", rows, "valeur", mapped,
                "attribut = 'systeme'",
            ),
        ]  # fmt: skip
    if "valeur" in names and any("http://loinc.org" in c.code_systems for c in table.columns):
        stated = f"regexp_matches(valeur, {literal(_RESULT_WITH_UNIT)})"
        if "unite" in names:
            stated = f"unite is not null or {stated}"
        numeric = f"regexp_full_match(valeur, {literal(_NUMERIC_RESULT)})"
        return [_ratio(connection, "units", label, "valeur", rows, "valeur", stated, numeric)]
    if {"value_number", "value_unit"} <= names:
        return [
            _ratio(
                connection, "units", label, "value_unit", rows, "value_number",
                "value_unit is not null", "value_number is not null",
            )
        ]  # fmt: skip
    return []


def _suggestions(
    connection: duckdb.DuckDBPyConnection, file: FileCheck, table: Table, rows: str
) -> list[Suggestion]:
    """Local laboratory codes, most frequent first, with what their labels seem to mean."""
    names = {c.name for c in table.columns}
    loinc = next((c.name for c in table.columns if "http://loinc.org" in c.code_systems), None)
    if {"valeur", "attribut"} <= names:
        column, local = "valeur", "attribut = 'libelle_local'"
    elif loinc is not None:
        column = loinc
        shape = literal(CODE_SHAPES["http://loinc.org"])
        local = f"not regexp_full_match({quoted(loinc)}, {shape})"
    else:
        return []
    found = connection.execute(
        f"select {quoted(column)}, count(*) from {rows} where {local}"
        f" and {quoted(column)} is not null group by 1 order by 2 desc, 1 limit {_MOST_LABELS}"
    ).fetchall()
    codings = code_labels([label for label, _ in found], "lab")
    return [
        Suggestion(
            file.file.table, column, label, count,
            coding.code if coding else None,
            coding.confidence if coding else None,
            coding.rule if coding else None,
        )
        for (label, count), coding in zip(found, codings, strict=True)
    ]  # fmt: skip


def _coding_measures(
    connection: duckdb.DuckDBPyConnection, label: str, table: Table, file: FileCheck, rows: str
) -> list[Measure | None]:
    """Share of a resource's main codings whose system the platform maps."""
    if "code" not in table.codings:
        return []
    query = fhir.coding_query(table, file.file.table, rows)
    systems = ", ".join(literal(s) for s in MAPPED_SYSTEMS)
    return [
        _ratio(
            connection, "mapping", label, "code", f"({query})",
            "code_system || ' ' || code", f"code_system in ({systems})", "element = 'code'",
        )
    ]  # fmt: skip
