"""Copies of published data sets on disk: where they lie, and opening them whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from confoundlab.catalog import Dataset, Packed, Row, TableSet
from confoundlab.errors import InputError
from confoundlab.images.folder import OnBroken
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.files import DATA_VARIABLE, data_root
from confoundlab.types import Pixels


def find_folder(dataset: Dataset | TableSet) -> Path | None:
    """Return the data set's folder below ``CONFOUNDLAB_DATA``, or None if it is not there."""
    root = data_root()
    if root is None:
        return None
    return next((root / name for name in dataset.folders if (root / name).is_dir()), None)


def folder_of(entry: Dataset | TableSet) -> Path:
    """Return the folder of the real data; raise `InputError` if they are not at hand."""
    folder = find_folder(entry)
    if folder is not None:
        return folder
    root = data_root()
    why = f"{root} has no folder {entry.folders[0]!r}" if root else f"{DATA_VARIABLE} is not set"
    archived = isinstance(entry, Dataset) and entry.archive
    how = f"`confoundlab data fetch {entry.name}` gets it from" if archived else "A copy:"
    raise InputError(f"The real {entry.title} is not at hand: {why}. {how} {entry.source}")


def open_dataset(dataset: Dataset, folder: Path, *, on_broken: OnBroken = "raise") -> ImageSet:
    """Open a complete copy of a catalogued data set.

    Raises
    ------
    InputError
        Images that a complete copy has are missing, or there are more than it has; the message
        names what is known of them.
    """
    if isinstance(dataset.layout, Packed):
        images = _unpacked(dataset, dataset.layout, folder)
    else:
        images = ImageSet.from_folder(
            folder,
            dataset.layout,
            name=dataset.name,
            state=dataset.state,
            on_broken=on_broken,
        )
    _check_whole(dataset, images, folder)
    return images


def row_of(dataset: Dataset, below: Path) -> Row | None:
    """Return the table's row of a file, by its path below the folder; None for a stray file."""
    return None if isinstance(dataset.layout, Packed) else dataset.layout(below)


def name_of(dataset: Dataset, below: Path) -> str:
    """Return the image's name by its path below the folder; empty for a stray file."""
    row = row_of(dataset, below)
    return "" if row is None else str(row.get("image", below.with_suffix("").as_posix()))


def _check_whole(dataset: Dataset, images: ImageSet, folder: Path) -> None:
    skipped = {name_of(dataset, Path(path)) for path in images.skipped}
    present = skipped | set(images.table["image"])
    missing = sorted(dataset.expected - present)
    where = f"{dataset.title} in {folder}"
    if missing:
        some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise InputError(
            f"{where} is not complete: {len(missing):,} of {dataset.n_images:,} images are missing "
            f"({some}). A full copy: {dataset.source}"
        )
    found = len(images) + len(images.skipped)
    if (found, len(images.classes)) != (dataset.n_images, dataset.n_classes):
        counts = images.table["label"].value_counts().sort_index()
        each = ", ".join(f"{label} {count:,}" for label, count in counts.head(12).items())
        raise InputError(
            f"{where} is not the published set: {found:,} images of {len(counts)} classes, not "
            f"{dataset.n_images:,} of {dataset.n_classes} ({each}"
            f"{', ...' if len(counts) > 12 else ''}). A full copy: {dataset.source}"
        )


def _unpacked(dataset: Dataset, packed: Packed, folder: Path) -> ImageSet:
    table_file, array_file = folder / packed.table, folder / packed.array
    try:
        lines = pd.read_csv(table_file, dtype=str, keep_default_na=False).to_dict("records")
        with np.load(array_file) as archive:
            stored = archive[packed.key]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{dataset.title} in {folder} cannot be read: {error}") from None
    if stored.dtype != np.uint8 or stored.ndim not in (3, 4) or len(stored) != len(lines):
        raise InputError(
            f"{array_file} holds {stored.dtype} {stored.shape}, which does not fit the "
            f"{len(lines):,} lines of {table_file.name}."
        )
    rows = packed.describe([{str(key): value for key, value in line.items()} for line in lines])
    used = [place for place, row in enumerate(rows) if row is not None]
    pictures = _mosaic(stored[used]) if stored.ndim == 4 else stored[used]
    return ImageSet.from_arrays(
        pictures[..., None],
        pd.DataFrame([row for row in rows if row is not None]),
        name=dataset.name,
        state=dataset.state,
    )


def _mosaic(corners: Pixels) -> Pixels:
    """Lay the four corners of each image as one picture: (n, 4, h, w) to (n, 2 h, 2 w)."""
    top, bottom = (np.concatenate([corners[:, i], corners[:, i + 1]], axis=2) for i in (0, 2))
    return np.concatenate([top, bottom], axis=1)
