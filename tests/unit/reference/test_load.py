"""Official files in their published formats become reference tables, or are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from p4dp.errors import P4dpError
from p4dp.reference import load, loaded

COG = (
    '"TYPECOM","COM","REG","DEP","CTCD","ARR","TNCC","NCC","NCCENR","LIBELLE","CAN","COMPARENT"\n'
    '"COM","06088","93","06","06D","061","0","NICE","Nice","Nice","0699",""\n'
    '"COM","13055","93","13","13D","133","0","MARSEILLE","Marseille","Marseille","1398",""\n'
    '"ARM","13201","","","","","0","MARSEILLE 1","M","Marseille 1er Arrondissement","","13055"\n'
    '"COMD","01015","84","01","","","0","ARBIGNIEU","Arbignieu","Arbignieu","","01015"\n'
)
POPULATION = "REG;Région;DEP;COM;Commune;PMUN;PCAP;PTOT\n93;PACA;06;06088;Nice;348085;4000;352085\n"
MOVEMENTS = (
    '"MOD","DATE_EFF","TYPECOM_AV","COM_AV","TNCC_AV","TYPECOM_AP","COM_AP","TNCC_AP"\n'
    '"32","2016-01-01","COM","01015","1","COM","01015","1"\n'
    '"32","2016-01-01","COM","01340","0","COM","01015","1"\n'
)
SPECIALITIES = (
    "60000001\tMETFORMINE ÉTALON 500 mg, comprimé\tcomprimé\torale\tAutorisation active\t"
    "Procédure nationale\tCommercialisée\t01/01/2000\t\t\tLABO\tNon\n"
    "60000002\tMETFORMINE COPIE 500 mg, comprimé\tcomprimé\torale\tAutorisation active\t"
    "Procédure nationale\tCommercialisée\t01/01/2005\t\t\tLABO\tNon\n"
    "60000003\tINCONNU 1 mg, comprimé\tcomprimé\torale\tAutorisation active\t"
    "Procédure nationale\tCommercialisée\t01/01/2005\t\t\tLABO\tNon\n"
)
PACKS = "".join(
    f"6000000{n}\t300000{n}\tboîte de 30\tPrésentation active\tDéclaration\t01/01/2010\t"
    f"340093000000{n}\toui\t65%\t2,00\t3,02\t1,02\t\n"
    for n in (1, 2, 3)
)
GROUPS = "7\tMETFORMINE 500 mg\t60000001\t0\t1\n7\tMETFORMINE 500 mg\t60000002\t1\t2\n"
MITM = "60000001\tA10BA02\tMETFORMINE ÉTALON\thttp://example.org\n"


@pytest.fixture()
def official(tmp_path: Path) -> Path:
    folder = tmp_path / "official"
    folder.mkdir()
    (folder / "v_commune_2025.csv").write_text(COG, encoding="utf-8")
    (folder / "v_mvt_commune_2025.csv").write_text(MOVEMENTS, encoding="utf-8")
    (folder / "donnees_communes.csv").write_text(POPULATION, encoding="utf-8")
    (folder / "CIS_bdpm.txt").write_bytes(SPECIALITIES.encode("cp1252"))
    (folder / "CIS_CIP_bdpm.txt").write_text(PACKS, encoding="utf-8")
    (folder / "CIS_GENER_bdpm.txt").write_text(GROUPS, encoding="utf-8")
    (folder / "CIS_MITM.txt").write_text(MITM, encoding="utf-8")
    return folder


def rows(reference: Path, query: str) -> list[tuple]:
    return duckdb.sql(query.replace("@", f"{reference}/")).fetchall()


def test_communes_keep_arrondissements_with_the_department_of_their_town(
    official: Path, tmp_path: Path
) -> None:
    load(official, tmp_path / "reference")
    found = rows(
        tmp_path / "reference",
        "select commune_code, departement_code, population"
        " from '@commune/part-0.parquet' order by 1",
    )
    assert found == [("06088", "06", 348085), ("13055", "13", None), ("13201", "13", None)]


def test_changes_of_communes_keep_their_kind_and_day(official: Path, tmp_path: Path) -> None:
    load(official, tmp_path / "reference")
    assert rows(
        tmp_path / "reference",
        "from '@commune_movement/part-0.parquet' where code_before = '01340'",
    ) == [(32, date(2016, 1, 1), "01340", "01015")]


def test_medicines_get_their_class_officially_or_through_the_generic_group(
    official: Path, tmp_path: Path
) -> None:
    load(official, tmp_path / "reference")
    found = rows(
        tmp_path / "reference",
        "select cip13, atc_code, atc_source from '@medicine_pack/part-0.parquet' order by 1",
    )
    assert found == [
        ("3400930000001", "A10BA02", "official"),
        ("3400930000002", "A10BA02", "generic group"),
        ("3400930000003", None, None),
    ]
    name = rows(
        tmp_path / "reference", "select name from '@medicine/part-0.parquet' where cis = '60000001'"
    )
    assert name == [("METFORMINE ÉTALON 500 mg, comprimé",)]


def test_a_second_load_replaces_only_its_own_tables(official: Path, tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    load(official, reference)
    before = {table.table: table for table in loaded(reference)}
    (official / "v_commune_2026.csv").write_text(COG.replace("Nice", "Nizza"), encoding="utf-8")
    for name in (
        "v_mvt_commune_2025.csv", "CIS_bdpm.txt", "CIS_CIP_bdpm.txt", "CIS_GENER_bdpm.txt",
        "CIS_MITM.txt",
    ):  # fmt: skip
        (official / name).unlink()
    assert [table.table for table in load(official, reference)] == ["commune"]
    after = {table.table: table for table in loaded(reference)}
    assert after["medicine"] == before["medicine"]
    assert after["commune"].file == "v_commune_2026.csv"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("v_commune_2025.csv", "TYPECOM;COM\nCOM;06088\n", "no column"),
        ("CIS_CIP_bdpm.txt", "not a table\n", "Not a line"),
    ],
)
def test_a_file_that_is_not_the_official_one_is_refused_and_nothing_changes(
    official: Path, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (official / name).write_text(text, encoding="utf-8")
    with pytest.raises(P4dpError, match=message):
        load(official, tmp_path / "reference")
    assert loaded(tmp_path / "reference") == []


def test_an_empty_folder_is_refused_with_the_names_expected(tmp_path: Path) -> None:
    with pytest.raises(P4dpError, match="No official file"):
        load(tmp_path, tmp_path / "reference")
