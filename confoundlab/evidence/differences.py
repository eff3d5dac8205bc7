"""Comparing two experiments: these fits on the same groups, or two learners over repeated splits.

Random split minus grouped split tells what near copies gave; whole image minus crop, what the
subject adds to the session; before minus after, what a correction took away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata, t

from confoundlab.design import columns
from confoundlab.errors import InputError, one_of
from confoundlab.evidence.record import TIE, Evidence, NullTest, assemble, least_shift
from confoundlab.inference.auc import weighted_auc
from confoundlab.inference.intervals import (
    Interval,
    Method,
    Statistic,
    bootstrap,
    effective_by_class,
    mean_recall,
)
from confoundlab.inference.intervals import difference as paired
from confoundlab.types import Indices, Numbers

# Effective groups: intervals of three held the truth in nine draws of ten only.
_FEWEST = 4.0
_TINY = float(np.finfo(float).tiny)  # a p-value is never 0, however large t is


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    *,
    balanced: bool = False,
    n_permutations: int = 999,
    seed: int = 0,
    interval: Method = "t",
) -> Evidence:
    """Difference in accuracy, first minus second, of two experiments on the same groups.

    For example random split minus grouped split, whole image minus crop, before minus after. The
    groups that both tested are compared; a resample draws a group with its answers in both.

    Parameters
    ----------
    first, second : DataFrame
        Predictions, as in `held_out.accuracy`; confidences break ties.
    labels, groups : ndarray of int, shape (n,)
        Of all images.
    balanced : bool
        Average the accuracies of the classes, so that rare ones count as much as common ones.
    n_permutations, seed
        As in `held_out.accuracy`. The null swaps the two experiments in whole groups, at random:
        if they are equally good, a group's answers might as well have come from the other. It asks
        about these fits; for learners refitted on other images see `corrected_resampled_t`.
    interval : {"t", "percentile", "bca"}
        See `intervals.bootstrap`. Fewer than four groups (of equal size, or as much as such) have
        none: it is then all that a difference can be, -1 to 1.

    Returns
    -------
    Evidence
        Chance is 0; `minimum_detectable` is the null's 95% point plus 0.84 standard errors.

    Raises
    ------
    InputError
        Malformed predictions, fewer than two groups in both.
    """
    for table in (first, second):
        columns.check_predictions(table, labels, groups, n_permutations)
    number = np.unique(groups, return_inverse=True)[1]
    column = np.unique(labels, return_inverse=True)[1] if balanced else np.zeros_like(number)
    # hits, counts and what breaks ties of both experiments, for each group and class
    sums = np.zeros((2, 3, int(number.max()) + 1, int(column.max()) + 1))
    for (hits, counts, ties), table in zip(sums, (first, second), strict=True):
        image = table["image"].to_numpy()
        place, right = (
            (number[image], column[image]),
            table["predicted"].to_numpy() == labels[image],
        )
        np.add.at(hits, place, right)
        np.add.at(counts, place, 1)
        np.add.at(ties, place, right * columns.tie_breaker(table))
    both = (sums[:, 1].sum(axis=2) > 0).all(axis=0)
    if both.sum() < 2:
        raise InputError(f"{both.sum()} group(s) were tested in both experiments; two are needed.")
    one, other = sums[0][:, both], sums[1][:, both]
    hits, counts, ties = np.concatenate([one, other], axis=1)
    return _compared(
        "balanced accuracy" if balanced else "accuracy",
        paired(mean_recall(*one[:2]), mean_recall(*other[:2])),
        mean_recall(hits, counts),
        tie=mean_recall(ties, counts),
        effective=effective_by_class(one[1] + other[1]),
        n_images=int(both[number].sum()),
        n_groups=int(both.sum()),
        n_permutations=n_permutations,
        seed=seed,
        interval=interval,
    )


def difference_in_auc(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    labels: Indices,
    groups: Indices,
    *,
    folds: Indices | None = None,
    n_permutations: int = 999,
    seed: int = 0,
    interval: Method = "t",
) -> Evidence:
    """Difference in ROC AUC, first minus second, of two experiments that scored the same images.

    Parameters
    ----------
    first, second : array-like, shape (n,) or (n, classes)
        Scores, as in `held_out.roc_auc`. Only their order counts, so scales need not agree.
    labels, groups : ndarray of int, shape (n,)
        Labels count from zero.
    folds : ndarray of int, shape (n,), optional
        Which fit scored the image, in both experiments; only images of one fit are compared.
    n_permutations, seed
        The null swaps the two experiments in whole groups, at random, after the scores of each
        became ranks inside folds (Venkatraman and Begg 1996, doi:10.1093/biomet/83.4.835; for
        areas Bandos, Rockette and Gur 2005, doi:10.1002/sim.2149). It says that the two curves are
        the same, and is sensitive to their areas.
    interval : {"t", "percentile", "bca"}
        See `intervals.bootstrap`. Fewer than four groups (of equal size, or as much as such) have
        none: it is then all that a difference can be, -1 to 1.

    Returns
    -------
    Evidence
        As of `difference`.

    Raises
    ------
    InputError
        Shapes that do not fit, values that are missing, a single class or group, no fold with two
        classes.
    """
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    n = len(labels)
    parts = columns.rows_of(folds, n, "folds")
    number = columns.codes(groups, n, "groups")
    given = [
        columns.scores(values, labels, number, f"Scores {name!r}")
        for name, values in (("first", first), ("second", second))
    ]
    # ranks of an experiment and fold, a row a class
    one, other = (
        [rankdata(table[rows], axis=0).T.astype(np.float32) for rows in parts] for table in given
    )
    n_groups = int(number.max()) + 1
    return _compared(
        "ROC AUC",
        paired(*(weighted_auc(lines, labels, number, parts) for lines in (one, other))),
        weighted_auc(
            [np.hstack(lines) for lines in zip(one, other, strict=True)],
            np.tile(labels, 2),
            np.r_[number, number + n_groups],
            [np.r_[rows, rows + n] for rows in parts],
        ),
        effective=effective_by_class(
            np.stack(
                [np.bincount(number[labels == c], minlength=n_groups) for c in np.unique(labels)],
                axis=1,
            )
        ),
        n_images=n,
        n_groups=n_groups,
        n_permutations=n_permutations,
        seed=seed,
        interval=interval,
    )


def _compared(
    metric: str,
    gap: Statistic,
    either: Statistic,
    *,
    effective: float,
    n_images: int,
    n_groups: int,
    n_permutations: int,
    seed: int,
    interval: Method,
    tie: Statistic | None = None,
) -> Evidence:
    """Test a gap between experiments by swapping them in whole groups.

    `gap` is a function of group weights; `either` is one experiment's metric, as a function of
    which groups it takes from the first (n_groups weights), and which from the second (as many);
    and so is `tie`, a small number that tells apart what is equal otherwise.
    """
    one_of("interval", interval, ("t", "percentile", "bca"))
    rng = np.random.default_rng(seed)
    # the last row swaps nothing: what was observed, computed like the null to the last bit
    swap = np.r_[rng.random((n_permutations, n_groups)) < 0.5, np.zeros((1, n_groups), bool)]
    taken, left = np.c_[~swap, swap], np.c_[swap, ~swap]
    taken, left = taken.astype(np.float32), left.astype(np.float32)
    values = either(taken) - either(left)
    null, estimate = values[:-1], float(values[-1])
    ranked = values if tie is None else values + tie(taken) - tie(left)
    found = Interval(-1.0, 1.0, float("inf"))
    if effective >= _FEWEST or n_groups < 2:  # of one, `bootstrap` says what is missing
        found = bootstrap(gap, n_groups, rng, method=interval, effective=effective, ends=(-1, 1))
    if found.error == 0 and abs(estimate) < TIE:  # no group shows which way the others may lie
        found = Interval(-found.high, found.high, 0.0)
    return assemble(
        f"difference in {metric}",
        found,
        estimate,
        [NullTest(float(ranked[-1]), ranked[:-1], max(0.5**n_groups, 1 / (1 + n_permutations)))],
        least=least_shift(null, found.error),
        chance=0.0,
        permuted="experiments swapped in whole groups",
        permuted_why="Images of a group are near copies, so a group's answers move together.",
        n_images=n_images,
        n_groups=n_groups,
        seed=seed,
    )


@dataclass(frozen=True)
class Resampled:
    """The mean of differences over repeated splits, with interval, t and two-sided p-value."""

    estimate: float
    ci_low: float
    ci_high: float
    t: float
    p_value: float


def corrected_resampled_t(
    differences: Sequence[float] | Numbers, *, n_train: int, n_test: int, confidence: float = 0.95
) -> Resampled:
    """Test whether two learners differ over repeated random splits of the same data.

    Repeats share most of their training images, so they are not independent and the usual t-test
    is far too sure. The variance is multiplied by 1 / repeats + n_test / n_train instead of by
    1 / repeats (Nadeau and Bengio 2003, doi:10.1023/A:1024068626366, equation 9).

    Parameters
    ----------
    differences : array-like of float, shape (repeats,)
        Of the two learners' scores on the same split.
    n_train, n_test : int
        Images (or groups, where groups were split) of one split.
    confidence : float
        Of the interval.

    Raises
    ------
    InputError
        Fewer than two repeats, values that are missing, sizes that are not positive.
    """
    values = np.asarray(differences, np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise InputError(f"differences must be two numbers or more, not shape {values.shape}.")
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))[:5].tolist()
        raise InputError(f"differences are missing or infinite at place(s) {bad}.")
    if n_train < 1 or n_test < 1:
        raise InputError("n_train and n_test must be positive.")
    mean, free = float(values.mean()), len(values) - 1
    error = float(np.sqrt((1 / len(values) + n_test / n_train) * values.var(ddof=1)))
    if error == 0:
        t_value = float(np.copysign(np.inf, mean)) if mean else 0.0
        return Resampled(mean, mean, mean, t_value, _TINY if mean else 1.0)
    half = float(t.ppf((1 + confidence) / 2, free)) * error
    score = mean / error
    p_value = max(2 * float(t.sf(abs(score), free)), _TINY)
    return Resampled(mean, mean - half, mean + half, score, p_value)
