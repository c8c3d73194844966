"""Records in clear: how names, birth dates, addresses and numbers are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from p4dp.linkage.comparisons import BlockingRule, Kit, comparison, exact, level, null
from p4dp.linkage.frames import derive

# Both names in each other's place: one alone is a chance that would count twice.
SWAPPED_SQL = (
    "(surname_l = given_name_r and jaro_winkler_similarity(given_name_l, surname_r) >= 0.85 "
    "or given_name_l = surname_r and jaro_winkler_similarity(surname_l, given_name_r) >= 0.85)"
)

# Relatives, perhaps: no sign that the first names are one. The family name is no help (a twin may
# have married), nor is an address, a telephone, or a number that may be the insured person's.
TWIN_SQL = f"""
not coalesce(jaro_winkler_similarity(given_name_l, given_name_r, 0.8) >= 0.8, false)
and not coalesce(list_has_any(given_words_l, given_words_r), false)
and not coalesce(starts_with(given_name_l, given_name_r), false)
and not coalesce(starts_with(given_name_r, given_name_l), false)
and not coalesce({SWAPPED_SQL}, false)
"""


def comparisons(roles: Sequence[str]) -> list[Any]:
    """Splink comparisons, most specific level first, for the columns in `roles`."""
    made: list[Any] = []
    # a comparison of two columns cannot be estimated while either is blocked on
    swaps = {"surname", "given_name"} <= set(roles) and len(_compared(roles)) > 2
    if "surname" in roles:
        crossed = (
            "surname_l = usual_surname_r or usual_surname_l = surname_r "
            "or usual_surname_l = usual_surname_r"
        )
        made.append(
            comparison(
                "surname",
                null("surname"),
                exact("surname"),
                *([level(crossed, "birth name = usual name")] if "usual_surname" in roles else []),
                *([level(SWAPPED_SQL, "swapped")] if swaps else []),
                level(_close("surname"), "one typing error"),
                level(common_word("surname"), "one part in common"),
                level(
                    "jaro_winkler_similarity(surname_l, surname_r, 0.85) >= 0.85 "
                    "or surname_sound_l = surname_sound_r",
                    "similar or sounding alike",
                ),
            )
        )
    if "given_name" in roles:
        made.append(
            comparison(
                "given_name",
                null("given_name"),
                exact("given_name"),
                *([level(SWAPPED_SQL, "swapped")] if swaps else []),
                level(_close("given_name"), "one typing error"),
                level(
                    f"{common_word('given')} "
                    "or starts_with(given_name_l, given_name_r) "
                    "or starts_with(given_name_r, given_name_l)",
                    "one part in common",
                ),
                level(
                    "jaro_winkler_similarity(given_name_l, given_name_r, 0.85) >= 0.85 "
                    "or given_sound_l = given_sound_r",
                    "similar or sounding alike",
                ),
            )
        )
    if "birth_date" in roles:
        made.append(_birth_date())
    if "birth_place" in roles:
        made.append(comparison("birth_place", null("birth_place"), exact("birth_place")))
    if "sex" in roles:
        made.append(comparison("sex", null("sex"), level("sex_l = sex_r", "equal")))
    if "phone" in roles:
        made.append(
            comparison(
                "phone",
                null("phone"),
                exact("phone", rare=False),
                level(within("phone", 2), "one or two typing errors"),
            )
        )
    if "email" in roles:
        made.append(
            comparison(
                "email",
                null("email"),
                exact("email", rare=False),
                level(
                    "split_part(email_l, '@', 1) = split_part(email_r, '@', 1) "
                    "or jaro_winkler_similarity(email_l, email_r, 0.93) >= 0.93",
                    "similar",
                ),
            )
        )
    made.extend(_address(roles))
    if "record_key" in roles:
        made.append(
            comparison(
                "record_key",
                null("record_key"),
                exact("record_key", rare=False),
                level(within("record_key", 1), "one typing error"),
                level(within("record_key", 2), "two typing errors"),
            )
        )
    return made


_BIRTH_YEAR = "birth_year"
_BIRTH_MONTH_DAY = "substr(birth_date, 5, 4)"
_STREET_START = "left(street, 8)"


def candidate_rules(roles: Sequence[str]) -> list[BlockingRule]:
    """Which pairs may be looked at; each rule forgives errors that the others do not."""
    has = set(roles)
    rules: list[BlockingRule] = []

    def add(*keys: str | tuple[str, str], loose: bool = False) -> None:
        pairs = [(key, key) if isinstance(key, str) else key for key in keys]
        if set(_columns_of(" ".join(f"{a} {b}" for a, b in pairs))) <= has:
            rules.append(
                BlockingRule(tuple(a for a, _ in pairs), tuple(b for _, b in pairs), loose)
            )

    add("record_key")
    add("birth_date", "surname_sound")
    add("birth_date", "left(given_name, 2)")
    add(_BIRTH_YEAR, "birth_month", "surname")
    add(_BIRTH_YEAR, "surname_sound", "given_sound")
    add(_BIRTH_MONTH_DAY, "surname_sound", "given_sound")
    add("birth_date", ("surname", "usual_surname"))
    add("birth_date", ("usual_surname", "surname"))
    add("birth_date", "usual_surname")
    add(("surname", "given_name"), ("given_name", "surname"))
    add("phone")
    add("email")
    for place in ("postcode", "city"):
        add(place, "birth_date")
        add(place, "given_name", _BIRTH_YEAR)
        add(place, "given_name", "surname_sound")
        add(place, "given_sound", "surname")
        add(place, "street_number", _STREET_START)
    add("surname", "given_name", loose=bool({"birth_date", "postcode", "city"} & has))
    add("birth_date", _STREET_START)
    add("street_number", _STREET_START, "given_sound")
    add("birth_date", loose=True)
    add("surname_sound", "given_sound", loose=True)
    for place in ("postcode", "city"):
        add(place, _STREET_START, loose=True)
        add(place, "surname", loose=True)
        add(place, "given_name", loose=True)
        add(place, "street_number", loose=True)
        add(place, ("surname", "given_name"), loose=True)
        add(place, ("given_name", "surname"), loose=True)
        add(place, "surname_sound", loose=True)
    add("postcode", "city", loose=True)
    add(_STREET_START, "surname_sound", loose=True)
    add(_STREET_START, "given_sound", loose=True)
    add("street", loose=True)
    if not rules:
        rules = [BlockingRule((name,), (name,)) for name in roles if name != "sex"]
    return rules


def _close(column: str) -> str:
    return f"{alike(column, 0.94)} or {within(column, 1)}"


def alike(column: str, similarity: float) -> str:
    """SQL: the values of `column` are that similar (Jaro–Winkler)."""
    names = f"{column}_l, {column}_r, {similarity}"
    return f"jaro_winkler_similarity({names}) >= {similarity}"


def common_word(column: str) -> str:
    """SQL: a word of one value is a word of the other."""
    return (
        f"(case when ({column}_marks_l & {column}_marks_r) <> 0 "
        f"then list_has_any({column}_words_l, {column}_words_r) else false end)"
    )


def within(column: str, errors: int) -> str:
    """SQL: `errors` typing errors at most separate the values of `column`.

    The edit distance costs ten times the rest: it is asked of values of about the same length and
    letters only.
    """
    left, right = f"{column}_l", f"{column}_r"
    return (
        f"(case when abs(length({left}) - length({right})) <= {errors} "
        f"and jaro_winkler_similarity({left}, {right}, 0.6) >= 0.6 "
        f"then damerau_levenshtein({left}, {right}) <= {errors} else false end)"
    )


def _digits_apart(errors: int) -> str:
    """SQL: `errors` digits differ, or neighbouring ones are exchanged."""
    dates = "birth_date_l, birth_date_r"
    return (
        f"(case when hamming({dates}) <= {errors} then true "
        f"when hamming({dates}) <= {errors + 1} then damerau_levenshtein({dates}) <= {errors} "
        "else false end)"
    )


def _birth_date() -> dict[str, Any]:
    same_year, same_month, same_day = (
        f"birth_{part}_l = birth_{part}_r" for part in ("year", "month", "day")
    )
    placeholder = " or ".join(
        f"(birth_month_{s} = 1 and birth_day_{s} = 1 or birth_month_{s} = 0)" for s in "lr"
    )
    unknown_day = "birth_day_l = 0 or birth_day_r = 0"
    return comparison(
        "birth_date",
        null("birth_date"),
        level(f"birth_date_l = birth_date_r and not ({placeholder})", "equal"),
        level(f"{same_year} and ({placeholder})", "same year, placeholder day"),
        level(f"{same_year} and {same_month} and ({unknown_day})", "same month, day unknown"),
        level(
            f"{same_year} and birth_month_l = birth_day_r and birth_day_l = birth_month_r",
            "day and month swapped",
        ),
        level(_digits_apart(1), "one typing error"),
        level(
            f"({same_year} and {same_month}) or ({same_year} and {same_day}) "
            f"or ({same_month} and {same_day})",
            "two of three parts equal",
        ),
        level(_digits_apart(2), "two typing errors"),
        level(same_year, "same year"),
    )


def _address(roles: Sequence[str]) -> list[dict[str, Any]]:
    made = []
    if "street" in roles:
        number = "street_number_l = street_number_r" if "street_number" in roles else "true"
        near = (
            f"({alike('street', 0.9)} or left(street_l, 8) = left(street_r, 8) "
            "or case when bit_count(street_marks_l & street_marks_r) >= 2 "
            "then len(list_intersect(street_words_l, street_words_r)) >= 2 else false end)"
        )
        made.append(
            comparison(
                "street",
                null("street"),
                level(f"street_l = street_r and {number}", "equal, with the number"),
                level(f"{near} and {number}", "similar, with the number"),
                level(near, "similar, other number"),
                *([level(number, "only the number")] if "street_number" in roles else []),
                level(alike("street", 0.8), "somewhat similar"),
            )
        )
    if "postcode" in roles:
        made.append(
            comparison(
                "postcode",
                null("postcode"),
                exact("postcode"),
                level(within("postcode", 1), "one typing error"),
            )
        )
    if "city" in roles:
        made.append(
            comparison(
                "city",
                null("city"),
                exact("city"),
                level(alike("city", 0.9), "similar"),
            )
        )
    return made


_DERIVED = {
    "surname_sound": "surname", "given_sound": "given_name", "street_words": "street",
    "birth_year": "birth_date", "birth_month": "birth_date",
}  # fmt: skip


def _columns_of(expression: str) -> list[str]:
    """The standard columns an expression reads, derived ones by their origin."""
    names = re.findall(r"[a-z_]+", expression)
    return [_DERIVED.get(name, name) for name in names if name not in ("left", "substr")]


def _compared(roles: Sequence[str]) -> list[str]:
    """The columns that have a comparison of their own."""
    return [name for name in roles if name not in ("usual_surname", "street_number")]


def training_passes(roles: Sequence[str]) -> list[tuple[str, ...]]:
    """Columns to block on in each EM pass: every comparison must be free in at least one."""
    passes: list[tuple[str, ...]] = [("record_key",)] if "record_key" in roles else []
    if {"surname", "given_name"} <= set(roles):
        passes.append(("surname", "given_name"))
    if "birth_date" in roles:
        passes.append(("birth_date",))
    others = [name for name in ("phone", "email", "street", "postcode", "city") if name in roles]
    if len(passes) < 2 and others:
        passes.append((others[0],))
    compared = _compared(roles)
    passes = [columns for columns in passes if set(compared) - set(columns)]
    for name in compared:
        if all(name in columns for columns in passes):
            passes += [(other,) for other in compared if other not in (name, "sex")][:1]
    return passes


CLEAR = Kit(
    name="clear",
    columns=(
        "surname", "usual_surname", "given_name", "birth_date", "birth_place", "sex", "phone",
        "email", "postcode", "city", "street_number", "street", "record_key",
    ),
    comparisons=comparisons,
    rules=candidate_rules,
    training=training_passes,
    twin_sql=TWIN_SQL,
    twin_columns=frozenset({"surname", "given_name"}),
    derive=derive,
)  # fmt: skip
