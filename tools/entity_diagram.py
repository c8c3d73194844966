"""The entity diagram of the linked layer, drawn from its yml files: tables, grain, references.

`python -m tools.entity_diagram` writes docs/images/linked-entities.svg (`make docs` does too). A
column named like the key of another table refers to it; no arrow is drawn by hand.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "linked-entities.svg"
KEYS = {
    "person_key": "dim_patient",
    "practice_key": "dim_practice",
    "practitioner_key": "dim_practitioner",
    "commune_code": "dim_territory",
    "encounter_key": "fct_encounter",
    "hospital_stay_key": "fct_hospital_stay",
}
COLOURS = {
    "dim_patient": "#1f6feb",
    "dim_practice": "#b35900",
    "dim_practitioner": "#8250df",
    "dim_territory": "#1a7f37",
    "fct_encounter": "#bf3989",
    "fct_hospital_stay": "#57606a",
}
WIDTH, LINE, GAP, TOP = 300, 16, 18, 60


@dataclass(frozen=True)
class Entity:
    """A table: its name, its grain in words, what its rows refer to."""

    name: str
    grain: str
    refers: tuple[str, ...]

    @property
    def height(self) -> int:
        return 30 + LINE * (1 + len(self.refers))


def entities(models: Path) -> list[Entity]:
    """Dimensions and facts of the linked layer, by name."""
    found = []
    for path in sorted(models.rglob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            name = model["name"]
            if not name.startswith(("dim_", "fct_")):
                continue
            columns = [column["name"] for column in model["columns"]]
            refers = tuple(dict.fromkeys(KEYS[c] for c in columns if c in KEYS and KEYS[c] != name))
            description = model["description"].removeprefix("One row per ")
            found.append(Entity(name, description.split(":")[0].split(".")[0], refers))
    return found


def draw(tables: list[Entity]) -> str:
    """The diagram as SVG: dimensions in the middle, facts on both sides, one line per reference."""
    middle = [t for t in tables if t.name.startswith("dim_")]
    facts = [t for t in tables if not t.name.startswith("dim_")]
    left, right = facts[::2], facts[1::2]
    places: dict[str, tuple[int, int, Entity]] = {}
    columns = ((left, 20), (middle, 20 + WIDTH + 160), (right, 20 + 2 * (WIDTH + 160)))
    bottom = 0
    for column, x in columns:
        y = TOP
        for table in column:
            places[table.name] = (x, y, table)
            y += table.height + (GAP if column is not middle else 6 * GAP)
        bottom = max(bottom, y)
    lines, boxes = [], []
    for x, y, table in places.values():
        for number, name in enumerate(table.refers):
            if name not in places:
                continue
            to_x, to_y, target = places[name]
            from_y = y + 30 + LINE * (number + 1) - 5
            start, end = (x + WIDTH, to_x) if x < to_x else (x, to_x + WIDTH)
            if x == to_x:
                start = end = x + WIDTH
            bend = (start + end) // 2 if x != to_x else x + WIDTH + 40
            aim = to_y + target.height // 2
            path = f"M{start},{from_y} C{bend},{from_y} {bend},{aim} {end},{aim}"
            lines.append(
                f'<path d="{path}" fill="none" stroke="{COLOURS[name]}" stroke-opacity="0.45"/>'
            )
        colour = COLOURS.get(table.name, "#24292f")
        rows = [
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{table.height}" rx="5" fill="#fff"'
            f' stroke="{colour}"/>',
            f'<text x="{x + 8}" y="{y + 18}" font-weight="bold" fill="{colour}">'
            f"{escape(table.name)}</text>",
            f'<text x="{x + 8}" y="{y + 33}" fill="#57606a" font-size="11">'
            f"one row per {escape(table.grain[:44])}</text>",
        ]
        rows += [
            f'<text x="{x + 8}" y="{y + 33 + LINE * (n + 1)}" font-size="11" '
            f'fill="{COLOURS[name]}">→ {escape(name)}</text>'
            for n, name in enumerate(table.refers)
        ]
        boxes += rows
    width = 100 + 3 * WIDTH + 2 * 160
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 20}"'
            ' font-family="Helvetica, Arial, sans-serif" font-size="13">',
            f'<rect width="{width}" height="{bottom + 20}" fill="#fff"/>',
            '<text x="20" y="30" font-size="16" font-weight="bold">Schema linked</text>',
            *lines,
            *boxes,
            "</svg>",
        ]
    )


def write(target: Path = TARGET) -> None:
    """Draw the linked layer as it stands."""
    target.write_text(
        draw(entities(ROOT / "dbt_project" / "models" / "linked")) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    write()
    sys.exit(0)
