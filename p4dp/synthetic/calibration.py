"""Does the world look like France? Its figures beside published ones, figure by figure.

Every figure is one query over the truth and the delivered claims of a generated world. A
figure is *inside* when it lies in the published range; where only a point was published, the
range is that point plus or minus 10 % (and this is said on the page).
"""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from p4dp.errors import P4dpError
from p4dp.synthetic.catalogue import medicines
from p4dp.synthetic.claims import KEY9
from p4dp.synthetic.world import load_world, reference_rows

POINT_TOLERANCE = 0.10


@dataclass(frozen=True)
class Figure:
    """A published figure and the world's own, in the same unit."""

    figure: str
    label: str
    population: str
    unit: str
    period: str
    source: str
    published: float
    low: float
    high: float
    is_point: bool
    """Only a point was published: `low` and `high` are the tolerance."""
    world: float
    world_low: float
    world_high: float
    """95 % interval of the world's own figure (its people are a sample)."""
    count: int
    """People, tests or person-weeks the world's figure rests on."""

    @property
    def is_inside(self) -> bool:
        """The world's figure lies in the published range."""
        return self.low <= self.world <= self.high

    @property
    def is_compatible(self) -> bool:
        """Outside, but its 95 % interval reaches the range: too few people to tell."""
        return not self.is_inside and self.world_low <= self.high and self.world_high >= self.low


# three dispensings in a year, or two where one is of three months (Cnam's rule for diabetes)
_CONTINUOUS = "count(distinct day) >= case when bool_or(is_large) then 2 else 3 end"

_PEOPLE = """
create view grown as
select person.*,
    date_diff('month', date_trunc('month', birth_date), date_trunc('month', as_of)) // 12 as age
from person, run
where (death_date is null or death_date > as_of) and birth_date <= as_of
"""

_CLAIMS = """
create view owner as
select patient_pseudo, beneficiary_rank, any_value(person_id) as person_id
from source_identity where source = 'snds' group by all;
create view drug as
select o.person_id, p.EXE_SOI_DTD as day, p.FLX_TRT_DTD as process_day, m.atc_code,
    bool_or(m.is_large) as is_large, sum(a.PHA_ACT_QSN) as boxes
from er_prs_f as p
join er_pha_f as a using ({keys})
join medicine as m on m.cip13 = a.PHA_PRS_C13
join owner as o on o.patient_pseudo = p.BEN_NIR_PSA and o.beneficiary_rank = p.BEN_RNG_GEM
group by all;
create view act as
select o.person_id, p.EXE_SOI_DTD as day, b.BIO_PRS_IDE as nabm, sum(b.BIO_ACT_QSN) as quantity
from er_prs_f as p
join er_bio_f as b using ({keys})
join owner as o on o.patient_pseudo = p.BEN_NIR_PSA and o.beneficiary_rank = p.BEN_RNG_GEM
group by all having sum(b.BIO_ACT_QSN) > 0;
create table diabetic as
select d.person_id from drug as d, run
where atc_code like 'A10%' and boxes > 0 and day > as_of - interval 12 month
group by 1 having {continuous};
"""


def _share(numerator: str, source: str, where: str = "true") -> str:
    return f"""select count(*) filter ({numerator}) * 100.0 / nullif(count(*), 0), count(*), 1
        from {source}, run where {where}"""


def _recent_test(measure: str, months: int) -> str:
    return f"""exists (from test t where t.person_id = grown.person_id and measure = '{measure}'
        and t.date > as_of - interval {months} month and t.date <= as_of)"""


def _recent_act(codes: str, months: int) -> str:
    return f"""exists (from procedure t where t.person_id = grown.person_id
        and procedure in ({codes}) and t.date > as_of - interval {months} month
        and t.date <= as_of)"""


def _season(condition: str) -> str:
    return f"""exists (from vaccination v where v.person_id = grown.person_id and {condition}
        and v.date >= season_start and v.date <= season_start + interval 7 month)"""


def _known(names: str) -> str:
    return f"""exists (from condition c where c.person_id = grown.person_id
        and c.condition in ({names}) and c.onset_date <= as_of and c.is_known)"""


def _weekly(reason: str, where: str, how: str = "avg") -> str:
    return f"""
        with weeks as (
            select unnest(generate_series(period_start, as_of, interval 7 day))::date as week
            from run
        ), cases as (
            select w.week, count(v.person_id) as cases
            from weeks w left join visit v on v.visit_date >= w.week
                and v.visit_date < w.week + interval 7 day and v.reason = '{reason}'
            group by 1
        )
        select {how}(cases) * 100000.0 / (select count(*) from grown), sum(cases)::bigint, 0
        from cases where {where}"""


_FIT = _recent_test("fit", 24)
_SCOPES = "'HHQE002', 'HHQE005', 'HHFE002', 'HHQE004'"
_HYPERTENSIVE = """exists (from condition c where c.person_id = grown.person_id
    and c.condition = 'hypertension' and c.onset_date <= as_of)"""
_TREATED = """exists (from treatment t where t.person_id = grown.person_id
    and t.condition = 'hypertension' and t.start_date <= as_of
    and coalesce(t.end_date > as_of, true))"""
_RISK = "'diabetes_2', 'diabetes_1', 'copd', 'heart_failure', 'ischaemic_heart_disease', 'ckd'"
_BREAST = _recent_act("'QEQK004'", 24)
_FLU = _season("v.vaccine = 'influenza'")
_CERVIX = f"({_recent_test('cytology', 36)} or {_recent_test('hpv', 36)})"


def _diabetic_acts(codes: str, at_least: int) -> str:
    return f"""
        select count(*) filter (where n >= {at_least}) * 100.0 / nullif(count(*), 0), count(*), 1
        from (
            select d.person_id, (select count(distinct a.day) from act a, run
                where a.person_id = d.person_id and a.nabm in ({codes})
                    and a.day > as_of - interval 12 month) as n
            from diabetic d
        )"""


_QUERIES: dict[str, str] = {
    "fit_participation": _share(f"where {_FIT}", "grown", "age between 50 and 74"),
    "fit_participation_men": _share(
        f"where {_FIT}", "grown", "age between 50 and 74 and sex = 'M'"
    ),
    "fit_participation_women": _share(
        f"where {_FIT}", "grown", "age between 50 and 74 and sex = 'F'"
    ),
    "fit_positive": _share("where value >= 150", "test", "measure = 'fit'"),
    "crc_coverage": _share(
        f"where {_FIT} or {_recent_act(_SCOPES, 60)}", "grown", "age between 50 and 74"
    ),
    "breast_organised": _share(
        f"where {_BREAST}",
        "grown",
        "age between 50 and 74 and sex = 'F'",
    ),
    "cervix_coverage": _share(f"where {_CERVIX}", "grown", "age between 25 and 65 and sex = 'F'"),
    "cervix_hpv_share": _share("where measure = 'hpv'", "test", "measure in ('hpv', 'cytology')"),
    "diabetes_treated": """select (select count(*) from diabetic) * 100.0 / count(*), count(*), 1
        from grown where is_in_claims""",
    "diabetes_hba1c_3": _diabetic_acts("1577", 3),
    "diabetes_creatinine": _diabetic_acts("592, 593", 1),
    "diabetes_albuminuria": _diabetic_acts("1133", 1),
    "diabetes_lipids": _diabetic_acts("996", 1),
    "hypertension": _share(f"where {_HYPERTENSIVE}", "grown", "age between 18 and 74"),
    "hypertension_men": _share(
        f"where {_HYPERTENSIVE}", "grown", "age between 18 and 74 and sex = 'M'"
    ),
    "hypertension_women": _share(
        f"where {_HYPERTENSIVE}", "grown", "age between 18 and 74 and sex = 'F'"
    ),
    "hypertension_treated": _share(
        f"where {_TREATED}", "grown", f"age between 18 and 74 and {_HYPERTENSIVE}"
    ),
    "no_declared_gp": _share(
        "where declared_from_date is null or declared_from_date > as_of", "grown", "age >= 17"
    ),
    "no_declared_gp_ald": _share(
        "where declared_from_date is null or declared_from_date > as_of",
        "grown",
        """age >= 17 and exists (from long_term_illness l where l.person_id = grown.person_id
            and l.start_date <= as_of and (l.end_date is null or l.end_date > as_of))""",
    ),
    "ili_peak": _weekly("influenza_like_illness", "true", "max"),
    "diarrhoea_winter": _weekly("acute_diarrhoea", "month(week) in (1, 2)", "max"),
    "diarrhoea_summer": _weekly("acute_diarrhoea", "month(week) = 6"),
    "ari_june": _weekly("acute_respiratory_infection", "month(week) = 6"),
    "ari_october": _weekly("acute_respiratory_infection", "month(week) = 10 and day(week) >= 18"),
    "chickenpox_march": _weekly("chickenpox", "month(week) = 3"),
    "lyme_year": """select count(*) * 100000.0 / (select count(*) from grown)
        / ((select date_diff('day', period_start, as_of) from run) / 365.25), count(*), 0
        from visit where reason = 'lyme_borreliosis'""",
    "influenza_vaccine_65": _share(
        f"where {_FLU}",
        "grown",
        "age >= 65",
    ),
    "influenza_vaccine_65_74": _share(
        f"where {_FLU}",
        "grown",
        "age between 65 and 74",
    ),
    "influenza_vaccine_75": _share(
        f"where {_FLU}",
        "grown",
        "age >= 75",
    ),
    "influenza_vaccine_risk": _share(
        f"where {_FLU}",
        "grown",
        f"age between 18 and 64 and {_known(_RISK)}",
    ),
    "hpv_15": _share(
        """where exists (from vaccination v where v.person_id = grown.person_id
            and v.vaccine = 'hpv' and v.date <= as_of)""",
        "grown",
        "age = 15 and sex = 'F'",
    ),
    "mmr_first": _share(
        """where exists (from vaccination v where v.person_id = grown.person_id
            and v.vaccine = 'mmr')""",
        "grown",
        "birth_date between as_of - interval 33 month and as_of - interval 20 month",
    ),
    "pneumococcus_65": _share(
        """where exists (from vaccination v where v.person_id = grown.person_id
            and v.vaccine = 'pneumococcus')""",
        "grown",
        f"age >= 65 and {_known(_RISK)}",
    ),
    "benzodiazepine_65": _share(
        """where exists (from drug d where d.person_id = grown.person_id
            and (d.atc_code like 'N05BA%' or d.atc_code like 'N05CF%') and d.boxes > 0
            and d.day > as_of - interval 12 month)""",
        "grown",
        "age >= 65 and is_in_claims",
    ),
    "polypharmacy_75": """
        with continuous as (
            select person_id, atc_code from drug, run
            where day > as_of - interval 12 month and boxes > 0
            group by 1, 2 having {continuous}
        ), per_person as (
            select g.person_id, count(c.atc_code) as drugs
            from grown g left join continuous c using (person_id)
            where g.age >= 75 and g.is_in_claims group by 1
        )
        select count(*) filter (where drugs >= 10) * 100.0 / nullif(count(*), 0), count(*), 1
        from per_person""",
    "claims_complete_6m": """
        select count(*) filter (where process_day <= day + interval 6 month) * 100.0 / count(*),
            count(*), 1
        from drug, run where day between period_start and as_of - interval 12 month
            and boxes > 0""",
}


def calibrate(world: Path) -> list[Figure]:
    """The published figures beside those of the generated world under `world`.

    Raises P4dpError where the folder holds no world.
    """
    if not (world / "truth" / "world.json").is_file():
        raise P4dpError(
            "no synthetic world here",
            file=world,
            expected="a folder written by `p4dp synth`",
            remedy="p4dp synth --out DIR --seed 1",
        )
    connection = _open(world)
    figures = []
    for row in reference_rows("published_figures"):
        query = _QUERIES[row["figure"]].replace("{continuous}", _CONTINUOUS)
        value, count, is_share = connection.execute(query).fetchall()[0]
        published = float(row["value"])
        is_point = not row["low"]
        low = published * (1 - POINT_TOLERANCE) if is_point else float(row["low"])
        high = published * (1 + POINT_TOLERANCE) if is_point else float(row["high"])
        spread = _half_width(float(value or 0), int(count), bool(is_share))
        figures.append(
            Figure(
                row["figure"],
                row["label"],
                row["population"],
                row["unit"],
                row["period"],
                row["source"],
                published,
                low,
                high,
                is_point,
                float(value or 0),
                max(0.0, float(value or 0) - spread),
                float(value or 0) + spread,
                int(count),
            )  # fmt: skip
        )
    return figures


def _half_width(value: float, count: int, is_share: bool) -> float:
    if count == 0:
        return 0.0
    if is_share:
        return 1.96 * (max(value * (100 - value), 0.0) / count) ** 0.5
    return 1.96 * value / count**0.5


def _open(world: Path) -> duckdb.DuckDBPyConnection:
    described = json.loads((world / "truth" / "world.json").read_text(encoding="utf-8"))
    connection = duckdb.connect(config={"threads": 2})
    for folder in sorted((world / "truth").iterdir()):
        if folder.is_dir():
            connection.execute(
                f"create view {folder.name} as select * from read_parquet('{folder}/*.parquet')"
            )
    for table in ("ER_PRS_F", "ER_PHA_F", "ER_BIO_F"):
        files = f"{world}/inbox/snds-*/{table}-*.parquet"
        connection.execute(f"create view {table.lower()} as select * from read_parquet('{files}')")
    drugs = medicines()
    atc = drugs.pack_atc()
    large = drugs.is_large_pack()
    connection.execute("create table medicine (cip13 bigint, atc_code varchar, is_large boolean)")
    connection.executemany(
        "insert into medicine values (?, ?, ?)",
        list(zip((int(code) for code in drugs.cip13), atc, large, strict=True)),
    )
    end = date.fromisoformat(described["period_end"])
    season = date(end.year if end.month >= 10 else end.year - 1, 10, 1)
    connection.execute(
        "create table run as select ?::date as as_of, ?::date as period_start,"
        " (?::date - interval 12 month)::date as season_start",
        [end, described["period_start"], season],
    )
    connection.execute(_PEOPLE)
    claims = _CLAIMS.replace("{keys}", ", ".join(KEY9))
    connection.execute(claims.replace("{continuous}", _CONTINUOUS))
    return connection


# ---------------------------------------------------------------------------- page


def write_page(figures: list[Figure], world: Path, page: Path) -> Path:
    """A self-contained HTML page: one line per figure, published range against the world's."""
    described = json.loads((world / "truth" / "world.json").read_text(encoding="utf-8"))
    inside = sum(figure.is_inside for figure in figures)
    rows = "\n".join(_row(figure) for figure in figures)
    compatible = sum(figure.is_compatible for figure in figures)
    near = (
        f"{compatible} more reach it within their 95 % interval (marked <em>sampling</em>)."
        if compatible
        else ""
    )
    rates = load_world()
    chosen = len(rates.chosen())
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Calibration of the synthetic world</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 74rem;
  padding: 0 1rem; color: #1c2733; background: #fff; }}
h1 {{ font-size: 1.5rem; margin-bottom: .2rem; }}
p {{ max-width: 60rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #e3e8ee;
  vertical-align: middle; }}
th {{ font-size: .8rem; color: #5a6877; font-weight: 600; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
small {{ color: #5a6877; }}
.inside {{ color: #14663a; }} .outside {{ color: #a33b12; font-weight: 600; }}
svg {{ display: block; }}
</style></head><body>
<h1>Calibration of the synthetic world</h1>
<p>{described["patients"]:,} people, {described["practices"]} practices, rates of the
{html.escape(described.get("world", "default"))} world, seed
{described["seed"]}, {described["period_start"]} to {described["period_end"]}.
<strong>{inside} of {len(figures)} figures lie in the published range.</strong> {near} The bar
is the published range; a hatched bar marks a single published value with the tolerance of
±{POINT_TOLERANCE:.0%} applied here. The dot is the world, with its 95 % interval
(its people are a sample: a small world strays). Each axis is drawn so that the published range
takes its middle third.
Populations and definitions differ between publications: this says that the world is of the
right order, not that it is France. {chosen} of {len(rates.rates)} rates of the world file are
chosen, not published, and some of them so that a figure of this page comes out: agreement there
is by construction.</p>
<table><thead><tr><th>Figure</th><th>Published</th><th>World</th><th>Comparison</th>
<th></th><th>Source</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
""",
        encoding="utf-8",
    )
    return page


def _row(figure: Figure) -> str:
    digits = 0 if figure.unit != "%" else 1
    published = f"{figure.published:g}"
    if not figure.is_point:
        published += f" ({figure.low:g}–{figure.high:g})"
    verdict = "inside" if figure.is_inside else "outside"
    sampling = "<br><small>sampling</small>" if figure.is_compatible else ""
    return (
        f"<tr><td>{html.escape(figure.label)}<br><small>{html.escape(figure.population)}, "
        f"{html.escape(figure.unit)}</small></td>"
        f'<td class="number">{published}</td>'
        f'<td class="number">{figure.world:.{digits}f}<br><small>n = {figure.count:,}</small></td>'
        f"<td>{_plot(figure)}</td>"
        f'<td class="{verdict}">{verdict}{sampling}</td>'
        f"<td><small>{html.escape(', '.join(filter(None, (figure.source, figure.period))))}"
        "</small></td></tr>"
    )


def _plot(figure: Figure) -> str:
    """The published range in the middle third of the axis, the world beside or inside it."""
    width, height = 300, 40
    span = figure.high - figure.low
    bottom = min(figure.low - span, figure.world_low - 0.1 * span)
    top = max(figure.high + span, figure.world_high + 0.1 * span)

    def x(value: float) -> float:
        return 6 + (width - 12) * (min(max(value, bottom), top) - bottom) / (top - bottom)

    low, high = x(figure.low), x(figure.high)
    fill = "#c9d9ee" if not figure.is_point else "url(#point)"
    colour = "#14663a" if figure.is_inside else "#a33b12"
    labels = "".join(
        f'<text x="{place:.1f}" y="37" font-size="10" fill="#5a6877" '
        f'text-anchor="{anchor}">{value:.4g}</text>'
        for place, value, anchor in ((low, figure.low, "end"), (high, figure.high, "start"))
    )
    return (
        f'<svg width="{width}" height="{height}" role="img" '
        f'aria-label="published {figure.published:g}, world {figure.world:.1f}">'
        '<defs><pattern id="point" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="5" height="5" fill="#eef3fa"/>'
        '<rect width="2" height="5" fill="#c9d9ee"/></pattern></defs>'
        f'<line x1="6" y1="24" x2="{width - 6}" y2="24" stroke="#d5dce4"/>'
        f'<rect x="{low:.1f}" y="5" width="{max(high - low, 2):.1f}" height="19" fill="{fill}"/>'
        f'<line x1="{x(figure.published):.1f}" y1="4" x2="{x(figure.published):.1f}" y2="25" '
        'stroke="#3b6fb0" stroke-width="2"/>'
        f'<line x1="{x(figure.world_low):.1f}" y1="14" x2="{x(figure.world_high):.1f}" y2="14" '
        f'stroke="{colour}" stroke-width="1.5"/>'
        f'<circle cx="{x(figure.world):.1f}" cy="14" r="4" fill="{colour}"/>{labels}</svg>'
    )


def as_rows(figures: list[Figure]) -> list[dict[str, object]]:
    """For `--json`."""
    return [
        asdict(figure) | {"is_inside": figure.is_inside, "is_compatible": figure.is_compatible}
        for figure in figures
    ]
