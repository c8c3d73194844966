"""Reading the official files in the formats their publishers document.

INSEE, code officiel géographique (CSV, UTF-8, comma): `v_commune_<year>.csv`,
`v_mvt_commune_<year>.csv`. INSEE, populations légales (CSV, UTF-8, semicolon):
`donnees_communes.csv`. BDPM (ANSM; text, tab-separated, no header, Windows-1252 or UTF-8):
`CIS_bdpm.txt`, `CIS_CIP_bdpm.txt`, `CIS_GENER_bdpm.txt`, `CIS_MITM.txt`. Whatever of these
lies in the folder is loaded; each table is replaced as a whole and its file's hash kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from p4dp.errors import P4dpError

CATALOGUE = "catalogue.json"

_BDPM_COLUMNS: dict[str, tuple[str, ...]] = {
    "CIS_bdpm.txt": (
        "cis", "name", "form", "routes", "authorisation_status", "procedure", "marketing_status",
        "authorisation_date", "bdm_status", "european_number", "holders", "is_watched",
    ),
    "CIS_CIP_bdpm.txt": (
        "cis", "cip7", "pack", "status", "marketing_status", "declaration_date", "cip13",
        "is_approved_for_hospitals", "reimbursement_rate", "price", "public_price", "fee",
        "indications",
    ),
    "CIS_GENER_bdpm.txt": ("generic_group", "group_name", "cis", "generic_type", "rank"),
    "CIS_MITM.txt": ("cis", "atc_code", "name", "link"),
}  # fmt: skip


@dataclass(frozen=True)
class LoadedTable:
    """One reference table and the official file it comes from."""

    table: str
    rows: int
    file: str
    sha256: str


def load(folder: Path, reference: Path) -> list[LoadedTable]:
    """Load every official file found in `folder` into Parquet tables under `reference`.

    Each table is a folder of its own with one file; the warehouse reads them at its next run.

    Tables: `commune` (code, name, department, region, parent, population), `commune_movement`
    (event, date, code before, code after), `medicine` (cis, name, form, atc_code, atc_source),
    `medicine_pack` (cip13, cis, pack, reimbursement, atc_code). Raises P4dpError when the folder
    holds none of the files, or one that is not in its documented format; then nothing changes.
    """
    if not folder.is_dir():
        raise P4dpError("No such folder", file=folder)
    found = {path.name.lower(): path for path in sorted(folder.iterdir()) if path.is_file()}
    made: list[tuple[str, Path, str]] = []
    connection = duckdb.connect()
    for name, build in (("commune", _communes), ("commune_movement", _movements)):
        source = build(connection, found)
        if source is not None:
            made.append((name, source, f"select * from {name}"))
    medicines = _medicines(connection, found)
    if medicines is not None:
        made += [
            ("medicine", medicines, "select * from medicine"),
            ("medicine_pack", found["cis_cip_bdpm.txt"], "select * from medicine_pack"),
        ]
    if not made:
        raise P4dpError(
            "No official file found",
            file=folder,
            expected="v_commune_<year>.csv, CIS_CIP_bdpm.txt and the like, under their own names",
            remedy="download them from insee.fr and base-donnees-publique.medicaments.gouv.fr",
        )
    return _publish(connection, made, reference)


def loaded(reference: Path) -> list[LoadedTable]:
    """The tables loaded so far."""
    path = reference / CATALOGUE
    if not path.is_file():
        return []
    return [LoadedTable(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _publish(
    connection: duckdb.DuckDBPyConnection, made: list[tuple[str, Path, str]], reference: Path
) -> list[LoadedTable]:
    reference.mkdir(parents=True, exist_ok=True)
    tables = {table.table: table for table in loaded(reference)}
    new = []
    with tempfile.TemporaryDirectory(prefix=".load-", dir=reference) as scratch:
        for name, source, query in made:
            target = Path(scratch) / f"{name}.parquet"
            connection.execute(f"copy ({query} order by all) to '{target}' (compression zstd)")
            rows = connection.execute(f"select count(*) from ({query})").fetchall()[0][0]
            new.append(LoadedTable(name, rows, source.name, _sha256(source)))
        for table in new:
            folder = reference / table.table
            folder.mkdir(exist_ok=True)
            os.replace(Path(scratch) / f"{table.table}.parquet", folder / "part-0.parquet")
        tables |= {table.table: table for table in new}
        catalogue = Path(scratch) / CATALOGUE
        rows_ = [asdict(tables[name]) for name in sorted(tables)]
        catalogue.write_text(json.dumps(rows_, indent=2) + "\n", encoding="utf-8")
        os.replace(catalogue, reference / CATALOGUE)
    return new


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _latest(found: dict[str, Path], prefix: str) -> Path | None:
    names = sorted(name for name in found if name.startswith(prefix) and name.endswith(".csv"))
    return found[names[-1]] if names else None


def _csv(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    path: Path,
    delimiter: str,
    columns: Sequence[str],
) -> None:
    """A view of all text over a CSV with a header; refused when a column is missing."""
    connection.execute(
        f"create view {view} as select * from read_csv('{path}', delim='{delimiter}',"
        " header=true, all_varchar=true, quote='\"', auto_detect=true)"
    )
    present = {
        row[0].upper() for row in connection.execute(f"describe select * from {view}").fetchall()
    }
    for column in columns:
        if column not in present:
            raise P4dpError(
                f"The official file has no column {column}",
                file=path,
                column=column,
                expected=", ".join(columns),
                remedy="take the file as published, not re-saved from a spreadsheet",
            )


def _communes(connection: duckdb.DuckDBPyConnection, found: dict[str, Path]) -> Path | None:
    source = _latest(found, "v_commune_") or _latest(found, "commune_")
    if source is None:
        return None
    _csv(connection, "cog", source, ",", ("TYPECOM", "COM", "REG", "DEP", "LIBELLE", "COMPARENT"))
    population = found.get("donnees_communes.csv")
    if population is not None:
        _csv(connection, "legal", population, ";", ("COM", "PMUN"))
    joined = "left join legal as l on l.COM = c.COM" if population is not None else ""
    count = "try_cast(replace(l.PMUN, ' ', '') as bigint)" if population is not None else "null"
    connection.execute(
        f"""
        create table commune as
        select c.COM as commune_code, c.LIBELLE as commune_name, c.TYPECOM as commune_type,
            parent.DEP as departement_code, parent.REG as region_code,
            nullif(c.COMPARENT, '') as parent_code, {count}::bigint as population
        from cog as c
        left join cog as parent on parent.TYPECOM = 'COM'
            and parent.COM = coalesce(nullif(c.COMPARENT, ''), c.COM)
        {joined}
        where c.TYPECOM in ('COM', 'ARM')
        """
    )
    return source


def _movements(connection: duckdb.DuckDBPyConnection, found: dict[str, Path]) -> Path | None:
    source = _latest(found, "v_mvt_commune_") or _latest(found, "v_mvtcommune_")
    if source is None:
        return None
    _csv(connection, "movement", source, ",", ("MOD", "DATE_EFF", "COM_AV", "COM_AP"))
    connection.execute(
        """
        create table commune_movement as
        select try_cast(MOD as integer) as event_type, try_cast(DATE_EFF as date) as event_date,
            COM_AV as code_before, COM_AP as code_after
        from movement
        """
    )
    return source


def _medicines(connection: duckdb.DuckDBPyConnection, found: dict[str, Path]) -> Path | None:
    needed = ("cis_bdpm.txt", "cis_cip_bdpm.txt")
    if not any(name in found for name in _BDPM_LOWER):
        return None
    for name in needed:
        if name not in found:
            raise P4dpError(
                f"{_BDPM_LOWER[name]} is missing beside the other BDPM files",
                file=found[next(n for n in _BDPM_LOWER if n in found)].parent,
                remedy="download the whole set: packs, specialities, groups and CIS_MITM",
            )
    for name, official in _BDPM_LOWER.items():
        view = name.removesuffix(".txt")
        if name in found:
            _bdpm(connection, view, found[name], _BDPM_COLUMNS[official])
        else:
            columns = ", ".join(f"null::varchar as {c}" for c in _BDPM_COLUMNS[official])
            connection.execute(f"create view {view} as select {columns} limit 0")
    connection.execute(
        """
        create table medicine as
        with official as (select cis, min(atc_code) as atc_code from cis_mitm group by 1),
        grouped as (
            select g.cis, min(o.atc_code) as atc_code
            from cis_gener_bdpm as g
            join cis_gener_bdpm as other using (generic_group)
            join official as o on o.cis = other.cis
            group by g.cis having count(distinct o.atc_code) = 1
        )
        select m.cis, m.name, m.form, m.routes,
            coalesce(o.atc_code, g.atc_code) as atc_code,
            case when o.atc_code is not null then 'official'
                when g.atc_code is not null then 'generic group' end as atc_source
        from cis_bdpm as m left join official as o using (cis) left join grouped as g using (cis)
        """
    )
    connection.execute(
        """
        create table medicine_pack as
        select p.cip13, p.cip7, p.cis, p.pack, p.reimbursement_rate, p.marketing_status,
            m.atc_code, m.atc_source
        from cis_cip_bdpm as p left join medicine as m using (cis)
        qualify row_number() over (partition by p.cip13 order by p.cis) = 1
        """
    )
    return found["cis_bdpm.txt"]


def _bdpm(
    connection: duckdb.DuckDBPyConnection, view: str, path: Path, columns: Sequence[str]
) -> None:
    """One tab-separated file without header; Windows-1252 where it is not UTF-8."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < 3 or not cells[columns.index("cis")].isdigit():
            raise P4dpError(
                "Not a line of the official file",
                file=path,
                row=number,
                expected=f"{len(columns)} columns separated by tabs, with a CIS code",
                remedy="take the file as published",
            )
        cells = (cells + [""] * len(columns))[: len(columns)]
        rows.append(tuple(cell or None for cell in cells))
    table = pa.table(
        {
            column: pa.array([row[position] for row in rows], pa.string())
            for position, column in enumerate(columns)
        }
    )
    connection.register(f"{view}_in", table)
    connection.execute(f"create table {view} as select * from {view}_in")
    connection.unregister(f"{view}_in")


_BDPM_LOWER = {name.lower(): name for name in _BDPM_COLUMNS}
