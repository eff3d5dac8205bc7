"""The one picture for a reader in a hurry: what the eye sees, what the net sees, and what it named.

Dhar and Shamir (2021, doi:10.1016/j.visinf.2021.10.001), Table 1: the class of a chest X-ray, named
from a corner in which there is no body.
"""

from __future__ import annotations

from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from confoundlab.images.imageset import ImageSet, View
from confoundlab.plotting.nets import BLUE, GRAY, WIDE, as_text, titled


@as_text
def front(images: ImageSet, crop: View, record: dict[str, Any]) -> Figure:
    """Draw each class's mean crop as it is and stretched, and a bar: named right against chance.

    Means over a class show nobody. All are stretched by one range, so that brighter stays brighter.

    Parameters
    ----------
    images : ImageSet
        Up to some ten classes.
    crop : View
        A control.
    record : dict
        What nets named from the crop, of ``results.json``.
    """
    shown = images.array(crop, "gray")
    classes = range(len(images.classes))
    means = np.stack([shown[images.labels == one].mean(axis=0)[:, :, 0] for one in classes])
    seen = 255 * (means - means.min()) / (np.ptp(means) or 1)
    figure = plt.figure(figsize=(WIDE, 3.0), layout="constrained")
    left, right = np.ravel(figure.subfigures(1, 2, width_ratios=(3, 2)))  # type: ignore[arg-type]
    axes = left.subplots(2, len(means), squeeze=False)
    for row, (name, pictures) in enumerate((("the eye", means), ("the net", seen))):
        for axis, picture in zip(axes[row], pictures, strict=True):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
            axis.set(xticks=[], yticks=[])
        axes[row][0].set_ylabel(name)
    for axis, label in zip(axes[0], images.classes, strict=True):
        axis.set_title(fill(str(label), 11), fontsize=9)
    left.suptitle("Mean corner of each class, as it is and stretched", fontsize=9)
    axis = right.subplots()
    low, high = record["estimate"] - record["ci_low"], record["ci_high"] - record["estimate"]
    axis.barh(1, record["estimate"], xerr=[[low], [high]], color=BLUE, capsize=4)
    axis.barh(0, record["chance"], color="0.8")
    for place, value in ((1, record["estimate"]), (0, record["chance"])):
        axis.text(0.02, place, f"{value:.0%}", va="center", color="w" if place else "k")
    axis.set_yticks((1, 0), ("named right", "by chance"))
    axis.set(xlim=(0, 1), xlabel="share of unseen corners")
    axis.axvline(record["chance"], color=GRAY, ls="--", lw=1)
    sns.despine(figure, left=True)
    figure.suptitle(titled("Which class? From a corner without a body", images.state))
    return figure
