"""Linkage measured: quality, time and memory, beside Splink's defaults and a cascade of keys.

    python benchmarks/linkage/run.py febrl4
    python benchmarks/linkage/run.py people --size 50000
    python benchmarks/linkage/run.py elsewhere --size 20000
    python benchmarks/linkage/run.py abroad --size 40000
    python benchmarks/linkage/run.py doubled --size 50000
    python benchmarks/linkage/run.py claims --size 100
    python benchmarks/linkage/run.py register --size 20000

Each call measures one thing in its own process and adds it to `--out` (JSON, default
`linkage.json` in the current folder); what is there already is not measured again. Worlds are made
here or read from the shared folder; their rates are nowhere in `p4dp.linkage`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
import pandas as pd

SHARED = Path(os.environ.get("P4DP_SHARED", Path(__file__).resolve().parents[3] / "shared"))
Pairs = set[tuple[str, str]]


def main() -> None:
    """One measurement per call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=sorted(TASKS))
    parser.add_argument("--size", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--out", type=Path, default=Path("linkage.json"))
    parser.add_argument("--only", help="one method of the task: p4dp, splink or cascade")
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    key = f"{options.task}-{options.size}-{options.seed}-{options.only or 'all'}"
    if key in results:
        print(f"{key}: measured already")
        return
    results[key] = {
        **TASKS[options.task](options.size, options.seed, options.only),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": os.getloadavg()[0],
    }
    temporary = options.out.with_suffix(".tmp")
    temporary.write_text(json.dumps(results, indent=1, default=float))
    temporary.replace(options.out)
    print(json.dumps({key: results[key]}, indent=1, default=float))


def score(found: Pairs, truth: Pairs) -> dict[str, float]:
    """Precision, recall and F1 of pairs."""
    right = len(found & truth)
    precision = right / len(found) if found else 0.0
    recall = right / len(truth) if truth else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "links": len(found)}


def febrl4(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """FEBRL 4 (5,000 true pairs) without the social-security number."""
    left, right = (
        pd.read_csv(SHARED / "data" / "linkage" / f"febrl_dataset4{x}.csv", dtype=str,
                    skipinitialspace=True).rename(columns=str.strip)
        for x in "ab"
    )  # fmt: skip
    left, right = left.drop(columns="soc_sec_id"), right.drop(columns="soc_sec_id")
    truth = {(f"rec-{n}-org", f"rec-{n}-dup-0") for n in left["rec_id"].str.split("-").str[1]}
    names = {
        "id": "rec_id", "surname": "surname", "given": "given_name", "birth": "date_of_birth",
        "place": "postcode",
    }  # fmt: skip
    return _methods(left, right, truth, names, only)


def people(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """The hard world in clear, without numbers: size/2 records against size."""
    from people import make_people

    world = make_people(size, seed=seed)
    truth = set(zip(world.truth["left_id"], world.truth["right_id"], strict=True))
    names = {
        "id": "id", "surname": "nom_naissance", "given": "prenom", "birth": "date_naissance",
        "place": "commune", "sex": "sexe", "phone": "telephone",
    }  # fmt: skip
    left, right = world.left.drop(columns="nir"), world.right.drop(columns="nir")
    result = _methods(left, right, truth, names, only)
    if "p4dp" in result:
        result["p4dp"]["subgroups"] = _subgroups(world, result["p4dp"].pop("found"))
    return result


def elsewhere(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """A world of other mechanisms (`elsewhere.py`), at its rates and at twice these."""
    from elsewhere import make_elsewhere

    names = {
        "id": "rec_id", "surname": "last_name", "given": "first_name", "birth": "dob",
        "place": "zip", "sex": "gender", "phone": "phone",
    }  # fmt: skip
    found = {}
    for label, factor in (("as written", 1.0), ("twice the rates", 2.0)):
        left, right, links = make_elsewhere(size, seed=seed, factor=factor)
        truth = set(zip(links["rec_id_l"], links["rec_id_r"], strict=True))
        found[label] = _methods(left, right, truth, names, only)
    return found


ABROAD = {
    "surname": "apellidos", "given_name": "nombre", "date_of_birth": "fecha_nac", "sex": "sexo",
    "phone": "tfno", "email": "correo", "street": "domicilio", "city": "municipio",
    "id": "n_historia", "key": "",
}  # fmt: skip


def abroad(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """The world of `abroad.py`, without the national number: two files without repeats, at its
    rates and at twice these; two files with repeats; the duplicates of one file."""
    from abroad import make_abroad

    names = {
        "id": "n_historia", "surname": "apellidos", "given": "nombre", "birth": "fecha_nac",
        "place": "municipio", "sex": "sexo", "phone": "tfno",
    }  # fmt: skip
    found: dict[str, Any] = {}
    for label, factor, repeats in (
        ("as written", 1.0, False), ("twice the rates", 2.0, False), ("with repeats", 1.0, True),
    ):  # fmt: skip
        world = make_abroad(size, seed=seed, factor=factor, duplicates=(repeats, repeats))
        left, right = (f.drop(columns=["is_twin"]) for f in (world.left, world.right))
        pairs = left[["n_historia", "person"]].merge(right[["n_historia", "person"]], on="person")
        truth = set(zip(pairs["n_historia_x"], pairs["n_historia_y"], strict=True))
        found[label] = _methods(
            left.drop(columns=["person", "dni"]), right.drop(columns=["person", "dni"]),
            truth, names, only, columns=ABROAD,
        )  # fmt: skip
        if repeats and only in (None, "p4dp"):
            found["duplicates of the right file"] = _duplicates(right.drop(columns="dni"))
    return found


def _duplicates(frame: pd.DataFrame) -> dict[str, Any]:
    """`dedupe` of a frame with the planted `person`: pairs of records of one person."""
    from p4dp.linkage import dedupe

    twice = frame.merge(frame, on="person")
    twice = twice[twice["n_historia_x"] < twice["n_historia_y"]]
    truth = set(zip(twice["n_historia_x"], twice["n_historia_y"], strict=True))
    cpu = time.process_time()
    links = dedupe(frame.drop(columns="person"), columns=ABROAD).links
    ends = links[["left_id", "right_id"]].to_numpy()
    found = set(zip(ends.min(axis=1), ends.max(axis=1), strict=True))
    return {"p4dp": {**score(found, truth), "cpu_seconds": time.process_time() - cpu}}


def doubled(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """The hard world with every rate of fault doubled."""
    from people import RATES, make_people

    kept = ("overlap", "twins", "foreign", "usual_name_given")
    rates = {name: min(2 * rate, 0.9) for name, rate in RATES.items() if name not in kept}
    world = make_people(size, seed=seed, rates=rates)
    truth = set(zip(world.truth["left_id"], world.truth["right_id"], strict=True))
    names = {
        "id": "id", "surname": "nom_naissance", "given": "prenom", "birth": "date_naissance",
        "place": "commune", "sex": "sexe", "phone": "telephone",
    }  # fmt: skip
    result = _methods(
        world.left.drop(columns="nir"), world.right.drop(columns="nir"), truth, names, only
    )
    for method in result.values():
        if isinstance(method, dict):
            method.pop("found", None)
    return result


def claims(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """Practice to claims, `size` doctors of 1,000 people: with days of care, and by traits."""
    from claims import make_claims

    from p4dp.linkage.identity import connect
    from p4dp.linkage.indirect import link_indirectly
    from p4dp.linkage.resolve import ACCEPT_PROBABILITY

    world = make_claims(size, seed=seed)
    truth = set(map(tuple, world["truth"].to_numpy().tolist()))
    visited = set(world["left_day"]["record_no"])
    counts = world["left_day"].groupby("record_no").size()
    once = set(counts[counts == 1].index)
    result: dict[str, Any] = {"left": len(world["left"]), "right": len(world["right"])}
    for name, has_days in (("days", True), ("traits", False)):
        with connect() as con:
            for table in ("left", "right", "left_day", "right_day"):
                con.register("frame", world[table])
                day = table.endswith("day")
                cast = "replace (care_date::date as care_date)" if day else ""
                keep = "" if has_days or not day else "where false"
                con.execute(f"create table {table}_t as select * {cast} from frame {keep}")
            started = time.perf_counter()
            link_indirectly(con, left="left_t", right="right_t", left_day="left_day_t",
                            right_day="right_day_t")  # fmt: skip
            seconds = time.perf_counter() - started
            rows = con.execute(
                "select record_no_l, record_no_r from indirect "
                f"where match_probability >= {ACCEPT_PROBABILITY}"
            ).fetchall()
        found = set(rows)
        result[name] = {**score(found, truth), "seconds": seconds}
        for label, group in (("one visit", once), ("some visit", visited)):
            own = {pair for pair in truth if pair[0] in group}
            hit = len(found & own) / max(len(own), 1)
            result[name][f"recall, {label}"] = hit
    return result


def register(size: int, seed: int, only: str | None) -> dict[str, Any]:
    """The register with sealed tokens: nine tenths, then all, then again."""
    import duckdb
    from people import make_people
    from sealed_world import identities, write_warehouse

    from p4dp.linkage import score_against_truth, update_register

    world = make_people(size, seed=seed)
    identity, tokens, truth = identities(world, seed=seed)
    folder = Path(tempfile.mkdtemp())
    steps: dict[str, Any] = {"identities": len(identity)}
    try:
        warehouse, home = folder / "w.duckdb", folder / "register"
        late = np.random.default_rng(seed).random(len(identity)) < 0.1
        before: dict[str, int] = {}
        for name, rows in (
            ("nine tenths", identity[~late]),
            ("all", identity),
            ("again", identity),
        ):
            write_warehouse(warehouse, rows)
            started = time.perf_counter()
            report = update_register(warehouse, home, tokens=tokens)
            seconds = time.perf_counter() - started
            with duckdb.connect() as con:
                after = dict(
                    con.execute(
                        f"select patient_pseudo, person_key from '{home}/person_link/*.parquet'"
                    ).fetchall()
                )
            moved = sum(after[patient] != key for patient, key in before.items())
            steps[name] = {
                "seconds": seconds,
                "changed": report.is_changed,
                "scored": report.probabilistic["scored_record_count"],
                "keys_changed": moved,
                "keys_changed_share": moved / max(len(before), 1),
            }
            before = after
        whole = score_against_truth(home, truth).iloc[0]
        steps["precision"], steps["recall"] = whole["precision"], whole["recall"]
    finally:
        shutil.rmtree(folder)
    return steps


def _methods(
    left: pd.DataFrame, right: pd.DataFrame, truth: Pairs, names: dict[str, str], only: str | None,
    columns: dict[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    methods: dict[str, Callable[[], Pairs]] = {
        "p4dp": lambda: _p4dp(left, right, columns),
        "splink": lambda: _splink_defaults(left, right, names),
        "cascade": lambda: _cascade(left, right, names),
    }
    result: dict[str, Any] = {"left": len(left), "right": len(right)}
    for name, method in methods.items():
        if only not in (None, name):
            continue
        started, cpu = time.perf_counter(), time.process_time()
        found = method()
        result[name] = {
            **score(found, truth),
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - cpu,
        }
        if name == "p4dp" and "telephone" in left:  # the hard world: judged by subgroup
            result[name]["found"] = found
    return result


def _p4dp(left: pd.DataFrame, right: pd.DataFrame, columns: dict[str, str] | None = None) -> Pairs:
    from p4dp.linkage import link

    links = link(left, right, columns=columns).links
    return set(zip(links["left_id"], links["right_id"], strict=True))


def _splink_defaults(left: pd.DataFrame, right: pd.DataFrame, names: dict[str, str]) -> Pairs:
    """Splink as its tutorial sets it up: ready-made comparisons, three blocking rules, 0.95."""
    import duckdb
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    ready = [
        cl.NameComparison(names["given"]),
        cl.NameComparison(names["surname"]),
        cl.LevenshteinAtThresholds(names["birth"], [1, 2]),
        cl.ExactMatch(names["place"]).configure(term_frequency_adjustments=True),
    ]
    ready += [cl.ExactMatch(names[extra]) for extra in ("sex", "phone") if extra in names]
    first, last, birth = names["given"], names["surname"], names["birth"]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=ready,
        blocking_rules_to_generate_predictions=[
            block_on(first, last), block_on(last, birth), block_on(first, birth),
        ],
        unique_id_column_name=names["id"],
    )  # fmt: skip
    api = DuckDBAPI(duckdb.connect())
    linker = Linker(
        [
            api.register(left, dataset_display_name="l"),
            api.register(right, dataset_display_name="r"),
        ],
        settings,
        log_level=None,
    )
    linker.training.estimate_probability_two_random_records_match(
        [block_on(first, last, birth)], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(first, last))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on(birth))
    frame = linker.inference.predict(threshold_match_probability=0.95).as_pandas_dataframe()
    a, b = frame[f"{names['id']}_l"], frame[f"{names['id']}_r"]
    return set(zip(a, b, strict=True))


def _cascade(left: pd.DataFrame, right: pd.DataFrame, names: dict[str, str]) -> Pairs:
    """Keys in order, each unique on both sides, what is linked set aside."""
    last, first, birth, place = (names[k] for k in ("surname", "given", "birth", "place"))
    tiers = [[last, first, birth], [last, birth, place], [first, birth, place],
             [last, first, place]]  # fmt: skip
    if "phone" in names:
        tiers += [[names["phone"], birth], [names["phone"], first]]
    found: Pairs = set()
    for tier in tiers:
        sides = []
        for frame in (left, right):
            known = frame.dropna(subset=tier)
            sides.append(known[~known.duplicated(tier, keep=False)])
        joined = sides[0].merge(sides[1], on=tier, suffixes=("_l", "_r"))
        pairs = set(zip(joined[f"{names['id']}_l"], joined[f"{names['id']}_r"], strict=True))
        found |= pairs
        left = left[~left[names["id"]].isin({a for a, _ in pairs})]
        right = right[~right[names["id"]].isin({b for _, b in pairs})]
    return found


def _subgroups(world: Any, found: Pairs) -> list[dict[str, Any]]:
    truth = world.truth.merge(world.person, on="person")
    truth["hit"] = [pair in found for pair in zip(truth["left_id"], truth["right_id"], strict=True)]
    truth["age"] = pd.cut(
        2024 - truth["born"].dt.year, [-1, 15, 39, 64, 79, 200], labels=False
    ).map(dict(enumerate(("0-15", "16-39", "40-64", "65-79", "80+"))))
    rows = []
    for name in ("sex", "age", "is_foreign", "is_twin", "is_married"):
        for value, group in truth.groupby(name):
            rows.append({"dimension": name, "value": str(value), "pairs": len(group),
                         "recall": group["hit"].mean()})  # fmt: skip
    return rows


TASKS = {
    "febrl4": febrl4,
    "people": people,
    "elsewhere": elsewhere,
    "abroad": abroad,
    "doubled": doubled,
    "claims": claims,
    "register": register,
}

if __name__ == "__main__":
    main()
