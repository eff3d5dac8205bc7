import time

import numpy as np
import pytest
from scipy.stats import kurtosis, skew
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops

from confoundlab.errors import InputError
from confoundlab.plates.features.handcrafted import (
    CHANNELS,
    FEATURES,
    cell_density,
    foreground,
    otsu,
    statistics,
)

SIZE = 48


def disc(radius, y=24.0, x=24.0, size=SIZE):
    rows, columns = np.mgrid[:size, :size]
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


def picture(**channels):
    """A picture of constant channels of level 10, but for those given."""
    pixels = np.full((SIZE, SIZE, 5), 10, np.uint8)
    for name, values in channels.items():
        pixels[..., CHANNELS.index(name)] = values
    return pixels


def of(pixels):
    return statistics(pixels[None]).iloc[0]


@pytest.fixture
def noisy(rng):
    """Pictures with bright blobs and correlated channels."""
    base = rng.gamma(2, 12, (6, SIZE, SIZE, 1)) + 90 * disc(9)[None, :, :, None]
    own = rng.normal(0, 8, (6, SIZE, SIZE, 5)) + 15
    return (base * [1, 0.5, 0.3, 0.8, 0.1] + own).clip(0, 255).astype(np.uint8)


def test_there_are_63_named_and_defined():
    assert len(FEATURES) == 63 and FEATURES["feature"].is_unique
    assert (FEATURES["definition"].str.len() > 0).all() and (FEATURES["unit"] != "").all()
    found = of(picture())
    assert list(found.index) == FEATURES["feature"].tolist()


def test_a_disc_on_black_is_measured_as_what_it_is():
    inside = disc(9)
    found = of(picture(DNA=np.where(inside, 200, 20)))
    assert found["DNA area"] == pytest.approx(inside.mean())
    assert found["DNA area"] * SIZE**2 == pytest.approx(np.pi * 81, rel=0.03)
    assert found["DNA foreground mean"] == found["DNA foreground p95"] == 200
    assert found["DNA background mean"] == 20
    spread = ["foreground sd", "foreground skewness", "foreground kurtosis", "background sd"]
    assert (found[[f"DNA {name}" for name in spread]] == 0).all()
    assert found["nuclei"] == 1 and found["nucleus area"] == inside.sum()
    assert found["empty"] == pytest.approx(1 - inside.mean())
    assert found["ER area"] == found["ER foreground mean"] == found["ER gradient"] == 0
    assert found["ER background mean"] == 10


def test_a_constant_picture_has_no_foreground_and_no_texture():
    found = of(picture())
    assert found["empty"] == 1 and found["nuclei"] == found["nucleus area"] == 0
    assert (found.drop([f"{c} background mean" for c in CHANNELS]).drop("empty") == 0).all()


def test_a_ramp_has_its_slope_and_neighbours_alike():
    found = of(picture(RNA=np.arange(SIZE) * 3, Mito=np.arange(SIZE)[:, None] * 2))
    assert found["RNA gradient"] == pytest.approx(3) and found["Mito gradient"] == pytest.approx(2)
    assert found["RNA area"] == 0.5
    # along the ramp: lag-1 covariance of 0..n-1; across it neighbours are equal
    away = np.arange(SIZE) - (SIZE - 1) / 2
    along = (away[1:] * away[:-1]).sum() / (away**2).mean() * SIZE
    expected = (along + SIZE * (SIZE - 1)) / (2 * SIZE * (SIZE - 1))
    assert found["RNA smoothness"] == pytest.approx(expected, rel=1e-5)
    assert found["RNA-Mito correlation"] == pytest.approx(0, abs=1e-6)


def test_a_chessboard_is_as_rough_as_can_be():
    found = of(picture(AGP=np.indices((SIZE, SIZE)).sum(0) % 2 * 100))
    assert found["AGP smoothness"] == pytest.approx(-1)
    assert found["AGP area"] == 0.5


def test_channels_that_are_one_picture_correlate(noisy):
    twin = noisy.copy()
    twin[..., 1] = noisy[..., 0] // 2
    twin[..., 2] = 255 - noisy[..., 0]
    found = statistics(twin)
    assert found["DNA-ER correlation"].min() > 0.99
    assert found["DNA-RNA correlation"].to_numpy() == pytest.approx(-1)


def test_squares_are_counted_and_small_ones_and_corners_obey_the_definition():
    dna = np.full((SIZE, SIZE), 5)
    dna[2:8, 2:8] = dna[20:30, 20:30] = 250
    dna[30:36, 30:36] = 250  # touches the second at a corner
    dna[40:44, 4:8] = 250  # 16 pixels: too small
    found = of(picture(DNA=dna))
    assert found["nuclei"] == 2
    assert found["nucleus area"] == pytest.approx((36 + 136) / 2)


def test_moments_percentiles_and_correlations_are_those_of_numpy_and_scipy(noisy):
    found = statistics(noisy)
    for number, pixels in enumerate(noisy):
        row = found.iloc[number]
        for channel, name in enumerate(CHANNELS):
            values = pixels[..., channel].astype(float)
            mask = values > threshold_otsu(pixels[..., channel])
            bright, dark = values[mask], values[~mask]
            slope = np.hypot(*np.gradient(values))
            expected = [
                mask.mean(), bright.mean(), bright.std(), skew(bright), kurtosis(bright),
                np.percentile(bright, 95, method="inverted_cdf"), dark.mean(), dark.std(),
                slope[mask].mean(),
            ]  # fmt: skip
            assert row[row.index.str.startswith(f"{name} ")][:9].to_numpy() == pytest.approx(
                expected, rel=1e-5
            )
        table = np.corrcoef(pixels.reshape(-1, 5).T.astype(float))
        correlations = row[row.index.str.contains("correlation")].to_numpy()
        assert correlations == pytest.approx(table[np.triu_indices(5, 1)], abs=1e-6)


def test_nuclei_are_those_of_scikit_image(noisy):
    found = statistics(noisy)
    for number, mask in enumerate(foreground(noisy)[..., 0]):
        areas = [one.area for one in regionprops(label(mask)) if one.area >= 20]
        assert found["nuclei"][number] == len(areas)
        assert found["nucleus area"][number] == pytest.approx(np.mean(areas))


def test_otsu_is_scikit_images(rng):
    for levels in (rng.integers(0, 256, 500), rng.choice([3, 4, 90, 200], 500), [0, 255, 255]):
        histogram = np.bincount(levels, minlength=256)
        assert otsu(histogram) == threshold_otsu(np.asarray(levels, np.uint8))


def test_pictures_do_not_depend_on_their_neighbours_in_the_stack(noisy):
    many = np.concatenate([noisy] * 40)  # more than a chunk
    assert np.allclose(statistics(many).iloc[-1], of(noisy[-1]), rtol=1e-6)


def test_density_counts_the_discs_of_each_site():
    sites = np.zeros((3, 96, 96), bool)
    for number, places in enumerate([[], [(20, 20)], [(20, 20), (60, 60), (20, 70), (0, 0)]]):
        for y, x in places:
            sites[number] |= disc(6, y, x, 96)
    assert cell_density(sites).tolist() == [0, 1, 4]
    assert cell_density(sites, min_area=60).tolist() == [0, 1, 3]  # a quarter disc is small


def test_nuclei_that_touch_are_one_in_a_mask_and_two_where_they_are_numbered():
    first, second = disc(6, 20, 20), disc(6, 20, 31)
    assert cell_density((first | second)[None]).tolist() == [1]
    numbered = np.where(second, 9, first.astype(int))
    assert cell_density(np.stack([numbered, 0 * numbered])).tolist() == [2, 0]
    assert cell_density(numbered[None], min_area=second.sum()).tolist() == [1]


def test_wrong_shapes_and_types_are_refused():
    for wrong in (
        np.zeros((2, 8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 5)),
        np.zeros((2, 1, 8, 5), np.uint8),
        np.zeros((0, 8, 8, 5), np.uint8),
    ):
        with pytest.raises(InputError):
            statistics(wrong)


def test_a_thousand_patches_take_seconds(rng):
    pixels = rng.integers(0, 256, (1000, SIZE, SIZE, 5), dtype=np.uint8)
    started = time.process_time()
    statistics(pixels)
    assert time.process_time() - started < 6  # ten thousand in well under a minute
