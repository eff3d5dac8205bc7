"""Prove that a folder holds a whole and unaltered copy of a data set, by names and decoded pixels.

Every file is decoded afresh: what an earlier scan remembers of a file is no proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from confoundlab.catalog import Dataset, read_manifest
from confoundlab.decode import CannotDecodeError, decode
from confoundlab.errors import InputError
from confoundlab.imageset import image_files
from confoundlab.scan import in_order, pixel_digest

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
    extra : tuple of str
        Paths of image files that do not belong to the data set. They do no harm.
    """

    n_expected: int
    by_pixels: bool
    missing: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every image is there once, and as published as far as that is known."""
        return not (self.missing or self.altered or self.doubled or self.broken)

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
        kinds = ("missing", "altered", "doubled", "broken", "extra")
        return "\n".join(
            f"  {kind}, {len(names):,}: {some(names, shown)}"
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
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    manifest = read_manifest(entry)
    expected = entry.expected if manifest is None else frozenset(manifest.index)
    names: list[str] = []
    paths: list[Path] = []
    extra: list[str] = []
    for path in image_files(folder):
        below = path.relative_to(folder)
        row = entry.describe(below)
        name = "" if row is None else str(row.get("image", below.with_suffix("").as_posix()))
        if name in expected:
            names.append(name)
            paths.append(path)
        else:
            extra.append(below.as_posix())

    def digest(row: int) -> tuple[str, str]:
        try:
            return pixel_digest(decode(paths[row], "rgb")), ""
        except CannotDecodeError as error:
            return "", str(error)

    found = list(zip(names, in_order(digest, range(len(paths)), entry.name), strict=True))
    return Comparison(
        n_expected=len(expected),
        by_pixels=manifest is not None,
        missing=tuple(sorted(expected - set(names))),
        altered=tuple(
            name
            for name, (sha256, why) in found
            if manifest is not None and not why and sha256 != manifest[name]
        ),
        doubled=tuple(sorted(name for name, count in Counter(names).items() if count > 1)),
        broken=tuple(f"{name} ({why})" for name, (_, why) in found if why),
        extra=tuple(extra),
    )
