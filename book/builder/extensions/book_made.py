"""Parts of pages that are made from data: the store, the catalog, the course, the packages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from confoundlab import report
from confoundlab.catalog import DATASETS, STUDIES, TABLES, Dataset, Pictures, TableSet
from confoundlab.errors import InputError
from confoundlab.studies.store import read_results

BOOK = Path(__file__).parents[2]
RESULTS = BOOK.parent / "results"
# Made before the pages are: the game's data (game_data.py), and slides where reveal.js is there.
GAME = BOOK / "_made" / "game" / "data.js"
SLIDES = BOOK / "_made" / "slides"
# Of a page, or of the notebook that becomes one.
_TITLE = re.compile(r"^(?:# )?# ([A-Z].*)$", re.MULTILINE)
# What the built pages carry along from Python packages: styles, scripts, fonts.
_CARRIED = (
    "sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "sphinx-copybutton", "sphinx-design",
    "sphinx-togglebutton", "sphinx-thebe", "myst-nb",
)  # fmt: skip


@cache
def _stored(name: str) -> dict[str, Any]:
    return read_results(RESULTS / name / "results.json")


def read_data(name: str) -> Any:
    """Return what a YAML file of the book holds."""
    return yaml.safe_load((BOOK / name).read_text(encoding="utf-8"))


def chapter(page: str) -> Any:
    """Return what is known of a page's chapter, nothing of a page that is no chapter."""
    name = f"chapters/{page.rpartition('/')[2]}.yml"
    return read_data(name) if (BOOK / name).is_file() else {}


def title_of(page: str) -> str:
    """Return the title of a page of Markdown, of a study's, or of a notebook of the book."""
    name = page.removeprefix("executed/")
    notebooks = (BOOK.parent / "notebooks" / f"{name}.py", BOOK / f"{name}.py")
    source = BOOK / f"{page}.md" if name == page else next(filter(Path.is_file, notebooks))
    titles: list[str] = _TITLE.findall(source.read_text(encoding="utf-8"))
    return titles[0]


def game_state() -> str:
    """Return the state of the images on which the game is played: "simulated", or "real"."""
    if not GAME.is_file():
        return "simulated"  # no data, no game; its page speaks of what is built by default
    script = GAME.read_text(encoding="utf-8")
    state: str = json.loads(script[script.index("{") : script.rindex("}") + 1])["state"]
    return state


def findings(wanted: Sequence[Mapping[str, str]]) -> str:
    """Return stored results in words, one line each.

    Parameters
    ----------
    wanted : sequence of mapping
        ``stored`` is the file's name, ``words`` what to call the row; all other keys (row, view,
        split, learner) must be as in the record.

    Raises
    ------
    InputError
        None or several records are like that.
    """
    lines = []
    for one in wanted:
        where = {key: value for key, value in one.items() if key not in ("stored", "words")}
        where = {"learner": "LeNet-5"} | where
        records = [
            record
            for record in _stored(one["stored"])["evidence"]
            if all(record[key] == value for key, value in where.items())
        ]
        if len(records) != 1:
            raise InputError(f"{len(records)} stored results of {one['stored']} have {where}.")
        words = f"**{one['words']}** ({records[0]['state']} data)"
        tell = report.sentence if records[0]["verdict"] else report.measured
        lines.append(f"- {tell(words, records[0])}")
    return (
        "From the [stored results](/executed/paper_against_ours.ipynb), with the papers' own "
        "settings, whatever this build ran on:\n\n" + "\n".join(lines)
    )


def data_sheets(student: bool) -> str:
    """Return a sheet for every image set and every set of measurements of the catalog."""
    users = {
        name: [study for study in STUDIES.values() if DATASETS[name] in study.datasets]
        for name in DATASETS
    }
    sheets = [_sheet(entry, users[name][0].name) for name, entry in DATASETS.items()]
    return "\n\n".join([*sheets, *(_table_sheet(entry) for entry in TABLES.values())])


def _sheet(entry: Dataset, study: str) -> str:
    dials = {f"{name} {value:g}" for name, value in entry.twin.dials.items() if value}
    fetch = "by `confoundlab data fetch`" if entry.archive else "from its source"
    rows = {
        "used in": f"[{STUDIES[study].title}](executed/{study}.ipynb)",
        "images, classes": f"{entry.n_images:,}, {entry.n_classes}",
        "a complete copy is": f"{entry.state}: {report.STATES[entry.state]}",
        "where from": _linked(entry.source),
        "to be had": fetch,
        "terms": entry.terms,
        "its pictures in this book": _pictures(entry.pictures),
        "to cite": f"{{cite:t}}`{entry.citation}`",
        "its twin": f"scene {entry.twin.scene}, {sum(entry.twin.counts):,} images of "
        f"{entry.twin.size[0]}x{entry.twin.size[1]}, sessions laid by {entry.twin.sessions}, "
        f"dials {', '.join(sorted(dials)) or 'all at zero'}",
    }
    return _laid_out(entry, rows)


def _table_sheet(entry: TableSet) -> str:
    rows = {
        "holds": "measurements, not images" if entry.pictures is None else "images and tables",
        "a complete copy is": f"{entry.state}: {report.STATES[entry.state]}",
        "where from": _linked(entry.source),
        "terms": entry.terms,
        **({"its pictures in this book": _pictures(entry.pictures)} if entry.pictures else {}),
        "to cite": f"{{cite:t}}`{entry.citation}`",
    }
    return _laid_out(entry, rows)


def _pictures(stated: Pictures) -> str:
    """Return whether pictures may be shown, why, and where that is said."""
    which = f" where {stated.only[0]} is {stated.only[1]}" if stated.only else ""
    answer = f"shown{which}" if stated.allowed else "not shown, its twin's stand in their place"
    return f"{answer}. {stated.why} Source: {_linked(stated.source)}."


def _linked(source: str) -> str:
    return f"<{source}>" if source.startswith("http") and " " not in source else source


def _laid_out(entry: Dataset | TableSet, rows: Mapping[str, str]) -> str:
    facts = "\n".join(f"- *{key}:* {value}" for key, value in rows.items())
    known = "\n".join(f"- {defect}" for defect in entry.defects)
    defects = f"\n\nKnown defects:\n\n{known}" if known else ""
    title = entry.title[0].upper() + entry.title[1:]
    return f"## {title}\n\n`{entry.name}`\n\n{facts}{defects}"


def cases(student: bool) -> str:
    """Return what others found, with their own numbers, and which pages here ask the same."""
    return "\n\n".join(_case(one) for one in read_data("cases.yml"))


def _case(one: Mapping[str, Any]) -> str:
    part = f"## {one['part']}\n\n" if "part" in one else ""
    read = f" Read: {one['read']}." if "read" in one else ""
    return (
        f"{part}**{one['title']}.** {one['text'].strip()} {{cite}}`{one['source']}`{read} "
        f"*Asked here:* {_links(one['asks'])}."
    )


def course(student: bool) -> str:
    """Return the sessions of the course, as a student sees them."""
    sessions = read_data("course.yml")
    return "\n\n".join(_session(number, one) for number, one in enumerate(sessions, 1))


def _session(number: int, one: Mapping[str, Any]) -> str:
    asked = [question for page in one["chapters"] for question in chapter(page).get("discuss", [])]
    more = f"*To go on:* {_links(one['more'])}.\n\n" if "more" in one else ""
    deck = f"slides/session-{number}.html"
    slides = f'<a href="{deck}">Slides of this session</a>\n\n' if SLIDES.is_dir() else ""
    return (
        f"(course-session-{number})=\n## Session {number}: {one['title']}\n\n{slides}"
        f"*Read before:* {_links(one['chapters'])}.\n\n{more}"
        f"*You should know:* {one['prerequisites']}\n\n"
        f"*Afterwards you can:*\n\n{bullets(one['objectives'])}\n\n"
        f"*To discuss:*\n\n{bullets(asked)}"
    )


def instructor(student: bool) -> str:
    """Return what a teacher needs for each session: its minutes, and the pages of its chapters."""
    if student:
        return "The notes for teachers are left out of the students' edition."
    return "\n\n".join(
        f"(teach-session-{number})=\n## Session {number}: {one['title']}\n\n"
        f"*Bring:* {one['bring']} *Students see:* [the course page](course-session-{number}).\n\n"
        f"| minutes | what | how |\n|---|---|---|\n{_plan(one['plan'])}\n\n{_teaching(one)}"
        for number, one in enumerate(read_data("course.yml"), 1)
    )


def _teaching(one: Mapping[str, Any]) -> str:
    pages = [page for page in (*one["chapters"], *one.get("more", ())) if chapter(page)]
    names = [page.rpartition("/")[2] for page in pages]
    words = f"*Chapter by chapter:* {_links(f'instructor/{name}' for name in names)}."
    return f"{words}\n\n*What to vary:*\n\n{bullets(one['vary'])}" if "vary" in one else words


def _plan(steps: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"| {one['minutes']} | {one['what']} | {one['how']} |" for one in steps]
    return "\n".join([*lines, f"| **{sum(one['minutes'] for one in steps)}** | in all | |"])


def bullets(items: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {item}" for item in items)


def _links(pages: Iterable[str]) -> str:
    return ", ".join(map(link, pages))


def link(page: str) -> str:
    """Return a link to a page of the book, with the page's title."""
    suffix = ".ipynb" if page.startswith("executed/") else ".md"
    return f"[](/{page}{suffix})"


def software(student: bool) -> str:
    """Return the packages whose files the built pages carry, with their licences."""
    rows = []
    for name in _CARRIED:
        about = metadata.metadata(name).json
        licence = about.get("license_expression") or about.get("license") or ""
        classed = [one for one in about.get("classifier", []) if one.startswith("License")]
        if not licence or "\n" in licence:
            licence = classed[0].rpartition(":: ")[2] if classed else "see its files"
        rows.append(f"| {name} | {metadata.version(name)} | {licence} |")
    return "| package | version | licence |\n|---|---|---|\n" + "\n".join(rows)


MADE: dict[str, Callable[[bool], str]] = {
    "data sheets": data_sheets,
    "cases": cases,
    "course": course,
    "instructor": instructor,
    "software": software,
}
