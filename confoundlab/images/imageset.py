"""Image sets: a table with one row an image, and pixels that are decoded only when asked for.

Everything downstream sees an image set, whether it came from files, from arrays or from the
simulator. Its content digest is what results are stored under: two copies of the same pictures
have the same digest, whatever their file format, and one changed pixel gives another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.catalog import DataState
from confoundlab.errors import InputError
from confoundlab.images.decoding import to_gray
from confoundlab.images.folder import Describe, OnBroken, read_folder
from confoundlab.images.listing import counted
from confoundlab.images.prepared import View as View
from confoundlab.images.prepared import chunks, prepare, unequal
from confoundlab.images.rows import checked
from confoundlab.images.scanning import pixel_digest
from confoundlab.images.streaming import in_order
from confoundlab.storage.cache import load_array, mapped
from confoundlab.storage.files import cache_root, file_name, text_digest
from confoundlab.storage.versions import computed_by
from confoundlab.types import Colour, Indices, Pixels


@dataclass(frozen=True, eq=False)
class ImageSet:
    """n images and a table with a row for each.

    Build one with `from_folder`, `from_arrays`, `copies.open_dataset` or `loading.load`.

    Parameters
    ----------
    name : str
        Short name, as in the catalog.
    state : str
        real, rebuilt, derivative, stand-in or simulated.
    table : DataFrame
        Columns ``image`` (unique name), ``label``, ``group`` (what must not straddle a split),
        ``sha256`` (of the decoded pixels), and any factors.
    read : callable
        (row number, colour) to uint8 pixels of shape (height, width, channels).
    skipped : dict of str to str
        Files left out on request, with the reason.
    folder : Path, optional
        Above the files of the images.
    files : DataFrame, optional
        A row an image: what was read of its file (`scanning.Scan`), for `file_properties` and
        `duplicates`; no part of any digest.
    left_out : dict of str to str
        Files and folders that are not of the set, below its folder, with the reason.
    levels : str
        What was lost of images deeper than 8 bits, in a sentence or two; empty if nothing.
    """

    name: str
    state: DataState
    table: pd.DataFrame
    read: Callable[[int, Colour], Pixels]
    skipped: dict[str, str]
    folder: Path | None = None
    files: pd.DataFrame | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    levels: str = ""

    def __len__(self) -> int:
        return len(self.table)

    def __str__(self) -> str:
        text = (
            f"{self.name} ({self.state}): {len(self):,} images of {len(self.classes)} classes in "
            f"{self.table['group'].nunique():,} groups."
        )
        return " ".join([text, *self.remarks])

    @property
    def remarks(self) -> list[str]:
        """Sentences on what its folder holds that the set does not, and on levels lost."""
        parts = {"Skipped": self.skipped, "Left out": self.left_out}
        said = [
            f"{what}: {len(names):,} ({counted(names)})." for what, names in parts.items() if names
        ]
        return [*said, self.levels] if self.levels else said

    @property
    def paths(self) -> list[Path] | None:
        """The file of every image, where it was read from one."""
        if self.folder is None or self.files is None:
            return None
        return [self.folder / file for file in self.files["file"]]

    @cached_property
    def classes(self) -> list[str]:
        """The label names, sorted; `labels` are positions in this list."""
        return sorted(self.table["label"].unique())

    @cached_property
    def labels(self) -> Indices:
        """Class of every image, shape (n,), values 0..k-1."""
        return np.searchsorted(self.classes, self.table["label"].to_numpy(str)).astype(np.intp)

    @cached_property
    def groups(self) -> Indices:
        """Group of every image as a number, shape (n,)."""
        return pd.factorize(self.table["group"], sort=True)[0].astype(np.intp)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, labels and decoded pixels, in an order that files do not change."""
        rows = self.table.sort_values("image")[["image", "label", "sha256"]]
        return "sha256:" + text_digest(*rows.astype(str).to_numpy().ravel().tolist())

    def subset(self, rows: npt.ArrayLike) -> Self:
        """Return the image set of some rows (numbers or a mask), in the given order."""
        asked = np.asarray(rows)
        picked = np.arange(len(self))[asked if asked.size else asked.astype(np.intp)]
        table = self.table.iloc[picked].reset_index(drop=True)

        def read(row: int, colour: Colour) -> Pixels:
            return self.read(int(picked[row]), colour)

        files = None if self.files is None else self.files.iloc[picked].reset_index(drop=True)
        return replace(self, table=table, read=read, files=files)

    def array(self, view: View, colour: Colour = "gray", *, cache: bool = True) -> Pixels:
        """Show every image through a view.

        Parameters
        ----------
        view : View
            Must give the same size for every image.
        colour : {"gray", "rgb"}
            Channels to decode.
        cache : bool
            Keep the result on disk and map it into memory the next time.

        Returns
        -------
        ndarray of uint8, shape (n, height, width, channels)

        Raises
        ------
        InputError
            The view gives different sizes, or does not fit an image; there are no images; a file
            is gone or has changed since the set was made.
        """
        self._check_some()
        if not cache:
            shown = in_order(lambda row: view(self.read(row, colour)), range(len(self)), self.name)
            if len(shapes := {image.shape for image in shown}) > 1:
                raise unequal(view, self.name, shapes)
            return np.stack(shown)
        path = self._place(view, colour)
        was_there = path.exists()
        if (kept := load_array(path)) is not None:
            return kept
        if was_there:  # and is damaged
            path.unlink(missing_ok=True)
        self.prepare([view], colour)
        return mapped(path)

    def prepare(self, views: Sequence[View], colour: Colour = "gray") -> None:
        """Keep what several views show, so that `array` finds it: each image is read once for all.

        Some thousand images are kept as soon as they are read: a call that was stopped goes on.

        Parameters
        ----------
        views : sequence of View
            Each must give the same size for every image.
        colour : {"gray", "rgb"}
            Channels to decode.

        Raises
        ------
        InputError
            As of `array`.
        """
        self._check_some()
        self._prepare(views, colour, chunks(len(self)))

    def _prepare(self, views: Sequence[View], colour: Colour, bounds: Sequence[int]) -> None:
        targets = {self._place(view, colour): view for view in views}
        prepare(targets, self.read, colour, self.table["sha256"].tolist(), bounds, self.name)

    def _place(self, view: View, colour: Colour) -> Path:
        key = text_digest(
            computed_by("views"), self.digest, str(view), colour, *self.table["image"]
        )[:24]
        return cache_root() / "prepared" / f"{file_name(self.name)}-{key}.npy"

    def _check_some(self) -> None:
        if not len(self):
            raise InputError(f"{self.name} has no images to show.")

    @classmethod
    def from_arrays(
        cls,
        images: Pixels,
        table: pd.DataFrame,
        *,
        name: str,
        state: DataState = "real",
    ) -> Self:
        """Make an image set of pixels in memory.

        Parameters
        ----------
        images : ndarray of uint8, shape (n, height, width, channels)
            One channel or three.
        table : DataFrame
            n rows with at least ``label``; ``image`` and ``group`` are numbered if missing.
        name, state : str
            See the class.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
            raise InputError(
                "images must be uint8 of shape (n, height, width, 1 or 3), "
                f"not {images.dtype} {images.shape}."
            )
        if len(images) != len(table):
            raise InputError(f"{len(images)} images, but {len(table)} rows in the table.")

        def read(row: int, colour: Colour) -> Pixels:
            image = images[row]
            if image.shape[2] == 1:
                return image if colour == "gray" else np.repeat(image, 3, axis=2)
            return image if colour == "rgb" else to_gray(image)

        numbers = [f"{row:06d}" for row in range(len(table))]
        defaults = {"image": numbers, "group": numbers}
        if "sha256" in table:
            raise InputError("Column 'sha256' is filled from the pixels. Leave it out.")
        full = table.reset_index(drop=True).assign(
            **{key: value for key, value in defaults.items() if key not in table},
            sha256=[pixel_digest(image) for image in images],
        )
        return cls(name, state, checked(full), read, {})

    @classmethod
    def from_folder(
        cls,
        folder: Path | str,
        describe: Describe,
        *,
        name: str,
        state: DataState = "real",
        on_broken: OnBroken = "raise",
        bit_depth: int | None = None,
        views: Sequence[View] = (),
        colour: Colour = "gray",
    ) -> Self:
        """Make an image set of the files below a folder.

        Parameters
        ----------
        folder : Path or str
            Searched with its subfolders for PNG, JPEG, GIF, BMP, PGM, TIFF and WebP files
            (`listing` says what is left out).
        describe : callable
            Path below the folder to a row of the table (``label``, perhaps ``image``, ``group``
            and factors; the path without its suffix where they are missing), or None for a file
            that does not belong. Values are text, numbers, dates or booleans.
        name, state : str
            See the class.
        on_broken : {"raise", "skip"}
            Raise one `BrokenImagesError` that names every unusable file, or leave them out and
            list them in ``skipped``.
        bit_depth : int, optional
            Bits that the camera fills of 16-bit files, 9..16: 12-bit levels then become 0..255. All
            16 if missing.

        Raises
        ------
        InputError
            There is no such folder, or no image in it that can be used; `describe` gives what is
            no row.
        """
        found = read_folder(Path(folder), describe, name, on_broken, bit_depth, views, colour)
        images = cls(
            name, state, found.table, found.read, found.skipped, Path(folder), found.files,
            left_out=found.left_out, levels=found.levels,
        )  # fmt: skip
        images._prepare(views, colour, found.bounds)
        return images
