import dataclasses
import os

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.catalog import Packed, dataset
from confoundlab.datasets import proof
from confoundlab.datasets.copies import folder_of
from confoundlab.datasets.proof import compare, some
from confoundlab.errors import InputError
from confoundlab.images.decoding import decode
from confoundlab.images.scanning import pixel_digest, scan

NAMES = tuple(f"obj1__{index}" for index in range(4))
FOUR = dataclasses.replace(
    dataset("coil20"), name="four", n_images=4, n_classes=1, expected=frozenset(NAMES)
)
README = "  left out, 1: readme.md (of format .md)"


@pytest.fixture
def folder(tmp_path, rng):
    (tmp_path / "images").mkdir()
    for name in NAMES:
        pixels = rng.integers(0, 256, (9, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "images" / f"{name}.pgm")
    (tmp_path / "readme.md").write_text("no image, and of no harm")
    return tmp_path


@pytest.fixture
def known(folder, monkeypatch):
    """The data set with a manifest of the folder as it is now."""
    paths = (folder / "images").glob("*.pgm")
    digests = {path.stem: pixel_digest(decode(path, "rgb")) for path in paths}
    monkeypatch.setattr(proof, "read_manifest", lambda entry: pd.Series(digests))
    return FOUR


def alter(path):
    """Change one pixel and nothing that a scan looks at: not the size, not the time."""
    before = path.stat()
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_whole_copy(folder, known):
    found = compare(known, folder)
    assert found.whole and found.details() == README
    assert found.summary() == "all 4 images are there, and every pixel is as published"


def test_without_a_manifest_names_and_readability_are_proved(folder):
    found = compare(FOUR, folder)
    assert found.whole and "can be read (no manifest" in found.summary()
    (folder / "images" / "obj1__2.pgm").write_bytes(b"nothing")
    assert compare(FOUR, folder).broken == (
        "obj1__2 (not an image, or a format that is not read here)",
    )


def test_every_kind_of_fault_is_named(folder, known):
    images = folder / "images"
    (images / "obj1__0.pgm").unlink()
    alter(images / "obj1__1.pgm")
    (images / "obj1__2.pgm").write_bytes(b"")
    (folder / "copy").mkdir()
    (folder / "copy" / "obj1__3.pgm").write_bytes((images / "obj1__3.pgm").read_bytes())
    (folder / "holiday.jpg").write_bytes(b"never opened")
    found = compare(known, folder)
    assert not found.whole
    assert found.details().splitlines() == [
        "  missing, 1: obj1__0",
        "  altered, 1: obj1__1",
        "  doubled, 1: obj1__3",
        "  broken, 1: obj1__2 (empty file)",
        "  extra, 1: holiday.jpg",
        README,
    ]


def test_extra_images_do_no_harm(folder, known):
    (folder / "holiday.jpg").write_bytes(b"never opened")
    (folder / "obj99__0.pgm").write_bytes(b"never opened")
    found = compare(known, folder)
    assert found.whole and found.extra == ("holiday.jpg", "obj99__0.pgm")


def test_clutter_does_no_harm_and_is_named(folder, known):
    images = folder / "images"
    (images / "._obj1__0.pgm").write_bytes(b"\0\5\x16\7")
    (images / "Thumbs.db").write_bytes(b"x")
    (images / ".ipynb_checkpoints").mkdir()
    (images / ".ipynb_checkpoints" / "obj1__0.pgm").write_bytes(
        (images / "obj1__0.pgm").read_bytes()
    )
    (images / "obj1__1.pgm").rename(images / "obj1__1.PGM")
    (images / "other.png").symlink_to("nowhere")
    found = compare(known, folder)
    assert found.whole and found.extra == ("images/other.png",)
    assert "left out, 4: images/._obj1__0.pgm (hidden), " in found.details()


def test_what_stands_in_the_place_of_an_image_is_no_image(folder, known):
    images = folder / "images"
    (images / "obj1__3.pgm").unlink()
    (images / "obj1__3.pgm").symlink_to("nowhere")
    (images / "obj1__2.pgm").unlink()
    (images / "obj1__2.pgm").mkdir()
    found = compare(known, folder)
    assert found.missing == ("obj1__2",) and found.broken == ("obj1__3 (a link to nothing)",)


def test_a_proof_does_not_ask_the_cache(folder, known):
    """One pixel is changed so that path, size and time stay the same: a scan is deceived."""
    files = sorted(path.name for path in (folder / "images").glob("*.pgm"))
    before = scan(folder / "images", files, "test").table
    alter(folder / "images" / "obj1__1.pgm")
    after = scan(folder / "images", files, "test").table
    assert before["sha256"].tolist() == after["sha256"].tolist()
    assert compare(known, folder).altered == ("obj1__1",)


def test_another_file_format_with_the_same_pixels_is_the_same_image(folder, known):
    path = folder / "images" / "obj1__1.pgm"
    Image.open(path).convert("RGB").save(path.with_suffix(".tif"))
    path.unlink()
    assert compare(known, folder).whole


def test_the_same_pixels_under_another_name_are_altered(folder, known):
    images = folder / "images"
    (images / "obj1__1.pgm").rename(images / "x")
    (images / "obj1__2.pgm").rename(images / "obj1__1.pgm")
    (images / "x").rename(images / "obj1__2.pgm")
    assert compare(known, folder).altered == ("obj1__1", "obj1__2")


def test_where_nobody_knows_the_names_images_are_counted(folder):
    unnamed = dataclasses.replace(FOUR, expected=frozenset())
    assert compare(unnamed, folder).whole
    (folder / "images" / "obj1__3.pgm").unlink()
    found = compare(unnamed, folder)
    assert not found.whole
    assert found.details() == "  number, 1: 3 images of 1 classes, not 4 of 1\n" + README


def test_images_in_one_array(tmp_path, rng, monkeypatch):
    packed = Packed(
        "all.npz",
        "pixels",
        "all.csv",
        lambda lines: [dict(line) | {"label": "a"} for line in lines],
    )
    entry = dataclasses.replace(FOUR, layout=packed)
    pixels = rng.integers(0, 256, (4, 9, 8), dtype=np.uint8)
    pd.DataFrame({"image": NAMES}).to_csv(tmp_path / "all.csv", index=False)
    digests = {
        name: pixel_digest(image[..., None]) for name, image in zip(NAMES, pixels, strict=True)
    }
    monkeypatch.setattr(proof, "read_manifest", lambda entry: pd.Series(digests))
    np.savez(tmp_path / "all.npz", pixels=pixels)
    assert compare(entry, tmp_path).whole
    pixels[2, 0, 0] ^= 1
    np.savez(tmp_path / "all.npz", pixels=pixels)
    assert compare(entry, tmp_path).altered == ("obj1__2",)
    (tmp_path / "all.npz").write_bytes(b"no")
    assert "cannot be read" in compare(entry, tmp_path).details()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        compare(FOUR, tmp_path / "none")
    assert compare(FOUR, tmp_path).missing == NAMES


def test_long_lists_are_cut():
    assert some("abc", 3) == "a, b, c" and some("abcd", 3) == "a, b, c and 1 more"
    assert some("abcd", None) == "a, b, c, d"


@pytest.mark.real
@pytest.mark.parametrize("name", ["coil20", "coil100"])
def test_the_real_copies_are_whole(real_data, name):
    entry = dataset(name)
    found = compare(entry, folder_of(entry))
    assert found.whole and found.by_pixels and not found.extra
