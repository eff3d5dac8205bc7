"""The green box that some endoscopes lay into the picture: how much an image shows, and it alone.

At the bottom left of some of Kvasir's pictures a green box shows how the instrument lies in the
body (Pogorelov et al. 2017, doi:10.1145/3083187.3083212). It is no finding, but it is shown in some
classes much oftener than in others.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from confoundlab.croppers.crops import Whole
from confoundlab.images.imageset import ImageSet
from confoundlab.images.streaming import in_order
from confoundlab.types import Pixels

# Gray levels of 255 by which green is above red and above blue. Tissue is red, the dye of lifted
# polyps blue, air black and glints white: none comes near. Compression shifts colours by fewer.
MARGIN = 16
# A box covers far more of the quarter than this, specks at the border of a dyed spot far less.
SHOWN = 0.02


def green_share(image: Pixels) -> float:
    """Return the share of green pixels in the bottom left quarter of an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        Red, green, blue. A pixel is green where green exceeds both others by `MARGIN` or more.
    """
    return float(_green(_quarter(image)).mean())


def green_shares(images: ImageSet) -> npt.NDArray[np.float64]:
    """Return `green_share` of every image, shape (n,)."""

    def one(row: int) -> float:
        return green_share(images.read(row, "rgb"))

    return np.array(in_order(one, range(len(images)), f"{images.name}: green insets"))


def alone(images: ImageSet, size: int = 32, *, painted_over: bool = False) -> ImageSet:
    """Return the bottom left quarters of images with all but the green box painted over.

    Two such sets, with `painted_over` and without, differ in the box and in nothing else: body,
    frame and what shines through JPEG's blocks are hidden in both.

    Parameters
    ----------
    images : ImageSet
        In colour.
    size : int
        Side in pixels to which the quarters are reduced.
    painted_over : bool
        Paint the box over as well, which leaves one flat colour: the image's own border, the
        median of its outermost pixels in each channel.

    Returns
    -------
    ImageSet
        The images' own names, labels, groups and factors.
    """

    def one(row: int) -> Pixels:
        image = images.read(row, "rgb")
        edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        quarter = _quarter(image)
        kept = np.zeros(quarter.shape[:2], bool) if painted_over else _green(quarter)
        border = np.median(edge, axis=0).astype(np.uint8)
        return Whole(size)(np.where(kept[:, :, None], quarter, border))

    pixels = np.stack(in_order(one, range(len(images)), f"{images.name}: green insets alone"))
    table = images.table.drop(columns=["sha256", "height", "width"], errors="ignore")
    made = ImageSet.from_arrays(pixels, table, name=images.name, state=images.state)
    return dataclasses.replace(
        made, skipped=images.skipped, left_out=images.left_out, levels=images.levels
    )


def _quarter(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    return image[height // 2 :, : width // 2]


def _green(image: Pixels) -> npt.NDArray[np.bool_]:
    red, green, blue = np.moveaxis(image.astype(np.int16), 2, 0)
    return np.asarray(green - np.maximum(red, blue) >= MARGIN)
