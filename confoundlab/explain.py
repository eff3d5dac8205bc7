"""Where the session hides: the leak map, accuracy from a window at every place of the image.

A corner crop (Dhar and Shamir 2021) asks at one place. The map asks at all: nets are trained on
each window alone, and what they name above chance is drawn over the mean image.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from confoundlab.lenet import Task
from confoundlab.splits import Split, stratified
from confoundlab.views import AsIs

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
                found = held_out.accuracy(
                    predictions,
                    images.labels,
                    images.groups,
                    n_permutations=permutations,
                    seed=seed,
                )
                place = {"left": left, "top": top, "width": window, "height": window}
                rows.append(place | {name: getattr(found, name) for name in _COLUMNS})
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
    named = iter(bank.probabilities)
    for _ in places:
        yield pd.concat(
            pd.DataFrame(
                {"image": split.test, "repeat": repeat, "predicted": next(named).argmax(axis=1)}
            )
            for repeat, split in enumerate(splits)
        )


def _show(bar: Any, before: int, done: int, _: int) -> None:
    bar.update(before + done - bar.n)


def _grid(side: int, window: int, stride: int) -> list[int]:
    return [*range(0, side - window, stride), side - window]
