"""Painters of scenes under the microscope: nuclei, fields of cells, muscle. See `painters`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from confoundlab.simulation.canvas import (
    Radiance,
    Size,
    clouds,
    cover,
    distance,
    in_channels,
    near,
    plane,
)

# Streams of random numbers, as in `painters`.
_FIELD, _NUCLEUS, _WORM = 14, 15, 16
_DARK = 0.02
_REACH = 2.5  # how far a nucleus may reach, in typical radii
AGES = (1, 2, 4, 8)  # days, by label


class Nucleus(NamedTuple):
    """How the nuclei of a phenotype look. Lengths are in typical radii of a nucleus."""

    radius: float = 1.0  # of one lobe
    long: float = 1.15  # length over width of a lobe
    lobes: int = 1
    apart: float = 0.0  # of the lobes from the middle
    texture: float = 0.15  # spread of the brightness inside
    grain: float = 0.3  # size of the texture's spots
    rough: float = 0.05  # of the outline
    hollow: float = 0.0  # how much darker the middle is


PHENOTYPES = {
    "interphase": Nucleus(),
    "large": Nucleus(radius=1.45),
    "elongated": Nucleus(radius=0.95, long=2.2),
    "binucleated": Nucleus(radius=0.75, lobes=2, apart=0.8),
    "polylobed": Nucleus(radius=0.6, lobes=4, apart=0.6),
    "grape": Nucleus(radius=0.35, lobes=8, apart=0.85),
    "metaphase": Nucleus(radius=0.65, long=3.2, texture=0.08),
    "metaphase-alignment": Nucleus(radius=0.6, long=2.4, texture=0.3, rough=0.3, grain=0.2),
    "prometaphase": Nucleus(radius=0.85, texture=0.5, grain=0.15, rough=0.2),
    "anaphase": Nucleus(radius=0.5, long=2.6, lobes=2, apart=0.6, texture=0.08),
    "adccm": Nucleus(radius=0.65, lobes=3, apart=1.0, texture=0.4, rough=0.2),
    "apoptosis": Nucleus(radius=0.25, lobes=6, apart=1.0, texture=0.05),
    "hole": Nucleus(hollow=0.8),
    "folded": Nucleus(radius=1.1, texture=0.45, grain=0.6, rough=0.1),
    "small-irregular": Nucleus(radius=0.6, rough=0.35, texture=0.3),
    "condensed": Nucleus(radius=0.5, long=1.05, texture=0.05, rough=0.02),
}


class Gene(NamedTuple):
    """What silencing a gene does to the nuclei of a field."""

    nucleus: Nucleus
    binucleate: float = 0.05  # share of cells
    fragmented: float = 0.03


GENES = (
    Gene(Nucleus()),
    Gene(Nucleus(radius=1.25)),
    Gene(Nucleus(radius=0.78)),
    Gene(Nucleus(long=1.7)),
    Gene(Nucleus(texture=0.5, grain=0.2)),
    Gene(Nucleus(), binucleate=0.5),
    Gene(Nucleus(radius=0.9), fragmented=0.45),
    Gene(Nucleus(radius=1.2, hollow=0.7)),
    Gene(Nucleus(rough=0.25, texture=0.3)),
    Gene(Nucleus(radius=0.8, long=1.9, texture=0.35), binucleate=0.2),
)


def paint_cells(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint a field of 20 to 60 stained cells, more in wide pictures; meant for 512x512.

    Labels are `GENES`. Where the cells lie, and how many, has nothing to do with the label; none
    reaches into the top-left sixth.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; it is 0.02 wherever there is no cell.
    """
    rng = np.random.default_rng([seed, _FIELD, label, instance])
    y, x = plane(size)
    scene = np.full(size, _DARK)
    gene = GENES[label]
    # The same DNA in a larger nucleus is dimmer, so that brightness does not give the gene away.
    stain = rng.uniform(0.35, 0.6) / gene.nucleus.radius
    top, right = y[0, 0], x[0, -1]
    for _ in range(int(rng.integers(20, 61) * top * right)):
        centre, shape = rng.uniform((-top, -right), (top, right)), gene.nucleus
        kind = rng.random()
        if kind < gene.binucleate:
            shape = PHENOTYPES["binucleated"]
        elif kind > 1 - gene.fragmented:
            shape = PHENOTYPES["apoptosis"]
        if centre[0] > 0.5 * top and centre[1] < -0.5 * right:
            continue
        rows, columns = near(y, x, centre, _REACH * 0.055)
        part = _nucleus(rng, y[rows] - centre[0], x[:, columns] - centre[1], shape, 0.055)
        scene[rows, columns] += stain * rng.uniform(0.7, 1.2) * part
    return in_channels(scene[:, :, None], channels)


def paint_nucleus(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint one stained nucleus in the middle of the picture; meant for 64x64.

    Labels number `PHENOTYPES`; every picture is another nucleus. A picture's light is shared out
    over the nucleus, so that small ones are brighter.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; it is 0.02 beside the nucleus.
    """
    rng = np.random.default_rng([seed, _NUCLEUS, label, instance])
    y, x = plane(size)
    shape = list(PHENOTYPES.values())[label]
    rows, columns = near(y, x, (0, 0), _REACH * 0.34)
    part = _nucleus(rng, y[rows], x[:, columns], shape, 0.34)
    scene = np.full(size, _DARK)
    scene[rows, columns] += part * rng.uniform(0.7, 1.3) * 0.11 / np.sqrt(part.mean())
    return in_channels(scene[:, :, None], channels)


def _nucleus(
    rng: np.random.Generator, y: Radiance, x: Radiance, shape: Nucleus, unit: float
) -> Radiance:
    """Return a nucleus about (0, 0): brightness about 1, exactly 0 beyond its outline.

    Parameters
    ----------
    unit : float
        A typical nucleus's radius, on the plane; nothing is further off than `_REACH` of them.
    """
    scale = unit * rng.normal(1, 0.08)
    rho = np.full(np.broadcast_shapes(y.shape, x.shape), np.inf)
    start = rng.uniform(0, 2 * np.pi)
    for lobe in range(shape.lobes):
        # In a ring, not quite regular; two long lobes lie side by side.
        angle = start + 2 * np.pi * lobe / shape.lobes + rng.normal(0, 0.3) * (shape.lobes > 2)
        out = scale * shape.apart * (rng.uniform(0.4, 1.1) if shape.lobes > 2 else 1)
        long = np.sqrt(shape.long * rng.normal(1, 0.06))
        axes = scale * shape.radius * rng.normal(1, 0.06) * np.array([1 / long, long])
        centre = out * np.sin(angle), out * np.cos(angle)
        rho = np.minimum(rho, distance(y, x, centre, axes, turn=angle + np.pi / 2))
    reach = _REACH * unit
    inside = cover(1 - rho + shape.rough * clouds(rng, y, x, 0.5 * scale, reach), 0.2)
    inside *= cover(0.95 - distance(y, x, (0, 0), (reach, reach)), 0.1)
    speckle = 1 + shape.texture * clouds(rng, y, x, shape.grain * scale, reach)
    hollow = 1 - shape.hollow * np.exp(-((rho / 0.5) ** 2))
    light = inside * speckle * hollow * (1.1 - 0.3 * np.minimum(rho, 1) ** 2)
    return np.asarray(np.clip(light, 0, None))


def paint_worm(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint the body-wall muscle of one worm, of the age `AGES[label]`; meant for 192x256.

    Striated fibres run along the worm. With age they wave, break and gather lumps, faster in some
    worms than in others. Every picture is another worm; the border is empty.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; the background is 0.02.
    """
    rng = np.random.default_rng([seed, _WORM, label, instance])
    y, x = plane(size)
    age = np.log2(AGES[label]) / 3 + rng.normal(0, 0.12)
    decay = float(np.clip(age, 0, 1.2))
    turn, bend = rng.uniform(-0.25, 0.25), rng.uniform(-0.12, 0.12)
    long, wide = min(0.85 * x[0, -1], 1.5), rng.uniform(0.36, 0.48)
    sine, cosine = np.sin(turn), np.cos(turn)
    across, along = cosine * y - sine * x, cosine * x + sine * y
    across = across - bend * along**2
    side, end = (across / wide) ** 2, (along / long) ** 2
    body = cover(wide * (1 - side**2 - end**2), 0.05)

    # Long spindle-shaped cells, two rows, parted by dark seams.
    period, slope, start = rng.uniform((0.1, 0.05, 0), (0.13, 0.15, 2 * np.pi))
    lane = across + slope * along
    wave = decay * 2.5 * clouds(rng, y, x, 0.14)
    fibre = 0.5 + 0.5 * np.cos(2 * np.pi * lane / period + wave)
    seams = 1 - 0.8 * np.exp(
        -(((np.abs(across + 0.25 * np.sin(2.5 * along + start)) - 0.1) / 0.02) ** 2)
    )
    breaks = cover(2.2 - 2 * decay + clouds(rng, y, x, 0.07), 1.6)
    lumps = decay * cover(clouds(rng, y, x, 0.05) - 1.6, 0.4)
    light = 0.12 + 0.1 * decay + (0.75 - 0.1 * decay) * fibre**2 * breaks + 0.5 * lumps
    light *= seams * (1 + 0.2 * clouds(rng, y, x, 0.4)) * rng.uniform(0.6, 1.0)
    return in_channels((_DARK + body * np.clip(light, 0, 1 - _DARK))[:, :, None], channels)
