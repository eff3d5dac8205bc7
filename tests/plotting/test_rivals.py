import matplotlib.pyplot as plt
import pandas as pd
import pytest

from confoundlab.plotting import rivals as plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def table():
    rows = [
        ("ours", "free", "no leak", 0.05),
        ("ours", "free", "leak", 0.8),
        ("ours", "grouped", "no leak", 0.04),
        ("other $x$", "free", "no leak", 0.06),
        ("other $x$", "grouped", "no leak", 0.6),
    ]
    made = pd.DataFrame(rows, columns=["tool", "design", "truth", "share"])
    return made.assign(low=made["share"] - 0.02, high=made["share"] + 0.02)


def dots(axis):
    return {
        (line.get_marker(), round(float(line.get_xdata()[0]), 3), float(line.get_ydata()[0]))
        for line in axis.lines
        if len(line.get_xdata()) == 1
    }


def test_every_rate_is_a_dot_with_its_interval_and_tools_differ_by_mark(tmp_path):
    figure = plots.rivals(table())
    figure.savefig(tmp_path / "figure.png")
    left, right = figure.axes
    assert {(mark, x) for mark, x, _ in dots(left)} == {
        ("o", 0.05), ("o", 0.04), ("s", 0.06), ("s", 0.6)
    }  # fmt: skip
    assert {(mark, x) for mark, x, _ in dots(right)} == {("o", 0.8)}
    assert len({y for *_, y in dots(left)}) == 4  # none lies on another
    bars = [line.get_xdata() for line in left.lines if len(line.get_xdata()) == 2]
    assert any(bar == pytest.approx([0.03, 0.07]) for bar in bars)


def test_rows_are_designs_and_the_promise_is_dashed():
    figure = plots.rivals(table())
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["free", "grouped"]
    for axis in (left, right):
        dashed = [line for line in axis.lines if line.get_linestyle() == "--"]
        assert [line.get_xdata()[0] for line in dashed] == [0.05]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["ours", "other $x$", "5%"]
    assert "simulated" in figure.get_suptitle()
