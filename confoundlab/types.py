"""Types of arrays that many modules share, named for what they hold; shapes stand in docstrings."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Colour = Literal["gray", "rgb"]
Pixels = npt.NDArray[np.uint8]  # (..., height, width, channels)
Picture = npt.NDArray[np.float32]  # (height, width) or with channels, before it is quantised
Scene = npt.NDArray[np.float32]  # what the lamp would show, before any camera
Maps = npt.NDArray[np.float32]  # (n, height, width)
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]  # row numbers, or classes as 0..k-1
Numbers = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]  # of images, a column a class
Probabilities = npt.NDArray[np.float32]  # (rows, classes)
Losses = npt.NDArray[np.float64]  # (epochs,)
Centres = npt.NDArray[np.float64]  # (n, 2): y and x in pixels
