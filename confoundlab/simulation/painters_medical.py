"""Painters of medical scenes: chest radiographs and endoscopy. See `painters`."""

from __future__ import annotations

import numpy as np

from confoundlab.simulation.canvas import (
    Radiance,
    Size,
    blend,
    clouds,
    cover,
    distance,
    in_channels,
    plane,
    stain,
)

# Streams of random numbers, as in `painters`.
_PATIENT, _TRACT = 12, 13
FINDINGS = ("normal", "bacteria", "virus", "covid")
TRACT_FINDINGS = (
    "dyed-lifted-polyps",
    "dyed-resection-margins",
    "esophagitis",
    "normal-cecum",
    "normal-pylorus",
    "normal-z-line",
    "polyps",
    "ulcerative-colitis",
)
# Some of Kvasir's images show the endoscope's position in a green box, which goes with the class: a
# known confounder. These shares of images, by label, are ours: in the bowel only.
INSET_SHARES = (0.4, 0.3, 0.0, 0.6, 0.0, 0.0, 0.2, 0.5)
_AIR = 0.03


def paint_radiograph(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint the chest of one patient; meant for 128x128.

    Labels are `FINDINGS`: bacteria make one or two dense spots in a lung, a virus a fine net in
    both, covid haze along the outer edge of both. Every picture is another patient.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; air beside the patient is 0.03.
    """
    rng = np.random.default_rng([seed, _PATIENT, label, instance])
    y, x = plane(size)
    middle = rng.normal(0, 0.02)
    wide, shoulder = rng.uniform(0.78, 0.9), rng.uniform(0.62, 0.72)
    # Neck, shoulders that slope off, and the trunk.
    out = abs(x - middle)
    top = np.where(out < wide, shoulder - 0.35 * (out / wide) ** 3, -9)
    trunk = np.minimum(cover(top - y, 0.1), cover(wide - out - 0.04 * y, 0.06))
    body = np.maximum(trunk, cover(0.22 + 0.8 * np.clip(0.8 - y, 0, 0.3) - out, 0.08))

    # How much X-rays are held back; bright is dense.
    dense = 0.9 + 0.3 * rng.random() - 0.4 * (out / wide) ** 2 + 0.03 * clouds(rng, y, x, 0.15)
    lungs, edge = _lungs(rng, y, x - middle, wide)
    air = rng.uniform(0.55, 0.75)
    dense -= air * lungs
    dense += _vessels(rng, y, x - middle, lungs)
    dense += _ribs(rng, y, out, wide)
    dense += 0.35 * cover(0.07 - out, 0.06) * (1 + 0.25 * np.cos(2 * np.pi * y / 0.13))
    collar = np.exp(-(((y - 0.36 - 0.35 * out + 0.2 * out**2) / 0.035) ** 2))
    dense += 0.18 * collar * cover(0.6 - out, 0.1) * cover(out - 0.08, 0.05)
    heart = distance(
        y, x - middle, (-0.28, 0.12), rng.uniform((0.24, 0.24), (0.3, 0.34)), turn=-0.5
    )
    dense += 0.55 * cover(0.25 * (1 - heart), 0.07) * lungs
    dense += air * _disease(rng, y, x - middle, lungs, edge, FINDINGS[label])
    shown = 1 - np.exp(-rng.uniform(0.75, 1.0) * np.clip(dense, 0.05, None))
    return in_channels((_AIR + body * (shown - _AIR))[:, :, None], channels)


def _lungs(
    rng: np.random.Generator, y: Radiance, x: Radiance, wide: float
) -> tuple[Radiance, Radiance]:
    """Return how much lung covers each point, and the distance from a lung's middle (1: edge)."""
    out = abs(x)
    high, low = rng.uniform((0.5, 0.62), (0.57, 0.74))
    apart, half = 0.47 * wide, rng.uniform(0.33, 0.38) * wide
    # Narrow at the top; below it ends at the dome of the diaphragm, higher under the right lung.
    inwards = apart - 0.12 * np.clip(y + 0.2, 0, None)
    rho = np.sqrt(
        ((out - inwards) / half) ** 2 + (np.clip(y - 0.02, 0, None) / high) ** 2
        + (np.clip(-0.02 - y, 0, None) / 1.1) ** 4
    )  # fmt: skip
    dome = -low + 0.15 - 1.6 * (out - apart) ** 2 + 0.06 * (x < 0)
    return cover(half * (1 - rho), 0.06) * cover(y - dome, 0.05), rho


def _ribs(rng: np.random.Generator, y: Radiance, out: Radiance, wide: float) -> Radiance:
    """Return ten pairs of ribs: from the spine up and outwards, then down."""
    apart, slope = rng.uniform(0.13, 0.16), rng.uniform(0.25, 0.5)
    arch = y - 0.5 * out + (0.5 + slope) * out**2
    front = y + 0.5 * out - 0.3 * out**2
    start = rng.random(2)
    chest = cover(wide - 0.03 - out, 0.05) * cover(0.56 - abs(y + 0.04), 0.1)
    back = np.clip(np.cos(2 * np.pi * (arch / apart + start[0])) - 0.2, 0, None)
    fore = np.clip(np.cos(2 * np.pi * (front / apart / 1.2 + start[1])) - 0.4, 0, None)
    return np.asarray(chest * (0.22 * back + 0.1 * fore * (out > 0.3)))


def _vessels(rng: np.random.Generator, y: Radiance, x: Radiance, lungs: Radiance) -> Radiance:
    """Return the lungs' vessels: a net that thins out away from the middle."""
    net = np.exp(-((clouds(rng, y, x, 0.06) / 0.5) ** 2))
    return 0.25 * lungs * net * np.exp(-(((abs(x) - 0.15) / 0.22) ** 2) - (y / 0.4) ** 2)


def _disease(
    rng: np.random.Generator,
    y: Radiance,
    x: Radiance,
    lungs: Radiance,
    edge: Radiance,
    finding: str,
) -> Radiance:
    """Return the share of air that a finding takes from the lungs."""
    strength = rng.uniform(0.5, 0.9)
    haze = np.zeros_like(lungs)
    if finding == "bacteria":
        side = rng.choice([-1, 1])
        for _ in range(rng.integers(1, 3)):
            spot = rng.uniform((-0.4, 0.25), (0.15, 0.5)) * (1, side)
            rho = distance(y, x, spot, rng.uniform(0.15, 0.28, 2), turn=rng.uniform(-1, 1))
            haze = np.maximum(haze, np.exp(-(rho**4)))
    elif finding == "virus":
        net = np.exp(-((clouds(rng, y, x, 0.04) / 1.2) ** 2))
        haze = 0.65 * net * (0.8 + 0.3 * clouds(rng, y, x, 0.35))
    elif finding == "covid":
        patches = cover(clouds(rng, y, x, 0.16) + 0.2, 1.0)
        haze = patches * cover(edge - rng.uniform(0.4, 0.6), 0.3) * cover(0.2 - y, 0.4)
    return np.asarray(strength * np.clip(haze, 0, 1) * lungs)


def paint_endoscopy(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint one view into a digestive tract; meant for 128x128 to 576x720.

    Labels are `TRACT_FINDINGS`. Every picture is another patient. The view is an octagon in black;
    a share of the pictures (`INSET_SHARES`, by label) has the position box at bottom left, within
    a third of both sides.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1; outside the view it is 0.03.
    """
    rng = np.random.default_rng([seed, _TRACT, label, instance])
    finding = TRACT_FINDINGS[label]
    y, x = plane(size)
    tube = finding in ("esophagitis", "normal-cecum", "normal-pylorus", "normal-z-line")
    away, angle = rng.uniform(0, 0.2) if tube else rng.uniform(0.55, 0.9), rng.uniform(0, 2 * np.pi)
    lumen = away * np.sin(angle), away * np.cos(angle)
    r = distance(y, x, lumen, (1, 1)) + 0.04 * clouds(rng, y, x, 0.25)
    scene = _mucosa(rng, y, x, r, folded="pylorus" not in finding and "z-line" not in finding)
    _structure(scene, rng, y, x, r, finding)
    _glints(scene, rng)
    scene = np.clip(rng.uniform(0.65, 1.1) * scene, 0, 1)

    top, right = y[0, 0], x[0, -1]
    # The cut corners reach beyond a sixth of each side.
    cut = (top + right) / 3 + 0.06
    inside = np.minimum(
        np.minimum(top - abs(y), right - abs(x)) - 0.04, top + right - abs(y) - abs(x) - cut
    )
    view = cover(inside, 0.03)[:, :, None]
    scene = _AIR + view * (scene - _AIR)  # exactly the same outside, whatever the scene
    if rng.random() < INSET_SHARES[label]:
        _inset(scene, rng, y, x)
    return in_channels(scene, channels)


def _mucosa(
    rng: np.random.Generator, y: Radiance, x: Radiance, r: Radiance, folded: bool
) -> Radiance:
    """Return the wall around the lumen (r = 0): folds, vessels, dark at the far end."""
    hue = np.array([0.85, 0.5, 0.38]) * rng.normal(1, 0.05, 3)
    shade = 0.2 + 0.8 * np.clip(r / 0.55, 0, 1) + 0.06 * clouds(rng, y, x, 0.3)
    if folded:
        # Rings crowd towards the far end, as in a tube.
        ring = np.cos(rng.uniform(8, 11) * np.log(r + 0.2) + 0.8 * clouds(rng, y, x, 0.5))
        shade *= 1 + 0.22 * ring * np.clip(1.3 - r, 0, 1)
    veins = np.exp(-((clouds(rng, y, x, 0.13) / 0.1) ** 2)) * cover(clouds(rng, y, x, 0.4), 0.6)
    scene = shade[:, :, None] * hue
    blend(scene, 0.7 * hue * [1, 0.7, 0.7], 0.5 * veins * np.clip(r, 0, 1))
    return scene


def _structure(
    scene: Radiance,
    rng: np.random.Generator,
    y: Radiance,
    x: Radiance,
    r: Radiance,
    finding: str,
) -> None:
    """Paint what makes the class, in place."""
    spot = rng.uniform(-0.25, 0.25, 2)
    rough = 0.15 * clouds(rng, y, x, 0.14)
    if finding in ("polyps", "dyed-lifted-polyps", "dyed-resection-margins"):
        rho = distance(y, x, spot, rng.uniform(0.24, 0.38, 2), turn=rng.uniform(-1, 1))
        if finding != "polyps":
            blue = np.array([0.18, 0.45, 0.6]) * (0.9 + 0.6 * rough[:, :, None])
            blend(scene, blue, 0.75 * cover(1.9 + 2 * rough - rho, 0.6))
        if finding == "dyed-resection-margins":
            blend(scene, (0.75, 0.35, 0.3), 0.85 * cover(1 + 1.5 * rough - rho, 0.12))
            blend(
                scene,
                (0.9, 0.8, 0.65),
                0.7 * cover(clouds(rng, y, x, 0.12) - 0.4, 0.4) * cover(0.8 - rho, 0.2),
            )
        else:
            _mound(scene, y, x, spot, rho + 0.5 * rough)
    elif finding == "normal-pylorus":
        hole = rng.uniform(0.1, 0.22)
        blend(scene, (0.95, 0.62, 0.48), 0.7 * np.exp(-(((r - hole - 0.12) / 0.1) ** 2)))
        blend(scene, (0.06, 0.02, 0.02), cover(hole + 0.2 * rough - r, 0.06))
    elif finding in ("normal-z-line", "esophagitis"):
        # Red stomach within, pale gullet outside; the border is jagged.
        border = rng.uniform(0.3, 0.5) + rough + 0.1 * clouds(rng, y, x, 0.08)
        blend(scene, (0.9, 0.72, 0.62), 0.6 * cover(r - border, 0.05))
        blend(scene, (0.7, 0.28, 0.2), 0.5 * cover(border - r, 0.05))
        blend(scene, (0.05, 0.02, 0.02), cover(0.12 - r, 0.08))
        if finding == "esophagitis":
            theta = np.arctan2(y - spot[0] / 4, x - spot[1] / 4)
            tongues = cover(
                np.cos(rng.integers(3, 6) * theta + rng.uniform(0, 6)) + 3 * rough - 0.6, 0.3
            )
            blend(
                scene,
                (0.75, 0.1, 0.08),
                0.85 * tongues * cover(r - border + 0.05, 0.1) * cover(0.9 - r, 0.3),
            )
            blend(
                scene,
                (0.95, 0.88, 0.7),
                0.7 * tongues * np.exp(-(((r - border - 0.2) / 0.08) ** 2)),
            )
    elif finding == "normal-cecum":
        # The mouth of the appendix: a dark crescent in a bright whirl; remains of yellow fluid.
        slit = distance(y, x, spot / 2, (0.05, 0.16), turn=rng.uniform(-1, 1), bend=1.5)
        blend(scene, (0.95, 0.66, 0.45), 0.6 * np.exp(-(((slit - 1.8) / 0.7) ** 2)))
        blend(scene, (0.15, 0.05, 0.03), cover(1 - slit, 0.4))
        blend(scene, (0.75, 0.6, 0.2), 0.7 * cover(clouds(rng, y, x, 0.25) - 1.2, 0.5))
    elif finding == "ulcerative-colitis":
        blend(scene, (0.8, 0.28, 0.24), 0.5 + 0.3 * cover(clouds(rng, y, x, 0.35), 1.5))
        blend(scene, (0.6, 0.05, 0.05), 0.7 * cover(clouds(rng, y, x, 0.035) - 1.3, 0.8))
        blend(scene, (0.93, 0.85, 0.62), 0.85 * cover(clouds(rng, y, x, 0.12) - 1.3, 0.8))


def _mound(scene: Radiance, y: Radiance, x: Radiance, spot: Radiance, rho: Radiance) -> None:
    """Paint a lump that is lit from above, with its shadow below, in place."""
    up, right = y - spot[0], x - spot[1]
    blend(scene, (0.25, 0.06, 0.05), 0.6 * np.clip(1.5 - rho, 0, 0.6) * cover(-up - 0.1, 0.3))
    light = np.clip(1.05 - 0.5 * rho**2 + 0.5 * up - 0.2 * right, 0.25, 1.15)
    blend(scene, light[:, :, None] * [0.88, 0.42, 0.34], cover(1 - rho, 0.08))


def _glints(scene: Radiance, rng: np.random.Generator) -> None:
    """Paint the lamp's reflections on wet tissue, in place."""
    for _ in range(rng.integers(5, 14)):
        centre, axes = rng.uniform(-0.7, 0.7, 2), rng.uniform(0.01, 0.05, 2)
        stain(scene, (1, 0.98, 0.95), centre, axes, turn=rng.uniform(-2, 2), edge=0.02, opacity=0.9)


def _inset(scene: Radiance, rng: np.random.Generator, y: Radiance, x: Radiance) -> None:
    """Paint the box that shows how the endoscope lies, in place."""
    left, low = x[0, 0], y[-1, 0]
    half = min(-left, -low) / 3 - 0.04
    up, right = y - (low + half + 0.03), x - (left + half + 0.03)
    box = cover(half - np.maximum(abs(up), abs(right)), 0.02)
    blend(scene, (0.05, 0.3, 0.1), box)
    bend, lean = rng.uniform(-0.15, 0.15), rng.uniform(-0.3, 0.3)
    scope = abs(right - lean * up - bend * np.sin(6 * up / half / 2))
    blend(scene, (0.3, 0.95, 0.4), box * cover(0.03 - scope, 0.02) * (abs(up) < 0.8 * half))
