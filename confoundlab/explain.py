"""Where the session hides: at which places of the image, and in how small a crop.

A corner crop (Dhar and Shamir 2021) asks at one place. The leak map asks at all: nets are trained
on each window alone, and what they name above chance is drawn over the mean image. The sweep asks
at one corner with crops of several sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from confoundlab import held_out
from confoundlab.bank import Progress, train_bank
from confoundlab.decode import Colour, Pixels
from confoundlab.errors import InputError
from confoundlab.imageset import ImageSet, Indices
from confoundlab.lenet import SMALLEST, Probabilities, Task
from confoundlab.splits import Split, stratified
from confoundlab.views import AsIs, Corner, Where

# Crops of many windows lie side by side as one bank's images, up to this many bytes.
_BYTES_TOGETHER = 256 * 2**20
_COLUMNS = ("estimate", "ci_low", "ci_high", "chance", "p_value")


def leak_map(
    images: ImageSet,
    *,
    window: int = 21,
    stride: int = 12,
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
        All images of one size.
    window, stride : int
        Side of the windows and distance of their places, in pixels; the last row and column of
        places touch the edge.
    epochs, repeats : int
        Of training; each repeat has its own random 80/20 split, the same at all places.
    colour : {"gray", "rgb"}
        Channels.
    permutations, seed : int
        Of the null, and of everything.

    Returns
    -------
    DataFrame
        A row a place: ``left``, ``top``, ``width``, ``height`` in pixels; ``estimate`` (accuracy,
        mean over repeats), ``ci_low`` and ``ci_high`` (95%, groups resampled), ``chance``,
        ``p_value``.

    Raises
    ------
    InputError
        The window does not fit; images of different sizes.
    """
    pixels = images.array(AsIs(), colour)
    n, height, width = pixels.shape[:3]
    if not (1 <= window <= min(height, width) and stride >= 1):
        raise InputError(f"A window of {window} pixels does not fit images of {width}x{height}.")
    rows_at, columns_at = _grid(height, window, stride), _grid(width, window, stride)
    places = [(top, left) for top in rows_at for left in columns_at]
    splits = [stratified(images.labels, seed=seed + number) for number in range(repeats)]
    together = max(1, _BYTES_TOGETHER // (n * window * window * pixels.shape[3]))
    rows = []
    with tqdm(total=len(places) * repeats * epochs, desc="leak map", delay=2, leave=False) as bar:
        for start in range(0, len(places), together):
            some = places[start : start + together]
            show = partial(_show, bar, start * repeats * epochs)
            named = _train_windows(pixels, some, window, images.labels, splits, epochs, seed, show)
            for (top, left), predictions in zip(some, named, strict=True):
                place = {"left": left, "top": top, "width": window, "height": window}
                rows.append(place | _judged(images, predictions, permutations, seed))
    return pd.DataFrame(rows)


def crop_size_sweep(
    images: ImageSet,
    where: Where,
    sizes: Sequence[int],
    splits: Sequence[Split],
    *,
    epochs: int = 40,
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
    splits : sequence of Split
        One a repeat, the same at all sizes; the repeat's number, added to `seed`, is the net's
        seed.
    epochs : int
        Of training.
    colour : {"gray", "rgb"}
        Channels.
    permutations, seed : int
        Of the null, and of everything.

    Returns
    -------
    DataFrame
        A row a size: ``size`` in pixels; ``estimate``, ``ci_low``, ``ci_high``, ``chance`` and
        ``p_value`` as in `leak_map`. Sizes share their images, so their errors go together;
        p-values are not corrected for the number of sizes.

    Raises
    ------
    InputError
        No sizes or splits; a crop that does not fit, or is too small.
    """
    if not len(sizes) or not len(splits):
        raise InputError("A sweep needs at least one size and one split.")
    if min(sizes) < SMALLEST:
        raise InputError(f"LeNet-5 needs crops of at least {SMALLEST} pixels, not {min(sizes)}.")
    # before any training, so that a size that does not fit costs no time
    crops = [images.array(Corner(where, size, size), colour) for size in sizes]
    tasks = [Task(images.labels, *split, seed + number) for number, split in enumerate(splits)]
    steps = len(tasks) * epochs
    rows = []
    with tqdm(total=len(crops) * steps, desc="crop sizes", delay=2, leave=False) as bar:
        for number, (size, crop) in enumerate(zip(sizes, crops, strict=True)):
            show = partial(_show, bar, number * steps)
            bank = train_bank(crop, tasks, epochs=epochs, progress=show)
            predictions = _named(splits, iter(bank.probabilities))
            rows.append({"size": size} | _judged(images, predictions, permutations, seed))
    return pd.DataFrame(rows)


def _train_windows(
    pixels: Pixels,
    places: list[tuple[int, int]],
    window: int,
    labels: Indices,
    splits: list[Split],
    epochs: int,
    seed: int,
    progress: Progress,
) -> Iterator[pd.DataFrame]:
    """Train on all places as one bank, its images the windows one after the other."""
    crops = np.concatenate(
        [pixels[:, top : top + window, left : left + window] for top, left in places]
    )
    tiled = np.tile(labels, len(places))
    tasks = [
        Task(tiled, split.train + first, split.test + first, seed + number)
        for first in range(0, len(crops), len(labels))
        for number, split in enumerate(splits)
    ]
    bank = train_bank(crops, tasks, epochs=epochs, progress=progress)
    chances = iter(bank.probabilities)
    for _ in places:
        yield _named(splits, chances)


def _named(splits: Sequence[Split], chances: Iterator[Probabilities]) -> pd.DataFrame:
    """Return what the next nets named, one a split."""
    return pd.concat(
        pd.DataFrame(
            {"image": split.test, "repeat": repeat, "predicted": next(chances).argmax(axis=1)}
        )
        for repeat, split in enumerate(splits)
    )


def _judged(
    images: ImageSet, predictions: pd.DataFrame, permutations: int, seed: int
) -> dict[str, float]:
    found = held_out.accuracy(
        predictions, images.labels, images.groups, n_permutations=permutations, seed=seed
    )
    return {name: getattr(found, name) for name in _COLUMNS}


def _show(bar: Any, before: int, done: int, _: int) -> None:
    bar.update(before + done - bar.n)


def _grid(side: int, window: int, stride: int) -> list[int]:
    return [*range(0, side - window, stride), side - window]
