"""Scene painters: what stands before the camera of a twin, as the lamp would show it.

Each is a pure function of class, instance (the number of the image within its class), size and
seed. Only the subject differs between classes: the background is the same for all, so that without
a session a background crop says nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Radiance = npt.NDArray[np.float64]
Painter = Callable[[int, int, tuple[int, int], int, int], Radiance]
_OBJECT = 2  # the painters' stream of random numbers, see `simulate`
STEP_DEGREES = 5


def paint_turntable(
    label: int, instance: int, size: tuple[int, int], channels: int, seed: int
) -> Radiance:
    """Paint object `label`, turned by `instance` steps of 5 degrees, before a dark background.

    The object is made of a few ellipsoids that turn about the vertical axis under a fixed lamp.
    It stays within 0.8 of the half-width of the picture, so that a corner crop of up to a sixth
    of the width holds background only.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; the background is 0.03.
    """
    rng = np.random.default_rng([seed, _OBJECT, label])
    parts = rng.integers(3, 7)
    centres = rng.uniform(-0.35, 0.35, (parts, 3))
    axes = rng.uniform(0.12, 0.35, (parts, 3))
    albedo = rng.uniform(0.2, 0.9, (parts, channels))
    turn = np.deg2rad(STEP_DEGREES * instance)
    rotation = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    lamp = np.array([-0.4, 0.5, 0.77])
    y, x = np.mgrid[1 : -1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    inside = np.hypot(x, y) < 0.8
    scene = np.full((*size, channels), 0.03)
    nearest = np.full(size, -np.inf)
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


PAINTERS: dict[str, Painter] = {"turntable": paint_turntable}
