import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from confoundlab.croppers.crops import Box, Corner
from confoundlab.croppers.patches import (
    _objects,
    background_patches,
    cell_free,
    cell_patches,
    patches_at,
)
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet


class AsIs(Box):
    def __call__(self, image):
        return image


AS_IS = AsIs(0, 0, 1, 1)
CELLS = [
    (30, 40),
    (60, 90),
    (90, 30),
    (5, 60),
]  # row and column of the middle; the last near an edge


def painted(cells, size=120, radius=5, speck=None, level=200):
    """Discs on a background of 20 with a little grain, so that Otsu's threshold is clear."""
    rows, columns = np.mgrid[:size, :size]
    image = np.random.default_rng(0).integers(18, 23, (size, size))
    for row, column in cells:
        image[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = level
    if speck:
        image[speck[0] : speck[0] + 5, speck[1] : speck[1] + 8] = level
    return image.astype(np.uint8)[..., None]


def image_set(*pixels, **columns) -> ImageSet:
    table = pd.DataFrame(
        {"label": ["a", "b", "c"][: len(pixels)], "image": ["x", "y", "z"][: len(pixels)]} | columns
    )
    return ImageSet.from_arrays(np.stack(pixels), table, name="screen", state="simulated")


def overlap(one, other, size) -> bool:
    return abs(one[0] - other[0]) < size and abs(one[1] - other[1]) < size


def test_a_patch_around_every_cell_that_has_room():
    images = image_set(painted(CELLS), painted(CELLS[:1]), plate=["p1", "p2"], group=["g1", "g2"])
    cells = cell_patches(images, size=21)
    assert (cells.name, cells.state, cells.skipped) == ("screen cells", "simulated", {})
    assert cells.table["image"].tolist() == ["x/00", "x/01", "x/02", "y/00"]
    rows = cells.table[["label", "group", "plate", "parent"]].to_numpy().tolist()
    assert rows == [["a", "g1", "p1", "x"]] * 3 + [["b", "g2", "p2", "y"]]
    # a disc is in the very middle of its patch; the fourth has no room above
    assert (cells.table[["top", "left"]].to_numpy() + 10).tolist() == [
        *map(list, CELLS[:3]),
        [30, 40],
    ]
    shown = cells.array(AS_IS, cache=False)
    assert shown.shape == (4, 21, 21, 1)
    assert (shown[2] == images.read(0, "gray")[80:101, 20:41]).all()


def test_forty_pixels_are_no_cell_and_forty_one_are():
    images = image_set(painted(CELLS[:1], speck=(80, 80)))
    assert len(cell_patches(images, size=21)) == 1
    assert len(cell_patches(images, size=21, min_area=39)) == 2
    for speck, brightest in ((0, 22), (39, 22), (40, 200)):
        background = background_patches(images, size=21, speck=speck)
        assert background.array(AS_IS, cache=False).max() == brightest


@given(
    cells=st.lists(st.tuples(st.integers(0, 119), st.integers(0, 119)), min_size=1, max_size=3),
    size=st.integers(11, 25),  # such that there is always room
    seed=st.integers(0, 9),
)
def test_background_has_no_cell_and_no_overlap(cells, size, seed):
    images = image_set(painted(cells))
    found = background_patches(images, size=size, seed=seed)
    places = found.table[["top", "left"]].to_numpy()
    assert found.array(AS_IS, cache=False).max() < 30
    assert found.array(AS_IS, cache=False).shape[1:] == (size, size, 1)
    pairs = [(one, other) for number, one in enumerate(places) for other in places[:number]]
    assert not any(overlap(one, other, size) for one, other in pairs)
    try:
        around = cell_patches(images, size=size).table[["top", "left"]].to_numpy()
    except InputError:  # all cells are near an edge
        around = []
    assert not any(overlap(one, other, size) for one in around for other in places)


def test_places_are_drawn_until_there_is_no_room():
    image = painted(CELLS[:1])
    places = background_patches(image_set(image), size=30).table[["top", "left"]].to_numpy()
    blocked = np.zeros((120, 120), bool)
    for top, left in [*places, [30 - 15, 40 - 15]]:
        blocked[top : top + 30, left : left + 30] = True
    windows = np.lib.stride_tricks.sliding_window_view(blocked, (30, 30))
    assert windows.any(axis=(2, 3)).all()


def test_the_choice_is_seeded_and_follows_the_pixels():
    images = image_set(painted(CELLS[:3]), painted(CELLS[:2]))
    for cut in (cell_patches, background_patches):
        some = cut(images, size=21, at_most=2, seed=1)
        assert some.table["parent"].value_counts().tolist() == [2, 2]
        again = cut(images, size=21, at_most=2, seed=1)
        assert again.digest == some.digest
        alone = cut(images.subset([1]), size=21, at_most=2, seed=1)
        assert alone.table["sha256"].tolist() == some.table["sha256"].tolist()[2:]
    choices = {cell_patches(images, size=21, at_most=1, seed=seed).digest for seed in range(9)}
    assert len(choices) > 1


def test_an_image_without_any_is_reported():
    flat = np.full((120, 120, 1), 7, np.uint8)
    full = painted([(row, column) for row in range(5, 120, 12) for column in range(5, 120, 12)])
    images = image_set(painted(CELLS), flat, full)
    assert set(cell_patches(images, size=60).skipped) == {"y"}
    background = background_patches(images, size=30)
    assert background.skipped == {"z": "no 30x30 pixels without a cell"}
    with pytest.raises(InputError, match=r"No image of screen gives a patch: no object of more"):
        cell_patches(images.subset([1]))
    with pytest.raises(InputError, match="no 200x200 pixels"):
        background_patches(images, size=200)


def test_colour_is_kept():
    gray = painted(CELLS)
    colour = np.concatenate([gray // 2, gray, gray], axis=2)
    patch = cell_patches(image_set(colour), size=21).read(0, "rgb")
    assert (patch == colour[20:41, 30:51]).all()


@given(arrays(np.uint8, (9, 9)))
def test_the_threshold_is_otsus(image):
    """Otsu (1979): the split of largest variance between its two classes."""
    levels = np.unique(image)
    objects = _objects(image)
    if len(levels) == 1:
        assert not objects.any()
        return

    def between(above):
        share = above.mean()
        return share * (1 - share) * (image[above].mean() - image[~above].mean()) ** 2

    best = max(between(image > level) for level in levels[:-1])
    assert between(objects) == pytest.approx(best)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"min_area": -1}, {"at_most": 0}, {"seed": -1}])
def test_impossible_settings_are_refused(wrong):
    for cut in (cell_patches, background_patches):
        with pytest.raises(InputError, match="1 or more"):
            cut(image_set(painted(CELLS)), **wrong)
    with pytest.raises(InputError, match="1 or more"):
        background_patches(image_set(painted(CELLS)), speck=-1)


def test_a_crop_is_free_where_no_cell_reaches_into_it():
    pixels = np.full((3, 40, 40, 1), 10, np.uint8)
    pixels[:, 15:25, 15:25] = 200  # the cell in the middle
    pixels[1, :8, :8] = 200  # a neighbour of 64 pixels
    pixels[2, :3, :3] = 200  # a speck of 9
    images = ImageSet.from_arrays(pixels, pd.DataFrame({"label": list("abc")}), name="cells")
    corner = Corner("top-left", 12, 12)
    assert cell_free(images, corner).tolist() == [True, False, True]
    assert cell_free(images, corner, min_area=5).tolist() == [True, False, False]


def test_one_patch_an_image_at_a_place_of_its_own(rng):
    pixels = rng.integers(0, 256, (3, 20, 30, 1), dtype=np.uint8)
    images = image_set(*pixels, kind=list("abc"))
    found = patches_at(images, [0, 4, 26], [0, 3, 14], width=4, height=6)
    shown = found.array(AS_IS)
    assert (shown[1] == pixels[1, 3:9, 4:8]).all() and (shown[2] == pixels[2, 14:, 26:]).all()
    assert shown.shape == (3, 6, 4, 1)
    for name in ("image", "label", "group", "kind"):
        assert found.table[name].tolist() == images.table[name].tolist()
    assert found.table["left"].tolist() == [0, 4, 26]
    assert (found.name, found.digest != images.digest) == (images.name, True)


@pytest.mark.parametrize(
    ("left", "top", "words"),
    [([0, 0], [0, 0], "need as many places"), ([0, 27], [0, 0], "of y does not fit")],
)
def test_patches_that_cannot_be_cut_are_named(left, top, words, rng):
    pixels = rng.integers(0, 256, (2 if left[1] else 3, 20, 30, 1), dtype=np.uint8)
    with pytest.raises(InputError, match=words):
        patches_at(image_set(*pixels), left, top, width=4, height=6)
