"""One pass over image files: digest, header, perceptual hash and views of each, decoded once.

Some thousand files are kept as soon as they are read. A file counts as unchanged while its path,
size and time of change are the same; what is known of it is not read again, so that a scan that was
killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from confoundlab.escape import storable
from confoundlab.images.decoding import CannotDecodeError, read_once
from confoundlab.images.headers import EXIF, HEADER
from confoundlab.images.prepared import CHUNK, Part, View, chunks
from confoundlab.images.streaming import stream
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest
from confoundlab.storage.versions import computed_by
from confoundlab.types import Colour, Indices, Mask, Pixels

if TYPE_CHECKING:
    from confoundlab.images.planes import Memory

_STATE = ["file", "bytes", "mtime_ns"]
_TYPES = (
    {"file": "str", "bytes": "int64", "mtime_ns": "int64", "sha256": "str", "hash": "uint64"}
    | dict.fromkeys([*HEADER, *EXIF], "category")  # a few values, told once
    | {"height": "int32", "width": "int32", "quantisation": "Int32", "frames": "Int32"}
    | {"bits": "int32", "highest": "int32"}
)
_FORM = "3"  # of what is kept of a scan


class Scan(NamedTuple):
    """What was read of some files.

    Parameters
    ----------
    table : DataFrame
        A row a file that can be read; the index is its place among them. Columns ``file``,
        ``bytes``, ``mtime_ns``, ``sha256``, ``hash`` (of `hashing`), those of `headers`, and
        ``bits`` and ``highest`` as of `Decoded`; ``height`` and ``width`` are of the pixels.
    problems : dict of int to str
        Place of each other file, and why it cannot be read.
    bounds : list of int
        Rows of the table with which chunks begin, and its length.
    """

    table: pd.DataFrame
    problems: dict[int, str]
    bounds: list[int]


def pixel_digest(pixels: Pixels) -> str:
    """SHA-256 of height, width and three-channel pixels; gray is three equal channels."""
    has_three = pixels.shape[2] == 3  # as nearly always, and broadcasting takes its time
    rgb = pixels if has_three else np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    rgb = np.ascontiguousarray(rgb)
    found = hashlib.sha256(np.array(rgb.shape, dtype="<u4").tobytes())
    found.update(rgb.data)
    return found.hexdigest()


def scan(
    folder: Path,
    files: Sequence[str],
    what: str,
    bit_depth: int | None = None,
    *,
    views: Sequence[View] = (),
    colour: Colour = "gray",
) -> Scan:
    """Read files, unless they are known from an earlier scan of the folder.

    Parameters
    ----------
    folder : Path
        Above the files.
    files : sequence of str
        Paths below it, one file or more.
    what : str
        Of the progress bar, and name of the set in errors.
    bit_depth : int, optional
        As of `decode`.
    views : sequence of View
        Kept for chunks of which all files are read now, so that `prepared.prepare` finds them.
    colour : {"gray", "rgb"}
        Channels that views see.

    Raises
    ------
    InputError
        A view gives different sizes or does not fit an image.
    """
    kept = cache_root() / "scans" / f"{_key(folder, bit_depth)}.parquet"
    known, read, parts = _unread(folder, files, what, bit_depth, kept, tuple(views), colour)
    fresh = list(read.chunks(kept))
    is_asked = known["file"].isin(read.table["file"])
    table = _typed(pd.concat([known[is_asked], *fresh]).sort_index())
    if fresh or parts:
        _save(kept, _typed(pd.concat([table, known[~is_asked]])))
        for path in (*parts, *read.parts):
            path.unlink(missing_ok=True)
    bounds = np.searchsorted(table.index, chunks(len(files))).tolist()
    return Scan(table, dict(sorted(read.problems.items())), bounds)


def scan_part(folder: Path, files: Sequence[str], what: str, bit_depth: int | None = None) -> None:
    """Read some files of a folder for a `scan` of all of them, which finds them known.

    Several processes, also of several machines with a common cache, can each read a part.
    """
    kept = cache_root() / "scans" / f"{_key(folder, bit_depth)}.parquet"
    reading = _unread(folder, files, what, bit_depth, kept)[1]
    for _ in reading.chunks(kept):
        pass


def state_of(path: Path) -> tuple[int, int]:
    """Return size and time of change, by which a changed file is known; -1 where there is none."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _unread(
    folder: Path,
    files: Sequence[str],
    what: str,
    bit_depth: int | None,
    kept: Path,
    views: tuple[View, ...] = (),
    colour: Colour = "gray",
) -> tuple[pd.DataFrame, _Reading, list[Path]]:
    """Return what is known of the folder, what is to be read, and where parts of it are kept.

    Rows of files that are asked for have their place as index, others -1.
    """
    parts = sorted(kept.parent.glob(f"{kept.stem}-*.parquet"))
    known = [one for path in (kept, *parts) if (one := load_table(path, _table_of)) is not None]
    states = np.array([state_of(folder / file) for file in files], np.int64)
    now = pd.DataFrame({"file": files, "bytes": states[:, 0], "mtime_ns": states[:, 1]})
    now = now.astype({"file": "str"}).reset_index(names="row")
    before = pd.concat([_typed(now[:0]), *known]).drop_duplicates(_STATE)
    table = now.merge(before, on=_STATE).set_index("row").rename_axis(None)
    is_new = ~now["row"].isin(table.index).to_numpy(bool)
    others = before[~before["file"].isin(now["file"])]
    others.index = pd.Index(np.full(len(others), -1))
    reading = _Reading(folder, now, is_new, what, bit_depth, views, colour)
    return _typed(pd.concat([table, others])), reading, parts


@dataclass(eq=False)
class _Reading:
    """The files of a table that are not known yet, read chunk by chunk."""

    folder: Path
    table: pd.DataFrame
    is_new: Mask
    what: str
    bit_depth: int | None
    views: tuple[View, ...]
    colour: Colour
    problems: dict[int, str] = field(default_factory=dict)
    parts: list[Path] = field(default_factory=list)
    memory: Memory = field(init=False)
    files: list[str] = field(init=False)
    viewed: list[tuple[View, ...]] = field(init=False)

    def __post_init__(self) -> None:
        from confoundlab.images.planes import Memory  # here: numba takes half a second to load

        self.memory = Memory()
        self.files = self.table["file"].tolist()
        # of each chunk: all views, or none if some of its files are not read
        bounds = itertools.pairwise(chunks(len(self.files)))
        self.viewed = [self.views if self.is_new[a:b].all() else () for a, b in bounds]

    def chunks(self, kept: Path) -> Iterator[pd.DataFrame]:
        """Read and keep; give the rows of each chunk of which any file can be read."""
        new = np.flatnonzero(self.is_new)
        spans = itertools.pairwise(chunks(len(self.files)))
        with contextlib.closing(stream(self._one, new.tolist(), self.what)) as found:
            for (start, end), views in zip(spans, self.viewed, strict=True):
                rows = new[(new >= start) & (new < end)]
                with contextlib.closing(Part(views, self.colour, self.what)) as part:
                    frame = self._chunk(rows, found, part)
                    if not frame.empty:
                        part.keep(frame["sha256"].tolist())
                        yield self._kept(frame, kept)

    def _one(self, row: int) -> str | tuple[dict[str, Any], Pixels, list[Pixels]]:
        from confoundlab.images.hashing import shrunk  # here, for the same reason

        try:
            path = self.folder / self.files[row]
            pixels, header = read_once(path, bit_depth=self.bit_depth, memory=self.memory)
        except CannotDecodeError as error:
            return str(error)
        height, width = pixels["rgb"].shape[:2]
        header |= {"sha256": pixel_digest(pixels["rgb"]), "height": height, "width": width}
        shown = [view(pixels[self.colour]) for view in self.viewed[row // CHUNK]]
        return header, shrunk(pixels["gray"]), [one.copy() for one in shown]  # they outlive it

    def _chunk(self, rows: Indices, found: Iterator[Any], part: Part) -> pd.DataFrame:
        from confoundlab.images.hashing import hashes

        at, headers, small = [], [], []
        for row in rows.tolist():
            one = next(found)
            if isinstance(one, str):
                self.problems[row] = one
                continue
            at.append(row)
            headers.append(one[0])
            small.append(one[1])
            part.add(one[2])
        if not at:
            return pd.DataFrame()
        told = pd.DataFrame(headers, index=at).assign(hash=hashes(np.stack(small)))
        return _typed(self.table.loc[at, _STATE].join(told))

    def _kept(self, frame: pd.DataFrame, kept: Path) -> pd.DataFrame:
        name = text_digest(*frame["file"], *frame["sha256"])[:16]
        self.parts.append(kept.with_name(f"{kept.stem}-{name}.parquet"))
        _save(self.parts[-1], frame)
        return frame


def _save(path: Path, table: pd.DataFrame) -> None:
    """Keep a table, without the words on it that pandas adds: no checksum covers them."""
    plain = table.astype({name: object for name in table if _TYPES[str(name)] == "category"})
    found = pa.Table.from_pandas(plain, preserve_index=False)
    save_table(path, found.replace_schema_metadata(None))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    return table.reindex(columns=list(_TYPES)).astype(_TYPES)


def _table_of(found: pa.Table) -> pd.DataFrame:
    table: pd.DataFrame = found.to_pandas()
    return table[list(_TYPES)].astype(_TYPES)


def _key(folder: Path, bit_depth: int | None) -> str:
    place = storable(str(folder.absolute()))
    return text_digest(computed_by("views"), _FORM, str(bit_depth), place)[:16]
