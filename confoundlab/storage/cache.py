"""What the cache keeps, with checksums: a file that does not fit its own is as good as absent.

Both kinds stay readable without this package. A table is Parquet, its pages with the checksums of
that format (https://parquet.apache.org/docs/file-format/data-pages/checksumming/). An array is
NumPy's ``.npy`` with ten bytes behind it that `numpy.load` does not read: a mark, and the CRC-32 of
all before.
"""

from __future__ import annotations

import io
import itertools
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confoundlab.storage.files import write_aside
from confoundlab.types import Pixels

T = TypeVar("T")


class GoneError(Exception):
    """A part is not there any more: no `OSError`, which would be taken for a disk's."""


_MARK = b"CRC-32"
_TAIL = len(_MARK) + 4
_CHUNK = 2**20


def save_table(path: Path, table: pa.Table) -> None:
    """Keep a table; raise `RunFailedError` if it cannot be written."""
    write_aside(path, partial(pq.write_table, table, write_page_checksum=True))


def load_table(path: Path, read: Callable[[pa.Table], T]) -> T | None:
    """Return what `read` makes of a table, or None where it is absent or, with a warning, damaged.

    Parameters
    ----------
    path : Path
        Of `save_table`.
    read : callable
        Whatever it raises, the file is to blame.
    """
    return _whole(path, lambda: read(pq.read_table(path, page_checksum_verification=True)))


def save_array(path: Path, array: Pixels) -> Pixels:
    """Keep an array and return it mapped into memory.

    Raises
    ------
    RunFailedError
        It cannot be written.
    """
    whole = np.ascontiguousarray(array)
    save_pieces(path, whole.shape, [whole.data])
    return mapped(path)


def save_pieces(
    path: Path, shape: tuple[int, ...], pieces: Iterable[bytes | memoryview[Any]]
) -> None:
    """Keep an array of uint8 that comes in pieces, in order, and need not fit into memory.

    Raises
    ------
    RunFailedError
        It cannot be written.
    """

    def write(aside: Path) -> None:
        head = io.BytesIO()
        described = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(head, described)
        sums = 0
        with aside.open("wb") as file:
            for piece in itertools.chain([head.getvalue()], pieces):
                sums = zlib.crc32(piece, sums)
                file.write(piece)
            file.write(_MARK + sums.to_bytes(4, "big"))

    write_aside(path, write)


def shape_of(path: Path) -> tuple[int, ...]:
    """Return the shape of a kept array, without mapping it into memory.

    Raises
    ------
    GoneError
        There is none; or it does not fit its checksum, and was removed.
    """
    try:
        stat = path.stat()
        _compare(path, stat.st_size, stat.st_mtime_ns)
        with path.open("rb") as file:
            return _shape(file)
    except ValueError:
        path.unlink(missing_ok=True)
        raise GoneError from None
    except FileNotFoundError:
        raise GoneError from None


def pieces_of(path: Path) -> Iterator[bytes]:
    """Give a kept array in pieces, for `save_pieces`; raise `GoneError` if it is not there."""
    try:
        with path.open("rb") as file:
            left = int(np.prod(_shape(file)))
            while left:
                piece = file.read(min(_CHUNK, left))
                left -= len(piece)
                yield piece
    except FileNotFoundError:
        raise GoneError from None


def _shape(file: BinaryIO) -> tuple[int, ...]:
    np.lib.format.read_magic(file)
    shape: tuple[int, ...] = np.lib.format.read_array_header_1_0(file)[0]
    return shape


def load_array(path: Path) -> Pixels | None:
    """Map an array into memory; None where it is absent or, with a warning, damaged.

    Its checksum is compared once a process, unless the file changes.
    """

    def read() -> Pixels:
        stat = path.stat()
        _compare(path, stat.st_size, stat.st_mtime_ns)
        return mapped(path)

    return _whole(path, read)


def mapped(path: Path) -> Pixels:
    """Map an array that was just kept into memory."""
    array: Pixels = np.load(path, mmap_mode="r")
    return array


@cache
def _compare(path: Path, size: int, changed_ns: int) -> None:
    sums, left = 0, size - _TAIL
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            sums = zlib.crc32(chunk, sums)
            left -= len(chunk)
        if file.read() != _MARK + sums.to_bytes(4, "big"):
            raise ValueError("its checksum is another")


def _whole(path: Path, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except FileNotFoundError:
        return None
    except Exception as error:  # there is nothing that readers do not raise on damaged files
        why = " ".join(str(error).split())[:100]
        warnings.warn(
            f"{path} is damaged and is computed again: {type(error).__name__}: {why}", stacklevel=4
        )
        return None
