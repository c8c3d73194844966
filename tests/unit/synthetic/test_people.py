"""People of the world: what the claims can tell apart."""

from __future__ import annotations

import numpy as np

from p4dp.synthetic.people import distinct_ranks


def test_children_of_one_number_day_and_sex_have_ranks_of_their_own():
    insured = np.array(["A", "A", "A", "A", "B", "A", "C"], dtype=object)
    birth = np.array([10, 10, 10, 11, 10, 10, 10])
    sex = np.array([1, 1, 1, 1, 1, 2, 2])
    rank = np.array([1, 1, 2, 1, 1, 1, 2])
    ranks = distinct_ranks(insured, birth, sex, rank)
    assert ranks.tolist() == [1, 2, 3, 1, 1, 1, 2]


def test_twins_keep_their_ranks():
    insured = np.array(["A", "B", "A"], dtype=object)
    birth, sex, rank = np.array([10, 10, 10]), np.array([2, 2, 2]), np.array([2, 1, 1])
    assert distinct_ranks(insured, birth, sex, rank).tolist() == [2, 1, 1]
