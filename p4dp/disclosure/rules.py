"""The rules of each released table, read from `published.yml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from p4dp.errors import P4dpError

RULES_FILE = Path(__file__).with_name("published.yml")


@dataclass(frozen=True)
class Nested:
    """Populations within others, by a slice column: inner value → outer value.

    `total_only`: the totals are nested, the parts count different things.
    """

    column: str
    pairs: dict[str, str]
    total_only: bool = False


@dataclass(frozen=True)
class Block:
    """Counts shown or hidden together; the meaning of each field is in `published.yml`."""

    name: str
    parts: tuple[str, ...]
    hides: tuple[str, ...]
    total: str | None = None
    within: str | None = None
    slice: tuple[str, ...] | None = None
    nested: tuple[Nested, ...] = ()
    units: str | None = None
    units_add_up_where: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Follows:
    """Rows shown only where a block of another table's row is shown."""

    table: str
    block: str
    hides: tuple[str, ...]


@dataclass(frozen=True)
class TableRule:
    """How one released table is protected."""

    table: str
    slice: tuple[str, ...]
    level: str
    code: str
    open: tuple[str, ...]
    blocks: tuple[Block, ...]
    follows: Follows | None = None
    stock_date: str | None = None

    @property
    def cell(self) -> tuple[str, ...]:
        """What makes one place's series: the keys without the date of a stock."""
        return tuple(key for key in self.keys if key != self.stock_date)

    @property
    def keys(self) -> tuple[str, ...]:
        """The grain of the table."""
        return (*self.slice, self.level, self.code)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the rule knows; any other is withheld."""
        hidden = [name for block in self.blocks for name in block.hides]
        if self.follows:
            hidden += self.follows.hides
        return (*self.keys, *self.open, *dict.fromkeys(hidden))


def load_rules(path: Path = RULES_FILE) -> dict[str, TableRule]:
    """Rules by table name, in the order of the file (a table follows only earlier ones)."""
    document: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules: dict[str, TableRule] = {}
    for table, entry in document.items():
        try:
            rule = _rule(table, entry)
        except (KeyError, TypeError) as error:
            raise P4dpError(f"rule of {table} cannot be read: {error!r}", file=path) from error
        _check(rule, rules, path)
        rules[table] = rule
    return rules


def _rule(table: str, entry: dict[str, Any]) -> TableRule:
    follows = entry.get("follows")
    return TableRule(
        table=table,
        slice=tuple(entry["slice"]),
        level=entry["territory"]["level"],
        code=entry["territory"]["code"],
        open=tuple(entry.get("open", ())),
        blocks=tuple(
            Block(
                name=name,
                parts=tuple(block["parts"]),
                hides=tuple(block["hides"]),
                total=block.get("total"),
                within=block.get("within"),
                slice=tuple(block["slice"]) if "slice" in block else None,
                nested=tuple(_nested(block.get("nested", {}), block.get("nested_totals", {}))),
                units=block.get("units"),
                units_add_up_where=dict(block.get("units_add_up_where", {})),
            )
            for name, block in entry.get("blocks", {}).items()
        ),
        follows=Follows(follows["table"], follows["block"], tuple(follows["hides"]))
        if follows
        else None,
        stock_date=entry.get("stock_date"),
    )


def _nested(both: dict[str, Any], totals: dict[str, Any]) -> list[Nested]:
    """A column has one mapping, or several where a population lies within more than one."""
    found = []
    for entries, total_only in ((both, False), (totals, True)):
        for column, mappings in entries.items():
            listed = mappings if isinstance(mappings, list) else [mappings]
            found += [Nested(column, dict(pairs), total_only) for pairs in listed]
    return found


def _check(rule: TableRule, earlier: dict[str, TableRule], path: Path) -> None:
    if rule.stock_date is not None and rule.stock_date not in rule.slice:
        raise P4dpError(f"the stock date of {rule.table} is no slice column", file=path)
    if bool(rule.blocks) == bool(rule.follows):
        raise P4dpError(f"rule of {rule.table} needs either blocks or follows", file=path)
    seen: set[str] = set()
    for block in rule.blocks:
        if not {*(block.slice or ()), *(n.column for n in block.nested)} <= set(rule.slice):
            raise P4dpError(
                f"block {block.name} of {rule.table} names a slice column the table has not",
                file=path,
            )
        if block.within is not None and block.within not in seen:
            raise P4dpError(
                f"block {block.name} of {rule.table} lies within {block.within}, "
                "which does not come before it",
                file=path,
            )
        seen.add(block.name)
    if rule.follows and not (
        rule.follows.table in earlier
        and rule.follows.block in {b.name for b in earlier[rule.follows.table].blocks}
        and set(earlier[rule.follows.table].keys) <= set(rule.keys)
    ):
        raise P4dpError(
            f"{rule.table} follows a block of {rule.follows.table} that is not known", file=path
        )
