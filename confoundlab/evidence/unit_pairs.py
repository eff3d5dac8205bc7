"""ROC AUC where units count alike: a group of two hundred images no more than one of three.

Where whole groups were labelled, a group is one answer to the question, however many images it has.
If its size goes with the class, an AUC of images has another spread under permuted labels than
under the true ones; an AUC of pairs of groups has not. For units of one size the two are the same.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from confoundlab.evidence.auc import PairCounts
from confoundlab.types import Indices, Numbers, Scores


@njit(nogil=True, cache=True, error_model="numpy")
def weigh_pairs(scores, labels, chosen, weights, wins, pairs):  # type: ignore[no-untyped-def]
    """Add, for each row, twice the weight of pairs that the chosen class wins, and of all pairs.

    A pair weighs the product of its two images' weights; ties count once. scores : float32, shape
    (rows, n); labels : shape (rows, n); weights : float64, shape (n,).
    """
    many, n = labels.shape
    for row in range(many):
        line = scores[row]
        order = np.argsort(line)
        inside = outside = won = 0.0
        place = 0
        while place < n:
            own = rest = 0.0
            score = line[order[place]]
            while place < n and line[order[place]] == score:
                if labels[row, order[place]] == chosen:
                    own += weights[order[place]]
                else:
                    rest += weights[order[place]]
                place += 1
            won += own * (2 * outside + rest)
            inside += own
            outside += rest
        wins[row] += won
        pairs[row] += inside * outside


class UnitPairs(PairCounts):
    """Weights of wins and pairs of every class, summed over folds, for many labellings at once."""

    def __init__(self, rows: int, classes: int) -> None:
        super().__init__(rows, classes)
        self.wins, self.pairs = self.wins.astype(np.float64), self.pairs.astype(np.float64)

    def weigh(self, column: int, scores: Scores, labels: Indices, weights: Numbers) -> None:
        """Count one fold: scores and labels (rows, n), weights (n,), none below 1."""
        chosen = column if len(self.wins) > 1 else 1
        weigh_pairs(scores, labels, chosen, weights, self.wins[column], self.pairs[column])
