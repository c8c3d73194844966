"""The rates step: who is flagged, who is not compared, and what is written."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p4dp.errors import P4dpError
from p4dp.surveillance import (
    buhlmann_straub_counts,
    compare_units,
    funnel_limits,
    marshall,
    rates,
)
from p4dp.surveillance.rates import MIN_PEOPLE, RATE_SCHEMA

AS_OF = date(2025, 12, 31)


def units(people, cases, expected=None):
    return pd.DataFrame(
        {
            "people": np.asarray(people, float),
            "cases": np.asarray(cases, float),
            "expected": np.nan if expected is None else np.asarray(expected, float),
        }
    )


def test_estimates_are_those_of_the_library():
    people = [60, 120, 300, 45, 80, 500]
    cases = [30, 40, 170, 20, 50, 230]
    expected = [28, 55, 140, 22, 45, 250]  # they add up to the cases
    got = compare_units(units(people, cases, expected))
    target = 540 / 1105
    ratio = np.divide(cases, expected)
    np.testing.assert_allclose(got["standardised_ratio"], ratio, atol=1e-9)
    np.testing.assert_allclose(got["standardised_share"], ratio * target, atol=1e-9)
    shrunk = buhlmann_straub_counts(ratio * target, np.array(people, float))
    np.testing.assert_allclose(got["credibility_share"], shrunk.premium, atol=1e-9)
    bayes, _ = marshall(np.array(cases), np.array(expected))
    np.testing.assert_allclose(got["bayes_ratio"], bayes, atol=1e-9)
    limits = funnel_limits(
        pd.DataFrame({"id": range(6), "cases": ratio * target * people, "size": people}),
        target=target,
    )
    np.testing.assert_allclose(got["funnel_high_95"], limits["u95"], atol=1e-9)
    np.testing.assert_allclose(got["z_score_additive"], limits["z_additive"], atol=1e-9)


def test_age_and_sex_are_allowed_for():
    """Twice the share of the others, as its older patients lead to expect: no flag."""
    people = [400] * 12
    cases = [100] * 11 + [200]
    crude = compare_units(units(people, cases))
    adjusted = compare_units(units(people, cases, expected=cases))
    assert crude["position"].tolist() == ["as_expected"] * 11 + ["above"]
    assert adjusted["position"].tolist() == ["as_expected"] * 12
    np.testing.assert_allclose(adjusted["standardised_share"], adjusted["target_share"], atol=1e-9)


def test_a_small_unit_is_shrunken_and_never_ranked_or_flagged():
    people = [400] * 11 + [MIN_PEOPLE - 1]
    got = compare_units(units(people, [100, 110, 90] * 3 + [105, 95] + [MIN_PEOPLE - 1]))
    small = got.iloc[-1]
    assert small["position"] == "not_compared"
    assert pd.isna(small["rank_low"]) and pd.isna(small["rank_high"])
    assert small["target_share"] < small["credibility_share"] < small["standardised_share"]
    assert got["ranked_unit_count"].tolist() == [11] * 12


def test_units_that_differ_by_chance_only_rank_anywhere():
    rng = np.random.default_rng(3)
    got = compare_units(units([200] * 30, rng.binomial(200, 0.4, 30)))
    assert set(got["position"]) == {"as_expected"}
    if got["credibility"].iloc[0] == 0:
        assert (got["rank_low"] == 1).all() and (got["rank_high"] == 30).all()
    else:
        assert (got["rank_high"] - got["rank_low"]).median() > 10


def test_nobody_and_everybody_have_no_funnel_and_no_flag():
    for cases in ([0] * 6, [80] * 6):
        got = compare_units(units([80] * 6, cases))
        assert set(got["position"]) == {"as_expected"}
        assert got["funnel_high_95"].isna().all()
        np.testing.assert_allclose(got["credibility_share"], cases[0] / 80)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2, 900), st.floats(0, 1)), min_size=5, max_size=25),
    st.integers(0, 10),
)
def test_funnel_and_shrinkage_agree_wherever_a_unit_is_flagged(drawn, seed):
    people = np.array([n for n, _ in drawn])
    cases = np.array([round(n * share) for n, share in drawn])
    jitter = np.random.default_rng(seed).uniform(0.5, 2, len(drawn))
    got = compare_units(units(people, cases, expected=np.minimum(cases * jitter + 1, people)))
    shares = ("standardised_share", "credibility_share", "bayes_share")
    for name in shares:
        assert got[name].between(0, 1).all()
    above, below = got["position"] == "above", got["position"] == "below"
    for flagged, sign in ((above, 1), (below, -1)):
        assert (sign * got.loc[flagged, "z_score_additive"] > 3).all()
        gap = got.loc[flagged, "credibility_share"] - got.loc[flagged, "target_share"]
        assert (sign * gap > 0).all()
    assert (people[(above | below).to_numpy()] >= MIN_PEOPLE).all()
    ranked = got.dropna(subset=["rank_low"])
    assert (ranked["rank_low"] <= ranked["rank_high"]).all()
    # One unit cannot be known to be first and last at once.
    whole = (ranked["rank_low"] == 1) & (ranked["rank_high"] == len(ranked))
    assert (ranked.loc[whole, "position"] == "as_expected").all() or len(ranked) == 1


def warehouse_with(path, rows):
    """`rows`: (practice, vendor, version, reference date, people, cases)."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """create schema indicators; create schema linked; create schema staging;
            create table staging.stg_run as select date '2025-12-31' as as_of_date;
            create table linked.dim_practice (
                practice_key bigint, vendor varchar, software_version varchar);
            create table indicators.fct_indicator_practice (
                practice_key bigint, indicator_id varchar, indicator_version varchar,
                basis varchar, population_basis varchar, reference_date date,
                denominator_count bigint, numerator_count bigint, expected_share double);
            create table indicators.fct_indicator_territory as
                select 'epci' as territory_level, 'x' as territory_code,
                    * exclude (practice_key)
                from indicators.fct_indicator_practice limit 0"""
        )
        for key, vendor, version, at, people, cases in rows:
            connection.execute(
                "insert into linked.dim_practice values (?, ?, ?)", [key, vendor, version]
            )
            connection.execute(
                "insert into indicators.fct_indicator_practice"
                " values (?, 'X-1', '1', 'record', 'active', ?, ?, ?, null)",
                [key, at, people, cases],
            )
    return path


def test_practices_are_compared_with_all_their_vendor_and_their_version(tmp_path):
    rows = [(k, "a", "1" if k < 6 else "2", AS_OF, 100, 40 + k) for k in range(8)]
    rows += [(k, "b", "1", AS_OF, 100, 20) for k in range(8, 11)]
    rows += [(11, "a", "1", date(2025, 11, 30), 100, 1), (12, "a", "1", AS_OF, 0, 0)]
    report = rates(warehouse_with(tmp_path / "w.duckdb", rows), tmp_path / "exchange")
    table = pq.read_table(report.path)
    assert table.schema.equals(RATE_SCHEMA)
    compared = {
        (r["comparison"], r["comparison_group"], r["unit_count"]) for r in table.to_pylist()
    }
    # Vendor b has three practices and a's version 2 has two: too few to compare.
    assert compared == {("all", "all", 11), ("vendor", "a", 8), ("version", "a 1", 6)}
    assert report.rows == 25 and report.comparisons == 3 and report.units == 11


def test_the_same_counts_give_the_same_file(tmp_path):
    rows = [(k, "a", "1", AS_OF, 90 + k, 30 + 3 * k) for k in range(9)]
    path = warehouse_with(tmp_path / "w.duckdb", rows)
    first = rates(path, tmp_path / "one").path.read_bytes()
    assert rates(path, tmp_path / "two").path.read_bytes() == first


def test_no_practice_at_all_gives_an_empty_file(tmp_path):
    report = rates(warehouse_with(tmp_path / "w.duckdb", []), tmp_path / "exchange")
    assert pq.read_table(report.path).schema.equals(RATE_SCHEMA) and report.rows == 0


def test_a_warehouse_without_indicators_is_refused_with_the_remedy(tmp_path):
    duckdb.connect(str(tmp_path / "w.duckdb")).close()
    with pytest.raises(P4dpError, match="no indicator counts"):
        rates(tmp_path / "w.duckdb", tmp_path / "exchange")
