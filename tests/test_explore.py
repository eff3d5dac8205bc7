import json

import ipywidgets
import pytest

from confoundlab import explore
from confoundlab.study import RUN_VARIABLE, StudyRun
from confoundlab.views import Corner

CROP = Corner("top-right", 12, 14)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_live_kernel_gets_sliders_that_move_the_crop(twin, monkeypatch):
    shown = []
    monkeypatch.setattr(explore, "display", shown.append)
    monkeypatch.setattr(explore.plt, "show", lambda: None)
    drawn = []
    monkeypatch.setattr(explore.plots_views, "crop_picker", lambda *what: drawn.append(what[1:]))
    explore.crop_explorer(StudyRun(), twin, CROP)
    (control,) = shown
    assert isinstance(control, ipywidgets.interactive)
    control.update()
    controls = {child.description: child for child in control.children if hasattr(child, "value")}
    assert (controls["width"].value, controls["height"].value) == (12, 14)
    controls["width"].value = 20
    controls["corner"].value = "bottom-left"
    controls["image"].value = 5
    assert drawn[-1] == (Corner("bottom-left", 20, 14), 5)


def test_a_page_gets_the_still(twin, monkeypatch, tmp_path):
    order = {"folder": str(tmp_path), "study": "coil", "profile": None, "parameters": {}}
    monkeypatch.setenv(RUN_VARIABLE, json.dumps(order))
    monkeypatch.setattr(explore, "display", None)  # would fail if it were called
    explore.crop_explorer(StudyRun(), twin, CROP)
    assert [path.name for path in tmp_path.iterdir()] == ["crop-picker.png"]
