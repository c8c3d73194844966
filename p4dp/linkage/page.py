"""The quality page: one self-contained HTML file, charts drawn as SVG, no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;
color:#1b2733}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid #d5dde5}
table{border-collapse:collapse;margin:.6rem 0;width:100%}th{text-align:left;font-weight:600}
th,td{padding:.25rem .6rem;border-bottom:1px solid #e6ebf0;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}p.note{color:#52616f}
svg text{font:12px system-ui,sans-serif;fill:#1b2733}
"""


def quality_page(content: Mapping[str, Any]) -> str:
    """The page for the content that `write_quality` gathers."""
    parts = [
        f"<h1>Linkage quality, register version {content['register_version']}</h1>",
        "<p class='note'>How many identities were joined, by which evidence, and how far the "
        "links can be trusted. Shares carry 95&nbsp;% Wilson intervals. Nothing on this page "
        "identifies a person or a practice.</p>",
        _headline(content),
        "<h2>Identities by source and method</h2>",
        _methods(content["identities"]),
        "<h2>Share of practice identities with a claims link</h2>",
        _subgroups(content["subgroups"]),
        _practices(content["practices"]),
        "<h2>Expected false and missed links</h2>",
        "<p class='note'>Sum of 1 − probability over accepted links, and of the probability over "
        "pairs left unresolved. Links by number or by all strict traits count as certain here; "
        "their contradictions show in the next table.</p>",
        _table(
            ["method", "links", "expected false"],
            [
                (
                    _METHODS.get(r["link_method"], r["link_method"]),
                    r["link_count"],
                    f"{r['expected_false_count']:.1f}",
                )
                for r in content["expected_false_links"]
            ],
        ),
        _table(
            ["unresolved", "pairs", "expected true among them"],
            [
                (name, row["unresolved_pairs"], f"{row['expected_true']:.1f}")
                for name, row in content["missed_links"].items()
            ],
        ),
        "<h2>Implausible scenarios</h2>",
        _table(
            ["scenario", "persons", "of persons with several identities"],
            [
                (r["scenario"], r["person_count"], r["of_joined_persons"])
                for r in content["implausible"]
            ],
        ),
        "<h2>Calibration</h2>",
        "<p class='note'>Probability stated by the model, after recalibration, and the share of "
        "pairs with equal numbers among those where both numbers are certified.</p>",
        _calibration(content["calibration"]),
        _calibration_plot(content["calibration"]),
    ]
    if content["weights"]:
        parts += [
            "<h2>Match weights</h2>",
            "<p class='note'>What each agreement is worth, in bits (log₂ m/u), as estimated from "
            "the data. A bar to the right speaks for one person, to the left against.</p>",
            _bars(
                [
                    (f"{row['comparison']}: {row['level']}", float(row["match_weight"]))
                    for row in content["weights"]
                ]
            ),
        ]
    for fall in content["waterfalls"]:
        parts += [
            f"<h2>Step by step: {escape(fall['title'])} pair</h2>",
            f"<p class='note'>Probability {fall['match_probability']:.3f}.</p>",
            _bars(
                [
                    ("prior", float(fall["prior"])),
                    *((name, float(bits)) for name, bits in fall["steps"].items()),
                    ("total", float(fall["match_weight"])),
                ]
            ),
        ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>Linkage quality</title><style>{_STYLE}</style></head><body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


_METHODS = {
    "nir": "certified number",
    "traits": "identical strict traits",
    "probabilistic": "tokens that agree by degrees",
    "snds_direct": "claims, by the third party's number",
    "snds_indirect": "claims, by traits and days of care",
    "single": "no other identity found",
}


def _headline(content: Mapping[str, Any]) -> str:
    """The page in three numbers."""
    everyone = [row for row in content["subgroups"] if row["dimension"] == "source"]
    count = sum(row["identity_count"] for row in everyone)
    linked = sum(row["linked_count"] for row in everyone)
    links = sum(row["link_count"] for row in content["expected_false_links"])
    false = sum(row["expected_false_count"] for row in content["expected_false_links"])
    missed = sum(row["expected_true"] for row in content["missed_links"].values())
    if not count:
        return "<p>No practice has been received.</p>"
    return (
        f"<p><strong>{linked / count:.1%}</strong> of {_shown(count)} practice identities have a "
        f"claims link. Of {_shown(links)} links, <strong>{false:.1f}</strong> are expected to be "
        f"false; <strong>{missed:.1f}</strong> true ones are expected among the pairs left "
        "unresolved.</p>"
    )


def _methods(by_source: Mapping[str, Mapping[str, int]]) -> str:
    rows = []
    for source, methods in by_source.items():
        total = sum(methods.values())
        rows += [
            (source if at == 0 else "", _METHODS.get(method, method), count, f"{count / total:.1%}")
            for at, (method, count) in enumerate(
                sorted(methods.items(), key=lambda item: list(_METHODS).index(item[0]))
            )
        ]
    return _table(["source", "joined by", "identities", "share of the source"], rows)


def _practices(shares: Mapping[str, Any]) -> str:
    """The spread over practices; none is named."""
    if not shares.get("practice_count"):
        return ""
    return (
        f"<p>Over {_shown(shares['practice_count'])} practices the share linked goes from "
        f"{shares['lowest']:.1%} by {shares['lower_quarter']:.1%}, {shares['median']:.1%} (half of "
        f"them) and {shares['upper_quarter']:.1%} to {shares['highest']:.1%}.</p>"
    )


def _subgroups(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        ["dimension", "value", "identities", "linked to claims", "95 % interval"],
        [
            (
                row["dimension"].replace("_", " "),
                _METHODS.get(row["value"], row["value"].replace("_", " ")),
                row["identity_count"],
                f"{row['linked_share']:.1%}",
                f"{row['linked_share_low']:.1%} – {row['linked_share_high']:.1%}",
            )
            for row in rows
        ],
    )


def _calibration(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>No pair was scored in this run.</p>"
    return _table(
        ["band", "pairs", "stated", "calibrated", "checked by number", "equal numbers"],
        [
            (
                row["band"],
                row["pair_count"],
                f"{row['stated']:.3f}",
                f"{row['calibrated']:.3f}",
                row["checked_count"],
                "" if row["same_number_share"] is None else f"{row['same_number_share']:.3f}",
            )
            for row in rows
        ],
    )


def _calibration_plot(rows: Sequence[Mapping[str, Any]]) -> str:
    """Share of equal numbers against the calibrated probability; on the diagonal is right."""
    known = [row for row in rows if row["same_number_share"] is not None and row["checked_count"]]
    if not known:
        return ""
    size, edge = 260, 44
    marks = [
        f"<rect x='{edge}' y='10' width='{size}' height='{size}' fill='none' stroke='#d5dde5'/>"
        f"<line x1='{edge}' y1='{size + 10}' x2='{edge + size}' y2='10' stroke='#9aa7b3' "
        "stroke-dasharray='4 3'/>"
    ]
    for share in (0.0, 0.5, 1.0):
        at = share * size
        marks.append(
            f"<text x='{edge - 6}' y='{size + 14 - at:.0f}' text-anchor='end'>{share:.1f}</text>"
            f"<text x='{edge + at:.0f}' y='{size + 26}' text-anchor='middle'>{share:.1f}</text>"
        )
    for row in known:
        x, y = edge + row["calibrated"] * size, size + 10 - row["same_number_share"] * size
        low, high = (size + 10 - share * size for share in row["interval"])
        marks.append(
            f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{low:.1f}' y2='{high:.1f}' stroke='#2f6d9b'/>"
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='#2f6d9b'><title>"
            f"{escape(row['band'])}: {row['checked_count']} pairs</title></circle>"
        )
    return (
        f"<svg viewBox='0 0 {size + edge + 20} {size + 48}' width='340' role='img' "
        "aria-label='calibration plot'>"
        + "".join(marks)
        + f"<text x='{edge + size / 2}' y='{size + 44}' text-anchor='middle'>"
        "calibrated probability</text></svg>"
        "<p class='note'>Up: the share of equal numbers, with its 95&nbsp;% interval. A pair whose "
        "numbers are both certified is mostly one that the numbers have failed to tie, so this "
        "checks the doubtful ones only.</p>"
    )


def _table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    if not rows:
        return "<p>Nothing to show.</p>"
    numeric = [_is_number(cell) for cell in rows[0]]
    marks = [" class='n'" if is_number else "" for is_number in numeric]
    head = "".join(f"<th{m}>{escape(h)}</th>" for h, m in zip(headers, marks, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{m}>{escape(_shown(c))}</td>" for c, m in zip(row, marks, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _bars(rows: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars around zero, as SVG."""
    line, label, width = 20, 300, 420
    reach = max([abs(value) for _, value in rows] + [1.0])
    middle = label + width / 2
    marks = []
    for at, (name, value) in enumerate(rows):
        y = at * line
        length = abs(value) / reach * width / 2
        x = middle if value >= 0 else middle - length
        colour = "#2f7d5b" if value >= 0 else "#b5482f"
        marks.append(
            f"<text x='{label - 8}' y='{y + 14}' text-anchor='end'>"
            f"{escape(name.replace('_', ' '))}</text>"
            f"<rect x='{x:.1f}' y='{y + 3}' width='{length:.1f}' height='{line - 6}' "
            f"fill='{colour}'/>"
            f"<text x='{label + width + 6}' y='{y + 14}'>{_signed(value)}</text>"
        )
    height = len(rows) * line + 4
    return (
        f"<svg viewBox='0 0 {label + width + 60} {height}' role='img' width='100%' "
        f"style='max-width:{label + width + 60}px'>"
        f"<line x1='{middle}' x2='{middle}' y1='0' y2='{height}' stroke='#9aa7b3'/>"
        + "".join(marks)
        + "</svg>"
    )


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | float) or (
        isinstance(cell, str)
        and cell[:1].isdigit()
        and cell.rstrip("% ").replace(".", "").isdigit()
    )


def _shown(cell: Any) -> str:
    return f"{cell:,}".replace(",", " ") if isinstance(cell, int) else str(cell)
