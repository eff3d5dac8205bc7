"""The page of a rerun: whole in one file, nothing fetched, what the notebook shows."""

import base64
import io
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from confoundlab.escape import code
from confoundlab.notebook.webpage import standalone, write_page

# what a browser fetches by itself; a link that a reader may click is none of these
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "object": "data"}


def png():
    file = io.BytesIO()
    Image.new("L", (3, 3), 90).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture(scope="module")
def notebook():
    shown = {
        "figure": {"caption": 'Crops "as they are" {cite}`dhar2021evaluation`.'},
        "image": {"alt": "Rows of <small> pictures"},
    }
    vega = {"application/vnd.vegalite.v5+json": {}, "text/html": "<script>draw()</script>"}
    cells = [
        new_markdown_cell(
            "# A study\n\nAs {cite}`dhar2021evaluation,noyan2022x` saw; {ref}`here <x>`."
        ),
        new_code_cell("!pip install", metadata={"tags": ["remove-cell"]}),
        new_code_cell(
            "secret_code()",
            metadata={"tags": ["hide-input"], "mystnb": shown},
            outputs=[new_output("display_data", {"image/png": png(), "text/plain": "<Figure>"})],
        ),
        new_code_cell(
            "visible_code()", outputs=[new_output("stream", name="stdout", text="1 < 2")]
        ),
        new_code_cell("x", outputs=[new_output("display_data", vega)]),
        new_code_cell("y", outputs=[new_output("display_data", {"text/html": "<b>bold</b>"})]),
    ]
    return new_notebook(cells=cells, metadata={"widgets": {"state": {}}})


@pytest.fixture(scope="module")
def page(notebook):
    return BeautifulSoup(standalone(notebook, "coil"), "html.parser")


def test_nothing_is_fetched_and_no_script_runs(page):
    assert not page.find_all("script")
    for tag, attribute in FETCHED.items():
        for found in page.find_all(tag):
            assert found.get(attribute, "data:").startswith("data:"), found
    styles = " ".join(style.text for style in page.find_all("style"))
    assert "@import" not in styles
    assert all(url.strip("\"'").startswith("data:") for url in re.findall(r"url\(([^)]*)", styles))


def test_a_figure_has_its_words(page):
    (figure,) = page.find_all("figure")
    assert figure.img["alt"] == "Rows of <small> pictures"
    assert figure.figcaption.text == 'Crops "as they are" (Dhar 2021).'
    assert figure.img["src"] == f"data:image/png;base64,{png()}"


def test_the_page_reads_as_the_book_does(page):
    text = page.text
    assert page.title.text == "A study"
    assert "As (Dhar 2021; Noyan 2022) saw; here." in text
    assert "secret_code" not in text and "pip install" not in text
    assert "visible_code()" in text and "1 < 2" in text and page.b.text == "bold"
    assert "An interactive figure was here" in text


def test_html_inside_a_line_of_markdown_stays_where_it_is():
    """Names and digests are shown as code that way, whatever is in them (`escape.code`)."""
    line = f"Set {code('sha256:5c9|`x`')} of <em>one</em> camera"
    output = new_output("display_data", {"text/markdown": line})
    cells = [new_markdown_cell(line), new_code_cell("x", outputs=[output])]
    made = BeautifulSoup(standalone(new_notebook(cells=cells), "coil"), "html.parser")
    shown = [one.text for one in made.find_all("code")]
    assert (
        shown == ["sha256:5c9|`x`"] * 2 and [one.text for one in made.find_all("em")] == ["one"] * 2
    )


def test_the_notebook_is_left_as_it_was(notebook, tmp_path):
    before = nbformat.writes(notebook)
    path = tmp_path / "coil.ipynb"
    nbformat.write(notebook, path)
    assert write_page(path) == tmp_path / "coil.html"
    assert nbformat.writes(notebook) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["coil.html", "coil.ipynb"]
