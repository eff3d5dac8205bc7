"""Whether a value falls off from the centre of plates or at their edge.

Serves Figure 2 of Venugopalan et al. (2019). Neighbouring wells are alike (stages tilt, edges dry
out), so that plates are the sample, not wells: without a trend that all plates share, a plate's
pattern is as likely with the other sign. What differs between plates counts for nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence, NullTest, assemble, least_shift
from confoundlab.inference.auc import PairCounts, weighted_auc
from confoundlab.inference.intervals import Weights, bootstrap
from confoundlab.plates.nuisance.heatmaps import (
    Shape,
    at_edge,
    from_centre,
    plate_shape,
    shape_remarks,
    well_means,
)
from confoundlab.types import Indices, Numbers

# With fewer plates than this their spread says little, and wells are resampled instead.
FEW_PLATES = 5
_CHUNK = 200  # permutations held at once
_SIGNS = "signs of whole plates"


def radial(
    table: pd.DataFrame,
    value: str,
    *,
    shape: Shape | None = None,
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Test whether a value falls off from the centre of the plates.

    Parameters
    ----------
    table : DataFrame
        Sites or wells: plate, row, column and the value.
    value : str
        Column.
    shape : (int, int), optional
        See `heatmaps.plate_shape`; one that was guessed is among the remarks.
    n_permutations, seed : int
        Of the null, signs of whole plates, and of resampling.

    Returns
    -------
    Evidence
        Of the rank correlation with closeness to the centre inside plates: above 0 where the centre
        is higher; see `rank_correlation`. Plates are resampled, or wells if there are fewer than
        five plates. Fewer than six plates cannot give a p-value below 0.05.
    """
    wells = well_means(table, value)
    plate = columns.codes(wells["plate"], len(wells), "plate")
    found = rank_correlation(
        -from_centre(wells, plate_shape(table, shape)),
        wells[value],
        _resampled(plate),
        blocks=plate,
        null="signs",
        n_permutations=n_permutations,
        seed=seed,
    )
    return replace(found, remarks=shape_remarks(table, shape))


def edge(
    table: pd.DataFrame,
    value: str,
    *,
    rings: int = 1,
    shape: Shape | None = None,
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Test whether edge wells are lower than the others.

    Parameters
    ----------
    table, value, shape, n_permutations, seed
        As of `radial`.
    rings : int
        How many of the outermost rings count as edge.

    Returns
    -------
    Evidence
        ROC AUC inside plates: how often an inner well is higher than an edge well of its plate;
        chance 0.5. Signs of plates, and what is resampled, as of `radial`.

    Raises
    ------
    InputError
        No plate has both edge wells and others.
    """
    wells = well_means(table, value)
    inner = (~at_edge(wells, plate_shape(table, shape), rings)).astype(np.intp)
    plate = columns.codes(wells["plate"], len(wells), "plate")
    ranks = wells.groupby("plate")[value].rank().to_numpy(np.float32)[None]
    parts = [np.flatnonzero(plate == one) for one in range(int(plate.max()) + 1)]
    counts = PairCounts(len(parts), 2)
    for one, rows in enumerate(parts):
        alone = PairCounts(1, 2)
        alone.add(0, ranks[:, rows], inner[None, rows])
        counts.wins[0, one], counts.pairs[0, one] = alone.wins[0, 0], alone.pairs[0, 0]
    pairs = float(counts.pairs.sum())
    if not pairs:
        raise InputError(
            f"{len(inner) - inner.sum()} of {len(inner)} wells lie in the outermost {rings} "
            f"ring{'s' * (rings > 1)}: there is nothing to compare in any plate. Choose another "
            "number of rings."
        )
    rng = np.random.default_rng(seed)
    group = _resampled(plate)
    scores = [ranks[:, rows] for rows in parts]
    found = bootstrap(
        weighted_auc(scores, inner, group, parts), int(group.max()) + 1, rng, method="logit"
    )
    beyond = (counts.wins[0] - counts.pairs[0]) / (2 * pairs)  # wins count twice
    null = 0.5 + _flipped(beyond, n_permutations, rng)
    estimate = 0.5 + float(beyond.sum())
    smallest = _smallest(len(parts), 1, n_permutations)
    evidence = assemble(
        "ROC AUC", found, estimate, [NullTest(estimate, null, smallest)],
        least=least_shift(null, found.error), chance=0.5, permuted=_SIGNS,
        permuted_why=_why(len(parts)), n_images=len(wells), n_groups=len(parts), seed=seed,
    )  # fmt: skip
    return replace(evidence, remarks=shape_remarks(table, shape))


def rank_correlation(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: Indices,
    *,
    blocks: Indices | None = None,
    null: Literal["values", "signs"] = "values",
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Spearman's correlation inside blocks, with an interval and a two-sided permutation null.

    Parameters
    ----------
    x, y : array-like, shape (n,)
        Numbers without missing values.
    groups : ndarray of int, shape (n,)
        Resampled as a whole, with the ranks that they have among all.
    blocks : ndarray of int, shape (n,), optional
        Ranks are taken inside them: a plate, for one. One block if missing.
    null : {"values", "signs"}
        Values are permuted inside blocks, where neighbours are no more alike than others; or the
        signs of whole blocks' correlations are, where they are.
    n_permutations, seed : int
        Of the null and of resampling.

    Returns
    -------
    Evidence
        The metric is -1 to 1, chance 0. The p-value is of its size, whatever its sign.

    Raises
    ------
    InputError
        Lengths that differ, missing values, a single group, nothing that varies inside blocks.
    """
    values = np.stack([np.asarray(one, np.float64) for one in (x, y)])
    if not np.isfinite(values).all():
        raise InputError("Values to correlate are missing or infinite.")
    n = values.shape[1]
    block = np.zeros(n, np.intp) if blocks is None else columns.codes(blocks, n, "blocks")
    group = columns.codes(groups, n, "groups")
    n_blocks = int(block.max()) + 1
    table = pd.DataFrame(values.T).groupby(block)
    ranks = table.rank().to_numpy()
    ranks = ranks - pd.DataFrame(ranks).groupby(block).transform("mean").to_numpy()
    a, b = ranks.T
    size = float(np.sqrt((a @ a) * (b @ b)))
    if size == 0:
        raise InputError("Values to correlate are all equal inside their blocks.")
    sums = np.zeros((3, int(group.max()) + 1))
    for line, product in zip(sums, (a * b, a * a, b * b), strict=True):
        np.add.at(line, group, product)

    def statistic(weights: Weights) -> Numbers:
        both, one, other = weights @ sums.T[:, 0], weights @ sums.T[:, 1], weights @ sums.T[:, 2]
        return np.asarray(both / np.sqrt(np.where(one * other > 0, one * other, np.nan)))

    rng = np.random.default_rng(seed)
    signs = null == "signs"
    drawn = (
        _flipped(np.asarray(np.bincount(block, a * b), np.float64), n_permutations, rng)
        if signs
        else _permuted(a, b, block, n_permutations, rng)
    ) / size
    estimate = float(a @ b) / size
    found = bootstrap(statistic, sums.shape[1], rng)
    smallest = _smallest(n_blocks, 2, n_permutations) if signs else 1 / (1 + n_permutations)
    return assemble(
        "rank correlation",
        found,
        estimate,
        [NullTest(abs(estimate), np.abs(drawn), smallest)],
        least=least_shift(drawn, found.error),
        chance=0.0,
        permuted=_SIGNS if signs else "values inside their blocks" if n_blocks > 1 else "values",
        permuted_why=_why(n_blocks)
        if signs
        else "Without a trend, any order inside a block is as likely as any other.",
        n_images=n,
        n_groups=n_blocks if signs else sums.shape[1],
        seed=seed,
        sided="two-sided",
    )


def _why(plates: int) -> str:
    alone = "the field of a single plate" if plates == 1 else f"the fields of {plates} plates"
    few = f": {alone} cannot be told from a trend" if plates < FEW_PLATES + 1 else ""
    return (
        "Neighbouring wells are alike, so plates are the sample; without a trend that they share, "
        f"a plate's pattern is as likely with the other sign{few}."
    )


def _smallest(plates: int, tails: int, n_permutations: int) -> float:
    """Return the smallest p-value that signs of so many plates and so many draws can give."""
    return max(min(1.0, tails / 2.0**plates), 1 / (1 + n_permutations))


def _flipped(parts: Numbers, n_permutations: int, rng: np.random.Generator) -> Numbers:
    """Return sums of parts with random signs, shape (permutations,)."""
    return np.asarray(rng.choice((-1.0, 1.0), (n_permutations, len(parts))) @ parts)


def _permuted(
    a: Numbers, b: Numbers, block: Indices, n_permutations: int, rng: np.random.Generator
) -> Numbers:
    """Return the products of a and permuted b, inside blocks, shape (permutations,)."""
    found = np.zeros(n_permutations)
    parts = [np.flatnonzero(block == one) for one in range(int(block.max()) + 1)]
    for at in range(0, n_permutations, _CHUNK):
        shape = (min(_CHUNK, n_permutations - at), 1)
        for rows in parts:
            found[at : at + _CHUNK] += rng.permuted(np.tile(b[rows], shape), axis=1) @ a[rows]
    return found


def _resampled(plate: Indices) -> Indices:
    return plate if plate.max() + 1 >= FEW_PLATES else np.arange(len(plate))
