"""Where the nets of all folds look, and what the 63 statistics do in them: one number a fold.

Serves Figure 6 and the partial dependence of Venugopalan et al. (2019), over whole test sets in
place of two chosen pictures: every site is looked at by the net that was not trained on its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.models.lenet import LeNet5, Task
from confoundlab.plates.analysis import background, gradcam, partial_dependence
from confoundlab.plates.analysis.background import OnBackground
from confoundlab.plates.analysis.folds import PENALTY, Fold
from confoundlab.plates.features.sites import Sites
from confoundlab.types import Indices, Maps, Pixels


@dataclass(frozen=True, eq=False)
class Gaze:
    """Maps of the test images of all folds.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Row of each map's site.
    named : ndarray of str, shape (m,)
        The condition that the fold's net named, whose evidence is mapped.
    maps : ndarray of float32, shape (m, side, side)
        Of `gradcam.maps`.
    nets : list of LeNet5
        A fold each.
    """

    rows: Indices
    named: npt.NDArray[np.str_]
    maps: Maps
    nets: list[LeNet5]


def look(
    pixels: Pixels, labels: npt.ArrayLike, parts: Sequence[Fold], *, epochs: int, seed: int = 0
) -> Gaze:
    """Train the net of each fold, as `folds.cnn` does, and map what speaks for what it names.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, side, side, channels)
        Sites.
    labels : array, shape (n,)
        Conditions.
    parts : sequence of Fold
        As said.
    epochs, seed : int
        Of the nets.
    """
    names = np.unique(np.asarray(labels).astype(str))
    codes = columns.codes(labels, len(pixels), "labels")
    nets, called, seen = [], [], []
    for part in parts:
        task = Task(codes, part.split.train, part.split.test, seed)
        net = gradcam.train_net(pixels, task, epochs=epochs)
        test = pixels[part.split.test]
        nets.append(net)
        called.append(names[gradcam.named(net, test)])
        seen.append(gradcam.maps(net, test))
    rows = np.concatenate([part.split.test for part in parts])
    return Gaze(rows, np.concatenate(called), np.concatenate(seen), nets)


def on_empty(
    gaze: Gaze, sites: Sites, *, n_permutations: int = 999, seed: int = 0
) -> dict[str, OnBackground]:
    """Measure for each named condition what share of its maps falls on empty background.

    A condition that is named in fewer than two wells with a map that is not blank is left out.

    Raises
    ------
    InputError
        That leaves none.
    """
    empty = background.empty_background(sites.pixels[gaze.rows])
    wells = sites.table["well_id"].to_numpy()[gaze.rows]
    there = gaze.maps.max((1, 2)) > 0
    found = {
        str(name): background.on_background(
            gaze.maps[own], empty[own], wells[own], n_permutations=n_permutations, seed=seed
        )
        for name in np.unique(gaze.named)
        for own in [gaze.named == name]
        if len(np.unique(wells[own & there])) > 1
    }
    if not found:
        raise InputError(
            "The nets' maps are blank but for one well: nothing that they saw speaks for what they "
            "name. Train for more epochs, on more sites, or from another seed."
        )
    return found


def without_learning(
    gaze: Gaze, sites: Sites, parts: Sequence[Fold], *, repeats: int = 2, seed: int = 0
) -> pd.DataFrame:
    """Compare every fold's maps with those of nets whose layers are random: `gradcam.randomised`.

    Returns
    -------
    DataFrame
        A row a fold and depth: ``fold`` and the columns of `gradcam.randomised`. A fold whose net
        has blank maps only is left out: a blank map is like no other.

    Raises
    ------
    InputError
        All maps of all folds are blank.
    """
    wells, tables = sites.table["well_id"].to_numpy(), []
    for net, part in zip(gaze.nets, parts, strict=True):
        test = part.split.test
        if gaze.maps[np.isin(gaze.rows, test)].any():
            found = gradcam.randomised(
                net, sites.pixels[test], wells[test], repeats=repeats, seed=seed
            )
            tables.append(found.assign(fold=part.name))
    if not tables:
        raise InputError("All maps of all folds are blank: train for more epochs.")
    return pd.concat(tables, ignore_index=True)


def statistics_lost(
    sites: Sites, parts: Sequence[Fold], *, repeats: int = 5, seed: int = 0
) -> pd.DataFrame:
    """Return what AUC a logistic model of the 63 loses when a statistic is shuffled, fold by fold.

    Each is shuffled by itself, and together with those that go with it; see
    `partial_dependence.importance`.

    Returns
    -------
    DataFrame
        A row a fold and cluster or feature: ``fold``, ``how`` ("alone" or "together") and the
        columns of `partial_dependence.importance`.
    """
    own = partial_dependence.clusters(sites.statistics)

    def measured(model: Any, test: Indices) -> pd.DataFrame:
        given = sites.statistics.iloc[test].reset_index(drop=True)
        label, well = (sites.table[name].to_numpy()[test] for name in ("condition", "well_id"))
        options = {"repeats": repeats, "seed": seed}
        ways = {"alone": None, "together": own}
        return pd.concat(
            partial_dependence.importance(
                model, given, label, well, together=how, **options
            ).assign(how=name)
            for name, how in ways.items()
        )

    return _each_fold(sites, parts, measured)


def statistics_set(
    sites: Sites, parts: Sequence[Fold], names: Sequence[str], *, seed: int = 0
) -> pd.DataFrame:
    """Return partial dependence on some of the 63 statistics, fold by fold.

    Returns
    -------
    DataFrame
        A row a fold, feature and value: ``fold`` and the columns of `dependence`.
    """

    def measured(model: Any, test: Indices) -> pd.DataFrame:
        given = sites.statistics.iloc[test].reset_index(drop=True)
        wells = sites.table["well_id"].to_numpy()[test]
        return partial_dependence.dependence(model, given, wells, names, grid=20, seed=seed)

    return _each_fold(sites, parts, measured)


def _each_fold(
    sites: Sites, parts: Sequence[Fold], measured: Callable[[Any, Indices], pd.DataFrame]
) -> pd.DataFrame:
    labels, tables = sites.table["condition"].to_numpy(), []
    for part in parts:
        train, test = part.split
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / PENALTY, max_iter=1000))
        model.fit(sites.statistics.iloc[train], labels[train])
        tables.append(measured(model, test).assign(fold=part.name))
    return pd.concat(tables, ignore_index=True)
