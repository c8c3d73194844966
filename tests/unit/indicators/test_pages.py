"""The public page of a measure shows the figures of the release, and what could move them."""

from __future__ import annotations

from datetime import date

from p4dp.indicators.pages import (
    LinkEffect,
    Point,
    Territory,
    _figure_section,
    _link_effect,
    _territories,
    svg_territories,
)


def test_linkage_errors_stand_beside_the_figure_in_points():
    (text,) = _link_effect(LinkEffect(down=0.004, up=0.013, false_links=0.0002))
    assert "0.4 points lower" in text and "1.3 points higher" in text and "0.02%" in text
    assert "−0.4 / +1.3 point" in text


def test_without_a_weighed_linkage_nothing_is_said_of_it():
    assert _link_effect(None) == []


def test_hidden_territories_are_counted_and_not_drawn():
    places = [
        Territory("region", "93", 0.25, 0.2, 0.5),
        Territory("departement", "06", None, None, None),
    ]
    (text,) = _territories(places)
    assert "1 hidden" in text and "Region 93: 25.0%" in text and "Département 06" not in text
    assert "all hidden" in _territories(places[1:])[0]
    assert _territories([]) == []


def test_a_territory_is_drawn_where_its_share_lies():
    svg = svg_territories([Territory("region", "93", 0.0, 0.0, 1.0)])
    left, right = 110.0, 606.0
    assert f'cx="{left:.1f}"' in svg and f'x1="{left:.1f}" x2="{right:.1f}"' in svg


def test_a_share_that_cannot_be_shown_says_why():
    day = date(2025, 12, 31)
    assert "too few people" in _figure_section([Point(day, None, None, None)])
    assert "between 10.0% and 60.0%" in _figure_section([Point(day, None, 0.1, 0.6)])
