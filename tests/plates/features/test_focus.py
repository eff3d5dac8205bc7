"""Edges of known width; pictures of cells that differ in everything but focus."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import spearmanr

from confoundlab.errors import InputError
from confoundlab.plates.features.focus import edge_width, focus_score
from confoundlab.plates.simulator import blurs


def cells(n=20, size=256, seed=0):
    """Sharp discs on a dark ground, few of them very bright, as nuclei are."""
    rng = np.random.default_rng(seed)
    down, across = np.mgrid[:size, :size]
    picture = np.full((size, size), 100.0)
    for y, x, radius, level in zip(
        rng.uniform(20, size - 20, n), rng.uniform(20, size - 20, n),
        rng.uniform(10, 16, n), 100 + 900 * rng.random(n) ** 2, strict=True,
    ):  # fmt: skip
        picture[np.hypot(down - y, across - x) < radius] = level
    return picture


def blurred(width, **options):
    return blurs.gaussian_blur(cells(**options).astype(np.float32), width)


@pytest.mark.parametrize("width", [2.0, 3.5, 6.0])
def test_a_straight_edge_has_the_width_of_its_blur(width):
    step = np.zeros((128, 128), np.float32)
    step[:, 64:] = 1000
    assert edge_width(blurs.gaussian_blur(step, width)) == pytest.approx(width, rel=0.05)


def test_gain_and_offset_change_nothing():
    picture = blurred(2)
    assert edge_width(0.3 * picture + 37) == pytest.approx(edge_width(picture), rel=0.02)


@pytest.mark.parametrize("fault", list(blurs.FAULTS))
def test_ten_levels_of_blur_are_ranked_under_every_fault(fault, rng):
    levels = np.linspace(0.5, 6, 10)
    widths = [edge_width(blurs.FAULTS[fault](blurred(level), rng)) for level in levels]
    assert spearmanr(levels, widths)[0] >= 0.98


@pytest.mark.parametrize("fault", list(blurs.FAULTS))
def test_faults_move_the_width_by_less_than_a_pixel_of_blur(fault, rng):
    for level in (1.5, 4.0):
        low, high = edge_width(blurred(level - 1)), edge_width(blurred(level + 1))
        assert low < edge_width(blurs.FAULTS[fault](blurred(level), rng)) < high


@pytest.mark.parametrize("width", [2.5, 4.0])
def test_the_number_of_cells_hardly_matters(width):
    found = [edge_width(blurred(width, n=n, seed=n)) for n in (5, 20, 60)]
    assert max(found) < edge_width(blurred(width + 1))
    assert min(found) > edge_width(blurred(width - 1))


def test_the_score_falls_from_one_with_blur():
    scores = [focus_score(blurred(width)) for width in (0.5, 2, 4, 8)]
    assert all(0 < score < 1 for score in scores)
    assert np.all(np.diff(scores) < 0)


def test_where_nothing_is_to_be_seen_there_is_no_focus(rng):
    assert np.isnan(focus_score(np.full((64, 64), 7.0)))
    for _ in range(20):
        assert np.isnan(edge_width(rng.normal(100, 5, (200, 200))))
        assert np.isnan(edge_width(rng.poisson(20, (200, 200))))


def test_noise_is_taken_off():
    rng = np.random.default_rng(1)
    picture = blurred(5)
    noisy = picture + rng.normal(0, 30, picture.shape)
    assert edge_width(noisy) == pytest.approx(edge_width(picture), rel=0.1)
    # without the noise's share the edges would look sharper
    steep = [ndimage.gaussian_gradient_magnitude(one, 1.5).mean() for one in (noisy, picture)]
    assert steep[0] > 1.05 * steep[1]


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (np.zeros((64, 64, 3)), "one channel"),
        (np.zeros((20, 64)), "32x32"),
        (np.full((64, 64), np.nan), "missing"),
    ],
)
def test_pictures_that_cannot_be_measured_are_refused(picture, why):
    with pytest.raises(InputError, match=why):
        edge_width(picture)
