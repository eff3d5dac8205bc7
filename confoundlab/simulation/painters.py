"""What the lamp would show: the painters of the twins' scenes, before any camera.

A painter stands in for images that may not be at hand. It is a pure function of the label, the
instance (which picture of that label) and the seed. Some corner of the picture, at least a sixth
of each side, is the same for all labels and instances, pixel for pixel: there a classifier can
find only what the camera put in.

========== ============================ ============ ==================== ======================
painter    its images                   label        instance             same for all
========== ============================ ============ ==================== ======================
turntable  COIL-20, COIL-100            object       step of 5 degrees    all corners
face       Yale A, Yale B               person       kind of shot         top corners
radiograph chest X-rays                 finding      patient              top corners
endoscopy  Kvasir                       finding      patient              all but bottom left
cells      RNAi, 10 genes               gene         field of view        top left
nucleus    MitoCheck, 16 phenotypes     phenotype    nucleus              all corners
worm       C. elegans muscle by age     age          worm                 all corners
========== ============================ ============ ==================== ======================
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from confoundlab.simulation.canvas import Radiance, Size, in_channels, plane, stain
from confoundlab.simulation.painters_medical import paint_endoscopy, paint_radiograph
from confoundlab.simulation.painters_microscopy import paint_cells, paint_nucleus, paint_worm

# Streams of random numbers; the simulator's own are 0, 1 and 3.
_OBJECT, _PERSON, _SHOT = 2, 10, 11
# Skin without features in every face: bottom, top, left, right on the plane (see `canvas`). In
# 243x320 pixels that is rows 65 to 94, columns 143 to 176: room for 22x29 either way.
FOREHEAD = (0.22, 0.47, -0.14, 0.14)


class Painter(Protocol):
    """Paint one picture of a label."""

    def __call__(self, label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
        """Paint.

        Parameters
        ----------
        label, instance : int
            Class, and which picture of it; both from 0.
        size : tuple of 2 int
            Height and width, pixels.
        channels : {1, 3}
            Gray, or red, green and blue.
        seed : int
            Another seed paints other objects, persons, patients ...

        Returns
        -------
        ndarray, shape (height, width, channels)
            Radiance, 0..1.
        """
        ...


def paint_turntable(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
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
    turn = np.deg2rad(5 * instance)
    rotation = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    lamp = np.array([-0.4, 0.5, 0.77])
    y, x = np.broadcast_arrays(*plane(size))
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


def paint_face(label: int, instance: int, size: Size, channels: int, seed: int) -> Radiance:
    """Paint person `label` in shot `instance` before a plain wall; meant for 243x320 or 480x640.

    A person has one face in all shots; a shot has one light and expression for all persons.
    Shots go round: lit from the front, the left, the right. The wall is 0.55 in all.

    Returns
    -------
    ndarray, shape (height, width, channels)
        Radiance, 0..1. `FOREHEAD` holds skin of one colour.
    """
    person = np.random.default_rng([seed, _PERSON, label])
    shot = np.random.default_rng([seed, _SHOT, instance])
    side = (0, -1, 1)[instance % 3] * shot.uniform(0.6, 1.2) + shot.normal(0, 0.1)
    # Red, green, blue and the share of wall that is hidden.
    figure = np.zeros((*size, 4))
    skin = _head(figure, person)
    _expression(figure, skin, person, shot, shadow=-np.sign(side))

    y, x = plane(size)
    right, up = np.clip(x / 0.62, -0.9, 0.9), np.clip(y / 1.3, -0.9, 0.9)
    front = np.sqrt(np.clip(1 - right**2 - up**2, 0.01, None))
    lit = np.clip(np.sin(side) * right + np.cos(side) * (0.3 * up + 0.95 * front), 0, None)
    wall = 0.55 * (1 - figure[:, :, 3:])
    return in_channels(wall + (0.2 + 0.8 * lit[:, :, None]) * figure[:, :, :3], channels)


def _head(figure: Radiance, person: np.random.Generator) -> Radiance:
    """Paint all that is the same in every shot; return the skin's colour."""
    wide, long = person.uniform(0.40, 0.48), person.uniform(0.58, 0.62)
    skin = _opaque(person.uniform(0.55, 0.95) * np.array([1, 0.78, 0.64]), person)
    hair = _opaque(person.uniform(0.06, 0.5) * np.array([1, 0.75, 0.5]), person)
    style, crown, beard = person.integers(0, 4), person.uniform(0.05, 0.15), person.random() < 0.3
    stain(figure, _opaque(person.uniform(0.1, 0.8, 3), person), (-1.35, 0), (0.62, 0.95))
    stain(figure, [*(0.8 * skin[:3]), 1], (-0.6, 0), (0.3, 0.22))
    if style == 0:
        hair = skin  # bald
    if style == 1:
        stain(figure, hair, (-0.1, 0), (0.75, wide + 0.14))  # long
    for ear in (-1, 1):
        stain(figure, skin, (-0.04, ear * wide), (0.11, 0.05), turn=-0.2 * ear)
    stain(figure, hair, (0.2, 0), (0.42 + crown, wide + 0.03))
    stain(figure, skin, (-0.05, 0), (long, wide), edge=0.03)
    if beard:
        stain(figure, hair, (-0.42, 0), (0.2, 0.68 * wide), edge=0.12, opacity=0.8)
    return skin


def _expression(
    figure: Radiance,
    skin: Radiance,
    person: np.random.Generator,
    shot: np.random.Generator,
    shadow: float,
) -> None:
    """Paint eyes, brows, nose and mouth, all below the forehead."""
    apart, eye, slant = person.uniform((0.15, 0.06, -0.15), (0.19, 0.09, 0.15))
    brow, nose, lips = person.uniform((0.012, 0.05, 0.1), (0.03, 0.1, 0.19))
    tip, dark = person.uniform(-0.24, -0.16), person.uniform(0.05, 0.4)
    opening, smile, surprise = shot.uniform((0.0, -0.8, 0), (0.07, 1.8, 0.03))
    lid = shot.choice([0.15, 0.45, 0.65])

    for side in (-1, 1):
        at, turn = (0.03, side * apart), side * slant
        stain(figure, 0.75 * skin, at, (0.075, eye + 0.03), turn=turn, edge=0.06, opacity=0.6)
        stain(figure, [0.05, 0.04, 0.04, 1], at, (lid * eye + 0.012, eye + 0.012), turn=turn)
        stain(figure, [0.95, 0.93, 0.9, 1], at, (lid * eye, eye), turn=turn)
        iris = min(0.035, lid * eye)
        stain(figure, [dark, dark, 0.9 * dark, 1], at, (iris, 0.035))
        above = (0.14 + surprise, side * apart)
        stain(figure, [0.1, 0.08, 0.06, 1], above, (brow, eye + 0.02), turn=turn, bend=-1)
        stain(figure, 0.4 * skin, (tip - 0.02, 0.5 * side * nose), (0.014, 0.35 * nose))
    ridge = ((tip + 0.05) / 2, shadow * 0.5 * nose)
    stain(figure, 0.6 * skin, ridge, (0.17, 0.45 * nose), edge=0.06, opacity=0.7)
    stain(figure, np.minimum(1.12 * skin, 1), (tip + 0.02, 0), (0.04, 0.5 * nose), edge=0.06)
    red, mouth = skin * [0.8, 0.6, 0.6, 1], (-0.38, 0)
    stain(figure, red, mouth, (0.03 + opening, lips), bend=smile)
    stain(figure, [0.1, 0.03, 0.03, 1], mouth, (0.005 + opening, 0.85 * lips), bend=smile)


def _opaque(colour: Radiance, rng: np.random.Generator) -> Radiance:
    """Vary a colour (red, green, blue) a little and add that it hides all of the wall."""
    return np.append(np.clip(colour * rng.normal(1, 0.04, 3), 0, 1), 1)


PAINTERS: dict[str, Painter] = {
    "turntable": paint_turntable,
    "face": paint_face,
    "radiograph": paint_radiograph,
    "endoscopy": paint_endoscopy,
    "cells": paint_cells,
    "nucleus": paint_nucleus,
    "worm": paint_worm,
}
