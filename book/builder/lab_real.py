"""Real pictures for "Catch it yourself": cells whose terms allow that they are shown.

Serves the claim that the lab's rules hold for published images too. MitoCheck's cells are CC BY 4.0
(the catalog says so), are of no person, and were filmed movie by movie. Only cells whose corner is
blank are taken, so that the corner is a control; classes are the three that have most of them.

    python book/builder/lab_real.py     where the images are; the result is stored
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from confoundlab.catalog import DATASETS
from confoundlab.croppers import AsIs
from confoundlab.datasets.loading import load
from confoundlab.errors import InputError
from confoundlab.storage.files import write_aside
from confoundlab.types import Pixels

STORE = Path(__file__).parents[2] / "results" / "played" / "mitocheck"
DATASET = "mitocheck"
CORNER = 16  # pixels a side, top left, in which no nucleus may reach
BLANK = 15  # gray levels above the corner's middle, at most
CLASSES, EACH = 3, 40
_SIDE = 64


def chosen() -> tuple[Pixels, dict[str, Any]]:
    """Return cells with a blank corner, uint8 (n, 64, 64), and what is known of them."""
    entry = DATASETS[DATASET]
    if not entry.pictures.allowed:
        raise InputError(f"The terms of {entry.title} do not allow that its pictures are shown.")
    images = load(DATASET, "real")
    pixels = images.array(AsIs("whole cell", is_control=False), "gray")[..., 0]
    corner = pixels[:, :CORNER, :CORNER].reshape(len(pixels), -1).astype(int)
    blank = corner.max(axis=1) - np.median(corner, axis=1) < BLANK
    counts = images.table.loc[blank, "label"].value_counts()
    names = sorted(counts.index[:CLASSES])
    rng = np.random.default_rng(0)
    rows = np.concatenate([
        rng.choice(np.flatnonzero(blank & (images.table["label"] == name)), EACH, replace=False)
        for name in names
    ])  # fmt: skip
    movies = np.unique(images.table["group"].to_numpy(str)[rows], return_inverse=True)[1]
    said = {
        "title": "cells of MitoCheck",
        "classes": names,
        "study": "rnai",
        "side": _SIDE,
        "labels": np.repeat(np.arange(CLASSES), EACH).tolist(),
        "sessions": movies.tolist(),
        "corner": CORNER,
        "digest": images.subset(rows).digest,
        "note": (
            f"{len(rows)} published cells, {EACH} of each class, in {movies.max() + 1} movies; "
            f"those whose top left corner of {CORNER} pixels is blank. {entry.pictures.why} "
            "Sessions are movies, as they were taken, so that nothing can be laid out or dialled "
            "here."
        ),
    }
    return pixels[rows], said


@click.command()
def main() -> None:
    """Store the cells as one picture, and their labels."""
    pixels, said = chosen()
    STORE.mkdir(parents=True, exist_ok=True)
    sheet = Image.fromarray(pixels.reshape(-1, _SIDE))
    write_aside(STORE / "cells.png", lambda aside: sheet.save(aside, "PNG", optimize=True))
    text = json.dumps(said, indent=1) + "\n"
    write_aside(STORE / "cells.json", lambda aside: aside.write_text(text, encoding="utf-8"))
    click.echo(f"stored in {STORE}")


if __name__ == "__main__":
    main()
