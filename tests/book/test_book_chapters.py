"""What chapters open and close with, and that the code they show runs."""

import json
import re

import pytest
import yaml
from conftest import ROOT
from pybtex.database import parse_file
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from confoundlab.catalog import DATASETS, TABLES
from confoundlab.errors import InputError

BOOK = ROOT / "book"


@pytest.fixture
def book(monkeypatch):
    monkeypatch.syspath_prepend(BOOK / "builder" / "extensions")
    import book_chapters

    return book_chapters


CHAPTER = {
    "question": "Why?",
    "able": ["see"],
    "quiz": [{"ask": "Which?", "choices": [{"say": "This.", "why": "So.", "right": True}]}],
    "exercises": [{"task": "Ask.", "solution": "The answer."}],
}


def shown(text):
    return [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if block]


def solutions():
    for path in sorted((BOOK / "chapters").glob("*.yml")):
        for one in yaml.safe_load(path.read_text())["exercises"]:
            yield from ((path.name, block) for block in shown(one["solution"]))


def examples():
    # what alone.md shows runs in the folder of its task: tests/exercise/test_alone.py
    for path in sorted(set(BOOK.glob("*.md")) - {BOOK / "alone.md"}):
        yield from ((path.name, block) for block in shown(path.read_text()))


@pytest.mark.parametrize(("place", "code"), [*solutions(), *examples()])
def test_code_that_the_book_shows_runs(place, code):
    names: dict[str, object] = {}
    exec(compile(code, place, "exec"), names)
    assert set(names) > {"__builtins__"}  # it was code, and all of it ran


def test_solutions_are_executed_at_all():
    assert len(list(solutions())) >= 4


@pytest.mark.parametrize(("words", "expected"), [(1, 1), (180, 1), (181, 2), (1800, 10)])
def test_minutes_grow_with_the_words(book, words, expected):
    assert book.minutes("word " * words) == expected


def test_code_and_directives_take_no_time_to_read(book):
    assert book.minutes("word\n```python\n" + "word " * 1000 + "\n```\n") == 1


def test_figures_and_tables_take_time_to_look_at(book):
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    words = "word " * 180
    assert book.minutes(words + "\n" + table * 4) == 3  # one to read, four halves to look
    assert book.minutes(words, made=6) == 4
    shown = [{"data": {"image/png": "x"}}, {"data": {"text/html": ["<table", ">"]}}, {"data": {}}]
    cells = [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": "", "outputs": shown},
        {"cell_type": "code", "source": "", "outputs": shown},
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}})
    made = json.loads(book.with_chapter_cells(notebook, "coil", CHAPTER, False))["cells"]
    assert "About 3 minutes to read" in made[1]["source"]


def test_prose_in_a_container_is_read_as_any_other(book):
    prose = "word " * 350
    assert book.minutes(f":::::{{container}} handout\n{prose}\n:::{{note}}\nx\n:::\n:::::\n") == 2
    assert book.minutes(f":::::{{note}}\n{prose}\n:::::\n") == 1


@pytest.mark.parametrize("state", ["simulated", "real"])
def test_the_games_page_speaks_of_the_images_that_it_shows(book, monkeypatch, tmp_path, state):
    data = tmp_path / "data.js"
    monkeypatch.setattr(book.book_made, "GAME", data)
    assert book.book_made.game_state() == "simulated"
    data.write_text(f'window.confoundlabGame = {{"state": "{state}", "names": ["}};"]}};\n')
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_parser']\nmyst_enable_extensions = ['colon_fence']\n"
        "import book_chapters\n"
        "def setup(app):\n    app.connect('config-inited', book_chapters.tag)\n"
    )
    text = (BOOK / "game.md").read_text().replace("{term}", "").replace(".ipynb)", ".html)")
    (tmp_path / "index.md").write_text(text.replace("datasheets.md", "datasheets.html"))
    places = [str(tmp_path / name) for name in ("", "", "out", "trees")]
    with docutils_namespace():  # so that the next page of a test is the first again
        Sphinx(*places, "html", status=None).build()
    words = (tmp_path / "out" / "index.html").read_text()
    said = {"Everything here is simulated" in words, "Neither is much on a screen" in words}
    assert said == {state == "simulated"}
    said = {"These are published photographs" in words, "must not be published" in words}
    assert said == {state == "real"}
    assert "it was tested on views" in words.lower() and "needs no stretching" in words


def test_a_page_gets_its_opening_below_the_title_then_quiz_and_exercises_at_the_end(book):
    text = book.with_chapter("# Title\n\nProse.\n", CHAPTER, student=False)
    order = [text.index(part) for part in ("# Title", "Why?", "- see", "Prose.", "Which?", "Ask.")]
    assert order == sorted(order) and "The answer." in text
    assert "1 minute to read" in text


def test_students_get_no_solutions(book):
    text = book.with_chapter("# Title\n\nProse.\n", CHAPTER, student=True)
    assert "Ask." in text and "The answer." not in text and "Solution" not in text
    assert "Which?" in text and "So." in text  # a quiz is for those who learn by themselves


def test_a_notebook_gets_its_cells_where_they_belong(book):
    sources = ["# Title", "Prose.", "## What would change our mind", "## Run this page again"]
    cells = [{"cell_type": "markdown", "source": [source]} for source in sources]
    notebook = {"cells": cells, "metadata": {"papermill": {"duration": 12.3}}}
    made = json.loads(book.with_chapter_cells(json.dumps(notebook), "coil", CHAPTER, False))
    texts = ["".join(cell["source"]) for cell in made["cells"]]
    starts = [text.split("\n")[0] for text in texts]
    assert starts[0] == "# Title" and "Why?" in starts[1]
    assert starts[-5:-1] == [sources[2], "## Check yourself", "## Exercises", sources[3]]
    assert "12 seconds" in texts[-1] and "<coil.ipynb>" in texts[-1]
    assert len({cell["id"] for cell in made["cells"] if "id" in cell}) == 4


def test_findings_are_the_stored_records(book, published):
    crop = {"view": "crop 21x21 top-right", "split": "random 80/20"}
    (record,) = (
        record
        for results in published
        if results["study"] == "coil"
        for record in results["evidence"]
        if record["row"] == "coil20" and record["learner"] == "LeNet-5"
        if {key: record[key] for key in crop} == crop
    )
    words = book.book_made.findings([{"stored": "coil", "words": "The corner"} | crop])
    assert f"{record['estimate']:.1%}" in words and "The corner (real data)" in words


def test_a_last_heading_inside_a_cell_still_comes_after_the_exercises(book):
    cell = {"cell_type": "markdown", "source": "Prose.\n\n## Run this page again\n\nSo."}
    title = {"cell_type": "markdown", "source": "# Title"}
    notebook = json.dumps({"cells": [title, cell], "metadata": {}})
    made = json.loads(book.with_chapter_cells(notebook, "coil", CHAPTER, False))["cells"]
    starts = ["".join(one["source"]).split("\n")[0] for one in made]
    assert starts[2:6] == [
        "Prose.", "## Check yourself", "## Exercises", "## Run this page again"
    ]  # fmt: skip


def test_every_finding_is_one_stored_record(book):
    for name, chapter in book.chapters().items():
        if "found" in chapter:
            assert name and book.book_made.findings(chapter["found"])
    with pytest.raises(InputError, match="0 stored results"):
        book.book_made.findings([{"stored": "coil", "words": "x", "view": "none"}])


def test_every_chapter_and_every_made_part_has_its_page(book):
    contents = [
        page
        for part in yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]
        for page in part["chapters"]
    ]
    pages = {page["file"] for page in contents} | {"index", "exam"}
    (teach,) = [page["sections"] for page in contents if page["file"] == "instructor"]
    taught = {f"instructor/{name}" for name in book.chapters()}
    assert {one["file"] for one in teach} == taught | {"exam"}
    assert set(book.chapters()) <= {page.rpartition("/")[2] for page in pages}
    asked = {
        name
        for page in pages
        if (BOOK / f"{page}.md").is_file()
        for name in re.findall(r"<!-- made: ([\w ]+) -->", (BOOK / f"{page}.md").read_text())
    }
    assert asked == set(book.book_made.MADE)
    for session in yaml.safe_load((BOOK / "course.yml").read_text()):
        assert set(session["chapters"]) | set(session.get("more", ())) <= pages


def test_an_unknown_part_is_refused(book):
    with pytest.raises(InputError, match="'nothing'"):
        book.read(None, "page", ["<!-- made: nothing -->"])


def test_data_sheets_name_terms_and_defects_of_every_set(book):
    sheets = book.book_made.data_sheets(False)
    for entry in [*DATASETS.values(), *TABLES.values()]:
        assert entry.terms in sheets and all(defect in sheets for defect in entry.defects)
        assert entry.pictures is None or entry.pictures.why in sheets
    shown = sheets.count("*its pictures in this book:* shown")
    assert shown == sum(entry.pictures.allowed for entry in DATASETS.values())
    assert "shown where session is kermany" in sheets


def test_every_case_has_its_source_and_a_page_that_asks_the_same(book):
    contents = yaml.safe_load((BOOK / "_toc.yml").read_text())["parts"]
    pages = {page["file"] for part in contents for page in part["chapters"]}
    known = parse_file(str(BOOK / "references.bib")).entries
    shown = book.book_made.cases(False)
    told = yaml.safe_load((BOOK / "cases.yml").read_text())
    for case in told:
        assert case["asks"] and set(case["asks"]) <= pages
        assert set(case["source"].split(",")) <= set(known)
        assert f"**{case['title']}.**" in shown and f"{{cite}}`{case['source']}`" in shown
        # of a source of which only the abstract was read, the page says so
        assert f"Read: {case['read']}." in shown if "read" in case else True
    assert shown.count("*Asked here:* [](/") == len(told)
    assert "[](/executed/als.ipynb), [](/dials.md)." in shown
    assert shown.count("\n## ") + shown.startswith("## ") == sum("part" in one for one in told)


def test_sessions_of_the_course_have_ninety_minutes(book):
    for session in yaml.safe_load((BOOK / "course.yml").read_text()):
        assert sum(step["minutes"] for step in session["plan"]) == 90
    notes = book.book_made.instructor(False)
    assert "| **90** |" in notes
    # the page of every chapter is linked once
    assert [notes.count(f"(/instructor/{name}.md)") for name in book.chapters()] == [1] * len(
        book.chapters()
    )
    assert "|" not in book.book_made.instructor(True)


def test_a_session_asks_what_its_chapters_ask(book):
    course = book.book_made.course(False)
    for session in yaml.safe_load((BOOK / "course.yml").read_text()):
        for page in session["chapters"]:
            chapter = book.chapters().get(page.rpartition("/")[2], {})
            assert all(f"- {question}" in course for question in chapter.get("discuss", []))


def test_a_sheet_of_every_session_has_its_tasks_and_no_answers(book):
    sheets = book.book_made.worksheets(False)
    course = yaml.safe_load((BOOK / "course.yml").read_text())
    assert sheets.count(", exercises:*") == len(course)
    assert sheets.count("new-page") == 2 * len(course) - 1  # two sides each
    chapters = [
        book.chapters().get(page.rpartition("/")[2]) for s in course for page in s["chapters"]
    ]
    told = [one for about in chapters if about for one in about["exercises"]]
    flat = " ".join(sheets.split())
    assert all(" ".join(one["task"].split()) in flat for one in told)
    assert not any(" ".join(one["solution"].split()) in flat for one in told)
    assert "```" not in sheets  # a task with code would have lost its lines
    blanks = [
        one for s in yaml.safe_load((BOOK / "worksheets.yml").read_text()) for one in s["fill"]
    ]
    assert sheets.count("sheet-blank") == sum(one.count("{") for one in blanks)
    plans = book.book_made.instructor(False)
    assert all(one.replace("{", "**").replace("}", "**") in plans for one in blanks)


def test_the_book_says_how_to_cite_it(book):
    said = book.book_made.how_to_cite(False)
    assert "author = {{confoundlab authors}}" in said and "version = {0.1.0}" in said
    assert re.search(r"year = \{20\d\d\}", said)


def test_licences_of_what_the_pages_carry_are_known(book):
    assert "see its files" not in book.book_made.software(False)
