"""The gate: who is answered, who is refused, and that both are written down."""

from __future__ import annotations

from datetime import date

import pytest

from p4dp.errors import P4dpError
from p4dp.governance import Trail, query

PEOPLE = "select count(*) as n from linked.dim_patient"
RELEASED = "select case_count from published.pub_weekly_syndrome"


def last(trail):
    return list(trail.events())[-1]


def test_an_analyst_is_answered_and_the_answer_recorded(home, trail):
    answer = query(home, PEOPLE, trail, user="ana", purpose="panel size")
    assert answer.table.to_pylist() == [{"n": 50}]
    event = last(trail)
    assert (event["actor"], event["outcome"], event["row_count"]) == ("ana", "done", 1)
    assert (event["purpose"], event["details"]["sql"]) == ("panel size", PEOPLE)
    assert event["details"]["release"] == answer.release_id


@pytest.mark.parametrize(
    ("user", "sql", "why"),
    [
        ("nobody", PEOPLE, "no account"),
        ("old", PEOPLE, "ended on 2020-01-01"),
        ("ana", "delete from linked.dim_patient", "DELETE"),
        ("ana", "create table x as select 1", "CREATE"),
        ("ana", "attach 'x.duckdb'", "ATTACH"),
        ("ana", "copy (select 1) to 'x.csv'", "COPY"),
        ("ana", "set threads = 1", "SET"),
        ("ana", "select 1; select 2", "2 statements"),
        ("ana", "", "0 statements"),
        ("ana", "selec 1", "no valid SQL"),
    ],
)
def test_refusals_say_why_and_are_recorded(home, trail, user, sql, why):
    with pytest.raises(P4dpError, match=why):
        query(home, sql, trail, user=user)
    event = last(trail)
    assert (event["actor"], event["outcome"]) == (user, "refused")
    assert why in event["details"]["reason"]


def test_a_question_that_fails_is_recorded_as_failed(home, trail):
    with pytest.raises(P4dpError, match="no_such_column"):
        query(home, "select no_such_column from linked.dim_patient", trail, user="ana")
    assert last(trail)["outcome"] == "failed"


def test_the_last_day_of_an_account_is_still_a_day(home, trail):
    assert query(home, PEOPLE, trail, user="old", today=date(2020, 1, 1))
    with pytest.raises(P4dpError, match="ended"):
        query(home, PEOPLE, trail, user="old", today=date(2020, 1, 2))


@pytest.mark.parametrize(
    ("user", "sql", "allowed"),
    [
        ("ana", PEOPLE, True),
        ("ana", RELEASED, True),
        ("epi", PEOPLE, False),
        ("epi", "from release.linked.dim_patient", False),
        ("epi", "select * from query_table('linked.dim_patient')", False),
        ("epi", "from pragma_storage_info('linked.dim_patient')", False),
        ("epi", "select case_count from indicators.fct_weekly_syndrome", True),
        ("epi", RELEASED, True),
        ("pub", PEOPLE, False),
        ("pub", "from indicators.fct_weekly_syndrome", False),
        ("pub", RELEASED, True),
    ],
)
def test_each_role_sees_its_part(home, trail, user, sql, allowed):
    if allowed:
        assert query(home, sql, trail, user=user).table.num_rows == 1
    else:
        with pytest.raises(P4dpError, match="does not exist"):
            query(home, sql, trail, user=user)


def test_a_narrow_role_cannot_open_the_linked_file_by_its_path(home, trail):
    path = home.current_release.resolve() / "linked.duckdb"
    for user in ("epi", "pub"):
        with pytest.raises(P4dpError):
            query(home, f"from '{path}'", trail, user=user)
        with pytest.raises(P4dpError):
            query(home, f"from read_blob('{path}')", trail, user=user)


def test_an_epidemiologist_never_sees_practice_rows(home, trail):
    table = query(home, "from indicators.fct_weekly_syndrome", trail, user="epi").table
    assert [r["territory_level"] for r in table.to_pylist()] == ["departement"]


def test_a_question_that_cannot_be_recorded_is_not_answered(home, trail, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(Trail, "append", full)
    with pytest.raises(OSError, match="no space"):
        query(home, PEOPLE, trail, user="ana")


def test_an_unknown_release_is_refused(home, trail):
    with pytest.raises(P4dpError, match="no release"):
        query(home, PEOPLE, trail, user="ana", release_id="20000101T000000Z-00000000")
    assert last(trail)["outcome"] == "refused"
