"""Figures of the ALS study: density, dials, what models make of statistics, where nets look.

Every set here is simulated, and each title says so. Colours are seaborn's colour-blind palette;
conditions, batches and models are told by shape or place as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from confoundlab.plates.analysis.background import OnBackground, empty_background
from confoundlab.plates.analysis.gaze import Gaze
from confoundlab.plates.analysis.gradcam import scaled
from confoundlab.plates.features.embeddings import COLOURS
from confoundlab.plates.features.sites import Sites
from confoundlab.plates.studies.als import few
from confoundlab.plotting.nets import (
    BLUE,
    GRAY,
    ORANGE,
    PALETTE,
    WIDE,
    as_text,
    colours_of,
    legend_below,
    titled,
)

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


@as_text
def density(sites: Sites) -> Figure:
    """Draw counted against planted cells, and the counts of each condition."""
    table = sites.table
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.2), layout="constrained")
    conditions = sorted(table["condition"].unique())
    most = float(table[["cells", "planted"]].to_numpy().max()) + 3
    left.plot([0, most], [0, most], color=GRAY, ls="--", lw=1)
    left.scatter(table["planted"], table["cells"], s=14, color=BLUE, alpha=0.4, lw=0)
    left.set(xlim=(0, most), ylim=(0, most), xlabel="planted cells", ylabel="counted nuclei")
    sns.histplot(
        data=table, x="cells", hue="condition", element="step", ax=right, binwidth=4,
        hue_order=conditions, palette=colours_of(conditions),
    )  # fmt: skip
    right.set(xlabel="counted nuclei in a site", ylabel="sites")
    figure.suptitle(titled("Cells in a site", sites.state), fontsize=11)
    sns.despine(figure)
    return figure


@as_text
def dials(table: pd.DataFrame, state: str) -> Figure:
    """Draw the mean AUC of each model at each setting of the dials, a panel a setting.

    Parameters
    ----------
    table : DataFrame
        From `rivals.dials_table`.
    state : str
        Of the data, for the title.
    """
    settings, models = table["setting"].unique(), table["model"].unique()
    figure, axes = _panels(len(settings), 2.5, sharex=True)
    for axis, setting in zip(axes, settings, strict=True):
        own = table[table["setting"] == setting].set_index("model").loc[models]
        bars = np.abs(own[["ci_low", "ci_high"]].to_numpy().T - own["auc"].to_numpy())
        axis.axhline(0.5, color=GRAY, ls="--", lw=1)
        for place, model in enumerate(models):
            axis.errorbar(place, own["auc"][model], bars[:, [place]], fmt=_MARKS[place],
                          color=PALETTE[place], capsize=3)  # fmt: skip
        axis.set_xticks(range(len(models)), models, fontsize=8)
        axis.set_title(setting, fontsize=9)
        axis.set(xlim=(-0.6, len(models) - 0.4), ylim=(0.3, 1.02))
    figure.supylabel("ROC AUC, mean of folds", fontsize=10)
    figure.suptitle(titled("The same folds with dials at zero", state), fontsize=11)
    sns.despine(figure)
    return figure


@as_text
def lost(table: pd.DataFrame, state: str, *, most: int = 8) -> Figure:
    """Draw what AUC is lost without a statistic, shuffled alone and with those it goes with.

    Parameters
    ----------
    table : DataFrame
        From `gaze.statistics_lost`.
    state : str
        Of the data, for the title.
    most : int
        Lines a panel.
    """
    figure, axes = plt.subplots(
        2, 1, figsize=(WIDE, 0.75 * most + 1.6), layout=ConstrainedLayoutEngine(hspace=0.08)
    )
    for axis, how in zip(axes, ("alone", "together"), strict=True):
        own = table[table["how"] == how]
        means = own.groupby("features")["lost"].mean().sort_values(ascending=False)[:most]
        for place, name in enumerate(means.index):
            each = own.loc[own["features"] == name, "lost"]
            axis.plot(each, [place] * len(each), "o", color=BLUE, ms=4, alpha=0.7)
            axis.plot([means[name]] * 2, [place - 0.35, place + 0.35], color=ORANGE, lw=2)
        axis.axvline(0, color=GRAY, ls="--", lw=1)
        words = [fill(few(name), 40) for name in means.index]
        axis.set_yticks(range(len(means)), words, fontsize=8)
        axis.invert_yaxis()
        title = "shuffled by itself" if how == "alone" else "shuffled with all that go with it"
        axis.set_title(title, fontsize=9)
        axis.xaxis.set_major_locator(MaxNLocator(5))
    figure.supxlabel("ROC AUC lost; a dot a fold, the bar their mean", fontsize=10)
    figure.suptitle(titled("What the 63 statistics are worth", state), fontsize=11)
    sns.despine(figure)
    return figure


@as_text
def dependence(table: pd.DataFrame, positive: str, state: str) -> Figure:
    """Draw partial dependence, a panel a statistic and a line a fold, with intervals.

    Parameters
    ----------
    table : DataFrame
        From `gaze.statistics_set`.
    positive : str
        The condition whose probability it is.
    state : str
        Of the data, for the title.
    """
    names = table["feature"].unique()
    figure, axes = _panels(len(names), 2.4)
    for axis, name in zip(axes, names, strict=True):
        for place, (_, own) in enumerate(table[table["feature"] == name].groupby("fold")):
            colour = PALETTE[place % len(PALETTE)]
            axis.fill_between(own["value"], own["ci_low"], own["ci_high"], color=colour, alpha=0.12)
            axis.plot(own["value"], own["probability"], color=colour, lw=1.5)
        axis.axhline(0.5, color=GRAY, ls="--", lw=1)
        axis.set_xlabel(name, fontsize=9)
        axis.set_ylim(0, 1)
    figure.supylabel(f"probability of {positive}", fontsize=10)
    figure.suptitle(titled("Partial dependence", state), fontsize=11)
    sns.despine(figure)
    return figure


@as_text
def overlays(gaze: Gaze, sites: Sites, rows: Mapping[str, Sequence[int]]) -> Figure:
    """Draw sites, and over them what spoke for the condition that was named: Figure 6.

    Parameters
    ----------
    gaze : Gaze
        From `gaze.look`.
    sites : Sites
        As said; pictures are shown, so they must not be of persons.
    rows : mapping of str to sequence of int
        Named condition to numbers of maps in `gaze`, as many for each.
    """
    many = max(len(own) for own in rows.values())
    figure, axes = plt.subplots(
        len(rows), 2 * many, figsize=(min(WIDE, 2.2 * many + 0.3), 1.35 * len(rows) + 0.4),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    for line, (name, own) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(f"named {name}", fontsize=9)
        for pair, number in zip(line.reshape(many, 2), own, strict=False):
            pixels = sites.pixels[[gaze.rows[number]]]
            colours = COLOURS(pixels)[0]
            bright = np.clip(colours * (255 / max(1, np.quantile(colours, 0.995))), 0, 255)
            pair[0].imshow(bright.astype(np.uint8))
            pair[0].set_title(f"{sites.table['cells'].iloc[gaze.rows[number]]} cells", fontsize=8)
            pair[1].imshow(empty_background(pixels)[0], cmap="gray", vmin=-1, vmax=1.2)
            heat = scaled(gaze.maps[[number]])[0]
            pair[1].imshow(heat, cmap="viridis", alpha=np.clip(heat * 1.5, 0, 0.9))
    figure.suptitle(titled("Where the net looks", sites.state), fontsize=11)
    return figure


@as_text
def on_empty(found: Mapping[str, OnBackground], state: str) -> Figure:
    """Draw, for each named condition, how much more of the map is on background than of the area.

    Parameters
    ----------
    found : mapping of str to OnBackground
        From `gaze.on_empty`.
    state : str
        Of the data, for the title.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 0.6 * len(found) + 1.6), layout="constrained")
    for place, one in enumerate(found.values()):
        axis.plot(
            [one.null_mean, one.null_q95], [place] * 2, color="0.8", lw=9, solid_capstyle="butt"
        )
        axis.plot([one.ci_low, one.ci_high], [place] * 2, color=BLUE, lw=1.5)
        axis.plot(one.estimate, place, "o", color=BLUE)
    axis.axvline(0, color=GRAY, ls="--", lw=1)
    axis.set_yticks(range(len(found)), [f"named {name}" for name in found])
    axis.set_ylim(-0.6, len(found) - 0.4)
    axis.invert_yaxis()
    axis.set_xlabel("share of the map on empty background, less the share of the picture")
    handles = [
        Line2D([], [], marker="o", color=BLUE, label="95% interval"),
        Line2D([], [], color="0.8", lw=9, label="maps of other wells, mean to 95%"),
    ]
    legend_below(figure, handles)
    figure.suptitle(titled("Empty background, all test sets", state), fontsize=11)
    sns.despine(figure)
    return figure


@as_text
def randomised(table: pd.DataFrame, state: str) -> Figure:
    """Draw how alike maps stay when layers are made random, a line a fold.

    Parameters
    ----------
    table : DataFrame
        From `gaze.without_learning`.
    state : str
        Of the data, for the title.
    """
    figure, axis = plt.subplots(figsize=(5, 3), layout="constrained")
    for place, (name, own) in enumerate(table.groupby("fold")):
        axis.plot(own["layers"], own["correlation"], marker=_MARKS[place % len(_MARKS)], ms=5, lw=1,
                  color=PALETTE[place % len(PALETTE)], label=name)  # fmt: skip
    axis.axhline(0, color=GRAY, ls="--", lw=1)
    axis.set(ylim=(-0.5, 1.02), xlabel="layers made random, from the last",
             ylabel="rank correlation")  # fmt: skip
    axis.set_xticks(sorted(table["layers"].unique()))
    legend_below(figure, axis.get_legend_handles_labels()[0], columns=5)
    figure.suptitle(titled("Maps without what was learned", state), fontsize=11)
    sns.despine(figure)
    return figure


def _panels(n: int, tall: float, *, sharex: bool = False) -> tuple[Figure, list[Axes]]:
    """Return a figure and n panels, two in a row and each so many inches tall."""
    across = min(2, n)
    down = -(-n // across)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDE * across / 2, tall * down + 0.4), squeeze=False,
        sharex=sharex, sharey=True, layout="constrained",
    )  # fmt: skip
    for axis in axes.flat[n:]:
        axis.remove()
    return figure, list(axes.flat[:n])
