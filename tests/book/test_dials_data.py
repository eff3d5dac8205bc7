"""The dials' data: what was planted is found, and what is shown is what was asked about."""

import base64
import io
import json

import numpy as np
import pytest
from conftest import book_module
from PIL import Image

from confoundlab import probe
from confoundlab.catalog import DATASETS
from confoundlab.croppers.crops import stretch
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.simulation.camera import render

LEAKS, HONEST = {"offset": 1.0}, {"blur": 1.0}
GAIN, TRUTH = {"batch_gain": 1.0}, {"phenotype": 1.0}


@pytest.fixture(scope="module")
def module():
    return book_module("dials_data")


@pytest.fixture(scope="module")
def camera(module):
    return module.camera()


@pytest.fixture(scope="module")
def plates(module):
    return module.plates()


@pytest.fixture(scope="module")
def turned(module, camera):
    return module.panel(camera, [{}, LEAKS, HONEST])


@pytest.fixture(scope="module")
def imaged(module, plates):
    return module.panel(plates, [{}, GAIN, {"batch_offset": 1.0}, TRUTH])


def above(panel):
    """Of each setting, whether the intervals of blank part and whole lie above chance."""
    return [
        tuple(answer["low"] > panel["chance"] for answer in one["answers"])
        for one in panel["settings"]
    ]


def picture(uri):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_the_corner_shows_what_leaves_a_trace_in_it_and_the_whole_image_nothing_new(turned):
    assert turned["chance"] == 0.5
    assert above(turned) == [(False, True), (True, True), (False, True)]


def test_a_blank_patch_sees_an_offset_and_takes_a_gain_for_a_disease(imaged):
    assert above(imaged) == [(False, False), (False, True), (True, True), (False, True)]


def test_each_dial_is_turned_alone_and_pairs_together(module, camera, plates):
    steps = len(module.STEPS) - 1
    assert len(camera.settings()) == 1 + 10 * steps
    asked = plates.settings()
    assert len(asked) == 1 + 5 * steps + steps**2
    assert len({json.dumps(one, sort_keys=True) for one in asked}) == len(asked)
    assert all(0 < step <= 1 for one in asked for step in one.values())
    assert {"batch_gain": 0.5, "phenotype": 0.25} in asked


def test_kept_scenes_give_the_pictures_that_the_simulators_give(module, camera, plates):
    twin = DATASETS["coil20"].twin
    instances = np.tile(np.arange(0, twin.counts[0], module.EVERY), module.OBJECTS)
    shot = camera.take(twin.dials)
    assert (shot.pictures == render(twin, camera.labels, instances, camera.labels)).all()
    plates.take({"density": 1.0})  # cells of another setting are not mixed up with these
    shot = plates.take({"focus": 0.5, "density": 0.25})
    own = module.wells()
    fresh = PlateSet(own.design, PlateDials(focus=0.5, density=0.25), sites=own.sites)
    assert all((fresh.render(row) == shot.pictures[row]).all() for row in (0, 41, 79))


def test_each_condition_is_in_a_batch_of_its_own_and_groups_are_arcs(module, camera):
    sites = module.wells().sites
    assert set(zip(sites["condition"], sites["batch"], strict=True)) == {
        ("healthy", "1"), ("sick", "2")
    }  # fmt: skip
    assert len(set(zip(camera.groups, camera.labels, strict=True))) == len(set(camera.groups)) == 24


def test_the_strips_are_the_blank_parts_with_one_range_for_all(module, camera, turned):
    first, second = camera.shown
    crops = camera.take(LEAKS).blanks[..., 0]
    _, plain, stretched = map(picture, turned["settings"][1]["strips"])
    assert (plain == np.hstack(crops[first])).all()
    both = np.vstack([np.hstack(crops[first]), np.hstack(crops[second])])
    assert (stretched == stretch(both[..., None])[..., 0]).all()
    assert set(camera.labels[first]) == set(camera.labels[second]) == set(range(module.OBJECTS))


def test_squares_let_least_squares_find_the_class_in_the_middle(module, rng):
    levels = np.repeat([60, 90, 120], 30)
    pictures = np.clip(rng.normal(levels[:, None, None, None], 8, (90, 12, 12, 1)), 0, 255)
    pictures = pictures.astype(np.uint8)
    plain = probe(pictures.mean(axis=(1, 2)), levels == 90, n_permutations=19)
    assert plain.estimate < 0.75
    assert probe(module.features(pictures), levels == 90, n_permutations=19).estimate > 0.99
    assert np.isfinite(module.features(np.zeros((3, 12, 12, 5), np.uint8))).all()


def test_the_words_say_the_numbers_and_what_was_turned(turned):
    words = turned["settings"][1]["words"]
    assert words.startswith("Sensor offset at 1, all else at zero. The probe tells objects apart ")
    for answer in turned["settings"][1]["answers"]:
        assert f"{answer['estimate']:.0%}" in words
        assert f"95% interval {answer['low']:.0%} to {answer['high']:.0%}): above chance" in words
    assert "not told from chance; by" in turned["settings"][0]["words"]
    assert words.endswith("Chance is 50%.")


def test_the_page_gets_a_script_of_less_than_two_megabytes_and_stills(
    module, turned, imaged, camera, plates, monkeypatch, tmp_path
):
    sizes = [
        len(json.dumps(panel)) / len(panel["settings"]) * len(world.settings())
        for panel, world in ((turned, camera), (imaged, plates))
    ]
    assert sum(sizes) < 2e6
    monkeypatch.setattr(module, "camera", lambda: "camera")
    monkeypatch.setattr(module, "plates", lambda: "plates")
    monkeypatch.setattr(module, "panel", {"camera": turned, "plates": imaged}.get)
    drawn = []
    monkeypatch.setattr(module, "still", lambda panel, title: drawn.append(title) or Saved())
    text = module.write_dials(tmp_path / "data.js").read_text()
    start = "window.confoundlabDials = "
    assert text.startswith(start) and text.endswith(";\n")
    assert json.loads(text[len(start) : -2])["camera"]["state"] == "simulated"
    assert {path.name for path in tmp_path.iterdir()} == {
        "data.js", "camera.webp", "plates.webp"
    }  # fmt: skip
    assert len(drawn) == 2


class Saved:
    def savefig(self, path):
        path.write_bytes(b"figure")


def test_the_still_has_every_setting_with_its_numbers(module, turned):
    from dials_pictures import still

    figure = still(turned | {"steps": [0.0, 1.0]}, title="All")
    assert figure.get_suptitle() == "All (simulated data)"
    shown = {axis.get_ylabel(): axis for axis in figure.axes if axis.get_ylabel()}
    assert list(shown) == ["focus", "sensor offset"]
    zero, leak, *_ = turned["settings"]
    for one, axis in zip((zero, leak), figure.axes[2:], strict=True):
        told = " | ".join(f"{100 * answer['estimate']:.0f}" for answer in one["answers"])
        assert axis.get_xlabel() == told
        assert (axis.xaxis.label.get_weight() == "bold") == (one is leak)
