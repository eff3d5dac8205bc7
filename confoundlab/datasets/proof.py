"""Prove that a folder holds a whole and unaltered copy of a data set, by names and decoded pixels.

Every file is decoded afresh: what an earlier scan remembers of a file is no proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from confoundlab.catalog import Dataset, Packed, read_manifest
from confoundlab.datasets.copies import name_of, open_dataset, row_of
from confoundlab.errors import InputError
from confoundlab.escape import terminal
from confoundlab.images.decoding import CannotDecodeError, decode
from confoundlab.images.listing import list_images
from confoundlab.images.scanning import pixel_digest
from confoundlab.images.streaming import in_order

SHOWN = 5  # names a line, before the rest is a number


@dataclass(frozen=True)
class Comparison:
    """What a folder holds, beside what a complete copy holds.

    Parameters
    ----------
    n_expected : int
        Images of a complete copy.
    by_pixels : bool
        Whether a manifest told what the pixels have to be; without one only names are known.
    missing, altered, doubled : tuple of str
        Names of images that are not there, that have other pixels, or that are there twice.
    broken : tuple of str
        Images that cannot be decoded, each with the reason.
    number : tuple of str
        How the numbers of images and classes differ, where nobody knows the names.
    extra : tuple of str
        Paths of image files that do not belong to the data set. They do no harm.
    left_out : tuple of str
        Paths of what is no image file, each with the reason. They do no harm either.
    """

    n_expected: int
    by_pixels: bool
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every image is there once, and as published as far as that is known."""
        return not (self.missing or self.altered or self.doubled or self.broken or self.number)

    def summary(self) -> str:
        """Say in a few words what was proved, if the copy is whole."""
        if self.by_pixels:
            return f"all {self.n_expected:,} images are there, and every pixel is as published"
        return (
            f"all {self.n_expected:,} images are there and can be read "
            "(no manifest to compare their pixels with)"
        )

    def details(self, shown: int | None = SHOWN) -> str:
        """List what is not as it should be, a line each kind, with at most `shown` names."""
        kinds = ("missing", "altered", "doubled", "broken", "number", "extra", "left_out")
        return "\n".join(
            f"  {kind.replace('_', ' ')}, {len(names):,}: {terminal(some(names, shown), keep='')}"
            for kind in kinds
            if (names := getattr(self, kind))
        )


def some(names: Iterable[str], shown: int | None = SHOWN) -> str:
    """Join names; all if `shown` is None, else that many and the number of the others."""
    listed = list(names)
    text = ", ".join(listed[:shown])
    rest = len(listed) - len(listed[:shown])
    return f"{text} and {rest:,} more" if rest else text


def compare(entry: Dataset, folder: Path) -> Comparison:
    """Compare the images below a folder with the catalog's manifest, or names without one.

    Raises
    ------
    InputError
        There is no such folder.
    """
    listing = list_images(folder)
    manifest = read_manifest(entry)
    expected = entry.expected if manifest is None else frozenset(manifest.index)
    extra: list[str] = []
    closed = listing.unreadable.items()
    if isinstance(entry.layout, Packed):
        try:
            table = open_dataset(entry, folder).table
        except InputError as error:
            return Comparison(entry.n_images, False, broken=(str(error),))
        names, classes = table["image"].tolist(), set(table["label"])
        found = [(sha256, "") for sha256 in table["sha256"]]
    else:
        names, classes, extra, paths = _named(entry, folder, listing.images, expected)
        found = in_order(partial(_digest, paths), range(len(paths)), entry.name)
    counts = (len(set(names)), len(classes))
    right = (entry.n_images, entry.n_classes)
    wrong = "{:,} images of {} classes, not {:,} of {}".format(*counts, *right)
    return Comparison(
        n_expected=entry.n_images,
        by_pixels=manifest is not None,
        missing=tuple(sorted(expected - set(names))),
        altered=tuple(
            name
            for name, (sha256, why) in zip(names, found, strict=True)
            if manifest is not None and not why and sha256 != manifest.get(name)
        ),
        doubled=tuple(sorted(name for name, count in Counter(names).items() if count > 1)),
        broken=tuple(
            f"{name} ({why})"
            for name, why in (*zip(names, (why for _, why in found), strict=True), *closed)
            if why
        ),
        number=() if expected or counts == right else (wrong,),
        extra=tuple(extra),
        left_out=tuple(f"{path} ({why})" for path, why in listing.left_out.items()),
    )


def _named(
    entry: Dataset, folder: Path, files: list[Path], expected: frozenset[str]
) -> tuple[list[str], set[str], list[str], list[Path]]:
    """Sort the image files below a folder into the data set's own and extra ones."""
    names, classes, extra, paths = [], set(), [], []
    for below in files:
        row = row_of(entry, below)
        name = name_of(entry, below)
        if row is not None and (not expected or name in expected):
            names.append(name)
            classes.add(str(row["label"]))
            paths.append(folder / below)
        else:
            extra.append(below.as_posix())
    return names, classes, extra, paths


def _digest(paths: list[Path], row: int) -> tuple[str, str]:
    """Return the digest of a file's pixels, or why it has none."""
    try:
        return pixel_digest(decode(paths[row], "rgb")), ""
    except CannotDecodeError as error:
        return "", str(error)
