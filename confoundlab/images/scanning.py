"""Digests of decoded pixels: what a file holds, in any format. Known files are not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from confoundlab.escape import storable
from confoundlab.images.decoding import CannotDecodeError, decode_levels
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest
from confoundlab.storage.machine import cores
from confoundlab.storage.versions import computed_by
from confoundlab.types import Pixels

T = TypeVar("T")
_COLUMNS = ["path", "size", "mtime_ns", "sha256", "height", "width", "bits", "highest"]


def pixel_digest(pixels: Pixels) -> str:
    """SHA-256 of height, width and three-channel pixels; gray is three equal channels."""
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    shape = np.array(rgb.shape, dtype="<u4").tobytes()
    return hashlib.sha256(shape + rgb.tobytes()).hexdigest()


def in_order(work: Callable[[int], T], rows: Iterable[int], what: str) -> list[T]:
    """Map with threads and a progress bar that shows itself only after two seconds."""
    numbers = list(rows)
    # decoding releases the interpreter lock; more threads than cores gain nothing
    with ThreadPoolExecutor(cores()) as pool:
        results = pool.map(work, numbers)
        return list(tqdm(results, total=len(numbers), desc=what, delay=2, leave=False))


def scan(
    paths: Sequence[Path], what: str, bit_depth: int | None = None
) -> tuple[pd.DataFrame, dict[int, str]]:
    """Digest the decoded colour pixels of files; what is known from an earlier scan is reused.

    A file counts as unchanged while its path, size and time of change are the same.

    Parameters
    ----------
    paths : sequence of Path
        One file or more.
    what : str
        Of the progress bar.
    bit_depth : int, optional
        As of `decode`.

    Returns
    -------
    table : DataFrame
        A row a file that can be read; the index is its place in `paths`. Columns ``path``,
        ``size`` (bytes), ``mtime_ns``, ``sha256``, ``height``, ``width``, and ``bits`` and
        ``highest`` as of `Decoded`.
    problems : dict of int to str
        Place of each other file, and why it cannot be read.
    """
    now = pd.DataFrame(
        [(storable(str(path)), *state_of(path)) for path in paths], columns=_COLUMNS[:3]
    )
    kept = cache_root() / "scans" / f"{_key(paths[0].parent, bit_depth)}.parquet"
    known = load_table(kept, lambda found: found.to_pandas()[_COLUMNS].astype(now.dtypes))
    if known is None:
        known = pd.DataFrame(columns=_COLUMNS).astype(now.dtypes)
    table = now.merge(known, on=list(now.columns), how="left")
    new = np.flatnonzero(table["sha256"].isna())
    problems: dict[int, str] = {}

    def one(row: int) -> tuple[str | None, int, int, int, int]:
        try:
            pixels, bits, highest = decode_levels(paths[row], "rgb", bit_depth=bit_depth)
        except CannotDecodeError as error:
            problems[row] = str(error)
            return None, 0, 0, 0, 0
        return pixel_digest(pixels), *pixels.shape[:2], bits, highest

    if len(new):
        table.loc[new, _COLUMNS[3:]] = in_order(one, new.tolist(), what)
    table = table.dropna(subset=["sha256"])
    table = table.astype({"sha256": str} | dict.fromkeys(_COLUMNS[4:], int))
    if len(new):
        save_table(kept, pa.Table.from_pandas(table, preserve_index=False))
    return table, dict(sorted(problems.items()))


def state_of(path: Path) -> tuple[int, int]:
    """Return size and time of change, by which a changed file is known; -1 where there is none."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _key(folder: Path, bit_depth: int | None) -> str:
    return text_digest(computed_by("views"), str(bit_depth), storable(str(folder)))[:16]
