"""Worksheets of the course: two sides to print for each session, and what goes into blanks.

Sentences, tables and exit questions stand in ``worksheets.yml``, exercises in ``chapters/``,
figures in the executed pages. Serves the claim that a session can be taught from the book alone.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from book_data import BOOK, bullets, chapter, read_data, title_of

_BLANK = re.compile(r"\{(.+?)\}")
_SIDES = "\n\n:::{rst-class} new-page\n:::\n\n"


def worksheets(student: bool) -> str:
    """Return the two sides of every session's worksheet in MyST, no answers."""
    pairs = zip(read_data("course.yml"), read_data("worksheets.yml"), strict=True)
    return _SIDES.join(
        f"{_front(number, session, sheet)}{_SIDES}{_back(number, session, sheet)}"
        for number, (session, sheet) in enumerate(pairs, 1)
    )


def _front(number: int, session: Mapping[str, Any], sheet: Mapping[str, Any]) -> str:
    return (
        f"## Session {number}: {session['title']}\n\n"
        '<p class="sheet-name">Name: <span></span> Date: <span></span></p>\n\n'
        f"*Afterwards you can:*\n\n{bullets(session['objectives'])}\n\n"
        f"*Fill in:*\n\n{_numbered(_BLANK.sub(_blank, one) for one in sheet['fill'])}\n\n"
        f"{_table(sheet['table'])}{_figure(sheet.get('figure'))}"
    )


def _back(number: int, session: Mapping[str, Any], sheet: Mapping[str, Any]) -> str:
    parts = [
        f"**{title_of(page)}**\n\n{_tasks(chapter(page))}"
        for page in session["chapters"]
        if chapter(page)
    ]
    asked = [one for page in session["chapters"] for one in chapter(page).get("discuss", [])]
    discuss = f"*To discuss:*\n\n{bullets(asked)}\n\n" if asked else ""
    return (
        f"*Session {number}, exercises:*\n\n"
        + "\n\n".join(parts)
        + f"\n\n{discuss}*Before you go:* {sheet['exit']['ask']}\n\n"
        + '<p class="sheet-lines"></p>'
    )


def answers(sheet: Mapping[str, Any]) -> str:
    """Return what teachers see of a worksheet: its blanks filled in, and the exit question."""
    filled = _numbered(_BLANK.sub(r"**\1**", one) for one in sheet["fill"])
    exit_ = sheet["exit"]
    return (
        f"*Blanks of the worksheet:*\n\n{filled}\n\n"
        f"*Before they go:* {exit_['ask']} {exit_['answer'].strip()}"
    )


def _blank(found: re.Match[str]) -> str:
    """Return a line to write on, of a length that does not tell how long the answer is."""
    return '<span class="sheet-blank">&nbsp;</span>'


def _numbered(sentences: Any) -> str:
    return "\n".join(f"{number}. {one}" for number, one in enumerate(sentences, 1))


def _table(about: Mapping[str, Any]) -> str:
    names = about["columns"]
    rows = "\n".join(f"| {row} |{' |' * (len(names) - 1)}" for row in about["rows"])
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}"
    return f":::{{rst-class}} sheet-table\n:::\n\n{head}\n{rows}\n\n"


def _figure(page: str | None) -> str:
    """Return the first captioned figure of an executed page; nothing where it did not run."""
    path = BOOK / f"{page}.ipynb"
    if page is None or not path.is_file():
        return ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        about = cell["metadata"].get("mystnb", {})
        drawn = [one["data"]["image/png"] for one in cell.get("outputs", ()) if _drawn(one)]
        if drawn and "figure" in about:
            source = "".join(drawn[0]).replace("\n", "")
            alt = html.escape(about["image"]["alt"], quote=True)
            return (
                f'<img class="sheet-figure" alt="{alt}" src="data:image/png;base64,{source}">\n\n'
                f"The first figure of *{title_of(page)}*. What do you see? What would you bet?\n\n"
                '<p class="sheet-lines"></p>'
            )
    return ""


def _drawn(output: Mapping[str, Any]) -> bool:
    return "image/png" in output.get("data", {})


def _tasks(about: Mapping[str, Any]) -> str:
    return _numbered(" ".join(one["task"].split()) for one in about["exercises"])
