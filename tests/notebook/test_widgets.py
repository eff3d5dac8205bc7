import json

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from conftest import small

from confoundlab.croppers.crops import Corner
from confoundlab.notebook import widgets
from confoundlab.simulation.camera import render
from confoundlab.studies.run import RUN_VARIABLE, StudyRun

CROP = Corner("top-right", 12, 14)


@pytest.fixture
def live(monkeypatch):
    """What is displayed in a live kernel, where figures are shown on no screen."""
    shown = []
    monkeypatch.setattr(widgets, "display", shown.append)
    monkeypatch.setattr(widgets.plt, "show", lambda: None)
    return shown


@pytest.fixture
def page(monkeypatch, tmp_path):
    """The folder of a run that writes a page."""
    order = {"folder": str(tmp_path), "study": "coil", "profile": None, "parameters": {}}
    monkeypatch.setenv(RUN_VARIABLE, json.dumps(order))
    monkeypatch.setattr(widgets, "display", None)  # would fail if it were called
    return tmp_path


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_live_kernel_gets_sliders_that_move_the_crop(twin, monkeypatch, live):
    drawn = []
    monkeypatch.setattr(widgets.views, "crop_picker", lambda *what: drawn.append(what[1:]))
    widgets.crop_explorer(StudyRun(), twin, CROP)
    controls = opened(live)
    assert (controls["width"].value, controls["height"].value) == (12, 14)
    controls["width"].value = 20
    controls["corner"].value = "bottom-left"
    controls["image"].value = 5
    assert drawn[-1] == (Corner("bottom-left", 20, 14), 5)


def test_a_page_gets_the_still(twin, page):
    widgets.crop_explorer(StudyRun(), twin, CROP)
    assert [path.name for path in page.iterdir()] == ["crop-picker.png"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_dial_that_is_turned_changes_the_pictures_of_the_sessions(monkeypatch, live):
    camera = small(dials={"level": 0.5}).twin
    drawn = []
    monkeypatch.setattr(widgets.views, "sessions", lambda *what: drawn.append(what))
    widgets.dial_explorer(StudyRun(seed=3), camera, CROP, classes=3)
    controls = opened(live)
    assert len(controls) == 10 and controls["level"].value == 0.5
    labels, zero = np.arange(3), np.zeros(3, int)
    as_it_is = render(camera, labels, zero, labels, 3)
    assert (drawn[-1][0] == as_it_is).all() and drawn[-1][1] == CROP
    controls["noise"].value = 1.0
    controls["level"].value = 0.0
    turned = render(small(dials={"noise": 1.0}).twin, labels, zero, labels, 3)
    assert (drawn[-1][0] == turned).all() and (turned != as_it_is).any()


def test_a_page_gets_the_twin_as_it_is(page):
    widgets.dial_explorer(StudyRun(), small().twin, CROP)
    assert [path.name for path in page.iterdir()] == ["dials.png"]
    titles = [axis.get_title() for axis in widgets.plt.gcf().axes[:4]]
    assert titles == [f"session {number}" for number in (1, 2, 3, 4)]


@pytest.fixture
def wells():
    table = pd.DataFrame({"batch": list("aabb") * 6, "plate": list("cdcd") * 6, "well": range(24)})
    return np.random.default_rng(0).normal(size=(24, 2)), table


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_menu_colours_the_map_and_lists_what_can_be_told_apart(wells, live, monkeypatch):
    maps, drawn = widgets.folds.embedding_maps, []
    monkeypatch.setattr(
        widgets.folds, "embedding_maps", lambda *a, **o: drawn.append(maps(*a, **o))
    )
    widgets.colour_explorer(
        StudyRun(), *wells, ["batch"], ["plate", "well"], title="Map", state="simulated"
    )
    menu = opened(live)["colour by"]
    assert menu.options == ("batch", "plate") and menu.value == "batch"
    menu.value = "plate"
    shown = zip((drawn[0], drawn[-1]), ("batch", "plate"), ("ab", "cd"), strict=True)
    for figure, name, levels in shown:
        assert figure.get_suptitle() == "Map (simulated data)"
        (axis,) = figure.axes
        assert axis.get_title() == name
        assert [one.get_text() for one in axis.get_legend().get_texts()] == list(levels)


def test_a_page_gets_one_map_a_column(wells, page):
    widgets.colour_explorer(
        StudyRun(), *wells, ["batch", "plate"], ["well"], title="Map", state="simulated"
    )
    assert [path.name for path in page.iterdir()] == ["tsne.png"]
    assert [axis.get_title() for axis in widgets.plt.gcf().axes] == ["batch", "plate"]


def opened(shown):
    """The controls of what was displayed, by description, as a kernel's first drawing leaves it."""
    (control,) = shown
    assert isinstance(control, ipywidgets.interactive)
    control.update()
    return {child.description: child for child in control.children if hasattr(child, "value")}
