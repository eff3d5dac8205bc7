"""A task for one student: images with a hidden confound, all of it drawn from a seed.

Specimens of four classes lie on one printed sheet, the same in every picture, and are photographed
in sessions. What differs between sessions is one component of the camera, or nothing; how sessions
lie over classes is drawn as well. The settings of sessions are spread evenly and dealt at random,
so that no seed is harder by bad luck of the draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from confoundlab.croppers.crops import Corner
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet
from confoundlab.simulation.camera import GRAY_LEVEL, Camera, Dials
from confoundlab.simulation.canvas import Radiance, stain
from confoundlab.storage.files import text_digest
from confoundlab.types import Indices

Component = Literal["level", "noise", "blur", "pattern", "gamma", "none"]
Design = Literal["aliased", "partly", "crossed"]
HonestSplit = Literal["session", "random", "none"]

SIDE = 64  # pixels
CLASSES = ("birch", "elm", "oak", "pine")
EACH = 60  # images of a class
BLANK = Corner("top-left", 20, 20)  # the specimen reaches no corner
# Weakest and strongest setting, in the units of `camera.Dials`: found by our own tools, and not
# to be missed by LeNet-5 on 192 crops. The weakest is no caricature of a session.
STRENGTHS: dict[Component, tuple[float, float]] = {
    "level": (0.5, 1.0),
    "noise": (2.8, 3.2),
    "blur": (1.2, 1.6),
    "pattern": (4.0, 8.0),
    "gamma": (1.0, 1.8),
    "none": (0.0, 0.0),
}
_EDGE = 1.5  # standard deviations from the middle of the settings to their ends
_SCENE, _CAMERA, _IMAGE, _DEAL = range(4)  # streams of random numbers


@dataclass(frozen=True)
class Assignment:
    """What was planted.

    Parameters
    ----------
    key : int
        Of all random numbers.
    component : str
        What differs between sessions.
    strength : float
        How much, in the units of `camera.Dials`.
    design : {"aliased", "partly", "crossed"}
        Whether every session, some sessions or no session hold one class only.
    own : int
        Sessions of a class that shares none.
    """

    key: int
    component: Component
    strength: float
    design: Design
    own: int

    @classmethod
    def drawn(cls, seed: int, secret: str = "", attempt: int = 0) -> Assignment:
        """Draw a task; another secret or attempt gives another one.

        Raises
        ------
        InputError
            A negative seed.
        """
        if seed < 0:
            raise InputError(f"A seed is 0 or more, not {seed}.")
        key = int(text_digest("confoundlab exercise", str(seed), secret, str(attempt))[:16], 16)
        rng = np.random.default_rng(key)
        component: Component = rng.choice(get_args(Component)).item()
        design: Design = rng.choice(get_args(Design)).item()
        strength = round(float(rng.uniform(*STRENGTHS[component])), 2)
        own = int(rng.integers(1, 3)) if design == "aliased" else 2
        return cls(key, component, strength, design, own)

    @property
    def leaks(self) -> bool:
        """Whether a blank corner tells the class."""
        return self.component != "none" and self.design != "crossed"

    @property
    def honest(self) -> tuple[HonestSplit, ...]:
        """The splits by which an accuracy may be believed, the best first."""
        if self.design == "crossed":
            return "session", "random"
        return ("none",) if self.own == 1 else ("session",)

    @cached_property
    def images(self) -> ImageSet:
        """The images, state simulated, in random order; the table has the session."""
        deal = np.random.default_rng([self.key, _DEAL])
        labels = np.repeat(np.arange(len(CLASSES)), EACH)
        sessions = _lay(labels, self.design, self.own, deal)
        order = deal.permutation(len(labels))
        labels, sessions = labels[order], sessions[order]
        names = deal.permutation(list("ABCDEFGHJKLMNPQRSTUVWXYZ"))  # I and O look like digits
        table = pd.DataFrame(
            {
                "image": [f"image{number:03d}" for number in range(len(labels))],
                "label": np.array(CLASSES)[labels],
                "session": names[sessions],
            }
        )
        cameras = self._cameras(int(sessions.max()) + 1, deal)
        sheet = _sheet(np.random.default_rng([self.key, _SCENE]))
        taken = []
        for number, (label, session) in enumerate(
            zip(labels.tolist(), sessions.tolist(), strict=True)
        ):
            rng = np.random.default_rng([self.key, _IMAGE, number])
            taken.append(cameras[session].photograph(_with_specimen(sheet, label, rng), rng))
        return ImageSet.from_arrays(np.stack(taken), table, name="exercise", state="simulated")

    def _cameras(self, n: int, deal: np.random.Generator) -> list[Camera]:
        plain = Camera.draw(Dials(), (SIDE, SIDE), np.random.default_rng([self.key, _CAMERA]))
        settings = self.strength * deal.permutation(np.linspace(-_EDGE, _EDGE, n))
        patterns = deal.standard_normal((n, SIDE, SIDE))

        def camera(setting: float, pattern: Radiance) -> Camera:
            match self.component:  # spreads as `Dials` has them
                case "level":
                    return replace(plain, light=plain.light * np.exp(0.3 * setting))
                case "noise":
                    return replace(plain, read_noise=plain.read_noise * np.exp(0.5 * setting))
                case "blur":
                    return replace(plain, blur=plain.blur * np.exp(0.4 * setting))
                case "gamma":
                    return replace(plain, gamma=plain.gamma * np.exp(0.15 * setting))
                case "pattern":
                    return replace(plain, dark=plain.dark + GRAY_LEVEL * self.strength * pattern)
                case "none":
                    return plain

        return [camera(*pair) for pair in zip(settings.tolist(), patterns, strict=True)]


def _lay(labels: Indices, design: Design, own: int, rng: np.random.Generator) -> Indices:
    """Say in which session every image is taken, numbers from 0."""
    n_classes = int(labels.max()) + 1
    sharing = {"aliased": 0, "partly": 2, "crossed": n_classes}[design]
    shared = rng.permutation(n_classes)[:sharing]
    sessions = np.empty_like(labels)
    first = 4 if sharing else 0  # four sessions are shared, where any are
    for label in range(n_classes):
        rows = rng.permutation(np.flatnonzero(labels == label))
        if label in shared:
            sessions[rows] = np.arange(len(rows)) % 4
        else:
            sessions[rows] = first + np.arange(len(rows)) % own
            first += own
    return sessions


def _sheet(rng: np.random.Generator) -> Radiance:
    """Print a sheet of blotches from dark to light, shape (side, side, 1)."""
    blotches = gaussian_filter(rng.standard_normal((SIDE, SIDE)), 0.9)
    ranks = blotches.ravel().argsort().argsort().reshape(SIDE, SIDE) / (SIDE**2 - 1)
    # bright enough that noise never reaches black, dark enough that light never reaches white
    printed: Radiance = (0.2 + 0.35 * ranks)[:, :, None]
    return printed


def _with_specimen(sheet: Radiance, label: int, rng: np.random.Generator) -> Radiance:
    """Lay a leaf of a class on the sheet, in the middle; it reaches no corner."""
    wide, bend = ((0.3, 0.0), (0.42, 0.8), (0.36, -0.8), (0.12, 0.0))[label]
    scene = sheet.copy()
    shade, turn = rng.uniform(0.3, 0.45), rng.uniform(0, np.pi)
    axes = np.array([0.5, wide]) * rng.uniform(0.8, 1)
    stain(scene, [shade], rng.uniform(-0.1, 0.1, 2), axes, turn=turn, bend=bend)
    return scene
