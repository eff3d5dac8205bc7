"""What a model makes of its features: partial dependence, and what is lost without a feature.

Serves the claim that partial dependence on the 63 statistics "pointed to cell density as the
confounder" (Venugopalan et al. 2019, section 4.3). Both tools mislead where features go together:
partial dependence asks the model about pictures that do not exist, and a feature whose twin stays
in the table is not missed when it is shuffled. So clusters of features are shuffled together, and
each row says which features go with it (Strobl et al. 2008, doi:10.1186/1471-2105-9-307).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata
from sklearn.inspection import partial_dependence
from tqdm import tqdm

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.inference.auc import weighted_auc
from confoundlab.inference.intervals import Statistic, Weights, bootstrap, mean_recall
from confoundlab.types import Indices, Numbers


def dependence(
    model: Any,
    features: pd.DataFrame,
    groups: npt.ArrayLike,
    names: Sequence[str],
    *,
    positive: Any = None,
    grid: int = 30,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a model's mean answer as one feature is set to each of its values.

    Partial dependence (Friedman 2001, doi:10.1214/aos/1013203451) by scikit-learn.

    Parameters
    ----------
    model : classifier of scikit-learn
        Trained, with ``predict_proba``.
    features : DataFrame, shape (n, d)
        Images that the model was not trained on.
    groups : array, shape (n,)
        Wells.
    names : sequence of str
        Columns to look at.
    positive : optional
        Class whose probability is asked; the model's last if missing.
    grid : int
        Values a feature, between its 5 and 95% points, or its ends where these are one.
    seed : int
        Of resampling.

    Returns
    -------
    DataFrame
        A row a feature and value: ``feature``, ``value`` (the feature's unit), ``probability``
        (mean over images), ``ci_low``, ``ci_high`` (95%, groups resampled; the model stays).

    Raises
    ------
    InputError
        An unknown column or class; a grid of fewer than two values.
    """
    group = _checked(features, groups)
    unknown = [name for name in names if name not in features]
    if unknown or grid < 2:
        raise InputError(f"Unknown feature(s) {unknown}, or a grid of {grid} values: 2 or more.")
    classes = list(model.classes_)
    if positive is not None and positive not in classes:
        raise InputError(f"The model knows no class {positive!r}; it knows {classes}.")
    place = len(classes) - 1 if positive is None else classes.index(positive)
    rng, tables = np.random.default_rng(seed), []
    for name in names:
        low, high = np.quantile(features[name], (0.05, 0.95))
        asked = partial_dependence(
            model,
            features.astype(np.float64),  # scikit-learn would cut the grid to whole numbers
            [name],
            percentiles=(0.05, 0.95) if low < high else (0, 1),
            grid_resolution=grid,
            response_method="predict_proba",
            kind="individual",
        )
        each = asked["individual"]
        # of two classes scikit-learn returns the second only
        answers = each[place] if len(each) > 1 else each[0] if place else 1 - each[0]
        found = [bootstrap(_mean(line, group), int(group.max()) + 1, rng) for line in answers.T]
        tables.append(
            pd.DataFrame(
                {
                    "feature": name,
                    "value": asked["grid_values"][0],
                    "probability": answers.mean(0),
                    "ci_low": [one.low for one in found],
                    "ci_high": [one.high for one in found],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def clusters(features: pd.DataFrame, *, threshold: float = 0.7) -> pd.Series:
    """Put features together that go together.

    Parameters
    ----------
    features : DataFrame, shape (n, d)
        Finite numbers.
    threshold : float
        All features of a cluster have rank correlations of at least this, in absolute value
        (complete linkage on 1 - the absolute value of Spearman's rho).

    Returns
    -------
    Series of int
        Cluster of each feature, from 0, by the first feature of each; constant ones stay alone.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"threshold must lie above 0 and up to 1, not {threshold}.")
    if features.shape[1] < 2:
        return pd.Series(0, features.columns, dtype=np.intp)
    away = 1 - np.abs(_spearman(features))
    np.fill_diagonal(away, 0)
    tree = linkage(squareform(away, checks=False), "complete")
    # a hair more, so that a correlation of exactly the threshold belongs
    return pd.Series(
        pd.factorize(fcluster(tree, 1 - threshold + 1e-9, "distance"))[0], features.columns
    )


def importance(
    model: Any,
    features: pd.DataFrame,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    together: pd.Series | None = None,
    threshold: float = 0.7,
    repeats: int = 10,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what ROC AUC a model loses when a feature, or a cluster of them, is shuffled.

    Permutation importance (Breiman 2001, doi:10.1023/A:1010933404324) on images that the model was
    not trained on: what this model uses, not what the features hold.

    Parameters
    ----------
    model : classifier of scikit-learn
        Trained on two classes, with ``predict_proba``.
    features : DataFrame, shape (n, d)
        Of the test set.
    labels : array, shape (n,)
        The model's two classes.
    groups : array, shape (n,)
        Wells.
    together : Series of int, optional
        Cluster of each feature, as `clusters` gives them; their columns are shuffled by the same
        order of rows. Each feature alone if missing.
    threshold : float
        Absolute rank correlation from which features are said to go with each other.
    repeats, seed : int
        Shuffles of each, and of everything.

    Returns
    -------
    DataFrame
        A row a feature or cluster, most important first: ``features`` (names, comma-separated),
        ``lost`` (ROC AUC, mean over shuffles), ``ci_low``, ``ci_high`` (95%, groups resampled; the
        model and the shuffles stay) and ``goes_with``: features outside the row that are
        correlated with one of it, which may have stood in for it. `warning` puts that in words.

    Raises
    ------
    InputError
        Labels that are not two classes of the model's; lengths that differ.
    """
    group = _checked(features, groups)
    known, given = list(model.classes_), np.asarray(labels)
    if len(known) != 2 or given.shape != (len(features),) or set(given) != set(known):
        raise InputError(
            f"labels must be the model's two classes, one for each of {len(features)} images; the "
            f"model knows {known}, the labels hold {sorted(set(given.tolist()))}."
        )
    if repeats < 1:
        raise InputError("At least one shuffle is needed.")
    codes = (given == known[1]).astype(np.intp)
    own = pd.Series(range(features.shape[1]), features.columns) if together is None else together
    if set(own.index) != set(features.columns):
        raise InputError("together must give a cluster to each column of the features, no other.")

    def auc(table: pd.DataFrame) -> Statistic:
        scores = model.predict_proba(table)[:, 1].astype(np.float32)
        return weighted_auc([scores[None]], codes, group, [np.arange(len(codes))])

    rng, rows = np.random.default_rng(seed), []
    whole, n_groups = auc(features), int(group.max()) + 1
    alike = pd.DataFrame(np.abs(_spearman(features)), features.columns, features.columns)
    for number in tqdm(own.unique(), "permutation importance", delay=2, leave=False):
        names = own.index[own == number].tolist()
        shuffled = []
        for _ in range(repeats):
            table = features.copy()
            table[names] = features[names].to_numpy()[rng.permutation(len(features))]
            shuffled.append(auc(table))
        lost = _lost(whole, shuffled)
        found = bootstrap(_as_share(lost), n_groups, rng)
        near = alike.loc[names].drop(columns=names).max()
        rows.append(
            {
                "features": ", ".join(names),
                "lost": float(lost(np.ones((1, n_groups), np.float32))[0]),
                "ci_low": 2 * found.low - 1,
                "ci_high": 2 * found.high - 1,
                "goes_with": ", ".join(near.index[near >= threshold - 1e-9]),
            }
        )
    table = pd.DataFrame(rows).sort_values("lost", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def warning(table: pd.DataFrame) -> str:
    """Say which rows of `importance` have features that may have stood in for them.

    Returns
    -------
    str
        Empty where no row has any.
    """
    some = table[table["goes_with"] != ""]
    if some.empty:
        return ""
    lines = [f"{row.features} (goes with {row.goes_with})" for row in some.itertuples()]
    return (
        "Correlated features: what is lost when one is shuffled is too low where others stand in "
        f"for it, and not its own where it stands in for others: {'; '.join(lines)}. "
        "Shuffle them together, as `clusters` groups them."
    )


def _checked(features: pd.DataFrame, groups: npt.ArrayLike) -> Indices:
    if not isinstance(features, pd.DataFrame) or not features.columns.is_unique:
        raise InputError("features must be a table whose columns have different names.")
    columns.features(features)
    return columns.codes(groups, len(features), "groups")


def _spearman(features: pd.DataFrame) -> Numbers:
    """Return rank correlations, shape (d, d); 0 with a constant feature."""
    ranks = rankdata(features.to_numpy(np.float64), axis=0)
    ranks -= ranks.mean(0)
    length = np.linalg.norm(ranks, axis=0)
    unit = ranks / np.where(length > 0, length, 1)
    return np.asarray((unit.T @ unit).clip(-1, 1))


def _mean(values: Numbers, group: Indices) -> Statistic:
    return mean_recall(np.bincount(group, values)[:, None], np.bincount(group)[:, None])


def _lost(whole: Statistic, shuffled: Sequence[Statistic]) -> Statistic:
    def statistic(weights: Weights) -> Numbers:
        return np.asarray(whole(weights) - np.mean([one(weights) for one in shuffled], axis=0))

    return statistic


def _as_share(lost: Statistic) -> Statistic:
    return lambda weights: (lost(weights) + 1) / 2
