"""Known blurs and other faults of a picture, to test measures of focus; serves Figure 2.

After Yang et al. (2018, doi:10.1186/s12859-018-2087-4), whose classifier was trained on pictures
that were blurred by known point-spread functions and then spoiled as cameras spoil them. Levels
here are those of the picture, whose background is its tenth percentile.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from scipy.signal import fftconvolve

from confoundlab.types import Picture

Fault = Callable[[Picture, np.random.Generator], Picture]


def gaussian_blur(picture: Picture, width: float) -> Picture:
    """Blur by a Gaussian of this standard deviation in pixels."""
    return np.asarray(ndimage.gaussian_filter(picture, width), np.float32)


def disc_blur(picture: Picture, width: float) -> Picture:
    """Blur by a disc, as geometry has it far from focus; width is its standard deviation in pixels.

    A disc of radius r has the standard deviation r / 2 along each axis.
    """
    if width == 0:
        return picture
    radius = 2 * width
    reach = int(np.ceil(radius)) + 1
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(down, across), 0, 1)
    padded = np.pad(picture, reach, mode="reflect")
    return np.asarray(fftconvolve(padded, disc / disc.sum(), mode="valid"), np.float32)


def _signal(picture: Picture) -> tuple[float, float]:
    """Return the level of the background, and how far the brightest half per cent lie above it."""
    low, high = np.quantile(picture, (0.1, 0.995))
    return float(low), float(high - low)


def shot_noise(photons: float) -> Fault:
    """Count photons: this many where the picture is brightest, with a read noise of two."""

    def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
        low, high = _signal(picture)
        counted = rng.poisson(np.clip((picture - low) / high, 0, None) * photons)
        return np.asarray(counted + rng.normal(0, 2, picture.shape), np.float32)

    return spoil


def read_noise(share: float) -> Fault:
    """Add noise of the same strength everywhere, as a share of the brightest signal."""

    def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
        noise = rng.normal(0, share * _signal(picture)[1], picture.shape)
        return np.asarray(picture + noise, np.float32)

    return spoil


def saturation(share: float) -> Fault:
    """Clip at this share of the brightest signal."""

    def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
        low, high = _signal(picture)
        return np.minimum(picture, np.float32(low + share * high))

    return spoil


def vignetting(loss: float) -> Fault:
    """Darken the corners by this share of their light, and less towards the centre."""

    def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
        down, across = (np.linspace(-1, 1, size) for size in picture.shape)
        light = 1 - loss * (down[:, None] ** 2 + across**2) / 2
        return np.asarray(picture * light, np.float32)

    return spoil


def eight_bits(gain: float, offset: float) -> Fault:
    """Store as uint8: this many times the signal's own range of 200 levels, on an offset."""

    def spoil(picture: Picture, rng: np.random.Generator) -> Picture:
        low, high = _signal(picture)
        return np.clip(np.round(offset + gain * 200 * (picture - low) / high), 0, 255).astype(
            np.float32
        )

    return spoil


FAULTS: dict[str, Fault] = {
    "as it is": lambda picture, rng: picture,
    "20 photons": shot_noise(20),
    "read noise 5%": read_noise(0.05),
    "clipped at a half": saturation(0.5),
    "corners at a half": vignetting(0.5),
    "8 bits, gain a half, offset 30": eight_bits(0.5, 30),
}
