"""The two linear learners of a probe: scores of unseen rows under many labellings at once.

Out-of-fold scores of a ridge classifier are linear in the labels: on a fold's test rows they are
H y, where the hat matrix H follows from features and folds alone. A thousand labellings are then
one matrix product. Logistic regression has no such matrix and is refitted for each. Both see
columns of unit variance on the training rows, so that no unit of measurement counts.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array, diags_array, issparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from confoundlab.design.splits import Split
from confoundlab.types import Indices, Numbers

Matrix = npt.NDArray[np.float32]
# Number of the fold, and scores of its test rows, shape (columns, labellings, rows): a column a
# class, or the second class's alone where there are two.
FoldScores = tuple[int, Matrix]
_CONSTANT = 1e-12  # spread, as a share of the largest value, that is rounding
_CONSTANT_SPARSE = 1e-7  # the same where squares are taken before the mean
MANY = 64  # classes, above which their marks are kept sparse
_UNKNOWN = -1e6  # score of a class that was not there to be learned


@dataclass(frozen=True, eq=False)
class _Map:
    """Scores of a fold's test rows from the labels of its training rows: left @ (right @ y)."""

    split: Split
    left: Matrix
    right: Matrix | None

    def __matmul__(self, labels: Matrix) -> Matrix:
        trained = labels[self.split.train]
        if self.right is not None:
            trained = np.asarray(self.right @ trained, np.float32)
        return np.asarray(self.left @ trained, np.float32)

    def turned(self, marks: csr_array, room: Matrix) -> Matrix:
        """Return the same turned, (columns, test rows), as it is used; written into `room`."""
        trained = marks[self.split.train]
        if self.right is None:
            return np.asarray(trained.T @ self.left.T, np.float32)
        size = marks.shape[1], len(self.left)
        out = room[: size[0] * size[1]].reshape(size)
        np.matmul(np.asarray(self.right @ trained, np.float32).T, self.left.T, out=out)
        return out


@dataclass(frozen=True, eq=False)
class _SparseMap:
    """The same for sparse features, of which neither map is ever written out.

    With means m and inverse V of the penalised, scaled cross products, coefficients are
    V (X'Wy - m w'y).
    """

    split: Split
    x: csr_array
    inverse: Numbers
    mean: Numbers
    weights: Numbers

    def turned(self, marks: csr_array, room: Matrix) -> Matrix:
        """Return the same as `_Map.turned`."""
        return np.asarray((self @ marks).T, np.float32)

    def __matmul__(self, labels: Matrix | csr_array) -> Matrix:
        weighed = diags_array(self.weights) @ csr_array(labels[self.split.train])
        total = np.asarray(weighed.sum(axis=0)).ravel()
        products = (self.x[self.split.train].T @ weighed).toarray()
        found = self.inverse @ (products - self.mean[:, None] * total)
        level = total / len(self.weights) - self.mean @ found
        return np.asarray(self.x[self.split.test] @ found + level, np.float32)


class Ridge:
    """Least squares with a penalty: scikit-learn's ``StandardScaler`` and ``RidgeClassifier``."""

    threshold = 0.5  # between indicator values 0 and 1; RidgeClassifier's 0 between -1 and 1

    def __init__(
        self,
        x: Numbers | csr_array,
        splits: list[Split],
        alpha: float,
        weights: Numbers | None = None,
    ) -> None:
        """Prepare features, shape (n, d), whose rows weigh alike or so much, shape (n,)."""
        each = np.ones(x.shape[0]) if weights is None else weights
        hat = _sparse_hat if issparse(x) else _hat
        self.maps = [hat(x, split, alpha, each[split.train]) for split in splits]
        self._room = np.empty(0, np.float32)  # fresh memory costs more than what is written there

    def scores(self, labels: Indices, classes: int) -> Iterator[FoldScores]:
        """Give out-of-fold scores for labellings, shape (P, n), fold by fold.

        Those of one fold hold until the next is asked for.
        """
        if classes > MANY:
            yield from self._of_many(labels, classes)
            return
        each = np.arange(classes) if classes > 2 else np.array([1])
        marks = (labels.T[:, None, :] == each[:, None]).astype(np.float32)
        marks = marks.reshape(labels.shape[1], -1)
        for number, fold in enumerate(self.maps):
            found = (fold @ marks).reshape(len(fold.split.test), len(each), -1)
            yield number, np.ascontiguousarray(found.transpose(1, 2, 0))

    def _of_many(self, labels: Indices, classes: int) -> Iterator[FoldScores]:
        """Give the same where a row is of one class in a hundred: its marks are nearly all zero."""
        times, n = labels.shape
        column = (labels * times + np.arange(times)[:, None]).T.ravel()
        row = np.repeat(np.arange(n), times)
        marks = csr_array(
            (np.ones(n * times, np.float32), (row, column)), shape=(n, classes * times)
        )
        most = classes * times * max(len(fold.split.test) for fold in self.maps)
        if len(self._room) < most:
            self._room = np.empty(most, np.float32)
        for number, fold in enumerate(self.maps):
            found = fold.turned(marks, self._room).reshape(classes, times, len(fold.split.test))
            yield number, np.ascontiguousarray(found)


class Logistic:
    """Logistic regression, the papers' own probe, refitted for every labelling."""

    threshold = 0.0  # of the decision function

    def __init__(
        self, x: Numbers, splits: list[Split], alpha: float, weights: Numbers | None = None
    ) -> None:
        """Keep features, shape (n, d), whose rows weigh alike or so much, shape (n,)."""
        self.x, self.splits, self.alpha = x, splits, alpha
        self.weights = np.ones(len(x)) if weights is None else weights

    def scores(self, labels: Indices, classes: int) -> Iterator[FoldScores]:
        """Give out-of-fold decision values for labellings, shape (P, n), fold by fold.

        A class that a fold's training rows lack scores far below all others: it cannot be named.
        """
        columns = classes if classes > 2 else 1
        for number, split in enumerate(self.splits):
            z, t = _scaled(self.x, split)
            found = np.full((columns, len(labels), len(split.test)), _UNKNOWN, np.float32)
            for row, one in enumerate(labels):
                present = np.unique(one[split.train])
                if len(present) == 1:
                    found[:, row] = 0 if columns > 1 else (1 if present[0] == 1 else -1)
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    fit = LogisticRegression(C=1 / self.alpha, max_iter=1000)
                    fit.fit(z, one[split.train], _share(self.weights[split.train]))
                values = fit.decision_function(t)
                if values.ndim == 1 and columns > 1:
                    values = np.c_[-values, values]
                found[present if columns > 1 else 0, row] = values.T
            yield number, found


def named(scores: Matrix, threshold: float) -> Indices:
    """Return the class with the highest score, shape (labellings, rows).

    The first of equals; pass by pass, because NumPy's argmax is slow on a leading axis.
    """
    if len(scores) == 1:
        return np.asarray(scores[0] > threshold, np.intp)
    best, at = scores[0].copy(), np.zeros(scores[0].shape, np.intp)
    for number in range(1, len(scores)):
        better = scores[number] > best
        np.copyto(best, scores[number], where=better)
        np.copyto(at, number, where=better)
    return at


def _scaled(x: Numbers, split: Split) -> tuple[Numbers, Numbers]:
    """Return training and test rows with the training rows' mean 0 and variance 1, by column.

    Columns that are constant on the training rows say nothing and become 0. The scale is taken
    before squares are, so that no unit is too small or too large for double precision.
    """
    largest = np.abs(x).max(axis=0)
    unit = x / np.where(largest > 0, largest, 1)
    z, t = unit[split.train], unit[split.test]
    mean, spread = z.mean(axis=0), z.std(axis=0)
    varies = spread > _CONSTANT
    scale = np.where(varies, spread, 1)
    return (z - mean) / scale * varies, (t - mean) / scale * varies


def _share(weights: Numbers) -> Numbers:
    """Return weights of training rows with mean 1: the penalty stays what it is."""
    return np.asarray(weights / weights.mean(), np.float64)


def _hat(x: Numbers, split: Split, alpha: float, weights: Numbers) -> _Map:
    """Ridge with an intercept: primal where features are few, dual where they are many.

    Computed in double precision, kept in single: predictions equal scikit-learn's all the same.
    """
    z, t = _scaled(x, split)
    w = _share(weights)
    mean = w @ z / w.sum()
    z, t = z - mean, t - mean
    n, d = z.shape
    intercept = w / n
    if d >= n:
        kernel = cho_factor(z @ z.T + alpha * np.diag(1 / w))
        return _Map(split, (cho_solve(kernel, z @ t.T).T + intercept).astype(np.float32), None)
    heavy = (z * w[:, None]).T
    solved = cho_solve(cho_factor(heavy @ z + alpha * np.eye(d)), heavy)
    if (len(t) + n) * (d + 1) >= len(t) * n:
        return _Map(split, (t @ solved + intercept).astype(np.float32), None)
    left = np.c_[t, np.ones(len(t))]
    right = np.r_[solved, intercept[None]]
    return _Map(split, left.astype(np.float32), right.astype(np.float32))


def _sparse_hat(x: csr_array, split: Split, alpha: float, weights: Numbers) -> _SparseMap:
    """Do as `_hat` for sparse features, by their cross products; few columns, or a thousand."""
    z, w = x[split.train].astype(np.float64), _share(weights)
    n = z.shape[0]
    plain, squares = (np.asarray(one.mean(axis=0)).ravel() for one in (z, z.power(2)))
    spread = np.sqrt(np.maximum(squares - plain**2, 0))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > _CONSTANT_SPARSE)
    mean = np.asarray(z.T @ w) / n
    products = (z.T @ (diags_array(w) @ z)).toarray() - n * np.outer(mean, mean)
    scaled = products * scale[:, None] * scale + alpha * np.eye(len(scale))
    inverse = cho_solve(cho_factor(scaled), np.diag(scale)) * scale[:, None]
    return _SparseMap(split, x, inverse, mean, w)
