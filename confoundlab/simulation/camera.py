"""The acquisition simulator: one camera for all twins, so that the truth about a leak is known.

    scene -> illumination -> blur -> sensor (gain, offset, fixed pattern, noise) -> gamma
          -> 8 bits -> file encoding

A session is one draw of the camera's settings. What differs between twins is the scene painter,
and how sessions are laid over the classes: one session a class (everything leaks), one session an
image (nothing can), or sessions crossed with classes (the remedy; section 4 of Dhar and Shamir
2021). Every component of a session has a dial. At zero the component is the same in all sessions,
so with all dials at zero the pixels carry nothing about the session: they are bit for bit the same
however sessions are laid out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import get_args

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

from confoundlab.catalog import Dataset, SessionLayout, Twin
from confoundlab.errors import InputError, one_of
from confoundlab.images.imageset import ImageSet
from confoundlab.simulation.canvas import Radiance
from confoundlab.simulation.painters import PAINTERS
from confoundlab.types import Indices, Pixels

# Streams of random numbers: a session's draw must not depend on the images, nor theirs on it. The
# third stream is the painters'.
_SESSION, _IMAGE, _, _LAYOUT = range(4)
FULL_WELL = 10_000  # electrons at white, typical of a scientific camera; sets the shot noise
GRAY_LEVEL = 1 / 255


@dataclass(frozen=True)
class Dials:
    """Strength of each component of a session: a factor on its spread, 0 = no difference.

    Parameters
    ----------
    level : float
        Lamp brightness; at 1 its logarithm has a spread (standard deviation) of 0.3.
    gradient : float
        Brightness slope over the field; at 1 a spread of 0.3 of the level along each axis.
    vignetting : float
        Loss of light in the corners; at 1 a spread of 0.2.
    blur : float
        Focus; at 1 the logarithm of the blur radius has a spread of 0.4.
    gain, offset : float
        Sensor; at 1 spreads of 0.1 (logarithm) and of one gray level.
    pattern : float
        The sensor's own fixed pattern; at 1 one gray level from pixel to pixel.
    noise : float
        Read noise; at 1 its logarithm has a spread of 0.5.
    gamma : float
        Tone curve; at 1 the logarithm of the exponent has a spread of 0.15.
    encoding : float
        JPEG; at 0 lossless, at 1 the quality varies between sessions from 90 downwards by 15.
    """

    level: float = 0.0
    gradient: float = 0.0
    vignetting: float = 0.0
    blur: float = 0.0
    gain: float = 0.0
    offset: float = 0.0
    pattern: float = 0.0
    noise: float = 0.0
    gamma: float = 0.0
    encoding: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not (np.isfinite(value) and value >= 0):
                raise InputError(f"Dial {name!r} is {value}; it must be zero or a positive number.")

    @classmethod
    def of(cls, settings: Mapping[str, float]) -> Dials:
        """Make dials from a mapping; an unknown name raises `InputError`."""
        for name in settings:
            one_of("dial", name, [field.name for field in fields(cls)])
        return cls(**settings)


@dataclass(frozen=True, eq=False)
class Camera:
    """The settings of one session. Brightness runs from 0 (black) to 1 (white)."""

    light: Radiance  # (height, width): what a white scene would send to the sensor
    blur: float  # standard deviation, pixels
    gain: float
    dark: Radiance  # (height, width): offset and fixed pattern
    read_noise: float
    gamma: float
    jpeg_quality: int | None

    @classmethod
    def draw(cls, dials: Dials, size: tuple[int, int], rng: np.random.Generator) -> Camera:
        """Draw a session's settings; all draws are made, whatever the dials say."""
        level, slope_y, slope_x, vignette, blur, gain, offset, noise, gamma, quality = (
            rng.standard_normal(10)
        )
        pattern = rng.standard_normal(size)
        y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
        gradient = 1 + dials.gradient * 0.3 * (slope_y * y + slope_x * x) / 2
        falloff = 1 - (0.1 + dials.vignetting * 0.2 * abs(vignette)) * (x**2 + y**2) / 2
        return cls(
            light=np.exp(dials.level * 0.3 * level) * np.clip(gradient * falloff, 0, None),
            blur=0.7 * np.exp(dials.blur * 0.4 * blur),
            gain=np.exp(dials.gain * 0.1 * gain),
            dark=GRAY_LEVEL * (4 + dials.offset * offset + dials.pattern * pattern),
            read_noise=2 * GRAY_LEVEL * np.exp(dials.noise * 0.5 * noise),
            gamma=np.exp(dials.gamma * 0.15 * gamma),
            jpeg_quality=(
                int(np.clip(90 - dials.encoding * 15 * abs(quality), 10, 95))
                if dials.encoding
                else None
            ),
        )

    def photograph(self, scene: Radiance, rng: np.random.Generator) -> Pixels:
        """Take one picture of a scene (height, width, channels) with values 0..1, as uint8."""
        lit = scene * self.light[:, :, None]
        sharp = gaussian_filter(lit, (self.blur, self.blur, 0), mode="nearest")
        # Shot noise of thousands of electrons is normal to good approximation.
        spread = np.sqrt(np.clip(sharp, 0, None) / FULL_WELL + self.read_noise**2)
        noisy = sharp + spread * rng.standard_normal(scene.shape)
        signal = np.clip(self.gain * noisy + self.dark[:, :, None], 0, 1)
        pixels = np.round(255 * signal**self.gamma).astype(np.uint8)
        return pixels if self.jpeg_quality is None else _through_jpeg(pixels, self.jpeg_quality)


def _through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file), dtype=np.uint8).reshape(pixels.shape)


def lay_sessions(
    labels: Indices, layout: SessionLayout, *, n_sessions: int = 6, seed: int = 0
) -> Indices:
    """Say in which session every image is taken.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Class of every image.
    layout : {"class", "image", "crossed", "twice"}
        One session a class; one an image; `n_sessions` sessions that each hold an equal share of
        every class, drawn at random; or two sessions a class, 2 c and 2 c + 1, each with half of
        its images, drawn at random.
    n_sessions, seed : int
        The number for "crossed", the seed for both kinds that draw.

    Returns
    -------
    ndarray of int, shape (n,)
        Session numbers from 0.
    """
    one_of("session layout", layout, get_args(SessionLayout))
    if layout == "class":
        return labels.copy()
    if layout == "image":
        return np.arange(len(labels))
    rng = np.random.default_rng([seed, _LAYOUT])
    sessions = np.empty_like(labels)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        if layout == "twice":
            sessions[rows] = 2 * label + np.arange(len(rows)) % 2
        else:
            sessions[rows] = np.arange(len(rows)) % n_sessions
    return sessions


def render(
    twin: Twin, labels: Indices, instances: Indices, sessions: Indices, seed: int = 0
) -> Pixels:
    """Photograph every image of a twin: uint8, shape (n, height, width, channels).

    Parameters
    ----------
    twin : Twin
        From the catalog.
    labels, instances, sessions : ndarray of int, shape (n,)
        Class, number of the image within its class, and session.
    seed : int
        Of scenes, cameras and noise.
    """
    return photograph(twin, paint(twin, labels, instances, seed), sessions, seed)


def paint(twin: Twin, labels: Indices, instances: Indices, seed: int = 0) -> Iterator[Radiance]:
    """Paint what the lamp would show of each image: (height, width, channels), 0..1; see `render`.

    Painting takes most of the time, so that scenes are kept where dials are turned.
    """
    pairs = zip(labels.tolist(), instances.tolist(), strict=True)
    return (PAINTERS[twin.scene](*pair, twin.size, twin.channels, seed) for pair in pairs)


def photograph(twin: Twin, scenes: Iterable[Radiance], sessions: Indices, seed: int = 0) -> Pixels:
    """Take a twin's scenes, a picture each, by the cameras of their sessions; see `render`."""
    dials = Dials.of(twin.dials)
    cameras = {
        session: Camera.draw(dials, twin.size, np.random.default_rng([seed, _SESSION, session]))
        for session in np.unique(sessions).tolist()
    }
    pixels = np.empty((len(sessions), *twin.size, twin.channels), np.uint8)
    pairs = zip(scenes, sessions.tolist(), strict=True)
    bar = tqdm(pairs, total=len(sessions), desc="simulating", delay=2, leave=False)
    for number, (scene, session) in enumerate(bar):
        rng = np.random.default_rng([seed, _IMAGE, number])
        pixels[number] = cameras[session].photograph(scene, rng)
    return pixels


def simulate(dataset: Dataset, sessions: SessionLayout | None = None, seed: int = 0) -> ImageSet:
    """Make the twin of a data set: its classes and counts, with known sessions.

    Parameters
    ----------
    dataset : Dataset
        From the catalog.
    sessions : {"class", "image", "crossed", "twice"}, optional
        See `lay_sessions`; the catalog's where it is not given.
    seed : int
        Of everything.

    Returns
    -------
    ImageSet
        State "simulated"; the column ``session`` holds the truth. Sessions of the layout "twice"
        have a column ``take`` too, first or second.
    """
    twin = dataset.twin
    labels = np.repeat(np.arange(len(twin.counts)), twin.counts)
    instances = np.concatenate([np.arange(count) for count in twin.counts])
    laid = lay_sessions(labels, sessions or twin.sessions, seed=seed)
    table = pd.DataFrame(
        [twin.row(*pair) for pair in zip(labels.tolist(), instances.tolist(), strict=True)]
    )
    table["session"] = [f"session{session:04d}" for session in laid]
    if (sessions or twin.sessions) == "twice":
        table["take"] = np.where(laid % 2, "second", "first")
    pixels = render(twin, labels, instances, laid, seed)
    return ImageSet.from_arrays(pixels, table, name=dataset.name, state="simulated")


def with_dials(dataset: Dataset, **dials: float) -> Dataset:
    """Return a data set whose twin's sessions differ as said only, under a name of its own.

    Parameters
    ----------
    dataset : Dataset
        Whose scenes, counts and layout of sessions are kept.
    **dials : float
        As in `Dials`; those that are not named are zero. Without any, nothing in the twin's
        pixels depends on the session.
    """
    words = ", ".join(f"{name} {value:g}" for name, value in dials.items()) or "all at zero"
    name = f"{dataset.name}, dials {words}"
    return replace(dataset, name=name, twin=replace(dataset.twin, dials=dials))
