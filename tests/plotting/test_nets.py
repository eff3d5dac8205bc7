import numpy as np
import pandas as pd
import pytest

from confoundlab.plotting import nets


def titles(figure):
    return " ".join(text.get_text() for text in [figure._suptitle] if text) + " ".join(
        axis.get_title() for axis in figure.axes
    )


def test_every_figure_of_simulated_images_says_so(twin, published):
    predictions = pd.DataFrame({"image": [0, 1], "predicted": [0, 0]})
    simulated = [record | {"state": "simulated"} for record in published[0]["evidence"]]
    figures = [
        nets.confusion(predictions, twin, "Named"),
        nets.accuracies(simulated, ["name"] * len(simulated)),
    ]
    for figure in figures:
        assert "simulated data" in titles(figure)
    assert nets.titled("Crops", "real") == "Crops"


@pytest.fixture(scope="module")
def records(published):
    """Rows of a study for which the papers print numbers."""
    one = next(one for one in published if one["study"] == "covid")
    return one["evidence"]


def test_accuracies_draw_what_is_recorded(records):
    figure = nets.accuracies(records, [str(place) for place in range(len(records))])
    dots = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == [record["estimate"] for record in reversed(records)]
    papers = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert papers == [one["paper"] for one in reversed(records) if one["paper"] is not None]
    assert papers


def test_the_legend_names_the_paper_only_where_it_prints_a_number(records):
    with_and_without = (records, [one for one in records if one["paper"] is None])
    legends = (nets.accuracies(some, ["name"] * len(some)).legends[0] for some in with_and_without)
    named = [[text.get_text() for text in legend.get_texts()] for legend in legends]
    assert "the paper" in named[0] and named[1] == named[0][:-1]


def test_each_repeat_is_a_faint_dot(records):
    some = [records[0] | {"per_repeat": [0.1, 0.6]}, records[1] | {"per_repeat": [0.3]}]
    figure = nets.accuracies(some, ["two nets", "one net"])
    (faint,) = figure.axes[0].collections[-1:]
    assert faint.get_offsets()[:, 0].tolist() == [0.1, 0.6] and faint.get_alpha() < 0.5
    assert "each repeat" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_confusion_rows_are_shares(twin):
    predictions = pd.DataFrame({"image": [0, 1, 2, 12], "predicted": [0, 0, 1, 3]})
    mesh = nets.confusion(predictions, twin, "Named").axes[0].collections[0]
    shares = np.asarray(mesh.get_array()).reshape(4, 4)
    assert np.allclose(shares[0], [2 / 3, 1 / 3, 0, 0]) and shares[1, 3] == 1


def test_conditions_have_one_colour_in_all_figures():
    sma = nets.colours_of(["SMA", "control line", "healthy"])
    als = nets.colours_of(["TDPmut", "TDPwt"])
    assert sma["SMA"] == als["TDPmut"] != sma["healthy"] == als["TDPwt"]
    assert not set(als.values()) & set(nets.colours_of("12345678").values())
    mixed = nets.colours_of(["healthy", "other", *map(str, range(8))])
    assert len(set(mixed.values())) == 10 and mixed["healthy"] == sma["healthy"]


def test_letters_are_black_on_light_colours_and_white_on_dark_ones():
    assert nets.ink(nets.BLUE) == nets.ink("0.25") == "w"
    assert nets.ink(nets.ORANGE) == nets.ink("0.8") == "k"


def test_crop_sizes_are_drawn_with_chance():
    table = pd.DataFrame(
        {"size": [12, 20], "estimate": [0.3, 0.5], "ci_low": 0.2, "ci_high": 0.6, "chance": 0.1}
    )
    (axis,) = nets.crop_sizes(table, "simulated").axes
    assert axis.lines[0].get_xdata().tolist() == [12, 20] and "simulated" in axis.get_title()
