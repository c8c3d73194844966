"""From scored pairs to links: one-to-one, recalibration, twins, review band, clusters.

Splink's probability treats every candidate as if it stood alone and every field as independent,
so it is over-confident in the middle and blind to twins. The steps here repair that without
knowing the truth:

1. *One-to-one*: a pair is a link only if each is the other's best; a tie is nobody's link.
2. *Decoys*: records whose partner is already certain are offered the other side once more. Whatever
   they would have been linked to is false by construction, so their rate, by weight, estimates
   how many records without a partner are linked falsely (the target–decoy idea of mass
   spectrometry: Elias and Gygi 2007, doi 10.1038/nmeth1019).
3. *Calibration*: a logistic curve of the weight, with its own level for pairs that look like twins
   or other relatives (no sign that the first names are one), fitted to accepted minus expected
   false. Where twins are the likely explanation the curve itself keeps such pairs under the
   acceptance line; where none are (typing errors in a world without twins) it lets them pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from p4dp.linkage.deterministic import components

ACCEPT_PROBABILITY = 0.95
REVIEW_PROBABILITY = 0.5
# Below ACCEPT_PROBABILITY, links are still taken down to MIN_ACCEPT while the share expected to
# be false among all links stays under FALSE_SHARE; pairs that look like relatives never are.
MIN_ACCEPT = 0.8
FALSE_SHARE = 0.0007

# Fields are not independent: without decoys to fit, a bit of weight counts for this much.
DAMPING = 0.7
# False links assumed among relative-like pairs beyond those the decoys show, and the decoys needed
# to judge them by decoys alone.
TWIN_PSEUDO_COUNT = 0.5
MIN_TWIN_DECOYS = 10
# Links of one kind that make a band, in which the expected false ones are spread evenly.
MIN_BAND = 25
# Bits asked for on top where too few pairs of known truth exist to fit a curve for the register.
CAUTION_BITS = 3.0

_LN2 = float(np.log(2.0))

# What contradicts that a pair is one person, each with a calibration of its own: nothing; the birth
# date outright, though the first names agree (parent and child); first names and birth date
# (household); the first name and, besides, the sex or other given names that are listed (twins);
# the first name alone (twins, or a usual name); a first name that is missing; and, where first
# names agree, a birth date that is missing (parent and child again).
KINDS = (
    "plain", "namesakes", "relatives", "twins", "other first name", "no first name",
    "no birth date",
)  # fmt: skip
PLAIN, NAMESAKES, RELATIVES, TWINS, OTHER_NAME, NO_NAME, NO_BIRTH = range(7)
TWIN_KINDS = (RELATIVES, TWINS, OTHER_NAME, NO_NAME)


@dataclass(frozen=True)
class Calibration:
    """probability = 1 / (1 + exp(-(intercept + slope × weight))), apart for twin-like pairs."""

    intercept: float
    slope: float
    twin_intercept: float
    twin_slope: float
    decoy_count: int
    unmatched_count: float
    by_kind: tuple[tuple[float, float], ...] = ()

    def probability(
        self, weight: np.ndarray, is_twin: np.ndarray, kind: np.ndarray | None = None
    ) -> np.ndarray:
        """Calibrated probability of each pair; `weight` in bits.

        A pair that looks like twins is never more probable than its weight says. Where the `kind`
        of contradiction is given, and was when the curves were fitted, each has its own curve.
        """
        twin = np.asarray(is_twin, dtype=bool)
        logit = plain = self.intercept + self.slope * weight
        related = self.twin_intercept + self.twin_slope * weight
        if kind is not None:
            for number, (intercept, slope) in enumerate(self.by_kind):
                curve = intercept + slope * weight
                # what contradicts a pair never speaks for it
                logit = np.where(kind == number, np.minimum(curve, plain), logit)
                related = np.where(kind == number, curve, related)
        logit = np.where(twin, np.minimum(related, _LN2 * weight), logit)
        return 1.0 / (1.0 + np.exp(-np.clip(logit, -60.0, 60.0)))

    def are_two(
        self, weight: np.ndarray, is_twin: np.ndarray, kind: np.ndarray, accept: float
    ) -> np.ndarray:
        """Mask of the pairs that two people explain better, whoever ties them together.

        Relatives by their first names unless acceptable; a parent and child of one name where
        less than even.
        """
        probability = self.probability(weight, is_twin, kind)
        namesakes = (kind == NAMESAKES) & (probability < 0.5)
        return (np.asarray(is_twin, dtype=bool) & (probability < accept)) | namesakes


# Where nothing says how often a weight is right.
UNCALIBRATED = Calibration(0.0, DAMPING * _LN2, -40.0, 0.0, 0, 0.0)


def best_one_to_one(
    left: np.ndarray, right: np.ndarray, weight: np.ndarray, *, unique_right: bool = True
) -> np.ndarray:
    """Mask of the pairs kept when each record takes its best partner.

    Repeats "keep the mutual bests, remove their records" until nothing changes. Equal bests are
    ambiguous: the record gets no partner. With `unique_right=False` several left records may
    share a right one.
    """
    kept = np.zeros(len(weight), dtype=bool)
    open_pairs = np.arange(len(weight))
    if not len(weight):
        return kept
    size_left, size_right = int(left.max()) + 1, int(right.max()) + 1
    ambiguous_left = np.zeros(size_left, dtype=bool)
    while len(open_pairs):
        a, b, w = left[open_pairs], right[open_pairs], weight[open_pairs]
        best_left = np.full(size_left, -np.inf)
        np.maximum.at(best_left, a, w)
        top_left = w == best_left[a]
        ties = np.bincount(a[top_left], minlength=size_left) > 1
        ambiguous_left |= ties
        if unique_right:
            best_right = np.full(size_right, -np.inf)
            np.maximum.at(best_right, b, w)
            top_right = w == best_right[b]
            tied_right = np.bincount(b[top_right], minlength=size_right) > 1
            chosen = top_left & top_right & ~ties[a] & ~tied_right[b]
            # a tied record blocks itself, not its rivals' other partners
            blocked = (top_left & ties[a]) | (top_right & tied_right[b])
        else:
            chosen = top_left & ~ties[a]
            blocked = top_left & ties[a]
        kept[open_pairs[chosen]] = True
        used_left = np.zeros(size_left, dtype=bool)
        used_left[a[chosen]] = True
        used_left |= ties
        keep_open = ~used_left[a] & ~chosen & ~blocked
        if unique_right:
            used_right = np.zeros(size_right, dtype=bool)
            used_right[b[chosen]] = True
            used_right |= tied_right
            keep_open &= ~used_right[b]
        open_pairs = open_pairs[keep_open]
    return kept


def decoy_links(
    probe: np.ndarray,
    right: np.ndarray,
    weight: np.ndarray,
    taken_weight: np.ndarray,
) -> np.ndarray:
    """Mask of the probes' pairs that would have become (false) links.

    `taken_weight[right]` is the weight by which a right record is already linked (-inf: free): a
    probe wins it only with a larger weight. One pair per probe and per right record.
    """
    free = weight > taken_weight[right]
    wins = np.zeros(len(weight), dtype=bool)
    wins[np.flatnonzero(free)] = best_one_to_one(probe[free], right[free], weight[free])
    return wins


def calibrate(
    weight: np.ndarray,
    is_twin: np.ndarray,
    decoy_weight: np.ndarray,
    decoy_is_twin: np.ndarray,
    *,
    probe_count: int,
    record_count: int,
    unmatched_count: float | None = None,
    unexplained: float = 0.0,
    kind: np.ndarray | None = None,
    decoy_kind: np.ndarray | None = None,
) -> Calibration:
    """Fit the curves to `weight` of the linked pairs and of the decoys' links.

    `kind`: what in a pair contradicts that it is one person (one of KINDS); each has its own curve.

    `probe_count` records played decoy; `record_count` left records looked for a partner. How many
    of these have none is unknown; it is what remains once the expected false links are taken
    out, found by iteration.
    """
    if probe_count < 100 or len(weight) < 20:
        return UNCALIBRATED
    is_sorted = kind is not None
    if kind is None or decoy_kind is None:
        kind, decoy_kind = (np.where(t, RELATIVES, PLAIN) for t in (is_twin, decoy_is_twin))
    kinds = len(KINDS)
    edges = np.arange(np.floor(min(weight.min(), -10.0)), np.ceil(weight.max()) + 2.0)
    bins = len(edges) - 1

    def histogram(values: np.ndarray, kind: np.ndarray) -> np.ndarray:
        cell = np.clip(np.digitize(values, edges) - 1, 0, bins - 1) + bins * kind
        return np.bincount(cell, minlength=kinds * bins).astype(float).reshape(kinds, bins)

    linked = histogram(weight, kind)
    rate = histogram(decoy_weight, decoy_kind) / probe_count
    unmatched = float(record_count) if unmatched_count is None else unmatched_count
    for _ in range(50 if unmatched_count is None else 0):
        false = np.minimum(rate * unmatched, linked)
        unmatched, before = max(record_count - (linked - false).sum(), 1.0), unmatched
        if abs(unmatched - before) < 0.01:
            break
    expected = rate * unmatched
    middle = (edges[:-1] + edges[1:]) / 2
    # a decoy that was not seen may still exist: half of one, spread where links are
    half = TWIN_PSEUDO_COUNT * min(unmatched / probe_count, 1.0)
    is_silent = decoy_is_twin.sum() < MIN_TWIN_DECOYS
    twins = [kind for kind in range(kinds) if kind in TWIN_KINDS]

    def fitted(numbers: list[int]) -> tuple[float, float]:
        here, wrong = linked[numbers].sum(axis=0), expected[numbers].sum(axis=0)
        related = set(numbers) <= set(TWIN_KINDS)
        if is_sorted and numbers != [PLAIN]:
            false = _spread_evenly(wrong, here)
        else:
            false = np.minimum(wrong, here)
        if numbers != [PLAIN]:
            assumed = half
            if related and is_silent:
                share = here.sum() / max(linked[twins].sum(), 1.0)
                assumed = max(assumed, unexplained * share - float(false.sum()))
            false = _add_spread(false, here, assumed)
        # a relative has the same family, address and telephone: the weight says little there
        slope, loose = (0.05, 1.0) if related or numbers == [NAMESAKES] else (DAMPING * _LN2, 0.5)
        return _logistic(middle, here - false, false, slope=slope, loose=loose)

    curves = tuple(fitted([number]) for number in range(kinds))
    by_kind = curves if is_sorted else ()
    return Calibration(*curves[PLAIN], *fitted(twins), int(len(decoy_weight)), unmatched, by_kind)


def calibrate_within(
    weight: np.ndarray,
    kind: np.ndarray,
    is_false: np.ndarray,
    *,
    scale: float,
    unexplained: float = 0.0,
) -> Calibration:
    """The damped curve, and for each kind of contradiction one fitted to its expected false share.

    `is_false`: pairs known to be two people, each standing for `scale` of its kind. `unexplained`
    as in `calibrate`. Kinds of differing first names that are rare share one curve.
    """
    low = np.floor(min(weight.min(), -10.0))
    edges = np.arange(low, np.ceil(weight.max()) + 2.0)
    middle = (edges[:-1] + edges[1:]) / 2
    twins = np.isin(kind, TWIN_KINDS)

    def fitted(chosen: np.ndarray) -> tuple[float, float]:
        total = np.histogram(weight[chosen], edges)[0].astype(float)
        known = np.histogram(weight[chosen & is_false], edges)[0] * scale
        false = _spread_evenly(known, total, MIN_BAND * scale)
        # where few records are certain, two certain ones seldom meet: not seen is not absent
        assumed = TWIN_PSEUDO_COUNT * scale
        if (twins & is_false).sum() < MIN_TWIN_DECOYS and twins[chosen].any():
            share = total.sum() / max(twins.sum(), 1)
            assumed = max(assumed, unexplained * share - float(false.sum()))
        false = _add_spread(false, total, assumed)
        return _logistic(middle, total - false, false, slope=0.05, loose=1.0)

    own = (UNCALIBRATED.intercept, UNCALIBRATED.slope)
    together = fitted(twins)
    curves = [own]
    for number in range(1, len(KINDS)):
        here = kind == number
        has_own = number in (NAMESAKES, NO_BIRTH) or here.sum() >= MIN_BAND * scale
        curves.append(fitted(here) if has_own else together)
    return Calibration(*own, *together, int(is_false.sum()), 0.0, tuple(curves))


def _spread_evenly(false: np.ndarray, total: np.ndarray, band_size: float = MIN_BAND) -> np.ndarray:
    """`false` as a share of `total` that is even over neighbouring bins of `band_size` or more.

    Where links are few, a bin that holds a decoy often holds no link.
    """
    band = np.minimum((np.cumsum(total) / band_size).astype(int), int(total.sum() / band_size) - 1)
    band = np.maximum(band, 0)
    share = np.bincount(band, false) / np.maximum(np.bincount(band, total), 1e-9)
    return np.minimum(share, 1.0)[band] * total


def _add_spread(false: np.ndarray, total: np.ndarray, count: float) -> np.ndarray:
    """`false` raised by `count`, spread as `total` is, and never above it."""
    return np.minimum(false + count * total / max(total.sum(), 1.0), total)


def _logistic(
    weight: np.ndarray, true: np.ndarray, false: np.ndarray, *, slope: float, loose: float
) -> tuple[float, float]:
    """Intercept and slope by penalised likelihood; the slope is never negative.

    The prior: intercept 0 ± 4 logits, slope as given ± `loose` times itself.
    """
    true = np.maximum(true, 0.0)
    false = np.maximum(false, 0.0)
    design = np.column_stack([np.ones_like(weight), weight])
    prior = np.array([0.0, slope])
    precision = np.array([1 / 4.0**2, 1 / (loose * slope) ** 2])
    beta = _maximised(design, true, false, prior, precision)
    if beta[1] < 0:  # a likelier pair is never less probable: one level for all
        beta = np.append(_maximised(design[:, :1], true, false, prior[:1], precision[:1]), 0.0)
    return float(beta[0]), float(beta[1])


def _maximised(
    design: np.ndarray,
    true: np.ndarray,
    false: np.ndarray,
    prior: np.ndarray,
    precision: np.ndarray,
) -> np.ndarray:
    """Coefficients of the penalised logistic likelihood, by Newton's method with bounded steps."""
    beta = prior.copy()
    total = true + false
    for _ in range(100):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -40, 40)))
        gradient = design.T @ (true - total * probability) - precision * (beta - prior)
        curvature = total * probability * (1 - probability)
        hessian = (design * curvature[:, None]).T @ design + np.diag(precision)
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 3.0 / max(np.abs(step).max(), 1e-9))
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return beta


def accept_from(
    probability: np.ndarray, certain_count: int, accept: float, false_count: float = 0.0
) -> float:
    """The lowest probability at which a pair whose first names agree may be accepted.

    `accept`, or lower, down to MIN_ACCEPT, as long as the links expected to be false stay under
    FALSE_SHARE of all links, certain ones included: in a band that is mostly right, refusing
    everything would lose more links than it saves. `false_count`: those expected among the links
    of other kinds.
    """
    candidates = np.sort(probability[probability >= MIN_ACCEPT])[::-1]
    if accept <= MIN_ACCEPT or not len(candidates):
        return accept
    false = false_count + np.cumsum(1 - candidates)
    links = certain_count + np.arange(1, len(candidates) + 1)
    fine = false <= FALSE_SHARE * links
    lowest = float(candidates[fine].min()) if fine.any() else accept
    return min(accept, lowest)


def calibration_table(
    con: duckdb.DuckDBPyConnection, table: str, raw_weight: str = "match_weight"
) -> list[dict[str, float]]:
    """Stated against calibrated probability of the links of `table`, by band of the stated one.

    `table` has `match_weight` (bits) and `match_probability` (calibrated).
    """
    rows = con.execute(
        f"""
        with stated as (
            select 1 - 1 / (1 + pow(2, least(greatest({raw_weight}, -60), 60))) as p,
                match_probability
            from {table}
            where {raw_weight} is not null
        )
        select
            case when p < 0.5 then '<0.5' when p < 0.9 then '0.5-0.9' when p < 0.99 then '0.9-0.99'
                when p < 0.999 then '0.99-0.999' else '>=0.999' end as band,
            count(*), avg(p), avg(match_probability)
        from stated group by band order by avg(p)
        """
    ).fetchall()
    return [
        {"band": band, "pair_count": n, "stated": round(p, 6), "calibrated": round(c, 6)}
        for band, n, p, c in rows
    ]


def cluster(
    total: int,
    left: np.ndarray,
    right: np.ndarray,
    probability: np.ndarray,
    apart_left: np.ndarray,
    apart_right: np.ndarray,
) -> np.ndarray:
    """Component (its smallest record) of each record 0..total-1, over the given links.

    Pairs in `apart_*` must not end in one component: where they would, the links of that component
    are taken in the order of their probability and one that would join such a pair is dropped.
    """
    component = components(total, left, right)
    torn = np.unique(component[apart_left[component[apart_left] == component[apart_right]]])
    if not len(torn):
        return component
    inside = np.isin(component[left], torn)
    order = np.flatnonzero(inside)
    order = order[np.lexsort((right[order], left[order], -probability[order]))]
    members: dict[int, set[int]] = {}
    of: dict[int, int] = {}
    enemies: dict[int, set[int]] = {}
    for a, b in zip(apart_left.tolist(), apart_right.tolist(), strict=True):
        enemies.setdefault(a, set()).add(b)
        enemies.setdefault(b, set()).add(a)
    for edge in order.tolist():
        a, b = int(left[edge]), int(right[edge])
        for node in (a, b):
            if node not in of:
                of[node] = node
                members[node] = {node}
        one, two = of[a], of[b]
        if one == two:
            continue
        small, large = sorted((one, two), key=lambda group: len(members[group]))
        if any(enemies.get(node, set()) & members[large] for node in members[small]):
            continue
        for node in members[small]:
            of[node] = large
        members[large] |= members.pop(small)
    result = component.copy()
    touched = np.flatnonzero(np.isin(component, torn))
    result[touched] = touched
    for group in members.values():
        smallest = min(group)
        for node in group:
            result[node] = smallest
    return result


def fit_calibration(
    weight: np.ndarray, is_twin: np.ndarray, is_same: np.ndarray, *, minimum: int
) -> Calibration:
    """A calibration from pairs of known truth; cautiously damped weights where these are too few.

    Twin-like pairs pass only if the known ones among them say so.
    """
    plain = ~is_twin
    if min((plain & is_same).sum(), (plain & ~is_same).sum()) < minimum:
        own = (-CAUTION_BITS * UNCALIBRATED.slope, UNCALIBRATED.slope)
    else:
        own = _logistic(
            weight[plain], is_same[plain].astype(float), (~is_same[plain]).astype(float),
            slope=DAMPING * _LN2, loose=0.5,
        )  # fmt: skip
    if is_twin.sum() < minimum:
        apart = (UNCALIBRATED.twin_intercept, UNCALIBRATED.twin_slope)
    else:
        apart = _logistic(
            weight[is_twin], is_same[is_twin].astype(float), (~is_same[is_twin]).astype(float),
            slope=0.05, loose=1.0,
        )  # fmt: skip
    return Calibration(*own, *apart, int((~is_same).sum()), 0.0)
