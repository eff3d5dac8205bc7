"""Sphinx extension: what every chapter opens and closes with, and parts made from data.

A chapter's question, aims, stored findings, quiz and exercises stand in ``chapters/<page>.yml``,
not in its notebook, so that prose may change without running anything again. They are put into the
source as Sphinx reads it. A line ``<!-- made: name -->`` of a page is replaced by what
`book_made.MADE` returns.

With ``CONFOUNDLAB_EDITION=student`` there are no solutions and nothing for teachers only.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import book_data
import book_made
import book_quiz
import book_slides
import book_teach
import yaml
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

from confoundlab.errors import InputError

CHAPTERS = Path(__file__).parents[2] / "chapters"
# Slower than the 238 words a minute at which adults read plain prose (Brysbaert 2019,
# doi:10.1016/j.jml.2019.104047): these pages have tables and figures to look at.
WORDS_A_MINUTE = 180
# To look at a figure or a table until it says something; our own guess.
MINUTES_A_LOOK = 0.5
_MADE = re.compile(r"^<!-- made: ([\w ]+) -->$", re.MULTILINE)
# A container only lays out prose that is read as any other.
_FENCED = re.compile(r"^(```+|:::+)(?!:|\{container\}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
# Of a page: a figure, or the line below the names of a table's columns.
_LOOKS = re.compile(r"<figure\b|\{figure\}|^\|[-| :]+\|$", re.MULTILINE)
_MIND, _AGAIN = "## What would change our mind", "## Run this page again"


def is_student() -> bool:
    """Whether this build is for students."""
    return os.environ.get("CONFOUNDLAB_EDITION") == "student"


@cache
def chapters() -> dict[str, dict[str, Any]]:
    """Return every chapter's data by the name of its page."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(CHAPTERS.glob("*.yml"))
    }


def minutes(text: str, made: int = 0) -> int:
    """Return how long a page takes to read, at least a minute: its prose, tables and figures.

    Parameters
    ----------
    text : str
        In MyST.
    made : int
        How many figures and tables its cells made.
    """
    words = re.findall(r"[^\W\d_]{2,}", _FENCED.sub("", text))
    looks = made + len(_LOOKS.findall(text))
    return max(1, math.ceil(len(words) / WORDS_A_MINUTE + MINUTES_A_LOOK * looks))


def _looked_at(cell: dict[str, Any]) -> int:
    """Return how many figures and tables a cell shows."""
    shown = [output.get("data", {}) for output in cell.get("outputs", ())]
    return sum("image/png" in one or "<table" in "".join(one.get("text/html", "")) for one in shown)


def opening(chapter: dict[str, Any], to_read: int) -> str:
    """Return the box that a chapter opens with, in MyST."""
    able = "\n".join(f"- {one}" for one in chapter["able"])
    unit = "minute" if to_read == 1 else "minutes"
    return (
        f":::{{admonition}} {chapter['question']}\n:class: opening\n"
        f"After this chapter you can\n\n{able}\n\nAbout {to_read} {unit} to read.\n:::\n"
    )


def exercises(chapter: dict[str, Any], student: bool) -> str:
    """Return the exercises of a chapter in MyST, solutions folded, or left out for students."""
    lines = ["## Exercises\n"]
    for number, one in enumerate(chapter["exercises"], 1):
        lines.append(f"**{number}.** {one['task'].strip()}\n")
        if not student:
            lines.append(
                f"::::{{dropdown}} Solution of {number}\n:class-container: solution\n"
                f"{one['solution'].strip()}\n::::\n"
            )
    return "\n".join(lines)


def with_chapter(text: str, chapter: dict[str, Any], student: bool) -> str:
    """Return a Markdown page with its opening below the title, and its closing at the end."""
    title, _, body = text.partition("\n")
    parts = [title, opening(chapter, minutes(text)), body]
    if found := chapter.get("found"):
        parts.append("## What was found\n\n" + book_made.findings(found))
    if mind := chapter.get("mind"):
        parts.append(f"{_MIND}\n\n{mind}")
    return "\n\n".join([*parts, book_quiz.section(chapter["quiz"]), exercises(chapter, student)])


def with_chapter_cells(text: str, name: str, chapter: dict[str, Any], student: bool) -> str:
    """Return an executed notebook with its opening, exercises and origin put in."""
    notebook = json.loads(text)
    cells = notebook["cells"] = list(_cut(notebook["cells"]))
    prose = [_source(cell) for cell in cells if cell["cell_type"] == "markdown"]
    to_read = minutes("\n".join(prose), sum(map(_looked_at, cells)))
    made = [(_place(cells, "# ") + 1, opening(chapter, to_read))]
    made.append((_place(cells, _AGAIN), book_quiz.section(chapter["quiz"])))
    made.append((_place(cells, _AGAIN), exercises(chapter, student)))
    made.append((len(cells), _origin(name, notebook["metadata"].get("papermill", {}))))
    for number, (place, markdown) in reversed(list(enumerate(made))):
        cells.insert(place, _cell(f"{name}-{number}", markdown))
    return json.dumps(notebook)


def _cut(cells: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Yield cells such that the last heading starts one of its own."""
    for cell in cells:
        before, again, after = _source(cell).partition(f"\n{_AGAIN}")
        if cell["cell_type"] == "markdown" and again:
            yield cell | {"source": before}
            yield _cell("again", again.strip() + after)
        else:
            yield cell


def _origin(name: str, run: dict[str, Any]) -> str:
    took = f" It ran for {run['duration']:.0f} seconds." if run.get("duration") else ""
    return f"{{download}}`Download this notebook as it was run <{name}.ipynb>`.{took}"


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _place(cells: list[dict[str, Any]], heading: str) -> int:
    """Return the number of the cell that starts with a heading, or how many cells there are."""
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "markdown" and _source(cell).startswith(heading):
            return place
    return len(cells)


def _cell(identity: str, markdown: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": identity, "metadata": {}, "source": markdown}


def write_for_teachers(app: Any, config: Any) -> None:
    """Write slides and pages for teachers before Sphinx looks for files (``config-inited``)."""
    shutil.rmtree(book_data.SLIDES, ignore_errors=True)
    if is_student():
        return
    course = book_data.read_data("course.yml")
    book_teach.write_pages(Path(app.srcdir) / "instructor", chapters(), course)
    book_slides.write_slides(book_data.SLIDES, course)


def tag(app: Any, config: Any) -> None:
    """Tell pages (Sphinx's ``only``) on which images the game is played (``config-inited``)."""
    if book_made.game_state() == "real":
        app.tags.add("real_game")


def read(app: Any, page: str, source: list[str]) -> None:
    """Put chapters and made parts into a page's source (Sphinx's event ``source-read``)."""
    student, name = is_student(), page.rpartition("/")[2]

    def part(match: re.Match[str]) -> str:
        if match[1] not in book_made.MADE:
            raise InputError(f"{page} asks for the part {match[1]!r}; there is none of that name.")
        return book_made.MADE[match[1]](student)

    chapter = None if page.startswith("instructor/") else chapters().get(name)
    if page.startswith("executed/"):
        if chapter is not None:
            source[0] = with_chapter_cells(source[0], name, chapter, student)
        return
    text = _MADE.sub(part, source[0])
    source[0] = text if chapter is None else with_chapter(text, chapter, student)


def _math(as_block: bool) -> Callable[[Any, Any], None]:
    def visit(writer: Any, node: Any) -> None:
        writer.body.append(tex2mathml(node.astext(), as_block=as_block))
        raise nodes.SkipNode

    return visit


# Extensions that jupyter-book brings, keep nothing while pages are read, and do not say so: one
# writes LaTeX, the other numbers chapters when all pages have been read.
_SILENT = ("sphinx_jupyterbook_latex", "sphinx_multitoc_numbering")


def allow_cores(app: Any, config: Any) -> None:
    """Let pages be read side by side, which Sphinx does not where one extension is silent."""
    for name in _SILENT:
        if name in app.extensions:
            app.extensions[name].parallel_read_safe = True


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx. MathML is drawn by browsers themselves: no script, no network."""
    app.connect("config-inited", write_for_teachers)
    app.connect("config-inited", allow_cores)
    app.connect("config-inited", tag)
    app.connect("source-read", read)
    app.setup_extension("book_quiz")
    app.setup_extension("book_page")
    app.setup_extension("book_terms")
    app.add_html_math_renderer("mathml", (_math(False), None), (_math(True), None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
