"""The register beyond equal keys: sealed tokens, its own saved model, claims by days of care."""

from __future__ import annotations

import hashlib
import random
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest
import small_people
from linkage_worlds import chart, links, persons, warehouse

from p4dp.boundary.tokens import Sealer
from p4dp.errors import P4dpError
from p4dp.linkage import update_register
from p4dp.linkage.practices import model_file

pytestmark = pytest.mark.slow


def _pseudo(*parts: object) -> str:
    return hashlib.md5("|".join(map(str, parts)).encode()).hexdigest()


@pytest.fixture(scope="module")
def world():
    """(identities, tokens, patient -> person): two practices' charts of the small people."""
    left, right, _ = small_people.make(900)
    rows, people = [], {}
    sealed = {name: [] for name in ("birth_name", "first_name", "birth_date", "phone")}
    for source, frame in (("dosmed", left), ("medirel", right)):
        for row in frame.to_dict("records"):
            patient = _pseudo(source, row["id"])
            people[patient] = row["person"]
            number = _pseudo("n", row["person"]) if int(row["id"][1:]) % 3 else None
            rows.append(
                chart(
                    patient,
                    number,
                    _pseudo(row["nom_naissance"], row["prenom"], row["date_naissance"]),
                    source=source,
                    practice_pseudo=f"{source}-1",
                    birth_year=int(row["date_naissance"][:4]),
                    birth_month=int(row["date_naissance"][5:7]),
                    sex=row["sexe"],
                    commune_code=row["code_postal"],
                )
            )
            for name, column in (
                ("birth_name", "nom_naissance"),
                ("first_name", "prenom"),
                ("birth_date", "date_naissance"),
                ("phone", "telephone"),
            ):
                value = row[column]
                sealed[name].append(value if isinstance(value, str) else None)
    seal = Sealer(b"a key of thirty-two bytes, tests")
    nothing = pa.nulls(len(rows), pa.string())
    tokens = pa.table(
        {
            "source": [row["source"] for row in rows],
            "patient_pseudo": [row["patient_pseudo"] for row in rows],
            **{f"sealed_{n}": seal.seal_many(n, values) for n, values in sealed.items()},
            "sealed_first_names": seal.seal_many("first_names", sealed["first_name"]),
            "sealed_usual_name": nothing,
            "sealed_birth_place": nothing,
            "block_birth_name": seal.block_many("birth_name", sealed["birth_name"]),
            "block_first_name": seal.block_many("first_name", sealed["first_name"]),
        }
    )
    return rows, tokens, people


@pytest.fixture(scope="module")
def register(world, tmp_path_factory):
    """The register of nine tenths of the world, then of all of it: (folder, reports, keys)."""
    rows, tokens, _ = world
    root = tmp_path_factory.mktemp("tokens")
    some = [row for row in rows if int(row["patient_pseudo"][:4], 16) % 10]
    first = update_register(warehouse(root / "w.duckdb", some), root / "register", tokens=tokens)
    before = persons(root / "register")
    second = update_register(warehouse(root / "w.duckdb", rows), root / "register", tokens=tokens)
    return root, (first, second), before


def _judge(root, people) -> tuple[float, float]:
    key = persons(root / "register")
    groups: dict[int, list[str]] = {}
    for patient, number in key.items():
        groups.setdefault(number, []).append(people[patient])
    pairs = [(a, b) for g in groups.values() for i, a in enumerate(g) for b in g[i + 1 :]]
    sizes: dict[str, int] = {}
    for person in people.values():
        sizes[person] = sizes.get(person, 0) + 1
    possible = sum(n * (n - 1) // 2 for n in sizes.values())
    right = sum(a == b for a, b in pairs)
    return right / len(pairs), right / possible


def test_tokens_find_what_keys_miss_and_twins_stay_apart(register, world):
    precision, recall = _judge(register[0], world[2])
    assert precision >= 0.999
    assert recall >= 0.97


def test_links_by_tokens_are_named_and_carry_their_probability(register):
    with duckdb.connect() as con:
        low, high, count = con.execute(
            "select min(match_probability), max(match_probability), count(*) "
            "from read_parquet(?) where link_method = 'probabilistic'",
            [str(register[0] / "register" / "person_link" / "person_link.parquet")],
        ).fetchall()[0]
    assert count > 10 and 0.95 <= low <= high <= 1.0


def test_the_second_run_scores_only_what_is_new_and_does_not_train(register):
    first, second = (report.probabilistic for report in register[1])
    assert first["is_trained"] and not second["is_trained"]
    assert 0 < second["scored_record_count"] < 0.2 * first["scored_record_count"]


def test_ten_per_cent_more_records_leave_the_old_keys(register):
    root, _, before = register
    after = persons(root / "register")
    moved = sum(after[patient] != key for patient, key in before.items())
    with duckdb.connect() as con:
        explained = con.execute(
            "select count(*) from read_parquet(?) where event in ('merge', 'split')",
            [str(root / "register" / "history" / "version=000002.parquet")],
        ).fetchall()[0][0]
    assert moved <= max(0.001 * len(before), explained)


def test_a_repeated_run_changes_nothing(register, world):
    root = register[0]
    files = {p: p.read_bytes() for p in (root / "register").rglob("*.parquet")}
    report = update_register(root / "w.duckdb", root / "register", tokens=world[1])
    assert not report.is_changed
    assert report.probabilistic["scored_record_count"] == 0
    assert {p: p.read_bytes() for p in (root / "register").rglob("*.parquet")} == files


def test_no_token_is_written_in_the_register(register, world):
    root = register[0]
    sample = world[1].column("sealed_birth_name").to_pylist()[:50]
    for file in (root / "register").rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(token and token[:40].encode() in content for token in sample)


def test_a_missing_model_is_not_replaced_in_silence(register, world):
    root = register[0]
    file = model_file(root / "register")
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(P4dpError, match="model that made them is missing"):
        update_register(root / "w.duckdb", root / "register", tokens=world[1])
    file.write_bytes(content)


def test_claims_without_a_number_join_by_days_of_care(tmp_path):
    rng = random.Random(5)
    rows, days = [], []
    for number in range(700):
        born = {"birth_year": rng.randint(1950, 1999), "birth_month": rng.randint(1, 12)}
        more = {**born, "sex": rng.choice("MF"), "commune_code": f"0600{rng.randint(1, 9)}"}
        here = _pseudo("chart", number)
        there = _pseudo("claims", number) + "-1"
        rows.append(chart(here, practice_pseudo=f"q{number % 4}", **more))
        if number % 10:
            rows.append(chart(there, source="snds", practice_pseudo=None, **more))
        for _ in range(4):
            at = date(2023, 1, 1) + timedelta(days=rng.randrange(500))
            days.append(("medirel", here, "visit", at, None, f"d{number % 4}"))
            if number % 10:
                days.append(("snds", there, "visit", at, None, f"d{number % 4}"))
    file = warehouse(tmp_path / "w.duckdb", rows)
    with duckdb.connect(str(file)) as con:
        con.execute(
            "create table staging.lnk_care_day (source varchar, patient_pseudo varchar, "
            "care_kind varchar, care_date date, care_code varchar, practitioner_pseudo varchar)"
        )
        con.executemany("insert into staging.lnk_care_day values (?, ?, ?, ?, ?, ?)", days)
    report = update_register(file, tmp_path / "register")
    assert report.indirect["is_run"] and report.indirect["accepted_count"] >= 0.97 * 630
    found = links(tmp_path / "register")
    wrong = 0
    for number in range(700):
        here, there = _pseudo("chart", number), _pseudo("claims", number) + "-1"
        if not number % 10:
            wrong += found[here][1] != "single"
        elif found[there][1] == "snds_indirect":
            wrong += found[here][0] != found[there][0]
    assert wrong <= 1
    assert not update_register(file, tmp_path / "register").is_changed
