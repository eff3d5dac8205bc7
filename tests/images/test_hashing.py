import imagehash
import numpy as np
import PIL
import pytest
from PIL import Image

from confoundlab.images.hashing import SIDE, hashes, shrunk
from confoundlab.images.planes import luma

NEW = int(PIL.__version__.split(".")[0]) >= 13


def image(height, width, rng):
    """Noise, a slope and an edge: what rounding would show in."""
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    pixels[: height // 3] = np.linspace(0, 255, width, dtype=np.uint8)[None, :, None]
    pixels[height // 2 : height // 2 + height // 4] = 255
    return pixels


@pytest.mark.parametrize(
    "size",
    [(1, 1), (5, 70), (20, 20), (31, 33), (32, 32), (33, 40), (48, 48), (97, 101), (480, 640),
     *([(70, 5), (640, 480), (900, 300), (65, 48), (64, 48)] if NEW else [])],
)  # fmt: skip
def test_the_hash_is_imagehashs_and_shrinking_is_pillows(size, rng):
    pixels = image(*size, rng)
    gray = Image.fromarray(pixels).convert("L")
    assert (luma(pixels)[:, :, 0] == np.asarray(gray)).all()
    small = shrunk(luma(pixels))
    assert (small == np.asarray(gray.resize((SIDE, SIDE), Image.Resampling.LANCZOS))).all()
    truth = np.packbits(imagehash.phash(gray).hash).view(np.uint64)
    assert (hashes(small[None]) == truth).all()


def test_hashes_of_many_are_those_of_each(rng):
    small = np.stack([shrunk(luma(image(60, 50, rng))) for _ in range(20)])
    assert (hashes(small) == np.concatenate([hashes(one[None]) for one in small])).all()
    assert len(set(hashes(np.full((3, SIDE, SIDE), 90, np.uint8)))) == 1
