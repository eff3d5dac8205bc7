"""Areas under ROC curves of folds' answers: their tests without training anew, their mean.

Serves the nets of Figures 4 and 5 of Venugopalan et al. (2019), which are dear to refit. The labels
of the rows that a fold tests took no part in its training, so that moving them under the answers
given is an exact test of that fold. The p-values of folds depend on each other, since the labels of
one have trained the others; they are combined in a way that allows for it (`inference.combined`).
"""

from __future__ import annotations

import numpy as np

from confoundlab.design.labelling import Labelling, NoPermutationError
from confoundlab.evidence.record import NullTest
from confoundlab.inference.auc import PairCounts
from confoundlab.inference.intervals import Interval, bootstrap, mean_recall
from confoundlab.models.linear import Matrix
from confoundlab.types import Indices, Numbers


def aucs(scores: Matrix, labels: Indices) -> Numbers:
    """Return the AUC of each labelling; half where a fold's test rows have one class only.

    Parameters
    ----------
    scores : ndarray, shape (columns, labellings or 1, rows)
        A column a class, or the second class's alone where there are two.
    labels : ndarray of int, shape (labellings, rows)
        Of the rows tested.
    """
    counts = PairCounts(len(labels), max(2, len(scores)))
    own = np.ascontiguousarray(labels)
    for column, line in enumerate(scores):
        counts.add(column, np.ascontiguousarray(line), own)
    found = counts.auc()
    return np.where(np.isfinite(found), found, 0.5)


def moved(
    answers: Matrix,
    labels: Indices,
    units: Indices,
    blocks: Indices,
    n_permutations: int,
    rng: np.random.Generator,
) -> NullTest:
    """Test one fold by moving the labels of its test rows under the answers given.

    Parameters
    ----------
    answers : ndarray, shape (rows, columns)
        Scores of the rows tested, as of `aucs`.
    labels, units, blocks : ndarray of int, shape (rows,)
        What the rows are, what got one label each, and inside what these are moved.
    n_permutations : int
        Draws.
    rng : Generator
        Of the draws.

    Returns
    -------
    NullTest
        With 1 as its smallest p-value, so that it says nothing, where no label can move.
    """
    scores = np.ascontiguousarray(answers.T)[:, None]
    try:
        level = Labelling.of(labels, units, blocks)
    except NoPermutationError:
        observed = float(aucs(scores, labels[None])[0])
        return NullTest(observed, np.full(n_permutations, observed), 1.0)
    # of the units' labels, which are what moves, where a few rows contradict their unit
    observed = float(aucs(scores, level.labels[level.unit][None])[0])
    null = aucs(scores, level.draw(n_permutations, rng)[:, level.unit])
    return NullTest(observed, null, level.smallest_p(n_permutations, renamed=False))


def over_folds(shares: Numbers, rng: np.random.Generator) -> Interval:
    """Return the interval of a mean over folds, which are resampled.

    On the logit scale: percentiles of 4 or 5 folds hold the truth 87 and 92 times in 100, and a t
    distribution of the plain mean 80 times where folds differ and most are near 1. It errs on the
    wide side near 1: of five folds without a mistake it still reaches below one half.

    Parameters
    ----------
    shares : ndarray, shape (folds,)
        Of each fold, 0 to 1.
    rng : Generator
        Of the resampling.
    """
    one = np.asarray(shares, np.float64)[:, None]
    return bootstrap(mean_recall(one, np.ones_like(one)), len(one), rng, method="logit")
