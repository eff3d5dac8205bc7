"""The images that a study runs on now: the real ones where they are at hand, else the twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from confoundlab.catalog import DataState, SessionLayout, Study, dataset
from confoundlab.datasets.copies import find_folder, folder_of, open_dataset
from confoundlab.errors import one_of
from confoundlab.images.imageset import ImageSet
from confoundlab.simulation.camera import simulate

DataChoice = Literal["auto", "real", "simulated"]


def load(
    name: str,
    data: DataChoice = "auto",
    *,
    sessions: SessionLayout | None = None,
    each: int | None = None,
    seed: int = 0,
) -> ImageSet:
    """Load a data set by its name in the catalog.

    Parameters
    ----------
    name : str
        For example ``coil20``.
    data : {"auto", "real", "simulated"}
        "auto" takes the real images where ``CONFOUNDLAB_DATA`` has them, else the twin.
    sessions : {"class", "image", "crossed", "twice"}, optional
        How the twin's sessions are laid over its classes, if not as in the catalog; real images
        ignore it.
    each : int, optional
        Images of a class at most: the first ones. All by default.
    seed : int
        The twin's seed.

    Raises
    ------
    InputError
        Unknown name; real images asked for and not there, or not complete.
    """
    entry = dataset(name)
    if available(name, data) == "simulated":
        if each is not None:  # what is not asked for is not painted
            counts = tuple(min(count, each) for count in entry.twin.counts)
            entry = replace(entry, twin=replace(entry.twin, counts=counts))
        return simulate(entry, sessions, seed)
    images = open_dataset(entry, folder_of(entry))
    if each is None:
        return images
    return images.subset(images.table.groupby("label").cumcount().to_numpy() < each)


def available(name: str, data: DataChoice = "auto") -> DataState:
    """Return the state of the images that `load` would give, without reading them."""
    one_of("data choice", data, ("auto", "real", "simulated"))
    entry = dataset(name)
    if data == "simulated" or (data == "auto" and find_folder(entry) is None):
        return "simulated"
    folder_of(entry)
    return entry.state


def usable(study: Study, values: Mapping[str, Any]) -> None:
    """Check that what a run's parameters ask for is there.

    Raises
    ------
    InputError
        Real data are asked for and not at hand.
    """
    if study.datasets:
        available(values["dataset"], values["data"])
    if values.get("data") == "real":
        for entry in study.tables:
            folder_of(entry)
