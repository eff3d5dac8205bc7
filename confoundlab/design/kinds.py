"""What kind a factor is: of classes, measured or of times, as the user states or as it is guessed.

A session code that is taken for a quantity is nearly invisible to a linear probe, and a quantity
that is taken for codes costs power. So a guess says why, and one in doubt is warned of.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from confoundlab.errors import InputError, one_of

Kind = Literal["classes", "measured", "time"]
_TIMES = frozenset({"datetime64", "datetime", "date", "time", "timedelta64", "timedelta", "period"})
_FEW = 20  # different whole numbers that are still taken for classes
# More of them are codes, such as barcodes from 41744 to 41773, where the smallest is so many times
# their range and each has so many rows on average.
_FAR, _REPEATED = 10, 4
# They are codes too where they count from 0 or 1 without a gap, each has so many rows, and none has
# more than so many times the rows of another: people's ages are never spread so evenly.
_EVEN = 2
_DOUBTED = 2  # rows that each has on average, where it is not clear what they are
# Last words of names that say it, whatever the numbers are: "plate_id" and "Batch 2" are such.
_CODES = re.compile(
    "animal|barcode|batch|block|cage|camera|cent(er|re)|clinic|cluster|code|cohort|country|device|"
    "donor|experiment|family|fold|group|hospital|id|institution|instrument|lab|laboratory|lot|"
    "machine|manufacturer|microscope|mouse|movie|operator|participant|patient|person|plate|"
    "replicate|run|sample|scanner|session|site|slide|source|specimen|subject|technician|vendor|"
    "video|well"
)
_QUANTITIES = re.compile(
    "age|angle|area|bmi|bytes|cells|concentration|count|days?|degrees|depth|distance|dose|exposure|"
    "frames?|gain|height|hours?|intensity|length|level|mass|minutes?|months?|percent|pixels|quality|"
    "quanti[sz]ation|score|seconds?|size|slice|temperature|time|volume|weeks?|weight|width|years?"
)
_BEHIND = frozenset(("no", "nr", "num", "number", "name", "index"))  # "session number"


class Taken(NamedTuple):
    """What a factor is taken to be, whether the user said so, and why.

    Parameters
    ----------
    kind : {"classes", "measured", "time"}
        How it enters a model.
    stated : bool
        By the user; or else guessed.
    why : str
        In a few words.
    doubt : str
        How to say otherwise, where whole numbers that repeat may as well be codes; else empty.
    """

    kind: Kind
    stated: bool
    why: str
    doubt: str = ""

    def __str__(self) -> str:
        return f"{self.kind} ({self.why if self.stated else f'guessed: {self.why}'})"


def taken(table: pd.DataFrame, kinds: Mapping[str, Kind] | None = None) -> dict[str, Taken]:
    """Say what each factor is taken to be: as stated, or guessed by the first rule that fits.

    1. Dates, times of day, periods and durations are of times; text, booleans and categories of
       classes.
    2. Numbers under a name that ends in a word for a thing (batch, session, plate, site, patient,
       id and so on; a number behind it does not count) are of classes.
    3. Numbers of which one is not whole are measured; up to 20 different whole ones, be they
       written 1 or 1.0, are of classes.
    4. More whole numbers under a name that ends in a word for a quantity (age, dose, time, bytes
       and so on) are measured.
    5. More whole numbers are codes, and so of classes, if they lie far from zero, at ten times
       their range or beyond, and have four rows each on average; or if they count from 0 or 1
       without a gap, with four rows each or more, and none has more than twice the rows of another.
    6. All else is measured; where such whole numbers have two rows each on average, that is in
       doubt.

    Parameters
    ----------
    table : DataFrame
        A column a factor.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name.

    Raises
    ------
    InputError
        No table; two factors of one name; a kind that there is not, or of a factor that there is
        not.
    """
    if not isinstance(table, pd.DataFrame) or table.empty:
        raise InputError("factors must be a table with a row an image and a column a factor.")
    names = [str(name) for name in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Two factors have one name: {', '.join(map(repr, twice))}. Rename one.")
    stated = {str(name): kind for name, kind in (kinds or {}).items()}
    for name, kind in stated.items():
        one_of("factor", name, names)
        one_of("kind of factor", kind, get_args(Kind))
    return {
        name: Taken(stated[name], True, "as stated")
        if name in stated
        else _guess(table.iloc[:, place], name)
        for place, name in enumerate(names)
    }


def in_words(found: Mapping[str, Taken]) -> tuple[str, ...]:
    """Return what factors were taken for, as remarks: one of all, and one for each in doubt."""
    every = "; ".join(f"{name}: {one}" for name, one in found.items())
    return f"Factors were taken as {every}.", *(one.doubt for one in found.values() if one.doubt)


def warn_of_doubts(found: Mapping[str, Taken], stacklevel: int = 3) -> None:
    """Warn once of all factors whose kind was guessed in doubt."""
    doubts = [one.doubt for one in found.values() if one.doubt]
    if doubts:
        warnings.warn(" ".join(doubts), stacklevel=stacklevel)


def _guess(values: pd.Series[Any], name: str) -> Taken:
    holds = pd.api.types.infer_dtype(values, skipna=True)
    if holds in _TIMES:
        return Taken("time", False, "dates, times of day or durations")
    if holds not in ("integer", "floating", "mixed-integer-float", "decimal"):
        return Taken("classes", False, "no numbers")
    word = _last_word(name)
    if _CODES.fullmatch(word):
        return Taken("classes", False, f"the name says {word}")
    given = values.dropna().astype(np.float64)
    numbers, rows = np.unique(given, return_counts=True)
    if not (np.isfinite(numbers) & (np.floor(numbers) == numbers)).all():
        return Taken("measured", False, "not all numbers are whole")
    many = f"{len(numbers)} different whole numbers"
    if len(numbers) <= _FEW:
        return Taken("classes", False, f"{many}, {_FEW} or fewer")
    if _QUANTITIES.fullmatch(word):
        return Taken("measured", False, f"the name says {word}")
    if numbers[0] >= _FAR * np.ptp(numbers) and len(numbers) * _REPEATED <= len(given):
        return Taken("classes", False, f"{many}, far from zero and repeated, as codes are")
    if (
        numbers[0] in (0, 1)
        and np.ptp(numbers) == len(numbers) - 1
        and rows.min() >= _REPEATED
        and rows.max() <= _EVEN * rows.min()
    ):
        return Taken("classes", False, f"{many}, counted without a gap and evenly repeated")
    doubt = (
        f"Factor {name!r} is taken as measured, because it holds more than {_FEW} whole numbers "
        f"({len(numbers)}), each in {len(given) / len(numbers):.0f} rows on average. If they are "
        f"codes, as of sessions, say so: kinds={{{name!r}: 'classes'}}; if it is measured, say "
        f"kinds={{{name!r}: 'measured'}}."
    )
    is_doubted = len(numbers) * _DOUBTED <= len(given)
    return Taken("measured", False, f"{many}, more than {_FEW}", doubt if is_doubted else "")


def _last_word(name: str) -> str:
    """Return the last word of a name that says what it is of, in lower case; or nothing."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    while len(words) > 1 and words[-1] in _BEHIND:
        words.pop()
    return words[-1] if words else ""
