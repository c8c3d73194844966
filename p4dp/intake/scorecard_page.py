"""A scorecard as one self-contained HTML page: no script, no request, plots as SVG."""

from __future__ import annotations

from importlib.resources import files

import jinja2

from p4dp.intake.scorecard import Aspect, Measure, Scorecard

TITLES: dict[Aspect, tuple[str, str]] = {
    "completeness": ("Completeness", "share of rows filled, of those in which it can be expected"),
    "values": ("Accepted values", "share of filled values that the contract knows"),
    "dates": ("Dates", "share of filled dates that are readable, after 1900 and in the period"),
    "mapping": ("Mapping", "share of codes in the shape or system the platform maps"),
    "texts": ("Texts coded", "share of texts without a code that the boundary could code"),
    "units": ("Units", "share of numeric results whose unit is stated"),
}

VERDICTS = {
    "accepted": "Accepted: everything would be taken in.",
    "partially_accepted": "Partly accepted: the rows and files named below would be set aside.",
    "refused": "Refused: nothing would be taken in.",
}

#: Below this share a bar is drawn as a warning.
WARNING_SHARE = 0.95


def _bars(measures: list[Measure]) -> list[dict[str, object]]:
    ordered = sorted(measures, key=lambda m: (m.attained, m.share, m.table, m.column))
    return [
        {
            "label": f"{m.table}.{m.column}",
            "width": round(300 * m.share, 1),
            "percent": f"{100 * m.share:.1f} %",
            "is_low": m.attained < WARNING_SHARE,
            "mark": round(300 * m.expected, 1) if 0 < m.expected < 1 else None,
            "expected": f"{100 * m.expected:.0f} %" if m.expected < 1 else None,
            "count": m.count,
            "example": m.example if m.share < 1 and m.example else "",
            "row": m.example_row if m.share < 1 else None,
        }
        for m in ordered
    ]


def render_page(card: Scorecard) -> str:
    """HTML of a scorecard."""
    template = files("p4dp.intake").joinpath("scorecard.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    aspects = []
    for aspect, (title, meaning) in TITLES.items():
        measures = [m for m in card.measures if m.aspect == aspect]
        mean = card.mean_share(aspect)
        if measures and mean is not None:
            aspects.append(
                {
                    "name": aspect,
                    "title": title,
                    "meaning": meaning,
                    "percent": f"{100 * mean:.1f} %",
                    "angle": round(mean * 251.3, 1),
                    "is_low": mean < WARNING_SHARE,
                    "bars": _bars(measures),
                }
            )
    return environment.from_string(template).render(
        card=card, verdict=VERDICTS[card.verdict], aspects=aspects
    )
