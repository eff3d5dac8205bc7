"""The interval of a probe: its metric as a function of group weights, and the spread of refits.

Folds share most of their training rows, so their scores depend on each other and no resampling of
the scores shows it: K-fold cross-validation has no unbiased estimate of its variance (Bengio and
Grandvalet 2004, Journal of Machine Learning Research 5, 1089). The refitted null does show it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from confoundlab.design.labelling import Labelling
from confoundlab.design.splits import Split
from confoundlab.evidence.record import TIE
from confoundlab.inference.auc import weighted_auc
from confoundlab.inference.combining import score_ends
from confoundlab.inference.intervals import Interval, Statistic, effective_number, mean_recall
from confoundlab.inference.power import ALPHA
from confoundlab.models.linear import Matrix
from confoundlab.types import Indices, Numbers


def unit_weights(level: Labelling) -> Numbers | None:
    """Return weights of images that let units count alike, shape (n,), none below 1.

    A group that was labelled as a whole is one answer to the question, however many images it has.
    If its size goes with the class, an AUC of images has another spread under permuted labels than
    under the true ones; an AUC of pairs of groups has not. None where units have one size.
    """
    sizes = np.bincount(level.unit)
    if np.ptp(sizes) == 0:
        return None
    return np.asarray(sizes.max() / sizes[level.unit], np.float64)


@dataclass(frozen=True, eq=False)
class Answers:
    """Out-of-fold answers of a probe.

    Parameters
    ----------
    scores : ndarray, shape (n, columns)
        A column a class, or the second class's alone where there are two.
    right : ndarray of bool, shape (n,)
        Whether the class was named.
    codes, groups : ndarray of int, shape (n,)
        Classes and groups, from zero.
    splits : list of Split
        The folds.
    level : Labelling
        Of the classes.
    weights : ndarray, shape (n,), or None
        Of `unit_weights`.
    """

    scores: Matrix
    right: npt.NDArray[np.bool_]
    codes: Indices
    groups: Indices
    splits: list[Split]
    level: Labelling
    weights: Numbers | None

    def auc(self) -> tuple[Statistic, float]:
        """Return the AUC as a function of group weights, and how many groups it compares."""
        rows = [split.test for split in self.splits]
        lines = [np.ascontiguousarray(self.scores[row].T) for row in rows]
        n_groups = int(self.groups.max()) + 1
        compared = np.zeros(n_groups)
        for row in rows:
            if len(np.unique(self.codes[row])) > 1:
                compared += np.bincount(self.groups[row], self._share[row], n_groups)
        if self.weights is None:
            return weighted_auc(lines, self.codes, self.groups, rows), effective_number(compared)
        first = np.unique(self.level.unit, return_index=True)[1]
        owner, each = self.groups[first], self.weights[first].astype(np.float32)
        of_units = weighted_auc(lines, self.codes, self.level.unit, rows)
        return lambda drawn: of_units(drawn[:, owner] * each), effective_number(compared)

    def recall(self) -> tuple[Statistic, float]:
        """Return the mean recall as a function of group weights, and on how many it rests."""
        hits, counts = np.zeros((2, int(self.groups.max()) + 1, int(self.codes.max()) + 1))
        np.add.at(hits, (self.groups, self.codes), self.right * self._share)
        np.add.at(counts, (self.groups, self.codes), self._share)
        return mean_recall(hits, counts), effective_number(counts.sum(axis=1))

    @property
    def _share(self) -> Numbers:
        return np.ones(len(self.codes)) if self.weights is None else self.weights


def of_refitted(
    found: Interval, estimate: float, null: Numbers, classes: int, metric: str
) -> Interval:
    """Return the interval of an estimate that folds with common training rows gave.

    Without a signal the refitted null has the estimate's own spread. So many independent answers as
    have that spread give a score interval, which holds what the test does not refuse, and needs
    nothing from few groups. As the learner's direction becomes certain, the null says too much:
    the interval gives way to the bootstrap's, from two of the null's standard deviations for each
    class's column to four, where nothing of it is left. An area under the curve is flat by then;
    a share of right answers, which hangs on where the learner decides, takes twice as long.
    Measured in the calibration ("of a probe").

    Parameters
    ----------
    found : Interval
        Of the answers as they are, groups resampled.
    estimate : float
        Of the metric, 0 to 1.
    null : ndarray, shape (permutations,)
        The metric of each refit under permuted labels.
    classes : int
        That are told apart.
    metric : {"ROC AUC", "balanced accuracy"}
        Of the estimate.
    """
    centre, wide = float(null.mean()), float(null.std(ddof=1)) if len(null) > 1 else 0.0
    if wide < TIE or not np.isfinite(found.error):
        return found
    begins = 2 if metric == "ROC AUC" else 4  # and ends at twice as many
    begins *= np.sqrt(classes if classes > 2 else 1)
    left = float(np.clip(2 - abs(estimate - centre) / wide / begins, 0, 1))
    answers, quantile = centre * (1 - centre) / wide**2, float(t.isf(ALPHA / 2, len(null) - 1))
    low, high = score_ends(estimate, answers, quantile)
    error = float(np.sqrt(estimate * (1 - estimate) / answers))

    def between(null_says: float, groups_say: float) -> float:
        return left * null_says + (1 - left) * groups_say

    return Interval(between(low, found.low), between(high, found.high), between(error, found.error))
