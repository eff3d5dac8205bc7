import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from confoundlab.croppers.crops import (
    BlankestPatch,
    BorderRing,
    Box,
    Centre,
    CentreBlackout,
    Corner,
    EightPixels,
    MeanColour,
    Then,
    Whole,
    stretch,
)
from confoundlab.errors import InputError

IMAGE = np.arange(30 * 40 * 3, dtype=np.int64).reshape(30, 40, 3).astype(np.uint8)
STACK = np.stack([IMAGE, IMAGE[::-1]])
VIEWS = [
    Corner("top-left", 21, 14),
    Corner("top-right", 21, 14),
    Corner("bottom-left", 21, 14),
    Corner("bottom-right", 21, 14),
    Centre(20, 12),
    BorderRing(5),
    Whole(16),
    Box(3, 5, 21, 14, "forehead"),
    Box(0, 0, 9, 9, is_control=False),
    CentreBlackout(0.5),
    BlankestPatch(7, 5),
    MeanColour(),
    EightPixels(),
    Then(Corner("top-right", 12, 10), MeanColour()),
]


@pytest.mark.parametrize(
    ("where", "rows", "columns"),
    [
        ("top-left", slice(0, 14), slice(0, 21)),
        ("top-right", slice(0, 14), slice(19, 40)),
        ("bottom-left", slice(16, 30), slice(0, 21)),
        ("bottom-right", slice(16, 30), slice(19, 40)),
    ],
)
def test_corners(where, rows, columns):
    assert (Corner(where, 21, 14)(IMAGE) == IMAGE[rows, columns]).all()
    assert str(Corner(where, 21, 14)) == f"crop 21x14 {where}"  # width x height, as in the papers


def test_centre_and_ring():
    assert (Centre(20, 12)(IMAGE) == IMAGE[9:21, 10:30]).all()
    ring = BorderRing(5)(IMAGE)
    assert (ring[5:-5, 5:-5] == 0).all()
    outside = np.ones((30, 40), bool)
    outside[5:-5, 5:-5] = False
    assert (ring[outside] == IMAGE[outside]).all()


def test_a_box_is_where_it_says():
    assert (Box(3, 5, 21, 14)(IMAGE) == IMAGE[5:19, 3:24]).all()
    assert str(Box(3, 5, 21, 14)) == "crop 21x14 at 3,5"
    with pytest.raises(InputError, match="begins outside"):
        Box(-1, 0, 5, 5)(IMAGE)


def test_the_middle_is_black_and_nothing_else():
    white = np.full((30, 40, 1), 255, np.uint8)
    black = CentreBlackout(0.6)(white)
    assert (black[6:24, 8:32] == 0).all() and (black == 0).sum() == 18 * 24
    for share in (0, 1, np.nan):
        with pytest.raises(InputError, match="above 0 and below 1"):
            CentreBlackout(share)


@given(
    pixels=arrays(np.uint8, st.tuples(*[st.integers(3, 9)] * 2, st.sampled_from([1, 3]))),
    width=st.integers(1, 3),
    height=st.integers(1, 3),
)
def test_the_blankest_patch_is_the_first_of_lowest_variance(pixels, width, height):
    down, across = pixels.shape[0] - height + 1, pixels.shape[1] - width + 1
    patches = {
        (top, left): pixels[top : top + height, left : left + width].reshape(-1, pixels.shape[2])
        for top in range(down)
        for left in range(across)
    }
    spread = {  # exact: the sum of squared differences of all pairs of whole numbers
        place: int(((patch[:, None].astype(int) - patch[None]) ** 2).sum())
        for place, patch in patches.items()
    }
    view = BlankestPatch(width, height)
    assert view.place(pixels) == min(spread, key=spread.get)  # the first of equals
    assert (view(pixels).reshape(-1, pixels.shape[2]) == patches[view.place(pixels)]).all()


def test_a_patch_too_large_for_whole_numbers_is_refused():
    image = np.zeros((2049, 2049, 1), np.uint8)
    with pytest.raises(InputError, match="may have 4,194,304 pixels"):
        BlankestPatch(2049, 2048)(image)
    image[:] = 255
    image[0, 0] = 0  # the largest sums that are allowed still find the flat patch
    assert BlankestPatch(2048, 2048).place(image) == (0, 1)


def test_mean_colour_and_eight_pixels():
    image = np.zeros((3, 5, 3), np.uint8)
    image[..., 1] = 10
    image[0, 0, 2] = 255
    assert MeanColour()(image).tolist() == [[[0, 10, 17]]]
    places = np.arange(15, dtype=np.uint8).reshape(3, 5, 1)
    assert EightPixels()(places)[0, :, 0].tolist() == [0, 2, 4, 5, 9, 10, 12, 14]


def test_two_views_in_turn():
    both = Then(Box(3, 5, 21, 14), MeanColour())
    assert (both(IMAGE) == MeanColour()(IMAGE[5:19, 3:24])).all()
    assert str(both) == "crop 21x14 at 3,5, then mean colour"
    corner = Corner("top-left", 5, 5)
    assert Then(Whole(16), corner).is_control and Then(corner, Centre(3, 3)).is_control
    # the corner of the middle is the subject
    assert not Then(Centre(9, 9), corner).is_control
    assert not Then(Then(Whole(16), Centre(9, 9)), corner).is_control


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_views_are_pure_and_work_on_stacks(view):
    before = STACK.copy()
    together = view(STACK)
    assert (before == STACK).all()
    assert together.dtype == np.uint8
    assert all((together[i] == view(STACK[i])).all() for i in range(2))


@pytest.mark.parametrize("size", [12, 32])
def test_whole_agrees_with_pillow(size, rng):
    image = rng.integers(0, 256, (48, 60), dtype=np.uint8)
    ours = Whole(size)(image[:, :, None])[:, :, 0].astype(int)
    pillow = np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))
    assert np.abs(ours - pillow).max() <= 1


@pytest.mark.parametrize(
    "view",
    [
        Corner("top-left", 41, 10),
        Corner("top-left", 0, 10),
        Centre(10, 31),
        BorderRing(15),
        Box(31, 0, 10, 10),
        Box(0, 0, 10, 0),
        BlankestPatch(10, 31),
    ],
)
def test_a_view_that_does_not_fit_says_so(view):
    with pytest.raises(InputError, match="does not fit an image of 40x30"):
        view(IMAGE)


def test_an_unknown_corner_is_refused():
    with pytest.raises(InputError, match="Did you mean 'top-left'"):
        Corner("topleft", 3, 3)


def test_controls_hide_the_subject():
    controls = [str(view) for view in VIEWS if view.is_control]
    assert controls == [
        *(f"crop 21x14 {where}" for where in ("top-left", "top-right")),
        *(f"crop 21x14 {where}" for where in ("bottom-left", "bottom-right")),
        "border ring 5",
        "crop 21x14 at 3,5 forehead",
        "centre blackout 0.5",
        "blankest patch 7x5",
        "eight border pixels",
        "crop 12x10 top-right, then mean colour",
    ]


@given(low=st.integers(0, 255), high=st.integers(0, 255))
def test_stretch_fills_the_range(low, high):
    image = np.full((2, 4, 4, 1), low, np.uint8)
    image[:, 0] = high
    stretched = stretch(image)
    assert {stretched.min(), stretched.max()} == ({0} if low == high else {0, 255})


def test_stretch_treats_images_apart():
    levels = np.array([[10, 20], [0, 255]], np.uint8).reshape(2, 1, 2, 1)
    assert stretch(levels).reshape(2, 2).tolist() == [[0, 255], [0, 255]]
