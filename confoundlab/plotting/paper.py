"""The figure of a paper's numbers beside ours: two intervals a row, simulated ones hollow."""

from __future__ import annotations

from textwrap import shorten

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from confoundlab.plotting.nets import BLUE, GRAY, ORANGE, WIDE, as_text, legend_below, titled

_SHIFT = 0.17  # of a line: ours a little above, the paper's a little below


@as_text
def against_paper(table: pd.DataFrame) -> Figure:
    """Draw what a paper prints beside ours, a line each, with intervals, chance and null.

    Parameters
    ----------
    table : DataFrame
        In the order from top to bottom: ``name``, ``view``, ``state``, ``chance``, ``null_q95``,
        and ``ours`` and ``paper``, each with ``_low`` and ``_high`` (fractions). Simulated rows
        have hollow dots.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 0.5 * len(table) + 1.6), layout="constrained")
    for place, one in enumerate(table.to_dict("records")):
        hollow = one["state"] == "simulated"
        axis.barh(place, one["null_q95"], height=0.7, color="0.88", zorder=0)
        axis.plot([one["chance"]] * 2, [place - 0.35, place + 0.35], color=GRAY, ls="--", lw=1)
        marks = (
            ("ours", "o", BLUE, "w" if hollow else BLUE, -_SHIFT),
            ("paper", "D", ORANGE, "none", _SHIFT),
        )
        for of, mark, colour, inside, shift in marks:
            value, low, high = one[of], one[f"{of}_low"], one[f"{of}_high"]
            axis.errorbar(
                value, place + shift, xerr=[[max(value - low, 0)], [max(high - value, 0)]],
                fmt=mark, color=colour, mfc=inside, capsize=3, lw=1,
            )  # fmt: skip
    names = [
        f"{name},\n{shorten(view, 32, placeholder='…')}"
        for name, view in zip(table["name"], table["view"], strict=True)
    ]
    axis.set_yticks(range(len(table)), names)
    axis.tick_params(axis="y", labelsize=8)
    axis.set(xlim=(0, 1.04), ylim=(len(table) - 0.4, -0.6), xlabel="accuracy on held-out images")
    states = set(table["state"])
    dots = [Line2D([], [], marker="o", color=BLUE, label="ours, real images")]
    if "simulated" in states:
        hollow_dot = Line2D([], [], marker="o", color=BLUE, mfc="w", label="ours, simulated")
        dots = [*dots, hollow_dot] if states - {"simulated"} else [hollow_dot]
    legend_below(
        figure,
        [
            *dots,
            Line2D([], [], marker="D", color=ORANGE, mfc="none", label="the paper"),
            Line2D([], [], color=GRAY, ls="--", label="chance"),
            Rectangle((0, 0), 1, 1, color="0.88", label="95% of permutations"),
        ],
        columns=3,
    )
    figure.suptitle(titled("The paper and ours", ", ".join(sorted(states))))
    sns.despine(figure)
    return figure
