"""The NIR: normalisation, key, and what may be concluded from it.

Keys of the table were computed by hand from the published rule (97 - number mod 97,
2A read as 19, 2B as 18). Place codes are unassigned ones: nobody has these numbers.
"""

from __future__ import annotations

from datetime import date

import pytest

from p4dp.boundary.nir import control_key, read_nir


def with_key(number: str, key: int) -> str:
    return f"{number}{key:02d}"


def keyed(number: str) -> str:
    """The number with the key computed here, digit by digit, apart from the code under test."""
    digits = number.replace("2A", "19").replace("2B", "18")
    remainder = 0
    for digit in digits:
        remainder = (remainder * 10 + int(digit)) % 97
    return f"{number}{97 - remainder:02d}"


BORN = date(1985, 5, 12)

CASES = [
    # text, birth date, sex, status, why
    (None, BORN, "M", "missing", "nothing recorded"),
    ("", BORN, "M", "missing", "empty"),
    ("   ", BORN, "M", "missing", "blank"),
    (keyed("1850506799001"), BORN, "M", "certified", "own number, man"),
    (keyed("2850506799001"), BORN, "F", "certified", "own number, woman"),
    ("1 85 05 06 799 001 " + keyed("1850506799001")[13:], BORN, "M", "certified", "spaces"),
    ("1.85.05.06.799.001-" + keyed("1850506799001")[13:], BORN, "M", "certified", "dots and dash"),
    (keyed("1850506799001").lower(), BORN, "M", "certified", "lower case changes nothing"),
    (keyed("185052A799001"), BORN, "M", "certified", "Corsica, 2A"),
    (keyed("185052B799001").lower(), BORN, "M", "certified", "Corsica, 2b in lower case"),
    (keyed("1850520799001"), BORN, "M", "certified", "Corsica before 1976, department 20"),
    (keyed("1850597479001"), BORN, "M", "certified", "overseas department 974"),
    (keyed("1850599699001"), BORN, "M", "certified", "born abroad"),
    (keyed("1850591799001"), date(1985, 5, 1), "M", "certified", "code of former Algeria"),
    (keyed("1852006799001"), BORN, "M", "certified", "month 20: incomplete birth record"),
    (keyed("1855506799001"), BORN, "M", "certified", "month 55: pseudo month"),
    (keyed("1850506799001"), BORN, "F", "insured", "woman under her husband's number"),
    (keyed("1550506799001"), date(2015, 5, 12), "M", "insured", "child under the father's number"),
    (keyed("2850506799001"), date(2015, 5, 12), "M", "insured", "child under the mother's number"),
    (keyed("1850606799001"), BORN, "M", "insured", "other month of birth"),
    (keyed("1850506799001"), None, "M", "insured", "birth date unknown: not shown to be the own"),
    (keyed("1850506799001"), BORN, None, "insured", "sex unknown: not shown to be the own"),
    ("185050679900101", BORN, "M", "key_invalid", "wrong key"),
    ("1850506799001", BORN, "M", "key_invalid", "13 characters: a typing error cannot be seen"),
    ("18505067990", BORN, "M", "key_invalid", "too short"),
    ("1850506799001123", BORN, "M", "key_invalid", "too long"),
    ("INCONNU", BORN, "M", "key_invalid", "a word"),
    (keyed("3850506799001"), BORN, "M", "waiting", "waiting number, first digit 3"),
    (keyed("7850506799001"), BORN, "M", "waiting", "waiting number, first digit 7"),
    (keyed("8850506799001"), BORN, "F", "waiting", "waiting number, first digit 8"),
    ("9850506799001" + "01", BORN, "M", "key_invalid", "no such first digit"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "birth", "sex", "status", "why"), CASES, ids=[c[4] for c in CASES]
)
def test_status(text, birth, sex, status, why):
    assert read_nir(text, birth, sex).status == status


def test_a_published_sample_key():
    """ANS sample patient 239088815400243, key computed in the data notes of the project."""
    assert control_key("2390888154002") == "43"


def test_the_number_is_kept_in_13_characters_whatever_its_dress():
    plain = read_nir(keyed("185052A799001"), BORN, "M").number
    assert plain == "185052A799001"
    dressed = read_nir("1 85 05 2a 799 001 " + keyed("185052A799001")[13:], BORN, "M")
    assert dressed.number == plain


def test_twins_of_one_sex_have_numbers_of_their_own():
    one, two = keyed("1850506799001"), keyed("1850506799002")
    assert read_nir(one, BORN, "M") != read_nir(two, BORN, "M")
    assert {read_nir(n, BORN, "M").status for n in (one, two)} == {"certified"}
