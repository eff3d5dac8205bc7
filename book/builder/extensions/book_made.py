"""Parts of pages that are made from data: the store, the catalog, the course, the packages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import metadata
from typing import Any

import yaml
from book_course import course, instructor, student_edition
from book_data import BOOK, links, read_config, read_data
from book_exam import exam, exam_link
from book_sheets import worksheets

from confoundlab import report
from confoundlab.catalog import DATASETS, STUDIES, TABLES, Dataset, Pictures, TableSet
from confoundlab.errors import InputError
from confoundlab.notebook.book import repository
from confoundlab.storage.files import write_aside
from confoundlab.studies.store import read_results

RESULTS = BOOK.parent / "results"
FRONT = RESULTS / "covid" / "front.png"  # drawn by the study's notebook
# Made before the pages are (game_data.py).
GAME = BOOK / "_made" / "game" / "data.js"
# What the built pages carry along from Python packages: styles, scripts, fonts.
_CARRIED = (
    "sphinx", "sphinx-book-theme", "pydata-sphinx-theme", "sphinx-copybutton", "sphinx-design",
    "sphinx-togglebutton", "sphinx-thebe", "myst-nb",
)  # fmt: skip


@cache
def _stored(name: str) -> dict[str, Any]:
    return read_results(RESULTS / name / "results.json")


def game_state() -> str:
    """Return the state of the images on which the game is played: "simulated", or "real"."""
    if not GAME.is_file():
        return "simulated"  # no data, no game; its page speaks of what is built by default
    script = GAME.read_text(encoding="utf-8")
    state: str = json.loads(script[script.index("{") : script.rindex("}") + 1])["state"]
    return state


def findings(wanted: Sequence[Mapping[str, str]]) -> str:
    """Return stored results as a card (`report.card`), a row each.

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
    rows = {}
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
        rows[f"{one['words']} ({records[0]['state']} data)"] = records[0]
    return (
        "From the [stored results](/executed/paper_against_ours.ipynb), with the papers' own "
        f"settings:\n\n```{{raw}} html\n{report.card(rows)}\n```"
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
        f"*Asked here:* {links(one['asks'])}."
    )


def how_to_cite(student: bool) -> str:
    """Return how to cite the book, from the repository's ``CITATION.cff``."""
    about = yaml.safe_load((BOOK.parent / "CITATION.cff").read_text(encoding="utf-8"))
    config = read_config()
    url = repository(config)
    authors = " and ".join(
        one.get("name") or f"{one['family-names']}, {one['given-names']}"
        for one in about["authors"]
    )
    fields = {
        "author": f"{{{{{authors}}}}}",
        "title": f"{{{about['title']}}}",
        "year": f"{{{config['copyright']}}}",
        "version": f"{{{about['version']}}}",
        **({"url": f"{{{url}}}"} if url else {}),
    }
    lines = ",\n".join(f"  {name} = {value}" for name, value in fields.items())
    return f"{about['message']}\n\n```bibtex\n@software{{confoundlab,\n{lines}\n}}\n```"


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


def front(student: bool) -> str:
    """Return the picture of the first page with its caption, from the stored run behind it."""
    results = _stored(FRONT.parent.name)
    (found,) = (
        one
        for one in results["evidence"]
        if one["paper"] is not None and one["view"].startswith("crop")
    )
    right, chance = (report.percent(found[key]) for key in ("estimate", "chance"))
    target = BOOK / "executed" / "front.png"
    target.parent.mkdir(exist_ok=True)
    write_aside(target, lambda aside: aside.write_bytes(FRONT.read_bytes()))
    return (
        "```{figure} executed/front.png\n"
        ":alt: Mean corners of the classes of chest X-rays, alike to the eye "
        "and different when stretched, and a bar of how often nets name the class from them.\n"
        ":name: fig-front\n"
        f"Chest X-rays ({results['data'][0]['state']} data): the mean of each class's corner, in "
        "which there is no body, as the eye sees it, and stretched as a net can see it. Nets that "
        f"were trained on such corners alone named the class of {right} of the X-rays that they "
        f"had not seen; {chance} would be chance. [The study](executed/covid.ipynb) says where "
        "it comes from.\n```"
    )


MADE: dict[str, Callable[[bool], str]] = {
    "front": front,
    "data sheets": data_sheets,
    "cases": cases,
    "course": course,
    "instructor": instructor,
    "exam": exam,
    "exam link": exam_link,
    "worksheets": worksheets,
    "student edition": student_edition,
    "how to cite": how_to_cite,
    "software": software,
}
