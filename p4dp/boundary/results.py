"""Results and codes typed as text: what is one may leave, a comment may not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from p4dp.duck import literal

#: Units of results, as written in reports: nothing else may follow a number, since "12 rue
#: Pasteur" is a number and two words too.
UNIT_WORDS = (
    "g", "gr", "mg", "µg", "ug", "mcg", "ng", "pg", "fg", "kg", "mol", "mmol", "µmol", "umol",
    "nmol", "pmol", "meq", "eq", "l", "dl", "cl", "ml", "µl", "ul", "fl", "ui", "u", "iu", "mui",
    "µui", "uui", "miu", "uiu", "kui", "giga", "tera", "t", "m", "cm", "mm", "km", "mmhg", "mm[hg]",
    "cmhg", "kpa", "min", "mn", "h", "hr", "j", "an", "ans", "jour", "jours", "d", "s", "sec",
    "semaine", "semaines", "mois", "bpm", "batt", "battements", "pulsations", "puls", "kcal",
    "c", "cel", "pa", "paquet", "paquets", "cigarette", "cigarettes", "cig", "verre", "verres",
    "dent", "dents", "points", "score", "creat", "creatinine", "ratio", "mosm", "osm", "24h",
    "24 h", "1.73m2", "1,73m2", "m2", "m3", "mm3", "kg/m2", "copies", "log", "log10",
    "leucocytes", "hematies",
)  # fmt: skip
_UNIT = (
    "(?:"
    + "|".join(sorted((re.escape(word) for word in UNIT_WORDS), key=len, reverse=True))
    + r")[²³]?\.?"
)
_SEPARATED = rf"(?:10[*^e]?[0-9]{{1,2}} ?/ ?)?[%°‰]?(?:{_UNIT})?(?:[ /.]{{1,3}}{_UNIT})*"
#: A number with comparator and unit: `<0,05`, `13/8`, `1,2 g/L`, `90 mL/min/1.73m2`.
NUMBER = rf"[<>≤≥=~ ]*[0-9]+(?:[.,/ ][0-9]+)* ?{_SEPARATED}[ .]*"
#: A date or as many digits as a telephone number is no result.
_NO_RESULT = (
    r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[/.-][0-9]{2}[/.-][0-9]{2}"
)
_MOST_DIGITS = 9
#: Words that are results, compared in lower case without accents.
WORDS = (
    "positif", "positive", "pos", "negatif", "negative", "neg", "normal", "normale", "anormal",
    "anormale", "absence", "absent", "presence", "present", "traces", "douteux", "limite",
    "indetermine", "ininterpretable", "oui", "non", "fumeur", "fumeur actif", "tabagisme actif",
    "non fumeur", "non-fumeur", "ancien fumeur", "ex-fumeur", "ex fumeur", "jamais fumeur",
    "jamais", "ancien", "actuel", "actif", "sevre", "occasionnel", "quotidien",
    "+", "++", "+++", "++++", "-", "+/-",
)  # fmt: skip


#: A code, as software writes them: one word of letters, digits and signs.
CODE = r"[0-9A-Za-z][0-9A-Za-z.,_|/+*:-]{0,31}"


def code_sql(expression: str) -> str:
    """SQL: the text of `expression` when it has the shape of a code, null when it is words."""
    plain = f"trim({expression}::varchar)"
    return f"case when regexp_full_match({plain}, {literal(CODE)}) then {expression} end"


def result_sql(expression: str, more_words: Sequence[str] = ()) -> str:
    """SQL: the text of `expression` when it is a result, null when it is anything else.

    `more_words` are further answers, of one vendor's contract.
    """
    plain = f"lower(strip_accents(trim({expression})))"
    words = ", ".join(literal(word) for word in (*WORDS, *more_words))
    number = (
        f"regexp_full_match({plain}, {literal(NUMBER)})"
        f" and not regexp_full_match({plain}, {literal(_NO_RESULT)})"
        f" and len(regexp_replace({plain}, '[^0-9]', '', 'g')) <= {_MOST_DIGITS}"
    )
    return f"case when {plain} in ({words}) or ({number}) then {expression} end"
