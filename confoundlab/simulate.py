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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

from confoundlab.catalog import Dataset, SessionLayout, Twin
from confoundlab.catalog.coil import coil_row
from confoundlab.decode import Pixels
from confoundlab.errors import InputError, one_of
from confoundlab.imageset import ImageSet, Indices

Radiance = npt.NDArray[np.float64]
# Streams of random numbers: a session's draw must not depend on the images, nor theirs on it.
_SESSION, _IMAGE, _OBJECT, _LAYOUT = range(4)
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
    def draw(cls, dials: Dials, size: int, rng: np.random.Generator) -> Camera:
        """Draw a session's settings; all draws are made, whatever the dials say."""
        level, slope_y, slope_x, vignette, blur, gain, offset, noise, gamma, quality = (
            rng.standard_normal(10)
        )
        pattern = rng.standard_normal((size, size))
        y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
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


def paint_turntable(number: int, angle: int, size: int, channels: int, seed: int) -> Radiance:
    """Paint object `number`, turned by `angle` degrees, before a dark background.

    The object is made of a few ellipsoids that turn about the vertical axis under a fixed lamp.
    It stays within 0.8 of the half-width of the picture, so that a corner crop of up to a sixth
    of the width holds background only.

    Returns
    -------
    ndarray, shape (size, size, channels)
        Radiance, 0..1; the background is 0.03.
    """
    rng = np.random.default_rng([seed, _OBJECT, number])
    parts = rng.integers(3, 7)
    centres = rng.uniform(-0.35, 0.35, (parts, 3))
    axes = rng.uniform(0.12, 0.35, (parts, 3))
    albedo = rng.uniform(0.2, 0.9, (parts, channels))
    turn = np.deg2rad(angle)
    rotation = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    lamp = np.array([-0.4, 0.5, 0.77])
    y, x = np.mgrid[1 : -1 : size * 1j, -1 : 1 : size * 1j]
    inside = np.hypot(x, y) < 0.8
    scene = np.full((size, size, channels), 0.03)
    nearest = np.full((size, size), -np.inf)
    for centre, axis, colour in zip(centres @ rotation.T, axes, albedo, strict=True):
        # The surface is p' form p = 1; along the line of sight z that is a quadratic equation.
        form = rotation @ np.diag(axis**-2.0) @ rotation.T
        dx, dy = x - centre[0], y - centre[1]
        half_b = form[0, 2] * dx + form[1, 2] * dy
        c = form[0, 0] * dx**2 + 2 * form[0, 1] * dx * dy + form[1, 1] * dy**2 - 1
        root = half_b**2 - form[2, 2] * c
        dz = (-half_b + np.sqrt(np.clip(root, 0, None))) / form[2, 2]
        seen = inside & (root > 0) & (centre[2] + dz > nearest)
        normal = np.stack([dx, dy, dz], axis=-1) @ form
        shade = np.clip(normal @ lamp / np.linalg.norm(normal, axis=-1), 0, None)
        scene[seen] = (0.15 + 0.85 * shade[seen, None]) * colour
        nearest[seen] = (centre[2] + dz)[seen]
    return scene


PAINTERS: dict[str, Callable[[int, int, int, int, int], Radiance]] = {"turntable": paint_turntable}


def lay_sessions(
    labels: Indices, layout: SessionLayout, *, n_sessions: int = 6, seed: int = 0
) -> Indices:
    """Say in which session every image is taken.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Class of every image.
    layout : {"class", "image", "crossed"}
        One session a class; one an image; or `n_sessions` sessions that each hold an equal share
        of every class, drawn at random.
    n_sessions, seed : int
        For "crossed" only.

    Returns
    -------
    ndarray of int, shape (n,)
        Session numbers from 0.
    """
    one_of("session layout", layout, ("class", "image", "crossed"))
    if layout == "class":
        return labels.copy()
    if layout == "image":
        return np.arange(len(labels))
    rng = np.random.default_rng([seed, _LAYOUT])
    sessions = np.empty_like(labels)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        sessions[rng.permutation(rows)] = np.arange(len(rows)) % n_sessions
    return sessions


def render(
    twin: Twin, labels: Indices, angles: Indices, sessions: Indices, seed: int = 0
) -> Pixels:
    """Photograph every image of a twin: uint8, shape (n, size, size, channels)."""
    dials, paint = Dials.of(twin.dials), PAINTERS[twin.scene]
    cameras = {
        session: Camera.draw(dials, twin.size, np.random.default_rng([seed, _SESSION, session]))
        for session in np.unique(sessions).tolist()
    }
    pixels = np.empty((len(labels), twin.size, twin.size, twin.channels), np.uint8)
    rows = zip(labels.tolist(), angles.tolist(), sessions.tolist(), strict=True)
    bar = tqdm(rows, total=len(labels), desc="simulating", delay=2, leave=False)
    for number, (label, angle, session) in enumerate(bar):
        scene = paint(label, angle, twin.size, twin.channels, seed)
        rng = np.random.default_rng([seed, _IMAGE, number])
        pixels[number] = cameras[session].photograph(scene, rng)
    return pixels


def simulate(dataset: Dataset, layout: SessionLayout = "class", seed: int = 0) -> ImageSet:
    """Make the twin of a data set: its classes, counts and sizes, with known sessions.

    Returns
    -------
    ImageSet
        State "simulated"; the column ``session`` holds the truth.
    """
    twin = dataset.twin
    labels = np.repeat(np.arange(twin.classes), len(twin.angles))
    angles = np.tile(np.array(twin.angles), twin.classes)
    sessions = lay_sessions(labels, layout, seed=seed)
    table = pd.DataFrame(
        [coil_row(int(label) + 1, int(angle)) for label, angle in zip(labels, angles, strict=True)]
    )
    table["image"] = [
        f"obj{label + 1}__{angle}" for label, angle in zip(labels, angles, strict=True)
    ]
    table["session"] = [f"session{session:04d}" for session in sessions]
    pixels = render(twin, labels, angles, sessions, seed)
    return ImageSet.from_arrays(pixels, table, name=dataset.name, state="simulated")
