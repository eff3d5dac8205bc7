"""The book's build: what counts as a change, and what may be published."""

import importlib.util
import json

import nbformat
import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT

from confoundlab.errors import InputError

TITLED = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])


@pytest.fixture
def build(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "book")
    spec = importlib.util.spec_from_file_location("build", ROOT / "book" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "_EXECUTED", tmp_path / "executed")
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    return module


def test_a_page_is_new_until_its_fingerprint_is_kept(build, tmp_path):
    page = tmp_path / "coil.ipynb"
    nbformat.write(TITLED, page)
    assert build._is_new("coil", "mark", lambda line: None)
    build._publish_page(page, "mark", "offer")
    made = nbformat.read(tmp_path / "executed" / "coil.ipynb", as_version=4)
    assert [cell.source for cell in made.cells] == ["# Title", "offer"]
    assert not build._is_new("coil", "mark", lambda line: None)
    assert build._is_new("coil", "other", lambda line: None)


@pytest.mark.parametrize("changed", ["code", "notebook", "parameters", "data", "address"])
def test_every_kind_of_change_runs_the_page_again(build, monkeypatch, tmp_path, changed):
    runs = []
    source = tmp_path / "coil.py"
    source.write_text("one")

    def run_study(study, out, **options):
        runs.append(study.name)
        out.mkdir(parents=True, exist_ok=True)
        nbformat.write(TITLED, out / "coil.ipynb")
        (out / "results.json").write_text((ROOT / "results" / "coil20.json").read_text())

    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "run_study", run_study)
    monkeypatch.setattr(build, "notebook_source", lambda name: source)
    monkeypatch.setattr(build, "code_digest", lambda: "one")
    study = build.STUDIES["coil"]
    for _ in range(2):
        build._study_page(study, "smoke", lambda line: None)
    assert runs == ["coil"]
    if changed == "code":
        monkeypatch.setattr(build, "code_digest", lambda: "two")
    elif changed == "notebook":
        source.write_text("two")
    elif changed == "address":
        monkeypatch.setattr(build, "_address", lambda: "https://github.com/a/b")
    elif changed == "data":
        monkeypatch.setattr(build, "available", lambda *choice: "real")
        monkeypatch.setattr(build, "load", lambda *choice: type("Images", (), {"digest": "two"}))
    build._study_page(study, "quick" if changed == "parameters" else "smoke", lambda line: None)
    assert runs == ["coil", "coil"]
    made = nbformat.read(tmp_path / "executed" / "coil.ipynb", as_version=4)
    assert "coil.parameters.yaml" in made.cells[1].source
    kept = yaml.safe_load((tmp_path / "executed" / "coil.parameters.yaml").read_text())
    assert kept["dataset"] == "coil20"


def test_paper_runs_are_published_and_never_simulated_ones_over_real_ones(
    build, tmp_path, published
):
    (good,) = (
        one for one in published if (one["study"], one["data"][0]["name"]) == ("coil", "coil20")
    )
    simulated = json.loads(json.dumps(good))
    simulated["data"][0]["state"] = "simulated"

    def publish(results):
        (tmp_path / "results.json").write_text(json.dumps(results))
        return json.loads(build.publish(tmp_path).read_text())

    with pytest.raises(InputError, match="not of profile quick"):
        publish(good | {"profile": "quick"})
    assert not (tmp_path / "results").exists()
    assert publish(simulated) == simulated
    assert publish(good) == good
    twin_beside = good | {"data": good["data"] + simulated["data"]}
    assert publish(twin_beside) == twin_beside
    assert publish(simulated | {"study": "remedies"})["study"] == "remedies"
    assert {path.name for path in (tmp_path / "results").iterdir()} == {
        "coil20.json", "remedies-coil20.json"
    }  # fmt: skip
    with pytest.raises(InputError, match="is of real images"):
        publish(simulated)
    with pytest.raises(InputError, match="no results"):
        build.publish(tmp_path / "none")


def test_a_run_that_measured_nothing_is_not_published(build, tmp_path, published):
    (tmp_path / "results.json").write_text(json.dumps(published[0] | {"evidence": [], "data": []}))
    with pytest.raises(InputError, match="measured nothing"):
        build.publish(tmp_path)


def test_a_page_of_tables_is_new_when_a_file_comes(build, tmp_path, monkeypatch):
    entry = build.STUDIES["plates_real"]
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    before = build._modified(entry)
    (tmp_path / "nf1_qc").mkdir()
    (tmp_path / "nf1_qc" / "Plate_3_Image.csv.gz").write_text("one")
    assert build._modified(entry) != before


def test_the_configuration_has_buttons_and_a_machine_for_them_by_the_address(
    build, monkeypatch, tmp_path
):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "_CONFIG", tmp_path / "_config.yml")
    for url, there in (("https://github.com/a/b", True), ("", False)):
        (tmp_path / "_config.yml").write_text(yaml.safe_dump({"repository": {"url": url}}))
        made = yaml.safe_load(build._configuration().read_text())
        assert ("launch_buttons" in made) == there
        binder = tmp_path / "build" / "beside-the-pages" / "binder" / "environment.yml"
        assert binder.is_file() == there


def test_a_real_game_without_real_images_is_refused_before_anything_runs(build, monkeypatch):
    monkeypatch.setattr(build, "_study_page", lambda *run: pytest.fail("a study ran"))
    result = CliRunner().invoke(build.main, ["--real-game"])
    assert result.exit_code == 2 and "COIL-20 is not at hand" in result.output


def test_what_a_page_shows_is_made_again_when_its_source_or_its_images_change(
    build, monkeypatch, tmp_path
):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "_MADE", tmp_path / "made")
    monkeypatch.setattr(build, "code_digest", lambda: "one")
    (tmp_path / "book").mkdir()
    source = tmp_path / "book" / "dials_data.py"
    made = []

    def write(path):
        made.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("data")

    for text in ("one", "one", "two"):
        source.write_text(text)
        build._data("dials", write, lambda line: None)
    assert made == [tmp_path / "made" / "dials" / "data.js"] * 2
    for images in ("real", "real", ""):
        build._data("dials", write, lambda line: None, images)
    assert len(made) == 4
