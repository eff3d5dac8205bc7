"""Where the session hides: at which places of the image, and in how small a crop.

A corner crop (Dhar and Shamir 2021) asks at one place. The leak map asks at all: nets are trained
on each window alone, and what they name above chance is drawn over the mean image. The sweep asks
at one corner with crops of several sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from confoundlab.croppers.crops import AsIs, Corner, Where
from confoundlab.design.splits import Split, apart, straddling
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.images.imageset import ImageSet, View
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import SMALLEST, Task
from confoundlab.types import Colour, Pixels, Probabilities

# Crops of many windows lie side by side as one bank's images, up to this many bytes.
_BYTES_TOGETHER = 256 * 2**20
_ALL = AsIs()
_COLUMNS = (
    "estimate", "ci_low", "ci_high", "chance", "p_value", "n_images", "n_groups", "n_fits",
    "n_dead",
)  # fmt: skip


def leak_map(
    images: ImageSet,
    view: View = _ALL,
    *,
    window: int = 21,
    stride: int = 12,
    splits: Sequence[Split] | None = None,
    epochs: int = 40,
    repeats: int = 3,
    colour: Colour = "gray",
    permutations: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Train nets on windows over a grid of places, and return what they name.

    Parameters
    ----------
    images : ImageSet
        As loaded.
    view : View
        What windows are cut from, of one size for all images: by default the images as they are.
    window, stride : int
        Side of the windows and distance of their places, in pixels; the last row and column of
        places touch the edge.
    splits : sequence of Split, optional
        One a repeat, the same at all places; the repeat's number, added to `seed`, is the net's
        seed. By default as many as `repeats`, 80/20, no group on both sides (`splits.apart`).
    epochs, repeats : int
        Of training; how many splits, where none are given.
    colour : {"gray", "rgb"}
        Channels.
    permutations, seed : int
        Of the null, and of everything.

    Returns
    -------
    DataFrame
        A row a place: ``left``, ``top``, ``width``, ``height`` in pixels; ``estimate`` (accuracy,
        mean over repeats), ``ci_low`` and ``ci_high`` (95%, groups resampled), ``chance``,
        ``p_value``, ``n_images`` and ``n_groups`` (tested); ``n_fits`` and ``n_dead``, the nets and
        those of them that named one class only, so that their place tells nothing; and
        ``n_straddling``, the tested groups that were trained on as well.

    Raises
    ------
    InputError
        The window does not fit; images of different sizes; a class in one group only, and no
        splits given.
    """
    pixels = images.array(view, colour)
    n, height, width = pixels.shape[:3]
    if not (1 <= window <= min(height, width) and stride >= 1):
        raise InputError(f"A window of {window} pixels does not fit images of {width}x{height}.")
    rows_at, columns_at = _grid(height, window, stride), _grid(width, window, stride)
    places = [(top, left) for top in rows_at for left in columns_at]
    parts = _parts(images, splits, repeats, seed)
    together = max(1, _BYTES_TOGETHER // (n * window * window * pixels.shape[3]))
    banks = (
        (
            [{"left": left, "top": top, "width": window, "height": window} for top, left in some],
            np.concatenate(
                [pixels[:, top : top + window, left : left + window] for top, left in some]
            ),
        )
        for some in (places[at : at + together] for at in range(0, len(places), together))
    )
    return _asked(
        images, banks, parts, len(places), "leak map",
        epochs=epochs, permutations=permutations, seed=seed,
    )  # fmt: skip


def crop_size_sweep(
    images: ImageSet,
    where: Where,
    sizes: Sequence[int],
    *,
    splits: Sequence[Split] | None = None,
    epochs: int = 40,
    repeats: int = 3,
    colour: Colour = "gray",
    permutations: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Train nets on square crops of one corner, in several sizes, and return what they name.

    The papers took one size a data set. A leak of level is there in a few pixels, one of grain or
    shading grows with the crop, and a jump may say where the subject comes in.

    Parameters
    ----------
    images : ImageSet
        Every image at least as large as the largest crop.
    where : {"top-left", "top-right", "bottom-left", "bottom-right"}
        The corner.
    sizes : sequence of int
        Sides of the crops, in pixels; LeNet-5 needs 12 or more.
    splits, epochs, repeats
        As in `leak_map`.
    colour : {"gray", "rgb"}
        Channels.
    permutations, seed : int
        Of the null, and of everything.

    Returns
    -------
    DataFrame
        A row a size: ``size`` in pixels; ``estimate`` to ``n_straddling`` as in `leak_map`. Sizes
        share their images, so their errors go together; p-values are not corrected for the number
        of sizes.

    Raises
    ------
    InputError
        No sizes or splits; a crop that does not fit, or is too small.
    """
    parts = _parts(images, splits, repeats, seed)
    if not len(sizes):
        raise InputError("A sweep needs at least one size.")
    if min(sizes) < SMALLEST:
        raise InputError(f"LeNet-5 needs crops of at least {SMALLEST} pixels, not {min(sizes)}.")
    # before any training, so that a size that does not fit costs no time
    crops = [images.array(Corner(where, size, size), colour) for size in sizes]
    banks = (([{"size": size}], crop) for size, crop in zip(sizes, crops, strict=True))
    return _asked(
        images, banks, parts, len(crops), "crop sizes",
        epochs=epochs, permutations=permutations, seed=seed,
    )  # fmt: skip


def _parts(
    images: ImageSet, splits: Sequence[Split] | None, repeats: int, seed: int
) -> Sequence[Split]:
    """Return the splits that were given, or some with groups apart."""
    if splits is None:
        splits = [apart(images.labels, images.groups, seed=seed + n) for n in range(repeats)]
    if not len(splits):
        raise InputError("At least one split is needed.")
    return splits


def _asked(
    images: ImageSet,
    banks: Iterable[tuple[list[dict[str, int]], Pixels]],
    splits: Sequence[Split],
    n_crops: int,
    words: str,
    *,
    epochs: int,
    permutations: int,
    seed: int,
) -> pd.DataFrame:
    """Return what nets name from each crop, a row a crop: what it is, then `_COLUMNS`.

    A bank says what some crops are, and has them of all images, one crop after the other.
    """
    n, rows, both = len(images), [], straddling(splits, images.groups)[0]
    with tqdm(total=n_crops * len(splits) * epochs, desc=words, delay=2, leave=False) as bar:
        for crops_are, crops in banks:
            labels = np.tile(images.labels, len(crops_are))
            tasks = [
                Task(labels, split.train + first, split.test + first, seed + number)
                for first in range(0, len(crops), n)
                for number, split in enumerate(splits)
            ]
            show = partial(_show, bar, bar.n)
            bank = train_bank(crops, tasks, epochs=epochs, progress=show)
            chances = iter(bank.probabilities)
            for what in crops_are:
                found = held_out.accuracy(
                    _named(splits, chances),
                    images.labels,
                    images.groups,
                    n_permutations=permutations,
                    seed=seed,
                )
                told = {name: getattr(found, name) for name in _COLUMNS}
                rows.append(what | told | {"n_straddling": both})
    return pd.DataFrame(rows)


def _named(splits: Sequence[Split], chances: Iterator[Probabilities]) -> pd.DataFrame:
    """Return what the next nets named, one a split."""
    return pd.concat(
        pd.DataFrame(
            {"image": split.test, "repeat": repeat, "predicted": next(chances).argmax(axis=1)}
        )
        for repeat, split in enumerate(splits)
    )


def _show(bar: Any, before: float, done: int, _: int) -> None:
    bar.update(before + done - bar.n)


def _grid(side: int, window: int, stride: int) -> list[int]:
    return [*range(0, side - window, stride), side - window]
