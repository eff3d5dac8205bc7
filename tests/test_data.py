from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from confoundlab import data
from confoundlab.catalog import dataset
from confoundlab.copies import folder_of
from confoundlab.errors import InputError


def test_without_data_it_is_the_twin():
    assert data.available("coil20") == "simulated"
    with pytest.raises(InputError, match="CONFOUNDLAB_DATA is not set"):
        data.available("coil20", "real")


def test_an_empty_data_folder_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert data.available("coil20") == "simulated"
    with pytest.raises(InputError, match="has no folder 'coil20'"):
        data.load("coil20", "real")


def test_unknown_choices(monkeypatch):
    with pytest.raises(InputError, match="data choice"):
        data.load("coil20", "reel")
    with pytest.raises(InputError, match="Did you mean 'coil20'"):
        data.load("coil20x")


@pytest.mark.real
def test_the_real_coil20_is_whole_and_its_readme_is_right(real_data):
    images = data.load("coil20", "real")
    assert (len(images), len(images.classes), images.state) == (1440, 20, "real")
    crop = np.stack([images.read(row, "gray")[:21, -21:] for row in range(1440)])
    assert (crop.max(axis=(1, 2, 3)) == 0).sum() == 758
    assert (crop.max(axis=(1, 2, 3)) > 60).sum() == 471
    entry = dataset("coil20")
    assert "every pixel is as published" in data.verify_copy(entry, folder_of(entry))


@pytest.mark.real
def test_verify_names_an_altered_image(real_data, tmp_path):
    entry = dataset("coil100_sample")
    for path in (folder_of(entry) / "images").glob("*.png"):
        (tmp_path / path.name).symlink_to(path)
    assert "every pixel" in data.verify_copy(entry, tmp_path)
    victim = tmp_path / "obj3__45.png"
    pixels = np.array(Image.open(victim))
    victim.unlink()
    pixels[5, 5, 0] ^= 1
    Image.fromarray(pixels).save(victim)
    with pytest.raises(InputError, match=r"1 images of .* are altered: obj3__45"):
        data.verify_copy(entry, tmp_path)
    Path(victim).unlink()
    with pytest.raises(InputError, match=r"1 of 720 images are missing \(obj3__45\)"):
        data.verify_copy(entry, tmp_path)
