"""Identities are found wherever a sender may leave them, however they are written."""

from __future__ import annotations

import json
import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from p4dp.contracts import contract_for
from p4dp.duck import connect_plain
from p4dp.intake.check import check_delivery
from p4dp.intake.identity import scan_values


def found(delivery, tmp_path):
    """{(column, kind, first row)} of the identities in a delivery."""
    check = check_delivery(connect_plain(tmp_path / "scratch"), delivery)
    return {(i.column, i.kind, i.row) for _, i in check.identities}


def plant(damage, delivery, file, column, row, value):
    damage(delivery).edit_csv(
        file, lambda rows: rows[row].__setitem__(rows[0].index(column), value)
    )


def keyed(number):
    """The number with its key, divided digit by digit as one does by hand."""
    remainder = 0
    for digit in number.replace("2A", "19").replace("2B", "18"):
        remainder = (remainder * 10 + int(digit)) % 97
    return f"{number}{97 - remainder:02d}"


PLACES = ("06799", "2A799", "2B799", "97479", "99699", "91799")


def test_every_number_is_found_however_it_is_grouped():
    draw = random.Random(4)
    written = set()
    for _ in range(400):
        first = draw.choice("12378")
        number = keyed(
            f"{first}{draw.randrange(100):02d}{draw.randrange(1, 13):02d}{draw.choice(PLACES)}"
            f"{draw.randrange(1, 1000):03d}"
        )
        gap = draw.choice(["", " ", ".", "-", "\u00a0", "\u202f"])
        cuts = ((0, 1), (1, 3), (3, 5), (5, 7), (7, 10), (10, 13), (13, 15))
        text = gap.join(number[start:end] for start, end in cuts)
        written.add(draw.choice(["{}", "({})", "no {} "]).format(text))
    connection = duckdb.connect()
    values = pa.table({"delivery_row": range(len(written)), "unite": sorted(written)})
    connection.register("planted", values)
    table = contract_for("medirel", "2.0").table("resultat")
    (identity,) = scan_values(connection, "planted", table, ["unite"])
    assert (identity.kind, identity.count) == ("NIR", len(written))


#: Where it is planted, and what must be said of it.
IDENTITIES = [
    ("patient.csv", "sealed_birth_name", "DUPONT", "identity not sealed"),
    ("patient.csv", "sealed_phone", "0612345678", "telephone number"),
    ("patient.csv", "block_birth_date", "12/05/1985", "identity not sealed"),
    ("patient.csv", "return_token", "4711", "identity not sealed"),
    ("patient.csv", "patient_pseudo", "0612345678", "telephone number"),
    ("patient.csv", "sexe", "Martin", "personal name"),
    ("patient.csv", "commune_insee", "12/05/1985", "exact birth date"),
    ("patient.csv", "annee_naissance", "19850512", "exact birth date"),
    ("acte.csv", "num_acte", "06 12 34 56 78", "telephone number"),
    ("acte.csv", "patient_pseudo", "+33612345678", "telephone number"),
    ("acte.csv", "num_acte", "Jean DUPONT", "personal name"),
    ("acte.csv", "num_acte", "12 rue de la Paix", "postal address"),
    ("acte.csv", "num_acte", keyed("185052A799001"), "NIR"),
    ("resultat.csv", "valeur", "1985-05-12", "exact birth date"),
    ("resultat.csv", "valeur", "Jean Martin", "personal name"),
    ("resultat.csv", "valeur", "rue de la Paix 12", "postal address"),
    ("resultat.csv", "valeur", "+33 (0)6 12 34 56 78", "telephone number"),
    ("resultat.csv", "unite", "06\u202f12\u202f34\u202f56\u202f78", "telephone number"),
    ("prescription.csv", "nb_boites", "Durand", "personal name"),
]
#: What a code, a key or a result may look like.
INNOCENT = [
    ("acte.csv", "num_acte", "0612345678"),
    ("acte.csv", "num_acte", "2024-01-15 09:30:00"),
    ("acte.csv", "date_acte", "12/05/1985"),
    ("consultation.csv", "motif_code", "Rose"),
    ("resultat.csv", "valeur", "3400935955838"),
    ("resultat.csv", "valeur", "ancien fumeur"),
    ("patient.csv", "sealed_birth_name", "Qk9" * 25),
]


def test_identities_are_found_where_they_stand(sample, damage, tmp_path):
    delivery = sample("medirel", patients=20)
    for row, (file, column, value, _) in enumerate(IDENTITIES, 1):
        plant(damage, delivery, file, column, row, value)
    expected = {(column, kind, row) for row, (_, column, _, kind) in enumerate(IDENTITIES, 1)}
    assert found(delivery, tmp_path) == expected


def test_what_may_mean_something_else_refuses_nothing(sample, damage, tmp_path):
    delivery = sample("medirel", patients=20)
    for row, (file, column, value) in enumerate(INNOCENT, 1):
        plant(damage, delivery, file, column, row, value)
    assert found(delivery, tmp_path) == set()


def test_a_damaged_token_sets_its_row_aside(gate, sample, damage):
    delivery = sample("medirel", patients=5)
    plant(damage, delivery, "patient.csv", "sealed_birth_name", 4, "Qk9" * 25)
    (receipt,) = gate.receive(delivery).deliveries
    assert (receipt.status, receipt.quarantined_row_count) == ("partially_accepted", 1)
    assert gate.landed_count("medirel", "patient") == 4


def test_bytes_that_are_text_are_read_as_text(sample, damage, tmp_path):
    delivery = sample("dosmed")
    path = delivery / "element.parquet"
    table = pq.read_table(path)
    units = [b"g/L"] * table.num_rows
    units[6] = b"jean.dupont@example.org"
    index = table.column_names.index("unite")
    pq.write_table(table.set_column(index, "unite", pa.array(units, pa.binary())), path)
    damage(delivery).seal("element.parquet")
    assert found(delivery, tmp_path) == {("unite", "e-mail address", 7)}


def test_lists_are_read_as_text(sample, damage, tmp_path):
    delivery = sample("dosmed")
    path = delivery / "element.parquet"
    table = pq.read_table(path)
    units = [["g/L"]] * table.num_rows
    units[6] = ["g/L", keyed("185052A799001")]
    index = table.column_names.index("unite")
    pq.write_table(table.set_column(index, "unite", pa.array(units)), path)
    damage(delivery).seal("element.parquet")
    assert found(delivery, tmp_path) == {("unite", "NIR", 7)}


def test_a_birth_date_for_the_year_in_a_typed_column_is_found(sample, damage, tmp_path):
    delivery = sample("dosmed", patients=5)
    path = delivery / "dossier.parquet"
    table = pq.read_table(path)
    years = [1985, 1990, 19850512, 1970, None]
    index = table.column_names.index("annee_naissance")
    column = pa.array(years, pa.int32())
    pq.write_table(table.set_column(index, "annee_naissance", column), path)
    damage(delivery).seal("dossier.parquet")
    assert found(delivery, tmp_path) == {("annee_naissance", "exact birth date", 3)}


def test_a_column_the_contract_does_not_know_is_looked_at(sample, damage, tmp_path):
    delivery = sample("medirel")

    def add(rows):
        rows[0].append("divers")
        for row in rows[1:]:
            row.append("")
        rows[5][-1] = "06 12 34 56 78"

    damage(delivery).edit_csv("acte.csv", add)
    assert found(delivery, tmp_path) == {("divers", "telephone number", 5)}


def test_elements_the_contract_does_not_know_are_looked_at(sample, damage, tmp_path):
    planted = [
        (keyed("1850506799001"), "NIR"),
        ("06 12 34 56 78", "telephone number"),
        ("12 rue de la Paix", "postal address"),
    ]
    delivery = sample("fhirmed")
    path = delivery / "Condition.ndjson"
    lines = path.read_text().splitlines()
    for row, (value, _) in enumerate(planted):
        resource = json.loads(lines[row]) | {"stage": [{"summary": {"other": value}}]}
        lines[row] = json.dumps(resource)
    path.write_text("\n".join(lines) + "\n")
    damage(delivery).seal("Condition.ndjson")
    expected = {("line", kind, row) for row, (_, kind) in enumerate(planted, 1)}
    assert found(delivery, tmp_path) == expected
