"""What the book is rendered from: what counts as a change."""

import importlib

import nbformat
import pytest
import yaml
from conftest import ROOT, book_module

from confoundlab.errors import InputError

TITLED = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])


@pytest.fixture
def page_runs(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "book" / "builder")
    module = importlib.import_module("page_runs")
    for name in ("EXECUTED", "MADE"):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_a_page_is_published_with_what_it_offers(page_runs, tmp_path):
    page = tmp_path / "coil.ipynb"
    nbformat.write(TITLED, page)
    page_runs._publish(nbformat.read(page, as_version=4), "coil", "offer")
    made = nbformat.read(tmp_path / "executed" / "coil.ipynb", as_version=4)
    assert [cell.source for cell in made.cells] == ["# Title", "offer"]


@pytest.mark.parametrize("changed", ["code", "notebook", "parameters", "data", "address"])
def test_every_kind_of_change_runs_the_page_again(page_runs, monkeypatch, tmp_path, changed):
    source = tmp_path / "coil.py"
    source.write_text("one")

    def run_study(study, out, **options):
        out.mkdir(parents=True, exist_ok=True)
        nbformat.write(TITLED, out / "coil.ipynb")
        (out / "results.json").write_text((ROOT / "results" / "coil" / "results.json").read_text())

    monkeypatch.setattr(page_runs, "run_study", run_study)
    monkeypatch.setattr(page_runs, "notebook_source", lambda name: source)
    monkeypatch.setattr(page_runs, "code_digest", lambda: "one")
    study = page_runs.STUDIES["coil"]
    first = page_runs.study_job(study, "smoke")
    assert first.is_new
    (tmp_path / "log").touch()
    book_module("making")._make(first, tmp_path / "log")
    assert not first.is_new and not page_runs.study_job(study, "smoke").is_new
    if changed == "code":
        monkeypatch.setattr(page_runs, "code_digest", lambda: "two")
    elif changed == "notebook":
        source.write_text("two")
    elif changed == "address":
        monkeypatch.setattr(page_runs, "address", lambda: "https://github.com/a/b")
    elif changed == "data":
        monkeypatch.setattr(page_runs, "available", lambda *choice: "real")
        monkeypatch.setattr(page_runs, "load", lambda *choice: type("Images", (), {"digest": "2"}))
    profile = "quick" if changed == "parameters" else "smoke"
    assert page_runs.study_job(study, profile).is_new
    made = nbformat.read(tmp_path / "executed" / "coil.ipynb", as_version=4)
    assert "coil.parameters.yaml" in made.cells[1].source
    kept = yaml.safe_load((tmp_path / "executed" / "coil.parameters.yaml").read_text())
    assert kept["dataset"] == "coil20"


def test_a_page_of_tables_is_new_when_a_file_comes(page_runs, tmp_path, monkeypatch):
    entry = page_runs.STUDIES["plates_real"]
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    before = page_runs.study_job(entry, "smoke").mark
    (tmp_path / "nf1_qc").mkdir()
    (tmp_path / "nf1_qc" / "Plate_3_Image.csv.gz").write_text("one")
    assert page_runs.study_job(entry, "smoke").mark != before


def test_what_a_page_shows_is_new_when_its_source_or_its_images_change(page_runs, tmp_path):
    (tmp_path / "book" / "builder").mkdir(parents=True)
    source = tmp_path / "book" / "builder" / "game_data.py"
    marks = []
    for text, images in (("one", ""), ("one", ""), ("two", ""), ("two", "real")):
        source.write_text(text)
        marks.append(page_runs.data_job("game", images).mark)
    assert marks[0] == marks[1] and len(set(marks)) == 3


def test_a_page_without_a_stored_run_says_how_to_make_it(page_runs, monkeypatch, tmp_path):
    monkeypatch.setattr(page_runs, "RESULTS", tmp_path / "results")
    with pytest.raises(InputError, match=r"lacks results.json and coil.ipynb.*stored.py coil"):
        page_runs.stored_job("coil")


def test_a_stored_run_becomes_a_page_and_is_new_when_it_changes(page_runs, monkeypatch, tmp_path):
    folder = tmp_path / "results" / "coil-twin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(page_runs, "RESULTS", tmp_path / "results")
    nbformat.write(TITLED, folder / "coil.ipynb")
    stored = (ROOT / "results" / "coil" / "results.json").read_text()
    (folder / "results.json").write_text(stored)
    job = page_runs.stored_job("coil-twin")
    (tmp_path / "log").touch()
    book_module("making")._make(job, tmp_path / "log")
    assert not page_runs.stored_job("coil-twin").is_new
    made = nbformat.read(tmp_path / "executed" / "coil-twin.ipynb", as_version=4)
    assert made.cells[0].source == "# COIL: the twin" and "coil-twin.ipynb" in made.cells[1].source
    (folder / "results.json").write_text(stored.replace("LeNet", "Le-Net"))
    assert page_runs.stored_job("coil-twin").is_new
