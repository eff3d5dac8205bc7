"""The rows of an image set's table: what a user says of each file, checked before a pixel is read.

Names, labels and groups are text, whatever they were given as: 7 becomes "7".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.errors import InputError
from confoundlab.escape import terminal

MEASURED = ("sha256", "height", "width")  # columns that come from the files themselves
FILE = "file"  # a path below the folder, while the set is made
_NAMES = ("image", "label", "group")
_UNFIT = (bytes, complex, np.complexfloating)  # scalars that are neither text nor on a line


def rows_of(
    files: list[Path], describe: Callable[[Path], Mapping[str, Any] | None]
) -> tuple[pd.DataFrame, dict[str, str], dict[str, str]]:
    """Let a user's function describe every file.

    Parameters
    ----------
    files : list of Path
        Below the set's folder.
    describe : callable
        As of `ImageSet.from_folder`.

    Returns
    -------
    table : DataFrame
        A row a file that belongs, with the column ``file``, and ``image`` and ``group``: the path
        without its suffix where the row does not say them. Files that differ in the suffix alone
        (``a.png`` and ``a.jpg``) keep it in their name and are one group.
    left_out, problems : dict of str to str
        Paths to reasons: of files that do not belong, and of those whose name cannot be used.

    Raises
    ------
    InputError
        `describe` fails, or gives no row; a value is no scalar; a column is reserved.
    """
    rows, left_out, problems = [], {}, {}
    stems = Counter(file.with_suffix("").as_posix() for file in files)
    for file in files:
        name = file.as_posix()
        try:
            row = describe(file)
        except Exception as error:
            raise InputError(
                f"describe fails for {terminal(name, keep='')}: {type(error).__name__}: {error}. "
                "It gets the path below the folder; let it return None for what does not belong."
            ) from error
        if row is None:
            left_out[name] = "that describe says is none of the set"
        elif terminal(name, keep="") != name:
            problems[name] = "a name that is no UTF-8 or holds a control character; rename it"
        else:
            _check_row(name, row)
            stem = file.with_suffix("").as_posix()
            own = stem if stems[stem] == 1 else name
            rows.append({"image": own, "group": stem} | dict(row) | {FILE: name})
    return pd.DataFrame(rows), left_out, problems


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with names, labels and groups as text.

    Raises
    ------
    InputError
        One of them is missing, or empty in a row; any column or its name holds a character that
        cannot be printed, such as a control; a name is there twice.
    """
    if "label" not in table:
        raise InputError("The table of an image set needs a column 'label'.")
    for column in _NAMES:
        given = table[column]
        empty = np.flatnonzero(given.isna() | (given.astype(str).str.strip() == ""))
        if len(empty):
            raise InputError(
                f"Column {column!r} is empty in {len(empty)} row(s): {empty[:5].tolist()}"
                f"{' and others' if len(empty) > 5 else ''}."
            )
    table = table.astype(dict.fromkeys(_NAMES, str))
    for column in table.columns:
        texts = table[column] if table[column].dtype.kind not in "biufmM" else table[column][:0]
        odd = np.flatnonzero([_is_odd(text) for text in [*texts, column]])
        if len(odd):
            shown = terminal(str([*texts, column][odd[0]]), keep="")
            where = f"row(s) {odd[:5].tolist()}" if odd[0] < len(texts) else "its name"
            raise InputError(
                f"Column {terminal(str(column), keep='')!r} holds characters that cannot be "
                f"printed in {where}: {shown!r}. Leave them out."
            )
    doubled = table["image"][table["image"].duplicated()].unique()
    if len(doubled):
        raise InputError(f"Image names must be unique; doubled: {', '.join(doubled[:5])}.")
    return table


def _is_odd(text: object) -> bool:
    return isinstance(text, str) and terminal(text, keep="") != text


def _check_row(name: str, row: object) -> None:
    if not isinstance(row, Mapping):
        raise InputError(
            f"describe gives {type(row).__name__} for {name}; it must give a dict (label, and "
            "perhaps image, group and factors), or None for a file that does not belong."
        )
    for key, value in row.items():
        if not isinstance(key, str):
            raise InputError(f"describe gives a column {key!r} for {name}; its name must be text.")
        if not pd.api.types.is_scalar(value) or isinstance(value, _UNFIT):
            raise InputError(
                f"describe gives {type(value).__name__} as {key!r} of {name}; it must be text, a "
                "number, a date or a boolean."
            )
        if key in _NAMES and (not str(value).strip() or pd.isna(value)):
            raise InputError(
                f"describe gives an empty {key!r} for {name}. Give one, or None in place of the "
                "row for a file that does not belong."
            )
        if _is_odd(key) or _is_odd(value):
            shown = terminal(f"{key!s}: {value!s}", keep="")
            raise InputError(
                f"describe gives characters that cannot be printed for {name}, {shown!r}. Leave "
                "them out."
            )
    if reserved := sorted({*MEASURED, FILE} & set(row)):
        raise InputError(
            f"describe gives column(s) {', '.join(reserved)} for {name}, which the files "
            f"themselves fill. Give yours another name, such as {reserved[0]}_given."
        )
