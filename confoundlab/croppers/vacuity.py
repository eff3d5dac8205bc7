"""Whether a control hides anything, and leaves anything: said before a net is trained on it.

Serves the verdict VACUOUS: 758 of COIL-20's 1,440 corners are all zero, and a control that changes
nothing controls nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from confoundlab.croppers.crops import Corner
from confoundlab.images.imageset import ImageSet
from confoundlab.types import Colour, Pixels

# COIL's background stays well below this gray level of 255 (0 to about 6).
BACKGROUND_LIMIT = 60


def constant_share(shown: Pixels) -> float:
    """Return the share of images that are one flat value: they hold a level and nothing else."""
    flat = shown.reshape(len(shown), -1)
    return float((flat.min(axis=1) == flat.max(axis=1)).mean())


def vacuous(shown: Pixels) -> str | None:
    """Return why images prove nothing as a control, or None.

    Flat images of different levels still leak a number; images that are all alike leak nothing.
    """
    if (shown == shown[0]).all():
        return (
            f"all {len(shown):,} images are identical in this view, and {constant_share(shown):.0%}"
            " of them are one flat value"
        )
    return None


def unchanged(images: ImageSet, shown: Pixels, colour: Colour = "gray") -> str | None:
    """Return that a control hid nothing, if all images are in it what they were before; or None."""
    for row, image in enumerate(shown):
        whole = images.read(row, colour)
        if whole.shape != image.shape or (whole != image).any():
            return None
    return f"all {len(shown):,} images are in this view what they were before: nothing is hidden"


def object_free(
    images: ImageSet, crop: Corner, brightest: int = BACKGROUND_LIMIT
) -> npt.NDArray[np.bool_]:
    """Say which crops hold no part of the object, shape (n,).

    A pixel brighter than `brightest` belongs to the object.
    """
    free: npt.NDArray[np.bool_] = images.array(crop).max(axis=(1, 2, 3)) <= brightest
    return free
