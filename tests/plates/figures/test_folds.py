import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.analysis.folds import leave_batch_out, leave_pair_out, linear
from confoundlab.plates.figures import folds as figures_folds
from confoundlab.plates.nuisance.wells import nuisance_in_controls
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def table():
    return lay_out(SMA_MAIN.shrunk(plates=1, wells_a_line=2, sites=1))


@pytest.fixture(scope="module")
def result(table):
    x = np.random.default_rng(0).normal(size=(len(table), 3))
    x[:, 0] += 2 * (table["condition"] == "SMA")
    return linear(
        x, table["condition"], leave_pair_out(table), wells=table["well_id"],
        units=table["line"], blocks=table["pair"], n_permutations=9,
    )  # fmt: skip


def points_of(axis):
    """y of everything drawn as a lone mark in an axis."""
    return np.concatenate([line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 1])


def test_every_fold_and_mean_is_drawn_where_it_is(result):
    figure = figures_folds.fold_aucs({"63 statistics": result, "again": result})
    axis = figure.axes[0]
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in axis.lines])
    for value in [*result.table["auc"], result.evidence.estimate]:
        assert np.isclose(drawn, value).sum() >= 2
    assert axis.get_title().endswith("(simulated data)")
    assert [label.get_text() for label in axis.get_xticklabels()] == ["63 statistics", "again"]
    assert "a fold of one laboratory" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_folds_without_laboratories_have_no_cross(table):
    x = np.random.default_rng(0).normal(size=(len(table), 3))
    folds = leave_batch_out(table)
    found = linear(
        x, table["condition"], folds, wells=table["well_id"], units=table["well_id"],
        n_permutations=9,
    )  # fmt: skip
    figure = figures_folds.fold_aucs({"one": found}, state="real")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == [
        "a fold", "mean, 95% interval", "chance"
    ]  # fmt: skip
    with pytest.raises(InputError, match="not of two lines"):
        figures_folds.folds_examined(found, table)


def test_below_each_fold_lie_its_lines_and_laboratories(result, table):
    above, below = figures_folds.folds_examined(result, table).axes
    order = result.table.sort_values("auc", ascending=False)
    words = {}
    for text in below.texts:
        x, y = text.get_position()
        words.setdefault(round(x), {})[round(y)] = text.get_text()
    where = table.drop_duplicates("line").set_index("line")["laboratory"]
    for place, name in enumerate(order["fold"]):
        shown = words[place]
        assert {shown[0], shown[-1]} == set(name.split(" / "))
        assert [shown[-2], shown[-3]] == [where[shown[0]], where[shown[-1]]]
    marks = [(line.get_marker(), float(line.get_ydata()[0])) for line in above.lines]
    (cross,) = [y for mark, y in marks if mark == "X"]
    assert cross == pytest.approx(order.loc[order["same_laboratory"], "auc"].item())


def test_nuisance_shows_both_baselines(table):
    x = np.random.default_rng(0).normal(size=(len(table), 3))
    found = nuisance_in_controls(x, table, targets=("batch", "row"), n_permutations=19)
    axis = figures_folds.nuisance(found).axes[0]
    assert [bar.get_height() for bar in axis.patches] == [one.evidence.null_q95 for one in found]
    drawn = points_of(axis)
    for one in found:
        assert np.isclose(drawn, one.evidence.estimate).any()
        assert np.isclose(drawn, one.permuted_columns).any()


def test_maps_draw_all_points_in_the_colour_of_their_level():
    points = np.random.default_rng(0).normal(size=(30, 2))
    table = pd.DataFrame({"batch": ["1", "2"] * 15, "condition": ["healthy"] * 20 + ["SMA"] * 10})
    figure = figures_folds.embedding_maps(points, table, ["condition", "batch"])
    for axis, name in zip(figure.axes, table, strict=False):
        assert axis.get_title() in table
        own = {}
        for line in axis.lines:
            own.setdefault(line.get_marker(), []).append(line.get_xydata())
        name = axis.get_title()
        for mark, level in zip(("o", "s"), sorted(table[name].unique()), strict=True):
            expected = points[table[name] == level]
            drawn = np.concatenate(own[mark])
            assert np.allclose(np.sort(drawn[:, 0]), np.sort(expected[:, 0]))
    many = pd.DataFrame({"line": [str(n) for n in range(30)]})
    with pytest.raises(InputError, match="30 levels"):
        figures_folds.embedding_maps(points, many, ["line"])
    with pytest.raises(InputError, match="as many points"):
        figures_folds.embedding_maps(points[:3], table, ["batch"])
