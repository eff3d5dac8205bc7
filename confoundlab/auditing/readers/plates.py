"""Plates to material: planes of OME files, and the table that says what each well holds.

Serves the audit of screens. All planes of a well are one group, because sites and channels of a
well are near copies; its row and column are factors, because edges dry and pipettes drift.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from confoundlab.auditing.readers import ome
from confoundlab.auditing.readers.arrays import rows_of, sampled
from confoundlab.auditing.readers.material import Material, of_images
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.auditing.readers.tables import join, listed, read_table
from confoundlab.errors import InputError

_WELL = re.compile(r"([A-Za-z]{1,2})-?0*(\d{1,2})")
_NOTE = (
    "Each plane is an image. Planes of one well count as one group: its sites and channels are "
    "near copies."
)


def is_plate(folder: Path) -> bool:
    """Say whether a folder is or holds OME-Zarr, or holds OME-TIFF."""
    if folder.suffix == ome.ZARR:
        return True
    return any(
        path.suffix == ome.ZARR or path.name.lower().endswith(ome.TIFF)
        for path in folder.rglob("*")
        if not path.name.startswith(".")
    )


def plates(folder: Path, roles: Roles, table: Path | None, sample: int, seed: int) -> Material:
    """Read the planes of all plates in a folder.

    Parameters
    ----------
    folder : Path
        Of OME-TIFF or OME-Zarr; or an OME-Zarr itself.
    roles, sample, seed
        As of `sources.open_source`.
    table : Path, optional
        A column ``well`` (and ``plate``, where several have the same wells) names wells; else a
        column names files, by the rule of all tables. Without it folders name the classes.

    Raises
    ------
    InputError
        No plane; a table that names no well and no file; what `columns_of` refuses.
    """
    planes = ome.planes_of(folder)
    if not planes:
        raise InputError(f"There is no plane of an OME file below {folder}.")
    said = _with_places(ome.factors(planes))
    files = [plane.name.rpartition(", ")[0] or plane.name for plane in planes]
    notes = [_NOTE] if "well" in said else []
    if table is None:
        own = said
        if all("/" in name for name in files) and folder.suffix != ome.ZARR:
            own = own.assign(label=[name.partition("/")[0] for name in files])
        elif not roles.label:
            raise InputError(
                "Nothing says what the wells hold. Give a table (--table) with columns well and "
                "label, and plate where there are several."
            )
    else:
        rows = read_table(table)
        at, words = _rows(said, files, rows)
        notes += words
        kept = np.flatnonzero(at >= 0)
        if not len(kept):
            raise InputError(f"{table.name} names no well and no file that is there.")
        described = rows.iloc[at[kept]].reset_index(drop=True)
        own = said.iloc[kept].reset_index(drop=True)
        own = own.join(described[[one for one in described if _key(one) not in map(_key, own)]])
        planes = [planes[one] for one in kept]
    grouped = "well" in own and not roles.group and "group" not in own
    if grouped:
        own = own.assign(group=_places(own))
    columns = columns_of(own.drop(columns="well", errors="ignore") if grouped else own, roles)
    chosen = sampled(columns.label, sample, seed)
    images = ome.image_set(
        folder.resolve().name, [planes[one] for one in chosen], columns.label.iloc[chosen].tolist()
    )
    return of_images(images, rows_of(columns, chosen), notes)


def _with_places(said: pd.DataFrame) -> pd.DataFrame:
    """Add row and column of the well."""
    if "well" not in said:
        return said
    parts = said["well"].astype(str).str.extract(_WELL.pattern)
    return said.assign(row=parts[0].str.upper(), column=parts[1])


def _key(name: object) -> str:
    return str(name).strip().lower()


def _places(table: pd.DataFrame) -> pd.Series[str]:
    """Return plate and well as one text, wells written alike: A1 and a01 are one."""
    named = {_key(one): one for one in table}
    wells = table[named["well"]].astype(str).str.strip()
    parts = wells.str.extract(rf"^{_WELL.pattern}$")
    alike = parts[0].str.upper() + parts[1].str.zfill(2)
    alike = alike.fillna(wells)
    if "plate" not in named:
        return alike
    return table[named["plate"]].astype(str).str.strip() + " " + alike


def _rows(
    said: pd.DataFrame, files: list[str], rows: pd.DataFrame
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], list[str]]:
    """Return the row of each plane, -1 where there is none, and what is said of the join."""
    names = {_key(one) for one in rows}
    if "well" not in names or "well" not in said:
        single = sorted(set(files))
        joined = join(single, rows)
        place = dict(zip(single, joined.rows.tolist(), strict=True))
        return np.array([place[one] for one in files], np.intp), joined.words()
    plated = "plate" in names and "plate" in said
    many = len(set(said["plate"])) if "plate" in said else 1
    if not plated and many > 1:
        raise InputError(
            f"There are {many} plates, and the table has no column plate that "
            "says whose wells it names."
        )
    keyed = [one for one in rows if _key(one) in ({"well", "plate"} if plated else {"well"})]
    theirs = _places(rows[keyed]).tolist()
    if twice := sorted({one for one in theirs if theirs.count(one) > 1}):
        raise InputError(f"The table has two rows for {listed(twice)}. Keep one row a well.")
    place = {one: row for row, one in enumerate(theirs)}
    ours = _places(said[["plate", "well"] if plated else ["well"]]).tolist()
    at = np.array([place.get(one, -1) for one in ours], np.intp)
    words = [f"The table's rows were joined by {'plate and well' if plated else 'well'}."]
    bare = sorted({one for one, row in zip(ours, at.tolist(), strict=True) if row < 0})
    lost = sorted(set(theirs) - set(ours))
    if bare:
        words.append(f"{len(bare):,} wells have no row and are left out: {listed(bare)}.")
    if lost:
        words.append(f"{len(lost):,} rows of the table have no image: {listed(lost)}.")
    return at, words
