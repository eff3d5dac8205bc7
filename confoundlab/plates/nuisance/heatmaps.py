"""Plates as heat maps, and whether a value falls off from the centre or at the edge.

Serves Figure 2 of Venugopalan et al. (2019), whose pilot plates were sharper towards the centre.
A plate is looked at from above, with A1 at the top left. The null moves wells inside their plate,
so that what differs between plates counts for nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence, NullTest, assemble, least_shift
from confoundlab.inference.intervals import Weights, bootstrap
from confoundlab.types import Indices, Numbers

# Rows and columns of the plates in use: 96 and 384 wells.
SHAPES = ((8, 12), (16, 24))
# With fewer plates than this their spread says little, and wells are resampled instead.
FEW_PLATES = 5
_CHUNK = 200  # permutations held at once


def plate_shape(table: pd.DataFrame) -> tuple[int, int]:
    """Return rows and columns of the smallest plate that has all wells of a table."""
    last = int(table["row"].max()), int(table["column"].max())
    if table[["row", "column"]].to_numpy().min() >= 0:
        for shape in SHAPES:
            if last[0] < shape[0] and last[1] < shape[1]:
                return shape
    raise InputError(f"Row {last[0]} and column {last[1]} (from 0) lie on no plate of 384 wells.")


def grid(table: pd.DataFrame, value: str) -> Numbers:
    """Return the mean of each well of one plate, shape (rows, columns), A1 first; NaN if empty."""
    wells = well_means(_one_plate(table), value)
    found = np.full(plate_shape(table), np.nan)
    found[wells["row"], wells["column"]] = wells[value]
    return found


def site_grid(table: pd.DataFrame, value: str) -> Numbers:
    """Return each site of one plate as a pixel, sites of a well row by row in a square.

    Parameters
    ----------
    table : DataFrame
        Sites of one plate: row, column, site (from 0) and the value.
    value : str
        Column.

    Returns
    -------
    ndarray, shape (rows * k, columns * k)
        For at most k² sites a well; NaN where there is none. Sites are laid in the order of their
        numbers, which need not be their place in the well.
    """
    rows, across = plate_shape(_one_plate(table))
    side = int(np.ceil(np.sqrt(table["site"].max() + 1)))
    found = np.full((rows * side, across * side), np.nan)
    down, right = np.divmod(table["site"].to_numpy(), side)
    found[table["row"] * side + down, table["column"] * side + right] = table[value]
    return found


def well_means(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return a row a well, with the mean of a value over its sites; sites without one are left out.

    Raises
    ------
    InputError
        No well has a value.
    """
    means = table.groupby(["plate", "row", "column"])[value].mean().dropna()
    wells: pd.DataFrame = means.reset_index()
    if wells.empty:
        raise InputError(f"No well has a value in column {value!r}.")
    return wells


def from_centre(wells: pd.DataFrame, shape: tuple[int, int]) -> Numbers:
    """Return each well's distance from the plate's centre, in wells."""
    down, across = ((size - 1) / 2 for size in shape)
    row, column = (wells[name].to_numpy(np.float64) for name in ("row", "column"))
    return np.asarray(np.hypot(row - down, column - across))


def at_edge(wells: pd.DataFrame, shape: tuple[int, int], rings: int = 1) -> npt.NDArray[np.bool_]:
    """Say which wells lie in the outermost rings of the plate."""
    row, column = wells["row"], wells["column"]
    steps = np.minimum.reduce([row, shape[0] - 1 - row, column, shape[1] - 1 - column])
    return np.asarray(steps < rings)


def radial(
    table: pd.DataFrame, value: str, *, n_permutations: int = 999, seed: int = 0
) -> Evidence:
    """Test whether a value falls off from the centre of the plates.

    Parameters
    ----------
    table : DataFrame
        Sites or wells: plate, row, column and the value.
    value : str
        Column.
    n_permutations, seed : int
        Of the null, wells permuted inside plates, and of resampling.

    Returns
    -------
    Evidence
        Of the rank correlation with closeness to the centre inside plates: above 0 where the centre
        is higher; see `rank_correlation`. Plates are resampled, or wells if there are fewer than
        five plates.
    """
    wells = well_means(table, value)
    plate = columns.codes(wells["plate"], len(wells), "plate")
    return rank_correlation(
        -from_centre(wells, plate_shape(table)),
        wells[value],
        _resampled(plate),
        blocks=plate,
        n_permutations=n_permutations,
        seed=seed,
    )


def edge(
    table: pd.DataFrame, value: str, *, rings: int = 1, n_permutations: int = 999, seed: int = 0
) -> Evidence:
    """Test whether edge wells are lower than the others.

    Parameters
    ----------
    table, value, n_permutations, seed
        As of `radial`.
    rings : int
        How many of the outermost rings count as edge.

    Returns
    -------
    Evidence
        ROC AUC: how often an inner well ranks higher in its plate than an edge well; chance 0.5.

    Raises
    ------
    InputError
        All wells are edge wells, or none.
    """
    wells = well_means(table, value)
    inner = ~at_edge(wells, plate_shape(table), rings)
    if inner.all() or not inner.any():
        raise InputError(
            f"{int((~inner).sum())} of {len(wells)} wells lie in the outermost {rings} ring(s): "
            "there is nothing to compare. Choose another number of rings."
        )
    plate = columns.codes(wells["plate"], len(wells), "plate")
    return held_out.roc_auc(
        wells.groupby("plate")[value].rank(pct=True),
        inner.astype(np.intp),
        _resampled(plate),
        blocks=plate,
        n_permutations=n_permutations,
        seed=seed,
    )


def rank_correlation(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: Indices,
    *,
    blocks: Indices | None = None,
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
        Ranks are taken, and values permuted, inside them: a plate, for one. One block if missing.
    n_permutations, seed : int
        Of the null and of resampling.

    Returns
    -------
    Evidence
        The metric is -1 to 1, chance 0. P-value and null are of its size, whatever its sign.

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
    null = np.zeros(n_permutations)
    parts = [np.flatnonzero(block == one) for one in range(int(block.max()) + 1)]
    for at in range(0, n_permutations, _CHUNK):
        shape = (min(_CHUNK, n_permutations - at), 1)
        for rows in parts:
            null[at : at + _CHUNK] += rng.permuted(np.tile(b[rows], shape), axis=1) @ a[rows]
    estimate = float(a @ b) / size
    found = bootstrap(statistic, sums.shape[1], rng)
    test = NullTest(abs(estimate), np.abs(null) / size, 1 / (1 + n_permutations))
    return assemble(
        "rank correlation",
        found,
        estimate,
        [test],
        least=least_shift(null / size, found.error),
        chance=0.0,
        permuted="values inside their blocks" if blocks is not None else "values",
        permuted_why="Without a trend, any order inside a block is as likely as any other.",
        n_images=n,
        n_groups=sums.shape[1],
        seed=seed,
        sided="two-sided",
    )


def _one_plate(table: pd.DataFrame) -> pd.DataFrame:
    plates = table["plate"].unique()
    if len(plates) != 1:
        raise InputError(f"A heat map shows one plate; there are {len(plates)}.")
    return table


def _resampled(plate: Indices) -> Indices:
    return plate if plate.max() + 1 >= FEW_PLATES else np.arange(len(plate))
