"""Unseen people, unseen batches: what a model names there, fold by fold.

Serves Figures 4 and 5 of Venugopalan et al. (2019). SMA: twelve folds, each holding out a healthy
and a diseased line that were never trained on. ALS: five folds, each holding out a batch. One ROC
AUC a fold is printed there; here each has an interval that resamples wells, and their mean has one
that resamples folds.

The label that one fold is tested on has trained the others, so that one null for their mean must
refit. For linear models that costs one matrix product. Nets are refitted as often as is asked for,
or each fold is tested by itself, under the answers given (`fold_tests`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence, NullTest, assemble, least_shift
from confoundlab.inference.auc import weighted_auc
from confoundlab.inference.intervals import bootstrap
from confoundlab.models import bank
from confoundlab.models.lenet import Task
from confoundlab.models.linear import Logistic, Matrix, Ridge
from confoundlab.plates.analysis.fold_tests import aucs, moved, over_folds
from confoundlab.types import Indices, Numbers, Pixels

Features = npt.ArrayLike | Callable[["Fold"], Numbers]
# From labellings, shape (P, n), to the scores of a fold's test rows, shape (columns, P, rows).
_Scorer = Callable[["Fold", Indices, int], Matrix]
_AT_ONCE = 250  # labellings
_UNPAIRED = -1  # a line without a partner
PENALTY = 100.0  # of linear models, on features of unit variance


@dataclass(frozen=True, eq=False)
class Fold:
    """One split, and what is held out."""

    name: str
    split: Split
    same_laboratory: bool | None = None  # of the two lines held out


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What a model reached.

    Parameters
    ----------
    table : DataFrame
        A row a fold: ``fold``, ``auc``, ``ci_low``, ``ci_high`` (wells resampled), ``n_images``,
        ``n_wells``, ``same_laboratory``.
    scores : list of ndarray, shape (test rows, columns)
        A fold each; one column where there are two classes.
    evidence : Evidence
        Of the mean over folds; chance is 0.5.
    """

    table: pd.DataFrame
    scores: list[Matrix]
    evidence: Evidence


def leave_pair_out(table: pd.DataFrame) -> list[Fold]:
    """Hold out one matched pair of lines after the other; control wells take no part.

    Parameters
    ----------
    table : DataFrame
        Of sites or patches, with ``pair``, ``line``, ``laboratory`` and ``control``. Lines whose
        pair is -1 or missing are trained on and never held out.

    Raises
    ------
    InputError
        A pair of other than two lines, fewer than two pairs, ``control`` that is not yes or no.
    """
    used = ~columns.flags(table["control"], "control")
    pair = table["pair"].to_numpy()
    paired = used & ~pd.isna(pair) & (pair != _UNPAIRED)
    folds = []
    for number in np.unique(pair[paired]) if paired.any() else ():
        held = paired & (pair == number)
        lines = table.loc[held, ["line", "laboratory"]].drop_duplicates()
        if len(lines) != 2:
            raise InputError(f"Pair {number} has {len(lines)} line(s) in the table, not two.")
        split = Split(np.flatnonzero(used & ~held), np.flatnonzero(held))
        same = len(set(lines["laboratory"])) == 1
        folds.append(Fold(" / ".join(map(str, lines["line"])), split, same))
    if len(folds) < 2:
        raise InputError("Two pairs or more are needed to hold one out.")
    return folds


def leave_batch_out(table: pd.DataFrame) -> list[Fold]:
    """Hold out one batch after the other; control wells take no part."""
    used = ~columns.flags(table["control"], "control")
    columns.codes(table.loc[used, "batch"], None, "batch")
    batch = table["batch"].astype(str).to_numpy()
    names = np.unique(batch[used])
    if len(names) < 2:
        raise InputError("Two batches or more are needed to hold one out.")
    return [
        Fold(
            f"batch {name}",
            Split(np.flatnonzero(used & (batch != name)), np.flatnonzero(used & (batch == name))),
        )
        for name in names
    ]


def linear(
    features: Features,
    target: npt.ArrayLike,
    folds: Sequence[Fold],
    *,
    wells: npt.ArrayLike,
    units: npt.ArrayLike,
    blocks: npt.ArrayLike | None = None,
    model: Literal["ridge", "logistic"] = "ridge",
    penalty: float = PENALTY,
    n_permutations: int = 999,
    seed: int = 0,
) -> FoldResult:
    """Score a linear model fold by fold, with the null of the same model refitted.

    Parameters
    ----------
    features : array, shape (n, d), or callable
        Or a function of the fold, where a correction is learned inside it. Columns are scaled by
        the training rows' mean and spread.
    target : array, shape (n,)
        Classes: condition, batch, plate.
    folds : sequence of Fold
        From `leave_pair_out` or `leave_batch_out`.
    wells : array, shape (n,)
        Resampled as wholes in a fold's interval.
    units, blocks : array, shape (n,)
        What got one label each, and inside what these are permuted: lines inside pairs, wells
        inside plates.
    model : {"ridge", "logistic"}
        Logistic regression is the paper's, and refits for every permutation one by one.
    penalty : float
        Of the weights; logistic regression's 1 / C.
    n_permutations, seed : int
        Of the null, and of everything.
    """
    ready: dict[str, Ridge | Logistic] = {}

    def scorer(fold: Fold, labels: Indices, classes: int) -> Matrix:
        if fold.name not in ready:
            given = columns.features(features(fold) if callable(features) else features)
            mean, spread = given[fold.split.train].mean(0), given[fold.split.train].std(0)
            scaled = (given - mean) / np.where(spread > 0, spread, 1)
            kind = Ridge if model == "ridge" else Logistic
            ready[fold.name] = kind(scaled, [fold.split], penalty)
        return next(ready[fold.name].scores(labels, classes))[1]

    return _result(
        scorer, target, folds, wells, units, blocks, n_permutations=n_permutations, seed=seed
    )


def cnn(
    pixels: Pixels,
    target: npt.ArrayLike,
    folds: Sequence[Fold],
    *,
    wells: npt.ArrayLike,
    units: npt.ArrayLike,
    blocks: npt.ArrayLike | None = None,
    epochs: int = 10,
    refits: int = 0,
    n_permutations: int = 999,
    seed: int = 0,
) -> FoldResult:
    """Score a LeNet-5 on pixels fold by fold; see `linear` for what is not named here.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, height, width, channels)
        Patches or sites. The paper's net was an Inception-v4.
    epochs : int
        Of training.
    refits : int
        Permuted labellings that all folds' nets are trained on anew. The p-value is at least
        1 / (1 + refits), so that a verdict, which counts both tails, needs 40 refits for each
        control judged. With 0, labels of a fold's test rows move under the answers of its net
        (`fold_tests.moved`), which takes folds that hold many units of either class.
    n_permutations : int
        Of that, where nothing is refitted.
    """
    trained: dict[tuple[str, bytes], npt.NDArray[np.float32]] = {}

    def scorer(fold: Fold, labels: Indices, classes: int) -> Matrix:
        columns_of = slice(1, 2) if classes == 2 else slice(None)
        return np.stack(
            [trained[fold.name, one.tobytes()][:, columns_of].T for one in labels], axis=1
        )

    def prepare(labels: Indices) -> None:
        keys = [(fold, one) for fold in folds for one in labels]
        tasks = [Task(one, fold.split.train, fold.split.test, seed) for fold, one in keys]
        with tqdm(total=len(tasks) * epochs, desc="nets: epochs", delay=2, leave=False) as bar:
            found = bank.train_bank(
                pixels, tasks, epochs=epochs, progress=lambda done, _: bar.update(done - bar.n)
            )
        for (fold, one), chances in zip(keys, found.probabilities, strict=True):
            trained[fold.name, one.tobytes()] = chances

    return _result(
        scorer, target, folds, wells, units, blocks,
        n_permutations=refits or n_permutations, seed=seed, refit=refits > 0, prepare=prepare,
    )  # fmt: skip


def _result(
    scorer: _Scorer,
    target: npt.ArrayLike,
    folds: Sequence[Fold],
    wells: npt.ArrayLike,
    units: npt.ArrayLike,
    blocks: npt.ArrayLike | None,
    *,
    n_permutations: int,
    seed: int,
    refit: bool = True,
    prepare: Callable[[Indices], None] | None = None,
) -> FoldResult:
    y = columns.codes(target, None, "target")
    n, classes = len(y), int(y.max()) + 1
    well, unit = columns.codes(wells, n, "wells"), columns.codes(units, n, "units")
    block = np.zeros(n, np.intp) if blocks is None else columns.codes(blocks, n, "blocks")
    used = np.unique(np.concatenate([np.r_[fold.split.train, fold.split.test] for fold in folds]))
    level = Labelling.of(y[used], unit[used], None if blocks is None else block[used])
    rng = np.random.default_rng(seed)
    # where a few rows contradict their unit, the test is of units' labels, the estimate of all rows
    true = y.copy()
    true[used] = level.labels[level.unit]
    first = int((true != y).any())
    labels = np.tile(y, (1 + first + n_permutations if refit else 1, 1))
    labels[1:, used] = true[used]
    labels[1 + first :, used] = level.draw(max(0, len(labels) - 1 - first), rng)[:, level.unit]
    if prepare is not None:
        prepare(labels)
    found, scores, rows = np.empty((len(folds), len(labels))), [], []
    for number, fold in enumerate(tqdm(folds, desc="folds", delay=2, leave=False)):
        parts = np.array_split(labels, -(-len(labels) // _AT_ONCE))
        each = [aucs(scorer(fold, part, classes), part[:, fold.split.test]) for part in parts]
        found[number] = np.concatenate(each)
        scores.append(np.ascontiguousarray(scorer(fold, y[None], classes)[:, 0].T))
        rows.append(_row(fold, scores[-1], y, well, found[number, 0], rng))
    # refitted models name classes, whatever these are called
    smallest = level.smallest_p(n_permutations, renamed=True)
    tests = (
        [NullTest(float(found[:, first].mean()), found[:, 1 + first :].mean(axis=0), smallest)]
        if refit
        else [
            moved(answers, y[own], unit[own], block[own], n_permutations, rng)
            for own, answers in zip((fold.split.test for fold in folds), scores, strict=True)
        ]
    )
    null = np.mean([test.null for test in tests], axis=0)
    evidence = assemble(
        "ROC AUC", over_folds(found[:, 0], rng), float(found[:, 0].mean()), tests,
        least=least_shift(null, float(null.std())), chance=0.5,
        permuted=f"{level.permuted}, {'models refitted' if refit else 'fold by fold'}",
        permuted_why=level.why, n_images=int(sum(len(fold.split.test) for fold in folds)),
        n_groups=len(folds), seed=seed,
    )  # fmt: skip
    return FoldResult(pd.DataFrame(rows), scores, evidence)


def _row(
    fold: Fold, scores: Matrix, y: Indices, well: Indices, auc: float, rng: np.random.Generator
) -> dict[str, object]:
    test = fold.split.test
    group = np.unique(well[test], return_inverse=True)[1]
    n_wells = int(group.max()) + 1
    statistic = weighted_auc([scores.T], y[test], group, [np.arange(len(test))])
    found = bootstrap(statistic, n_wells, rng, method="logit")
    return {
        "fold": fold.name, "auc": float(auc), "ci_low": found.low, "ci_high": found.high,
        "n_images": len(test), "n_wells": n_wells, "same_laboratory": fold.same_laboratory,
    }  # fmt: skip
