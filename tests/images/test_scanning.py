import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.images import scanning as scanning
from confoundlab.images.scanning import in_order, pixel_digest, scan


def test_pixel_digest_is_of_shape_and_rgb_pixels():
    gray = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    rgb = np.repeat(gray, 3, axis=2)
    truth = hashlib.sha256(np.array([2, 3, 3], "<u4").tobytes() + rgb.tobytes()).hexdigest()
    assert pixel_digest(gray) == pixel_digest(rgb) == truth
    assert pixel_digest(gray.reshape(3, 2, 1)) != truth


def test_known_files_are_not_read_again_until_they_change(tmp_path, monkeypatch, rng):
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(rng.integers(0, 256, (5, 4), dtype=np.uint8)).save(paths[-1])
    first, problems = scan(paths, "test")
    assert not problems and first[["height", "width"]].to_numpy().tolist() == [[5, 4]] * 3
    read = []
    decode = scanning.decode_levels

    def watched(path, colour, **options):
        read.append(path)
        return decode(path, colour, **options)

    monkeypatch.setattr(scanning, "decode_levels", watched)
    again, _ = scan(paths, "test")
    pd.testing.assert_frame_equal(first, again)
    assert not read
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(paths[1])
    changed, _ = scan(paths, "test")
    assert [path.name for path in read] == ["1.png"]
    assert changed["height"].tolist() == [5, 6, 5]
    # what is remembered is of this depth and of this way to decode
    scan(paths, "test", 12)
    monkeypatch.setitem(scanning.computed_by.__globals__["VERSIONS"], "views", -1)
    scan(paths, "test")
    assert len(read) == 7


def test_what_cannot_be_read_keeps_its_place(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    paths[1].symlink_to("nowhere")
    paths[2].write_bytes(b"nonsense")
    deep = np.array([[0, 3000]], np.uint16)
    Image.fromarray(deep).save(paths[3])
    for _ in range(2):
        table, problems = scan(paths, "test", 12)
        assert list(problems) == [0, 1, 2] and problems[1] == "a link to nothing"
        assert table.index.tolist() == [3]
        assert table[["bits", "highest"]].to_numpy().tolist() == [[12, 3000]]


def test_a_folders_name_need_not_be_utf8(tmp_path):
    folder = tmp_path / "caf\udce9"
    folder.mkdir()
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(folder / "1.png")
    for _ in range(2):
        assert scan([folder / "1.png"], "test")[0]["height"].tolist() == [5]


def test_in_order_keeps_order_and_raises():
    assert in_order(lambda row: row * row, range(5), "squares") == [0, 1, 4, 9, 16]
    with pytest.raises(ZeroDivisionError):
        in_order(lambda row: 1 // row, range(3), "inverses")
