"""The probabilistic model: Fellegi–Sunter, estimated by Splink 5 on DuckDB.

Comparisons are chosen from the values that are there; every weight is estimated from the data to
be linked (u from random pairs, m from pairs already linked by a certified key where there are
enough of them, from expectation-maximisation otherwise). The trained model, with its
term-frequency tables, is saved as JSON, so that later records are scored by the same weights.

Splink estimates; the candidate pairs are scored here, by the same weights (a test holds the two
together), because what is looked at can then be chosen in steps: each record is looked up by
narrow keys first, and only records that found no certain partner are looked up by wide ones.

Method: Fellegi and Sunter 1969 (doi 10.1080/01621459.1969.10501049); Splink 5.0 documentation.
"""

from __future__ import annotations

import json
import logging
import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.internals.exceptions import EMTrainingException

from p4dp.errors import P4dpError
from p4dp.linkage.clear import CLEAR
from p4dp.linkage.comparisons import BlockingRule, Kit

MODEL_FORMAT = "p4dp-linkage/1"

# Random pairs looked at for the u probabilities, and pairs an EM pass may see.
RANDOM_PAIRS = 250_000.0
EM_PAIRS = 200_000.0
# Records of the larger table that training looks at: for u, and for each EM pass.
RANDOM_RECORDS = 5_000
TRAINING_RECORDS = 20_000
# Pairs all loose blocking rules together may bring: per record of the larger table, or in all
# where there are few records.
LOOSE_PAIRS_PER_RECORD = 2
LOOSE_PAIRS = 200_000
# Pairs any other rule may bring per record: more come from a value that everybody shares.
PAIRS_PER_RECORD = 2_000
# Candidate pairs scored at a time.
CHUNK_PAIRS = 8_000_000


@dataclass(frozen=True)
class Model:
    """A trained model: Splink's settings, and what is needed to score with it again.

    `term_frequencies`: share of each value that several records have; `rare`: of any other value.
    """

    kit: str
    settings: dict[str, Any]
    roles: tuple[str, ...]
    term_frequencies: dict[str, dict[str, float]]
    rare: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": MODEL_FORMAT,
            "kit": self.kit,
            "roles": list(self.roles),
            "settings": self.settings,
            "term_frequencies": self.term_frequencies,
            "rare": self.rare,
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
        kit=content["kit"],
        settings=content["settings"],
        roles=tuple(content["roles"]),
        term_frequencies=content["term_frequencies"],
        rare=content.get("rare", {}),
    )


def usable_roles(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], kit: Kit = CLEAR
) -> tuple[str, ...]:
    """The columns of the kit that say something in every one of `tables` (two values or more)."""
    found = set(kit.columns)
    for table in tables:
        counts = ", ".join(f"approx_count_distinct({name}) >= 2" for name in kit.columns)
        row = con.execute(f"select {counts} from {table}").fetchall()[0]
        found &= {name for name, says in zip(kit.columns, row, strict=True) if says}
    return tuple(name for name in kit.columns if name in found)


def blocking_rules(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    rules: Sequence[BlockingRule],
    *,
    is_loose: bool,
) -> dict[str, float]:
    """Those of `rules`, narrow or loose, that are worth their pairs on these tables, with these.

    A narrow rule is left out only where a value is shared by everybody. Loose rules share a budget:
    those with the fewest pairs come first.
    """
    largest = max(*(_count(con, table) for table in tables), 1000)
    counted = {
        rule.sql: _pair_count(con, tables, rule.sql) for rule in rules if rule.is_loose == is_loose
    }
    if not is_loose:
        return {sql: n for sql, n in counted.items() if n <= PAIRS_PER_RECORD * largest}
    budget = float(max(LOOSE_PAIRS_PER_RECORD * largest, LOOSE_PAIRS))
    chosen: dict[str, float] = {}
    for sql, count in sorted(counted.items(), key=lambda item: item[1]):
        budget -= count
        if budget < 0:
            break
        chosen[sql] = count
    return chosen


def _pair_count(con: duckdb.DuckDBPyConnection, tables: Sequence[str], rule: str) -> float:
    """How many pairs meet a rule."""
    keys = [key.split(" = ") for key in rule.split(" and ")]
    sides = []
    for side, table, place in (("l", tables[0], 0), ("r", tables[-1], 1)):
        named = ", ".join(f"{key[place]} as k{i}" for i, key in enumerate(keys))
        sides.append(f"(select {named}, count(*) as n from {table} as {side} group by all)")
    same = " and ".join(f"a.k{i} = b.k{i}" for i in range(len(keys)))
    query = f"select coalesce(sum(a.n::double * b.n), 0) from {sides[0]} as a join {sides[1]} as b"
    return float(con.execute(f"{query} on {same}").fetchall()[0][0])


def train(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    roles: Sequence[str],
    *,
    expected_matches: float,
    kit: Kit = CLEAR,
    seed: int = 1,
) -> Model:
    """Estimate a model on `tables` (one to deduplicate, two to link).

    `expected_matches`: how many pairs are likely to be matches, for the prior. Large tables are
    sampled: at random for the u probabilities, whole blocks for each EM pass. Deterministic for a
    given seed and input.
    """
    passes = kit.training(roles)
    largest = max(_count(con, table) for table in tables)
    random_share = -(-largest // RANDOM_RECORDS)
    block_share = -(-largest // TRAINING_RECORDS)
    settings = _settings(tables, roles, kit)
    drawn = f"hash(record_no + {seed}) % {random_share} = 0"
    drawn_tables = _drawn(con, tables, kit, drawn, "random")
    linker = _linker(con, drawn_tables, settings)
    with _silence():
        # all pairs at once: in steps, each costs a query per comparison
        linker.training.estimate_u_using_random_sampling(
            max_pairs=RANDOM_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
        )
        settings = linker.misc.save_model_to_json()
        _set_chance_agreement(con, tables, settings)
        if random_share > 1:
            blocks = (
                f"hash(concat_ws('|', {', '.join(keys)})) % {block_share} = 0" for keys in passes
            )
            drawn_tables = _drawn(con, tables, kit, " or ".join(blocks), "block")
        linker = _linker(con, drawn_tables, settings)
        for columns in passes:
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    block_on(*columns), max_pairs=EM_PAIRS, estimate_without_term_frequencies=True
                )
            except (EMTrainingException, ValueError) as error:
                # Among the pairs of this block no match shows some level: its share went to zero
                # step by step until Splink refused the number; or the block has no pair at all.
                # It has nothing to teach; the others do, and `_complete` bounds what none of them
                # has seen.
                if not isinstance(error, EMTrainingException) and (
                    "below the minimum allowed" not in str(error)
                ):
                    raise
    settings = linker.misc.save_model_to_json()
    sizes = [_count(con, table) for table in tables]
    pairs = sizes[0] * sizes[1] if len(sizes) == 2 else sizes[0] * (sizes[0] - 1) / 2
    settings["probability_two_random_records_match"] = min(
        max(expected_matches, 1.0) / max(pairs, 2.0), 0.5
    )
    _complete(settings)
    frequencies, rare = _term_frequencies(con, tables, settings)
    return Model(kit.name, settings, tuple(roles), frequencies, rare)


def _set_chance_agreement(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], settings: dict[str, Any]
) -> None:
    """u of the levels that ask for equal values: counted over all pairs rather than sampled."""
    for comparison in settings["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if "u_probability" in level]
        for level in levels:
            equal = re.fullmatch(r"(\w+)_l = \1_r", level["sql_condition"].replace('"', ""))
            if equal is None:
                continue
            name = equal.group(1)
            pairs = _pair_count(con, tables, f"l.{name} = r.{name}")
            known = [
                con.execute(f"select count({name}) from {table}").fetchall()[0][0]
                for table in tables
            ]
            if len(tables) == 1:
                pairs, every = (pairs - known[0]) / 2, known[0] * (known[0] - 1) / 2
            else:
                every = known[0] * known[1]
            if not every:
                continue
            exact = min(max(pairs / every, 0.5 / every), 0.99999)
            levels[-1]["u_probability"] = max(
                levels[-1]["u_probability"] + level["u_probability"] - exact, 1e-5
            )
            level["u_probability"] = exact


def _drawn(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], kit: Kit, condition: str, name: str
) -> list[str]:
    """Tables of the records that meet `condition`, with what the kit compares."""
    names = []
    for position, table in enumerate(tables):
        names.append(f"training_{name}_{position}")
        kit.derive(con, f"from {table} where {condition}", names[-1])
    return names


def score(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    model: Model,
    name: str,
    *,
    minimum_weight: float,
    rules: Mapping[str, float] | None = None,
) -> None:
    """Score the pairs of `tables` that meet one of `rules` into the table `name`.

    `rules`: SQL on `l` and `r`, and the pairs to expect; without it the kit's narrow rules. `name`:
    record_no_l, record_no_r, match_weight (bits, prior included), is_twin, and the bits
    `weight_<comparison>` that each comparison adds. For one table record_no_l < record_no_r. Pairs
    under `minimum_weight` are left out.
    """
    kit = kit_of(model)
    if rules is None:
        rules = blocking_rules(con, tables, kit.rules(model.roles), is_loose=False)
    comparisons = model.settings["comparisons"]
    names = [str(comparison["output_column_name"]) for comparison in comparisons]
    twin = _joined(kit.twin_sql) if kit.twin_columns <= set(model.roles) else "false"
    left = _with_frequencies(con, tables[0], model, "scored_left")
    right = tables[-1]
    prior = model.settings["probability_two_random_records_match"]
    total = " + ".join((repr(math.log2(prior / (1 - prior))), *(f"weight_{n}" for n in names)))
    weights = ", ".join(
        f"{_weight_sql(comparison)} as weight_{name}"
        for comparison, name in zip(comparisons, names, strict=True)
    )
    con.execute(
        f"create or replace temp table {name} (record_no_l bigint, record_no_r bigint, "
        f"match_weight double, is_twin boolean, {', '.join(f'weight_{n} double' for n in names)})"
    )
    parts = int(sum(rules.values()) // CHUNK_PAIRS) + 1
    for part in range(parts):
        _candidates(con, tables, rules, part, parts)
        con.execute(
            f"""
            insert into {name}
            with weighed as (
                select l.record_no as record_no_l, r.record_no as record_no_r, {weights}
                from candidate as c
                join {left} as l on l.record_no = c.record_no_l
                join {right} as r on r.record_no = c.record_no_r
            ),
            likely as (
                select *, {total} as match_weight from weighed
                where match_weight >= {minimum_weight}
            )
            select record_no_l, record_no_r, match_weight, coalesce({twin}, false),
                {", ".join(f"weight_{n}" for n in names)}
            from likely
            join {left} as l on l.record_no = record_no_l
            join {right} as r on r.record_no = record_no_r
            """
        )
    con.execute("drop table if exists candidate")
    con.execute(f"drop table if exists {left}")


def _candidates(
    con: duckdb.DuckDBPyConnection,
    tables: Sequence[str],
    rules: Iterable[str],
    part: int,
    parts: int,
) -> None:
    """Table `candidate`: each pair that meets a rule once, for one slice of the left table."""
    order = " and l.record_no < r.record_no" if len(tables) == 1 else ""
    source = tables[0]
    if parts > 1:
        source = f"(from {tables[0]} where record_no % {parts} = {part})"
    union = (
        " union all ".join(
            f"select l.record_no as record_no_l, r.record_no as record_no_r "
            f"from {source} as l join {tables[-1]} as r on {rule}{order}"
            for rule in rules
        )
        or "select null::bigint as record_no_l, null::bigint as record_no_r where false"
    )
    con.execute(
        f"create or replace temp table candidate as "
        f"select distinct record_no_l, record_no_r from ({union})"
    )


def _with_frequencies(con: duckdb.DuckDBPyConnection, table: str, model: Model, name: str) -> str:
    """A copy of `table` with, for each adjusted column, the share of the record's own value."""
    joins, columns = [], []
    for column, frequencies in model.term_frequencies.items():
        con.register("frequency_arrow", _frequency_table(column, frequencies))
        con.execute(f"create or replace temp table frequency_{column} as from frequency_arrow")
        con.unregister("frequency_arrow")
        rare = model.rare.get(column, min(frequencies.values(), default=1.0))
        columns.append(f"coalesce(frequency_{column}.tf_{column}, {rare!r}) as tf_{column}")
        joins.append(f"left join frequency_{column} on frequency_{column}.{column} = t.{column}")
    con.execute(
        f"create or replace temp table {name} as select t.*{''.join(', ' + c for c in columns)} "
        f"from {table} as t {' '.join(joins)}"
    )
    return name


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


def _settings(tables: Sequence[str], roles: Sequence[str], kit: Kit) -> dict[str, Any]:
    return SettingsCreator(
        link_type=_link_type(tables),
        comparisons=kit.comparisons(roles),
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": rule.sql, "sql_dialect": "duckdb"}
            for rule in kit.rules(roles)
            if not rule.is_loose
        ],
        unique_id_column_name="record_no",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        max_iterations=50,
    ).create_settings_dict("duckdb")


def kit_of(model: Model) -> Kit:
    """The kit that a model was trained with."""
    from p4dp.linkage.sealed import SEALED

    return {kit.name: kit for kit in (CLEAR, SEALED)}[model.kit]


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
            elif u is None:
                u = 0.5 / RANDOM_PAIRS  # not seen in as many pairs
            level["m_probability"] = m if m is not None else u
            level["u_probability"] = u


def _term_frequencies(
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], settings: Mapping[str, Any]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """By column, the share of each value seen at least twice, and that of a value seen once."""
    columns = sorted(
        {
            level["tf_adjustment_column"]
            for comparison in settings["comparisons"]
            for level in comparison["comparison_levels"]
            if level.get("tf_adjustment_column")
        }
    )
    found: dict[str, dict[str, float]] = {}
    rare: dict[str, float] = {}
    for column in columns:
        union = " union all ".join(f"select {column} from {table}" for table in tables)
        known = con.execute(f"select count({column}) from ({union})").fetchall()[0][0]
        rows = con.execute(
            f"select {column}, count(*) / {max(known, 1)} from ({union}) "
            f"where {column} is not null group by {column} having count(*) > 1 order by {column}"
        ).fetchall()
        found[column] = dict(rows)
        rare[column] = 1 / max(known, 1)
    return found, rare


def _frequency_table(column: str, frequencies: Mapping[str, float]) -> Any:
    import pyarrow as pa

    return pa.table({column: list(frequencies), f"tf_{column}": list(frequencies.values())})


def _weight_sql(comparison: Mapping[str, Any]) -> str:
    """SQL on `l` and `r`: the bits that a comparison adds.

    An adjusted level weighs an agreement by the share of the value agreed on.
    """
    branches = []
    for found in comparison["comparison_levels"]:
        condition = _joined(found["sql_condition"])
        if found.get("is_null_level"):
            weight = "0.0"
        elif column := found.get("tf_adjustment_column"):
            weight = f"log2({found['m_probability']!r} / l.tf_{column})"
        else:
            weight = repr(math.log2(found["m_probability"] / found["u_probability"]))
        branches.append(
            f"else {weight}"
            if condition.strip().upper() == "ELSE"
            else f"when {condition} then {weight}"
        )
    return f"(case {' '.join(branches)} end)::double"


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def _joined(condition: str) -> str:
    """`x_l` -> `l.x`: a level's condition on the joined records."""
    return re.sub(r"\b([a-z][a-z_0-9]*)_([lr])\b", r"\2.\1", condition)


class _silence(warnings.catch_warnings):
    """Splink warns about levels it never saw; they get a neutral weight here, on purpose."""

    def __enter__(self) -> Any:
        result = super().__enter__()
        warnings.simplefilter("ignore")
        return result
