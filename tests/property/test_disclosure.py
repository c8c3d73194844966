"""An attacker who solves the linear system of everything published learns no small count."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p4dp.disclosure import CountRule, suppress

MINIMUM = 11
RULE = CountRule(parts=1, has_total=True, minimum=MINIMUM)


@st.composite
def forests(draw):
    """A tree of territories over atoms, with (numerator, denominator) per atom.

    Returns parent pointers, the membership matrix (territory × atom) and atom counts. Some
    atoms belong to no territory below the root, as people without a known residence do.
    """
    parent = [-1]
    leaves = []
    for _ in range(draw(st.integers(1, 3))):
        region = len(parent)
        parent.append(0)
        for _ in range(draw(st.integers(0, 3))):
            department = len(parent)
            parent.append(region)
            for _ in range(draw(st.integers(0, 3))):
                leaves.append(len(parent))
                parent.append(department)
    holders = [i for i in range(len(parent)) if i not in set(parent)]
    stray = draw(st.lists(st.integers(0, len(parent) - 1), max_size=2))
    atoms = holders + stray
    membership = np.zeros((len(parent), len(atoms)), dtype=int)
    for column, node in enumerate(atoms):
        while node >= 0:
            membership[node, column] = 1
            node = parent[node]
    small = st.integers(0, 14)
    counts = np.array(
        [
            (with_, with_ + without)
            for with_, without in draw(
                st.lists(
                    st.tuples(small | st.integers(0, 200), small | st.integers(0, 200)),
                    min_size=len(atoms),
                    max_size=len(atoms),
                )
            )
        ]
    ).reshape(-1, 2)
    return np.array(parent), membership, counts


def follows_from(published: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether a sum over atoms is a linear combination of the published sums."""
    if len(published) == 0:
        return not wanted.any()
    solution, *_ = np.linalg.lstsq(published.T.astype(float), wanted.astype(float), rcond=None)
    return bool(np.allclose(published.T @ solution, wanted, atol=1e-8))


@settings(max_examples=150, deadline=None)
@given(forests())
def test_no_union_of_atoms_that_follows_is_small(forest):
    parent, membership, counts = forest
    shown = suppress(parent, membership @ counts, RULE)
    published = membership[shown]
    atoms = membership.shape[1]
    if atoms > 9:
        subsets = [
            np.isin(np.arange(atoms), c)
            for r in (1, 2, 3)
            for c in itertools.combinations(range(atoms), r)
        ]
        subsets += list(membership.astype(bool))
    else:
        subsets = [np.array(bits, bool) for bits in itertools.product((0, 1), repeat=atoms)]
    for subset in subsets:
        if not follows_from(published, subset):
            continue
        with_, everybody = counts[subset].sum(axis=0)
        assert with_ == 0 or with_ >= MINIMUM
        assert everybody == 0 or everybody - with_ >= MINIMUM


@settings(max_examples=100, deadline=None)
@given(forests())
def test_what_is_shown_is_safe_by_itself_and_large_trees_without_small_cells_stay_whole(forest):
    parent, membership, counts = forest
    values = membership @ counts
    shown = suppress(parent, values, RULE)
    assert RULE.allows(values[shown]).all()
    roomy = membership @ (counts + np.array([MINIMUM, 2 * MINIMUM]))
    assert suppress(parent, roomy, RULE).all()


@settings(max_examples=60, deadline=None)
@given(forests(), st.randoms(use_true_random=False))
def test_a_block_within_another_stays_safe_together_with_it(forest, random):
    parent, membership, counts = forest
    declined = np.array(
        [random.randint(0, int(without)) for without in counts[:, 1] - counts[:, 0]]
    )
    rate = suppress(parent, membership @ counts, RULE)
    both = np.column_stack([counts[:, 0], declined, counts[:, 1]])
    finer = suppress(parent, membership @ both, CountRule(parts=2, has_total=True), candidates=rate)
    assert not (finer & ~rate).any()
    published = np.vstack(
        [
            np.hstack([membership[rate], np.zeros_like(membership[rate])]),
            np.hstack([np.zeros_like(membership[finer]), membership[finer]]),
        ]
    )
    not_met = counts[:, 1] - counts[:, 0] - declined
    for node in range(len(parent)):
        # not met = (denominator − numerator) − declined, over the same territory
        wanted = np.concatenate([membership[node], -membership[node]])
        if follows_from(published, wanted):
            left = int(not_met[membership[node].astype(bool)].sum())
            everybody = int(counts[membership[node].astype(bool), 1].sum())
            assert everybody == 0 or left >= MINIMUM


@settings(max_examples=60, deadline=None)
@given(forests(), st.randoms(use_true_random=False))
def test_a_nested_population_reveals_no_small_difference(forest, random):
    parent, membership, counts = forest
    inner = np.array(
        [
            (random.randint(max(0, int(w) - 12), int(w)),) + (random.randint(0, int(n - w)),)
            for w, n in counts
        ]
    ).reshape(-1, 2)
    inner[:, 1] += inner[:, 0]
    wide = suppress(parent, membership @ counts, RULE)
    gap = counts - inner
    narrow = suppress(
        parent,
        membership @ np.hstack([inner, gap]),
        CountRule(parts=1, has_total=True, gaps=2, minimum=MINIMUM),
        candidates=wide,
    )
    zero_wide, zero_narrow = np.zeros_like(membership[wide]), np.zeros_like(membership[narrow])
    published = np.vstack(
        [
            np.hstack([membership[wide], zero_wide]),
            np.hstack([zero_narrow, membership[narrow]]),
        ]
    )
    for node in range(len(parent)):
        if follows_from(published, np.concatenate([membership[node], -membership[node]])):
            for difference in gap[membership[node].astype(bool)].sum(axis=0):
                assert difference == 0 or abs(difference) >= MINIMUM


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        suppress(np.array([-1, 2, 1]), np.zeros((3, 2), dtype=int), RULE)
