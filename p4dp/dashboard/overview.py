"""The released aggregates as one self-contained page, French first, English beside it.

The page reads the open file of a release (`aggregates.duckdb`) and nothing else, so it can say
nothing a release does not already say. Hidden cells are shown as hidden, provisional figures
as provisional, and every rate with the bounds its unknown people leave.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from html import escape
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, select_autoescape

from p4dp.release import open_release, read_manifest
from p4dp.settings import Home

LEVELS = {
    "country": "France",
    "region": "Région / Region",
    "departement": "Département",
    "epci": "Intercommunalité / EPCI",
}
BASES = {"record": "dossier / record", "linked": "dossier et SNDS / linked"}
_INK, _ACCENT, _RANGE, _PROVISIONAL = "#22313f", "#2e6f95", "#b8cfdc", "#c97b2c"


def write_overview(home: Home, out: Path, release_id: str | None = None) -> Path:
    """Write the page of a release (default: the current one) to `out`; returns `out`.

    Raises P4dpError when there is no such release.
    """
    manifest = read_manifest(home, release_id)
    with open_release(home, manifest["release_id"], aggregates_only=True) as connection:
        page = _render(connection, manifest)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out


def _render(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> str:
    environment = Environment(
        loader=PackageLoader("p4dp.dashboard", "templates"), autoescape=select_autoescape()
    )
    figures = _embedded()
    effects = _link_effects(connection)
    return environment.get_template("overview.html").render(
        manifest=manifest,
        indicators=[
            {
                "title_fr": group["title_fr"].iloc[0],
                "title_en": group["title_en"].iloc[0],
                "id": indicator,
                "population_label": group["population_label"].iloc[0],
                "table": _rate_rows(group),
                "figure": figures(_rate_figure(group)) if group["share"].notna().any() else "",
                "link_effect": effects.get(str(indicator)),
            }
            for indicator, group in _rates(connection).groupby("indicator_id", sort=True)
        ],
        syndromes=[
            {
                "title_fr": group["title_fr"].iloc[0],
                "title_en": group["title_en"].iloc[0],
                "figure": figures(_weekly_figure(group)),
                "hidden": int(group["is_suppressed"].sum()),
                "weeks": len(group),
            }
            for _, group in _weeks(connection).groupby("syndrome_id", sort=True)
        ],
    )


def _rates(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Rates at the release's own date, residents where published, active patients otherwise."""
    return connection.execute(
        """
        with latest as (
            select *,
                max(reference_date) over (partition by indicator_id) as last_date,
                case population_basis
                    when 'resident' then 1 when 'panel' then 2 when 'active' then 3 else 4
                end as population_order
            from published.pub_indicator_territory
            where territory_level in ('country', 'region', 'departement', 'epci')
        )
        select *
        from latest
        where reference_date = last_date
        qualify population_order = min(population_order) over (partition by indicator_id, basis)
        order by indicator_id, basis, territory_level, territory_code
        """
    ).df()


def _link_effects(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """How far errors of linkage could move the country's linked figure, by indicator."""
    try:
        rows = connection.execute(
            """
            select indicator_id, link_error_down, link_error_up, expected_false_link_share
            from published.pub_link_effect
            where link_error_down is not null and link_error_up is not null
            qualify
                row_number() over (partition by indicator_id order by indicator_version desc) = 1
            """
        ).fetchall()
    except duckdb.CatalogException:  # a release from before linkage was weighed
        return {}
    return {
        indicator: {
            "down": _points(down),
            "up": _points(up),
            "false_links": f"{100 * false:.2f} %".replace(".", ","),
        }
        for indicator, down, up, false in rows
    }


def _weeks(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.execute(
        """
        select *
        from published.pub_weekly_syndrome
        where territory_level = 'country' and place_basis = 'practice'
        order by syndrome_id, week_start_date
        """
    ).df()


def _rate_rows(group: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    order = {level: place for place, level in enumerate(LEVELS)}
    ordered = group.assign(_order=group["territory_level"].map(order)).sort_values(
        ["basis", "_order", "territory_code"], ascending=[False, True, True]
    )
    for row in ordered.to_dict("records"):
        name = row["territory_name"]
        rows.append(
            {
                "level": LEVELS[row["territory_level"]],
                "name": row["territory_code"] if pd.isna(name) else name,
                "basis": BASES[row["basis"]],
                "population": row["population_basis"],
                "hidden": bool(row["is_suppressed"]),
                "provisional": bool(row["is_provisional"]),
                "numerator": _number(row["numerator_count"]),
                "denominator": _number(row["denominator_count"]),
                "share": _percent(row["share"]),
                "bounds": f"{_percent(row['share_low'])} – {_percent(row['share_high'])}",
            }
        )
    return rows


def _rate_figure(group: pd.DataFrame) -> go.Figure:
    shown = group[group["share"].notna() & (group["basis"] == "linked")]
    if shown.empty:
        shown = group[group["share"].notna()]
    # Drawn from the bottom up: the country on top, then its parts from large to small.
    order = {level: -place for place, level in enumerate(LEVELS)}
    shown = shown.assign(_order=shown["territory_level"].map(order))
    shown = shown.sort_values(["_order", "share", "territory_code"])
    names = [_place(row) for row in shown.to_dict("records")]
    figure = go.Figure()
    bounds = 100 * shown[["share_low", "share_high"]].to_numpy(dtype=float)
    for (low, high), name in zip(bounds, names, strict=True):
        if low <= high:
            figure.add_scatter(
                x=[low, high],
                y=[name, name],
                mode="lines",
                line={"color": _RANGE, "width": 9},
                hoverinfo="skip",
                showlegend=False,
            )
    figure.add_scatter(
        x=100 * shown["share"],
        y=names,
        mode="markers",
        marker={"color": _ACCENT, "size": 9},
        error_x={
            "array": (100 * (shown["ci_high"] - shown["share"])).fillna(0),
            "arrayminus": (100 * (shown["share"] - shown["ci_low"])).fillna(0),
            "color": _INK,
            "thickness": 1,
        },
        hovertemplate="%{y} : %{x:.1f} %<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(
        height=110 + 24 * max(1, len(names)),
        xaxis={"title": "%", "rangemode": "tozero"},
        yaxis={"categoryorder": "array", "categoryarray": names},
    )
    return _plain(figure)


def _place(row: Mapping[Hashable, Any]) -> str:
    """The name a reader knows a territory by."""
    if row["territory_level"] == "country":
        return "France"
    name = row["territory_name"]
    if pd.isna(name):
        kind = {"region": "Région", "departement": "Département"}.get(row["territory_level"], "")
        return f"{kind} {row['territory_code']}".strip()
    return str(name)


def _weekly_figure(group: pd.DataFrame) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=pd.concat([group["week_start_date"], group["week_start_date"][::-1]]),
        y=pd.concat([group["ci_high"], group["ci_low"][::-1]]),
        fill="toself",
        mode="none",
        fillcolor=_RANGE,
        hoverinfo="skip",
        showlegend=False,
    )
    for is_consolidated, name, colour in (
        (True, "consolidé / consolidated", _ACCENT),
        (False, "provisoire / provisional", _PROVISIONAL),
    ):
        part = group["incidence_per_100k"].where(group["is_consolidated"] == is_consolidated)
        figure.add_scatter(
            x=group["week_start_date"],
            y=part,
            name=name,
            line={"color": colour},
            hovertemplate="%{x|%d/%m/%Y} : %{y:.0f}<extra></extra>",
        )
    alarms = group[group["is_alarm"].fillna(False).astype(bool)]
    figure.add_scatter(
        x=alarms["week_start_date"],
        y=alarms["incidence_per_100k"],
        mode="markers",
        name="alarme / alarm",
        marker={"color": "#b03a2e", "size": 9, "symbol": "triangle-up"},
    )
    figure.update_layout(
        height=340, yaxis={"title": "pour 100 000 patients actifs", "rangemode": "tozero"}
    )
    return _plain(figure)


def _plain(figure: go.Figure) -> go.Figure:
    figure.update_layout(
        template="plotly_white",
        font={"color": _INK, "family": "system-ui, sans-serif"},
        margin={"l": 10, "r": 10, "t": 10, "b": 40},
        legend={"orientation": "h", "y": 1.1},
    )
    figure.update_yaxes(automargin=True)
    return figure


def _embedded() -> Callable[[go.Figure], str]:
    """Figures as HTML; the first carries the plotting library, so the page needs no network."""
    carried = False

    def embed(figure: go.Figure) -> str:
        nonlocal carried
        html: str = figure.to_html(
            full_html=False, include_plotlyjs=not carried, config={"displayModeBar": False}
        )
        carried = True
        return html

    return embed


def _number(value: Any) -> str:
    return "" if pd.isna(value) else escape(f"{int(value):,}".replace(",", " "))


def _points(value: float) -> str:
    return f"{100 * value:.1f}".replace(".", ",")


def _percent(value: Any) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.1f} %".replace(".", ",")
