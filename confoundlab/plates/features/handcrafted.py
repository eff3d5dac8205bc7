"""The 63 image statistics, and cell density: what a classifier may use without seeing a cell.

Serves the claim that "63 hand-engineered features from the image statistics" and the number of
cells alone do nearly as well as a deep net (Venugopalan et al. 2019, Figure 5). The paper names
two of its features, foreground area and foreground mean intensity; `FEATURES` defines all 63 here:
ten of each of five channels, ten correlations of channels, and three of the picture as a whole.

Foreground is what lies above Otsu's threshold (1979, doi:10.1109/TSMC.1979.4310076), each picture's
and channel's own. It always parts a picture in two, so that in one without a cell it is noise.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import label

from confoundlab.errors import InputError
from confoundlab.plates.simulator.cells import CHANNELS
from confoundlab.types import Mask, Numbers, Pixels

Counts = npt.NDArray[np.int64]

MIN_AREA = 20  # pixels of the smallest nucleus
_LEVELS = np.arange(256.0)
_TOGETHER = 2**20  # numbers of a chunk: 8 MB in double precision
_PAIRS = list(combinations(range(len(CHANNELS)), 2))
_OF_CHANNEL = (
    ("area", "fraction", "share of pixels in the foreground"),
    ("foreground mean", "gray levels", "mean of the foreground"),
    ("foreground sd", "gray levels", "standard deviation of the foreground"),
    ("foreground skewness", "none", "third standardised moment of the foreground"),
    ("foreground kurtosis", "none", "fourth standardised moment of the foreground, less 3"),
    ("foreground p95", "gray levels", "lowest level that 95% of the foreground do not exceed"),
    ("background mean", "gray levels", "mean of what is not foreground"),
    ("background sd", "gray levels", "standard deviation of what is not foreground"),
    ("gradient", "gray levels a pixel", "mean length of the gradient over the foreground"),
    ("smoothness", "none", "Moran's I of all pixels and their four neighbours, -1 to 1"),
)
_OF_PICTURE = (
    ("empty", "fraction", "share of pixels that are background in every channel"),
    ("nuclei", "count", f"connected DNA foregrounds of {MIN_AREA} pixels or more; corners touch"),
    ("nucleus area", "pixels", "mean area of these; touching nuclei are one"),
)
FEATURES = pd.DataFrame(
    [
        *(
            (f"{own} {name}", own, unit, text)
            for own in CHANNELS
            for name, unit, text in _OF_CHANNEL
        ),
        *(
            (f"{CHANNELS[a]}-{CHANNELS[b]} correlation", "", "none", "Pearson's r over all pixels")
            for a, b in _PAIRS
        ),
        *((name, "", unit, text) for name, unit, text in _OF_PICTURE),
    ],
    columns=["feature", "channel", "unit", "definition"],
)
"""The 63 statistics, a row each: ``feature``, ``channel``, ``unit`` and ``definition``.

A statistic of no pixels (of the foreground of a constant channel), a moment of constant ones, and a
correlation with a constant channel is 0. Moran's I: 1950, doi:10.1093/biomet/37.1-2.17.
"""


def statistics(pixels: Pixels) -> pd.DataFrame:
    """Return the 63 statistics of five-channel pictures.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, height, width, 5)
        DNA, ER, RNA, AGP, Mito.

    Returns
    -------
    DataFrame, shape (n, 63)
        A column a row of `FEATURES`, all finite.

    Raises
    ------
    InputError
        Another type or shape; pictures of less than 2x2 pixels.
    """
    _check(pixels)
    size = max(1, _TOGETHER // int(np.prod(pixels.shape[1:])))
    parts = [_chunk(pixels[first : first + size]) for first in range(0, len(pixels), size)]
    return pd.DataFrame(np.concatenate(parts), columns=FEATURES["feature"].tolist())


def foreground(pixels: Pixels) -> Mask:
    """Say which pixels lie above Otsu's threshold of their picture and channel.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, height, width, channels)
        Pictures.

    Returns
    -------
    ndarray of bool, of the same shape
        False throughout a constant channel.
    """
    levels = otsu(_histograms(pixels))
    return np.asarray(pixels > levels[:, None, None], np.bool_)


def otsu(histograms: Counts) -> Pixels:
    """Return the level that parts each histogram best: what is above it is foreground.

    Parameters
    ----------
    histograms : ndarray of int, shape (..., 256)
        Pixels of each level.

    Returns
    -------
    ndarray of uint8, shape (...)
        255 where all pixels are of one level.
    """
    below = histograms.cumsum(-1)
    light = (histograms * np.arange(256)).cumsum(-1)
    total, all_light = below[..., -1:], light[..., -1:]
    # whole numbers: levels that part alike are equal exactly, and the first of them is taken
    apart = (total * light - below * all_light).astype(np.float64)
    sides = (below * (total - below)).astype(np.float64)
    between = np.divide(apart**2, sides, out=np.zeros(sides.shape), where=sides > 0)
    return np.where(between.any(-1), between.argmax(-1), 255).astype(np.uint8)


def cell_density(nuclei: Mask | npt.NDArray[np.integer], *, min_area: int = MIN_AREA) -> Counts:
    """Count the nuclei of each site: the one number that tells the genotypes of the ALS study.

    Parameters
    ----------
    nuclei : ndarray of bool or int, shape (n, height, width)
        Where nuclei are, such as ``foreground(sites)[..., 0]``, or the number of each pixel's
        nucleus, 0 for none.
    min_area : int
        Pixels of the smallest nucleus.

    Returns
    -------
    ndarray of int, shape (n,)
        Nuclei a site; those cut by the edge count. In a mask, nuclei that touch are one.
    """
    if nuclei.dtype == np.bool_:
        return _objects(nuclei.astype(np.bool_), min_area)[0]
    areas = [np.unique(site[site > 0], return_counts=True)[1] for site in nuclei]
    return np.array([(own >= min_area).sum() for own in areas], np.int64)


def _chunk(pixels: Pixels) -> Numbers:
    n, height, width, channels = pixels.shape
    histograms = _histograms(pixels)
    levels = otsu(histograms)
    mask = pixels > levels[:, None, None]
    above = np.arange(256) > levels[..., None]
    bright, dark = (_moments(np.where(side, histograms, 0)) for side in (above, ~above))
    values = pixels.astype(np.float32)
    down, right = np.gradient(values, axis=(1, 2))
    slope = np.hypot(down, right)
    area = mask.sum((1, 2))
    gradient = _ratio((slope * mask).sum((1, 2), dtype=np.float64), area)
    centred = values - values.mean((1, 2), keepdims=True, dtype=np.float64)
    flat = centred.reshape(n, height * width, channels)
    products = np.einsum("npc,npd->ncd", flat, flat, dtype=np.float64)
    squares = np.einsum("ncc->nc", products)
    own = np.stack(
        [area / (height * width), *bright, *dark[:2], gradient, _moran(centred, squares)], axis=-1
    )
    lengths = np.sqrt(squares)
    correlations = [
        _ratio(products[:, a, b], lengths[:, a] * lengths[:, b]).clip(-1, 1) for a, b in _PAIRS
    ]
    empty = 1 - mask.any(-1).mean((1, 2))
    return np.column_stack(
        [own.reshape(n, -1), *correlations, empty, *_objects(mask[..., 0], MIN_AREA)]
    )


def _histograms(pixels: Pixels) -> Counts:
    """Count the pixels of each level, shape (n, channels, 256)."""
    n, channels = len(pixels), pixels.shape[-1]
    place = np.arange(n * channels).reshape(n, 1, 1, channels) * 256
    counts = np.bincount((place + pixels).ravel(), minlength=n * channels * 256)
    return counts.reshape(n, channels, 256)


def _moments(histograms: Counts) -> tuple[Numbers, ...]:
    """Return mean, sd, skewness, excess kurtosis and 95% point, each of shape (n, channels)."""
    count = histograms.sum(-1)
    mean = _ratio(histograms @ _LEVELS, count)
    away = _LEVELS - mean[..., None]
    squared = away * away
    weighted = histograms * squared
    second = _ratio(weighted.sum(-1), count)
    third = _ratio(np.einsum("ncl,ncl->nc", weighted, away), count)
    fourth = _ratio(np.einsum("ncl,ncl->nc", weighted, squared), count)
    varied = second > 1e-9  # levels are whole numbers: less is rounding
    skewness = np.where(varied, _ratio(third, second**1.5), 0)
    kurtosis = np.where(varied, _ratio(fourth, second**2) - 3, 0)
    # whole numbers again: 100 x pixels up to here, against 95 x all
    reached = 100 * histograms.cumsum(-1) >= 95 * count[..., None]
    return mean, np.sqrt(second), skewness, kurtosis, reached.argmax(-1).astype(np.float64)


def _moran(centred: npt.NDArray[np.float32], squares: Numbers) -> Numbers:
    height, width = centred.shape[1:3]
    pairs = height * (width - 1) + width * (height - 1)
    down, right = (
        np.einsum("nyxc,nyxc->nc", one, other, dtype=np.float64)
        for one, other in (
            (centred[:, 1:], centred[:, :-1]),
            (centred[:, :, 1:], centred[:, :, :-1]),
        )
    )
    return np.asarray(_ratio(down + right, squares) * (height * width / pairs))


def _objects(mask: Mask, min_area: int) -> tuple[Counts, Numbers]:
    """Return the number and the mean area of each mask's objects, both of shape (n,)."""
    touch = np.zeros((3, 3, 3), bool)
    touch[1] = True  # within a picture, corners too; never from one picture to the next
    numbered, count = label(mask, touch)
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    places = np.zeros(count + 1, np.intp)
    places[numbered] = np.arange(len(mask))[:, None, None]
    large = areas >= min_area
    large[0] = False
    counts = np.bincount(places[large], minlength=len(mask))
    return counts, _ratio(np.bincount(places[large], areas[large], len(mask)), counts)


def _ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Numbers:
    """Divide, where nothing by nothing is nothing."""
    top, base = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(top, base, out=np.zeros(top.shape), where=base > 1e-9)


def _check(pixels: Pixels) -> None:
    wanted = f"uint8 of shape (n, height, width, {len(CHANNELS)})"
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[-1] != len(CHANNELS):
        raise InputError(f"pixels must be {wanted}, not {pixels.dtype} {pixels.shape}.")
    if not len(pixels) or min(pixels.shape[1:3]) < 2:
        raise InputError(
            f"There must be a picture of 2x2 pixels or more, not {pixels.shape}: "
            "a gradient needs two pixels."
        )
