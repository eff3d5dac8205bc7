"""Factors as numbers for a linear model, or as classes, whatever kind they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, hstack

from confoundlab.design.columns import checked, codes
from confoundlab.design.kinds import Kind, taken, warn_of_doubts
from confoundlab.design.times import times_of_text
from confoundlab.errors import InputError
from confoundlab.types import Numbers

_PARTS = 3  # of a measured factor, where classes are needed


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
        What factors are, by name; `taken` guesses the others, and warns where it is in doubt.

    Returns
    -------
    ndarray, shape (n, columns), and list of str

    Raises
    ------
    InputError
        Missing values, types mixed, a constant factor, a class factor with a level a row; as
        `taken`.
    """
    parts = _columns(table, kinds)
    names = [name for name, part in parts for _ in range(part.shape[1])]
    return np.hstack([part if isinstance(part, np.ndarray) else part.toarray()
                      for _, part in parts]), names  # fmt: skip


def sparsely_coded(table: pd.DataFrame, kinds: Mapping[str, Kind] | None = None) -> csr_array:
    """Return the same numbers as a sparse matrix: of a factor's levels, each row has one."""
    parts = [csr_array(part) for _, part in _columns(table, kinds)]
    return csr_array(hstack(parts, format="csr"))


def _columns(
    table: pd.DataFrame, kinds: Mapping[str, Kind] | None
) -> list[tuple[str, Numbers | csr_array]]:
    found = taken(table, kinds)
    warn_of_doubts(found)
    parts: list[tuple[str, Numbers | csr_array]] = []
    for name in table.columns:
        values = table[name]
        if (kind := found[str(name)].kind) != "classes":
            numbers = quantities(values, kind, str(name))
            if np.ptp(numbers) == 0:
                raise InputError(f"Factor {name!r} is constant: it says nothing.")
            z = (numbers - numbers.mean()) / numbers.std()
            parts.append((str(name), np.c_[z, z**2]))
            continue
        level = codes(values, None, str(name))
        if level.max() == 0:
            raise InputError(f"Factor {name!r} is constant: it says nothing.")
        if level.max() + 1 == len(level):
            raise InputError(
                f"Factor {name!r} has another level in each of its {len(level)} rows: it "
                "names the image and cannot be told from it. Leave it out."
            )
        marks = (np.ones(len(level)), (np.arange(len(level)), level))
        parts.append((str(name), csr_array(marks, shape=(len(level), int(level.max()) + 1))))
    return parts


def kinds_of(table: pd.DataFrame, kinds: Mapping[str, Kind] | None = None) -> dict[str, Kind]:
    """Say what each factor is, by name: the kinds of `taken`."""
    return {name: one.kind for name, one in taken(table, kinds).items()}


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
            return _days(pd.Series(array), name)
        if array.dtype.kind not in "iufb" and array.dtype != object:
            raise TypeError  # NumPy would read numbers out of text, and nanoseconds out of dates
        return array.astype(np.float64)
    except InputError:
        raise
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


def _days(values: pd.Series[Any], name: str) -> Numbers:
    """Return points in time, times of day or durations, as days from the first of them.

    Text may also be numbers, and these are returned as they are.
    """
    holds = pd.api.types.infer_dtype(values)
    if holds == "string":
        values = times_of_text(values, name)
        holds = pd.api.types.infer_dtype(values)
    if holds == "floating":
        return np.asarray(values, np.float64)
    if holds in ("timedelta64", "timedelta", "time"):
        passed = pd.to_timedelta(values.astype(str) if holds == "time" else values)
    else:
        points = pd.to_datetime(values, utc=True)
        passed = points - points.min()
    return np.asarray(passed / pd.Timedelta(days=1), np.float64)
