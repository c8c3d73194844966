"""What the gate does with good, bad, late, repeated and cut deliveries."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from p4dp.contracts import load_contracts
from p4dp.contracts.sample import write_sample_delivery
from p4dp.errors import P4dpError
from p4dp.intake import heal, receive, receive_inbox
from p4dp.vault import open_vault, sealed_tokens, warehouse_keys


def only(report):
    assert len(report.deliveries) == 1
    receipt = report.deliveries[0]
    assert receipt.received_row_count == (
        receipt.accepted_row_count + receipt.quarantined_row_count + receipt.duplicate_row_count
    )
    return receipt


@pytest.mark.parametrize("contract", load_contracts(), ids=lambda c: f"{c.source}-{c.version}")
def test_a_sample_of_each_contract_is_accepted_whole(gate, tmp_path, contract):
    delivery = write_sample_delivery(tmp_path / "sent", contract.source, contract.version)
    receipt = only(gate.receive(delivery))
    assert receipt.status == "accepted"
    assert receipt.accepted_row_count == receipt.received_row_count > 0
    marks = gate.landed("p4dp", "delivery", "delivery_id, received_row_count, accepted_row_count")
    assert marks == [(delivery.name, receipt.received_row_count, receipt.accepted_row_count)]


def test_landing_holds_second_level_pseudonyms_and_no_token(gate, sample):
    gate.receive(sample("medirel"))
    rows = gate.landed("medirel", "patient", "patient_pseudo, practice_pseudo, nir_pseudo")
    assert rows and all(value.startswith("l2-") for row in rows for value in row)
    columns = duckdb.sql(
        f"select * from read_parquet('{gate.home.landing}/medirel/patient/**/*.parquet')"
    ).columns
    assert not [c for c in columns if c.startswith(("sealed", "block", "return"))]
    assert columns[:4] == ["delivery_id", "delivery_sequence", "delivery_row", "practice_pseudo"]
    patients = {row[0] for row in rows}
    referenced = {r[0] for r in gate.landed("medirel", "consultation", "patient_pseudo")}
    assert referenced <= patients


def test_tokens_are_in_the_vault_under_the_landing_pseudonym(gate, sample):
    gate.receive(sample("medirel"), sample("fhirmed"))
    tokens = sealed_tokens(gate.home, gate.keys).to_pylist()
    landed = gate.landed("medirel", "patient", "'medirel', patient_pseudo") + gate.landed(
        "fhirmed", "patient", "'fhirmed', patient_pseudo"
    )
    assert sorted((t["source"], t["patient_pseudo"]) for t in tokens) == sorted(landed)
    assert all(t["sealed_birth_name"] for t in tokens)


def test_nothing_readable_is_in_the_vault_folder(gate, sample):
    gate.receive(sample("medirel"))
    pseudonym = b"l1-0000-"
    for path in gate.home.vault.rglob("*"):
        if path.is_file():
            assert pseudonym not in path.read_bytes(), path.name


def test_the_inbox_is_emptied_and_a_copy_is_left_when_asked(gate, sample):
    delivery = sample("dosmed")
    gate.home.inbox.mkdir(parents=True)
    shutil.copytree(delivery, gate.home.inbox / delivery.name)
    assert only(receive_inbox(gate.home, gate.keys)).status == "accepted"
    assert list(gate.home.inbox.iterdir()) == []
    assert receive_inbox(gate.home, gate.keys).deliveries == ()
    assert delivery.exists()


# --- faults of a file -------------------------------------------------------------------------


def rejected_file(gate, delivery: Path, lost: str, word: str):
    """The faulty file is rejected with one message, the other files land."""
    receipt = only(gate.receive(delivery))
    assert receipt.status == "partially_accepted"
    told = [m for m in receipt.messages if m.startswith("File rejected")]
    assert len(told) == 1 and word in told[0] and lost in told[0]
    assert receipt.accepted_row_count > 0
    return receipt


def test_missing_file(gate, sample, damage):
    delivery = sample("medirel")
    (delivery / "acte.csv").unlink()
    rejected_file(gate, delivery, "acte.csv", "missing")
    assert gate.landed_count("medirel", "acte") == 0
    assert gate.landed_count("medirel", "consultation") == 20


def test_wrong_hash(gate, sample):
    delivery = sample("medirel")
    with (delivery / "acte.csv").open("a") as handle:
        handle.write("X;;;;\n")
    rejected_file(gate, delivery, "acte.csv", "SHA-256")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda rows: [row.pop() for row in rows], "missing 'code_ccam'"),
        (lambda rows: [row.append("x") for row in rows], "unexpected 'x'"),
        (lambda rows: rows[0].__setitem__(4, "code_ccam_v2"), "'code_ccam_v2' instead of"),
    ],
    ids=["missing", "extra", "renamed"],
)
def test_other_columns(gate, sample, damage, change, word):
    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", change)
    rejected_file(gate, delivery, "acte.csv", word)


def test_an_optional_column_may_be_absent(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv(
        "consultation.csv", lambda rows: [row.__delitem__(slice(-3, None)) for row in rows]
    )
    assert only(gate.receive(delivery)).status == "accepted"
    assert gate.landed("medirel", "consultation", "distinct motif_code") == [(None,)]


def test_empty_file(gate, sample, damage):
    delivery = sample("medirel")
    (delivery / "acte.csv").write_bytes(b"")
    damage(delivery).seal("acte.csv", 0)
    rejected_file(gate, delivery, "acte.csv", "empty")


def test_a_table_with_a_header_only_is_no_fault(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", lambda rows: rows.__delitem__(slice(1, None)))
    assert only(gate.receive(delivery)).status == "accepted"


def test_truncated_parquet(gate, sample, damage):
    delivery = sample("dosmed")
    path = delivery / "element.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    damage(delivery).seal("element.parquet")
    rejected_file(gate, delivery, "element.parquet", "truncated")


def test_rows_cut_off_before_hashing(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", lambda rows: rows.pop()).seal("acte.csv", 20)
    rejected_file(gate, delivery, "acte.csv", "holds 19 rows")


def test_a_full_delivery_with_a_rejected_file_replaces_nothing(gate, sample):
    delivery = sample("medirel")
    (delivery / "acte.csv").unlink()
    gate.receive(delivery)
    assert gate.landed("p4dp", "delivery", "delivery_kind") == [("partial",)]


# --- faults of a row --------------------------------------------------------------------------


def quarantine(gate):
    with open_vault(gate.home, gate.keys) as vault:
        return vault.execute(
            "select table_name, delivery_row, column_name, reason, content from vault.quarantine"
            " order by table_name, delivery_row"
        ).fetchall()


def test_a_wrong_type_sets_one_row_aside_with_line_reason_and_content(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("prescription.csv", lambda rows: rows[7].__setitem__(6, "deux"))
    receipt = only(gate.receive(delivery))
    assert (receipt.status, receipt.quarantined_row_count) == ("partially_accepted", 1)
    ((table, row, column, reason, content),) = quarantine(gate)
    assert (table, row, column, reason) == ("prescription", 7, "nb_boites", "not a whole number")
    assert "deux" in content
    assert gate.landed_count("medirel", "prescription") == 19


def test_broken_csv_lines_are_set_aside_and_the_others_keep_their_line(gate, sample, damage):
    delivery = sample("medirel")
    path = delivery / "acte.csv"
    lines = path.read_text().splitlines()
    lines[3] = "too;few"
    lines[5] += ";one;more"
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("acte.csv")
    receipt = only(gate.receive(delivery))
    assert receipt.quarantined_row_count == 2
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [
        (3, "fewer fields than columns"),
        (5, "more fields than columns"),
    ]
    landed = gate.landed("medirel", "acte", "delivery_row, num_acte")
    assert landed == [
        (number, line.split(";")[0]) for number, line in enumerate(lines) if number not in (0, 3, 5)
    ]


def test_a_missing_key_and_a_foreign_pseudonym_are_set_aside(gate, sample, damage):
    def change(rows):
        rows[1][0] = ""
        rows[2][1] = "l2-0000-00000000000000000000000000000000"

    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", change)
    gate.receive(delivery)
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [
        (1, "required and empty"),
        (2, "not a level-1 pseudonym"),
    ]


@pytest.mark.parametrize("at_once", [10_000_000, 4])
def test_repeated_rows_are_counted_and_contradictions_set_aside(
    gate, sample, damage, monkeypatch, at_once
):
    monkeypatch.setattr("p4dp.intake.check._HASHES_AT_ONCE", at_once)

    def change(rows):
        rows.append(list(rows[1]))
        rows.append([*rows[2][:4], "HHFA016"])

    delivery = sample("medirel")
    damage(delivery).edit_csv("acte.csv", change)
    receipt = only(gate.receive(delivery))
    assert (receipt.duplicate_row_count, receipt.quarantined_row_count) == (1, 1)
    landed = gate.landed("medirel", "acte", "delivery_row, code_ccam")
    assert (22, "HHFA016") in landed and 2 not in [row for row, _ in landed]


def test_one_line_that_is_no_json_and_one_of_another_type(gate, sample, damage):
    delivery = sample("fhirmed")
    path = delivery / "Condition.ndjson"
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:40]
    lines[4] = lines[4].replace('"Condition"', '"Procedure"', 1)
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("Condition.ndjson")
    receipt = only(gate.receive(delivery))
    assert receipt.quarantined_row_count == 2
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [
        (3, "not JSON"),
        (5, "resource of another type"),
    ]
    assert gate.landed_count("fhirmed", "condition") == 18


# --- identities -------------------------------------------------------------------------------

IDENTITIES = {
    "NIR": "1 85 05 78 006 084 91",
    "NIR-compact": "185057800608491",
    "e-mail": "jean.martin@example.org",
    "telephone": "06 12 34 56 78",
    "address": "12 bis rue de la Paix",
    "name": "Jean MARTIN",
    "title": "vu avec Mme Durand",
}


@pytest.mark.parametrize("value", IDENTITIES.values(), ids=IDENTITIES.keys())
def test_an_identity_in_a_value_refuses_the_delivery_and_leaves_no_trace(
    gate, sample, damage, value
):
    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", lambda rows: rows[9].__setitem__(4, value))
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused"
    (message,) = receipt.messages
    assert "row 9" in message and "column valeur" in message and "resultat.csv" in message
    assert value not in message
    assert gate.landed("p4dp", "delivery") == []
    assert list((gate.home.vault).glob("originals/*")) == []
    for path in gate.home.root.rglob("*"):
        assert not path.is_file() or value.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("consultation", "type_acte", "jean.martin@example.org"),
        ("consultation", "type_acte", "0612345678"),
        ("prescription", "nb_boites", "jean.martin@example.org"),
        ("prescription", "nb_boites", "06 12 34 56 78"),
        ("prescription", "duree_jours", "185057800608491"),
        ("consultation", "motif_confiance", "1 85 05 78 006 084 91"),
    ],
)
def test_an_identity_in_an_enumerated_or_typed_column_refuses_the_delivery(
    gate, sample, damage, table, column, value
):
    delivery = sample("medirel")

    def change(rows):
        rows[7][rows[0].index(column)] = value

    damage(delivery).edit_csv(f"{table}.csv", change)
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused"
    assert "row 7" in receipt.messages[0] and f"column {column}" in receipt.messages[0]


def test_a_nir_in_a_numeric_parquet_column_refuses_the_delivery(gate, sample, damage):
    delivery = sample("snds")
    path = delivery / "ER_PHA_F.parquet"
    table = pq.read_table(path)
    packs = table.column("PHA_PRS_C13").to_pylist()
    packs[4] = 185057800608491
    index = table.column_names.index("PHA_PRS_C13")
    pq.write_table(table.set_column(index, "PHA_PRS_C13", pa.array(packs, pa.int64())), path)
    damage(delivery).seal("ER_PHA_F.parquet")
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused"
    assert "NIR" in receipt.messages[0] and "row 5" in receipt.messages[0]


def test_an_identity_in_a_line_that_is_no_row_refuses_the_delivery(gate, sample, damage):
    delivery = sample("medirel")
    path = delivery / "acte.csv"
    lines = path.read_text().splitlines()
    lines[3] += ";;jean.martin@example.org"
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("acte.csv")
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused" and "row 3" in receipt.messages[0]


def test_a_column_of_family_names_refuses_the_delivery(gate, sample, damage):
    def change(rows):
        for row, name in zip(rows[1:], ["MARTIN", "Bernard", "DUBOIS", "g/L", "%"], strict=False):
            row[5] = name

    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", change)
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused"
    assert "personal name in 3 rows" in receipt.messages[0] and "unite" in receipt.messages[0]


@pytest.mark.parametrize("name", ["NOM_NAISSANCE", "date_naissance", "NIR", "telephone", "Prenoms"])
def test_an_identity_column_refuses_the_delivery(gate, sample, damage, name):
    def change(rows):
        for number, row in enumerate(rows):
            row.append(name if number == 0 else "x")

    delivery = sample("medirel")
    damage(delivery).edit_csv("patient.csv", change)
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused" and name in receipt.messages[0]


def test_an_exact_birth_date_in_the_year_refuses_the_delivery(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("patient.csv", lambda rows: rows[2].__setitem__(1, "12/05/1950"))
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused" and "exact birth date" in receipt.messages[0]


def test_a_fhir_name_element_refuses_the_delivery(gate, sample, damage):
    delivery = sample("fhirmed")
    path = delivery / "Patient.ndjson"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace('"gender"', '"name":[{"family":"X"}],"gender"')
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("Patient.ndjson")
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused" and "row 2" in receipt.messages[0]


def test_coded_content_is_no_identity(gate, sample):
    """Codes, units, dates, results and UUIDs of all samples raise no alarm."""
    report = gate.receive(*(sample(s) for s in ("medirel", "dosmed", "fhirmed", "snds")))
    assert {d.status for d in report.deliveries} == {"accepted"}


# --- the delivery as a whole ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"contract_version": "9.9"}, "Unknown contract version"),
        ({"source": "othermed"}, "Unknown source"),
        ({"format": "p4dp-delivery/7"}, "format"),
        ({"sequence": "three"}, "sequence"),
        ({"period_end": "2023-01-01"}, "ends before"),
        ({"files": []}, "lists no file"),
        ({"created_at": "2024-01-31T00:00:00"}, "offset"),
    ],
)
def test_an_unusable_manifest_refuses_the_delivery(gate, sample, damage, values, word):
    delivery = sample("medirel")
    damage(delivery).set(**values)
    receipt = only(gate.receive(delivery))
    assert receipt.status == "refused" and word in receipt.messages[0]
    assert not gate.landed("p4dp", "delivery")


def test_a_folder_that_is_no_delivery_stays_with_its_owner(gate, tmp_path):
    """Only what is a delivery, or lies in the inbox, is ever taken from its place."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "letter.txt").write_text("mine")
    receipt = only(receive([documents], gate.home, gate.keys))
    assert receipt.status == "refused" and "no manifest" in receipt.messages[0]
    assert (documents / "letter.txt").read_text() == "mine"
    assert not list(gate.home.vault.glob("originals/*"))


def test_a_raw_export_is_told_apart_and_never_kept(gate, tmp_path):
    gate.home.inbox.mkdir(parents=True)
    for raw in (tmp_path / "raw", gate.home.inbox / "raw"):
        raw.mkdir()
        (raw / "export.json").write_text("{}")
        (raw / "PATIENT.csv").write_text("NOM_NAISSANCE\nDURAND\n")
    receipt = only(receive([tmp_path / "raw"], gate.home, gate.keys))
    assert "raw export" in receipt.messages[0] and (tmp_path / "raw" / "PATIENT.csv").exists()
    assert "pseudonymise" in only(receive_inbox(gate.home, gate.keys)).messages[0]
    assert not list(gate.home.inbox.iterdir())
    assert not list(gate.home.vault.glob("originals/*"))


def test_a_refusal_does_not_touch_the_record_of_what_was_accepted(gate, sample, damage):
    first = sample("medirel")
    gate.receive(first)
    leak = sample("medirel")
    damage(leak).edit_csv("resultat.csv", lambda rows: rows[1].__setitem__(4, "a@b.example"))
    assert only(gate.receive(leak)).status == "refused"
    assert only(gate.receive(sample("medirel", rows=21))).status == "refused"
    assert only(gate.receive(first)).status == "duplicate"
    with open_vault(gate.home, gate.keys) as vault:
        found = vault.execute("select status, count(*) from vault.delivery group by 1 order by 1")
        assert found.fetchall() == [("accepted", 1), ("refused", 2)]


def test_one_bad_delivery_does_not_stop_the_others(gate, sample, tmp_path):
    bad = sample("medirel")
    (bad / "manifest.json").write_text("{")
    report = gate.receive(bad, sample("dosmed"))
    assert [d.status for d in report.deliveries] == ["refused", "accepted"]


def test_the_same_delivery_again_changes_nothing(gate, sample):
    delivery = sample("medirel")
    gate.receive(delivery)
    before = gate.landed("medirel", "consultation")
    receipt = only(gate.receive(delivery))
    assert receipt.status == "duplicate" and "Already received" in receipt.messages[0]
    assert receipt.duplicate_row_count == receipt.received_row_count
    assert gate.landed("medirel", "consultation") == before


def test_the_same_id_with_other_content_is_refused(gate, sample, damage):
    gate.receive(sample("medirel"))
    again = sample("medirel", rows=21)
    receipt = only(gate.receive(again))
    assert receipt.status == "refused" and "higher sequence" in receipt.messages[0]
    assert gate.landed_count("medirel", "acte") == 20


def test_two_deliveries_for_one_period_the_higher_sequence_supersedes(gate, sample):
    gate.receive(sample("medirel", sequence=1))
    receipt = only(gate.receive(sample("medirel", sequence=2)))
    assert receipt.status == "accepted"
    assert any("Supersedes medirel-" in m for m in receipt.messages)
    late = only(gate.receive(sample("medirel", sequence=0)))
    assert late.status == "accepted" and any("later sequence" in m for m in late.messages)


def test_another_boundary_key_is_told(gate, sample, damage):
    gate.receive(sample("medirel"))
    other = sample("dosmed")
    for name in ("dossier", "evenement", "element"):
        path = other / f"{name}.parquet"
        table = duckdb.sql(
            f"select * replace (replace(patient_pseudo, 'l1-0000', 'l1-ffff') as patient_pseudo)"
            f" from '{path}'"
        ).to_arrow_table()
        pq.write_table(table, path)
        damage(other).seal(path.name)
    receipt = only(gate.receive(other))
    assert receipt.status == "accepted"
    assert any("boundary key ffff" in m for m in receipt.messages)


# --- encodings, packing, endless lines --------------------------------------------------------


def _entry(document, name):
    (entry,) = [f for f in document["files"] if f["path"] == name]
    return entry


def test_windows_1252_is_read_when_the_manifest_says_so(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", lambda rows: rows[1].__setitem__(4, "négatif"))
    path = delivery / "resultat.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    document = damage(delivery).manifest()
    _entry(document, "resultat.csv")["encoding"] = "cp1252"
    damage(delivery).write_manifest(document)
    damage(delivery).seal("resultat.csv")
    assert only(gate.receive(delivery)).status == "accepted"
    assert ("négatif",) in gate.landed("medirel", "resultat", "valeur")


def test_windows_1252_called_utf_8_sets_only_its_lines_aside(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", lambda rows: rows[5].__setitem__(4, "négatif"))
    path = delivery / "resultat.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    damage(delivery).seal("resultat.csv")
    receipt = only(gate.receive(delivery))
    assert receipt.quarantined_row_count == 1
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [(5, "not UTF-8")]


def test_a_byte_that_is_no_text_sets_one_line_of_ndjson_aside(gate, sample, damage):
    delivery = sample("fhirmed")
    path = delivery / "Condition.ndjson"
    lines = path.read_bytes().splitlines()
    lines[6] = lines[6].replace(b"active", b"act\xffive", 1)
    path.write_bytes(b"\n".join(lines) + b"\n")
    damage(delivery).seal("Condition.ndjson")
    receipt = only(gate.receive(delivery))
    assert (receipt.status, receipt.quarantined_row_count) == ("partially_accepted", 1)
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [(7, "not UTF-8")]
    assert gate.landed_count("fhirmed", "condition") == 19


def test_a_byte_unknown_to_windows_1252_sets_one_line_aside(gate, sample, damage):
    delivery = sample("medirel")
    path = delivery / "acte.csv"
    lines = path.read_bytes().splitlines()
    lines[4] = lines[4].replace(b"DEQP003", b"DEQP\x81003")
    path.write_bytes(b"\n".join(lines) + b"\n")
    document = damage(delivery).manifest()
    _entry(document, "acte.csv")["encoding"] = "cp1252"
    damage(delivery).write_manifest(document)
    damage(delivery).seal("acte.csv")
    receipt = only(gate.receive(delivery))
    assert [(row, reason) for _, row, _, reason, _ in quarantine(gate)] == [(4, "not CP1252")]
    assert receipt.accepted_row_count + 1 == receipt.received_row_count
    assert gate.landed_count("medirel", "acte") == 19


def _pack(delivery, damage, content: bytes | None = None):
    path = delivery / "resultat.csv"
    packed = delivery / "resultat.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes() if content is None else content))
    path.unlink()
    document = damage(delivery).manifest()
    _entry(document, "resultat.csv")["path"] = "resultat.csv.gz"
    damage(delivery).write_manifest(document)
    damage(delivery).seal("resultat.csv.gz")
    return packed


def test_a_packed_file_is_read(gate, sample, damage):
    delivery = sample("medirel")
    _pack(delivery, damage)
    assert only(gate.receive(delivery)).status == "accepted"
    assert gate.landed_count("medirel", "resultat") == 20


def test_a_packed_bomb_and_a_cut_packed_file_are_rejected(gate, sample, damage):
    bomb = sample("medirel", sequence=1)
    _pack(bomb, damage, b"0" * (64 << 20))
    rejected_file(gate, bomb, "resultat.csv.gz", "grows more")
    cut = sample("medirel", sequence=2)
    packed = _pack(cut, damage)
    packed.write_bytes(packed.read_bytes()[:-30])
    damage(cut).seal("resultat.csv.gz")
    rejected_file(gate, cut, "resultat.csv.gz", "damaged")


def test_an_endless_line_does_not_take_the_file_along(gate, sample, damage):
    delivery = sample("medirel")
    damage(delivery).edit_csv("resultat.csv", lambda rows: rows[5].__setitem__(4, "x" * (5 << 20)))
    receipt = only(gate.receive(delivery))
    assert receipt.accepted_row_count + receipt.quarantined_row_count == receipt.received_row_count
    assert receipt.status == "partially_accepted"


# --- archives ---------------------------------------------------------------------------------


def test_zip_and_tar_archives_are_taken(gate, sample, tmp_path):
    one, two = sample("medirel"), sample("dosmed")
    shutil.make_archive(str(tmp_path / "one"), "zip", one.parent)
    with tarfile.open(tmp_path / "two.tar.gz", "w:gz") as archive:
        archive.add(two, arcname=two.name)
    report = gate.receive(tmp_path / "one.zip", tmp_path / "two.tar.gz")
    assert [d.status for d in report.deliveries] == ["accepted", "accepted"]


def test_archives_that_lead_out_or_explode_are_refused(gate, tmp_path):
    outside = tmp_path / "outside.zip"
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../escaped.txt", "x")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (64 << 20))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 cut")
    report = gate.receive(outside, bomb, broken)
    words = ["leads out", "grows more", "Damaged"]
    for receipt, word in zip(report.deliveries, words, strict=True):
        assert receipt.status == "refused" and word in receipt.messages[0]
    assert not list(tmp_path.rglob("escaped.txt"))


# --- crashes and many deliveries --------------------------------------------------------------


class PowerCut(BaseException):
    pass


@pytest.mark.parametrize("point", ["build", "publish", "after publish", "half published"])
def test_a_crash_at_any_point_leaves_nothing_or_everything(gate, sample, monkeypatch, point):
    from p4dp.intake import landing

    delivery = sample("medirel")
    publish = landing.publish

    def cut(incoming, home):
        if point == "after publish":
            publish(incoming, home)
        if point == "half published":
            target = home.landing / "medirel" / "acte" / f"delivery={incoming.name}"
            target.parent.mkdir(parents=True)
            (incoming / "medirel" / "acte").rename(target)
        raise PowerCut

    with monkeypatch.context() as patch:
        if point == "build":
            patch.setattr(landing, "build", lambda *a, **k: (_ for _ in ()).throw(PowerCut()))
        else:
            patch.setattr(landing, "publish", cut)
        with pytest.raises(PowerCut):
            gate.receive(delivery)
    heal(gate.home)
    landed = gate.landed_count("medirel", "acte"), len(gate.landed("p4dp", "delivery"))
    assert landed in ((0, 0), (20, 1))
    again = gate.receive(delivery)
    assert {d.status for d in again.deliveries} <= {"accepted", "duplicate"}
    assert gate.landed_count("medirel", "acte") == 20
    assert len(gate.landed("p4dp", "delivery")) == 1
    with open_vault(gate.home, gate.keys) as vault:
        assert vault.execute("select status from vault.delivery").fetchall() == [("accepted",)]
        assert vault.execute("select count(*) from vault.sealed_identity").fetchall() == [(5,)]


def test_a_delivery_interrupted_and_withdrawn_is_taken_from_its_original(gate, sample, monkeypatch):
    from p4dp.intake import landing

    delivery = sample("medirel")
    with monkeypatch.context() as patch:
        patch.setattr(landing, "publish", lambda *a: (_ for _ in ()).throw(PowerCut()))
        with pytest.raises(PowerCut):
            gate.receive(delivery)
    shutil.rmtree(delivery)
    gate.receive(sample("dosmed"))
    assert gate.landed_count("medirel", "acte") == 20


def test_many_deliveries_are_compacted_without_losing_a_row(gate, sample):
    deliveries = [sample("medirel", sequence=n, kind="changes") for n in range(1, 18)]
    report = gate.receive(*deliveries)
    assert report.compacted_folders > 0
    assert gate.landed_count("medirel", "acte") == 17 * 20
    assert len(gate.landed("p4dp", "delivery")) == 17
    folder = gate.home.landing / "medirel" / "acte"
    assert len(list(folder.iterdir())) == 1
    assert {d.status for d in gate.receive(*deliveries).deliveries} == {"duplicate"}


def test_a_crash_during_compaction_doubles_nothing(gate, sample, monkeypatch):
    from p4dp.intake import compaction

    deliveries = [sample("medirel", sequence=n, kind="changes") for n in range(1, 18)]

    def cut(folder, *args, **kwargs):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(compaction.shutil, "rmtree", _cut_members(compaction.shutil.rmtree))
        with pytest.raises(PowerCut):
            gate.receive(*deliveries)
    heal(gate.home)
    assert gate.landed_count("medirel", "acte") == 17 * 20
    assert len(gate.landed("p4dp", "delivery")) == 17


def _cut_members(rmtree):
    def remove(folder, *args, **kwargs):
        if Path(folder).name.startswith("delivery=medirel"):
            raise PowerCut
        rmtree(folder, *args, **kwargs)

    return remove


# --- keys -------------------------------------------------------------------------------------


def test_without_memory_nothing_lands_and_the_next_receive_takes_it(gate, sample, monkeypatch):
    def exhausted(*_):
        raise duckdb.OutOfMemoryException("failed to allocate")

    delivery = sample("medirel")
    with monkeypatch.context() as patch:
        patch.setattr(import_module("p4dp.intake.receive"), "check_delivery", exhausted)
        with pytest.raises(P4dpError, match="memory does not suffice") as error:
            gate.receive(delivery)
    assert error.value.file == delivery and error.value.remedy
    assert gate.landed("medirel", "acte") == []
    assert only(gate.receive(delivery)).status == "accepted"


def test_another_vault_key_is_refused_and_lost_keys_stop_the_gate(gate, sample, tmp_path):
    from p4dp.errors import P4dpError

    gate.receive(sample("medirel"))
    with pytest.raises(P4dpError, match="Missing keys"):
        warehouse_keys(tmp_path / "nowhere", gate.home)
    other = type(gate.keys)(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)
    with pytest.raises(P4dpError, match="cannot be opened"):
        receive([sample("dosmed")], gate.home, other, copy=True)


# --- several files of one table ---------------------------------------------------------------


def test_parts_of_a_table_are_one_table(gate, sample, damage):
    """Rows are numbered on over the parts; a row repeated in another part counts once."""
    delivery = sample("snds")
    whole = duckdb.sql(f"from '{delivery}/ER_PRS_F.parquet'").to_arrow_table()
    document = damage(delivery).manifest()
    (entry,) = [f for f in document["files"] if f["table"] == "ER_PRS_F"]
    document["files"].remove(entry)
    parts = {"a.parquet": whole.slice(0, 12), "b.parquet": whole.slice(10, 10)}
    for name, part in parts.items():
        pq.write_table(part, delivery / name)
        document["files"].append(entry | {"path": name, "rows": part.num_rows})
    (delivery / "ER_PRS_F.parquet").unlink()
    damage(delivery).write_manifest(document)
    for name in parts:
        damage(delivery).seal(name)
    receipt = only(gate.receive(delivery))
    assert (receipt.status, receipt.duplicate_row_count) == ("accepted", 2)
    rows = [row for (row,) in gate.landed("snds", "ER_PRS_F", "delivery_row")]
    assert rows == [*range(1, 11), *range(13, 23)]


def test_repeats_in_parts_are_counted_and_set_aside_in_their_own_part(gate, sample, damage):
    delivery = sample("fhirmed")
    path = delivery / "Condition.ndjson"
    lines = path.read_text().splitlines()
    document = damage(delivery).manifest()
    (entry,) = [f for f in document["files"] if f["table"] == "Condition"]
    document["files"].remove(entry)
    changed = lines[3].replace('"active"', '"resolved"', 1)
    parts = {
        "a.ndjson": [*lines[:8], "", *lines[8:12]],
        "b.ndjson": [changed, *lines[12:], lines[5]],
    }
    for name, part in parts.items():
        (delivery / name).write_text("\n".join(part) + "\n")
        rows = len([line for line in part if line])
        document["files"].append(entry | {"path": name, "rows": rows})
    path.unlink()
    damage(delivery).write_manifest(document)
    for name in parts:
        damage(delivery).seal(name)
    receipt = only(gate.receive(delivery))
    assert (receipt.duplicate_row_count, receipt.quarantined_row_count) == (1, 1)
    with open_vault(gate.home, gate.keys) as vault:
        found = vault.execute("select file, delivery_row from vault.quarantine").fetchall()
    assert found == [("a.ndjson", 4)]
    assert gate.landed_count("fhirmed", "condition") == 20


def test_the_same_path_twice_is_refused(gate, sample, damage):
    delivery = sample("snds")
    document = damage(delivery).manifest()
    damage(delivery).set(files=[*document["files"], document["files"][0]])
    assert "twice" in only(gate.receive(delivery)).messages[0]


# --- contract versions ------------------------------------------------------------------------


def test_two_contract_versions_land_in_one_shape(gate, sample):
    """What the older version does not have is null; a date becomes the timestamp of today."""
    old = sample("dosmed", "1.0", sequence=1)
    new = sample("dosmed", "2.0", sequence=2)
    report = gate.receive(old, new)
    assert [d.status for d in report.deliveries] == ["accepted", "accepted"]
    events = gate.landed("dosmed", "evenement", "delivery_sequence, typeof(date_evenement)")
    assert {kind for _, kind in events} == {"TIMESTAMP"} and len(events) == 40
    replaced = gate.landed("dosmed", "element", "delivery_sequence, remplace_element_id")
    assert {value for sequence, value in replaced if sequence == 1} == {None}
    versions = gate.landed("p4dp", "delivery", "contract_version")
    assert versions == [("1.0",), ("2.0",)]
