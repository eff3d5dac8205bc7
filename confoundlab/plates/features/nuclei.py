"""Nuclei, found without labels, and patches of a fixed size about them: Figure 1 of the paper.

Serves the claim that models are shown cells, not places. After Ando et al. (2017,
doi:10.1101/161422), nuclei are found in the DNA channel: Otsu's threshold (1979,
doi:10.1109/TSMC.1979.4310076) finds them, a watershed parts those that touch. How large nuclei are
is measured in the picture, so that one function serves any magnification.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops_table
from skimage.segmentation import watershed

from confoundlab.errors import InputError
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.types import Centres, Pixels

Labels = npt.NDArray[np.int32]
_PATCH_STREAM = 40
_CONTRAST = 4.0  # spreads of the background between it and the threshold, at least
_SPECK = 12  # pixels; what is smaller is noise at any magnification


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of cells.

    Parameters
    ----------
    table : DataFrame
        A row a patch: its site's columns, ``cell`` (number in the site), ``y`` and ``x`` (of the
        nucleus, pixels).
    pixels : ndarray of uint8, shape (n, size, size, 5)
        In the same order.
    """

    table: pd.DataFrame
    pixels: Pixels

    def __len__(self) -> int:
        return len(self.table)

    @property
    def state(self) -> Literal["simulated"]:
        """Of the data: patches are cut from simulated sites only."""
        return "simulated"

    @property
    def digest(self) -> str:
        """SHA-256 over all pixels."""
        return f"sha256:{hashlib.sha256(self.pixels.tobytes()).hexdigest()}"


def label_nuclei(image: npt.ArrayLike) -> Labels:
    """Give a number to each nucleus of a picture: bright objects, parted where they touch.

    Parameters
    ----------
    image : array, shape (height, width)
        DNA channel; any unit, any offset.

    Returns
    -------
    ndarray of int, shape (height, width)
        0 where there is none. A picture without objects that stand out of its noise has none.
    """
    smooth = ndimage.gaussian_filter(np.asarray(image, float), 1)
    threshold = _threshold(smooth)
    if threshold is None:
        return np.zeros(smooth.shape, np.int32)
    mask = ndimage.binary_fill_holes(smooth > threshold)
    objects = label(mask)
    areas = np.bincount(objects.ravel())[1:]
    large = areas[areas >= _SPECK]
    if not len(large):
        return np.zeros(smooth.shape, np.int32)
    usual = float(np.median(large))
    depth = ndimage.distance_transform_edt(mask)
    radius = np.sqrt(usual / np.pi)
    rounded = ndimage.gaussian_filter(depth, 0.2 * radius)
    apart = max(1, round(0.7 * radius))
    peaks = peak_local_max(rounded, min_distance=apart, threshold_abs=0.5, exclude_border=False)
    seeds = np.zeros(mask.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    parted = watershed(-rounded, seeds, mask=mask)
    sizes = np.bincount(parted.ravel())
    parted[sizes[parted] < max(_SPECK, 0.25 * usual)] = 0
    return np.asarray(parted, np.int32)


def _threshold(smooth: npt.NDArray[np.float64]) -> float | None:
    """Return what parts nuclei from background, or None where nothing stands out of the noise."""
    smooth = smooth[::2, ::2]  # smooth enough that its neighbour says no more
    middle = float(np.median(smooth))
    above = np.clip(smooth - middle, 0, None)
    if not above.any():
        return None
    # A few dying nuclei outshine all others: what is twice as bright as usual counts as that.
    usual = np.median(above[above > threshold_otsu(np.sqrt(above)) ** 2])
    threshold = float(threshold_otsu(np.minimum(above, 2 * usual)))
    spread = 1.4826 * np.median(np.abs(smooth - middle))
    return middle + threshold if threshold > _CONTRAST * spread else None


def segment(image: npt.ArrayLike) -> Centres:
    """Return the centres of a picture's nuclei, in reading order: y and x in pixels, shape (n, 2).

    See `label_nuclei` for the parameter.
    """
    found = regionprops_table(label_nuclei(image), properties=("centroid",))
    centres = np.column_stack([found["centroid-0"], found["centroid-1"]])
    return centres[np.lexsort((centres[:, 1], centres[:, 0]))]


def iter_patches(
    plates: PlateSet, *, size: int = 64, per_site: int | None = None
) -> Iterator[Patches]:
    """Cut patches out of one site after the other; no more than one site is held at a time.

    Parameters
    ----------
    plates : PlateSet
        Where they come from.
    size : int
        Side of a patch, pixels. A nucleus whose patch would leave the picture is left out.
    per_site : int, optional
        At most so many of a site, a random choice that depends on nothing but the site and the
        set's seed. All by default.

    Yields
    ------
    Patches
        Of one site; may be none.
    """
    for row, image in enumerate(plates.iter_sites()):
        yield cut(plates, row, image, size=size, per_site=per_site)


def cut(
    plates: PlateSet, row: int, image: Pixels, *, size: int = 64, per_site: int | None = None
) -> Patches:
    """Cut the patches out of one site that is rendered already; see `iter_patches`."""
    if not 1 <= size <= plates.design.size or (per_site is not None and per_site < 1):
        raise InputError(
            f"Patches of {size} pixels, {per_site} a site: a patch must fit into the picture of "
            f"{plates.design.size} pixels, and there must be at least one."
        )
    centres = segment(image[:, :, 0])
    corners = np.round(centres).astype(int) - size // 2
    inside = ((corners >= 0) & (corners <= plates.design.size - size)).all(axis=1)
    cells = np.flatnonzero(inside)
    if per_site is not None and len(cells) > per_site:
        sample = int(plates.sites["sample"].iloc[row])
        rng = np.random.default_rng([plates.seed, _PATCH_STREAM, sample])
        cells = np.sort(rng.choice(cells, per_site, replace=False))
    table = plates.sites.iloc[np.full(len(cells), row)].reset_index(drop=True)
    table = table.assign(cell=cells, y=centres[cells, 0], x=centres[cells, 1])
    pixels = np.empty((len(cells), size, size, image.shape[2]), np.uint8)
    for patch, (top, left) in zip(pixels, corners[cells], strict=True):
        patch[:] = image[top : top + size, left : left + size]
    return Patches(table, pixels)


def patches(plates: PlateSet, *, size: int = 64, per_site: int | None = None) -> Patches:
    """Cut the patches of a whole set; see `iter_patches` for the parameters.

    Raises
    ------
    InputError
        No site has any.
    """
    return together(iter_patches(plates, size=size, per_site=per_site))


def together(parts: Iterable[Patches]) -> Patches:
    """Put patches of several sites together, in their order; `InputError` if there are none."""
    there = [part for part in parts if len(part)]
    if not there:
        raise InputError(
            "No nucleus of any site has a patch that lies inside its picture. Cut smaller ones."
        )
    table = pd.concat([part.table for part in there], ignore_index=True)
    return Patches(table, np.concatenate([part.pixels for part in there]))
