"""Arrays to material: images as MedMNIST publishes them, and embeddings with a table.

Serves the audit of anybody's images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.material import Material, of_embeddings, of_images
from confoundlab.auditing.readers.roles import LEAST, Columns, Roles, columns_of
from confoundlab.auditing.readers.tables import listed, read_table
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.files import file_name
from confoundlab.types import Numbers


def sampled(labels: pd.Series[Any], sample: int, seed: int) -> list[int]:
    """Return the rows of a sample, in order; each class in proportion, five of each at least."""
    n = len(labels)
    if not sample or sample >= n:
        return list(range(n))
    rng = np.random.default_rng(seed)
    values = labels.to_numpy(str)
    kept = []
    for one in np.unique(values):
        own = rng.permutation(np.flatnonzero(values == one))
        kept += own[: max(LEAST, round(sample * len(own) / n))].tolist()
    return sorted(kept)


def rows_of(columns: Columns, order: Sequence[int]) -> Columns:
    """Return some rows of all columns, in the given order."""

    def some(values: pd.Series[Any] | None) -> pd.Series[Any] | None:
        return None if values is None else values.iloc[list(order)].reset_index(drop=True)

    label = columns.label.iloc[list(order)].reset_index(drop=True)
    factors = columns.factors.iloc[list(order)].reset_index(drop=True)
    return replace(
        columns, label=label, group=some(columns.group), split=some(columns.split), factors=factors
    )


def arrays(source: Path, roles: Roles, sample: int, seed: int) -> Material:
    """Read MedMNIST's form: arrays of images and labels, for each part of the split."""
    try:
        with np.load(source, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
    except Exception as error:
        raise InputError(
            f"{source.name} is damaged, or no .npz of plain arrays: {type(error).__name__}."
        ) from None
    parts = [one for one in ("train", "val", "test") if f"{one}_images" in arrays]
    if not parts or any(f"{one}_labels" not in arrays for one in parts):
        raise InputError(
            f"{source.name} holds {listed(sorted(arrays)) or 'nothing'}; arrays train_images and "
            "train_labels are needed (val_ and test_ as well, where they are)."
        )
    for one in parts:
        images, labels = arrays[f"{one}_images"], arrays[f"{one}_labels"]
        if images.ndim not in (3, 4) or images.dtype != np.uint8 or len(images) != len(labels):
            raise InputError(
                f"{source.name}: {one}_images must be of uint8 and shape (n, height, width) or "
                f"(n, height, width, 3), with n {one}_labels; they are {images.dtype} of "
                f"{images.shape}, with {len(labels)} labels."
            )
    pixels = np.concatenate([arrays[f"{one}_images"] for one in parts])
    labels = np.concatenate([arrays[f"{one}_labels"].reshape(len(arrays[f"{one}_images"]), -1)
                             for one in parts])  # fmt: skip
    if labels.shape[1] != 1:
        raise InputError(f"{source.name} has {labels.shape[1]} labels an image; one is needed.")
    pixels = pixels[..., None] if pixels.ndim == 3 else pixels
    names = [f"{one}/{row:06d}" for one in parts for row in range(len(arrays[f"{one}_images"]))]
    split = [one for one in parts for _ in range(len(arrays[f"{one}_images"]))]
    table = pd.DataFrame({"label": labels[:, 0].astype(str), "split": split}, dtype=object)
    columns = columns_of(table, roles)
    kept = sampled(columns.label, sample, seed)
    images = ImageSet.from_arrays(
        pixels[kept],
        pd.DataFrame({"image": np.array(names)[kept], "label": columns.label.to_numpy()[kept]}),
        name=file_name(source.stem),
    )
    return of_images(images, rows_of(columns, kept))


def embeddings(source: Path, roles: Roles, table: Path | None, sample: int, seed: int) -> Material:
    """Read embeddings and the table of what they are of, row by row."""
    if table is None:
        raise InputError(f"{source.name} holds embeddings. Give the table of their rows (--table).")
    numbers, rows = numbers_of(source), read_table(table)
    if len(numbers) != len(rows):
        raise InputError(
            f"{source.name} has {len(numbers)} rows, but {table.name} has {len(rows)}. Both must "
            "be of the same images in the same order."
        )
    names = next(
        (rows[one].tolist() for one in rows if rows[one].notna().all() and rows[one].is_unique),
        [f"{row:06d}" for row in range(len(rows))],
    )
    columns = columns_of(rows, roles)
    kept = sampled(columns.label, sample, seed)
    notes = ["There are no images, only embeddings: controls that hide the subject are not made."]
    return of_embeddings(
        numbers[kept], rows_of(columns, kept), [names[one] for one in kept], source.stem, notes
    )


def numbers_of(path: Path) -> Numbers:
    """Return embeddings, shape (n, d)."""
    try:
        found = (
            np.load(path, allow_pickle=False)
            if path.suffix == ".npy"
            else pd.read_parquet(path).select_dtypes("number").to_numpy()
        )
        numbers = np.asarray(found, np.float64)
    except Exception as error:
        raise InputError(f"{path.name} cannot be read as embeddings: {error}") from None
    if numbers.ndim != 2 or not numbers.size or not np.isfinite(numbers).all():
        raise InputError(
            f"{path.name} must hold finite numbers, a row an image; it has shape {numbers.shape}."
        )
    if (numbers == numbers[0]).all():
        raise InputError(f"{path.name} holds the same numbers in each row: nothing to learn from.")
    return numbers
