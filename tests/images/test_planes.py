from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, features

from confoundlab.images.decoding import decode, read_once
from confoundlab.images.planes import Memory, both

ARROW = hasattr(Image.Image, "__arrow_c_array__")


@pytest.mark.skipif(not ARROW, reason="Pillow shows its memory from 11.2 on")
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (33, 65), (480, 640)])
def test_both_planes_are_pillows(size, rng):
    image = Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8))
    rgb, gray = both(image, Memory())
    assert (rgb == np.asarray(image)).all()
    assert (gray[:, :, 0] == np.asarray(image.convert("L"))).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr"])
def test_other_modes_are_left_to_pillow(mode, rng):
    image = Image.fromarray(rng.integers(0, 256, (5, 4, 3), dtype=np.uint8)).convert(mode)
    assert both(image, Memory()) is None


def test_a_picture_in_several_blocks_is_left_to_pillow_and_comes_out_the_same(tmp_path):
    path = tmp_path / "large.png"
    Image.linear_gradient("L").resize((3000, 1500)).convert("RGB").save(path)
    with Image.open(path) as image:
        image.load()
        assert both(image, Memory()) is None
    pixels, _ = read_once(path, memory=Memory())
    for colour in ("rgb", "gray"):
        assert (pixels[colour] == decode(path, colour)).all()


def test_images_of_all_sizes_share_memory_in_each_thread(tmp_path, rng):
    """Each thread reads its own images, small after large, and none sees another's pixels."""
    paths = []
    for number in range(60):
        height, width = rng.integers(1, 90, 2)
        path = tmp_path / f"{number}.{'jpg' if number % 3 and features.check('jpg') else 'png'}"
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    memory = Memory()

    def same(path):
        pixels, _ = read_once(path, memory=memory)
        return all((pixels[colour] == decode(path, colour)).all() for colour in pixels)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(same, paths * 3))
