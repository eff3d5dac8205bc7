"""Which columns of a table are label, group, split and factors; what nobody said is assumed.

Serves the audit of anybody's images. Whatever was not said is assumed in the most usual way, and
each assumption is a sentence that the report prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.tables import MISSING, column_of, listed, typed
from confoundlab.design.kinds import Kind
from confoundlab.errors import InputError
from confoundlab.types import Mask

# Columns that are taken for a role where none is named, in this order.
_LABELS = ("label", "class", "diagnosis", "target")
_GROUPS = ("group", "patient", "patient_id", "subject", "subject_id", "case_id")
_SPLITS = ("split", "subset", "partition")
LEAST = 5  # images of a class: as many as the folds in which it is trained and tested
_MOST = 20  # factors that are taken unasked
_WHAT_GROUPS_ARE = (
    "No group was named, so every image counts as independent of the others. If several show one "
    "patient, animal, slide or well, name the column (--group): without it intervals are too short "
    "and a net can know a subject again."
)


@dataclass(frozen=True)
class Roles:
    """Which columns of the table play a part; an empty text where none is named.

    Parameters
    ----------
    label, group, time, split : str
        What is to be named; what must not straddle a split; when images were taken; the split that
        the user trains and tests with.
    factors : tuple of str
        Columns about how images were acquired.
    """

    label: str = ""
    group: str = ""
    factors: tuple[str, ...] = ()
    time: str = ""
    split: str = ""


@dataclass(frozen=True, eq=False)
class Columns:
    """A table by its roles: one row an image.

    Parameters
    ----------
    label : Series of str
        Classes.
    group, split : Series of str, or None
        Where there are any.
    factors : DataFrame
        A column a factor, as numbers, times or text.
    kinds : dict of str to str
        Of factors, where they do not follow from the values.
    roles : Roles
        The columns that were taken.
    assumed : list of str
        What nobody had said, a sentence each.
    """

    label: pd.Series[Any]
    group: pd.Series[Any] | None
    split: pd.Series[Any] | None
    factors: pd.DataFrame
    kinds: dict[str, Kind]
    roles: Roles
    assumed: list[str]


def columns_of(table: pd.DataFrame, roles: Roles, *, of_folder: bool = False) -> Columns:
    """Take label, group, split and factors out of a table.

    Parameters
    ----------
    table : DataFrame of str or None
        Of `tables.read_table`, a row an image.
    roles : Roles
        As the user named them.
    of_folder : bool
        Whether columns ``label`` and ``split`` were read from the names of folders.

    Raises
    ------
    InputError
        A column that is not there, or empty in a row that needs it; one class only.
    """
    assumed: list[str] = []
    label = roles.label or _usual(table, _LABELS, roles)
    if not label:
        raise InputError(
            f"Nothing says what the classes are. Name the column (--label): "
            f"{listed(list(map(str, table.columns)), 20)}."
        )
    label = column_of(table, label, "--label")
    if not roles.label:
        where = "the names of the folders" if of_folder else f"column {label!r}"
        assumed.append(f"The label was read from {where}.")
    found = {"group": roles.group, "split": roles.split}
    for what, names in (("group", _GROUPS), ("split", _SPLITS)):
        if found[what]:
            found[what] = column_of(table, found[what], f"--{what}")
        elif usual := _usual(table, names, roles):
            found[what] = usual
            where = "the names of the folders" if of_folder and what == "split" else repr(usual)
            assumed.append(f"The {what} was read from {where}.")
    if not found["group"]:
        assumed.append(_WHAT_GROUPS_ARE)
    named = {"label": label} | {what: name for what, name in found.items() if name}
    if len(set(named.values())) < len(named):
        options = ", ".join(f"--{what} {name}" for what, name in named.items())
        raise InputError(f"Label, group and split must be different columns, not {options}.")
    taken = {label, found["group"], found["split"]}
    factors = [column_of(table, one, "--factor") for one in roles.factors]
    time = column_of(table, roles.time, "--time") if roles.time else ""
    if not factors:
        factors, why = _unasked(table, taken | {time})
        assumed += why
    factors = [one for one in dict.fromkeys([*factors, time]) if one]
    if clash := sorted(taken & set(factors) - {""}):
        raise InputError(f"{listed(clash)} cannot be a factor and label, group or split at once.")
    if not factors:
        assumed.append(
            "No factor is known (site, scanner, plate, day, operator). A table that says for each "
            "image how it was taken (--table, --factor) shows what these images can answer at all, "
            "and which of these columns can mislead a classifier."
        )
    said, kinds = {}, {}
    for one in factors:
        said[one], kind = typed(table[one], time=one == time)
        if kind is not None:
            kinds[one] = kind
        if gaps := int(table[one].isna().sum()):
            assumed.append(
                f"{one!r} is empty for {gaps:,} images; that is kept as a level, {MISSING}."
            )
    labels = _filled(table, label)
    if labels.nunique() < 2:
        raise InputError(f"All images have the label {labels.iloc[0]!r}: nothing to tell apart.")
    return Columns(
        labels,
        _filled(table, found["group"]) if found["group"] else None,
        _filled(table, found["split"]) if found["split"] else None,
        pd.DataFrame(said, index=table.index),
        kinds,
        Roles(label, found["group"], tuple(factors), time, found["split"]),
        assumed,
    )


def enough(labels: pd.Series[Any]) -> Mask:
    """Return which images are of a class that has enough to train on and to test on, shape (n,).

    Raises
    ------
    InputError
        Fewer than two classes have.
    """
    counts = labels.value_counts()
    rare = counts[counts < LEAST]
    if len(counts) - len(rare) < 2:
        some = [f"{name} ({count})" for name, count in rare.items()]
        raise InputError(
            f"{len(rare):,} of {len(counts):,} classes have fewer than {LEAST} images, too few to "
            f"train and to test on: {listed(some)}. Merge them, or name another column (--label)."
        )
    return np.asarray(~labels.isin(rare.index), bool)


def _usual(table: pd.DataFrame, names: Sequence[str], roles: Roles) -> str:
    """Return the column that is usually called so, unless it has another role."""
    lower = {str(one).lower().replace(" ", "_"): str(one) for one in table.columns}
    other = {roles.label, roles.group, roles.time, roles.split, *roles.factors}
    return next((lower[name] for name in names if name in lower and lower[name] not in other), "")


def _unasked(table: pd.DataFrame, taken: set[str]) -> tuple[list[str], list[str]]:
    """Return the columns that may be factors, and what is said about that."""
    may: list[str] = []
    names: list[str] = []
    for one in map(str, table.columns):
        if one in taken or table[one].isna().all() or table[one].nunique(dropna=False) < 2:
            continue
        # a text of its own in each row names the image; numbers and times may be measurements
        own = table[one].nunique() == len(table)
        measured = pd.to_numeric(table[one], errors="coerce").notna().all()
        (names if own and not measured else may).append(one)
    said = []
    if may:
        said.append(
            f"No factor was named, so all other columns are taken for factors: {listed(may, 20)}. "
            "If one is the label by another name, or no matter of acquisition, name those that "
            "are (--factor)."
        )
    if len(may) > _MOST:
        raise InputError(
            f"The table has {len(may)} columns that may be factors, and each of them is a test. "
            f"Name up to {_MOST} that say how images were taken (--factor)."
        )
    if names:
        said.append(f"Another value in each row: {listed(names)}. Taken for names of the images.")
    return may, said


def _filled(table: pd.DataFrame, column: str) -> pd.Series[Any]:
    values = table[column]
    if values.isna().any():
        rows = [int(one) + 2 for one in np.flatnonzero(values.isna())[:5]]
        raise InputError(
            f"Column {column!r} is empty for {int(values.isna().sum()):,} images, for example in "
            f"row(s) {rows}. Fill it, or leave these rows out."
        )
    return values.astype(str)
