import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from confoundlab.plates.analysis import laboratory
from confoundlab.plates.analysis.folds import leave_pair_out
from confoundlab.plates.features.nuclei import patches, segment
from confoundlab.plates.figures import sma
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import PlateSet


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def plates():
    return PlateSet(SMA_MAIN.shrunk(plates=1, wells_a_line=1, sites=1), PlateDials())


def test_a_site_shows_nuclei_where_they_are_found_and_planted(plates):
    figure = sma.site(plates, 3)
    *_, last = figure.axes
    planted, found = (line.get_xydata()[:, ::-1] for line in last.lines)
    assert np.array_equal(planted, plates.centres(3))
    assert np.array_equal(found, segment(plates.render(3)[:, :, 0]))
    assert [axis.get_title() for axis in figure.axes[:5]] == ["DNA", "ER", "RNA", "AGP", "Mito"]
    assert "simulated" in figure.get_suptitle()


def test_patches_of_both_conditions_are_shown(plates):
    sites = plates.sites
    rows = [np.flatnonzero(sites["condition"] == name)[0] for name in ("SMA", "healthy")]
    cells = patches(plates.subset(rows), size=32, per_site=4)
    figure = sma.patches(cells, across=4)
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert "SMA" in titles and "healthy" in titles
    assert sum(bool(axis.images) for axis in figure.axes) == len(cells)


def test_focus_is_drawn_against_the_planted_blur():
    table = pd.DataFrame({"blur": [0.0, 1.0, 3.0], "focus": [0.9, 0.7, 0.2]})
    figure = sma.focus_truth({"pilot": table, "main": table[:1]})
    assert [len(axis.lines[0].get_xdata()) for axis in figure.axes] == [3, 1]
    assert all("simulated" in axis.get_title() for axis in figure.axes)


def test_worlds_join_the_points_of_a_fold():
    table = lay_out(SMA_MAIN.shrunk(plates=1, wells_a_line=2, sites=1))
    x = np.random.default_rng(0).normal(size=(len(table), 3))
    folds = leave_pair_out(table)
    one, other = (
        laboratory.unseen_people(x + shift * np.eye(1, 3) * table["pair"].to_numpy()[:, None],
                                 table, folds, n_permutations=1)
        for shift in (0, 1)
    )  # fmt: skip
    axis = sma.worlds({"as planted": one, "no phenotype": other}).axes[0]
    joined = [line.get_ydata() for line in axis.lines[:12]]
    assert np.allclose(joined, np.c_[one.table["auc"], other.table["auc"]])
    crosses = [line.get_marker() == "X" for line in axis.lines[:12]]
    assert crosses == one.table["same_laboratory"].tolist()


def test_remedies_have_a_row_each_in_every_panel():
    table = pd.DataFrame(
        {
            "remedy": ["none", "none", "ComBat", "ComBat"],
            "told": ["condition", "batch"] * 2,
            "auc": [0.7, 0.9, 0.6, 0.5],
            "ci_low": [0.6, 0.8, 0.5, 0.4],
            "ci_high": [0.8, 1.0, 0.7, 0.6],
        }
    )
    figure = sma.remedies({"as it is": table, "confounded": table[:2]})
    first, second = figure.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["none", "ComBat"]
    marks = [line for line in first.lines if line.get_marker() in "os"]
    assert sorted(float(line.get_xdata()[0]) for line in marks) == sorted(table["auc"])
    assert [text.get_text() for text in second.get_yticklabels()] == ["none"]
    assert "simulated" in figure.get_suptitle()
