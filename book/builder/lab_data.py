"""Scenes of "Catch it yourself": what the lamp shows of each class, before any camera.

Serves the claim that the same scenes leak or not by how sessions are laid: the page photographs
these scenes itself, in sessions that the reader lays, and trains LeNet-5 on what she lets it see.
Scenes are the painters' of the twins, so that they may be published; one set is real, and its terms
allow it (`lab_real`).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from confoundlab.catalog import DATASETS
from confoundlab.simulation.camera import paint
from confoundlab.storage.files import write_aside
from confoundlab.types import Pixels

REAL = Path(__file__).parents[2] / "results" / "played" / "mitocheck"
SIDE = 64  # pixels: a net of the page's sees a box of 12 to 32 of them
VARIANTS = 10  # scenes of a class
BAR = 16  # columns that the device of an endoscopy paints black, whatever the session
_MOVES = 1.5  # gray levels: where scenes differ by more than that, the subject is in sight


class Shown(NamedTuple):
    """A set of the lab: whose twin paints it, what it is called, and how classes are named."""

    dataset: str
    title: str
    classes: tuple[str, ...]
    study: str


SETS = {
    "objects": Shown("coil20", "objects on a turntable", ("cup", "block", "duck", "jar"), "coil"),
    "xrays": Shown("covid4", "chest X-rays", ("bacteria", "covid", "normal", "virus"), "covid"),
    "endoscopy": Shown("kvasir", "endoscopies", ("kind 1", "kind 2", "kind 3", "kind 4"), "kvasir"),
}


def scenes(name: str) -> Pixels:
    """Return scenes, uint8 of shape (classes, VARIANTS, SIDE, SIDE), class by class."""
    shown = SETS[name]
    twin = DATASETS[shown.dataset].twin
    n = len(shown.classes)
    views = min(twin.counts[:n])
    instances = np.tile(np.linspace(0, views - 1, VARIANTS).round().astype(int), n)
    labels = np.repeat(np.arange(n), VARIANTS)
    small = []
    for scene in paint(twin, labels, instances):
        gray = np.asarray(scene, np.float64).mean(axis=2)
        height, width = gray.shape
        side = min(height, width)  # a square of its middle columns, from the top: corners stay
        left = (width - side) // 2 if width > height else 0
        square = gray[:side, left : left + side]
        picture = Image.fromarray((255 * square).astype(np.float32))
        small.append(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)))
    found = np.stack(small).round().clip(1, 255).astype(np.uint8)  # 0 is what a device paints
    if name == "endoscopy":
        found[:, :, :BAR] = 0
    return np.asarray(found.reshape(n, VARIANTS, SIDE, SIDE), np.uint8)


def subject(pictures: Pixels) -> Pixels:
    """Return where scenes differ, 1 where the subject is, shape (SIDE, SIDE)."""
    every = pictures.reshape(-1, SIDE, SIDE).astype(np.float64)
    return np.asarray(every.max(axis=0) - every.min(axis=0) > _MOVES, np.uint8)


def lab() -> dict[str, Any]:
    """Return the data of the page: scenes of simulated sets, real pictures, where a subject is."""
    found = {}
    for name, shown in SETS.items():
        pictures = scenes(name)
        found[name] = {
            "title": shown.title,
            "classes": list(shown.classes),
            "study": shown.study,
            "side": SIDE,
            "variants": VARIANTS,
            "scenes": base64.b64encode(pictures.tobytes()).decode("ascii"),
            "subject": base64.b64encode(subject(pictures).tobytes()).decode("ascii"),
        }
    return found | {"cells": real()}


def real() -> dict[str, Any]:
    """Return published pictures, stored by `lab_real`; all but the corner may be cell."""
    said: dict[str, Any] = json.loads((REAL / "cells.json").read_text(encoding="utf-8"))
    with Image.open(REAL / "cells.png") as sheet:
        pixels = np.asarray(sheet, np.uint8)
    seen = np.ones((SIDE, SIDE), np.uint8)
    corner = said.pop("corner")
    seen[:corner, :corner] = 0
    return said | {
        "images": base64.b64encode(pixels.tobytes()).decode("ascii"),
        "subject": base64.b64encode(seen.tobytes()).decode("ascii"),
    }


def write_lab(path: Path) -> Path:
    """Write the data as a script, which a page may read from the disk too; return the path."""
    text = f"window.confoundlabLab = {json.dumps(lab())};\n"
    stills().save(path.with_name("stills.png"))
    return write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def stills() -> Image.Image:
    """Return what is shown without scripts: a row a set, one picture of each class."""
    rows = [scenes(name)[:, 0] for name in SETS]
    with Image.open(REAL / "cells.png") as sheet:
        cells = np.asarray(sheet, np.uint8).reshape(-1, SIDE, SIDE)
    said = json.loads((REAL / "cells.json").read_text(encoding="utf-8"))
    first = [cells[said["labels"].index(one)] for one in range(len(said["classes"]))]
    rows.append(np.stack(first + [np.zeros_like(first[0])] * (len(rows[0]) - len(first))))
    sheet_of = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    return Image.fromarray(sheet_of).resize((sheet_of.shape[1] * 2, sheet_of.shape[0] * 2))
