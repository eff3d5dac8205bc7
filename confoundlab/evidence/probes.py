"""Linear probes with their full permutation null: is a label, or a session, in the features.

The ridge's scores come from hat matrices that do not depend on the labels (`linear`), and neither
may the folds: folds stratified by the label would spoil the null. The observed statistic and its
null are those of the same classifier, refitted for every permutation. The statistic is the ROC AUC
inside folds, which keeps its power where one class is rare; a least-squares decision at nine to one
names only the majority and sees nothing. Each column is scaled to unit variance on the rows that
train, so that no unit of measurement changes what is found.

What was labelled as a whole counts once, in the fit and in the metric, however many images it has
(`probe_intervals.unit_weights`).

Venugopalan et al. (2019, Figure 7) used logistic regression; `model="logistic"` refits it for every
permutation, which is honest and slow.
"""

from __future__ import annotations

import warnings
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling
from confoundlab.design.splits import Split
from confoundlab.errors import InputError, one_of
from confoundlab.evidence.probe_intervals import Answers, of_refitted, unit_weights
from confoundlab.evidence.record import (
    TIE,
    Evidence,
    NullTest,
    assemble,
    design_of,
    least_refitted,
    score_correlation,
)
from confoundlab.inference.auc import PairCounts
from confoundlab.inference.intervals import Method, bootstrap
from confoundlab.inference.power import intraclass_correlation
from confoundlab.models.linear import Logistic, Matrix, Ridge, named
from confoundlab.types import Indices, Numbers

_FEWEST = 99  # permutations that are drawn before a test stops early, to know the null's spread
_CHUNK = 2**22  # numbers in the indicator matrix of a chunk of permutations: 16 MB
ProbeMetric = Literal["ROC AUC", "balanced accuracy"]
Model = Literal["ridge", "logistic"]


def probe(
    features: npt.ArrayLike | pd.DataFrame,
    target: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    blocks: npt.ArrayLike | None = None,
    units: npt.ArrayLike | None = None,
    n_permutations: int = 1000,
    folds: int = 5,
    random_state: int = 0,
    metric: ProbeMetric = "ROC AUC",
    alpha: float = 1.0,
    model: Model = "ridge",
    stop_after: int | None = None,
    interval: Method = "logit",
) -> Evidence:
    """Test whether a linear classifier names the target from the features of unseen groups.

    Parameters
    ----------
    features : array or DataFrame, shape (n, d)
        Finite numbers in any units.
    target : array, shape (n,)
        Classes of any type; two or more, each in two groups or more.
    groups : array, shape (n,), optional
        What must not straddle a fold; every row is its own group if missing.
    blocks : array, shape (n,), optional
        Labels are permuted inside blocks only; of groups that lie in several blocks, between
        those with the same share of images in each. `chance` is then what such permutations give
        on average, where that is more: knowing the block may name the class.
    units : array, shape (n,), optional
        What was labelled as a whole where that is less than a group, as a well of a plate whose
        wells have several labels.
    n_permutations : int
        Size of the null.
    folds : int
        Of grouped cross-validation; rows are assigned by group at random, never by target.
    random_state : int
        Of folds, permutations and resampling.
    metric : {"ROC AUC", "balanced accuracy"}
        One class against the rest, averaged over classes, pairs compared inside folds (chance 0.5);
        or the mean recall of the classifier's decisions (chance 1 / classes).
    alpha : float
        Penalty of the ridge classifier, or inverse of logistic regression's C, of columns scaled
        to unit variance.
    model : {"ridge", "logistic"}
        Least squares with a penalty, or the papers' own, refitted for every permutation.
    stop_after : int, optional
        Stop at this many permutations as good as what was observed (Besag and Clifford 1991,
        doi:10.1093/biomet/78.2.301): a p-value that is clearly not small is known early, and is
        then exactly `stop_after` / permutations drawn. What the test could have found follows
        from the permutations allowed.
    interval : {"logit", "t", "percentile", "bca"}
        See `intervals.bootstrap`. Too few groups to compare give the whole range of the metric.

    Returns
    -------
    Evidence

    Warns
    -----
    UserWarning
        A few images contradict the label of their group (`labelling`).

    Raises
    ------
    InputError
        Unusable features, a single class, too few groups, lengths that differ, labels that cannot
        be permuted.
    """
    ready = Probe(
        features, groups=groups, folds=folds, random_state=random_state, alpha=alpha, model=model
    )
    return ready.test(
        target,
        blocks=blocks,
        units=units,
        n_permutations=n_permutations,
        metric=metric,
        stop_after=stop_after,
        interval=interval,
    )


class Probe:
    """Features with their folds, ready for any number of targets; parameters as in `probe`.

    A ridge takes sparse features as well (`factors.sparsely_coded`), which never become dense.
    """

    def __init__(
        self,
        features: npt.ArrayLike | pd.DataFrame | csr_array,
        *,
        groups: npt.ArrayLike | None = None,
        folds: int = 5,
        random_state: int = 0,
        alpha: float = 1.0,
        model: Model = "ridge",
    ) -> None:
        one_of("probe model", model, ("ridge", "logistic"))
        x = features if isinstance(features, csr_array) else columns.features(features)
        if not alpha > 0:
            raise InputError(f"alpha must be positive, not {alpha}.")
        n = int(x.shape[0])
        self.groups = np.arange(n) if groups is None else columns.codes(groups, n, "groups")
        self.names = np.unique(np.arange(n) if groups is None else np.asarray(groups))
        n_groups = int(self.groups.max()) + 1
        if n_groups < folds or folds < 2:
            raise InputError(
                f"{folds} folds need at least 2 folds and as many groups; "
                f"number of groups: {n_groups}."
            )
        if not 0 <= random_state < 2**32:
            raise InputError(f"random_state must be between 0 and 2**32 - 1, not {random_state}.")
        splitter = GroupKFold(folds, shuffle=True, random_state=random_state)
        self.splits = [Split(*parts) for parts in splitter.split(x, groups=self.groups)]
        self.random_state = random_state
        if model == "logistic" and isinstance(x, csr_array):
            raise InputError("Sparse features are for a ridge.")
        self._make = partial(Ridge if model == "ridge" else Logistic, x, self.splits, alpha)
        self._learners: dict[bytes, Ridge | Logistic] = {}

    def _fitted(self, weights: Numbers | None = None) -> Ridge | Logistic:
        """Return the learner for these weights of images; made once, for any number of targets."""
        key = b"" if weights is None else weights.tobytes()
        if key not in self._learners:
            self._learners[key] = self._make(weights)
        return self._learners[key]

    def predict(self, target: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Return what each row is called by the fold that did not see its group, shape (n,)."""
        learner = self._fitted()
        levels, codes = np.unique(np.asarray(target), return_inverse=True)
        found = np.empty(len(codes), np.intp)
        for number, scores in learner.scores(codes[None], len(levels)):
            found[self.splits[number].test] = named(scores, learner.threshold)[0]
        called: npt.NDArray[np.generic] = levels[found]
        return called

    def scores(self, target: npt.ArrayLike) -> Matrix:
        """Return out-of-fold scores, shape (n, classes), one column where there are two classes."""
        return self._scores(columns.codes(target, len(self.groups), "target"), None)

    def _scores(self, codes: Indices, weights: Numbers | None) -> Matrix:
        size = int(codes.max()) + 1
        found = np.empty((len(codes), size if size > 2 else 1), np.float32)
        for number, scores in self._fitted(weights).scores(codes[None], size):
            found[self.splits[number].test] = scores[:, 0].T
        return found

    def of_many(self, labels: Indices, weights: Numbers | None = None) -> Numbers:
        """Return the ROC AUC of many labellings, shape (P, n), classes 0..k-1: refitted for each.

        Weights are those of the images, shape (n,); None where all are alike.
        """
        return self._statistic(labels, int(labels.max()) + 1, "ROC AUC", weights)

    def test(
        self,
        target: npt.ArrayLike,
        *,
        blocks: npt.ArrayLike | None = None,
        units: npt.ArrayLike | None = None,
        n_permutations: int = 1000,
        metric: ProbeMetric = "ROC AUC",
        stop_after: int | None = None,
        interval: Method = "logit",
    ) -> Evidence:
        """Test one target; see `probe`."""
        one_of("metric", metric, ("ROC AUC", "balanced accuracy"))
        n = len(self.groups)
        codes = columns.classes(target, n, "target", self.groups)
        classes = int(codes.max()) + 1
        if n_permutations < 1 or (stop_after is not None and stop_after < 1):
            raise InputError("n_permutations and stop_after must be positive.")
        level = Labelling.of(
            codes,
            self.groups,
            None if blocks is None else columns.codes(blocks, n, "blocks"),
            None if units is None else columns.codes(units, n, "units"),
        )
        rng = np.random.default_rng(self.random_state)
        if len(level.mixed):
            names = ", ".join(map(str, self.names[level.mixed[:5]]))
            warnings.warn(
                f"{len(level.mixed)} group(s) hold few images of another label than their others: "
                f"{names}. {level.why} Check those images.",
                stacklevel=3,
            )
        weights = unit_weights(level)
        statistic = partial(self._statistic, classes=classes, metric=metric, weights=weights)
        estimate, observed = statistic(np.stack([codes, level.labels[level.unit]])).tolist()
        null: list[float] = []
        size = max(1, min(n_permutations, _CHUNK // (n * classes)))
        bar = tqdm(total=n_permutations, desc="permutations", delay=2, leave=False)
        while len(null) < n_permutations:
            labels = level.draw(min(size, n_permutations - len(null)), rng)[:, level.unit]
            null += statistic(labels).tolist()
            bar.update(len(labels))
            reached = np.sum(np.array(null) >= observed - TIE)
            if stop_after and len(null) >= _FEWEST and reached >= stop_after:
                break
        bar.close()
        every, p_value = np.array(null), None
        drawn = every
        as_good = np.flatnonzero(drawn >= observed - TIE)
        if stop_after and len(as_good) >= stop_after:
            drawn = drawn[: as_good[stop_after - 1] + 1]
            p_value = stop_after / len(drawn)
        scores = self._scores(codes, weights)
        called = named(scores.T[:, None], self._fitted().threshold)[0]
        answers = Answers(scores, called == codes, codes, self.groups, self.splits, level, weights)
        resampled, effective = answers.auc() if metric == "ROC AUC" else answers.recall()
        n_groups = int(self.groups.max()) + 1
        found = bootstrap(resampled, n_groups, rng, method=interval, effective=effective)
        chance = 0.5 if metric == "ROC AUC" else 1 / classes
        design = design_of(
            level.labels,
            metric,
            images_per_unit=n / len(level.labels),
            correlation=score_correlation(scores, codes, level.unit)
            if metric == "ROC AUC"
            else intraclass_correlation((called == codes).astype(np.float64), level.unit),
            folds=len(self.splits),
        )
        stopped = len(drawn) < n_permutations
        return assemble(
            metric,
            of_refitted(found, estimate, every, classes, metric),
            estimate,
            [NullTest(observed, drawn, level.smallest_p(n_permutations, renamed=True), p_value)],
            least=least_refitted(design, every),
            chance=chance if blocks is None else max(chance, float(every.mean())),
            permuted=level.permuted,
            permuted_why=level.why,
            n_images=n,
            n_groups=n_groups,
            n_allowed=n_permutations if stopped else None,
            seed=self.random_state,
        )

    def _statistic(
        self, labels: Indices, classes: int, metric: ProbeMetric, weights: Numbers | None
    ) -> Numbers:
        """Refit for labellings, shape (P, n), and return the metric of each.

        Weights are those of the images, shape (n,); None where all are alike.
        """
        pairs = PairCounts(len(labels), classes)
        hits, counts = np.zeros((2, classes, len(labels)))
        learner = self._fitted(weights)
        for number, scores in learner.scores(labels, classes):
            rows = self.splits[number].test
            own = np.ascontiguousarray(labels[:, rows])
            each = None if weights is None else weights[rows]
            if metric == "ROC AUC":
                pairs.add_all(scores, own, each)
                continue
            right = named(scores, learner.threshold) == own
            for one in range(classes):
                here = (own == one) * (1.0 if each is None else each)
                hits[one] += (right * here).sum(axis=1)
                counts[one] += here.sum(axis=1)
        if metric == "ROC AUC":
            found = pairs.auc()
            return np.where(np.isfinite(found), found, 0.5)  # no fold had a pair to compare
        return np.asarray((hits / np.maximum(counts, 1)).mean(axis=0))
