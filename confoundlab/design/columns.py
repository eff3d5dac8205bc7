"""Columns of a user's table as numbers: checked once, with errors that name column and rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.errors import InputError
from confoundlab.types import Indices, Mask, Numbers, Scores


def codes(values: npt.ArrayLike, n: int | None, name: str) -> Indices:
    """Return classes as numbers 0, 1, 2 and so on, in sorted order.

    Parameters
    ----------
    values : array-like, shape (n,)
        Text, whole numbers or booleans; not a mixture.
    n : int or None
        How many there must be, if that is known.
    name : str
        The column's, for errors.

    Raises
    ------
    InputError
        Wrong length, missing values, types mixed.
    """
    array = checked(values, n, name)
    try:
        return np.unique(array, return_inverse=True)[1].astype(np.intp)
    except TypeError:
        raise InputError(f"Column {name!r} holds values that cannot be compared.") from None


def counted(values: npt.ArrayLike, name: str) -> Indices:
    """Return classes that are numbers 0, 1, 2 and so on already, whatever holds them, shape (n,).

    Raises
    ------
    InputError
        Anything else, such as names, decimals or -1.
    """
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array < 0).any():
        odd = [row for row, value in enumerate(array.ravel()) if not _is_count(value)][:5]
        raise InputError(
            f"{name} must be one column of numbers 0, 1, 2 and so on (`columns.codes` makes them "
            f"so); not so at row(s) {odd or [0]}."
        )
    return array.astype(np.intp)


def shared_codes(
    first: npt.ArrayLike, second: npt.ArrayLike, names: str
) -> tuple[Indices, Indices]:
    """Return two columns of the same classes as numbers, in sorted order of all of them.

    Parameters
    ----------
    first, second : array-like, shapes (m,) and (n,)
        For example predicted and true classes.
    names : str
        The columns', for errors.

    Raises
    ------
    InputError
        As `codes`; columns of different types, such as 1 and "1", or without a common value.
    """
    a, b = (checked(values, None, names) for values in (first, second))
    types = [_type(array) for array in (a, b)]
    if types[0] != types[1]:
        raise InputError(
            f"{names} cannot be compared: one column holds {types[0]}, the other {types[1]} "
            f"({_shown(a[0])} and {_shown(b[0])}). Give both the same names."
        )
    if not np.isin(a, b).any():
        raise InputError(
            f"{names} have no value in common ({_shown(a[0])} and {_shown(b[0])}). Give both the "
            "same names."
        )
    found = codes(np.concatenate([a, b]), None, names)
    return found[: len(a)], found[len(a) :]


def _shown(value: object) -> str:
    """Return a value as Python writes it, without NumPy's name around it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _type(array: npt.NDArray[Any]) -> str:
    """Return what an array holds, in a word: numbers are alike, whole or not."""
    words = {
        "i": "numbers",
        "u": "numbers",
        "f": "numbers",
        "b": "booleans",
        "U": "text",
        "S": "bytes",
    }
    return words.get(array.dtype.kind, type(array[0]).__name__)


def classes(values: npt.ArrayLike, n: int | None, name: str, groups: Indices) -> Indices:
    """Return classes as numbers, each found in two groups or more, so that it can be tested.

    Raises
    ------
    InputError
        As `codes`; a single class; a class in one group only, a level a row among them.
    """
    found = codes(values, n, name)
    if found.max() == 0:
        raise InputError(f"Column {name!r} has one class only: there is nothing to name.")
    pairs = np.unique(np.c_[found, groups], axis=0)[:, 0]
    alone = np.flatnonzero(np.bincount(pairs) < 2)
    if len(alone):
        levels = np.unique(np.asarray(values))
        rows = [int(np.flatnonzero(found == one)[0]) for one in alone[:5]]
        every = " Every level is such a one." if len(alone) == len(levels) else ""
        raise InputError(
            f"Column {name!r}: {len(alone)} of {len(levels)} levels lie in one group only "
            f"({', '.join(map(str, levels[alone[:5]]))}; first at row(s) {rows}), so they cannot "
            f"be learned in one group and tested in another.{every} Leave them out, or merge them."
        )
    return found


def features(values: npt.ArrayLike | pd.DataFrame) -> Numbers:
    """Return a table of finite numbers, shape (n, d).

    Raises
    ------
    InputError
        Not a table of numbers, missing or infinite values, all columns constant.
    """
    names = list(values.columns) if isinstance(values, pd.DataFrame) else None
    try:
        table = np.asarray(values)
        if table.dtype.kind in "US":
            raise TypeError
        table = table.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "features must be numbers; code classes with `factors.coded` first."
        ) from None
    if table.ndim != 2 or not table.size:
        raise InputError(f"features must have shape (n, d), not {table.shape}.")
    bad = ~np.isfinite(table)
    if bad.any():
        which = np.flatnonzero(bad.any(axis=0))[:5]
        named = [names[one] for one in which] if names else which.tolist()
        rows = np.flatnonzero(bad.any(axis=1))[:5].tolist()
        raise InputError(
            f"features have missing or infinite values in row(s) {rows}, column(s) {named}."
        )
    if (table == table[0]).all():
        raise InputError("Every feature is constant (one value in all rows): nothing to learn.")
    return table


def scores(values: npt.ArrayLike, labels: Indices, groups: Indices, name: str) -> Scores:
    """Return scores of classes, shape (n, classes), or (n, 1): the second's where there are two.

    Parameters
    ----------
    values : array-like, shape (n,) or (n, classes)
        Finite numbers.
    labels, groups : ndarray of int, shape (n,)
        Labels count from zero.
    name : str
        The scores', for errors.

    Raises
    ------
    InputError
        Shapes that do not fit, values that are missing, a single class.
    """
    n = len(labels)
    labels = counted(labels, "labels")
    if len(groups) != n or len(np.unique(labels)) < 2:
        raise InputError("labels and groups must be as long, and of two classes or more.")
    try:
        table = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers, a row an image.") from None
    classes = int(np.max(labels)) + 1
    table = table[:, None] if table.ndim == 1 else table
    wanted = 1 if classes == 2 and table.shape[1:] == (1,) else classes
    if table.shape != (n, wanted):
        raise InputError(
            f"{name} must have shape ({n}, {wanted}) for {classes} classes, not {table.shape}."
        )
    bad = np.flatnonzero(~(np.abs(table) <= np.finfo(np.float32).max).all(axis=1))
    if len(bad):
        raise InputError(f"{name} are missing or infinite in row(s) {bad[:5].tolist()}.")
    # single precision, as a net's scores are: what differs by rounding alone is a tie
    return (table[:, 1:] if classes == wanted == 2 else table).astype(np.float32)


def rows_of(values: npt.ArrayLike | None, n: int, name: str) -> list[Indices]:
    """Return the rows of each level of a column, levels in sorted order; of all if there is none.

    Raises
    ------
    InputError
        As `codes`.
    """
    if values is None:
        return [np.arange(n)]
    found = codes(values, n, name)
    return [np.flatnonzero(found == one) for one in range(int(found.max()) + 1)]


def check_predictions(
    predictions: pd.DataFrame, labels: Indices, groups: Indices, n_permutations: int
) -> None:
    """Raise `InputError` if predictions are malformed; it names the column and the rows."""
    missing = {"image", "repeat", "predicted"} - set(predictions)
    if missing:
        raise InputError(f"The predictions lack the column(s) {', '.join(sorted(missing))}.")
    if predictions.empty:
        raise InputError("There are no predictions to score.")
    for column in ("image", "predicted"):
        counted(predictions[column], f"Column {column!r} of the predictions")
    twice = predictions.duplicated(["image", "repeat"]).to_numpy()
    if twice.any():
        raise InputError(
            f"{twice.sum()} image(s) are named twice in one repeat, for example at row(s) "
            f"{np.flatnonzero(twice)[:5].tolist()}. A repeat is one fit, which names an image "
            "once; number the fits, the folds of a cross-validation too."
        )
    labels = counted(labels, "labels")
    if len(labels) != len(groups):
        raise InputError(f"{len(labels)} labels, but {len(groups)} groups.")
    if predictions["image"].max() >= len(labels):
        raise InputError(f"Image numbers in the predictions must be 0..{len(labels) - 1}.")
    tested = labels[predictions["image"].to_numpy()]
    if (tested == tested[0]).all():
        raise InputError("All tested images have the same label: there is nothing to name.")
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")


def tie_breaker(predictions: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return what a right answer counts beyond one: below 0.01 for all of a fit's answers together.

    Accuracies take few values, so that permuted labels often do exactly as well as the true ones,
    and ties count against a test. Among equal accuracies that one is the greater whose right
    answers are the surer: answers are ranked by the column ``confidence`` inside their fit, so
    that no learner gains by a louder scale. Zeros without that column.

    Raises
    ------
    InputError
        Confidences that are missing, or no numbers.
    """
    if "confidence" not in predictions:
        return np.zeros(len(predictions))
    sure = pd.to_numeric(predictions["confidence"], errors="coerce")
    if not np.isfinite(sure).all():
        rows = np.flatnonzero(~np.isfinite(sure))[:5].tolist()
        raise InputError(
            f"Column 'confidence' of the predictions holds no number at row(s) {rows}."
        )
    by_fit = sure.groupby(predictions["repeat"].to_numpy())
    return np.asarray(0.01 * by_fit.rank() / (by_fit.transform("size") + 1) ** 2, np.float64)


def _is_count(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and bool(value >= 0)


def checked(values: npt.ArrayLike, n: int | None, name: str) -> npt.NDArray[Any]:
    """Return a column as an array, shape (n,), after the checks of `codes`."""
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if isinstance(values, pd.Series) and isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    array = np.asarray(values)
    if isinstance(values, list) and array.dtype.kind == "U":
        array = np.asarray(values, object)  # NumPy would turn numbers among words into words
    if array.ndim != 1 or (n is not None and len(array) != n):
        wanted = "one column" if n is None else f"shape ({n},) like the rest"
        raise InputError(f"Column {name!r} must have {wanted}, not {array.shape}.")
    if not len(array):
        raise InputError(f"Column {name!r} is empty.")
    missing = np.flatnonzero(pd.isna(array))
    if len(missing):
        raise InputError(
            f"Column {name!r} is missing in {len(missing)} row(s), for example "
            f"{missing[:5].tolist()}. Fill or leave out these images; none is dropped silently."
        )
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise InputError(
            f"Column {name!r} is infinite in row(s) {np.flatnonzero(np.isinf(array))[:5]}."
        )
    if array.dtype.kind == "c":
        raise InputError(f"Column {name!r} holds complex numbers. Give its parts as two columns.")
    if array.dtype == object:
        kinds = [type(value).__name__ for value in array]
        if len(set(kinds)) > 1:
            first = {kind: kinds.index(kind) for kind in sorted(set(kinds))}
            where = ", ".join(f"{kind} at row {row}" for kind, row in first.items())
            raise InputError(f"Column {name!r} mixes types: {where}. Make them all text.")
        if kinds[0] == "str":
            return array.astype(str)
    return array


def flags(values: npt.ArrayLike, name: str) -> Mask:
    """Return a column of yes and no as booleans: True and False, or 1 and 0.

    Raises
    ------
    InputError
        As `codes`; any other value. Words are not read: ``"False"`` is no False to Python.
    """
    codes(values, None, name)
    array = np.asarray(values)
    odd = [row for row, value in enumerate(array) if isinstance(value, str) or value not in (0, 1)]
    if odd:
        raise InputError(
            f"Column {name!r} must hold True and False, or 1 and 0; it does not in {len(odd)} "
            f"row(s), for example {array[odd[0]]!r} at row {odd[0]}."
        )
    return array.astype(bool)


def merge_rare(values: pd.Series[Any], groups: npt.ArrayLike, *, least: int = 2) -> pd.Series[Any]:
    """Put the levels that lie in fewer than `least` groups together as one, called "rare".

    A level that lies in one group cannot be learned in one group and asked for in another.

    Parameters
    ----------
    values : Series, shape (n,)
        Of a factor of classes.
    groups : array-like, shape (n,)
        Of the images.
    least : int
        Groups that a level needs to keep its name.
    """
    held = pd.Series(np.asarray(groups), values.index).groupby(values).transform("nunique")
    return values.where(held >= least, "rare")
