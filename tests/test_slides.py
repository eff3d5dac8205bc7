"""Slides from the sources of the book."""

import json

import pytest
import yaml
from conftest import ROOT


@pytest.fixture
def slides(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book")
    import slides

    return slides


SESSION = {
    "objectives": ["run `this`"],
    "plan": [{"minutes": 5, "what": "Look", "how": "ask"}],
    "chapters": ["controls"],
}


def test_a_deck_has_every_part_and_says_the_how_in_notes_only(slides):
    deck = slides.deck("One", SESSION)
    controls = yaml.safe_load((ROOT / "book" / "chapters" / "controls.yml").read_text())
    told = len(controls["exercises"]) + len(controls["misconceptions"])
    assert deck.count("<section>") == 2 + 1 + told + 1
    assert "<code>this</code>" in deck and "<li>" + controls["discuss"][0] + "</li>" in deck
    assert '<aside class="notes"><p>ask</p>' in deck and deck.count("ask</p>") == 1


def test_figures_bring_their_caption_and_alternative_text(slides, tmp_path):
    about = {"mystnb": {"figure": {"caption": "What *it* is"}, "image": {"alt": 'a "b"'}}}
    cell = {"metadata": about, "outputs": [{"data": {"image/png": "AAAA\n"}}]}
    plain = {"metadata": {}, "outputs": [{"data": {"image/png": "BBBB"}}]}
    page = tmp_path / "page.ipynb"
    page.write_text(json.dumps({"cells": [plain, *[cell] * 5]}))
    drawn = list(slides.figures(page))
    assert len(drawn) == slides.FIGURES
    assert 'alt="a &quot;b&quot;"' in drawn[0] and "<em>it</em>" in drawn[0]
    assert "base64,AAAA" in drawn[0]
    assert not list(slides.figures(tmp_path / "none.ipynb"))
