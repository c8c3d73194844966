"""Every kind of fault planted in a sound delivery is found, with reason, column and row."""

from __future__ import annotations

import sys

import pytest

from p4dp.contracts.sample import write_sample_delivery
from p4dp.intake.french import in_french
from p4dp.intake.scorecard import score_delivery
from p4dp.settings import PROJECT_ROOT

sys.path.insert(0, str(PROJECT_ROOT))
from benchmarks.planted_faults import FAULTS, check  # noqa: E402


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_with_its_reason(fault, tmp_path):
    finding = check(fault, tmp_path)
    assert finding.found, f"{finding.verdict}: {finding.said}"
    # The page tells it in French.
    english = [reason for reason in finding.reasons if in_french(reason) == reason]
    assert not set(english) - {"NIR"}


@pytest.mark.parametrize("source", sorted({fault.source for fault in FAULTS}))
def test_without_a_fault_nothing_is_said(source, tmp_path):
    card = score_delivery(write_sample_delivery(tmp_path, source, "2.0"))
    assert card.verdict == "accepted" and not card.identities
    assert not [t for t in card.tables if t.fault or t.reasons or t.duplicate]
