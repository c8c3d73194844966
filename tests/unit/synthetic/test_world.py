"""The rates: each with a source, each replaceable, none unknown."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from p4dp.errors import P4dpError
from p4dp.synthetic.generate import generate, request_for
from p4dp.synthetic.world import load_world, world_file


def test_every_rate_names_a_source_or_says_chosen() -> None:
    world = load_world()
    assert len(world.rates) > 150
    assert all(rate.source for rate in world.rates.values())
    assert "identity.twin" not in world.chosen()
    assert "screening.fit_positive" not in world.chosen()


def test_a_world_file_replaces_only_the_rates_it_names(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("identity:\n  nir_missing: {value: 0.4, source: chosen}\n")
    world = load_world(path)
    assert world["identity", "nir_missing"] == 0.4
    assert world["identity", "typing_error"] == load_world()["identity", "typing_error"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("identity:\n  nir_mising: {value: 0.4, source: chosen}\n", "unknown rate"),
        ("identity:\n  nir_missing: {value: 0.4}\n", "names no source"),
        ("identity:\n  nir_missing: 0.4\n", "is not a rate"),
        ("identity: [", "cannot read"),
    ],
)
def test_a_faulty_world_file_is_refused_with_the_reason(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(text)
    with pytest.raises(P4dpError, match=message) as refusal:
        load_world(path)
    assert refusal.value.file == path


@pytest.mark.parametrize("name", ["hard", "other"])
def test_a_shipped_world_differs_from_the_default_in_what_it_names(name: str) -> None:
    path = world_file(name)
    assert path is not None
    own, default = load_world(path), load_world()
    changed = {rate for rate in own.rates if own[rate] != default[rate]}
    assert len(changed) > 20
    assert all(own.rates[rate].source for rate in changed)
    sections = {rate.split(".")[0] for rate in changed}
    assert ("identity" in sections) == (name == "hard")
    assert ("conditions" in sections) == (name == "other")


def test_an_unknown_world_is_refused_with_the_known_ones() -> None:
    with pytest.raises(P4dpError, match="no such world") as refusal:
        world_file("harder")
    assert refusal.value.expected == "a file, or hard or other"


def test_the_hard_world_has_far_more_identity_faults(tmp_path: Path) -> None:
    shares = {}
    for name in ("default", "hard"):
        world = world_file("hard") if name == "hard" else None
        request = request_for(seed=2, practices=3, patients=600, months=6, world=world)
        generate(tmp_path / name, request, workers=1, deliver=False)
        folder = tmp_path / name / "truth"
        faults, files = duckdb.sql(
            f"""select (select count(*) from '{folder}/fault/*.parquet'
                where fault not in ('placeholder_birth', 'child_under_insured_number')),
            (select count(*) from '{folder}/source_identity/*.parquet' where source <> 'snds')"""
        ).fetchall()[0]
        shares[name] = faults / files
    assert shares["hard"] > 1.5 * shares["default"] > 0
