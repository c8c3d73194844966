"""docs/claims.md tells the truth: the fixture it shows makes the facts it says."""

from __future__ import annotations

from datetime import date

import pytest

from p4dp.settings import PROJECT_ROOT

from .claim_story import DELIVERIES, page
from .landing import Warehouse


def test_the_page_shows_the_fixture() -> None:
    text = (PROJECT_ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert page() in text


@pytest.mark.slow
def test_the_worked_patient_comes_out_as_told(warehouse: Warehouse) -> None:
    warehouse.deliver(*DELIVERIES)
    warehouse.build()
    assert warehouse.rows(
        "select encounter_date, encounter_type, is_gp, exemption_code, pathway_code"
        " from linked.fct_encounter"
    ) == [(date(2024, 6, 3), "consultation", True, 42, 1)]
    assert warehouse.rows(
        "select dispensing_date, dispensing_code, dispensing_system, atc_code, quantity"
        " from linked.fct_dispensing order by all"
    ) == [
        (date(2024, 6, 3), "3400930060704", "CIP13", "A02BC01", 2),
        (date(2024, 6, 20), "9439795", "UCD", "J05AR20", 30),
    ]
    assert warehouse.rows(
        "select procedure_date, procedure_code, procedure_system, setting"
        " from linked.fct_procedure order by all"
    ) == [
        (date(2024, 6, 5), "1577", "NABM", "dcir"),
        (date(2024, 6, 12), "QEQK001", "CCAM", "pmsi_ace"),
    ]
    assert warehouse.rows(
        "select ald_number, start_date, end_date from linked.fct_long_term_illness"
    ) == [(8, date(2019, 2, 1), None)]
    assert warehouse.rows(
        "select outcome, sum(row_count)::int from linked.fct_claim_funnel"
        " where table_name = 'ER_PRS_F' and fact_name = 'fct_encounter' group by all order by all"
    ) == [("cancelled", 2), ("for_information", 1), ("kept", 1), ("other_nature", 4)]


@pytest.mark.slow
def test_rows_in_are_rows_kept_and_rows_removed(warehouse: Warehouse) -> None:
    warehouse.deliver(*DELIVERIES)
    warehouse.build()
    for table in (
        "ER_PRS_F", "ER_CAM_F", "ER_BIO_F", "ER_PHA_F", "ER_UCD_F", "IR_IMB_R", "T_MCOaaFMSTC",
    ):  # fmt: skip
        followed = warehouse.rows(
            f"select delivery_id, fact_name, sum(row_count)::int from linked.fct_claim_funnel"
            f" where table_name = '{table}' group by all order by all"
        )
        landed = dict(
            warehouse.rows(f"select delivery_id, count(*)::int from snds.{table} group by all")
        )
        assert followed
        assert all(count == landed[delivery] for delivery, _, count in followed)
        assert {delivery for delivery, _, _ in followed} == set(landed)
