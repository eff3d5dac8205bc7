"""Parts of pages that are made from the course: for students, and lesson plans for teachers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import book_data
import book_sheets
from book_data import bullets, chapter, links, read_data


def course(student: bool) -> str:
    """Return the sessions of the course, as a student sees them."""
    sessions = read_data("course.yml")
    return "\n\n".join(_session(number, one) for number, one in enumerate(sessions, 1))


def _session(number: int, one: Mapping[str, Any]) -> str:
    asked = [question for page in one["chapters"] for question in chapter(page).get("discuss", [])]
    more = f"*To go on:* {links(one['more'])}.\n\n" if "more" in one else ""
    slides = f"{_deck(number)}\n\n" if book_data.SLIDES.is_dir() else ""
    return (
        f"(course-session-{number})=\n## Session {number}: {one['title']}\n\n{slides}"
        f"*Read before:* {links(one['chapters'])}.\n\n{more}"
        f"*You should know:* {one['prerequisites']}\n\n"
        f"*Afterwards you can:*\n\n{bullets(one['objectives'])}\n\n"
        f"*To discuss:*\n\n{bullets(asked)}"
    )


def student_edition(student: bool) -> str:
    """Return where the edition without solutions is: inside this book if it was built so."""
    if student:
        return "This edition has no solutions."
    if os.environ.get("CONFOUNDLAB_WITH_STUDENT"):
        return (
            'For students there is <a href="student/index.html">an edition without solutions</a>, '
            "slides and pages for teachers."
        )
    return "`make published` builds this book with an edition without solutions inside it."


def _deck(number: int) -> str:
    return f'<a href="slides/session-{number}.html">Slides of this session</a>'


def _slides(number: int) -> str:
    return f". *To show:* {_deck(number)}" if book_data.SLIDES.is_dir() else ""


def instructor(student: bool) -> str:
    """Return a lesson plan of one page for each session: aims, minutes, what goes into blanks."""
    if student:
        return "The notes for teachers are left out of the students' edition."
    sheets = read_data("worksheets.yml")
    return "\n\n".join(
        f"(teach-session-{number})=\n## Session {number}: {one['title']}\n\n"
        f"*They should know:* {one['prerequisites']} *Afterwards they can:*\n\n"
        f"{bullets(one['objectives'])}\n\n*Bring:* {one['bring']} "
        f"*Students see:* [the course page](course-session-{number})"
        f"{_slides(number)}.\n\n"
        f"| minutes | what | how |\n|---|---|---|\n{_plan(one['plan'])}\n\n{_teaching(one)}"
        f"\n\n{book_sheets.answers(sheets[number - 1])}"
        for number, one in enumerate(read_data("course.yml"), 1)
    )


def _teaching(one: Mapping[str, Any]) -> str:
    pages = [page for page in (*one["chapters"], *one.get("more", ())) if chapter(page)]
    names = [page.rpartition("/")[2] for page in pages]
    words = f"*Chapter by chapter:* {links(f'instructor/{name}' for name in names)}."
    return f"{words}\n\n*What to vary:*\n\n{bullets(one['vary'])}" if "vary" in one else words


def _plan(steps: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"| {one['minutes']} | {one['what']} | {one['how']} |" for one in steps]
    return "\n".join([*lines, f"| **{sum(one['minutes'] for one in steps)}** | in all | |"])
