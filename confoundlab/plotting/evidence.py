"""Figures about evidence: error rates, power, coverage, and which factors can mislead."""

from __future__ import annotations

from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from confoundlab.inference.power import ALPHA
from confoundlab.plotting.nets import (
    BLUE,
    GRAY,
    ORANGE,
    PALETTE,
    WIDE,
    as_text,
    legend_below,
    titled,
)

_PANELS = 3  # side by side
_MARKS = ("o", "s", "^", "D", "v", "P")


@as_text
def false_alarms(table: pd.DataFrame) -> Figure:
    """Draw each test's rate of false alarms, a dot a design, with exact 95% intervals.

    Parameters
    ----------
    table : DataFrame
        Rows of kind "null" and "null, again" from the stored calibration.
    """
    rows = latest_nulls(table)
    names = rows.groupby("test")["rejected"].max().sort_values().index.tolist()
    figure, axis = plt.subplots(figsize=(WIDE, 0.5 * len(names) + 1), layout="constrained")
    for place, name in enumerate(names):
        own = rows[rows["test"] == name].sort_values("rejected")
        heights = place + np.linspace(-0.3, 0.3, len(own)) if len(own) > 1 else [place]
        wrong = name.startswith("WRONG")
        for height, (_, row) in zip(heights, own.iterrows(), strict=True):
            axis.plot([row["rejected_low"], row["rejected_high"]], [height] * 2, color="0.8", lw=1)
        axis.plot(
            own["rejected"], heights, "X" if wrong else "o", color=ORANGE if wrong else BLUE,
            ms=6 if wrong else 4,
        )  # fmt: skip
    axis.axvline(ALPHA, color=GRAY, ls="--", lw=1)
    axis.set_xscale("symlog", linthresh=0.1)
    ticks = [0, 0.025, 0.05, 0.1, 0.3, 1]
    axis.set_xticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axis.set_yticks(range(len(names)), names)
    axis.set_xlim(-0.002, 1.1)  # marks at 1 are seen whole
    axis.set_xlabel(f"share of draws without a leak that are called significant at {ALPHA}")
    figure.suptitle(titled("False alarms", "simulated"))
    sns.despine(figure)
    return figure


def latest_nulls(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row a test and design: the last, largest run where there were several."""
    nulls = table[table["kind"].str.startswith("null")].sort_values(["kind", "replicates"])
    return nulls.drop_duplicates([*DESIGN, "test"], keep="last")


DESIGN = [
    "n_images", "images_per_group", "classes", "majority", "n_batches", "layout", "leak",
    "correlation", "sizes",
]  # fmt: skip


@as_text
def power_curves(table: pd.DataFrame) -> Figure:
    """Draw the share of planted leaks that each test finds, against their strength.

    Parameters
    ----------
    table : DataFrame
        The stored calibration.
    """
    rows = table[table["kind"] == "power"]
    designs = list(rows.groupby(["n_images", "images_per_group", "majority"], sort=True))
    down = -(-len(designs) // 2)
    figure, axes = plt.subplots(
        down, 2, figsize=(WIDE, 2.7 * down + 0.8), sharey=True, squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(designs) :]:
        axis.remove()
    for axis, (_, own) in zip(axes.flat, designs, strict=False):
        n, m, majority = own[["n_images", "images_per_group", "majority"]].iloc[0]
        for number, (name, line) in enumerate(own.groupby("test", sort=True)):
            line = line.sort_values("leak")
            axis.errorbar(
                line["leak"],
                line["rejected"],
                [line["rejected"] - line["rejected_low"], line["rejected_high"] - line["rejected"]],
                fmt=f"{_MARKS[number]}-",
                color=PALETTE[number],
                ms=4,
                lw=1,
                label=name,
            )
        axis.axhline(ALPHA, color=GRAY, ls="--", lw=1)
        share = f", {majority:.0%} one class" if majority else ", balanced"
        groups = f" in groups of {m:.0f}" if m > 1 else ""
        axis.set_title(f"{n:.0f} images{groups}{share}", fontsize=9)
        axis.set_xlabel("strength of the leak")
    for axis in axes[:, 0]:
        axis.set_ylabel("share found")
    chance = Line2D([], [], color=GRAY, ls="--", label=f"false alarms: {ALPHA:.0%}")
    legend_below(figure, [*axes[0, 0].get_legend_handles_labels()[0], chance], columns=2)
    figure.suptitle(titled("Leaks found", "simulated"))
    sns.despine(figure)
    return figure


@as_text
def coverage(table: pd.DataFrame) -> Figure:
    """Draw how often 95% intervals hold the truth, against the number of groups.

    Parameters
    ----------
    table : DataFrame
        The stored calibration.
    """
    rows = table[(table["kind"] == "coverage") & (table["images_per_group"] > 1)]
    rows = rows[~rows["metric"].str.endswith("of a probe")]  # whose truth follows from a leak
    if "sizes" in rows:
        rows = rows[rows["sizes"] == "equal"]
    # those with the most kinds of interval first: the first panel's lines are the legend
    kinds = rows.groupby("metric")["method"].nunique().sort_values(ascending=False, kind="stable")
    metrics = kinds.index.tolist()
    down = -(-len(metrics) // _PANELS)
    figure, axes = plt.subplots(
        down,
        min(_PANELS, len(metrics)),
        figsize=(WIDE, 2.6 * down + 1.2),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    methods = sorted(rows["method"].unique())
    for axis in axes.flat[len(metrics) :]:
        axis.remove()
    for axis, metric in zip(axes.flat, metrics, strict=False):
        _band(axis)
        own = rows[rows["metric"] == metric]
        for (truth, method), line in own.groupby(["truth", "method"], sort=True):
            line = line.sort_values("n_groups")
            place = sorted(own["truth"].unique()).index(truth)
            axis.plot(
                line["n_groups"],
                line["inside"],
                marker=_MARKS[place],
                ls={"logit": "-", "t": "-", "percentile": "--", "bca": ":"}[method],
                color=PALETTE[methods.index(method)],
                ms=4,
                lw=1,
                label=f"{method}, truth {truth:g}",
            )
        axis.set_xscale("log")
        axis.set_xticks([5, 10, 20, 40, 100], ["5", "10", "20", "40", "100"])
        axis.minorticks_off()
        axis.set_title(metric, fontsize=9)
        axis.set_xlabel("groups")
    figure.supylabel("share of intervals that hold the truth", fontsize=10)
    legend_below(figure, axes[0, 0].get_legend_handles_labels()[0], columns=3)
    figure.suptitle(titled("Coverage of 95% intervals", "simulated"))
    sns.despine(figure)
    return figure


@as_text
def planted(trials: pd.DataFrame) -> Figure:
    """Draw what analyses of plates find against the strength of what was planted.

    Parameters
    ----------
    trials : DataFrame
        Rows of `planted_dials.planted`, of many seeds.
    """
    kinds = list(trials.groupby(["dial", "analysis"], sort=False))
    across = 3
    down = -(-len(kinds) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(WIDE, 2.1 * down), sharex=True, squeeze=False, layout="constrained"
    )
    for axis in axes.flat[len(kinds) :]:
        axis.remove()
    rng = np.random.default_rng(0)
    for axis, ((dial, analysis), rows) in zip(axes.flat, kinds, strict=False):
        called = rows["p_value"] <= ALPHA
        places = rows["strength"] + rng.uniform(-0.04, 0.04, len(rows))
        for which, mark, colour in ((called, "o", ORANGE), (~called, "o", BLUE)):
            face = colour if colour == ORANGE else "white"
            axis.plot(places[which], rows["estimate"][which], mark, color=colour, mfc=face, ms=4)
        axis.axhline(rows["null_mean"].mean(), color=GRAY, ls="--", lw=1)
        words = fill(str(analysis), 26)
        axis.set_title(f"{words}\n(dial: {str(dial).replace('_', ' ')})", fontsize=8)
        axis.set_ylabel(fill(rows["metric"].iloc[0], 18), fontsize=8)
        axis.set_xticks(sorted(trials["strength"].unique()))
    figure.supxlabel("strength planted", fontsize=10)
    figure.suptitle(titled("Planted and found on plates", "simulated"))
    sns.despine(figure)
    return figure


def _band(axis: Axes) -> None:
    axis.axhspan(0.93, 0.97, color="0.9", zorder=0)
    axis.axhline(0.95, color=GRAY, ls="--", lw=1)


@as_text
def factor_map(table: pd.DataFrame, state: str = "real") -> Figure:
    """Draw what each factor says about the label against how well pixels tell it.

    Parameters
    ----------
    table : DataFrame
        From `nuisance.factor_map`.
    state : str
        Of the data, for the title.
    """
    figure, axis = plt.subplots(figsize=(5, 4.6))
    labels = []
    for number, (_, row) in enumerate(table.dropna(subset=["utility"]).iterrows()):
        both = row["utility_p"] < ALPHA and row["detectability_p"] < ALPHA
        axis.errorbar(
            row["detectability"],
            row["utility"],
            xerr=[[max(0, row["detectability"] - row["detectability_low"])],
                  [max(0, row["detectability_high"] - row["detectability"])]],
            yerr=[[max(0, row["utility"] - row["utility_low"])],
                  [max(0, row["utility_high"] - row["utility"])]],
            fmt=_MARKS[number % len(_MARKS)],
            color=ORANGE if both else BLUE,
            mfc=ORANGE if both else "white",
            lw=1,
        )  # fmt: skip
        label = axis.annotate(
            row["factor"],
            (row["detectability"], row["utility"]),
            xytext=(6, 6),
            textcoords="offset points",
            fontsize=9,
        )
        labels.append(label)
    axis.axvline(0.5, color=GRAY, ls="--", lw=1)
    axis.axhline(0, color=GRAY, ls="--", lw=1)
    axis.set_ylim(-0.05, 1.08)
    axis.set_xlabel("how well pixels tell it (ROC AUC)")
    axis.set_ylabel("what it says about the label (Cramér's V)")
    axis.set_title(titled("Which factors can mislead", state))
    sns.despine(figure)
    _lift_apart(figure, labels)
    return figure


def _lift_apart(figure: Figure, labels: list[Annotation]) -> None:
    """Lift labels, from the lowest upwards, until none lies on another."""
    figure.draw_without_rendering()
    taken: list[Bbox] = []
    for label in sorted(labels, key=lambda one: one.xy[1]):
        while any(label.get_window_extent().overlaps(other) for other in taken):
            across, up = label.xyann
            label.xyann = across, up + 2
        taken.append(label.get_window_extent())


@as_text
def compared(table: pd.DataFrame) -> Figure:
    """Draw the rows that two runs share: both estimates, and how far they lie apart.

    Parameters
    ----------
    table : DataFrame
        Of `comparison.rows`.
    """
    shared = table[table["difference"].notna()]
    states = sorted({*shared["state_first"], *shared["state_second"]})
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 0.5 * len(shared) + 1.6), sharey=True, width_ratios=(3, 2)
    )
    heights = np.arange(len(shared))[::-1]
    for name, colour, mark, shift in (("first", BLUE, "o", 0.12), ("second", ORANGE, "s", -0.12)):
        ends = shared[[f"ci_low_{name}", f"ci_high_{name}"]].to_numpy()
        left.hlines(heights + shift, *ends.T, color=colour, lw=1.5)
        left.plot(shared[f"estimate_{name}"], heights + shift, mark, color=colour, label=name, ms=5)
    paired = shared["low"].notna().to_numpy()
    right.hlines(heights[paired], *shared.loc[paired, ["low", "high"]].to_numpy().T, color=GRAY)
    right.plot(shared["difference"][paired], heights[paired], "D", color=GRAY, label="paired")
    right.plot(
        shared["difference"][~paired], heights[~paired], "D", color=GRAY, mfc="white",
        label="not paired: no interval",
    )  # fmt: skip
    right.axvline(0, color="0.7", ls="--", lw=1)
    names = [f"{line['row']}, {line['learner']}\n{line['view'][:38]}; {line['split'][:24]}"
             for _, line in shared.iterrows()]  # fmt: skip
    left.set_yticks(heights, names, fontsize=7)
    left.set_xlabel("estimate, with its own 95% interval")
    right.set_xlabel("second minus first, 95% of resampled groups")
    for axis in (left, right):
        axis.legend(fontsize=7, frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    figure.suptitle(titled("Two runs", "real" if states == ["real"] else " and ".join(states)))
    sns.despine(figure)
    return figure
