"""A positive control: a leak of known size, planted to see whether a learner finds it.

Where nothing is found, either there is nothing or the learner cannot see it, and the numbers look
alike. So a leak is put into the same pixels, and the same learner is trained again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from confoundlab.evidence.reading import both_tails
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import MARGIN, Planted, Verdict, verdict
from confoundlab.types import Indices, Mask, Numbers, Pixels

# Of the mark, in standard deviations of the view's pixels, and in gray levels at least.
CONTRAST = 2.0
FAINTEST = 2
_BLOCKS = 4  # a side


@dataclass(frozen=True, eq=False)
class PlantedLeak:
    """What a learner answered with a leak planted: its size above chance, and what it is."""

    found: Evidence
    size: float
    words: str
    engines: frozenset[str] = frozenset()

    def told(self, n_tests: int) -> Planted:
        """Return what it shows, judged as one of as many tests as its control is."""
        p = min(1.0, n_tests * both_tails(self.found))
        judged = verdict(self.found, p_adjusted=p, n_tests=n_tests)
        return Planted(self.size, judged.verdict == Verdict.LEAK, self.found.estimate, self.words)


# From chance to what the same learner answers with a leak planted into the same view.
Planter = Callable[[float], PlantedLeak]


def room(chance: float) -> float:
    """Return the size of a leak to plant: the margin of verdicts, if there is so much above chance.

    Parameters
    ----------
    chance : float
        0 to below 1.
    """
    return min(MARGIN, 1 - chance)


def share_marked(size: float, chance: float, metric: str) -> float:
    """Return the share of images to be marked, so that knowing all marks is worth `size`.

    Who knows the marks names the marked images, and the others as often as by chance: an accuracy
    of share + (1 - share) chance. For the ROC AUC a pair is in order where either is marked, and
    half of the others are.

    Parameters
    ----------
    size : float
        Of the leak: how far above chance, 0 to 1 - chance.
    chance : float
        What chance gives, 0 to below 1.
    metric : str
        "ROC AUC", or an accuracy.
    """
    share = size / (1 - chance)
    return float(1 - np.sqrt(1 - share)) if metric == "ROC AUC" else share


def plant(shown: Pixels, labels: Indices, share: float, *, seed: int = 0) -> Pixels:
    """Return images of which some bear a mark of their class.

    A mark is a pattern of blocks, brighter on dark images and darker on bright ones.

    Parameters
    ----------
    shown : ndarray of uint8, shape (n, height, width, channels)
        What the learner sees.
    labels : ndarray of int, shape (n,)
        Classes 0..k-1.
    share : float
        Of each class's images that are marked, drawn at random, 0 to 1; rounded up.
    seed : int
        Of the draw.

    Returns
    -------
    ndarray of uint8, shape (n, height, width, channels)
    """
    marked = drawn(labels, share, seed=seed)
    marks = contrast(shown) * patterns(int(labels.max()) + 1, *shown.shape[1:3])
    sign = 1 if shown.mean() < 128 else -1
    planted = shown.copy()
    changed = shown[marked] + sign * marks[labels[marked], :, :, None]
    planted[marked] = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return planted


def drawn(labels: Indices, share: float, *, seed: int = 0) -> Mask:
    """Return which images bear a mark, shape (n,): this share of each class, rounded up."""
    rng = np.random.default_rng(seed)
    marked = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        marked[rng.permutation(own)[: int(np.ceil(share * len(own)))]] = True
    return marked


def columns_of_marks(labels: Indices, share: float, *, seed: int = 0) -> Numbers:
    """Return further columns for a learner of tables, shape (n, classes): a leak as of `plant`.

    A row that is marked has a 1 in the column of its class, and all else is 0.
    """
    marked = drawn(labels, share, seed=seed)
    return np.asarray(np.eye(int(labels.max()) + 1)[labels] * marked[:, None], np.float64)


def columns_in_words(share: float, rows: str) -> str:
    """Say what `columns_of_marks` adds, to rows of this name."""
    return f"further columns that name the class, in {share:.0%} of the {rows}"


def into_columns(
    seen: npt.ArrayLike,
    labels: Indices,
    metric: str,
    ask: Callable[[Numbers], Evidence],
    *,
    rows: str,
    seed: int = 0,
) -> Planter:
    """Return what asks a learner of tables again, a leak planted into further columns.

    Parameters
    ----------
    seen : array-like, shape (n, d)
        What it saw.
    labels : ndarray of int, shape (n,)
        Classes 0..k-1.
    metric : str
        Of its evidence.
    ask : callable
        From a table to the evidence of the learner that is trained on it.
    rows : str
        What a row is, in the plural.
    seed : int
        Of the draw.
    """

    def planted(chance: float) -> PlantedLeak:
        share = share_marked(room(chance), chance, metric)
        more = np.hstack([seen, columns_of_marks(labels, share, seed=seed)])
        return PlantedLeak(ask(more), room(chance), columns_in_words(share, rows))

    return planted


def mark_in_words(shown: Pixels, share: float) -> str:
    """Say what `plant` puts into such images."""
    return (
        f"a pattern for each class, {contrast(shown):.0f} gray levels, in {share:.0%} of the images"
    )


def contrast(shown: Pixels) -> float:
    """Return how much a mark differs from what it lies on, in gray levels."""
    return max(FAINTEST, CONTRAST * float(shown.std()))


def patterns(classes: int, height: int, width: int) -> Numbers:
    """Return a pattern of blocks for each class, all different, shape (classes, height, width).

    The digits of 1, 2, 3 and so on, a digit a block, over and over until all blocks have one: on
    and off where there are blocks enough, in steps where a view has a few pixels only.
    """
    rows, columns = (np.arange(side) * min(_BLOCKS, side) // side for side in (height, width))
    n_blocks = (rows[-1] + 1) * (columns[-1] + 1)
    base = 2
    while base**n_blocks <= classes:
        base += 1
    digits = 1
    while base**digits <= classes:
        digits += 1
    numbers = np.arange(1, classes + 1)[:, None] // base ** (np.arange(n_blocks) % digits) % base
    block = rows[:, None] * (columns[-1] + 1) + columns
    return np.asarray(numbers[:, block], np.float64)
