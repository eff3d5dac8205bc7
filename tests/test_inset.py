import numpy as np
import pytest

from confoundlab.data import load
from confoundlab.imageset import ImageSet
from confoundlab.inset import MARGIN, SHOWN, green_share, green_shares
from confoundlab.scenes_medical import INSET_SHARES


def test_the_share_is_that_of_the_box_in_the_bottom_left_quarter():
    image = np.full((20, 30, 3), (150, 70, 60), np.uint8)
    image[:8, :10] = (10, 90, 30)  # green, but at the top
    assert green_share(image) == 0
    image[15:, :5] = (10, 90, 30)
    assert green_share(image) == pytest.approx(25 / 150)


@pytest.mark.parametrize(
    ("colour", "share"),
    [
        ((100, 100 + MARGIN, 100), 1),
        ((100, 99 + MARGIN, 100), 0),
        ((0, 120, 160), 0),  # the blue of dye
        ((200, 120, 90), 0),
        ((255, 255, 255), 0),
        ((200, 255, 255), 0),  # differences below zero do not wrap
    ],
)
def test_green_exceeds_both_other_colours(colour, share):
    assert green_share(np.full((4, 4, 3), colour, np.uint8)) == share


def test_the_twins_boxes_are_found():
    images = load("kvasir", "simulated", each=30)
    assert len(images) == 240
    shares = green_shares(images)
    shown = [float((shares[images.labels == label] > SHOWN).mean()) for label in range(8)]
    for found, truth in zip(shown, INSET_SHARES, strict=True):
        assert abs(found - truth) < 0.25 and (found == 0) == (truth == 0)


def test_gray_images_have_none(rng):
    pixels = rng.integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)
    table = load("kvasir", "simulated", each=1).table[["label"]][:2]
    assert (green_shares(ImageSet.from_arrays(pixels, table, name="gray")) == 0).all()
