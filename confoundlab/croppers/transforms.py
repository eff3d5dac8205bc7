"""What carries the leak: images with one kind of information left, so that one net trains on all.

`LADDER` takes a crop apart, from everything down to one level a channel. The later transforms of
Shamir's group (Erukude, Joshi and Shamir 2024, doi:10.3390/computers13120341) are here as their
published code computes them, and corrected. None hides the subject by itself; after a crop of the
background (`Then(crop, transform)`) they are controls. Each works on channels apart, where the
published code made gray images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pywt
from scipy import fft
from scipy.ndimage import gaussian_filter, median_filter

from confoundlab.croppers.crops import MeanColour
from confoundlab.errors import InputError
from confoundlab.images.imageset import View
from confoundlab.types import Pixels

_PLANE = (-3, -2)  # the axes of height and width
# Of whole numbers, a Fourier sum that should be zero comes out around 1e-10.
_ZERO = 1e-3


def _rounded(values: npt.NDArray[np.float64]) -> Pixels:
    return np.asarray(np.round(np.clip(values, 0, 255)), np.uint8)


@dataclass(frozen=True)
class MeanLevel:
    """Every pixel is the image's mean, rounded: the level of each channel and nothing else."""

    is_control = False
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        return np.broadcast_to(MeanColour()(image), image.shape).copy()

    def __str__(self) -> str:
        return "mean level"


@dataclass(frozen=True)
class Normalised:
    """Each image with mean 128 and standard deviation 32, each channel, rounded and cut to 0..255.

    The usual remedy against differences of brightness and contrast. Four standard deviations fit
    into 8 bits. A channel of one flat value becomes 128. What is neither level nor contrast stays:
    blur, the pattern of a sensor, the spectrum of its noise.
    """

    is_control = False
    mixes_places = True  # a bright subject darkens the background

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        values = image.astype(float)
        centred = values - values.mean(axis=_PLANE, keepdims=True)  # exactly 0 where flat
        spread = np.sqrt((centred * centred).mean(axis=_PLANE, keepdims=True))
        return _rounded(128 + 32 * (centred / np.where(spread == 0, 1, spread)))

    def __str__(self) -> str:
        return "normalised to mean 128, sd 32"


@dataclass(frozen=True)
class SortedPixels:
    """The histogram without the places: pixels sorted by value in reading order, each channel."""

    is_control = False
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        height, width, channels = image.shape[-3:]
        listed = image.reshape(*image.shape[:-3], height * width, channels)
        return np.sort(listed, axis=-2).reshape(image.shape)

    def __str__(self) -> str:
        return "sorted pixels"


@dataclass(frozen=True)
class LowFrequencies:
    """What a Gaussian blur leaves: shading. `sigma` in pixels; the edge's pixels are repeated."""

    sigma: float
    is_control = False
    mixes_places = True  # as far as four sigma

    def __post_init__(self) -> None:
        _positive(self, self.sigma)

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        return _rounded(_blurred(image, self.sigma))

    def __str__(self) -> str:
        return f"low frequencies, sigma {self.sigma}"


@dataclass(frozen=True)
class HighFrequencies:
    """What a Gaussian blur takes away: texture and noise, around a gray of 128.

    The image minus its blur, plus 128, rounded; what leaves 0..255 is cut off there.
    """

    sigma: float
    is_control = False
    mixes_places = True

    def __post_init__(self) -> None:
        _positive(self, self.sigma)

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        return _rounded(image - _blurred(image, self.sigma) + 128)

    def __str__(self) -> str:
        return f"high frequencies, sigma {self.sigma}"


def _positive(view: object, sigma: float) -> None:
    if not (np.isfinite(sigma) and sigma > 0):
        raise InputError(f"{view}: sigma must be a number of pixels above 0.")


def _blurred(image: Pixels, sigma: float) -> npt.NDArray[np.float64]:
    blurred = gaussian_filter(image.astype(float), sigma, mode="nearest", axes=_PLANE)
    return np.asarray(blurred, float)


# Words and transform of a crop; None is the crop as it is. 2 pixels: a 20x20 crop keeps its shading
# on the one side and its grain on the other.
LADDER: tuple[tuple[str, View | None], ...] = (
    ("the full crop", None),
    ("low frequencies only", LowFrequencies(2)),
    ("high frequencies only", HighFrequencies(2)),
    ("the histogram without the places", SortedPixels()),
    ("the mean level", MeanLevel()),
)


@dataclass(frozen=True)
class FourierMagnitude:
    """The logarithm of the Fourier magnitude, the zero frequency in the middle.

    Parameters
    ----------
    published : bool
        As the code of Erukude, Joshi and Shamir (2024) computes it: 20 log(magnitude), stretched
        to 0..255 by the image's own range. That range differs between sessions, and depends on the
        smallest magnitude: the logarithm of a zero is minus infinity, and OpenCV's `normalize`
        then makes the whole image black, as here (a magnitude below 0.001 counts as zero).
        False: log(1 + magnitude), scaled by the largest that an 8-bit image of that size can have.
    """

    published: bool = False
    is_control = False
    mixes_places = True

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        spectrum = fft.fft2(image.astype(float), axes=_PLANE)
        magnitude = np.abs(fft.fftshift(spectrum, axes=_PLANE))
        if not self.published:
            largest = 255 * image.shape[-3] * image.shape[-2]  # all white, at frequency zero
            return _rounded(255 * np.log1p(magnitude) / np.log1p(largest))
        low, high = (end(magnitude, axis=_PLANE, keepdims=True) for end in (np.min, np.max))
        decibels, floor, top = (
            20 * np.log(np.maximum(part, _ZERO)) for part in (magnitude, low, high)
        )
        stretched = (decibels - floor) / np.where(top > floor, top - floor, 1)
        return _rounded(np.where(low < _ZERO, 0, 255 * stretched))

    def __str__(self) -> str:
        return "Fourier magnitude" + _as_published(self.published)


@dataclass(frozen=True)
class HaarApproximation:
    """The approximation of a Haar wavelet transform of one level (PyWavelets), half the size.

    Its values are twice the means of 2x2 pixels, 0..510; an odd last row or column is doubled.

    Parameters
    ----------
    published : bool
        As the code of Erukude, Joshi and Shamir (2024) writes it: cast to 8 bits, so that all above
        255 wraps round to dark. C leaves such a cast open (x86 wraps, ARM stops at 255); here it
        wraps everywhere. False: the means, rounded.
    """

    published: bool = False
    is_control = False

    def __call__(self, image: Pixels) -> Pixels:
        """Return (..., height / 2, width / 2, channels), rounded up."""
        approximation = pywt.dwt2(image, "haar", axes=_PLANE)[0]
        if self.published:
            return np.asarray(approximation.astype(np.int64) % 256, np.uint8)
        sums = np.round(2 * approximation)  # of four pixels, whole numbers again
        return _rounded(sums / 4)

    def __str__(self) -> str:
        return "Haar approximation" + _as_published(self.published)


def _as_published(published: bool) -> str:
    return " as published" if published else ""


@dataclass(frozen=True)
class Median:
    """The median of the `size` x `size` pixels around each; the edge's pixels are repeated.

    Erukude, Joshi and Shamir (2024) took 5, with OpenCV's `medianBlur`.
    """

    size: int = 5
    is_control = False

    def __post_init__(self) -> None:
        if self.size < 1 or self.size % 2 == 0:
            raise InputError(
                f"{self}: the size must be odd, so that there is a pixel in the middle."
            )

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape."""
        filtered = median_filter(image, self.size, mode="nearest", axes=_PLANE)
        return np.asarray(filtered, np.uint8)

    def __str__(self) -> str:
        return f"{self.size}x{self.size} median"


@dataclass(frozen=True)
class TileShuffle:
    """Tiles of the image in another order, the same for all images.

    The published code draws a new order for each image; one order for all keeps places comparable,
    so that a leak that is fixed to a place is still there.

    Parameters
    ----------
    tiles : int
        Along each side, 2 or more. Where the side is no multiple, the last columns and rows are
        cut off: tiles of unequal size could not change places.
    seed : int
        Of the order.
    """

    tiles: int
    seed: int = 0
    is_control = False
    mixes_places = True

    def __post_init__(self) -> None:
        if self.tiles < 2 or self.seed < 0:
            raise InputError(f"{self}: at least 2 tiles a side, and a seed that is not negative.")

    def __call__(self, image: Pixels) -> Pixels:
        """Return an image of the same shape, or of the largest that `tiles` divides."""
        n, (height, width, channels) = self.tiles, image.shape[-3:]
        tall, wide = height // n, width // n
        if min(tall, wide) < 1:
            raise InputError(f"{self}: an image of {width}x{height} pixels has too few.")
        cut = image[..., : n * tall, : n * wide, :]
        grid = cut.reshape(-1, n, tall, n, wide, channels).swapaxes(2, 3)
        order = np.random.default_rng(self.seed).permutation(n * n)
        shuffled = grid.reshape(-1, n * n, tall, wide, channels)[:, order]
        back = shuffled.reshape(-1, n, n, tall, wide, channels).swapaxes(2, 3)
        return back.reshape(cut.shape)

    def __str__(self) -> str:
        return f"{self.tiles}x{self.tiles} tiles shuffled, seed {self.seed}"
