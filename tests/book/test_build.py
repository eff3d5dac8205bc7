"""The book's build: what may be published, and how the renderer is told."""

import importlib.util
import json
import sys

import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT

from confoundlab.errors import InputError


@pytest.fixture
def build(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "book" / "builder")
    spec = importlib.util.spec_from_file_location("build", ROOT / "book" / "builder" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    return module


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


def test_the_configuration_has_buttons_and_a_machine_for_them_by_the_address(
    build, monkeypatch, tmp_path
):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    for module in (build, sys.modules["page_runs"]):
        monkeypatch.setattr(module, "CONFIG", tmp_path / "_config.yml")
    for url, there in (("https://github.com/a/b", True), ("", False)):
        (tmp_path / "_config.yml").write_text(yaml.safe_dump({"repository": {"url": url}}))
        made = yaml.safe_load(build._configuration().read_text())
        assert ("launch_buttons" in made) == there
        binder = tmp_path / "build" / "beside-the-pages" / "binder" / "environment.yml"
        assert binder.is_file() == there


def test_a_real_game_without_real_images_is_refused_before_anything_runs(build, monkeypatch):
    monkeypatch.setattr(build, "make_all", lambda *run: pytest.fail("a study ran"))
    result = CliRunner().invoke(build.main, ["--real-game"])
    assert result.exit_code == 2 and "COIL-20 is not at hand" in result.output
