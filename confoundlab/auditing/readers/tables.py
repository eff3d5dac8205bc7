"""A table beside the images, in any form that people have, and which row belongs to which image.

Serves the audit of anybody's images. Everything is read as text, so that a patient 007 stays 007; a
column becomes numbers only where it is used as a factor and all of it says so. Rows are joined to
images by one stated rule, and what is left over on either side is named.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.design.factors import levels_of
from confoundlab.design.kinds import Kind
from confoundlab.design.times import times_of_text
from confoundlab.errors import InputError, one_of
from confoundlab.escape import terminal
from confoundlab.types import Indices

MISSING = "(missing)"
_SEPARATORS = ",;\t|"
_LEADING_ZERO = re.compile(r"[+-]?0\d")
_SHOWN = 5
_DEEPEST = 20  # leading folders of a path from elsewhere that may be left out
# By what a row may name an image, the strictest first.
_KEYS: dict[str, Callable[[str], str]] = {
    "path below the folder": lambda path: path,
    "path without suffix": lambda path: str(PurePosixPath(path).with_suffix("")),
    "file name": lambda path: PurePosixPath(path).name,
    "file name without suffix": lambda path: PurePosixPath(path).stem,
}


def read_table(path: Path) -> pd.DataFrame:
    """Read a table as text: a column a name, empty cells as None.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` or ``.txt`` (UTF-8 or, with its mark, UTF-16; separated by comma,
        semicolon, tab or bar, as the first line shows), ``.parquet``, ``.xlsx`` (with openpyxl),
        ``.jsonl``, ``.ndjson`` or ``.json`` (a list of rows).

    Raises
    ------
    InputError
        No such file, another form, a damaged one, no rows, a column named twice or not at all.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        **dict.fromkeys((".csv", ".tsv", ".txt"), _separated),
        ".parquet": pd.read_parquet,
        **dict.fromkeys((".xlsx", ".xlsm"), _excel),
        **dict.fromkeys((".jsonl", ".ndjson", ".json"), _json),
    }
    if not path.is_file():
        raise InputError(f"There is no table {path}.")
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise InputError(f"{path.name} is no table that is read here: {', '.join(readers)}.")
    try:
        found = readers[suffix](path)
    except InputError:
        raise
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8. Save it as UTF-8.") from None
    except Exception as error:  # readers raise anything on damaged files
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path.name} cannot be read as {suffix[1:]}: {why}") from None
    names = [str(name).strip() for name in found.columns]
    doubled = sorted({name for name in names if names.count(name) > 1 or not name})
    if doubled:
        raise InputError(f"{path.name} has columns without a name or named twice: {doubled}.")
    if not len(found):
        raise InputError(f"{path.name} has no rows.")
    found.columns = pd.Index(names)
    return as_text(found)


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of any types as text: empty cells are None, whole numbers have no decimals."""
    return pd.DataFrame(
        # of objects, for pandas' own text has another emptiness
        {
            name: pd.Series([_text(one) for one in column], dtype=object)
            for name, column in table.items()
        }
    )


def _separated(path: Path) -> pd.DataFrame:
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = raw.decode(encoding)
    if "\0" in text:
        raise InputError(f"{path.name} is no text.")
    first = text.partition("\n")[0]
    # the separator is what parts the names of the columns, whatever rows hold
    separator = max(_SEPARATORS, key=first.count) if path.suffix.lower() != ".tsv" else "\t"
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    if not rows:
        raise InputError(f"{path.name} is empty.")
    header, body = rows[0], rows[1:]
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise InputError(
                f"{path.name}: row {number} has {len(row)} cells, but there are {len(header)} "
                "columns. Quote cells that hold the separator."
            )
    return pd.DataFrame(body, columns=header, dtype=object)


def _excel(path: Path) -> pd.DataFrame:
    try:
        found: pd.DataFrame = pd.read_excel(path, dtype=object)
    except ImportError:
        raise InputError(
            f"{path.name}: Excel tables need openpyxl. Run pip install 'confoundlab[excel]', or "
            "save the table as CSV."
        ) from None
    return found


def _json(path: Path) -> pd.DataFrame:
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".json":
        rows = json.loads(text)
    else:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path.name} must hold rows: objects with a value for each column.")
    return pd.DataFrame(rows, dtype=object)


def _text(value: Any) -> str | None:
    """Return a cell as text; a whole number has no decimals, and nothing is None."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    said = str(value).strip()
    return terminal(said, keep="") if said else None


@dataclass(frozen=True, eq=False)
class Joined:
    """Rows of a table joined to images.

    Parameters
    ----------
    rows : ndarray of int, shape (images,)
        The row of each image, -1 where there is none.
    column, key : str
        Which column names the image, and by what: the rule, in words.
    left_out : int
        Leading folders of its paths that were left out.
    without_image, without_row : list of str
        What rows name that is not there, and images that no row names.
    """

    rows: Indices
    column: str
    key: str
    left_out: int
    without_image: list[str]
    without_row: list[str]

    def words(self) -> list[str]:
        """Say by which rule rows were joined, and what was left over, a sentence each."""
        n = int((self.rows >= 0).sum())
        without = f", without {self.left_out} leading folder(s)" if self.left_out else ""
        said = [
            f"The table's column {self.column!r} names {n:,} images by their {self.key}{without}."
        ]
        for what, names in (
            ("rows of the table have no image", self.without_image),
            ("images have no row and are left out", self.without_row),
        ):
            if names:
                said.append(f"{len(names):,} {what}: {listed(names)}.")
        return said


def join(files: Sequence[str], table: pd.DataFrame) -> Joined:
    """Find the row of each image.

    The rule: of all columns, and of four ways to name an image (its path below the folder, the path
    without suffix, its file name, the name without suffix), the pair that names most images; of
    equals the strictest way, and then the first column. Rows may have paths from elsewhere, such as
    ``/scans/2021/ill/1.png``: as many leading folders are left out of each as lets most be found.

    Parameters
    ----------
    files : sequence of str
        Paths of images below their folder, with ``/``.
    table : DataFrame
        Of `read_table`.

    Raises
    ------
    InputError
        No column names any image; a name that two images share; two rows for one image.
    """
    best: tuple[int, str, str, int] = (0, "", "", 0)
    held = {key: {of(file) for file in files} for key, of in _KEYS.items()}
    said = {str(column): {_plain(value) for value in table[column].dropna()} for column in table}
    for left_out in range(_DEEPEST + 1):
        for key, names in held.items():
            for column, values in said.items():
                count = len(values & names)
                if count > best[0]:
                    best = count, column, key, left_out
        below = {column: {_below(one, 1) for one in values} for column, values in said.items()}
        said = {column: values for column, values in below.items() if any(values)}
    count, column, key, left_out = best
    if not count:
        raise InputError(
            f"No column of the table ({listed(list(map(str, table.columns)))}) names an image, by "
            f"path, file name or stem. Images are called {listed(list(files))}."
        )
    place: dict[str, list[int]] = {}
    for number, file in enumerate(files):
        place.setdefault(_KEYS[key](file), []).append(number)
    rows = np.full(len(files), -1, np.intp)
    lost = []
    for row, value in enumerate(table[column]):
        name = "" if pd.isna(value) else _below(_plain(value), left_out)
        owners = place.get(name, [])
        if not owners:
            lost.append(name or f"row {row + 2}, which names none")
            continue
        if len(owners) > 1:
            raise InputError(
                f"Row {row + 2} names {name!r} by its {key}, and {len(owners)} images are called "
                f"so: {listed([files[one] for one in owners])}. Give paths below the folder."
            )
        if rows[owners[0]] >= 0:
            raise InputError(
                f"Rows {rows[owners[0]] + 2} and {row + 2} are both of image {files[owners[0]]!r}. "
                "Keep one row an image."
            )
        rows[owners[0]] = row
    bare = [file for file, row in zip(files, rows.tolist(), strict=True) if row < 0]
    return Joined(rows, column, key, left_out, lost, bare)


def _plain(value: str) -> str:
    return value.replace("\\", "/").removeprefix("./")


def _below(path: str, left_out: int) -> str:
    """Return a path without its leading folders; empty if it has fewer."""
    return path.split("/", left_out)[left_out] if path.count("/") >= left_out else ""


def column_of(table: pd.DataFrame, asked: str, what: str) -> str:
    """Return a column that was asked for; raise `InputError` with the nearest name if none is."""
    return one_of(f"column for {what}", asked, map(str, table.columns))


def typed(values: pd.Series[Any], *, time: bool = False) -> tuple[pd.Series[Any], Kind | None]:
    """Return a column of text as a factor, and its kind where it is stated or follows from gaps.

    Numbers are numbers where every cell says so and none begins with a zero that counts, as codes
    do. Empty cells are a level of their own, since who was asked what may differ between sessions;
    a measured factor with empty cells becomes its thirds, and that level.

    Parameters
    ----------
    values : Series of str or None
        Of `read_table`.
    time : bool
        Whether it holds points in time.

    Raises
    ------
    InputError
        A time that cannot be read.
    """
    gaps = values.isna()
    there = values[~gaps]
    kind: Kind | None = None
    found: pd.Series[Any]
    if time:
        found, kind = times_of_text(there, str(values.name)), "time"
    else:
        numbers = pd.to_numeric(there, errors="coerce")
        coded = there.map(lambda text: bool(_LEADING_ZERO.match(text))).any()
        is_number = len(there) > 0 and not coded and np.isfinite(numbers).all()
        found = numbers if is_number else there
    if not gaps.any():
        return found, kind
    measured = kind == "time" or (
        pd.api.types.is_numeric_dtype(found) and not (found % 1 == 0).all()
    )
    if measured and len(found.unique()) > 1:
        thirds = levels_of(found, kind or "measured", str(values.name))
        found = pd.Series([("low", "middle", "high")[one] for one in thirds], found.index)
    full = found.map(lambda one: _text(one)).reindex(values.index)
    return full.where(~gaps, MISSING).astype(object), "classes"


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Return the first few of some names, and how many more there are."""
    text = ", ".join(_short(names[:shown]))
    return f"{text} and {len(names) - shown:,} more" if len(names) > shown else text


def _short(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield name if len(name) <= 60 else f"{name[:57]}..."
