"""The crops of "You against LeNet", named by a net that was trained on nothing else.

Serves the claim that the eye cannot see what the net uses (Dhar and Shamir 2021, figure 1,
doi:10.1016/j.visinf.2021.10.001). Crops are simulated, so that the page needs no terms. Those of
the published images may be shown to whoever has them: their terms allow research, and say nothing
of passing them on.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from confoundlab import Task, train_bank
from confoundlab.catalog import DATASETS
from confoundlab.croppers.crops import Corner, Whole
from confoundlab.croppers.vacuity import constant_share, object_free
from confoundlab.datasets.loading import load
from confoundlab.design.splits import leave_arc_out
from confoundlab.images.imageset import ImageSet
from confoundlab.plotting.pointed import data_uri
from confoundlab.simulation.camera import simulate
from confoundlab.storage.files import write_aside
from confoundlab.types import Pixels

OBJECTS = 4  # the catalog's first; a person can keep four in mind
CROP = Corner("top-right", 21, 21)  # as in the paper's Table 4
ARC, GAP = 90, 10  # degrees: tested on, and left out of training beside them
SHOWN = 6  # labelled crops of each object, from the net's own training images
THUMBNAIL = Whole(48)


def views(real: bool = False, seed: int = 0) -> ImageSet:
    """Return all views of the catalog's first objects, simulated or as they were published.

    Raises
    ------
    InputError
        The published images are asked for, and not at hand or not complete.
    """
    entry = DATASETS["coil20"]
    if real:
        images = load(entry.name, "real")
        return images.subset(images.labels < OBJECTS)
    few = replace(entry.twin, counts=entry.twin.counts[:OBJECTS])
    return simulate(replace(entry, twin=few), seed=seed)


def game(images: ImageSet, epochs: int = 120, seed: int = 0) -> dict[str, Any]:
    """Train, and return what the page needs.

    Parameters
    ----------
    images : ImageSet
        Views of `OBJECTS` objects, with a column ``angle`` in degrees.
    epochs, seed : int
        Of the net.

    Returns
    -------
    dict
        ``state`` of the images; ``side`` of a crop; ``names`` and ``pictures`` (PNG) of the
        objects; ``examples`` and ``tests``, each a list of ``{"pixels", "label"}`` with pixels as
        base64 of side x side bytes; a test has the net's answer too, ``"net"``. Of these crops,
        ``flat`` is the share that is one flat value, ``pieces`` how many hold a piece of the
        object, ``low`` and ``high`` the darkest and brightest level of those that hold none.
        ``accuracy`` is the net's on all tests, ``trained`` how many crops it saw, ``digest`` the
        images'.
    """
    crops, labels = images.array(CROP), images.labels
    train, test = leave_arc_out(images.table["angle"], start=0, width=ARC, gap=GAP)
    bank = train_bank(crops, [Task(labels, train, test, seed)], epochs=epochs)
    answers = bank.probabilities[0].argmax(axis=1)
    examples = [row for one in range(OBJECTS) for row in _spread(train[labels[train] == one])]
    shown, free = crops[[*examples, *test]], object_free(images, CROP)[[*examples, *test]]
    return {
        "state": images.state,
        "digest": images.digest,
        "side": crops.shape[1],
        "names": list(images.classes),
        "pictures": _pictures(images),
        "flat": constant_share(shown),
        "pieces": int((~free).sum()),
        "low": int(shown[free].min()),
        "high": int(shown[free].max()),
        "trained": len(train),
        "accuracy": float((answers == labels[test]).mean()),
        "examples": [_crop(crops[row], labels[row]) for row in examples],
        "tests": [
            _crop(crops[row], labels[row]) | {"net": int(answer)}
            for row, answer in zip(test, answers, strict=True)
        ],
    }


def write_game(path: Path, images: ImageSet) -> Path:
    """Write the game's data as a script: a page opened from the disk may not fetch JSON."""
    text = f"window.confoundlabGame = {json.dumps(game(images))};\n"
    return write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def _spread(rows: np.ndarray[Any, np.dtype[np.int64]]) -> list[int]:
    return [int(rows[place]) for place in np.linspace(0, len(rows) - 1, SHOWN).astype(int)]


def _crop(pixels: Pixels, label: int) -> dict[str, Any]:
    return {"pixels": base64.b64encode(pixels.tobytes()).decode(), "label": int(label)}


def _pictures(images: ImageSet) -> list[str]:
    firsts = [int(np.flatnonzero(images.labels == one)[0]) for one in range(OBJECTS)]
    return [data_uri(THUMBNAIL(images.read(one, "gray")).squeeze()) for one in firsts]
