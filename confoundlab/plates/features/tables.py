"""Real plates as tidy tables; serves the real data beside Venugopalan et al. (2019).

Each reader finds its set below ``CONFOUNDLAB_DATA`` (`confoundlab.catalog.TABLES` says what it is
and where a copy is) and names things as all of `confoundlab.plates` does: ``batch``, ``plate``,
``well`` ("A01"), ``row`` and ``column`` from 0, ``site``, ``line`` (whose cells), ``condition``
(the label that a study would ask for), ``control``. What a set does not say has no column.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from confoundlab.catalog import TABLES
from confoundlab.catalog.entry import DataState
from confoundlab.datasets.copies import folder_of
from confoundlab.errors import InputError
from confoundlab.storage.files import text_digest

_PLACES = ("plate", "well", "row", "column")
_QUALITY = ("FocusScore", "LocalFocusScore", "Correlation", "PowerLogLogSlope")
_LEVELS = ("PercentMaximal", "PercentMinimal")


@dataclass(frozen=True, eq=False)
class PlateTable:
    """A tidy table with its name and state; a row a well, a site or a cell.

    Parameters
    ----------
    name : str
        In the catalog.
    table : DataFrame
        Places, labels and measurements.
    features : tuple of str
        Which columns are measurements.
    """

    name: str
    table: pd.DataFrame
    features: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.table)

    @property
    def state(self) -> DataState:
        """What the set is, measured against the paper's own data."""
        return TABLES[self.name].state

    @property
    def digest(self) -> str:
        """SHA-256 over all values, as text."""
        return "sha256:" + text_digest(self.table.to_csv(index=False, float_format="%.9g"))

    def where(self, rows: pd.Series[bool]) -> pd.DataFrame:
        """Return the rows chosen, numbered from 0."""
        return self.table[rows.to_numpy()].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class FocusSites:
    """Sites of which it is known whether they are in focus.

    Parameters
    ----------
    wells : list of str
        As upstream names them.
    in_focus : list of bool
        Whether in focus, or of the lowest focal plane, strongly out of focus.
    pictures : list of ndarray
        Nuclei, shape (520, 696), 16-bit levels.
    """

    wells: list[str]
    in_focus: list[bool]
    pictures: list[npt.NDArray[np.float32]]
    name: str = "focus_quality"

    def __len__(self) -> int:
        return len(self.wells)

    @property
    def state(self) -> DataState:
        """What the set is, measured against the paper's own data."""
        return TABLES[self.name].state

    @property
    def digest(self) -> str:
        """SHA-256 over all pictures."""
        return "sha256:" + text_digest(*(picture.tobytes().hex() for picture in self.pictures))


def bbbc021() -> PlateTable:
    """Read the well profiles of BBBC021: a row a well, 516 measurements.

    Returns
    -------
    PlateTable
        ``batch`` is the week, ``condition`` the mechanism of action ("DMSO" in control wells);
        also ``compound`` and ``concentration`` (µM).
    """
    folder = _folder("bbbc021_profiles")
    profiles = _csv(folder / "ljosa_jbiomolscreen_2013_per_well_mean.csv.gz")
    images = _csv(folder / "BBBC021_v1_image.csv.gz")
    keys = ["Image_Metadata_Plate", "Image_Metadata_Well"]
    wells = images.rename(columns={f"{key}_DAPI": key for key in keys})
    wells = wells.drop_duplicates(keys)[
        [*keys, "Image_Metadata_Compound", "Image_Metadata_Concentration"]
    ].rename(
        columns={
            "Image_Metadata_Compound": "compound",
            "Image_Metadata_Concentration": "concentration",
        }
    )
    table = profiles.merge(wells, on=keys, how="left", validate="one_to_one").merge(
        _csv(folder / "BBBC021_v1_moa.csv"), on=["compound", "concentration"], how="left"
    )
    if table["moa"].isna().any():
        raise InputError(f"{table['moa'].isna().sum()} wells in {folder} have no mechanism.")
    features = tuple(profiles.columns.drop(keys))
    plates = table["Image_Metadata_Plate"]
    tidy = pd.concat(
        [
            plates.str.extract(r"Week(\d+)_")[0].rename("batch"),
            _placed(plates, table["Image_Metadata_Well"]),
            table["moa"].rename("condition"),
            (table["moa"] == "DMSO").rename("control"),
            table[["compound", "concentration", *features]],
        ],
        axis=1,
    )
    return PlateTable("bbbc021_profiles", tidy, features)


def nf1_quality() -> PlateTable:
    """Read the image quality of four NF1 plates: a row a site; ``condition`` is the genotype."""
    folder = _folder("nf1_qc")
    parts = []
    maps = folder / "0.download_data" / "metadata"
    for plate in ("3", "3_prime", "4", "5"):
        sites = _csv(folder / f"Plate_{plate}_Image.csv.gz")
        names = sites["FileName_OrigDAPI"].str.split("_", expand=True)
        places = _placed(pd.Series(plate.replace("_", " "), sites.index), names[0])
        wells = _csv(maps / f"platemap_NF1_plate{plate[0]}.csv").set_index("well_position")
        own = pd.concat([places, (names[3].astype(int) - 1).rename("site")], axis=1)
        own["condition"] = names[0].map(wells["genotype"])
        parts.append(pd.concat([own, _quality(sites)], axis=1))
    table = pd.concat(parts, ignore_index=True)
    return PlateTable("nf1_qc", table, tuple(_measured(table)))


def cardiac_quality() -> PlateTable:
    """Read the image quality of the plate of six hearts: a row a site; ``line`` is the heart."""
    folder = _folder("cardiac_fibroblast_qc")
    sites = _csv(folder / "localhost231120090001_Image.csv.gz")
    wells = _csv(folder / "localhost231120090001_platemap.csv").set_index("well_position")
    names = sites["FileName_OrigDNA"].str.extract(r"(\w+)_([A-P]\d\d)f(\d\d)")
    table = _placed(names[0], names[1])
    table["site"] = names[2].astype(int)
    table["line"] = "heart " + names[1].map(wells["heart_number"]).astype(str)
    table["condition"] = names[1].map(wells["cell_type"]).str.lower()
    table["control"] = names[1].map(wells["treatment"]).eq("DMSO")
    table = pd.concat([table, _quality(sites)], axis=1)
    return PlateTable("cardiac_fibroblast_qc", table, tuple(_measured(table)))


def cardiac_screen() -> PlateTable:
    """Read the cells of four replicate plates: a row a cell, what all plates measured."""
    folder = _folder("cardiac_fibroblast_screen")
    files = sorted(folder.glob("localhost*_test.parquet"))
    if not files:
        raise InputError(f"{folder} has no file localhost..._test.parquet: the copy is not whole.")
    cells = pd.concat([pd.read_parquet(file) for file in files], join="inner", ignore_index=True)
    features = tuple(name for name in cells.columns if not name.startswith("Metadata_"))
    table = _placed(cells["Metadata_Plate"], cells["Metadata_Well"])
    table["site"] = cells["Metadata_Site"].str[1:].astype(int)
    table["line"] = "heart " + cells["Metadata_heart_number"].astype(str)
    table["condition"] = cells["Metadata_cell_type"].str.lower()
    table = pd.concat([table, cells[list(features)]], axis=1)
    return PlateTable("cardiac_fibroblast_screen", table, features)


def lincs_counts() -> PlateTable:
    """Read the LINCS cell counts: a row a well of 384, ``control`` the DMSO wells.

    Returns
    -------
    PlateTable
        ``batch`` "1" or "2"; ``date`` of batch 1 ("" in batch 2); ``line`` the cell line;
        ``hours``; ``compound`` ("" for DMSO); ``cells`` counted in all sites of the well.
    """
    folder = _folder("lincs_cell_counts")
    parts = []
    for number, name in (("1", "2016_04_01_a549_48hr_batch1"), ("2", "2017_12_05_Batch2")):
        maps = folder / "metadata" / "platemaps" / name
        plates = _csv(maps / "barcode_platemap.csv").set_index("Assay_Plate_Barcode")
        files = sorted((folder / "profiles" / "cell_count" / name).glob("*/*_cell_count.csv"))
        if not files:
            raise InputError(f"{folder} has no cell counts of {name}: the copy is not whole.")
        counts = pd.concat([_csv(file) for file in files], ignore_index=True)
        counts.columns = counts.columns.str.removeprefix("Image_")
        own = _placed(counts["Metadata_Plate"], counts["Metadata_Well"])
        own.insert(0, "batch", number)
        dates = plates.get("Batch_Date", pd.Series("", plates.index))
        own["date"] = own["plate"].map(dates)
        own["map"] = own["plate"].map(plates["Plate_Map_Name"])
        own["cells"] = counts["cell_count"]
        wells = pd.concat(
            [_csv(maps / "platemap" / f"{one}.txt", sep="\t") for one in own["map"].unique()]
        ).rename(columns={"plate_map_name": "map", "well_position": "well"})
        if "cell_line" not in wells:
            wells = wells.assign(cell_line="A549", time_point="48H")
        wells["compound"] = wells["broad_sample"].fillna("")
        own = own.merge(
            wells[["map", "well", "cell_line", "time_point", "compound"]],
            on=["map", "well"], how="left", validate="many_to_one",
        )  # fmt: skip
        own["hours"] = own.pop("time_point").str.rstrip("H").astype(int)
        parts.append(own.rename(columns={"cell_line": "line"}))
    table = pd.concat(parts, ignore_index=True)
    table["control"] = table["compound"] == ""
    return PlateTable("lincs_cell_counts", table, ("cells",))


def focus_sites() -> FocusSites:
    """Read nine BBBC006 sites in focus and 24 of the lowest focal plane."""
    folder = _folder("focus_quality")
    sharp = sorted(folder.glob("BBBC006_z_aligned__*_10.png"))
    lowest = sorted((folder / "images_for_glob_test").glob("00_*.tif"))
    if (len(sharp), len(lowest)) != (9, 24):
        raise InputError(
            f"{folder} is not whole: {len(sharp)} sites in focus and {len(lowest)} of plane 00, "
            "not 9 and 24."
        )
    wells = [path.stem.split("_")[4] for path in sharp]
    wells += [path.stem.split("_")[2] for path in lowest]
    return FocusSites(
        wells,
        [True] * len(sharp) + [False] * len(lowest),
        [_grey(path) for path in [*sharp, *lowest]],
    )


def _folder(name: str) -> Path:
    return folder_of(TABLES[name])


def _csv(path: Path, sep: str = ",") -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path} is missing: the copy is not whole. Copy the set again.")
    return pd.read_csv(path, sep=sep, encoding="utf-8-sig", low_memory=False)


def _grey(path: Path) -> npt.NDArray[np.float32]:
    try:
        with Image.open(path) as picture:
            return np.asarray(picture, np.float32)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from None


def _placed(plates: pd.Series[str], wells: pd.Series[str]) -> pd.DataFrame:
    """Return plate, well as "A01", row and column from 0."""
    parts = wells.str.extract(r"^([A-P])(\d{1,2})$")
    if parts.isna().any(axis=None):
        raise InputError(f"Not a well: {wells[parts[0].isna()].iloc[0]!r}; wells are A1 to P24.")
    row, column = parts[0].map(ord) - ord("A"), parts[1].astype(int)
    named = parts[0] + column.map("{:02d}".format)
    return pd.DataFrame(dict(zip(_PLACES, (plates, named, row, column - 1), strict=True)))


def _measured(table: pd.DataFrame) -> Iterable[str]:
    return (name for name in table.columns if name.startswith((*_QUALITY, *_LEVELS)))


def _quality(sites: pd.DataFrame) -> pd.DataFrame:
    """Return CellProfiler's measures of image quality, named ``measure channel``."""
    prefix = "ImageQuality_"
    found = {}
    for name in sites.columns:
        measure, _, channel = name.removeprefix(prefix).partition("_Orig")
        if name.startswith(prefix) and measure in (*_QUALITY, *_LEVELS):
            found[f"{measure} {channel.partition('_')[0]}"] = sites[name]
    return pd.DataFrame(found)
