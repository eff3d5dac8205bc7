import numpy as np
import pytest

from confoundlab.simulation.canvas import (
    blend,
    clouds,
    cover,
    distance,
    in_channels,
    near,
    plane,
    stain,
)


def test_a_shape_ends_where_it_says():
    y, x = plane((101, 201))
    assert y[0, 0] == 1 and x[0, -1] == 201 / 101
    rho = distance(y, x, (0.2, -0.5), (0.1, 0.4), turn=0.7)
    tip = distance(*np.array([[0.2 + 0.4 * np.sin(0.7)], [-0.5 + 0.4 * np.cos(0.7)]]),
                   (0.2, -0.5), (0.1, 0.4), turn=0.7)  # fmt: skip
    assert tip == pytest.approx(1)
    rows, columns = near(y, x, (0.2, -0.5), 0.4)
    outside = np.ones((101, 201), bool)
    outside[rows, columns] = False
    assert (rho[outside] > 1).all()
    assert cover(np.array([-0.05, 0, 0.05]), 0.1).tolist() == [0, 0.5, 1]


def test_clouds_have_mean_zero_and_spread_one_everywhere():
    rng = np.random.default_rng(0)
    drawn = np.array([clouds(rng, *plane((12, 16)), 0.3) for _ in range(4000)])
    assert np.abs(drawn.mean(axis=0)).max() < 5 / np.sqrt(4000)
    assert np.abs(drawn.std(axis=0) - 1).max() < 5 / np.sqrt(8000)


def test_a_window_holds_the_texture_that_its_reach_names():
    y, x = plane((41, 41))
    rows, columns = near(y, x, (0, 0), 0.41)
    whole, part = (
        clouds(np.random.default_rng(1), *points, 0.2, reach=0.5)
        for points in ((y, x), (y[rows], x[:, columns]))
    )
    assert np.allclose(whole[rows, columns], part) and part.shape == (17, 17)


def test_a_stain_is_its_colour_inside_and_leaves_no_trace_outside():
    scene = np.full((101, 151, 3), 0.2)
    stain(scene, (0.9, 0.5, 0.1), (0.1, -0.6), (0.2, 0.3), turn=0.5, bend=0.4, edge=0.05)
    y, x = plane((101, 151))
    rho = distance(y, x, (0.1, -0.6), (0.2, 0.3), turn=0.5, bend=0.4)
    assert np.allclose(scene[rho < 0.85], (0.9, 0.5, 0.1))
    assert (scene[rho > 1.15] == 0.2).all()


def test_a_blend_is_a_weighted_mean():
    scene = np.full((2, 2, 3), 0.5)
    blend(scene, (1, 0, 0.5), np.array([[0, 1], [0.5, 0.25]]))
    assert np.allclose(scene[:, :, 0], [[0.5, 1], [0.75, 0.625]])
    assert np.allclose(scene[:, :, 1], [[0.5, 0], [0.25, 0.375]])


def test_channels():
    gray = np.array([[[0.5], [2.0]]])
    assert in_channels(gray, 3).tolist() == [[[0.5] * 3, [1.0] * 3]]
    assert in_channels(np.full((1, 1, 3), 0.4), 1) == pytest.approx(0.4)
