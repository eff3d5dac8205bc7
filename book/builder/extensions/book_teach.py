"""A page for teachers to each chapter: what to expect, what to vary, and all answers.

The pages are written as Sphinx starts, into ``instructor/``, from ``chapters/`` and ``course.yml``.
The students' edition has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from book_data import BOOK, bullets, link, title_of


def page(name: str, chapter: Mapping[str, Any], course: Sequence[Mapping[str, Any]]) -> str:
    """Return a chapter's page for teachers, in MyST.

    Parameters
    ----------
    name : str
        Of the chapter's page, without its folder.
    chapter : mapping
        As in ``chapters/<name>.yml``.
    course : sequence of mapping
        The sessions, as in ``course.yml``.
    """
    place = name if (BOOK / f"{name}.md").is_file() else f"executed/{name}"
    parts = [
        f"# Teach: {title_of(place)}",
        f"- *Chapter:* {link(place)}, {_session(place, course)}\n"
        f"- *Minutes to teach:* {chapter['teach']}\n"
        f"- *Students should know:* {chapter['needs']}",
        f"*Afterwards they can:*\n\n{bullets(chapter['able'])}",
        "## Misconceptions to expect",
        bullets(f'"{one["wrong"]}" — {one["right"]}' for one in chapter["misconceptions"]),
        f"## What to vary\n\n{bullets(chapter['vary'])}",
        f"## To discuss\n\n{bullets(chapter['discuss'])}",
        "## Answers to the quiz",
        *(_quiz(number, one) for number, one in enumerate(chapter["quiz"], 1)),
        "## Answers to the exercises",
        *(_exercise(number, one) for number, one in enumerate(chapter["exercises"], 1)),
    ]
    return "\n\n".join(parts) + "\n"


def _session(place: str, course: Sequence[Mapping[str, Any]]) -> str:
    for number, one in enumerate(course, 1):
        for key, words in (("chapters", "read before"), ("more", "to go on with after")):
            if place in one.get(key, ()):
                return f"{words} [session {number}](teach-session-{number})"
    return "in no session of the course"


def _quiz(number: int, one: Mapping[str, Any]) -> str:
    lines = [f"**{number}.** {one['ask'].strip()}\n"]
    for letter, choice in zip("ABCD", one["choices"], strict=False):
        mark = "**right**" if choice.get("right") else "wrong"
        lines.append(f"- {letter}, {mark}: *{choice['say']}* {choice['why'].strip()}")
    return "\n".join(lines)


def _exercise(number: int, one: Mapping[str, Any]) -> str:
    return (
        f"**{number}.** {one['task'].strip()}\n\n{one['solution'].strip()}\n\n"
        f"*A common wrong answer:* {one['wrong'].strip()}"
    )


def write_pages(
    folder: Path, chapters: Mapping[str, Mapping[str, Any]], course: Sequence[Mapping[str, Any]]
) -> None:
    """Write the page of each chapter into a folder."""
    folder.mkdir(exist_ok=True)
    for name, chapter in chapters.items():
        (folder / f"{name}.md").write_text(page(name, chapter, course), encoding="utf-8")
