"""What the scene painters paint with: soft shapes and smooth random textures on a plane.

The plane is centred on the picture: x to the right, y upwards, one unit = half the shorter side.
So shapes keep their proportions in any picture, and a painter's random draws do not depend on the
number of pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Radiance = npt.NDArray[np.float64]
Size = tuple[int, int]  # height, width
Levels = Sequence[float] | Radiance
LUMA = np.array([0.299, 0.587, 0.114])  # red, green, blue to gray (BT.601)


def plane(size: Size) -> tuple[Radiance, Radiance]:
    """Return y, shape (height, 1), from top to bottom, and x, shape (1, width)."""
    height, width = size
    top, right = height / min(size), width / min(size)
    y, x = np.linspace(top, -top, height), np.linspace(-right, right, width)
    return y[:, None], x[None, :]


def cover(depth: Radiance, edge: float) -> Radiance:
    """Return how much of each point a shape covers, 0..1: 0.5 at depth 0, soft over `edge`.

    It is 0 exactly from half an edge outside, so that a shape leaves no trace further off.
    """
    return np.clip(depth / edge + 0.5, 0, 1)


def distance(
    y: Radiance,
    x: Radiance,
    centre: Levels,
    axes: Levels,
    turn: float = 0.0,
    bend: float = 0.0,
) -> Radiance:
    """Return the distance from an ellipse's centre, 1 on its outline.

    Parameters
    ----------
    y, x : ndarray
        Points of the plane, broadcast together.
    centre, axes : array of 2 float
        Each (y, x).
    turn : float
        Radians, counter-clockwise.
    bend : float
        Raises the ellipse's ends: by `bend` at one unit from its centre.
    """
    dy, dx = y - centre[0], x - centre[1]
    if turn:
        sine, cosine = np.sin(turn), np.cos(turn)
        dy, dx = cosine * dy - sine * dx, cosine * dx + sine * dy
    if bend:
        dy = dy - bend * dx**2
    return np.sqrt((dy / axes[0]) ** 2 + (dx / axes[1]) ** 2)


def near(y: Radiance, x: Radiance, centre: Levels, radius: float) -> tuple[slice, slice]:
    """Return the rows and columns that hold all points within `radius` of a centre."""
    below, above = np.searchsorted(-y[:, 0], (-centre[0] - radius, -centre[0] + radius))
    left, right = np.searchsorted(x[0], (centre[1] - radius, centre[1] + radius))
    return slice(int(below), int(above)), slice(int(left), int(right))


def blend(scene: Radiance, colour: Levels, share: Radiance) -> None:
    """Lay a colour over a scene (height, width, channels), in place; `share` (height, width)."""
    step = np.asarray(colour) - scene
    step *= share[..., None]
    scene += step


def stain(
    scene: Radiance,
    colour: Levels,
    centre: Levels,
    axes: Levels,
    *,
    turn: float = 0.0,
    bend: float = 0.0,
    edge: float = 0.025,
    opacity: float = 1.0,
) -> None:
    """Lay an ellipse (see `distance`) over a scene (height, width, channels), in place."""
    y, x = plane((scene.shape[0], scene.shape[1]))
    reach = max(axes)
    rows, columns = near(y, x, centre, reach + abs(bend) * reach**2 + edge)
    rho = distance(y[rows], x[:, columns], centre, axes, turn, bend)
    blend(scene[rows, columns], colour, opacity * cover((1 - rho) * min(axes), edge))


def clouds(
    rng: np.random.Generator, y: Radiance, x: Radiance, grain: float, reach: float | None = None
) -> Radiance:
    """Return a smooth random texture with mean 0 and spread 1 at every point.

    Parameters
    ----------
    y, x : ndarray, shapes (height, 1) and (1, width)
        Points of the plane.
    grain : float
        Typical size of its spots.
    reach : float, optional
        The points lie within `reach` of (0, 0); by default, as far as they do. What is drawn
        depends on it, so a window on the plane must name its own.
    """
    weights = []
    for points in (y[:, 0], x[0]):
        n = int((reach or abs(points).max()) / grain) + 2
        nodes = grain * np.arange(-n, n + 1)
        bells = np.exp(-(((points[:, None] - nodes) / (0.8 * grain)) ** 2))
        weights.append(bells / np.linalg.norm(bells, axis=1, keepdims=True))
    rows, columns = weights
    knots = rng.standard_normal((rows.shape[1], columns.shape[1]))
    return np.asarray(rows @ knots @ columns.T)


def in_channels(scene: Radiance, channels: int) -> Radiance:
    """Bring a scene (height, width, 1 or 3) to 1 or 3 channels and into 0..1."""
    if scene.shape[2] == 3 and channels == 1:
        scene = scene @ LUMA[:, None]
    elif scene.shape[2] < channels:
        scene = np.repeat(scene, channels, axis=2)
    return np.clip(scene, 0, 1)
