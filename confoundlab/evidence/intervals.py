"""Intervals that resample groups, for any statistic of group weights.

Drawing whole groups again with replacement is giving each group a weight: how often it was drawn.
Accuracy, balanced accuracy, ROC AUC and differences of them are all functions of such weights, so
that one bootstrap serves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import norm, t

from confoundlab.errors import InputError, one_of
from confoundlab.types import Numbers

# From weights, shape (resamples, groups), to values, shape (resamples,). Weights are small whole
# numbers, which single precision holds exactly.
Weights = npt.NDArray[np.float32]
Statistic = Callable[[Weights], Numbers]
Method = Literal["logit", "percentile", "bca"]
N_RESAMPLES = 2000
# Groups added to a logit interval. Between a quarter and one, half keeps all designs of 20 to 100
# groups and truths of 0.5 to 0.95 nearest to 95 %.
_ADDED = 0.5
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
    method : {"percentile", "bca", "logit"}
        Percentiles; bias-corrected and accelerated ones (Efron 1987,
        doi:10.1080/01621459.1987.10478410), with the acceleration from leaving out groups; or, for
        values between 0 and 1, the bootstrap's standard error on the logit scale, with a t
        distribution and half a group more than there are (see below). Only the last holds the
        truth as often as it says near 0 and 1 with few groups.
    confidence : float
        Of the interval, between 0 and 1.
    n_resamples : int
        Draws.
    added : ndarray, shape (m,), optional
        The statistic knows m groups more than were tested; each is drawn this share of the times
        that a tested one is. They stand for groups that a small sample lacks by luck, and smooth
        percentiles.

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
    half a group more, half of whose answers are right. Agresti and Coull (1998,
    doi:10.1080/00031305.1998.10480550) add four answers to a proportion for the same reason. The
    interval always holds the estimate.
    """
    one_of("bootstrap method", method, ("logit", "percentile", "bca"))
    if n_groups < 2:
        raise InputError("An interval needs two groups or more; there is one.")
    tail = (1 - confidence) / 2
    values = np.concatenate(
        [statistic(weights) for weights in _resampled(n_groups, n_resamples, added, rng)]
    )
    values = values[np.isfinite(values)]  # a resample may lack a class altogether
    if not len(values):
        raise InputError(
            "No resample of the groups has two classes to compare inside a fold: there are too few "
            "groups, or too many folds."
        )
    bound = tail ** (1 / n_groups)
    if np.abs(values - 1).max() < _ROUNDING:
        return Interval(bound, 1.0, 0.0)
    if np.abs(values).max() < _ROUNDING:
        return Interval(0.0, 1 - bound, 0.0)
    error = float(values.std(ddof=1))
    if method == "logit":
        estimate = float(statistic(np.ones((1, n_groups), np.float32))[0])
        low, high = _logit_ends(estimate, error, n_groups, tail)
        return Interval(min(low, estimate), max(high, estimate), error)
    stretch = np.sqrt(n_groups / (n_groups - 1)) * t.ppf(tail, n_groups - 1)
    levels = norm.cdf([stretch, -stretch])
    if method == "bca":
        levels = _bca_levels(statistic, n_groups, values, norm.ppf(levels))
    low, high = np.quantile(values, levels)
    return Interval(float(low), float(high), error)


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
        drawn = rng.integers(0, n_groups, (size, n_groups), np.int32)
        drawn += np.arange(size, dtype=np.int32)[:, None] * n_groups
        counts = np.bincount(drawn.ravel(), minlength=size * n_groups)
        yield counts.reshape(size, n_groups).astype(np.float32)


def _logit_ends(estimate: float, error: float, n_groups: int, tail: float) -> tuple[float, float]:
    """Return the ends of the logit interval: mean and error of the groups and the one added."""
    total = n_groups + _ADDED
    centre = (n_groups * estimate + _ADDED / 2) / total
    added = _ADDED * (estimate - 0.5) ** 2 / total
    wider = np.sqrt((n_groups * error**2 + added) / total)
    half = -t.ppf(tail, n_groups - 1) * wider / (centre * (1 - centre))
    low, high = expit(logit(centre) + np.array([-half, half]))
    return float(low), float(high)


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
