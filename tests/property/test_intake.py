"""Landing does not depend on the order of arrival; no mutated delivery breaks a promise."""

from __future__ import annotations

import importlib.util
import sys

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p4dp.contracts.sample import write_sample_delivery
from p4dp.intake import receive
from p4dp.intake.identity import kind_of_identity
from p4dp.settings import PROJECT_ROOT, Home
from p4dp.vault import WarehouseKeys

KEYS = WarehouseKeys(level2=b"2" * 32, vault=b"3" * 32, trail=b"4" * 32)


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory):
    """Full and change deliveries, two contract versions, one sent twice."""
    out = tmp_path_factory.mktemp("sent")
    made = [
        write_sample_delivery(out / "a", "medirel", "1.0", sequence=1, rows=6),
        write_sample_delivery(out / "b", "medirel", "2.0", sequence=2, rows=7, kind="changes"),
        write_sample_delivery(out / "c", "medirel", "2.0", sequence=3, rows=8, kind="changes"),
        write_sample_delivery(out / "d", "fhirmed", "2.0", sequence=1, rows=4),
    ]
    return [*made, made[1]]


def landed(home: Home) -> dict[str, list[tuple]]:
    return {
        f"{table.parent.name}.{table.name}": duckdb.sql(
            f"from read_parquet('{table}/**/*.parquet', union_by_name=true) order by all"
        ).fetchall()
        for table in sorted(home.landing.glob("[!.]*/*"))
    }


@pytest.fixture(scope="module")
def expected(deliveries, tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    receive(deliveries, home, KEYS, copy=True)
    return landed(home)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(5)), batches=st.integers(1, 3))
def test_any_order_and_any_batches_land_the_same(
    order, batches, deliveries, expected, tmp_path_factory
):
    home = Home(tmp_path_factory.mktemp("home"))
    sent = [deliveries[i] for i in order]
    for start in range(0, len(sent), batches):
        report = receive(sent[start : start + batches], home, KEYS, copy=True)
        assert {d.status for d in report.deliveries} <= {"accepted", "duplicate"}
    assert landed(home) == expected


def test_mutated_deliveries_break_no_promise():
    path = PROJECT_ROOT / "benchmarks" / "fuzz_intake.py"
    spec = importlib.util.spec_from_file_location("fuzz_intake", path)
    fuzz = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_intake"] = fuzz
    spec.loader.exec_module(fuzz)
    outcome = fuzz.run(120, seed=7, receive_every=15)
    assert outcome.violations == []
    assert len(outcome.verdicts) >= 3


# --- the identity detector --------------------------------------------------------------------

NIR = st.from_regex(r"[12][0-9]{2}(0[1-9]|1[0-2])[0-9]{2}7[0-9]{2}[0-9]{3}", fullmatch=True).map(
    lambda n: f"{n}{97 - int(n) % 97:02d}"
)
DIGITS = st.lists(st.integers(0, 9), min_size=8, max_size=8).map(lambda ds: "".join(map(str, ds)))


@given(NIR, st.sampled_from(["{}", "nir {}", "({})"]))
def test_a_number_with_its_key_is_found_wherever_it_stands(number, around):
    assert kind_of_identity(around.format(number)) == "NIR"
    assert kind_of_identity(number, is_key=True) == "NIR"


@given(NIR)
def test_a_number_is_found_in_groups(number):
    parts = (number[:1], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13])
    assert kind_of_identity(" ".join((*parts, number[13:]))) == "NIR"


@given(st.sampled_from("1234679"), DIGITS)
def test_a_telephone_number_is_found(area, digits):
    number = f"0{area}{digits}"
    pairs = [number[i : i + 2] for i in range(0, 10, 2)]
    for written in (number, " ".join(pairs), ".".join(pairs), "-".join(pairs), f"+33{number[1:]}"):
        assert kind_of_identity(written) == "telephone number", written


@given(st.from_regex(r"[a-z]{1,12}(\.[a-z]{1,12})?", fullmatch=True))
def test_an_address_of_electronic_mail_is_found(name):
    assert kind_of_identity(f"voir {name}@example.org") == "e-mail address"


CODED = st.one_of(
    st.from_regex(r"34009[0-9]{8}", fullmatch=True),
    st.from_regex(r"[0-9]{1,5}-[0-9]", fullmatch=True),
    st.from_regex(r"[A-Z][0-9]{2}(\|[A-Z][0-9]{2}){0,3}", fullmatch=True),
    st.from_regex(r"[<>]?[0-9]{1,3},[0-9]{1,2}( (g/L|mmol/L|mg/dL|%))?", fullmatch=True),
    st.from_regex(r"[0-9]{2,3}/[0-9]{2,3}", fullmatch=True),
    st.from_regex(r"(0[1-9]|[12][0-9])/(0[1-9]|1[0-2])/(19|20)[0-9]{2}", fullmatch=True),
    st.dates().map(lambda d: f"{d.isoformat()}T09:30:00+01:00"),
    st.uuids().map(str),
    st.sampled_from(["positif", "négatif", "non fumeur", "ancien fumeur", "5,2 mmol/L", "BIO-GB"]),
)


@given(CODED)
def test_coded_content_is_not_taken_for_an_identity(value):
    assert kind_of_identity(value) is None or len(value) == 36
