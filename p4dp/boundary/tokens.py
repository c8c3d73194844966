"""Sealed linkage tokens and return tokens.

A sealed token is a keyed Bloom filter of a value's bigrams (Schnell, Bachteler and
Reiher 2009; positions taken from an HMAC per bigram rather than by double hashing,
after Niedermeyer et al. 2014): two filters can be compared (Dice coefficient of
their bits), none can be read without the key. They stay in the vault: filters of
frequent names can be guessed by frequency, so they are never published.

A return token is the practice's own local number, encrypted with AES-SIV (RFC 5297)
under the practice's own key: deterministic, authenticated, readable there only.
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from p4dp.boundary.keys import key_id
from p4dp.errors import P4dpError

FILTER_BITS = 512
POSITIONS_PER_GRAM = 20
_POSITION_BITS = 9

#: Fields sealed by bigrams of letters, with the domain their hashes share: a birth name can be
#: compared with a usual name. The other fields are sealed by characters with their position.
NAME_DOMAINS = {
    "birth_name": "name",
    "usual_name": "name",
    "first_name": "given",
    "first_names": "given",
}
SEALED_FIELDS = (*NAME_DOMAINS, "birth_date", "birth_place", "phone")
#: Fields with a keyed hash for equality, from which candidate pairs come.
BLOCK_FIELDS = ("birth_name", "first_name", "birth_date", "phone")

#: What a delivered token looks like, by the beginning of its column's name.
_TOKEN_PATTERNS = {
    "sealed": f"[A-Za-z0-9+/]{{{FILTER_BITS // 6 + 1}}}==",
    "block": "[0-9a-f]{32}",
    "return": "rt-[0-9a-f]{4}-[A-Za-z0-9_-]+={0,2}",
}

_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE", "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o"})
_NOT_LETTER = re.compile(r"[^A-Z]+")
_NOT_ALNUM = re.compile(r"[^0-9A-Z]+")


def token_pattern(column: str) -> str:
    """Regular expression of the values of a sealed column (`sealed_phone`, `return_token`, …)."""
    return _TOKEN_PATTERNS[column.split("_", 1)[0]]


def fold(text: str) -> str:
    """Upper case, accents and ligatures resolved."""
    flat = unicodedata.normalize("NFKD", text.translate(_LIGATURES)).upper()
    return "".join(c for c in flat if not unicodedata.combining(c))


def letters(text: str | None) -> str:
    """Upper-case letters only, accents and ligatures resolved, words separated by one space."""
    return _NOT_LETTER.sub(" ", fold(text)).strip() if text else ""


def first_given_name(text: str | None) -> str:
    """The first given name: what stands before the first space or comma, letters only."""
    if not text or not text.strip():
        return ""
    return letters(re.split(r"[\s,;]+", text.strip())[0]).replace(" ", "")


_PHONETIC = (
    (re.compile(r"[^A-Z]"), ""), (re.compile("PH"), "F"), (re.compile("EAUX?|AU|O"), "O"),
    (re.compile("GN"), "N"), (re.compile("QU|Q|CK|CH|C(?=[AOUKLRT])|C$"), "K"),
    (re.compile("C|SC|Z"), "S"), (re.compile("G(?=[EIY])"), "J"), (re.compile("H"), ""),
    (re.compile("W"), "V"), (re.compile("Y"), "I"), (re.compile("[TDSXZ]+$"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile("(?<=.)[AEIOU]"), ""), (re.compile(r"(.)\1+"), r"\1"),
)  # fmt: skip


def phonetic(text: str | None) -> str:
    """A short French sound code of a name: spelling variants of one name share it."""
    code = letters(text)
    for pattern, replacement in _PHONETIC:
        code = pattern.sub(replacement, code)
    return code[:6]


def _compact(field: str, value: str) -> str:
    compact = _NOT_ALNUM.sub("", value.upper())
    return compact[-9:] if field == "phone" else compact


def _grams(field: str, value: str) -> set[str]:
    if field in NAME_DOMAINS:
        padded = f"_{letters(value).replace(' ', '_')}_"
        return {padded[i : i + 2] for i in range(len(padded) - 1)} if len(padded) > 2 else set()
    return {f"{i}={c}" for i, c in enumerate(_compact(field, value))}


class Sealer:
    """Seals values of the linkage fields under one key; remembers what it computed."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._gram_bits: dict[tuple[str, str], int] = {}

    def _bits(self, field: str, gram: str) -> int:
        domain = NAME_DOMAINS.get(field, field)
        known = self._gram_bits.get((domain, gram))
        if known is None:
            digest = hmac.digest(self._key, f"p4dp/seal\x00{domain}\x00{gram}".encode(), "sha256")
            number = int.from_bytes(digest, "big")
            known = 0
            for _ in range(POSITIONS_PER_GRAM):
                known |= 1 << (number & (FILTER_BITS - 1))
                number >>= _POSITION_BITS
            self._gram_bits[domain, gram] = known
        return known

    def seal(self, field: str, value: str | None) -> str | None:
        """Base64 of the value's filter (512 bits); None for an empty value."""
        bits = 0
        for gram in _grams(field, value or ""):
            bits |= self._bits(field, gram)
        if not bits:
            return None
        return base64.b64encode(bits.to_bytes(FILTER_BITS // 8, "big")).decode("ascii")

    def seal_many(self, field: str, values: Sequence[str | None]) -> list[str | None]:
        """`seal` for each value; each distinct value is sealed once."""
        known = {value: self.seal(field, value) for value in set(values)}
        return [known[value] for value in values]

    def block_many(self, field: str, values: Sequence[str | None]) -> list[str | None]:
        """Keyed hash (128 bits, hex) of each value's phonetic code (birth name) or plain form."""
        known: dict[str | None, str | None] = {}
        for value in set(values):
            if field == "birth_name":
                plain = phonetic(value)
            elif field == "first_name":
                plain = letters(value)
            else:
                plain = _compact(field, value or "")
            message = f"p4dp/block\x00{field}\x00{plain}".encode()
            known[value] = hmac.digest(self._key, message, "sha256")[:16].hex() if plain else None
        return [known[value] for value in values]


def dice(left: str, right: str) -> float:
    """Dice coefficient of two sealed tokens, in 0..1."""
    a = int.from_bytes(base64.b64decode(left), "big")
    b = int.from_bytes(base64.b64decode(right), "big")
    total = a.bit_count() + b.bit_count()
    return 2 * (a & b).bit_count() / total if total else 0.0


def return_tokens(key: bytes, practice: str, local_ids: Sequence[str]) -> list[str]:
    """`rt-<key id>-<base64url>` for each local number of `practice`."""
    cipher = AESSIV(key)
    associated = [b"p4dp/return", practice.encode()]
    prefix = f"rt-{key_id(key)}-"
    return [
        prefix
        + base64.urlsafe_b64encode(cipher.encrypt(local_id.encode(), associated)).decode("ascii")
        for local_id in local_ids
    ]


def open_return_token(key: bytes, practice: str, token: str) -> str:
    """The local number in a return token; P4dpError when it is not this practice's."""
    prefix, kid, body = (token.split("-", 2) + ["", ""])[:3]
    if prefix != "rt" or kid != key_id(key):
        raise P4dpError(
            "This return token was not made with this practice's key",
            remedy="A returned list can only be read by the practice it was made for.",
        )
    try:
        raw = base64.urlsafe_b64decode(body)
        return AESSIV(key).decrypt(raw, [b"p4dp/return", practice.encode()]).decode()
    except (InvalidTag, ValueError) as error:
        raise P4dpError(
            "Damaged or foreign return token",
            remedy="Ask for the list again; do not edit tokens.",
        ) from error
