"""What the world is made of, in codes: conditions, reasons for encounter, drugs, tests, vaccines.

Codes only (CISP-2, CIM-10, LOINC, NABM, CCAM, ATC, ALD numbers); the French titles are plain
words of this project, standing for what a doctor types. Rates are in `world.yaml`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from p4dp.errors import P4dpError
from p4dp.settings import PROJECT_ROOT

MEDICINES = PROJECT_ROOT / "seeds" / "vocabulary" / "cip_atc.csv"
PACKS = PROJECT_ROOT / "seeds" / "vocabulary" / "cip_pack.csv"
HOSPITAL_MEDICINES = PROJECT_ROOT / "seeds" / "vocabulary" / "ucd_atc.csv"


@dataclass(frozen=True)
class Condition:
    """A chronic condition: codes, long-term-illness (ALD) number, usual treatment.

    `slots` are independent treatment lines: probability, ATC codes of which one is taken.
    `severe` says that ALD status is the rule rather than the exception.
    """

    name: str
    cisp2: str
    cim10: str
    titles: tuple[str, ...]
    ald: int = 0
    severe: bool = False
    slots: tuple[tuple[float, tuple[str, ...]], ...] = ()


_STATIN = ("C10AA05", "C10AA07", "C10AA01", "C10AA03")
_ACE = ("C09AA05", "C09AA04", "C09CA01", "C09CA03", "C09CA06")

CONDITIONS = (
    Condition(
        "diabetes_2",
        "T90",
        "E11.9",
        ("Diabète type 2", "DNID", "DT2"),
        8,
        True,
        (
            (0.85, ("A10BA02",)),
            (0.25, ("A10BB09",)),
            (0.22, ("A10BH01",)),
            (0.12, ("A10BJ02",)),
            (0.18, ("A10BK01", "A10BK03")),
            (0.2, ("A10AE04",)),
        ),
    ),
    Condition(
        "diabetes_1",
        "T89",
        "E10.9",
        ("Diabète type 1", "DID"),
        8,
        True,
        ((1.0, ("A10AE04",)), (1.0, ("A10AB05", "A10AB04"))),
    ),
    Condition(
        "hypertension",
        "K86",
        "I10",
        ("HTA", "Hypertension artérielle", "Hypertension"),
        12,
        False,
        (
            (0.7, _ACE),
            (0.38, ("C08CA01", "C08CA13")),
            (0.18, ("C03AA03", "C03BA11")),
            (0.18, ("C09DA03", "C09BA04")),
            (0.1, ("C07AB12",)),
        ),
    ),
    Condition(
        "dyslipidaemia",
        "T93",
        "E78.0",
        ("Hypercholestérolémie", "Dyslipidémie"),
        0,
        False,
        ((0.92, _STATIN), (0.12, ("C10AX09",))),
    ),
    Condition(
        "copd",
        "R95",
        "J44.9",
        ("BPCO", "Bronchopneumopathie chronique"),
        14,
        False,
        ((0.6, ("R03BB04",)), (0.5, ("R03AK06", "R03AK07")), (0.5, ("R03AC02",))),
    ),
    Condition(
        "asthma",
        "R96",
        "J45.9",
        ("Asthme",),
        14,
        False,
        ((0.6, ("R03AK06", "R03AK07")), (0.3, ("R03BA01", "R03BA02")), (0.7, ("R03AC02",))),
    ),
    Condition(
        "heart_failure",
        "K77",
        "I50.9",
        ("Insuffisance cardiaque", "IC chronique"),
        5,
        True,
        (
            (0.75, ("C03CA01",)),
            (0.75, ("C07AB07", "C07AB12")),
            (0.55, ("C09AA05",)),
            (0.2, ("C09DX04",)),
            (0.35, ("C03DA01", "C03DA04")),
            (0.35, ("A10BK01", "A10BK03")),
        ),
    ),
    Condition(
        "atrial_fibrillation",
        "K78",
        "I48.9",
        ("ACFA", "Fibrillation auriculaire"),
        5,
        True,
        ((0.85, ("B01AF02", "B01AF01")), (0.6, ("C07AB07",))),
    ),
    Condition(
        "ckd",
        "U99",
        "N18.3",
        ("Insuffisance rénale chronique", "IRC"),
        19,
        True,
        ((0.6, ("A10BK01",)), (0.6, ("C09CA06",))),
    ),
    Condition(
        "ischaemic_heart_disease",
        "K76",
        "I25.1",
        ("Coronaropathie", "Cardiopathie ischémique"),
        13,
        True,
        (
            (0.9, ("B01AC06", "B01AC04")),
            (0.85, ("C10AA05", "C10AA07")),
            (0.65, ("C07AB07",)),
            (0.5, ("C09AA05",)),
        ),
    ),
    Condition(
        "stroke",
        "K90",
        "I63.9",
        ("AVC", "Séquelles d'AVC"),
        1,
        True,
        ((0.9, ("B01AC06", "B01AC04")), (0.75, ("C10AA05",)), (0.4, ("C09AA04",))),
    ),
    Condition(
        "peripheral_artery",
        "K92",
        "I70.2",
        ("AOMI", "Artériopathie des membres inférieurs"),
        3,
        True,
        ((0.9, ("B01AC04", "B01AC06")), (0.8, ("C10AA05", "C10AA07"))),
    ),
    Condition("colorectal_cancer", "D75", "C18.9", ("Cancer du côlon", "ADK colique"), 30, True),
    Condition("breast_cancer", "X76", "C50.9", ("Cancer du sein",), 30, True),
    Condition("cervical_cancer", "X75", "C53.9", ("Cancer du col",), 30, True),
    Condition("prostate_cancer", "Y77", "C61", ("Cancer de la prostate",), 30, True),
    Condition(
        "inflammatory_bowel", "D94", "K51.9", ("RCH", "Maladie inflammatoire intestinale"), 24, True
    ),
    Condition("colorectal_polyp", "D78", "K63.5", ("Polype colique", "ATCD polypes"), 0, False),
    Condition(
        "depression",
        "P76",
        "F32.9",
        ("Dépression", "Syndrome dépressif"),
        23,
        False,
        ((0.95, ("N06AB10", "N06AB06", "N06AX16")),),
    ),
    Condition(
        "anxiety",
        "P74",
        "F41.1",
        ("Anxiété", "Trouble anxieux"),
        0,
        False,
        ((0.72, ("N05BA12", "N05BA06")), (0.4, ("N06AB10",))),
    ),
    Condition(
        "insomnia",
        "P06",
        "G47.0",
        ("Insomnie", "Troubles du sommeil"),
        0,
        False,
        ((0.95, ("N05CF01", "N05CF02")),),
    ),
    Condition(
        "severe_mental_illness",
        "P72",
        "F20.9",
        ("Schizophrénie", "Psychose chronique"),
        23,
        True,
        ((0.95, ("N05AH03", "N05AX08", "N05AX12")), (0.15, ("N03AG01",))),
    ),
    Condition("dementia", "P70", "G30.9", ("Maladie d'Alzheimer", "Démence"), 15, True),
    Condition("parkinson", "N87", "G20", ("Parkinson",), 16, True, ((1.0, ("N04BA02",)),)),
    Condition(
        "hypothyroidism", "T86", "E03.9", ("Hypothyroïdie",), 0, False, ((1.0, ("H03AA01",)),)
    ),
    Condition("gout", "T92", "M10.9", ("Goutte",), 0, False, ((1.0, ("M04AA01",)),)),
    Condition(
        "osteoarthritis",
        "L90",
        "M17.9",
        ("Gonarthrose", "Arthrose"),
        0,
        False,
        ((0.8, ("N02BE01",)), (0.15, ("N02AX02",))),
    ),
    Condition(
        "reflux",
        "D84",
        "K21.9",
        ("RGO", "Reflux"),
        0,
        False,
        ((1.0, ("A02BC01", "A02BC05", "A02BC02")),),
    ),
    Condition("obesity", "T82", "E66.9", ("Obésité",), 0, False),
    Condition(
        "prostate_hyperplasia",
        "Y85",
        "N40",
        ("HBP", "Adénome prostatique"),
        0,
        False,
        ((0.95, ("G04CA02",)),),
    ),
    Condition(
        "osteoporosis",
        "L95",
        "M81.9",
        ("Ostéoporose",),
        0,
        False,
        ((0.55, ("M05BA04",)), (0.8, ("A12AX",))),
    ),
    Condition("glaucoma", "F93", "H40.9", ("Glaucome",), 0, False, ((0.95, ("S01EE01",)),)),
    Condition(
        "chronic_constipation",
        "D12",
        "K59.0",
        ("Constipation chronique",),
        0,
        False,
        ((0.9, ("A06AD11",)),),
    ),
    Condition(
        "vitamin_deficiency",
        "T91",
        "E55.9",
        ("Carence en vitamine D",),
        0,
        False,
        ((0.9, ("A11CC05",)),),
    ),
    Condition(
        "chronic_pain",
        "A01",
        "R52.2",
        ("Douleurs chroniques",),
        0,
        False,
        ((0.9, ("N02BE01",)), (0.3, ("N02AJ13", "N02BE51")), (0.15, ("N06AA09",))),
    ),
    Condition(
        "allergic_rhinitis",
        "R97",
        "J30.4",
        ("Rhinite allergique",),
        0,
        False,
        ((0.8, ("R06AX27", "R06AE07")), (0.5, ("R01AD09",))),
    ),
)
CONDITION_INDEX = {condition.name: index for index, condition in enumerate(CONDITIONS)}


@dataclass(frozen=True)
class Reason:
    """An acute reason for encounter, or a syndrome under surveillance.

    `codes` are alternatives (CISP-2, CIM-10, title); `drugs` are (probability, ATC codes,
    boxes, days); `men`, `women` weigh ages 0-14, 15-39, 40-64, 65 and over.
    """

    name: str
    codes: tuple[tuple[str, str, str], ...]
    drugs: tuple[tuple[float, tuple[str, ...], int, int], ...] = ()
    men: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    women: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    is_syndrome: bool = False


_PAIN = (0.75, ("N02BE01",), 2, 8)
_STOMACH = (0.25, ("A02BC01", "A02BC05"), 1, 14)
_NOSE = (0.5, ("R01AD09",), 1, 10)


def _syndrome(
    name: str,
    codes: tuple[tuple[str, str, str], ...],
    drugs: tuple[tuple[float, tuple[str, ...], int, int], ...] = (),
) -> Reason:
    return Reason(name, codes, drugs, is_syndrome=True)


REASONS = (
    _syndrome(
        "influenza_like_illness",
        (
            ("R80", "J11.1", "Grippe"),
            ("R80", "J11.1", "Syndrome grippal"),
            ("R80", "J10.1", "Grippe A"),
        ),
        ((0.85, ("N02BE01",), 2, 6), _NOSE, (0.2, ("M01AE01",), 1, 4)),
    ),
    _syndrome(
        "acute_respiratory_infection",
        (
            ("R74", "J06.9", "Rhinopharyngite"),
            ("R74", "J00", "Rhino"),
            ("R78", "J20.9", "Bronchite aiguë"),
            ("R77", "J04.0", "Laryngite"),
            ("R05", "R05", "Toux"),
            ("R81", "J18.9", "Pneumopathie"),
        ),
        (
            _PAIN,
            _NOSE,
            (0.25, ("R06AX27",), 1, 7),
            (0.22, ("J01CA04",), 2, 7),
            (0.06, ("J01FA06",), 1, 6),
            (0.12, ("H02AB06",), 1, 4),
        ),
    ),
    _syndrome(
        "acute_diarrhoea",
        (
            ("D73", "A09.0", "Gastro-entérite"),
            ("D73", "A09.0", "GEA"),
            ("D11", "A09.9", "Diarrhée aiguë"),
        ),
        ((0.5, ("N02BE01",), 1, 4), (0.3, ("A07DA03",), 1, 4)),
    ),
    _syndrome("chickenpox", (("A72", "B01.9", "Varicelle"),), ((0.5, ("N02BE01",), 1, 5),)),
    _syndrome(
        "bronchiolitis", (("R78", "J21.9", "Bronchiolite"), ("R78", "J21.0", "Bronchiolite VRS"))
    ),
    _syndrome("zoster", (("S70", "B02.9", "Zona"),), ((0.6, ("N02BE51",), 2, 8),)),
    _syndrome(
        "lyme_borreliosis",
        (("A78", "A69.2", "Lyme"), ("A78", "A69.2", "Erythème migrant")),
        ((0.6, ("J01AA02",), 2, 14), (0.3, ("J01CA04",), 4, 14)),
    ),
    _syndrome("whooping_cough", (("R71", "A37.9", "Coqueluche"),), ((0.8, ("J01FA10",), 1, 3),)),
    _syndrome("mumps", (("D71", "B26.9", "Oreillons"),)),
    _syndrome(
        "urethritis",
        (("U72", "N34.1", "Urétrite"), ("Y03", "N34.1", "Ecoulement urétral")),
        ((0.7, ("J01DD04",), 1, 1), (0.6, ("J01AA02",), 1, 7)),
    ),
    _syndrome("suicide_attempt", (("P77", "X61", "TS médicamenteuse"),)),
    Reason(
        "back_pain",
        (("L03", "M54.5", "Lombalgie"), ("L84", "M54.5", "Lumbago")),
        (
            _PAIN,
            _STOMACH,
            (0.35, ("M01AE01", "M01AE03"), 1, 6),
            (0.25, ("N02BE51", "N02AJ13"), 1, 5),
        ),
        (0.1, 2.2, 3.0, 2.0),
        (0.1, 1.8, 2.6, 2.2),
    ),
    Reason(
        "cystitis",
        (("U71", "N30.0", "Cystite"), ("U71", "N39.0", "Infection urinaire")),
        ((0.6, ("J01XX01",), 1, 1), (0.15, ("J01MA12",), 1, 5)),
        (0.05, 0.05, 0.2, 0.6),
        (0.4, 1.9, 1.6, 1.8),
    ),
    Reason(
        "eczema",
        (("S88", "L30.9", "Eczéma"), ("S87", "L20.9", "Dermatite atopique")),
        ((0.7, ("D07AC01",), 1, 10),),
        (1.5, 0.9, 0.7, 0.8),
        (1.5, 0.9, 0.7, 0.7),
    ),
    Reason(
        "sprain",
        (("L77", "S93.4", "Entorse cheville"),),
        (_PAIN, (0.3, ("M01AE01",), 1, 5)),
        (0.9, 1.6, 0.7, 0.3),
        (0.7, 1.0, 0.7, 0.4),
    ),
    Reason(
        "otitis",
        (("H71", "H66.9", "Otite"), ("H71", "H66.0", "OMA")),
        (_PAIN, (0.6, ("J01CA04",), 2, 7)),
        (4.0, 0.3, 0.2, 0.1),
        (3.8, 0.3, 0.2, 0.1),
    ),
    Reason(
        "sore_throat",
        (("R76", "J03.9", "Angine"),),
        (_PAIN, (0.4, ("J01CA04",), 2, 6)),
        (2.5, 1.6, 0.6, 0.2),
        (2.5, 1.8, 0.7, 0.2),
    ),
    Reason(
        "headache",
        (("N01", "R51", "Céphalées"), ("N89", "G43.9", "Migraine")),
        (_PAIN,),
        (0.4, 0.6, 0.6, 0.3),
        (0.4, 1.2, 1.1, 0.4),
    ),
    Reason(
        "abdominal_pain",
        (("D06", "R10.4", "Douleur abdominale"),),
        ((0.3, ("A02BC01",), 1, 14),),
        (1.0, 0.7, 0.7, 0.7),
        (1.1, 1.1, 0.8, 0.8),
    ),
    Reason(
        "fatigue",
        (("A04", "R53", "Asthénie"),),
        ((0.3, ("B03AA07",), 1, 30), (0.4, ("A11CC05",), 1, 90)),
        (0.2, 0.6, 0.8, 1.1),
        (0.2, 1.2, 1.2, 1.2),
    ),
    Reason(
        "certificate",
        (("A97", "Z02.7", "Certificat"), ("A98", "Z00.0", "Examen systématique")),
        (),
        (2.5, 1.4, 0.8, 0.5),
        (2.3, 1.2, 0.8, 0.5),
    ),
    Reason(
        "hay_fever",
        (("R97", "J30.1", "Rhinite allergique"),),
        ((0.8, ("R06AX27", "R06AE07"), 1, 30), (0.4, ("R01AD09",), 1, 30)),
        (0.7, 0.9, 0.5, 0.2),
        (0.6, 1.0, 0.6, 0.2),
    ),
    Reason(
        "contraception",
        (("W11", "Z30.4", "Contraception"),),
        ((0.95, ("G03AA07",), 1, 90),),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 2.6, 0.3, 0.0),
    ),
    Reason(
        "pregnancy",
        (("W78", "Z33", "Grossesse"),),
        ((0.3, ("B03AA07",), 1, 30),),
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 0.9, 0.02, 0.0),
    ),
    Reason(
        "joint_pain",
        (("L15", "M25.5", "Gonalgie"), ("L92", "M75.1", "Tendinopathie épaule")),
        (_PAIN, (0.3, ("M01AE01",), 1, 7)),
        (0.1, 0.8, 1.9, 1.9),
        (0.1, 0.7, 2.0, 2.4),
    ),
    Reason(
        "constipation",
        (("D12", "K59.0", "Constipation"),),
        (),
        (0.4, 0.1, 0.2, 0.7),
        (0.4, 0.3, 0.4, 0.9),
    ),
    Reason(
        "dizziness", (("N17", "R42", "Vertiges"),), (), (0.05, 0.2, 0.4, 1.0), (0.05, 0.4, 0.6, 1.3)
    ),
    Reason(
        "conjunctivitis",
        (("F70", "H10.9", "Conjonctivite"),),
        (),
        (0.9, 0.3, 0.2, 0.3),
        (0.9, 0.3, 0.3, 0.3),
    ),
    Reason(
        "skin_infection",
        (("S76", "L03.9", "Infection cutanée"), ("S10", "L02.9", "Abcès")),
        ((0.5, ("J01CR02",), 1, 7),),
        (0.5, 0.5, 0.5, 0.6),
        (0.4, 0.4, 0.4, 0.6),
    ),
    Reason(
        "rectal_bleeding",
        (("D16", "K62.5", "Rectorragies"),),
        (),
        (0.0, 0.05, 0.12, 0.15),
        (0.0, 0.05, 0.1, 0.12),
    ),
    Reason(
        "fever", (("A03", "R50.9", "Fièvre"),), (_PAIN,), (1.2, 0.3, 0.2, 0.3), (1.2, 0.3, 0.2, 0.3)
    ),
)
COMFORT = (
    "N02BE01",
    "A02BC01",
    "R06AX27",
    "A11CC05",
    "D07AC01",
    "R01AD09",
    "M01AE01",
    "A12AX",
    "A06AD11",
)
"""Drugs added to a prescription for something else than its reason, in falling frequency."""
AGEING = (
    "A02BC01", "A12AX", "N02BE01", "A06AD11", "B03AA07", "B03BB01", "A12BA01", "C03CA01",
    "H03AA01", "N06AB10", "B01AC06", "C08CA01", "N05CF01", "S01EE01", "M04AA01", "C07AB07",
    "N06AX03", "C10AA07",
)  # fmt: skip
"""Drugs old people take without a recorded reason, in falling frequency."""
REASON_INDEX = {reason.name: index for index, reason in enumerate(REASONS)}
SYNDROMES = tuple(reason.name for reason in REASONS if reason.is_syndrome)
REASON_AGES = (0, 15, 40, 65)


@dataclass(frozen=True)
class UnitStyle:
    """One way a laboratory or a doctor writes a value: `value = canonical * factor + offset`."""

    unit: str
    loinc: str
    factor: float
    digits: int
    offset: float = 0.0


@dataclass(frozen=True)
class Measure:
    """A measured quantity: canonical unit, ways to write it, local code of a laboratory."""

    name: str
    local: str
    label: str
    styles: tuple[UnitStyle, ...]


MEASURES = (
    Measure("sbp", "TA", "Tension artérielle", (UnitStyle("mmHg", "8480-6", 1, 0),)),
    Measure("weight", "POIDS", "Poids", (UnitStyle("kg", "29463-7", 1, 1),)),
    Measure(
        "height",
        "TAILLE",
        "Taille",
        (UnitStyle("cm", "8302-2", 1, 0), UnitStyle("m", "8302-2", 0.01, 2)),
    ),
    Measure("heart_rate", "FC", "Fréquence cardiaque", (UnitStyle("/min", "8867-4", 1, 0),)),
    Measure("smoking", "TABAC", "Tabac", (UnitStyle("", "72166-2", 1, 0),)),
    Measure(
        "hba1c",
        "HBA1C",
        "Hémoglobine glyquée",
        (UnitStyle("%", "4548-4", 0.09148, 1, 2.152), UnitStyle("mmol/mol", "59261-8", 1, 0)),
    ),
    Measure(
        "tchol",
        "CHOLT",
        "Cholestérol total",
        (UnitStyle("g/L", "2093-3", 1 / 2.58599, 2), UnitStyle("mmol/L", "14647-2", 1, 2)),
    ),
    Measure(
        "hdl",
        "HDLC",
        "Cholestérol HDL",
        (UnitStyle("g/L", "2085-9", 1 / 2.58599, 2), UnitStyle("mmol/L", "14646-4", 1, 2)),
    ),
    Measure(
        "ldl",
        "LDLC",
        "Cholestérol LDL",
        (UnitStyle("g/L", "2089-1", 1 / 2.58599, 2), UnitStyle("mmol/L", "22748-8", 1, 2)),
    ),
    Measure(
        "triglycerides",
        "TRIG",
        "Triglycérides",
        (UnitStyle("g/L", "2571-8", 1 / 1.12905, 2), UnitStyle("mmol/L", "14927-8", 1, 2)),
    ),
    Measure(
        "creatinine",
        "CREA",
        "Créatinine",
        (UnitStyle("µmol/L", "14682-9", 1, 0), UnitStyle("mg/L", "2160-0", 1 / 8.84, 1)),
    ),
    Measure("potassium", "K", "Potassium", (UnitStyle("mmol/L", "2823-3", 1, 1),)),
    Measure(
        "acr",
        "MALB",
        "Albuminurie/créatininurie",
        (UnitStyle("mg/mmol", "14585-4", 1, 1), UnitStyle("mg/g", "9318-7", 8.84, 0)),
    ),
    Measure(
        "glucose_fasting",
        "GLY",
        "Glycémie à jeun",
        (UnitStyle("g/L", "1558-6", 1 / 5.5507, 2), UnitStyle("mmol/L", "14771-0", 1, 1)),
    ),
    Measure("haemoglobin", "HB", "Hémoglobine", (UnitStyle("g/dL", "718-7", 1, 1),)),
    Measure("tsh", "TSH", "TSH", (UnitStyle("mUI/L", "3016-3", 1, 2),)),
    Measure("leukocytes", "GB", "Leucocytes", (UnitStyle("G/L", "6690-2", 1, 2),)),
    Measure("platelets", "PLAQ", "Plaquettes", (UnitStyle("G/L", "777-3", 1, 0),)),
    Measure("sodium", "NA", "Sodium", (UnitStyle("mmol/L", "2951-2", 1, 0),)),
    Measure("crp", "CRP", "Protéine C réactive", (UnitStyle("mg/L", "1988-5", 1, 1),)),
    Measure("alat", "ALAT", "ALAT", (UnitStyle("UI/L", "1742-6", 1, 0),)),
    Measure("psa", "PSA", "PSA", (UnitStyle("ng/mL", "2857-1", 1, 2),)),
    Measure("ggt", "GGT", "Gamma-GT", (UnitStyle("UI/L", "2324-2", 1, 0),)),
    Measure(
        "fit",
        "FIT",
        "Test immunologique selles",
        (UnitStyle("", "29771-3", 1, 0), UnitStyle("ng/mL", "58453-2", 1, 0)),
    ),
    Measure("hpv", "HPV", "HPV haut risque", (UnitStyle("", "21440-3", 1, 0),)),
    Measure("cytology", "FCV", "Cytologie du col", (UnitStyle("", "10524-7", 1, 0),)),
)
MEASURE_INDEX = {measure.name: index for index, measure in enumerate(MEASURES)}
SMOKING_VALUES = ("never", "former", "current")


@dataclass(frozen=True)
class Panel:
    """A laboratory request: NABM act billed, measures resulted."""

    name: str
    nabm: int
    measures: tuple[str, ...]


PANELS = (
    Panel("hba1c", 1577, ("hba1c",)),
    Panel("lipids", 996, ("tchol", "hdl", "ldl", "triglycerides")),
    Panel("creatinine", 592, ("creatinine",)),
    Panel("albuminuria", 1133, ("acr",)),
    Panel("glucose", 552, ("glucose_fasting",)),
    Panel("blood_count", 1104, ("haemoglobin", "leukocytes", "platelets")),
    Panel("electrolytes", 1609, ("sodium", "potassium")),
    Panel("crp", 1804, ("crp",)),
    Panel("liver", 522, ("alat",)),
    Panel("ggt", 519, ("ggt",)),
    Panel("tsh", 1208, ("tsh",)),
    Panel("psa", 7318, ("psa",)),
    Panel("hpv", 24, ("hpv",)),
)
PANEL_INDEX = {panel.name: index for index, panel in enumerate(PANELS)}


@dataclass(frozen=True)
class Vaccine:
    """A vaccine as practices name it, and its ATC class."""

    name: str
    valence: str
    atc: str


VACCINES = (
    Vaccine("influenza", "GRIPPE", "J07BB02"),
    Vaccine("booster", "DTP", "J07CA02"),
    Vaccine("infant", "DTP", "J07CA09"),
    Vaccine("mmr", "ROR", "J07BD52"),
    Vaccine("hpv", "HPV", "J07BM03"),
    Vaccine("pneumococcus", "PNEUMO", "J07AL02"),
    Vaccine("zoster", "ZONA", "J07BK03"),
    Vaccine("covid", "COVID", "J07BN01"),
)
VACCINE_INDEX = {vaccine.name: index for index, vaccine in enumerate(VACCINES)}

PROCEDURES = (
    "HHQE002", "HHQE005", "HHFE002", "HHQE004", "QEQK004", "QEQK001", "QEQM001", "JKQX426",
    "JKQX147", "JKFA015", "HHFA008", "GLQP012", "DEQP003", "BGQP002",
)  # fmt: skip
PROCEDURE_INDEX = {code: index for index, code in enumerate(PROCEDURES)}

_OTHER_CAUSES = ("J18.9", "W19", "R99", "A41.9", "R54", "V89.2", "X70", "R95")
DEATH_CAUSES = (*(condition.cim10 for condition in CONDITIONS), *_OTHER_CAUSES)
"""Initial causes of death: the conditions' own codes, then causes without a chronic condition."""


@dataclass(frozen=True)
class Medicines:
    """Packs (CIP13) by ATC code; a drug is the index of its ATC code."""

    atc: tuple[str, ...]
    cip13: tuple[str, ...]
    first: np.ndarray = field(repr=False)
    count: np.ndarray = field(repr=False)
    """Packs for about a month (all packs of a drug that has no other)."""
    total: np.ndarray = field(repr=False)
    """All packs of a drug: those for three months come last."""

    def index(self, atc: str) -> int:
        """Index of an ATC code."""
        return self.atc.index(atc)

    def packs(self, drug: np.ndarray, draw: np.ndarray) -> np.ndarray:
        """Index of a pack of each drug; `draw` in [0, 1) chooses among equivalents."""
        return self.first[drug] + (draw * self.count[drug]).astype(np.int64)

    def large_packs(self, drug: np.ndarray) -> np.ndarray:
        """Index of a pack of each drug for three months, -1 where there is none."""
        return np.where(self.total > self.count, self.first + self.count, -1)[drug]

    def is_large_pack(self) -> list[bool]:
        """Whether each pack is one for three months (where the drug has a usual one)."""
        return [
            position >= usual
            for usual, n in zip(self.count.tolist(), self.total.tolist(), strict=True)
            for position in range(n)
        ]

    def pack_atc(self) -> list[str]:
        """ATC code of each pack."""
        return [
            code for code, n in zip(self.atc, self.total.tolist(), strict=True) for _ in range(n)
        ]


def _seed_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a vocabulary seed; P4dpError without a checkout of the project."""
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            return list(csv.DictReader(handle))
    except OSError as error:
        raise P4dpError(
            "a medicine list of the project is missing",
            file=path,
            remedy="run the command from a checkout of the project",
        ) from error


@cache
def medicines() -> Medicines:
    """The packs of the vocabulary seed, grouped by ATC code."""
    large = {row["cip13"] for row in _seed_rows(PACKS) if row["is_large_pack"] == "true"}
    rows = sorted(
        (row["atc_code"], row["cip13"] in large, row["cip13"]) for row in _seed_rows(MEDICINES)
    )
    codes = [code for code, _, _ in rows]
    atc = tuple(dict.fromkeys(codes))
    total = np.array([codes.count(code) for code in atc])
    usual = np.array([sum(code == c and not big for c, big, _ in rows) for code in atc])
    return Medicines(
        atc,
        tuple(cip for _, _, cip in rows),
        np.concatenate(([0], np.cumsum(total)[:-1])),
        np.where(usual > 0, usual, total),
        total,
    )


@dataclass(frozen=True)
class HospitalMedicines:
    """Medicines of hospital pharmacies: UCD, ATC code, units of four weeks."""

    ucd: tuple[str, ...]
    atc: tuple[str, ...]
    units: np.ndarray = field(repr=False)


@cache
def hospital_medicines() -> HospitalMedicines:
    """The medicines of the vocabulary seed."""
    rows = _seed_rows(HOSPITAL_MEDICINES)
    return HospitalMedicines(
        tuple(row["ucd_code"] for row in rows),
        tuple(row["atc_code"] for row in rows),
        np.array([np.ceil(28 / float(row["unit_days"])) for row in rows], np.int32),
    )
