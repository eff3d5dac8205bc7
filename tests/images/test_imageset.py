import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.croppers.crops import Corner, Whole
from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.images.imageset import ImageSet


def describe(path: Path) -> dict | None:
    label = path.stem.partition("_")[0]
    return None if label == "stray" else {"label": label}


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    for name in ("cat_1", "cat_2", "dog_1", "stray_1"):
        pixels = rng.integers(0, 256, (20, 24), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "readme.txt").write_text("not an image")
    return tmp_path


def load(folder: Path, **options) -> ImageSet:
    return ImageSet.from_folder(folder, describe, name="pets", **options)


def test_table_labels_and_pixels(folder):
    images = load(folder)
    assert images.table["image"].tolist() == ["cat_1", "cat_2", "dog_1"]
    assert images.classes == ["cat", "dog"] and images.labels.tolist() == [0, 0, 1]
    truth = np.asarray(Image.open(folder / "dog_1.png"))
    assert (images.read(2, "gray")[:, :, 0] == truth).all()
    assert images.table[["height", "width"]].to_numpy().tolist() == [[20, 24]] * 3


def test_digest_follows_content_and_not_the_file_format(folder):
    before = load(folder).digest
    Image.open(folder / "cat_1.png").save(folder / "cat_1.tif")
    (folder / "cat_1.png").unlink()
    assert load(folder).digest == before
    pixels = np.array(Image.open(folder / "cat_2.png"))
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(folder / "cat_2.png")
    assert load(folder).digest != before


def test_broken_files_are_named_in_one_error_or_skipped_and_counted(folder):
    (folder / "cat_3.png").write_bytes(b"")
    (folder / "dog_2.png").write_bytes(b"nonsense")
    with pytest.raises(BrokenImagesError) as caught:
        load(folder)
    assert set(caught.value.problems) == {"cat_3.png", "dog_2.png"}
    assert "cat_3.png: empty file" in str(caught.value) and "dog_2.png" in str(caught.value)
    images = load(folder, on_broken="skip")
    assert len(images) == 3 and set(images.skipped) == {"cat_3.png", "dog_2.png"}
    # a second look finds them broken again, not forgotten
    assert set(load(folder, on_broken="skip").skipped) == {"cat_3.png", "dog_2.png"}


def test_a_folder_a_class_may_use_the_same_file_names(tmp_path, rng):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        pixels = rng.integers(0, 256, (20, 20), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / label / "1.png")
    images = ImageSet.from_folder(str(tmp_path), lambda path: {"label": path.parts[0]}, name="pets")
    assert images.table["image"].tolist() == ["cat/1", "dog/1"]
    assert images.classes == ["cat", "dog"]


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no pets images"):
        load(tmp_path)


def test_prepared_arrays_are_cached_and_renewed(folder):
    images, view = load(folder), Corner("top-left", 12, 14)
    first = images.array(view)
    assert first.shape == (3, 14, 12, 1)
    assert (first == images.array(view, cache=False)).all()
    assert isinstance(images.array(view), np.memmap)
    pixels = 255 - np.array(Image.open(folder / "cat_1.png"))
    Image.fromarray(pixels).save(folder / "cat_1.png")
    assert (load(folder).array(view)[0, :, :, 0] == pixels[:14, :12]).all()


def test_views_of_unequal_images(folder, rng):
    Image.fromarray(rng.integers(0, 256, (50, 40), dtype=np.uint8)).save(folder / "dog_9.png")
    images = load(folder)
    assert images.array(Whole(16)).shape == (4, 16, 16, 1)

    class AsIs:
        is_control = False

        def __call__(self, image):
            return image

        def __str__(self):
            return "as it is"

    with pytest.raises(InputError, match="different sizes"):
        images.array(AsIs())


def test_subset_keeps_rows_and_pixels_together(folder):
    images = load(folder)
    dogs = images.subset(images.labels == 1)
    assert dogs.table["image"].tolist() == ["dog_1"]
    assert (dogs.read(0, "gray") == images.read(2, "gray")).all()
    assert dogs.digest != images.digest


def test_from_arrays_agrees_with_files(folder):
    files = load(folder)
    pixels = np.stack([files.read(row, "gray") for row in range(3)])
    table = files.table[["image", "label"]]
    assert ImageSet.from_arrays(pixels, table, name="pets").digest == files.digest


@pytest.mark.parametrize(
    ("pixels", "table", "why"),
    [
        (np.zeros((2, 4, 4, 1)), {"label": ["a", "b"]}, "uint8"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"label": ["a"]}, "2 images, but 1"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"label": ["a", None]}, "'label' is empty in 1 row"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"name": ["a", "b"]}, "needs a column 'label'"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"label": ["a", "b"], "image": ["x", "x"]}, "unique"),
    ],
)
def test_bad_arrays_are_refused(pixels, table, why):
    with pytest.raises(InputError, match=why):
        ImageSet.from_arrays(pixels, pd.DataFrame(table), name="bad")


def by_class(path: Path) -> dict:
    return {"label": path.parts[0]}


@pytest.fixture
def classes(tmp_path, rng) -> Path:
    """Three images of each of two classes, numbered alike."""
    root = tmp_path / "set"
    for label in ("ill", "well"):
        (root / label).mkdir(parents=True)
        for number in range(3):
            pixels = rng.integers(0, 256, (20, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(root / label / f"{number:03}.png")
    return root


def test_clutter_and_unread_formats_are_named_and_never_a_class(classes):
    for name in (
        "ill/.ipynb_checkpoints/001.png", ".ipynb_checkpoints/1.png", "ill/._001.png",
        "__MACOSX/ill/._001.png", "ill/Thumbs.db", "carrier/1.jp2", "carrier/2.jp2",
    ):  # fmt: skip
        (classes / name).parent.mkdir(exist_ok=True, parents=True)
        (classes / name).write_bytes(b"\x00\x05\x16\x07")
    images = ImageSet.from_folder(classes, by_class, name="mine")
    assert images.classes == ["ill", "well"] and len(images) == 6 and not images.skipped
    assert images.left_out["carrier/1.jp2"] == "of format .jp2"
    assert str(images) == (
        "mine (real): 6 images of 2 classes in 6 groups. Left out: 7 (3 hidden, "
        "2 of the operating system, 2 of format .jp2)."
    )
    assert images.subset([0]).remarks == images.remarks


def test_pictures_behind_the_first_of_a_file_are_named(classes, rng):
    pages = [Image.fromarray(rng.integers(0, 256, (20, 24), dtype=np.uint8)) for _ in range(3)]
    for name in ("stack.tif", "moving.gif"):
        pages[0].save(classes / "ill" / name, save_all=True, append_images=pages[1:])
    images = ImageSet.from_folder(classes, by_class, name="mine")
    whole = images.array(lambda image: image, cache=False)
    assert (whole[[3, 4], ..., 0] == np.asarray(pages[0])).all()
    assert list(images.left_out) == ["ill/moving.gif, 2 more in it", "ill/stack.tif, 2 more in it"]
    assert "2 behind the first picture of a file" in str(images)


def test_broken_files_of_one_name_are_two(classes):
    (classes / "ill" / "001.png").write_bytes(b"")
    (classes / "well" / "001.png").write_bytes(b"<html>404</html>")
    (classes / "ill" / "900.png").symlink_to("../annex/900.png")
    (classes / "well" / "loop.png").symlink_to("loop.png")
    wrong = ["ill/001.png", "ill/900.png", "well/001.png", "well/loop.png"]
    with pytest.raises(BrokenImagesError) as caught:
        ImageSet.from_folder(classes, by_class, name="mine")
    assert sorted(caught.value.problems) == wrong
    images = ImageSet.from_folder(classes, by_class, name="mine", on_broken="skip")
    assert list(images.skipped) == wrong and len(images) == 4
    assert images.skipped["ill/900.png"] == "a link to nothing"
    assert images.remarks == [
        "Skipped: 4 (1 empty file, 1 a link to nothing, 1 not an image, or a format that is not "
        "read here, 1 a link that leads to itself)."
    ]


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"a\nb.png", b"\x1b[31mred.png"])
def test_files_that_cannot_be_named_are_skipped_and_their_names_escaped(classes, name):
    path = classes / "ill" / os.fsdecode(name)
    path.write_bytes((classes / "ill" / "000.png").read_bytes())
    with pytest.raises(BrokenImagesError) as caught:
        ImageSet.from_folder(classes, by_class, name="mine")
    assert "rename it" in str(caught.value)
    str(caught.value).encode()
    assert "\x1b" not in str(caught.value) and len(str(caught.value).splitlines()) == 3
    images = ImageSet.from_folder(classes, by_class, name="mine", on_broken="skip")
    assert len(images) == 6 and len(images.skipped) == 1
    assert images.array(Whole(8)).shape == (6, 8, 8, 1)


def test_a_set_whose_files_all_break_is_refused_in_words(classes):
    for path in classes.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(InputError, match=r"6 cannot be read, for example ill/000.png: empty file"):
        ImageSet.from_folder(classes, by_class, name="mine", on_broken="skip")
    with pytest.raises(InputError, match="Left out: 6 that describe says"):
        ImageSet.from_folder(classes, lambda path: None, name="mine")
    with pytest.raises(InputError, match="There is no folder"):
        ImageSet.from_folder(classes / "none", by_class, name="mine")
    with pytest.raises(InputError, match="mine has no images"):
        pixels = np.zeros((1, 4, 4, 1), np.uint8)
        table = pd.DataFrame({"label": ["a"]})
        ImageSet.from_arrays(pixels, table, name="mine").subset([]).array(Whole(8))


def test_a_file_that_is_gone_or_changed_is_said_in_words(classes, rng):
    images = ImageSet.from_folder(classes, by_class, name="mine")
    pixels = rng.integers(0, 256, (20, 25), dtype=np.uint8)
    Image.fromarray(pixels).save(classes / "ill" / "000.png")
    with pytest.raises(
        InputError, match=r"000.png of mine cannot be read any more: it has changed"
    ):
        images.array(Whole(8), cache=False)
    (classes / "ill" / "000.png").unlink()
    with pytest.raises(InputError, match=r"cannot be read any more: no such file. Make the"):
        images.array(Whole(8), cache=False)


@pytest.mark.parametrize("kept", ["path", "session", "size", "mtime_ns", "bits", "index"])
def test_a_users_columns_are_kept_under_their_names(classes, kept):
    images = ImageSet.from_folder(classes, lambda path: by_class(path) | {kept: "x"}, name="mine")
    assert list(images.table) == ["image", "group", "label", kept, "sha256", "height", "width"]
    assert images.array(Whole(8)).shape == (6, 8, 8, 1)


def test_whole_numbers_are_names(classes):
    numbers = iter(range(100))
    images = ImageSet.from_folder(
        classes, lambda path: by_class(path) | {"image": next(numbers)}, name="mine"
    )
    assert images.table["image"].tolist() == list("012345")
    pixels = np.stack([images.read(row, "gray") for row in range(6)])
    table = pd.DataFrame({"image": range(6), "label": images.table["label"]})
    arrays = ImageSet.from_arrays(pixels, table, name="mine")
    assert arrays.digest == images.digest
    assert (arrays.array(Whole(8)) == images.array(Whole(8))).all()


def test_the_cut_to_8_bits_is_said_and_a_stated_depth_keeps_levels(tmp_path, rng):
    for number in range(4):
        level = rng.normal(1060 + 60 * (number % 2), 6, (16, 16)).astype(np.uint16)
        Image.fromarray(level).save(tmp_path / f"{'ab'[number % 2]}{number}.png")

    def load(**options) -> ImageSet:
        return ImageSet.from_folder(
            tmp_path, lambda path: {"label": path.name[0]}, name="deep", **options
        )

    with pytest.warns(UserWarning, match="at most 5 of 256 levels are left.*bit_depth=11"):
        dark = load()
    assert dark.remarks[0].startswith("4 images of up to 16 bits are cut to 8.")
    with pytest.warns(UserWarning, match=r"at most 7\d of 256 levels are left\.$"):
        stated = load(bit_depth=12)
    assert stated.digest != dark.digest
    means = stated.array(Whole(16)).mean(axis=(1, 2, 3))
    assert means == pytest.approx([66, 66, 70, 70], abs=1)
    assert load(bit_depth=11).remarks == ["4 images of up to 11 bits are cut to 8."]
    with pytest.raises(BrokenImagesError, match=r"\(10 bits\)"):
        load(bit_depth=10)
