"""What plates, laboratories and the microscope do to pictures of cells: a dial for each.

Serves the claim that nuisance is strong enough to fool a model: here its truth is known. A
setting is drawn from the number of its batch, plate or well, so that a site has the same settings
in any order and in any part of a set. At zero a dial has no effect at all: with all of them at
zero pixels are bit for bit the same wherever a site lies, and whoever's cells it holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import gaussian_filter

from confoundlab.errors import InputError
from confoundlab.plates.simulator.layout import COLUMNS, LABORATORIES, ROWS
from confoundlab.types import Numbers, Pixels, Scene

N_CHANNELS = 5
# Streams of random numbers, beside those of `layout` (20) and `plateset` (30 and above).
_BATCH, _DRIFT, _SIGNS, _WELL, _FOCUS = range(21, 26)
SIDE = dict(zip(LABORATORIES, (1.0, -1.0), strict=True))  # they differ in opposite directions
BLACK = 6 / 255  # the camera's offset
FULL_WELL = 2000  # electrons at white: sets the shot noise
READ_NOISE = 2 / 255
FALL = 5.0  # pixels of blur at the corner of a plate, focus dial at 1
STACK_STEP, STACK_PLANES = 1.0, 6  # of a z-stack: planes on each side, in pixels of blur


@dataclass(frozen=True)
class PlateDials:
    """Strength of each nuisance, and of the truth; 0 = absent, 1 = as stated.

    Gains are logarithms; "a spread" is a standard deviation over independent draws.

    Parameters
    ----------
    batch_gain, batch_offset : float
        A batch's stains: gain of each channel, a spread of 0.2; offset, a spread of 3 gray levels.
    plate_drift : float
        Gain of each channel walks from plate to plate of a batch, in steps with a spread of 0.05.
    row_gradient, column_gradient : float
        Gain rises or falls by 0.6 from the first row (column) to the last, in a direction of each
        channel's own, the same on all plates.
    edge : float
        Gain of all channels is 0.2 more in the outermost wells, where stain dries up.
    focus : float
        Defocus grows with the square of the distance from the plate's centre, to a blur of 5
        pixels in the corners, give or take 0.5 a site. A z-stack leaves at most half a pixel.
    laboratory : float
        Lines of the two laboratories differ in looks: gains by 0.3 in a direction of each
        channel's own, size of the body by 0.1, of the mitochondrial network by 0.3.
    line : float
        Each line's own looks: nucleus, body, nucleoli, Golgi, mitochondria, spreads of 0.05
        to 0.1.
    well : float
        Each well's own gain in each channel, a spread of 0.05, and density, a spread of 0.15.
    density : float
        Logarithm of the number of cells: 0.3 more with the disease, 0.3 less without.
    phenotype : float
        The truth: with the disease mitochondria are dimmer by 0.3 and finer by 0.2, nuclei longer
        by 0.15 and nucleoli dimmer by 0.2.
    """

    batch_gain: float = 0.0
    batch_offset: float = 0.0
    plate_drift: float = 0.0
    row_gradient: float = 0.0
    column_gradient: float = 0.0
    edge: float = 0.0
    focus: float = 0.0
    laboratory: float = 0.0
    line: float = 0.0
    well: float = 0.0
    density: float = 0.0
    phenotype: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"Dial {name!r} is {value}; it must be zero or a positive number.")

    def turned(self, **dials: float) -> PlateDials:
        """Return the dials with some of them turned."""
        return replace(self, **dials)


def gains(sites: pd.DataFrame, dials: PlateDials, seed: int) -> Numbers:
    """Return the logarithm of each channel's gain at every site, shape (n, 5)."""
    signs = np.random.default_rng([seed, _SIGNS]).choice((-1.0, 1.0), (3, N_CHANNELS))
    row = sites["row"].to_numpy() / (len(ROWS) - 1) - 0.5
    column = sites["column"].to_numpy() / (COLUMNS - 1) - 0.5
    side = sites["laboratory"].map(SIDE).to_numpy(float)
    total = dials.row_gradient * 0.6 * np.outer(row, signs[0])
    total += dials.column_gradient * 0.6 * np.outer(column, signs[1])
    total += dials.laboratory * 0.15 * np.outer(side, signs[2])
    total += dials.edge * 0.2 * on_edge(sites)[:, None]
    total += dials.batch_gain * 0.2 * _batch(sites, seed)[:, 0]
    total += dials.plate_drift * 0.05 * _drift(sites, seed)
    total += dials.well * 0.05 * of_well(sites, seed)[:, 1:]
    return np.asarray(total)


def offsets(sites: pd.DataFrame, dials: PlateDials, seed: int) -> Numbers:
    """Return what each channel's camera adds at every site, 0..1, shape (n, 5)."""
    return np.asarray(BLACK + dials.batch_offset * 3 / 255 * _batch(sites, seed)[:, 1])


def blurs(sites: pd.DataFrame, dials: PlateDials, seed: int, *, z_stack: bool) -> Numbers:
    """Return the standard deviation of the blur by defocus at every site, pixels, shape (n,)."""
    jitter = _drawn(sites["sample"], lambda key: _rng(seed, _FOCUS, key).standard_normal())
    depth = dials.focus * (FALL * from_centre(sites) ** 2 + 0.5 * jitter)
    if z_stack:
        nearest = np.clip(np.round(depth / STACK_STEP), -STACK_PLANES, STACK_PLANES)
        depth = depth - STACK_STEP * nearest
    return np.abs(depth)


def expose(
    scene: Scene, gain: Numbers, offset: Numbers, blur: float, rng: np.random.Generator
) -> Pixels:
    """Take the picture of a site.

    Parameters
    ----------
    scene : ndarray of float32, shape (5, size, size)
        Radiance, from `cells.paint_site`.
    gain, offset : ndarray, shape (5,)
        Logarithm of the gain; what is added, 0..1.
    blur : float
        Pixels, see `blurs`.
    rng : Generator
        Of the sensor's noise.

    Returns
    -------
    ndarray of uint8, shape (size, size, 5)
    """
    if blur > 0.2:  # less moves no light to the next pixel
        scene = gaussian_filter(scene, (0, blur, blur), mode="nearest", truncate=3)
    light = scene * np.exp(gain).astype(np.float32)[:, None, None]
    noise = rng.standard_normal(scene.shape, dtype=np.float32)
    noise *= np.sqrt(light / FULL_WELL + np.float32(READ_NOISE**2))
    light += noise
    light += offset.astype(np.float32)[:, None, None]
    levels = np.clip(255 * light + np.float32(0.5), 0, 255, out=light).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(1, 2, 0))


def from_centre(sites: pd.DataFrame) -> Numbers:
    """Return the distance of a well from its plate's centre, 0..1 (a corner), shape (n,)."""
    middle = (len(ROWS) - 1) / 2, (COLUMNS - 1) / 2
    away = np.hypot(sites["row"] - middle[0], sites["column"] - middle[1])
    return np.asarray(away / np.hypot(*middle), float)


def on_edge(sites: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Say which sites lie in a plate's outermost wells, shape (n,)."""
    return np.asarray(
        sites["row"].isin((0, len(ROWS) - 1)) | sites["column"].isin((0, COLUMNS - 1)), bool
    )


def of_well(sites: pd.DataFrame, seed: int) -> Numbers:
    """Return a well's own draws, standard normal: density, then five gains; shape (n, 6)."""

    def draw(well_id: str) -> Numbers:
        return _rng(seed, _WELL, well_id).standard_normal(1 + N_CHANNELS)

    return _drawn(sites["well_id"], draw)


def _batch(sites: pd.DataFrame, seed: int) -> Numbers:
    """Return a batch's own draws, standard normal: gains and offsets; shape (n, 2, 5)."""

    def draw(batch: str) -> Numbers:
        return _rng(seed, _BATCH, batch).standard_normal((2, N_CHANNELS))

    return _drawn(sites["batch"], draw)


def _drift(sites: pd.DataFrame, seed: int) -> Numbers:
    """Return a random walk over the plates of each batch, shape (n, 5)."""

    def walk(plate: str) -> Numbers:
        batch, number = plate.split("p")
        steps = _rng(seed, _DRIFT, batch).standard_normal((int(number), N_CHANNELS))
        return np.asarray(steps.sum(axis=0))

    return _drawn(sites["plate"], walk)


def _rng(seed: int, stream: int, key: str | int) -> np.random.Generator:
    """Return random numbers of something that has a name, the same in any set."""
    return np.random.default_rng([seed, stream, *str(key).encode()])


def _drawn(keys: pd.Series, draw: Callable[..., Numbers | float]) -> Numbers:
    """Draw once for each key and return the draws of all rows, shape (n, ...)."""
    codes, names = pd.factorize(keys)
    drawn = np.array([np.asarray(draw(name), float) for name in names])
    return np.asarray(drawn[codes])
