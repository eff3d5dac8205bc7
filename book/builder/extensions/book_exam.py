"""The question bank of the exam: for teachers only, with numbers read from the stored results.

Questions stand in ``exam.yml``. Serves the claim that a course can be marked with this book: each
question has its points, its solution and the error to expect.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from book_data import BOOK, read_data

from confoundlab import report
from confoundlab.errors import InputError
from confoundlab.studies.store import read_results

_NUMBER = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def exam(student: bool) -> str:
    """Return all questions with points, solutions and common errors; nothing for students."""
    if student:
        return "The exam's questions are left out of the students' edition."
    parts = []
    questions = read_data("exam.yml")
    for number, session in enumerate(read_data("course.yml"), 1):
        own = [one for one in questions if one["session"] == number]
        asked = "\n\n".join(_question(f"{number}.{place}", one) for place, one in enumerate(own, 1))
        parts.append(f"## Session {number}: {session['title']}\n\n{asked}")
    total = sum(one["points"] for one in questions)
    return f"{len(questions)} questions, {total} points.\n\n" + "\n\n".join(parts)


def exam_link(student: bool) -> str:
    """Return a link to the questions, where the edition has them."""
    return "" if student else "**For the end of the course:** [questions for an exam](exam.md)."


def _question(name: str, one: dict[str, Any]) -> str:
    points = "1 point" if one["points"] == 1 else f"{one['points']} points"
    ask, solution, error = (
        _NUMBER.sub(_stored, " ".join(one[key].split())) for key in ("ask", "solution", "error")
    )
    return (
        f"**{name}** ({points}). {ask}\n\n"
        f"*Solution:* {solution}\n\n*A common wrong answer:* {error}"
    )


def _stored(found: re.Match[str]) -> str:
    """Return a stored number in words: ``estimate`` and ``chance`` in percent, ``value`` as is.

    Raises
    ------
    InputError
        None or several stored records are like that.
    """
    words = [" ".join(part.split()) for part in found[1].split(" | ")]
    study, row, view, split, field = words
    records = [
        one
        for one in _results(study)
        if (one["row"], one["view"], one["split"]) == (row, view, split)
        and one["learner"] != "frozen net, linear"
    ]
    if len(records) != 1:
        raise InputError(f"exam.yml: {len(records)} stored results of {study} are {words[1:]}.")
    if field == "verdict":
        return str(records[0]["verdict"])
    if field == "value":
        return f"{records[0]['estimate']:.2f}"
    return report.percent(records[0][field])


@cache
def _results(study: str) -> list[dict[str, Any]]:
    path = BOOK.parent / "results" / study / "results.json"
    records: list[dict[str, Any]] = read_results(path)["evidence"]
    return records
