"""Times from text: one form for a whole column, and none that can be read in two ways.

A reader that decides row by row takes 01/02/2021 for January and 13/02/2021 for February, and the
times of EXIF, 2021:03:01 10:00:00, for hours of the year 1. Such a factor is noise: it hides the
session that it should show.
"""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd

from confoundlab.errors import InputError

_WANTED = "Write times as 2024-03-01 14:30."
_WHOLE_DATE = r"(?:19|20)\d{6}(?:\d{6})?"  # 20240301 and DICOM's 20240301143000
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?"
# Dates are written with one of these between their numbers; EXIF has colons.
_PARTED = r"^(\d{1,4})([/.:-])(\d{1,2})\2(\d{1,4})(?!\d)"
_DATES = (
    "%Y-%m-%d", "%d-%m-%Y", "%m-%d-%Y", "%y-%m-%d", "%d-%m-%y", "%m-%d-%y", "%d-%b-%Y", "%d-%b-%y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b %Y", "%B %Y",
)  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_FORMS = ("ISO8601", "%Y%m%d%H%M%S", *map("".join, itertools.product(_DATES, _HOURS)))


def times_of_text(values: pd.Series[Any], name: str) -> pd.Series[Any]:
    """Return text as points in time, as times of day or as numbers.

    All values must be written in one form: numbers, such as an order, a year or seconds since a
    start; hours and minutes of a day; ISO 8601; or a date of the usual kinds, with or without
    hours. Of dates with the year behind, some day above 12 must tell which number is the day.

    Parameters
    ----------
    values : Series of str, shape (n,)
        Without gaps.
    name : str
        Of the column, for errors.

    Returns
    -------
    Series, shape (n,)
        Of float, of timedelta since midnight, or of datetime in UTC.

    Raises
    ------
    InputError
        A value in no form, values in several, or a form that can be read in two ways.
    """
    text = values.astype(str).str.strip()
    if text.str.fullmatch(_CLOCK).all():
        return pd.to_timedelta(text.where(text.str.count(":") == 2, text + ":00"))
    if not text.str.fullmatch(_WHOLE_DATE).all():
        numbers = pd.to_numeric(text, errors="coerce").astype(float)
        if (numbers.abs() < float("inf")).all():
            return numbers
    readings = _readings(text)
    if not readings:
        if len(bad := _unread(text)):
            raise InputError(f"{name!r} is no time: one of its values is {bad[0]!r}. {_WANTED}")
        raise InputError(f"{name!r} has times in several forms. {_WANTED}")
    first, *others = readings
    for other in others:
        if (differs := first != other).any():
            at = differs.to_numpy().argmax()
            raise InputError(
                f"{name!r} can be read in two ways: {text.iloc[at]!r} is "
                f"{first.iloc[at]:%Y-%m-%d} or {other.iloc[at]:%Y-%m-%d}. {_WANTED}"
            )
    return first


def _readings(text: pd.Series[Any]) -> list[pd.Series[Any]]:
    """Return what a column says in each form that fits all of it."""
    if not _numbered(text).all():
        return []
    plain = _plain(text)
    found = []
    for form in _FORMS:
        try:
            read = pd.to_datetime(plain, format=form, utc=True)
        except (ValueError, OverflowError):
            continue
        if form == "ISO8601":
            return [read]
        found.append(read)
    return found


def _unread(text: pd.Series[Any]) -> list[str]:
    """Return the values that no form fits, even alone."""
    left = pd.Series(text.unique())
    if not (numbered := _numbered(left)).all():
        return left[~numbered].tolist()
    for form in _FORMS:
        left = left[pd.to_datetime(_plain(left), format=form, errors="coerce", utc=True).isna()]
    return left.tolist()


def _plain(text: pd.Series[Any]) -> pd.Series[Any]:
    return text.str.replace(_PARTED, r"\1-\3-\4", regex=True)


def _numbered(text: pd.Series[Any]) -> pd.Series[Any]:
    """Say which values hold a digit: pandas takes "", "now" and "NaT" in any form."""
    return text.str.contains(r"\d")
