"""What a factor is: of classes, measured or of times, as the user states or as its values say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.design.columns import checked, codes
from confoundlab.errors import InputError, one_of
from confoundlab.types import Numbers

Kind = Literal["classes", "measured", "time"]
_FEW = 20  # different whole numbers that are still taken for classes
# More of them are codes, such as barcodes from 41744 to 41773, where the smallest is so many times
# their range and each has so many rows on average.
_FAR, _REPEATED = 10, 4
_PARTS = 3  # of a measured factor, where classes are needed
_TIMES = frozenset({"datetime64", "datetime", "date", "time", "timedelta64", "timedelta"})


def coded(
    table: pd.DataFrame, kinds: Mapping[str, Kind] | None = None
) -> tuple[Numbers, list[str]]:
    """Return factors as numbers for a linear model, and which factor each column came from.

    A factor of classes becomes a column a level; one that is measured, or of times, becomes its
    standardised value and its square, so that a bend can be seen too.

    Parameters
    ----------
    table : DataFrame
        A column a factor.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name; `kinds_of` guesses the others.

    Returns
    -------
    ndarray, shape (n, columns), and list of str

    Raises
    ------
    InputError
        Missing values, types mixed, a constant factor, a class factor with a level a row; as
        `kinds_of`.
    """
    stated = kinds_of(table, kinds)
    parts, names = [], []
    for name in table.columns:
        values = table[name]
        if (kind := stated[str(name)]) != "classes":
            numbers = quantities(values, kind, str(name))
            if np.ptp(numbers) == 0:
                raise InputError(f"Factor {name!r} is constant: it says nothing.")
            z = (numbers - numbers.mean()) / numbers.std()
            part = np.c_[z, z**2]
        else:
            level = codes(values, None, str(name))
            if level.max() == 0:
                raise InputError(f"Factor {name!r} is constant: it says nothing.")
            if level.max() + 1 == len(level):
                raise InputError(
                    f"Factor {name!r} has another level in each of its {len(level)} rows: it "
                    "names the image and cannot be told from it. Leave it out."
                )
            part = (level[:, None] == np.arange(level.max() + 1)).astype(np.float64)
        parts.append(part)
        names += [str(name)] * part.shape[1]
    return np.hstack(parts), names


def kinds_of(table: pd.DataFrame, kinds: Mapping[str, Kind] | None = None) -> dict[str, Kind]:
    """Say what each factor is: as stated, or else guessed from its values.

    Dates, times of day and durations are of times. Numbers are measured if one of them is not
    whole, or if there are more than 20 different ones that are no codes: those lie far from zero,
    at ten times their range or beyond, and have four rows each on average. All else is of classes:
    text, booleans, and up to 20 whole numbers, be they written 1 or 1.0.

    Parameters
    ----------
    table : DataFrame
        A column a factor.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name.

    Raises
    ------
    InputError
        No table; a kind that there is not, or of a factor that there is not.
    """
    if not isinstance(table, pd.DataFrame) or table.empty:
        raise InputError("factors must be a table with a row an image and a column a factor.")
    names = [str(name) for name in table.columns]
    for name, kind in (kinds or {}).items():
        one_of("factor", name, names)
        one_of("kind of factor", kind, get_args(Kind))
    guessed = {name: _guess(table.iloc[:, place]) for place, name in enumerate(names)}
    return guessed | dict(kinds or {})


def quantities(values: pd.Series[Any], kind: Kind, name: str) -> Numbers:
    """Return a measured factor as numbers, shape (n,); times in days from the first.

    Raises
    ------
    InputError
        As `codes`; values that are no numbers, or no times.
    """
    array = checked(values, None, name)
    try:
        if kind == "time" and array.dtype.kind not in "iuf":
            return _days(pd.Series(array))
        if array.dtype.kind not in "iufb" and array.dtype != object:
            raise TypeError  # NumPy would read numbers out of text, and nanoseconds out of dates
        return array.astype(np.float64)
    except (TypeError, ValueError):
        wanted = "times, such as 2024-03-01 14:30" if kind == "time" else "numbers"
        raise InputError(
            f"Factor {name!r} cannot be {kind}: its values are no {wanted}. State another kind."
        ) from None


def levels_of(values: pd.Series[Any], kind: Kind, name: str) -> npt.NDArray[Any]:
    """Return a factor as classes, shape (n,): one that is measured, or of times, by thirds.

    Equal values stay together, in the third in which the middle one of them lies. So a factor with
    two values or more never becomes constant: the middles of its lowest and its highest value are
    at least half of the rows apart.

    Raises
    ------
    InputError
        As `quantities`; a constant factor.
    """
    array = checked(values, None, name)
    if kind != "classes":
        place = pd.Series(quantities(values, kind, name)).rank() - 0.5
        array = (place * _PARTS // len(array)).to_numpy(np.intp)
    if (array == array[0]).all():
        raise InputError(f"Factor {name!r} is constant: it says nothing.")
    return array


def _guess(values: pd.Series[Any]) -> Kind:
    holds = pd.api.types.infer_dtype(values, skipna=True)
    if holds in _TIMES:
        return "time"
    if holds not in ("integer", "floating", "mixed-integer-float", "decimal"):
        return "classes"
    numbers = values.dropna().astype(np.float64).unique()
    if not (numbers % 1 == 0).all():
        return "measured"
    is_code = numbers.min() >= _FAR * np.ptp(numbers) and len(numbers) * _REPEATED <= len(values)
    return "classes" if len(numbers) <= _FEW or is_code else "measured"


def _days(values: pd.Series[Any]) -> Numbers:
    """Return points in time, times of day or durations, as days from the first of them."""
    holds = pd.api.types.infer_dtype(values)
    if holds in ("timedelta64", "timedelta", "time"):
        passed = pd.to_timedelta(values.astype(str) if holds == "time" else values)
    else:
        points = pd.to_datetime(values, format=None if holds != "string" else "ISO8601", utc=True)
        passed = points - points.min()
    return np.asarray(passed / pd.Timedelta(days=1), np.float64)
