"""Profiles of cells to material: tables of CellProfiler and pycytominer, which bring both sides.

Serves the audit of anybody's images where only their measurements are left. Columns that begin with
``Metadata_`` say how a well or an image was made; all other numbers describe what was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.arrays import rows_of, sampled
from confoundlab.auditing.readers.material import Material, of_embeddings
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.auditing.readers.tables import as_text, listed
from confoundlab.errors import InputError

SUFFIXES = (".csv", ".tsv", ".parquet", ".gz")
_SAID = ("Metadata_", "Image_Metadata_")
_COUNTERS = {"ImageNumber", "ObjectNumber", "TableNumber"}  # CellProfiler's own row numbers
_NOTE = "There are no images, only profiles: controls that hide the subject are not made."


def is_profile(path: Path) -> bool:
    """Say whether a table has columns as CellProfiler and pycytominer name them."""
    try:
        names = _read(path, rows=1).columns
    except InputError:
        return False
    return any(str(name).startswith(_SAID) for name in names)


def profiles(source: Path, roles: Roles, sample: int, seed: int) -> Material:
    """Read a table of profiles.

    Parameters
    ----------
    source : Path
        CSV, TSV (also gzipped) or Parquet; a row a cell, an image or a well.
    roles : Roles
        Columns, with or without ``Metadata_`` before their names.
    sample, seed
        As of `sources.open_source`.

    Raises
    ------
    InputError
        A damaged table; no column of numbers is left; roles that do not fit.
    """
    table = _read(source)
    said = {str(one): _bare(str(one)) for one in table if str(one).startswith(_SAID)}
    bare = list(said.values())
    if doubled := sorted({one for one in bare if bare.count(one) > 1}):
        raise InputError(f"{source.name} has columns that mean the same: {listed(doubled)}.")
    rows = as_text(table[list(said)].rename(columns=said))
    measured = table.drop(columns=[*said, *(_COUNTERS & set(table))]).select_dtypes("number")
    whole = np.isfinite(measured.to_numpy(np.float64)).all(axis=0)
    numbers = measured.loc[:, whole].to_numpy(np.float64)
    if not numbers.size:
        raise InputError(f"{source.name} has no column of finite numbers beside its Metadata_.")
    notes = [_NOTE]
    if not whole.all():
        left = list(map(str, measured.columns[~whole]))
        notes.append(f"{len(left):,} columns have gaps and are left out: {listed(left)}.")
    columns = columns_of(rows, _bare_roles(roles))
    kept = sampled(columns.label, sample, seed)
    if len(kept) < len(rows):
        notes.append(f"{len(kept):,} of {len(rows):,} rows were drawn at random (--sample).")
    names = [f"row {one + 1:06d}" for one in kept]
    name = source.name.partition(".")[0]
    return of_embeddings(numbers[kept], rows_of(columns, kept), names, name, notes)


def _read(path: Path, rows: int | None = None) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        tabs = ".tsv" in path.suffixes
        codes = {}
        if rows is None:  # a plate 007 stays 007
            codes = {one: str for one in _read(path, rows=0) if str(one).startswith(_SAID)}
        return pd.DataFrame(
            pd.read_csv(path, sep="\t" if tabs else ",", nrows=rows, dtype=codes, low_memory=False)
        )
    except InputError:
        raise
    except Exception as error:  # readers raise anything on damaged files
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path.name} cannot be read as a table of profiles: {why}") from None


def _bare(name: str) -> str:
    """Return a column's name without what says that it is metadata."""
    for before in reversed(_SAID):
        name = name.removeprefix(before)
    return name


def _bare_roles(roles: Roles) -> Roles:
    def bare(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(_bare, names))

    label, group, time, split = bare((roles.label, roles.group, roles.time, roles.split))
    return replace(
        roles, label=label, group=group, time=time, split=split, factors=bare(roles.factors)
    )
