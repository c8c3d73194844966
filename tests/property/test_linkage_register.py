"""Properties of the register under arbitrary inputs and histories."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from p4dp.linkage import update_register
from p4dp.linkage.register import read_aliases, read_history, replay

pytestmark = pytest.mark.slow

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "linkage"))
from linkage_worlds import chart, links, persons, warehouse  # noqa: E402

_IDS = [f"p{i}" for i in range(8)]


@st.composite
def _row(draw, patient: str) -> dict:
    snds = draw(st.booleans()) and patient in ("p6", "p7")
    nir = draw(st.sampled_from([None, "n1", "n2", "n3"]))
    return chart(
        patient,
        nir,
        None if snds else draw(st.sampled_from([None, "t1", "t2", "t3"])),
        nir_status=draw(st.sampled_from(["certified", "waiting", "insured"])) if nir else "missing",
        source="snds" if snds else "medirel",
        practice_pseudo=None if snds else draw(st.sampled_from(["q1", "q2", "q3"])),
        birth_year=draw(st.sampled_from([1970, 1970, 1970, None, 1971])),
    )


@st.composite
def _batch(draw) -> list[dict]:
    present = draw(st.lists(st.sampled_from(_IDS), unique=True, max_size=len(_IDS)))
    return [draw(_row(patient)) for patient in present]


_SETTINGS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_SETTINGS
@given(st.lists(_batch(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_history_replays_to_the_register_and_no_key_is_lost(batches, rng):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        known: set[int] = set()
        for batch in batches:
            shuffled = list(batch)
            rng.shuffle(shuffled)
            update_register(warehouse(root / "w.duckdb", shuffled), root / "register")
            present = persons(root / "register")
            assert set(present) == {row["patient_pseudo"] for row in batch}
            known |= set(present.values())
            with duckdb.connect() as con:
                read_history(con, root / "register")
                read_aliases(con)
                replay(con)
                replayed = con.execute(
                    "select patient_pseudo, person_key from replayed where is_present"
                ).fetchall()
                reachable = con.execute(
                    "select person_key from history where event = 'mint'"
                ).fetchall()
            assert dict(replayed) == present
            assert known <= {key for (key,) in reachable}
        again = update_register(root / "w.duckdb", root / "register")
        assert not again.is_changed


@_SETTINGS
@given(_batch(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(batch, rng):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shuffled = list(batch)
        rng.shuffle(shuffled)
        update_register(warehouse(root / "w.duckdb", batch), root / "one")
        update_register(warehouse(root / "w.duckdb", shuffled), root / "two")
        one, two = (root / name / "person_link/person_link.parquet" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


@_SETTINGS
@given(_batch())
def test_charts_with_contradicting_certified_numbers_never_share_a_key(batch):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        update_register(warehouse(root / "w.duckdb", batch), root / "register")
        key = {p: k for p, (k, _, _) in links(root / "register").items()}
        numbers: dict[int, set[str]] = {}
        for row in batch:
            if row["nir_status"] == "certified" and row["source"] != "snds":
                numbers.setdefault(key[row["patient_pseudo"]], set()).add(row["nir_pseudo"])
        assert all(len(found) == 1 for found in numbers.values())
