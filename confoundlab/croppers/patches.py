"""Patches with a cell and patches without, cut from the same images: the RNAi study.

`patches_at` cuts one patch an image, each at a place of its own: foreheads of the Yale study.

Dhar and Shamir (2021, Table 2) cut 60x60 pixels around each object of more than 40 pixels that
Otsu's threshold (1979, doi:10.1109/TSMC.1979.4310076) finds, and 60x60 pixels with no cell. Bright
pixels are the objects, as in fluorescence. The threshold is each image's own: one for all would
call a bright session's background cells.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.ndimage import center_of_mass
from skimage.filters import threshold_otsu
from skimage.measure import label

from confoundlab.croppers.crops import Box
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet, View
from confoundlab.images.streaming import in_order
from confoundlab.types import Indices, Mask, Pixels

# (gray image, random numbers) to top and left of each patch, shape (m, 2)
Places = Callable[[Pixels, np.random.Generator], Indices]


def cell_patches(
    images: ImageSet,
    *,
    size: int = 60,
    min_area: int = 40,
    at_most: int | None = None,
    seed: int = 0,
) -> ImageSet:
    """Cut a patch around each cell.

    Parameters
    ----------
    images : ImageSet
        Gray or colour; cells are sought in gray.
    size : int
        Side of the patches, in pixels. A cell whose patch would leave the image is left out.
    min_area : int
        A cell has more pixels than this; pixels that touch at a side or a corner belong together.
    at_most : int, optional
        Patches an image: a random choice. All by default. Patches of near cells overlap.
    seed : int
        Of that choice, which depends on nothing else but the image's pixels.

    Returns
    -------
    ImageSet
        The patches, in reading order: ``image`` is "parent/00", "parent/01", ...; ``label``,
        ``group`` and factors are the parent's; ``parent``, ``left`` and ``top`` (pixels) say where
        it was. An image that gives none is in ``skipped``, with the reason.

    Raises
    ------
    InputError
        No image gives a patch.
    """
    _check(size, min_area, at_most, seed)

    def places(gray: Pixels, rng: np.random.Generator) -> Indices:
        corners = _around_cells(gray, size, min_area)
        room = np.array(gray.shape[:2]) - size
        inside = corners[((corners >= 0) & (corners <= room)).all(axis=1)]
        if at_most is None or len(inside) <= at_most:
            return inside
        return inside[rng.choice(len(inside), at_most, replace=False)]

    why = f"no object of more than {min_area} pixels whose {size}x{size} patch lies inside"
    return _cut(images, places, size, seed, "cells", why)


def background_patches(
    images: ImageSet,
    *,
    size: int = 60,
    min_area: int = 40,
    speck: int = 0,
    at_most: int | None = None,
    seed: int = 0,
) -> ImageSet:
    """Cut patches that hold no object, from random places.

    A patch overlaps no patch around a cell (see `cell_patches`, whether it was cut or not) and no
    other background patch. The parameters and the result are those of `cell_patches`; without
    `at_most` places are drawn until there is no room.

    Parameters
    ----------
    speck : int
        Objects of up to so many pixels are noise, and may lie in a patch. 0: no pixel above the
        threshold may, which leaves nothing of a noisy image.
    images, size, min_area, at_most, seed
        See `cell_patches`.
    """
    _check(size, min(min_area, speck), at_most, seed)

    def places(gray: Pixels, rng: np.random.Generator) -> Indices:
        taken = _large(_objects(gray), speck)
        for top, left in _around_cells(gray, size, min_area):
            taken[max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = True
        free = _free(taken, size)
        chosen: list[tuple[int, int]] = []
        while free.any() and (at_most is None or len(chosen) < at_most):
            top, left = divmod(int(rng.choice(np.flatnonzero(free))), free.shape[1])
            chosen.append((top, left))
            free[max(top - size + 1, 0) : top + size, max(left - size + 1, 0) : left + size] = False
        return np.array(chosen, np.intp).reshape(-1, 2)

    return _cut(images, places, size, seed, "background", f"no {size}x{size} pixels without a cell")


def cell_free(images: ImageSet, crop: View, *, min_area: int = 40) -> Mask:
    """Say which images show no cell in a crop, shape (n,): of crops round one cell each.

    Parameters
    ----------
    images : ImageSet
        Gray or colour; cells are sought in gray, with each image's own threshold.
    crop : View
        Such as `crops.Corner`.
    min_area : int
        A cell has more pixels than this.
    """

    def one(row: int) -> bool:
        cells = _large(_objects(images.read(row, "gray")[:, :, 0]), min_area)
        return not crop(cells[:, :, None].astype(np.uint8)).any()

    return np.array(in_order(one, range(len(images)), f"{images.name}: cells"), np.bool_)


def patches_at(
    images: ImageSet, left: npt.ArrayLike, top: npt.ArrayLike, *, width: int, height: int
) -> ImageSet:
    """Cut one patch out of every image, each at a place of its own.

    Parameters
    ----------
    images : ImageSet
        n images.
    left, top : array-like of int, shape (n,)
        Of each patch, in pixels from 0.
    width, height : int
        Of all patches.

    Returns
    -------
    ImageSet
        The patches under the images' own names and factors; ``left`` and ``top`` say where.

    Raises
    ------
    InputError
        A place for each image is missing, or a patch leaves its image.
    """
    lefts, tops = (np.asarray(place, np.intp) for place in (left, top))
    if lefts.shape != (len(images),) or tops.shape != (len(images),):
        raise InputError(
            f"{len(images)} images need as many places, not {lefts.size}, {tops.size}."
        )

    def one(row: int) -> Pixels:
        name = f"{width}x{height} at {lefts[row]},{tops[row]} of {images.table['image'][row]}"
        return Box(int(lefts[row]), int(tops[row]), width, height, name)(images.read(row, "rgb"))

    pixels = np.stack(in_order(one, range(len(images)), f"{images.name}: patches"))
    table = images.table.drop(columns=["sha256", "height", "width"], errors="ignore")
    return dataclasses.replace(
        ImageSet.from_arrays(
            _gray_if_gray(pixels),
            table.assign(left=lefts, top=tops),
            name=images.name,
            state=images.state,
        ),
        skipped=images.skipped,
        left_out=images.left_out,
        levels=images.levels,
    )


def _gray_if_gray(pixels: Pixels) -> Pixels:
    return pixels[..., :1] if (pixels == pixels[..., :1]).all() else pixels


def _check(size: int, min_area: int, at_most: int | None, seed: int) -> None:
    if size < 1 or min_area < 0 or seed < 0 or (at_most is not None and at_most < 1):
        raise InputError(
            f"size {size} and at_most {at_most} must be 1 or more; areas and seed {seed} 0 or more."
        )


def _objects(gray: Pixels) -> Mask:
    """Return where an image (height, width) is above Otsu's threshold; nowhere, if it is flat."""
    threshold = float(threshold_otsu(gray))
    return np.asarray(gray > threshold, np.bool_)


def _large(objects: Mask, area: int) -> Mask:
    """Keep the objects of more than `area` pixels; corners touch."""
    numbered = np.asarray(label(objects))
    large = np.bincount(numbered.ravel()) > area
    large[0] = False  # what is no object
    return np.asarray(large[numbered], np.bool_)


def _around_cells(gray: Pixels, size: int, min_area: int) -> Indices:
    """Return top and left of a patch around each cell's centre of mass, shape (m, 2)."""
    numbered = np.asarray(label(_large(_objects(gray), min_area)))
    cells = range(1, int(numbered.max()) + 1)
    centres = np.array(center_of_mass(numbered > 0, numbered, cells)).reshape(-1, 2)
    # rounded such that the patch's middle, (size - 1) / 2, is nearest to the centre
    return np.floor(centres - (size - 1) / 2 + 0.5).astype(np.intp)


def _free(taken: Mask, size: int) -> Mask:
    """Say at which tops and lefts a patch holds nothing that is taken."""
    if min(taken.shape) < size:
        return np.zeros((0, 0), bool)
    table = np.pad(taken.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    down = table[size:] - table[:-size]
    return np.asarray(down[:, size:] == down[:, :-size], np.bool_)


def _cut(images: ImageSet, places: Places, size: int, seed: int, what: str, why: str) -> ImageSet:
    def one(row: int) -> tuple[Indices, list[Pixels]]:
        # the choice follows the pixels, so that it is the same in every subset of the images
        key = int(images.table["sha256"][row][:16], 16)
        rng = np.random.default_rng([seed, key])
        found = places(images.read(row, "gray")[:, :, 0], rng)
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        pixels = images.read(row, "rgb")
        cut = [pixels[top : top + size, left : left + size].copy() for top, left in found]
        return found, cut

    cuts = in_order(one, range(len(images)), f"{images.name}: {what}")
    counts = [len(found) for found, _ in cuts]
    names = images.table["image"].astype(str)
    none = {name: why for name, count in zip(names, counts, strict=True) if not count}
    if len(none) == len(images):
        raise InputError(f"No image of {images.name} gives a patch: {why}.")
    parents = np.repeat(np.arange(len(images)), counts)
    corners = np.concatenate([found for found, _ in cuts])
    numbers = np.concatenate([np.arange(count) for count in counts])
    table = images.table.iloc[parents].reset_index(drop=True)
    # of the parent's file; the patch's own digest is computed anew
    table = table.drop(columns=["sha256", "height", "width"], errors="ignore").assign(
        image=[f"{names[row]}/{number:02d}" for row, number in zip(parents, numbers, strict=True)],
        parent=names.to_numpy()[parents],
        left=corners[:, 1],
        top=corners[:, 0],
    )
    pixels = np.stack([patch for _, some in cuts for patch in some])
    pixels = _gray_if_gray(pixels)
    patches = ImageSet.from_arrays(pixels, table, name=f"{images.name} {what}", state=images.state)
    return dataclasses.replace(
        patches, skipped=images.skipped | none, left_out=images.left_out, levels=images.levels
    )
