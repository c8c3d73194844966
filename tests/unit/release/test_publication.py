"""A release is complete, immutable, reproducible, and never half there."""

from __future__ import annotations

import json
import multiprocessing
import stat

import duckdb
import pytest

from p4dp.errors import P4dpError
from p4dp.release import (
    content_hash,
    list_releases,
    open_release,
    publication,
    publish,
    read_manifest,
)

KEY = bytes(range(32))


def publish_now(home, **options):
    given = {
        "as_of": "2025-06-30",
        "inputs": {"deliveries": ["d1"]},
        "code_version": "0.1.0",
    } | options
    return publish(home.warehouse, home, **given)


def test_a_release_holds_what_readers_rely_on(home, warehouse):
    warehouse()
    report = publish_now(home)
    assert home.current_release.resolve() == report.path == home.releases / report.release_id
    names = {p.name for p in report.path.iterdir()}
    assert names == {"aggregates.duckdb", "linked.duckdb", "manifest.json"}
    with open_release(home) as release:
        assert release.execute("select count(*) from linked.dim_patient").fetchone() == (300,)
        assert release.execute("select sum(n) from indicators.fct_born").fetchone() == (300,)
        assert release.execute("select code from vocabulary.code_list").fetchone() == ("R80",)
        assert release.execute("from dim_territory").fetchall()
        labels = {
            f"{s}.{t}"
            for s, t in release.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall()
        }
    assert labels == {
        "linked.dim_patient",
        "linked.dim_territory",
        "indicators.fct_born",
        "vocabulary.code_list",
        "published.pub_weekly_syndrome",
    }


def test_the_manifest_says_what_is_inside(home, warehouse):
    warehouse()
    report = publish_now(home)
    manifest = read_manifest(home)
    assert manifest["release_id"] == report.release_id
    assert (manifest["as_of"], manifest["inputs"]) == ("2025-06-30", {"deliveries": ["d1"]})
    assert manifest["created_at"].endswith("+00:00")
    assert manifest["duckdb_version"] == duckdb.__version__
    tables = {t["table"]: t for t in manifest["tables"]}
    assert tables["linked.dim_patient"]["rows"] == 300
    with open_release(home) as release:
        for label, entry in tables.items():
            assert content_hash(release, label) == entry["content_hash"], label


def test_small_cells_and_what_reveals_them_are_hidden_in_the_open_file(home, warehouse):
    warehouse()
    report = publish_now(home)
    with duckdb.connect(str(report.path / "aggregates.duckdb"), read_only=True) as open_file:
        rows = dict(
            open_file.execute(
                "select territory_code, case_count from published.pub_weekly_syndrome"
            ).fetchall()
        )
    # 4 cases are hidden, and with them the other EPCI of the department; no practice row.
    assert rows == {
        "FR": 64,
        "93": 64,
        "06": 34,
        "13": 30,
        "20000": None,
        "20001": None,
        "20002": 30,
    }
    assert report.withheld_tables == ("pub_unknown",)


def test_equal_content_has_equal_hash_whatever_the_order_of_rows(home, warehouse):
    warehouse()
    first = publish_now(home)
    warehouse(
        extra="""create or replace table linked.dim_patient as
        from linked.dim_patient order by person_key desc"""
    )
    second = publish_now(home, code_version="0.2.0")
    assert second.release_id != first.release_id
    assert second.content_hash == first.content_hash and second.is_unchanged
    assert (first.path / "linked.duckdb").stat().st_ino == (
        second.path / "linked.duckdb"
    ).stat().st_ino
    assert list_releases(home) == sorted([first.release_id, second.release_id])


@pytest.mark.parametrize(
    "change",
    [
        "delete from linked.dim_patient where person_key = 7",
        "update linked.dim_patient set weight_share = weight_share + 1e-6 where person_key = 7",
        "insert into linked.dim_patient from linked.dim_patient where person_key = 7",
        "alter table linked.dim_patient rename birth_year to year_of_birth",
        "update published.pub_weekly_syndrome set case_count = 65 where territory_code = 'FR'",
    ],
)
def test_any_change_of_content_changes_the_hash(home, warehouse, change):
    warehouse(patients=20)
    first = publish_now(home)
    if "rename" in change:
        change = "drop view indicators.fct_born;" + change
    warehouse(patients=20, extra=change)
    assert publish_now(home).content_hash != first.content_hash


def test_noise_in_the_last_digits_does_not_change_the_hash(home, warehouse):
    warehouse(patients=20)
    first = publish_now(home)
    warehouse(
        patients=20, extra="update linked.dim_patient set weight_share = weight_share + 1e-14"
    )
    assert publish_now(home).content_hash == first.content_hash


def test_files_are_read_only_and_the_linked_one_is_private(home, warehouse):
    warehouse()
    path = publish_now(home).path
    assert stat.S_IMODE((path / "linked.duckdb").stat().st_mode) == 0o400
    assert stat.S_IMODE((path / "aggregates.duckdb").stat().st_mode) == 0o444


def test_an_encrypted_release_needs_its_key(home, warehouse):
    warehouse()
    report = publish_now(home, release_key=KEY)
    with pytest.raises(P4dpError, match="encrypted"):
        open_release(home)
    with open_release(home, release_key=KEY) as release:
        assert release.execute("select count(*) from linked.dim_patient").fetchone() == (300,)
        assert KEY.hex() not in str(release.execute("from duckdb_databases()").fetchall())
    with open_release(home, aggregates_only=True) as release:
        assert release.execute("select count(*) from published.pub_weekly_syndrome").fetchone()
    assert b"l2-abcd" not in (report.path / "linked.duckdb").read_bytes()
    assert KEY.hex() not in (report.path / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("extra", "column"),
    [
        ("alter table linked.dim_patient add column birth_date date", "birth_date"),
        ("alter table linked.dim_patient add column nir varchar", "nir"),
        ("create table linked.note as select 'appeler le 06 12 34 56 78' as txt", "txt"),
        ("create table linked.note as select 'Tel.:+33 612345678.' as txt", "txt"),
        ("create table linked.note as select 'NIR 2690549588157.' as txt", "txt"),
        ("create table linked.note as select 'a.b@example.org' as txt", "txt"),
        ("create table linked.note as select '2690549588157' as txt", "txt"),
        ("create table linked.note as select '269054958815780' as txt", "txt"),
        (
            "create table linked.note as select '2 69 05 2A 588 157 80' as note_pseudo",
            "note_pseudo",
        ),
    ],
)
def test_an_identity_refuses_the_release_and_keeps_the_old_one(home, warehouse, extra, column):
    warehouse()
    good = publish_now(home)
    warehouse(extra=extra)
    with pytest.raises(P4dpError, match="identity") as refusal:
        publish_now(home)
    assert refusal.value.column == column
    assert "06 12" not in str(refusal.value) and "2690549" not in str(refusal.value)
    assert list_releases(home) == [good.release_id]
    assert home.current_release.resolve() == good.path


@pytest.mark.parametrize(
    "value",
    [
        "3400930000000",
        "29771-3",
        "HJQE002",
        "1,25 g/L",
        "2025-06-30 12:00:00",
        "01-02-2020 10:30",
        "01.02.2020 10",
        "060001234",
        "10001234567",
        "l2-abcd-16905495881578000000000000000000",
        "269054958815799",
        "7.1234567890123",
        "72.12345678901",
        "6.123456789012345",
        "2,690549588157",
        "1690549588157.25",
        "0.0612345678",
        "7f0c9c5e-0612-4345-8781-161234567890",
        "urn:uuid:0612345678ab",
    ],
)
def test_codes_and_measurements_are_no_identity(home, warehouse, value):
    warehouse(patients=3, extra=f"create table linked.codes as select '{value}' as code")
    publish_now(home)


def test_long_codes_of_a_declared_system_are_no_identity(home, warehouse):
    warehouse(
        patients=3,
        extra="""create table linked.fct_procedure as
        select '1234561000124' as procedure_code, 'SNOMED' as procedure_system;
        create table linked.fct_unmapped_code as
        select '1234561000124' as code, 'SNOMED' as code_system""",
    )
    publish_now(home)


def test_a_crash_at_any_step_leaves_the_old_release(home, warehouse, monkeypatch):
    warehouse()
    good = publish_now(home)
    for step in ("relation_content", "_copy", "_protect", "_seal"):
        warehouse(patients=10)
        with monkeypatch.context() as patch:

            def fail(*_, **__):
                raise RuntimeError("crash")

            patch.setattr(publication, step, fail)
            with pytest.raises(RuntimeError):
                publish_now(home)
        assert home.current_release.resolve() == good.path
        assert {p.name for p in home.releases.iterdir()} == {good.release_id, "current"}
    assert publish_now(home).content_hash != good.content_hash


def test_what_a_killed_publication_left_is_removed(home, warehouse):
    warehouse()
    left = home.releases / ".writing-20250101T000000Z-1"
    left.mkdir(parents=True)
    (left / "linked.duckdb").write_bytes(b"half")
    assert list_releases(home) == []
    publish_now(home)
    assert not left.exists()


def test_no_warehouse_and_no_release_are_said_plainly(home, warehouse):
    with pytest.raises(P4dpError, match="no warehouse"):
        publish_now(home)
    with pytest.raises(P4dpError, match="no release"):
        open_release(home)
    warehouse()
    publish_now(home)
    for wrong in ("nowhere", "../other", ".."):
        with pytest.raises(P4dpError):
            open_release(home, wrong)


def test_a_release_that_was_withdrawn_is_named(home, warehouse):
    warehouse()
    report = publish_now(home)
    report.path.rename(home.root / "withdrawn")
    with pytest.raises(P4dpError, match="not there any more"):
        open_release(home)


def test_what_a_reader_spills_is_encrypted(home, warehouse):
    warehouse()
    publish_now(home)
    with open_release(home) as release:
        setting = "select value from duckdb_settings() where name = 'temp_file_encryption'"
        assert release.execute(setting).fetchone() == ("true",)


def test_an_open_release_is_closed_to_everything_else(home, warehouse, tmp_path):
    warehouse()
    publish_now(home)
    outside = tmp_path / "secret.csv"
    outside.write_text("a\n1\n")
    with open_release(home) as release:
        for statement in (
            f"from read_csv('{outside}')",
            f"copy (select 1) to '{tmp_path}/out.csv'",
            f"attach '{home.warehouse}' as w",
            "delete from linked.dim_patient",
            "set enable_external_access = true",
            "load sqlite",
            "from read_csv('http://127.0.0.1:9/x.csv')",
            "from read_text('https://127.0.0.1:9/x')",
            "from 's3://bucket/x.parquet'",
        ):
            with pytest.raises(duckdb.Error, match="disabled|read-only|locked"):
                release.execute(statement)
    secret = [1]
    with open_release(home) as release, pytest.raises(duckdb.Error):
        release.execute("select * from secret")
    assert secret


def _read(root, stop, results):
    from p4dp.settings import Home

    refused = mixed = reads = 0
    while not stop.is_set():
        try:
            with open_release(Home(root)) as release:
                people = release.execute("select count(*) from linked.dim_patient").fetchone()[0]
                born = release.execute("select sum(n) from indicators.fct_born").fetchone()[0]
                mixed += people != born
                reads += 1
        except Exception:
            refused += 1
    results.put((reads, refused, mixed))


def test_readers_are_never_refused_while_releases_are_written(home, warehouse):
    warehouse(patients=100)
    publish_now(home)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    readers = [
        context.Process(target=_read, args=(home.root, stop, results), daemon=True)
        for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    for patients in range(101, 113):
        warehouse(patients=patients)
        publish_now(home)
    stop.set()
    for reader in readers:
        reader.join(60)
    outcomes = [results.get(timeout=10) for _ in readers]
    assert sum(reads for reads, _, _ in outcomes) > 0
    assert [(refused, mixed) for _, refused, mixed in outcomes] == [(0, 0), (0, 0)]
    assert len(list_releases(home)) == 13


def test_the_report_is_ready_for_json(home, warehouse):
    warehouse()
    document = json.loads(json.dumps(publish_now(home).as_dict()))
    assert document["suppressed"] == {"pub_weekly_syndrome": 2}
    assert {"copy_seconds", "scan_seconds", "seconds"} <= set(document)
