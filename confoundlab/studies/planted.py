"""A positive control: a leak of known size, planted to see whether a learner finds it.

Where nothing is found, either there is nothing or the learner cannot see it, and the numbers look
alike. So a leak is put into the same pixels, and the same learner is trained again.
"""

from __future__ import annotations

import numpy as np

from confoundlab.types import Indices, Numbers, Pixels

# Of the mark, in standard deviations of the view's pixels, and in gray levels at least.
CONTRAST = 2.0
FAINTEST = 2
_BLOCKS = 4  # a side


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
    rng = np.random.default_rng(seed)
    marked = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        marked[rng.permutation(own)[: int(np.ceil(share * len(own)))]] = True
    marks = contrast(shown) * patterns(int(labels.max()) + 1, *shown.shape[1:3])
    sign = 1 if shown.mean() < 128 else -1
    planted = shown.copy()
    changed = shown[marked] + sign * marks[labels[marked], :, :, None]
    planted[marked] = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return planted


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
