"""Linear probes with their full permutation null: is a label, or a session, in the features.

The ridge's scores come from hat matrices that do not depend on the labels (`linear`), and neither
may the folds: folds stratified by the label would spoil the null. The observed statistic and its
null are those of the same classifier, refitted for every permutation. The statistic is the ROC AUC
inside folds, which keeps its power where one class is rare; a least-squares decision at nine to one
names only the majority and sees nothing. Each column is scaled to unit variance on the rows that
train, so that no unit of measurement changes what is found.

What was labelled as a whole counts once, however many images it has (`unit_pairs`).

Folds share most of their training rows, so their scores depend on each other and no resampling of
the scores shows it: K-fold cross-validation has no unbiased estimate of its variance (Bengio and
Grandvalet 2004, Journal of Machine Learning Research 5, 1089). The refitted null does show it. See
`_spread`.

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
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling
from confoundlab.design.power import intraclass_correlation
from confoundlab.design.splits import Split
from confoundlab.errors import InputError, one_of
from confoundlab.evidence.auc import PairCounts, weighted_auc
from confoundlab.evidence.intervals import (
    Method,
    Statistic,
    bootstrap,
    effective_number,
    mean_recall,
    widened,
)
from confoundlab.evidence.record import (
    TIE,
    Evidence,
    NullTest,
    assemble,
    design_of,
    least_refitted,
    score_correlation,
)
from confoundlab.evidence.unit_pairs import UnitPairs
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
    """Features with their folds, ready for any number of targets; parameters as in `probe`."""

    def __init__(
        self,
        features: npt.ArrayLike | pd.DataFrame,
        *,
        groups: npt.ArrayLike | None = None,
        folds: int = 5,
        random_state: int = 0,
        alpha: float = 1.0,
        model: Model = "ridge",
    ) -> None:
        one_of("probe model", model, ("ridge", "logistic"))
        x = columns.features(features)
        if not alpha > 0:
            raise InputError(f"alpha must be positive, not {alpha}.")
        n = len(x)
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
        self._learner = (Ridge if model == "ridge" else Logistic)(x, self.splits, alpha)

    def predict(self, target: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Return what each row is called by the fold that did not see its group, shape (n,)."""
        levels, codes = np.unique(np.asarray(target), return_inverse=True)
        found = np.empty(len(codes), np.intp)
        for number, scores in self._learner.scores(codes[None], len(levels)):
            found[self.splits[number].test] = named(scores, self._learner.threshold)[0]
        called: npt.NDArray[np.generic] = levels[found]
        return called

    def scores(self, target: npt.ArrayLike) -> Matrix:
        """Return out-of-fold scores, shape (n, classes), one column where there are two classes."""
        codes = columns.codes(target, len(self.groups), "target")
        size = int(codes.max()) + 1
        found = np.empty((len(codes), size if size > 2 else 1), np.float32)
        for number, scores in self._learner.scores(codes[None], size):
            found[self.splits[number].test] = scores[:, 0].T
        return found

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
        weights = _weights(level)
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
        resampled, correlation, effective = self._resampled(
            codes, self.scores(codes), metric, level, weights
        )
        n_groups = int(self.groups.max()) + 1
        found = bootstrap(resampled, n_groups, rng, method=interval, effective=effective)
        chance = 0.5 if metric == "ROC AUC" else 1 / classes
        design = design_of(
            level.labels,
            metric,
            images_per_unit=n / len(level.labels),
            correlation=correlation,
            folds=len(self.splits),
        )
        stopped = len(drawn) < n_permutations
        return assemble(
            metric,
            widened(found, estimate, _spread(found.error, estimate, every, classes)),
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
        pairs = (PairCounts if weights is None else UnitPairs)(len(labels), classes)
        hits, counts = np.zeros((2, classes, len(labels)))
        for number, scores in self._learner.scores(labels, classes):
            rows = self.splits[number].test
            own = np.ascontiguousarray(labels[:, rows])
            each = 1.0 if weights is None else weights[rows]
            if metric == "ROC AUC":
                for column, line in enumerate(scores):
                    if isinstance(pairs, UnitPairs):
                        pairs.weigh(column, line, own, each)
                    else:
                        pairs.add(column, line, own)
                continue
            right = named(scores, self._learner.threshold) == own
            for one in range(classes):
                here = (own == one) * each
                hits[one] += (right * here).sum(axis=1)
                counts[one] += here.sum(axis=1)
        if metric == "ROC AUC":
            found = pairs.auc()
            return np.where(np.isfinite(found), found, 0.5)  # no fold had a pair to compare
        return np.asarray((hits / np.maximum(counts, 1)).mean(axis=0))

    def _resampled(
        self,
        codes: Indices,
        scores: Matrix,
        metric: ProbeMetric,
        level: Labelling,
        weights: Numbers | None,
    ) -> tuple[Statistic, float, float]:
        """Return the metric as a function of group weights.

        Also how alike a unit's images are, and how many groups the metric rests on.
        """
        n_groups = int(self.groups.max()) + 1
        share = np.ones(len(codes)) if weights is None else weights
        if metric == "ROC AUC":
            rows = [split.test for split in self.splits]
            lines = [scores[row].T for row in rows]
            correlation = score_correlation(scores, codes, level.unit)
            compared = np.zeros(n_groups)
            for row in rows:
                if len(np.unique(codes[row])) > 1:
                    compared += np.bincount(self.groups[row], share[row], n_groups)
            if weights is None:
                pairs = weighted_auc(lines, codes, self.groups, rows)
                return pairs, correlation, effective_number(compared)
            first = np.unique(level.unit, return_index=True)[1]
            owner, each = self.groups[first], weights[first].astype(np.float32)
            pairs = weighted_auc(lines, codes, level.unit, rows)
            return (
                lambda drawn: pairs(drawn[:, owner] * each),
                correlation,
                (effective_number(compared)),
            )
        right = (named(scores.T[:, None], self._learner.threshold)[0] == codes).astype(np.float64)
        hits, counts = np.zeros((2, n_groups, int(codes.max()) + 1))
        np.add.at(hits, (self.groups, codes), right * share)
        np.add.at(counts, (self.groups, codes), share)
        return (
            mean_recall(hits, counts),
            intraclass_correlation(right, level.unit),
            effective_number(counts.sum(axis=1)),
        )


def _weights(level: Labelling) -> Numbers | None:
    """Return image weights that let units count alike, none below 1; None if they do already."""
    sizes = np.bincount(level.unit)
    if np.ptp(sizes) == 0:
        return None
    return np.asarray(sizes.max() / sizes[level.unit], np.float64)


def _spread(error: float, estimate: float, null: Numbers, classes: int) -> float:
    """Return the standard error of an estimate that folds with common training rows gave.

    Without a signal the refitted null has just that error. It shrinks as the variance of a share
    does, towards both ends; and it gives way to the bootstrap's as the learner's direction becomes
    certain, because there the area under the curve is at its greatest and turns flat: from two of
    the null's standard deviations for each class's column, until four, where nothing is left.
    Measured in the calibration ("interval of a probe").
    """
    centre, spread = float(null.mean()), float(null.std(ddof=1)) if len(null) > 1 else 0.0
    if spread < TIE:
        return error
    columns = classes if classes > 2 else 1
    left = np.clip(2 - abs(estimate - centre) / spread / (2 * np.sqrt(columns)), 0, 1)
    nearer = min(1.0, estimate * (1 - estimate) / (centre * (1 - centre)))
    return float(np.sqrt(error**2 + left * max(0.0, nearer * spread**2 - error**2)))
