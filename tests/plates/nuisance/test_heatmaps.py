"""Plates of known pattern; scipy's Spearman; the null where there is no pattern."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from confoundlab.errors import InputError
from confoundlab.plates.figures import grids
from confoundlab.plates.nuisance import heatmaps


def plates(n=1, sites=1, shape=(8, 12), seed=0, value=lambda row, column: 0 * row):
    """All wells of n plates, with a level of its own each, noise of one, and a pattern."""
    rng = np.random.default_rng(seed)
    place = pd.MultiIndex.from_product(
        [range(n), range(shape[0]), range(shape[1]), range(sites)],
        names=["plate", "row", "column", "site"],
    ).to_frame(index=False)
    place["value"] = (
        10 * place["plate"] + value(place["row"], place["column"]) + rng.normal(size=len(place))
    )
    return place.assign(plate="p" + place["plate"].astype(str))


def test_a1_comes_first():
    table = pd.DataFrame(
        {"plate": "p", "row": [0, 7, 0], "column": [0, 0, 11], "site": 0, "value": [1.0, 2.0, 3.0]}
    )
    shown = heatmaps.grid(table, "value")
    assert shown.shape == (8, 12)
    assert (shown[0, 0], shown[7, 0], shown[0, 11]) == (1, 2, 3)
    assert np.isnan(shown).sum() == 96 - 3


def test_a1_is_drawn_at_the_top_left():
    shown = np.zeros((8, 12))
    shown[0, 0] = 1
    figure = grids.plate_maps({"one": {"p": shown}}, "value", "real")
    axis = figure.axes[0]
    figure.canvas.draw()
    a1, h1, a12 = axis.transData.transform([(0, 0), (0, 7), (11, 0)])
    assert a1[1] > h1[1] and a1[0] < a12[0]  # up is larger in display coordinates
    assert axis.images[0].get_array()[0, 0] == 1
    assert axis.get_yticklabels()[0].get_text() == "A"
    assert axis.get_xticklabels()[0].get_text() == "1"


def test_a_plate_of_384_wells_has_its_own_letters():
    figure = grids.plate_maps({"one": {"p": np.eye(16, 24)}}, "value", "real", wells=(16, 24))
    figure.canvas.draw()
    axis = figure.axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()][-1] == "P"
    assert axis.get_yticks()[-1] == 15


def test_six_plates_against_six_are_on_one_scale():
    both = {
        side: {f"{side}{number}": np.full((8, 12), level + number) for number in range(6)}
        for side, level in (("pilot", 0.0), ("main", 100.0))
    }
    figure = grids.plate_maps(both, "focus", "simulated")
    panels = [axis for axis in figure.axes if axis.images and axis.get_title()]
    assert len(panels) == 12
    assert len({axis.images[0].get_clim() for axis in panels}) == 1
    assert any("simulated" in part.get_suptitle() for part in figure.subfigs)


def test_sites_of_a_well_are_a_square_of_pixels():
    table = plates(sites=9).assign(value=lambda t: 100 * t["row"] + 10.0 * t["column"] + t["site"])
    shown = heatmaps.site_grid(table, "value")
    assert shown.shape == (24, 36)
    np.testing.assert_array_equal(shown[3:6, 6:9], 100 + 20 + np.arange(9).reshape(3, 3))


def test_wells_are_means_of_their_sites():
    table = plates(sites=4)
    means = table.groupby(["row", "column"])["value"].mean().to_numpy().reshape(8, 12)
    np.testing.assert_allclose(heatmaps.grid(table, "value"), means)
    table.loc[table["row"] == 0, "value"] = np.nan
    assert len(heatmaps.well_means(table, "value")) == 84


def test_distances_and_edges_of_a_plate():
    wells = plates()
    shape = heatmaps.plate_shape(wells)
    far = heatmaps.from_centre(wells, shape)
    assert far.max() == pytest.approx(np.hypot(3.5, 5.5)) and far.min() == pytest.approx(0.5**0.5)
    assert heatmaps.at_edge(wells, shape).sum() == 36
    assert heatmaps.at_edge(wells, shape, rings=2).sum() == 36 + 28
    assert heatmaps.plate_shape(plates(shape=(9, 12))) == (16, 24)


def test_one_block_is_scipys_spearman(rng):
    x = rng.normal(size=60)
    y = np.round(x + rng.normal(size=60), 1)  # with ties
    found = heatmaps.rank_correlation(x, y, np.arange(60))
    outside = spearmanr(x, y)
    assert found.estimate == pytest.approx(outside.statistic)
    assert found.ci_low < found.estimate < found.ci_high
    # two-sided: the sign changes nothing but itself
    other = heatmaps.rank_correlation(-x, y, np.arange(60))
    assert (other.estimate, other.p_value) == (-found.estimate, found.p_value)


def test_what_differs_between_blocks_counts_for_nothing(rng):
    block = np.repeat(np.arange(8), 12)
    x, y = rng.normal(size=(2, 96)) + 100 * block
    found = heatmaps.rank_correlation(x, y, block, blocks=block)
    each = [spearmanr(x[block == one], y[block == one]).statistic for one in range(8)]
    assert found.estimate == pytest.approx(np.mean(each))
    assert spearmanr(x, y).statistic > 0.9


@pytest.mark.parametrize("n", [1, 6])
def test_a_value_that_falls_off_is_found(n):
    table = plates(n, value=lambda row, column: -np.hypot(row - 3.5, column - 5.5))
    centre = heatmaps.radial(table, "value", n_permutations=199)
    edges = heatmaps.edge(table, "value", n_permutations=199)
    assert centre.p_value == 1 / 200 and centre.ci_low > 0.4
    assert edges.p_value == 1 / 200 and edges.ci_low > 0.6
    assert centre.n_groups == (6 if n == 6 else 96)


def test_the_edges_area_is_scipys():
    table = plates(value=lambda row, column: 1.0 * (row > 0))
    inner = ~heatmaps.at_edge(table, (8, 12))
    inside, outside = table["value"][inner], table["value"][~inner]
    area = mannwhitneyu(inside, outside).statistic / (len(inside) * len(outside))
    found = heatmaps.edge(table, "value", n_permutations=99)
    assert found.estimate == pytest.approx(area, abs=1e-6)


def test_without_a_pattern_few_are_called_significant():
    low = [
        heatmaps.radial(plates(2, seed=seed), "value", n_permutations=99, seed=seed).p_value <= 0.05
        for seed in range(60)
    ]
    assert sum(low) <= 8  # 3 are expected; more than 8 come once in 200


def test_bad_tables_are_refused():
    table = plates(2)
    with pytest.raises(InputError, match="one plate; there are 2"):
        heatmaps.grid(table, "value")
    with pytest.raises(InputError, match="no plate of 384"):
        heatmaps.plate_shape(table.assign(row=30))
    with pytest.raises(InputError, match="No well has a value"):
        heatmaps.radial(table.assign(value=np.nan), "value")
    inner = table[table["row"].between(1, 6) & table["column"].between(1, 10)]
    with pytest.raises(InputError, match="0 of 120 wells"):
        heatmaps.edge(inner, "value")
    with pytest.raises(InputError, match="all equal"):
        heatmaps.rank_correlation(np.ones(5), np.arange(5), np.arange(5))


def test_layouts_show_a_letter_in_every_well():
    table = plates().assign(condition=lambda t: np.where(t["column"] < 6, "WT", "Null"))
    figure = grids.layouts({"p": table}, "condition", "Genotypes", "stand-in")
    axis = figure.axes[0]
    assert len(axis.texts) == 96
    letters = {(round(t.get_position()[0]), t.get_text()) for t in axis.texts}
    assert (0, "W") in letters and (11, "N") in letters
    plt.close(figure)
