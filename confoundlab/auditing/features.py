"""Views that hide the subject, fitted to the images at hand, and statistics of what they leave.

Serves the audit of anybody's images: a linear probe of these statistics sees in a second what a
session leaves in pixels (level, noise, sharpness, compression, a pattern of the sensor), each of
them in a family of columns, so that what carries a leak can be told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from confoundlab.croppers.crops import BlankestPatch, CentreBlackout, Then, Whole
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet, View
from confoundlab.types import Colour, Numbers, Pixels

# Of the shorter side: 21 of COIL's 128 pixels, as Dhar and Shamir (2021) cut them.
_SHARE = 0.16
_SMALLEST, _LARGEST = 4, 48  # pixels of a corner's side
_LONGEST = 256  # pixels of the frame's sides
_BLACK = 0.7  # of height and width
_RESIZED = 64  # pixels of what is shown with its centre black
_GREAT = 2**20  # pixels: of larger images no blankest patch is sought
_TILES = 6  # a side, of means over places
_GRID = 8  # pixels of a JPEG block
_CHUNK = 2**22  # numbers worked on at once
_COLOURED = 40  # images that are looked at for colour
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Corners:
    """The four corners, `side` pixels wide and high, laid together as one picture."""

    side: int
    is_control = True
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., 2 side, 2 side, channels)."""
        s = self.side
        if s < 1 or 2 * s > min(image.shape[-3:-1]):
            raise InputError(f"{self} do not fit {image.shape[-2]}x{image.shape[-3]} pixels.")
        rows = np.r_[0:s, image.shape[-3] - s : image.shape[-3]]
        columns = np.r_[0:s, image.shape[-2] - s : image.shape[-2]]
        return np.ascontiguousarray(image[..., rows, :, :][..., columns, :])

    def __str__(self) -> str:
        return f"four corners {self.side}x{self.side}"


@dataclass(frozen=True)
class Frame:
    """The border as four strips of `width` pixels: the middle `length` pixels of each side."""

    width: int
    length: int
    is_control = True
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., 4 width, length, channels): top, bottom, and left and right turned."""
        height, across = image.shape[-3:-1]
        shorter = min(height, across)
        if self.width < 1 or self.length > shorter or 2 * self.width > shorter:
            raise InputError(f"{self} does not fit {across}x{height} pixels.")
        top, left = (height - self.length) // 2, (across - self.length) // 2
        level = image[..., left : left + self.length, :]
        upright = np.swapaxes(image[..., top : top + self.length, :, :], -3, -2)
        strips = [
            level[..., : self.width, :, :],
            level[..., height - self.width :, :, :],
            upright[..., : self.width, :, :],
            upright[..., across - self.width :, :, :],
        ]
        return np.ascontiguousarray(np.concatenate(strips, axis=-3))

    def __str__(self) -> str:
        return f"frame {self.width} deep, {self.length} long"


def controls(height: int, width: int, largest: int) -> dict[str, View]:
    """Return controls by a short name, fitted to images of at least this size.

    They come in the order of how surely they hide a subject that lies in the middle.

    Parameters
    ----------
    height, width : int
        Of the lowest and of the narrowest image, in pixels.
    largest : int
        Pixels of the largest image.

    Raises
    ------
    InputError
        An image is too small to have corners.
    """
    shorter = min(height, width)
    if shorter < 4 * _SMALLEST:  # smaller, and corners would show the middle
        raise InputError(f"An image is {shorter} pixels wide or high; {4 * _SMALLEST} are needed.")
    side = int(np.clip(round(_SHARE * shorter), _SMALLEST, _LARGEST))
    patch: dict[str, View] = {"blankest patch": BlankestPatch(side, side)}
    return {
        "corners": Corners(side),
        **(patch if largest <= _GREAT else {}),
        "border": Frame(max(2, side // 2), min(shorter, _LONGEST)),
        "black centre": Then(CentreBlackout(_BLACK), Whole(min(_RESIZED, shorter))),
    }


def colour_of(images: ImageSet) -> Colour:
    """Return "rgb" if one of some images has colour, else "gray"."""
    rows = np.linspace(0, len(images) - 1, min(len(images), _COLOURED)).astype(int)
    shown = (images.read(int(row), "rgb") for row in rows)
    return "rgb" if any((one != one[..., :1]).any() for one in shown) else "gray"


def statistics(shown: Pixels) -> dict[str, Numbers]:
    """Return statistics of pictures, by the family that they belong to.

    Parameters
    ----------
    shown : ndarray of uint8, shape (n, height, width, channels)
        One channel or three, 2x2 pixels or more.

    Returns
    -------
    dict of str to ndarray, shape (n, d)
        ``level``: means of channels, percentiles, shares of black and white. ``noise and
        sharpness``: mean differences of pixels one, two and four apart, and of the Laplacian, over
        the spread and by themselves; shares of levels used and of flat neighbours. ``compression``:
        differences across each line of a grid of eight pixels, over their mean, and the share of
        even levels. ``pattern over the field``: means of 6x6 tiles, less the picture's mean.
    """
    size = max(1, _CHUNK // int(np.prod(shown.shape[1:])))
    parts = [_chunk(shown[at : at + size]) for at in range(0, len(shown), size)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _chunk(shown: Pixels) -> dict[str, Numbers]:
    n = len(shown)
    values = shown.astype(np.float32)
    gray = values.mean(axis=3)
    flat = gray.reshape(n, -1)
    mean = flat.mean(axis=1, keepdims=True)
    level = [
        values.mean(axis=(1, 2)),
        np.percentile(flat, (0, 5, 25, 50, 75, 95, 100), axis=1).T,
        (flat == 0).mean(axis=1, keepdims=True),
        (flat == 255).mean(axis=1, keepdims=True),
    ]
    steps = [_step(gray, axis, lag) for axis in (1, 2) for lag in (1, 2, 4)]
    spread = flat.std(axis=1, keepdims=True)
    fine = np.column_stack([*steps, _bend(gray), spread[:, 0]])
    flatness = _flatness(shown)
    even = (shown.reshape(n, -1) % 2 == 0).mean(axis=1)
    families = {
        "level": np.column_stack(level),
        "compression": np.column_stack([*(_grid(gray, axis) for axis in (1, 2)), even]),
        "noise and sharpness": np.column_stack(
            [fine, np.log1p(fine), fine[:, :-1] / (spread + 1), flatness]
        ),
        "pattern over the field": _tiles(gray) - mean,
    }
    return {name: found.astype(np.float64) for name, found in families.items()}


def _step(gray: Floats, axis: int, lag: int) -> Floats:
    """Return the mean distance of pixels so far apart, shape (n,); 0 where there are none."""
    size = gray.shape[axis]
    if size <= lag:
        return np.zeros(len(gray), np.float32)
    one, other = (np.take(gray, part, axis) for part in (range(lag, size), range(size - lag)))
    return np.asarray(np.abs(one - other).mean(axis=(1, 2)), np.float32)


def _bend(gray: Floats) -> Floats:
    """Return the mean size of the Laplacian, shape (n,); 0 where there is no inner pixel."""
    if min(gray.shape[1:]) < 3:
        return np.zeros(len(gray), np.float32)
    around = gray[:, :-2, 1:-1] + gray[:, 2:, 1:-1] + gray[:, 1:-1, :-2] + gray[:, 1:-1, 2:]
    return np.asarray(np.abs(4 * gray[:, 1:-1, 1:-1] - around).mean(axis=(1, 2)), np.float32)


def _grid(gray: Floats, axis: int) -> Floats:
    """Return mean steps across each of eight lines of a grid, over their mean, shape (n, 8)."""
    steps = np.abs(np.diff(gray, axis=axis)).mean(axis=3 - axis)
    where = np.arange(steps.shape[1]) % _GRID
    each = np.stack(
        [
            steps[:, where == line].mean(axis=1) if (where == line).any() else steps.mean(axis=1)
            for line in range(_GRID)
        ],
        axis=1,
    )
    return np.asarray(each / (each.mean(axis=1, keepdims=True) + 0.05), np.float32)


def _flatness(shown: Pixels) -> Floats:
    """Return the share of levels between the ends that are used, and of equal neighbours."""
    flat = shown.reshape(len(shown), -1)
    used = np.zeros((len(shown), 256), bool)
    np.put_along_axis(used, flat.astype(np.intp), True, axis=1)
    reach = flat.max(axis=1).astype(float) - flat.min(axis=1) + 1
    still = (np.diff(shown.astype(np.int16), axis=2) == 0).mean(axis=(1, 2, 3))
    return np.column_stack([used.sum(axis=1) / reach, still]).astype(np.float32)


def _tiles(gray: Floats) -> Floats:
    """Return means of tiles, shape (n, tiles)."""
    cuts = [
        np.unique(np.linspace(0, size, min(_TILES, size) + 1).astype(int))
        for size in gray.shape[1:]
    ]
    rows = np.add.reduceat(gray, cuts[0][:-1], axis=1) / np.diff(cuts[0])[None, :, None]
    both = np.add.reduceat(rows, cuts[1][:-1], axis=2) / np.diff(cuts[1])[None, None]
    return np.asarray(both.reshape(len(gray), -1), np.float32)
