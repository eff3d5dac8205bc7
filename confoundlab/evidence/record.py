"""Evidence: a number that can be argued with.

Every estimate comes with an interval that resamples groups (images of one group are near copies,
and resampling them one by one makes intervals far too short), with the chance level, with the null
distribution got by permuting labels at the level at which they were assigned, and with the smallest
effect that the design would have found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from confoundlab.inference.combining import combined
from confoundlab.inference.intervals import Interval
from confoundlab.inference.power import (
    ALPHA,
    POWER,
    Design,
    Metric,
    intraclass_correlation,
    minimum_detectable,
)
from confoundlab.types import Indices, Numbers

Sided = Literal["one-sided", "two-sided"]

# Equal results must count as equal, whatever order their parts were added in.
TIE = 1e-9


@dataclass(frozen=True)
class Evidence:
    """An estimate with everything needed to argue with it. Accuracies are fractions.

    Parameters
    ----------
    metric : str
        "accuracy", "balanced accuracy", "ROC AUC" (one class against the rest, averaged over
        classes), "difference in" one of these, or "partial R²".
    estimate, ci_low, ci_high : float
        Mean over repeats, and its 95% interval, groups resampled (`intervals.bootstrap`).
    chance : float
        Share of the commonest class among the tested images for accuracy, 1 / classes for balanced
        accuracy, 0.5 for AUC, 0 for differences, what unrelated factors give for partial R².
    null_mean, null_q95 : float
        Mean and 95% point of the permutation null of one fit, averaged over fits.
    p_value : float
        (1 + #null >= estimate) / (1 + n_permutations), never 0; of several fits, combined
        (`inference.combined`).
    p_below : float
        The same for the other tail: how often permuted labels do as badly or worse.
    smallest_p : float
        The smallest p-value that the design and the permutations that were allowed can give.
    permuted : str
        What was permuted: whole groups, or images within their groups, and so on.
    permuted_why : str
        How that level was chosen, in a sentence.
    n_images, n_groups, n_permutations, n_repeats : int
        Different images and groups tested, permutations drawn, repeats (seeds) pooled.
    repeat_sd : float or None
        Spread (standard deviation) of the estimate over repeats; None for one repeat.
    minimum_detectable : float
        Smallest true value that is called LEAK with 80 % power, tested alone
        (`power.minimum_detectable`). For probes it is at least `least_refitted`, for differences
        and R² `least_shift`. It is 1 where no p-value of the design is small enough, and where
        there is no interval, which LEAK asks for.
    seed : int
        Of resampling and permutation.
    n_fits, n_dead : int
        Fits (nets, folds) tested, and those of them that named one class only and so learned
        nothing (`held_out`).
    n_allowed : int or None
        Permutations that were allowed, where a sequential test stopped before it drew them all.
    n_classes : int or None
        Classes among the tested images, where classes are named.
    sided : {"one-sided", "two-sided"}
        What `p_value` counts: labellings that do as well or better, or that lie as far from chance
        on either side, as for a correlation.
    remarks : tuple of str
        What was taken for granted and can be said otherwise, such as what kind a factor is.
    """

    metric: str
    estimate: float
    ci_low: float
    ci_high: float
    chance: float
    null_mean: float
    null_q95: float
    p_value: float
    p_below: float
    smallest_p: float
    permuted: str
    permuted_why: str
    n_images: int
    n_groups: int
    n_permutations: int
    n_repeats: int
    repeat_sd: float | None
    minimum_detectable: float
    seed: int
    n_fits: int = 1
    n_dead: int = 0
    n_allowed: int | None = None
    n_classes: int | None = None
    sided: Sided = "one-sided"
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.smallest_of_both_tails >= ALPHA or not self.has_interval:
            object.__setattr__(self, "minimum_detectable", 1.0)

    @property
    def has_interval(self) -> bool:
        """Return whether groups tell how they differ: else the interval is the whole range."""
        return interval_given(self.metric, self.ci_low, self.ci_high)

    @property
    def smallest_of_both_tails(self) -> float:
        """Return the smallest p-value of both tails (`reading.both_tails`) that there can be."""
        return min(1.0, self.smallest_p * (1 if self.sided == "two-sided" else 2))

    def __str__(self) -> str:
        found = (
            f"p of both tails cannot be below {self.smallest_of_both_tails:.2g}, so nothing is "
            "ever found"
            if self.smallest_of_both_tails >= ALPHA
            else "no value is found four times in five"
            if self.minimum_detectable >= 1
            else f"{self.minimum_detectable:.3f} or more is found four times in five"
        )
        interval = (
            f"95% interval {self.ci_low:.3f} to {self.ci_high:.3f}"
            if self.has_interval
            else "no 95% interval"
        )
        learned = f"; {self.n_fits - self.n_dead} of {self.n_fits} nets learned"
        said = (
            f"{self.metric} {self.estimate:.3f} ({interval}; chance {self.chance:.3f}; "
            f"p = {self.p_value:.2g}, {self.sided}, "
            f"{self.permuted} permuted {self.n_permutations:,} times; {self.n_images:,} images in "
            f"{self.n_groups:,} group{'s' * (self.n_groups > 1)}"
            f"{learned if self.n_dead else ''}; {found})"
        )
        return ". ".join([said, *(remark.removesuffix(".") for remark in self.remarks)])


def interval_given(metric: str, low: float, high: float) -> bool:
    """Return whether an interval says anything: the whole range of its metric stands for none."""
    signed = metric.startswith("difference") or "correlation" in metric
    return high - low < (2 if signed else 1)


@dataclass(frozen=True, eq=False)
class NullTest:
    """One permutation test: a statistic and its null.

    Parameters
    ----------
    observed : float
        The statistic.
    null : ndarray, shape (permutations,)
        Of permuted labels.
    smallest_p : float
        That the design and the number of permutations allow.
    p_value : float or None
        Where it is not (1 + #null >= observed) / (1 + permutations): of a null stopped early.
    """

    observed: float
    null: Numbers
    smallest_p: float
    p_value: float | None = None

    @property
    def above(self) -> float:
        """P-value: how often permuted labels do as well or better."""
        if self.p_value is not None:
            return self.p_value
        return self._share(self.null >= self.observed - TIE)

    @property
    def below(self) -> float:
        """How often permuted labels do as badly or worse."""
        return self._share(self.null <= self.observed + TIE)

    def _share(self, hits: npt.NDArray[np.bool_]) -> float:
        # of few labellings, drawing at random may by luck miss those that are as good
        return max(float((1 + hits.sum()) / (1 + len(hits))), self.smallest_p)


def assemble(
    metric: str,
    found: Interval,
    estimate: float,
    tests: Sequence[NullTest],
    *,
    least: float,
    chance: float,
    permuted: str,
    permuted_why: str,
    n_images: int,
    n_groups: int,
    repeats: Sequence[float] = (),
    seed: int,
    n_dead: int = 0,
    n_allowed: int | None = None,
    n_classes: int | None = None,
    sided: Sided = "one-sided",
) -> Evidence:
    """Put evidence together.

    Parameters
    ----------
    metric, estimate, chance, permuted, permuted_why, n_images, n_groups, seed, n_dead, n_allowed, \
    n_classes, sided
        As in `Evidence`.
    found : Interval
        Of the metric.
    tests : sequence of NullTest
        One a fit.
    least : float
        The smallest true value that is found: of `power.minimum_detectable`, `least_refitted` or
        `least_shift`.
    repeats : sequence of float
        The metric of each repeat.
    """
    smallest = [test.smallest_p for test in tests]
    return Evidence(
        metric=metric,
        estimate=estimate,
        ci_low=found.low,
        ci_high=found.high,
        chance=chance,
        null_mean=float(np.mean([test.null.mean() for test in tests])),
        # ties broken in the null lift it by less than 0.01, perhaps above the highest value
        null_q95=min(1.0, float(np.mean([np.quantile(test.null, 1 - ALPHA) for test in tests]))),
        p_value=float(combined([test.above for test in tests], smallest)),
        p_below=float(combined([test.below for test in tests], smallest)),
        smallest_p=float(combined(smallest, smallest)),
        permuted=permuted,
        permuted_why=permuted_why,
        n_images=n_images,
        n_groups=n_groups,
        n_permutations=len(tests[0].null),
        n_repeats=max(1, len(repeats)),
        repeat_sd=float(np.std(repeats, ddof=1)) if len(repeats) > 1 else None,
        minimum_detectable=least,
        seed=seed,
        n_fits=len(tests),
        n_dead=n_dead,
        n_allowed=n_allowed,
        n_classes=n_classes,
        sided=sided,
    )


def least_refitted(design: Design, null: Numbers) -> float:
    """Return the smallest true value that is found where each permutation was fitted anew.

    Such a null is wider than that of given answers, which the design knows; what can be found
    follows from its own spread, if that asks for more.
    """
    if np.mean(np.abs(null - np.median(null)) < TIE) > 0.5:
        return 1.0  # a statistic that hardly moves finds nothing
    return max(minimum_detectable(design), least_shift(null, float(null.std())))


def least_shift(null: Numbers, error: float) -> float:
    """Return the smallest true value that is found, of a metric with this null and error.

    What is found exceeds the null's upper 2.5 %, and has a 95% interval above the null's mean.
    """
    needed = max(np.quantile(null, 1 - ALPHA / 2), null.mean() + norm.isf(ALPHA / 2) * error)
    return min(1.0, float(needed + norm.ppf(POWER) * error))


def design_of(
    labels: Indices,
    metric: Metric,
    *,
    images_per_unit: float,
    correlation: float,
    folds: int = 1,
    fits: int = 1,
    spread: float = 1.0,
    agreement: float = 1.0,
    smallest_p: float = 1e-4,
) -> Design:
    """Describe the test of each fit, of units with these labels; see `Design`."""
    shares = np.bincount(labels) / len(labels)
    return Design(
        n_units=len(labels),
        images_per_unit=max(1.0, images_per_unit),
        classes=max(2, int((shares > 0).sum())),
        majority=min(float(shares.max()), 1 - 1 / (len(labels) + 1)),
        correlation=correlation,
        metric=metric,
        folds=folds,
        fits=fits,
        spread=min(max(1.0, spread), float(fits)),
        agreement=agreement,
        smallest_p=smallest_p,
    )


def score_correlation(scores: npt.NDArray[np.float32], labels: Indices, unit: Indices) -> float:
    """Return the mean correlation of scores within units, each class's mean taken out first."""
    if len(np.unique(unit)) == len(unit):  # as `intraclass_correlation` says of single images
        return 1.0
    found = []
    counts = np.maximum(np.bincount(labels), 1)
    for column in scores.T:
        sums = np.bincount(labels, column)
        own = column - (sums / counts)[labels]
        found.append(intraclass_correlation(own, unit))
    return float(np.mean(found))
