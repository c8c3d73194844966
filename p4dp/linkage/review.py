"""The review desk: two readers look at doubtful pairs, blind to the score and to each other.

A *sheet* (`register/review/sheet-<name>.json`) is a draw of pairs stratified by probability band,
in an order that says nothing about the band. Readers answer same / different / cannot say for each
pair on non-identifying evidence only. Agreement is Cohen's kappa (Cohen 1960, doi
10.1177/001316446002000104); the share of true links per band carries a Wilson interval. Where both
readers agree the decision becomes an override that later runs obey; where they do not, the pair
stays unresolved.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from p4dp.errors import P4dpError
from p4dp.linkage.overrides import OVERRIDE_COLUMNS, candidate_file, override_file
from p4dp.linkage.quality import wilson
from p4dp.linkage.register import committed_version

BANDS = (0.0, 0.1, 0.25, 0.5, 0.65, 0.8, 0.95, 0.99, 1.000001)
ANSWERS = ("same", "different", "unsure")
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,40}$")

_EVIDENCE = (
    "task", "is_same_sex", "birth_year_gap", "is_same_birth_month", "is_same_commune",
    "is_same_departement", "is_same_practice", "nir_status_l", "nir_status_r", "is_same_number",
    "visit_count", "found_count",
)  # fmt: skip


def draw_sheet(register: Path, name: str, *, per_band: int = 20, seed: int = 1) -> dict[str, Any]:
    """Draw up to `per_band` pairs of each probability band into the sheet `name`; return it.

    The same register, name and seed draw the same sheet. Errors: nothing to review, a bad name,
    or a sheet of that name that has answers already.
    """
    if not _NAME.match(name):
        raise P4dpError(
            f"{name!r} cannot name a sheet",
            expected="lower-case letters, digits, - and _",
        )
    file = sheet_file(register, name)
    if file.exists() and json.loads(file.read_text())["answers"]:
        raise P4dpError(
            f"The sheet {name!r} has answers already",
            file=file,
            remedy="finish it, or draw one under another name",
        )
    source = candidate_file(register)
    if not source.exists():
        raise P4dpError(
            "There is no pair to review",
            file=source,
            remedy="run the linkage first (p4dp run); a world without doubtful pairs has none",
        )
    bounds = " ".join(
        f"when match_probability < {upper} then {band}" for band, upper in enumerate(BANDS[1:])
    )
    with duckdb.connect() as con:
        rows = con.execute(
            f"""
            with banded as (
                select *, case {bounds} end as band,
                    md5(concat_ws('|', '{seed}', source_l, patient_pseudo_l, source_r,
                        patient_pseudo_r)) as pair_id
                from '{source}'
            )
            select pair_id, band, source_l, patient_pseudo_l, source_r, patient_pseudo_r,
                {", ".join(_EVIDENCE)}
            from banded
            qualify row_number() over (partition by band order by pair_id) <= {int(per_band)}
            order by md5(pair_id)
            """
        )
        columns = [item[0] for item in rows.description]
        drawn = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
        sizes = dict(
            con.execute(f"select case {bounds} end, count(*) from '{source}' group by 1").fetchall()
        )
    sheet = {
        "name": name,
        "register_version": committed_version(register),
        "band_sizes": {str(band): size for band, size in sorted(sizes.items())},
        "pairs": drawn,
        "answers": {},
    }
    _save(file, sheet)
    return sheet


def load_sheet(register: Path, name: str) -> dict[str, Any]:
    """A sheet drawn earlier."""
    file = sheet_file(register, name)
    if not _NAME.match(name) or not file.exists():
        raise P4dpError(
            f"There is no review sheet {name!r}",
            file=file,
            remedy="p4dp link review draw NAME makes one",
        )
    sheet: dict[str, Any] = json.loads(file.read_text())
    return sheet


def shown_evidence(pair: Mapping[str, Any]) -> dict[str, str]:
    """What a reader sees of a pair: no name, no pseudonym, no date, no score."""

    def said(value: Any) -> str:
        return "unknown" if value is None else ("yes" if value else "no")

    seen = {
        "question": "two charts of practices"
        if pair["task"] == "practices"
        else "a chart and a claimant",
        "same sex": said(pair["is_same_sex"]),
        "years between birth years": "unknown"
        if pair["birth_year_gap"] is None
        else str(pair["birth_year_gap"]),
        "same birth month": said(pair["is_same_birth_month"]),
        "same commune": said(pair["is_same_commune"]),
        "same département": said(pair["is_same_departement"]),
        "same practice": said(pair["is_same_practice"]),
        "number of the first": str(pair["nir_status_l"]),
        "number of the second": str(pair["nir_status_r"]),
        "numbers equal": said(pair["is_same_number"]),
    }
    if pair["visit_count"] is not None:
        seen["visit days found in the claims"] = f"{pair['found_count']} of {pair['visit_count']}"
    return seen


def answer(register: Path, name: str, reader: str, pair_id: str, verdict: str) -> None:
    """Record one reader's verdict on one pair; a later one replaces it."""
    if verdict not in ANSWERS:
        raise P4dpError(f"Unknown verdict {verdict!r}", expected=", ".join(ANSWERS))
    if not reader.strip():
        raise P4dpError("A verdict needs a reader", expected="--reader NAME")
    sheet = load_sheet(register, name)
    if pair_id not in {pair["pair_id"] for pair in sheet["pairs"]}:
        raise P4dpError(f"The sheet {name!r} has no pair {pair_id!r}")
    sheet["answers"].setdefault(reader, {})[pair_id] = verdict
    _save(sheet_file(register, name), sheet)


def agreement(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """Cohen's kappa of the first two readers, and per band the share of true links.

    A band counts the pairs on which both said "same" or both "different"; a single reader's
    answers are used as they are, with kappa null.
    """
    readers = sorted(sheet["answers"])
    first = sheet["answers"].get(readers[0], {}) if readers else {}
    second = sheet["answers"].get(readers[1], {}) if len(readers) > 1 else {}
    both = sorted(set(first) & set(second))
    kappa = None
    if both:
        observed = sum(first[p] == second[p] for p in both) / len(both)
        chance = sum(
            (sum(first[p] == a for p in both) / len(both))
            * (sum(second[p] == a for p in both) / len(both))
            for a in ANSWERS
        )
        kappa = 1.0 if chance == 1 else (observed - chance) / (1 - chance)
    agreed = _agreed(sheet)
    bands = []
    for band in range(len(BANDS) - 1):
        verdicts = [agreed[p["pair_id"]] for p in sheet["pairs"]
                    if p["band"] == band and p["pair_id"] in agreed]  # fmt: skip
        same = sum(verdicts)
        low, high = wilson(same, len(verdicts))
        bands.append(
            {
                "from_probability": BANDS[band],
                "to_probability": min(BANDS[band + 1], 1.0),
                "pair_count": int(sheet["band_sizes"].get(str(band), 0)),
                "read_count": len(verdicts),
                "true_share": same / len(verdicts) if verdicts else None,
                "low": low,
                "high": high,
            }
        )
    return {
        "readers": readers,
        "read_by_both": len(both),
        "kappa": kappa,
        "agreed_count": len(agreed),
        "bands": bands,
    }


def apply_sheet(register: Path, name: str) -> int:
    """Turn what both readers agree on into overrides; return how many pairs that is.

    An override replaces an earlier one of the same pair. The next run obeys.
    Errors: fewer than two readers.
    """
    sheet = load_sheet(register, name)
    if len(sheet["answers"]) < 2:
        raise P4dpError(
            f"The sheet {name!r} has been read by {len(sheet['answers'])} reader",
            expected="two readers, each on their own",
        )
    agreed = _agreed(sheet)
    rows = [
        (
            pair["source_l"], pair["patient_pseudo_l"], pair["source_r"],
            pair["patient_pseudo_r"], agreed[pair["pair_id"]],
            "+".join(sorted(sheet["answers"])), sheet["register_version"],
        )
        for pair in sheet["pairs"]
        if pair["pair_id"] in agreed
    ]  # fmt: skip
    file = override_file(register)
    file.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        columns = ", ".join(f"{column} {kind}" for column, kind in OVERRIDE_COLUMNS)
        con.execute(f"create table override ({columns})")
        if rows:
            con.executemany(
                f"insert into override values ({', '.join('?' * len(OVERRIDE_COLUMNS))})", rows
            )
        if file.exists():
            con.execute(
                f"insert into override from '{file}' anti join override using "
                "(source_l, patient_pseudo_l, source_r, patient_pseudo_r)"
            )
        temporary = file.with_name(f".{file.name}.tmp")
        con.execute(
            f"copy (from override order by all) to '{temporary}' (format parquet, compression zstd)"
        )
        temporary.replace(file)
    return len(rows)


def sheet_file(register: Path, name: str) -> Path:
    """Where a sheet is kept."""
    return register / "review" / f"sheet-{name}.json"


def pair_code(pair_id: str) -> str:
    """A short code a reader may quote for a pair."""
    return hashlib.sha256(pair_id.encode()).hexdigest()[:6]


def _agreed(sheet: Mapping[str, Any]) -> dict[str, bool]:
    """pair_id -> same, where the readers (or the only one) gave one clear verdict."""
    found: dict[str, bool] = {}
    for pair in sheet["pairs"]:
        verdicts = {
            answers[pair["pair_id"]]
            for answers in sheet["answers"].values()
            if pair["pair_id"] in answers
        }
        count = sum(pair["pair_id"] in answers for answers in sheet["answers"].values())
        enough = count >= min(len(sheet["answers"]), 2)
        if enough and len(verdicts) == 1 and "unsure" not in verdicts and count:
            found[pair["pair_id"]] = verdicts == {"same"}
    return found


def _save(file: Path, sheet: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(json.dumps(sheet, ensure_ascii=False, indent=1))
    temporary.replace(file)
