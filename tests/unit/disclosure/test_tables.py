"""Protection of whole tables: what is hidden, withheld, refused."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from p4dp.disclosure import Territories, load_rules, protect_table
from p4dp.disclosure.rules import RULES_FILE
from p4dp.errors import P4dpError

COMMUNES = pd.DataFrame(
    [
        ("06001", "E1", "06", "93"),
        ("06002", "E2", "06", "93"),
        ("06003", "E3", "06", "93"),
        ("13001", "E4", "13", "93"),
        ("13002", "EX", "13", "93"),
        ("06004", "EX", "06", "93"),
    ],
    columns=["commune_code", "epci_code", "departement_code", "region_code"],
)
TREE = Territories.from_communes(COMMUNES)


def rates(rows, extra=""):
    """`rows`: (level, code, numerator, denominator, declined)."""
    connection = duckdb.connect()
    connection.execute(
        """create table source (territory_level varchar, territory_code varchar,
        numerator_count bigint, denominator_count bigint, declined_count bigint)"""
    )
    connection.executemany("insert into source values (?, ?, ?, ?, ?)", rows)
    connection.execute(
        f"""create table pub as select *, 'X' as indicator_id, '1' as indicator_version,
        'record' as basis, 'active' as population_basis, date '2025-06-01' as reference_date,
        9 as practice_count,
        numerator_count / denominator_count as share {extra} from source"""
    )
    return connection


def protected(connection, table="pub_indicator_territory", tree=TREE):
    outcome = protect_table(connection, "pub", "safe", load_rules()[table], tree)
    return outcome, connection.execute("from safe").df().set_index("territory_code")


def test_a_small_numerator_takes_its_smallest_neighbour_along():
    rows = [
        ("departement", "06", 135, 300, 0),
        ("epci", "E1", 5, 40, 0),
        ("epci", "E2", 30, 60, 0),
        ("epci", "E3", 100, 200, 0),
    ]
    outcome, table = protected(rates(rows))
    assert table["numerator_count"].isna().to_dict() == {
        "06": False,
        "E1": True,
        "E2": True,
        "E3": False,
    }
    assert table["share"].isna().equals(table["numerator_count"].isna())
    assert table["is_suppressed"].to_dict() == table["numerator_count"].isna().to_dict()
    assert (outcome.rows, outcome.suppressed_rows) == (4, 2)


def test_zero_is_shown_and_a_small_complement_is_not():
    rows = [
        ("country", "FR", 500, 1000, 0),
        ("region", "93", 490, 500, 0),
        ("departement", "06", 0, 200, 0),
    ]
    _, table = protected(rates(rows))
    assert table["numerator_count"].isna().to_dict() == {"FR": False, "93": True, "06": False}


def test_a_people_not_met_that_follows_from_declined_is_hidden():
    _, table = protected(rates([("country", "FR", 500, 1000, 495), ("region", "93", 200, 450, 30)]))
    assert table["declined_count"].isna().to_dict() == {"FR": True, "93": False}
    assert table["numerator_count"].notna().all()


def test_territories_without_a_place_in_the_tree_are_withheld():
    rows = [
        ("country", "FR", 500, 1000, 0),
        ("epci", "EX", 200, 400, 0),
        ("epci", "unknown", 200, 400, 0),
        ("practice", "77", 200, 400, 0),
        ("epci", None, 200, 400, 0),
    ]
    outcome, table = protected(rates(rows))
    assert list(table.index) == ["FR"]
    assert outcome.withheld_rows == 4


def test_the_part_of_a_border_epci_in_a_department_counts_as_a_remainder():
    # E1–E3 cover the department but for the border EPCI's part: 4 people with the condition.
    rows = [
        ("departement", "06", 154, 400, 0),
        ("epci", "E1", 50, 100, 0),
        ("epci", "E2", 50, 100, 0),
        ("epci", "E3", 50, 100, 0),
    ]
    _, table = protected(rates(rows))
    assert table["numerator_count"].isna().sum() == 1 and table.loc["06", "numerator_count"] == 154


def test_a_count_that_only_follows_from_the_bounds_is_judged_too():
    extra = """, 200 as unknown_count, 0 as met_unobservable_count,
        denominator_count + case territory_code when 'FR' then 203 else 200 end as eligible_count,
        0.4 as share_low, 0.6 as share_high"""
    rows = [("country", "FR", 500, 1000, 0), ("region", "93", 200, 450, 0)]
    _, table = protected(rates(rows, extra))
    # Three eligible people declined unobserved in the country: the bounds would tell.
    assert table["share_low"].isna().to_dict() == {"FR": True, "93": False}
    assert table["share"].notna().all()


def test_three_people_known_by_claims_alone_are_not_told_by_the_two_bases():
    connection = rates([("country", "FR", 503, 1000, 0), ("region", "93", 230, 450, 0)])
    connection.execute("update pub set basis = 'linked'")
    connection.execute(
        """insert into pub select * replace ('record' as basis,
        numerator_count - case territory_code when 'FR' then 3 else 30 end as numerator_count)
        from pub"""
    )
    _, table = protected(connection)
    shown = table.set_index("basis", append=True)["share"].notna().to_dict()
    assert shown == {
        ("FR", "linked"): True,
        ("93", "linked"): True,
        ("FR", "record"): False,
        ("93", "record"): True,
    }


def test_a_territory_of_two_practices_is_hidden():
    connection = rates([("country", "FR", 500, 1000, 0), ("region", "93", 200, 450, 0)])
    connection.execute("update pub set practice_count = 2 where territory_code = '93'")
    _, table = protected(connection)
    assert table["share"].isna().to_dict() == {"FR": False, "93": True}


def test_a_column_without_rule_is_withheld_and_named():
    connection = rates([("country", "FR", 500, 1000, 0)], extra=", 3 as women_count")
    outcome, table = protected(connection)
    assert "women_count" not in table and outcome.withheld_columns == ("women_count",)


def test_counts_missing_from_the_table_leave_their_block_out():
    connection = rates([("country", "FR", 500, 1000, 0)])
    connection.execute("alter table pub drop column declined_count")
    outcome, table = protected(connection)
    assert set(outcome.shown_by_block) == {"rate"} and table.loc["FR", "numerator_count"] == 500


def test_a_dimension_without_rule_is_refused():
    connection = rates([("country", "FR", 500, 1000, 0)])
    connection.execute("insert into pub from pub")
    with pytest.raises(P4dpError, match="two rows"):
        protected(connection)


def test_a_missing_key_column_is_refused():
    connection = rates([("country", "FR", 500, 1000, 0)])
    connection.execute("alter table pub drop column basis")
    with pytest.raises(P4dpError, match="basis"):
        protected(connection)


def weeks(rows):
    """`rows`: (level, code, basis, syndrome, cases, practices, population)."""
    connection = duckdb.connect()
    connection.execute(
        """create table pub (territory_level varchar, territory_code varchar,
        place_basis varchar, syndrome_id varchar, case_count bigint, reporting_practices bigint,
        population bigint, week_start_date date default date '2025-06-02')"""
    )
    connection.executemany(
        """insert into pub (territory_level, territory_code, place_basis, syndrome_id,
        case_count, reporting_practices, population) values (?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )
    return connection


def test_two_practices_are_hidden_also_as_what_is_left_of_a_total():
    rows = [
        ("departement", "06", "practice", "ILI", 80, 10, 9000),
        ("epci", "E1", "practice", "ILI", 40, 4, 4000),
        ("epci", "E2", "practice", "ILI", 20, 2, 2000),
        ("epci", "E3", "practice", "ILI", 20, 4, 3000),
    ]
    _, table = protected(weeks(rows), "pub_weekly_syndrome")
    hidden = table["reporting_practices"].isna()
    assert hidden.to_dict() == {"06": False, "E1": False, "E2": True, "E3": True}
    assert table["case_count"].isna().equals(hidden)


def test_a_population_shown_for_two_syndromes_is_judged_once():
    # Each syndrome alone would hide only one EPCI and so, together, give E3's five patients.
    rows = []
    for syndrome, small in (("A", "E1"), ("B", "E2")):
        rows += [
            ("departement", "06", "residence", syndrome, 47, 9, 2005),
            ("epci", "E1", "residence", syndrome, 3 if small == "E1" else 44, 9, 1000),
            ("epci", "E2", "residence", syndrome, 3 if small == "E2" else 44, 9, 1000),
            ("epci", "E3", "residence", syndrome, 0, 9, 5),
        ]
    _, table = protected(weeks(rows), "pub_weekly_syndrome")
    shown = table.loc[table["population"].notna()].index
    assert "E3" not in shown and not {"E1", "E2"} <= set(shown)


def test_a_table_that_follows_shows_no_more_than_the_one_it_follows():
    connection = weeks(
        [
            ("country", "FR", "practice", "ILI", 80, 10, 9000),
            ("region", "93", "practice", "ILI", 4, 10, 9000),
        ]
    )
    rules = load_rules()
    protect_table(connection, "pub", "weekly", rules["pub_weekly_syndrome"], TREE)
    connection.execute(
        """create table alarm as select territory_level, territory_code, place_basis, syndrome_id,
        week_start_date, 'C2' as method, true as is_alarm, true as is_pre_alert, 12.5 as upper_bound
        from pub"""
    )
    rule = rules["pub_surveillance_alarm"]
    outcome = protect_table(connection, "alarm", "safe", rule, TREE, followed="weekly")
    table = connection.execute("from safe").df().set_index("territory_code")
    assert table["is_alarm"].isna().to_dict() == {"FR": False, "93": True}
    assert outcome.withheld_columns == ("upper_bound",)
    protect_table(connection, "alarm", "safe", rule, TREE, followed=None)
    assert connection.execute("select count(*) from safe").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("t: {slice: [a], territory: {level: l, code: c}}", "either blocks or follows"),
        ("t: {slice: [a]}", "cannot be read"),
        (
            "t: {slice: [a], territory: {level: l, code: c},"
            " blocks: {x: {parts: [n], hides: [n], within: y}}}",
            "does not come before",
        ),
        (
            "t: {slice: [a], territory: {level: l, code: c},"
            " follows: {table: u, block: x, hides: [n]}}",
            "not known",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(tmp_path, text, why):
    path = tmp_path / "rules.yml"
    path.write_text(text)
    with pytest.raises(P4dpError, match=why):
        load_rules(path)


def test_the_rules_of_the_project_can_be_read():
    assert {"pub_indicator_territory", "pub_weekly_syndrome"} <= set(load_rules(RULES_FILE))


def test_people_excluded_from_a_measure_are_not_told_by_the_measure_without_exclusions():
    """Three are excluded: population less eligible must not say so."""
    rows = [("departement", "06", 135, 300, 0)]
    connection = rates(rows)
    connection.execute("update pub set indicator_id = 'SCR-CRC-PART'")
    connection.execute(
        """insert into pub select * replace (
            'SCR-CRC-ELIG' as indicator_id, denominator_count - 3 as denominator_count)
        from pub"""
    )
    protect_table(connection, "pub", "safe", load_rules()["pub_indicator_territory"], TREE)
    assert connection.execute(
        "select indicator_id from safe where share is not null"
    ).fetchall() == [("SCR-CRC-PART",)]
    connection.execute("update pub set denominator_count = 280 where indicator_id = 'SCR-CRC-ELIG'")
    protect_table(connection, "pub", "safe", load_rules()["pub_indicator_territory"], TREE)
    assert connection.execute("select count(share) from safe").fetchall() == [(2,)]


def test_totals_may_be_nested_where_the_parts_count_different_things():
    connection = rates([("departement", "06", 135, 300, 0)])
    connection.execute("update pub set indicator_id = 'CV-BP-MEAS'")
    connection.execute(
        """insert into pub select * replace (
            'CV-BP' as indicator_id, 132 as numerator_count, 280 as denominator_count)
        from pub"""
    )
    protect_table(connection, "pub", "safe", load_rules()["pub_indicator_territory"], TREE)
    assert connection.execute("select count(share) from safe").fetchall() == [(2,)]
    connection.execute("update pub set denominator_count = 296 where indicator_id = 'CV-BP'")
    protect_table(connection, "pub", "safe", load_rules()["pub_indicator_territory"], TREE)
    assert connection.execute("select count(share) from safe").fetchall() == [(1,)]
