import matplotlib.pyplot as plt
import pytest

from confoundlab.plotting.growth import PAPER, growth


def test_what_was_measured_is_filled_and_what_is_on_paper_is_the_last_rate_carried_on():
    sizes = [
        {
            "images": n, "bare loop": 1000.0, "ImageFolder and DataLoader": 250.0, "ours": 500.0,
            "ours, eight views": 400.0, "rerun, seconds": n / 1e5,
        }
        for n in (1000, 10_000)
    ]  # fmt: skip
    figure = growth(sizes)
    (axis,) = figure.axes
    lines = {line.get_label(): line for line in axis.get_lines()}
    assert list(lines["ours"].get_ydata()) == [2, 20]
    assert list(lines["ours again, nothing changed"].get_ydata()) == [0.01, 0.1]
    hollow = [line for line in axis.get_lines() if line.get_markerfacecolor() == "white"]
    assert len(hollow) == 5
    ends = {line.get_color(): line.get_ydata()[0] for line in hollow}
    assert ends[lines["bare loop"].get_color()] == pytest.approx(PAPER / 1000)
    plt.close(figure)
