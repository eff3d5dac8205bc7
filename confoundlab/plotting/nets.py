"""Still figures of what nets named. Every one of simulated images says so in its title.

Colours are seaborn's colour-blind palette; what matters is told by position or shape as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.typing import ColorType
from sklearn.metrics import confusion_matrix

from confoundlab.croppers.crops import AsIs
from confoundlab.escape import terminal
from confoundlab.images.imageset import ImageSet, View

P = ParamSpec("P")
Drawn = TypeVar("Drawn", bound=Figure | None)
# Inches. At a notebook's 100 dots to the inch this is the column of the book on a desk's screen:
# what is wider is shown smaller there, letters too.
WIDE = 6.9
PALETTE = sns.color_palette("colorblind")
BLUE, ORANGE = PALETTE[:2]
GRAY = "0.45"
# A condition has one colour in all figures of all studies; other columns have these colours last.
_CONDITIONS = {
    **dict.fromkeys(("SMA", "TDPmut", "Null"), PALETTE[3]),
    **dict.fromkeys(("healthy", "TDPwt", "WT"), PALETTE[2]),
    "HET": PALETTE[4],
    "control line": PALETTE[9],
}
_OTHERS = [PALETTE[place] for place in (0, 1, 4, 9, 7, 5, 6, 8, 3, 2)]
_DARK = 0.18  # luminance below which white letters are read better than black ones
_ALL = AsIs()
UNTRAINED = "a net named one class only"  # of places of a leak map


def as_text(draw: Callable[P, Drawn]) -> Callable[P, Drawn]:
    """Decorate what draws: names that it is given are text.

    A `$` begins no formula. What no font has a picture of, such as controls, marks that turn text
    around, and halves of characters, is written out (`escape.terminal`) in texts, tables, and
    lists and mappings of them.
    """

    @functools.wraps(draw)
    def drawn(*given: P.args, **options: P.kwargs) -> Drawn:
        # one parameter is put back; `rc_context` would undo what a kernel set meanwhile
        before = mpl.rcParams["text.parse_math"]
        mpl.rcParams["text.parse_math"] = False
        try:
            return draw(*_seen(given), **_seen(options))
        finally:
            mpl.rcParams["text.parse_math"] = before

    return drawn


def _seen(value: Any) -> Any:
    """Return a value in which all that is text can be drawn."""
    if isinstance(value, str):
        return value if value.isprintable() else terminal(value)
    if isinstance(value, pd.DataFrame):
        shown = value.copy(deep=False)
        for name in value.select_dtypes(exclude=["number", "bool", "datetime", "timedelta"]):
            shown[name] = value[name].map(_seen)
        return shown.rename(columns=_seen)
    if isinstance(value, Mapping):
        return {_seen(key): _seen(one) for key, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(_seen, value))
    return value


def colours_of(levels: Iterable[Any]) -> dict[Any, tuple[float, float, float]]:
    """Return a colour for each level of a column: conditions have theirs, others one in turn.

    Parameters
    ----------
    levels : iterable
        Up to ten, in the order in which colours are given out.
    """
    names = list(levels)
    taken = [_CONDITIONS[name] for name in names if name in _CONDITIONS]
    free = iter([colour for colour in _OTHERS if colour not in taken])
    return {name: _CONDITIONS[name] if name in _CONDITIONS else next(free) for name in names}


def ink(colour: ColorType) -> str:
    """Return the colour of letters that are read on a colour: black, or white on dark ones."""
    share = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue in luminance, WCAG 2
    return "w" if share @ np.power(to_rgb(colour), 2.2) < _DARK else "k"


def titled(title: str, state: str) -> str:
    """Return a title that names the state of the data unless it is real."""
    return title if state == "real" else f"{title} ({state} data)"


@as_text
def crop_sizes(table: pd.DataFrame, state: str = "real") -> Figure:
    """Draw the accuracy from crops of one corner against their size (`leakmap.crop_size_sweep`)."""
    figure, axis = plt.subplots(figsize=(5, 3))
    bars = [table["estimate"] - table["ci_low"], table["ci_high"] - table["estimate"]]
    axis.errorbar(table["size"], table["estimate"], bars, fmt="o-", color=BLUE, lw=1, capsize=4)
    axis.plot(table["size"], table["chance"], color=GRAY, ls="--", lw=1)
    axis.set(ylim=(0, 1.02), xlabel="side of the crop, pixels", ylabel="accuracy")
    axis.set_title(titled("How small a crop is enough", state))
    sns.despine(figure)
    return figure


@as_text
def accuracies(records: Sequence[dict[str, Any]], names: Sequence[str]) -> Figure:
    """Draw accuracies with their intervals, chance, the permutation null and the paper's number.

    A faint dot below is one repeat: where some nets learned and others did not, their mean is
    nobody's accuracy.
    """
    figure, axis = _rows(len(records))
    for place, record in enumerate(reversed(records)):
        low, high = record["estimate"] - record["ci_low"], record["ci_high"] - record["estimate"]
        axis.barh(place, record["null_q95"], height=0.6, color="0.88", zorder=0)
        axis.plot([record["chance"]] * 2, [place - 0.3, place + 0.3], color=GRAY, ls="--", lw=1)
        axis.errorbar(
            record["estimate"], place, xerr=[[low], [high]], fmt="o", color=BLUE, capsize=4
        )
        if len(each := record.get("per_repeat", ())) > 1:
            axis.scatter(each, [place - 0.2] * len(each), s=12, color=BLUE, alpha=0.35, lw=0)
        if record["paper"] is not None:
            axis.plot(record["paper"], place, marker="D", mfc="none", mec=ORANGE, ms=9, ls="")
    axis.set_yticks(range(len(records)), list(reversed(names)))
    metrics = " or ".join(sorted({record["metric"] for record in records}))
    axis.set(xlim=(0, 1.04), xlabel=f"{metrics} on held-out images")
    handles = [
        Line2D([], [], marker="o", color=BLUE, label="ours, 95% interval"),
        Line2D([], [], color=GRAY, ls="--", label="chance"),
        Rectangle((0, 0), 1, 1, color="0.88", label="95% of permutations"),
    ]
    if any(len(record.get("per_repeat", ())) > 1 for record in records):
        dot = Line2D([], [], marker="o", color=BLUE, alpha=0.35, ms=4, ls="", label="each repeat")
        handles.append(dot)
    if any(record["paper"] is not None for record in records):
        handles.append(Line2D([], [], marker="D", mfc="none", mec=ORANGE, ls="", label="the paper"))
    legend_below(figure, handles)
    figure.suptitle(titled("How often the class is named", _states(records)))
    sns.despine(figure)
    return figure


@as_text
def remedies(
    names: Sequence[str], crops: Sequence[dict[str, Any]], wholes: Sequence[dict[str, Any]]
) -> Figure:
    """Draw the accuracies of crop and whole image, a line a remedy, with intervals and chance."""
    figure, axis = _rows(len(names))
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
    axis.set(xlim=(0, 1.04), xlabel="accuracy on held-out images")
    handles = [
        Line2D([], [], marker=mark, color=colour, label=f"{kind}, 95% interval")
        for kind, _, mark, colour, _ in kinds
    ]
    legend_below(figure, [*handles, Line2D([], [], color=GRAY, ls="--", label="chance")])
    figure.suptitle(titled("What each remedy leaves", _states([*crops, *wholes])))
    sns.despine(figure)
    return figure


@as_text
def leak_map(
    places: pd.DataFrame, images: ImageSet, view: View = _ALL, *, metric: str = "accuracy"
) -> Figure:
    """Draw a leak map beside the mean image; round marks have an interval above chance.

    Where a net named one class only, the place is a hatched square: what did not train cannot tell
    whether there is a session to see.

    Parameters
    ----------
    places : DataFrame
        From `leakmap.leak_map`.
    images, view : ImageSet, View
        What it was made of.
    metric : str
        Of the estimates.
    """
    mean = mean_image(images, view)
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.6), layout="compressed")
    left.imshow(mean, cmap="gray")
    left.set_title("mean image", fontsize=9)
    right.imshow(mean, cmap="gray", alpha=0.6)
    named: list[PathCollection] = []
    x, y = places["left"] + places["width"] / 2, places["top"] + places["height"] / 2
    dead = places["n_dead"] > 0
    leaks = places["ci_low"] > places["chance"]
    if dead.any():
        right.scatter(
            x[dead], y[dead], marker="s", s=130, facecolor="none", edgecolor=GRAY, lw=0.8,
            hatch="//////", label=UNTRAINED,
        )  # fmt: skip
    marks = ((leaks, "o", "interval above chance"), (~leaks, "x", "not above"))
    for chosen, marker, name in marks:
        chosen &= places["n_dead"] < places["n_fits"]
        if not chosen.any():
            continue
        dots = right.scatter(
            x[chosen], y[chosen], c=places["estimate"][chosen],
            vmin=places["chance"].mean(), vmax=1,
            cmap="viridis", marker=marker, s=60, linewidths=1.5, label=name,
        )  # fmt: skip
        named.append(dots)
    for dots in named[:1]:
        figure.colorbar(dots, ax=[left, right], label=f"{metric} (dark: chance)")
    right.set_title("named from a window at this place", fontsize=9)
    right.legend(
        fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, frameon=False
    )
    for axis in (left, right):
        axis.axis("off")
    figure.suptitle(titled("Where the session hides", images.state), y=1.04)
    return figure


def mean_image(images: ImageSet, view: View = _ALL) -> npt.NDArray[np.float64]:
    """Return the mean of what a view leaves, gray, of 200 images at most: shape (height, width)."""
    rows = np.linspace(0, len(images) - 1, min(len(images), 200)).astype(int)
    shown = [view(images.read(int(row), "gray")) for row in rows]
    return np.asarray(np.mean(shown, axis=0)[:, :, 0])


@as_text
def confusion(predictions: pd.DataFrame, images: ImageSet, title: str) -> Figure:
    """Draw how often each class (row) was called each class (column), as a share of the row."""
    shares = confusion_matrix(
        images.labels[predictions["image"]],
        predictions["predicted"],
        labels=range(len(images.classes)),
        normalize="true",
    )
    figure, axis = plt.subplots(figsize=(6.4, 5.4), layout="constrained")
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
    axis.tick_params(labelsize=7)
    axis.set(xlabel="named", ylabel="true class")
    axis.set_title(titled(title, images.state))
    return figure


def legend_below(figure: Figure, handles: Sequence[Artist], *, columns: int = 4) -> None:
    """Put a legend under all panels, where it hides no data; the figure's layout makes room."""
    figure.legend(
        handles=handles, fontsize=8, frameon=False, loc="outside lower center", ncols=columns
    )


def _rows(n: int) -> tuple[Figure, Axes]:
    """Return an empty figure for n lines above each other."""
    figure, axis = plt.subplots(figsize=(WIDE, 0.48 * n + 1.4), layout="constrained")
    axis.set_ylim(-0.6, n - 0.4)
    return figure, axis


def _states(records: Sequence[dict[str, Any]]) -> str:
    return ", ".join(sorted({record["state"] for record in records}))
