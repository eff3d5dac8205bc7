"""How much of a leak a remedy removes (section 4 of Dhar and Shamir 2021).

On a twin the truth is known: with the session's dials at zero nothing is left. A remedy is judged
on the control that leaked: what share of its accuracy above chance is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.inference.intervals import Weights, bootstrap, mean_recall
from confoundlab.types import Indices, Numbers


@dataclass(frozen=True)
class Removed:
    """The share of a leak that is gone, with a 95% interval from resampled groups.

    0: as much leaks as before; 1: nothing is left; below 0: more leaks than before; above 1:
    below chance.
    """

    estimate: float
    ci_low: float
    ci_high: float

    def __str__(self) -> str:
        return (
            f"{100 * self.estimate:.0f}% of the leak removed (95% interval "
            f"{100 * self.ci_low:.0f} to {100 * self.ci_high:.0f})"
        )


def removed(
    before: pd.DataFrame,
    after: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    *,
    chance: float,
    seed: int = 0,
) -> Removed:
    """Return 1 - (accuracy after - chance) / (accuracy before - chance).

    Parameters
    ----------
    before, after : DataFrame
        Predictions, as in `held_out.accuracy`, on the same groups; groups that only one of them
        tested count in that one.
    labels, groups : ndarray of int, shape (n,)
        Of all images; a group is resampled in both experiments at once.
    chance : float
        The accuracy without any leak, 0..1.
    seed : int
        Of the resampling.

    Raises
    ------
    InputError
        Malformed predictions; the accuracy before is not above chance: there is no leak to remove.
    """
    number = np.unique(groups, return_inverse=True)[1]
    n_groups = int(number.max()) + 1
    accuracies = []
    for table in (before, after):
        columns.check_predictions(table, labels, groups, 1)
        image = table["image"].to_numpy()
        hits, counts = np.zeros((2, n_groups, 1))
        np.add.at(hits[:, 0], number[image], table["predicted"].to_numpy() == labels[image])
        np.add.at(counts[:, 0], number[image], 1)
        accuracies.append(mean_recall(hits, counts))

    def statistic(weights: Weights) -> Numbers:
        leak, left = (accuracy(weights) - chance for accuracy in accuracies)
        # a resample without a leak says nothing about a share: it counts as nothing removed
        return np.asarray(1 - np.divide(left, leak, out=np.ones_like(left), where=leak > 0))

    everything = np.ones((1, n_groups), np.float32)
    if float(accuracies[0](everything)[0]) <= chance:
        raise InputError("Before the remedy the accuracy is not above chance: nothing to remove.")
    found = bootstrap(statistic, n_groups, np.random.default_rng(seed), method="percentile")
    return Removed(float(statistic(everything)[0]), found.low, found.high)
