"""DICOM files to pixels, and their headers to the factors that an audit of medicine needs most.

Serves the claim that the scanner, the protocol or the day names the label. Levels become 8 bits by
the rule of all images: the high bits are kept, by what the file says that it stores. No window is
applied, because windows are set by the session. PatientID becomes the column ``patient``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.images.decoding import to_gray
from confoundlab.images.imageset import ImageSet
from confoundlab.images.listing import Listing
from confoundlab.images.scanning import pixel_digest
from confoundlab.images.streaming import in_order
from confoundlab.types import Colour, Pixels

SUFFIXES = (".dcm", ".dicom")
# Of DICOM PS3.6: keyword to the name of the column.
_FACTORS = {
    "PatientID": "patient",
    "Manufacturer": "manufacturer",
    "ManufacturerModelName": "model",
    "StationName": "station",
    "InstitutionName": "institution",
    "ProtocolName": "protocol",
    "SoftwareVersions": "software",
    "KVP": "kVp",
    "StudyDate": "study date",
}
_COLOURS = {"RGB", "YBR_FULL", "YBR_FULL_422"}


def files_of(listing: Listing) -> list[str]:
    """Return the DICOM files among what is no image of another format, sorted."""
    return sorted(name for name in listing.left_out if name.lower().endswith(SUFFIXES))


def headers(folder: Path, files: Sequence[str]) -> pd.DataFrame:
    """Return what headers say, a row a file; columns that no file fills are left out.

    Raises
    ------
    InputError
        pydicom is not installed; `BrokenImagesError` where a file is no DICOM.
    """
    rows, problems = [], {}
    for name in files:
        try:
            found = _pydicom().dcmread(folder / name, stop_before_pixels=True)
            rows.append({column: _text(found.get(key)) for key, column in _FACTORS.items()})
        except InputError:
            raise
        except Exception as error:  # pydicom raises anything on damaged files
            problems[name] = f"no DICOM that is read here ({' '.join(str(error).split())[:80]})"
    if problems:
        raise BrokenImagesError(problems)
    return pd.DataFrame(rows, dtype=object).dropna(axis=1, how="all")


def image_set(
    folder: Path, files: Sequence[str], names: Sequence[str], labels: Sequence[str]
) -> ImageSet:
    """Return the image set of DICOM files; parameters are of the same length.

    Raises
    ------
    InputError
        `BrokenImagesError` where pixels cannot be decoded.
    """
    problems: dict[str, str] = {}

    def one(row: int) -> tuple[str, int, int]:
        try:
            pixels = decode(folder / files[row], "rgb")
        except InputError as error:
            problems[files[row]] = str(error)
            return "", 0, 0
        return pixel_digest(pixels), *pixels.shape[:2]

    measured = in_order(one, range(len(files)), f"reading {folder.name}")
    if problems:
        raise BrokenImagesError(problems)
    table = pd.DataFrame({"image": list(names), "label": list(labels), "group": list(names)})
    table[["sha256", "height", "width"]] = measured

    def read(row: int, colour: Colour) -> Pixels:
        return decode(folder / files[row], colour)

    return ImageSet(folder.resolve().name, "real", table, read, {})


def decode(path: Path, colour: Colour = "gray") -> Pixels:
    """Decode the first frame of one file to uint8, shape (height, width, 1 or 3).

    Raises
    ------
    InputError
        Pixels that are not there, or that need a decoder that is not installed.
    """
    try:
        found = _pydicom().dcmread(path)
        kind = str(found.PhotometricInterpretation)
        frames = int(found.get("NumberOfFrames") or 1)
        values = found.pixel_array
    except InputError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:120]
        raise InputError(f"pixels cannot be decoded ({why})") from None
    first = values[0] if frames > 1 else values
    bits = int(found.BitsStored)
    levels = first.astype(np.int64)
    if int(found.PixelRepresentation):
        levels = levels + 2 ** (bits - 1)
    top = 2**bits - 1
    if kind == "MONOCHROME1":
        levels = top - levels
    elif kind in _COLOURS and levels.ndim == 3:
        return _coloured(first, kind, colour)
    elif kind != "MONOCHROME2":
        raise InputError(f"pixels of kind {kind} are not read")
    inside = np.clip(levels, 0, top)
    gray = (inside >> (bits - 8) if bits >= 8 else inside << (8 - bits)).astype(np.uint8)[..., None]
    return gray if colour == "gray" else np.repeat(gray, 3, axis=2)


def _coloured(values: Any, kind: str, colour: Colour) -> Pixels:
    from pydicom.pixels.processing import convert_color_space

    rgb = values if kind == "RGB" else convert_color_space(values, kind, "RGB")
    pixels = np.ascontiguousarray(rgb, np.uint8)
    return pixels if colour == "rgb" else to_gray(pixels)


def _pydicom() -> Any:
    try:
        import pydicom
    except ImportError:
        raise InputError(
            "DICOM files need pydicom. Run pip install 'confoundlab[dicom]', or convert them."
        ) from None
    return pydicom


def _text(value: Any) -> str | None:
    said = "" if value is None else str(value).strip()
    return said or None
