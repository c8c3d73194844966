"""Free text → codes, where the text says it plainly; the text itself then stays behind.

Synonyms are rows of `synonyms.csv`, reviewed like code. A label is coded by the first
rule that applies, with a confidence:

- `exact` (1.0): the label is a synonym, but for case, accents, punctuation and small words;
- `phrase` (0.9): a synonym of at least four letters stands in it as whole words, and all
  such synonyms agree;
- `similar`: its letter trigrams are close to one synonym (cosine, up to 0.89) and
  clearly closer than to a synonym of another code.

Below the threshold, or when the text negates, doubts, or speaks of somebody else, nothing
is coded.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa

from p4dp.boundary.tokens import fold
from p4dp.duck import quoted

Kind = Literal["problem", "lab", "drug"]

THRESHOLD = 0.75
#: A similar synonym must be this much closer than one of another code.
MARGIN = 0.1
_SIMILAR_LIMIT = 0.89
_PHRASE_LETTERS = 4

_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_ACRONYM = re.compile(r"\b(?:[A-Z]\.){2,}")
_SMALL_WORDS = frozenset("A AU AUX D DE DES DU EN ET L LA LE LES UN UNE".split())
_DOUBT = re.compile(
    r"\b(PAS D|PAS DE|SANS|ABSENCE|AUCUN|AUCUNE|NON|SUSPICION|SUSPECT|ELIMINER|RECHERCHE|DEPISTAGE|"
    r"CRAINTE|RISQUE|FAMILIAL|FAMILIAUX|MERE|PERE|FRERE|SOEUR|FILS|FILLE|CONJOINT|MARI|EPOUSE)\b"
    r"|\?"
)
#: What is a code already, and no text to code, by kind.
IS_CODE: dict[str, str] = {
    "problem": r"[A-Z][0-9]{2}(\.?[0-9]{1,2})?",
    "lab": r"[0-9]{1,7}-[0-9]",
    "drug": r"[0-9]{7,13}|[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}",
}
#: A lab's own prefix before the name of the test.
_PREFIX = re.compile(r"^(BIO|LAB|LABO|EXA)\b ?")


@dataclass(frozen=True)
class Coding:
    """A code found for a label: its system, confidence (0..1) and the rule that found it."""

    system: str
    code: str
    confidence: float
    rule: Literal["exact", "phrase", "similar"]


def _words(label: str) -> str:
    """Upper-case words without accents, punctuation and small words."""
    plain = _ACRONYM.sub(lambda found: found.group().replace(".", ""), fold(label))
    flat = _NOT_ALNUM.sub(" ", plain).split()
    return " ".join(w for w in flat if w not in _SMALL_WORDS)


def _trigrams(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


@dataclass(frozen=True)
class _Synonyms:
    exact: dict[str, tuple[str, str]]
    labels: tuple[str, ...]
    vocabulary: dict[str, int]
    vectors: np.ndarray  # one row per label, unit length, columns as in `vocabulary`


@cache
def _synonyms(kind: Kind) -> _Synonyms:
    text = files("p4dp.boundary").joinpath("synonyms.csv").read_text(encoding="utf-8")
    exact = {
        _words(row["label"]): (row["system"], row["code"])
        for row in csv.DictReader(text.splitlines())
        if row["kind"] == kind
    }
    labels = tuple(exact)
    grams = [_trigrams(label) for label in labels]
    vocabulary = {gram: i for i, gram in enumerate(sorted(set().union(*grams)))}
    vectors = np.zeros((len(labels), len(vocabulary)))
    for row, own in enumerate(grams):
        vectors[row, [vocabulary[g] for g in own]] = 1 / np.sqrt(len(own))
    return _Synonyms(exact, labels, vocabulary, vectors)


def _phrase(words: str, known: _Synonyms) -> tuple[str, str] | None:
    """The code of the longest synonym inside, when no other synonym inside contradicts it."""
    padded = f" {words} "
    inside = [label for label in known.labels if f" {label} " in padded]
    longest = [a for a in inside if not any(a != b and f" {a} " in f" {b} " for b in inside)]
    codes = {known.exact[label] for label in longest}
    if len(codes) != 1 or max(map(len, longest)) < _PHRASE_LETTERS:
        return None
    return codes.pop()


def _names_several(words: str, known: _Synonyms) -> bool:
    padded = f" {words} "
    return len({known.exact[label] for label in known.labels if f" {label} " in padded}) > 1


def _similar(words: str, known: _Synonyms) -> tuple[tuple[str, str], float] | None:
    own = _trigrams(words)
    present = [known.vocabulary[g] for g in own if g in known.vocabulary]
    if not present:
        return None
    scores = known.vectors[:, present].sum(axis=1) / np.sqrt(len(own))
    best = int(scores.argmax())
    code = known.exact[known.labels[best]]
    others = [
        s for s, label in zip(scores, known.labels, strict=True) if known.exact[label] != code
    ]
    if others and scores[best] - max(others) < MARGIN:
        return None
    return code, float(scores[best])


def known_codes(kind: Kind) -> frozenset[tuple[str, str]]:
    """(system, code) of everything the synonyms of a kind can be coded to."""
    return frozenset(_synonyms(kind).exact.values())


def code_label(label: str | None, kind: Kind, threshold: float = THRESHOLD) -> Coding | None:
    """The code of a label; None when nothing reaches the threshold."""
    if not label:
        return None
    folded = fold(label)
    words = _words(label)
    if kind == "lab":
        words = _PREFIX.sub("", words)
    known = _synonyms(kind)
    if words in known.exact and "?" not in folded:
        return Coding(*known.exact[words], 1.0, "exact")
    if not words or (kind == "problem" and _DOUBT.search(folded)):
        return None
    phrase = _phrase(words, known)
    if phrase is not None and threshold <= 0.9:
        return Coding(*phrase, 0.9, "phrase")
    similar = _similar(words, known)
    if similar is not None and not _names_several(words, known):
        confidence = round(min(similar[1], _SIMILAR_LIMIT), 2)
        if confidence >= threshold:
            return Coding(*similar[0], confidence, "similar")
    return None


def code_labels(
    labels: Sequence[str | None], kind: Kind, threshold: float = THRESHOLD
) -> list[Coding | None]:
    """`code_label` for each label; each distinct label is coded once."""
    known = {label: code_label(label, kind, threshold) for label in set(labels)}
    return [known[label] for label in labels]


def load_codings(
    connection: duckdb.DuckDBPyConnection, relation: str, labels: Sequence[str], kind: Kind
) -> None:
    """Table `relation(label, system, code, confidence, rule)` of the labels that are coded."""
    found = [
        (label, coding)
        for label, coding in zip(labels, code_labels(labels, kind), strict=True)
        if coding is not None
    ]
    table = pa.table(
        {
            "label": pa.array([label for label, _ in found], pa.string()),
            "system": pa.array([coding.system for _, coding in found], pa.string()),
            "code": pa.array([coding.code for _, coding in found], pa.string()),
            "confidence": pa.array([coding.confidence for _, coding in found], pa.float64()),
            "rule": pa.array([coding.rule for _, coding in found], pa.string()),
        }
    )
    connection.register("codings_in", table)
    connection.execute(f"create table {quoted(relation)} as select * from codings_in")
    connection.unregister("codings_in")
