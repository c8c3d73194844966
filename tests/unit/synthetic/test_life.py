"""What befalls practices and people is planted, written down, and seen in the deliveries."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from p4dp.synthetic import life
from p4dp.synthetic.generate import generate, request_for
from p4dp.synthetic.identities import IDENTITY_FAULTS
from p4dp.synthetic.practices import make_practices
from p4dp.synthetic.vendors.common import CANARIES
from p4dp.synthetic.world import load_world


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten practices of which one changes software, two are updated, one is out of line."""
    folder = tmp_path_factory.mktemp("life")
    rates = folder / "rates.yaml"
    rates.write_text(
        "practice:\n"
        "  update_share: {value: 0.2, source: chosen}\n"
        "  migration_share: {value: 0.1, source: chosen}\n"
        "  outlier_share: {value: 0.1, source: chosen}\n"
    )
    request = request_for(seed=6, practices=10, patients=1000, months=12, world=rates)
    generate(folder / "world", request, workers=2)
    return folder / "world"


def rows(world: Path, name: str) -> list[dict[str, Any]]:
    with (world / "truth" / f"{name}.csv").open() as handle:
        return list(csv.DictReader(handle))


def manifests(world: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(world.glob("inbox/*/manifest.json"))]


def descriptors(world: Path, practice: str) -> list[dict[str, Any]]:
    paths = sorted((world / "practices" / practice).glob("*/export.json"))
    return [json.loads(path.read_text()) for path in paths]


def test_a_software_update_shows_in_the_version_of_its_delivery(eventful: Path) -> None:
    steps = rows(eventful, "version_steps")
    assert len(steps) == 2
    for step in steps:
        exports = descriptors(eventful, step["practice_id"])
        for export in exports:
            updated = export["period_start"] >= step["first_date"]
            expected = step["to_version"] if updated else step["from_version"]
            assert export["software_version"] == expected
        assert {e["software_version"] for e in exports} == {
            step["from_version"], step["to_version"],
        }  # fmt: skip


def test_a_new_software_begins_with_a_full_delivery_and_numbers_files_anew(eventful: Path) -> None:
    (moved,) = [row for row in rows(eventful, "practices") if row["migrates_to"]]
    exports = descriptors(eventful, moved["practice_id"])
    assert [e["kind"] for e in exports] == ["full", "full", "changes"]
    assert [e["vendor"] for e in exports] == [moved["vendor"], *[moved["migrates_to"]] * 2]
    assert exports[1]["period_start"] == moved["migration_date"]
    identities = duckdb.sql(
        f"""select source, person_id, regexp_extract(local_id, '[0-9]+') as number
        from '{eventful}/truth/source_identity/*.parquet'
        where practice_id = '{moved["practice_id"]}'"""
    ).fetchall()
    before = {(p, n) for s, p, n in identities if s == moved["vendor"]}
    after = {(p, n) for s, p, n in identities if s == moved["migrates_to"]}
    assert {p for p, _ in before} <= {p for p, _ in after}
    assert len(before & after) < 0.05 * len(before)


def test_nothing_recorded_stands_in_both_softwares(eventful: Path) -> None:
    (moved,) = [row for row in rows(eventful, "practices") if row["migrates_to"]]
    days = duckdb.sql(
        f"""select source, count(*), count(distinct record_number)
        from '{eventful}/truth/recorded_fact/*.parquet'
        where practice_id = '{moved["practice_id"]}' and entity = 'encounter' group by 1"""
    ).fetchall()
    counts = {source: count for source, count, _ in days}
    assert all(count == distinct for _, count, distinct in days)
    assert counts[moved["vendor"]] > 2 * counts[moved["migrates_to"]] > 0


def test_every_delivery_of_an_eventful_world_is_accepted_whole(eventful: Path) -> None:
    """The first of each vendor and contract, all those of the new software, and claims."""
    from p4dp.intake.scorecard import score_delivery

    moved = {row["migrates_to"] for row in rows(eventful, "practices") if row["migrates_to"]}
    seen: set[tuple[str, str]] = set()
    checked = 0
    for manifest in manifests(eventful):
        kind = (manifest["source"], manifest["contract_version"])
        taken_over = manifest["source"] in moved and manifest["sequence"] > 1
        if (kind in seen or manifest["sequence"] > 1) and not taken_over:
            continue
        seen.add(kind)
        card = score_delivery(eventful / "inbox" / manifest["delivery_id"])
        assert card.verdict == "accepted", (manifest["delivery_id"], card.refusal)
        checked += 1
    assert {source for source, _ in seen} == {"medirel", "dosmed", "fhirmed", "snds"}
    assert checked > 5


def test_an_outlier_shifts_the_odds_of_its_own_patients_only() -> None:
    chance = np.array([0.1, 0.5, 0.9, 0.5])
    shift = np.array([1.2, 1.2, -1.2, 0.0])
    moved = life.shifted(chance, shift)
    odds = (moved / (1 - moved)) / (chance / (1 - chance))
    assert np.log(odds) == pytest.approx(shift)


def test_a_pilot_world_has_steps_migrations_and_outliers_in_different_practices() -> None:
    practices = make_practices(load_world(), 1, 70, 1096)
    steps = {p.index for p in practices if p.step_set is not None}
    moves = {p.index for p in practices if p.migrates_to}
    lines = {p.index for p in practices if p.outlier_family}
    assert (len(steps), len(moves), len(lines)) == (6, 4, 4)
    assert not steps & moves | steps & lines | moves & lines
    assert all(p.leaves_after is None for p in practices if p.index in steps | moves)


def test_canaries_stand_in_every_vendors_texts_and_in_no_delivery(eventful: Path) -> None:
    seen = set()
    for descriptor in eventful.glob("practices/*/1/export.json"):
        vendor = json.loads(descriptor.read_text())["vendor"]
        for path in descriptor.parent.iterdir():
            if path.suffix == ".parquet":
                content = repr(pq.read_table(path).to_pydict().get("note", ""))
            else:
                content = path.read_text(encoding="utf-8", errors="replace")
            if CANARIES["name"] in content:
                seen.add(vendor)
    assert seen == {"medirel", "dosmed", "fhirmed"}
    for path in eventful.glob("inbox/*/*"):
        if path.suffix == ".parquet":
            content = repr(pq.read_table(path).to_pydict())
        else:
            content = path.read_text(encoding="utf-8")
        assert not [token for token in CANARIES.values() if token in content], path


def test_two_strangers_share_a_number_in_each_cluster(eventful: Path) -> None:
    assert "canary_number" in IDENTITY_FAULTS
    found = duckdb.sql(
        f"""select count(distinct person_id) from '{eventful}/truth/fault/*.parquet'
        where fault = 'canary_number'"""
    ).fetchall()[0][0]
    assert found >= 1


def test_whoever_moves_far_leaves_the_practices_of_the_cluster(eventful: Path) -> None:
    """Nobody declares a doctor twice at the same time."""
    overlaps = duckdb.sql(
        f"""
        with contracts as (
            select BEN_NIR_PSA as who, BEN_RNG_GEM as rank, MTT_DEP_DTE as first,
                coalesce(MTT_FIN_DTE, date '2999-12-31') as last
            from '{eventful}/inbox/snds-*/IR_MTT_R-*.parquet'
        )
        select count(*) from contracts as a join contracts as b using (who, rank)
        where a.first < b.first and b.first < a.last
        """
    ).fetchall()[0][0]
    assert overlaps == 0
