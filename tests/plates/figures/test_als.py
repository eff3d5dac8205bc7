import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sown import sown

from confoundlab.plates.analysis.background import on_background
from confoundlab.plates.analysis.gaze import Gaze
from confoundlab.plates.figures import als


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sites():
    return sown(wells=2)


def title_of(figure):
    return figure.get_suptitle() or figure.axes[0].get_title()


def test_density_shows_every_site_and_both_conditions(sites):
    figure = als.density(sites)
    dots = figure.axes[0].collections[0].get_offsets()
    np.testing.assert_array_equal(dots, sites.table[["planted", "cells"]])
    assert "simulated" in title_of(figure)


def test_dials_have_a_panel_a_setting():
    table = pd.DataFrame(
        [
            {"setting": s, "model": m, "auc": a, "ci_low": a - 0.1, "ci_high": a + 0.1}
            for s, a in (("as planted", 0.9), ("both at zero", 0.5))
            for m in ("cell density", "CNN")
        ]
    )
    figure = als.dials(table, "simulated")
    assert [axis.get_title() for axis in figure.axes] == ["as planted", "both at zero"]
    drawn = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert 0.9 in drawn and "simulated" in title_of(figure)


def test_what_is_lost_is_ordered_by_its_mean():
    table = pd.DataFrame(
        {
            "how": ["alone"] * 4 + ["together"] * 2,
            "features": ["a", "b", "a", "b", *["a, b, c, d, e"] * 2],
            "lost": [0.0, 0.2, 0.1, 0.4, 0.5, 0.6],
            "fold": list("112212"),
        }
    )
    above, below = als.lost(table, "simulated").axes
    assert [text.get_text() for text in above.get_yticklabels()] == ["b", "a"]
    assert below.get_yticklabels()[0].get_text() == "a, b, c and 2 more"


def test_dependence_has_a_line_a_fold():
    table = pd.DataFrame(
        [
            {"feature": f, "fold": k, "value": v, "probability": p, "ci_low": p, "ci_high": p}
            for f in ("nuclei", "empty")
            for k in "12345"
            for v, p in ((0, 0.2), (1, 0.8))
        ]
    )
    figure = als.dependence(table, "TDPwt", "simulated")
    assert [axis.get_xlabel() for axis in figure.axes] == ["nuclei", "empty"]
    assert all(len(axis.lines) == 6 for axis in figure.axes)  # and chance
    assert figure.get_supylabel() == "probability of TDPwt"


def test_overlays_say_how_many_cells_there_are(sites):
    maps = np.random.default_rng(0).random((len(sites), 24, 24)).astype(np.float32)
    looked = Gaze(np.arange(len(sites)), sites.table["condition"].to_numpy(), maps, [])
    figure = als.overlays(looked, sites, {"TDPmut": [3, 5], "TDPwt": [1]})
    assert len(figure.axes) == 8 and figure.axes[4].get_ylabel() == "named TDPwt"
    assert figure.axes[2].get_title() == f"{sites.table['cells'][5]} cells"
    assert "simulated" in title_of(figure)


def test_shares_and_randomised_maps_are_drawn(rng):
    empty = rng.random((20, 5, 5)) < 0.5
    found = on_background(empty + 0.1, empty, np.arange(20) // 2, n_permutations=9)
    axis = als.on_empty({"TDPwt": found}, "simulated").axes[0]
    assert any(line.get_xdata()[0] == found.estimate for line in axis.lines)
    table = pd.DataFrame({"fold": ["1", "1"], "layers": [1, 5], "correlation": [0.9, 0.0]})
    figure = als.randomised(table, "simulated")
    assert figure.axes[0].lines[0].get_ydata().tolist() == [0.9, 0.0]
