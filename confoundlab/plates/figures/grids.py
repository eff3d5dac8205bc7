"""Figures of plates: heat maps with A1 at the top left, layouts, focus against known blur.

Colours are seaborn's colour-blind palette and viridis; classes are told by letters as well. All
figures are as wide as the book's column, so plates stand below each other rather than in one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from confoundlab.plates.nuisance import heatmaps
from confoundlab.plotting.nets import (
    GRAY,
    ORANGE,
    WIDE,
    as_text,
    colours_of,
    ink,
    legend_below,
    titled,
)
from confoundlab.types import Numbers

_EMPTY = "0.85"


@as_text
def plate_maps(
    sides: Mapping[str, Mapping[str, Numbers]],
    label: str,
    state: str,
    *,
    wells: heatmaps.Shape = (8, 12),
    across: int = 3,
) -> Figure:
    """Draw sets of plates on one scale: for one, six pilot plates above six main ones.

    Parameters
    ----------
    sides : mapping of str to mapping of str to ndarray
        Name of each set to its plates, by name, as `heatmaps.grid` or `heatmaps.site_grid` make
        them; NaN is gray.
    label : str
        Of the colour bar.
    state : str
        Of the data, for the title.
    wells : (int, int)
        Rows and columns of wells on a plate.
    across : int
        Plates in a row, at most.
    """
    across = min(across, max(len(plates) for plates in sides.values()))
    down = [-(-len(plates) // across) for plates in sides.values()]
    values = np.concatenate([one.ravel() for plates in sides.values() for one in plates.values()])
    low, high = np.nanquantile(values, [0.01, 0.99])
    # a lone plate need not be as wide as the page
    wide = min(WIDE, 3.4 * across + 0.8)
    tall = (wide - 0.8) / across * wells[0] / wells[1] + 0.45  # of a plate with its title
    figure = plt.figure(figsize=(wide, tall * sum(down) + 0.3 * len(sides)), layout="constrained")
    parts = figure.subfigures(len(sides), 1, squeeze=False, height_ratios=down)[:, 0]
    for part, lines, (name, plates) in zip(parts, down, sides.items(), strict=True):
        own = part.subplots(lines, across, squeeze=False).ravel()
        part.suptitle(titled(name, state), fontsize=10)
        for axis in own[len(plates) :]:
            axis.remove()
        for axis, (plate, shown) in zip(own, plates.items(), strict=False):
            picture = _plate(axis, shown, wells, "viridis", low, high)
            axis.set_title(plate, fontsize=8)
        # one scale, but a bar beside each set: all plates stay of one size
        part.colorbar(picture, ax=own[: len(plates)], label=label, shrink=0.8)
    return figure


@as_text
def layouts(
    tables: Mapping[str, pd.DataFrame],
    column: str,
    title: str,
    state: str,
    wells: heatmaps.Shape = (8, 12),
) -> Figure:
    """Draw which class lies in which well, a plate a panel, with the class's letter in the well.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Plate to its wells or sites: row, column, and the class.
    column : str
        Of the class.
    title, state : str
        As said.
    wells : (int, int)
        Rows and columns of a plate.
    """
    classes = sorted({name for table in tables.values() for name in table[column]})
    letters = _letters(classes)
    colours = colours_of(classes)
    across = min(2, len(tables))
    down = -(-len(tables) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDE * across / 2, 2.6 * down + 0.6), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis in axes.flat[len(tables) :]:
        axis.remove()
    for axis, (plate, table) in zip(axes.flat, tables.items(), strict=False):
        each = table.drop_duplicates(["row", "column"])
        shown = np.full(heatmaps.plate_shape(table, wells), np.nan)
        shown[each["row"], each["column"]] = [classes.index(name) for name in each[column]]
        shades = ListedColormap(list(colours.values()))
        _plate(axis, shown, wells, shades, -0.5, len(classes) - 0.5)
        for row, place, name in zip(each["row"], each["column"], each[column], strict=True):
            axis.text(
                place, row, letters[name], ha="center", va="center", fontsize=7,
                color=ink(colours[name]),
            )  # fmt: skip
        axis.set_title(plate, fontsize=8)
    handles = [
        Rectangle((0, 0), 1, 1, color=colour, label=f"{letters[name]}: {name}")
        for name, colour in colours.items()
    ]
    legend_below(figure, handles, columns=3)
    figure.suptitle(titled(title, state), fontsize=10)
    return figure


@as_text
def focus_against_blur(blurred: pd.DataFrame, sites: pd.DataFrame, state: str) -> Figure:
    """Draw measured widths of edges against known blurs, beside sites in focus and out of focus.

    Parameters
    ----------
    blurred : DataFrame
        From `real.known_blurs`: a line a well, a panel a fault.
    sites : DataFrame
        ``in focus`` and ``width`` of untouched sites.
    state : str
        Of the data, for the title.
    """
    faults = blurred["fault"].unique()
    figure, axes = plt.subplots(
        -(-(len(faults) + 1) // 3), 3, figsize=(WIDE, 0.7 * (len(faults) + 3)), sharey=True,
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis, fault in zip(axes.flat[1:], faults, strict=False):
        own = blurred[blurred["fault"] == fault].pivot_table("width", "blur", "well")
        axis.plot(own.index, own.to_numpy(), color=GRAY, lw=0.8)
        axis.plot(own.index, own.median(axis=1), "o-", color=ORANGE, ms=3)
        axis.set_title(fault, fontsize=8)
        axis.set_xlabel("known blur (px)", fontsize=8)
    for axis in axes.flat[len(faults) + 1 :]:
        axis.remove()
    first = axes.flat[0]
    sns.stripplot(
        data=sites.assign(site=np.where(sites["in focus"], "in focus", "plane 00")),
        x="site", y="width", ax=first, size=4, color=GRAY, order=["in focus", "plane 00"],
    )  # fmt: skip
    first.set(xlabel="", title="untouched sites")
    first.title.set_fontsize(8)
    for axis in axes[:, 0]:
        axis.set_ylabel("width of edges (px)", fontsize=8)
    figure.suptitle(titled("A measure of focus against known blurs", state), fontsize=10)
    sns.despine(figure)
    return figure


@as_text
def by_group(
    table: pd.DataFrame, group: str, value: str, label: str, title: str, state: str
) -> Figure:
    """Draw a value of plates by their group, such as a date: a dot a plate, a bar at the median."""
    order = sorted(table[group].unique())
    figure, axis = plt.subplots(figsize=(WIDE, 0.45 * len(order) + 1.2), layout="constrained")
    sns.stripplot(
        data=table, y=group, x=value, order=order, ax=axis, size=4, color=GRAY, jitter=0.25
    )
    for place, name in enumerate(order):
        middle = table.loc[table[group] == name, value].median()
        axis.plot([middle] * 2, [place - 0.35, place + 0.35], color=ORANGE, lw=2)
    axis.set(xlabel=label, ylabel="")
    axis.set_title(titled(title, state), fontsize=10)
    sns.despine(figure)
    return figure


def _plate(
    axis: Axes,
    shown: Numbers,
    wells: tuple[int, int],
    colours: str | ListedColormap,
    low: float,
    high: float,
) -> AxesImage:
    """Draw one plate with row letters and column numbers; A1 is at the top left."""
    rows, across = wells
    side = shown.shape[0] // rows
    axis.set_facecolor(_EMPTY)
    picture = axis.imshow(
        shown, cmap=colours, vmin=low, vmax=high, origin="upper", interpolation="nearest"
    )
    # as many as have room: of 96 wells all rows and every second column, of 384 every third
    beside, below = range(0, rows, 1 if rows == 8 else 3), range(0, across, 2 if rows == 8 else 3)
    middle = (side - 1) / 2
    axis.set_xticks(np.array(below) * side + middle, [str(1 + one) for one in below])
    axis.set_yticks(np.array(beside) * side + middle, [chr(ord("A") + one) for one in beside])
    axis.tick_params(labelsize=8, length=0)
    return picture


def _letters(names: Sequence[str]) -> dict[str, str]:
    """Return a short mark for each class: its initial, or a number where initials repeat."""
    initials = [name[0].upper() for name in names]
    if len(set(initials)) == len(names):
        return dict(zip(names, initials, strict=True))
    return {name: str(1 + place) for place, name in enumerate(names)}
