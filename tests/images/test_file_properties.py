from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.images.file_properties import of_images, properties
from confoundlab.images.imageset import ImageSet


@pytest.fixture
def colour(rng) -> Image.Image:
    return Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8))


@pytest.mark.parametrize(("quality", "step"), [(50, 16), (75, 8), (100, 1)])
def test_the_first_step_is_that_of_the_standards_table(tmp_path, colour, quality, step):
    """ITU-T T.81, table K.1 begins with 16; libjpeg takes 200 - 2 quality per cent of it."""
    colour.save(tmp_path / "a.jpg", quality=quality)
    (row,) = properties([tmp_path / "a.jpg"]).to_dict("records")
    assert row["quantisation"] == step
    assert (row["width"], row["height"], row["format"], row["mode"]) == (24, 20, "JPEG", "RGB")
    size = (tmp_path / "a.jpg").stat().st_size
    assert row["bytes"] == size and row["bytes_per_pixel"] == pytest.approx(size / 480)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling_of_colour(tmp_path, colour, subsampling):
    colour.save(tmp_path / "a.jpg", subsampling=subsampling)
    colour.convert("L").save(tmp_path / "gray.jpg")
    found = properties([tmp_path / "a.jpg", tmp_path / "gray.jpg"])
    assert found["subsampling"][0] == subsampling and pd.isna(found["subsampling"][1])
    assert found["mode"].tolist() == ["RGB", "L"]


def test_other_formats_have_no_compression_of_jpeg(tmp_path, colour):
    names = ["a.png", "a.tif", "a.gif"]
    for name in names:
        colour.save(tmp_path / name)
    found = properties(str(tmp_path / name) for name in names)
    assert found["format"].tolist() == ["PNG", "TIFF", "GIF"]
    assert found["path"].tolist() == [str(tmp_path / name) for name in names]
    assert found[["quantisation", "subsampling"]].isna().all(axis=None)


def test_only_headers_are_read(tmp_path):
    image = Image.effect_noise((200, 200), 50)
    image.save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[:1000])  # decoding this fails
    assert properties([tmp_path / "cut.jpg"])["width"].tolist() == [200]


def test_broken_files_are_named_or_kept_without_properties(tmp_path, colour):
    colour.save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nonsense")
    files = [tmp_path / name for name in ("a.png", "b.png", "none.png")]
    with pytest.raises(BrokenImagesError) as caught:
        properties(files)
    assert list(caught.value.problems) == [str(file) for file in files[1:]]
    found = properties(files, on_broken="skip")
    assert found["width"].isna().tolist() == [False, True, True]
    assert found["bytes"].tolist()[1] == 8 and pd.isna(found["bytes"][2])
    assert properties([]).empty


def test_an_image_set_knows_its_files(tmp_path, colour):
    for number in range(3):
        colour.resize((10 + number, 10)).save(tmp_path / f"{number}.png")

    def describe(path: Path) -> dict:
        return {"label": "a"}

    images = ImageSet.from_folder(tmp_path, describe, name="three")
    found = of_images(images.subset([2, 0]))
    assert found["image"].tolist() == ["2", "0"] and found["width"].tolist() == [12, 10]
    assert found.columns[:2].tolist() == ["image", "path"]
    table = pd.DataFrame({"label": ["a"]})
    arrays = ImageSet.from_arrays(np.zeros((1, 4, 4, 1), np.uint8), table, name="pets")
    with pytest.raises(InputError, match="pets was not read from files"):
        of_images(arrays)


def test_files_of_one_name_in_two_folders_are_two(tmp_path):
    files = [tmp_path / label / "1.png" for label in ("ill", "well")]
    for file in files:
        file.parent.mkdir()
        file.write_bytes(b"nonsense")
    with pytest.raises(BrokenImagesError) as caught:
        properties(files)
    assert list(caught.value.problems) == [str(file) for file in files]
