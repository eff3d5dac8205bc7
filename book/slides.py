"""Slides of the course: one deck a session, from the same sources as the book.

    python book/slides.py            into build/slides, with reveal.js beside the decks

Titles and steps come from ``course.yml``, exercises, misconceptions and questions from
``chapters/``, figures with their captions from the executed pages. What a teacher should say stands
in the speaker's notes (key S).
"""

from __future__ import annotations

import html
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

BOOK = Path(__file__).parent
OUT = BOOK.parent / "build" / "slides"
REVEAL = BOOK / "check" / "node_modules" / "reveal.js"
# Figures of a chapter that go onto slides; more would not be talked about.
FIGURES = 3
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="reveal/theme/white.css">
<style>
.reveal {{ font-size: 28px; }}
.reveal h1, .reveal h2 {{ text-transform: none; }}
.reveal figcaption {{ font-size: 16px; text-align: left; }}
.reveal img {{ max-height: 420px; }}
</style>
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/notes.js"></script>
<script>Reveal.initialize({{ hash: true, plugins: [RevealNotes] }});</script>
</body>
</html>
"""


def write_slides(out: Path = OUT) -> list[Path]:
    """Write a deck for each session, and what draws them; return the decks."""
    decks = []
    out.mkdir(parents=True, exist_ok=True)
    for number, session in enumerate(_read(BOOK / "course.yml"), 1):
        path = out / f"session-{number}.html"
        title = html.escape(f"Session {number}: {session['title']}")
        path.write_text(_PAGE.format(title=title, slides=deck(title, session)), encoding="utf-8")
        decks.append(path)
    if not REVEAL.is_dir():
        raise SystemExit(f"reveal.js is missing: npm --prefix {BOOK / 'check'} install")
    shutil.copytree(REVEAL / "dist", out / "reveal", dirs_exist_ok=True)
    shutil.copy(REVEAL / "plugin" / "notes" / "notes.js", out / "reveal" / "notes.js")
    shutil.copy(REVEAL / "LICENSE", out / "reveal" / "LICENSE")
    return decks


def deck(title: str, session: dict[str, Any]) -> str:
    """Return the slides of a session as HTML sections."""
    slides = [
        _slide(f"<h1>{title}</h1>"),
        _slide("<h2>Afterwards you can</h2>" + _list(session["objectives"])),
    ]
    slides += [
        _slide(f"<h2>{_inline(step['what'])}</h2><p>{step['minutes']} minutes</p>", step["how"])
        for step in session["plan"]
    ]
    discuss = []
    for page in session["chapters"]:
        slides += [_slide(figure) for figure in figures(BOOK / f"{page}.ipynb")]
        path = BOOK / "chapters" / f"{page.rpartition('/')[2]}.yml"
        if not path.is_file():  # a page that is no chapter
            continue
        chapter = _read(path)
        slides += [
            _slide("<h2>Exercise</h2>" + _block(one["task"]), one["solution"])
            for one in chapter["exercises"]
        ]
        slides += [
            _slide(
                f"<h2>True?</h2><p>“{_inline(one['wrong'])}”</p>"
                f'<p class="fragment">No: {_inline(one["right"])}.</p>'
            )
            for one in chapter["misconceptions"]
        ]
        discuss += chapter["discuss"]
    return "\n".join([*slides, _slide("<h2>To discuss</h2>" + _list(discuss))])


def figures(page: Path) -> Iterator[str]:
    """Yield the first captioned figures of an executed page as HTML; none if it did not run."""
    if not page.is_file():
        return
    left = FIGURES
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        about = cell["metadata"].get("mystnb", {})
        pictures = [one["data"] for one in cell.get("outputs", []) if "data" in one]
        drawn = [data["image/png"] for data in pictures if "image/png" in data]
        if left and drawn and "figure" in about:
            left -= 1
            alt = html.escape(about["image"]["alt"], quote=True)
            source = "data:image/png;base64," + "".join(drawn[0]).replace("\n", "")
            caption = _inline(about["figure"]["caption"])
            picture = f'<img alt="{alt}" src="{source}">'
            yield f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _slide(content: str, notes: str = "") -> str:
    spoken = f'<aside class="notes">{_block(notes)}</aside>' if notes else ""
    return f"<section>{content}{spoken}</section>"


def _list(items: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{_inline(item)}</li>" for item in items) + "</ul>"


def _inline(text: str) -> str:
    return str(MarkdownIt("js-default").renderInline(text.strip()))


def _block(text: str) -> str:
    return str(MarkdownIt("js-default").render(text))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for path in write_slides():
        sys.stdout.write(f"{path}\n")
