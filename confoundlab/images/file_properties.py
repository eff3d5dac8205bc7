"""What a file says before a pixel is decoded: its size, format and compression.

Where these differ between classes, so do the images' sources, and resizing and decompression carry
that into the pixels. Only headers are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.escape import storable
from confoundlab.images.decoding import CannotDecodeError, opened
from confoundlab.images.headers import HEADER, header
from confoundlab.images.imageset import ImageSet

_TYPES = {
    "width": "Int64",
    "height": "Int64",
    "quantisation": "Int64",
    "frames": "Int64",
}  # may be missing


def properties(
    files: Iterable[Path | str], *, on_broken: Literal["raise", "skip"] = "raise"
) -> pd.DataFrame:
    """Read the headers of image files.

    Parameters
    ----------
    files : iterable of Path or str
        In the formats that `decode` reads.
    on_broken : {"raise", "skip"}
        Raise one `BrokenImagesError` that names every unusable file, or keep a row for each with
        nothing but its path and bytes.

    Returns
    -------
    DataFrame
        A row a file, in the given order: ``path``; ``bytes``; ``width`` and ``height`` in pixels;
        ``format`` (JPEG, PNG, ...) and ``mode`` as Pillow names them; of a JPEG ``quantisation``,
        the first value of its first table (1 upwards, the step of the mean level of 8x8 pixels: the
        higher, the harder it was compressed), and ``subsampling`` of colour (4:4:4, 4:2:2 or
        4:2:0; missing where it is another); ``frames``, the pictures in the file;
        ``bytes_per_pixel``.
    """
    paths = [Path(file) for file in files]
    problems: dict[str, str] = {}
    rows = [_row(path, problems) for path in paths]
    if problems and on_broken == "raise":
        raise BrokenImagesError(problems)
    return _with_rate(pd.DataFrame(rows, columns=["path", "bytes", *HEADER]).astype(_TYPES))


def of_images(images: ImageSet) -> pd.DataFrame:
    """Return the properties of an image set's files, as they were read, after a column ``image``.

    No file is opened again; what its header does not say is missing.
    """
    if images.files is None:
        raise InputError(
            f"{images.name} was not read from files; only those of ImageSet.from_folder are known."
        )
    known = images.files.reset_index(drop=True)
    table = known[["bytes", *HEADER]].astype(object).astype(_TYPES)
    table.insert(0, "path", [storable(str(path)) for path in images.paths or ()])
    table.insert(0, "image", images.table["image"].to_numpy())
    return _with_rate(table)


def _row(path: Path, problems: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"path": storable(str(path))}
    try:
        with opened(path) as image:
            row |= header(image)
    except CannotDecodeError as error:
        problems[str(path)] = str(error)
    return row | {"bytes": path.stat().st_size if path.is_file() else None}


def _with_rate(table: pd.DataFrame) -> pd.DataFrame:
    pixels = (table["width"] * table["height"]).astype("Float64")
    return table.assign(bytes_per_pixel=table["bytes"] / pixels)
