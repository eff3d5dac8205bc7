"""The leak map for the pointer: every place with its own window and numbers, and only the mean."""

import base64
import io
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.croppers.crops import Whole, stretch
from confoundlab.plotting import nets, pointed
from confoundlab.studies import leakmap

VIEW = Whole(24)


@pytest.fixture(scope="module")
def places(twin):
    found = leakmap.leak_map(twin, VIEW, window=12, stride=6, epochs=1, repeats=1)
    return found.assign(n_dead=0)  # one epoch teaches little; dead places have a test of their own


@pytest.fixture
def drawn(twin, places):
    return pointed.leak_map(places, twin, VIEW)


def svg(page):
    text = page[page.index("<svg") : page.index("</svg>") + 6]
    return ElementTree.fromstring(text.replace(" href", " link"))


def test_a_place_tells_its_numbers_and_shows_its_window(twin, places, drawn):
    marks = svg(drawn).findall("g")
    assert len(marks) == len(places) == 9
    scale = 480 / 24
    for mark, place in zip(marks, places.itertuples(), strict=True):
        shown, button = mark.find("g"), mark.find("foreignObject/input")
        told = ", ".join(one.text for one in shown.iter("text"))
        assert told == button.get("aria-label")
        for part in (
            f"Accuracy {place.estimate:.1%}",
            f"interval {place.ci_low:.1%} to {place.ci_high:.1%}",
            f"chance {place.chance:.1%}",
            f"{place.n_images} images in {place.n_groups} groups",
            f"12x12 pixels at {place.left}, {place.top}",
        ):
            assert part in told
        box, dot = shown.find("rect"), mark.find("circle")
        assert float(box.get("x")) == pytest.approx(scale * place.left)
        assert float(box.get("width")) == pytest.approx(scale * 12)
        centre = float(box.get("y")) + scale * 6
        assert float(dot.get("cy")) == pytest.approx(centre, abs=0.1)
        tapped = mark.find("foreignObject")
        for at, side, middle in (("x", "width", "cx"), ("y", "height", "cy")):
            about = float(tapped.get(at)) + float(tapped.get(side)) / 2
            assert about == pytest.approx(float(dot.get(middle)), abs=0.1)


def test_a_map_is_one_stop_of_the_tabulator_key_and_a_group_of_its_own(drawn):
    # radio buttons of one name and one form are one stop; arrow keys go from each to the next
    form = drawn[drawn.index("<form") : drawn.index("</form>")]
    buttons = [one for one in svg(form).iter("input") if one.get("type") == "radio"]
    assert len(buttons) == 9 and {one.get("name") for one in buttons} == {"mark"}
    assert "tabindex" not in drawn
    assert form.startswith('<form class="hover-map" method="dialog"')  # Enter sends nothing
    assert svg(drawn).get("role") == "radiogroup"


def test_only_the_mean_of_the_images_is_shown(twin, drawn):
    (image,) = svg(drawn).iter("image")
    data = base64.b64decode(image.get("link").partition(",")[2])
    mean = np.mean([VIEW(twin.read(row, "gray"))[..., 0] for row in range(len(twin))], axis=0)
    shown = np.asarray(Image.open(io.BytesIO(data)))
    assert (shown == stretch(np.round(mean).astype(np.uint8)[..., None])[..., 0]).all()
    assert nets.mean_image(twin, VIEW) == pytest.approx(mean)


def test_marks_differ_in_shape_where_the_interval_lies_above_chance(twin, places):
    table = places.assign(ci_low=np.where(np.arange(9) < 4, 0.9, 0.0), chance=0.25)
    marks = svg(pointed.leak_map(table, twin, VIEW)).findall("g")
    assert [mark.find("path") is None for mark in marks] == [True] * 4 + [False] * 5


def test_dark_is_chance_and_bright_is_always_right(twin, places):
    table = places.assign(chance=0.25, ci_low=1.0, estimate=np.r_[0.1, 0.25, 1.0, [0.5] * 6])
    marks = svg(pointed.leak_map(table, twin, VIEW)).findall("g")
    below, chance, right, between = (mark.find("circle").get("fill") for mark in marks[:4])
    assert below == chance == "#440154" and right == "#fde725" and between not in (below, right)


def test_it_needs_no_script_and_no_network_and_says_what_the_data_are(drawn):
    assert "<script" not in drawn and "http" not in drawn
    assert svg(drawn).get("aria-label").endswith("(simulated data)")
    assert "@media print" in drawn  # where the still stands in


def test_a_map_of_one_place_is_drawn(twin):
    place = {"left": 0, "top": 0, "width": 24, "height": 24, "n_images": 8, "n_groups": 4}
    place |= {"n_fits": 2, "n_dead": 0}
    shares = {"estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "chance": 0.25}
    (mark,) = svg(pointed.leak_map(pd.DataFrame([place | shares]), twin, VIEW)).findall("g")
    assert 0 < float(mark.find("circle").get("r")) <= 10


def test_what_a_mark_says_is_no_markup():
    mark = pointed.mark((0, 0), ['a <b> "c"', "d & e"], "", pointed.text(0, 0, ["<i>"]))
    named = ElementTree.fromstring(mark).find("foreignObject/input").get("aria-label")
    assert named == 'a <b> "c", d & e'


def test_pictures_are_brought_to_size_only_if_asked():
    picture = np.zeros((8, 10, 3), np.uint8)
    sizes = [
        Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size
        for uri in (pointed.data_uri(picture), pointed.data_uri(picture, (5, 4)))
    ]
    assert sizes == [(10, 8), (5, 4)]


def test_a_place_where_nets_died_says_so(twin, places):
    table = places.assign(n_fits=2, n_dead=[1, 2, *[0] * 7])
    drawn = pointed.leak_map(table, twin, VIEW)
    some, none, trained = svg(drawn).findall("g")[:3]
    assert "1 of 2 nets named one class only" in some.find("foreignObject/input").get("aria-label")
    assert "named one class" not in trained.find("foreignObject/input").get("aria-label")
    assert some.find("circle") is not None and none.find("circle") is None
    assert none.find("rect") is not None and nets.UNTRAINED in drawn
    alive = pointed.leak_map(places.assign(n_dead=0), twin, VIEW)
    assert nets.UNTRAINED not in alive
