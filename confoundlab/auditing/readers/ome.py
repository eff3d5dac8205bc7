"""OME-TIFF and OME-Zarr to pixels: one image a plane, and what a plate says of it as factors.

Serves the audit of screens. Plate, well, site and channel are read from OME-XML or from the plate's
own metadata (OME-NGFF 0.4 and 0.5). Of a stack or a film the middle plane is taken. Levels become 8
bits by the rule of all images: the high bits are kept, by what the type holds; no contrast is
stretched, because that is set by the session.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.images.imageset import ImageSet
from confoundlab.images.scanning import pixel_digest
from confoundlab.images.streaming import in_order
from confoundlab.types import Colour, Pixels

TIFF = (".ome.tif", ".ome.tiff", ".ome.tf8")
ZARR = ".zarr"
FACTORS = ("plate", "well", "site", "channel")
_WELL = re.compile(r"(?<![A-Za-z0-9])([A-P])-?0?(\d{1,2})(?![0-9])")


@dataclass(frozen=True)
class Plane:
    """One image of a plate.

    Parameters
    ----------
    name : str
        Of the image: path of its file, and its channel.
    path : Path
        Of the file, or of the Zarr group of the site.
    index : tuple of int
        Of the plane within the array, but for its two last axes.
    plate, well, site, channel : str
        What is known; empty where nothing is.
    """

    name: str
    path: Path
    index: tuple[int, ...]
    plate: str = ""
    well: str = ""
    site: str = ""
    channel: str = ""


def planes_of(folder: Path) -> list[Plane]:
    """Return the planes of all OME-TIFF files and OME-Zarr plates or images in a folder, in order.

    Raises
    ------
    InputError
        tifffile or zarr is not installed; `BrokenImagesError` where a file is none.
    """
    problems: dict[str, str] = {}
    found: list[Plane] = []
    stores = [folder] if folder.suffix == ZARR else sorted(folder.rglob(f"*{ZARR}"))
    files = sorted(one for one in folder.rglob("*") if one.name.lower().endswith(TIFF))
    for path in [*stores, *files]:
        if any(store in path.parents for store in stores):
            continue  # inside another
        inside = path.relative_to(folder).as_posix() if path != folder else path.name
        try:
            found += list(_of_zarr(path, inside) if path in stores else _of_tiff(path, inside))
        except InputError:
            raise
        except Exception as error:  # both libraries raise anything on damaged files
            problems[inside] = (
                f"no OME file that is read here ({' '.join(str(error).split())[:80]})"
            )
    if problems:
        raise BrokenImagesError(problems)
    return found


def factors(planes: Sequence[Plane]) -> pd.DataFrame:
    """Return plate, well, site and channel of planes; what no plane knows is left out."""
    rows = [{name: getattr(plane, name) or None for name in FACTORS} for plane in planes]
    return pd.DataFrame(rows, columns=list(FACTORS), dtype=object).dropna(axis=1, how="all")


def image_set(name: str, planes: Sequence[Plane], labels: Sequence[str]) -> ImageSet:
    """Return the image set of planes.

    Raises
    ------
    InputError
        `BrokenImagesError` where pixels cannot be read.
    """
    problems: dict[str, str] = {}

    def one(row: int) -> tuple[str, int, int]:
        try:
            pixels = decode(planes[row])
        except InputError as error:
            problems[planes[row].name] = str(error)
            return "", 0, 0
        return pixel_digest(np.repeat(pixels, 3, axis=2)), *pixels.shape[:2]

    measured = in_order(one, range(len(planes)), f"reading {name}")
    if problems:
        raise BrokenImagesError(problems)
    names = [plane.name for plane in planes]
    table = pd.DataFrame({"image": names, "label": list(labels), "group": names})
    table[["sha256", "height", "width"]] = measured

    def read(row: int, colour: Colour) -> Pixels:
        gray = decode(planes[row])
        return gray if colour == "gray" else np.repeat(gray, 3, axis=2)

    return ImageSet(name, "real", table, read, {})


def decode(plane: Plane) -> Pixels:
    """Return a plane as uint8, shape (height, width, 1).

    Raises
    ------
    InputError
        It cannot be read, or holds fractions, whose black and white nobody states.
    """
    try:
        if plane.path.name.lower().endswith(TIFF):
            with _tifffile().TiffFile(plane.path) as file:
                values = np.asarray(file.series[0].asarray()[plane.index])
        else:
            values = np.asarray(_zarr().open_array(str(plane.path), mode="r")[plane.index])
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"cannot be read ({' '.join(str(error).split())[:120]})") from None
    return _bytes(values)


def _bytes(values: npt.NDArray[Any]) -> Pixels:
    if values.dtype == bool:
        return values.astype(np.uint8)[..., None] * 255
    if values.dtype.kind not in "ui" or values.ndim != 2:
        raise InputError(f"levels of type {values.dtype} in {values.ndim} dimensions are not read")
    bits = 8 * values.dtype.itemsize
    levels = values.astype(np.int64) + (2 ** (bits - 1) if values.dtype.kind == "i" else 0)
    return (levels >> (bits - 8)).astype(np.uint8)[..., None]


def _of_tiff(path: Path, inside: str) -> Iterator[Plane]:
    with _tifffile().TiffFile(path) as file:
        series = file.series[0]
        axes, shape, xml = series.axes, series.shape, file.ome_metadata
    if axes[-2:] != "YX":
        raise InputError(f"{inside}: axes {axes} are not read; the last two must be Y and X.")
    names = _channels(xml)
    said = _placed(xml) | {}
    well = said.get("well") or _in_name(inside)
    for index, channel in _planes(axes[:-2], shape[:-2]):
        label = names[channel] if channel < len(names) else str(channel)
        several = "C" in axes
        yield Plane(
            f"{inside}, {label}" if several else inside, path, index, said.get("plate", ""), well,
            said.get("site", ""), label if several or names else "",
        )  # fmt: skip


def _planes(axes: str, shape: Sequence[int]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the index of each channel's plane, in the middle of all other axes."""
    at = axes.upper().find("C")
    for channel in range(shape[at] if at >= 0 else 1):
        yield tuple(channel if one == at else n // 2 for one, n in enumerate(shape)), channel


def _channels(xml: str | None) -> list[str]:
    return [one.get("Name") or one.get("ID") or "" for one in _elements(xml, "Channel")]


def _placed(xml: str | None) -> dict[str, str]:
    """Return plate, well and site that OME-XML names, for the one image of a file."""
    plates, wells = _elements(xml, "Plate"), _elements(xml, "Well")
    sites = _elements(xml, "WellSample")
    found = {}
    if plates:
        found["plate"] = plates[0].get("Name") or plates[0].get("ID") or ""
    if len(wells) == 1:
        row, column = int(wells[0].get("Row", 0)), int(wells[0].get("Column", 0))
        found["well"] = f"{chr(ord('A') + row)}{column + 1:02d}"
    if len(sites) == 1:
        found["site"] = sites[0].get("Index") or sites[0].get("ID") or ""
    return found


def _elements(xml: str | None, name: str) -> list[ElementTree.Element]:
    if not xml:
        return []
    return [one for one in ElementTree.fromstring(xml).iter() if one.tag.rpartition("}")[2] == name]


def _in_name(inside: str) -> str:
    found = _WELL.search(Path(inside).name)
    return f"{found[1]}{int(found[2]):02d}" if found else ""


def _of_zarr(path: Path, inside: str) -> Iterator[Plane]:
    _zarr()
    said = _attributes(path)
    if "plate" not in said:
        yield from _of_image(path, inside, {})
        return
    plate = str(said["plate"].get("name") or path.name.removesuffix(ZARR).removesuffix(".ome"))
    for well in said["plate"]["wells"]:
        row, _, column = str(well["path"]).partition("/")
        number = f"{int(column):02d}" if column.isdigit() else column
        for site in _attributes(path / well["path"])["well"]["images"]:
            own = f"{well['path']}/{site['path']}"
            place = {"plate": plate, "well": f"{row}{number}", "site": str(site["path"])}
            yield from _of_image(path / own, f"{inside}/{own}", place)


def _of_image(path: Path, inside: str, place: dict[str, str]) -> Iterator[Plane]:
    said = _attributes(path)
    scales = said["multiscales"][0]
    array = path / scales["datasets"][0]["path"]
    axes = "".join(
        one["name"] if isinstance(one, dict) else one for one in scales.get("axes", "tczyx")
    )
    if axes[-2:].lower() != "yx":
        raise InputError(f"{inside}: axes {axes} are not read; the last two must be y and x.")
    shape = _zarr().open_array(str(array), mode="r").shape
    names = [str(one.get("label", "")) for one in said.get("omero", {}).get("channels", [])]
    for index, channel in _planes(axes[:-2], shape[:-2]):
        label = names[channel] if channel < len(names) and names[channel] else str(channel)
        yield Plane(f"{inside}, {label}", array, index, channel=label, **place)


def _attributes(path: Path) -> dict[str, Any]:
    """Return what a Zarr group says of itself: version 3 keeps it under ``ome``."""
    if (path / "zarr.json").is_file():
        found = json.loads((path / "zarr.json").read_text(encoding="utf-8")).get("attributes", {})
        return dict(found.get("ome", found))
    return dict(json.loads((path / ".zattrs").read_text(encoding="utf-8")))


def _tifffile() -> Any:
    try:
        import tifffile
    except ImportError:
        raise InputError("OME-TIFF needs tifffile. Run pip install 'confoundlab[ome]'.") from None
    return tifffile


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise InputError("OME-Zarr needs zarr. Run pip install 'confoundlab[ome]'.") from None
    return zarr
