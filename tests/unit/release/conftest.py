"""A small warehouse as a finished run leaves it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from p4dp.settings import Home


def build(path: Path, patients: int = 300, extra: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as c:
        for schema in ("staging", "linked", "indicators", "published", "vocabulary", "ledger"):
            c.execute(f"create schema {schema}")
        c.execute("create table staging.stg_run as select date '2025-06-30' as as_of_date")
        c.execute("create table ledger.processed_delivery as select now() as processed_at")
        c.execute(
            f"""create table linked.dim_patient as
            select
                range as person_key, 1950 + range % 50 as birth_year,
                printf('l2-abcd-%032x', range) as patient_pseudo, range / 10 as weight_share
            from range({patients})"""
        )
        c.execute("create table linked.int_linked__due_patient as select 1 as x")
        c.execute(
            """create table linked.dim_territory as
            select
                printf('0600%d', range) as commune_code, printf('2000%d', range // 2) as epci_code,
                case when range < 4 then '06' else '13' end as departement_code,
                '93' as region_code
            from range(6)"""
        )
        # A view that names its own database, as dbt writes them.
        c.execute(
            f"""create view indicators.fct_born as
            select birth_year, count(*) as n
            from {path.stem}.linked.dim_patient group by birth_year"""
        )
        c.execute("create table vocabulary.code_list as select 'R80' as code")
        c.execute(
            """create table published.pub_weekly_syndrome as
            select
                t.territory_level, t.territory_code, 'practice' as place_basis,
                date '2025-06-02' as week_start_date, 'ILI' as syndrome_id,
                t.cases::bigint as case_count, t.practices::bigint as reporting_practices,
                t.population::bigint as population, t.cases * 1e5 / t.population
                    as incidence_per_100k, true as is_consolidated
            from (values
                ('country', 'FR', 64, 22, 100000), ('region', '93', 64, 22, 100000),
                ('departement', '06', 34, 12, 60000), ('departement', '13', 30, 10, 40000),
                ('epci', '20000', 30, 8, 50000), ('epci', '20001', 4, 4, 10000),
                ('epci', '20002', 30, 10, 40000), ('practice', '77', 9, 1, 2000)
            ) as t(territory_level, territory_code, cases, practices, population)"""
        )
        c.execute("create table published.pub_unknown as select 3 as small_count")
        if extra:
            c.execute(extra)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def warehouse(home: Home) -> Callable[..., Path]:
    """`warehouse(patients=…, extra="sql")` builds the warehouse of `home` anew."""
    return lambda patients=300, extra="": build(home.warehouse, patients, extra)
