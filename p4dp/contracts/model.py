"""Contracts as typed values, read from Open Data Contract Standard files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from p4dp.errors import P4dpError

DEFINITIONS = Path(__file__).parent / "definitions"

#: Physical types a contract may use, with the DuckDB type each lands as.
LANDING_TYPES: Mapping[str, str] = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}


@dataclass(frozen=True)
class Column:
    """One column of a delivered table.

    `classification` is `pseudonym` (level 1 in a delivery, level 2 in landing),
    `sealed` (goes to the vault, never to landing) or None. `logic` says how the
    boundary makes the column from the raw export; `landing_name` is the column
    of the current contract that it lands as. An optional column may be absent from
    a delivered file. `expected_share` is the share of rows (0..1) in which a value can be
    expected: an end date or a date of death is rightly empty in most rows. `result_words`
    are answers of this vendor that may leave where the column is made by `result(…)`. A column of
    several attributes `may_hold_dates` among other values.
    """

    name: str
    type: str
    description: str
    required: bool = False
    key_position: int | None = None
    classification: str | None = None
    logic: str | None = None
    accepted: tuple[str, ...] = ()
    unit: str | None = None
    code_systems: tuple[str, ...] = ()
    path: str | None = None
    alternatives: tuple[str, ...] = ()
    landing_name: str = ""
    examples: tuple[str, ...] = ()
    is_optional: bool = False
    expected_share: float | None = None
    result_words: tuple[str, ...] = ()
    may_hold_dates: bool = False

    @property
    def is_pseudonym(self) -> bool:
        return self.classification == "pseudonym"

    @property
    def is_sealed(self) -> bool:
        return self.classification == "sealed"

    @property
    def holds_date(self) -> bool:
        """A date or time, dates written as text included."""
        return self.type in ("date", "timestamp") or (
            self.type == "string"
            and (self.name.startswith("date_") or self.name.endswith(("_date", "_start", "_end")))
        )

    @property
    def sql_type(self) -> str:
        return LANDING_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One delivered table: `raw_name` in the export, `format` of its file in a delivery.

    `identities` names, for each field of an identity, the raw columns that hold it; the first
    one that is filled counts.
    """

    name: str
    raw_name: str
    format: str
    description: str
    columns: tuple[Column, ...]
    required_for: tuple[str, ...] = ()
    identities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    free_text: tuple[str, ...] = ()
    free_text_attributes: tuple[str, ...] = ()
    derived_from: str | None = None
    codings: Mapping[str, str] = field(default_factory=dict)
    has_unique_key: bool = True

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the record key's columns, in order."""
        keyed = [c for c in self.columns if c.key_position is not None]
        return tuple(c.name for c in sorted(keyed, key=lambda c: c.key_position or 0))

    @property
    def identity_columns(self) -> tuple[str, ...]:
        """Raw columns that hold an identity, sorted."""
        return tuple(sorted({raw for listed in self.identities.values() for raw in listed}))

    @property
    def landing_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if not c.is_sealed)

    @property
    def sealed_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.is_sealed)


@dataclass(frozen=True)
class Contract:
    """One source (a vendor, or the SNDS) in one version."""

    source: str
    version: str
    title: str
    status: str
    purpose: str
    usage: str
    limitations: str
    tables: tuple[Table, ...]
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_internal(self) -> bool:
        return bool(self.properties.get("internal", False))

    def table(self, name: str) -> Table:
        """The table of that name; raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(name)

    def has_table(self, name: str) -> bool:
        return any(table.name == name for table in self.tables)

    def target_of(self, table: Table, column: Column) -> Table | None:
        """The table whose record key a column refers to; None when it refers to none.

        A column refers to the table whose whole key has its name (`num_consultation`), else, when
        it is called `<table>_id`, to that table (`encounter_id` of FHIR resources).
        """
        if table.key == (column.name,) or column.path == "$.id":
            return None
        for target in self.tables:
            if target.name != table.name and target.key == (column.name,):
                return target
        name = column.name.removesuffix("_id")
        if name not in (column.name, table.name) and self.has_table(name):
            return self.table(name)
        return None


def _custom(node: Mapping[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in node.get("customProperties", ())}


def _accepted(node: Mapping[str, Any]) -> tuple[str, ...]:
    for rule in node.get("quality", ()):
        if rule.get("metric") == "invalidValues":
            return tuple(str(v) for v in rule["arguments"]["validValues"])
    return ()


def _share(name: str, value: Any) -> float | None:
    """An expected share of the contract, refused outside 0..1."""
    if value is not None and not 0 <= float(value) <= 1:
        raise P4dpError(f"expectedShare {value!r} in a contract", column=name, expected="0 to 1")
    return None if value is None else float(value)


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _column(node: Mapping[str, Any]) -> Column:
    custom = _custom(node)
    if node["physicalType"] not in LANDING_TYPES:
        raise P4dpError(
            f"Unknown physicalType {node['physicalType']!r} in a contract",
            column=node["name"],
            expected=", ".join(LANDING_TYPES),
        )
    return Column(
        name=node["name"],
        type=node["physicalType"],
        description=node.get("description", ""),
        required=bool(node.get("required", False)),
        key_position=node.get("primaryKeyPosition") if node.get("primaryKey") else None,
        classification=node.get("classification"),
        logic=node.get("transformLogic"),
        accepted=_accepted(node),
        unit=custom.get("unit"),
        code_systems=tuple(custom.get("codeSystems", ())),
        path=custom.get("path"),
        alternatives=tuple(custom.get("alternatives", ())),
        landing_name=custom.get("landsAs", node["name"]),
        examples=tuple(str(e) for e in node.get("examples", ())),
        is_optional=bool(custom.get("optional", False)),
        expected_share=_share(node["name"], custom.get("expectedShare")),
        may_hold_dates=bool(custom.get("mayHoldDates", False)),
        result_words=tuple(custom.get("resultWords", ())),
    )


def _table(node: Mapping[str, Any]) -> Table:
    custom = _custom(node)
    return Table(
        name=node["name"],
        raw_name=node["physicalName"],
        format=node["physicalType"],
        description=node.get("description", ""),
        columns=tuple(_column(p) for p in node["properties"]),
        required_for=tuple(custom.get("requiredFor", ())),
        identities={k: _several(v) for k, v in custom.get("identities", {}).items()},
        free_text=tuple(custom.get("freeText", ())),
        free_text_attributes=tuple(custom.get("freeTextAttributes", ())),
        derived_from=custom.get("derivedFrom"),
        codings=dict(custom.get("codings", {})),
        has_unique_key=bool(custom.get("uniqueKey", True)),
    )


def read_contract(path: Path) -> Contract:
    """Read one contract file; raises P4dpError when it is not an ODCS data contract."""
    node = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(node, dict) or node.get("kind") != "DataContract":
        raise P4dpError("Not a data contract", file=path, expected="kind: DataContract")
    text = node.get("description", {})
    return Contract(
        source=node["name"],
        version=str(node["version"]),
        title=str(node.get("dataProduct", node["name"])),
        status=node["status"],
        purpose=text.get("purpose", ""),
        usage=text.get("usage", ""),
        limitations=text.get("limitations", ""),
        tables=tuple(_table(t) for t in node["schema"]),
        properties=_custom(node),
    )


def delimiter_of(contract: Contract) -> str:
    """What separates the fields of the contract's CSV files."""
    return str(contract.properties.get("delimiter", ";"))


def _version_key(contract: Contract) -> tuple[int, ...]:
    return tuple(int(part) for part in contract.version.split("."))


@cache
def _all_contracts() -> tuple[Contract, ...]:
    found = [read_contract(path) for path in sorted(DEFINITIONS.glob("*/*.yaml"))]
    return tuple(sorted(found, key=lambda c: (c.source, _version_key(c))))


def load_contracts() -> tuple[Contract, ...]:
    """All contracts of delivered sources, by source and ascending version."""
    return tuple(c for c in _all_contracts() if not c.is_internal)


def internal_contracts() -> tuple[Contract, ...]:
    """Tables the platform writes for itself and dbt reads as sources."""
    return tuple(c for c in _all_contracts() if c.is_internal)


def sources() -> tuple[str, ...]:
    """Names of the delivered sources."""
    return tuple(dict.fromkeys(c.source for c in load_contracts()))


def current_contract(source: str) -> Contract:
    """The highest version of a source: its shape is the shape of landing."""
    versions = [c for c in _all_contracts() if c.source == source]
    if not versions:
        raise P4dpError(f"Unknown source {source!r}", expected=", ".join(sources()))
    return versions[-1]


def contract_for(source: str, version: str) -> Contract:
    """The contract of that source and version; raises P4dpError when there is none."""
    known = [c for c in load_contracts() if c.source == source]
    if not known:
        raise P4dpError(
            f"Unknown source {source!r}",
            expected=f"one of {', '.join(sources())}",
            remedy="Name the vendor as in its contract, or add a contract for it.",
        )
    for contract in known:
        if contract.version == version:
            return contract
    raise P4dpError(
        f"Unknown contract version {version!r} of {source}",
        expected=f"one of {', '.join(c.version for c in known)}",
        remedy="Deliver under a published contract version, or add its contract file.",
    )
