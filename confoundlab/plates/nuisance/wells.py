"""Nuisance read from control wells: Figure 7 of Venugopalan et al. (2019).

Control wells hold the same cells everywhere, so whatever tells their batch, plate, row or column is
nuisance. The paper compares with features whose columns were permuted; that baseline is shown, and
beside it the null of permuted labels, which a p-value needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence.probes import Model, Probe
from confoundlab.evidence.record import Evidence

TARGETS = ("batch", "plate", "row", "column")


@dataclass(frozen=True, eq=False)
class Nuisance:
    """How well a factor is named from control wells.

    Parameters
    ----------
    target : str
        The factor.
    evidence : Evidence
        Balanced accuracy; chance is one over the number of levels.
    permuted_columns : float
        The same of features whose columns were permuted, each by itself: the paper's baseline.
    """

    target: str
    evidence: Evidence
    permuted_columns: float


def nuisance_in_controls(
    features: npt.ArrayLike,
    table: pd.DataFrame,
    *,
    targets: Sequence[str] = TARGETS,
    folds: int = 5,
    model: Model = "ridge",
    penalty: float = 100.0,
    n_permutations: int = 999,
    seed: int = 0,
) -> list[Nuisance]:
    """Name batch, plate, row and column of unseen control wells.

    Parameters
    ----------
    features : array, shape (n, d)
        Of sites or patches; each column is scaled to unit variance.
    table : DataFrame
        Of the same rows: ``control``, ``well_id`` and the targets. Wells are held out, resampled
        and permuted as wholes. A batch was not given to single wells, so that its p-value says
        that wells of a batch are alike, not that batches differ more than plates do.
    targets : sequence of str
        Columns; those with a single level are left out.
    folds : int
        Of the probe.
    model : {"ridge", "logistic"}
        The paper's is logistic regression, which refits for every permutation.
    penalty : float
        Of the weights.
    n_permutations, seed : int
        Of the null, and of everything.

    Raises
    ------
    InputError
        No control wells; a level with a single well; a target that is missing in a control well.
    """
    control = columns.flags(table["control"], "control")
    if not control.any():
        raise InputError("The table has no control wells: nothing is the same on all plates.")
    given = columns.features(features)
    if len(given) != len(control):
        raise InputError(f"{len(control)} rows in the table, but {len(given)} in the features.")
    x = given[control]
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    wells = table.loc[control]
    rng = np.random.default_rng(seed)
    mixed = rng.permuted(x, axis=0)
    ready, baseline = (
        Probe(
            shown, groups=wells["well_id"].to_numpy(), folds=folds, random_state=seed,
            alpha=penalty, model=model,
        )
        for shown in (x, mixed)
    )  # fmt: skip
    found = []
    for target in targets:
        columns.codes(wells[target], None, target)
        levels = wells[target].astype(str).to_numpy()
        if len(np.unique(levels)) < 2:
            continue
        evidence = ready.test(levels, metric="balanced accuracy", n_permutations=n_permutations)
        named = baseline.predict(levels)
        recall = [float((named[levels == level] == level).mean()) for level in np.unique(levels)]
        found.append(Nuisance(target, evidence, float(np.mean(recall))))
    return found
