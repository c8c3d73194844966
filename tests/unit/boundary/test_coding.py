"""Free text is coded where it says it plainly, and never silently below the threshold."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest

from p4dp.boundary.coding import THRESHOLD, code_label, code_labels

#: Labels as French GPs write them, with the CISP-2 code a coder would give; chosen apart from
#: the synonyms. None: must not be coded.
PLANTED = [
    ("HTA", "K86"),
    ("H.T.A.", "K86"),
    ("hypertension artérielle", "K86"),
    ("HYPERTENSION ARTERIELLE essentielle", "K86"),
    ("Diabète de type 2", "T90"),
    ("diabete type 2 équilibré", "T90"),
    ("Angine à streptocoque", "R76"),
    ("angine", "R76"),
    ("Hypercholestérolémie mixte", "T93"),
    ("hypercholesterolemi", "T93"),
    ("Syndrome dépressif", "P76"),
    ("Lombalgie aiguë", "L03"),
    ("Gastro-entérite", "D73"),
    ("gastroenterite", "D73"),
    ("BPCO stade 2", "R95"),
    ("Fibrilation auriculaire", "K78"),
    ("Otite moyenne aigüe droite", "H71"),
    ("pas d'angine", None),
    ("suspicion de pneumopathie", None),
    ("ATCD familial de cancer du sein", None),
    ("mère diabétique", None),
    ("dépistage cancer colorectal", None),
    ("asthme ?", None),
    ("HTA et asthme", None),
    ("vu ce jour, tout va bien", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("label", "expected"), PLANTED)
def test_planted_problem_titles(label, expected):
    coding = code_label(label, "problem")
    assert (coding.code if coding else None) == expected


@pytest.mark.parametrize(
    ("label", "kind", "code"),
    [
        ("BIO-HDLC", "lab", "14646-4"),
        ("Hémoglobine glyquée", "lab", "4548-4"),
        ("CREATININE", "lab", "14682-9"),
        ("Doliprane", "drug", "N02BE01"),
        ("KARDEGIC 75", "drug", "B01AC06"),
        ("atorvastatine 20", "drug", "C10AA05"),
    ],
)
def test_laboratory_labels_and_drug_names(label, kind, code):
    coding = code_label(label, kind)
    assert coding is not None and coding.code == code


def test_the_rule_and_the_confidence_are_told():
    exact, phrase, similar = code_labels(
        ["Asthme", "asthme d'effort ancien", "ashtme bronchique"], "problem", 0.0
    )
    assert exact is not None and (exact.rule, exact.confidence) == ("exact", 1.0)
    assert phrase is not None and (phrase.rule, phrase.confidence) == ("phrase", 0.9)
    assert similar is None or similar.confidence < 0.9


@pytest.mark.parametrize("threshold", [0.75, 0.9, 0.95, 1.0])
def test_nothing_below_the_threshold_is_coded(threshold):
    for label, _ in PLANTED:
        coding = code_label(label, "problem", threshold)
        assert coding is None or coding.confidence >= threshold


def test_synonyms_are_reviewable_and_consistent():
    shapes = {
        "CISP-2": r"[A-Z][0-9]{2}",
        "LOINC": r"[0-9]{1,5}-[0-9]",
        "ATC": r"[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}",
    }
    text = files("p4dp.boundary").joinpath("synonyms.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({(r["kind"], r["label"]) for r in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(shapes[row["system"]], row["code"]), row
        coding = code_label(row["label"], row["kind"])
        assert coding is not None and coding.code == row["code"], row
    assert 0.5 < THRESHOLD < 1
