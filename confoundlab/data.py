"""The images that a study runs on now: the real ones where they are at hand, else the twin."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from confoundlab.catalog import Dataset, DataState, SessionLayout, dataset
from confoundlab.errors import InputError, one_of
from confoundlab.files import DATA_VARIABLE, data_root
from confoundlab.imageset import ImageSet, find_folder, open_dataset
from confoundlab.simulate import simulate

DataChoice = Literal["auto", "real", "simulated"]


def load(
    name: str, data: DataChoice = "auto", *, sessions: SessionLayout = "class", seed: int = 0
) -> ImageSet:
    """Load a data set by its name in the catalog.

    Parameters
    ----------
    name : str
        For example ``coil20``.
    data : {"auto", "real", "simulated"}
        "auto" takes the real images where ``CONFOUNDLAB_DATA`` has them, else the twin.
    sessions : {"class", "image", "crossed"}
        How the twin's sessions are laid over its classes; real images ignore it.
    seed : int
        The twin's seed.

    Raises
    ------
    InputError
        Unknown name; real images asked for and not there, or not complete.
    """
    entry = dataset(name)
    if available(name, data) == "simulated":
        return simulate(entry, sessions, seed)
    return open_dataset(entry, folder_of(entry))


def available(name: str, data: DataChoice = "auto") -> DataState:
    """Return the state of the images that `load` would give, without reading them."""
    one_of("data choice", data, ("auto", "real", "simulated"))
    entry = dataset(name)
    if data == "simulated" or (data == "auto" and find_folder(entry) is None):
        return "simulated"
    folder_of(entry)
    return entry.state


def folder_of(entry: Dataset) -> Path:
    """Return the folder of the real images; raise `InputError` if they are not at hand."""
    folder = find_folder(entry)
    if folder is not None:
        return folder
    root = data_root()
    why = f"{root} has no folder {entry.folders[0]!r}" if root else f"{DATA_VARIABLE} is not set"
    how = f"`confoundlab data fetch {entry.name}` gets it from" if entry.archive else "A copy:"
    raise InputError(f"The real {entry.title} is not at hand: {why}. {how} {entry.source}")
