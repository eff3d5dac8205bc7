import hashlib
import itertools

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.croppers.crops import Corner
from confoundlab.images import prepared, scanning, streaming
from confoundlab.images.decoding import decode
from confoundlab.images.file_properties import properties
from confoundlab.images.headers import HEADER
from confoundlab.images.scanning import pixel_digest, scan, scan_part
from confoundlab.storage.cache import load_array
from confoundlab.storage.files import cache_root


def test_pixel_digest_is_of_shape_and_rgb_pixels():
    gray = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    rgb = np.repeat(gray, 3, axis=2)
    truth = hashlib.sha256(np.array([2, 3, 3], "<u4").tobytes() + rgb.tobytes()).hexdigest()
    assert pixel_digest(gray) == pixel_digest(rgb) == truth
    assert pixel_digest(gray.reshape(3, 2, 1)) != truth


@pytest.fixture
def folder(tmp_path, rng, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / ".cache"))
    for number in range(7):
        pixels = rng.integers(0, 256, (12, 10, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.glob("[!.]*"))


@pytest.fixture
def opened(monkeypatch):
    """Which files were opened, in order."""
    paths = []
    read_once = scanning.read_once

    def watched(path, **options):
        paths.append(path.name)
        return read_once(path, **options)

    monkeypatch.setattr(scanning, "read_once", watched)
    return paths


def test_one_opening_gives_what_the_single_functions_give(folder):
    Image.open(folder / "3.png").convert("L").save(folder / "7.jpg")
    files = names(folder)
    table = scan(folder, files, "test").table
    paths = [folder / file for file in files]
    assert table["file"].tolist() == files
    rgb = [decode(path, "rgb") for path in paths]
    assert table["sha256"].tolist() == [pixel_digest(pixels) for pixels in rgb]
    hashed = [imagehash.phash(Image.fromarray(decode(path)[:, :, 0])).hash for path in paths]
    assert (table["hash"].to_numpy() == np.packbits(hashed).view(np.uint64)).all()
    told = properties(paths)
    for name in ("bytes", *HEADER):
        given, truth = (each[name].astype(object).fillna("") for each in (table, told))
        assert given.tolist() == truth.tolist()


def test_known_files_are_not_read_again_until_they_change(folder, opened, monkeypatch):
    files = names(folder)
    first = scan(folder, files, "test")
    assert (
        not first.problems
        and first.table[["height", "width"]].to_numpy().tolist() == [[12, 10]] * 7
    )
    assert sorted(opened) == files
    again = scan(folder, files, "test")
    pd.testing.assert_frame_equal(first.table.astype(object), again.table.astype(object))
    assert len(opened) == 7
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(folder / "1.png")
    changed = scan(folder, files, "test").table
    assert opened[7:] == ["1.png"]
    assert changed["height"].tolist() == [12, 6, *[12] * 5]
    # what is remembered is of this depth and of this way to decode
    scan(folder, files, "test", 12)
    monkeypatch.setitem(scanning.computed_by.__globals__["VERSIONS"], "views", -1)
    scan(folder, files, "test")
    assert len(opened) == 22


def test_a_scan_that_was_stopped_goes_on_where_it_was(folder, opened, monkeypatch):
    """Chunks of two: the third's first file cannot be read to its end, as under a kill."""
    monkeypatch.setattr(scanning, "CHUNK", 2)
    monkeypatch.setattr(prepared, "CHUNK", 2)
    monkeypatch.setattr(streaming, "_AHEAD", 1)
    monkeypatch.setattr(streaming, "cores", lambda: 1)
    files, view = names(folder), Corner("top-left", 4, 5)
    digest = scanning.pixel_digest

    def stopped(pixels):
        if (pixels == decode(folder / "4.png", "rgb")).all():
            raise KeyboardInterrupt
        return digest(pixels)

    monkeypatch.setattr(scanning, "pixel_digest", stopped)
    with pytest.raises(KeyboardInterrupt):
        scan(folder, files, "test", views=[view])
    assert opened == files[:5]
    monkeypatch.setattr(scanning, "pixel_digest", digest)
    found = scan(folder, files, "test", views=[view])
    assert opened[5:] == files[4:] and found.bounds == [0, 2, 4, 6, 7]
    shas = found.table["sha256"].tolist()
    for a, b in itertools.pairwise(found.bounds):
        truth = np.stack([decode(folder / file)[:5, :4] for file in files[a:b]])
        assert (load_array(prepared.place(view, "gray", shas[a:b])) == truth).all()
    assert [path.suffix for path in (cache_root() / "scans").iterdir()] == [".parquet"]


def test_parts_that_others_have_read_are_known_and_none_is_forgotten(folder, opened):
    files = names(folder)
    scan_part(folder, files[4:], "test")
    scan_part(folder, files[:2], "test")
    assert len(opened) == 5
    some = scan(folder, files[:3], "test").table
    assert len(opened) == 6 and some["file"].tolist() == files[:3]
    assert scan(folder, files, "test").table["file"].tolist() == files
    assert len(opened) == 7 and len(list((cache_root() / "scans").iterdir())) == 1


def test_what_cannot_be_read_keeps_its_place(tmp_path):
    files = [f"{number}.png" for number in range(4)]
    (tmp_path / files[1]).symlink_to("nowhere")
    (tmp_path / files[2]).write_bytes(b"nonsense")
    deep = np.array([[0, 3000]], np.uint16)
    Image.fromarray(deep).save(tmp_path / files[3])
    for _ in range(2):
        found = scan(tmp_path, files, "test", 12)
        assert list(found.problems) == [0, 1, 2] and found.problems[1] == "a link to nothing"
        assert found.table.index.tolist() == [3] and found.bounds == [0, 1]
        assert found.table[["bits", "highest"]].to_numpy().tolist() == [[12, 3000]]
    nothing = scan(tmp_path, files[:3], "test")
    assert nothing.table.empty and nothing.bounds == [0, 0]


def test_a_folders_name_need_not_be_utf8(tmp_path):
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(folder / "1.png")
    for _ in range(2):
        assert scan(folder, ["1.png"], "test").table["height"].tolist() == [5]
