"""The method on any two frames: found, not found, and not fooled."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import small_people

from p4dp.errors import P4dpError
from p4dp.linkage import dedupe, link
from p4dp.linkage.frames import derive, detect_columns, standardise
from p4dp.linkage.identity import connect
from p4dp.linkage.model import _linker as splink_linker
from p4dp.linkage.model import load_model, save_model, score, train, usable_roles

pytestmark = pytest.mark.slow

SHARED = Path(os.environ.get("P4DP_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FEBRL = SHARED / "data" / "linkage"


@pytest.fixture(scope="module")
def people():
    return small_people.make()


@pytest.fixture(scope="module")
def linked(people):
    left, right, _ = people
    return link(left.drop(columns="person"), right.drop(columns="person"))


def _judge(links: pd.DataFrame, left: pd.DataFrame, right: pd.DataFrame) -> tuple[float, float]:
    person_l = dict(zip(left["id"], left["person"], strict=True))
    person_r = dict(zip(right["id"], right["person"], strict=True))
    true = sum(
        person_l[a] == person_r[b] for a, b in zip(links["left_id"], links["right_id"], strict=True)
    )
    return true / len(links), true / len(set(person_l.values()) & set(person_r.values()))


def test_a_clean_world_with_faults_is_linked(people, linked):
    left, right, _ = people
    precision, recall = _judge(linked.links, left, right)
    assert precision >= 0.999
    assert recall >= 0.985


def test_planted_twins_are_not_merged(people, linked):
    left, right, twins = people
    planted = set(left.loc[left["person"].isin(twins["person"]), "id"])
    assert len(planted) == 40
    assert not planted & set(linked.links["left_id"])


def test_probabilities_are_calibrated_after_the_one_to_one_step(people, linked):
    left, right, _ = people
    scored = linked.links[linked.links["method"] == "probabilistic"]
    precision, _ = _judge(scored, left, right)
    assert abs(precision - scored["match_probability"].mean()) < 0.02


def test_each_record_has_at_most_one_partner(linked):
    assert linked.links["left_id"].is_unique and linked.links["right_id"].is_unique


def test_the_same_input_gives_the_same_links_whatever_the_order(people, linked):
    left, right, _ = (frame.drop(columns="person", errors="ignore") for frame in people)
    again = link(left.sample(frac=1, random_state=3), right.sample(frac=1, random_state=4))
    columns = ["left_id", "right_id", "method"]
    pd.testing.assert_frame_equal(again.links[columns], linked.links[columns])


def test_the_truth_column_is_never_used(people):
    left, right, _ = people
    found = detect_columns(list(left.columns))
    assert "person" not in found.values()


def test_a_saved_model_scores_new_records_without_training(people, linked, tmp_path):
    left, right, _ = people
    save_model(linked.model, tmp_path / "model.json")
    model = load_model(tmp_path / "model.json")
    new = left.iloc[:300]
    found = link(new.drop(columns="person"), right.drop(columns="person"), model=model)
    precision, _ = _judge(found.links, new, right)
    assert precision >= 0.99
    assert found.model is model


def test_a_missing_damaged_or_foreign_model_is_refused(tmp_path, linked):
    file = tmp_path / "model.json"
    with pytest.raises(P4dpError, match="missing"):
        load_model(file)
    file.write_text("{")
    with pytest.raises(P4dpError, match="damaged"):
        load_model(file)
    file.write_text(json.dumps({**linked.model.as_dict(), "format": "p4dp-linkage/0"}))
    with pytest.raises(P4dpError, match="another version"):
        load_model(file)


def test_pairs_weigh_what_splink_says_they_weigh(people):
    """The weights are Splink's: its own prediction with the same settings gives the same bits."""
    left, right, _ = (frame.drop(columns="person", errors="ignore") for frame in people)
    with connect() as con:
        for name, frame in (("left_plain", left), ("right_plain", right)):
            standardise(con, frame, name)
            derive(con, f"from {name}", name.replace("plain", "rest"))
        tables = ("left_rest", "right_rest")
        model = train(con, tables, usable_roles(con, tables), expected_matches=1000)
        score(con, tables, model, "ours", minimum_weight=-30.0)
        linker = splink_linker(con, tables, model.settings)
        for column, shares in model.term_frequencies.items():
            con.execute(
                f"create or replace temp table tf_{column} as select {column}, "
                f"count(*) / (sum(count(*)) over ()) as tf_{column} from (select {column} from "
                f"left_rest union all select {column} from right_rest) where {column} is not null "
                "group by all"
            )
            linker.table_management.register_term_frequency_lookup(
                linker._db_api.register(f"tf_{column}"), column
            )
            assert shares
        theirs = linker.inference.predict(threshold_match_weight=-30.0)
        both, different = con.execute(
            f"select count(*), count(*) filter (abs(o.match_weight - t.match_weight) > 0.001) "
            f"from ours as o join {theirs.physical_name} as t using (record_no_l, record_no_r)"
        ).fetchall()[0]
        assert both > 1000
        assert different == 0


def test_forty_per_cent_duplicates_are_found_by_dedupe(people):
    left, right, _ = people
    both = pd.concat([left, right.iloc[:600]], ignore_index=True)
    result = dedupe(both.drop(columns="person"))
    merged = result.clusters.merge(both, left_on="record_id", right_on="id")
    mixed = merged.groupby("cluster_id")["person"].nunique()
    assert (mixed > 1).sum() == 0
    shared = set(left["person"]) & set(right["person"].iloc[:600])
    joined = merged.groupby("person")["cluster_id"].nunique()
    assert (joined.loc[list(shared)] == 1).mean() >= 0.95


def test_parent_and_child_of_one_name_and_home_stay_two_people(people):
    left, right, _ = people
    both = pd.concat([left, right], ignore_index=True).drop(columns="nir")
    parents = both[both["person"].isin([str(n) for n in range(1, 161)])]
    year = parents["date_naissance"].str[:4].astype(int)
    children = parents.assign(
        person="child of " + parents["person"],
        id="child " + parents["id"],
        date_naissance=(year + 31).astype(str) + "-06-17",
    )
    # every third child's second chart has no birth date: it may be either's, so it is nobody's
    children.loc[children.index[::3], "date_naissance"] = None
    frame = pd.concat([both, children], ignore_index=True)
    found = dedupe(frame.drop(columns="person")).clusters
    person = found["record_id"].map(frame.set_index("id")["person"])
    planted = person.str.contains("child of") | person.isin(parents["person"])
    merged = person[planted].groupby(found["cluster_id"][planted]).nunique()
    assert merged.max() == 1
    # and their own charts are one person each, where they are dated
    dated = frame[frame["date_naissance"].notna()].set_index("id")["person"]
    own = found[found["record_id"].isin(dated[dated.str.startswith("child of")].index)]
    assert own["cluster_id"].nunique() < len(own)


def test_few_duplicates_do_not_make_parent_and_child_one(people):
    """Where hardly anybody has a second certain chart, nothing shows such pairs to be two."""
    _, right, _ = people
    frame = right.drop(columns="nir")
    parents = frame[frame["date_naissance"].str[5:7] != "06"].iloc[:160]
    year = parents["date_naissance"].str[:4].astype(int)
    children = parents.assign(
        id="child " + parents["id"], date_naissance=(year + 31).astype(str) + "-06-17"
    )
    again = frame.iloc[-70:].assign(telephone=None)
    again["id"] = "again " + again["id"]
    found = dedupe(pd.concat([frame, children, again]).drop(columns="person")).links
    ends = found["left_id"] + " " + found["right_id"]
    assert not ends.str.contains("child").any()
    assert ends.str.contains("again").sum() >= 65


@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_an_empty_frame_gives_no_link(people, side):
    left, right, _ = people
    none = left.iloc[:0]
    result = link(
        none if side in ("left", "both") else left, none if side in ("right", "both") else right
    )
    assert result.links.empty and result.review.empty


def test_all_keys_missing_is_survived():
    frame = pd.DataFrame({"id": ["a", "b"], "nir": [None, None], "nom": [None, None]})
    assert link(frame, frame).links.empty
    assert dedupe(frame).links.empty


def test_one_number_shared_by_500_people_links_nobody():
    left = pd.DataFrame({"id": [f"l{i}" for i in range(500)], "nir": "1750675123456"})
    assert link(left, left.assign(id=left["id"].str.replace("l", "r"))).links.empty


def test_a_childs_insured_number_does_not_link_the_parent():
    child = pd.DataFrame(
        [["c", "1750675123456", "Martin", "Zoe", "2015-03-04", "F"]],
        columns=["id", "nir", "nom", "prenom", "date_naissance", "sexe"],
    )
    parent = pd.DataFrame(
        [["p", "1750675123456", "Martin", "Henri", "1975-06-12", "M"]], columns=child.columns
    )
    assert link(child, parent).links.empty


def test_frames_come_as_files_arrow_relations_and_indexed_pandas(tmp_path, people):
    left, right, _ = people
    left, right = left.iloc[:80], right.iloc[:80]
    expected = set(link(left, right).links["left_id"])
    left.to_parquet(tmp_path / "l.parquet")
    right.to_csv(tmp_path / "r.csv", index=False)
    con = duckdb.connect()
    relation = con.from_df(right)
    assert set(link(tmp_path / "l.parquet", tmp_path / "r.csv").links["left_id"]) == expected
    assert set(link(relation, right).links["left_id"]) == set(right["id"])
    assert set(link(left.set_index("id"), right).links["left_id"]) == expected


def test_columns_are_recognised_by_usual_names_and_by_mapping():
    found = detect_columns([" Surname", "Prénom", "DOB", "CP", "soc_sec_id", "cluster"])
    assert found == {
        "surname": " Surname",
        "given_name": "Prénom",
        "date_of_birth": "DOB",
        "postcode": "CP",
        "key": "soc_sec_id",
    }
    assert detect_columns(["a", "b"], {"surname": "a"})["surname"] == "a"
    with pytest.raises(P4dpError, match="no column"):
        detect_columns(["a"], {"surname": "z"})
    with pytest.raises(P4dpError, match="Unknown role"):
        detect_columns(["a"], {"nose": "a"})
    with pytest.raises(P4dpError, match="who a record is about"):
        detect_columns(["a", "b"])


@pytest.mark.parametrize(
    "text, expected",
    [
        ("19151111", "19151111"),
        ("1915-11-02", "19151102"),
        ("2/11/1915", "19151102"),
        ("02111915", "19151102"),
        ("1915", "19150000"),
        ("1915-11", "19151100"),
        ("1915-11-02 00:00:00", "19151102"),
        ("19151111.0", "19151111"),
        ("19151371", "19151371"),
        ("unknown", None),
    ],
)
def test_birth_dates_are_read_in_their_usual_forms(text, expected):
    with connect() as con:
        standardise(con, pd.DataFrame({"dob": [text], "nom": ["x"]}), "t")
        assert con.execute("select birth_date from t").fetchall() == [(expected,)]


def test_a_column_of_american_dates_is_read_month_first():
    with connect() as con:
        frame = pd.DataFrame({"dob": ["02/11/1915", "02/28/1915"], "nom": ["x", "y"]})
        standardise(con, frame, "t")
        found = con.execute("select birth_date from t order by record_no").fetchall()
    assert found == [("19150211",), ("19150228",)]


def test_a_repeated_identifier_is_refused():
    frame = pd.DataFrame({"id": ["a", "a"], "nom": ["x", "y"]})
    with pytest.raises(P4dpError, match="repeated identifier"):
        link(frame, frame)


@pytest.mark.skipif(not FEBRL.exists(), reason=f"no FEBRL files in {FEBRL}")
@pytest.mark.parametrize("columns", [{"key": ""}, None], ids=["without id", "with id"])
def test_febrl4_is_linked(columns):
    result = link(FEBRL / "febrl_dataset4a.csv", FEBRL / "febrl_dataset4b.csv", columns=columns)
    number = {side: result.links[f"{side}_id"].str.split("-").str[1] for side in ("left", "right")}
    true = (number["left"] == number["right"]).sum()
    assert true / len(result.links) >= 0.999
    assert true / 5000 >= 0.995
