"""ComBat's estimate of how each batch shifts each feature, shrunken over the features.

Serves the remedies. The method is that of Johnson, Li and Rabinovic (2007,
doi:10.1093/biostatistics/kxj037), sections 3.1 to 3.2, parametric priors. Packages that offer it
return corrected rows of the rows that they were fitted on, and no way to correct others.
"""

from __future__ import annotations

import numpy as np

from confoundlab.errors import InputError
from confoundlab.types import Indices, Numbers

_CONVERGED = 1e-8  # largest change of a shift, in standard deviations of its feature
_STEPS = 1000
_NO_SPREAD = 1e-10  # share of a feature's variance below which the residual is rounding


def shifts(x: Numbers, batch: Indices, held: Indices | None = None) -> Numbers:
    """Return each batch's shift of each feature, shape (batches, d), in units of the features.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        Rows to learn from. A single feature's shift is not shrunken: shrinking borrows from others.
    batch : ndarray of int, shape (n,)
        From 0, each number with two rows or more.
    held : ndarray of int, shape (n,), optional
        Numbers of a class whose own effect is held fixed, such as the condition; it must not be
        aliased with the batch.

    Returns
    -------
    ndarray, shape (batches, d)
        Before they are shrunken, their mean over rows is zero. The shift of a feature that does not
        vary inside batches is known, and not shrunken.

    Raises
    ------
    InputError
        A batch with a single row, which has no spread.
    """
    counts = np.bincount(batch)
    if counts.min() < 2:
        raise InputError(
            "ComBat needs two rows or more of each batch to learn from; a batch has "
            f"{counts.min()}. Leave it out, or add control wells of it."
        )
    design = np.eye(len(counts))[batch]
    if held is not None:
        design = np.hstack([design, np.eye(held.max() + 1)[held][:, 1:]])
    effects = np.linalg.lstsq(design, x, rcond=None)[0]
    residual = x - design @ effects
    raw = effects[: len(counts)] - counts @ effects[: len(counts)] / len(x)
    variance = (residual**2).mean(axis=0)
    varies = variance > _NO_SPREAD * x.var(axis=0)
    if varies.sum() > 1:
        scale = np.sqrt(variance[varies])
        for number, found in enumerate(raw):
            own = residual[batch == number][:, varies] / scale
            found[varies] = scale * _shrunken(found[varies] / scale, own.var(axis=0), len(own))
    return np.asarray(raw)


def _shrunken(shift: Numbers, variance: Numbers, n: int) -> Numbers:
    """Return the posterior shift of a batch of n rows, all in standard deviations, shape (d,).

    Equations 3.1: shift and variance of a feature given each other, in turn, until they agree. The
    shifts of a batch are normal over features and its variances inverse gamma, both priors fitted
    by moments.
    """
    unbiased = np.where(variance > 0, variance * n / (n - 1), 1)
    prior_mean, prior_variance = shift.mean(), shift.var(ddof=1)
    mean, spread = unbiased.mean(), unbiased.var(ddof=1)
    found, residual = shift, unbiased
    for _ in range(_STEPS):
        last = found
        found = (n * prior_variance * shift + residual * prior_mean) / (
            n * prior_variance + residual
        )
        square = n * (variance + (shift - found) ** 2)
        # inverse gamma with a = 2 + mean^2 / spread, b = mean (a - 1), multiplied through by spread
        residual = (spread * (square / 2 + mean) + mean**3) / (spread * (n / 2 + 1) + mean**2)
        if np.abs(found - last).max() < _CONVERGED:
            break
    return found
