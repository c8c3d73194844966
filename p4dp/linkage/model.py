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
from p4dp.linkage.clear import CLEAR
from p4dp.linkage.comparisons import Kit

MODEL_FORMAT = "p4dp-linkage/1"

# Random pairs looked at for the u probabilities, and pairs an EM pass may see.
RANDOM_PAIRS = 1_000_000.0
EM_PAIRS = 3_000_000.0
# Pairs a loose blocking rule may bring, per record of the larger table.
PAIRS_PER_RECORD = 20


@dataclass(frozen=True)
class Model:
    """A trained model: Splink's settings, and what is needed to score with it again."""

    kit: str
    settings: dict[str, Any]
    roles: tuple[str, ...]
    term_frequencies: dict[str, dict[str, float]]

    def as_dict(self) -> dict[str, Any]:
        return {
            "format": MODEL_FORMAT,
            "kit": self.kit,
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
        kit=content["kit"],
        settings=content["settings"],
        roles=tuple(content["roles"]),
        term_frequencies=content["term_frequencies"],
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
    con: duckdb.DuckDBPyConnection, tables: Sequence[str], roles: Sequence[str], kit: Kit
) -> list[str]:
    """The rules worth their pairs on these tables.

    A loose rule may bring up to PAIRS_PER_RECORD pairs per record of the larger table; any rule
    that would bring more than a hundred times that (a value shared by everybody) is left out.
    """
    sizes = [con.execute(f"select count(*) from {table}").fetchall()[0][0] for table in tables]
    budget = PAIRS_PER_RECORD * max(*sizes, 1000)
    chosen = []
    for rule in kit.rules(roles):
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
    kit: Kit = CLEAR,
    seed: int = 1,
) -> Model:
    """Estimate a model on `tables` (one to deduplicate, two to link).

    `expected_matches`: how many pairs are likely to be matches, for the prior. Deterministic for a
    given seed and input.
    """
    linker = _linker(
        con, tables, _settings(tables, roles, kit, blocking_rules(con, tables, roles, kit))
    )
    with _silence():
        linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=seed)
        for columns in kit.training(roles):
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(
                    block_on(*columns), max_pairs=EM_PAIRS, estimate_without_term_frequencies=True
                )
            except ValueError as error:
                # Among the pairs of this block no match shows some level: its share went to zero
                # step by step until Splink refused the number. Such a block has nothing to teach;
                # the others do, and `_complete` bounds what none of them has seen.
                if "below the minimum allowed" not in str(error):
                    raise
    settings = linker.misc.save_model_to_json()
    sizes = [con.execute(f"select count(*) from {t}").fetchall()[0][0] for t in tables]
    pairs = sizes[0] * sizes[1] if len(sizes) == 2 else sizes[0] * (sizes[0] - 1) / 2
    settings["probability_two_random_records_match"] = min(
        max(expected_matches, 1.0) / max(pairs, 2.0), 0.5
    )
    _complete(settings)
    return Model(kit.name, settings, tuple(roles), _term_frequencies(con, tables, settings))


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
    kit = _kit(model.kit)
    twin = _qualified(kit.twin_sql) if kit.twin_columns <= set(model.roles) else "false"
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


def _settings(
    tables: Sequence[str], roles: Sequence[str], kit: Kit, rules: Sequence[str]
) -> dict[str, Any]:
    return SettingsCreator(
        link_type=_link_type(tables),
        comparisons=kit.comparisons(roles),
        blocking_rules_to_generate_predictions=[
            {"blocking_rule": rule, "sql_dialect": "duckdb"} for rule in rules
        ],
        unique_id_column_name="record_no",
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
        max_iterations=50,
    ).create_settings_dict("duckdb")


def _kit(name: str) -> Kit:
    from p4dp.linkage.sealed import SEALED

    return {kit.name: kit for kit in (CLEAR, SEALED)}[name]


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
