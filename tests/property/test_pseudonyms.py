"""Properties of the pseudonym functions (SNDS security referential, requirement 6.1)."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from p4dp.boundary import level1, level1_many
from p4dp.boundary.pseudonyms import PSEUDONYM, level2_many
from p4dp.boundary.tokens import (
    Sealer,
    dice,
    first_given_name,
    letters,
    open_return_token,
    return_tokens,
)

KEYS = st.binary(min_size=32, max_size=32)
TEXT = st.text(max_size=40)


@given(KEYS, TEXT, TEXT)
def test_deterministic_and_self_identifying(key, purpose, value):
    one = level1(key, purpose, value)
    assert one == level1(key, purpose, value)
    assert PSEUDONYM.fullmatch(one) and one.startswith("l1-")
    (two,) = level2_many(key, [one])
    assert PSEUDONYM.fullmatch(two) and two.startswith("l2-") and two[3:] != one[3:]


@given(KEYS, KEYS, TEXT)
def test_another_key_changes_everything(one, other, value):
    assume(one != other)
    a, b = level1(one, "patient", value), level1(other, "patient", value)
    assert a.split("-")[2] != b.split("-")[2]


@given(KEYS, st.lists(TEXT, max_size=4), st.lists(TEXT, max_size=4))
def test_parts_are_not_glued_together(key, one, other):
    assume(one != other)
    assert level1(key, "x", *one) != level1(key, "x", *other)


@given(KEYS, TEXT)
def test_purposes_are_separate(key, value):
    assert level1(key, "patient", value) != level1(key, "nir", value)


@given(KEYS, st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=20))
def test_many_is_one_by_one(key, rows):
    columns = [[r[0] for r in rows], [r[1] for r in rows]]
    expected = [level1(key, "traits", a, b) if None not in (a, b) else None for a, b in rows]
    assert level1_many(key, "traits", *columns) == expected


@given(KEYS, st.binary(min_size=1, max_size=30), st.integers(min_value=0))
def test_one_bit_changes_about_half_the_bits(key, value, position):
    flipped = bytearray(value)
    flipped[position % len(value)] ^= 1
    a = level1(key, "x", value.hex()).split("-")[2]
    b = level1(key, "x", bytes(flipped).hex()).split("-")[2]
    assert 30 <= (int(a, 16) ^ int(b, 16)).bit_count() <= 98


def test_no_collision_among_200_000_identifiers():
    values = [f"{n:07d}" for n in range(200_000)]
    assert len(set(level1_many(b"k" * 32, "patient", values))) == len(values)


@given(KEYS, st.text(min_size=1, max_size=30))
def test_return_tokens_come_back_at_the_practice_only(key, local_id):
    (token,) = return_tokens(key, "060001234", [local_id])
    assert open_return_token(key, "060001234", token) == local_id
    assert local_id not in token or len(local_id) < 4


NAMES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=12)


@given(NAMES)
def test_a_sealed_name_does_not_depend_on_case_or_accents(name):
    sealer = Sealer(b"s" * 32)
    assert sealer.seal("birth_name", name) == sealer.seal("birth_name", name.lower())
    token = sealer.seal("birth_name", name)
    assert token is not None and dice(token, token) == 1.0
    assert sealer.seal("usual_name", name) == token


def test_a_typing_error_stays_similar_and_another_name_does_not():
    sealer = Sealer(b"s" * 32)
    martin, martn, bernard = (
        sealer.seal("birth_name", n) for n in ("MARTINEAU", "MARTINAU", "BERNARD")
    )
    assert dice(martin, martn) > 0.7 > 0.45 > dice(martin, bernard)


def test_names_are_compared_without_their_dress():
    assert letters("D'Épinay-Lefèvre") == "D EPINAY LEFEVRE"
    assert letters("Œuvrard") == "OEUVRARD"
    assert first_given_name("Jean-Pierre Marie") == "JEANPIERRE"
    assert first_given_name("MARIE, ANNE") == "MARIE"
