"""The rates: each with a source, each replaceable, none unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from p4dp.errors import P4dpError
from p4dp.synthetic.world import load_world


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
