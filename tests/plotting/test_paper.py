"""The figure of a paper's numbers beside ours shows both with their intervals."""

import numpy as np
import pandas as pd

from confoundlab.plotting import against_paper

LINE = {
    "name": "COIL", "view": "crop", "state": "real", "chance": 0.1, "null_q95": 0.2, "ours": 0.5,
    "ours_low": 0.4, "ours_high": 0.7, "paper": 0.3, "paper_low": 0.25, "paper_high": 0.45,
}  # fmt: skip


def dots(figure, marker):
    return [line for line in figure.axes[0].lines if line.get_marker() == marker]


def words(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_both_numbers_are_drawn_with_their_intervals_from_top_to_bottom():
    figure = against_paper(pd.DataFrame([LINE, LINE | {"ours": 0.6, "paper": 0.4}]))
    axis = figure.axes[0]
    assert [dot.get_xdata()[0] for dot in dots(figure, "o")] == [0.5, 0.6]
    assert [dot.get_xdata()[0] for dot in dots(figure, "D")] == [0.3, 0.4]
    ends = [path.get_segments()[0][:, 0] for path in axis.collections]
    assert np.allclose(ends[:2], [[0.4, 0.7], [0.25, 0.45]])
    assert axis.yaxis_inverted() and len(axis.get_yticklabels()) == 2


def test_simulated_rows_are_hollow_and_named():
    figure = against_paper(pd.DataFrame([LINE, LINE | {"state": "simulated"}]))
    real, twin = dots(figure, "o")
    assert real.get_markerfacecolor() == real.get_color() != twin.get_markerfacecolor() == "w"
    assert words(figure)[:2] == ["ours, real images", "ours, simulated"]
    assert "simulated data" in figure._suptitle.get_text()
    only = against_paper(pd.DataFrame([LINE | {"state": "simulated"}]))
    assert words(only)[0] == "ours, simulated"
    assert words(against_paper(pd.DataFrame([LINE])))[:2] == ["ours, real images", "the paper"]
