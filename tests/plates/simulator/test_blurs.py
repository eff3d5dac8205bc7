"""Each fault does what it says, on a picture whose answer is known."""

import numpy as np
import pytest

from confoundlab.plates.simulator import blurs


@pytest.mark.parametrize("blur", [blurs.gaussian_blur, blurs.disc_blur])
@pytest.mark.parametrize("width", [2.0, 4.5])
def test_a_point_spreads_to_the_stated_width(blur, width):
    point = np.zeros((101, 101), np.float32)
    point[50, 50] = 1
    spread = blur(point, width)
    place = np.arange(101) - 50
    assert spread.sum() == pytest.approx(1, abs=1e-3)
    assert np.sqrt((spread.sum(axis=0) * place**2).sum()) == pytest.approx(width, rel=0.05)


def test_no_blur_is_the_picture_itself(rng):
    picture = rng.random((40, 40)).astype(np.float32)
    assert (blurs.disc_blur(picture, 0) == picture).all()
    np.testing.assert_allclose(blurs.gaussian_blur(picture, 0), picture)


@pytest.fixture
def ramp():
    return np.tile(np.linspace(0, 1000, 400, dtype=np.float32), (400, 1))


def test_faults_do_what_they_say(ramp, rng):
    low, high = np.quantile(ramp, (0.1, 0.995))
    counted = blurs.shot_noise(50)(ramp, rng)
    bright = counted[:, 390:398]
    assert bright.mean() == pytest.approx(50, rel=0.05)
    assert bright.var() == pytest.approx(50 + 4, rel=0.15)  # Poisson's, and the read noise's
    noise = blurs.read_noise(0.05)(ramp, rng) - ramp
    assert noise.std() == pytest.approx(0.05 * (high - low), rel=0.05)
    assert blurs.saturation(0.5)(ramp, rng).max() == pytest.approx((low + high) / 2)
    dark = blurs.vignetting(0.4)(np.ones((51, 51), np.float32), rng)
    assert dark[25, 25] == 1 and dark[0, 0] == pytest.approx(0.6)
    stored = blurs.eight_bits(0.5, 30)(ramp, rng)
    assert (stored == np.round(stored)).all() and stored.min() >= 0 and stored.max() <= 255
    assert np.ptp(stored[:, 41:398]) == pytest.approx(100, abs=3)
