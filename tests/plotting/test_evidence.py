import numpy as np
import pandas as pd
import pytest

from confoundlab.plotting import evidence as plots


def titles(figure):
    return " ".join([figure.get_suptitle(), *(axis.get_title() for axis in figure.axes)])


def test_false_alarms_draws_every_design_once(calibrated):
    figure = plots.false_alarms(calibrated)
    nulls = plots.latest_nulls(calibrated)
    dots = [
        x
        for line in figure.axes[0].lines
        if line.get_marker() in ("o", "X")
        for x in line.get_xdata()
    ]
    assert sorted(dots) == pytest.approx(sorted(nulls["rejected"]))
    assert "simulated" in titles(figure)


def test_a_second_run_takes_the_place_of_the_first(calibrated):
    row = calibrated[calibrated["kind"] == "null"].iloc[:1]
    again = row.assign(kind="null, again", rejected=0.123, replicates=1600)
    nulls = plots.latest_nulls(pd.concat([calibrated, again]))
    assert len(nulls) == len(plots.latest_nulls(calibrated))
    assert 0.123 in nulls["rejected"].to_numpy()


def test_power_and_coverage_draw_what_is_stored(calibrated):
    curves = plots.power_curves(calibrated)
    drawn = np.concatenate([c.lines[0].get_ydata() for c in curves.axes[0].containers])
    stored = calibrated[calibrated["kind"] == "power"]["rejected"]
    assert sorted(drawn) == pytest.approx(sorted(stored))
    intervals = plots.coverage(calibrated)
    lines = [line for axis in intervals.axes for line in axis.lines if line.get_marker() != "None"]
    inside = calibrated[calibrated["kind"] == "coverage"]["inside"]
    drawn = np.concatenate([line.get_ydata() for line in lines])
    assert sorted(drawn) == pytest.approx(sorted(inside))
    assert "simulated" in titles(curves) and "simulated" in titles(intervals)


def test_the_factor_map_marks_what_can_mislead_and_leaves_out_the_untested():
    row = {
        "utility": 0.9, "utility_low": 0.8, "utility_high": 1.0, "utility_p": 0.01,
        "detectability": 0.8, "detectability_low": 0.7, "detectability_high": 0.9,
        "detectability_p": 0.01,
    }  # fmt: skip
    table = pd.DataFrame(
        [
            row | {"factor": "lamp"},
            row | {"factor": "day", "detectability_p": 0.5},
            {"factor": "id"},
        ]
    )
    figure = plots.factor_map(table, "simulated")
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.texts] == ["lamp", "day"]
    one, other = (text.get_window_extent() for text in axis.texts)
    assert not one.overlaps(other)
    lamp, day = (container.lines[0] for container in axis.containers)
    assert lamp.get_markerfacecolor() != "white" and day.get_markerfacecolor() == "white"
    assert "simulated data" in titles(figure)


def test_what_was_planted_is_drawn_with_what_was_called_filled():
    trials = pd.DataFrame(
        {
            "dial": "focus", "analysis": ["a", "a", "b", "b"], "metric": "ROC AUC",
            "strength": [0.0, 1.0, 0.0, 1.0], "seed": 0, "estimate": [0.5, 0.9, 0.4, 0.8],
            "null_mean": 0.5, "p_value": [0.5, 0.01, 0.04, 0.2],
        }
    )  # fmt: skip
    first, second = plots.planted(trials).axes
    filled = [line for line in first.lines if line.get_markerfacecolor() != "white"]
    assert [value for line in filled for value in line.get_ydata()][:1] == [0.9]
    assert "dial: focus" in second.get_title()


def test_coverage_draws_what_its_axes_can_tell_apart(calibrated):
    """Intervals of differences are drawn; unequal groups and probes have tables of their own."""
    own = calibrated[calibrated["kind"] == "coverage"]
    others = [
        own.assign(metric="difference in accuracy", method="t", inside=0.91),
        own.assign(sizes="one giant", inside=0.81),
        own.assign(metric="ROC AUC of a probe", leak=1.0, inside=0.71),
    ]
    figure = plots.coverage(pd.concat([calibrated, *others]))
    drawn = np.concatenate([line.get_ydata() for axis in figure.axes for line in axis.lines])
    assert np.isclose(drawn, 0.91).any()
    assert not np.isclose(drawn, 0.81).any() and not np.isclose(drawn, 0.71).any()
