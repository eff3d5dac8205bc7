"""One image file to uint8 pixels, safely.

The rules are fixed, so that decoding itself can neither hide nor invent a session:

- 16-bit images keep their high byte: 0..65535 becomes 0..255, never stretched by an image's own
  range, because that range is exactly what differs between sessions. A camera that fills only 12
  of the 16 bits therefore gives dark images.
- Transparency is dropped, the first frame of an animation is taken, an EXIF rotation is not
  applied: a corner is a corner of the sensor.
- Gray is ITU-R 601 luma, as in Pillow's ``convert("L")``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from confoundlab.types import Colour, Pixels

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".pgm", ".tif", ".tiff", ".webp"})
_FORMATS = ("PNG", "JPEG", "GIF", "PPM", "TIFF", "WEBP")
# Above any microscope or X-ray image here, below what fills a laptop's memory and what Pillow
# itself warns of.
MAX_PIXELS = 80_000_000


class CannotDecodeError(Exception):
    """The file is not a usable image; the message says why in a few words."""


def decode(path: Path, colour: Colour = "gray", *, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Decode one file.

    Parameters
    ----------
    path : Path
        PNG, JPEG, GIF, PGM, TIFF (8 or 16 bit) or WebP.
    colour : {"gray", "rgb"}
        One channel or three.
    max_pixels : int
        Refuse images that claim to be larger (decompression bombs), before decoding them.

    Returns
    -------
    ndarray of uint8, shape (height, width, channels)
        Values 0..255.

    Raises
    ------
    CannotDecodeError
        Empty, truncated, unknown or oversized file, or floating-point pixels.
    """
    with opened(path, max_pixels=max_pixels) as image:
        return _to_uint8(image, colour)


@contextmanager
def opened(path: Path, *, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """Open one file as `decode` does, with its errors; pixels are read when they are used."""
    try:
        if path.stat().st_size == 0:
            raise CannotDecodeError("empty file")
        with Image.open(path, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise CannotDecodeError(
                    f"{width}x{height} pixels, more than the limit of {max_pixels:,}"
                )
            yield image
    except CannotDecodeError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CannotDecodeError(f"more pixels than the limit of {max_pixels:,}") from None
    except UnidentifiedImageError:
        raise CannotDecodeError("not an image, or a format that is not read here") from None
    except FileNotFoundError:
        raise CannotDecodeError("no such file") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow raises all of these for damaged files
        raise CannotDecodeError(f"damaged ({error})") from None


def to_gray(image: Pixels) -> Pixels:
    """Return the luma of an RGB image, shape (height, width, 1), as Pillow computes it."""
    return np.array(Image.fromarray(image).convert("L"), dtype=np.uint8)[:, :, None]


def _to_uint8(image: Image.Image, colour: Colour) -> Pixels:
    if image.mode == "F":
        raise CannotDecodeError("floating-point pixels have no stated range; save as 8 or 16 bit")
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        if deep.min() < 0 or deep.max() > 65535:
            raise CannotDecodeError("integer pixels outside 0..65535; save as 8 or 16 bit")
        gray = (deep >> 8).astype(np.uint8)[:, :, None]
        return gray if colour == "gray" else np.repeat(gray, 3, axis=2)
    if colour == "rgb":
        return np.array(image.convert("RGB"), dtype=np.uint8)
    # Straight from "RGBA" or "P" to "L" is the same luma; a one-bit image becomes 0 and 255.
    return np.array(image.convert("L"), dtype=np.uint8)[:, :, None]
