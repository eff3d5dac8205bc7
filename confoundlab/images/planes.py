"""RGB and gray of a decoded picture, in one pass and in memory that is used again.

Serves the one pass over files. Memory that a program asks for anew is cleared page by page when it
is first touched, which takes longer than filling it: with fresh arrays for every image, reading a
file takes half as long again.
"""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa
from PIL import Image

from confoundlab.storage.compiled import compiled
from confoundlab.types import Pixels


class Memory(threading.local):
    """Two arrays a thread, for one image after another; as large as the largest of them."""

    def __init__(self) -> None:
        self._kept: dict[str, Pixels] = {}

    def take(self, name: str, n: int) -> Pixels:
        """Return n bytes, which are overwritten after the next call for this name."""
        kept = self._kept.get(name)
        if kept is None or len(kept) < n:
            kept = self._kept[name] = np.empty(n, np.uint8)
        return kept[:n]


def both(image: Image.Image, memory: Memory) -> tuple[Pixels, Pixels] | None:
    """Return RGB pixels of a loaded image (height, width, 3) and their luma (height, width, 1).

    Pillow keeps four bytes a pixel; Arrow's interface shows them where they are, and its own way to
    NumPy copies them twice. None where it cannot show them: the image is of another mode than RGB,
    has several million pixels, which lie in several blocks, or Pillow is older than 11.2. (Gray is
    left out because Pillow before 13 ends the process there.)
    """
    if image.mode != "RGB" or not hasattr(image, "__arrow_c_array__"):
        return None
    try:
        four = pa.array(image).values.to_numpy(zero_copy_only=True)
    except ValueError:  # several blocks
        return None
    n = image.width * image.height
    rgb, gray = memory.take("rgb", 3 * n), memory.take("gray", n)
    _split(four, rgb, gray)
    size = image.height, image.width
    return rgb.reshape(*size, 3), gray.reshape(*size, 1)


def luma(rgb: Pixels) -> Pixels:
    """Return ITU-R 601 luma of an image (height, width, 3) as Pillow rounds it, one channel."""
    gray = np.empty((*rgb.shape[:2], 1), np.uint8)
    _luma(rgb.reshape(-1), 3, gray.reshape(-1))
    return gray


@compiled()
def _split(four, rgb, gray):  # type: ignore[no-untyped-def]
    for pixel in range(len(gray)):
        for channel in range(3):
            rgb[3 * pixel + channel] = four[4 * pixel + channel]
    _luma(four, 4, gray)


@compiled()
def _luma(pixels, step, gray):  # type: ignore[no-untyped-def]
    for pixel in range(len(gray)):
        at = step * pixel
        total = np.uint32(pixels[at] * np.uint32(19595) + 0x8000)
        total = np.uint32(total + pixels[at + 1] * np.uint32(38470))
        gray[pixel] = np.uint32(total + pixels[at + 2] * np.uint32(7471)) >> np.uint32(16)
