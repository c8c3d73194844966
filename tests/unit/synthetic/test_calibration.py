"""Published figures beside the world's: all of them, each with its verdict, on one page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from p4dp.errors import P4dpError
from p4dp.synthetic.calibration import calibrate, write_page
from p4dp.synthetic.world import reference_rows


def test_every_published_figure_has_its_counterpart(tiny_world: Path, tmp_path: Path) -> None:
    figures = calibrate(tiny_world)
    assert [f.figure for f in figures] == [r["figure"] for r in reference_rows("published_figures")]
    for figure in figures:
        assert figure.low <= figure.published <= figure.high
        assert figure.world_low <= figure.world <= figure.world_high
        if figure.unit == "%":
            assert 0 <= figure.world <= 100
    page = write_page(figures, tiny_world, tmp_path / "page.html").read_text()
    inside = sum(figure.is_inside for figure in figures)
    assert f"{inside} of {len(figures)} figures lie in the published range" in page
    assert page.count("<svg") == len(figures)
    assert page.count('class="outside"') == len(figures) - inside
    assert not re.search(r'(?:src|href)="http', page)


def test_a_figure_outside_its_range_is_called_so(tiny_world: Path) -> None:
    figure = calibrate(tiny_world)[0]
    assert replace(figure, world=figure.high + 1e-6).is_inside is False
    assert replace(figure, world=figure.high).is_inside is True


def test_a_figure_that_strays_by_chance_is_told_from_one_that_is_wrong(tiny_world: Path) -> None:
    figure = calibrate(tiny_world)[0]
    above = replace(figure, world=figure.high + 1, world_high=figure.high + 3)
    assert replace(above, world_low=figure.high - 1).is_compatible
    assert not replace(above, world_low=figure.high + 0.5).is_compatible
    assert not replace(figure, world=figure.high).is_compatible


def test_a_folder_without_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(P4dpError, match="no synthetic world"):
        calibrate(tmp_path)
