import numpy as np
import pandas as pd

from confoundlab.croppers.crops import BorderRing, Box, Corner
from confoundlab.croppers.vacuity import constant_share, object_free, unchanged, vacuous
from confoundlab.images.imageset import ImageSet


def test_shares():
    images = np.zeros((4, 2, 2, 1), np.uint8)
    images[0], images[1, 0] = 7, 9
    assert constant_share(images) == 0.75
    assert vacuous(images) is None
    assert "all 2 images are identical" in vacuous(images[2:])


def test_object_free_counts_bright_pixels():
    pixels = np.full((2, 30, 30, 1), 60, np.uint8)
    pixels[1, 0, 29] = 61
    images = ImageSet.from_arrays(pixels, pd.DataFrame({"label": ["a", "b"]}), name="coil20")
    assert object_free(images, Corner("top-right", 12, 12)).tolist() == [True, False]


def test_a_view_that_hides_nothing_is_told_from_one_that_does(rng):
    pixels = rng.integers(0, 256, (3, 30, 30, 1)).astype(np.uint8)
    images = ImageSet.from_arrays(pixels, pd.DataFrame({"label": list("aab")}), name="coil20")
    everything = Box(0, 0, 30, 30, "everything")
    assert "nothing is hidden" in unchanged(images, images.array(everything))
    assert unchanged(images, images.array(BorderRing(8))) is None
