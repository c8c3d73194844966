"""A scorecard as one self-contained HTML page: no script, no request, plots as SVG."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import jinja2

from p4dp.intake.french import in_french
from p4dp.intake.scorecard import Aspect, Measure, Scorecard, Verdict

Language = Literal["fr", "en"]

TITLES: dict[Aspect, tuple[str, str]] = {
    "completeness": ("Completeness", "share of rows filled, of those in which it can be expected"),
    "values": ("Accepted values", "share of filled values that the contract knows"),
    "dates": ("Dates", "share of filled dates that are readable, after 1900 and in the period"),
    "mapping": ("Mapping", "share of codes in the shape or system the platform maps"),
    "texts": ("Texts coded", "share of texts without a code that the boundary could code"),
    "units": ("Units", "share of numeric results whose unit is stated"),
    "references": ("References", "share of references whose target is in the delivery"),
}

VERDICTS: dict[Verdict, str] = {
    "accepted": "Accepted: everything would be taken in.",
    "partially_accepted": "Partly accepted: the rows and files named below would be set aside.",
    "refused": "Refused: nothing would be taken in.",
}

_FRENCH_TITLES: dict[Aspect, tuple[str, str]] = {
    "completeness": ("Complétude", "part des lignes remplies, parmi celles où on peut l'attendre"),
    "values": ("Valeurs admises", "part des valeurs que le contrat connaît"),
    "dates": ("Dates", "part des dates lisibles, après 1900 et dans la période"),
    "mapping": ("Codes reconnus", "part des codes de forme ou de système connus"),
    "texts": ("Textes codés", "part des textes sans code qui ont pu être codés au cabinet"),
    "units": ("Unités", "part des résultats numériques dont l'unité est dite"),
    "references": ("Renvois", "part des renvois dont la cible est dans la livraison"),
}

_FRENCH_VERDICTS: dict[Verdict, str] = {
    "accepted": "Acceptée : tout serait pris.",
    "partially_accepted": "Acceptée en partie : les lignes et fichiers ci-dessous seraient mis de"
    " côté.",
    "refused": "Refusée : rien ne serait pris.",
}

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "page": "Scorecard of", "contract": "Contract", "received": "rows received",
        "accepted": "would be accepted", "identities": "Identities found", "file": "File",
        "column": "Column", "kind": "Kind", "first_row": "First row", "rows": "Rows",
        "name": "its name", "conformance": "Conformance", "table": "Table",
        "n_received": "Received", "n_accepted": "Accepted", "n_aside": "Set aside",
        "n_repeated": "Repeated", "why": "Why", "first": "first: row", "row": "row",
        "one_row": "1 row", "many_rows": "rows",
        "other": "no table of its own: kept with its codes, counted as unmapped",
        "labels": "Local laboratory codes",
        "labels_note": "What their labels seem to mean, for review.", "label": "Label",
        "confidence": "Confidence", "rule": "Rule", "no_synonym": "no synonym near",
        "lowest": "lowest first", "share": "Share", "example": "First example that is not",
        "expected": "expected", "may_be_empty": "may be empty",
        "rest": "more columns, as they should be",
    },
    "fr": {
        "page": "Fiche de conformité de", "contract": "Contrat", "received": "lignes reçues",
        "accepted": "seraient acceptées", "identities": "Identités trouvées", "file": "Fichier",
        "column": "Colonne", "kind": "Nature", "first_row": "Première ligne", "rows": "Lignes",
        "name": "son nom", "conformance": "Conformité", "table": "Table",
        "n_received": "Reçues", "n_accepted": "Acceptées", "n_aside": "Mises de côté",
        "n_repeated": "Répétées", "why": "Pourquoi", "first": "première : ligne", "row": "ligne",
        "one_row": "1 ligne", "many_rows": "lignes",
        "other": "pas de table propre : gardée avec ses codes, comptée comme non reconnue",
        "labels": "Codes de biologie propres au logiciel",
        "labels_note": "Ce que ces libellés semblent désigner, à relire.", "label": "Libellé",
        "confidence": "Confiance", "rule": "Règle", "no_synonym": "aucun synonyme proche",
        "lowest": "les plus basses d'abord", "share": "Part", "example": "Premier contre-exemple",
        "expected": "attendu", "may_be_empty": "peut être vide",
        "rest": "autres colonnes, sans reproche",
    },
}  # fmt: skip

#: Below this share of what can be expected a bar is drawn as a warning.
WARNING_SHARE = 0.95


def _number(value: int, language: Language) -> str:
    return f"{value:,}".replace(",", "\u202f") if language == "fr" else f"{value:,}"


def _percent(share: float, language: Language, digits: int = 1) -> str:
    text = f"{100 * share:.{digits}f}"
    return f"{text.replace('.', ',')}\u00a0%" if language == "fr" else f"{text} %"


def _bars(measures: list[Measure], language: Language) -> list[dict[str, object]]:
    ordered = sorted(measures, key=lambda m: (m.attained, m.share, m.table, m.column))
    return [
        {
            "label": f"{m.table}.{m.column}",
            "width": round(240 * m.share, 1),
            "percent": _percent(m.share, language),
            "is_low": m.attained < WARNING_SHARE,
            "is_fine": m.attained == 1,
            "mark": round(240 * m.expected, 1) if 0 < m.expected < 1 else None,
            "expected": _percent(m.expected, language, 0) if 0 < m.expected < 1 else None,
            "may_be_empty": m.expected == 0,
            "count": _number(m.count, language),
            "example": m.example if m.attained < 1 and m.example else "",
            "row": m.example_row if m.attained < 1 else None,
        }
        for m in ordered
    ]


def render_page(card: Scorecard, language: Language = "fr") -> str:
    """HTML of a scorecard, in French or English."""
    template = files("p4dp.intake").joinpath("scorecard.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["said"] = in_french if language == "fr" else str
    environment.filters["number"] = lambda value: _number(value, language)
    titles = _FRENCH_TITLES if language == "fr" else TITLES
    aspects = []
    for aspect, (title, meaning) in titles.items():
        measures = [m for m in card.measures if m.aspect == aspect]
        mean = card.mean_share(aspect)
        if measures and mean is not None:
            bars = _bars(measures, language)
            aspects.append(
                {
                    "title": title,
                    "meaning": meaning,
                    "percent": _percent(mean, language),
                    "angle": round(mean * 251.3, 1),
                    "is_low": mean < WARNING_SHARE,
                    "bars": [bar for bar in bars if not bar["is_fine"]],
                    "fine": [bar for bar in bars if bar["is_fine"]],
                }
            )
    return environment.from_string(template).render(
        card=card,
        taken=0 if card.verdict == "refused" else card.accepted,
        verdict=(_FRENCH_VERDICTS if language == "fr" else VERDICTS)[card.verdict],
        aspects=aspects,
        language=language,
        t=_WORDS[language],
    )
