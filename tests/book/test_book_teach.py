"""Pages for teachers: each holds all that its chapter's file knows, and students have none."""

from types import SimpleNamespace

import pytest
import yaml
from conftest import ROOT

BOOK = ROOT / "book"
COURSE = yaml.safe_load((BOOK / "course.yml").read_text())
CHAPTERS = {path.stem: yaml.safe_load(path.read_text()) for path in (BOOK / "chapters").glob("*")}


@pytest.fixture
def book(monkeypatch):
    monkeypatch.syspath_prepend(BOOK / "builder" / "extensions")
    import book_chapters

    return book_chapters


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_holds_all_that_a_teacher_needs(book, name):
    chapter = CHAPTERS[name]
    text = book.book_teach.page(name, chapter, COURSE)
    said = [*chapter["able"], *chapter["vary"], *chapter["discuss"], chapter["needs"]]
    said += [one[key] for one in chapter["misconceptions"] for key in ("wrong", "right")]
    said += [one[key] for one in chapter["exercises"] for key in ("task", "solution", "wrong")]
    said += [
        choice[key]
        for one in chapter["quiz"]
        for choice in one["choices"]
        for key in ("say", "why")
    ]
    assert all(words.strip() in text for words in said)
    assert f"Minutes to teach:* {chapter['teach']}" in text and chapter["teach"] <= 90
    assert text.count("**right**") == len(chapter["quiz"])


def test_titles_are_those_of_the_pages_and_of_the_notebooks(book):
    page = book.book_teach.page
    assert page("idea", CHAPTERS["idea"], COURSE).startswith("# Teach: The idea\n")
    coil = page("coil", CHAPTERS["coil"], COURSE)
    assert coil.startswith("# Teach: COIL: objects on a turntable\n")
    assert "[](/executed/coil.ipynb), read before [session 2](teach-session-2)" in coil
    own = page("calibration", CHAPTERS["calibration"], COURSE)
    assert own.startswith("# Teach: Calibration\n") and "[](/executed/calibration.ipynb)" in own
    sma = page("sma", CHAPTERS["sma"], COURSE)
    assert "to go on with after [session 7](teach-session-7)" in sma


def test_students_get_no_pages_for_teachers(book, monkeypatch, tmp_path):
    app = SimpleNamespace(srcdir=tmp_path)
    monkeypatch.setattr(book.book_data, "SLIDES", tmp_path / "slides")
    monkeypatch.setenv("CONFOUNDLAB_EDITION", "student")
    book.write_for_teachers(app, None)
    assert not list(tmp_path.rglob("*"))
    monkeypatch.setenv("CONFOUNDLAB_EDITION", "full")
    book.write_for_teachers(app, None)
    written = {path.stem for path in (tmp_path / "instructor").glob("*.md")}
    assert written == set(CHAPTERS)


@pytest.mark.parametrize(("edition", "expected"), [("full", len(CHAPTERS)), ("student", 0)])
def test_the_students_table_of_contents_has_none_either(monkeypatch, tmp_path, edition, expected):
    monkeypatch.syspath_prepend(BOOK / "builder")
    import build

    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "_toc.yml").write_text((BOOK / "_toc.yml").read_text())
    monkeypatch.setattr(build, "ROOT", tmp_path)
    (tmp_path / "build").mkdir()
    text = build._contents(edition, stored=True).read_text()
    assert text.count("instructor/") == expected and "file: instructor" in text
