from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from skimage.measure import label, regionprops

from confoundlab.errors import InputError
from confoundlab.plates.features.nuclei import iter_patches, label_nuclei, patches, segment
from confoundlab.plates.simulator.layout import SMA_MAIN
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import PlateSet, simulate

SMALL = replace(SMA_MAIN, plates=(1, 1), wells_a_line=1, sites=1)
PLATES = PlateSet(SMALL, PlateDials(well=1.0), seed=1)


def discs(centres: list[tuple[int, int]], radius: float = 8, level: float = 900) -> np.ndarray:
    """Discs on a noisy background of 120, in a picture of 120 x 160."""
    y, x = np.indices((120, 160))
    inside = np.any([np.hypot(y - a, x - b) <= radius for a, b in centres], axis=0)
    return 120 + level * inside + np.random.default_rng(0).normal(0, 5, inside.shape)


def test_discs_are_found_at_their_centres_in_reading_order() -> None:
    true = [(20, 100), (40, 30), (60, 120), (90, 60)]
    np.testing.assert_allclose(segment(discs(true)), true, atol=0.3)
    assert np.bincount(label_nuclei(discs(true)).ravel())[1:] == pytest.approx(
        [np.pi * 64] * 4, rel=0.1
    )


def test_discs_that_touch_are_parted() -> None:
    true = [(40, 30), (41, 44), (86, 60), (90, 110), (101, 120)]
    np.testing.assert_allclose(segment(discs(true)), true, atol=2)


@pytest.mark.parametrize("radius", [4, 8, 16])
def test_any_magnification_is_measured_in_the_picture(radius: int) -> None:
    true = [(30, 40), (30, 40 + round(1.8 * radius)), (80, 120)]
    np.testing.assert_allclose(segment(discs(true, radius)), true, atol=0.25 * radius)


def test_gain_and_offset_change_nothing() -> None:
    image = discs([(20, 100), (40, 30), (90, 60), (92, 74)])
    np.testing.assert_allclose(segment(0.03 * image + 7), segment(image))


def test_a_nucleus_that_outshines_the_others_does_not_hide_them() -> None:
    true = [(20, 100), (40, 30), (90, 60)]
    image = discs(true) + discs([(60, 140)], 4, level=9_000)
    assert len(segment(image)) == 4


@pytest.mark.parametrize("kind", ["constant", "noise", "gradient"])
def test_a_picture_without_nuclei_has_none(kind: str) -> None:
    image = np.full((100, 120), 30.0)
    if kind == "noise":
        image += np.random.default_rng(2).normal(0, 4, image.shape)
    if kind == "gradient":
        image += np.linspace(0, 50, 120)
    assert segment(image).shape == (0, 2)
    assert not label_nuclei(image).any()


@pytest.mark.parametrize("focus", [0.0, 0.3])
def test_simulated_nuclei_are_found_where_they_are(focus: float) -> None:
    design = replace(SMALL, z_stack=False, cells=30)
    plates = PlateSet(design, PlateDials(focus=focus), seed=5)
    found = true = right = 0
    for row in range(0, len(plates), 8):
        centres, seen = plates.centres(row), segment(plates.render(row)[:, :, 0])
        near, _ = cKDTree(centres).query(seen)
        right += (near < 3).sum()
        found, true = found + len(seen), true + len(centres)
    assert right > 0.95 * found  # what is found is a nucleus
    assert found > 0.95 * true  # and few are missed: some lie on the picture's border


def test_patches_are_cut_about_their_nuclei() -> None:
    cut = patches(PLATES.subset([3, 40]), size=32)
    assert cut.pixels.shape == (len(cut.table), 32, 32, 5)
    assert set(PLATES.sites.columns) | {"cell", "y", "x"} == set(cut.table.columns)
    for number in (0, len(cut) - 1):
        row = cut.table.iloc[number]
        place = int(np.flatnonzero(PLATES.sites["sample"] == row["sample"])[0])
        top, left = round(row["y"]) - 16, round(row["x"]) - 16
        image = PLATES.render(place)
        np.testing.assert_array_equal(cut.pixels[number], image[top : top + 32, left : left + 32])
    bright = cut.pixels[:, 12:20, 12:20, 0].mean(axis=(1, 2))
    assert (bright > 3 * np.median(cut.pixels[..., 0])).all()


def test_patches_all_lie_inside_and_number_their_cells() -> None:
    cut = patches(PLATES.subset([3, 40]), size=64).table
    assert cut[["y", "x"]].to_numpy().min() >= 31.5
    assert cut[["y", "x"]].to_numpy().max() <= 256 - 31.5
    for _, site in cut.groupby("sample"):
        assert site["cell"].is_monotonic_increasing
        assert site["cell"].is_unique


def test_a_choice_of_patches_depends_on_the_site_only() -> None:
    few = patches(PLATES.subset([3, 40, 7]), per_site=4)
    assert (few.table.groupby("sample").size() == 4).all()
    alone = patches(PLATES.subset([40]), per_site=4)
    of_it = few.table["sample"] == PLATES.sites["sample"][40]
    np.testing.assert_array_equal(few.pixels[of_it], alone.pixels)
    every = patches(PLATES.subset([40])).table
    assert set(alone.table["cell"]) < set(every["cell"])


def test_streamed_patches_are_the_same_as_all_at_once() -> None:
    some = PLATES.subset([3, 40, 7])
    stream = list(iter_patches(some, per_site=5))
    whole = patches(some, per_site=5)
    np.testing.assert_array_equal(np.concatenate([part.pixels for part in stream]), whole.pixels)
    pd.testing.assert_frame_equal(
        pd.concat([part.table for part in stream], ignore_index=True), whole.table
    )


def test_streaming_many_patches_needs_no_more_memory_than_few() -> None:
    plates = simulate("sma_main", "paper")
    assert plates.truth["n_cells"].sum() > 1_900_000  # the paper has about two million
    peaks = []
    tracemalloc.start()
    for n_sites in (3, 30):
        tracemalloc.reset_peak()
        for _ in islice(iter_patches(plates), n_sites):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 60e6  # bytes; thirty sites' patches alone would be 20e6 more


@pytest.mark.parametrize("arguments", [{"size": 0}, {"size": 257}, {"per_site": 0}])
def test_patches_that_cannot_be_cut_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(InputError, match="fit into the picture"):
        patches(PLATES, **arguments)
    with pytest.raises(InputError, match="Cut smaller ones"):
        patches(PLATES.subset([0]), size=256)


@pytest.mark.real
def test_real_nuclei_are_counted_as_by_a_careful_threshold(real_data: Path) -> None:
    """Hoechst in nine wells of BBBC006, in focus (Ljosa et al. 2012, doi:10.1038/nmeth.2083).

    Against what shares nothing but the smoothing: a fixed threshold above the commonest level,
    and in place of a watershed the areas of clumps, in areas of single (convex) nuclei.
    """
    files = sorted((real_data / "focus_quality").glob("BBBC006_z_aligned__a0?__s1__w1_10.png"))
    assert len(files) == 9
    for file in files:
        image = np.array(Image.open(file), float)
        level = np.bincount(image.astype(int).ravel()).argmax()
        parts = [
            part
            for part in regionprops(label(gaussian_filter(image, 1) > level + 150))
            if part.area >= 60
        ]
        single = np.median([part.area for part in parts if part.solidity > 0.93])
        careful = sum(
            1 if part.solidity > 0.9 else max(1, round(part.area / single)) for part in parts
        )
        assert len(segment(image)) == pytest.approx(careful, rel=0.12, abs=2), file.name
