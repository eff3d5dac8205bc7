"""What views leave of images, kept as arrays: any number of views in one pass over the images.

Serves the claim that a file is decoded once, however many views of it are asked for. Some thousand
images are kept as soon as they are read, under the digest of their pixels, so that a pass that was
killed goes on where it was, and of two that run at once neither harms the other. When all images
are there, these parts are joined to one array, which is mapped into memory.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from confoundlab.errors import InputError
from confoundlab.images.streaming import stream
from confoundlab.storage.cache import GoneError, pieces_of, save_pieces, shape_of
from confoundlab.storage.files import cache_root, text_digest, writing
from confoundlab.storage.versions import computed_by
from confoundlab.types import Colour, Pixels

CHUNK = 2048  # images that are kept together
_PIECE = 2**20


class View(Protocol):
    """What a classifier may see: a pure function of one image, with a name (see `views`)."""

    @property
    def is_control(self) -> bool:
        """Whether the subject is hidden, so that an honest data set gives chance only."""
        ...

    def __call__(self, image: Pixels) -> Pixels:
        """Return the visible part of an image of shape (height, width, channels)."""
        ...

    def __str__(self) -> str:
        """Return the name under which results are stored."""
        ...


class Part:
    """Some images in some views, while they are read: on the disk, and not in memory.

    Parameters
    ----------
    views : sequence of View
        None twice.
    colour : {"gray", "rgb"}
        Channels of the images.
    name : str
        Of the image set, for errors.
    """

    def __init__(self, views: Sequence[View], colour: Colour, name: str) -> None:
        self.views, self.colour, self.name = views, colour, name
        self.shapes: list[tuple[int, ...] | None] = [None for _ in views]
        self.folder = cache_root() / "parts"
        self.files = [_unnamed(self.folder) for _ in views]

    def add(self, shown: Sequence[Pixels]) -> None:
        """Add one image, as each view shows it."""
        for number, pixels in enumerate(shown):
            before = self.shapes[number]
            if before not in (None, pixels.shape):
                raise unequal(self.views[number], self.name, {before, pixels.shape})
            self.shapes[number] = pixels.shape
        with writing(self.folder):
            for file, pixels in zip(self.files, shown, strict=True):
                file.write(pixels.tobytes())

    def keep(self, digests: Sequence[str]) -> None:
        """Keep what was added: images with these digests, in this order."""
        for view, shape, file in zip(self.views, self.shapes, self.files, strict=True):
            if shape is not None:
                file.seek(0)
                pieces = iter(lambda file=file: file.read(_PIECE), b"")  # type: ignore[misc]
                save_pieces(place(view, self.colour, digests), (len(digests), *shape), pieces)
        self.close()

    def close(self) -> None:
        """Forget what was not kept."""
        for file in self.files:
            file.close()


def _unnamed(folder: Path) -> BinaryIO:
    """Open a file without a name beside the parts: nothing is left of it, whatever happens."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)


def place(view: View, colour: Colour, digests: Sequence[str]) -> Path:
    """Return where images with these digests are kept, as a view shows them."""
    key = text_digest(computed_by("views"), str(view), colour, *digests)
    return cache_root() / "parts" / f"{key[:32]}.npy"


def chunks(n: int) -> list[int]:
    """Return where chunks of n images begin, and n."""
    return [*range(0, n, CHUNK), n]


def prepare(
    targets: dict[Path, View],
    read: Callable[[int, Colour], Pixels],
    colour: Colour,
    digests: Sequence[str],
    bounds: Sequence[int],
    name: str,
) -> None:
    """Make the arrays that are missing, in one pass over the images.

    Parameters
    ----------
    targets : dict of Path to View
        Where each array is to lie.
    read : callable
        (row number, colour) to pixels, as of `ImageSet`.
    colour : {"gray", "rgb"}
        Channels to read.
    digests : sequence of str
        Of the pixels of each image.
    bounds : sequence of int
        Where chunks begin, and their end: those of `chunks`, or of a scan.
    name : str
        Of the image set.

    Raises
    ------
    InputError
        A view gives different sizes or does not fit an image; an image cannot be read.
    RunFailedError
        An array cannot be written.
    """
    while missing := {path: view for path, view in targets.items() if not path.exists()}:
        spans = [(a, b) for a, b in itertools.pairwise(bounds) if a < b]
        lacking = [
            [one for one in missing.values() if not place(one, colour, digests[a:b]).exists()]
            for a, b in spans
        ]
        _read_parts(spans, lacking, read, colour, digests, name)
        for path, view in missing.items():
            parts = [place(view, colour, digests[a:b]) for a, b in spans]
            with contextlib.suppress(GoneError):  # another process has joined them
                _join(path, parts, view, name)
                for part in parts:
                    part.unlink(missing_ok=True)


def unequal(view: View, name: str, shapes: set[tuple[int, ...]]) -> InputError:
    """Return the error of a view whose images differ in size."""
    return InputError(f"{view} gives images of different sizes in {name}: {shapes}.")


def _read_parts(
    spans: Sequence[tuple[int, int]],
    lacking: Sequence[Sequence[View]],
    read: Callable[[int, Colour], Pixels],
    colour: Colour,
    digests: Sequence[str],
    name: str,
) -> None:
    asked = [(row, views) for (a, b), views in zip(spans, lacking, strict=True) if views
             for row in range(a, b)]  # fmt: skip

    def one(number: int) -> list[Pixels]:
        row, views = asked[number]
        image = read(row, colour)
        return [view(image) for view in views]

    what = ", ".join(dict.fromkeys(str(view) for views in lacking for view in views))
    with contextlib.closing(stream(one, range(len(asked)), f"{name}: {what}")) as shown:
        for (a, b), views in zip(spans, lacking, strict=True):
            if not views:
                continue
            with contextlib.closing(Part(views, colour, name)) as part:
                for _ in range(a, b):
                    part.add(next(shown))
                part.keep(digests[a:b])


def _join(path: Path, parts: Sequence[Path], view: View, name: str) -> None:
    shapes = [shape_of(part) for part in parts]
    if len({shape[1:] for shape in shapes}) > 1:
        raise unequal(view, name, {shape[1:] for shape in shapes})
    n = sum(shape[0] for shape in shapes)
    save_pieces(path, (n, *shapes[0][1:]), itertools.chain.from_iterable(map(pieces_of, parts)))
