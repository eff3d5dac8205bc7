"""ROC AUC inside folds: how often an image of a class outscores one of another class.

Accuracy of a least-squares classifier goes blind where one class is common: it names the majority
and sees nothing. Ranks do not. Pairs are compared inside a fold only, because the scores of two
folds come from two fits with two zero points (Airola et al. 2011, doi:10.1016/j.csda.2010.11.023:
pooled over folds, the AUC of pure noise lies below one half). Chance is 0.5 for any number of
classes and any imbalance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from confoundlab.inference import many_classes
from confoundlab.inference.intervals import Statistic, Weights
from confoundlab.storage.compiled import compiled
from confoundlab.types import Indices, Mask, Numbers, Scores

MANY = 64  # classes, above which each has few images of a fold: other ways to count are faster


@compiled(error_model="numpy")
def count_pairs(order, first, labels, weights, chosen, wins, pairs):  # type: ignore[no-untyped-def]
    """Add, for each row, twice the pairs that the chosen class wins (ties count once), and pairs.

    order : places by rising score, shape (rows, n) or (1, n); first : whether a score differs from
    the one before; labels : shape (rows, n); weights of images : shape (n,), a pair weighs the
    product of its two; both counts per row.
    """
    many, n = labels.shape
    for row in range(many):
        line = row if len(order) > 1 else 0
        won = below = inside = own = rest = 0.0
        for rank in range(n):
            if first[line, rank]:  # a run of ties ends
                won += own * (2 * below + rest)
                below, inside, own, rest = below + rest, inside + own, 0.0, 0.0
            place = order[line, rank]
            if labels[row, place] == chosen:
                own += weights[place]
            else:
                rest += weights[place]
        wins[row] += won + own * (2 * below + rest)
        pairs[row] += (inside + own) * (below + rest)


@compiled(error_model="numpy")
def weigh_pairs(first, own, group, weights, wins, pairs):  # type: ignore[no-untyped-def]
    """Add the same, once, with images that weigh as their group does.

    first, own, group : shape (n,), by rising score; weights : shape (rows, groups).
    """
    for row in range(len(weights)):
        won = below = inside = tied = rest = 0.0
        for rank in range(len(own)):
            if first[rank]:
                won += tied * (below + 0.5 * rest)
                below, inside, tied, rest = below + rest, inside + tied, 0.0, 0.0
            weight = weights[row, group[rank]]
            if own[rank]:
                tied += weight
            else:
                rest += weight
        wins[row] += won + tied * (below + 0.5 * rest)
        pairs[row] += (inside + tied) * (below + rest)


def _sorted(scores: Scores) -> tuple[Indices, Mask]:
    """Return places by rising score, and whether each differs from the one before, (rows, n)."""
    order = np.argsort(scores, axis=1)
    line = np.take_along_axis(scores, order, axis=1)
    return order, np.diff(line, axis=1, prepend=line[:, :1]) != 0


class PairCounts:
    """Wins and pairs of every class, summed over folds, for many labellings at once."""

    def __init__(self, rows: int, classes: int) -> None:
        columns = (
            classes if classes > 2 else 1
        )  # with two classes, one's wins are the other's losses
        self.wins, self.pairs = np.zeros((2, columns, rows))  # exact for whole numbers

    def add(
        self, column: int, scores: Scores, labels: Indices, weights: Numbers | None = None
    ) -> None:
        """Count one fold: scores (rows, n) of the column's class, labels (rows, n).

        Weights of the images, shape (n,), are 1 if missing, and none lies below 1.
        """
        chosen = column if len(self.wins) > 1 else 1
        each = np.ones(labels.shape[1]) if weights is None else weights
        count_pairs(*_sorted(scores), labels, each, chosen, self.wins[column], self.pairs[column])

    def add_all(self, scores: Scores, labels: Indices, weights: Numbers | None = None) -> None:
        """Count one fold in all columns: scores (columns, rows, n), labels (rows, n)."""
        if len(scores) > MANY:
            many_classes.count(scores, labels, weights, self.wins, self.pairs)
            return
        for column, line in enumerate(scores):
            self.add(column, line, labels, weights)

    def auc(self) -> Numbers:
        """Return the mean over classes that have pairs, shape (rows,); NaN where none has."""
        there = self.pairs > 0
        each = self.wins / np.maximum(2 * self.pairs, 1)
        classes = there.sum(axis=0)
        total = np.where(there, each, 0).sum(axis=0)
        return np.asarray(np.where(classes > 0, total / np.maximum(classes, 1), np.nan))


def weighted_auc(
    scores: Sequence[Scores], labels: Indices, groups: Indices, folds: Sequence[Indices]
) -> Statistic:
    """Make the statistic "AUC inside folds" of group weights.

    Parameters
    ----------
    scores : sequence of ndarray, shape (columns, fold's rows)
        A column a class, or the second class's alone where there are two.
    labels, groups : ndarray of int, shape (n,)
        Of all images; groups count from zero.
    folds : sequence of ndarray of int
        Rows of each fold, in the order of its scores.
    """
    columns = len(scores[0])
    if columns > MANY:
        ranked = [
            many_classes.Ranked(each, labels[rows], groups[rows])
            for each, rows in zip(scores, folds, strict=True)
        ]
        return lambda weights: _mean_area(*many_classes.weigh(ranked, weights))
    parts = []
    for each, rows in zip(scores, folds, strict=True):
        order, first = _sorted(each)
        for column in range(columns):
            chosen, by_score = column if columns > 1 else 1, rows[order[column]]
            own = labels[by_score] == chosen
            parts.append((column, first[column], own, groups[by_score]))

    def statistic(weights: Weights) -> Numbers:
        won, pairs = np.zeros((2, columns, len(weights)))
        for column, first, own, group in parts:
            weigh_pairs(first, own, group, weights, won[column], pairs[column])
        return _mean_area(won, pairs)

    return statistic


def _mean_area(won: Numbers, pairs: Numbers) -> Numbers:
    """Return the mean over classes that have pairs, of shape (classes, rows) to (rows,)."""
    there = pairs > 0
    each = np.divide(won, pairs, out=np.zeros_like(won), where=there)
    classes = there.sum(axis=0)
    return np.asarray(
        np.where(classes > 0, each.sum(axis=0) / np.maximum(classes, 1), np.nan), np.float64
    )
