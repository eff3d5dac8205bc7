"""Which class was imaged in which session, as a picture: the table that decides before any pixel.

Where every row has a dark cell in a column of its own, class and session are one thing with two
names.
"""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from confoundlab.design.aliasing import Identifiability
from confoundlab.plotting.nets import WIDE, as_text, titled

_NAMED = 30  # classes or levels whose names can be read
_LETTERS = 18  # of a name beside the table


@as_text
def crossing(found: Identifiability, state: str = "real") -> Figure:
    """Draw how many images each class (row) has at each level of a factor (column).

    Columns are ordered by the classes that they hold, so that a table in which each class has a
    level of its own is a diagonal.

    Parameters
    ----------
    found : Identifiability
        Of label and factor.
    state : str
        Of the data, for the title.
    """
    counts = found.images.to_numpy()
    order = np.lexsort((-counts.max(axis=0), counts.argmax(axis=0)))
    counts, levels = counts[:, order], [str(found.images.columns[one]) for one in order]
    height = float(np.clip(0.22 * len(counts), 1.2, 4.0))
    figure, axis = plt.subplots(figsize=(WIDE, height + 1.2), layout="compressed")
    shown = np.ma.masked_equal(counts, 0)  # no image is white, whatever one image is
    how: dict[str, Any] = {
        "cmap": "cividis_r",
        "vmin": 0,
        "aspect": "auto",
        "interpolation": "nearest",
    }
    picture = axis.imshow(shown, **how)
    classes = [str(one) for one in found.images.index]
    for place, names in ((axis.yaxis, classes), (axis.xaxis, levels)):
        if len(names) <= _NAMED:
            place.set_ticks(range(len(names)), [_short(one) for one in names], fontsize=7)
        else:
            place.set_major_locator(MaxNLocator(integer=True))
    if len(levels) <= _NAMED and max(map(len, levels)) > 2:
        axis.tick_params(axis="x", rotation=90)
    axis.set(xlabel=found.factor, ylabel="class")
    figure.colorbar(picture, ax=axis, label="images")
    figure.suptitle(titled(f"Which class was imaged in which {found.factor}", state))
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
