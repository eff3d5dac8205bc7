"""Learners that are quick to fit: the nearest class mean, on groups held out at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from confoundlab.calibration.designs import Drawn
from confoundlab.design.splits import grouped
from confoundlab.types import Indices, Numbers


def fit_once(data: Drawn, columns: Indices, *, test_share: float, seed: int) -> pd.DataFrame:
    """Name the nearest class mean in columns of the features, for groups held out at random."""
    train, test = grouped(data.labels, data.groups, test_share=test_share, seed=seed)
    chances = special.softmax(nearness(data, columns, train, test), axis=1)
    return table_of(test, chances)


def table_of(test: Indices, chances: npt.NDArray[Any]) -> pd.DataFrame:
    """Return predictions as `predictions.held_out_predictions` does."""
    named, sure = chances.argmax(axis=1), chances.max(axis=1)
    return pd.DataFrame({"image": test, "repeat": 0, "predicted": named, "confidence": sure})


def nearness(data: Drawn, columns: Indices, train: Indices, test: Indices) -> Numbers:
    """Return minus the squared distance to each class mean; far away where a class was not seen."""
    x, y = data.features[:, columns], data.labels[train]
    found = np.full((len(test), int(data.labels.max()) + 1), -1e6)
    for one in np.unique(y):
        found[:, one] = -((x[test] - x[train][y == one].mean(axis=0)) ** 2).sum(axis=1)
    return found


def scores_of(data: Drawn, columns: Indices, train: Indices, test: Indices) -> Numbers:
    """Return the nearness to each class that was tested, or how much nearer the second is."""
    found = nearness(data, columns, train, test)[:, : data.labels[test].max() + 1]
    return found[:, 1:] - found[:, :1] if found.shape[1] == 2 else found


def all_columns(data: Drawn) -> Indices:
    """Return the numbers of all columns."""
    return np.arange(data.features.shape[1])


def halves(data: Drawn) -> list[Indices]:
    """Cut the columns into two halves: two learners that see as much."""
    rng = np.random.default_rng([data.seed, 1])
    return np.array_split(rng.permutation(data.features.shape[1]), 2)


def any_label(data: Drawn) -> Drawn:
    """Draw the labels of groups again, one by one: the population has no fixed total.

    With a fixed total, what trains takes labels away from what tests, and a learner that happens
    to name one class more often is truly worse.
    """
    rng = np.random.default_rng([data.seed, 8])
    classes = int(data.labels.max()) + 1
    return replace(data, labels=rng.integers(0, classes, data.groups.max() + 1)[data.groups])
