"""Evidence from held-out predictions: accuracy, balanced accuracy and ROC AUC.

The null asks whether held-out predictions know the labels: nets stay, labels move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling, NoPermutationError
from confoundlab.design.power import Metric, intraclass_correlation, minimum_detectable
from confoundlab.errors import InputError
from confoundlab.evidence.auc import PairCounts, weighted_auc
from confoundlab.evidence.intervals import Method, bootstrap, mean_recall
from confoundlab.evidence.record import Evidence, NullTest, assemble, design_of, score_correlation
from confoundlab.types import Indices, Numbers

# From labels of the units, shape (permutations, units), to the metric of each permutation.
Score = Callable[[Indices], Numbers]
_NOTHING = ("nothing", "No fit was tested on images whose labels could be swapped.")
_CHUNK = 500  # permutations held in memory at once


def accuracy(
    predictions: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    *,
    balanced: bool = False,
    blocks: Indices | None = None,
    n_permutations: int = 999,
    seed: int = 0,
    interval: Method = "logit",
) -> Evidence:
    """Accuracy of held-out predictions, with interval, chance and permutation null.

    Parameters
    ----------
    predictions : DataFrame
        A row a tested image and fit: ``image`` (row number), ``repeat`` (number of the fit),
        ``predicted`` (class); and, if known, ``confidence``, by which the test breaks ties
        (`columns.tie_breaker`).
    labels, groups : ndarray of int, shape (n,)
        Of all images.
    balanced : bool
        Average the accuracies of the classes, so that rare ones count as much as common ones.
    blocks : ndarray of int, shape (n,), optional
        Labels are permuted inside blocks only.
    n_permutations : int
        Size of the null.
    seed : int
        Of resampling and permutation.
    interval : {"logit", "percentile", "bca"}
        See `intervals.bootstrap`.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        Malformed predictions, a single class or group.

    Notes
    -----
    Labels move among the images that one fit was tested on: between whole groups where every group
    has one label, else inside groups. That test is exact. Over several fits, labels that one fit
    is tested on have trained another, and one null for all of them would be too narrow; each fit
    gets its own test and the p-values are `record.combined`. A fit whose test images allow no
    permutation says nothing. The interval covers the sampling of groups, not of seeds; `repeat_sd`
    shows the latter.
    """
    columns.check_predictions(predictions, labels, groups, n_permutations)
    rng = np.random.default_rng(seed)
    image, named = predictions["image"].to_numpy(), predictions["predicted"].to_numpy()
    order = np.lexsort((image, predictions["repeat"].to_numpy()))  # whatever order rows come in
    image, named, ties = image[order], named[order], columns.tie_breaker(predictions)[order]
    fit = np.unique(predictions["repeat"].to_numpy()[order], return_inverse=True)[1]
    correct = (named == labels[image]).astype(np.float64)
    tested = np.unique(image)
    fits = []
    for number in range(int(fit.max()) + 1):
        own = fit == number
        scorer = partial(_scorer, named[own], ties[own], balanced=balanced)
        fits.append(_Fit(image[own], scorer, float(correct[own].mean())))
    tests, least = _each_tested(fits, labels, groups, blocks, n_permutations, rng)
    present = np.unique(labels[tested])
    column = np.searchsorted(present, labels[image]) if balanced else np.zeros(len(image), np.intp)
    group = np.unique(groups[image], return_inverse=True)[1]
    hits, counts = np.zeros((2, int(group.max()) + 1, int(column.max()) + 1))
    np.add.at(hits, (group, column), correct)
    np.add.at(counts, (group, column), 1)
    statistic = mean_recall(hits, counts)
    repeats = [
        float(pd.Series(correct[fit == one]).groupby(column[fit == one]).mean().mean())
        for one in range(len(tests))
    ]
    majority = float(np.bincount(labels[image]).max() / len(image))
    metric: Metric = "balanced accuracy" if balanced else "accuracy"
    place = np.searchsorted(tested, image)
    right = np.bincount(place, correct) / np.bincount(place)
    unit = tested if least is None or "images" in least.permuted else groups[tested]
    design = design_of(
        labels[tested] if least is None else least.labels,
        metric,
        images_per_unit=1 if least is None else len(least.unit) / len(least.labels),
        correlation=intraclass_correlation(right, unit),
    )
    return assemble(
        metric,
        bootstrap(statistic, len(counts), rng, method=interval),
        float(statistic(np.ones((1, len(counts)), np.float32))[0]),
        tests,
        least=minimum_detectable(design),
        chance=1 / len(present) if balanced else majority,
        permuted=_NOTHING[0] if least is None else least.permuted,
        permuted_why=_NOTHING[1] if least is None else least.why,
        n_images=len(tested),
        n_groups=len(counts),
        repeats=repeats,
        seed=seed,
    )


def roc_auc(
    scores: npt.ArrayLike,
    labels: Indices,
    groups: Indices,
    *,
    folds: Indices | None = None,
    blocks: Indices | None = None,
    n_permutations: int = 999,
    seed: int = 0,
    interval: Method = "logit",
) -> Evidence:
    """Area under the ROC curve of held-out scores: one class against the rest, averaged.

    Parameters
    ----------
    scores : array-like, shape (n,) or (n, classes)
        Higher where the class is more likely; one column (the second class's) where there are two.
    labels, groups : ndarray of int, shape (n,)
        Labels count from zero.
    folds : ndarray of int, shape (n,), optional
        Which fit scored the image; only images of one fit are compared, each fit has its own
        test, and p-values are combined as in `accuracy`.
    blocks, n_permutations, seed, interval
        As in `accuracy`. Scores stay and labels move.

    Returns
    -------
    Evidence
        Chance is 0.5 for any number of classes and any imbalance.

    Raises
    ------
    InputError
        Shapes that do not fit, values that are missing, a single class or group.
    """
    table = columns.scores(scores, labels, groups, "scores")
    classes = int(labels.max()) + 1
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    parts = columns.rows_of(folds, len(labels), "folds")
    lines = [np.ascontiguousarray(table[rows].T) for rows in parts]
    rng = np.random.default_rng(seed)
    fits = [
        _Fit(rows, partial(_ranker, line, classes=classes), 0.5)
        for rows, line in zip(parts, lines, strict=True)
    ]
    tests, least = _each_tested(fits, labels, groups, blocks, n_permutations, rng)
    group = np.unique(groups, return_inverse=True)[1]
    statistic = weighted_auc(lines, labels, group, parts)
    whole = least is None or "images" not in least.permuted
    design = design_of(
        labels if least is None else least.labels,
        "ROC AUC",
        images_per_unit=1 if least is None else len(least.unit) / len(least.labels),
        correlation=score_correlation(table, labels, group if whole else np.arange(len(labels))),
    )
    n_groups = int(group.max()) + 1
    return assemble(
        "ROC AUC",
        bootstrap(statistic, n_groups, rng, method=interval),
        float(statistic(np.ones((1, n_groups), np.float32))[0]),
        tests,
        least=minimum_detectable(design),
        chance=0.5,
        permuted=_NOTHING[0] if least is None else least.permuted,
        permuted_why=_NOTHING[1] if least is None else least.why,
        n_images=len(labels),
        n_groups=n_groups,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """Images one fit was tested on, its metric for a labelling, and what it scores without one."""

    rows: Indices
    scorer: Callable[[Labelling], Score]
    alone: float


def _each_tested(
    fits: Sequence[_Fit],
    labels: Indices,
    groups: Indices,
    blocks: Indices | None,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[list[NullTest], Labelling | None]:
    """Test every fit; return also what a test has to work with: that of the fewest units."""
    tests, levels = [], []
    for fit in fits:
        inside = None if blocks is None else blocks[fit.rows]
        try:
            level = Labelling.of(labels[fit.rows], groups[fit.rows], inside)
        except NoPermutationError:
            tests.append(NullTest(fit.alone, np.full(n_permutations, fit.alone), 1.0))
            continue
        score = fit.scorer(level)
        null = _null(level, n_permutations, rng, score)
        smallest = level.smallest_p(n_permutations, renamed=False)
        tests.append(NullTest(float(score(level.labels[None])[0]), null, smallest))
        levels.append(level)
    return tests, min(levels, key=lambda level: len(level.labels), default=None)


def _scorer(named: Indices, ties: Numbers, level: Labelling, *, balanced: bool) -> Score:
    """Make the (balanced) accuracy of one fit as a function of its units' labels, ties broken."""
    # votes[u, c]: how often something of unit u was called c; one look-up a unit scores a labelling
    classes = int(max(level.labels.max(), named.max())) + 1
    n_units = len(level.labels)
    votes = np.zeros((n_units, classes))
    np.add.at(votes, (level.unit, named), 1 + ties)
    asked = np.bincount(level.unit, minlength=n_units)

    def score(units: Indices) -> Numbers:
        hits = votes[np.arange(n_units), units]
        if not balanced:
            return np.asarray(hits.sum(axis=1) / len(named))
        each = []
        for c in np.unique(level.labels):
            own = units == c
            each.append((hits * own).sum(axis=1) / np.maximum((asked * own).sum(axis=1), 1))
        return np.asarray(np.mean(each, axis=0))

    return score


def _ranker(lines: npt.NDArray[np.float32], level: Labelling, *, classes: int) -> Score:
    """Make the AUC of one fit's scores, shape (columns, images), as a function of labels."""

    def score(units: Indices) -> Numbers:
        counts = PairCounts(len(units), classes)
        own = np.ascontiguousarray(units[:, level.unit])
        for column, each in enumerate(lines):
            counts.add(column, each[None], own)
        found = counts.auc()
        return np.where(np.isfinite(found), found, 0.5)

    return score


def _null(level: Labelling, n_permutations: int, rng: np.random.Generator, score: Score) -> Numbers:
    sizes = [_CHUNK] * (n_permutations // _CHUNK) + [n_permutations % _CHUNK]
    return np.concatenate([score(level.draw(size, rng)) for size in sizes if size])
