import numpy as np
import pytest

from confoundlab.croppers.crops import AsIs
from confoundlab.croppers.inset import MARGIN, SHOWN, alone, green_share, green_shares
from confoundlab.datasets.loading import load
from confoundlab.images.imageset import ImageSet
from confoundlab.simulation.painters_medical import INSET_SHARES


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


def test_alone_two_sets_differ_in_the_box_and_in_nothing_else(rng):
    pixels = rng.integers(0, 256, (3, 32, 40, 3), dtype=np.uint8)
    pixels[..., 1] = np.minimum(pixels[..., 1], pixels[..., 0])  # nothing green
    for row, level in enumerate((3, 5, 9)):
        pixels[row, [0, -1]] = pixels[row, :, [0, -1]] = level
    pixels[1, 20:28, 4:12] = (10, 90, 30)
    table = load("kvasir", "simulated", each=1).table[["label"]][:3]
    images = ImageSet.from_arrays(pixels, table, name="three", state="simulated")
    box, none = (alone(images, 16, painted_over=painted) for painted in (False, True))
    assert box.state == "simulated" and box.table["image"].tolist() == [
        "000000",
        "000001",
        "000002",
    ]
    flat = none.array(AsIs(), "rgb")
    assert (flat == np.array([3, 5, 9]).reshape(3, 1, 1, 1)).all()
    seen = box.array(AsIs(), "rgb")
    assert (seen[[0, 2]] == flat[[0, 2]]).all()
    # of 16 rows and 20 columns the box takes rows 4 to 11 and columns 4 to 11, now of 16
    assert (seen[1, 5:11, 5:8] == (10, 90, 30)).all() and (seen[1, :3] == 5).all()
