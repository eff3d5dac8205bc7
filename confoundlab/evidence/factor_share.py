"""What an accuracy owes to a factor: chance, what its level alone gives, and what lies beyond it.

A net that names the class as often as somebody who knows only the plate has shown nothing more than
that it knows the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.inference.intervals import (
    Interval,
    Statistic,
    Weights,
    bootstrap,
    difference,
    effective_number,
)
from confoundlab.types import Numbers

# What lies beyond a factor shows in the few groups where it parts from the label. Of fewer than 60
# groups, intervals held the truth in nine draws of ten only; from there on, two groups more, half
# right and spread over all levels and classes, keep them near 95 %, as in `intervals`.
FEWEST_GROUPS = 60
FEWEST_OWED = 20  # of 5 or 10 groups, what is owed to a factor had intervals that held 92 to 100 %
_ADDED = 2.0


@dataclass(frozen=True)
class Explained:
    """Accuracy cut into what chance gives, what the factor adds, and what lies beyond the factor.

    Parameters
    ----------
    accuracy, chance : float
        Of the predictions, and what they would get if labels were permuted over all images.
    by_factor, beyond : Interval or None
        Accuracy points gained by knowing the factor's level alone, and by more than that; 95%
        intervals, groups resampled. `by_factor` plus `beyond` plus `chance` is `accuracy`. There is
        none of `by_factor` under `FEWEST_OWED` groups and of `beyond` under `FEWEST_GROUPS`, where
        such intervals do not hold the truth as often as they say.
    by_factor_estimate, beyond_estimate : float
        Of the two.
    evidence : Evidence or None
        Of the accuracy against labels permuted inside the factor's levels (where the factor varies
        inside groups of one label, between groups with the same share of each level): whether
        anything lies beyond it. None where label and factor are aliased, so that nothing can be
        permuted.
    """

    accuracy: float
    chance: float
    by_factor_estimate: float
    by_factor: Interval | None
    beyond_estimate: float
    beyond: Interval | None
    evidence: Evidence | None

    def __str__(self) -> str:
        return (
            f"accuracy {self.accuracy:.1%} = chance {self.chance:.1%} + factor "
            f"{_points(self.by_factor_estimate, self.by_factor, FEWEST_OWED)} + beyond it "
            f"{_points(self.beyond_estimate, self.beyond, FEWEST_GROUPS)}"
        )


def _points(estimate: float, interval: Interval | None, fewest: int) -> str:
    if interval is None:
        return f"{estimate:.1%} (no interval under {fewest} groups)"
    return f"{estimate:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def explained_by_factor(
    predicted: npt.ArrayLike,
    labels: npt.ArrayLike,
    factor: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    fits: npt.ArrayLike | None = None,
    n_permutations: int = 999,
    seed: int = 0,
) -> Explained:
    """Cut an accuracy into chance, what the factor's level explains, and the rest.

    If labels are permuted inside the levels of a factor, the accuracy that is left is what one gets
    by knowing the level: on average the sum over levels of predicted share times true share.

    Parameters
    ----------
    predicted, labels : array-like, shape (n,)
        Predicted and true classes of held-out images.
    factor : array-like, shape (n,)
        Levels of one factor.
    groups : array-like, shape (n,), optional
        Every image is its own group if missing.
    fits : array-like, shape (n,), optional
        Which fit (fold) predicted the image; one for all if missing.
    n_permutations, seed : int
        Of the test beyond the factor, and of resampling.

    Raises
    ------
    InputError
        Lengths that differ, missing values, types mixed, predicted classes that are none of the
        true ones; groups that each mix the levels in a way of their own, so that none can swap its
        label.
    """
    named, y = columns.shared_codes(predicted, labels, "Predicted and true classes")
    n = len(y)
    if len(named) != n:
        raise InputError(f"{len(named)} predicted classes, but {n} true ones.")
    level = columns.codes(factor, n, "factor")
    group = np.arange(n) if groups is None else columns.codes(groups, n, "groups")
    k, levels, n_groups = (
        int(max(named.max(), y.max())) + 1,
        int(level.max()) + 1,
        int(group.max()) + 1,
    )
    counts = np.zeros((n_groups, levels, k, k))  # in each level, of each class, named as each
    np.add.at(counts, (group, level, y, named), 1)
    by_factor, beyond, over_all = _parts(counts)
    rng, one = np.random.default_rng(seed), np.ones((1, n_groups), np.float32)
    fit = 0 if fits is None else columns.codes(fits, n, "fits")
    table = pd.DataFrame({"image": np.arange(n), "repeat": fit, "predicted": named})
    there = np.argwhere(counts.sum(axis=(0, 3)) > 0)  # pairs of level and class
    tested = found = within = None
    effective = effective_number(np.bincount(group))
    if len(there) > levels:  # some level holds two classes
        tested = held_out.accuracy(
            table, y, group, blocks=level, n_permutations=n_permutations, seed=seed
        )
    if n_groups >= FEWEST_OWED:
        found = bootstrap(by_factor, n_groups, rng, effective=effective, ends=(-1.0, 1.0))
    if n_groups >= FEWEST_GROUPS:
        added = np.zeros((len(there), levels, k, k))
        for extra, (at, true) in zip(added, there, strict=True):
            extra[at, true] = 0.5 / max(k - 1, 1)
            extra[at, true, true] = 0.5
        more = np.concatenate([counts, added * n / n_groups])
        shares = np.full(len(there), _ADDED / len(there))
        within = bootstrap(
            _parts(more)[1], n_groups, rng,
            added=shares, effective=effective, ends=(-1.0, 1.0),
        )  # fmt: skip
    return Explained(
        accuracy=float((named == y).mean()),
        chance=float(over_all(one)[0]),
        by_factor_estimate=float(by_factor(one)[0]),
        by_factor=found,
        beyond_estimate=float(beyond(one)[0]),
        beyond=within,
        evidence=tested,
    )


def _parts(counts: Numbers) -> tuple[Statistic, Statistic, Statistic]:
    """Return what the factor adds, what lies beyond it, and chance, as functions of group weights.

    `counts` are images, shape (groups, levels, true class, named class).
    """
    calls, truth = counts.sum(axis=2), counts.sum(axis=3)
    hits, n_groups = np.einsum("glkk->g", counts), len(counts)

    def expected(parts: tuple[Numbers, Numbers]) -> Statistic:
        shape = parts[0].shape[1:]
        flat = [part.reshape(n_groups, -1) for part in parts]

        def statistic(weights: Weights) -> Numbers:
            a, b = ((weights @ part).reshape(-1, *shape) for part in flat)
            inside = a.sum(axis=2)
            share = (a * b).sum(axis=2) / np.maximum(inside, 1)
            return np.asarray(share.sum(axis=1) / inside.sum(axis=1))

        return statistic

    def accuracy(weights: Weights) -> Numbers:
        return np.asarray((weights @ hits) / (weights @ truth.sum(axis=(1, 2))))

    in_levels = expected((calls, truth))
    over_all = expected((calls.sum(axis=1, keepdims=True), truth.sum(axis=1, keepdims=True)))
    return difference(in_levels, over_all), difference(accuracy, in_levels), over_all
