"""Views: what the classifier is allowed to see. Pure functions of the pixels, named as stored.

A *control* hides the subject, so that an honest data set gives chance only: the blank corners of
Dhar and Shamir (2021, Tables 1, 3 and 4), the border ring. Views work on one image (height, width,
channels) and on stacks (..., height, width, channels) alike. Prepared arrays are kept under a
view's name, so the name says everything that the pixels depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from confoundlab.errors import InputError, one_of
from confoundlab.images.imageset import View
from confoundlab.types import Pixels

Where = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
_LARGEST_PATCH = 2**22  # pixels: more, and the whole numbers of its variance leave 64 bits


def _fits(view: object, image: Pixels, height: int, width: int) -> None:
    if min(height, width) < 1 or height > image.shape[-3] or width > image.shape[-2]:
        raise InputError(
            f"{view} does not fit an image of {image.shape[-2]}x{image.shape[-3]} pixels."
        )


@dataclass(frozen=True)
class AsIs:
    """The image as it is, under the name that results have: of patches that were cut before."""

    name: str = "as it is"
    is_control: bool = False

    def __call__(self, image: Pixels) -> Pixels:
        """Return the image."""
        return image

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Corner:
    """A crop from one corner; sizes in pixels, as width x height in the paper's tables."""

    where: Where
    width: int
    height: int
    is_control = True

    def __post_init__(self) -> None:
        one_of("corner", self.where, get_args(Where))

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., height, width, channels)."""
        _fits(self, image, self.height, self.width)
        rows = slice(self.height) if self.where.startswith("top") else slice(-self.height, None)
        columns = slice(self.width) if self.where.endswith("left") else slice(-self.width, None)
        return image[..., rows, columns, :]

    def __str__(self) -> str:
        return f"crop {self.width}x{self.height} {self.where}"


@dataclass(frozen=True)
class Box:
    """A crop from a given place, for example a forehead: skin, but no feature of the face.

    Its upper left pixel is (`left`, `top`), counted from 0; `name` says for the results what is
    there. It is a control where an honest classifier could not tell the classes.
    """

    left: int
    top: int
    width: int
    height: int
    name: str = ""
    is_control: bool = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., height, width, channels)."""
        if min(self.left, self.top) < 0:
            raise InputError(f"{self} begins outside the image; left and top count from 0.")
        _fits(self, image, self.height, self.width)
        _fits(self, image, self.top + self.height, self.left + self.width)
        rows = slice(self.top, self.top + self.height)
        return image[..., rows, self.left : self.left + self.width, :]

    def __str__(self) -> str:
        return f"crop {self.width}x{self.height} at {self.left},{self.top} {self.name}".rstrip()


@dataclass(frozen=True)
class Centre:
    """A crop from the middle: where the subject is, so not a control."""

    width: int
    height: int
    is_control = False
    mixes_places = True  # its corners are not those of the image

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., height, width, channels)."""
        _fits(self, image, self.height, self.width)
        top = (image.shape[-3] - self.height) // 2
        left = (image.shape[-2] - self.width) // 2
        return image[..., top : top + self.height, left : left + self.width, :]

    def __str__(self) -> str:
        return f"crop {self.width}x{self.height} centre"


@dataclass(frozen=True)
class BorderRing:
    """The outermost pixels; what lies further than `width` from the edge is black."""

    width: int
    is_control = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        _fits(self, image, 2 * self.width + 1, 2 * self.width + 1)
        ring = image.copy()
        ring[..., self.width : -self.width, self.width : -self.width, :] = 0
        return ring

    def __str__(self) -> str:
        return f"border ring {self.width}"


@dataclass(frozen=True)
class CentreBlackout:
    """The image with its middle black: Maguolo and Nanni (2021, doi:10.1016/j.inffus.2021.04.008).

    Without most of the lungs, nets still named the source of X-rays. `share` is that of the height
    and of the width, rounded to pixels. A control only where the rectangle covers the subject.
    """

    share: float
    is_control = True

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(f"{self}: the share must be above 0 and below 1.")

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        height, width = (round(side * self.share) for side in image.shape[-3:-1])
        top, left = (image.shape[-3] - height) // 2, (image.shape[-2] - width) // 2
        black = image.copy()
        black[..., top : top + height, left : left + width, :] = 0
        return black

    def __str__(self) -> str:
        return f"centre blackout {self.share}"


@dataclass(frozen=True)
class BlankestPatch:
    """The patch of each image that varies least: background, wherever it lies.

    The variance is that within channels, summed over them; of equal patches the first in reading
    order. It is computed in whole numbers, so flat patches tie exactly. Summed-area tables: Crow
    (1984, doi:10.1145/800031.808600).
    """

    width: int
    height: int
    is_control = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., height, width, channels)."""
        _fits(self, image, self.height, self.width)
        if self.width * self.height > _LARGEST_PATCH:
            raise InputError(f"{self}: a patch may have {_LARGEST_PATCH:,} pixels.")
        stack = image.reshape(-1, *image.shape[-3:])
        shape = (self.height, self.width, image.shape[-1])
        patches = np.empty((len(stack), *shape), np.uint8)
        for patch, one in zip(patches, stack, strict=True):
            top, left = self.place(one)
            patch[:] = one[top : top + self.height, left : left + self.width]
        return patches.reshape(*image.shape[:-3], *shape)

    def place(self, image: Pixels) -> tuple[int, int]:
        """Return top and left of the patch in one image (height, width, channels), in pixels."""
        values = image.astype(np.int64)
        n, sums, squares = self.width * self.height, self._sums(values), self._sums(values**2)
        spread = (n * squares - sums**2).sum(axis=2)  # n squared times the variance
        top, left = np.unravel_index(spread.argmin(), spread.shape)
        return int(top), int(left)

    def _sums(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Sum every window of the patch's size, shape (places down, places across, channels)."""
        table = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
        down = table[self.height :] - table[: -self.height]
        return np.asarray(down[:, self.width :] - down[:, : -self.width], np.int64)

    def __str__(self) -> str:
        return f"blankest patch {self.width}x{self.height}"


@dataclass(frozen=True)
class MeanColour:
    """The image's mean, rounded; `transforms.MeanLevel` repeats it over the whole image."""

    is_control = False
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., 1, 1, channels)."""
        _fits(self, image, 1, 1)
        return np.asarray(np.round(image.mean(axis=(-3, -2), keepdims=True)), np.uint8)

    def __str__(self) -> str:
        return "mean colour"


@dataclass(frozen=True)
class EightPixels:
    """The four corner pixels and the middles of the four sides, in reading order.

    Noyan (2022, arXiv:2206.04374): eight pixels of background name 49% of PlantVillage's images,
    of 38 classes. For probes: LeNet-5 needs 12x12.
    """

    is_control = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., 1, 8, channels)."""
        _fits(self, image, 1, 1)
        height, width = image.shape[-3:-1]
        rows = np.repeat([0, height // 2, height - 1], [3, 2, 3])
        columns = np.array([0, width // 2, width - 1])[[0, 1, 2, 0, 2, 0, 1, 2]]
        return image[..., rows, columns, :][..., None, :, :]

    def __str__(self) -> str:
        return "eight border pixels"


@dataclass(frozen=True)
class Then:
    """One view of another: first the one, then the other.

    It is a control if the first is: what is hidden stays hidden. It is one, too, if the second is
    a control and the first left every pixel about where it was; the corner of a spectrum, or of
    shuffled tiles, may hold the subject. Views that move pixels say ``mixes_places = True``.
    """

    first: View
    second: View

    @property
    def is_control(self) -> bool:
        """Whether the subject is hidden."""
        kept = not getattr(self.first, "mixes_places", False)
        return self.first.is_control or (self.second.is_control and kept)

    @property
    def mixes_places(self) -> bool:
        """Whether what is shown at one place may come from another."""
        return any(getattr(view, "mixes_places", False) for view in (self.first, self.second))

    def __call__(self, image: Pixels) -> Pixels:
        """Return what the second view shows of the first."""
        return self.second(self.first(image))

    def __str__(self) -> str:
        return f"{self.first}, then {self.second}"


@dataclass(frozen=True)
class Whole:
    """The whole image, resized to a square: bilinear with antialiasing, as in torchvision.

    The papers do not say to what size originals were resized. 32 pixels is the input for which
    LeNet-5 was designed (LeCun et al. 1998, doi:10.1109/5.726791).
    """

    size: int = 32
    is_control = False

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., size, size, channels)."""
        _fits(self, image, 1, 1)
        if self.size < 1:
            raise InputError(f"{self} has no pixels.")
        import torch  # here, so that the other croppers come without it
        from torch.nn.functional import interpolate

        # channels stay last in memory: PyTorch reads them so as well, at a seventh of the time
        stack = torch.from_numpy(np.ascontiguousarray(image).reshape(-1, *image.shape[-3:]))
        small = interpolate(
            stack.movedim(-1, -3), (self.size, self.size), mode="bilinear", antialias=True
        )
        shape = (*image.shape[:-3], self.size, self.size, image.shape[-1])
        return np.ascontiguousarray(small.movedim(-3, -1).numpy()).reshape(shape)

    def __str__(self) -> str:
        return f"whole image {self.size}x{self.size}"


def stretch(images: Pixels) -> Pixels:
    """Stretch each image's own range to 0..255, so that the eye sees what the net sees.

    A constant image becomes black. For looking only: it removes levels, which are part of a leak.
    """
    axes = (-3, -2, -1)
    values = images.astype(float)  # 8-bit arithmetic would wrap
    low, high = values.min(axes, keepdims=True), values.max(axes, keepdims=True)
    stretched = np.round(255 * (values - low) / np.where(high > low, high - low, 1))
    return np.asarray(stretched, np.uint8)
