"""Four models on the same folds, and what each of them owes to the number of cells.

Serves Figure 5 of Venugopalan et al. (2019): on the ALS plates "a model that uses just the cell
density alone performs comparably" to a net. That two models reach the same does not say that they
do the same; here the net's answers are asked whether they follow the number of cells where the
genotype is the same, and whether anything of the genotype is left in them where that number is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence import conditional, factor_share
from confoundlab.evidence.record import Evidence
from confoundlab.plates.analysis import folds as held
from confoundlab.plates.analysis.folds import Fold, FoldResult
from confoundlab.plates.features.sites import Sites
from confoundlab.studies.planted import (
    PlantedLeak,
    columns_in_words,
    columns_of_marks,
    mark_in_words,
    plant,
    room,
    share_marked,
)

DENSITY, STATISTICS, EMBEDDINGS, CNN = "cell density", "63 statistics", "embeddings", "CNN"


def four_models(
    sites: Sites,
    *,
    embeddings: npt.NDArray[np.float32],
    epochs: int,
    n_permutations: int = 999,
    seed: int = 0,
) -> dict[str, FoldResult]:
    """Name the condition of each batch's sites by models trained on the other batches.

    Parameters
    ----------
    sites : Sites
        From `sites.measure`.
    embeddings : ndarray, shape (n, d)
        Of the same sites, of `embeddings.embed`, for one.
    epochs : int
        Of the nets; see `folds.cnn`. They are not refitted: a batch holds many wells of either
        genotype, so that each fold has a test of its own.
    n_permutations, seed : int
        Of the nulls, and of everything. Wells get the labels, inside their plate.

    Returns
    -------
    dict of str to FoldResult
        Density alone, the 63 statistics, embeddings and CNN: the columns of Figure 5.
    """
    return {
        name: _asked(
            name, sites, 0.0, embeddings=embeddings, epochs=epochs, n_permutations=n_permutations,
            seed=seed,
        )
        for name in (DENSITY, STATISTICS, EMBEDDINGS, CNN)
    }  # fmt: skip


def planted(
    name: str, chance: float, *, sites: Sites, seed: int = 0, **options: Any
) -> PlantedLeak:
    """Ask one of the four models again, with a leak planted into what it is given.

    Linear models get further columns, the net a pattern in its pixels.

    Parameters
    ----------
    name : str
        Of the model.
    chance : float
        Of the model's ROC AUC.
    sites, seed, **options
        As `four_models` takes them.
    """
    share = share_marked(room(chance), chance, "ROC AUC")
    words = mark_in_words(sites.pixels, share) if name == CNN else columns_in_words(share, "sites")
    found = _asked(name, sites, share, seed=seed, **options)
    return PlantedLeak(found.evidence, room(chance), words)


def _asked(
    name: str,
    sites: Sites,
    share: float,
    *,
    embeddings: npt.NDArray[np.float32],
    epochs: int,
    n_permutations: int,
    seed: int,
) -> FoldResult:
    """Return what one model answers, this share of the sites bearing a mark of their class."""
    table = sites.table
    parts, target = held.leave_batch_out(table), table["condition"]
    asked: dict[str, Any] = {
        "wells": table["well_id"], "units": table["well_id"], "blocks": table["plate"],
        "n_permutations": n_permutations, "seed": seed,
    }  # fmt: skip
    labels = columns.codes(target, len(table), "condition")
    if name == CNN:
        pixels = plant(sites.pixels, labels, share, seed=seed) if share else sites.pixels
        return held.cnn(pixels, target, parts, epochs=epochs, **asked)
    inputs = {
        DENSITY: table[["cells"]].to_numpy(float),
        STATISTICS: sites.statistics.to_numpy(),
        EMBEDDINGS: embeddings,
    }
    x = inputs[name]
    if share:
        x = np.hstack([x, columns_of_marks(labels, share, seed=seed)])
    return held.linear(x, target, parts, **asked)


def answers(result: FoldResult, parts: Sequence[Fold], sites: Sites) -> pd.DataFrame:
    """Return what a model said of one site of each well, folds put on one scale.

    Sites of a well share its label and its density, so that they could not be exchanged one by
    one; of each well its first site is taken.

    Parameters
    ----------
    result : FoldResult
        Of these folds and sites.
    parts : sequence of Fold
        From `folds.leave_batch_out`.
    sites : Sites
        As said.

    Returns
    -------
    DataFrame
        A row a well: ``well_id``, ``condition``, ``cells``, ``fold``, ``score`` (less its fold's
        mean, over its fold's spread) and ``named``: the half of a fold with the higher scores gets
        the second condition, in alphabetical order, as half of all wells have it.
    """
    tables = []
    for part, scores in zip(parts, result.scores, strict=True):
        if scores.shape[1] != 1:
            raise InputError("Answers are of two conditions; these scores are of more.")
        own = sites.table.iloc[part.split.test].assign(fold=part.name, score=scores[:, 0])
        own = own.drop_duplicates("well_id")
        spread = own["score"].std(ddof=0)
        own["score"] = (own["score"] - own["score"].mean()) / (spread if spread > 0 else 1)
        classes = np.array(sorted(sites.table["condition"].unique()))
        own["named"] = classes[(own["score"] > own["score"].median()).astype(int)]
        tables.append(own)
    kept = ["well_id", "condition", "cells", "fold", "score", "named"]
    return pd.concat(tables, ignore_index=True)[kept]


def follows_density(given: pd.DataFrame, *, n_permutations: int = 999, seed: int = 0) -> Evidence:
    """Test whether a model's scores follow the number of cells, the condition held fixed.

    Parameters
    ----------
    given : DataFrame
        From `answers`.
    n_permutations, seed : int
        As in `conditional.partial_confounder_test`, which this is.
    """
    return conditional.partial_confounder_test(
        given["score"].to_numpy(),
        given[["cells"]],
        given["condition"],
        given["well_id"],
        kinds={"cells": "measured"},
        n_permutations=n_permutations,
        seed=seed,
    )


def beyond_density(
    given: pd.DataFrame, *, n_permutations: int = 999, seed: int = 0
) -> factor_share.Explained:
    """Cut a model's accuracy into chance, what the number of cells gives, and what lies beyond it.

    Sites with the same number of cells are compared, so that no model of its effect is needed; see
    `factor_share.explained_by_factor`, and `answers` for the parameter.
    """
    return factor_share.explained_by_factor(
        given["named"],
        given["condition"],
        given["cells"],
        given["well_id"],
        n_permutations=n_permutations,
        seed=seed,
    )


def against_truth(sites: Sites) -> pd.Series:
    """Return how the counted cells agree with those that were planted.

    Returns
    -------
    Series
        ``correlation`` (Pearson's r), ``bias`` and ``error`` (mean and mean absolute difference,
        cells a site), ``exact`` (share of sites counted without an error).
    """
    counted, planted = (sites.table[name].to_numpy(float) for name in ("cells", "planted"))
    gap = counted - planted
    return pd.Series(
        {
            "correlation": np.corrcoef(counted, planted)[0, 1],
            "bias": gap.mean(),
            "error": np.abs(gap).mean(),
            "exact": (gap == 0).mean(),
        }
    )
