"""OME-TIFF and OME-Zarr: the same planes with the same wells give the same material."""

import json

import numpy as np
import pandas as pd
import pytest

from confoundlab.auditing.readers import ome
from confoundlab.auditing.readers.plates import is_plate
from confoundlab.auditing.readers.roles import Roles
from confoundlab.auditing.readers.sources import open_source
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet

WELLS = ("A01", "A02", "B01", "B02")
CHANNELS = ("DNA", "actin")


@pytest.fixture(scope="module")
def planes():
    """Gray levels of each well and channel, 16 bit."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 2**16, (len(WELLS), len(CHANNELS), 24, 20), dtype=np.uint16)


def write_tiffs(folder, planes, mark=".ome.tiff"):
    tifffile = pytest.importorskip("tifffile")
    folder.mkdir(parents=True, exist_ok=True)
    for well, images in zip(WELLS, planes, strict=True):
        metadata = {"axes": "CYX", "Channel": {"Name": list(CHANNELS)}}
        tifffile.imwrite(folder / f"plate1_{well}{mark}", images, metadata=metadata)


def write_zarr(path, planes, version):
    zarr = pytest.importorskip("zarr")
    if int(zarr.__version__.split(".")[0]) < version:
        pytest.skip(f"zarr {zarr.__version__} does not write version {version}")

    def say(folder, what):
        folder.mkdir(parents=True, exist_ok=True)
        if version == 2:
            (folder / ".zattrs").write_text(json.dumps(what))
            (folder / ".zgroup").write_text('{"zarr_format": 2}')
        else:
            held = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": what}}
            (folder / "zarr.json").write_text(json.dumps(held))

    places = [f"{well[0]}/{int(well[1:])}" for well in WELLS]
    say(path, {"plate": {"name": "plate1", "wells": [{"path": one} for one in places]}})
    for place, images in zip(places, planes, strict=True):
        say(path / place, {"well": {"images": [{"path": "0"}]}})
        scales = {"datasets": [{"path": "0"}], "axes": [{"name": one} for one in "cyx"]}
        labels = [{"label": one} for one in CHANNELS]
        say(path / place / "0", {"multiscales": [scales], "omero": {"channels": labels}})
        made = zarr.create_array(
            str(path / place / "0" / "0"), shape=images.shape, dtype="uint16", zarr_format=version
        )
        made[:] = images


def platemap(tmp_path, wells=("A1", "a02", "B-1", "B2")):
    path = tmp_path / "map.csv"
    labels = ["dmso", "drug", "drug", "dmso"][: len(wells)]
    pd.DataFrame({"Well": wells, "label": labels}).to_csv(path, index=False)
    return path


def digest(found):
    """Return labels, factors and pixels in the order of wells and channels."""
    factors = found.factors
    order = np.lexsort((factors["channel"], found.table["group"]))
    shown = [found.images.read(row, "gray") for row in order]
    table = pd.DataFrame({"label": found.table["label"].to_numpy()[order]})
    return ImageSet.from_arrays(np.stack(shown), table, name="x").digest


@pytest.mark.parametrize("form", ["tiff", "zarr 2", "zarr 3", "zarr itself"])
def test_one_contract_for_every_form(tmp_path, planes, form):
    source = tmp_path / "in"
    if form == "tiff":
        write_tiffs(source, planes)
    else:
        source = source / "p.zarr" if form == "zarr itself" else source
        store = source if form == "zarr itself" else source / "p.zarr"
        write_zarr(store, planes, 2 if form.endswith("2") else 3)
    assert is_plate(source)
    found = open_source(source, Roles(), table=platemap(tmp_path))
    assert len(found) == 8 and found.table["group"].nunique() == 4
    assert {"channel", "row", "column"} <= set(found.factors) and "well" not in found.factors
    assert sorted(found.factors["channel"].unique()) == sorted(CHANNELS)
    truth = ImageSet.from_arrays(
        (planes.reshape(-1, 24, 20) >> 8).astype(np.uint8)[..., None],
        pd.DataFrame({"label": np.repeat(["dmso", "drug", "drug", "dmso"], 2)}), name="x",
    )  # fmt: skip
    assert digest(found) == truth.digest


def test_folders_name_classes_without_a_table(tmp_path, planes):
    for name, some in (("dmso", planes), ("drug", planes[::-1])):
        write_tiffs(tmp_path / "in" / name, some)
    found = open_source(tmp_path / "in", Roles())
    assert found.classes == ["dmso", "drug"] and len(found) == 16


@pytest.mark.parametrize(
    ("wells", "why"),
    [
        (("A1", "A01"), "two rows for A01"),
        (("H11", "H12"), "names no well"),
        (None, "Nothing says what the wells hold"),
    ],
)
def test_tables_that_do_not_fit_are_one_line(tmp_path, planes, wells, why):
    write_zarr(tmp_path / "p.zarr", planes, 3)
    given = {"table": platemap(tmp_path, wells)} if wells else {}
    with pytest.raises(InputError, match=why):
        open_source(tmp_path / "p.zarr", Roles(), **given)


def test_wells_without_a_row_are_named(tmp_path, planes):
    write_tiffs(tmp_path / "in", planes)
    found = open_source(tmp_path / "in", Roles(), table=platemap(tmp_path, ("A1", "A2", "H1")))
    assert len(found) == 4
    said = " ".join(found.notes)
    assert "2 wells have no row" in said and "1 rows of the table have no image: H01" in said


@pytest.mark.parametrize("kind", ["damaged", "fractions", "no arrays"])
def test_damaged_files_are_named(tmp_path, planes, kind):
    folder = tmp_path / "in"
    write_tiffs(folder, planes)
    if kind == "damaged":
        (folder / "x_A03.ome.tif").write_bytes(b"II*\0 no more")
    elif kind == "fractions":
        write_tiffs(folder, planes / 2**16)
    else:
        (folder / "x.zarr").mkdir()
    with pytest.raises(InputError) as caught:
        open_source(folder, Roles(), table=platemap(tmp_path))
    assert {"damaged": "x_A03", "fractions": "float64", "no arrays": "x.zarr"}[kind] in str(
        caught.value
    )


def test_what_is_missing_is_said(tmp_path, planes, monkeypatch):
    write_tiffs(tmp_path / "in", planes)
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    with pytest.raises(InputError, match=r"confoundlab\[ome\]"):
        ome.planes_of(tmp_path / "in")


@pytest.mark.parametrize(
    ("dtype", "level", "byte"),
    [("uint8", 200, 200), ("uint16", 200 << 8, 200), ("int16", 0, 128), ("bool", 1, 255)],
)
def test_the_high_bits_are_kept(dtype, level, byte):
    assert (ome._bytes(np.full((2, 3), level, dtype)) == byte).all()
