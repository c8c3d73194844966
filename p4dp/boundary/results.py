"""Results typed as text: what is a result may leave, a comment may not."""

from __future__ import annotations

from p4dp.duck import literal

#: A number with comparator and unit: `<0,05`, `13/8`, `1,2 g/L`, `90 mL/min/1.73m2`.
NUMBER = r"[<>≤≥=~ ]*[0-9]+(?:[.,/ ][0-9]+)*(?: ?[a-zµ%°/0-9²³.^*]{1,15}){0,2}[ .]*"
#: Words that are results, compared in lower case without accents.
WORDS = (
    "positif", "positive", "pos", "negatif", "negative", "neg", "normal", "normale", "anormal",
    "anormale", "absence", "absent", "presence", "present", "traces", "douteux", "limite",
    "indetermine", "ininterpretable", "oui", "non", "fumeur", "fumeur actif", "tabagisme actif",
    "non fumeur", "non-fumeur", "ancien fumeur", "ex-fumeur", "ex fumeur", "jamais fumeur",
    "jamais", "ancien", "actuel", "actif", "sevre", "occasionnel", "quotidien",
    "+", "++", "+++", "++++", "-", "+/-",
)  # fmt: skip


def result_sql(expression: str) -> str:
    """SQL: the text of `expression` when it is a result, null when it is anything else."""
    plain = f"lower(strip_accents(trim({expression})))"
    words = ", ".join(literal(word) for word in WORDS)
    return (
        f"case when {plain} in ({words}) or regexp_full_match({plain}, {literal(NUMBER)})"
        f" then {expression} end"
    )
