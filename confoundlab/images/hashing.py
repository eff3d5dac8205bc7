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
from scipy import fft

from confoundlab.storage.compiled import compiled
from confoundlab.types import Pixels

SIDE = 32  # pixels of the shrunk image
_LOW = 8  # frequencies a side
_BITS = 22
_LOBES = 3.0


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


@compiled()
def _shrink(gray, left, across, top, down):  # type: ignore[no-untyped-def]
    rows = _pass(gray, left, across)
    return _pass(rows.T.copy(), top, down).T.copy()


@compiled()
def _pass(lines, starts, weights):  # type: ignore[no-untyped-def]
    """Shrink each line; four at a time, because a weight is then fetched once for four pixels."""
    short = np.empty((lines.shape[0], SIDE), np.uint8)
    fours = lines.shape[0] // 4 * 4
    for y in range(0, fours, 4):
        for x in range(SIDE):
            start, end = starts[x], starts[x] + weights.shape[1]
            first, second = lines[y, start:end], lines[y + 1, start:end]
            third, fourth = lines[y + 2, start:end], lines[y + 3, start:end]
            own = weights[x]
            a = np.int32(1 << 21)
            b, c, d = a, a, a
            for k in range(len(own)):
                a = np.int32(a + np.int32(np.int32(first[k]) * own[k]))
                b = np.int32(b + np.int32(np.int32(second[k]) * own[k]))
                c = np.int32(c + np.int32(np.int32(third[k]) * own[k]))
                d = np.int32(d + np.int32(np.int32(fourth[k]) * own[k]))
            short[y, x], short[y + 1, x] = _rounded(a), _rounded(b)
            short[y + 2, x], short[y + 3, x] = _rounded(c), _rounded(d)
    for y in range(fours, lines.shape[0]):
        for x in range(SIDE):
            total = np.int32(1 << 21)
            for k in range(weights.shape[1]):
                total = np.int32(total + np.int32(lines[y, starts[x] + k] * weights[x, k]))
            short[y, x] = _rounded(total)
    return short


@compiled()
def _rounded(total):  # type: ignore[no-untyped-def]
    return min(max(total >> 22, 0), 255)
