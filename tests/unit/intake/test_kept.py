"""A full delivery replaces everything, but what it could not say of a record stays as it was."""

from __future__ import annotations

import json

import duckdb
import pytest

from p4dp.contracts import model
from p4dp.intake import replay_quarantine


def acts(gate) -> list[tuple]:
    """Landed acts as the warehouse reads them: latest versions, of current deliveries."""
    folder, delivery = (gate.home.landing / n for n in ("medirel/acte", "p4dp/delivery"))
    return duckdb.sql(
        f"""
        with deliveries as (
            select *, delivery_sequence >= max(
                case when delivery_kind = 'full' then delivery_sequence end) over () as is_current
            from read_parquet('{delivery}/*/*.parquet')
        )
        select num_acte, code_ccam
        from read_parquet('{folder}/*/*.parquet', hive_partitioning=false)
        join deliveries using (delivery_id) where is_current
        qualify row_number() over (
            partition by num_acte order by deliveries.delivery_sequence desc, delivery_row desc) = 1
        order by all
        """
    ).fetchall()


@pytest.fixture
def two_fulls(sample, damage):
    """A full delivery, and a later one in which a record is gone, one changed, one spoiled."""

    def change(rows):
        column = rows[0].index("code_ccam")
        rows[1][column], rows[3][column] = "AAAA001", "AAAA003"
        rows[3][rows[0].index("patient_pseudo")] = "somebody"
        del rows[2]

    first, second = sample("medirel", sequence=1), sample("medirel", sequence=2)
    damage(second).edit_csv("acte.csv", change)
    return first, second


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "late"])
def test_a_record_set_aside_keeps_its_earlier_content(gate, two_fulls, order):
    for position in order:
        gate.receive(two_fulls[position])
    found = dict(acts(gate))
    assert found["ACT00000"] == "AAAA001", "a changed record is the later one"
    assert "ACT00001" not in found, "a record that is gone is gone"
    assert found["ACT00002"] == "DEQP003", "a record set aside stays as it was"
    assert len(found) == 19


def test_the_landing_is_the_same_in_any_order_of_arrival(gate, two_fulls, tmp_path):
    from p4dp.intake import receive
    from p4dp.settings import Home

    other = Home(tmp_path / "other")
    gate.receive(*two_fulls)
    for delivery in reversed(two_fulls):
        receive([delivery], other, gate.keys, copy=True)

    def landed(home) -> dict[str, list]:
        return {
            str(path.relative_to(home.landing)): duckdb.sql(
                f"from '{path}' order by all"
            ).fetchall()
            for path in sorted(home.landing.glob("[!.]*/*/*/*.parquet"))
        }

    assert landed(gate.home) == landed(other)


def test_the_ledger_balances_with_what_was_kept(gate, two_fulls):
    gate.receive(*two_fulls)
    landed = duckdb.sql(
        f"select delivery_id, accepted_row_count,"
        " received_row_count = accepted_row_count + quarantined_row_count + duplicate_row_count"
        f" from read_parquet('{gate.home.landing}/p4dp/delivery/*/*.parquet') order by 1"
    ).fetchall()
    kept = [row for row in landed if ".kept-" in row[0]]
    assert [count for _, count, _ in kept] == [1]
    assert all(balances for *_, balances in landed)


def test_the_corrected_row_takes_the_place_of_what_was_kept(gate, two_fulls, monkeypatch):
    first, second = two_fulls
    gate.receive(first, second)
    full = second.name
    # The fix on this side: the rule that set the row aside is lifted.
    monkeypatch.setattr(
        "p4dp.intake.check.LEVEL1_PATTERN", r"^(l1-[0-9a-f]{4}-[0-9a-f]{32}|somebody)$"
    )
    report = replay_quarantine(gate.home, gate.keys, full)
    assert report.accepted_row_count == 1
    assert dict(acts(gate))["ACT00002"] == "AAAA003"


def test_a_kept_resource_keeps_its_codings(gate, sample, damage):
    first, second = sample("fhirmed", sequence=1), sample("fhirmed", sequence=2)
    path = second / "Condition.ndjson"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    del lines[4]["subject"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    damage(second).seal("Condition.ndjson")
    gate.receive(first, second)
    resource = lines[4]["id"]
    kept = f"{second.name}.kept-{first.name.split('-', 2)[-1]}"
    codings = duckdb.sql(
        f"select resource_type, resource_id, element from"
        f" read_parquet('{gate.home.landing}/fhirmed/coding/*/*.parquet', hive_partitioning=false)"
        f" where delivery_id = '{kept}'"
    ).fetchall()
    assert {(kind, found) for kind, found, _ in codings} == {("Condition", resource)}
    assert {element for *_, element in codings} >= {"code"}


def test_changes_that_set_rows_aside_need_nothing_kept(gate, sample, damage):
    first, second = sample("medirel", sequence=1), sample("medirel", sequence=2, kind="changes")
    damage(second).edit_csv("acte.csv", lambda rows: rows[3].__setitem__(1, "somebody"))
    gate.receive(first, second)
    names = [p.name for p in (gate.home.landing / "p4dp" / "delivery").iterdir()]
    assert not [name for name in names if ".kept-" in name]
    assert model.current_contract("medirel").table("acte").key == ("num_acte",)
