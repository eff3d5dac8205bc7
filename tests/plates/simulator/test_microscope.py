from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.simulator import microscope
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out
from confoundlab.plates.simulator.microscope import PlateDials, blurs, expose, gains, offsets

SITES = lay_out(SMA_MAIN.shrunk(sites=1))
MANY_BATCHES = lay_out(replace(SMA_MAIN, plates=(6,) * 80, sites=1, wells_a_line=1))
OF_GAIN = {
    "batch_gain": "batch",
    "plate_drift": "plate",
    "row_gradient": "row",
    "column_gradient": "column",
    "well": "well_id",
    "laboratory": "laboratory",
}


def test_with_all_dials_at_zero_every_setting_is_the_same_everywhere() -> None:
    zero = PlateDials()
    assert (gains(SITES, zero, 1) == 0).all()
    assert (offsets(SITES, zero, 1) == microscope.BLACK).all()
    assert (blurs(SITES, zero, 1, z_stack=False) == 0).all()
    assert (blurs(SITES, zero, 1, z_stack=True) == 0).all()


@pytest.mark.parametrize(("dial", "unit"), OF_GAIN.items())
def test_a_dial_of_gain_acts_through_its_column_alone(dial: str, unit: str) -> None:
    found = pd.DataFrame(gains(SITES, PlateDials(**{dial: 1.0}), 1))
    within = found.groupby(SITES[unit].to_numpy())
    assert (within.max() == within.min()).all(axis=None)
    assert (found.nunique() == SITES[unit].nunique()).all()
    twice = gains(SITES, PlateDials(**{dial: 2.0}), 1)
    np.testing.assert_allclose(twice, 2 * found)


def test_gradients_edge_and_laboratory_are_as_large_as_stated() -> None:
    def means(dial: str, by: object) -> np.ndarray:
        found = pd.DataFrame(gains(SITES, PlateDials(**{dial: 1.0}), 4))
        return found.groupby(np.asarray(by)).mean().to_numpy()

    for dial, place in (("row_gradient", "row"), ("column_gradient", "column")):
        by_place = means(dial, SITES[place])
        np.testing.assert_allclose(abs(by_place[-1] - by_place[0]), 0.6)
        np.testing.assert_allclose(np.diff(by_place, 2, axis=0), 0, atol=1e-12)
    by_lab = means("laboratory", SITES["laboratory"])
    np.testing.assert_allclose(abs(by_lab[0] - by_lab[1]), 0.3)
    edge = SITES["well"].str.contains("A|H|01|12").to_numpy()
    np.testing.assert_allclose(means("edge", edge), [[0.0] * 5, [0.2] * 5])


def test_batches_and_drift_spread_as_stated() -> None:
    """Against the chi-square distribution's spread: 400 draws know a spread to 3.5 %."""
    batch = MANY_BATCHES.drop_duplicates("batch")
    gain = gains(batch, PlateDials(batch_gain=1.0), 0)
    assert gain.std() == pytest.approx(0.2, rel=0.15)
    black = offsets(batch, PlateDials(batch_offset=1.0), 0) - microscope.BLACK
    assert 255 * black.std() == pytest.approx(3, rel=0.15)
    assert abs(np.corrcoef(gain.ravel(), black.ravel())[0, 1]) < 0.2
    plates = MANY_BATCHES.drop_duplicates("plate")
    walk = gains(plates, PlateDials(plate_drift=1.0), 0).reshape(80, 6, 5)
    steps = np.diff(walk, axis=1, prepend=0)
    np.testing.assert_allclose(steps.std(axis=(0, 2)), 0.05, rtol=0.15)
    assert walk[:, 5].std() == pytest.approx(0.05 * np.sqrt(6), rel=0.15)


def test_focus_falls_off_from_the_centre_and_a_stack_cures_it() -> None:
    dials = PlateDials(focus=1.0)
    away = microscope.from_centre(SITES)
    corner = SITES["well"].isin(["A01", "A12", "H01", "H12"]).to_numpy()
    np.testing.assert_allclose(away[corner], 1)
    blur = blurs(SITES, dials, 2, z_stack=False)
    line = np.polyfit(away**2, blur, 1)
    assert line[0] == pytest.approx(microscope.FALL, rel=0.1)
    assert np.corrcoef(away, blur)[0, 1] > 0.9
    cured = blurs(SITES, dials, 2, z_stack=True)
    assert cured.max() <= microscope.STACK_STEP / 2
    outer = away > 0.4  # within, what is left is as small as the defocus was
    chance = 3.3 / np.sqrt(outer.sum())  # of a correlation, once in a thousand times
    assert abs(np.corrcoef(away[outer], cured[outer])[0, 1]) < chance
    assert blurs(SITES, dials.turned(focus=3.0), 2, z_stack=True).max() > 5  # beyond the stack


def test_a_site_has_the_same_settings_in_any_order_and_any_part_of_a_set() -> None:
    every = PlateDials(**dict.fromkeys(asdict(PlateDials()), 1.0))
    rows = np.random.default_rng(0).permutation(len(SITES))[:50]
    part = SITES.iloc[rows]
    np.testing.assert_array_equal(gains(SITES, every, 7)[rows], gains(part, every, 7))
    np.testing.assert_array_equal(offsets(SITES, every, 7)[rows], offsets(part, every, 7))
    for z_stack in (False, True):
        whole = blurs(SITES, every, 7, z_stack=z_stack)
        np.testing.assert_array_equal(whole[rows], blurs(part, every, 7, z_stack=z_stack))
    assert (gains(part, every, 8) != gains(part, every, 7)).any()


def picture(scene: np.ndarray, gain=0.0, offset=0.1, blur=0.0) -> np.ndarray:
    filled = np.broadcast_to(np.float32(scene), (5, 200, 200))
    settings = np.full(5, gain), np.full(5, offset)
    return expose(filled, *settings, blur, np.random.default_rng(0))


@pytest.mark.parametrize("light", [0.0, 0.3])
def test_exposure_has_the_stated_level_and_noise(light: float) -> None:
    taken = picture(light, gain=0.4).astype(float)
    assert taken.shape == (200, 200, 5)
    signal = light * np.exp(0.4)
    noise = 255**2 * (signal / microscope.FULL_WELL + microscope.READ_NOISE**2)
    # 200,000 pixels; rounding adds 1/12.
    assert taken.mean() == pytest.approx(255 * (signal + 0.1), abs=0.05)
    assert taken.var() == pytest.approx(noise + 1 / 12, rel=0.02)


def test_defocus_spreads_a_point_by_the_stated_width() -> None:
    for blur in (1.5, 4.0):
        scene = np.zeros((5, 200, 200), np.float32)
        scene[:, 100, 100] = 0.8 * 2 * np.pi * blur**2  # so that its peak is 0.8
        taken = picture(scene, blur=blur).astype(float).sum(axis=2)[60:141, 60:141]
        light = taken - 5 * 25.5
        y, _ = np.indices(light.shape)
        light[np.hypot(y - 40, y.T - 40) > 3 * blur + 1] = 0
        width = np.sqrt((light * (y - 40) ** 2).sum() / light.sum())
        assert width == pytest.approx(blur, rel=0.08)


def test_light_beyond_the_camera_is_cut_off() -> None:
    assert (picture(3.0) == 255).all()
    assert (picture(0.0, offset=-0.5) == 0).all()


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_a_dial_is_zero_or_a_positive_number(value: float) -> None:
    with pytest.raises(InputError, match="focus"):
        PlateDials(focus=value)
