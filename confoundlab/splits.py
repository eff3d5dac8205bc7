"""Splits: which rows train and which test. The paper's random one, and the honest ones.

All are thin layers over scikit-learn, so that an expert knows what they do, with row numbers out
and the errors in words. A split never uses pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupShuffleSplit, StratifiedKFold, StratifiedShuffleSplit

from confoundlab.errors import InputError

Indices = npt.NDArray[np.intp]


class Split(NamedTuple):
    """Row numbers to train on and to test on; they never overlap."""

    train: Indices
    test: Indices


def stratified(labels: Indices, *, test_share: float = 0.2, seed: int = 0) -> Split:
    """Split at random, every class in proportion: the 80/20 split of Dhar and Shamir (2021).

    Near copies and images of one session land on both sides; that is what it cannot see.
    """
    splitter = StratifiedShuffleSplit(1, test_size=test_share, random_state=seed)
    return _only(splitter, labels, None)


def k_fold(labels: Indices, *, folds: int = 10, seed: int = 0) -> list[Split]:
    """Split into folds, every class in proportion; each row is tested once (Table 6)."""
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return _splits(splitter, labels, None)


def grouped(labels: Indices, groups: Indices, *, test_share: float = 0.2, seed: int = 0) -> Split:
    """Split at random such that no group straddles; `test_share` is a share of the groups."""
    splitter = GroupShuffleSplit(1, test_size=test_share, random_state=seed)
    return _only(splitter, labels, groups)


def leave_out(factor: npt.ArrayLike, level: object) -> Split:
    """Test on the rows where `factor` has `level` (a batch, a plate, a day), train on the rest."""
    chosen = np.asarray(factor) == level
    if not chosen.any() or chosen.all():
        raise InputError(f"Level {level!r} is in {chosen.sum()} of {chosen.size} rows: no split.")
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))


def leave_arc_out(
    angles: npt.ArrayLike, *, start: float, width: float = 60, gap: float = 10
) -> Split:
    """Test on one arc of a turntable and train on what is not near it.

    Parameters
    ----------
    angles : array of float, shape (n,)
        Degrees.
    start, width : float
        The arc tested on, in degrees: start <= angle < start + width, around the circle.
    gap : float
        Views closer to the arc than this are in neither part: a neighbour is a near copy.
    """
    turn = np.mod(np.asarray(angles, float) - start, 360)
    test = turn < width
    train = (turn >= width + gap) & (turn < 360 - gap)
    if not test.any() or not train.any():
        raise InputError(f"An arc of {width} degrees with a gap of {gap} leaves nothing to split.")
    return Split(np.flatnonzero(train), np.flatnonzero(test))


def _only(splitter: GroupShuffleSplit, labels: Indices, groups: Indices | None) -> Split:
    return _splits(splitter, labels, groups)[0]


def _splits(splitter: GroupShuffleSplit, labels: Indices, groups: Indices | None) -> list[Split]:
    try:
        parts = splitter.split(labels, labels, groups)
        return [Split(np.sort(train), np.sort(test)) for train, test in parts]
    except ValueError as error:  # scikit-learn's words are good: too few members, and so on
        raise InputError(f"These {len(labels)} rows cannot be split: {error}") from None
