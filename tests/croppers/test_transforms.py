import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageFilter

from confoundlab.croppers.crops import Corner, MeanColour, Then
from confoundlab.croppers.transforms import (
    LADDER,
    FourierMagnitude,
    HaarApproximation,
    HighFrequencies,
    LowFrequencies,
    MeanLevel,
    Median,
    Normalised,
    SortedPixels,
    TileShuffle,
)
from confoundlab.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 20, 22, 3), dtype=np.uint8)
VIEWS = [
    *(view for _, view in LADDER if view is not None),
    FourierMagnitude(),
    FourierMagnitude(published=True),
    HaarApproximation(),
    HaarApproximation(published=True),
    Median(5),
    TileShuffle(2),
    Normalised(),
]
PIXELS = arrays(np.uint8, st.tuples(st.integers(2, 9), st.integers(2, 9), st.sampled_from([1, 3])))


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_transforms_are_pure_and_work_on_stacks(view):
    before = IMAGES.copy()
    together = view(IMAGES)
    assert (before == IMAGES).all() and together.dtype == np.uint8
    assert all((together[i] == view(IMAGES[i])).all() for i in range(2))
    assert (view(IMAGES[:, :, :, :1])[..., 0] == together[..., 0]).all()  # channels apart
    half = (10, 11) if isinstance(view, HaarApproximation) else (20, 22)
    assert together.shape == (2, *half, 3)
    assert not view.is_control and Then(Corner("top-left", 10, 10), view).is_control
    later = Then(view, Corner("top-left", 5, 5)).is_control
    assert later == isinstance(view, Median | HaarApproximation)


def test_names_say_what_the_pixels_depend_on():
    assert len({str(view) for view in VIEWS}) == len(VIEWS)
    assert (
        str(Then(Corner("top-left", 20, 20), Median(5))) == "crop 20x20 top-left, then 5x5 median"
    )
    assert str(TileShuffle(4, 3)) == "4x4 tiles shuffled, seed 3"


@given(PIXELS)
def test_the_ladder_keeps_what_it_says(pixels):
    flat = pixels.reshape(-1, pixels.shape[2])
    assert (MeanLevel()(pixels) == MeanColour()(pixels)).all()
    listed = SortedPixels()(pixels).reshape(flat.shape)
    assert (np.diff(listed.astype(int), axis=0) >= 0).all()
    for channel in range(flat.shape[1]):
        assert (np.bincount(listed[:, channel]) == np.bincount(flat[:, channel])).all()
    low, high = LowFrequencies(1.5)(pixels).astype(int), HighFrequencies(1.5)(pixels).astype(int)
    inside = (high > 0) & (high < 255)
    assert (np.abs(low + high - 128 - pixels)[inside] <= 1).all()  # both are rounded
    assert low.min() >= pixels.min() and low.max() <= pixels.max()


@given(
    PIXELS.filter(lambda pixels: pixels.std(axis=(0, 1)).min() > 0),
    st.integers(1, 4),
    st.integers(0, 20),
)
def test_normalising_forgets_level_and_contrast(pixels, gain, offset):
    dim = pixels // 8  # so that neither clips
    there = dim.std(axis=(0, 1)).min() > 0
    brighter = (gain * dim + offset).astype(np.uint8)
    once, again = Normalised()(dim), Normalised()(brighter)
    assert (np.abs(once.astype(int) - again) <= 1).all()  # half a level may round either way
    if there and once.min() > 0 and once.max() < 255:
        assert once.mean(axis=(0, 1)) == pytest.approx(128, abs=0.51)
        assert once.std(axis=(0, 1)) == pytest.approx(32, abs=0.51)


def test_a_flat_image_normalised_is_gray_whatever_its_level():
    flat = np.broadcast_to(np.array([0, 7, 255], np.uint8), (9, 11, 3))
    assert (Normalised()(flat) == 128).all()


def test_normalising_cuts_off_what_lies_further_than_four_deviations():
    dot = np.zeros((20, 20, 1), np.uint8)
    dot[3, 3] = 200  # 20 standard deviations above the mean
    assert Normalised()(dot)[3, 3] == 255 and Normalised()(255 - dot)[3, 3] == 0


def test_a_wave_loses_what_the_gaussian_takes():
    """Of a cosine of period p a Gaussian leaves exp(-2 (pi sigma / p)^2)."""
    period, sigma = 16, 2
    wave = 100 * np.cos(2 * np.pi * np.arange(160) / period)
    image = np.broadcast_to(np.round(128 + wave), (8, 160)).astype(np.uint8)[..., None]
    left = np.exp(-2 * (np.pi * sigma / period) ** 2)
    inside = slice(20, 140)
    low, high = (
        view(image)[4, inside, 0].astype(float) - 128
        for view in (LowFrequencies(sigma), HighFrequencies(sigma))
    )
    assert np.abs(low - left * wave[inside]).max() < 1.5
    assert np.abs(high - (1 - left) * wave[inside]).max() < 1.5


def test_high_frequencies_are_cut_off_not_wrapped():
    dot = np.zeros((15, 15, 1), np.uint8)
    dot[7, 7] = 255
    assert HighFrequencies(3)(dot)[7, 7] == 255 and HighFrequencies(3)(255 - dot)[7, 7] == 0


def test_the_corrected_spectrum_has_a_fixed_scale():
    white = np.full((6, 8, 1), 255, np.uint8)
    spectrum = FourierMagnitude()(white)
    assert spectrum[3, 4] == 255 and (spectrum > 0).sum() == 1
    dim = FourierMagnitude()(np.full((6, 8, 1), 20, np.uint8))
    assert dim[3, 4] == round(255 * np.log1p(20 * 48) / np.log1p(255 * 48))
    # a cosine of 3 periods: two peaks, each half its amplitude times the number of pixels
    across = np.round(128 + 64 * np.cos(2 * np.pi * 3 * np.arange(24) / 24))
    wave = np.broadcast_to(across, (10, 24)).astype(np.uint8)[..., None]
    expected = round(255 * np.log1p(32 * 240) / np.log1p(255 * 240))
    assert np.abs(FourierMagnitude()(wave)[5, [9, 15], 0].astype(int) - expected).max() <= 1


def test_the_published_spectrum_is_stretched_by_its_own_range_and_black_where_it_has_a_zero():
    image = IMAGES[0]
    ours = FourierMagnitude(published=True)(image)[..., 0]
    plain = 20 * np.log(np.abs(np.fft.fftshift(np.fft.fft2(image[..., 0].astype(float)))))
    stretched = 255 * (plain - plain.min()) / (plain.max() - plain.min())
    assert (ours == np.round(stretched)).all() and (ours.min(), ours.max()) == (0, 255)
    flat = np.full((2, 20, 20, 1), 7, np.uint8)
    flat[1, :, :, 0] = IMAGES[1, :, :20, 0]
    both = FourierMagnitude(published=True)(flat)
    assert (both[0] == 0).all() and both[1].max() == 255


@given(PIXELS)
def test_haar_is_the_mean_of_four_pixels_and_its_cast_wraps(pixels):
    padding = [(0, side % 2) for side in pixels.shape[:2]]
    even = np.pad(pixels, (*padding, (0, 0)), mode="edge").astype(int)
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    assert (HaarApproximation()(pixels) == np.round(sums / 4)).all()
    wrapped = HaarApproximation(published=True)(pixels).astype(int)
    # a sum of two is a whole number that PyWavelets may miss by a hair before it is cut
    gap = (sums // 2 - wrapped) % 256
    assert np.isin(gap, [0, 1]).all()


def test_the_published_haar_turns_bright_to_dark():
    levels = np.array([100, 130, 200], np.uint8)
    image = np.broadcast_to(levels[:, None, None, None], (3, 4, 4, 1))
    assert (
        np.abs(HaarApproximation(published=True)(image)[:, 0, 0, 0] - np.array([200, 4, 144])).max()
        <= 1
    )
    assert HaarApproximation()(image)[:, 0, 0, 0].tolist() == levels.tolist()


def test_median_agrees_with_pillow():
    gray = IMAGES[0, :, :, :1]
    pillow = Image.fromarray(gray[:, :, 0]).filter(ImageFilter.MedianFilter(5))
    assert (Median(5)(gray)[:, :, 0] == np.asarray(pillow)).all()
    with pytest.raises(InputError, match="must be odd"):
        Median(4)


@given(pixels=PIXELS, tiles=st.integers(2, 4), seed=st.integers(0, 99))
def test_shuffled_tiles_are_the_same_tiles(pixels, tiles, seed):
    view = TileShuffle(tiles, seed)
    tall, wide = pixels.shape[0] // tiles, pixels.shape[1] // tiles
    if min(tall, wide) < 1:
        with pytest.raises(InputError, match="has too few"):
            view(pixels)
        return
    shuffled = view(pixels)

    def cut(image):
        return [
            image[row * tall : (row + 1) * tall, column * wide : (column + 1) * wide].tobytes()
            for row in range(tiles)
            for column in range(tiles)
        ]

    assert shuffled.shape == (tiles * tall, tiles * wide, pixels.shape[2])
    order = np.random.default_rng(seed).permutation(tiles**2)
    assert cut(shuffled) == [cut(pixels)[tile] for tile in order]


@pytest.mark.parametrize("make", [lambda: TileShuffle(1), lambda: TileShuffle(2, -1)])
def test_no_shuffle_without_tiles_or_seed(make):
    with pytest.raises(InputError, match="at least 2 tiles"):
        make()


@pytest.mark.parametrize("view", [LowFrequencies, HighFrequencies])
@pytest.mark.parametrize("sigma", [0, -1, np.nan, np.inf])
def test_a_sigma_that_is_no_width_is_refused(view, sigma):
    with pytest.raises(InputError, match="above 0"):
        view(sigma)
