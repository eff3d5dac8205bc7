"""Slides from the sources of the book."""

import json
import re
import struct
from base64 import b64encode
from types import SimpleNamespace

import pytest
import yaml
from conftest import ROOT


@pytest.fixture
def slides(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "builder" / "extensions")
    import book_slides

    return book_slides


SESSION = {
    "prerequisites": "nothing",
    "objectives": ["run `this`"],
    "plan": [{"minutes": 5, "what": "Look", "how": "ask"}],
    "chapters": ["controls"],
}


def picture(width, height):
    """A PNG's beginning, with as many pixels; the rest of it is not read."""
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height)
    return b64encode(head).decode()


def test_a_deck_has_every_part_and_says_the_how_in_notes_only(slides):
    deck = slides.deck("One", SESSION)
    controls = yaml.safe_load((ROOT / "book" / "chapters" / "controls.yml").read_text())
    told = len(controls["exercises"]) + len(controls["misconceptions"])
    assert deck.count("<section>") == deck.count('<aside class="notes">') == 2 + 1 + told + 1
    assert "<code>this</code>" in deck and "<h2>Controls, exercise 1</h2>" in deck
    assert "<li>" + controls["discuss"][0] + "</li>" in deck
    assert '<aside class="notes"><p>ask</p>' in deck and deck.count("ask</p>") == 1
    # from a deck, the book's pages lie one folder up
    assert 'href="../executed/remedies.html"' in deck and 'href="/' not in deck


def test_figures_bring_their_heading_caption_and_alternative_text(slides, tmp_path):
    about = {"mystnb": {"figure": {"caption": "What *it* is."}, "image": {"alt": 'a "b"'}}}
    outputs = [{"data": {"image/png": picture(200, 100) + "\n"}}]
    cell = {"cell_type": "code", "metadata": about, "outputs": outputs}
    plain = cell | {"metadata": {}}
    words = {"cell_type": "markdown", "metadata": {}, "source": ["Before.\n\n", "## Look\n"]}
    page = tmp_path / "page.ipynb"
    page.write_text(json.dumps({"cells": [plain, words, *[cell] * 5]}))
    drawn = list(slides.figures(page))
    assert len(drawn) == slides.FIGURES
    assert 'alt="a &quot;b&quot;"' in drawn[0] and "<figcaption>What <em>it</em> is." in drawn[0]
    assert f"base64,{picture(200, 100)}" in drawn[0] and "<h2>Look</h2>" in drawn[0]
    assert not list(slides.figures(tmp_path / "none.ipynb"))


def test_pages_to_go_on_to_bring_their_figures_only(slides, monkeypatch):
    monkeypatch.setattr(slides, "figures", lambda page: [f"figures of {page.stem}"])
    deck = slides.deck("One", SESSION | {"more": ["executed/sma"]})
    assert "figures of sma" in deck and "SMA: batch" not in deck


@pytest.mark.parametrize(("size", "expected"), [((300, 100), "wide"), ((100, 100), "tall")])
def test_words_stand_where_the_picture_leaves_room(slides, size, expected):
    assert slides._shape(picture(*size)) == expected


def test_long_captions_go_on_in_the_notes(slides):
    short = "One sentence. Another one?"
    assert slides._beginning(short) == short
    long = "First. " + "x" * slides.TWO_LINES + "."
    assert slides._beginning(long) == "First."


@pytest.mark.parametrize(("edition", "expected"), [("full", 8), ("student", 0)])
def test_every_build_has_slides_and_links_them_but_not_the_students(
    slides, monkeypatch, tmp_path, edition, expected
):
    import book_chapters
    import book_data
    import book_made

    made = tmp_path / "made" / "slides"
    monkeypatch.setattr(book_data, "SLIDES", made)
    monkeypatch.setenv("CONFOUNDLAB_EDITION", edition)
    made.mkdir(parents=True)
    (made / "older.html").touch()
    book_chapters.write_for_teachers(SimpleNamespace(srcdir=tmp_path), None)
    linked = re.findall(r'href="slides/(.*?)"', book_made.course(edition == "student"))
    assert len(linked) == expected and not (made / "older.html").exists()
    for name in linked:
        text = (made / name).read_text()
        # what shows them lies beside them, and nothing comes from elsewhere
        carried = re.findall(r'(?:src|href)="(slides.*?)"', text)
        assert len(carried) == 2 and all((made / one).is_file() for one in carried)
        assert not re.search(r'(?:script|img)[^>]* src="http', text)
