"""The French social security number (NIR) and what may be concluded from it.

Structure: sex (1), year (2-3) and month (4-5) of birth, place (6-10), order
(11-13), key (14-15) = 97 - (first 13 mod 97), 2A read as 19 and 2B as 18.
The place is not checked: codes of birth are those of the time, and merged
communes stay valid. Nothing is rejected here; a status says what is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["certified", "key_invalid", "insured", "waiting", "missing"]

_SEPARATORS = re.compile(r"[\s.\-_/]+")
_SHAPE = re.compile(r"([1-478])(\d{2})(\d{2})(\d{2}|2[AB])(\d{3})(\d{3})(\d{2})?")
_SEX_OF_DIGIT = {"1": "M", "2": "F"}


@dataclass(frozen=True)
class Nir:
    """A number as read: its 13 characters (None when unreadable) and its status."""

    number: str | None
    status: Status


def normalise(text: str | None) -> str:
    """Upper case without separators; the empty string for nothing."""
    return _SEPARATORS.sub("", text or "").upper()


def control_key(number: str) -> str:
    """The two-digit key of 13 characters."""
    digits = number
    if number[5:7] == "2A":
        digits = number[:5] + "19" + number[7:]
    elif number[5:7] == "2B":
        digits = number[:5] + "18" + number[7:]
    return f"{97 - int(digits) % 97:02d}"


def read_nir(text: str | None, birth_date: date | None, sex: str | None) -> Nir:
    """Read a number and compare it with the patient's birth date and sex (`M`, `F` or else).

    - `missing`: nothing is recorded;
    - `waiting`: an identifier given while waiting for a permanent one (first digit 3, 4, 7, 8);
    - `key_invalid`: the key is wrong, absent, or the text is no number at all;
    - `insured`: a sound number whose sex or birth is not shown to be the patient's
      (a child under a parent's number, a spouse);
    - `certified`: the key is right, sex and birth agree.

    Months of birth 20 and above stand for an incomplete birth record and agree with any month.
    """
    cleaned = normalise(text)
    if not cleaned:
        return Nir(None, "missing")
    match = _SHAPE.fullmatch(cleaned)
    if match is None:
        return Nir(None, "key_invalid")
    sex_digit, year, month, _, _, _, key = match.groups()
    number = cleaned[:13]
    if sex_digit not in _SEX_OF_DIGIT:
        return Nir(number, "waiting")
    if key is None or key != control_key(number):
        return Nir(number, "key_invalid")
    if birth_date is None or sex not in ("M", "F"):
        return Nir(number, "insured")
    same_month = int(month) >= 20 or int(month) == birth_date.month
    same_person = (
        _SEX_OF_DIGIT[sex_digit] == sex and int(year) == birth_date.year % 100 and same_month
    )
    return Nir(number, "certified" if same_person else "insured")
