"""How far an indicator could move if links are false or missed.

The register's quality files say, per practice, how many claims links are expected to be false and
how many are expected to be missing. An indicator whose evidence comes from the claims can err by
as much: a false link may have lent another person's evidence, a missed link leaves a person
unobserved who would count. The bounds are worst cases, not intervals: every expected false link
is taken to have changed the status, every missed person to be met (high) or not met (low).

This reads `indicators`, so it runs after them (statistics step), never inside linkage.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from p4dp.errors import P4dpError
from p4dp.linkage.identity import connect

EFFECT_COLUMNS = (
    ("indicator_id", "string"),
    ("indicator_version", "string"),
    ("reference_date", "date"),
    ("denominator_count", "bigint"),
    ("numerator_count", "bigint"),
    ("claims_numerator_count", "bigint"),
    ("share", "double"),
    ("expected_false_link_share", "double"),
    ("expected_missed_count", "double"),
    ("link_share_low", "double"),
    ("link_share_high", "double"),
)


def share_bounds(
    numerator: float,
    denominator: float,
    *,
    claims_numerator: float,
    false_share: float,
    missed_count: float,
) -> tuple[float, float]:
    """Worst-case bounds of numerator / denominator under link errors.

    `claims_numerator`: those of the numerator whose evidence comes from claims alone;
    `false_share`: expected share of false links (0 to 1); `missed_count`: persons of the
    denominator's kind expected to be unobserved because their link is missing.
    """
    if denominator <= 0:
        return 0.0, 1.0
    lost = false_share * claims_numerator
    gained = false_share * (denominator - numerator)
    total = denominator + missed_count
    low = max(numerator - lost, 0.0) / total
    high = min((numerator + gained + missed_count) / total, 1.0)
    return low, high


def effect_on_indicators(warehouse: Path, register: Path, exchange: Path) -> int:
    """Write `exchange/link_effect/part-0.parquet`: bounds per indicator; return its row count.

    Counts are over persons (linked basis) of the latest reference date. Columns: EFFECT_COLUMNS.
    Errors: no indicators yet, or a register without quality files.
    """
    error_file = register / "quality" / "link_error.parquet"
    if not error_file.exists():
        raise P4dpError(
            "The register has no quality files",
            file=error_file,
            remedy="run the linkage first: it writes them",
        )
    with connect() as con:
        con.execute(f"attach '{str(warehouse).replace(chr(39), chr(39) * 2)}' as w (read_only)")
        if not con.execute(
            "select 1 from duckdb_tables() where database_name = 'w' "
            "and schema_name = 'indicators' and table_name = 'fct_indicator_status'"
        ).fetchall():
            raise P4dpError(
                "The warehouse has no indicator status", file=warehouse, remedy="p4dp run first"
            )
        rows = _effects(con, error_file)
        folder = exchange / "link_effect"
        folder.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(f"{name} {kind}" for name, kind in EFFECT_COLUMNS)
        con.execute(f"create temp table effect ({columns})")
        if rows:
            marks = ", ".join("?" * len(EFFECT_COLUMNS))
            con.executemany(f"insert into effect values ({marks})", rows)
        temporary = folder / ".part-0.parquet.tmp"
        con.execute(
            f"copy (from effect order by indicator_id, indicator_version) to '{temporary}' "
            "(format parquet, compression zstd)"
        )
        temporary.replace(folder / "part-0.parquet")
    return len(rows)


def _effects(con: duckdb.DuckDBPyConnection, error_file: Path) -> list[tuple[object, ...]]:
    linked, identities, false, missed = con.execute(
        f"select sum(linked_count), sum(identity_count), sum(expected_false_count), "
        f"sum(expected_missed_count) from '{error_file}'"
    ).fetchall()[0]
    false_share = float(false or 0) / float(linked) if linked else 0.0
    missed_share = float(missed or 0) / float(identities) if identities else 0.0
    rows: list[tuple[object, ...]] = []
    for indicator, version, at, applicable, denominator, numerator, claims in con.execute(
        """
        select
            indicator_id, indicator_version::varchar, max(reference_date),
            count(*) filter (linked_status not in ('not_applicable', 'excluded')),
            count(*) filter (linked_status in ('met', 'not_met', 'declined')
                and linked_is_observable),
            count(*) filter (linked_status = 'met' and linked_is_observable),
            count(*) filter (linked_status = 'met' and linked_is_observable
                and linked_evidence_source = 'snds')
        from w.indicators.fct_indicator_status
        group by indicator_id, indicator_version
        order by all
        """
    ).fetchall():
        unseen = min(missed_share * applicable, applicable - denominator)
        low, high = share_bounds(
            numerator, denominator,
            claims_numerator=claims, false_share=false_share, missed_count=unseen,
        )  # fmt: skip
        rows.append(
            (
                indicator, version, at, denominator, numerator, claims,
                round(numerator / denominator, 12) if denominator else None,
                round(false_share, 12), round(unseen, 6), round(low, 12), round(high, 12),
            )
        )  # fmt: skip
    return rows
