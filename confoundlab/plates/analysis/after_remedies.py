"""What remedies for batch effects leave of the batch, and of the phenotype.

Serves the question that Venugopalan et al. (2019) end with: what to do about it. Each correction is
learned inside the training folds and judged on the same folds as everything else, once by how well
the batch is still told, and once by how well the condition is. Where batches and conditions are
confounded, a correction may take the phenotype along with the batch; with plates whose layout is
crossed, this can be tried by leaving training wells out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.plates.analysis.corrections import NAMES, Name, Wells, correct
from confoundlab.plates.analysis.folds import Fold, FoldResult, linear
from confoundlab.plates.analysis.laboratory import unseen_people
from confoundlab.types import Numbers

_RARE = 50  # stream of random numbers


@dataclass(frozen=True, eq=False)
class Remedied:
    """What is told after a correction.

    Parameters
    ----------
    name : str
        Of the correction.
    condition, batch : FoldResult
        Of the same test rows: unseen people's condition, and the batch of their wells.
    """

    name: str
    condition: FoldResult
    batch: FoldResult


def at_hand() -> tuple[Name, ...]:
    """Return the corrections whose packages are installed; Harmony's is only if asked for."""
    there = importlib.util.find_spec("harmonypy") is not None
    return tuple(name for name in NAMES if there or name != "Harmony")


def remedied(
    name: Name,
    features: npt.ArrayLike,
    table: pd.DataFrame,
    folds: Sequence[Fold],
    *,
    protect: bool = True,
    controls: bool = True,
    n_permutations: int = 999,
    seed: int = 0,
) -> Remedied:
    """Correct inside each fold, and tell condition and batch from what is left.

    Parameters
    ----------
    name : str
        Of `corrections.NAMES`.
    features : array, shape (n, d)
        Of patches.
    table : DataFrame
        Of the same patches, control wells included: corrections may learn from these.
    folds : sequence of Fold
        From `folds.leave_pair_out`, or from `confounded`.
    protect : bool
        Whether ComBat holds the condition fixed.
    controls : bool
        Whether control wells are known as such; without them, training wells are all there is to
        learn from. Standardisation and sphering cannot do without.
    n_permutations, seed : int
        Of both nulls. Batches were given to plates, so that plates are permuted: six plates allow
        few arrangements, and the interval says more than the p-value.
    """
    x, wells = columns.features(features), Wells.of(table)
    if not controls:
        wells = replace(wells, control=np.zeros(len(table), bool))
    ready: dict[str, Numbers] = {}

    def corrected(fold: Fold) -> Numbers:
        if fold.name not in ready:
            ready[fold.name] = correct(name, x, wells, fold.split.train, protect=protect)
        return ready[fold.name]

    options: dict[str, Any] = {"n_permutations": n_permutations, "seed": seed}
    return Remedied(
        name,
        unseen_people(corrected, table, folds, **options),
        linear(
            corrected, table["batch"], folds,
            wells=table["well_id"], units=table["plate"], **options,
        ),
    )  # fmt: skip


def confounded(
    folds: Sequence[Fold], table: pd.DataFrame, *, rare: float = 0.1, seed: int = 0
) -> list[Fold]:
    """Thin the training wells, so that each batch holds mostly one condition; test wells stay.

    Parameters
    ----------
    folds : sequence of Fold
        From `folds.leave_pair_out`.
    table : DataFrame
        Of the same rows.
    rare : float
        Share of the wells that are kept of the rare condition of a batch. The first condition, in
        alphabetical order, is usual in the first batch, the second in the next, and so on.
    seed : int
        Which wells stay.

    Raises
    ------
    InputError
        Other than two conditions and two batches or more.
    """
    conditions, batches = (sorted(table[name].unique()) for name in ("condition", "batch"))
    if len(conditions) != 2 or len(batches) < 2 or not 0 <= rare < 1:
        raise InputError(
            f"{len(conditions)} conditions in {len(batches)} batches, a share of {rare:g}: "
            "confounding needs two conditions, two batches and a share from 0 to 1."
        )
    usual = np.array([conditions[number % 2] for number in range(len(batches))])
    batch = np.searchsorted(batches, table["batch"])
    is_rare = table["condition"].to_numpy() != usual[batch]
    rng = np.random.default_rng([seed, _RARE])
    dropped: set[str] = set()
    rare_wells = table[is_rare & ~columns.flags(table["control"], "control")]
    for _, own in rare_wells.groupby("batch", sort=True):
        wells = np.unique(own["well_id"])
        kept = round(rare * len(wells))
        dropped |= set(rng.permutation(wells)[kept:])
    stays = ~table["well_id"].isin(dropped).to_numpy()
    return [
        replace(fold, split=Split(fold.split.train[stays[fold.split.train]], fold.split.test))
        for fold in folds
    ]


def summary(found: Sequence[Remedied]) -> pd.DataFrame:
    """Return a row a remedy and target: ``remedy``, ``told``, ``auc``, ``ci_low``, ``ci_high``."""
    return pd.DataFrame(
        [
            {
                "remedy": one.name,
                "told": told,
                "auc": result.evidence.estimate,
                "ci_low": result.evidence.ci_low,
                "ci_high": result.evidence.ci_high,
            }
            for one in found
            for told, result in (("condition", one.condition), ("batch", one.batch))
        ]
    )
