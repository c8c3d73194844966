"""An attacker with every date of a release, and with two releases, learns no small count."""

from __future__ import annotations

import itertools

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p4dp.disclosure import Territories, load_rules, protect_table

MINIMUM = 11
RULE = load_rules()["pub_indicator_territory"]
KEYS = (
    "'X' as indicator_id, '1' as indicator_version, 'linked' as basis,"
    " 'resident' as population_basis"
)


@st.composite
def worlds(draw, dates: int):
    """Communes in EPCI in departments, with (met, others) per commune and date.

    Most communes keep their counts from one date to the next, as stocks do.
    """
    communes = []
    for department in range(draw(st.integers(1, 2))):
        for epci in range(draw(st.integers(1, 3))):
            communes.append((f"c{department}{epci}", f"e{department}{epci}", f"d{department}", "r"))
        if draw(st.booleans()):  # lives in the department, in no EPCI
            communes.append((f"s{department}", None, f"d{department}", "r"))
    small = st.integers(0, 14) | st.integers(0, 120)
    counts = np.zeros((dates, len(communes), 2), dtype=int)
    for place in range(len(communes)):
        counts[0, place] = draw(st.tuples(small, small))
        for date in range(1, dates):
            kept = draw(st.booleans()) or draw(st.booleans())
            counts[date, place] = counts[date - 1, place] if kept else draw(st.tuples(small, small))
    frame = pd.DataFrame(
        communes, columns=["commune_code", "epci_code", "departement_code", "region_code"]
    )
    return frame, counts


def cells_of(communes: pd.DataFrame) -> tuple[list[tuple[str, str]], np.ndarray]:
    """The territories and their membership matrix (territory × commune)."""
    cells, members = [("country", "FR")], [np.ones(len(communes), dtype=int)]
    for level in ("region", "departement", "epci"):
        codes = communes[f"{level}_code"]
        for code in codes.dropna().unique():
            cells.append((level, code))
            members.append((codes == code).to_numpy().astype(int))
    return cells, np.array(members)


def publish(connection, name, communes, counts, earlier=()) -> dict[tuple[int, int], tuple]:
    """Protect the table of all dates; {(date, cell): (met, people)} of what is shown."""
    cells, members = cells_of(communes)
    rows = []
    for date, by_place in enumerate(counts):
        for (level, code), (met, others) in zip(cells, members @ by_place, strict=True):
            rows.append((level, code, int(met), int(met + others), f"2025-{date + 1:02d}-01"))
    frame = pd.DataFrame(rows, columns=["level", "code", "met", "people", "date"])
    connection.register("rows", frame)
    connection.execute(
        f"""create or replace table candidates as
        select level as territory_level, code as territory_code, {KEYS},
            date::date as reference_date, met as numerator_count, people as denominator_count,
            9 as practice_count, met / people as share
        from rows"""
    )
    tree = Territories.from_communes(communes)
    protect_table(connection, "candidates", name, RULE, tree, earlier=earlier)
    place = {cell: number for number, cell in enumerate(cells)}
    shown = connection.execute(
        f"""select month(reference_date) - 1, territory_level, territory_code, numerator_count,
            denominator_count, is_carried_over
        from {name} where denominator_count is not null"""
    ).fetchall()
    return {
        (date, place[level, code]): (met, people, carried)
        for date, level, code, met, people, carried in shown
    }


def follows_from(published: np.ndarray, wanted: np.ndarray) -> bool:
    if len(published) == 0:
        return not wanted.any()
    solution, *_ = np.linalg.lstsq(published.T.astype(float), wanted.astype(float), rcond=None)
    return bool(np.allclose(published.T @ solution, wanted, atol=1e-8))


def subsets(atoms: int):
    return (np.array(bits, int) for bits in itertools.product((0, 1), repeat=atoms) if any(bits))


def is_safe(met: int, others: int) -> bool:
    empty = met == 0 and others == 0
    return empty or ((met == 0 or met >= MINIMUM) and others >= MINIMUM)


@settings(max_examples=60, deadline=None)
@given(worlds(dates=3))
def test_figures_of_other_dates_do_not_stand_in_for_hidden_ones(world):
    """What a count shown at any date would say of each date where it was the same."""
    communes, counts = world
    _, members = cells_of(communes)
    with duckdb.connect() as connection:
        shown = publish(connection, "safe", communes, counts)
    values = [members @ by_place for by_place in counts]
    for date in range(len(counts)):
        known = [
            cell
            for cell in range(len(members))
            if any(
                (other, cell) in shown and (values[other][cell] == values[date][cell]).all()
                for other in range(len(counts))
            )
        ]
        for subset in subsets(len(communes)):
            if follows_from(members[known], subset):
                met, others = subset @ counts[date]
                assert is_safe(met, others), (date, subset)


@settings(max_examples=60, deadline=None)
@given(worlds(dates=1), st.randoms(use_true_random=False))
def test_two_releases_together_tell_no_small_count_and_no_small_revision(world, random):
    """The second release holds late arrivals; the attacker holds both."""
    communes, counts = world
    _, members = cells_of(communes)
    late = np.array(
        [
            [random.choice([0, 0, 0, 3, 12, 40]), random.choice([0, 0, 0, 2, 15])]
            for _ in range(len(communes))
        ]
    )
    with duckdb.connect() as connection:
        first = publish(connection, "one", communes, counts)
        second = publish(connection, "two", communes, counts + late, earlier=["one"])
    fresh = [cell for (_, cell), (_, _, carried) in second.items() if not carried]
    old = [cell for _, cell in first]
    for (_, cell), (met, people, carried) in second.items():
        if carried:  # says again what was said
            assert first[0, cell][:2] == (met, people)
    # Unknowns: the counts of the first release, then what arrived since.
    nothing = np.zeros_like(members)
    published = np.vstack(
        [np.hstack([members, nothing])[old], np.hstack([members, members])[fresh]]
    )
    zero = np.zeros(len(communes), dtype=int)
    for subset in subsets(len(communes)):
        met, others = subset @ late
        if follows_from(published, np.concatenate([zero, subset])):
            assert met == 0 or met >= MINIMUM, subset
            assert met + others == 0 or met + others >= MINIMUM, subset
        if follows_from(published, np.concatenate([subset, subset])):
            assert is_safe(*(subset @ (counts[0] + late)))
        if follows_from(published, np.concatenate([subset, zero])):
            assert is_safe(*(subset @ counts[0]))


@settings(max_examples=40, deadline=None)
@given(worlds(dates=1), st.integers(0, 5))
def test_the_same_counts_published_again_show_no_other_cells(world, shift):
    """Another choice of what to hide beside a small cell would give the cell away."""
    communes, counts = world
    _, members = cells_of(communes)
    with duckdb.connect() as connection:
        first = publish(connection, "one", communes, counts)
        moved = counts.copy()
        moved[0, shift % len(communes)] += 40  # one place changes a lot, the others not at all
        second = publish(connection, "two", communes, moved, earlier=["one"])
    before, now = members @ counts[0], members @ moved[0]
    known = {c for _, c in second} | {c for _, c in first if (before[c] == now[c]).all()}
    for subset in subsets(len(communes)):
        if follows_from(members[sorted(known)], subset):
            assert is_safe(*(subset @ moved[0])), subset


@pytest.mark.parametrize("change", [1, 10])
def test_a_small_revision_leaves_the_figure_as_it_was(change):
    communes = pd.DataFrame(
        [("c", "e", "d", "r")],
        columns=["commune_code", "epci_code", "departement_code", "region_code"],
    )
    with duckdb.connect() as connection:
        publish(connection, "one", communes, np.array([[[100, 100]]]))
        publish(connection, "two", communes, np.array([[[100 + change, 100]]]), ["one"])
        shown = connection.execute(
            "select distinct numerator_count, share, is_carried_over, is_suppressed from two"
        ).fetchall()
        assert shown == [(100, 0.5, True, False)]
        # Revisions add up until they are large enough to be told.
        third = publish(
            connection, "three", communes, np.array([[[111 + change, 100]]]), ["one", "two"]
        )
        assert {value for value in third.values()} == {(111 + change, 211 + change, False)}
