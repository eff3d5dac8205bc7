"""The folder that a student gets: images, table, task and a form for the answers."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from PIL import Image

from confoundlab.errors import InputError, RunFailedError
from confoundlab.exercise.solution import fair_task
from confoundlab.exercise.tasks import BLANK, CLASSES, EACH, SIDE
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.files import folder_aside, settle, writing

EPOCHS, REPEATS = 60, 3  # of the nets that the task asks for


def write_task(out: Path, seed: int, secret: str = "") -> Path:
    """Write the task of a seed to a new folder; nothing in it tells what was planted.

    Parameters
    ----------
    out : Path
        Must not exist: a student's answers are not overwritten.
    seed, secret
        See `solution.fair_task`.

    Raises
    ------
    InputError
        The folder exists, or the seed is negative.
    RunFailedError
        The folder cannot be written, or came to be in the meantime.
    """
    if os.path.lexists(out):
        raise InputError(f"{out} is there already. Name another folder.")
    task, _ = fair_task(seed, secret)
    with writing(out), folder_aside(out) as aside:
        _fill(aside, task.images, seed, bool(secret))
        kept = settle(aside, out)
    if kept != out:
        raise RunFailedError(f"{out} was made meanwhile, and is left. The task is in {kept}.")
    return out


def images_mark(images: ImageSet) -> str:
    """Return the images' mark, by which an answer and its task are known to belong together."""
    return images.digest.removeprefix("sha256:")[:16]


def _fill(folder: Path, images: ImageSet, seed: int, secret: bool) -> None:
    (folder / "images").mkdir()
    for row, name in enumerate(images.table["image"]):
        picture = Image.fromarray(images.read(row, "gray")[:, :, 0])
        picture.save(folder / "images" / f"{name}.png")
    table = images.table[["image", "label", "session"]]
    table.to_csv(folder / "table.csv", index=False)
    words = {
        "seed": str(seed),
        "mark": images_mark(images),
        "n": str(len(images)),
        "each": str(EACH),
        "side": str(SIDE),
        "classes": ", ".join(CLASSES),
        "n_sessions": str(table["session"].nunique()),
        "blank": str(BLANK.width),
        "repeats": str(REPEATS),
        "epochs": str(EPOCHS),
        "secret": " --secret WORD" if secret else "",
    }
    for name in ("README.md", "answer.yaml"):
        text = (resources.files(__package__) / "student" / name).read_text(encoding="utf-8")
        for key, value in words.items():
            text = text.replace(f"<{key}>", value)
        (folder / name).write_text(text, encoding="utf-8")
