import numpy as np
import pandas as pd
import pytest

from confoundlab.croppers.crops import AsIs, Corner
from confoundlab.design.splits import stratified
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import Task
from confoundlab.plotting import nets
from confoundlab.studies import leakmap
from confoundlab.studies.leakmap import crop_size_sweep, leak_map


@pytest.fixture(scope="module")
def planted() -> ImageSet:
    """Noise everywhere, and a level that follows the class in the top left 16 pixels only."""
    rng = np.random.default_rng(0)
    labels = np.arange(160) % 2
    pixels = rng.integers(0, 60, (160, 48, 48, 1), dtype=np.uint8)
    pixels[labels == 1, :16, :16] += 150
    table = pd.DataFrame({"label": labels.astype(str)})
    return ImageSet.from_arrays(pixels, table, name="planted", state="simulated")


@pytest.fixture(scope="module")
def places(planted) -> pd.DataFrame:
    return leak_map(planted, window=16, stride=16, epochs=15, repeats=2)


def test_the_map_finds_the_place_where_the_leak_was_planted(places):
    assert places[["left", "top"]].to_numpy().tolist() == [
        [left, top] for top in (0, 16, 32) for left in (0, 16, 32)
    ]
    assert places["estimate"][0] > 0.95 and places["ci_low"][0] > places["chance"][0]
    elsewhere = places[1:]
    assert (elsewhere["ci_low"] <= elsewhere["chance"]).all()
    assert places["p_value"][0] == pytest.approx((1 + 0.16 * np.log(2)) / 200)
    assert (places["p_value"] > 0).all()


def test_a_place_of_the_map_is_the_crop_trained_alone(planted, places):
    crop = np.ascontiguousarray(planted.array(AsIs())[:, 16:32, 32:48])
    parts = [stratified(planted.labels, seed=seed) for seed in range(2)]
    bank = [Task(planted.labels, *part, seed) for seed, part in enumerate(parts)]
    alone = train_bank(crop, bank, epochs=15)
    right = [
        (chances.argmax(1) == planted.labels[task.test]).mean()
        for chances, task in zip(alone.probabilities, bank, strict=True)
    ]
    assert places["estimate"][5] == pytest.approx(np.mean(right))


def test_how_many_windows_are_held_in_memory_changes_nothing(planted, places, monkeypatch):
    monkeypatch.setattr(leakmap, "_BYTES_TOGETHER", 2 * 160 * 16 * 16)
    again = leak_map(planted, window=16, stride=16, epochs=15, repeats=2)
    pd.testing.assert_frame_equal(again, places)


def test_a_map_of_a_view_is_cut_from_the_view(planted, places):
    corner = Corner("top-left", 16, 16)
    (there,) = leak_map(planted, corner, window=16, epochs=15, repeats=2).to_dict("records")
    assert there == places.iloc[0].to_dict()
    figure = nets.leak_map(pd.DataFrame([there]), planted, corner)
    mean = planted.array(corner).mean(axis=0).squeeze()
    assert np.allclose(figure.axes[0].images[0].get_array(), mean)
    (legend,) = figure.axes[1].get_legend().get_texts()
    assert legend.get_text() == "interval above chance"


def test_the_last_place_touches_the_edge():
    assert leakmap._grid(128, 21, 12)[-2:] == [96, 107]
    assert leakmap._grid(21, 21, 12) == [0]


def test_a_window_that_does_not_fit_is_refused(planted):
    with pytest.raises(InputError, match="window of 50 pixels does not fit images of 48x48"):
        leak_map(planted, window=50)


def test_the_figure_marks_leaks_and_says_that_it_is_simulated(planted, places):
    figure = nets.leak_map(places, planted)
    assert "simulated data" in figure._suptitle.get_text()
    leaks, others = figure.axes[1].collections
    assert leaks.get_offsets().tolist() == [[8, 8]] and len(others.get_offsets()) == 8


def test_the_sweep_finds_the_size_at_which_a_leak_comes_in():
    """The class is the level of one row, 14 pixels below the top; the rest is noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(160) % 2
    pixels = rng.integers(0, 60, (160, 24, 24, 1), dtype=np.uint8)
    pixels[labels == 1, 14] += 190
    table = pd.DataFrame({"label": labels.astype(str)})
    images = ImageSet.from_arrays(pixels, table, name="row", state="simulated")
    parts = [stratified(labels, seed=seed) for seed in range(2)]
    sizes = crop_size_sweep(images, "top-left", [12, 14, 15, 24], splits=parts, epochs=15)
    assert sizes["size"].tolist() == [12, 14, 15, 24]
    leaks = (sizes["ci_low"] > sizes["chance"]).tolist()
    assert leaks == [False, False, True, True] and (sizes["estimate"][2:] > 0.95).all()
    assert list(sizes)[1:6] == ["estimate", "ci_low", "ci_high", "chance", "p_value"]
    tested = len(set(parts[0].test) | set(parts[1].test))
    assert (sizes[["n_images", "n_groups"]] == tested).all(axis=None)


def test_a_size_of_the_sweep_is_the_place_of_the_map(planted, places):
    parts = [stratified(planted.labels, seed=seed) for seed in range(2)]
    (sweep,) = crop_size_sweep(planted, "top-right", [16], splits=parts, epochs=15).to_dict(
        "records"
    )
    there = places.iloc[2].to_dict()
    assert all(sweep[name] == there[name] for name in sweep if name != "size")


def test_a_sweep_without_sizes_or_room_is_refused(planted):
    parts = {"splits": [stratified(planted.labels)]}
    with pytest.raises(InputError, match="at least one size"):
        crop_size_sweep(planted, "top-left", [], **parts)
    with pytest.raises(InputError, match="At least one split"):
        crop_size_sweep(planted, "top-left", [12], splits=[])
    with pytest.raises(InputError, match="does not fit an image of 48x48"):
        crop_size_sweep(planted, "top-left", [12, 49], **parts)
    with pytest.raises(InputError, match="at least 12 pixels, not 11"):
        crop_size_sweep(planted, "top-left", [12, 11], **parts)


def test_the_map_keeps_groups_apart_unless_told_otherwise(planted):
    """Pairs of near copies with one label: a random split of them tests what it has seen."""
    table = planted.table[["label"]].assign(group=[f"{row // 4}/{row % 2}" for row in range(160)])
    pixels = planted.array(AsIs())
    paired = ImageSet.from_arrays(pixels, table, name="pairs", state="simulated")
    options = {"window": 48, "epochs": 1, "repeats": 1}
    (honest,) = leak_map(paired, **options).to_dict("records")
    assert honest["n_straddling"] == 0 and 2 * honest["n_groups"] == honest["n_images"]
    part = stratified(paired.labels)
    (cut,) = leak_map(paired, **options, splits=[part]).to_dict("records")
    both = np.intersect1d(paired.groups[part.train], paired.groups[part.test])
    assert cut["n_straddling"] == len(both) > 0


def test_a_place_where_nets_died_is_hatched_and_not_dark(planted, places):
    some = places.assign(n_dead=[0, 1, 2, *[0] * 6])
    figure = nets.leak_map(some, planted)
    hatched = next(one for one in figure.axes[1].collections if one.get_hatch())
    assert len(hatched.get_offsets()) == 2
    coloured = [one for one in figure.axes[1].collections if one is not hatched]
    assert sum(len(one.get_offsets()) for one in coloured) == 8  # all but the one without any net
    legend = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert nets.UNTRAINED in legend
    dead = nets.leak_map(places.assign(n_dead=2), planted)
    assert len(dead.axes) == 2  # no scale where there is no accuracy
