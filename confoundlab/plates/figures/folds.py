"""Figures of models on plates: AUC fold by fold, what is in a fold, nuisance, embeddings.

Serve Figures 3, 4, 5 and 7 of Venugopalan et al. (2019). Models and levels are told by shape as
well as by colour, which is seaborn's colour-blind palette.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.typing import ColorType

from confoundlab.errors import InputError
from confoundlab.escape import terminal
from confoundlab.plates.analysis.folds import FoldResult
from confoundlab.plates.nuisance.wells import Nuisance
from confoundlab.plotting.nets import (
    BLUE,
    GRAY,
    ORANGE,
    PALETTE,
    WIDE,
    as_text,
    colours_of,
    ink,
    legend_below,
    titled,
)

MOST_LEVELS = len(PALETTE)  # of a column that colours a map
_FEW = 800  # points that are drawn larger
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")


@as_text
def fold_aucs(
    results: Mapping[str, FoldResult],
    *,
    title: str = "Unseen people",
    state: str = "simulated",
) -> Figure:
    """Draw one point a fold for each model, beside the mean with its interval (Figures 4a and 5).

    Parameters
    ----------
    results : mapping of str to FoldResult
        Model to what it reached. Folds whose two lines share a laboratory are drawn as crosses.
    title, state : str
        Of the figure, and of the data.
    """
    figure, axis = plt.subplots(
        figsize=(min(WIDE, 1.3 * len(results) + 2.2), 4), layout="constrained"
    )
    for place, result in enumerate(results.values()):
        aucs = result.table["auc"].to_numpy(float)
        same = result.table["same_laboratory"].eq(True).to_numpy(bool)
        across = place - 0.15 + _spread(aucs)
        axis.plot(across[~same], aucs[~same], "o", color=BLUE, ms=5, alpha=0.8)
        axis.plot(across[same], aucs[same], "X", color=ORANGE, ms=9)
        mean = result.evidence
        axis.errorbar(
            place + 0.25,
            mean.estimate,
            [[max(0, mean.estimate - mean.ci_low)], [max(0, mean.ci_high - mean.estimate)]],
            fmt="D", color="0.1", ms=5, capsize=4,
        )  # fmt: skip
    axis.axhline(0.5, color=GRAY, ls="--", lw=1)
    axis.set_xticks(range(len(results)), list(results))
    axis.set(xlim=(-0.6, len(results) - 0.4), ylim=(-0.02, 1.02), ylabel="ROC AUC, held-out fold")
    handles = [
        Line2D([], [], marker="o", ls="", color=BLUE, label="a fold"),
        Line2D([], [], marker="D", color="0.1", label="mean, 95% interval"),
        Line2D([], [], ls="--", color=GRAY, label="chance"),
    ]
    if any(result.table["same_laboratory"].eq(True).any() for result in results.values()):
        cross = Line2D([], [], marker="X", ls="", ms=9, color=ORANGE)
        cross.set_label("a fold of one laboratory")
        handles.insert(1, cross)
    legend_below(figure, handles)
    axis.set_title(titled(title, state), fontsize=10)
    sns.despine(figure)
    return figure


@as_text
def folds_examined(
    result: FoldResult,
    table: pd.DataFrame,
    *,
    title: str = "One fold after the other",
    state: str = "simulated",
) -> Figure:
    """Draw each fold's AUC with its interval, and who was held out, below (Figure 4b).

    Parameters
    ----------
    result : FoldResult
        Of `folds.leave_pair_out`: a fold's name is that of its two lines, " / " between.
    table : DataFrame
        Of the patches: line, condition and laboratory.
    title, state : str
        Of the figure, and of the data.

    Raises
    ------
    InputError
        A fold that is not named after two lines of the table.
    """
    known = table.drop_duplicates("line").set_index("line")[["condition", "laboratory"]]
    order = result.table.sort_values("auc", ascending=False)
    pairs = [_pair(terminal(str(name)), set(known.index)) for name in order["fold"]]
    conditions, laboratories = (sorted(known[name].unique()) for name in known)
    # the diseased line on top: lines of a pair are ordered by condition, as in all folds
    columns = [sorted(pair, key=lambda line: str(known["condition"][line])) for pair in pairs]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(min(WIDE, 0.6 * len(pairs) + 2), 4.6), sharex=True, height_ratios=[3, 1],
        layout="constrained",
    )  # fmt: skip
    for place, (_, row) in enumerate(order.iterrows()):
        same = row["same_laboratory"] is True
        above.errorbar(
            place,
            row["auc"],
            [[max(0, row["auc"] - row["ci_low"])], [max(0, row["ci_high"] - row["auc"])]],
            fmt="X" if same else "o", color=ORANGE if same else BLUE, ms=9 if same else 6,
            capsize=3,
        )  # fmt: skip
    above.axhline(0.5, color=GRAY, ls="--", lw=1)
    above.set(ylim=(-0.02, 1.02), ylabel="ROC AUC")
    colours = colours_of(conditions)
    grays = np.linspace(0.25, 0.8, len(laboratories))
    for place, pair in enumerate(columns):
        for step, line in enumerate(pair):
            condition, laboratory = map(str, known.loc[line])
            gray = grays[laboratories.index(laboratory)]
            _square(below, place, -step, colours[condition], str(line))
            _square(below, place, -2 - step, str(gray), laboratory)
    below.set(xlim=(-0.6, len(pairs) - 0.4), ylim=(-3.6, 0.6))
    below.set_xticks([])
    below.set_yticks([-0.5, -2.5], ["two lines", "laboratory"])
    below.tick_params(length=0)
    handles = [
        Rectangle((0, 0), 1, 1, color=colour, label=name) for name, colour in colours.items()
    ]
    handles += [
        Rectangle((0, 0), 1, 1, color=str(gray), label=f"laboratory {name}")
        for name, gray in zip(laboratories, grays, strict=True)
    ]
    cross = Line2D([], [], marker="X", ls="", ms=9, color=ORANGE, label="one laboratory")
    legend_below(figure, [*handles, cross], columns=5)
    above.set_title(titled(title, state), fontsize=10)
    sns.despine(ax=above)
    sns.despine(ax=below, left=True, bottom=True)
    return figure


@as_text
def nuisance(found: Sequence[Nuisance], *, state: str = "simulated") -> Figure:
    """Draw how well control wells tell each nuisance, against two baselines (Figure 7).

    Parameters
    ----------
    found : sequence of Nuisance
        From `wells.nuisance_in_controls`.
    state : str
        Of the data.
    """
    figure, axis = plt.subplots(
        figsize=(min(WIDE, 1.3 * len(found) + 2.4), 4), layout="constrained"
    )
    for place, one in enumerate(found):
        e = one.evidence
        axis.bar(place, e.null_q95, width=0.7, color="0.88", zorder=0)
        axis.plot([place - 0.35, place + 0.35], [e.chance] * 2, color=GRAY, ls="--", lw=1)
        axis.errorbar(
            place - 0.12,
            e.estimate,
            [[max(0, e.estimate - e.ci_low)], [max(0, e.ci_high - e.estimate)]],
            fmt="o", color=BLUE, capsize=4,
        )  # fmt: skip
        axis.plot(place + 0.12, one.permuted_columns, "s", mfc="w", mec=ORANGE, ms=7)
    axis.set_xticks(range(len(found)), [one.target for one in found])
    axis.set(ylim=(0, 1.02), ylabel="balanced accuracy, unseen wells")
    handles = [
        Line2D([], [], marker="o", ls="", color=BLUE, label="control wells, 95% interval"),
        Line2D([], [], marker="s", ls="", mfc="w", mec=ORANGE, label="feature columns permuted"),
        Rectangle((0, 0), 1, 1, color="0.88", label="95% of label permutations"),
        Line2D([], [], color=GRAY, ls="--", label="chance"),
    ]
    legend_below(figure, handles, columns=2)
    axis.set_title(titled("Nuisance told from control wells", state), fontsize=10)
    sns.despine(figure)
    return figure


@as_text
def embedding_maps(
    points: npt.ArrayLike,
    table: pd.DataFrame,
    colours: Sequence[str],
    *,
    title: str = "t-SNE of embeddings",
    state: str = "simulated",
) -> Figure:
    """Draw one map several times, coloured by one column after the other (Figure 3).

    Parameters
    ----------
    points : array, shape (n, 2)
        From `embeddings.tsne`.
    table : DataFrame, n rows
        Of the same patches.
    colours : sequence of str
        Columns of up to ten levels, a panel each.
    title, state : str
        Of the figure, and of the data.

    Raises
    ------
    InputError
        Lengths that differ; more than ten levels.
    """
    at = np.asarray(points, np.float64)
    if at.shape != (len(table), 2):
        raise InputError(f"{len(table)} rows need as many points (n, 2), not {at.shape}.")
    figure, axes = plt.subplots(
        1, len(colours), figsize=(min(4.2, WIDE / len(colours)) * len(colours), 4.2),
        squeeze=False, layout="constrained",
    )  # fmt: skip
    size = 5 if len(at) < _FEW else 2.5
    for axis, name in zip(axes[0], colours, strict=True):
        levels = sorted(table[name].unique())
        if len(levels) > MOST_LEVELS:
            raise InputError(
                f"Column {name!r} has {len(levels)} levels; ten colours can be told apart."
            )
        # drawn in an order of chance, so that no level hides another
        order = np.random.default_rng(0).permutation(len(at))
        codes = np.array([levels.index(value) for value in table[name]])
        shades = list(colours_of(levels).values())
        for part in np.array_split(order, 20):
            for number in np.unique(codes[part]):
                own = part[codes[part] == number]
                axis.plot(
                    *at[own].T, _MARKS[number], color=shades[number], ms=size, alpha=0.7, mew=0
                )
        handles = [
            Line2D([], [], marker=_MARKS[number], ls="", color=shades[number], label=str(level))
            for number, level in enumerate(levels)
        ]
        axis.legend(
            handles=handles, fontsize=8, frameon=False, loc="upper center", ncols=5,
            bbox_to_anchor=(0.5, 0),
        )  # fmt: skip
        axis.set_title(name, fontsize=9)
        axis.set_xticks([])
        axis.set_yticks([])
    figure.suptitle(titled(title, state), fontsize=10)
    sns.despine(figure, left=True, bottom=True)
    return figure


def _pair(fold: str, lines: set[str]) -> tuple[str, str]:
    """Return the two lines that a fold is named after; a line's name may hold the sign between."""
    for one in lines:
        other = fold.removeprefix(f"{one} / ")
        if other != fold and other in lines:
            return one, other
    raise InputError(f"Fold {fold!r} is not of two lines of the table.")


def _square(axis: Axes, x: float, y: float, colour: ColorType, text: str) -> None:
    axis.add_patch(Rectangle((x - 0.47, y - 0.46), 0.94, 0.92, color=colour, lw=0))
    axis.text(x, y, text, ha="center", va="center", fontsize=7, color=ink(colour))


def _spread(values: npt.NDArray[np.float64], step: float = 0.07) -> npt.NDArray[np.float64]:
    """Return small shifts that keep equal values apart, in the order of the values."""
    shifts = np.zeros(len(values))
    shifts[np.argsort(values, kind="stable")] = step * ((np.arange(len(values)) % 3) - 1)
    return shifts
