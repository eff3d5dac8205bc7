"""Plates as heat maps: shapes, wells and places, looked at from above, with A1 at the top left.

Serves Figure 2 of Venugopalan et al. (2019), whose pilot plates were sharper towards the centre.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.errors import InputError
from confoundlab.types import Numbers

# Rows and columns of microplates, ANSI SLAS 4-2004 for the three largest.
SHAPES = ((2, 3), (3, 4), (4, 6), (6, 8), (8, 12), (16, 24), (32, 48))
Shape = tuple[int, int]


def plate_shape(table: pd.DataFrame, shape: Shape | None = None) -> Shape:
    """Return rows and columns of the plates of a table, as stated or else by its wells.

    Parameters
    ----------
    table : DataFrame
        Wells or sites: ``row`` and ``column``, from 0.
    shape : (int, int), optional
        Rows and columns. If missing, the smallest usual plate that has all wells, if these come
        within one well of all its sides; the outermost wells are often left empty.

    Raises
    ------
    InputError
        Wells beyond the plate; wells that fill no usual plate, or count from 1; rows or columns
        that are no whole numbers.
    """
    place = np.stack([_counted(table, name) for name in ("row", "column")], axis=1)
    first, last = place.min(axis=0), place.max(axis=0)
    where = f"Rows {first[0]} to {last[0]} and columns {first[1]} to {last[1]} (from 0)"
    usual = [one for one in SHAPES if (last < one).all()] if shape is None else [shape]
    if (first < 0).any() or (shape is not None and (last >= shape).any()):
        raise InputError(f"{where} do not lie on a plate of {_by(shape or SHAPES[-1])} wells.")
    if shape is None and not (
        usual and (first <= 1).all() and (last >= np.array(usual[0]) - 2).all()
    ):
        raise InputError(
            f"{where} fill no plate of {', '.join(str(a * b) for a, b in SHAPES)} wells. Do they "
            "count from 1? Else state the plate's shape, such as shape=(16, 24)."
        )
    return usual[0]


def shape_remarks(table: pd.DataFrame, shape: Shape | None = None) -> tuple[str, ...]:
    """Return what `plate_shape` took the plates for, in a remark; none where it was stated."""
    if shape is not None:
        return ()
    rows, across = plate_shape(table)
    return (
        f"Plates were taken to have {_by((rows, across))} wells ({rows * across}), the smallest "
        "usual plate that holds all wells of the table; if they are a part of a larger one, state "
        "its shape, such as shape=(16, 24).",
    )


def grid(table: pd.DataFrame, value: str, *, shape: Shape | None = None) -> Numbers:
    """Return the mean of each well of one plate, A1 first; NaN if empty; see `plate_shape`."""
    wells = well_means(_one_plate(table), value)
    found = np.full(plate_shape(table, shape), np.nan)
    found[wells["row"], wells["column"]] = wells[value]
    return found


def site_grid(table: pd.DataFrame, value: str, *, shape: Shape | None = None) -> Numbers:
    """Return each site of one plate as a pixel, sites of a well row by row in a square.

    Parameters
    ----------
    table : DataFrame
        Sites of one plate: row, column, site (from 0) and the value.
    value : str
        Column.
    shape : (int, int), optional
        See `plate_shape`.

    Returns
    -------
    ndarray, shape (rows * k, columns * k)
        For at most k² sites a well; NaN where there is none. Sites are laid in the order of their
        numbers, which need not be their place in the well.
    """
    rows, across = plate_shape(_one_plate(table), shape)
    side = int(np.ceil(np.sqrt(table["site"].max() + 1)))
    found = np.full((rows * side, across * side), np.nan)
    down, right = np.divmod(table["site"].to_numpy(), side)
    row, column = (_counted(table, name) for name in ("row", "column"))
    found[row * side + down, column * side + right] = table[value]
    return found


def well_means(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return a row a well, with the mean of a value over its sites; sites without one are left out.

    Raises
    ------
    InputError
        No well has a value; a column is missing, a place is no whole number, a value is no number.
    """
    for name in ("plate", value):
        _present(table, name)
    if not pd.api.types.is_numeric_dtype(table[value]):
        raise InputError(f"Column {value!r} must hold numbers, not {table[value].dtype}.")
    whole = table.assign(**{name: _counted(table, name) for name in ("row", "column")})
    means = whole.groupby(["plate", "row", "column"])[value].mean().dropna()
    wells: pd.DataFrame = means.reset_index()
    if wells.empty:
        raise InputError(f"No well has a value in column {value!r}.")
    return wells


def from_centre(wells: pd.DataFrame, shape: Shape) -> Numbers:
    """Return each well's distance from the plate's centre, in wells."""
    down, across = ((size - 1) / 2 for size in shape)
    row, column = (wells[name].to_numpy(np.float64) for name in ("row", "column"))
    return np.asarray(np.hypot(row - down, column - across))


def at_edge(wells: pd.DataFrame, shape: Shape, rings: int = 1) -> npt.NDArray[np.bool_]:
    """Say which wells lie in the outermost rings of the plate."""
    row, column = wells["row"], wells["column"]
    steps = np.minimum.reduce([row, shape[0] - 1 - row, column, shape[1] - 1 - column])
    return np.asarray(steps < rings)


def _present(table: pd.DataFrame, name: str) -> None:
    if name not in table:
        raise InputError(f"The table of wells lacks the column {name!r}.")


def _counted(table: pd.DataFrame, name: str) -> npt.NDArray[np.int64]:
    """Return rows or columns of wells as whole numbers, shape (n,)."""
    _present(table, name)
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    odd = np.flatnonzero(~np.isfinite(numbers) | (numbers != np.floor(numbers)))
    if len(odd):
        raise InputError(
            f"Column {name!r} must count wells from 0; it does not at row(s) {odd[:5].tolist()}, "
            f"for example {table[name].iloc[odd[0]]!r}. Row A is 0."
        )
    return numbers.astype(np.int64)


def _by(shape: Shape) -> str:
    return f"{shape[0]} x {shape[1]}"


def _one_plate(table: pd.DataFrame) -> pd.DataFrame:
    plates = table["plate"].unique()
    if len(plates) != 1:
        raise InputError(f"A heat map shows one plate; there are {len(plates)}.")
    return table
