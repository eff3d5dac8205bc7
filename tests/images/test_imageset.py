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
        (np.zeros((2, 4, 4, 1), np.uint8), {"label": ["a", None]}, "'label' is empty in row"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"name": ["a", "b"]}, "needs a column 'label'"),
        (np.zeros((2, 4, 4, 1), np.uint8), {"label": ["a", "b"], "image": ["x", "x"]}, "unique"),
    ],
)
def test_bad_arrays_are_refused(pixels, table, why):
    with pytest.raises(InputError, match=why):
        ImageSet.from_arrays(pixels, pd.DataFrame(table), name="bad")
