"""The game's data: crops that hold no object, and answers of a net that saw other views."""

import base64
import json

import numpy as np
import pytest
from conftest import book_module

from confoundlab.croppers.vacuity import BACKGROUND_LIMIT
from confoundlab.errors import InputError


@pytest.fixture(scope="module")
def module():
    return book_module("game_data")


@pytest.fixture(scope="module")
def game(module):
    return module.game(module.views(), epochs=1)


def pixels(crops, side):
    return np.stack(
        [
            np.frombuffer(base64.b64decode(crop["pixels"]), np.uint8).reshape(side, side)
            for crop in crops
        ]
    )


def test_it_is_simulated_and_says_so(game):
    assert game["state"] == "simulated"
    assert game["flat"] == game["pieces"] == 0  # so that the page has nothing to warn of


def test_crops_look_black_and_all_objects_have_as_many(module, game):
    shown = pixels(game["examples"] + game["tests"], game["side"])
    assert shown.max() == game["high"] < 40 and shown.min() == game["low"]
    labels = [crop["label"] for crop in game["tests"]]
    assert len(set(np.bincount(labels))) == 1 and set(labels) == set(range(module.OBJECTS))
    assert len(game["examples"]) == module.OBJECTS * module.SHOWN


def test_no_example_is_a_test(game):
    examples, tests = ({crop["pixels"] for crop in game[kind]} for kind in ("examples", "tests"))
    assert not examples & tests


def test_the_accuracy_is_that_of_the_answers_shown(game):
    right = [crop["net"] == crop["label"] for crop in game["tests"]]
    assert game["accuracy"] == pytest.approx(np.mean(right))


def test_the_data_are_a_script_that_a_page_from_the_disk_may_load(
    module, game, monkeypatch, tmp_path
):
    monkeypatch.setattr(module, "game", lambda images: game)
    text = module.write_game(tmp_path / "data.js", module.views).read_text()
    assert text.startswith("window.confoundlabGame = ") and text.endswith(";\n")
    assert json.loads(text[len("window.confoundlabGame = ") : -2]) == game


def test_real_images_that_are_not_there_are_an_error(module):
    with pytest.raises(InputError, match="COIL-20 is not at hand"):
        module.views(real=True)


@pytest.mark.real
def test_real_crops_come_with_what_is_wrong_with_them(module, real_data):
    game = module.game(module.views(real=True), epochs=1)
    assert game["state"] == "real" and len(game["names"]) == module.OBJECTS
    shown = pixels(game["examples"] + game["tests"], game["side"])
    flat = np.ptp(shown.reshape(len(shown), -1), axis=1) == 0
    assert game["flat"] == flat.mean() > 0.5
    # a piece of the object is brighter than any background, and does not set the slider's range
    assert game["pieces"] == (shown.max(axis=(1, 2)) > BACKGROUND_LIMIT).sum() > 0
    assert game["low"] == 0 and 0 < game["high"] <= BACKGROUND_LIMIT
    # the arc that is tested, of each object
    assert len(game["tests"]) == module.OBJECTS * module.ARC // 5
