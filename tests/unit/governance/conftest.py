"""A home with one release and accounts of each role."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from p4dp.governance import Trail, grant
from p4dp.release import publish
from p4dp.settings import Home

KEY = b"\x07" * 32
FAR = date(2999, 12, 31)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.warehouse.parent.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as c:
        c.execute("create schema linked; create schema indicators; create schema published")
        c.execute("create table linked.dim_patient as select range as person_key from range(50)")
        c.execute(
            """create table linked.dim_territory as select '06001' as commune_code,
            '2000' as epci_code, '06' as departement_code, '93' as region_code"""
        )
        c.execute(
            """create table indicators.fct_weekly_syndrome as
            select * from (values ('practice', '77', 3), ('departement', '06', 40))
            as t(territory_level, territory_code, case_count)"""
        )
        c.execute(
            """create table published.pub_weekly_syndrome as
            select 'country' as territory_level, 'FR' as territory_code,
                'practice' as place_basis, date '2025-06-02' as week_start_date,
                'ILI' as syndrome_id, 40::bigint as case_count, 12::bigint as reporting_practices,
                100000::bigint as population"""
        )
    publish(home.warehouse, home, as_of="2025-06-30", inputs={}, code_version="test")
    for user, role in (("ana", "analyst"), ("epi", "epidemiologist"), ("pub", "public")):
        grant(home, user, role, FAR, granted_by="test")
    grant(home, "old", "analyst", date(2020, 1, 1), granted_by="test")
    return home


@pytest.fixture
def trail(home: Home) -> Trail:
    return Trail(home, KEY)
