import numpy as np
import pytest

from confoundlab.datasets import loading
from confoundlab.errors import InputError


def test_without_data_it_is_the_twin():
    assert loading.available("coil20") == "simulated"
    with pytest.raises(InputError, match=r"not set\. `confoundlab data fetch coil20` gets it from"):
        loading.available("coil20", "real")


def test_an_empty_data_folder_is_said_so(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert loading.available("coil20") == "simulated"
    with pytest.raises(InputError, match="has no folder 'coil20'"):
        loading.load("coil20", "real")


def test_unknown_choices(monkeypatch):
    with pytest.raises(InputError, match="data choice"):
        loading.load("coil20", "reel")
    with pytest.raises(InputError, match="Did you mean 'coil20'"):
        loading.load("coil20x")


@pytest.mark.real
def test_the_real_coil20_is_whole_and_its_readme_is_right(real_data):
    images = loading.load("coil20", "real")
    assert (len(images), len(images.classes), images.state) == (1440, 20, "real")
    crop = np.stack([images.read(row, "gray")[:21, -21:] for row in range(1440)])
    assert (crop.max(axis=(1, 2, 3)) == 0).sum() == 758
    assert (crop.max(axis=(1, 2, 3)) > 60).sum() == 471
