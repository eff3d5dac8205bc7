import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from confoundlab.errors import InputError
from confoundlab.views import BorderRing, Centre, Corner, Whole, stretch

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
    "view", [Corner("top-left", 41, 10), Corner("top-left", 0, 10), Centre(10, 31), BorderRing(15)]
)
def test_a_view_that_does_not_fit_says_so(view):
    with pytest.raises(InputError, match="does not fit an image of 40x30"):
        view(IMAGE)


def test_an_unknown_corner_is_refused():
    with pytest.raises(InputError, match="Did you mean 'top-left'"):
        Corner("topleft", 3, 3)


def test_controls_hide_the_subject():
    assert [view.is_control for view in VIEWS] == [True] * 4 + [False, True, False]


@given(low=st.integers(0, 255), high=st.integers(0, 255))
def test_stretch_fills_the_range(low, high):
    image = np.full((2, 4, 4, 1), low, np.uint8)
    image[:, 0] = high
    stretched = stretch(image)
    assert {stretched.min(), stretched.max()} == ({0} if low == high else {0, 255})


def test_stretch_treats_images_apart():
    levels = np.array([[10, 20], [0, 255]], np.uint8).reshape(2, 1, 2, 1)
    assert stretch(levels).reshape(2, 2).tolist() == [[0, 255], [0, 255]]
