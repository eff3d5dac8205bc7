"""ROC AUC inside folds: how often an image of a class outscores one of another class.

Accuracy of a least-squares classifier goes blind where one class is common: it names the majority
and sees nothing. Ranks do not. Pairs are compared inside a fold only, because the scores of two
folds come from two fits with two zero points (Airola et al. 2011, doi:10.1016/j.csda.2010.11.023:
pooled over folds, the AUC of pure noise lies below one half). Chance is 0.5 for any number of
classes and any imbalance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from confoundlab.evidence.intervals import Statistic, Weights
from confoundlab.types import Indices, Numbers, Scores


@njit(nogil=True, cache=True, error_model="numpy")
def count_pairs(scores, labels, chosen, wins, pairs):  # type: ignore[no-untyped-def]
    """Add, for each row, twice the pairs that the chosen class wins (ties count once), and pairs.

    scores : float32, shape (rows, n) or (1, n); labels : shape (rows, n); both counts per row.
    """
    many, n = labels.shape
    own, rest = np.empty(n, np.float32), np.empty(n, np.float32)
    for row in range(many):
        line = scores[row if len(scores) > 1 else 0]
        inside = outside = 0
        for place in range(n):
            if labels[row, place] == chosen:
                own[inside] = line[place]
                inside += 1
            else:
                rest[outside] = line[place]
                outside += 1
        for one in range(inside):
            score, won = own[one], np.int32(0)
            for other in range(outside):
                won += np.int32(score > rest[other]) + np.int32(score >= rest[other])
            wins[row] += won
        pairs[row] += inside * outside


class PairCounts:
    """Wins and pairs of every class, summed over folds, for many labellings at once."""

    def __init__(self, rows: int, classes: int) -> None:
        columns = (
            classes if classes > 2 else 1
        )  # with two classes, one's wins are the other's losses
        self.wins, self.pairs = np.zeros((2, columns, rows), np.int64)

    def add(self, column: int, scores: Scores, labels: Indices) -> None:
        """Count one fold: scores (rows, n) of the column's class, labels (rows, n)."""
        chosen = column if len(self.wins) > 1 else 1
        count_pairs(scores, labels, chosen, self.wins[column], self.pairs[column])

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
    parts = []
    for column in range(columns):
        chosen = column if columns > 1 else 1
        for each, rows in zip(scores, folds, strict=True):
            own, line = labels[rows] == chosen, each[column]
            won = line[own][:, None] - line[~own][None]
            wins = ((won > 0) + 0.5 * (won == 0)).astype(np.float32)
            parts.append((column, *_by_group(wins, groups[rows][own], groups[rows][~own])))

    def statistic(weights: Weights) -> Numbers:
        won, pairs = np.zeros((2, columns, len(weights)))
        for column, wins, own, rest, own_size, rest_size in parts:
            left, right = weights[:, own], weights[:, rest]
            # sums of a group are exact in single precision, those of very many groups are not
            won[column] += ((left @ wins) * right).sum(axis=1, dtype=np.float64)
            pairs[column] += (left @ own_size).astype(np.float64) * (right @ rest_size)
        there = pairs > 0
        each = np.divide(won, pairs, out=np.zeros_like(won), where=there)
        classes = there.sum(axis=0)
        return np.asarray(
            np.where(classes > 0, each.sum(axis=0) / np.maximum(classes, 1), np.nan), np.float64
        )

    return statistic


def _by_group(wins: Scores, own: Indices, rest: Indices) -> tuple[Any, ...]:
    """Sum wins over pairs of groups; return them, the groups of both sides, and their sizes."""
    rows, row, row_size = np.unique(own, return_inverse=True, return_counts=True)
    cols, col, col_size = np.unique(rest, return_inverse=True, return_counts=True)
    if len(rows) < len(own) or len(cols) < len(rest):
        summed = np.zeros((len(rows), len(cols)), np.float32)
        np.add.at(summed, (row[:, None], col[None]), wins)
        wins = summed
    else:
        wins = wins[np.argsort(own)][:, np.argsort(rest)]
    return wins, rows, cols, row_size.astype(np.float32), col_size.astype(np.float32)
