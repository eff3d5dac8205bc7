import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.auditing.features import Corners, Frame, colour_of, controls, statistics
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet


def numbered(height, width):
    """Pixels that say where they are: the row in the first channel, the column in the second."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, rows * 0], axis=2).astype(np.uint8)


def test_corners_are_the_four_corners():
    shown = Corners(2)(numbered(9, 7))
    assert shown[..., 0].tolist() == [[0] * 4, [1] * 4, [7] * 4, [8] * 4]
    assert shown[0, :, 1].tolist() == [0, 1, 5, 6]
    with pytest.raises(InputError, match="do not fit"):
        Corners(4)(numbered(9, 7))


def test_the_frame_has_the_middle_of_each_side():
    shown = Frame(1, 5)(numbered(9, 7))
    assert shown.shape == (4, 5, 3)
    top, bottom, left, right = shown
    assert top[:, 0].tolist() == [0] * 5 and top[:, 1].tolist() == [1, 2, 3, 4, 5]
    assert bottom[:, 0].tolist() == [8] * 5
    assert left[:, 1].tolist() == [0] * 5 and left[:, 0].tolist() == [2, 3, 4, 5, 6]
    assert right[:, 1].tolist() == [6] * 5
    with pytest.raises(InputError, match="does not fit"):
        Frame(1, 8)(numbered(9, 7))


@pytest.mark.parametrize("size", [(16, 16), (28, 28), (128, 128), (400, 300), (1500, 1000)])
def test_controls_fit_the_images_and_show_no_middle(size):
    views = controls(*size, size[0] * size[1])
    assert ("blankest patch" in views) == (size[0] * size[1] <= 2**20)
    image = np.zeros((*size, 1), np.uint8)
    middle = tuple(slice(side // 2 - side // 12, side // 2 + side // 12 + 1) for side in size)
    image[middle] = 255
    for name, view in views.items():
        assert view.is_control
        assert name == "blankest patch" or not view(image).any(), name


def test_too_small_images_are_named():
    with pytest.raises(InputError, match="15 pixels"):
        controls(15, 40, 600)


def through_jpeg(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


@pytest.mark.parametrize(
    ("family", "change"),
    [
        ("level", lambda image, rng: image + 3.0),
        ("noise and sharpness", lambda image, rng: image + rng.normal(0, 4, image.shape)),
        ("compression", lambda image, rng: through_jpeg(image.astype(np.uint8), 30).astype(float)),
        ("pattern over the field", lambda image, rng: image + np.linspace(-6, 6, 48)[:, None]),
    ],
)
def test_each_family_tells_its_own_change(rng, family, change):
    """Of flat noisy images, the family's largest standardised difference is far beyond luck."""
    plain = 120 + rng.normal(0, 6, (60, 48, 48))
    changed = np.stack([change(image, rng) for image in 120 + rng.normal(0, 6, (60, 48, 48))])
    one, other = (
        statistics(np.clip(np.rint(images), 0, 255).astype(np.uint8)[..., None])[family]
        for images in (plain, changed)
    )
    spread = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 2) + 1e-12
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) / spread).max() > 1.5


@pytest.mark.parametrize("shape", [(3, 2, 2, 1), (3, 5, 40, 3), (2, 48, 1000, 1)])
def test_statistics_are_finite_for_any_shape(shape, rng):
    for pixels in (np.zeros(shape, np.uint8), rng.integers(0, 256, shape).astype(np.uint8)):
        for found in statistics(pixels).values():
            assert found.shape[0] == shape[0] and np.isfinite(found).all()


def test_colour_is_seen(rng):
    table = pd.DataFrame({"label": list("xyxy")})
    for channels, colour in ((1, "gray"), (3, "rgb")):
        pixels = rng.integers(0, 255, (4, 8, 8, channels), dtype=np.uint8)
        assert colour_of(ImageSet.from_arrays(pixels, table, name="mine")) == colour
