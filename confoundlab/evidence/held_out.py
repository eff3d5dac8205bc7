"""Evidence from held-out predictions: accuracy, balanced accuracy and ROC AUC.

The null asks whether held-out predictions know the labels: nets stay, labels move.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError
from confoundlab.evidence.fit_tests import Fit, Score, each_tested, fewest, found_by, names_one
from confoundlab.evidence.record import Evidence, assemble, score_correlation
from confoundlab.inference.auc import PairCounts, weighted_auc
from confoundlab.inference.intervals import Method, bootstrap, effective_number, mean_recall
from confoundlab.inference.power import Metric, imbalanced, intraclass_correlation
from confoundlab.types import Indices, Numbers

_NOTHING = ("nothing", "No fit was tested on images whose labels could be swapped.")


def default_metric(labels: Indices) -> Literal["accuracy", "balanced accuracy"]:
    """Return the metric by which classes of these labels are judged, `power.imbalanced` or not.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Of the images that are tested, two classes or more.
    """
    counts = np.unique(labels, return_counts=True)[1]
    uneven = imbalanced(float(counts.max() / counts.sum()), len(counts))
    return "balanced accuracy" if uneven else "accuracy"


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
        A row a tested image and fit: ``image`` (row number), ``repeat`` (number of the fit: one
        repeat is one fit, and so is one fold of a cross-validation), ``predicted`` (class); and,
        if known, ``confidence``, by which the test breaks ties (`columns.tie_breaker`).
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
        Malformed predictions, an image twice in one repeat, labels that are no numbers 0, 1, 2 and
        so on, a single class or group.

    Notes
    -----
    Labels move among the images that one fit was tested on: between whole groups where every group
    has one label, else inside groups. That test is exact. Over several fits, labels that one fit
    is tested on have trained another, and one null for all of them would be too narrow; each fit
    gets its own test and the p-values are combined (`inference.combined`). A fit whose test images
    allow no permutation says nothing, and one that gave all images one name learned nothing
    (`n_dead`): guessing evenly among the tested classes would do that in less than one case in
    twenty. The interval covers the sampling of groups, not of seeds; `repeat_sd` shows the latter.
    """
    columns.check_predictions(predictions, labels, groups, n_permutations)
    labels, groups = columns.counted(labels, "labels"), columns.codes(groups, None, "groups")
    rng = np.random.default_rng(seed)
    image, named = predictions["image"].to_numpy(), predictions["predicted"].to_numpy()
    order = np.lexsort((image, predictions["repeat"].to_numpy()))  # whatever order rows come in
    image, named, ties = image[order], named[order], columns.tie_breaker(predictions)[order]
    fit = np.unique(predictions["repeat"].to_numpy()[order], return_inverse=True)[1]
    correct = (named == labels[image]).astype(np.float64)
    tested = np.unique(image)
    fits = []
    n_dead = 0
    for number in range(int(fit.max()) + 1):
        own = fit == number
        scorer = partial(_scorer, named[own], ties[own], balanced=balanced)
        fits.append(Fit(image[own], scorer, float(correct[own].mean())))
        n_dead += names_one(named[own], labels[image[own]])
    tests, levels = each_tested(fits, labels, groups, blocks, n_permutations, rng)
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
    chance = 1 / len(present) if balanced else majority
    metric: Metric = "balanced accuracy" if balanced else "accuracy"
    place = np.searchsorted(tested, image)
    right = np.bincount(place, correct) / np.bincount(place)
    least = fewest(levels)
    unit = groups[tested] if least is not None and least.level == "groups" else tested
    return assemble(
        metric,
        bootstrap(
            statistic,
            len(counts),
            rng,
            method=interval,
            effective=effective_number(counts.sum(axis=1)),
        ),
        float(statistic(np.ones((1, len(counts)), np.float32))[0]),
        tests,
        least=found_by(
            levels,
            metric,
            unit,
            chance=chance,
            n_permutations=n_permutations,
            correlation=intraclass_correlation(right, unit),
            agreement=intraclass_correlation(correct, image),
        ),
        chance=chance,
        permuted=_NOTHING[0] if least is None else least.permuted,
        permuted_why=_NOTHING[1] if least is None else least.why,
        n_images=len(tested),
        n_groups=len(counts),
        repeats=repeats,
        seed=seed,
        n_dead=n_dead,
        n_classes=len(present),
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
        test, and p-values are combined as in `accuracy`. A fit that scored all images alike
        learned nothing.
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
    labels, groups = columns.counted(labels, "labels"), columns.codes(groups, None, "groups")
    classes = int(labels.max()) + 1
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    parts = columns.rows_of(folds, len(labels), "folds")
    lines = [np.ascontiguousarray(table[rows].T) for rows in parts]
    rng = np.random.default_rng(seed)
    fits = [
        Fit(rows, partial(_ranker, line, classes=classes), 0.5)
        for rows, line in zip(parts, lines, strict=True)
    ]
    tests, levels = each_tested(fits, labels, groups, blocks, n_permutations, rng)
    statistic = weighted_auc(lines, labels, groups, parts)
    least = fewest(levels)
    unit = groups if least is None or least.level == "groups" else np.arange(len(labels))
    n_groups = int(groups.max()) + 1
    return assemble(
        "ROC AUC",
        bootstrap(
            statistic,
            n_groups,
            rng,
            method=interval,
            effective=effective_number(np.bincount(groups)),
        ),
        float(statistic(np.ones((1, n_groups), np.float32))[0]),
        tests,
        least=found_by(
            levels,
            "ROC AUC",
            unit,
            chance=0.5,
            n_permutations=n_permutations,
            correlation=score_correlation(table, labels, unit),
        ),
        chance=0.5,
        permuted=_NOTHING[0] if least is None else least.permuted,
        permuted_why=_NOTHING[1] if least is None else least.why,
        n_images=len(labels),
        n_groups=n_groups,
        seed=seed,
        n_dead=sum(bool((line == line[:, :1]).all()) for line in lines),
        n_classes=classes,
    )


def _scorer(named: Indices, ties: Numbers, level: Labelling, *, balanced: bool) -> Score:
    """Make the (balanced) accuracy of one fit as a function of its units' labels, ties broken.

    Where units are of unequal size, moving their labels changes how common a class is among the
    images, and with it what the same answers score by luck. So the accuracy of a labelling is taken
    beyond what its shares of classes and of names give by themselves (the numerator of Cohen's
    kappa, 1960, doi:10.1177/001316446002000104), and what the true shares give is added.
    """
    # votes[u, c]: how often something of unit u was called c; one look-up a unit scores a labelling
    classes = int(max(level.labels.max(), named.max())) + 1
    n_units = len(level.labels)
    votes = np.zeros((n_units, classes))
    np.add.at(votes, (level.unit, named), 1 + ties)
    asked = np.bincount(level.unit, minlength=n_units)
    by_luck = 0.0
    if not balanced and asked.min() < asked.max():
        luck = asked[:, None] * np.bincount(named, minlength=classes) / len(named)
        votes -= luck
        by_luck = float(luck[np.arange(n_units), level.labels].sum())

    def score(units: Indices) -> Numbers:
        hits = votes[np.arange(n_units), units]
        if not balanced:
            return np.asarray((hits.sum(axis=1) + by_luck) / len(named))
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
