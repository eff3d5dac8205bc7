"""Still figures of the book. Every one of simulated images says so in its title.

Colours are seaborn's colour-blind palette; what matters is told by position or shape as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from sklearn.metrics import confusion_matrix

from confoundlab.decode import Colour
from confoundlab.imageset import ImageSet, Indices, View
from confoundlab.views import Whole, stretch

BLUE, ORANGE = sns.color_palette("colorblind")[:2]
GRAY = "0.45"


def titled(title: str, state: str) -> str:
    """Return a title that names the state of the data unless it is real."""
    return title if state == "real" else f"{title} ({state} data)"


def crops(images: ImageSet, view: View, *, n_classes: int = 10, n_each: int = 1) -> Figure:
    """Show images, what a control leaves of them, and the same with contrast stretched."""
    rows = _spread(images.labels, n_classes, n_each)
    before = [images.read(row, "gray") for row in rows]
    shown = np.stack([view(image) for image in before])
    pictures = [(str(view), list(shown)), ("contrast\nstretched", list(stretch(shown)))]
    if shown[0].shape != before[0].shape:  # patches that were cut before are shown once
        pictures.insert(0, ("image", before))
    size = (0.85 * len(rows), 0.97 * len(pictures))
    figure, axes = plt.subplots(len(pictures), len(rows), figsize=size, squeeze=False)
    for line, (name, row_of_pictures) in zip(axes, pictures, strict=True):
        for axis, picture in zip(line, row_of_pictures, strict=True):
            axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    for axis, row in zip(axes[0][::n_each], rows[::n_each], strict=True):
        axis.set_title(images.table["label"][row], fontsize=8, loc="left")
    figure.suptitle(titled("What the classifier is allowed to see", images.state), y=1.02)
    return figure


def class_means(
    images: ImageSet,
    view: View,
    pictures: ImageSet | None = None,
    *,
    colour: Colour = "gray",
    hide_subject: bool = False,
) -> Figure:
    """Show each class's mean image, the mean of what a view leaves, and that stretched.

    Means show what a class has in common, and no single person, unless a class is one.

    Parameters
    ----------
    images : ImageSet
        What the view sees.
    view : View
        A crop, for one.
    pictures : ImageSet, optional
        The same images in the same order, where `images` holds only parts of them.
    colour : {"gray", "rgb"}
        Channels.
    hide_subject : bool
        Leave the mean image out: where a class is a person, it is a portrait.
    """
    whole = images if pictures is None else pictures
    rows = [images.labels == label for label in np.unique(images.labels)]
    shown = images.array(view, colour)
    means = [np.round(shown[own].mean(axis=0)).astype(np.uint8) for own in rows]
    lines = [(f"mean of\n{view}", means), ("contrast\nstretched", [stretch(m) for m in means])]
    if not hide_subject:
        small = whole.array(Whole(128), colour)
        portraits = [np.round(small[own].mean(axis=0)).astype(np.uint8) for own in rows]
        lines.insert(0, ("mean image", portraits))
    across = 0.5 if hide_subject else 1.15
    size = across * len(rows) + 1, (across + 0.05) * len(lines) + 0.2 + 0.4 * hide_subject
    figure, axes = plt.subplots(len(lines), len(rows), figsize=size, squeeze=False)
    for line, (name, row_of_pictures) in zip(axes, lines, strict=True):
        for axis, picture in zip(line, row_of_pictures, strict=True):
            axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    for axis, label in zip(axes[0], images.classes, strict=True):
        title = label if hide_subject else fill(label, 15)
        axis.set_title(title, fontsize=8, rotation=90 if hide_subject else 0)
    figure.suptitle(
        titled("What a class has in common", images.state), y=1.4 if hide_subject else 1.04
    )
    return figure


def boxes_on_mean(
    images: ImageSet, left: npt.ArrayLike, top: npt.ArrayLike, width: int, height: int
) -> Figure:
    """Show the mean of all images with the box of each, and the mean with all boxes in one place.

    Parameters
    ----------
    images : ImageSet
        n images of one size.
    left, top : array-like of int, shape (n,) or ()
        Of each image's box, in pixels; where all have the same, the second mean is left out.
    width, height : int
        Of the boxes.
    """
    n = len(images)
    lefts, tops = (np.broadcast_to(np.asarray(place, int), n) for place in (left, top))
    places = sorted({(int(x), int(y)) for x, y in zip(lefts, tops, strict=True)})
    home_x, home_y = int(np.median(lefts)), int(np.median(tops))
    mean = np.zeros(images.read(0, "gray").shape[:2])
    moved = np.zeros_like(mean)
    for row, (x, y) in enumerate(zip(lefts, tops, strict=True)):
        image = images.read(row, "gray")[:, :, 0].astype(float)
        mean += image / n
        if len(places) > 1:
            moved += _moved(image, home_y - int(y), home_x - int(x)) / n
    pictures = [("mean image, and every box", mean, places)]
    if len(places) > 1:
        pictures.append(("moved so that all boxes are one", moved, [(home_x, home_y)]))
    figure, axes = plt.subplots(1, len(pictures), figsize=(3.6 * len(pictures), 2.9), squeeze=False)
    for axis, (name, picture, boxes) in zip(axes[0], pictures, strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        for x, y in boxes:
            axis.add_patch(
                Rectangle(
                    (x - 0.5, y - 0.5), width, height, fill=False, color=ORANGE, clip_on=False,
                    lw=2 if len(boxes) == 1 else 0.5,
                )
            )  # fmt: skip
        axis.set_title(name, fontsize=9)
        axis.axis("off")
    figure.suptitle(titled("Where the crop is taken", images.state), y=1.02)
    return figure


def _moved(image: npt.NDArray[np.float64], down: int, right: int) -> npt.NDArray[np.float64]:
    """Move a picture (height, width); what comes in from outside repeats its edge."""
    rows, columns = (
        np.clip(np.arange(side) - step, 0, side - 1)
        for side, step in zip(image.shape, (down, right), strict=True)
    )
    return np.asarray(image[np.ix_(rows, columns)])


def crop_sizes(table: pd.DataFrame, state: str = "real") -> Figure:
    """Draw the accuracy from crops of one corner against their size (`explain.crop_size_sweep`)."""
    figure, axis = plt.subplots(figsize=(5, 3))
    bars = [table["estimate"] - table["ci_low"], table["ci_high"] - table["estimate"]]
    axis.errorbar(table["size"], table["estimate"], bars, fmt="o-", color=BLUE, lw=1, capsize=4)
    axis.plot(table["size"], table["chance"], color=GRAY, ls="--", lw=1)
    axis.set(ylim=(0, 1.02), xlabel="side of the crop, pixels", ylabel="accuracy")
    axis.set_title(titled("How small a crop is enough", state))
    sns.despine(figure)
    return figure


def _spread(labels: Indices, n_classes: int, n_each: int) -> list[int]:
    """Pick classes and, of each, images at even distances."""
    classes = np.unique(labels)
    chosen = classes[np.linspace(0, len(classes) - 1, min(n_classes, len(classes))).astype(int)]
    rows = [np.flatnonzero(labels == one) for one in chosen]
    return [int(own[at]) for own in rows for at in np.linspace(0, len(own) - 1, n_each).astype(int)]


def crop_picker(images: ImageSet, view: View, row: int) -> Figure:
    """Show one image with the crop's place, the crop, and the crop stretched."""
    image = images.read(row, "gray")
    shown = view(image)
    figure, axes = plt.subplots(1, 3, figsize=(6.6, 2.5))
    # Where the crop came from is found by cropping a picture of positions.
    height, width = image.shape[:2]
    positions = view(np.arange(height * width).reshape(height, width, 1))
    top, left = divmod(int(positions.flat[0]), width)
    box = (left - 0.5, top - 0.5)
    axes[0].imshow(image.squeeze(), cmap="gray", vmin=0, vmax=255)
    axes[0].add_patch(
        Rectangle(
            box, shown.shape[1], shown.shape[0], fill=False, color=ORANGE, lw=2, clip_on=False
        )
    )
    axes[1].imshow(shown.squeeze(), cmap="gray", vmin=0, vmax=255)
    axes[2].imshow(stretch(shown).squeeze(), cmap="gray", vmin=0, vmax=255)
    for axis, title in zip(axes, ("image", str(view), "contrast stretched"), strict=True):
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    figure.suptitle(titled(images.table["image"][row], images.state), y=1.04)
    return figure


def accuracies(records: Sequence[dict[str, Any]], names: Sequence[str]) -> Figure:
    """Draw accuracies with their intervals, chance, the permutation null and the paper's number."""
    figure, axis = plt.subplots(figsize=(7, 0.55 * len(records) + 1.2))
    for place, record in enumerate(reversed(records)):
        low, high = record["estimate"] - record["ci_low"], record["ci_high"] - record["estimate"]
        axis.barh(place, record["null_q95"], height=0.6, color="0.88", zorder=0)
        axis.plot([record["chance"]] * 2, [place - 0.3, place + 0.3], color=GRAY, ls="--", lw=1)
        axis.errorbar(
            record["estimate"], place, xerr=[[low], [high]], fmt="o", color=BLUE, capsize=4
        )
        if record["paper"] is not None:
            axis.plot(record["paper"], place, marker="D", mfc="none", mec=ORANGE, ms=9, ls="")
    axis.set_yticks(range(len(records)), list(reversed(names)))
    axis.set(xlim=(0, 1.02), xlabel="accuracy on held-out images")
    handles = [
        Line2D([], [], marker="o", color=BLUE, label="ours, 95% interval"),
        Line2D([], [], marker="D", mfc="none", mec=ORANGE, ls="", label="the paper"),
        Line2D([], [], color=GRAY, ls="--", label="chance"),
        Rectangle((0, 0), 1, 1, color="0.88", label="95% of permutations"),
    ]
    axis.legend(
        handles=handles, fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False
    )
    axis.set_title(titled("Named without the subject, and with it", _states(records)))
    sns.despine(figure)
    return figure


def remedies(
    names: Sequence[str], crops: Sequence[dict[str, Any]], wholes: Sequence[dict[str, Any]]
) -> Figure:
    """Draw the accuracies of crop and whole image, a line a remedy, with intervals and chance."""
    figure, axis = plt.subplots(figsize=(7, 0.55 * len(names) + 1.2))
    kinds = (("crop", crops, "o", ORANGE, -0.12), ("whole image", wholes, "s", BLUE, 0.12))
    for _, records, mark, colour, shift in kinds:
        for place, record in enumerate(records):
            low, high = (
                record["estimate"] - record["ci_low"],
                record["ci_high"] - record["estimate"],
            )
            axis.errorbar(
                record["estimate"], place + shift, xerr=[[low], [high]], fmt=mark, color=colour,
                capsize=3,
            )  # fmt: skip
    for place, record in enumerate(crops):
        axis.plot([record["chance"]] * 2, [place - 0.35, place + 0.35], color=GRAY, ls="--", lw=1)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set(xlim=(0, 1.02), xlabel="accuracy on held-out images")
    handles = [
        Line2D([], [], marker=mark, color=colour, label=f"{kind}, 95% interval")
        for kind, _, mark, colour, _ in kinds
    ]
    axis.legend(
        handles=[*handles, Line2D([], [], color=GRAY, ls="--", label="chance")],
        fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False,
    )  # fmt: skip
    axis.set_title(titled("What each remedy leaves", _states([*crops, *wholes])))
    sns.despine(figure)
    return figure


def leak_map(places: pd.DataFrame, images: ImageSet) -> Figure:
    """Draw a leak map beside the mean image; round marks have an interval above chance."""
    rows = np.linspace(0, len(images) - 1, min(len(images), 200)).astype(int)
    mean = np.mean([images.read(int(row), "gray") for row in rows], axis=0).squeeze()
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6), width_ratios=[1, 1.2])
    left.imshow(mean, cmap="gray")
    left.set_title("mean image", fontsize=9)
    right.imshow(mean, cmap="gray", alpha=0.6)
    x, y = places["left"] + places["width"] / 2, places["top"] + places["height"] / 2
    leaks = places["ci_low"] > places["chance"]
    for chosen, marker, name in ((leaks, "o", "interval above chance"), (~leaks, "x", "not above")):
        dots = right.scatter(
            x[chosen], y[chosen], c=places["estimate"][chosen],
            vmin=places["chance"].mean(), vmax=1,
            cmap="viridis", marker=marker, s=60, linewidths=1.5, label=name,
        )  # fmt: skip
        if chosen.any():
            shown = dots
    figure.colorbar(shown, ax=right, label="accuracy (dark: chance)")
    right.set_title("named from a window at this place", fontsize=9)
    right.legend(
        fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, frameon=False
    )
    for axis in (left, right):
        axis.axis("off")
    figure.suptitle(titled("Where the session hides", images.state))
    return figure


def confusion(predictions: pd.DataFrame, images: ImageSet, title: str) -> Figure:
    """Draw how often each class (row) was called each class (column), as a share of the row."""
    shares = confusion_matrix(
        images.labels[predictions["image"]],
        predictions["predicted"],
        labels=range(len(images.classes)),
        normalize="true",
    )
    figure, axis = plt.subplots(figsize=(5.2, 4.4))
    sns.heatmap(
        shares,
        vmin=0,
        vmax=1,
        cmap="viridis",
        square=True,
        xticklabels=images.classes,
        yticklabels=images.classes,
        cbar_kws={"label": "share of the class's test images"},
        ax=axis,
    )
    axis.tick_params(labelsize=6)
    axis.set(xlabel="named", ylabel="true class")
    axis.set_title(titled(title, images.state))
    return figure


def _states(records: Sequence[dict[str, Any]]) -> str:
    return ", ".join(sorted({record["state"] for record in records}))
