"""The probabilistic model: Fellegi–Sunter as Splink 5 runs it on DuckDB.

Comparisons are chosen from the values that are there; every weight is estimated from the data to
be linked (u from random pairs, m from pairs already linked by a certified key where there are
enough of them, from expectation-maximisation otherwise). The trained model, with its
term-frequency tables, is saved as JSON, so that later records are scored by the same weights.

Method: Fellegi and Sunter 1969 (doi 10.1080/01621459.1969.10501049); Splink 5.0 documentation.
"""

from __future__ import annotations

import json
import logging
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from p4dp.errors import P4dpError

MODEL_FORMAT = "p4dp-linkage/1"

# Random pairs looked at for the u probabilities, and pairs an EM pass may see.
RANDOM_PAIRS = 2_000_000.0
EM_PAIRS = 3_000_000.0
# Pairs a loose blocking rule may bring, per record of the larger table.
PAIRS_PER_RECORD = 20

# Twins, perhaps: same birth date, and no sign that the first names are one. The family name is no
# help (a twin may have married), nor is an address or a telephone.
TWIN_SQL = """
birth_date_l = birth_date_r
and not coalesce(jaro_winkler_similarity(given_name_l, given_name_r) >= 0.8, false)
and not coalesce(list_has_any(given_words_l, given_words_r), false)
and not coalesce(starts_with(given_name_l, given_name_r), false)
and not coalesce(starts_with(given_name_r, given_name_l), false)
and not coalesce(given_name_l = surname_r or surname_l = given_name_r, false)
"""


@dataclass(frozen=True)
class Model:
    """A trained model: Splink's settings, and what is needed to score with it again."""

    settings: dict[str, Any]
    roles: tuple[str, ...]
    term_frequencies: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": MODEL_FORMAT,
            "roles": list(self.roles),
            "settings": self.settings,
            "term_frequencies": self.term_frequencies,
        }


def save_model(model: Model, path: Path) -> None:
    """Write the model as JSON; the file is replaced at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(model.as_dict(), ensure_ascii=False, sort_keys=True))
    temporary.replace(path)


def load_model(path: Path) -> Model:
    """Read a saved model. Errors: missing, damaged, or written by another version."""
    if not path.exists():
        raise P4dpError(
            "The linkage model is missing",
            file=path,
            remedy="restore it from the last copy, or train a new one on purpose",
        )
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise P4dpError("The linkage model is damaged", file=path, expected="JSON") from error
    if not isinstance(content, dict) or content.get("format") != MODEL_FORMAT:
        raise P4dpError(
            "The linkage model was written by another version of p4dp",
            file=path,
            expected=f"format {MODEL_FORMAT}",
            remedy="train a new one on purpose; links already made keep their keys",
        )
    return Model(
        settings=content["settings"],
        roles=tuple(content["roles"]),
        term_frequencies=content["term_frequencies"],
    )


def usable_roles(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> tuple[str, ...]:
    """The standard columns that say something in every one of `tables` (two values or more)."""
    columns = (
        "surname", "usual_surname", "given_name", "birth_date", "birth_place", "sex", "phone",
        "email", "postcode", "city", "street_number", "street", "record_key",
    )  # fmt: skip
    found = set(columns)
    for table in tables:
        counts = ", ".join(f"approx_count_distinct({name}) >= 2" for name in columns)
        row = con.execute(f"select {counts} from {table}").fetchall()[0]
        found &= {name for name, says in zip(columns, row, strict=True) if says}
    return tuple(name for name in columns if name in found)


def comparisons(roles: Sequence[str]) -> list[Any]:
    """Splink comparisons, most specific level first, for the columns in `roles`."""
    made: list[Any] = []
    if "surname" in roles:
        crossed = (
            "surname_l = usual_surname_r or usual_surname_l = surname_r "
            "or usual_surname_l = usual_surname_r"
        )
        made.append(
            _comparison(
                "surname",
                _null("surname"),
                _exact("surname"),
                *([_level(crossed, "birth name = usual name")] if "usual_surname" in roles else []),
                *(
                    [_level("surname_l = given_name_r or given_name_l = surname_r", "swapped")]
                    if "given_name" in roles
                    else []
                ),
                _level(_close("surname"), "one typing error"),
                _level("list_has_any(surname_words_l, surname_words_r)", "one part in common"),
                _level(
                    "jaro_winkler_similarity(surname_l, surname_r) >= 0.85 "
                    "or surname_sound_l = surname_sound_r",
                    "similar or sounding alike",
                ),
            )
        )
    if "given_name" in roles:
        made.append(
            _comparison(
                "given_name",
                _null("given_name"),
                _exact("given_name"),
                *(
                    [_level("surname_l = given_name_r or given_name_l = surname_r", "swapped")]
                    if "surname" in roles
                    else []
                ),
                _level(_close("given_name"), "one typing error"),
                _level(
                    "list_has_any(given_words_l, given_words_r) "
                    "or starts_with(given_name_l, given_name_r) "
                    "or starts_with(given_name_r, given_name_l)",
                    "one part in common",
                ),
                _level(
                    "jaro_winkler_similarity(given_name_l, given_name_r) >= 0.85 "
                    "or given_sound_l = given_sound_r",
                    "similar or sounding alike",
                ),
            )
        )
    if "birth_date" in roles:
        made.append(_birth_date())
    if "birth_place" in roles:
        made.append(_comparison("birth_place", _null("birth_place"), _exact("birth_place")))
    if "sex" in roles:
        made.append(_comparison("sex", _null("sex"), _level("sex_l = sex_r", "equal")))
    if "phone" in roles:
        made.append(
            _comparison(
                "phone",
                _null("phone"),
                _exact("phone", rare=False),
                _level("damerau_levenshtein(phone_l, phone_r) <= 2", "one or two typing errors"),
            )
        )
    if "email" in roles:
        made.append(
            _comparison(
                "email",
                _null("email"),
                _exact("email", rare=False),
                _level(
                    "split_part(email_l, '@', 1) = split_part(email_r, '@', 1) "
                    "or jaro_winkler_similarity(email_l, email_r) >= 0.93",
                    "similar",
                ),
            )
        )
    made.extend(_address(roles))
    if "record_key" in roles:
        made.append(
            _comparison(
                "record_key",
                _null("record_key"),
                _exact("record_key", rare=False),
                _level("damerau_levenshtein(record_key_l, record_key_r) <= 1", "one typing error"),
                _level("damerau_levenshtein(record_key_l, record_key_r) <= 2", "two typing errors"),
            )
        )
    return made


@dataclass(frozen=True)
class BlockingRule:
    """Pairs to look at: every expression of `left` equals its partner of `right`.

    A `loose` rule is used only where it stays affordable on the data at hand.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    is_loose: bool = False

    @property
    def sql(self) -> str:
        pairs = zip(self.left, self.right, strict=True)
        return " and ".join(f"{_aliased(a, 'l')} = {_aliased(b, 'r')}" for a, b in pairs)


_BIRTH_YEAR = "substr(birth_date, 1, 4)"
_BIRTH_MONTH = "substr(birth_date, 1, 6)"
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
    add(_BIRTH_MONTH, "surname")
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


def blocking_rules(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], roles: Sequence[str]
) -> list[str]:
    """The rules worth their pairs on these tables.

    A loose rule may bring up to PAIRS_PER_RECORD pairs per record of the larger table; any rule
    that would bring more than a hundred times that (a value shared by everybody) is left out.
    """
    sizes = [con.execute(f"select count(*) from {table}").fetchall()[0][0] for table in tables]
    budget = PAIRS_PER_RECORD * max(*sizes, 1000)
    chosen = []
    for rule in candidate_rules(roles):
        count = con.execute(
            f"""
            with l as ({_counted(tables[0], rule.left)}), r as ({_counted(tables[-1], rule.right)})
            select coalesce(sum(l.n::double * r.n), 0)
            from l join r on {" and ".join(f"l.k{i} = r.k{i}" for i in range(len(rule.left)))}
            """
        ).fetchall()[0][0]
        if count <= (budget if rule.is_loose else 100 * budget):
            chosen.append(rule.sql)
    return chosen


def train(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    roles: Sequence[str],
    *,
    expected_matches: float,
    seed: int = 1,
) -> Model:
    """Estimate a model on `tables` (one to deduplicate, two to link).

    `expected_matches`: how many pairs are likely to be matches, for the prior. Deterministic for a
    given seed and input.
    """
    linker = _linker(con, tables, _settings(tables, roles, blocking_rules(con, tables, roles)))
    with _silence():
        linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=seed)
        for rule in _training_rules(roles):
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule, max_pairs=EM_PAIRS, estimate_without_term_frequencies=True
            )
    settings = linker.misc.save_model_to_json()
    sizes = [con.execute(f"select count(*) from {t}").fetchall()[0][0] for t in tables]
    pairs = sizes[0] * sizes[1] if len(sizes) == 2 else sizes[0] * (sizes[0] - 1) / 2
    settings["probability_two_random_records_match"] = min(
        max(expected_matches, 1.0) / max(pairs, 2.0), 0.5
    )
    _complete(settings)
    return Model(settings, tuple(roles), _term_frequencies(con, tables, settings))


def score(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    model: Model,
    name: str,
    *,
    minimum_weight: float,
) -> None:
    """Score the candidate pairs of `tables` into the table `name`.

    `name`: record_no_l, record_no_r, match_weight (bits, prior included), is_twin, and the bits
    `weight_<comparison>` that each comparison adds. For one table record_no_l < record_no_r.
    """
    settings = {
        **model.settings,
        "link_type": _link_type(tables),
        "retain_intermediate_calculation_columns": True,
    }
    linker = _linker(con, tables, settings)
    with _silence():
        for column, frequencies in model.term_frequencies.items():
            con.register(
                "frequency_arrow",
                _frequency_table(column, frequencies),
            )
            con.execute(f"create or replace temp table frequency_{column} as from frequency_arrow")
            con.unregister("frequency_arrow")
            linker.table_management.register_term_frequency_lookup(
                linker._db_api.register(f"frequency_{column}"), column
            )
        predicted = linker.inference.predict(threshold_match_weight=minimum_weight)
    bits = ", ".join(_weight_sql(comparison) for comparison in settings["comparisons"])
    left, right = tables[0], tables[-1]
    twin = (
        _qualified(TWIN_SQL)
        if {"surname", "given_name", "birth_date"} <= set(model.roles)
        else "false"
    )
    con.execute(
        f"""
        create or replace temp table {name} as
        select
            least_l.record_no as record_no_l,
            least_r.record_no as record_no_r,
            p.match_weight,
            coalesce({twin}, false) as is_twin,
            {bits}
        from {predicted.physical_name} as p
        join {left} as least_l on least_l.record_no = p.record_no_l
        join {right} as least_r on least_r.record_no = p.record_no_r
        """
    )
    predicted.drop_table_from_database_and_remove_from_cache()


def match_weight_table(model: Model) -> list[dict[str, Any]]:
    """One row per comparison level: comparison, level, m, u, weight (bits): for charts."""
    rows = []
    for comparison in model.settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            m, u = level["m_probability"], level["u_probability"]
            rows.append(
                {
                    "comparison": comparison["output_column_name"],
                    "level": level["label_for_charts"],
                    "m_probability": m,
                    "u_probability": u,
                    "match_weight": math.log2(m / u),
                }
            )
    return rows


def _settings(tables: Sequence[str], roles: Sequence[str], rules: Sequence[str]) -> dict[str, Any]:
    return SettingsCreator(
        link_type=_link_type(tables),
        comparisons=comparisons(roles),
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in rules
        ],
        unique_id_column_name="record_no",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        max_iterations=50,
    ).create_settings_dict("duckdb")


def _link_type(tables: Sequence[str]) -> Literal["dedupe_only", "link_only"]:
    return "dedupe_only" if len(tables) == 1 else "link_only"


def _linker(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], settings: Mapping[str, Any]
) -> Linker:
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(con)
    frames = [
        api.register(table, dataset_display_name=f"{position}_{table}")
        for position, table in enumerate(tables)
    ]
    return Linker(
        frames if len(frames) > 1 else frames[0],
        dict(settings),
        log_level=None,
        validate_settings=False,
    )


def _training_rules(roles: Sequence[str]) -> list[Any]:
    """EM passes: each comparison must be free (not blocked on) in at least one."""
    rules: list[Any] = [block_on("record_key")] if "record_key" in roles else []
    if {"surname", "given_name"} <= set(roles):
        rules.append(block_on("surname", "given_name"))
    if "birth_date" in roles:
        rules.append(block_on("birth_date"))
    others = [n for n in ("phone", "email", "street", "postcode", "city")
              if n in roles]  # fmt: skip
    if len(rules) < 2 and others:
        rules.append(block_on(others[0]))
    if not rules:
        rules.append(block_on(next(name for name in roles)))
    return rules


def _complete(settings: dict[str, Any]) -> None:
    """Bound what was estimated, and give the levels never seen an uninformative weight."""
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            m, u = level.get("m_probability"), level.get("u_probability")
            m = None if m is None or not isinstance(m, float | int) else min(max(m, 1e-5), 0.99999)
            u = None if u is None or not isinstance(u, float | int) else min(max(u, 1e-8), 0.99999)
            if m is None and u is None:
                m = u = 0.01
            level["m_probability"] = m if m is not None else u
            level["u_probability"] = u if u is not None else m


def _term_frequencies(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """Share of each value seen at least twice; the rest count as one record each."""
    columns = sorted(
        {
            level["tf_adjustment_column"]
            for comparison in settings["comparisons"]
            for level in comparison["comparison_levels"]
            if level.get("tf_adjustment_column")
        }
    )
    found: dict[str, dict[str, float]] = {}
    for column in columns:
        union = " union all ".join(f"select {column} from {table}" for table in tables)
        rows = con.execute(
            f"select {column}, count(*) / sum(count(*)) over () from ({union}) "
            f"where {column} is not null group by {column} order by {column}"
        ).fetchall()
        found[column] = dict(rows)
    return found


def _frequency_table(column: str, frequencies: Mapping[str, float]) -> Any:
    import pyarrow as pa

    return pa.table({column: list(frequencies), f"tf_{column}": list(frequencies.values())})


def _weight_sql(comparison: Mapping[str, Any]) -> str:
    name = comparison["output_column_name"]
    rare = any(level.get("tf_adjustment_column") for level in comparison["comparison_levels"])
    adjusted = f" + coalesce(p.mw_tf_adj_{name}, 0)" if rare else ""
    return f"p.mw_{name}{adjusted} as weight_{name}"


def _comparison(name: str, *levels: dict[str, Any]) -> dict[str, Any]:
    return {
        "output_column_name": name,
        "comparison_levels": [
            *levels,
            {"sql_condition": "ELSE", "label_for_charts": "different"},
        ],
    }


def _level(condition: str, label: str) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": label}


def _null(column: str) -> dict[str, Any]:
    return {
        "sql_condition": f"{column}_l is null or {column}_r is null",
        "label_for_charts": "missing",
        "is_null_level": True,
    }


def _exact(column: str, *, rare: bool = True) -> dict[str, Any]:
    level: dict[str, Any] = {
        "sql_condition": f"{column}_l = {column}_r",
        "label_for_charts": "equal",
    }
    if rare:
        level |= {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0}
    return level


def _close(column: str) -> str:
    return (
        f"damerau_levenshtein({column}_l, {column}_r) <= 1 "
        f"or jaro_winkler_similarity({column}_l, {column}_r) >= 0.94"
    )


def _birth_date() -> dict[str, Any]:
    def part(side: str, start: int, length: int) -> str:
        return f"substr(birth_date_{side}, {start}, {length})"

    same_year = f"{part('l', 1, 4)} = {part('r', 1, 4)}"
    same_month = f"{part('l', 5, 2)} = {part('r', 5, 2)}"
    same_day = f"{part('l', 7, 2)} = {part('r', 7, 2)}"
    placeholder = " or ".join(f"{part(s, 5, 4)} in ('0101', '0000')" for s in "lr")
    unknown = " or ".join(f"{part(s, 5, 4)} = '0000'" for s in "lr")
    unknown_day = " or ".join(f"{part(s, 7, 2)} = '00'" for s in "lr")
    return _comparison(
        "birth_date",
        _null("birth_date"),
        _level(f"birth_date_l = birth_date_r and not ({placeholder})", "equal"),
        _level(
            f"{same_year} and ({placeholder}) and "
            f"(birth_date_l = birth_date_r or {unknown} or birth_date_l <> birth_date_r)",
            "same year, placeholder day",
        ),
        _level(f"{same_year} and {same_month} and ({unknown_day})", "same month, day unknown"),
        _level(
            f"{same_year} and {part('l', 5, 2)} = {part('r', 7, 2)} "
            f"and {part('l', 7, 2)} = {part('r', 5, 2)}",
            "day and month swapped",
        ),
        _level("damerau_levenshtein(birth_date_l, birth_date_r) <= 1", "one typing error"),
        _level(
            f"({same_year} and {same_month}) or ({same_year} and {same_day}) "
            f"or ({same_month} and {same_day})",
            "two of three parts equal",
        ),
        _level("damerau_levenshtein(birth_date_l, birth_date_r) <= 2", "two typing errors"),
        _level(same_year, "same year"),
    )


def _address(roles: Sequence[str]) -> list[dict[str, Any]]:
    made = []
    if "street" in roles:
        number = "street_number_l = street_number_r" if "street_number" in roles else "true"
        near = (
            "(jaro_winkler_similarity(street_l, street_r) >= 0.9 "
            "or left(street_l, 8) = left(street_r, 8) "
            "or len(list_intersect(street_words_l, street_words_r)) >= 2)"
        )
        made.append(
            _comparison(
                "street",
                _null("street"),
                _level(f"street_l = street_r and {number}", "equal, with the number"),
                _level(f"{near} and {number}", "similar, with the number"),
                _level(near, "similar, other number"),
                *([_level(number, "only the number")] if "street_number" in roles else []),
                _level("jaro_winkler_similarity(street_l, street_r) >= 0.8", "somewhat similar"),
            )
        )
    if "postcode" in roles:
        made.append(
            _comparison(
                "postcode",
                _null("postcode"),
                _exact("postcode"),
                _level("damerau_levenshtein(postcode_l, postcode_r) <= 1", "one typing error"),
            )
        )
    if "city" in roles:
        made.append(
            _comparison(
                "city",
                _null("city"),
                _exact("city"),
                _level("jaro_winkler_similarity(city_l, city_r) >= 0.9", "similar"),
            )
        )
    return made


_DERIVED = {"surname_sound": "surname", "given_sound": "given_name", "street_words": "street"}


def _columns_of(expression: str) -> list[str]:
    """The standard columns an expression reads, derived ones by their origin."""
    names = re.findall(r"[a-z_]+", expression)
    return [_DERIVED.get(name, name) for name in names if name not in ("left", "substr")]


def _aliased(expression: str, alias: str) -> str:
    return re.sub(r"(?<![a-z_])(?!left\b|substr\b)([a-z_]+)", rf"{alias}.\1", expression)


def _counted(table: str, keys: Sequence[str]) -> str:
    named = ", ".join(f"{key} as k{i}" for i, key in enumerate(keys))
    return f"select {named}, count(*) as n from {table} group by all"


def _qualified(condition: str) -> str:
    """`x_l` -> `least_l.x`: a level's condition on the joined records."""
    return re.sub(r"\b([a-z_]+)_([lr])\b", r"least_\2.\1", condition)


class _silence(warnings.catch_warnings):
    """Splink warns about levels it never saw; they get a neutral weight here, on purpose."""

    def __enter__(self) -> Any:
        result = super().__enter__()
        warnings.simplefilter("ignore")
        return result
