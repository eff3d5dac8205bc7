"""The green box that some endoscopes lay into the picture: how much of it an image shows.

At the bottom left of some of Kvasir's pictures a green box shows how the instrument lies in the
body (Pogorelov et al. 2017, doi:10.1145/3083187.3083212). It is no finding, but it is shown in some
classes much oftener than in others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from confoundlab.decode import Pixels
from confoundlab.imageset import ImageSet
from confoundlab.scan import in_order

# Gray levels of 255 by which green is above red and above blue. Tissue is red, the dye of lifted
# polyps blue, air black and glints white: none comes near. Compression shifts colours by fewer.
MARGIN = 16
# A box covers far more of the quarter than this, specks at the border of a dyed spot far less.
SHOWN = 0.02


def green_share(image: Pixels) -> float:
    """Return the share of green pixels in the bottom left quarter of an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        Red, green, blue. A pixel is green where green exceeds both others by `MARGIN` or more.
    """
    height, width = image.shape[:2]
    red, green, blue = np.moveaxis(image[height // 2 :, : width // 2].astype(np.int16), 2, 0)
    return float((green - np.maximum(red, blue) >= MARGIN).mean())


def green_shares(images: ImageSet) -> npt.NDArray[np.float64]:
    """Return `green_share` of every image, shape (n,)."""

    def one(row: int) -> float:
        return green_share(images.read(row, "rgb"))

    return np.array(in_order(one, range(len(images)), f"{images.name}: green insets"))
