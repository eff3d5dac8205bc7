"""Splits: which rows train and which test. The paper's random one, and the honest ones.

All are thin layers over scikit-learn, so that an expert knows what they do, with row numbers out
and the errors in words. A split never uses pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    GroupShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from confoundlab.design.columns import codes
from confoundlab.errors import InputError
from confoundlab.types import Indices


class Split(NamedTuple):
    """Row numbers to train on and to test on; they never overlap."""

    train: Indices
    test: Indices


def stratified(
    labels: Indices,
    *,
    test_share: float = 0.2,
    counts: tuple[int, int] | None = None,
    seed: int = 0,
) -> Split:
    """Split at random, every class in proportion: the 80/20 split of Dhar and Shamir (2021).

    Near copies and images of one session land on both sides; that is what it cannot see.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Classes.
    test_share : float
        Of the rows.
    counts : (int, int), optional
        Rows to train and to test on instead, as a table prints them; the others are left out.
    seed : int
        Of the draw.
    """
    train, test = counts or (None, test_share)
    splitter = StratifiedShuffleSplit(1, test_size=test, train_size=train, random_state=seed)
    return _only(splitter, labels, None)


def equal_classes(labels: Indices, *, train_each: int, test_each: int, seed: int = 0) -> Split:
    """Split at random, with as many rows of every class (Table 6: 50 and 7)."""
    rng = np.random.default_rng(seed)
    parts = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        if len(rows) < train_each + test_each:
            raise InputError(
                f"Class {label} has {len(rows)} rows, fewer than {train_each} + {test_each}."
            )
        parts.append(rng.permutation(rows)[: train_each + test_each])
    drawn = np.stack(parts)
    train, test = drawn[:, :train_each], drawn[:, train_each:]
    return Split(np.sort(train.ravel()), np.sort(test.ravel()))


def k_fold(labels: Indices, *, folds: int = 10, seed: int = 0) -> list[Split]:
    """Split into folds, every class in proportion; each row is tested once."""
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return _splits(splitter, labels, None)


def grouped_folds(
    labels: Indices, groups: npt.ArrayLike, *, folds: int = 5, seed: int = 0
) -> list[Split]:
    """Split into folds such that no group (plate, date, patient) straddles.

    Every row is tested once, no fold is empty, and classes are spread as evenly as whole groups
    allow.

    Raises
    ------
    InputError
        There are more folds than groups, or no whole number of them; a group is missing.
    """
    group = codes(groups, len(labels), "group")
    n_groups = int(group.max()) + 1
    if not (isinstance(folds, (int, np.integer)) and 2 <= folds <= n_groups):
        raise InputError(
            f"{n_groups} groups cannot be cut into {folds} folds: a fold needs a group of its "
            "own, and there must be two folds."
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold = np.empty(len(labels), np.intp)
    for number, part in enumerate(_splits(splitter, labels, group)):
        fold[part.test] = number
    _fill_empty(fold, group, folds)
    return [
        Split(np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in range(folds)
    ]


def _fill_empty(fold: Indices, group: Indices, folds: int) -> None:
    """Give every empty fold the smallest group of the fold that has the most groups.

    Where groups are few, scikit-learn's greedy search can leave a fold without rows.
    """
    for empty in np.setdiff1d(np.arange(folds), fold):
        owner = np.unique(np.c_[fold, group], axis=0)[:, 0]
        crowded = np.flatnonzero(fold == np.bincount(owner).argmax())
        names, sizes = np.unique(group[crowded], return_counts=True)
        fold[group == names[sizes.argmin()]] = empty


def grouped(labels: Indices, groups: Indices, *, test_share: float = 0.2, seed: int = 0) -> Split:
    """Split at random such that no group straddles; `test_share` is a share of the groups."""
    splitter = GroupShuffleSplit(1, test_size=test_share, random_state=seed)
    return _only(splitter, labels, groups)


def apart(labels: Indices, groups: Indices, *, seed: int = 0) -> Split:
    """Split at random, 80/20, such that no group straddles: `stratified` where groups are images.

    Raises
    ------
    InputError
        A class lies in one group only, so that it cannot be both trained and tested.
    """
    if len(np.unique(groups)) == len(groups):
        return stratified(labels, seed=seed)
    lone = [label for label in np.unique(labels) if len(np.unique(groups[labels == label])) < 2]
    if lone:
        raise InputError(
            f"Class {lone[0]} lies in one group only, so that no split with groups apart can train "
            "and test it. Pass splits of your own."
        )
    return grouped_folds(labels, groups, folds=min(5, len(np.unique(groups))), seed=seed)[0]


def straddling(splits: Sequence[Split], groups: Indices) -> tuple[int, int]:
    """Count the groups that were tested and, of these, those that the same split trained on.

    Parameters
    ----------
    splits : sequence of Split
        A group straddles if any of them tests and trains on it.
    groups : ndarray of int, shape (n,)
        Of all rows.

    Returns
    -------
    straddle, tested : int
        Numbers of groups.
    """
    tested, both = set(), set()
    for split in splits:
        own = np.unique(groups[split.test])
        tested.update(own.tolist())
        both.update(np.intersect1d(own, groups[split.train]).tolist())
    return len(both), len(tested)


def leave_out(factor: npt.ArrayLike, level: object) -> Split:
    """Test on the rows where `factor` has `level` (a batch, a plate, a day), train on the rest."""
    chosen = np.asarray(factor) == level
    if not chosen.any() or chosen.all():
        raise InputError(f"Level {level!r} is in {chosen.sum()} of {chosen.size} rows: no split.")
    return Split(np.flatnonzero(~chosen), np.flatnonzero(chosen))


def two_sessions(
    labels: Indices, sessions: npt.ArrayLike, own: object, *, test_share: float = 0.2, seed: int = 0
) -> tuple[Split, Split]:
    """Train on a part of one session; test on the rest of it, and on the others (Table 5).

    Both splits train on the same rows, so the accuracies of their nets differ by what another
    session costs, and by nothing else.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Classes.
    sessions : array-like, shape (n,)
        For example the takes of a twin: first or second.
    own : object
        The session to train in.
    test_share : float
        Of its rows.
    seed : int
        Of the draw.

    Returns
    -------
    same, other : Split
        Tested in the same session, and in another.
    """
    other, rows = leave_out(sessions, own)
    train, test = stratified(labels[rows], test_share=test_share, seed=seed)
    return Split(rows[train], rows[test]), Split(rows[train], other)


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


def _only(splitter: GroupShuffleSplit, labels: Indices, groups: npt.ArrayLike | None) -> Split:
    return _splits(splitter, labels, groups)[0]


def _splits(
    splitter: GroupShuffleSplit, labels: Indices, groups: npt.ArrayLike | None
) -> list[Split]:
    try:
        parts = splitter.split(labels, labels, groups)
        return [Split(np.sort(train), np.sort(test)) for train, test in parts]
    except ValueError as error:  # scikit-learn's words are good: too few members, and so on
        raise InputError(f"These {len(labels)} rows cannot be split: {error}") from None
