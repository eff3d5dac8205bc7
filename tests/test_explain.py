import numpy as np
import pandas as pd
import pytest

from confoundlab import explain, plots
from confoundlab.bank import train_bank
from confoundlab.errors import InputError
from confoundlab.explain import leak_map
from confoundlab.imageset import ImageSet
from confoundlab.lenet import Task
from confoundlab.splits import stratified
from confoundlab.views import AsIs


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
    assert (
        places["p_value"][0] == 2 / 200
    )  # twice the median of two nets and (places["p_value"] > 0).all()


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
    monkeypatch.setattr(explain, "_BYTES_TOGETHER", 2 * 160 * 16 * 16)
    again = leak_map(planted, window=16, stride=16, epochs=15, repeats=2)
    pd.testing.assert_frame_equal(again, places)


def test_the_last_place_touches_the_edge():
    assert explain._grid(128, 21, 12)[-2:] == [96, 107]
    assert explain._grid(21, 21, 12) == [0]


def test_a_window_that_does_not_fit_is_refused(planted):
    with pytest.raises(InputError, match="window of 50 pixels does not fit images of 48x48"):
        leak_map(planted, window=50)


def test_the_figure_marks_leaks_and_says_that_it_is_simulated(planted, places):
    figure = plots.leak_map(places, planted)
    assert "simulated data" in figure._suptitle.get_text()
    leaks, others = figure.axes[1].collections
    assert leaks.get_offsets().tolist() == [[8, 8]] and len(others.get_offsets()) == 8
