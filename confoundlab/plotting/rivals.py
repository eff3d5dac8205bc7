"""A figure of what other tools call on draws without a leak, and on draws with one."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from confoundlab.inference.power import ALPHA
from confoundlab.plotting.nets import GRAY, PALETTE, WIDE, as_text, legend_below, titled

_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_TALL = 0.26  # inches a dot


@as_text
def rivals(table: pd.DataFrame) -> Figure:
    """Draw the share of draws that each tool calls: false alarms left, leaks found right.

    Parameters
    ----------
    table : DataFrame
        From `report.rivals.read`. Tools are told by mark and colour; bars are exact 95% intervals.
    """
    tools = list(dict.fromkeys(table["tool"]))
    places: dict[tuple[str, str], float] = {}
    centres: dict[str, float] = {}
    at = 0.0
    for design, own in table.groupby("design", sort=False):
        asked = list(dict.fromkeys(own["tool"]))
        for step, tool in enumerate(asked):
            places[str(design), tool] = at + step
        centres[str(design)] = at + (len(asked) - 1) / 2
        at += len(asked) + 0.8
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDE, _TALL * at + 1.6), sharey=True, layout="constrained"
    )
    for axis, truth in ((left, "no leak"), (right, "leak")):
        for _, row in table[table["truth"] == truth].iterrows():
            number = tools.index(row["tool"])
            place = places[row["design"], row["tool"]]
            _dot(axis, row, place, number)
        axis.axvline(ALPHA, color=GRAY, ls="--", lw=1)
    left.set_xscale("symlog", linthresh=0.1)
    ticks = [0, 0.05, 0.1, 0.3, 1]
    left.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    left.minorticks_off()
    left.set_xlim(-0.004, 1.15)
    right.set_xticks(np.linspace(0, 1, 5), [f"{tick:.0%}" for tick in np.linspace(0, 1, 5)])
    right.set_xlim(-0.03, 1.05)
    left.set_yticks(list(centres.values()), list(centres), fontsize=8)
    left.set_ylim(at - 0.8, -0.8)  # the first design on top
    left.set_xlabel("called without a leak")
    right.set_xlabel("called with a leak")
    handles = [
        Line2D([], [], ls="", marker=_MARKS[n % len(_MARKS)], color=PALETTE[n % len(PALETTE)],
               label=tool)
        for n, tool in enumerate(tools)
    ]  # fmt: skip
    handles.append(Line2D([], [], color=GRAY, ls="--", label=f"{ALPHA:.0%}"))
    legend_below(figure, handles, columns=2)
    figure.suptitle(titled("Other tools on the same draws", "simulated"))
    sns.despine(figure)
    return figure


def _dot(axis: Axes, row: pd.Series[float], place: float, number: int) -> None:
    colour = PALETTE[number % len(PALETTE)]
    axis.plot([row["low"], row["high"]], [place] * 2, color=colour, lw=1.2)
    axis.plot(row["share"], place, _MARKS[number % len(_MARKS)], color=colour, ms=5)
