"""Questions with which readers test themselves: their data, and the HTML that is made of them."""

from collections import Counter

import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import ROOT
from sphinx.application import Sphinx

CHAPTERS = {
    path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "book/chapters").glob("*.yml")
}
ASKED = [(name, one) for name, chapter in CHAPTERS.items() for one in chapter["quiz"]]
QUESTION = {
    "ask": "Is `a` *less* than b & c?",
    "choices": [
        {"say": "**No**: never", "why": "It is < 2."},
        {"say": "Yes", "why": "It is 1.", "right": True},
        {"say": "Perhaps", "why": "Look again."},
    ],
}


@pytest.fixture(scope="module")
def quiz():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "book" / "builder" / "extensions")
        import book_quiz

        yield book_quiz


def test_every_chapter_asks_two_to_four_questions():
    assert {len(chapter["quiz"]) for chapter in CHAPTERS.values()} <= {2, 3, 4}


@pytest.mark.parametrize(("name", "one"), ASKED)
def test_every_question_has_one_right_answer_and_a_reason_for_each(name, one):
    choices = one["choices"]
    assert len(choices) in (3, 4) and one["ask"].strip().endswith("?")
    assert sum(choice.get("right", False) for choice in choices) == 1
    assert all(choice["why"].strip() and choice["say"].strip() for choice in choices)
    assert len({choice["say"] for choice in choices}) == len(choices)


def test_the_place_of_the_right_answer_tells_nothing():
    """A control of the quiz itself: who always takes the same place is right at chance only."""
    places = Counter(
        [bool(choice.get("right")) for choice in one["choices"]].index(True) for _, one in ASKED
    )
    assert max(places.values()) / len(ASKED) < 0.45
    # nor does the longest answer
    longest = [max(one["choices"], key=lambda choice: len(choice["say"])) for _, one in ASKED]
    assert sum(choice.get("right", False) for choice in longest) / len(ASKED) < 0.5


@pytest.fixture(scope="module")
def page(quiz, tmp_path_factory):
    """A page with the question twice, as Sphinx makes it."""
    tmp_path = tmp_path_factory.mktemp("quiz")
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser', 'book_quiz']\nmyst_enable_extensions = ['colon_fence']\n"
    )
    (tmp_path / "index.md").write_text(f"# Title\n\n{quiz.section([QUESTION, QUESTION])}")
    places = [str(tmp_path / name) for name in ("", "", "out", "trees")]
    Sphinx(*places, "html", status=None, warningiserror=True).build()
    return BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser")


def test_a_question_is_a_fieldset_with_a_radio_button_for_each_answer(page):
    first, second = page.select("fieldset.quiz")
    legend = first.find("legend")
    assert legend.get_text() == "1. Is a less than b & c?"
    assert legend.code.get_text() == "a" and legend.em.get_text() == "less"
    labels = first.select("label")
    assert [one.get_text() for one in labels] == ["No: never", "Yes", "Perhaps"]
    assert labels[0].strong.get_text() == "No"
    # one may be chosen in each question
    for number, question in ((1, first), (2, second)):
        radios = question.select("label > input[type=radio]")
        assert [one["name"] for one in radios] == [f"quiz-{number}"] * 3
    assert len(page.select("[aria-live=polite]:empty")) == 6


def test_without_a_script_all_reasons_can_be_read(page, quiz):
    reasons = page.select_one("fieldset").select("details li")
    assert [one.get_text() for one in reasons] == [
        f"{quiz.WRONG} It is < 2.", f"{quiz.RIGHT} It is 1.", f"{quiz.WRONG} Look again."
    ]  # fmt: skip
    assert [one["class"] for one in reasons] == [["quiz-wrong"], ["quiz-right"], ["quiz-wrong"]]
