import dataclasses
import json

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from confoundlab import report
from confoundlab.catalog import DATASETS, Pictures
from confoundlab.croppers.crops import Corner, Whole
from confoundlab.design import splits
from confoundlab.evidence import differences, nuisance
from confoundlab.notebook import page
from confoundlab.plotting import pointed
from confoundlab.studies import leakmap
from confoundlab.studies.run import RUN_VARIABLE, Measured, StudyRun


@pytest.fixture
def shown(monkeypatch):
    said = []
    monkeypatch.setattr(page, "display", lambda words, **_: said.append(words.data))
    return said


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run that writes into a folder."""
    order = {"folder": str(tmp_path), "study": "coil", "profile": "smoke", "parameters": {}}
    monkeypatch.setenv(RUN_VARIABLE, json.dumps(order))
    return StudyRun(permutations=99)


@pytest.fixture
def measured(run, twin):
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    views = {"Crop": Corner("top-right", 12, 12), "Whole": Whole(16), "Larger": Whole(20)}
    return {
        words: run.measure(twin, view, "random 75/25", parts, epochs=1)
        for words, view in views.items()
    }


def test_results_are_told_as_a_card_and_words_below_it(run, measured, shown):
    page.tell(run, measured, "And a last word.", "")
    card, words = shown
    assert card == report.card({name: one.record for name, one in measured.items()})
    assert words == "And a last word."
    page.tell(run, {"record": measured["Crop"].record})
    assert shown[-1] == report.card({"record": measured["Crop"].record})


def test_the_design_is_said_and_drawn(run, twin, shown, tmp_path):
    page.design(run, twin)
    assert "one session of its own" in shown[0] and (tmp_path / "design.png").is_file()


def test_pictures_that_may_not_be_published_are_the_twins(run, twin, monkeypatch):
    assert page.pictures(run, twin) is twin
    real = dataclasses.replace(twin, state="real")
    monkeypatch.setattr(page, "load", lambda name, choice, seed: (name, choice))
    assert page.pictures(run, real) == ("coil20", "simulated")  # whose terms allow no pictures
    some = Pictures(True, "One of the four.", "here", only=("label", real.classes[0]))
    allowed = dataclasses.replace(DATASETS["coil20"], pictures=some)
    monkeypatch.setitem(page.DATASETS, "coil20", allowed)
    assert page.pictures(run, real).classes == real.classes[:1]
    monkeypatch.delenv(RUN_VARIABLE)
    assert page.pictures(StudyRun(), real) is real  # at a live kernel


def test_a_place_kept_at_the_top_is_filled_by_what_is_known_later(run, measured, tmp_path):
    class Place:
        def update(self, shown):
            self.shown = shown

    words, picture = Place(), Place()
    page.answer(run, {"The object": measured["Crop"]}, words)
    assert words.shown.data == report.answer({"The object": measured["Crop"].record})
    measured["Crop"].record["verdict"] = "LEAK"
    run.told[-1]()  # as when the run is finished
    assert "LEAK" in words.shown.data
    figure = page.draw(run, "two", measured, picture)
    assert picture.shown is figure and not plt.fignum_exists(figure.number)


def test_the_gap_is_the_paired_difference(run, twin, measured):
    crop, whole = measured["Crop"], measured["Whole"]
    found = differences.difference(
        whole.predictions, crop.predictions, twin.labels, twin.groups, seed=run.seed
    )
    told = page.gap(run, "Whole minus crop", twin, whole, crop)
    shared = (whole.record["estimate"], crop.record["estimate"])  # one split: all are shared
    assert told == report.gap("Whole minus crop", found, shared)


def test_verdicts_are_told_anew_when_the_run_is_finished(run, twin, monkeypatch):
    class Handle:
        def update(self, words):
            self.words = words.data

    handle = Handle()
    monkeypatch.setattr(page, "display", lambda words, **_: handle.update(words) or handle)
    monkeypatch.setattr("confoundlab.studies.run.write_results", lambda *_: None)
    part = [splits.stratified(twin.labels, test_share=0.25)]
    first, _ = (
        run.measure(twin, Corner(where, 12, 12), "random", part, epochs=1)
        for where in ("top-right", "top-left")
    )
    page.tell(run, {"Crop": first})
    assert "corrected for 2 controls measured until here" in handle.words
    run.measure(twin, Corner("bottom-left", 12, 12), "random", part, epochs=1)
    run.finish()
    assert "corrected for 3 controls;" in handle.words and "until here" not in handle.words


def test_a_step_of_the_ladder_that_beats_the_full_crop_is_warned_of(measured, shown):
    low = {"estimate": 0.2, "ci_low": 0.1, "ci_high": 0.3}
    steps = {"all": Measured(measured["Crop"].record | low, measured["Crop"].predictions)}
    high = {"estimate": 0.9, "ci_low": 0.8, "ci_high": 0.95}
    part = {"a part": Measured(steps["all"].record | high, steps["all"].predictions)}
    page.overtaken(steps | part)
    assert "Take care" in shown[0]
    page.overtaken(steps)
    assert len(shown) == 1


def test_what_is_drawn_is_kept(run, measured, tmp_path):
    figure = page.draw(run, "two", measured)
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == list(reversed(measured)) and (tmp_path / "two.png").is_file()


def test_the_factor_map_is_that_of_the_views_pixels(run, twin, tmp_path, shown):
    crop = Corner("top-right", 12, 12)
    factors, kinds = twin.table[["session", "sector"]], {"sector": "measured"}
    placed = page.factor_map(run, twin, crop, factors, kinds=kinds)
    pixels = twin.array(crop).reshape(len(twin), -1) / 255
    alone = nuisance.factor_map(
        pixels, factors, twin.labels, twin.groups, kinds=kinds, n_permutations=99
    )
    (said,) = shown
    assert "session: classes (guessed: " in said and "sector: measured (as stated)" in said
    pd.testing.assert_frame_equal(placed, alone)
    assert (tmp_path / "factors.png").is_file()
    kept = pd.read_csv(tmp_path / "factors.csv")
    assert np.allclose(kept["utility"], placed["utility"], equal_nan=True)


def test_a_page_says_which_factor_may_be_codes_and_how_to_say_so(run, twin, shown):
    number = np.arange(len(twin)) // 2
    assert len(np.unique(number)) > 20
    page.factor_map(run, twin, Whole(12), pd.DataFrame({"$5_": number}))
    (said,) = shown
    assert r"kinds=\{'\$5\_': 'classes'\}" in said


def test_the_leak_map_is_kept_with_its_figure_and_answers_the_pointer(run, twin, tmp_path, shown):
    options = {"window": 12, "stride": 2, "epochs": 1, "repeats": 1}
    places = page.leak_map(run, twin, Whole(14), **options)
    kept = pd.read_csv(tmp_path / "leak-map.csv")
    pd.testing.assert_frame_equal(places, leakmap.leak_map(twin, Whole(14), **options))
    assert np.allclose(kept, places) and kept["left"].max() == 2
    assert (tmp_path / "leak-map.png").is_file() and not shown
    page.point_at(places, twin, Whole(14))
    assert shown == [pointed.leak_map(places, twin, Whole(14))]
