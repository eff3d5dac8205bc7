"""Stored runs: what may be stored of a page, how small it is, and what a page of it says."""

import base64
import io
import json
import re

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT, book_module
from PIL import Image

from confoundlab.catalog import PAGES
from confoundlab.errors import InputError
from confoundlab.notebook.book import another, study_offer
from confoundlab.storage.versions import VERSIONS, computed_by


@pytest.fixture
def stored(monkeypatch, tmp_path):
    module = book_module("stored")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    return module


@pytest.fixture
def coil(published):
    (found,) = [
        one for one in published if (one["study"], one["data"][0]["name"]) == ("coil", "coil20")
    ]
    return found


def picture():
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture
def run(tmp_path, coil):
    """Write a run of results into a folder, and return it."""

    def write(results):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        shown = nbformat.v4.new_output("display_data", {"image/png": picture()})
        cell = nbformat.v4.new_code_cell(
            "draw()", outputs=[shown], metadata={"papermill": {"a": 1}}
        )
        about = {"papermill": {"input_path": "/a/machine/of/mine", "duration": 5.0}}
        notebook = nbformat.v4.new_notebook(cells=[cell], metadata=about)
        nbformat.write(notebook, folder / f"{results['study']}.ipynb")
        (folder / "results.json").write_text(json.dumps(results))
        return folder

    return write


def test_a_run_is_stored_smaller_and_without_paths(stored, run, coil):
    folder = stored.store("coil", run(coil))
    text = (folder / "coil.ipynb").read_text()
    assert "/a/machine/of/mine" not in text and '"duration"' in text
    kept = nbformat.reads(text, as_version=4).cells[0]
    image = Image.open(io.BytesIO(base64.b64decode(kept.outputs[0].data["image/png"])))
    assert image.size == (60, 60) and image.mode == "P"
    assert "papermill" not in kept.metadata
    assert json.loads((folder / "results.json").read_text()) == coil


def test_pictures_inside_html_are_made_smaller_and_stay_what_they_show(stored):
    smooth = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (48, 1))
    file = io.BytesIO()
    Image.fromarray(np.stack([smooth, smooth.T, smooth], axis=2)).save(
        file, "PNG", compress_level=0
    )
    text = f'<img src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'
    output = nbformat.v4.new_output("display_data", {"text/html": text})
    cells = [nbformat.v4.new_code_cell("", outputs=[output])]
    (cell,) = stored.smaller(nbformat.v4.new_notebook(cells=cells)).cells
    made = cell.outputs[0].data["text/html"]
    assert len(made) < len(text) / 4
    uri = made.partition("base64,")[2].rstrip('">')
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGB"), int)
    assert np.abs(shown[:, :, 0] - smooth).mean() < 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"profile": "quick"}, "profile quick"),
        ({"study": "yale"}, "study yale"),
        ({"parameters": {"dataset": "coil100"}}, "data set coil100"),
        ({"evidence": []}, "measured nothing"),
    ],
)
def test_a_run_that_the_page_does_not_show_is_refused(stored, run, coil, change, words):
    with pytest.raises(InputError, match=words):
        stored.store("coil", run(coil | change))
    assert not (stored.RESULTS / "coil").exists()


def test_a_run_on_real_images_is_not_the_twins_page(stored, run, coil):
    with pytest.raises(InputError, match="this one has data = auto"):
        stored.store("coil-twin", run(coil | {"profile": "quick"}))


def test_a_simulated_run_never_takes_the_place_of_a_real_one(stored, run, coil):
    twin = json.loads(json.dumps(coil))
    twin["data"][0]["state"] = "simulated"
    stored.store("coil", run(twin))
    stored.store("coil", run(coil))
    with pytest.raises(InputError, match="is of real images"):
        stored.store("coil", run(twin))
    assert json.loads((stored.RESULTS / "coil" / "results.json").read_text()) == coil


def test_a_run_that_is_too_large_is_refused_and_leaves_what_was_there(
    stored, run, coil, monkeypatch
):
    stored.store("coil", run(coil))
    monkeypatch.setattr(stored, "LARGEST", 1000)
    with pytest.raises(InputError, match="1,000"):
        stored.store("coil", run(coil))
    assert (stored.RESULTS / "coil" / "coil.ipynb").is_file()


def test_the_check_names_pages_that_the_code_has_left_behind(stored, run, coil):
    now = coil | {"provenance": coil["provenance"] | {"computed_by": computed_by(*VERSIONS)}}
    stored.store("coil", run(now))
    check = lambda *names: CliRunner().invoke(stored.main, ["--check", *names])  # noqa: E731
    assert (check("coil").exit_code, check("coil").output) == (0, "")
    old = now["provenance"] | {"computed_by": "learners 1"}
    stored.store("coil", run(now | {"provenance": old}))
    assert check("coil").exit_code == 1 and "how nets are trained changed" in check("coil").output
    assert "is not stored" in check("yale").output
    assert check("yaleb").exit_code == 2


def test_the_head_of_a_page_says_state_day_version_and_what_changed(coil):
    now = coil["provenance"] | {"computed_by": computed_by(*VERSIONS)}
    words = study_offer(coil | {"provenance": now}, "coil-100")
    assert "{bdg-dark}`real`" in words and coil["provenance"]["created"][:10] in words
    assert "<coil-100.ipynb>" in words and "warning" not in words
    old = now | {"computed_by": "views 1"}
    assert "The code has changed since" in study_offer(coil | {"provenance": old})


def test_a_second_page_has_a_title_of_its_own_and_no_names_of_figures():
    cells = [
        nbformat.v4.new_markdown_cell("# COIL: objects\n\nWords."),
        nbformat.v4.new_code_cell(
            "", metadata={"mystnb": {"figure": {"name": "a", "caption": "b"}}}
        ),
    ]
    before = nbformat.v4.new_notebook(cells=cells)
    made = another(before, "COIL: the twin")
    assert made.cells[0].source == "# COIL: the twin\n\nWords."
    assert made.cells[1].metadata.mystnb.figure == {"caption": "b"}
    assert "name" in before.cells[1].metadata.mystnb.figure


@pytest.mark.parametrize("name", PAGES)
def test_what_is_stored_of_a_page_is_what_the_catalog_declares(name):
    study, page = PAGES[name]
    folder = ROOT / "results" / name
    results = json.loads((folder / "results.json").read_text())
    assert (results["study"], results["profile"]) == (study.name, page.profile)
    assert results["parameters"].items() >= {"dataset": page.dataset, **page.parameters}.items()
    text = (folder / f"{study.name}.ipynb").read_text()
    assert sum(path.stat().st_size for path in folder.iterdir()) <= book_module("stored").LARGEST
    assert not re.search(r"(?<![\w.:/-])/(?:Users|home|root|tmp|var|work)/\w", text)
