"""Comparing two experiments: these fits on the same groups, or two learners over repeated splits.

Random split minus grouped split tells what near copies gave; whole image minus crop, what the
subject adds to the session; before minus after, what a correction took away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from confoundlab.errors import InputError
from confoundlab.evidence import Evidence, NullTest, assemble, least_shift
from confoundlab.held_out import check_predictions
from confoundlab.intervals import Method, Numbers, bootstrap, mean_recall
from confoundlab.intervals import difference as paired
from confoundlab.labelling import Indices

_TINY = float(np.finfo(float).tiny)  # a p-value is never 0, however large t is


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    *,
    n_permutations: int = 999,
    seed: int = 0,
    interval: Method = "percentile",
) -> Evidence:
    """Difference in accuracy, first minus second, of two experiments on the same groups.

    For example random split minus grouped split, whole image minus crop, before minus after. The
    groups that both tested are compared; a resample draws a group with its answers in both.

    Parameters
    ----------
    first, second : DataFrame
        Predictions, as in `held_out.accuracy`.
    labels, groups : ndarray of int, shape (n,)
        Of all images.
    n_permutations, seed
        As in `held_out.accuracy`. The null swaps the two experiments in whole groups, at random:
        if they are equally good, a group's answers might as well have come from the other. It asks
        about these fits; for learners refitted on other images see `corrected_resampled_t`.
    interval : {"percentile", "bca"}
        See `intervals.bootstrap`.

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
        check_predictions(table, labels, groups, n_permutations)
    number = np.unique(groups, return_inverse=True)[1]
    sums = []
    for table in (first, second):
        image = table["image"].to_numpy()
        correct = (table["predicted"].to_numpy() == labels[image]).astype(np.float64)
        n_groups = int(number.max()) + 1
        sums.append([np.bincount(number[image], c, n_groups) for c in (correct, correct * 0 + 1)])
    both = (sums[0][1] > 0) & (sums[1][1] > 0)
    if both.sum() < 2:
        raise InputError(f"{both.sum()} group(s) were tested in both experiments; two are needed.")
    (hits, counts), (hits2, counts2) = ([part[both] for part in pair] for pair in sums)
    statistic = paired(
        mean_recall(hits[:, None], counts[:, None]), mean_recall(hits2[:, None], counts2[:, None])
    )
    rng = np.random.default_rng(seed)
    # the last row swaps nothing: what was observed, computed like the null to the last bit
    swap = np.r_[rng.random((n_permutations, len(hits))) < 0.5, np.zeros((1, len(hits)), bool)]
    scores = np.where(swap, hits2, hits).sum(1) / np.where(swap, counts2, counts).sum(1)
    scores -= np.where(swap, hits, hits2).sum(1) / np.where(swap, counts, counts2).sum(1)
    null, estimate = scores[:-1], float(scores[-1])
    found = bootstrap(statistic, len(hits), rng, method=interval)
    smallest = max(0.5 ** len(hits), 1 / (1 + n_permutations))
    return assemble(
        "difference in accuracy",
        found,
        estimate,
        [NullTest(estimate, null, smallest)],
        least=least_shift(null, found.error),
        chance=0.0,
        permuted="experiments swapped in whole groups",
        permuted_why="Images of a group are near copies, so a group's answers move together.",
        n_images=int(both[number].sum()),
        n_groups=len(hits),
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
