"""Slides of the course: one deck a session, from the same sources as the book.

Titles and steps come from ``course.yml``, exercises, misconceptions and questions from
``chapters/``, figures with their captions from the executed pages. What a teacher should say stands
in the speaker's notes (key S). They are shown by a script of the book's own, so that every build
has them, from the disk and without a network. The students' edition has none: notes hold solutions.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from book_data import BOOK, bullets, chapter, title_of
from markdown_it import MarkdownIt

# Not in ``_static``, of which every page of the book loads every script and style.
SHOWN_BY = BOOK / "builder" / "slides"
# Figures of a chapter that go onto slides; more would not be talked about.
FIGURES = 3
TWO_LINES = 190  # letters
WIDE = 1.5  # width over height from which words stand below a picture
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="slides.css">
</head>
<body>
<main class="deck">
{slides}
</main>
<nav aria-label="Slides"><span role="status" data-place></span>
<button data-back aria-label="back">&#8592;</button>
<button data-on aria-label="on">&#8594;</button>
<button data-notes>Notes (S)</button></nav>
<script src="slides.js"></script>
</body>
</html>
"""


def write_slides(out: Path, course: Sequence[Mapping[str, Any]]) -> None:
    """Write a deck for each session into a new folder, and what shows them."""
    shutil.copytree(SHOWN_BY, out)
    for number, session in enumerate(course, 1):
        title = html.escape(f"Session {number}: {session['title']}")
        text = _PAGE.format(title=title, slides=deck(title, session))
        (out / f"session-{number}.html").write_text(text, encoding="utf-8")


def deck(title: str, session: Mapping[str, Any]) -> str:
    """Return the slides of a session as HTML sections."""
    plan = [f"{step['what']}: {step['minutes']} minutes" for step in session["plan"]]
    slides = [
        _slide(f"<h1>{title}</h1>", f"Students should know: {session['prerequisites']}"),
        _slide("<h2>Afterwards you can</h2>" + _list(session["objectives"]), bullets(plan)),
    ]
    slides += [
        _slide(f"<h2>{_inline(step['what'])}</h2><p>{step['minutes']} minutes</p>", step["how"])
        for step in session["plan"]
    ]
    chapters = [(page, chapter(page)) for page in session["chapters"]]
    for page, told in chapters:
        slides += figures(BOOK / f"{page}.ipynb")
        for number, one in enumerate(told.get("exercises", []), 1):
            heading = f"{_inline(title_of(page))}, exercise {number}"
            slides.append(_slide(f"<h2>{heading}</h2>{_block(one['task'])}", one["solution"]))
        slides += [
            _slide(
                f"<h2>True?</h2><p>“{_inline(one['wrong'])}”</p>"
                f'<p class="fragment">No: {_inline(one["right"])}.</p>',
                "Ask for a show of hands. The answer comes with the next key.",
            )
            for one in told.get("misconceptions", [])
        ]
    for page in session.get("more", ()):  # pages to go on to are shown, not taught
        slides += figures(BOOK / f"{page}.ipynb")
    discuss, vary = (
        [one for _, told in chapters for one in told.get(key, [])] for key in ("discuss", "vary")
    )
    last = _slide("<h2>To discuss</h2>" + _list(discuss), "What to vary:\n\n" + bullets(vary))
    return "\n".join([*slides, last])


def figures(page: Path) -> Iterator[str]:
    """Yield slides of the first captioned figures of an executed page; none if it did not run.

    The caption's first sentences stand on the slide, the whole caption in the notes.
    """
    if not page.is_file():
        return
    left, heading = FIGURES, ""
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            heading = (_HEADING.findall("".join(cell["source"])) or [heading])[-1]
        about = cell["metadata"].get("mystnb", {})
        pictures = [one["data"] for one in cell.get("outputs", []) if "data" in one]
        drawn = [data["image/png"] for data in pictures if "image/png" in data]
        if left and drawn and "figure" in about:
            left -= 1
            alt = html.escape(about["image"]["alt"], quote=True)
            source = "".join(drawn[0]).replace("\n", "")
            caption = about["figure"]["caption"]
            yield _slide(
                f'<figure class="{_shape(source)}"><h2>{_inline(heading)}</h2>'
                f'<img alt="{alt}" src="data:image/png;base64,{source}">'
                f"<figcaption>{_inline(_beginning(caption))}</figcaption></figure>",
                caption,
            )


def _shape(source: str) -> str:
    """Return whether a picture (PNG in base64) has its words below it, or beside."""
    width, height = struct.unpack(">II", b64decode(source[:32])[16:24])
    return "wide" if width > WIDE * height else "tall"


def _beginning(caption: str) -> str:
    """Return as many sentences as two lines of a slide hold, and at least one."""
    shown, *others = re.split(r"(?<=[.?]) ", caption)
    for sentence in others:
        if len(shown) + len(sentence) >= TWO_LINES:
            break
        shown += f" {sentence}"
    return shown


def _slide(content: str, notes: str) -> str:
    return f'<section>{content}<aside class="notes">{_block(notes)}</aside></section>'


def _list(items: Sequence[str]) -> str:
    return _block(bullets(items))


def _inline(text: str) -> str:
    return _linked(MarkdownIt("js-default").renderInline(text.strip()))


def _block(text: str) -> str:
    return _linked(MarkdownIt("js-default").render(text))


def _linked(made: str) -> str:
    """Let links of the book's sources lead to its pages, which lie one folder above the decks."""
    return re.sub(r'href="/([\w/]+)\.(?:md|ipynb)"', r'href="../\1.html"', made)
