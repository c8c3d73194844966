"""The claims of one beneficiary, told in docs/claims.md: rows as they land, facts they make."""

from __future__ import annotations

from datetime import date
from typing import Any

from .landing import Delivery

JUNE, JULY = (date(2024, 6, 1), date(2024, 6, 30)), (date(2024, 7, 1), date(2024, 7, 31))
BENEFICIARY = {"BEN_NIR_PSA": "a", "BEN_RNG_GEM": 1}


def key(number: int) -> dict[str, Any]:
    """The nine columns of one line."""
    return {
        "DCT_ORD_NUM": number,
        "FLX_DIS_DTD": date(2024, 7, 1),
        "FLX_EMT_NUM": 1,
        "FLX_EMT_ORD": 1,
        "FLX_EMT_TYP": 1,
        "FLX_TRT_DTD": date(2024, 6, 20),
        "ORG_CLE_NUM": "01C061",
        "PRS_ORD_NUM": 1,
        "REM_TYP_AFF": 0,
    }


def line(number: int, nature: int, day: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {
        **key(number),
        **BENEFICIARY,
        "PRS_NAT_REF": nature,
        "EXE_SOI_DTD": date(2024, 6, day),
        "PRS_ACT_QTE": quantity,
        "PFS_EXE_NUM": "doctor",
        "PSE_SPE_COD": 1,
        **more,
    }


DELIVERIES = (
    Delivery(
        "snds",
        None,
        1,
        {
            "IR_BEN_R": [
                {
                    **BENEFICIARY,
                    "BEN_NAI_ANN": "1958",
                    "BEN_NAI_MOI": "04",
                    "BEN_SEX_COD": 2,
                    "BEN_RES_DPT": "006",
                    "BEN_RES_COM": "088",
                }
            ],
            "IR_IMB_R": [
                {
                    **BENEFICIARY,
                    "IMB_ETM_NAT": 41,
                    "IMB_ALD_NUM": 0,
                    "MED_NCL_IDT": "CIM10",
                    "MED_MTF_COD": "E119",
                    "IMB_ALD_DTD": date(2019, 2, 1),
                    "IMB_ALD_DTF": date(1600, 1, 1),
                }
            ],
            "ER_PRS_F": [
                line(1, 1111, 3, EXO_MTF=42, PRS_PDS_QCP=1),
                line(2, 1111, 10),
                line(3, 3313, 3, PFS_PRE_NUM="doctor"),
                line(4, 3211, 5),
                line(5, 1352, 12, DPN_QLF=71),
                line(6, 1324, 18),
                line(8, 3317, 20, PFS_EXE_NUM=None, PSE_SPE_COD=None),
            ],
            "ER_PHA_F": [{**key(3), "PHA_PRS_C13": 3400930060704, "PHA_ACT_QSN": 2}],
            "ER_UCD_F": [
                {
                    **key(8),
                    "UCD_UCD_COD": "0000009439795",
                    "UCD_DLV_NBR": 30,
                    "UCD_TOP_UCD": 0,
                }
            ],
            "ER_BIO_F": [{**key(4), "BIO_PRS_IDE": 1577, "BIO_ACT_QSN": 1}],
            "ER_CAM_F": [
                {**key(5), "CAM_PRS_IDE": "QEQK001", "CAM_ACT_COD": 1},
                {**key(6), "CAM_PRS_IDE": "HHQE002", "CAM_ACT_COD": 4},
            ],
            "T_MCOaaCSTC": [
                {
                    "ETA_NUM": "060780001",
                    "SEQ_NUM": "17",
                    "NIR_ANO_17": "a",
                    "EXE_SOI_DTD": date(2024, 6, 12),
                    "NIR_RET": "0",
                }
            ],
            "T_MCOaaFMSTC": [
                {"ETA_NUM": "060780001", "SEQ_NUM": "17", "CCAM_COD": "QEQK001", "ACV_ACT": "1"}
            ],
        },
        period=JUNE,
    ),
    Delivery("snds", None, 1, {"ER_PRS_F": [line(7, 1111, 10, quantity=-1)]}, period=JULY),
)

STORY = (
    ("ER_PRS_F 1 · consultation 3 June, exempted (42)", "a contact with a general practitioner"),
    ("ER_PRS_F 2 · consultation 10 June", "nothing: cancelled in July"),
    ("ER_PRS_F 7 (July) · the same, quantity −1", "nothing: it cancels line 2"),
    ("ER_PRS_F 3 + ER_PHA_F · two boxes on 3 June", "one dispensing of two boxes"),
    ("ER_PRS_F 8 + ER_UCD_F 9439795 · 30 tablets on 20 June", "one dispensing of 30 units"),
    ("ER_PRS_F 4 + ER_BIO_F 1577 · 5 June", "a laboratory act, HbA1c: done, no result"),
    ("ER_PRS_F 5 + ER_CAM_F QEQK001 · 12 June, DPN_QLF 71", "nothing: sent for information"),
    ("T_MCOaaCSTC + T_MCOaaFMSTC QEQK001 · 12 June", "the mammography, once"),
    ("ER_PRS_F 6 + ER_CAM_F HHQE002, activity 4", "nothing: the anaesthesia of another line"),
    ("IR_IMB_R · E119 from 2019, end 1600-01-01, number 0", "long-term illness 8, still open"),
)
"""What lands, and what becomes of it."""


def page() -> str:
    """The table docs/claims.md shows."""
    rows = [f"| {landed} | {became} |" for landed, became in STORY]
    return "\n".join(["| what lands | what becomes of it |", "|---|---|", *rows]) + "\n"
