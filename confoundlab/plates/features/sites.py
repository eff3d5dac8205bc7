"""Whole sites, measured as they are rendered: a small picture, a patch, 63 statistics, a count.

Serves the ALS study of Venugopalan et al. (2019), whose density is the "number of cells in the site
image". No picture is kept at full size, so that the paper's number of sites needs little memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from tqdm import tqdm

from confoundlab.catalog import DataState
from confoundlab.errors import InputError
from confoundlab.plates.features.handcrafted import statistics
from confoundlab.plates.features.nuclei import segment
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.types import Centres, Pixels

_AT_ONCE = 16  # sites at full size
_PATCH = 64  # pixels


@dataclass(frozen=True, eq=False)
class Sites:
    """What is kept of simulated sites.

    Parameters
    ----------
    table : DataFrame
        A row a site: the columns of `layout.lay_out`, ``cells`` (nuclei found) and ``planted``
        (cells that the simulator sowed).
    pixels : ndarray of uint8, shape (n, side, side, 5)
        The pictures, made smaller.
    patches : ndarray of uint8, shape (n, 64, 64, 5)
        At full size, about the nucleus that lies nearest to the picture's middle.
    statistics : DataFrame, shape (n, 63)
        Of the pictures at full size; see `handcrafted.FEATURES`.
    """

    table: pd.DataFrame
    pixels: Pixels
    patches: Pixels
    statistics: pd.DataFrame
    state: DataState = "simulated"

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of table and pictures."""
        text = self.table.to_csv(index=False).encode()
        return f"sha256:{hashlib.sha256(text + self.pixels.tobytes()).hexdigest()}"


def measure(plates: PlateSet, side: int = 64) -> Sites:
    """Render a set and keep what the models see of it; control wells are left out.

    Parameters
    ----------
    plates : PlateSet
        Of any design.
    side : int
        Of the small pictures, pixels: each is the mean of a square of the large one's.

    Raises
    ------
    InputError
        A side that does not divide the picture's; control wells only.
    """
    _check_side(side, plates.design.size)
    wanted = plates.subset(~plates.sites["control"].to_numpy(bool))
    if not len(wanted):
        raise InputError("The set has control wells only.")
    parts, patches, cells, tables = [], [], [], []
    for first in tqdm(range(0, len(wanted), _AT_ONCE), "sites", delay=2, leave=False):
        rows = range(first, min(first + _AT_ONCE, len(wanted)))
        large = np.stack([wanted.render(row) for row in rows])
        parts.append(smaller(large, side))
        tables.append(statistics(large))
        centres = [segment(picture[:, :, 0]) for picture in large]
        cells += [len(own) for own in centres]
        patches += [_patch(picture, own) for picture, own in zip(large, centres, strict=True)]
    table = wanted.sites.assign(cells=cells, planted=wanted.truth["n_cells"].to_numpy())
    statistic = pd.concat(tables, ignore_index=True)
    return Sites(table, np.concatenate(parts), np.stack(patches), statistic)


def smaller(pixels: Pixels, side: int) -> Pixels:
    """Average squares of pixels: (n, size, size, channels) to (n, side, side, channels).

    Raises
    ------
    InputError
        A side that does not divide the picture's.
    """
    n, size, _, channels = pixels.shape
    _check_side(side, size)
    each = size // side
    squares = pixels.reshape(n, side, each, side, each, channels)
    return np.asarray(squares.mean((2, 4), dtype=np.float32).round(), np.uint8)


def _patch(picture: Pixels, centres: Centres) -> Pixels:
    """Cut a patch about the nucleus that is nearest to the middle, or about the middle if none is.

    It is moved inwards where it would leave the picture.
    """
    size, patch = picture.shape[0], min(_PATCH, picture.shape[0])
    middle = np.full(2, (size - 1) / 2)
    gaps = np.linalg.norm(centres - middle, axis=1)
    place = centres[gaps.argmin()] if len(centres) else middle
    top, left = np.clip(np.round(place).astype(int) - patch // 2, 0, size - patch)
    return picture[top : top + patch, left : left + patch]


def _check_side(side: int, size: int) -> None:
    if side < 1 or size % side:
        raise InputError(f"side is {side}; it must divide the picture's {size} pixels.")
