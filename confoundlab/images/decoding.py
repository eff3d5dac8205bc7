"""One image file to uint8 pixels, safely.

The rules are fixed, so that decoding itself can neither hide nor invent a session:

- Deeper images keep their high bits: of 16 bits, 0..65535 becomes 0..255, never stretched by an
  image's own range, because that range is exactly what differs between sessions. A camera that
  fills only 12 of the 16 bits gives dark images, unless its depth is stated for the whole set.
- White is 255, also where a TIFF file stores it as 0, at any depth.
- Transparency is dropped, the first frame of an animation is taken, an EXIF rotation is not
  applied: a corner is a corner of the sensor.
- Gray is ITU-R 601 luma, as in Pillow's ``convert("L")``.
"""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from confoundlab.errors import InputError
from confoundlab.images.headers import exif, header
from confoundlab.types import Colour, Pixels

if TYPE_CHECKING:
    from confoundlab.images.planes import Memory

SUFFIXES = frozenset(
    {
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib",
        ".pgm", ".ppm", ".pbm", ".pnm", ".tif", ".tiff", ".webp",
    }
)  # fmt: skip
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "PPM", "TIFF", "WEBP")
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"})
# Above any microscope or X-ray image here, below what fills a laptop's memory and what Pillow
# itself warns of.
MAX_PIXELS = 80_000_000
# A microscope's settings or a colour profile can be longer than Pillow lets one text of a PNG file
# be (1 MiB); its limit for all texts of a file together stays.
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY
_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # TIFF 6.0, section 8
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class CannotDecodeError(Exception):
    """The file is not a usable image; the message says why in a few words."""


class Decoded(NamedTuple):
    """An image's pixels, and what the file had before they were cut to 8 bits.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, channels)
        Values 0..255.
    bits : int
        Of a level in the file: 8, or more.
    highest : int
        The highest level in the file, 0..2**bits - 1.
    """

    pixels: Pixels
    bits: int
    highest: int


def decode(
    path: Path,
    colour: Colour = "gray",
    *,
    bit_depth: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Pixels:
    """Decode one file: the pixels of `decode_levels`."""
    return decode_levels(path, colour, bit_depth=bit_depth, max_pixels=max_pixels).pixels


def decode_levels(
    path: Path,
    colour: Colour = "gray",
    *,
    bit_depth: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Decoded:
    """Decode one file.

    Parameters
    ----------
    path : Path
        PNG, JPEG, GIF, BMP, PGM and its kin, TIFF (8, 12 or 16 bit) or WebP.
    colour : {"gray", "rgb"}
        One channel or three.
    bit_depth : int, optional
        Bits that the camera fills of a 16-bit gray file, 9..16: the highest level is
        2**bit_depth - 1. All 16 if missing. Files that say their depth themselves (8 bit, PGM,
        12-bit TIFF) go by that.
    max_pixels : int
        Refuse images that claim to be larger (decompression bombs), before decoding them.

    Raises
    ------
    CannotDecodeError
        No file, or an empty, truncated, unknown or oversized one; floating-point pixels, or levels
        beyond `bit_depth`.
    InputError
        `bit_depth` is not 9..16.
    """
    _check_depth(bit_depth)
    with opened(path, max_pixels=max_pixels) as image:
        found, bits, highest = _pixels(image, (colour,), bit_depth)
        return Decoded(found[colour], bits, highest)


def read_once(
    path: Path,
    *,
    bit_depth: int | None = None,
    max_pixels: int = MAX_PIXELS,
    memory: Memory | None = None,
) -> tuple[dict[Colour, Pixels], dict[str, Any]]:
    """Open and decode one file once, for all that is ever asked of it.

    Parameters
    ----------
    path, bit_depth, max_pixels
        As of `decode_levels`, which gives the same pixels and raises the same errors.
    memory : Memory, optional
        To use again: pixels then hold until the next call of the same thread.

    Returns
    -------
    pixels : dict
        "rgb" and "gray": uint8, shape (height, width, 3 or 1).
    header : dict
        Of `headers.header` and `headers.exif`; and ``bits`` and ``highest``, as of `Decoded`.
    """
    _check_depth(bit_depth)
    with opened(path, max_pixels=max_pixels) as image:
        try:
            said = header(image)
        except Exception:  # its pixels may be sound all the same
            said = {}
        late = image.format == "PNG"  # whose EXIF may stand behind the pixels
        said |= {} if late else exif(image)
        found, bits, highest = _pixels(image, ("rgb", "gray"), bit_depth, memory)
        said |= exif(image) if late else {}
        return found, said | {"bits": bits, "highest": highest}


@contextmanager
def opened(path: Path, *, max_pixels: int = MAX_PIXELS) -> Iterator[ImageFile.ImageFile]:
    """Open one file as `decode` does, with its errors; pixels are read when they are used."""
    try:
        _check_file(path)
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
    except MemoryError:
        raise CannotDecodeError("damaged, or more than fits into memory") from None
    except Exception as error:  # a damaged file can bring a decoder to raise anything
        raise CannotDecodeError(f"damaged ({str(error) or type(error).__name__})") from None


def to_gray(image: Pixels) -> Pixels:
    """Return the luma of an RGB image, shape (height, width, 1), as Pillow computes it."""
    return np.array(Image.fromarray(image).convert("L"), dtype=np.uint8)[:, :, None]


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise CannotDecodeError("a link that leads to itself") from None
        if isinstance(error, FileNotFoundError):
            why = "a link to nothing" if path.is_symlink() else "no such file"
            raise CannotDecodeError(why) from None
        raise CannotDecodeError(f"cannot be opened ({error.strerror})") from None
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise CannotDecodeError(f"{kind}, not a file")
    if found.st_size == 0:
        raise CannotDecodeError("empty file")


def _deep(image: Image.Image, bit_depth: int | None) -> tuple[npt.NDArray[np.integer], int]:
    """Return levels of more than 8 bits, shape (height, width), and how many bits they have."""
    tags = image.tag_v2 if isinstance(image, TiffImagePlugin.TiffImageFile) else {}
    if image.format == "PPM":  # Pillow stretches the file's own highest level to 16 bits
        bits = 16
    elif tags.get(_BITS_PER_SAMPLE) == (12,):
        bits = 12
    else:
        bits = bit_depth or 16
    levels: npt.NDArray[np.integer] = np.asarray(image)
    top = 2**bits - 1
    if levels.min() < 0 or levels.max() > top:
        raise CannotDecodeError(
            f"levels {levels.min():,} to {levels.max():,}, outside 0..{top:,} ({bits} bits)"
        )
    return (top - levels if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO else levels), bits


def _pixels(
    image: ImageFile.ImageFile,
    colours: Sequence[Colour],
    bit_depth: int | None,
    memory: Memory | None = None,
) -> tuple[dict[Colour, Pixels], int, int]:
    """Return pixels in some colours, the bits of a level, and the highest level in the file."""
    if image.mode.startswith("I"):
        levels, bits = _deep(image, bit_depth)
        gray = (levels >> (bits - 8)).astype(np.uint8)[:, :, None]
        both: dict[Colour, Pixels] = {"gray": gray}
        if "rgb" in colours:
            both["rgb"] = np.repeat(gray, 3, axis=2)
        return both, bits, int(levels.max())
    is_deep = any(";16" in str(tile) for tile in image.tile)
    if is_deep and (bit_depth or 16) < 16:
        raise CannotDecodeError(
            f"colour of 16 bits, of which no {bit_depth} can be read; save as gray or 8 bit"
        )
    found = _shallow(image, colours, memory)
    highest = int(found[colours[0]].max())
    # the decoder keeps the high byte of deep colour: what lay below it is not known
    return found, 16 if is_deep else 8, highest << 8 | 255 if is_deep else highest


def _shallow(
    image: Image.Image, colours: Sequence[Colour], memory: Memory | None
) -> dict[Colour, Pixels]:
    if image.mode == "F":
        raise CannotDecodeError("floating-point pixels have no stated range; save as 8 or 16 bit")
    if image.mode not in _MODES:
        raise CannotDecodeError(f"pixels of mode {image.mode} are not read; save as gray or RGB")
    image.load()
    image.info.pop("transparency", None)  # Pillow would convert, or warn of, what is dropped
    if memory is not None:
        from confoundlab.images.planes import both  # here: numba takes half a second to load

        if (planes := both(image, memory)) is not None:
            return {"rgb": planes[0], "gray": planes[1]}
    found: dict[Colour, Pixels] = {}
    if "rgb" in colours:
        found["rgb"] = np.array(image if image.mode == "RGB" else image.convert("RGB"), np.uint8)
    if "gray" in colours and image.mode == "RGB" and "rgb" in found:
        from confoundlab.images.planes import luma  # here, for the same reason

        found["gray"] = luma(found["rgb"])
    elif "gray" in colours:
        # Straight from "RGBA" or "P" to "L" is the same luma; a one-bit image becomes 0 and 255.
        found["gray"] = np.array(image.convert("L"), np.uint8)[:, :, None]
    return found


def _check_depth(bit_depth: int | None) -> None:
    if bit_depth is not None and not 9 <= bit_depth <= 16:
        raise InputError(f"bit_depth is {bit_depth}; it must be 9..16, or None for all 16 bits.")
