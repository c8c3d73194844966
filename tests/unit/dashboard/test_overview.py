"""The page of a release says what the open file says, hidden cells included, and calls nobody."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from p4dp.dashboard import write_overview
from p4dp.errors import P4dpError
from p4dp.settings import Home

RELEASE = "20260101T000000Z-0000abcd"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose current release holds one indicator (a region shown, one hidden) and one
    weekly series."""
    home = Home(tmp_path / "home")
    folder = home.releases / RELEASE
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(
        json.dumps({"format": "p4dp-release/1", "release_id": RELEASE, "as_of": "2025-12-31"})
    )
    with duckdb.connect(str(folder / "aggregates.duckdb")) as connection:
        connection.execute("create schema published")
        connection.execute(
            """create table published.pub_indicator_territory as
            select 'region' as territory_level, code as territory_code, name as territory_name,
                'SCR-CRC-COV' as indicator_id, '1' as indicator_version,
                'Couverture' as title_fr, 'Coverage' as title_en, 'coverage' as population_label,
                'linked' as basis, 'resident' as population_basis,
                date '2025-12-31' as reference_date, denominator as denominator_count,
                numerator as numerator_count, numerator / denominator as share,
                0.3 as share_low, 0.6 as share_high, 0.4 as ci_low, 0.5 as ci_high,
                false as is_provisional, numerator is null as is_suppressed
            from (values ('93', 'Provence', 2000, 846), ('28', 'Normandie', null, null))
                as t (code, name, denominator, numerator)"""
        )
        connection.execute(
            """create table published.pub_link_effect as
            select 'SCR-CRC-COV' as indicator_id, '1' as indicator_version,
                0.004 as link_error_down, 0.013 as link_error_up,
                0.0002 as expected_false_link_share"""
        )
        connection.execute(
            """create table published.pub_weekly_syndrome as
            select 'country' as territory_level, 'FR' as territory_code,
                'practice' as place_basis, date '2025-12-01' + (7 * i)::int as week_start_date,
                'influenza_like_illness' as syndrome_id, 'Syndrome grippal' as title_fr,
                'Influenza-like illness' as title_en, 100.0 + i as incidence_per_100k,
                90.0 as ci_low, 120.0 as ci_high, i < 3 as is_consolidated,
                false as is_alarm, false as is_suppressed
            from range(4) as t (i)"""
        )
    home.current_release.symlink_to(RELEASE)
    return home


def test_shown_figures_are_shown_and_hidden_ones_named_hidden(home: Home, tmp_path: Path) -> None:
    page = write_overview(home, tmp_path / "out" / "page.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)
    provence = next(row for row in rows if "Provence" in row)
    assert "42,3 %" in provence and "846" in provence and "30,0 % – 60,0 %" in provence
    normandie = next(row for row in rows if "Normandie" in row)
    assert "secret statistique / hidden" in normandie and "%" not in normandie
    assert "Syndrome grippal" in page and "Influenza-like illness" in page


def test_what_linkage_could_do_to_a_figure_stands_beside_it(home: Home, tmp_path: Path) -> None:
    page = write_overview(home, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "au pire −0,4 / +1,3 point" in page and "0,02 %" in page


def test_a_release_from_before_linkage_was_weighed_has_a_page(home: Home, tmp_path: Path) -> None:
    with duckdb.connect(str(home.releases / RELEASE / "aggregates.duckdb")) as connection:
        connection.execute("drop table published.pub_link_effect")
    page = write_overview(home, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Couverture" in page and "appariement (France" not in page


def test_the_page_loads_nothing_from_elsewhere(home: Home, tmp_path: Path) -> None:
    page = write_overview(home, tmp_path / "page.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=", page)


def test_without_a_release_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(P4dpError) as refusal:
        write_overview(Home(tmp_path / "empty"), tmp_path / "page.html")
    assert "p4dp run" in str(refusal.value)
    assert not (tmp_path / "page.html").exists()


@pytest.mark.browser
def test_the_page_draws_its_figures_in_a_browser(home: Home, tmp_path: Path) -> None:
    chromium = os.environ.get("P4DP_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium), or P4DP_CHROMIUM")
    from playwright.sync_api import sync_playwright

    page_file = write_overview(home, tmp_path / "page.html")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(page_file.as_uri())
        page.wait_for_selector(".scatterlayer .point")
        figures = page.locator(".js-plotly-plot")
        assert figures.count() == 2
        page.locator("summary").first.click()
        assert page.locator("text=secret statistique").is_visible()
        assert not faults
        browser.close()
