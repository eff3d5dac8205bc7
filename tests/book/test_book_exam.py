"""The exam's questions: complete, worth their points, and for teachers only."""

import re

import pytest
import yaml
from conftest import ROOT

BOOK = ROOT / "book"
QUESTIONS = yaml.safe_load((BOOK / "exam.yml").read_text())


@pytest.fixture
def exam(monkeypatch):
    monkeypatch.syspath_prepend(BOOK / "builder" / "extensions")
    import book_exam

    return book_exam


def test_every_session_has_three_questions_with_all_parts():
    sessions = [one["session"] for one in QUESTIONS]
    assert sessions == sorted(sessions)
    n = len(yaml.safe_load((BOOK / "course.yml").read_text()))
    assert {one: sessions.count(one) for one in set(sessions)} == dict.fromkeys(range(1, n + 1), 3)
    for one in QUESTIONS:
        assert one["ask"] and one["solution"] and one["error"]
        # points are named with the part of the solution that earns them
        assert "(1" in one["solution"] or one["points"] == 1


def test_numbers_are_those_of_the_store(exam):
    text = exam.exam(False)
    assert "[[" not in text and len(re.findall(r"^\*\*\d\.\d\*\*", text, re.MULTILINE)) == 24
    stored = exam._results("coil")
    (corner,) = (
        one
        for one in stored
        if one["row"] == "coil20"
        and one["view"] == "crop 21x21 top-right"
        and one["split"] == "random 80/20"
        and one["learner"] == "LeNet-5"
    )
    assert f"right in {100 * corner['estimate']:.1f}%" in text.replace("\n", " ")


def test_a_number_that_was_never_stored_is_refused(exam):
    lost = exam._NUMBER.search("[[coil | coil20 | no such view | random 80/20 | estimate]]")
    with pytest.raises(exam.InputError, match="0 stored results"):
        exam._stored(lost)


def test_students_get_no_question(exam):
    assert not any(one["ask"][:30] in exam.exam(True) for one in QUESTIONS)
