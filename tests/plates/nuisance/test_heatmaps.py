"""Plates of known pattern."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

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


def test_bad_tables_are_refused():
    table = plates(2)
    with pytest.raises(InputError, match="one plate; there are 2"):
        heatmaps.grid(table, "value")
    with pytest.raises(InputError, match="No well has a value"):
        heatmaps.well_means(table.assign(value=np.nan), "value")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"row": lambda t: t["row"].map(lambda row: "ABCDEFGH"[row])}, "Row A is 0"),
        ({"row": lambda t: t["row"] + 0.5}, r"'row' must count wells from 0; .* \[0, 1"),
        ({"column": lambda t: t["column"].astype(float).where(t.index > 2)}, r"\[0, 1, 2\]"),
        ({"value": "high"}, "'value' must hold numbers"),
    ],
)
def test_places_that_are_no_places_are_refused_in_words(change, why):
    table = plates().assign(**change)
    with pytest.raises(InputError, match=why):
        heatmaps.grid(table, "value")


def test_a_column_that_is_not_there_is_named():
    for name in ("plate", "row", "value"):
        with pytest.raises(InputError, match=f"lacks the column '{name}'"):
            heatmaps.well_means(plates().drop(columns=name), "value")


def test_places_as_decimals_are_the_same_wells():
    table = plates()
    decimal = table.astype({"row": float, "column": "Float64"})
    assert np.array_equal(heatmaps.grid(table, "value"), heatmaps.grid(decimal, "value"))


@pytest.mark.parametrize("shape", heatmaps.SHAPES)
def test_a_usual_plate_is_known_by_its_wells(shape):
    assert heatmaps.plate_shape(plates(shape=shape)) == shape


def test_empty_outermost_wells_are_usual():
    table = plates()
    inner = table[table["row"].between(1, 6) & table["column"].between(1, 10)]
    assert heatmaps.plate_shape(inner) == (8, 12)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (range(1, 9), range(1, 13)),  # counted from 1
        (range(8), range(13)),  # part of a larger plate
        (range(2, 6), range(3, 9)),
        (range(40), range(12)),
        (range(-1, 7), range(12)),
    ],
)
def test_a_shape_that_cannot_be_known_is_asked_for(rows, columns):
    table = pd.DataFrame([(r, c) for r in rows for c in columns], columns=["row", "column"])
    with pytest.raises(InputError, match=r"Do they count from 1\? .*shape=|do not lie on a plate"):
        heatmaps.plate_shape(table)


def test_a_stated_shape_is_taken_and_must_hold_all_wells():
    quadrant = plates(shape=(8, 12)).assign(plate="p")
    assert heatmaps.plate_shape(quadrant) == (8, 12)
    assert heatmaps.plate_shape(quadrant, (16, 24)) == (16, 24)
    assert heatmaps.grid(quadrant, "value", shape=(16, 24)).shape == (16, 24)
    with pytest.raises(InputError, match="do not lie on a plate of 4 x 6 wells"):
        heatmaps.plate_shape(quadrant, (4, 6))


def test_layouts_show_a_letter_in_every_well():
    table = plates().assign(condition=lambda t: np.where(t["column"] < 6, "WT", "Null"))
    figure = grids.layouts({"p": table}, "condition", "Genotypes", "stand-in")
    axis = figure.axes[0]
    assert len(axis.texts) == 96
    letters = {(round(t.get_position()[0]), t.get_text()) for t in axis.texts}
    assert (0, "W") in letters and (11, "N") in letters
    plt.close(figure)
