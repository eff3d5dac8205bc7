"""What the header of an opened image says: size, format, compression, and what EXIF tells.

Where these differ between classes, so do the images' sources.
"""

from __future__ import annotations

from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from confoundlab.escape import storable

_SAMPLING = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}  # Pillow's numbers; gray has none
_EXIF = {271: "EXIF make", 272: "EXIF model", 305: "EXIF software", 274: "EXIF orientation"}
HEADER = ("width", "height", "format", "mode", "quantisation", "subsampling", "frames")
EXIF = (*_EXIF.values(), "colour profile")


def header(image: Image.Image) -> dict[str, Any]:
    """Return `HEADER` of an image, before its pixels are read; what it does not say is left out."""
    found = {
        "width": image.width,
        "height": image.height,
        "format": image.format,
        "mode": image.mode,
        "frames": _frames(image),
    }
    if isinstance(image, JpegImageFile):
        first = image.quantization.get(0)
        found["quantisation"] = first[0] if first else None
        found["subsampling"] = _SAMPLING.get(get_sampling(image))
    return found


def _frames(image: Image.Image) -> int:
    """Count the pictures in a file, of which the first is read."""
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # behind a sound first picture there may be anything
        return 1


def exif(image: Image.Image) -> dict[str, str]:
    """Return `EXIF` of an image, as text; what it does not say is left out.

    Of PNG files Pillow reads the pixels for it, if they were not read before.
    """
    try:
        said = image.getexif()
        found = {name: storable(str(said[tag])) for tag, name in _EXIF.items() if tag in said}
        return found | {"colour profile": "yes" if image.info.get("icc_profile") else "no"}
    except Exception:  # a damaged block of EXIF can bring its reader to raise anything
        return {}
