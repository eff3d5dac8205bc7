"""The book's build: what may be published, and how the renderer is told."""

import importlib.util
import sys

import pytest
import yaml
from click.testing import CliRunner
from conftest import ROOT

from confoundlab.catalog import STUDIES


@pytest.fixture
def build(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "builder")
    spec = importlib.util.spec_from_file_location("build", ROOT / "book" / "builder" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("stored", [True, False])
def test_second_pages_of_a_study_are_there_where_stored_runs_are_shown(build, monkeypatch, stored):
    made = yaml.safe_load(build._contents("full", stored).read_text())
    (coil,) = (
        page
        for part in made["parts"]
        for page in part["chapters"]
        if page["file"] == "executed/coil"
    )
    assert ("sections" in coil) == stored
    if stored:
        pages = {page["file"] for page in coil["sections"]}
        assert pages == {f"executed/{page.name}" for page in STUDIES["coil"].pages[1:]}


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


def test_the_published_book_holds_the_students_edition(build, monkeypatch, tmp_path):
    built = []

    def made(profile, say, edition="full", real_game=False):
        page = tmp_path / edition / "index.html"
        page.parent.mkdir()
        page.write_text(edition)
        built.append((edition, "CONFOUNDLAB_WITH_STUDENT" in build.os.environ))
        return page

    monkeypatch.setattr(build, "build", made)
    monkeypatch.setattr(build.os, "environ", {})
    index = build.publish(None, print)
    assert index.read_text() == "full"
    assert (index.parent / "student" / "index.html").read_text() == "student"
    # links are in the full edition only, where what they lead to is
    assert built == [("student", False), ("full", True)]
