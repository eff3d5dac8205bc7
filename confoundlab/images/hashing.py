"""Perceptual hashes, by which near copies are found, at a tenth of what Pillow takes to shrink.

Serves the one pass over files: a hash has to cost little beside the decoding. The 64 bits are those
of `imagehash.phash` (after Krawetz 2011): each says whether one low frequency of the image, shrunk
to 32x32, is above the median of them all. Shrinking is Pillow's Lanczos filter, in its own whole
numbers (``Resample.c``): coefficients of 22 bits, across first, each pass rounded to 8 bits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import fft

from confoundlab.types import Pixels

SIDE = 32  # pixels of the shrunk image
_LOW = 8  # frequencies a side
_BITS = 22
_LOBES = 3.0


def luma(rgb: Pixels) -> Pixels:
    """Return ITU-R 601 luma of an image (height, width, 3) as Pillow rounds it, one channel."""
    gray: Pixels = _luma(rgb.reshape(-1)).reshape(*rgb.shape[:2], 1)
    return gray


def shrunk(gray: Pixels) -> Pixels:
    """Shrink an image (height, width, 1) to 32x32 as Pillow's Lanczos does, shape (32, 32)."""
    plane = gray[:, :, 0]
    # Pillow, from 13 on, begins with the columns of such images
    tall = plane.shape[0] > max(SIDE, 2 * plane.shape[1] - SIDE)
    plane = np.ascontiguousarray(plane.T if tall else plane)
    height, width = plane.shape
    small: Pixels = _shrink(plane, *_weights(width), *_weights(height))
    return small.T if tall else small


def hashes(shrunk: Pixels) -> npt.NDArray[np.uint64]:
    """Return the hash of each shrunk image, shape (n, 32, 32) to (n,)."""
    across = fft.dct(fft.dct(shrunk.astype(np.float64), axis=1), axis=2)
    low = across[:, :_LOW, :_LOW].reshape(len(shrunk), _LOW * _LOW)
    above = low > np.median(low, axis=1, keepdims=True)
    return np.packbits(above, axis=1).view(np.uint64)[:, 0]


@lru_cache(maxsize=256)
def _weights(size: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Return the first pixel of each of 32 windows, and weights, shape (32, longest window)."""
    scale = size / SIDE
    wide = max(scale, 1.0)
    reach = _LOBES * wide
    longest = min(size, 2 * int(np.ceil(reach)) + 1)
    starts, whole = np.zeros(SIDE, np.intp), np.zeros((SIDE, longest), np.int32)
    for place in range(SIDE):
        centre = (place + 0.5) * scale
        first, end = max(0, int(centre - reach + 0.5)), min(size, int(centre + reach + 0.5))
        at = (np.arange(first, end) - centre + 0.5) / wide
        own = np.where(np.abs(at) <= _LOBES, np.sinc(at) * np.sinc(at / _LOBES), 0.0)
        own /= own.sum()
        starts[place] = min(first, size - longest)  # so that every window is inside
        at_start = first - starts[place]
        whole[place, at_start : at_start + len(own)] = np.trunc(
            own * 2**_BITS + np.copysign(0.5, own)
        )
    return starts, whole


@njit(nogil=True, cache=True)
def _luma(rgb):  # type: ignore[no-untyped-def]
    gray = np.empty(len(rgb) // 3, np.uint8)
    for pixel in range(len(gray)):
        total = np.uint32(rgb[3 * pixel] * np.uint32(19595) + 0x8000)
        total = np.uint32(total + rgb[3 * pixel + 1] * np.uint32(38470))
        gray[pixel] = np.uint32(total + rgb[3 * pixel + 2] * np.uint32(7471)) >> np.uint32(16)
    return gray


@njit(nogil=True, cache=True)
def _shrink(gray, left, across, top, down):  # type: ignore[no-untyped-def]
    rows = np.empty((gray.shape[0], SIDE), np.uint8)
    for y in range(gray.shape[0]):
        for x in range(SIDE):
            rows[y, x] = _summed(gray[y, left[x] : left[x] + across.shape[1]], across[x])
    small = np.empty((SIDE, SIDE), np.uint8)
    columns = rows.T.copy()
    for y in range(SIDE):
        for x in range(SIDE):
            small[y, x] = _summed(columns[x, top[y] : top[y] + down.shape[1]], down[y])
    return small


@njit(nogil=True, cache=True)
def _summed(window, weights):  # type: ignore[no-untyped-def]
    total = np.int32(1 << 21)
    for k in range(len(weights)):
        total = np.int32(total + np.int32(np.int32(window[k]) * weights[k]))
    return min(max(total >> 22, 0), 255)
