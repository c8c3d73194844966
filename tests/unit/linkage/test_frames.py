"""Any frame a user may bring: column names, types, missing values, identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import small_people

from p4dp.errors import P4dpError
from p4dp.linkage import dedupe, link
from p4dp.linkage.frames import detect_columns, standardise
from p4dp.linkage.identity import connect

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Two records of most persons, in one frame without identifier."""
    left, right, _ = small_people.make(400)
    both = pd.concat([left, right], ignore_index=True)
    return both.drop(columns=["id", "nir"])


def _recall(clusters: pd.DataFrame, person: pd.Series) -> float:
    merged = clusters.set_index("record_id")["cluster_id"]
    found = pd.DataFrame({"cluster": merged, "person": person.reindex(merged.index)})
    assert found.groupby("cluster")["person"].nunique().max() == 1
    twice = found[found.duplicated("person", keep=False)]
    return float((twice.groupby("person")["cluster"].nunique() == 1).mean())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["fname_c1", "lname_c1", "by", "bm", "bd"],
         {"given_name", "surname", "birth_year", "birth_month", "birth_day"}),
        (["unique_id", "first_name", "surname", "dob", "city", "email", "cluster"],
         {"id", "given_name", "surname", "date_of_birth", "city", "email"}),
        (["PatientID", "FirstName", "lastName", "dateOfBirth", "postalCode", "Sex"],
         {"id", "given_name", "surname", "date_of_birth", "postcode", "sex"}),
        (["patient_first_name_l", "patient_last_name_l", "dob_l"],
         {"given_name", "surname", "date_of_birth"}),
        (["Historia", "Apellidos", "Nombre", "Fecha de nacimiento", "Sexo", "Código Postal"],
         {"surname", "given_name", "date_of_birth", "sex", "postcode"}),
        (["PatientenNummer", "Nachname", "Vorname", "Geburtsdatum", "PLZ", "Straße"],
         {"id", "surname", "given_name", "date_of_birth", "postcode", "street"}),
        (["Cognome", "Nome", "Data di nascita", "Sesso", "Comune"],
         {"surname", "given_name", "date_of_birth", "sex", "city"}),
        (["Nom de naissance", "Prénom", "Né(e) le", "Code postal", "DDN"],
         {"surname", "given_name", "postcode", "date_of_birth"}),
    ],
)  # fmt: skip
def test_columns_are_recognised(headers, expected):
    assert set(detect_columns(headers)) == expected


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["Varón", "Mujer"], ["M", "F"]),
        (["H", "M"], ["M", "F"]),
        (["M", "V"], ["M", "F"]),
        (["m", "w"], ["M", "F"]),
        (["male", "Female", "?"], ["M", "F", None]),
        (["1", "2.0"], ["M", "F"]),
    ],
)
def test_sexes_are_read_as_they_are_written_elsewhere(written, read):
    with connect() as con:
        standardise(con, pd.DataFrame({"nom": ["x"] * len(written), "sexo": written}), "t")
        assert [
            row[0] for row in con.execute("select sex from t order by record_no").fetchall()
        ] == read


def test_other_alphabets_are_names_too():
    with connect() as con:
        frame = pd.DataFrame({"nom": ["Иванов", "Œuvrard", "Groß-Müller"], "prenom": "Пётр"})
        standardise(con, frame, "t")
        names = con.execute("select surname from t order by record_no").fetchall()
    assert names == [("ИВАНОВ",), ("OEUVRARD",), ("GROSS MULLER",)]


@pytest.mark.parametrize("sides", [("left",), ("right",), ("left", "right")])
def test_duplicates_of_either_file_are_all_linked(sides):
    left, right, _ = small_people.make(700)
    files = {"left": left, "right": right}
    for side in sides:
        again = files[side].iloc[::8].assign(telephone=None)
        again["id"] = "again-" + again["id"]
        files[side] = pd.concat([files[side], again], ignore_index=True)
    found = link(*(f.drop(columns=["person", "nir"]) for f in files.values()))
    assert found.summary["deduplicated"] == list(sides)
    truth = files["left"].merge(files["right"], on="person")
    true = set(zip(truth["id_x"], truth["id_y"], strict=True))
    pairs = set(zip(found.links["left_id"], found.links["right_id"], strict=True))
    assert len(pairs) == len(found.links)
    assert len(pairs & true) / len(pairs) >= 0.998
    assert len(pairs & true) / len(true) >= 0.96


def test_a_file_without_duplicates_is_linked_one_to_one(people):
    left, right, _ = small_people.make(400)
    found = link(left.drop(columns="person"), right.drop(columns="person"))
    assert "deduplicated" not in found.summary
    assert found.links["left_id"].is_unique and found.links["right_id"].is_unique


def test_the_answer_is_not_a_column_to_use():
    assert set(detect_columns(["surname", "cluster", "true_id", "person", "label"])) == {"surname"}


def _day_first(frame: pd.DataFrame) -> pd.DataFrame:
    date = pd.to_datetime(frame["date_naissance"])
    return frame.assign(date_naissance=date.dt.strftime("%d/%m/%Y"))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: f, id="text"),
        pytest.param(lambda f: f.fillna(""), id="empty strings"),
        pytest.param(lambda f: f.astype("category"), id="categories"),
        pytest.param(lambda f: f.convert_dtypes(), id="nullable types"),
        pytest.param(
            lambda f: f.assign(date_naissance=pd.to_datetime(f["date_naissance"])), id="timestamps"
        ),
        pytest.param(
            lambda f: f.assign(date_naissance=pd.to_datetime(f["date_naissance"]).dt.date),
            id="date objects",
        ),
        pytest.param(_day_first, id="day first"),
        pytest.param(
            lambda f: f.assign(
                date_naissance=pd.to_datetime(f["date_naissance"]).dt.strftime("%d %B %Y")
            ),
            id="months in words",
        ),
        pytest.param(
            lambda f: f.assign(
                telephone=pd.to_numeric(f["telephone"]),
                date_naissance=f["date_naissance"].str.replace("-", "").astype(float),
            ),
            id="numbers with gaps",
        ),
        pytest.param(lambda f: f.assign(other=[[1, "a"]] * len(f)), id="a column of lists"),
        pytest.param(lambda f: pd.concat([f, f["nom_naissance"]], axis=1), id="a header twice"),
    ],
)
def test_types_and_missing_values_do_not_matter(people, change):
    result = dedupe(change(people.drop(columns="person")))
    assert _recall(result.clusters, people["person"]) >= 0.97


def test_the_index_comes_back_as_it_was(people):
    frame = people.drop(columns="person")
    frame.index = np.arange(len(frame)) * 10 + 5
    result = dedupe(frame)
    assert sorted(result.clusters["record_id"]) == list(frame.index)
    assert set(result.links["left_id"]) <= set(frame.index)
    person = pd.Series(people["person"].to_numpy(), index=frame.index)
    assert _recall(result.clusters, person) >= 0.97


def test_links_of_dedupe_are_every_pair_of_each_person(people):
    clusters = (result := dedupe(people.drop(columns="person"))).clusters
    sizes = clusters.groupby("cluster_id").size()
    assert len(result.links) == int((sizes * (sizes - 1) / 2).sum())
    of = clusters.set_index("record_id")["cluster_id"]
    assert (
        of.loc[result.links["left_id"]].to_numpy() == of.loc[result.links["right_id"]].to_numpy()
    ).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 20])
def test_few_records_are_survived(people, count):
    frame = people.drop(columns="person").head(count)
    assert len(dedupe(frame).clusters) == count
    found = link(frame, frame)
    assert (found.links["left_id"] == found.links["right_id"]).all()


def test_arrow_tables_and_files_are_frames(people, tmp_path):
    frame = people.drop(columns="person")
    expected = len(dedupe(frame).links)
    assert len(dedupe(pa.Table.from_pandas(frame, preserve_index=False)).links) == expected
    frame.to_csv(tmp_path / "f.csv", index=False)
    assert len(dedupe(tmp_path / "f.csv").links) == expected


def test_headers_that_say_nothing_are_asked_for(people):
    frame = people[["nom_naissance", "prenom", "date_naissance"]].copy()
    frame.columns = [0, 1, 2]
    with pytest.raises(P4dpError, match="No column"):
        dedupe(frame)
    named = {"surname": 0, "given_name": 1, "date_of_birth": 2}
    assert len(dedupe(frame, columns=named).links) > 200
