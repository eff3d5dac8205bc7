"""Figures of the SMA study: a site and its cells, focus against the truth, worlds, remedies.

Serve Figures 1 and 2 of Venugopalan et al. (2019), and what a simulator can add to Figure 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from confoundlab.plates.analysis.folds import FoldResult
from confoundlab.plates.features.embeddings import COLOURS
from confoundlab.plates.features.nuclei import Patches, segment
from confoundlab.plates.simulator.cells import CHANNELS
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.plotting.nets import BLUE, GRAY, ORANGE, WIDE, as_text, legend_below, titled

_MARKS = {"condition": ("o", BLUE, 0.14), "batch": ("s", ORANGE, -0.14)}


@as_text
def site(plates: PlateSet, row: int) -> Figure:
    """Draw a site's five channels, and its nuclei as found and as planted (Figure 1b)."""
    image = plates.render(row)
    found, planted = segment(image[:, :, 0]), plates.centres(row)
    figure, axes = plt.subplots(2, 3, figsize=(WIDE, 5.3), layout="constrained")
    *others, last = axes.flat
    for axis, channel, picture in zip(others, CHANNELS, image.transpose(2, 0, 1), strict=True):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=max(1, picture.max()))
        axis.set_title(channel, fontsize=9)
    last.imshow(image[:, :, 0], cmap="gray", vmin=0, vmax=max(1, image[:, :, 0].max()))
    last.plot(planted[:, 1], planted[:, 0], "o", mfc="none", mec=ORANGE, ms=8, label="planted")
    last.plot(found[:, 1], found[:, 0], "+", color="w", ms=5, label="found")
    last.set_title(f"{len(found)} nuclei found, {len(planted)} planted", fontsize=9)
    last.legend(
        fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, facecolor="0.3",
        labelcolor="w",
    )  # fmt: skip
    for axis in axes.flat:
        axis.set_xticks([])
        axis.set_yticks([])
    where = plates.sites.iloc[row]
    figure.suptitle(titled(f"Plate {where['plate']}, well {where['well']}", "simulated"), y=1.03)
    return figure


@as_text
def patches(cells: Patches, *, across: int = 8) -> Figure:
    """Draw patches of both conditions in false colours, a row each."""
    conditions = sorted(cells.table["condition"].unique())
    figure, axes = plt.subplots(
        len(conditions), across, figsize=(WIDE / 8 * across, 1.1 * len(conditions) + 0.3),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    for line, condition in zip(axes, conditions, strict=True):
        own = np.flatnonzero(cells.table["condition"] == condition)
        chosen = rng.choice(own, min(across, len(own)), replace=False)
        for axis in line:
            axis.axis("off")
        for axis, picture in zip(line, COLOURS(cells.pixels[chosen]), strict=False):
            axis.imshow(picture)
        line[0].set_title(condition, fontsize=9, loc="left")
    figure.suptitle(titled("Cells as a model sees them", cells.state), fontsize=10)
    return figure


@as_text
def focus_truth(sets: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the focus score of sites against the blur that was planted, a panel a set.

    Parameters
    ----------
    sets : mapping of str to DataFrame
        Name to sites, with ``focus`` and ``blur``.
    """
    figure, axes = plt.subplots(
        1, len(sets), figsize=(WIDE / 2 * len(sets), 3), sharex=True, sharey=True, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for axis, (name, table) in zip(axes[0], sets.items(), strict=True):
        axis.plot(table["blur"], table["focus"], "o", color=BLUE, ms=2, alpha=0.5)
        axis.set_title(titled(name, "simulated"), fontsize=9)
        axis.set_xlabel("planted blur (px)")
    axes[0, 0].set_ylabel("focus score")
    sns.despine(figure)
    return figure


@as_text
def worlds(results: Mapping[str, FoldResult]) -> Figure:
    """Draw the AUC of every fold in worlds with dials at zero, lines joining the same fold."""
    figure, axis = plt.subplots(
        figsize=(min(WIDE, 1.5 * len(results) + 1.6), 4), layout="constrained"
    )
    tables = [one.table for one in results.values()]
    for fold in range(len(tables[0])):
        aucs = [table["auc"].iloc[fold] for table in tables]
        same = bool(tables[0]["same_laboratory"].iloc[fold])
        axis.plot(
            range(len(aucs)), aucs, "X-" if same else "o-", color=ORANGE if same else BLUE,
            ms=8 if same else 4, lw=1.4 if same else 0.6, alpha=1 if same else 0.6,
        )  # fmt: skip
    for place, one in enumerate(results.values()):
        e = one.evidence
        axis.errorbar(
            place + 0.2,
            e.estimate,
            [[max(0, e.estimate - e.ci_low)], [max(0, e.ci_high - e.estimate)]],
            fmt="D", color="0.1", ms=5, capsize=4,
        )  # fmt: skip
    axis.axhline(0.5, color=GRAY, ls="--", lw=1)
    axis.set_xticks(range(len(results)), list(results))
    axis.set(ylim=(-0.02, 1.02), xlim=(-0.4, len(results) - 0.4), ylabel="ROC AUC, held-out fold")
    handles = [
        Line2D([], [], marker="o", color=BLUE, label="a fold"),
        Line2D([], [], marker="X", ms=8, color=ORANGE, label="the fold of one laboratory"),
        Line2D([], [], marker="D", color="0.1", label="mean, 95% interval"),
        Line2D([], [], ls="--", color=GRAY, label="chance"),
    ]
    legend_below(figure, handles, columns=2)
    axis.set_title(titled("The same folds with a dial at zero", "simulated"), fontsize=10)
    sns.despine(figure)
    return figure


@as_text
def remedies(panels: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw how well condition and batch are told after each remedy, a panel a layout of wells.

    Parameters
    ----------
    panels : mapping of str to DataFrame
        Layout to what `after_remedies.summary` returned.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(WIDE, 4.6), squeeze=False, sharex=True,
        layout="constrained",
    )  # fmt: skip
    first: list[str] = []
    for axis, (words, table) in zip(axes[0], panels.items(), strict=True):
        names = list(dict.fromkeys(table["remedy"]))
        for told, (mark, colour, shift) in _MARKS.items():
            for _, row in table[table["told"] == told].iterrows():
                axis.errorbar(
                    row["auc"],
                    names.index(row["remedy"]) - shift,
                    xerr=[[max(0, row["auc"] - row["ci_low"])],
                          [max(0, row["ci_high"] - row["auc"])]],
                    fmt=mark, color=colour, ms=5, capsize=3,
                )  # fmt: skip
        axis.axvline(0.5, color=GRAY, ls="--", lw=1)
        # the same remedies in all panels are named once
        repeated = axis is not axes[0, 0] and names == first
        first = names
        labels = [fill(name, 22) for name in names]
        axis.set_yticks(range(len(names)), [] if repeated else labels, fontsize=9)
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.set(xlim=(-0.02, 1.02), xlabel="mean ROC AUC over folds")
        axis.set_title(words, fontsize=9)
    figure.suptitle(titled("What each correction leaves", "simulated"), fontsize=10)
    handles = [
        Line2D([], [], marker=mark, ls="", color=colour, label=f"{told} told, 95% interval")
        for told, (mark, colour, _) in _MARKS.items()
    ]
    handles.append(Line2D([], [], ls="--", color=GRAY, label="chance"))
    legend_below(figure, handles)
    sns.despine(figure)
    return figure
