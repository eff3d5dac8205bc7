"""Still figures of what the classifier sees: images beside what a view leaves of them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from confoundlab.croppers.crops import Whole, stretch
from confoundlab.images.imageset import ImageSet, View
from confoundlab.plotting.nets import ORANGE, WIDE, as_text, titled
from confoundlab.types import Colour, Indices, Pixels


@as_text
def crops(images: ImageSet, view: View, *, n_classes: int = 10, n_each: int = 1) -> Figure:
    """Show images, what a control leaves of them, and the same with contrast stretched."""
    rows = _spread(images.labels, n_classes, n_each)
    before = [images.read(row, "gray") for row in rows]
    shown = np.stack([view(image) for image in before])
    pictures = [(fill(str(view), 20), list(shown)), ("contrast\nstretched", list(stretch(shown)))]
    if shown[0].shape != before[0].shape:  # patches that were cut before are shown once
        pictures.insert(0, ("image", before))
    figure, axes = _tiles(pictures)
    for axis, row in zip(axes[0][::n_each], rows[::n_each], strict=True):
        axis.set_title(fill(images.table["label"][row], 11), fontsize=8, loc="left")
    figure.suptitle(titled("What the classifier is allowed to see", images.state))
    return figure


@as_text
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
    lines = [
        (f"mean of\n{fill(str(view), 20)}", means),
        ("contrast\nstretched", [stretch(m) for m in means]),
    ]
    if not hide_subject:
        small = whole.array(Whole(128), colour)
        portraits = [np.round(small[own].mean(axis=0)).astype(np.uint8) for own in rows]
        lines.insert(0, ("mean image", portraits))
    longest = max(map(len, images.classes))
    figure, axes = _tiles(lines, above=0.5 + 0.08 * longest if hide_subject else 0.7)
    for axis, label in zip(axes[0], images.classes, strict=True):
        title = label if hide_subject else fill(label, 11)
        axis.set_title(title, fontsize=8, rotation=90 if hide_subject else 0)
    figure.suptitle(titled("What a class has in common", images.state))
    return figure


@as_text
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
    figure, axes = plt.subplots(
        1, len(pictures), figsize=(WIDE * len(pictures) / 2, 2.9), squeeze=False,
        layout="compressed",
    )  # fmt: skip
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
    figure.suptitle(titled("Where the crop is taken", images.state))
    return figure


@as_text
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


@as_text
def sessions(pictures: Pixels, view: View) -> Figure:
    """Show simulated pictures of one session each, what a view leaves of them, and that stretched.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, height, width, channels)
        Of n sessions.
    view : View
        A crop, for one. All are stretched by one range, which keeps them as different as they are.
    """
    shown = view(pictures)
    stretched = stretch(shown.reshape(1, -1, *shown.shape[2:])).reshape(shown.shape)
    lines = [
        ("picture", pictures),
        (str(view), shown),
        ("stretched,\none range for all", stretched),
    ]
    figure, axes = _tiles([(name, list(each)) for name, each in lines])
    for number, axis in enumerate(axes[0], 1):
        axis.set_title(f"session {number}", fontsize=8)
    figure.suptitle(titled("A session each", "simulated"))
    return figure


def _tiles(
    lines: Sequence[tuple[str, Sequence[Pixels]]], *, above: float = 0.7
) -> tuple[Figure, npt.NDArray[np.object_]]:
    """Draw named lines of pictures, so many inches of titles above them.

    Returns the figure and its axes, shape (lines, pictures).
    """
    across = len(lines[0][1])
    side = min(1.1, (WIDE - 1.3) / across)  # inches; names of lines stand on the left
    tall = sum(side * shown[0].shape[0] / shown[0].shape[1] + 0.08 for _, shown in lines)
    figure, axes = plt.subplots(
        len(lines), across, figsize=(side * across + 1.3, tall + above), squeeze=False,
        layout="compressed",
    )  # fmt: skip
    for line, (name, pictures) in zip(axes, lines, strict=True):
        for axis, picture in zip(line, pictures, strict=True):
            axis.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=255)
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    return figure, axes


def _spread(labels: Indices, n_classes: int, n_each: int) -> list[int]:
    """Pick classes and, of each, images at even distances."""
    classes = np.unique(labels)
    chosen = classes[np.linspace(0, len(classes) - 1, min(n_classes, len(classes))).astype(int)]
    rows = [np.flatnonzero(labels == one) for one in chosen]
    return [int(own[at]) for own in rows for at in np.linspace(0, len(own) - 1, n_each).astype(int)]


def _moved(image: npt.NDArray[np.float64], down: int, right: int) -> npt.NDArray[np.float64]:
    """Move a picture (height, width); what comes in from outside repeats its edge."""
    rows, columns = (
        np.clip(np.arange(side) - step, 0, side - 1)
        for side, step in zip(image.shape, (down, right), strict=True)
    )
    return np.asarray(image[np.ix_(rows, columns)])
