"""Scan statistics: equal to the reference software, one zone for one set of areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from p4dp.surveillance import kulldorff, space_time_scan


@pytest.mark.parametrize("case", ["kulldorff_pennLC", "kulldorff_pennLC_ub20"])
def test_kulldorff_equals_the_reference(case, oracle, parameters):
    given = parameters[case]
    simulations = 999
    result = kulldorff(
        oracle(f"{case}_input"),
        pop_upper_bound=given["pop_upper_bound"],
        n_simulations=simulations,
    )
    zones = oracle(f"{case}_top50_zones")
    assert result.zones.attrs == {n: given[n] for n in ("n_windows", "n_distinct_zones")}
    assert result.zones["members"].tolist() == zones["members"].tolist()
    for name in ("llr", "n_areas", "cases", "expected"):
        np.testing.assert_allclose(result.zones[name], zones[name], rtol=1e-9)
    clusters = oracle(f"{case}_clusters")
    assert result.clusters["members"].tolist() == clusters["members"].tolist()
    for name in ("population", "cases", "expected", "smr", "llr"):
        np.testing.assert_allclose(result.clusters[name], clusters[name], rtol=1e-9)
    for ours, theirs in zip(result.clusters["p_value"], clusters["p_value"], strict=True):
        assert abs(ours - theirs) <= 3 * np.sqrt(2 * theirs * (1 - theirs) / simulations) + 1e-3


@pytest.mark.parametrize("model", ["pb", "eb"])
def test_space_time_scan_equals_the_reference(model, oracle):
    expected = oracle(f"spacetime_NM_1986_1989_{model}_top50")
    result = space_time_scan(
        oracle("spacetime_NM_1986_1989_input"),
        oracle("spacetime_NM_1986_1989_coords"),
        model=model,
    )
    assert result["members"].tolist() == expected["members"].tolist()
    for name in expected.columns.drop("members"):
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-9, err_msg=name)


@pytest.fixture
def grid() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    x, y = np.meshgrid(np.arange(10.0), np.arange(10.0))
    frame = pd.DataFrame({"id": range(100), "x": x.ravel(), "y": y.ravel()})
    frame["population"] = 1000.0
    risk = np.where((frame["x"] < 3) & (frame["y"] < 3), 2.5, 1.0)
    frame["cases"] = generator.poisson(8 * risk)
    frame["expected"] = frame["population"] * frame["cases"].sum() / frame["population"].sum()
    return frame


def test_a_planted_cluster_is_found_and_is_significant(grid):
    first = kulldorff(grid, n_simulations=99).clusters.iloc[0]
    found = {int(name) for name in first["members"].split(";")}
    planted = set(grid.loc[(grid["x"] < 3) & (grid["y"] < 3), "id"])
    assert len(found & planted) / len(found | planted) >= 0.6
    assert first["p_value"] == pytest.approx(0.01)


def test_the_same_seed_gives_the_same_ranks(grid):
    one, two = (kulldorff(grid, n_simulations=99, seed=5).clusters for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_clusters_do_not_overlap(grid):
    members = kulldorff(grid, n_simulations=99, alpha_level=1.1).clusters["members"].str.split(";")
    areas = [area for cluster in members for area in cluster]
    assert len(areas) == len(set(areas))


def test_a_rise_in_the_last_times_has_its_duration():
    times, areas = range(1, 9), range(6)
    frame = pd.DataFrame(
        [(t, a, 30 if t > 6 and a == 2 else 5, 1000) for t in times for a in areas],
        columns=["week", "area", "count", "population"],
    )
    coords = pd.DataFrame({"area": areas, "x": areas, "y": [0] * 6})
    best = space_time_scan(frame, coords, model="eb", k_nearest=3, n_mcsim=99)
    assert (best["members"].iloc[0], best["duration"].iloc[0]) == ("2", 2)
    assert best.attrs["mc_p"] == pytest.approx(0.01)


def test_gaps_and_areas_without_expectation_are_refused(grid):
    with pytest.raises(ValueError, match="leave it out"):
        kulldorff(grid.assign(expected=0.0))
    frame = pd.DataFrame({"week": [1, 1, 2], "area": [1, 2, 1], "count": 1, "population": 10})
    coords = pd.DataFrame({"area": [1, 2], "x": [0, 1], "y": [0, 0]})
    with pytest.raises(ValueError, match="row for each area"):
        space_time_scan(frame, coords)
