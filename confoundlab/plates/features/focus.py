"""Focus of a site, from the width of its edges; serves Figure 2 of Venugopalan et al. (2019).

The paper scores focus with a net trained on blurred cells (Yang et al. 2018,
doi:10.1186/s12859-018-2087-4). Here the width of edges is measured: an image is smoothed a little
and a little more, and the sharper an edge was, the more of its gradient the second smoothing takes
(Zhuo and Sim 2011, doi:10.1016/j.patcog.2011.03.009). As a ratio at the same pixels this does not
depend on gain, offset, vignetting or the number of cells. What noise adds to both gradients is
known from its variance, and is taken off.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.stats import trim_mean

from confoundlab.errors import InputError
from confoundlab.types import Picture

# The two smoothings, in pixels: the first is wide enough to hold against shot noise.
FINE, COARSE = 1.5, 4.0
# Share of the pixels taken as edges: those that are steepest after the wider smoothing.
EDGES = 0.03
# A level that more pixels than this share have as their highest is a clipped one.
CLIPPED = 1e-3
# Edges near clipped cells are left out, unless what is left is fainter than this share of them.
_FAINT = 0.35
# The steepest pixels of noise alone have 1 + log(1 / EDGES) times its mean squared gradient, which
# is exponentially distributed; twice as much is an edge.
_ABOVE_NOISE = 2 * (1 + float(np.log(1 / EDGES)))
# Width at which the score is 1 / e, in pixels: about an eighth of a nucleus at 20 times.
SCALE = 4.0
# Kernel that smooth pictures hardly answer to, its response to white noise scaled to variance 1
# (Immerkaer 1996, doi:10.1006/cviu.1996.0060).
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
_TINY = float(np.finfo(np.float32).tiny)
_MAD = 0.6745  # median of |x| of a normal x of variance 1


def edge_width(image: npt.ArrayLike) -> float:
    """Return the width of a picture's edges: the Gaussian blur that would make them from steps.

    Parameters
    ----------
    image : array-like, shape (height, width)
        One channel, any unit; 32 pixels a side at least.

    Returns
    -------
    float
        Standard deviation in pixels, 0 to infinity; NaN where nothing stands out of the noise, as
        in a site without a cell. It follows defocus and is not exactly it: what is sharper than
        1.5 px comes out as about that, and objects smaller than the blur narrow it.

    Raises
    ------
    InputError
        Not one channel, too small, or with values that are missing.

    Notes
    -----
    An edge of width s has, after a smoothing by a, a squared gradient that goes as 1 / (s² + a²) at
    its middle. From the ratio r of the two smoothings, s² = (b² - r a²) / (r - 1). Clipped
    cells are left out; where nearly all are clipped, edges look sharper than they are.
    """
    picture = np.asarray(image, np.float32)
    if picture.ndim != 2 or min(picture.shape) < 32:
        raise InputError(
            f"Focus is measured on one channel of 32x32 pixels or more, not {picture.shape}."
        )
    if not np.isfinite(picture).all():
        raise InputError("The picture has values that are missing or infinite.")
    fine, coarse = _steepness(picture, FINE), _steepness(picture, COARSE)
    at = _edges(picture, coarse)
    noise = (np.median(np.abs(ndimage.convolve(picture, _NOISE))[at]) / _MAD) ** 2
    floor = noise * _noise_gain(COARSE)
    there = coarse[at] - floor
    if np.median(there) <= _ABOVE_NOISE * floor:
        return float("nan")
    shrunk = (fine[at] - noise * _noise_gain(FINE)) / np.maximum(there, _TINY)
    ratio = float(trim_mean(shrunk, 0.25))  # one bright cell does not speak for all
    if ratio <= 1:
        return float("inf")
    return float(np.sqrt(max(0.0, (COARSE**2 - ratio * FINE**2) / (ratio - 1))))


def focus_score(image: npt.ArrayLike) -> float:
    """Return how well a site is in focus: 1 for perfectly sharp edges, to 0 for none.

    Parameters
    ----------
    image : array-like, shape (height, width)
        As for `edge_width`.

    Returns
    -------
    float
        exp(-width / 4 px); NaN for a site with nothing to focus on. The order of scores means
        something across images of one magnification only.
    """
    return float(np.exp(-edge_width(image) / SCALE))


def _steepness(picture: Picture, smoothing: float) -> Picture:
    """Return squared gradients after a smoothing, shape of the picture."""
    down, across = (
        ndimage.gaussian_filter(picture, smoothing, order=order) for order in ((1, 0), (0, 1))
    )
    return np.asarray(down**2 + across**2, np.float32)


def _noise_gain(smoothing: float) -> float:
    """Return the mean squared gradient of smoothed white noise of variance 1."""
    return 1 / (4 * np.pi * smoothing**4)


def _edges(picture: Picture, steepness: Picture) -> npt.NDArray[np.bool_]:
    """Say which pixels are middles of edges, away from the frame and from clipped cells."""
    inside = np.zeros(picture.shape, bool)
    margin = int(2 * COARSE)
    inside[margin:-margin, margin:-margin] = True
    clipped = picture >= picture.max()
    if CLIPPED < clipped.mean() < 1:
        # a clipped slope looks shorter than it is
        free = inside & ~ndimage.maximum_filter(clipped, 2 * margin)
        if _steepest(steepness, free) > _FAINT * _steepest(steepness, inside):
            inside = free
    crest = steepness >= 0.5 * ndimage.maximum_filter(steepness, margin + 1)
    return np.asarray(inside & crest & (steepness >= _steepest(steepness, inside)), np.bool_)


def _steepest(steepness: Picture, where: npt.NDArray[np.bool_]) -> float:
    return float(np.quantile(steepness[where], 1 - EDGES)) if where.any() else 0.0
