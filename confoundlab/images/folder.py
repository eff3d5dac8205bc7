"""A folder of image files to the parts of an image set: what is read, and what is not, and why."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.escape import terminal
from confoundlab.images.decoding import CannotDecodeError, decode
from confoundlab.images.listing import counted, list_images
from confoundlab.images.prepared import View
from confoundlab.images.rows import FILE, MEASURED, checked, rows_of
from confoundlab.images.scanning import scan, state_of
from confoundlab.types import Colour, Pixels

Describe = Callable[[Path], Mapping[str, Any] | None]
OnBroken = Literal["raise", "skip"]
_FEW_LEVELS = 128  # of 256: half of the range is empty in every image of the set
_SHOWN = 5


@dataclass(frozen=True)
class Found:
    """What a folder gave; the fields are those of `ImageSet`, and where its chunks begin."""

    table: pd.DataFrame
    files: pd.DataFrame
    read: Callable[[int, Colour], Pixels]
    skipped: dict[str, str]
    left_out: dict[str, str]
    levels: str
    bounds: list[int]


def read_folder(
    folder: Path,
    describe: Describe,
    name: str,
    on_broken: OnBroken,
    bit_depth: int | None,
    views: Sequence[View],
    colour: Colour,
) -> Found:
    """Find, describe and scan the images below a folder; parameters and errors as of `ImageSet`."""
    listing = list_images(folder)
    rows, unfit, unnamed = rows_of(listing.images, describe)
    left_out = listing.left_out | unfit
    problems = listing.unreadable | unnamed
    del listing
    if rows.empty:
        raise _none_left(name, folder, problems, left_out, on_broken)
    files = rows.pop(FILE)
    found = scan(folder, files.tolist(), name, bit_depth, views=views, colour=colour)
    problems |= {files.iloc[row]: why for row, why in found.problems.items()}
    if found.table.empty or (problems and on_broken == "raise"):
        raise _none_left(name, folder, problems, left_out, on_broken)
    table = rows.loc[found.table.index].join(found.table[list(MEASURED)])
    known = found.table.reset_index(drop=True)
    return Found(
        checked(table.reset_index(drop=True)),
        known.drop(columns=list(MEASURED)).assign(height=known["height"], width=known["width"]),
        _reader(name, folder, known, bit_depth),
        dict(sorted(problems.items())),
        dict(sorted((left_out | _further(known)).items())),
        _levels_left(known),
        found.bounds,
    )


def _reader(
    name: str, folder: Path, scanned: pd.DataFrame, bit_depth: int | None
) -> Callable[[int, Colour], Pixels]:
    """Return what reads a row's file, as long as it is the one that was scanned."""
    files, states = scanned["file"], scanned[["bytes", "mtime_ns"]].to_numpy()

    def read(row: int, colour: Colour) -> Pixels:
        path = folder / files.iloc[row]
        try:
            if path.exists() and state_of(path) != tuple(states[row].tolist()):
                raise CannotDecodeError("it has changed since the set was made")
            return decode(path, colour, bit_depth=bit_depth)
        except CannotDecodeError as error:
            raise InputError(
                f"{path} of {name} cannot be read any more: {error}. Make the image set anew."
            ) from None

    return read


def _none_left(
    name: str,
    folder: Path,
    problems: dict[str, str],
    left_out: dict[str, str],
    on_broken: OnBroken,
) -> InputError:
    if problems and on_broken == "raise":
        return BrokenImagesError(problems)
    return InputError(_none_found(name, folder, problems, left_out))


def _none_found(name: str, folder: Path, problems: dict[str, str], left_out: dict[str, str]) -> str:
    """Say why a folder gives no image set."""
    text = f"There are no {name} images that can be used below {folder}."
    if problems:
        some = "; ".join(f"{path}: {why}" for path, why in list(problems.items())[:_SHOWN])
        text += terminal(f" {len(problems):,} cannot be read, for example {some}.", keep="")
    return f"{text} Left out: {counted(left_out)}." if left_out else text


def _further(scanned: pd.DataFrame) -> dict[str, str]:
    """Name the pictures of a file behind its first, which alone is read."""
    several = scanned[scanned["frames"].fillna(1) > 1]
    return {
        f"{file}, {n - 1} more in it": "behind the first picture of a file"
        for file, n in zip(several["file"], several["frames"], strict=True)
    }


def _levels_left(scanned: pd.DataFrame) -> str:
    """Say what is lost where files are deeper than 8 bits; warn if that is most of their levels."""
    deep = scanned[scanned["bits"] > 8]
    if deep.empty:
        return ""
    bits, highest = int(deep["bits"].max()), int(deep["highest"].max())
    text = f"{len(deep):,} images of up to {bits} bits are cut to 8."
    left = int((deep["highest"] // 2 ** (deep["bits"] - 8)).max()) + 1
    if left > _FEW_LEVELS:
        return text
    text += f" None has a level above {highest:,}, so that at most {left} of 256 levels are left."
    if bits == 16:
        text += (
            " If the camera fills fewer bits, state them for the set, for example "
            f"bit_depth={max(9, highest.bit_length())}."
        )
    warnings.warn(text, UserWarning, stacklevel=4)
    return text
