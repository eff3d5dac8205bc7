import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.auditing.readers.headers import of_files
from confoundlab.auditing.readers.material import Material, of_embeddings, of_images
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.images.imageset import ImageSet


@pytest.fixture
def folder(tmp_path, rng):
    for number in range(4):
        image = Image.fromarray(rng.integers(0, 255, (20, 16 + 8 * (number % 2)), dtype=np.uint8))
        exif = Image.Exif()
        exif[271], exif[305] = "Maker", f"software {number}"
        image.save(tmp_path / f"{number}.jpg", quality=(95, 40)[number // 2], exif=exif)
    return tmp_path


def test_headers_are_factors_and_bytes_are_not(folder):
    images = ImageSet.from_folder(folder, lambda path: {"label": path.stem}, name="mine")
    found, kinds = of_files(images)
    # the maker is the same for all, and the software another for each
    assert list(found) == ["width", "quantisation"]
    assert found["width"].tolist() == [16, 24, 16, 24]
    assert found["quantisation"].iloc[0] < found["quantisation"].iloc[3]
    assert kinds == {"width": "classes", "quantisation": "classes"}


def test_arrays_have_no_files(twin):
    assert of_files(twin)[0].shape == (len(twin), 0)


def test_copies_join_groups(rng):
    pixels = rng.integers(0, 255, (6, 8, 8, 1), dtype=np.uint8)
    pixels[5] = pixels[0]
    table = pd.DataFrame({"label": list("xyxyxy"), "patient": list("112233")}, dtype=object)
    images = ImageSet.from_arrays(pixels, table[["label"]], name="mine")
    found = of_images(images, columns_of(table, Roles()))
    assert found.table["group"].tolist() == ["1", "1", "2", "2", "1", "1"]
    assert isinstance(found, Material) and found.state == "real"


def test_embeddings_need_no_images(rng):
    table = pd.DataFrame({"label": list("xyxy"), "site": list("pqpq")}, dtype=object)
    found = of_embeddings(rng.normal(size=(4, 3)), columns_of(table, Roles()), list("abcd"), "mine")
    assert found.images is None and found.table["group"].tolist() == list("abcd")
