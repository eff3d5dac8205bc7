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

from confoundlab.cache import load_table, save_table
from confoundlab.files import cache_root, text_digest
from confoundlab.images.decoding import CannotDecodeError, decode
from confoundlab.types import Pixels

T = TypeVar("T")
_DECODERS = 2  # decoding releases the interpreter lock; more threads than cores gain nothing
_COLUMNS = ["path", "size", "mtime_ns", "sha256", "height", "width"]


def pixel_digest(pixels: Pixels) -> str:
    """SHA-256 of height, width and three-channel pixels; gray is three equal channels."""
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    shape = np.array(rgb.shape, dtype="<u4").tobytes()
    return hashlib.sha256(shape + rgb.tobytes()).hexdigest()


def in_order(work: Callable[[int], T], rows: Iterable[int], what: str) -> list[T]:
    """Map with threads and a progress bar that shows itself only after two seconds."""
    numbers = list(rows)
    with ThreadPoolExecutor(_DECODERS) as pool:
        results = pool.map(work, numbers)
        return list(tqdm(results, total=len(numbers), desc=what, delay=2, leave=False))


def scan(paths: Sequence[str], what: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Digest the decoded colour pixels of files; what is known from an earlier scan is reused.

    A file counts as unchanged while its path, size and time of change are the same.
    """
    stats = [Path(path).stat() for path in paths]
    now = pd.DataFrame(
        {
            "path": paths,
            "size": [stat.st_size for stat in stats],
            "mtime_ns": [stat.st_mtime_ns for stat in stats],
        }
    )
    kept = cache_root() / "scans" / f"{text_digest(str(Path(paths[0]).parent))[:16]}.parquet"
    known = load_table(kept, lambda found: found.to_pandas()[_COLUMNS].astype(now.dtypes))
    if known is None:
        known = pd.DataFrame(columns=_COLUMNS).astype(now.dtypes)
    table = now.merge(known, on=list(now.columns), how="left")
    new = np.flatnonzero(table["sha256"].isna())
    problems: dict[str, str] = {}

    def one(row: int) -> tuple[str | None, int, int]:
        try:
            pixels = decode(Path(paths[row]), "rgb")
        except CannotDecodeError as error:
            problems[Path(paths[row]).name] = str(error)
            return None, 0, 0
        return pixel_digest(pixels), pixels.shape[0], pixels.shape[1]

    if len(new):
        table.loc[new, ["sha256", "height", "width"]] = in_order(one, new.tolist(), what)
        good = table.dropna(subset=["sha256"]).astype({"height": int, "width": int})
        save_table(kept, pa.Table.from_pandas(good, preserve_index=False))
    table = table.dropna(subset=["sha256"]).astype({"sha256": str, "height": int, "width": int})
    return table, dict(sorted(problems.items()))
