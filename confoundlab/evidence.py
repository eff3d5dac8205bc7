"""Evidence: a number that can be argued with, and the verdict that it allows.

Accuracy comes with an interval that resamples groups (images of one group are near copies, and
resampling them one by one makes intervals far too short), with the chance level, and with the
null distribution got by permuting labels at the level at which they were assigned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from confoundlab.errors import InputError

Indices = npt.NDArray[np.intp]
ALPHA = 0.05
POWER = 0.8
# How far above chance a leak may lie unseen before NO LEAK FOUND is refused, if the user names no
# margin: ten points of accuracy, a judgement and not a law.
MARGIN = 0.1
_RESAMPLES = 2000
_CHUNK = 500  # permutations held in memory at once


class Verdict(StrEnum):
    """The closed list of what evidence can say."""

    LEAK = "LEAK"
    NO_LEAK_FOUND = "NO LEAK FOUND"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_IDENTIFIABLE = "NOT IDENTIFIABLE"
    VACUOUS = "VACUOUS"
    INVERTED = "INVERTED"


@dataclass(frozen=True)
class Evidence:
    """An estimate with everything needed to argue with it. Accuracies are fractions.

    Parameters
    ----------
    metric : str
        "accuracy".
    estimate, ci_low, ci_high : float
        Mean over repeats, and its 95% percentile interval, groups resampled.
    chance : float
        Share of the commonest class among the tested images.
    null_mean, null_q95, p_value : float
        Of the permutation null; p = (1 + #null >= estimate) / (1 + n_permutations), never 0.
    p_below : float
        The same for the other tail: how often permuted labels do as badly or worse.
    permuted : str
        What was permuted: whole groups, or images within their groups.
    n_images, n_groups, n_permutations, n_repeats : int
        Different images and groups tested, permutations drawn, repeats (seeds) pooled.
    repeat_sd : float or None
        Spread (standard deviation) of the accuracy over repeats; None for one repeat.
    minimum_detectable : float
        Smallest true accuracy that this design finds with 80 % power, to normal approximation:
        the null's 95% point plus 0.84 standard errors.
    seed : int
        Of resampling and permutation.
    verdict : Verdict or None
        None until `judge` has spoken, and for views that are no control.
    reasons : tuple of str
        The verdict in words.
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
    permuted: str
    n_images: int
    n_groups: int
    n_permutations: int
    n_repeats: int
    repeat_sd: float | None
    minimum_detectable: float
    seed: int
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()


def accuracy(
    predictions: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    *,
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Accuracy of held-out predictions, with interval, chance and permutation null.

    Parameters
    ----------
    predictions : DataFrame
        A row a tested image and repeat: ``image`` (row number), ``repeat``, ``predicted`` (class).
    labels, groups : ndarray of int, shape (n,)
        Of all images.
    n_permutations : int
        Size of the null.
    seed : int
        Of resampling and permutation.

    Returns
    -------
    Evidence

    Notes
    -----
    The null asks whether held-out predictions know the labels: nets stay, labels move, each
    image's label together in all repeats, because an image that is tested twice is still one
    image. Where every group has one label, labels move between whole groups; else they move
    between the images of a group. The interval covers the sampling of groups, not of seeds;
    `repeat_sd` shows the latter.
    """
    _check(predictions, labels, groups, n_permutations)
    rng = np.random.default_rng(seed)
    image = predictions["image"].to_numpy()
    predicted = predictions["predicted"].to_numpy()
    correct = predicted == labels[image]
    estimate = correct.mean()
    group = np.unique(groups[image], return_inverse=True)[1]
    tallies = [np.bincount(group, each)[:, None] for each in (correct, np.ones(len(group)))]
    low, high, error = group_bootstrap(tallies[0], tallies[1], rng)
    null, permuted = _permutation_null(image, predicted, labels, groups, n_permutations, rng)
    # Counts are compared, not shares: equal results must be equal to the last bit.
    hits = correct.sum()
    by_repeat = pd.Series(correct).groupby(predictions["repeat"].to_numpy()).mean()
    q95 = float(np.quantile(null, 1 - ALPHA)) / len(correct)
    return Evidence(
        metric="accuracy",
        estimate=float(estimate),
        ci_low=low,
        ci_high=high,
        chance=float(np.bincount(labels[image]).max() / len(image)),
        null_mean=float(null.mean() / len(correct)),
        null_q95=q95,
        p_value=float((1 + (null >= hits).sum()) / (1 + n_permutations)),
        p_below=float((1 + (null <= hits).sum()) / (1 + n_permutations)),
        permuted=permuted,
        n_images=len(np.unique(image)),
        n_groups=len(np.unique(groups[image])),
        n_permutations=n_permutations,
        n_repeats=len(by_repeat),
        repeat_sd=float(by_repeat.std(ddof=1)) if len(by_repeat) > 1 else None,
        minimum_detectable=min(1.0, q95 + float(norm.ppf(POWER)) * error),
        seed=seed,
    )


def group_bootstrap(
    hits: npt.NDArray[np.number], counts: npt.NDArray[np.number], rng: np.random.Generator
) -> tuple[float, float, float]:
    """95% percentile interval and standard error of the mean recall, whole groups resampled.

    Parameters
    ----------
    hits, counts : ndarray, shape (groups, columns)
        Correct and tested images of each group. One column gives accuracy; a column a class gives
        balanced accuracy (a class that a resample lacks is left out of its mean).
    rng : Generator
        Of the resampling.
    """
    n = len(counts)
    draws = rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    tested = draws @ counts
    recall = np.divide(draws @ hits, tested, out=np.full(tested.shape, np.nan), where=tested > 0)
    means = np.nanmean(recall, axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high), float(means.std(ddof=1))


@dataclass(frozen=True, eq=False)
class Labelling:
    """The level at which labels were assigned, and the permutations that it allows.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        The unit that each image belongs to: its group where every group has one label, so that the
        group was labelled as a whole; else the image itself.
    labels : ndarray of int, shape (units,)
        Label of each unit.
    blocks : list of ndarray of int
        Units that may swap labels.
    permuted : str
        The level in words.
    """

    unit: Indices
    labels: Indices
    blocks: list[Indices]
    permuted: str

    @classmethod
    def of(cls, labels: Indices, groups: Indices, blocks: Indices | None = None) -> Labelling:
        """Find the level from labels, groups and, where the design has them, blocks, shape (n,)."""
        group = np.unique(groups, return_inverse=True)[1]
        first = np.unique(group, return_index=True)[1]
        if (labels == labels[first][group]).all():
            unit, unit_labels, permuted = group, labels[first], "whole groups"
            inside = np.zeros(len(first), np.intp) if blocks is None else blocks[first]
            if blocks is not None and (blocks != inside[group]).any():
                raise InputError("Some groups lie in several blocks, so they cannot be permuted.")
        else:
            unit, unit_labels, inside = np.arange(len(labels)), labels, group
            permuted = "images within their groups"
            if blocks is not None:
                inside = np.unique(np.c_[group, blocks], axis=0, return_inverse=True)[1].ravel()
        if blocks is not None:
            permuted += ", inside blocks"
        swaps = [np.flatnonzero(inside == number) for number in np.unique(inside)]
        return cls(unit, unit_labels, swaps, permuted)

    def draw(self, size: int, rng: np.random.Generator) -> Indices:
        """Return permuted labels of the units, shape (size, units)."""
        shuffled = np.repeat(self.labels[None], size, axis=0)
        for block in self.blocks:
            shuffled[:, block] = rng.permuted(shuffled[:, block], axis=1)
        return shuffled


def _permutation_null(
    image: Indices,
    predicted: Indices,
    labels: Indices,
    groups: Indices,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int64], str]:
    """Count correct predictions under permuted labels, shape (n_permutations,)."""
    tested = np.unique(image)
    level = Labelling.of(labels[tested], groups[tested])
    # votes[u, c]: how often something of unit u was called c; one look-up a unit scores a labelling
    classes = int(max(labels.max(), predicted.max())) + 1
    units = np.arange(len(level.labels))
    votes = np.zeros((len(units), classes), np.int64)
    np.add.at(votes, (level.unit[np.searchsorted(tested, image)], predicted), 1)
    null = [
        votes[units, level.draw(size, rng)].sum(axis=1)
        for size in [_CHUNK] * (n_permutations // _CHUNK) + [n_permutations % _CHUNK]
    ]
    return np.concatenate(null), level.permuted


def aliased(labels: npt.ArrayLike, factor: npt.ArrayLike) -> bool:
    """Say whether every label lives in one level of the factor, and there is more than one.

    Then label and factor cannot be told apart on these data, by any test.
    """
    levels = pd.crosstab(np.asarray(labels), np.asarray(factor)) > 0
    return bool(levels.shape[1] > 1 and (levels.sum(axis=1) == 1).all())


def judge(
    evidence: Evidence,
    *,
    is_control: bool,
    vacuous: str | None = None,
    aliased_with: str | None = None,
    margin: float = MARGIN,
    alpha: float = ALPHA,
) -> Evidence:
    """Add the verdict and its reasons.

    Parameters
    ----------
    evidence : Evidence
        Of one experiment.
    is_control : bool
        Whether the view hides the subject. Without that, accuracy is no sign of a leak.
    vacuous : str, optional
        Why the control proves nothing (constant or unchanged images), if so.
    aliased_with : str, optional
        The factor from which the label cannot be told apart on these data, if any.
    margin : float
        The leak, in accuracy above chance, that the user wants to be able to rule out.
    alpha : float
        Level of the test; correct it for the number of views tested.

    Returns
    -------
    Evidence
        The same, with ``verdict`` and ``reasons``.
    """
    verdict, reason = _verdict(evidence, is_control, vacuous, aliased_with, margin, alpha)
    return replace(evidence, verdict=verdict, reasons=(reason,))


def _verdict(
    e: Evidence,
    is_control: bool,
    vacuous: str | None,
    aliased_with: str | None,
    margin: float,
    alpha: float,
) -> tuple[Verdict | None, str]:
    if vacuous:
        return Verdict.VACUOUS, f"The control proves nothing: {vacuous}."
    if not is_control:
        if aliased_with:
            return Verdict.NOT_IDENTIFIABLE, (
                f"Every class lives in one {aliased_with} only: no test on these images can tell "
                f"whether the net named the subject or the {aliased_with}."
            )
        return None, "The subject is in view, so accuracy is no sign of a leak."
    if e.p_value < alpha and e.ci_low > e.chance:
        return Verdict.LEAK, (
            "Without the subject the class is still named: the whole interval lies above chance."
        )
    if e.p_below < alpha and e.ci_high < e.chance:
        return Verdict.INVERTED, (
            "The whole interval lies below chance, so the design is at fault. Usual causes: "
            "classes balanced by leaving one out, duplicates with opposite labels, a split that "
            "follows the label."
        )
    if e.p_value < alpha:
        return Verdict.INCONCLUSIVE, (
            "Permuted labels seldom do as well, yet the interval reaches chance. "
            "Collect more groups."
        )
    if e.minimum_detectable - e.chance <= margin:
        return Verdict.NO_LEAK_FOUND, (
            f"A leak that lifts accuracy to {e.minimum_detectable:.1%} would have been found four "
            "times in five."
        )
    return Verdict.INCONCLUSIVE, (
        f"Only an accuracy of {e.minimum_detectable:.1%} or more would have been found four times "
        f"in five, and {e.chance + margin:.1%} was asked for. Collect more groups."
    )


def _check(
    predictions: pd.DataFrame, labels: Indices, groups: Indices, n_permutations: int
) -> None:
    missing = {"image", "repeat", "predicted"} - set(predictions)
    if missing:
        raise InputError(f"The predictions lack the column(s) {', '.join(sorted(missing))}.")
    if predictions.empty:
        raise InputError("There are no predictions to score.")
    if len(labels) != len(groups):
        raise InputError(f"{len(labels)} labels, but {len(groups)} groups.")
    if predictions["image"].max() >= len(labels) or predictions["image"].min() < 0:
        raise InputError(f"Image numbers in the predictions must be 0..{len(labels) - 1}.")
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
