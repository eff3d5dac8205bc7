"""Files to material: folders of classes, folders with a table, arrays of images, embeddings.

Serves the audit of anybody's images. One contract holds for all: the same pixels with the same
labels give the same digest, and so the same verdicts.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from confoundlab.auditing.readers import dicom
from confoundlab.auditing.readers.arrays import arrays, embeddings, numbers_of, rows_of, sampled
from confoundlab.auditing.readers.material import Material, of_images
from confoundlab.auditing.readers.plates import is_plate, plates
from confoundlab.auditing.readers.profiles import SUFFIXES, is_profile, profiles
from confoundlab.auditing.readers.roles import Columns, Roles, columns_of, enough
from confoundlab.auditing.readers.tables import Joined, join, read_table
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet
from confoundlab.images.listing import list_images
from confoundlab.types import Numbers

# What Keras, torchvision, fastai and MedMNIST call the parts of a split.
_SPLIT = re.compile(r"(train|training|val|valid|validation|dev|test|testing)", re.IGNORECASE)
_BESIDE = ("metadata.csv", "metadata.tsv", "metadata.jsonl", "metadata.parquet")


def open_source(
    source: Path,
    roles: Roles,
    *,
    table: Path | None = None,
    features: Path | None = None,
    sample: int = 0,
    bit_depth: int | None = None,
    seed: int = 0,
) -> Material:
    """Read what is to be audited.

    Parameters
    ----------
    source : Path
        A folder of images, of DICOM files (with pydicom) or of OME-TIFF and OME-Zarr (with tifffile
        and zarr); an ``.npz`` of arrays ``train_images`` and ``train_labels`` (also ``val_`` and
        ``test_``), as MedMNIST publishes them; a table of profiles with ``Metadata_`` columns, as
        CellProfiler and pycytominer write it; or embeddings, ``.npy`` of shape (n, d) or
        ``.parquet``, with a table.
    roles : Roles
        Columns that the user named.
    table : Path, optional
        Of columns. In a folder ``metadata.csv``, ``.tsv``, ``.jsonl`` or ``.parquet`` is taken,
        also one in each part of the split, as Hugging Face lays image folders.
    features : Path, optional
        Embeddings of the images, in the order of the table's rows.
    sample : int
        Audit so many images, drawn at random with all classes in proportion; 0 for all.
    bit_depth : int, optional
        Bits that the camera fills of 16-bit files.
    seed : int
        Of the sample.

    Raises
    ------
    InputError
        Anything that cannot be used, in one line.
    """
    if not source.exists():
        raise InputError(f"There is no {source}. Name the folder that holds the images.")
    if source.is_dir() and is_plate(source):
        return plates(source, roles, table, sample, seed)
    if source.is_dir():
        return _folder(source, roles, table, features, sample, bit_depth, seed)
    if source.suffix in SUFFIXES and is_profile(source):
        return profiles(source, roles, sample, seed)
    if source.suffix == ".npz":
        return arrays(source, roles, sample, seed)
    if source.suffix in (".npy", ".parquet"):
        return embeddings(source, roles, table, sample, seed)
    raise InputError(
        f"{source.name} is no folder, .npz, .npy, .parquet or table with Metadata_ columns. Name "
        "the images' folder."
    )


def checked(
    source: Path,
    roles: Roles,
    table: Path | None = None,
    features: Path | None = None,
    predictions: Path | None = None,
) -> tuple[list[str], list[str]] | None:
    """Raise `InputError` for what can be told in a moment, before an image is read.

    Parameters
    ----------
    source, roles, table, features
        As of `open_source`.
    predictions : Path, optional
        It must be there.

    Returns
    -------
    pair of list of str, or None
        Names of the images and of the classes; None of a source that must be read for them.
    """
    for path in (features, predictions):
        if path is not None and not path.is_file():
            raise InputError(f"There is no file {path}.")
    if not source.exists():
        raise InputError(f"There is no {source}. Name the folder that holds the images.")
    if not source.is_dir() or is_plate(source):
        return None
    files, columns, _, rows = _described(source, roles, table)
    enough(columns.label)
    if features is not None:
        _features(features, len(files) if rows is None else len(rows))
    return _names(files), sorted(columns.label.unique())


def _features(path: Path, n: int) -> Numbers:
    """Read embeddings, of which there must be n rows."""
    numbers = numbers_of(path)
    if len(numbers) != n:
        raise InputError(f"{path.name} has {len(numbers)} rows, but there are {n} to describe.")
    return numbers


def _described(
    folder: Path, roles: Roles, table: Path | None
) -> tuple[list[str], Columns, Joined | None, pd.DataFrame | None]:
    """Return files below a folder that have a row, the columns of these rows, and how they join."""
    listing = list_images(folder)
    files = [path.as_posix() for path in listing.images] or dicom.files_of(listing)
    if not files:
        raise InputError(
            f"There is no image below {folder}"
            + (f" ({len(listing.left_out):,} other files)." if listing.left_out else ".")
        )
    said = _of_folders(files)
    header = (
        dicom.headers(folder, files)
        if files[0].lower().endswith(dicom.SUFFIXES)
        else pd.DataFrame()
    )
    rows = read_table(table) if table else _beside(folder)
    if rows is None:
        if "label" not in said:
            raise InputError(
                f"Images such as {files[0]} lie in no folder of a class. Put each class into a "
                "folder of its name, or give a table (--table) with a column for the label."
            )
        every = pd.concat([said, header], axis=1)
        return files, columns_of(every, roles, of_folder=True), None, None
    joined = join(files, rows)
    kept = [file for file, row in zip(files, joined.rows.tolist(), strict=True) if row >= 0]
    own = rows.iloc[joined.rows[joined.rows >= 0]].reset_index(drop=True)
    of_folder = False
    if not roles.label and "label" in said and "label" not in own:
        usual = {str(one).lower() for one in own}
        if not usual & {"class", "diagnosis", "target"}:
            own["label"] = said["label"].to_numpy()[joined.rows >= 0]
            of_folder = True
    if "split" in said and "split" not in own and not roles.split:
        own["split"] = said["split"].to_numpy()[joined.rows >= 0]
    for name in set(header) - set(own):  # a table knows better than a header
        own[name] = header[name].to_numpy()[joined.rows >= 0]
    unneeded = {joined.column} - {roles.label, roles.group, *roles.factors}
    found = columns_of(own.drop(columns=list(unneeded)), roles, of_folder=of_folder)
    return kept, found, joined, rows


def _beside(folder: Path) -> pd.DataFrame | None:
    """Return the table that lies in a folder, or one in each part of its split, as one."""
    parts = sorted(path.name for path in folder.iterdir() if _SPLIT.fullmatch(path.name))
    for inside in ([""], parts):
        found = [
            (part, read_table(folder / part / name))
            for part in inside
            for name in _BESIDE
            if (folder / part / name).is_file()
        ]
        for part, rows in found:
            if part and "file_name" in rows:
                rows["file_name"] = [one and f"{part}/{one}" for one in rows["file_name"]]
        if found:
            every = pd.concat([rows for _, rows in found], ignore_index=True)
            return every.astype(object).where(every.notna(), None)
    return None


def _of_folders(files: Sequence[str]) -> pd.DataFrame:
    """Return what the names of folders say of each file: label, and split, where all have one."""
    parts = [file.split("/")[:-1] for file in files]
    tops = {part[0] for part in parts if part}
    has_split = len(tops) > 1 and all(part and _SPLIT.fullmatch(part[0]) for part in parts)
    below = [part[1:] for part in parts] if has_split else parts
    found = {}
    if all(below):
        found["label"] = [part[0] for part in below]
    if has_split:
        found["split"] = [part[0].lower() for part in parts]
    return pd.DataFrame(found, index=range(len(files)), dtype=object)


def _folder(
    folder: Path,
    roles: Roles,
    table: Path | None,
    features: Path | None,
    sample: int,
    bit_depth: int | None,
    seed: int,
) -> Material:
    files, columns, joined, rows = _described(folder, roles, table)
    notes = joined.words() if joined else []
    kept = sampled(columns.label, sample, seed)
    if len(kept) < len(files):
        notes.append(f"{len(kept):,} of {len(files):,} images were drawn at random (--sample).")
    names = _names(files)
    asked = {files[one]: (names[one], str(columns.label.iloc[one])) for one in kept}
    if files[0].lower().endswith(dicom.SUFFIXES):
        images = dicom.image_set(folder, list(asked), *zip(*asked.values(), strict=True))
    else:
        images = _image_set(folder, asked, bit_depth)
    place = {name: number for number, name in enumerate(names)}
    order = [place[image] for image in images.table["image"]]
    material = of_images(images, rows_of(columns, order), notes)
    if features is None:
        return material
    numbers = _features(features, len(files) if rows is None else len(rows))
    at = np.array(order) if joined is None else joined.rows[joined.rows >= 0][order]
    return replace(material, features=numbers[at])


def _image_set(folder: Path, asked: dict[str, tuple[str, str]], bit_depth: int | None) -> ImageSet:
    """Read the files that are asked for, each with its name and label."""

    def describe(path: Path) -> dict[str, str] | None:
        found = asked.get(path.as_posix())
        return None if found is None else {"image": found[0], "label": found[1]}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of levels lost: the set's remarks say it
        images = ImageSet.from_folder(
            folder, describe, name=folder.resolve().name, on_broken="skip", bit_depth=bit_depth
        )
    # neither what the sample leaves out nor what lacks a row is a stray file
    stray = {name: why for name, why in images.left_out.items() if not why.startswith("that desc")}
    return replace(images, left_out=stray)


def _names(files: Sequence[str]) -> list[str]:
    """Return paths without suffix, which no conversion changes, unless two files share one."""
    bare = [str(PurePosixPath(file).with_suffix("")) for file in files]
    return bare if len(set(bare)) == len(bare) else list(files)
