"""A figure of how long it takes to read files as there are more, and on paper for ten million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from confoundlab.plotting.nets import GRAY, PALETTE, WIDE, as_text, legend_below

PAPER = 10_000_000  # files, on paper
_RATES = {
    "ours, eight views": "o",
    "ours": "s",
    "bare loop": "^",
    "ImageFolder and DataLoader": "D",
}
_SECONDS = {"rerun, seconds": ("ours again, nothing changed", "v")}


@as_text
def growth(sizes: Sequence[dict[str, Any]]) -> Figure:
    """Draw seconds against files, both on scales of powers.

    Parameters
    ----------
    sizes : sequence of dict
        A tree of files each, as `benchmarks/scale.py` stores them: ``images``, files a second of
        each way of reading them, and seconds of a rerun.

    Returns
    -------
    Figure
        Filled marks were measured. Hollow ones, on dotted lines, are the last rate carried on.
    """
    figure, axis = plt.subplots(figsize=(WIDE, 4.2), layout="constrained")
    images = np.array([row["images"] for row in sizes], float)
    lines = {name: (images / [row[name] for row in sizes], mark) for name, mark in _RATES.items()}
    for key, (name, mark) in _SECONDS.items():
        lines[name] = np.array([row[key] for row in sizes], float), mark
    for number, (name, (seconds, mark)) in enumerate(lines.items()):
        ink = PALETTE[number % len(PALETTE)]
        axis.plot(images, seconds, marker=mark, color=ink, label=name)
        carried = seconds[-1] * PAPER / images[-1]
        axis.plot([images[-1], PAPER], [seconds[-1], carried], ls=":", color=ink)
        axis.plot(PAPER, carried, marker=mark, color=ink, mfc="white", ls="")
    for seconds, words in ((60, "a minute"), (3600, "an hour"), (86_400, "a day")):
        axis.axhline(seconds, color=GRAY, lw=0.8)
        axis.annotate(words, (images[0], seconds), color="0.35", fontsize=8, va="bottom")
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("files")
    axis.set_ylabel("seconds")
    axis.set_title("Reading files: seconds against their number")
    legend_below(figure, axis.get_legend_handles_labels()[0], columns=3)
    return figure
