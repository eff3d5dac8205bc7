"""Intervals that resample groups, for any statistic of group weights.

Drawing whole groups again with replacement is giving each group a weight: how often it was drawn.
Accuracy, balanced accuracy, ROC AUC and differences of them are all functions of such weights, so
that one bootstrap serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from confoundlab.errors import InputError, one_of
from confoundlab.inference.combining import logit_ends
from confoundlab.storage.compiled import compiled
from confoundlab.types import Numbers

# From weights, shape (resamples, groups), to values, shape (resamples,). Weights are small whole
# numbers, which single precision holds exactly.
Weights = npt.NDArray[np.float32]
Statistic = Callable[[Weights], Numbers]
Method = Literal["logit", "t", "percentile", "bca"]
N_RESAMPLES = 2000
_NOTHING = (
    "No resample of the groups has two classes to compare inside a fold: there are too few groups, "
    "or too many folds."
)
# Effective groups; fewer do not tell how groups differ. Where one group has 60 % of the images (2.7
# effective groups), its own answer decides: how many of its errors the estimate then lies from the
# truth hangs on how groups are distributed, which they are too few to show.
FEWEST = 3.0
_CHUNK = 4_000_000  # weights held in memory at once
_ROUNDING = 1e-6  # sums of very many pairs are rounded in single precision


@dataclass(frozen=True)
class Interval:
    """A range that holds the truth with the stated confidence, and the standard error."""

    low: float
    high: float
    error: float


def bootstrap(
    statistic: Statistic,
    n_groups: int,
    rng: np.random.Generator,
    *,
    method: Method = "percentile",
    confidence: float = 0.95,
    n_resamples: int = N_RESAMPLES,
    added: Numbers | None = None,
    effective: float | None = None,
    ends: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Interval of a statistic, whole groups resampled.

    Parameters
    ----------
    statistic : callable
        From group weights, shape (resamples, groups), to values, shape (resamples,).
    n_groups : int
        At least two.
    rng : Generator
        Of the resampling.
    method : {"percentile", "bca", "logit", "t"}
        Percentiles; bias-corrected and accelerated ones (Efron 1987,
        doi:10.1080/01621459.1987.10478410), with the acceleration from leaving out groups; or, for
        values between 0 and 1, the bootstrap's standard error on the logit scale, with a t
        distribution and more groups than there are (see below), which alone holds the truth
        as often as it says near 0 and 1 with few groups; or, for values of any sign, the standard
        error times a t distribution's ends, which unlike percentiles reach beyond the groups seen.
    confidence : float
        Of the interval, between 0 and 1.
    n_resamples : int
        Draws.
    added : ndarray, shape (m,), optional
        The statistic knows m groups more than were tested; each is drawn this share of the times
        that a tested one is. They stand for groups that a small sample lacks by luck, and smooth
        percentiles.
    effective : float, optional
        As many groups of equal size say as much (`effective_number`); `n_groups` if missing. Fewer
        than `FEWEST` give the whole range of the statistic: they do not tell how groups differ.
    ends : (float, float)
        Of that range.

    Returns
    -------
    Interval

    Notes
    -----
    Percentiles are too narrow for few groups, so their levels are those of a t distribution
    (Hesterberg 2015, doi:10.1080/00031305.2015.1089789, section 3.3): 1.6 % and 98.4 % for 20
    groups instead of 2.5 and 97.5. A share of which all resamples are exactly 1, because nothing
    went wrong in any group, would have an interval of no width; it gets the exact binomial bound
    for as many successes as groups instead, and a share of 0 likewise.

    Where one group in ten went wrong and 20 were tested, two draws in fifteen show one such group
    or none, and the spread between groups says nothing of it. The logit interval therefore counts
    three quarters of a group more, half of whose answers are right. Agresti and Coull (1998,
    doi:10.1080/00031305.1998.10480550) add four answers to a proportion for the same reason. The
    interval always holds the estimate.

    Of groups of unequal size, large ones pull the estimate towards themselves, and their spread
    around it comes out too small. Degrees of freedom are those of the effective number of groups
    m, and errors are multiplied by the root of m / (m - 1), relative to what groups of equal size
    get. (Cluster-robust errors fail in the same way: MacKinnon and Webb 2017,
    doi:10.1002/jae.2508.)
    """
    one_of("bootstrap method", method, get_args(Method))
    if n_groups < 2:
        raise InputError("An interval needs two groups or more; there is one.")
    n_effective = float(n_groups if effective is None else min(effective, n_groups))
    if effective == 0:
        raise InputError(_NOTHING)
    if effective is not None and n_effective < FEWEST:
        return Interval(*ends, float("inf"))
    tail = (1 - confidence) / 2
    values = np.concatenate(
        [statistic(weights) for weights in _resampled(n_groups, n_resamples, added, rng)]
    )
    values = values[np.isfinite(values)]  # a resample may lack a class altogether
    if not len(values):
        raise InputError(_NOTHING)
    bound = tail ** (1 / n_effective)
    if np.abs(values - 1).max() < _ROUNDING:
        return Interval(bound, 1.0, 0.0)
    if np.abs(values).max() < _ROUNDING:
        return Interval(0.0, 1 - bound, 0.0)
    unequal = np.sqrt(n_effective / (n_effective - 1) * (n_groups - 1) / n_groups)
    error = float(values.std(ddof=1) * unequal)
    if method == "logit":
        estimate = float(statistic(np.ones((1, n_groups), np.float32))[0])
        low, high = map(float, logit_ends(estimate, error, n_effective, tail))
        return Interval(min(low, estimate), max(high, estimate), error)
    stretch = np.sqrt(n_effective / (n_effective - 1)) * t.ppf(tail, n_effective - 1)
    if method == "t":
        half = -stretch * float(values.std(ddof=1))
        estimate = float(statistic(np.ones((1, n_groups), np.float32))[0])
        return Interval(max(ends[0], estimate - half), min(ends[1], estimate + half), error)
    levels = norm.cdf([stretch, -stretch])
    if method == "bca":
        levels = _bca_levels(statistic, n_groups, values, norm.ppf(levels))
    low, high = np.quantile(values, levels)
    return Interval(float(low), float(high), error)


def effective_number(sizes: npt.ArrayLike) -> float:
    """Return how many groups of equal size say as much: (sum w)² / sum w² (Kish 1965, section 8.2).

    Parameters
    ----------
    sizes : array-like, shape (groups,)
        What each group adds to the estimate: its images, for one. Zeros do not count.
    """
    w = np.asarray(sizes, np.float64)
    return float(w.sum() ** 2 / np.sum(w**2)) if w.any() else 0.0


def effective_by_class(counts: npt.ArrayLike) -> float:
    """Return the same where classes count alike: as many times the fewest of a class as classes.

    Of five groups two may be of the one class and three of the other; a mean over the two classes
    is then no surer than four groups make it.

    Parameters
    ----------
    counts : array-like, shape (groups, classes)
        What each group adds to each class.
    """
    table = np.asarray(counts, np.float64)
    each = [effective_number(column) for column in table.T if column.any()]
    return min(effective_number(table.sum(axis=1)), len(each) * min(each, default=0.0))


def _resampled(
    n_groups: int, n_resamples: int, added: Numbers | None, rng: np.random.Generator
) -> Iterator[Weights]:
    """Draw weights, a part of the resamples at a time: those of very many groups fill memory."""
    share = None if added is None else np.r_[np.ones(n_groups), added]
    most = max(1, _CHUNK // n_groups)
    for at in range(0, n_resamples, most):
        size = min(most, n_resamples - at)
        if share is not None:
            yield rng.multinomial(n_groups, share / share.sum(), size).astype(np.float32)
            continue
        # counts of drawn groups are multinomial; counting draws is six times as fast
        counts = np.zeros((size, n_groups), np.float32)
        _count(rng.integers(0, n_groups, (size, n_groups), np.int32), counts)
        yield counts


@compiled()
def _count(drawn, counts):  # type: ignore[no-untyped-def]
    for row in range(len(drawn)):
        for group in drawn[row]:
            counts[row, group] += 1


def _bca_levels(statistic: Statistic, n_groups: int, values: Numbers, z: Numbers) -> Numbers:
    estimate = statistic(np.ones((1, n_groups), np.float32))[0]
    below = (np.sum(values < estimate) + np.sum(values <= estimate)) / (2 * len(values))
    bias = norm.ppf(np.clip(below, 1 / len(values), 1 - 1 / len(values)))
    without = statistic(1 - np.eye(n_groups, dtype=np.float32))
    slopes = np.nanmean(without) - without[np.isfinite(without)]
    spread = np.sum(slopes**2) ** 1.5
    acceleration = np.sum(slopes**3) / (6 * spread) if spread > 0 else 0.0
    shifted = bias + z
    return np.asarray(norm.cdf(bias + shifted / (1 - acceleration * shifted)), np.float64)


def mean_recall(hits: npt.ArrayLike, counts: npt.ArrayLike) -> Statistic:
    """Make the statistic "share of right answers, averaged over columns".

    Parameters
    ----------
    hits, counts : array-like, shape (groups, columns)
        Right answers and questions of each group. One column gives accuracy; a column a class
        gives balanced accuracy, where a class that a resample lacks is left out of the mean.
    """
    right, asked = np.asarray(hits, np.float32), np.asarray(counts, np.float32)

    def statistic(weights: Weights) -> Numbers:
        # sums are exact; shares are taken in double precision, so that equal ones are equal
        tested, won = (np.asarray(weights @ part, np.float64) for part in (asked, right))
        recall = np.divide(won, tested, out=np.zeros(tested.shape), where=tested > 0)
        there = tested > 0
        classes = there.sum(axis=1)
        found = recall.sum(axis=1) / np.maximum(classes, 1)
        return np.asarray(np.where(classes > 0, found, np.nan))

    return statistic


def difference(first: Statistic, second: Statistic) -> Statistic:
    """Make the paired difference of two statistics of the same groups."""
    return lambda weights: first(weights) - second(weights)
