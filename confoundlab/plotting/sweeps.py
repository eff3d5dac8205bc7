"""Figures of sweeps: how a finding moves with a choice."""

from __future__ import annotations

import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from confoundlab.plotting.nets import GRAY, PALETTE, WIDE, as_text, legend_below, titled

_LINES = 6  # told apart by colour and mark; further ones are in the table
_MARKS = ("o", "s", "^", "D", "v", "P")
# what a setting can change in the words of a row: sizes, counts of images, seeds
_SAME = {r"\d+x\d+": "nxn", r"\d{3,}/\d{2,}": "n/n", r"seed \d+": "seed n"}


def question(line: pd.Series[Any]) -> str:
    """Return what a row of a sweep asks, in words that are the same at all sizes and seeds."""
    words = f"{line['view']}, {line['split']}, {line['learner']}"
    for pattern, same in _SAME.items():
        words = re.sub(pattern, same, words)
    return words


def lead(table: pd.DataFrame) -> list[str]:
    """Return the questions that a figure shows: those of controls first, in the table's order.

    Where some answers differ between runs, those that never do are left out: the size of whole
    images says nothing of a crop.
    """
    asked = table.assign(asked=table.apply(question, axis=1))
    answers = asked.groupby("asked")["estimate"].transform("nunique")
    asked = asked[(answers > 1) | (answers.max() == 1)]
    controls = asked[asked["p_adjusted"].notna()]
    return list(dict.fromkeys([*controls["asked"], *asked["asked"]]))[:_LINES]


@as_text
def curves(table: pd.DataFrame, name: str) -> Figure:
    """Draw what was found against one parameter of a sweep.

    Parameters
    ----------
    table : DataFrame
        Of `sweeping.table.merged`.
    name : str
        The parameter; its values need not be numbers.

    Returns
    -------
    Figure
        A mark a run, with its 95% interval; lines join the means of the runs that share a value.
        Dashed: chance.
    """
    rows = table.assign(asked=table.apply(question, axis=1), value=table[f"parameter:{name}"])
    numbers = pd.to_numeric(rows["value"], errors="coerce")
    words = sorted(rows["value"].astype(str).unique()) if numbers.isna().any() else []
    place = rows["value"].astype(str).map(words.index) if words else numbers
    rows = rows.assign(place=place.astype(float))
    figure, axis = plt.subplots(figsize=(WIDE, 4.2), layout="constrained")
    span = rows["place"].max() - rows["place"].min() or 1.0
    shown = lead(table)
    for number, asked in enumerate(shown):
        own = rows[rows["asked"] == asked]
        at = own["place"] + 0.006 * span * (number - len(shown) / 2)
        bars = np.stack([own["estimate"] - own["ci_low"], own["ci_high"] - own["estimate"]])
        colour, mark = PALETTE[number], _MARKS[number]
        axis.errorbar(at, own["estimate"], bars.clip(0), fmt=mark, ms=4, lw=0.7, color=colour,
                      alpha=0.6)  # fmt: skip
        mean = own.groupby("place")["estimate"].mean()
        axis.plot(mean.index, mean, color=colour, marker=mark, lw=1.2, label=asked)
    chance = rows[rows["asked"].isin(shown)].groupby("place")["chance"].mean()
    axis.plot(chance.index, chance, color=GRAY, ls="--", lw=1, label="chance")
    if words:
        axis.set_xticks(range(len(words)), words)
    elif (numbers == numbers.round()).all():
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))  # there is no seed of 0.2
    axis.set(ylim=(0, 1.02), xlabel=name, ylabel=" or ".join(sorted(rows["metric"].unique())))
    states = sorted(rows["state"].unique())
    axis.set_title(titled(f"What was found, by {name}", "real" if states == ["real"] else
                          " and ".join(states)))  # fmt: skip
    legend_below(figure, axis.get_legend_handles_labels()[0], columns=1)
    sns.despine(figure)
    return figure
