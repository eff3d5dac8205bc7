"""Linear probes with their full permutation null: is a label, or a session, in the features.

Out-of-fold scores of a ridge classifier are linear in the labels: on a fold's test rows they are
H y, where the hat matrix H follows from features and folds alone. So that H may serve all labels,
folds must not depend on them (folds stratified by the label would spoil the null as well). A
thousand permutations are then one matrix product, and further targets on the same features cost
nothing but that. The observed statistic and its null are those of the same classifier.

Venugopalan et al. (2019, Figure 7) used logistic regression; `model="logistic"` refits it for every
permutation, which is honest and slow.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from confoundlab.errors import InputError, one_of
from confoundlab.evidence import ALPHA, POWER, Evidence, Labelling, group_bootstrap
from confoundlab.splits import Indices, Split

Matrix = npt.NDArray[np.float32]
_CHUNK = 2**22  # numbers in the indicator matrix of a chunk of permutations: 16 MB


def probe(
    features: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    blocks: npt.ArrayLike | None = None,
    n_permutations: int = 1000,
    folds: int = 5,
    random_state: int = 0,
    alpha: float = 1.0,
    model: Literal["ridge", "logistic"] = "ridge",
    stop_after: int | None = None,
) -> Evidence:
    """Test whether a linear classifier names the target from the features of unseen groups.

    Parameters
    ----------
    features : array, shape (n, d)
        Finite numbers. Scale them as the penalty should see them.
    target : array, shape (n,)
        Classes of any type; two or more.
    groups : array, shape (n,), optional
        What must not straddle a fold; every row is its own group if missing.
    blocks : array, shape (n,), optional
        Labels are permuted inside blocks only.
    n_permutations : int
        Size of the null.
    folds : int
        Of grouped cross-validation; rows are assigned by group at random, never by target.
    random_state : int
        Of folds, permutations and resampling.
    alpha : float
        Penalty of the ridge classifier, or inverse of logistic regression's C.
    model : {"ridge", "logistic"}
        Least squares with a penalty, or the papers' own, refitted for every permutation.
    stop_after : int, optional
        Stop at this many permutations as good as what was observed (Besag and Clifford 1991,
        doi:10.1093/biomet/78.2.301): a p-value that is clearly not small is known early, and is
        then exactly `stop_after` / permutations drawn.

    Returns
    -------
    Evidence
        Of balanced accuracy; chance is 1 / classes.

    Raises
    ------
    InputError
        Unusable features, a single class, too few groups, lengths that differ.
    """
    return Probe(
        features, groups=groups, folds=folds, random_state=random_state, alpha=alpha, model=model
    ).test(target, blocks=blocks, n_permutations=n_permutations, stop_after=stop_after)


class Probe:
    """Features with their folds, ready for any number of targets; parameters as in `probe`."""

    def __init__(
        self,
        features: npt.ArrayLike,
        *,
        groups: npt.ArrayLike | None = None,
        folds: int = 5,
        random_state: int = 0,
        alpha: float = 1.0,
        model: Literal["ridge", "logistic"] = "ridge",
    ) -> None:
        one_of("probe model", model, ("ridge", "logistic"))
        x = np.asarray(features, np.float64)
        if x.ndim != 2 or not len(x):
            raise InputError(f"features must have shape (n, d), not {x.shape}.")
        bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
        if len(bad):
            raise InputError(
                f"features have missing or infinite values in row(s) {bad[:5].tolist()}."
            )
        if not alpha > 0:
            raise InputError(f"alpha must be positive, not {alpha}.")
        self.groups = np.arange(len(x)) if groups is None else _codes(groups, len(x), "groups")
        if len(np.unique(self.groups)) < folds or folds < 2:
            raise InputError(
                f"{folds} folds need at least 2 folds and as many groups; "
                f"there are {len(np.unique(self.groups))} groups."
            )
        splitter = GroupKFold(folds, shuffle=True, random_state=random_state)
        self.splits = [Split(*parts) for parts in splitter.split(x, groups=self.groups)]
        self.random_state = random_state
        self._model: _Ridge | _Logistic
        self._model = (_Ridge if model == "ridge" else _Logistic)(x, self.splits, alpha)

    def predict(self, target: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Return what each row is called by the fold that did not see its group, shape (n,)."""
        classes, codes = np.unique(np.asarray(target), return_inverse=True)
        named: npt.NDArray[np.generic] = classes[self._model.predict(codes[None], len(classes))[0]]
        return named

    def test(
        self,
        target: npt.ArrayLike,
        *,
        blocks: npt.ArrayLike | None = None,
        n_permutations: int = 1000,
        stop_after: int | None = None,
    ) -> Evidence:
        """Test one target; see `probe`."""
        codes = _codes(target, len(self.groups), "target")
        classes = int(codes.max()) + 1
        if classes < 2:
            raise InputError("The target has one class only: there is nothing to name.")
        if n_permutations < 1 or (stop_after is not None and stop_after < 1):
            raise InputError("n_permutations and stop_after must be positive.")
        inside = None if blocks is None else _codes(blocks, len(codes), "blocks")
        level = Labelling.of(codes, self.groups, inside)
        rng = np.random.default_rng(self.random_state)
        named = self._model.predict(codes[None], classes)
        observed = float(_balanced_accuracy(named, codes[None], classes)[0])
        null: list[float] = []
        size = max(1, min(n_permutations, _CHUNK // (len(codes) * classes)))
        bar = tqdm(total=n_permutations, desc="permutations", delay=2, leave=False)
        while len(null) < n_permutations:
            labels = level.draw(min(size, n_permutations - len(null)), rng)[:, level.unit]
            scores = _balanced_accuracy(self._model.predict(labels, classes), labels, classes)
            null += scores.tolist()
            bar.update(len(scores))
            if stop_after and np.sum(np.array(null) >= observed - 1e-12) >= stop_after:
                break
        bar.close()
        return self._evidence(named[0] == codes, codes, observed, np.array(null), level, stop_after)

    def _evidence(
        self,
        correct: npt.NDArray[np.bool_],
        codes: Indices,
        observed: float,
        null: npt.NDArray[np.float64],
        level: Labelling,
        stop_after: int | None,
    ) -> Evidence:
        as_good = np.flatnonzero(null >= observed - 1e-12)
        p_value = (1 + len(as_good)) / (1 + len(null))
        if stop_after and len(as_good) >= stop_after:
            null = null[: as_good[stop_after - 1] + 1]
            p_value = stop_after / len(null)
        group = np.unique(self.groups, return_inverse=True)[1]
        hits, counts = np.zeros((2, int(group.max()) + 1, int(codes.max()) + 1))
        np.add.at(hits, (group, codes), correct)
        np.add.at(counts, (group, codes), 1)
        rng = np.random.default_rng(self.random_state)
        low, high, error = group_bootstrap(hits, counts, rng)
        q95 = float(np.quantile(null, 1 - ALPHA))
        return Evidence(
            metric="balanced accuracy",
            estimate=observed,
            ci_low=low,
            ci_high=high,
            chance=1 / counts.shape[1],
            null_mean=float(null.mean()),
            null_q95=q95,
            p_value=p_value,
            p_below=float((1 + (null <= observed + 1e-12).sum()) / (1 + len(null))),
            permuted=level.permuted,
            n_images=len(codes),
            n_groups=len(counts),
            n_permutations=len(null),
            n_repeats=1,
            repeat_sd=None,
            minimum_detectable=min(1.0, q95 + float(norm.ppf(POWER)) * error),
            seed=self.random_state,
        )


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


class _Ridge:
    def __init__(self, x: npt.NDArray[np.float64], splits: list[Split], alpha: float) -> None:
        self.maps = [_hat(x, split, alpha) for split in splits]

    def predict(self, labels: Indices, classes: int) -> Indices:
        """Return out-of-fold classes for many labellings at once, shape as labels (P, n)."""
        many, n = labels.shape
        columns = 1 if classes == 2 else classes
        named = np.empty((many, n), np.intp)
        step = max(1, _CHUNK // (n * columns))
        for start in range(0, many, step):
            part = labels[start : start + step]
            # a column a class and labelling; with two classes, the second alone
            each = np.arange(columns) if columns > 1 else np.array([1])
            marks = (part.T[:, None, :] == each[:, None]).astype(np.float32).reshape(n, -1)
            for fold in self.maps:
                scores = (fold @ marks).reshape(len(fold.split.test), columns, -1)
                best = _argmax(scores) if columns > 1 else (scores[:, 0] > 0.5).astype(np.intp)
                named[start : start + step, fold.split.test] = best.T
        return named


def _hat(x: npt.NDArray[np.float64], split: Split, alpha: float) -> _Map:
    """Ridge with an intercept: primal where features are few, dual where they are many.

    Computed in double precision, kept in single: predictions equal scikit-learn's all the same.
    """
    mean = x[split.train].mean(axis=0)
    z, t = x[split.train] - mean, x[split.test] - mean
    n, d = z.shape
    if d >= n:
        kernel = cho_factor(z @ z.T + alpha * np.eye(n))
        return _Map(split, (cho_solve(kernel, z @ t.T).T + 1 / n).astype(np.float32), None)
    solved = cho_solve(cho_factor(z.T @ z + alpha * np.eye(d)), z.T)
    if (len(t) + n) * (d + 1) >= len(t) * n:
        return _Map(split, (t @ solved + 1 / n).astype(np.float32), None)
    left = np.c_[t, np.ones(len(t))]
    right = np.r_[solved, np.full((1, n), 1 / n)]
    return _Map(split, left.astype(np.float32), right.astype(np.float32))


def _argmax(scores: Matrix) -> Indices:
    """Return argmax over axis 1; pass by pass, because NumPy is slow on a middle axis."""
    best, at = scores[:, 0].copy(), np.zeros(scores[:, 0].shape, np.intp)
    for number in range(1, scores.shape[1]):
        better = scores[:, number] > best
        np.copyto(best, scores[:, number], where=better)
        np.copyto(at, number, where=better)
    return at


class _Logistic:
    def __init__(self, x: npt.NDArray[np.float64], splits: list[Split], alpha: float) -> None:
        self.x, self.splits, self.alpha = x, splits, alpha

    def predict(self, labels: Indices, classes: int) -> Indices:
        """Return out-of-fold classes, refitted for each labelling, shape as labels (P, n)."""
        named = np.empty(labels.shape, np.intp)
        for row, one in enumerate(labels):
            for split in self.splits:
                if len(np.unique(one[split.train])) == 1:
                    named[row, split.test] = one[split.train[0]]
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    fit = LogisticRegression(C=1 / self.alpha, max_iter=1000)
                    fit.fit(self.x[split.train], one[split.train])
                named[row, split.test] = fit.predict(self.x[split.test])
        return named


def _balanced_accuracy(named: Indices, labels: Indices, classes: int) -> npt.NDArray[np.float64]:
    """Mean recall of each row of (P, n); class sizes may differ between labellings."""
    recall = np.zeros(len(labels))
    for number in range(classes):
        own = labels == number
        recall += ((named == number) & own).sum(axis=1) / np.maximum(own.sum(axis=1), 1)
    return recall / classes


def _codes(values: npt.ArrayLike, n: int, what: str) -> Indices:
    array = np.asarray(values)
    if array.shape != (n,):
        raise InputError(f"{what} must have shape ({n},) like the features, not {array.shape}.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise InputError(
            f"{what} is missing in row(s) {np.flatnonzero(np.isnan(array))[:5].tolist()}."
        )
    if array.dtype == object and len({type(value) for value in array}) > 1:
        raise InputError(f"{what} mixes types: {sorted({type(v).__name__ for v in array})}.")
    return np.unique(array, return_inverse=True)[1].astype(np.intp)
