import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from confoundlab.catalog import Packed, dataset, kvasir, yale
from confoundlab.datasets.copies import find_folder, open_dataset
from confoundlab.errors import InputError


def by_folder(path: Path):
    return {"label": path.parts[0]}


def entry(**changes):
    return dataclasses.replace(
        dataset("coil20"), expected=frozenset(), n_images=4, n_classes=2, **changes
    )


def fill(folder, counts):
    for label, count in counts.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = np.full((4, 4), 10 * number, np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")


def test_a_copy_is_known_by_its_counts_where_names_are_not(tmp_path):
    fill(tmp_path, {"a": 2, "b": 2})
    assert len(open_dataset(entry(layout=by_folder), tmp_path)) == 4
    fill(tmp_path, {"c": 1})
    with pytest.raises(InputError, match=r"5 images of 3 classes, not 4 of 2 \(a 2, b 2, c 1\)"):
        open_dataset(entry(layout=by_folder), tmp_path)


def test_broken_images_of_a_copy_are_skipped_by_their_whole_path(tmp_path):
    fill(tmp_path, {"a": 2, "b": 2})
    for label in "ab":
        (tmp_path / label / "0.png").write_bytes(b"")
    images = open_dataset(entry(layout=by_folder), tmp_path, on_broken="skip")
    assert len(images) == 2 and list(images.skipped) == ["a/0.png", "b/0.png"]
    named = dataclasses.replace(
        entry(layout=by_folder), expected=frozenset({"a/0", "a/1", "b/0", "b/1"})
    )  # fmt: skip
    assert len(open_dataset(named, tmp_path, on_broken="skip")) == 2


def describe(lines):
    rows = [{"image": line["file"], "label": line["cls"]} for line in lines]
    return [row if line["use"] != "no" else None for line, row in zip(lines, rows, strict=True)]


@pytest.fixture
def packed(tmp_path, rng):
    (tmp_path / "table.csv").write_text("file,cls,use\n" + "".join(
        f"{name},{label},{use}\n"
        for name, label, use in (
            ("p", "NA", "yes"), ("q", "b", "no"), ("r", "b", "yes"), ("s", "b", ""), ("t", "NA", "")
        )
    ))  # fmt: skip
    return tmp_path, rng.integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)


def test_corners_are_laid_as_one_picture(packed):
    folder, corners = packed
    np.savez(folder / "images.npz", corners=corners, whole=corners[:, 0])
    layout = Packed("images.npz", "corners", "table.csv", describe)
    images = open_dataset(entry(layout=layout), folder)
    assert images.table["image"].tolist() == ["p", "r", "s", "t"] and images.classes == ["NA", "b"]
    for place, (rows, columns) in enumerate(
        [(slice(3), slice(3)), (slice(3), slice(3, 6)), (slice(3, 6), slice(3)), (slice(3, 6),) * 2]
    ):
        assert (images.read(1, "gray")[rows, columns, 0] == corners[2, place]).all()
    whole = dataclasses.replace(layout, key="whole")
    assert (
        open_dataset(entry(layout=whole), folder).read(0, "gray")[..., 0] == corners[0, 0]
    ).all()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"key": "x"}, "cannot be read"),
        ({"array": "no.npz"}, "cannot be read"),
        ({"table": "no.csv"}, "cannot be read"),
        ({"key": "short"}, r"holds uint8 \(2, 3, 3\), which does not fit the 5 lines"),
    ],
)
def test_packed_images_that_cannot_be_used_are_said_so(packed, change, why):
    folder, corners = packed
    np.savez(folder / "images.npz", corners=corners, short=corners[:2, 0])
    layout = Packed("images.npz", "corners", "table.csv", describe)
    with pytest.raises(InputError, match=why):
        open_dataset(entry(layout=dataclasses.replace(layout, **change)), folder)


def test_an_incomplete_copy_names_what_is_missing(tmp_path, rng):
    pixels = rng.integers(0, 256, (128, 128), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "obj1__0.png")
    with pytest.raises(InputError, match=r"1,439 of 1,440 images are missing \(obj10__0"):
        open_dataset(dataset("coil20"), tmp_path)


def test_find_folder(tmp_path, monkeypatch):
    assert find_folder(dataset("coil20")) is None
    (tmp_path / "coil-20-proc").mkdir()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert find_folder(dataset("coil20")) == tmp_path / "coil-20-proc"
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path / "none"))
    with pytest.raises(InputError, match="no such folder"):
        find_folder(dataset("coil20"))


def published_tree(name):
    """Names of a full copy, and a picture of the size that it has."""
    if name.startswith("coil"):
        return [f"images/{stem}.png" for stem in dataset(name).expected], ("RGB", (128, 128))
    if name.startswith("kvasir"):
        each = dataset(name).n_images // len(kvasir.CLASSES)
        # 720x576 and more; a tenth of it decodes in seconds
        return [f"{label}/{n:08x}-id.jpg" for label in kvasir.CLASSES for n in range(each)], (
            "RGB", (72, 58),
        )  # fmt: skip
    if name == "rnai":
        return [f"rnai/CG{gene}/{n}.TIF" for gene in range(10) for n in range(20)], (
            "L", (1024, 1024),
        )  # fmt: skip
    if name == "celegans":
        return [f"celegans/{age} days/{n}.tiff" for age in (1, 2, 4, 8) for n in range(63)], (
            "L", (1600, 1200),
        )  # fmt: skip
    if name == "yale_a":
        return [f"{stem}.gif" for stem in dataset(name).expected], ("L", (320, 243))
    poses = (f"{pose:02}" for pose in range(9)) if name == "yale_b" else ("00",)
    lights = [f"A{a:+04}E{e:+03}" for a in range(-120, 121, 16) for e in (-40, 0, 20, 65)]
    return [
        f"yaleB{number}/yaleB{number}_P{pose}{light}.pgm"
        for pose in poses
        for number in yale.SUBJECTS_B
        for light in (*lights, "_Ambient")
    ], ("L", (16, 12))


@pytest.mark.parametrize(
    "name",
    [
        "coil20",
        "coil100",
        "kvasir",
        "kvasir_v2",
        "rnai",
        "celegans",
        "yale_a",
        "yale_b_p00",
        "yale_b",
    ],
)
def test_a_full_copy_in_the_documented_layout_opens(name, tmp_path):
    """Links to one picture stand for all: names, counts and sizes are what is tested."""
    names, (mode, size) = published_tree(name)
    picture = tmp_path / f"picture{Path(names[0]).suffix}"
    Image.new(mode, size).save(picture)
    root = tmp_path / "copy"
    for one in (*names, "readme.txt", "convert.pl"):
        (root / one).parent.mkdir(parents=True, exist_ok=True)
        (root / one).hardlink_to(picture)
    images = open_dataset(dataset(name), root)
    assert (len(images), len(images.classes)) == (dataset(name).n_images, dataset(name).n_classes)
    assert images.read(len(images) - 1, "gray").shape == (*size[::-1], 1)
    assert images.table["group"].nunique() > len(images.classes)
    (root / names[0]).unlink()
    with pytest.raises(InputError, match=r"is not (complete|the published set)"):
        open_dataset(dataset(name), root)
