"""The conditional question: whether predictions depend on a factor, the label held fixed.

A prediction that depends on the session GIVEN the label is driven by the session (the partial
confounder test of Spisak 2022, doi:10.1093/gigascience/giac082). Labels here are classes, so the
conditional distribution of the factors needs no model: within a class their rows are exchangeable
under the null, and are permuted there, at the level at which they were assigned. Any number of
factors, of classes or measured, is tested at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.design.factors import coded
from confoundlab.design.kinds import Kind, in_words, taken
from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence, NullTest, assemble, least_shift
from confoundlab.inference.intervals import Weights, bootstrap, effective_number
from confoundlab.types import Numbers

_WHY = (
    "Factors move where the label is the same: with whole groups where all images of a group share "
    "them, else image by image."
)
_CHUNK = 2**23  # numbers in permuted factors held at once: 64 MB


def partial_confounder_test(
    predictions: npt.ArrayLike,
    factors: pd.DataFrame,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    kinds: Mapping[str, Kind] | None = None,
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Test whether predictions depend on factors, the label held fixed.

    What is held fixed are the classes as given. If they are thresholds of a quantity (a dose above
    zero, a severity above three) that the factor follows too, predictions of the quantity depend on
    the factor inside each class, and the test says so: then cut the quantity finer.

    Parameters
    ----------
    predictions : array-like, shape (n,) or (n, k)
        Predicted classes, or scores, of held-out images.
    factors : DataFrame, shape (n, factors)
        Acquisition factors, of classes, measured or of times; tested together.
    labels : array-like, shape (n,)
        True classes.
    groups : array-like, shape (n,), optional
        Images of a group are near copies; every image is its own group if missing.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name; `kinds.taken` guesses the others.
    n_permutations, seed : int
        Of the null and of resampling.

    Returns
    -------
    Evidence
        Of the partial R²: the share of the predictions' variance, label means taken out, that the
        factors explain linearly. Factors that say nothing explain a little by luck: `chance` is
        the mean of the null. What factors were taken for is among the remarks.

    Raises
    ------
    InputError
        Lengths that differ, missing values, constant factors, a factor with a level a row, factors
        that cannot move inside the classes.
    """
    y = columns.codes(labels, None, "labels")
    n = len(y)
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    if len(factors) != n:
        raise InputError(f"{n} labels, but {len(factors)} rows of factors.")
    c, _ = coded(factors, kinds)
    group = np.arange(n) if groups is None else columns.codes(groups, n, "groups")
    answers = _answers(predictions, n)
    row = np.unique(c, axis=0, return_inverse=True)[1].ravel()
    level = Labelling.of(row, group, y, called="classes")
    # the moments of each unit and class: all that the statistic needs
    size, units = int(y.max()) + 1, len(level.labels)
    counts = np.zeros((units, size))
    np.add.at(counts, (level.unit, y), 1)
    sums = np.zeros((units, size, answers.shape[1]))
    np.add.at(sums, (level.unit, y), answers)
    squares = np.bincount(level.unit, (answers**2).sum(axis=1)).astype(np.float64)
    rows = np.unique(c, axis=0)
    moments = _Moments(counts, sums, squares)

    rng = np.random.default_rng(seed)
    ones = np.ones((1, units), np.float32)
    estimate = float(moments.partial_r2(ones, rows[level.labels][None])[0])
    chunk = max(1, _CHUNK // (units * rows.shape[1]))
    sizes = [min(chunk, n_permutations - at) for at in range(0, n_permutations, chunk)]
    null = np.concatenate([moments.partial_r2(ones, rows[level.draw(many, rng)]) for many in sizes])
    owner = group[np.unique(level.unit, return_index=True)[1]]

    def statistic(weights: Weights) -> Numbers:
        parts = [
            moments.partial_r2(weights[at : at + chunk][:, owner], rows[level.labels][None])
            for at in range(0, len(weights), chunk)
        ]
        return np.concatenate(parts)

    n_groups = int(group.max()) + 1
    effective = effective_number(np.bincount(group))
    found = bootstrap(statistic, n_groups, rng, method="logit", effective=effective)
    evidence = assemble(
        "partial R²",
        found,
        estimate,
        [NullTest(estimate, null, level.smallest_p(n_permutations, renamed=False))],
        least=least_shift(null, found.error),
        chance=float(null.mean()),
        permuted=level.permuted,
        permuted_why=_WHY,
        n_images=n,
        n_groups=n_groups,
        seed=seed,
    )
    return replace(evidence, remarks=in_words(taken(factors, kinds)))


@dataclass(frozen=True, eq=False)
class _Moments:
    """Counts, sums and squares of the answers in each unit and class: (u, l), (u, l, k), (u,)."""

    counts: Numbers
    sums: Numbers
    squares: Numbers

    def partial_r2(self, weights: Weights, factors: Numbers) -> Numbers:
        """Return the partial R² for unit weights (B or 1, u) and factors (B or 1, u, q).

        All moments are taken around the weighted means of each class: that holds the label fixed.
        """
        units, classes, k = self.sums.shape
        n = weights @ self.counts
        safe = np.maximum(n, 1e-12)[:, :, None]
        y_sums = (weights @ self.sums.reshape(units, -1)).reshape(-1, classes, k)
        total = weights @ self.squares - (y_sums**2 / safe).sum(axis=(1, 2))
        heavy = weights[:, :, None] * factors
        c_sums = self.counts.T @ heavy
        flipped = heavy.transpose(0, 2, 1)
        own = self.counts.sum(axis=1)[:, None]
        inner = flipped @ (own * factors) - (c_sums / safe).transpose(0, 2, 1) @ c_sums
        cross = flipped @ self.sums.sum(axis=1) - c_sums.transpose(0, 2, 1) @ (y_sums / safe)
        solved = np.linalg.pinv(inner, rcond=1e-9, hermitian=True) @ cross
        explained = (cross * solved).sum(axis=(1, 2))
        return np.asarray(np.where(total > 1e-9, explained / np.maximum(total, 1e-9), 0.0))


def _answers(predictions: npt.ArrayLike, n: int) -> Numbers:
    """Return predictions as numbers, shape (n, k): marks of the classes, or the scores."""
    given = np.asarray(predictions)
    if given.ndim == 1 and given.dtype.kind != "f":
        named = columns.codes(given, n, "predictions")
        if named.max() == 0:
            raise InputError("All predictions are the same: they depend on nothing.")
        return np.asarray(named[:, None] == np.arange(named.max() + 1), np.float64)
    table = columns.features(given.reshape(len(given), -1))
    if len(table) != n:
        raise InputError(f"{n} labels, but {len(table)} predictions.")
    return table
