"""Views: what the classifier is allowed to see. Pure functions of the pixels, named as stored.

A *control* hides the subject, so that an honest data set gives chance only: the blank corners of
Dhar and Shamir (2021, Tables 1, 3 and 4), the border ring. Views work on one image (height, width,
channels) and on stacks (..., height, width, channels) alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torchvision.transforms.v2 import functional as transforms

from confoundlab.decode import Pixels
from confoundlab.errors import InputError, one_of

Where = Literal["top-left", "top-right", "bottom-left", "bottom-right"]


def _fits(view: object, image: Pixels, height: int, width: int) -> None:
    if min(height, width) < 1 or height > image.shape[-3] or width > image.shape[-2]:
        raise InputError(
            f"{view} does not fit an image of {image.shape[-2]}x{image.shape[-3]} pixels."
        )


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
class Centre:
    """A crop from the middle: where the subject is, so not a control."""

    width: int
    height: int
    is_control = False

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
        channels_first = torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, -1, -3)))
        small = transforms.resize(channels_first, [self.size, self.size], antialias=True)
        return np.ascontiguousarray(np.moveaxis(small.numpy(), -3, -1))

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
