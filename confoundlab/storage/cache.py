"""What the cache keeps, with checksums: a file that does not fit its own is as good as absent.

Both kinds stay readable without this package. A table is Parquet, its pages with the checksums of
that format (https://parquet.apache.org/docs/file-format/data-pages/checksumming/). An array is
NumPy's ``.npy`` with ten bytes behind it that `numpy.load` does not read: a mark, and the CRC-32 of
all before.
"""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confoundlab.storage.files import write_aside
from confoundlab.types import Pixels

T = TypeVar("T")
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
    head = io.BytesIO()
    whole = np.ascontiguousarray(array)
    np.lib.format.write_array_header_1_0(head, np.lib.format.header_data_from_array_1_0(whole))
    sums = zlib.crc32(whole.data, zlib.crc32(head.getvalue()))

    def write(aside: Path) -> None:
        with aside.open("wb") as file:
            file.writelines([head.getvalue(), whole.data, _MARK, sums.to_bytes(4, "big")])

    return _mapped(write_aside(path, write))


def load_array(path: Path) -> Pixels | None:
    """Map an array into memory; None where it is absent or, with a warning, damaged.

    Its checksum is compared once a process, unless the file changes.
    """

    def read() -> Pixels:
        stat = path.stat()
        _compare(path, stat.st_size, stat.st_mtime_ns)
        return _mapped(path)

    return _whole(path, read)


def _mapped(path: Path) -> Pixels:
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
